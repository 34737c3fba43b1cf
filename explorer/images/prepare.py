"""From a photograph to what a network is given: crop, resize, normalise.

Called by `images.datasets`, the engine's handlers and the command line. Imports no torch and no Qt.

`seen` is the picture part (8-bit, shown beside the photograph), `normalised` the arithmetic part.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.errors import ImageError

CIFAR_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR_STD = (0.2470, 0.2435, 0.2616)
"""Per channel over CIFAR-10's 50,000 training pictures, measured on values of 0 to 1."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Those of torchvision's `ImageClassification` preset; most published weights were trained with these."""

LARGEST_SQUARE_PX = 96
"""Up to this input size nets come from CIFAR, STL-10 and the like and see the centre square."""

_MAX_RESIZED_PX = 50_000_000
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, slots=True)
class Transform:
    """How a photograph becomes a network's input.

    Resizing is Pillow's, which always widens its filter when it shrinks (antialiasing).

    Args:
        input_size: Side of the square that the network sees, in pixels.
        mean: Subtracted per channel (one value, or one a channel), on a scale of 0 to 1.
        std: Divided by, likewise; above 0.
        crop: `square`: the centre square of the photograph, resized to `input_size`. `resize_then_crop`:
            the shorter side resized to `resize_size`, then the centre `input_size` pixels of it.
        resize_size: Length of the shorter side before the crop; `square` does not use it.
        interpolation: Pillow's filter for resizing.

    Raises:
        ImageError: A value makes no sense; the text names it.
    """

    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    crop: Literal["square", "resize_then_crop"]
    resize_size: int
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"

    def __post_init__(self) -> None:
        wrong = ""
        if self.input_size < 1:
            wrong = "input_size"
        elif self.crop not in ("square", "resize_then_crop"):
            wrong = "crop"
        elif self.crop == "resize_then_crop" and self.resize_size < self.input_size:
            wrong = "resize_size"
        elif self.interpolation not in _FILTERS:
            wrong = "interpolation"
        elif not self.mean or len(self.mean) not in (1, 3):
            wrong = "mean"
        elif len(self.std) != len(self.mean) or not all(value > 0 for value in self.std):
            wrong = "std"
        if wrong:
            raise ImageError(
                "A picture cannot be prepared with {field} = {value}.",
                "Use weights whose card names a valid preparation.",
                field=wrong,
                value=getattr(self, wrong),
            )

    @property
    def kept_share(self) -> float:
        """How much of the photograph's shorter side the network sees, around its middle: 0 to 1."""
        return 1.0 if self.crop == "square" else self.input_size / self.resize_size

    def to_dict(self) -> dict[str, Any]:
        """The transform as JSON's own types, for cards and sessions."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in dataclasses.asdict(self).items()
        }

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Transform:
        """The inverse of `to_dict`; keys it does not know are ignored (a newer file may have more).

        Raises:
            ImageError: A value is missing, of the wrong type or makes no sense.
        """
        try:
            return Transform(
                input_size=int(values["input_size"]),
                mean=tuple(float(value) for value in values["mean"]),
                std=tuple(float(value) for value in values["std"]),
                crop=values["crop"],
                resize_size=int(values["resize_size"]),
                interpolation=values.get("interpolation", "bilinear"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ImageError(
                "The description of how pictures are prepared is damaged: {reason}.",
                "Use weights with an intact card, or load them without one.",
                reason=repr(error),
            ) from error


def cifar_transform(input_size: int = 32) -> Transform:
    """The centre square, with CIFAR-10's statistics. Bicubic, whose sharp edges are nearest to CIFAR's own.

    Raises:
        ImageError: `input_size` is below 1.
    """
    return Transform(input_size, CIFAR_MEAN, CIFAR_STD, "square", input_size, "bicubic")


def imagenet_transform(input_size: int = 224, resize_size: int = 256) -> Transform:
    """As torchvision's `ImageClassification` preset, bit for bit on Pillow images.

    Raises:
        ImageError: `resize_size` is below `input_size`.
    """
    return Transform(input_size, IMAGENET_MEAN, IMAGENET_STD, "resize_then_crop", resize_size)


def transform_for(input_size: int) -> Transform:
    """The usual transform for an input size, where nothing better is known about the weights.

    Raises:
        ImageError: `input_size` is below 1.
    """
    if input_size <= LARGEST_SQUARE_PX:
        return cifar_transform(input_size)
    return imagenet_transform(input_size, round(input_size * 256 / 224))


def seen(pixels: NDArray[np.uint8], transform: Transform) -> NDArray[np.uint8]:
    """What the network sees of a photograph, before normalisation.

    Args:
        pixels: The photograph, (H, W, 3), any size.
        transform: How to crop and resize it.

    Returns:
        (S, S, 3) with S the input size. It may share memory with `pixels`; treat it as read-only.
    """
    height, width = pixels.shape[:2]
    size = transform.input_size
    if transform.crop == "square":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        square = pixels[top : top + side, left : left + side]
        if side == size:
            return square
        image = Image.fromarray(np.ascontiguousarray(square))
        return np.asarray(image.resize((size, size), _FILTERS[transform.interpolation]))
    return _resized_then_cropped(Image.fromarray(pixels), transform)


def _resized_then_cropped(image: Image.Image, transform: Transform) -> NDArray[np.uint8]:
    """As torchvision's `resize` and `center_crop`: its integer truncation and its rounding to even."""
    resample = _FILTERS[transform.interpolation]
    size, short = transform.input_size, transform.resize_size
    scale_from = min(image.size)
    longer = int(short * max(image.size) / scale_from)
    width, height = (short, longer) if image.width <= image.height else (longer, short)
    left, top = round((width - size) / 2.0), round((height - size) / 2.0)
    if width * height > _MAX_RESIZED_PX:
        # A strip of a few pixels' height would grow to gigabytes only to be cropped: resize just the part
        # that is kept. Pillow holds the box in float32, so this differs in the last bit from the long way.
        x, y = image.width / width, image.height / height
        box = (left * x, top * y, (left + size) * x, (top + size) * y)
        return np.asarray(image.resize((size, size), resample, box=box))
    if (width, height) != image.size:
        image = image.resize((width, height), resample)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def normalised(
    seen_pixels: NDArray[np.uint8], transform: Transform, in_channels: int = 3
) -> NDArray[np.float32]:
    """The network's input for one picture.

    Args:
        seen_pixels: (S, S, 3), or (S, S, 1) for grey data sets.
        transform: Whose mean and std to use; a mean of one value serves every channel, and a grey network
            given three takes their average.
        in_channels: 3, or 1 for luma (ITU-R 601-2, as Pillow's mode `L`). Grey is repeated over 3.

    Returns:
        (in_channels, S, S) float32, C-contiguous.

    Raises:
        ImageError: Pictures cannot fill that number of channels.
    """
    if in_channels not in (1, 3):
        raise ImageError(
            "A photograph cannot fill {count} input channels.",
            "Set in_channels to 3 (colour) or 1 (grey).",
            count=in_channels,
        )
    if in_channels == 1 and seen_pixels.shape[2] == 3:
        seen_pixels = np.asarray(Image.fromarray(seen_pixels).convert("L"))[:, :, None]
    mean, std = (np.asarray(values, dtype=np.float32) for values in (transform.mean, transform.std))
    if in_channels == 1:
        mean, std = mean.mean(keepdims=True), std.mean(keepdims=True)
    # In float32 and in this order, so that the bits are torchvision's.
    scaled = seen_pixels.astype(np.float32) / np.float32(255)
    result = (scaled - mean) / std
    if result.shape[2] != in_channels:
        result = np.repeat(result, in_channels, axis=2)
    return np.ascontiguousarray(result.transpose(2, 0, 1), dtype=np.float32)
