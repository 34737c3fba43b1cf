"""Coloured shapes that the program draws itself: a data set of any picture size, without a download.

Called by `images.datasets`. Imports no torch and no Qt.

The class is the shape. Colour, place, size, rotation and background say nothing about it, and each shape has
a mirror axis, so that a mirrored picture keeps its class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from explorer import paths
from explorer.images.dataset import PARTS, Dataset, Progress, say_nothing
from explorer.images.decode_cache import DecodeCache, DecodedChunk

NAME = "shapes"
TITLE = "Shapes"
ABOUT = "5,000 coloured shapes in 8 classes, drawn by the program at any size."
N_PICTURES = {"train": 4_000, "test": 1_000}

_VERSION = 1
"""Raise it when other pictures would be drawn."""
_CHUNK_BYTES = 4 * 2**20
_SUPERSAMPLING_BELOW_PX = ((48, 4), (128, 3))  # larger pictures: twice
_MIN_CONTRAST = 0.45
_EDGE = 0.03  # of the side, kept free
_NOISE = 8  # of 255, to both sides
_N_DRAWS = 13

Outline = NDArray[np.float64]
"""(n, 2) corners about the origin, within a circle of radius 1."""


def open_shapes(
    input_size: int, seed: int = 0, progress: Progress = say_nothing, parts: Sequence[str] = PARTS
) -> Dataset:
    """The shapes: drawn once for each size and seed, then kept.

    Args:
        input_size: Side of the pictures wanted, in pixels.
        seed: Another one draws other pictures; at another size the same scenes are drawn.
        progress: Told of pictures.
        parts: `train`, `test` or both; only these are drawn.

    Raises:
        DataError: The pictures cannot be kept.
    """
    folder = paths.cache_dir() / "datasets"
    cache = DecodeCache(folder, folder / f"{NAME}-{seed}", str(_VERSION), input_size)
    nothing = (np.zeros((0, input_size, input_size, 3), np.uint8), np.zeros(0, np.int64))
    found = dict.fromkeys(PARTS, nothing)
    for part in (part for part in PARTS if part in parts):
        kept = cache.read(part)
        if kept is None:
            drawn = _drawn(part, input_size, seed, progress)
            kept = cache.write(part, CLASSES, N_PICTURES[part], drawn)
        found[part] = (kept.images, kept.labels)
    return Dataset(NAME, CLASSES, *found["train"], *found["test"], (), title=TITLE, keeps_flips=True)


def _drawn(part: str, input_size: int, seed: int, progress: Progress) -> Iterator[DecodedChunk]:
    n_pictures = N_PICTURES[part]
    # All draws come first and do not depend on the size: the same scene at any size.
    draws = np.random.default_rng([seed, PARTS.index(part)]).random((n_pictures, _N_DRAWS))
    step = max(1, min(500, _CHUNK_BYTES // (input_size * input_size * 12)))
    noise = np.random.default_rng([seed, PARTS.index(part), input_size])
    for start in range(0, n_pictures, step):
        some = draws[start : start + step]
        labels = [(start + place) % N_CLASSES for place in range(len(some))]
        masks = np.stack([_mask(label, draw, input_size) for label, draw in zip(labels, some, strict=True)])
        yield DecodedChunk(_coloured(masks, some, noise), labels, [])
        progress(start + len(labels), n_pictures)


def _mask(label: int, draw: NDArray[np.float64], input_size: int) -> NDArray[np.uint8]:
    """How much of each pixel the shape covers: (S, S), 0 to 255."""
    factor = next((f for below, f in _SUPERSAMPLING_BELOW_PX if input_size < below), 2)
    side = input_size * factor
    radius = 0.24 + 0.2 * draw[0]
    margin = radius + _EDGE
    x, y = (margin + (1 - 2 * margin) * at for at in draw[1:3])
    angle = 2 * math.pi * draw[3]
    turn = radius * side * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    for outline, fill in _OUTLINES[label]:
        pen.polygon((outline @ turn + (x * side, y * side)).ravel().tolist(), fill=fill)
    return np.asarray(canvas.reduce(factor))


def _coloured(
    masks: NDArray[np.uint8], draws: NDArray[np.float64], noise: np.random.Generator
) -> NDArray[np.uint8]:
    """The shapes in one colour each, on a ground that goes from one colour to another.

    Args:
        masks: (n, S, S).
        draws: (n, 13), 0 to 1; the last nine are colours.
        noise: Roughens the pictures.

    Returns:
        (n, S, S, 3).
    """
    n, side, _ = masks.shape
    ground = draws[:, 4:7]
    far_ground = np.clip(ground + 0.5 * (draws[:, 7:10] - 0.5), 0, 1)
    ink = draws[:, 10:13]
    middle = (ground + far_ground) / 2
    is_faint = np.linalg.norm(ink - middle, axis=1) < _MIN_CONTRAST
    ink = np.where(is_faint[:, None], (ink + 0.5) % 1, ink)
    down = np.linspace(0, 1, side)[:, None]
    # A plane a colour and 16-bit numbers (255 levels times 128 of cover just fit): four times as fast.
    near, far, top = (values[:, :, None, None] * 255 for values in (ground, far_ground, ink))
    back = np.rint(near + (far - near) * down).astype(np.int16)
    above = np.rint(top).astype(np.int16) - back
    cover = ((masks.astype(np.int16) + 1) >> 1)[:, None]
    planes = above * cover
    planes >>= 7
    planes += back
    planes += noise.integers(-_NOISE, _NOISE + 1, (n, 1, side, side), dtype=np.int8)
    pictures: NDArray[np.uint8] = np.clip(planes, 0, 255, out=planes).astype(np.uint8)
    return pictures.transpose(0, 2, 3, 1)


# ---------------------------------------------------------------- outlines


def _polygon(radii: Sequence[float]) -> Outline:
    """Corners at equal angles, the first one on top."""
    angles = np.arange(len(radii)) * (2 * np.pi / len(radii))
    corners: Outline = np.stack([np.sin(angles), -np.cos(angles)], axis=1) * np.asarray(radii)[:, None]
    return corners


def _disc(radius: float = 1.0, x: float = 0.0) -> Outline:
    corners: Outline = _polygon([radius] * 60) + np.array([x, 0.0])
    return corners


def _cross(arm: float = 0.34) -> Outline:
    long = math.sqrt(1 - arm * arm)
    quarter = np.array([(-arm, -arm), (-arm, -long), (arm, -long)])
    turns: list[Callable[[Outline], Outline]] = [
        lambda p: p,
        lambda p: np.stack([-p[:, 1], p[:, 0]], axis=1),
        lambda p: -p,
        lambda p: np.stack([p[:, 1], -p[:, 0]], axis=1),
    ]
    return np.concatenate([turn(quarter) for turn in turns])


def _heart() -> Outline:
    """The curve x = 16 sin³t, y = 13 cos t - 5 cos 2t - 2 cos 3t - cos 4t, shrunk into the circle."""
    t = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, -(y + 2)], axis=1) / 17


_SHAPES: dict[str, tuple[tuple[Outline, int], ...]] = {
    "circle": ((_disc(), 255),),
    "crescent": ((_disc(), 255), (_disc(0.8, 0.45), 0)),
    "cross": ((_cross(), 255),),
    "heart": ((_heart(), 255),),
    "ring": ((_disc(), 255), (_disc(0.55), 0)),
    "square": ((_polygon([1.0] * 4), 255),),
    "star": ((_polygon([1.0, 0.42] * 5), 255),),
    "triangle": ((_polygon([1.0] * 3), 255),),
}
"""What is drawn one over the other, 255 to fill and 0 to cut out."""

CLASSES = tuple(_SHAPES)
N_CLASSES = len(CLASSES)
_OUTLINES = tuple(_SHAPES.values())
