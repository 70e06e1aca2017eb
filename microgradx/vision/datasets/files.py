"""The files of a dataset: whether they are there, and whether they are the right ones. Nothing is downloaded."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def missing(name: str, folder: Path, files: Iterable[tuple[str, str]], origin: str) -> RuntimeError:
    """What to say if a dataset is not there: which files belong where, and by which checksum to know them."""
    lines = [f"  {file}  (MD5 {md5})" for file, md5 in files]
    return RuntimeError(
        f"Dataset not found. {name} is not downloaded here; it is read from the folder {folder}, into which belong\n"
        + "\n".join(lines)
        + f"\n{origin}"
    )


def check_md5(name: str, path: Path, data: bytes, md5: str) -> None:
    """Raise if ``data``, which was read from ``path``, has another checksum than the dataset's file."""
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != md5:
        raise RuntimeError(
            f"Dataset corrupted. {name}: expected {path} to have the MD5 {md5}, got {found}; the file is damaged, or "
            "another one: put the right one there"
        )
