"""An attribution as colours over a picture.

Called by the image panel and the command line's `attribute`. NumPy only; imports nothing but its room.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.present import colour

OverlayPalette = Literal["auto", "sequential", "diverging", "grey"]

_STRONGEST_PERCENTILE = 99.5
"""Gradients have single pixels that would leave all others dark."""
_FULL_FROM = 0.35
"""From this strength on the overlay is as opaque as asked for; the picture shows through what is weaker."""


def strengths(heat: NDArray[np.floating]) -> NDArray[np.float32]:
    """The heat in shares of its strongest, −1 to 1, with its sign; numbers that are none count as zero.

    Args:
        heat: (height, width), as an attribution gives it.
    """
    real = np.nan_to_num(np.asarray(heat, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    strongest = float(np.percentile(np.abs(real), _STRONGEST_PERCENTILE)) or float(np.abs(real).max())
    if not strongest:
        return np.zeros_like(real)
    return np.asarray((real / strongest).clip(-1, 1), np.float32)


def overlay(
    heat: NDArray[np.floating],
    *,
    opacity: float = 0.6,
    threshold: float = 0.0,
    palette: OverlayPalette = "auto",
) -> NDArray[np.uint8]:
    """Colour an attribution, to be laid over its picture.

    Args:
        heat: (height, width).
        opacity: Of the strongest, 0 to 1.
        threshold: What is weaker than this share of the strongest is left out.
        palette: `auto` is diverging where something speaks against the class, else sequential.

    Returns:
        sRGB bytes and alpha, not premultiplied: (height, width, 4).
    """
    strength = strengths(heat)
    if palette == "auto":
        palette = "diverging" if bool((strength < 0).any()) else "sequential"
    levels = (strength + 1) / 2 if palette == "diverging" else np.abs(strength)
    size = np.abs(strength)
    alpha = np.minimum(1.0, size / _FULL_FROM) * min(max(opacity, 0.0), 1.0)
    alpha[size < threshold] = 0.0
    alpha[size == 0] = 0.0
    rounded = (alpha * 255 + 0.5).astype(np.uint8)
    return np.concatenate([colour.apply(levels, palette), rounded[:, :, None]], axis=2)
