"""What the compute thread says about moments of trainings that are kept, to be rewound to.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.engine.messages import Event


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
