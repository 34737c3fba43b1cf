from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from explorer.errors import RunError
from explorer.runs.store import Run, RunStore
from explorer.training.events import (
    CheckpointDue,
    CheckpointWritten,
    EpochFinished,
    StepMetrics,
    TrainingFinished,
    TrainingPaused,
    TrainingStopped,
)
from explorer.training.loop import train
from explorer.training.record import record
from tests.training.driving import assert_same_weights, ready
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


@pytest.mark.parametrize(("wish", "status"), [("pause", "paused"), ("stop", "stopped")])
def test_a_halted_run_says_so_and_goes_on_without_doubles(tmp_path, wish: str, status: str) -> None:
    training = ready()
    with RunStore() as store:
        entry = entry_in(store)
        for event in record(store, entry.id, train(training, checkpoints=tmp_path)):
            if isinstance(event, StepMetrics) and event.step == 4:
                training.wish = wish
        assert isinstance(event, TrainingPaused | TrainingStopped)
        assert store.run(entry.id).status == status
        assert [step for step, _, _ in store.metrics(entry.id, "step.loss")] == list(range(5))
        again = record(store, entry.id, train(training, checkpoints=tmp_path))
        next(again)
        assert store.run(entry.id).status == "running"
        *_, last = again
        assert isinstance(last, TrainingFinished)
        assert store.run(entry.id).status == "finished"
        assert [step for step, _, _ in store.metrics(entry.id, "step.loss")] == list(range(8))


def test_numbers_are_in_the_store_before_the_checkpoint_of_their_step(tmp_path) -> None:
    """Else a run that is killed in between would lack them for good."""
    with RunStore() as store:
        entry = entry_in(store)

        def looked_at(events):
            for event in events:
                yield event
                if isinstance(event, CheckpointDue):
                    steps = [step for step, _, _ in store.metrics(entry.id, "step.loss")]
                    assert steps == list(range(event.step))

        steps = train(ready(), checkpoints=tmp_path, checkpoint_interval_s=0.0)
        seen = list(record(store, entry.id, looked_at(steps)))
    assert sum(isinstance(event, CheckpointWritten) for event in seen) >= 8
    assert not any(isinstance(event, CheckpointDue) for event in seen)


def test_a_run_of_another_process_is_left_alone() -> None:
    code = "import sys, explorer.runs.owner as o; print(o.this_process(), flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
        RunStore() as store,
    ):
        owner = process.stdout.readline().decode().strip()
        entry = entry_in(store)
        with closing(sqlite3.connect(store.path)) as other, other:
            other.execute("UPDATE runs SET owner = ?", (owner,))
        training = ready()
        with pytest.raises(RunError):
            next(record(store, entry.id, train(training)))
        assert store.run(entry.id).status == "running"
        assert store.run(entry.id).owner == owner
        process.stdin.close()
    assert training.step == 0


def test_norms_and_the_rate_are_rows_too(monkeypatch) -> None:
    monkeypatch.setattr("explorer.training.loop.NORM_INTERVAL_S", 0.0)
    with RunStore() as store:
        entry = entry_in(store)
        list(record(store, entry.id, train(ready())))
        names = {name for _, name, _ in store.metrics(entry.id)}
        assert {"step.norm.gradient.layer1", "step.norm.weight.head", "step.images_per_second"} <= names
        assert all(value > 0 for _, _, value in store.metrics(entry.id, "step.images_per_second"))


def test_a_store_that_cannot_be_written_pauses_and_loses_nothing(tmp_path) -> None:
    """Its file is locked by another connection for longer than it waits; a full disk is refused alike."""
    training, whole = ready(), ready()
    with RunStore() as store:
        entry = entry_in(store)
        other = sqlite3.connect(store.path, isolation_level=None)
        store._connection.execute("PRAGMA busy_timeout=50")
        seen = []
        for event in record(store, entry.id, train(training, checkpoints=tmp_path), training.unwritten):
            seen.append(event)
            if isinstance(event, StepMetrics) and event.step == 2:
                other.execute("BEGIN IMMEDIATE")
        assert isinstance(seen[-1], TrainingPaused)
        assert not seen[-1].is_kept
        assert "locked" in str(RunError(seen[-1].cause, **dict(seen[-1].arguments)))
        assert training.unwritten
        other.execute("ROLLBACK")
        other.close()
        again = list(record(store, entry.id, train(training, checkpoints=tmp_path), training.unwritten))
        assert isinstance(again[-1], TrainingFinished)
        assert not training.unwritten
        assert [step for step, _, _ in store.metrics(entry.id, "step.loss")] == list(range(8))
        assert store.run(entry.id).status == "finished"
    list(train(whole))
    assert_same_weights(whole, training)


def test_a_training_that_fails_says_why() -> None:
    with RunStore() as store:
        entry = entry_in(store)
        hopeless = small_plan(learning_rate=100, warm_up=0, epochs=60, weight_decay=1)
        with pytest.raises(RunError) as caught:
            list(record(store, entry.id, train(ready(hopeless))))
        after = store.run(entry.id)
        assert after.status == "failed"
        assert json.loads(after.summary)["error"] == str(caught.value)
