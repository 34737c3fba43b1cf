"""Colours for numbers: palettes of 256 entries, made from a few control points in a perceptual space.

Called by `present/tiles.py` and the views' colour bars. Pure NumPy; imports nothing of the project, never Qt.
"""

from __future__ import annotations

from functools import cache
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PaletteName = Literal["sequential", "diverging", "grey"]

N_COLOURS = 256
MARKED = (255, 0, 170)
"""The colour of values that are no numbers; in none of the palettes."""

_Point = tuple[float, float, float]
# Points are (lightness, chroma, hue in degrees) of OKLab. Lightness rises in equal steps along a Bézier
# curve, and such a curve reproduces a straight line: equal steps of value are equal steps of lightness.
_SEQUENTIAL: tuple[_Point, ...] = (
    (0.16, 0.075, 292.0),
    (0.32, 0.180, 292.0),
    (0.48, 0.165, 264.0),
    (0.64, 0.115, 200.0),
    (0.80, 0.205, 148.0),
    (0.96, 0.130, 104.0),
)
_GREY: tuple[_Point, ...] = ((0.12, 0.0, 0.0), (0.98, 0.0, 0.0))
# Both arms leave a charcoal that is told from a dark window's grey and from a light window's paper.
_BELOW_ZERO: tuple[_Point, ...] = (
    (0.29, 0.006, 265.0),
    (0.44, 0.120, 262.0),
    (0.59, 0.190, 252.0),
    (0.74, 0.130, 232.0),
    (0.89, 0.070, 215.0),
)
_ABOVE_ZERO: tuple[_Point, ...] = (
    (0.29, 0.006, 50.0),
    (0.44, 0.120, 38.0),
    (0.59, 0.200, 46.0),
    (0.74, 0.170, 68.0),
    (0.89, 0.090, 88.0),
)
# From OKLab to the cube roots of cone responses, and from these to linear sRGB.
# Source: B. Ottosson, "A perceptual color space for image processing", 2020.
_TO_CONES = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def _curve(points: tuple[_Point, ...], n: int) -> NDArray[np.float64]:
    """OKLab values (n, 3) along the Bézier curve of some control points."""
    control = np.array(
        [(light, c * np.cos(np.radians(h)), c * np.sin(np.radians(h))) for light, c, h in points]
    )
    degree = len(points) - 1
    t = np.linspace(0.0, 1.0, n)[:, None]
    k = np.arange(degree + 1)
    binomials = np.array([comb(degree, int(i)) for i in k])
    weights: NDArray[np.float64] = binomials * t**k * (1 - t) ** (degree - k)
    return np.asarray(weights @ control)


def _linear_rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(((lab @ _TO_CONES.T) ** 3) @ _TO_LINEAR.T)


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.uint8]:
    """OKLab (n, 3) to sRGB bytes; colours a screen cannot show lose chroma, never lightness or hue."""
    inside, outside = np.zeros(len(lab)), np.ones(len(lab))
    for _ in range(20):
        share = (inside + outside) / 2
        rgb = _linear_rgb(lab * np.stack([np.ones_like(share), share, share], axis=1))
        shown = ((rgb >= -1e-6) & (rgb <= 1 + 1e-6)).all(axis=1)
        inside, outside = np.where(shown, share, inside), np.where(shown, outside, share)
    linear = _linear_rgb(lab * np.stack([np.ones_like(inside), inside, inside], axis=1)).clip(0, 1)
    # The transfer function of IEC 61966-2-1.
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray((encoded * 255).round().astype(np.uint8))


@cache
def table(palette: PaletteName) -> NDArray[np.uint8]:
    """The colours of a palette, from its low to its high end.

    Args:
        palette: `sequential` and `grey` go from dark to light; `diverging` is blue below, neutral at and
            orange above its middle, light at both ends.

    Returns:
        sRGB bytes (256, 3), read-only.
    """
    if palette == "diverging":
        half = N_COLOURS // 2
        lab = np.concatenate([_curve(_BELOW_ZERO, half)[::-1], _curve(_ABOVE_ZERO, half)])
    else:
        lab = _curve(_SEQUENTIAL if palette == "sequential" else _GREY, N_COLOURS)
    colours = _srgb(lab)
    colours.flags.writeable = False
    return colours


def indices(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """The table entries (0 to 255) of values between 0 and 1; outside them the nearest end; NaN gives 0."""
    return np.asarray((np.nan_to_num(values, nan=0.0).clip(0, 1) * (N_COLOURS - 1) + 0.5).astype(np.intp))


def apply(values: NDArray[np.floating], palette: PaletteName) -> NDArray[np.uint8]:
    """Colour values between 0 and 1.

    Args:
        values: Of any shape; what lies outside 0 to 1 gets the colour of the nearest end.
        palette: Whose colours.

    Returns:
        sRGB bytes, the values' shape and a last axis of 3; NaN and infinities are `MARKED`.
    """
    colours = table(palette)[indices(values)]
    colours[~np.isfinite(values)] = MARKED
    return colours
