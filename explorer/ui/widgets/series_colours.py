"""Colours for things of which there are many: lines of a chart, classes of a scatter.

Used by charts and scatters. Imports nothing of the project but the theme.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtGui import QColor, QPalette

from explorer.ui.theme import is_dark

_LIGHT = (
    "#2563eb",
    "#b45309",
    "#15803d",
    "#a21caf",
    "#0e7490",
    "#b91c1c",
    "#4d7c0f",
    "#6d28d9",
    "#be185d",
    "#57534e",
)
_DARK = (
    "#6ea6ff",
    "#e5ab3b",
    "#41c778",
    "#e08cf0",
    "#4fc4d9",
    "#ff8a84",
    "#a9cf54",
    "#b49cff",
    "#f9a8d4",
    "#c4bdb5",
)
PART_TONES: dict[str, Literal["accent", "warning"]] = {"train": "accent", "validation": "warning"}
"""Where one run is drawn: the theme's tone for its line on the training and on the validation pictures."""
_GOLDEN = 0.61803398875
"""Steps of the golden ratio keep any number of hues apart."""


def series_colour(palette: QPalette, place: int) -> QColor:
    """The colour of the thing at a place, from 0: ten well apart, then hues without end."""
    dark = is_dark(palette)
    known = _DARK if dark else _LIGHT
    if place < len(known):
        return QColor(known[place])
    hue = (place * _GOLDEN) % 1.0
    return QColor.fromHslF(hue, 0.65, 0.68 if dark else 0.40)
