"""A training on the record: its events pass through here on their way, and its numbers go to the store.

Called by the engine's train handler and the command line. Imports no torch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict

from explorer.runs.store import MetricRow, RunStore
from explorer.training.events import EpochFinished, StepMetrics, TrainingEvent, TrainingFinished

FLUSH_INTERVAL_S = 1.0
"""Each write is synced to the disk; rows wait for one another this long."""

STEP_NAMES = ("loss", "accuracy", "learning_rate")
EPOCH_NAMES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "images_per_second")


def record(
    store: RunStore, run_id: str, events: Iterator[TrainingEvent | None]
) -> Generator[TrainingEvent | None, None, None]:
    """Pass events on and write their numbers to the store.

    Step rows are named `step.loss` and so on, epoch rows `epoch.test_accuracy` and so on with the epoch's
    last step. The run's status follows: `finished`, `stopped` where the caller closes this generator or
    interrupts it, `failed` where the training raises.

    Raises:
        RunError: The store cannot be written.
        Exception: What the training raises.
    """
    waiting: list[MetricRow] = []
    is_finished = False
    last_flush = time.monotonic()

    def flush() -> None:
        nonlocal last_flush
        store.append(run_id, waiting)
        waiting.clear()
        last_flush = time.monotonic()

    try:
        for event in events:
            if isinstance(event, StepMetrics):
                waiting += [(event.step, f"step.{name}", getattr(event, name)) for name in STEP_NAMES]
                if time.monotonic() - last_flush >= FLUSH_INTERVAL_S:
                    flush()
            elif isinstance(event, EpochFinished):
                waiting += [(event.step, f"epoch.{name}", getattr(event, name)) for name in EPOCH_NAMES]
                flush()
            elif isinstance(event, TrainingFinished):
                store.set_status(run_id, "finished", json.dumps(asdict(event)))
                is_finished = True
            yield event
    except (GeneratorExit, KeyboardInterrupt):
        # Closing after the last event is how a caller leaves, not how a run is stopped.
        if not is_finished:
            flush()
            store.set_status(run_id, "stopped")
        raise
    except BaseException as error:
        try:
            flush()
        finally:
            store.set_status(run_id, "failed", json.dumps({"error": str(error)}))
        raise
