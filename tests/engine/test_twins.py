"""A network and its plain twin in lock-step: the same batches, the same first values, one pair of runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from explorer.arch.presets import plain_twin
from explorer.engine.handlers import train as handler
from explorer.engine.handlers.train import halt_training, resume_training, train
from explorer.engine.messages import WeightsChoice
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.training_messages import (
    HaltTraining,
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
)
from explorer.engine.twin_messages import TwinBegan, TwinEnded, TwinHalted, TwinTick
from explorer.errors import DeviceError, RunError
from explorer.nets.weight_files import read_weights
from explorer.training import prepare as preparing
from explorer.training import step as steps_of_a_training
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import TrainingPaused
from tests.engine.moments import N_STEPS, PLAN, SPEC, build, first, fresh, kept_apart, same, values

TWIN = plain_twin(SPEC)


@pytest.fixture
def context(tmp_path, monkeypatch):
    with kept_apart(tmp_path, monkeypatch) as made:
        yield made


def begin(plan=PLAN, twin=TWIN, **more):
    return Train(ticket=1, spec=SPEC, plan=plan, data="digits", twin=twin, **more)


def note_all(steps, seen):
    """Into a list that is there when it fails."""
    for event in steps:
        seen.append(event)


def steps_told(events, kind):
    return [
        step
        for event in events
        if isinstance(event, kind)
        for step, name, _ in event.rows
        if name == "step.loss"
    ]


def test_the_training_is_bitwise_as_it_is_alone_and_the_twin_too(context):
    alone = {}
    for spec in (SPEC, TWIN):
        other = fresh()
        try:
            list(train(Train(ticket=1, spec=spec, plan=PLAN, data="digits"), other))
        finally:
            other.close_store()
        alone[spec] = other.active.training.model.state_dict()
    seen = list(train(begin(), context))
    main = context.active
    assert same(main.training.model.state_dict(), alone[SPEC])
    assert same(main.twin.training.model.state_dict(), alone[TWIN])
    assert steps_told(seen, TrainTick) == steps_told(seen, TwinTick) == list(range(N_STEPS))
    ended, twin_ended = first(seen, TrainingEnded), first(seen, TwinEnded)
    # The training has the last word.
    assert seen.index(ended) > seen.index(twin_ended)
    assert 0 <= twin_ended.test_accuracy <= 1
    kept = {event.run: event.steps for event in seen if isinstance(event, SnapshotsKept)}
    assert kept == dict.fromkeys((main.run.id, main.twin.run.id), tuple(range(N_STEPS + 1)))


def test_both_take_the_same_batches_in_turn_from_the_same_first_values(context, monkeypatch):
    taken = []
    usual = steps_of_a_training.Stepper._step

    def noting(stepper, images, targets):
        taken.append((stepper._training.spec, images.clone(), targets.clone()))
        usual(stepper, images, targets)

    monkeypatch.setattr(steps_of_a_training.Stepper, "_step", noting)
    list(train(begin(PLAN.edited(crop_padding=1)), context))
    assert [spec for spec, _, _ in taken] == [SPEC, TWIN] * N_STEPS
    for (_, images, targets), (_, other_images, other_targets) in zip(taken[::2], taken[1::2], strict=True):
        assert torch.equal(images, other_images)
        assert torch.equal(targets, other_targets)
    main, twin = context.active, context.active.twin
    build(context, main.run.id, 0)
    build(context, twin.run.id, 0, column="c1", spec=TWIN)
    ours, twins = values(context), values(context, "c1")
    assert len(twins) > 30
    assert all(torch.equal(ours[key], value) for key, value in twins.items())


def test_known_weights_are_the_starts_of_both(context):
    list(train(Train(ticket=1, spec=SPEC, plan=PLAN, data="digits"), context))
    start = {key: value.clone() for key, value in context.active.training.model.state_dict().items()}
    list(train(begin(weights=WeightsChoice()), context))
    twin = context.active.twin
    build(context, twin.run.id, 0, column="c1", spec=TWIN)
    assert same(start, values(context, "c1"))


def test_a_column_of_the_twins_run_is_the_network_that_learns(context):
    steps = train(begin(), context)
    for event in steps:
        if isinstance(event, TwinBegan):
            break
    assert build(context, event.run, None, column="c1", spec=TWIN).origin.name == event.run
    assert context.nets["c1"].module is context.active.twin.training.model
    steps.close()


def whole_pair():
    """The weights of both at the end, where nothing came in between."""
    whole = fresh()
    try:
        list(train(begin(), whole))
        return [each.training.model.state_dict() for each in whole.learning()]
    finally:
        whole.close_store()


def assert_goes_on_as_a_pair(main, twin, asked):
    again = fresh()
    try:
        seen = list(resume_training(ResumeTraining(ticket=3, run=asked), again))
        assert (first(seen, TrainingBegan).run, first(seen, TwinBegan).run) == (main, twin)
        for each, one in zip(again.learning(), whole_pair(), strict=True):
            assert same(each.training.model.state_dict(), one)
        assert {again.store().run(run).status for run in (main, twin)} == {"finished"}
        losses = again.store().metrics(twin, "step.loss")
        assert [step for step, _, _ in losses] == list(range(N_STEPS))
    finally:
        again.close_store()
    return seen


def test_a_paused_pair_goes_on_as_a_pair_after_the_program(context):
    seen = []
    for event in train(begin(), context):
        seen.append(event)
        if isinstance(event, SnapshotsKept) and event.steps[-1] == 7:
            list(halt_training(HaltTraining(ticket=2, how="pause"), context))
    assert first(seen, TrainingHalted).how == first(seen, TwinHalted).how == "pause"
    # The curves reach to where it stands.
    assert steps_told(seen, TrainTick) == list(range(first(seen, TrainingHalted).step))
    assert steps_told(seen, TwinTick) == list(range(first(seen, TwinHalted).step))
    main, twin = first(seen, TrainingBegan).run, first(seen, TwinBegan).run
    store = context.store()
    assert json.loads(store.run(main).origin)["twin"] == twin
    assert json.loads(store.run(twin).origin)["is_twin"] is True
    # The network with shortcuts is the newer one: it is what the next start offers to go on with.
    assert [run.id for run in store.runs()] == [main, twin]
    assert_goes_on_as_a_pair(main, twin, asked=main)


KILLED = """
import os, torch
from explorer.engine.handlers.train import train
from explorer.engine.moment_messages import SnapshotsKept
from tests.engine.moments import fresh
from tests.engine.test_twins import begin
torch.set_num_threads(1)
for event in train(begin(), fresh()):
    if isinstance(event, SnapshotsKept) and event.steps[-1] == 7:
        os._exit(9)
"""


def test_a_killed_pair_goes_on_as_a_pair(context):
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == 9
    main, twin = (run.id for run in context.store().runs())
    assert {context.store().run(run).standing for run in (main, twin)} == {"interrupted"}
    seen = assert_goes_on_as_a_pair(main, twin, asked=twin)
    # What was in memory only is gone, and that is said of both.
    told = [event for event in seen if isinstance(event, SnapshotsKept) and event.lost]
    assert {event.run for event in told} == {main, twin}


def test_a_pair_that_waits_in_memory_goes_on(context):
    for event in train(begin(), context):
        if isinstance(event, TrainTick) and event.step >= 3:
            list(halt_training(HaltTraining(ticket=2, how="stop"), context))
    assert context.active.training.step < N_STEPS
    seen = list(resume_training(ResumeTraining(ticket=3, run=context.active.run.id), context))
    assert [each.training.step for each in context.learning()] == [N_STEPS] * 2
    assert first(seen, TwinEnded).run == context.active.twin.run.id


def test_a_twin_that_fails_leaves_the_training_alone(context, monkeypatch):
    usual = handler.training_steps

    def failing(training, **more):
        for event in usual(training, **more):
            if training.spec == TWIN and training.step == 4:
                raise RunError("The loss is nan.", "Lower it.")
            yield event

    monkeypatch.setattr(handler, "training_steps", failing)
    threads = torch.get_num_threads()
    seen = list(train(begin(), context))
    halted = first(seen, TwinHalted)
    assert (halted.how, halted.step, halted.cause) == ("fail", 4, "The loss is nan.")
    assert first(seen, TrainingEnded).epochs == PLAN.epochs
    assert context.active.training.step == N_STEPS
    assert torch.get_num_threads() == threads
    assert read_weights(context.active.run.weights).tensors


@pytest.mark.parametrize("failing_at", [0, 4])
def test_a_training_that_fails_leaves_its_twin_paused(context, monkeypatch, failing_at):
    usual = handler.training_steps

    def failing(training, **more):
        events = usual(training, **more)
        yield next(events)
        for event in events:
            if training.spec == SPEC and training.step >= failing_at:
                raise RunError("The loss is nan.", "Lower it.")
            yield event

    monkeypatch.setattr(handler, "training_steps", failing)
    seen = []
    with pytest.raises(RunError, match="nan"):
        note_all(train(begin(), context), seen)
    assert first(seen, TwinHalted).how == "pause"
    twin = context.active.twin
    assert context.store().run(twin.run.id).status != "running"
    assert context.store().run(twin.run.id).can_resume


def test_a_training_that_a_full_disk_pauses_takes_its_twin_along(context, monkeypatch):
    usual = handler.training_steps

    def halted(training, **more):
        for event in usual(training, **more):
            if training.spec == SPEC and training.step == 4:
                yield TrainingPaused(step=4, cause="The disk is full.", hint="Make room.")
                return
            yield event

    monkeypatch.setattr(handler, "training_steps", halted)
    seen = list(train(begin(), context))
    assert first(seen, TrainingHalted).cause == "The disk is full."
    twin = first(seen, TwinHalted)
    assert (twin.how, twin.cause) == ("pause", "")
    assert twin.step <= 5
    assert context.store().run(context.active.twin.run.id).can_resume


def test_a_twin_that_has_no_memory_says_which_batch_may_fit_and_the_training_goes_on(context, monkeypatch):
    """The memory of this machine cannot be filled safely: an operation says what torch says then."""
    usual = handler.Keeper.noted

    def noted(keeper):
        if keeper._active.training.spec == TWIN and keeper._active.training.step == 6:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        yield from usual(keeper)

    monkeypatch.setattr(handler.Keeper, "noted", noted)
    seen = list(train(begin(), context))
    halted = first(seen, TwinHalted)
    assert (halted.how, halted.step) == ("fail", 6)
    assert (
        halted.hint.format_map(dict(halted.arguments)) == "Train with batch_size=128, or on another device."
    )
    assert first(seen, TrainingEnded).epochs == PLAN.epochs
    # What it had learned at the end of the epoch is kept, and it goes on from there.
    twin = context.store().run(context.active.twin.run.id)
    assert read_checkpoint(twin.checkpoints).progress.step == N_STEPS // 2
    assert twin.can_resume


def test_a_pair_that_has_no_memory_to_begin_is_answered_with_half_of_its_batch(context, monkeypatch):
    usual = preparing._training

    def full_for_the_twin(spec, *more):
        if spec == TWIN:
            raise torch.OutOfMemoryError("out of memory")
        return usual(spec, *more)

    monkeypatch.setattr(preparing, "_training", full_for_the_twin)
    with pytest.raises(DeviceError, match="batch_size=128"):
        list(train(begin(), context))
    assert context.store().runs() == []
