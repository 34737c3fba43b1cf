"""How fast a training goes, and how long it will take.

Used by `handlers/train.py`. Must not import Qt.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from explorer.training.events import EpochFinished, StepMetrics, TrainingEvent

if TYPE_CHECKING:
    from explorer.training.prepare import Training

SMOOTHING = 0.9
"""Of the pace: the weight of the past at each reading."""
READ_EVERY_S = 0.25


class Pace:
    """Watches the events of a training go by.

    Args:
        training: Whose.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        self._read_at = time.perf_counter()
        self._read_step = training.step
        self._seconds_a_step = 0.0
        self._evaluation_s = 0.0
        self._last_step_at = self._read_at

    def note(self, event: TrainingEvent | None) -> None:
        """An event goes by."""
        now = time.perf_counter()
        if isinstance(event, StepMetrics):
            self._last_step_at = now
            if now - self._read_at >= READ_EVERY_S and event.step + 1 > self._read_step:
                seconds = (now - self._read_at) / (event.step + 1 - self._read_step)
                known = self._seconds_a_step
                self._seconds_a_step = SMOOTHING * known + (1 - SMOOTHING) * seconds if known else seconds
                self._read_at, self._read_step = now, event.step + 1
        elif isinstance(event, EpochFinished):
            self._evaluation_s = now - self._last_step_at
            # Evaluation is no part of the pace of steps.
            self._read_at, self._read_step = now, event.step + 1

    @property
    def images_per_second(self) -> float:
        """Pictures learned from; 0 before the first reading."""
        return self._training.batch_size / self._seconds_a_step if self._seconds_a_step else 0.0

    @property
    def eta_seconds(self) -> float:
        """Left until the end, with an evaluation after each epoch."""
        training = self._training
        epochs_left = training.plan.epochs - training.step / training.steps_per_epoch
        steps_left = training.steps - training.step
        return steps_left * self._seconds_a_step + max(epochs_left, 0) * self._evaluation_s
