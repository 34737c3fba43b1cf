"""A training that leaves the network in view, and the training that was in memory, as they are.

Used by `handlers/study.py`, which trains many while the user looks at another network. Must not import Qt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from typing import Any

from explorer.engine.context import ActiveTraining, Context
from explorer.engine.messages import MAIN_COLUMN, Event

Steps = Generator[Event | None, None, None]

OVER = Event()
"""What stands for the end of a training."""


class Beside:
    """A training that leaves the network in view, and the training that was in memory, as they are.

    Args:
        steps: Of `train` or `resume_training`.
        context: What they work on.

    Attributes:
        own: The training, once it is in memory.
    """

    def __init__(self, steps: Steps, context: Context) -> None:
        self._steps = steps
        self._context = context
        self.own: ActiveTraining | None = None

    def slice(self) -> Event | None:
        """One slice of it; `OVER` after the last."""
        with self._in_place():
            return next(self._steps, OVER)

    def close(self) -> None:
        """End it where it stands, with a checkpoint."""
        with self._in_place():
            self._steps.close()
        self.own = None

    @contextlib.contextmanager
    def _in_place(self) -> Iterator[None]:
        context = self._context
        shelves: list[dict[str, Any]] = [context.nets, context.pooled, context.probes]
        held = [shelf.get(MAIN_COLUMN) for shelf in shelves]
        before, context.active = context.active, self.own
        try:
            yield
        finally:
            self.own, context.active = context.active, before
            if context.nets.get(MAIN_COLUMN) is not held[0]:
                for shelf, value in zip(shelves, held, strict=True):
                    shelf.pop(MAIN_COLUMN, None)
                    if value is not None:
                        shelf[MAIN_COLUMN] = value
