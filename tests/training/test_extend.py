"""A finished run, trained on: it stays, and the new one is what one longer plan had made, bit by bit."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from explorer.errors import RunError
from explorer.runs.store import Run, RunStore
from explorer.slices import returned
from explorer.training.card import write_trained
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import EpochFinished
from explorer.training.extend import EndedRun, created, ended_run, extending, longer_plan
from explorer.training.loop import train
from explorer.training.plan import Plan
from explorer.training.prepare import Training
from explorer.training.record import record
from tests.training.driving import assert_same_weights, ready, trained
from tests.training.small import small_dataset, small_plan

CPU = torch.device("cpu")


@pytest.fixture
def store(home):
    with RunStore() as opened:
        yield opened


def finished(store: RunStore, plan: Plan, origin: dict[str, object] | None = None) -> Run:
    """A run of the small network that has come to its end."""
    training = ready(plan)
    run = store.create(
        spec=training.spec.to_json(), plan=plan.to_json(), data="small", origin=json.dumps(origin or {})
    )
    learn(store, run, training)
    return run


def learn(store: RunStore, run: Run, training: Training) -> list[object]:
    """Train to the end as the program does."""
    told = list(record(store, run.id, train(training, checkpoints=run.checkpoints), training.unwritten))
    write_trained(run.weights, training, small_dataset(), {})
    return told


def go_on(store: RunStore, ended: EndedRun, epochs: int) -> tuple[Run, Training]:
    training = returned(extending(ended, epochs, small_dataset(), CPU))
    return returned(created(ended, training, store)), training


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ema": 0.9, "optimiser": "adamw", "learning_rate": 0.01},
        {"early_stopping": 9, "schedule": "cosine"},
    ],
    ids=["sgd", "averaged", "patient"],
)
def test_a_run_trained_on_is_the_run_of_the_longer_plan(store, tmp_path, changes) -> None:
    run = finished(store, small_plan(epochs=2, **changes))
    new, training = go_on(store, ended_run(run.id, store), 4)
    learn(store, new, training)
    whole = ready(small_plan(epochs=4, restarts=(2,), **changes))
    trained(whole, tmp_path)
    assert training.plan == whole.plan
    # What a run leaves is rounded to half precision when it is written; the checkpoints are not.
    one, other = read_checkpoint(new.checkpoints), read_checkpoint(tmp_path)
    assert one.progress.step == other.progress.step == 16
    assert one.progress.best_epoch == other.progress.best_epoch
    for name, tensor in other.weights.items():
        assert torch.equal(one.weights[name], tensor), name


def test_the_ended_run_stays_and_the_new_one_has_its_curves(store) -> None:
    run = finished(store, small_plan(epochs=2), {"recipe": "fast", "start": {"kind": "named", "name": "x"}})
    before, weights = store.run(run.id), run.weights.read_bytes()
    new, training = go_on(store, ended_run(run.id[:-1], store), 3)
    assert store.metrics(new.id) == store.metrics(run.id)
    told = learn(store, new, training)
    assert [event.epoch for event in told if isinstance(event, EpochFinished)] == [2]
    assert store.run(run.id) == before
    assert run.weights.read_bytes() == weights
    after = store.run(new.id)
    assert after.status == "finished"
    assert after.start == ("named", "x")
    origin = json.loads(after.origin)
    assert (origin["extends"], origin["recipe"]) == (run.id, "fast")
    assert json.loads(after.summary)["epochs"] == 3
    assert len(store.metrics(new.id, "epoch.validation_accuracy")) == 3


def test_one_killed_before_its_first_step_goes_on_with_the_new_plan(store) -> None:
    run = finished(store, small_plan(epochs=2))
    new, _ = go_on(store, ended_run(run.id, store), 3)
    checkpoint = read_checkpoint(new.checkpoints)
    assert checkpoint.plan.epochs == 3
    resumed = ready(checkpoint.plan, resume=checkpoint)
    trained(resumed, new.checkpoints)
    assert resumed.epoch == 3
    whole = ready(small_plan(epochs=3, restarts=(2,)))
    trained(whole)
    assert_same_weights(resumed, whole)


def test_one_that_is_cut_off_while_it_is_made_is_not_taken_for_one_that_goes_on(store) -> None:
    run = finished(store, small_plan(epochs=2))
    ended = ended_run(run.id, store)
    training = returned(extending(ended, 3, small_dataset(), CPU))
    making = created(ended, training, store)
    seen = 0
    for _ in making:
        half = store.runs()[0]
        assert half.id != run.id
        assert not half.has_checkpoint
        seen += 1
    assert seen
    assert store.runs()[0].has_checkpoint
    making = created(ended, training, store)
    next(making)
    made = store.runs()[0]
    making.close()
    assert not made.folder.exists()
    assert made.id not in [each.id for each in store.runs()]


def test_patience_begins_anew_with_the_restart(store) -> None:
    # At a rate of nothing only the statistics of the norms change, and soon no epoch is better.
    plan = small_plan(epochs=30, early_stopping=2, learning_rate=1e-9, schedule="constant", weight_decay=0)
    run = finished(store, plan)
    done = len(store.metrics(run.id, "epoch.validation_accuracy"))
    assert done < 30
    new, training = go_on(store, ended_run(run.id, store), 30)
    assert not training.is_over
    learn(store, new, training)
    assert training.stops_early
    assert training.epoch == max(done, training.progress.best_epoch + 1) + 2


def test_where_no_checkpoint_can_be_read_the_weights_go_on(store) -> None:
    run = finished(store, small_plan(epochs=2))
    for manifest in run.checkpoints.glob("*/manifest.json"):
        manifest.write_text("{")
    ended = ended_run(run.id, store)
    assert ended.checkpoint is None
    new, training = go_on(store, ended, 3)
    assert (training.epoch, training.step) == (2, 8)
    learn(store, new, training)
    assert store.run(new.id).is_complete


def test_one_that_ships_goes_on_from_its_weights(store, monkeypatch) -> None:
    """Its curves tell how far it is; momentum is not to be had."""
    from explorer.images.datasets import open_dataset

    ended = ended_run("digits-resnet8", store)
    assert ended.checkpoint is None
    data = open_dataset("digits", ended.spec.input_size)
    training = returned(extending(ended, ended.epochs + 1, data, CPU))
    assert training.epoch == ended.epochs
    assert training.plan.restarts == (ended.epochs,)
    assert training.loaded is not None
    assert training.loaded[0] == training.loaded[1]
    new = returned(created(ended, training, store, data="digits"))
    assert json.loads(new.origin)["recipe"] == "fast"
    assert store.metrics(new.id) == list(ended.rows)
    judged = [value for _, name, value in ended.rows if name == "epoch.validation_accuracy"]
    assert training.progress.best_accuracy == max(judged)
    assert judged[training.progress.best_epoch] == max(judged)
    fewer = replace(data, train_images=data.train_images[:640], train_labels=data.train_labels[:640])
    swapped = replace(data, classes=data.classes[::-1])
    for other in (fewer, swapped):
        with pytest.raises(RunError, match="not the data that digits-resnet8 was trained on"):
            returned(extending(ended, ended.epochs + 1, other, CPU))


def test_what_is_no_more_or_not_over_is_refused(store) -> None:
    run = finished(store, small_plan(epochs=2))
    with pytest.raises(RunError, match=r"2 epochs already.*such as 3"):
        longer_plan(small_plan(epochs=2), 2, 2)
    running = store.create(spec="{}", plan="{}", data="small", origin="{}")
    with pytest.raises(RunError, match="Resume it"):
        ended_run(running.id, store)
    with pytest.raises(RunError, match="There is no run"):
        ended_run("nothing", store)
    store.delete((run.id,))
    with pytest.raises(RunError, match="was deleted"):
        ended_run(run.id, store)


def test_a_run_that_stopped_early_restarts_where_it_stopped() -> None:
    plan = longer_plan(small_plan(epochs=60, restarts=(10, 40)), 20, 30)
    assert (plan.epochs, plan.restarts) == (30, (10, 20))
    again = longer_plan(plan, 30, 40)
    assert again.restarts == (10, 20, 30)


def test_what_cannot_be_copied_leaves_no_run(store, monkeypatch) -> None:
    run = finished(store, small_plan(epochs=2))
    ended = ended_run(run.id, store)
    training = returned(extending(ended, 3, small_dataset(), CPU))

    def full(folder: Path, checkpoint: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("explorer.training.extend.write_checkpoint", full)
    making = created(ended, training, store)
    next(making)
    made = store.runs()[0]
    with pytest.raises(RunError, match="No space left"):
        returned(making)
    assert [each.id for each in store.runs()] == [run.id]
    assert not made.folder.exists()
