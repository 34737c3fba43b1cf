"""A training on the record: its events pass through here on their way, and its numbers go to the store.

Called by the engine's train handler and the command line. Imports no torch.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from typing import Protocol

from explorer.errors import RunError
from explorer.runs.names import SECONDS
from explorer.runs.run import Status
from explorer.runs.store import MetricRow, RunStore
from explorer.training.events import (
    CheckpointDue,
    EpochFinished,
    StepMetrics,
    TrainingEvent,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
    TrainingStopped,
)

FLUSH_INTERVAL_S = 1.0
"""Each write is synced to the disk; rows wait for one another this long."""

STEP_NAMES = ("loss", "accuracy", "learning_rate")
EPOCH_NAMES = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "images_per_second")


class Pace(Protocol):
    """Somebody who knows how fast a training goes."""

    @property
    def images_per_second(self) -> float:
        """Pictures learned from; 0 where it is not known yet."""


class _OwnPace:
    """The rate since it was last asked; the time of evaluations is not counted."""

    def __init__(self) -> None:
        self._batch_size = self._steps = 0
        self._since = time.monotonic()

    def note(self, event: TrainingEvent | None) -> None:
        """An event goes by."""
        if isinstance(event, TrainingStarted):
            self._batch_size = event.batch_size
        if isinstance(event, StepMetrics):
            self._steps += 1
        elif isinstance(event, TrainingStarted | EpochFinished):
            self._steps, self._since = 0, time.monotonic()

    @property
    def images_per_second(self) -> float:
        """Pictures learned from."""
        seconds = time.monotonic() - self._since
        rate = self._steps * self._batch_size / max(seconds, 1e-9)
        self._steps, self._since = 0, time.monotonic()
        return rate


def rows_of(event: TrainingEvent | None, pace: Pace) -> list[MetricRow]:
    """An event's numbers as the store has them; empty where it has none.

    Named `step.loss`, `step.norm.gradient.layer1` and so on; those of an epoch `epoch.validation_accuracy`
    and so on, with the epoch's last step. The pace is a row where the norms were measured: about twice a
    second.

    Args:
        event: Of a training.
        pace: Asked for `step.images_per_second`.
    """
    if isinstance(event, StepMetrics):
        rows = [(event.step, f"step.{name}", float(getattr(event, name))) for name in STEP_NAMES]
        rows += [(event.step, f"step.norm.{name}", value) for name, value in event.norms]
        if event.norms:
            rows.append((event.step, SECONDS, event.seconds))
        if event.norms and (rate := pace.images_per_second):
            rows.append((event.step, "step.images_per_second", rate))
        return rows
    if isinstance(event, EpochFinished):
        return [(event.step, f"epoch.{name}", float(getattr(event, name))) for name in EPOCH_NAMES]
    return []


def record(
    store: RunStore,
    run_id: str,
    events: Generator[TrainingEvent | None, None, None] | Iterator[TrainingEvent | None],
    waiting: list[MetricRow] | None = None,
) -> Generator[TrainingEvent | None, None, None]:
    """Pass events on and write their numbers to the store.

    The numbers of all steps before a checkpoint are in the store before the checkpoint is written, so that a
    killed run lacks none. The run's status follows: `running`, `paused`, `stopped` (also where the caller
    closes this generator or interrupts it), `finished`, `failed` where the training raises.

    Args:
        store: Where the run is.
        run_id: Whose events these are.
        events: Of `loop.train`.
        waiting: Rows that an earlier sitting could not write; what this one cannot write is left here, so
            `training.unwritten` loses nothing.

    Yields:
        The events. Where the store cannot be written, `TrainingPaused` with the cause is the last one.

    Raises:
        RunError: The run cannot go on here: another process runs it, it was deleted, or the store cannot be
            written. Nothing has been trained.
        Exception: What the training raises.
    """
    store.set_status(run_id, "running")
    recorder = _Recorder(store, run_id, [] if waiting is None else waiting)
    try:
        for event in events:
            told = recorder.take(event)
            if not isinstance(told, CheckpointDue):
                yield told
            if told is not event:
                # The training goes no further; all of it is in memory, between two steps.
                _close(events)
                return
    except (GeneratorExit, KeyboardInterrupt):
        # Closing after the last event is how a caller leaves, not how a run is stopped.
        if not recorder.is_over:
            recorder.flush()
            store.set_status(run_id, "stopped")
        raise
    except BaseException as error:
        with contextlib.suppress(RunError):
            recorder.flush()
        with contextlib.suppress(RunError):
            store.set_status(run_id, "failed", json.dumps({"error": str(error)}))
        raise


def _close(events: Iterator[TrainingEvent | None]) -> None:
    if isinstance(events, Generator):
        events.close()


class _Recorder:
    """The rows that wait, and what is said of the run."""

    def __init__(self, store: RunStore, run_id: str, waiting: list[MetricRow]) -> None:
        self._store = store
        self._run_id = run_id
        self._waiting = waiting
        self._pace = _OwnPace()
        self._flushed_at = time.monotonic()
        self._done = 0
        self.is_over = False

    def take(self, event: TrainingEvent | None) -> TrainingEvent | None:
        """Note an event.

        Returns:
            The event, or `TrainingPaused` with the cause where the store cannot be written; the rows wait.
        """
        self._pace.note(event)
        self._waiting += rows_of(event, self._pace)
        try:
            self._write(event)
        except RunError as error:
            self.is_over = True
            with contextlib.suppress(RunError):
                self._store.set_status(self._run_id, "paused")
            if isinstance(event, TrainingPaused):
                return event
            return TrainingPaused(
                self._done, False, error.message, error.hint, tuple(error.arguments.items())
            )
        return event

    def _write(self, event: TrainingEvent | None) -> None:
        if isinstance(event, StepMetrics):
            self._done = event.step + 1
            if time.monotonic() - self._flushed_at >= FLUSH_INTERVAL_S:
                self.flush()
            return
        if event is None:
            return
        self.flush()
        if isinstance(event, TrainingStarted):
            self._done = event.first_step
        elif isinstance(event, TrainingPaused):
            self._end("paused")
        elif isinstance(event, TrainingStopped):
            self._end("stopped")
        elif isinstance(event, TrainingFinished):
            self._end("finished", json.dumps(asdict(event)))

    def _end(self, status: Status, summary: str = "{}") -> None:
        self.is_over = True
        self._store.set_status(self._run_id, status, summary)

    def flush(self) -> None:
        """Write what waits.

        Raises:
            RunError: The store cannot be written; the rows wait.
        """
        self._store.append(self._run_id, self._waiting)
        self._waiting.clear()
        self._flushed_at = time.monotonic()
