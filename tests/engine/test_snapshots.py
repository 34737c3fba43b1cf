"""The time machine on the compute thread: moments are kept while a network learns, and columns go back."""

import json

import numpy as np
import pytest
from PIL import Image

from explorer.engine.handlers.classify import classify
from explorer.engine.handlers.snapshots import find_moments, let_moments_go
from explorer.engine.handlers.starting import start_of
from explorer.engine.handlers.train import halt_training, resume_training, train
from explorer.engine.messages import Classified, Classify, WeightsChoice
from explorer.engine.moment_messages import FindMoments, LetMomentsGo, SnapshotsKept
from explorer.engine.training_messages import (
    HaltTraining,
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingEnded,
)
from explorer.errors import RunError
from explorer.runs.store import RunStore
from explorer.training.checkpoint import read_checkpoint
from explorer.training.moments import MOST, moments
from tests.engine.moments import N_STEPS, PLAN, SPEC, build, first, fresh, kept_apart, same, values


@pytest.fixture
def context(tmp_path, monkeypatch):
    with kept_apart(tmp_path, monkeypatch) as made:
        yield made


def begin(**more):
    return Train(ticket=1, spec=SPEC, plan=PLAN, data="digits", **more)


def picture(context, path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 9), dtype=np.uint8)).save(path)
    return context.shelf.add(str(path), path.name)


def answer(context, image_id):
    return first(classify(Classify(ticket=3, image_id=image_id), context), Classified).predictions


def left_at_step_6(context):
    """A run whose program leaves without time for more than a checkpoint and the moment where it halts."""
    steps = train(begin(), context)
    for event in steps:
        if isinstance(event, TrainingBegan):
            run = event.run
        if isinstance(event, SnapshotsKept) and event.steps[-1] == 6:
            break
    steps.close()
    return run


def test_a_run_is_rewound_while_it_learns_and_learns_on_undisturbed(context, tmp_path):
    untouched = fresh()
    try:
        list(train(begin(), untouched))
    finally:
        untouched.close_store()
    was, answers, image_id = {}, {}, picture(context, tmp_path / "a.png")
    steps = train(begin(), context)
    run = ""
    for event in steps:
        if isinstance(event, TrainingBegan):
            run = event.run
        if isinstance(event, SnapshotsKept):
            done = event.steps[-1]
            learning = context.active.net().module
            was[done] = {key: value.clone() for key, value in learning.state_dict().items()}
            built = build(context, run, done // 2)
            assert built.origin.step == done // 2
            assert context.nets["main"].module is not learning
            assert same(values(context), was[done // 2])
            answers[done // 2] = answer(context, image_id)
    assert sorted(was) == list(range(N_STEPS + 1))
    # What was done beside it left no trace.
    assert same(context.active.training.model.state_dict(), untouched.active.training.model.state_dict())
    # A picture is asked at any moment, also one that came later, and says the same again.
    late = picture(context, tmp_path / "late.png")
    build(context, run, 3)
    assert answer(context, image_id) == answers[3] == answer(context, late)
    assert answers[0] != answers[5]


def test_going_back_again_copies_into_the_column_and_now_is_the_network_that_learns(context):
    run = first(list(train(begin(), context)), TrainingBegan).run
    learned = context.active.net().module
    build(context, run, 4)
    module = context.nets["main"].module
    build(context, run, 7)
    assert context.nets["main"].module is module
    # What was found in it before goes with it, and another column has its own.
    build(context, run, 7, column="c1")
    assert context.nets["c1"].module is not module
    assert same(values(context, "c1"), values(context))
    now = build(context, run, None)
    assert (context.nets["main"].module, now.origin.step) == (learned, None)
    assert build(context, run, 3).origin.step == 3
    assert context.nets["main"].module is not learned


def test_another_network_than_the_runs_is_refused(context):
    run = first(list(train(begin(), context)), TrainingBegan).run
    with pytest.raises(RunError, match="another network"):
        build(context, run, 3, spec=SPEC.edited(activation="gelu"))


def test_moments_survive_a_pause_and_the_end_of_the_program(context):
    seen, steps = [], train(begin(), context)
    for event in steps:
        seen.append(event)
        if isinstance(event, SnapshotsKept) and event.steps[-1] == 6:
            list(halt_training(HaltTraining(ticket=4, how="pause"), context))
    run = first(seen, TrainingBegan).run
    build(context, run, 5)
    was = values(context)
    again = fresh()
    try:
        # Before it goes on, its files are enough; without a moment it is the last one.
        assert build(again, run, None).origin.step == 6
        assert build(again, run, 5).classes == tuple("0123456789")
        assert same(values(again), was)
        seen = list(resume_training(ResumeTraining(ticket=5, run=run), again))
        told = [event for event in seen if isinstance(event, SnapshotsKept)]
        assert (told[0].steps, told[0].lost) == (tuple(range(7)), 0)
        assert told[-1].steps == tuple(range(N_STEPS + 1))
        assert first(seen, TrainingEnded).run == run
    finally:
        again.close_store()


def test_after_a_kill_what_was_in_memory_only_is_gone_and_that_is_said(context):
    run = left_at_step_6(context)
    again = fresh()
    try:
        seen = list(resume_training(ResumeTraining(ticket=5, run=run), again))
        told = [event for event in seen if isinstance(event, SnapshotsKept)]
        assert told[0].lost == told[0].steps[0] > 0
        assert sum(event.lost for event in told) == told[0].lost
        assert told[-1].steps[-1] == N_STEPS
    finally:
        again.close_store()


def test_moments_go_with_the_run(context):
    run = first(list(train(begin(), context)), TrainingBegan).run
    store: RunStore = context.store()
    folder = store.run(run).folder / "snapshots"
    assert len(list(folder.iterdir())) == N_STEPS + 1
    assert json.loads(store.run(run).origin)["data"] == "digits"
    store.delete([run])
    store.purge_deleted()
    assert not folder.exists()


def test_who_learns_gets_the_memory_of_runs_that_rest_and_says_what_is_left_of_them(context):
    broken_off, told = [], []
    for _ in range(2):
        steps = train(begin(), context)
        for event in steps:
            if isinstance(event, SnapshotsKept):
                told.append((event.run, event.steps))
                if event.run == context.active.run.id and event.steps[-1] == 4:
                    break
        # Without time to leave more moments in files than that where it halts.
        steps.close()
        broken_off.append(context.active.run.id)
    one, other = broken_off
    assert (one, (4,)) in told
    assert [context.snapshots[run].steps for run in broken_off] == [(4,), (0, 1, 2, 3, 4)]
    # So too where the first goes on: its own shelf is there already.
    steps = resume_training(ResumeTraining(ticket=5, run=one), context)
    event = next(event for event in steps if isinstance(event, SnapshotsKept))
    assert (event.run, event.steps) == (other, (4,))
    steps.close()


def test_moments_of_a_run_of_another_sitting_are_found_in_its_files(context):
    run = first(list(train(begin(), context)), TrainingBegan).run
    again = fresh()
    try:
        (found,) = find_moments(FindMoments(ticket=6, run=run), again)
        assert (found.ticket, found.run, found.steps) == (6, run, tuple(range(N_STEPS + 1)))
        assert again.store().run(run).has_moments
    finally:
        again.close_store()
    for path in context.store().run(run).snapshots.iterdir():
        path.unlink()
    again = fresh()
    try:
        (found,) = find_moments(FindMoments(ticket=6, run=run), again)
        assert found.steps == ()
        assert not again.store().run(run).has_moments
    finally:
        again.close_store()


def test_a_run_that_was_killed_is_shown_as_its_last_checkpoint_has_it(context):
    run = left_at_step_6(context)
    entry = context.store().run(run)
    kept = read_checkpoint(entry.checkpoints)
    # A kill leaves no moment: what the program leaves on its way out is taken away.
    for path in entry.snapshots.iterdir():
        path.unlink()
    again = fresh()
    try:
        (found,) = find_moments(FindMoments(ticket=6, run=run), again)
        assert found.steps == (kept.progress.step,)
        built = build(again, run, None)
        assert (built.origin.step, built.classes) == (kept.progress.step, tuple("0123456789"))
        assert same(values(again), kept.weights)
    finally:
        again.close_store()


def test_deleted_runs_hold_no_memory_and_a_run_that_comes_back_is_found_again(context):
    deleted, kept = (first(list(train(begin(), context)), TrainingBegan).run for _ in range(2))
    context.store().delete([deleted])
    # Whoever asks may know less than the store.
    list(let_moments_go(LetMomentsGo(ticket=7, runs=(deleted, kept)), context))
    assert set(context.snapshots) == {kept}
    context.store().restore([deleted])
    assert build(context, deleted, 5).origin.step == 5


def test_where_it_halts_is_a_moment_so_that_it_is_opened_as_it_was(context):
    between = min(set(range(41, 100)) - moments(100, 5, room=MOST))
    request = Train(ticket=1, spec=SPEC, plan=PLAN.edited(epochs=20), data="digits")
    seen = []
    for event in train(request, context):
        seen.append(event)
        if context.active is not None and context.active.training.step == between:
            list(halt_training(HaltTraining(ticket=4, how="stop"), context))
    assert context.active.training.step == between
    run = first(seen, TrainingBegan).run
    told = [event for event in seen if isinstance(event, SnapshotsKept)]
    assert told[-1].steps[-1] == between
    again = fresh()
    try:
        assert build(again, run, None).origin.step == between
        assert same(values(again), context.active.net().module.state_dict())
    finally:
        again.close_store()


def test_what_begins_from_a_moment_does_not_say_that_it_began_from_the_end(context):
    run = first(list(train(begin(), context)), TrainingBegan).run
    build(context, run, 4)
    was = values(context)
    weights = WeightsChoice("known")
    begun = first(train(begin(weights=weights), context), TrainingBegan).run
    # A moment may be gone another day: nothing brings it back for certain.
    assert context.store().run(begun).start == ("copied", run)
    build(context, run, 4)
    assert same(start_of(weights, SPEC, context).tensors, was)
    moment = start_of(WeightsChoice("run", run, 4), SPEC, context)
    assert moment.choice == WeightsChoice("copied", run)
    assert same(moment.tensors, was)
    with pytest.raises(RunError, match="not at step 5"):
        start_of(WeightsChoice("run", run, 5), SPEC, context)
    # Who asks for the run means its end, whatever is in view.
    end = start_of(WeightsChoice("run", run), SPEC, context)
    assert end.choice == WeightsChoice("run", run)
    assert not same(end.tensors, was)
    build(context, run, None)
    assert start_of(weights, SPEC, context).choice == WeightsChoice("run", run)
