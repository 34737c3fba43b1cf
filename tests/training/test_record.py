from __future__ import annotations

import json
from contextlib import closing

import pytest

from explorer.errors import RunError
from explorer.runs.store import Run, RunStore
from explorer.training.events import EpochFinished, StepMetrics, TrainingFinished
from explorer.training.loop import train
from explorer.training.record import record
from tests.training.driving import ready
from tests.training.small import small_plan


def entry_in(store: RunStore) -> Run:
    return store.create(spec="{}", plan="{}", data="small", origin="{}")


def test_every_step_and_epoch_is_on_the_record() -> None:
    with RunStore() as store:
        entry = entry_in(store)
        with closing(record(store, entry.id, train(ready()))) as events:
            seen = [event for event in events if event is not None]
        steps = [event for event in seen if isinstance(event, StepMetrics)]
        epochs = [event for event in seen if isinstance(event, EpochFinished)]
        assert [(event.step, "step.loss", event.loss) for event in steps] == store.metrics(
            entry.id, "step.loss"
        )
        assert [
            (event.step, "epoch.validation_accuracy", event.validation_accuracy) for event in epochs
        ] == store.metrics(entry.id, "epoch.validation_accuracy")
        after = store.run(entry.id)
        assert after.status == "finished"
        assert json.loads(after.summary)["test_accuracy"] == seen[-1].test_accuracy


def test_a_caller_who_leaves_at_the_last_event_does_not_stop_the_run() -> None:
    with RunStore() as store:
        entry = entry_in(store)
        with closing(record(store, entry.id, train(ready(small_plan(epochs=1))))) as events:
            for event in events:
                if isinstance(event, TrainingFinished):
                    break
        assert store.run(entry.id).status == "finished"


def test_a_caller_who_leaves_early_stops_it_with_its_rows_written() -> None:
    with RunStore() as store:
        entry = entry_in(store)
        with closing(record(store, entry.id, train(ready()))) as events:
            for event in events:
                if isinstance(event, StepMetrics) and event.step == 2:
                    break
        assert store.run(entry.id).status == "stopped"
        assert [step for step, _, _ in store.metrics(entry.id, "step.loss")] == [0, 1, 2]


def test_a_training_that_fails_says_why() -> None:
    with RunStore() as store:
        entry = entry_in(store)
        hopeless = small_plan(learning_rate=100, warm_up=0, epochs=60, weight_decay=1)
        with pytest.raises(RunError) as caught:
            list(record(store, entry.id, train(ready(hopeless))))
        after = store.run(entry.id)
        assert after.status == "failed"
        assert json.loads(after.summary)["error"] == str(caught.value)
