"""What the window and the compute thread say about moments of trainings that are kept, to be rewound to.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from explorer.engine.messages import Event, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMoments(Request):
    """Say which moments of a run are kept, also of one that another sitting trained."""

    run: str

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.run


@dataclass(frozen=True, slots=True, kw_only=True)
class LetMomentsGo(Request):
    """Give back the memory that moments of runs hold; those in files stay."""

    replaces: ClassVar[bool] = False

    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotsKept(Event):
    """The moments of a run that can be gone back to now.

    Attributes:
        run: Its id.
        steps: Steps that were done then, rising.
        lost: Moments that were in memory only when the program ended, and so are gone; told once.
    """

    run: str
    steps: tuple[int, ...]
    lost: int = 0
