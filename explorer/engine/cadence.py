"""How often side work is done beside a long job, so that it costs at most a share of the time.

Used by the train handler: ticks, refreshed maps and answers each have one. Pure arithmetic over a clock;
must not import torch or Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Cadence:
    """Says when one kind of side work is due again.

    After work that took `cost` seconds the next is due when so much time has passed that the cost is no more
    than the share: cost × (1 − share) / share later, and never sooner than the highest rate allows.

    Args:
        share: The most that it may cost, 0 to 1 of the time.
        at_most_hz: The highest rate.
        clock: Seconds; for tests.
    """

    def __init__(
        self, share: float, at_most_hz: float, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._share = share
        self._shortest_s = 1 / at_most_hz
        self._clock = clock
        self._started = clock()
        self._due = self._started
        self.spent_s = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it may be done now."""
        return self._clock() >= self._due

    @property
    def share(self) -> float:
        """The part of the time since the beginning that it took, 0 to 1."""
        return self.spent_s / max(self._clock() - self._started, 1e-9)

    def hasten(self) -> None:
        """What is watched is another thing now: the next is due at once."""
        self._due = self._clock()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around the work; its cost decides when the next is due."""
        begun = self._clock()
        try:
            yield
        finally:
            now = self._clock()
            cost = now - begun
            self.spent_s += cost
            self._due = now + max(self._shortest_s, cost * (1 - self._share) / self._share)
