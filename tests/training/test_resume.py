"""A training that is halted, watched or refused a disk is the training that went through, bit by bit."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from explorer.errors import RunError
from explorer.training import checkpoint as module
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import (
    CheckpointDue,
    CheckpointWritten,
    EpochFinished,
    StepMetrics,
    TrainingEvent,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
    TrainingStopped,
)
from explorer.training.loop import train
from explorer.training.prepare import Training
from tests.training.driving import assert_same_weights, ready, trained
from tests.training.small import small_dataset, small_plan, small_spec

CASES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "plain": ({}, {}),
    "bfloat16": ({"precision": "bfloat16", "channels_last": "yes"}, {}),
    "dropout": ({}, {"head_dropout": 0.3, "stochastic_depth": 0.3}),
    "mixed": ({"mixup": 0.4, "cutout": 3, "flip": True}, {}),
    "averaged": ({"ema": 0.9, "optimiser": "adamw", "learning_rate": 0.01, "clip_norm": 1.0}, {}),
    "adam": ({"optimiser": "adam", "learning_rate": 0.01, "loss": "binary"}, {}),
    "rmsprop": ({"optimiser": "rmsprop", "learning_rate": 0.001, "validation_share": 0.25}, {}),
    "frozen": ({"freeze_epochs": 1, "backbone_rate": 0.1}, {}),
}


def case(name: str) -> Callable[..., Training]:
    """A function that makes the case's training of three epochs."""
    plan, spec = CASES[name]
    return lambda **options: ready(small_plan(epochs=3, **plan), spec=small_spec(**spec), **options)


def up_to(training: Training, step: int, folder: Path | None = None, wish: str = "") -> list[TrainingEvent]:
    """Its events until a step is done, and to the end of the sitting where there is a wish."""
    events = []
    for event in train(training, checkpoints=folder):
        if event is not None:
            events.append(event)
        if isinstance(event, StepMetrics) and event.step == step:
            if not wish:
                break
            training.wish = wish
    return events


def numbers(events: list[TrainingEvent]) -> dict[tuple[int, str], tuple[float, ...]]:
    """What must be equal, by step and kind."""
    found: dict[tuple[int, str], tuple[float, ...]] = {}
    for event in events:
        if isinstance(event, StepMetrics):
            found[event.step, "step"] = (event.loss, event.accuracy, event.learning_rate)
        elif isinstance(event, EpochFinished):
            shown = (event.train_loss, event.train_accuracy, event.validation_loss, event.validation_accuracy)
            found[event.step, "epoch"] = (*shown, event.is_best)
        elif isinstance(event, TrainingFinished):
            found[event.steps, "end"] = (event.test_loss, event.test_accuracy, event.best_epoch)
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_goes_on_within_an_epoch_is_the_uninterrupted_one(tmp_path: Path, name: str) -> None:
    make = case(name)
    whole = make()
    events = trained(whole)
    first = make()
    before = up_to(first, 5, tmp_path, wish="stop")
    assert isinstance(before[-1], TrainingStopped)
    second = make(resume=read_checkpoint(tmp_path))
    assert second.step == 6
    after = trained(second, tmp_path)
    assert isinstance(after[0], TrainingStarted)
    assert (after[0].first_epoch, after[0].first_step) == (1, 6)
    assert_same_weights(whole, second)
    assert numbers(before) | numbers(after) == numbers(events)


def test_a_run_that_is_cut_off_goes_on_from_its_last_timed_checkpoint(tmp_path: Path) -> None:
    whole, first = ready(), ready()
    events = trained(whole)
    for event in train(first, checkpoints=tmp_path, checkpoint_interval_s=0.0):
        if isinstance(event, StepMetrics) and event.step == 6:
            break
    second = ready(resume=read_checkpoint(tmp_path))
    assert second.step == 6
    after = trained(second, tmp_path)
    assert_same_weights(whole, second)
    assert numbers(after).items() <= numbers(events).items()
    assert numbers(after).keys() >= {(6, "step"), (7, "epoch"), (8, "end")}


@pytest.mark.parametrize("name", ["dropout", "averaged"])
def test_a_run_that_is_paused_and_watched_is_the_undisturbed_one(tmp_path: Path, name: str) -> None:
    make = case(name)
    whole, watched = make(), make()
    events = trained(whole)
    seen: list[TrainingEvent] = []
    halts = 0
    while not seen or not isinstance(seen[-1], TrainingFinished):
        for event in train(watched, checkpoints=tmp_path):
            torch.rand(3)
            watched.model.eval()
            with torch.no_grad():
                watched.model(torch.zeros(2, 3, 8, 8))
            if event is not None:
                seen.append(event)
            if isinstance(event, StepMetrics) and event.step in (1, 6):
                watched.wish = "pause"
        if isinstance(seen[-1], TrainingPaused):
            halts += 1
            assert seen[-1].is_kept
            assert watched.wish == "go"
    assert halts == 2
    assert_same_weights(whole, watched)
    assert numbers(seen) == numbers(events)


def test_a_wish_is_heeded_between_the_batches_of_an_evaluation(tmp_path: Path) -> None:
    whole, halted = ready(), ready()
    trained(whole)
    events = train(halted, checkpoints=tmp_path)
    for event in events:
        if isinstance(event, StepMetrics) and event.step == 3:
            break
    assert next(events) is None
    halted.wish = "pause"
    rest = list(events)
    assert [type(event) for event in rest] == [CheckpointDue, CheckpointWritten, TrainingPaused]
    assert (halted.epoch, halted.step) == (0, 4)
    resumed = ready(resume=read_checkpoint(tmp_path))
    after = trained(resumed, tmp_path)
    assert [event.epoch for event in after if isinstance(event, EpochFinished)] == [0, 1]
    assert_same_weights(whole, resumed)
    trained(halted, tmp_path)
    assert_same_weights(whole, halted)


def test_a_stop_before_the_first_step_is_heeded(tmp_path: Path) -> None:
    training = ready()
    training.wish = "stop"
    events = trained(training, tmp_path)
    assert isinstance(events[-1], TrainingStopped)
    assert training.step == 0
    assert read_checkpoint(tmp_path).progress.step == 0


def test_a_full_disk_pauses_and_loses_nothing(tmp_path: Path, monkeypatch) -> None:
    """At the edge to the system, the only place where a test can make it so."""
    whole, training = ready(small_plan(epochs=3)), ready(small_plan(epochs=3))
    events = trained(whole)
    real = module.write_synced
    is_full = False

    def write(path: Path, data: bytes) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(path, data)

    monkeypatch.setattr(module, "write_synced", write)
    seen: list[TrainingEvent] = []
    for event in train(training, checkpoints=tmp_path):
        seen += [event] if event is not None else []
        is_full = is_full or (isinstance(event, StepMetrics) and event.step == 5)
    paused = seen[-1]
    assert isinstance(paused, TrainingPaused)
    assert (paused.step, paused.is_kept) == (8, False)
    assert "No space left" in RunError(paused.cause, paused.hint, **dict(paused.arguments)).cause_text
    assert "room" in paused.hint
    assert read_checkpoint(tmp_path).progress.step == 4
    # Still full: it pauses again, before another step.
    again = trained(training, tmp_path)
    assert isinstance(again[-1], TrainingPaused)
    assert training.step == 8
    is_full = False
    seen += trained(training, tmp_path)
    assert isinstance(seen[-1], TrainingFinished)
    assert numbers(seen) == numbers(events)
    assert_same_weights(whole, training)


def test_a_pause_on_a_full_disk_says_so(tmp_path: Path, monkeypatch) -> None:
    training = ready()

    def write(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for event in train(training, checkpoints=tmp_path):
        if isinstance(event, StepMetrics) and event.step == 1:
            monkeypatch.setattr(module, "write_synced", write)
            training.wish = "stop"
        last = event
    assert isinstance(last, TrainingPaused)
    assert not last.is_kept
    assert last.cause


def test_other_data_is_refused(tmp_path: Path) -> None:
    trained(ready(), tmp_path)
    changed = small_dataset()
    labels = changed.train_labels.copy()
    labels[3] = (labels[3] + 1) % 4
    for other in (
        dataclasses.replace(changed, train_labels=labels),
        dataclasses.replace(changed, test_images=255 - changed.test_images),
        small_dataset(n_train=68),
    ):
        with pytest.raises(RunError, match="data is not what"):
            ready(resume=read_checkpoint(tmp_path), data=other)


def test_the_runs_threads_are_used_again_and_given_back(tmp_path: Path) -> None:
    training = ready()
    training.threads = 2
    assert torch.get_num_threads() == 1
    events = train(training, checkpoints=tmp_path)
    while not isinstance(next(events), CheckpointWritten):
        assert torch.get_num_threads() == 2
    events.close()
    assert torch.get_num_threads() == 1
    assert read_checkpoint(tmp_path).threads == 2
    assert ready(resume=read_checkpoint(tmp_path)).threads == 2


def test_seconds_count_all_sittings(tmp_path: Path) -> None:
    first = ready()
    up_to(first, 5, tmp_path, wish="stop")
    second = ready(resume=read_checkpoint(tmp_path))
    assert second.progress.seconds > 0
    end = trained(second, tmp_path)[-1]
    assert end.seconds > second.progress.seconds - 1e-9 >= first.progress.seconds


def test_a_checkpoint_of_the_first_schema_is_resumed() -> None:
    """It knows neither averages nor a fingerprint; the average begins at its weights."""
    training = ready()
    up_to(training, 3)
    old = dataclasses.replace(training.checkpoint(), fingerprint="", averages={})
    resumed = ready(small_plan(ema=0.9), resume=old)
    assert resumed.step == 4
    assert_same_weights(training, resumed)
    assert resumed.average is not None
    assert torch.equal(resumed.average.state_dict()["fc.weight"], training.model.get_parameter("fc.weight"))
