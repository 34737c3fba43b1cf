"""What is remembered between sessions, apart from the document.

Part of the state; `state/session.py` makes it JSON. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColourScheme = Literal["system", "light", "dark"]

N_RECENT = 12
N_RECENT_DATA = 6


@dataclass(frozen=True, slots=True)
class Settings:
    """The user's habits.

    Attributes:
        colour_scheme: Dark or light, or as the system has it.
        device: The device that was chosen; `auto` lets the program choose.
        recent: Files opened last, newest first.
        layout: The window's docks and sizes, as Qt saves them, in base64; empty for the usual.
        geometry: The window's place and size, the same way.
        recent_data: Folders and zips of class folders that were used last, newest first.
    """

    colour_scheme: ColourScheme = "system"
    device: str = "auto"
    recent: tuple[str, ...] = ()
    layout: str = ""
    geometry: str = ""
    recent_data: tuple[str, ...] = ()

    def with_recent(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """The list of recent files after these were opened."""
        fresh = [*paths, *(path for path in self.recent if path not in paths)]
        return tuple(fresh[:N_RECENT])

    def with_recent_data(self, data: str) -> tuple[str, ...]:
        """The list of recent data after this was used."""
        return (data, *(other for other in self.recent_data if other != data))[:N_RECENT_DATA]
