"""Transforms that leave nothing to chance."""

from collections.abc import Sequence
from typing import Any

from microgradx.dtypes import dtype as Dtype
from microgradx.nn.module import Module
from microgradx.vision.transforms import functional as F
from microgradx.vision.transforms.geometry import check_padding, pair
from microgradx.vision.transforms.image import InterpolationMode, interpolation_mode

__all__ = [
    "CenterCrop",
    "ConvertImageDtype",
    "FiveCrop",
    "Grayscale",
    "LinearTransformation",
    "Normalize",
    "PILToTensor",
    "Pad",
    "Resize",
    "TenCrop",
    "ToPILImage",
    "ToTensor",
]


def two(size: Any, text: str = "Please provide only two dimensions (h, w) for size.") -> Any:
    """A size as height and width.

    Raises: ValueError, with this text: it has more than two numbers, or none.
    """
    size = pair(size)
    if len(size) != 2:
        raise ValueError(text)
    return size


class ToTensor:
    """An image of Pillow, or an array (H, W, C), as a tensor (C, H, W), bytes from 0 to 1.

    Source: ``torchvision.transforms.ToTensor``; see `functional.to_tensor`.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.ToTensor()(np.full((28, 28), 255, dtype=np.uint8)).shape
        torch.Size([1, 28, 28])
    """

    def __call__(self, pic: Any) -> Any:
        return F.to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PILToTensor:
    """An image of Pillow as a tensor (C, H, W), its values as they are; see `functional.pil_to_tensor`."""

    def __call__(self, pic: Any) -> Any:
        return F.pil_to_tensor(pic)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToPILImage:
    """A tensor (C, H, W), or an array (H, W, C), as an image of Pillow; see `functional.to_pil_image`."""

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({'' if self.mode is None else f'mode={self.mode}'})"


class ConvertImageDtype(Module):
    """A tensor image in another dtype, black and white where they were; see `functional.convert_image_dtype`."""

    def __init__(self, dtype: Dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, image: Any) -> Any:
        return F.convert_image_dtype(image, self.dtype)


class Normalize(Module):
    """``(tensor - mean) / std``, for each channel; see `functional.normalize`.

    Args:
        mean: One number for each channel.
        std: One number for each channel.
        inplace: Whether to write the result into the image.

    Source: ``torchvision.transforms.Normalize``.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.Normalize([0.5], [0.25])(mgx.tensor([[[0.5, 1.0]]]))
        tensor([[[0., 2.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean = mean
        self.std = std
        self.inplace = inplace

    def forward(self, tensor: Any) -> Any:
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(mean={self.mean}, std={self.std})"


class Resize(Module):
    """An image in another size; see `functional.resize`.

    Args:
        size: (height, width), or a number for the shorter edge.
        interpolation: An `InterpolationMode`, or Pillow's number for it.
        max_size: The longest that the longer edge may become.
        antialias: Whether in a smaller tensor all pixels of the larger one count.

    Raises: TypeError, ValueError: a size or a mode that is none.
    Source: ``torchvision.transforms.Resize``.

    Example:
        >>> from microgradx.vision import transforms
        >>> transforms.Resize((8, 8))(mgx.zeros(3, 28, 28)).shape
        torch.Size([3, 8, 8])
    """

    def __init__(
        self,
        size: Any,
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError(f"If size is a sequence, it should have 1 or 2 values, got {size}")
        self.size = size
        self.max_size = max_size
        self.interpolation = interpolation_mode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class _OfSize(Module):
    """A transform of which ``size`` is height and width."""

    def __init__(self, size: Any) -> None:
        super().__init__()
        self.size = two(size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class CenterCrop(_OfSize):
    """The middle of an image, ``size`` being (height, width) or one number; see `functional.center_crop`."""

    def forward(self, img: Any) -> Any:
        return F.center_crop(img, self.size)


class FiveCrop(_OfSize):
    """The corners of an image and its middle, as a tuple; see `functional.five_crop`."""

    def forward(self, img: Any) -> Any:
        return F.five_crop(img, self.size)


class TenCrop(_OfSize):
    """The corners of an image and its middle, and those of its mirror image; see `functional.ten_crop`."""

    def __init__(self, size: Any, vertical_flip: bool = False) -> None:
        super().__init__(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> Any:
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, vertical_flip={self.vertical_flip})"


class Pad(Module):
    """An image with a border; see `functional.pad`.

    Args:
        padding: How wide it is: one number; or left and right, top and bottom; or left, top, right, bottom.
        fill: What a constant border consists of.
        padding_mode: ``"constant"``, ``"edge"``, ``"reflect"`` or ``"symmetric"``.

    Raises: TypeError, ValueError: arguments that are none of these.
    Source: ``torchvision.transforms.Pad``.
    """

    def __init__(self, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        check_padding(padding, fill, padding_mode)
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class Grayscale(Module):
    """An image in gray, as one channel, or as three equal ones; see `functional.rgb_to_grayscale`."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(num_output_channels={self.num_output_channels})"


class LinearTransformation(Module):
    """``(x - mean_vector) @ transformation_matrix``, for each image as one vector x; so images can be whitened.

    Args:
        transformation_matrix: Shape (D, D) with D = C · H · W.
        mean_vector: Shape (D,).

    Shape:
        (..., C, H, W) -> the same

    Raises: ValueError: shapes or dtypes that do not fit.
    Source: ``torchvision.transforms.LinearTransformation``.
    """

    def __init__(self, transformation_matrix: Any, mean_vector: Any) -> None:
        super().__init__()
        shape, length = tuple(transformation_matrix.shape), len(mean_vector)
        if shape[0] != shape[1]:
            raise ValueError(f"transformation_matrix should be square. Got {shape} rectangular matrix.")
        if length != shape[0]:
            raise ValueError(
                f"mean_vector should have the same length {length} as any one of the dimensions of the "
                f"transformation_matrix [{shape}]"
            )
        if transformation_matrix.dtype != mean_vector.dtype:
            raise ValueError(
                f"Input tensors should have the same dtype. Got {transformation_matrix.dtype} and {mean_vector.dtype}"
            )
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def forward(self, tensor: Any) -> Any:
        shape = tensor.shape
        n = shape[-3] * shape[-2] * shape[-1]
        if n != len(self.mean_vector):
            raise ValueError(
                "Input tensor and transformation matrix have incompatible shape."
                f"[{shape[-3]} x {shape[-2]} x {shape[-1]}] != {len(self.mean_vector)}"
            )
        flat = tensor.view(-1, n) - self.mean_vector
        return (flat @ self.transformation_matrix.to(flat.dtype)).view(shape)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(transformation_matrix={self.transformation_matrix.tolist()}, "
            f"mean_vector={self.mean_vector.tolist()})"
        )
