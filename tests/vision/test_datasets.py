"""Datasets of images, read from files that are written here byte by byte."""

import contextlib
import gzip
import hashlib
import os
import pickle
import struct
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import microgradx as mgx
from microgradx.utils.data import DataLoader
from microgradx.vision import datasets, transforms
from microgradx.vision.datasets.batches import read_batch
from microgradx.vision.datasets.folder import find_classes, make_dataset
from microgradx.vision.datasets.idx import parse_idx, read_idx
from microgradx.vision.datasets.vision import StandardTransform

RNG = np.random.default_rng(0)


def md5(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


# ---------------------------------------------------------------- MNIST


def idx(array, kind=8, code="B"):
    """An IDX file of whole numbers."""
    header = bytes([0, 0, kind, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape)
    return header + struct.pack(f">{array.size}{code}", *array.flatten().tolist())


def write_mnist(root, name="MNIST", packed=False):
    """The four files, and their arrays."""
    folder = root / name / "raw"
    folder.mkdir(parents=True)
    arrays, checksums = {}, []
    for part, n in (("train", 12), ("t10k", 5)):
        for kind, array in (
            ("images-idx3", RNG.integers(0, 256, (n, 28, 28))),
            ("labels-idx1", RNG.integers(0, 10, n)),
        ):
            file = f"{part}-{kind}-ubyte"
            data = gzip.compress(idx(array)) if packed else idx(array)
            (folder / (file + ".gz" * packed)).write_bytes(data)
            arrays[part, kind[:6]] = array
            checksums.append((f"{file}.gz", md5(data)))
    return arrays, checksums


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST", "KMNIST"])
def test_mnist_is_read(tmp_path, name, packed, monkeypatch):
    arrays, checksums = write_mnist(tmp_path, name, packed)
    cls = getattr(datasets, name)
    monkeypatch.setattr(cls, "resources", checksums)
    for train, part in ((True, "train"), (False, "t10k")):
        data = cls(str(tmp_path), train=train, download=True)
        assert len(data) == len(arrays[part, "labels"])
        assert data.data.dtype is mgx.uint8
        assert data.targets.dtype is mgx.int64
        assert np.array_equal(data.data.numpy(), arrays[part, "images"])
        assert np.array_equal(data.targets.numpy(), arrays[part, "labels"])
        img, label = data[3]
        assert (img.mode, img.size, type(label)) == ("L", (28, 28), int)
        assert np.array_equal(np.asarray(img), arrays[part, "images"][3])
        assert label == arrays[part, "labels"][3]
    assert len(cls.classes) == 10
    assert list(data.class_to_idx.values()) == list(range(10))


def test_mnist_with_transforms_in_a_loader(tmp_path):
    arrays, _ = write_mnist(tmp_path)
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    data = datasets.MNIST(tmp_path, transform=transform, target_transform=lambda label: label + 100)
    images, labels = next(iter(DataLoader(data, batch_size=4)))
    shares = arrays["train", "images"][:4, None].astype(np.float32) / 255
    assert np.array_equal(images.numpy(), (shares - np.float32(0.5)) / np.float32(0.5))
    assert np.array_equal(labels.numpy(), arrays["train", "labels"][:4] + 100)
    assert sum(1 for _ in data) == 12
    with pytest.raises(IndexError):
        data[12]


def test_text_of_mnist(tmp_path):
    write_mnist(tmp_path)
    transform = transforms.Compose([transforms.ToTensor()])
    data = datasets.MNIST(tmp_path, train=False, transform=transform)
    assert repr(data) == (
        f"Dataset MNIST\n    Number of datapoints: 5\n    Root location: {tmp_path}\n    Split: Test\n"
        "    StandardTransform\nTransform: Compose(\n               ToTensor()\n           )"
    )
    assert repr(datasets.MNIST(tmp_path)).endswith("Split: Train")


def test_old_names_warn(tmp_path):
    write_mnist(tmp_path)
    data = datasets.MNIST(tmp_path)
    for old, new in (
        ("train_data", "data"),
        ("test_data", "data"),
        ("train_labels", "targets"),
        ("test_labels", "targets"),
    ):
        with pytest.warns(UserWarning, match=f"{old} has been renamed {new}"):
            assert getattr(data, old) is getattr(data, new)


@pytest.mark.parametrize("download", [False, True])
def test_what_is_missing_is_named(tmp_path, download):
    with pytest.raises(RuntimeError, match="Dataset not found") as caught:
        datasets.FashionMNIST(tmp_path, download=download)
    text = str(caught.value)
    assert str(tmp_path / "FashionMNIST" / "raw") in text
    assert "t10k-labels-idx1-ubyte.gz  (MD5 bb300cfdad3c16e7a12a480ee83cd310)" in text
    assert list(tmp_path.iterdir()) == []


def test_packed_files_must_have_their_checksums(tmp_path):
    write_mnist(tmp_path, packed=True)
    with pytest.raises(RuntimeError, match=r"train-images-idx3-ubyte.gz to have the MD5 f68b3c2d\w+, got \w{32}"):
        datasets.MNIST(tmp_path)


def test_files_that_do_not_belong_together_raise(tmp_path):
    write_mnist(tmp_path)
    folder = tmp_path / "MNIST" / "raw"
    images, labels = folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte"
    whole = images.read_bytes()
    images.write_bytes(whole[:-1])
    with pytest.raises(
        ValueError, match=r"train-images-idx3-ubyte: expected 9424 bytes.*got 9423; the file is truncated"
    ):
        datasets.MNIST(tmp_path)
    images.write_bytes(labels.read_bytes())
    with pytest.raises(ValueError, match="expected bytes in 3 dimensions, got uint8 in 1"):
        datasets.MNIST(tmp_path)
    images.write_bytes(whole)
    labels.write_bytes(idx(np.zeros(11, int)))
    with pytest.raises(ValueError, match="expected as many labels as images, got 11 and 12"):
        datasets.MNIST(tmp_path)
    labels.write_bytes(idx(np.zeros(12, int), kind=12, code="i"))
    with pytest.raises(ValueError, match="expected bytes in 1 dimensions, got int32 in 1"):
        datasets.MNIST(tmp_path)


KINDS = {
    8: ("B", np.uint8),
    9: ("b", np.int8),
    11: ("h", np.int16),
    12: ("i", np.int32),
    13: ("f", np.float32),
    14: ("d", np.float64),
}


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_idx_files(kind, tmp_path):
    code, dtype = KINDS[kind]
    array = RNG.integers(0, 100, (2, 3, 4)) - (0 if kind == 8 else 50)
    for name, data in (("a", idx(array, kind, code)), ("a.gz", gzip.compress(idx(array, kind, code)))):
        (tmp_path / name).write_bytes(data)
        out = read_idx(tmp_path / name)
        assert np.array_equal(out.numpy(), array)
        assert out.numpy().dtype == dtype


@given(st.binary(max_size=40))
def test_other_bytes_are_no_idx_file(data):
    if data[:2] == b"\0\0" and data[2:3] in (bytes([k]) for k in KINDS):
        return  # it could be one
    with pytest.raises(ValueError, match="name: expected an IDX file"):
        parse_idx(data, "name")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.integers(-3, 3))
def test_the_length_of_an_idx_file_is_checked(shape, more):
    data = idx(np.zeros(shape, int))
    if not more:
        assert parse_idx(data, "name").shape == tuple(shape)
        return
    wrong = data + bytes(more) if more > 0 else data[:more]
    with pytest.raises(ValueError, match="too long" if more > 0 else "truncated"):
        parse_idx(wrong, "name")


@pytest.mark.parametrize("damage", [lambda d: d[:-9], lambda d: b"no" + d, lambda d: d[:20] + b"\xff\xff" + d[22:]])
def test_a_damaged_gzip_file_raises(tmp_path, damage):
    (tmp_path / "a.gz").write_bytes(damage(gzip.compress(idx(RNG.integers(0, 256, (5, 5))))))
    with pytest.raises(ValueError, match="expected a whole gzip file"):
        read_idx(tmp_path / "a.gz")


# ---------------------------------------------------------------- CIFAR
#
# The files were written by Python 2, so its opcodes are written here: U is its str, q and h a memory of values.


def text(value):
    return b"U" + bytes([len(value)]) + value.encode("latin1")


def number(value):
    return b"J" + struct.pack("<i", value)


def listed(items):
    return b"](" + b"".join(items) + b"e"


def bytes_array(array):
    """An array as NumPy put it into pickles then."""
    rows, columns = array.shape
    reconstruct = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    data = array.tobytes()
    state = (
        b"(K\x01" + number(rows) + number(columns) + b"\x86" + dtype + b"\x89T" + struct.pack("<I", len(data)) + data
    )
    return reconstruct + state + b"tb"


def dictionary(**entries):
    return b"\x80\x02}(" + b"".join(text(key) + value for key, value in entries.items()) + b"u."


def write_cifar(root, cls):
    """The files of CIFAR, a subclass that expects their checksums, and the images and labels by part."""
    folder = root / cls.base_folder
    folder.mkdir()
    key = "labels" if cls is datasets.CIFAR10 else "fine_labels"
    classes = 10 if cls is datasets.CIFAR10 else 100
    parts, lists = {}, []
    for names in (cls.train_list, cls.test_list):
        images, labels, checksums = [], [], []
        for name, _ in names:
            array, targets = RNG.integers(0, 256, (3, 3072), dtype=np.uint8), RNG.integers(0, classes, 3).tolist()
            data = dictionary(
                batch_label=text("a batch"),
                data=bytes_array(array),
                filenames=listed(text(f"{i}.png") for i in range(3)),
                **{key: listed(map(number, targets))},
            )
            (folder / name).write_bytes(data)
            checksums.append([name, md5(data)])
            images.append(array)
            labels += targets
        lists.append(checksums)
        parts[names is cls.train_list] = np.concatenate(images).reshape(-1, 3, 32, 32), labels
    meta = dictionary(**{cls.meta["key"]: listed(text(f"class {i}") for i in range(classes)), "num_vis": number(3072)})
    (folder / cls.meta["filename"]).write_bytes(meta)
    attributes = {"train_list": lists[0], "test_list": lists[1], "meta": cls.meta | {"md5": md5(meta)}}
    return type(cls.__name__, (cls,), attributes), parts


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_cifar_is_read(tmp_path, name):
    cls, parts = write_cifar(tmp_path, getattr(datasets, name))
    for train in (True, False):
        images, labels = parts[train]
        data = cls(tmp_path, train=train, transform=transforms.ToTensor(), download=True)
        assert len(data) == len(images) == (15 if train and name == "CIFAR10" else 3)
        assert data.data.shape == (len(images), 32, 32, 3)
        assert data.targets == labels
        assert data.classes[3] == "class 3"
        assert data.class_to_idx["class 3"] == 3
        x, label = data[2]
        assert np.array_equal(x.numpy(), images[2] / np.float32(255))
        assert label == labels[2]
    img, _ = cls(tmp_path)[0]
    assert (img.mode, img.size) == ("RGB", (32, 32))
    assert repr(cls(tmp_path)).startswith(
        f"Dataset {name}\n    Number of datapoints: {15 if name == 'CIFAR10' else 3}\n"
    )


def test_the_pickles_here_are_pickles():
    array = RNG.integers(0, 256, (2, 5), dtype=np.uint8)
    data = dictionary(data=bytes_array(array), labels=listed([number(3)]), label=text("é"))
    by_pickle = pickle.loads(data, encoding="latin1")
    by_us = read_batch(data, "name")
    assert np.array_equal(by_pickle.pop("data"), array)
    assert np.array_equal(by_us.pop("data"), array)
    assert by_us == by_pickle == {"labels": [3], "label": "é"}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_python_3_are_read_too(protocol):
    entry = {"data": RNG.integers(0, 256, (2, 5), dtype=np.uint8), "labels": [1, 2], "b": b"bytes"}
    out = read_batch(pickle.dumps(entry, protocol), "name")
    assert np.array_equal(out.pop("data"), entry.pop("data"))
    assert out == entry


class Call:
    """In a pickle: call a function when it is read."""

    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("value", "asks"),
    [
        (Call(os.mkdir, "harm"), r"posix\.mkdir|nt\.mkdir"),
        (Call(eval, "__import__('os').mkdir('harm')"), r"builtins\.eval|__builtin__\.eval"),
        (Call(getattr, "text", "upper"), r"builtins\.getattr|__builtin__\.getattr"),
        (np.array([None]), "it asks for|expected an array of bytes"),
        (np.zeros(3), "expected an array of bytes"),
        (np.zeros((2, 3), np.int16), "expected an array of bytes"),
        (np.asfortranarray(np.zeros((2, 3), np.uint8)), "expected an array of bytes"),
        (range(3), "it asks for"),
        (complex(1), "it asks for"),
    ],
)
def test_anything_else_in_a_pickle_is_refused(tmp_path, monkeypatch, protocol, value, asks):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=rf"name: not read, for the file is not a batch of CIFAR.*({asks})"):
        read_batch(pickle.dumps({"data": value}, protocol), "name")
    assert list(tmp_path.iterdir()) == []


def test_functions_of_numpy_are_not_called():
    array = RNG.integers(0, 256, (2, 2), dtype=np.uint8)
    harmless = dictionary(data=bytes_array(array))
    for allowed, other in (
        (b"numpy\ndtype", b"numpy\nload_"),
        (b"multiarray\n_reconstruct", b"multiarray\nfromfile____"),
    ):
        with pytest.raises(ValueError, match="it asks for numpy"):
            read_batch(harmless.replace(allowed, other), "name")
    with pytest.raises(ValueError, match="expected text in latin1"):
        read_batch(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aU\x06rot_13\x86R.", "name")


@given(st.data())
def test_a_damaged_batch_is_read_or_refused(data):
    """Never another error, whatever is in the file."""
    whole = dictionary(data=bytes_array(np.zeros((2, 3), np.uint8)), labels=listed([number(3), number(4)]))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        damaged = whole[:at]
    else:
        damaged = whole[:at] + data.draw(st.binary(min_size=1, max_size=3)) + whole[at + 1 :]
    with contextlib.suppress(ValueError):
        assert isinstance(read_batch(damaged, "name"), dict)


def test_a_list_is_no_batch():
    with pytest.raises(ValueError, match="it holds a list, expected a dictionary"):
        read_batch(b"\x80\x02].", "name")


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
def test_what_is_missing_of_cifar_is_named(tmp_path, name):
    cls = getattr(datasets, name)
    with pytest.raises(RuntimeError, match="Dataset not found") as caught:
        cls(tmp_path, download=True)
    message = str(caught.value)
    for part in (str(tmp_path / cls.base_folder), cls.filename, cls.tgz_md5, *cls.train_list[-1], cls.meta["md5"]):
        assert part in message


def test_another_batch_of_cifar_raises(tmp_path):
    cls, _ = write_cifar(tmp_path, datasets.CIFAR10)
    path = tmp_path / cls.base_folder / "data_batch_2"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RuntimeError, match=r"Dataset corrupted. CIFAR10: expected .*data_batch_2 to have the MD5"):
        cls(tmp_path)
    images, labels = np.zeros((2, 3072), np.uint8), listed([number(3), number(4)])
    for entry, message in (
        ({"labels": labels}, r"expected 'data' of shape \(n, 3072\), got NoneType"),
        (
            {"data": bytes_array(images[:, 1:]), "labels": labels},
            r"expected 'data' of shape \(n, 3072\), got \(2, 3071\)",
        ),
        ({"data": bytes_array(images)}, "expected a list of 2 labels, got NoneType"),
        ({"data": bytes_array(images), "labels": listed([number(3)])}, "expected a list of 2 labels, got 1"),
        ({"data": bytes_array(images), "labels": listed([number(3), number(10)])}, "expected labels from 0 to 9"),
    ):
        data = dictionary(**entry)
        path.write_bytes(data)
        cls.train_list[1][1] = md5(data)
        with pytest.raises(ValueError, match=f"data_batch_2: {message}"):
            cls(tmp_path)
    assert len(cls(tmp_path, train=False)) == 3  # only the files that are needed are read


# ---------------------------------------------------------------- folders


@pytest.fixture
def folder(tmp_path):
    for name in ("dog", "cat", "Ant"):
        for file in ("b.png", "a.JPG", "deep/c.bmp", "deep/d.gif", "notes.txt"):
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (3, 2), len(name)).save(path, format="PNG")
    (tmp_path / "readme.txt").touch()
    return tmp_path


def test_images_in_folders(folder):
    data = datasets.ImageFolder(str(folder), transform=transforms.ToTensor(), target_transform=str)
    assert data.classes == ["Ant", "cat", "dog"]
    assert data.class_to_idx == {"Ant": 0, "cat": 1, "dog": 2}
    files = ["a.JPG", "b.png", os.path.join("deep", "c.bmp")]
    paths = [os.path.join(folder, name, file) for name in data.classes for file in files]
    assert data.samples == data.imgs == list(zip(paths, [0, 0, 0, 1, 1, 1, 2, 2, 2]))
    assert data.targets == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    x, label = data[4]
    assert label == "1"
    assert x.shape == (3, 2, 3)
    assert np.allclose(x.numpy(), 3 / 255)
    assert len(data) == 9
    assert repr(data).splitlines()[:3] == [
        "Dataset ImageFolder",
        "    Number of datapoints: 9",
        f"    Root location: {folder}",
    ]


def test_files_in_folders(folder):
    data = datasets.DatasetFolder(folder, loader=os.path.basename, extensions=(".txt", ".gif"))
    assert [sample for sample, _ in data] == ["notes.txt", "d.gif"] * 3
    data = datasets.DatasetFolder(folder, os.path.basename, is_valid_file=lambda path: path.endswith("a.JPG"))
    assert [data[i] for i in range(3)] == [("a.JPG", i) for i in range(3)]


def test_classes_of_ones_own(folder):
    class Two(datasets.ImageFolder):
        def find_classes(self, directory):
            return ["pet"], {"dog": 0, "cat": 0}

    assert Two(folder).targets == [0] * 6


def test_empty_classes(folder):
    (folder / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no valid file for the classes empty"):
        datasets.ImageFolder(folder)
    assert datasets.ImageFolder(folder, allow_empty=True).class_to_idx == {"Ant": 0, "cat": 1, "dog": 2, "empty": 3}
    with pytest.raises(FileNotFoundError, match="Couldn't find any class folder in"):
        datasets.ImageFolder(folder / "empty")
    with pytest.raises(FileNotFoundError, match="no valid file for the classes Ant, cat, dog, empty"):
        make_dataset(folder, is_valid_file=lambda path: False)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda folder: datasets.DatasetFolder(folder, abs), "Both extensions and is_valid_file cannot be None"),
        (lambda folder: make_dataset(folder, None, ".png", bool), "cannot be None or not None at the same time"),
        (lambda folder: make_dataset(folder, {}), "must have at least one entry to collect any samples"),
        (lambda folder: datasets.DatasetFolder.make_dataset(folder, None), "class_to_idx parameter cannot be None"),
    ],
)
def test_arguments_of_folders_are_checked(folder, call, text):
    with pytest.raises(ValueError, match=text):
        call(folder)


def test_find_classes(folder):
    assert find_classes(folder) == (["Ant", "cat", "dog"], {"Ant": 0, "cat": 1, "dog": 2})


# ---------------------------------------------------------------- noise, and what all share


@pytest.mark.parametrize(("size", "offset"), [((3, 5, 4), 0), ((1, 2, 3), 77)])
def test_fake_data_are_pytorchs_draws(size, offset):
    data = datasets.FakeData(6, size, num_classes=1000, random_offset=offset)
    mgx.manual_seed(5)
    before = mgx.rand(1).item()
    mgx.manual_seed(5)
    for i in range(6):
        img, label = data[i]
        torch.manual_seed(i + offset)
        noise = torch.randn(size).numpy()
        with np.errstate(invalid="ignore"):
            pixels = (noise * 255).astype(np.uint8)
        assert np.array_equal(transforms.functional.pil_to_tensor(img).numpy(), pixels)
        assert label == torch.randint(0, 1000, (1,)).item()
    assert mgx.rand(1).item() == before  # the default generator is left alone
    with pytest.raises(IndexError, match="FakeData index out of range"):
        data[6]
    assert repr(data) == "Dataset FakeData\n    Number of datapoints: 6"
    assert datasets.FakeData(2, size, target_transform=lambda label: "label")[0][1] == "label"


def test_a_dataset_of_ones_own():
    class Squares(datasets.VisionDataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return self.transforms(i, i * i)

        def extra_repr(self):
            return "One\nTwo"

    data = Squares("~/squares", transforms=lambda a, b: (a + 0.5, -b))
    assert data.root == os.path.expanduser("~/squares")
    assert data[2] == (2.5, -4)
    assert "\n    One\n    Two\n    <function" in repr(data)
    both = Squares(transform=abs, target_transform=float)
    assert both[2] == (2, 4.0)
    assert isinstance(both.transforms, StandardTransform)
    assert repr(both.transforms) == (
        "StandardTransform\nTransform: <built-in function abs>\nTarget transform: <class 'float'>"
    )
    with pytest.raises(ValueError, match="Only transforms or transform/target_transform can be passed as argument"):
        Squares(transforms=abs, transform=abs)
    with pytest.raises(NotImplementedError):
        len(datasets.VisionDataset())


def test_two_workers_read_the_same(tmp_path):
    write_mnist(tmp_path)
    data = datasets.MNIST(tmp_path, transform=transforms.ToTensor())
    alone, together = ([x.numpy() for x, _ in DataLoader(data, 4, num_workers=n)] for n in (0, 2))
    assert np.array_equal(alone, together)
    assert "PIL" in sys.modules
