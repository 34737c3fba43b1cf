"""How the maps of networks side by side are coloured, as the user chooses it.

Called by the state, lesson files and views. Imports the standard library only: the state needs it before
NumPy is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ScaleChoice = Literal["all", "column", "channel"]
"""One scale for all networks, one for each network, or one for each channel."""
PaletteChoice = Literal["auto", "sequential", "diverging", "grey"]
"""`auto` takes diverging colours where there are negative values."""


@dataclass(frozen=True, slots=True)
class Colouring:
    """The scale of values, and the colours."""

    scale: ScaleChoice = "all"
    palette: PaletteChoice = "auto"


USUAL_COLOURING = Colouring()
