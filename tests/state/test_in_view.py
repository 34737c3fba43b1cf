"""Which training is looked at: that of this sitting, or an earlier run whose network is in view."""

import dataclasses

import numpy as np
import pytest

from explorer.engine.data_messages import OpenData
from explorer.engine.messages import BuildModel, WeightsChoice
from explorer.engine.moment_messages import FindMoments, SnapshotsKept
from explorer.engine.run_messages import CurvesRead, ReadCurves, RunsListed
from explorer.engine.training_messages import ResumeTraining, TrainingHalted
from explorer.nets.facts import Origin
from explorer.runs.judged import Judged
from explorer.state.actions import EditSpec, Start, Undo
from explorer.state.compare_actions import Rewind
from explorer.state.in_view import training_in_view
from explorer.state.learning import MOST_JUDGED, TrainingState
from explorer.state.learning_actions import GoOnTraining, OpenRun, StartTraining
from tests.state.trainer import RUN as LEARNS
from tests.state.trainer import Trainer, epoch_ended, row

RUN = "an-earlier-run"
ROWS = tuple(
    entry
    for epoch in range(3)
    for entry in (
        *((step, "step.loss", 2.0) for step in range(11 * epoch, 11 * epoch + 11)),
        (11 * epoch + 10, "epoch.validation_accuracy", 0.5 + 0.1 * epoch),
    )
)


def ended(**changes):
    values = {"id": RUN, "status": "finished", "can_resume": False, "has_weights": True, "test_accuracy": 0.9}
    return dataclasses.replace(row(), **{**values, **changes})


JUDGED = Judged(2, tuple("0123456789"), np.eye(10, dtype=np.int64), ())


def opened(play, one, steps=(0, 1, 2, 4, 8, 16), judged=None):
    """Open a run from the list, and answer as the engine would."""
    play(RunsListed(rows=(one,)))
    asked = play(OpenRun(RUN))
    step = None if one.has_weights or not steps else steps[-1]
    asked += play.build(origin=Origin("run", RUN, step=step))
    for request in asked:
        if isinstance(request, ReadCurves):
            play(CurvesRead(ticket=request.ticket, run=RUN, rows=ROWS, judged=judged))
        if isinstance(request, FindMoments):
            play(SnapshotsKept(ticket=request.ticket, run=RUN, steps=steps))
    return asked


@pytest.fixture
def play():
    player = Trainer()
    player(Start())
    player.build()
    return player


def test_an_earlier_run_that_is_opened_is_the_training_in_view_and_can_be_rewound(play):
    asked = opened(play, ended())
    assert [one.run for one in asked if isinstance(one, FindMoments)] == [RUN]
    assert [one.run for one in asked if isinstance(one, ReadCurves)] == [RUN]
    shown = training_in_view(play.state)
    assert (shown.status, shown.curves.run, shown.step) == ("finished", RUN, 33)
    assert (shown.began.steps_per_epoch, shown.ended.test_accuracy) == (11, 0.9)
    requests = play(Rewind(RUN, 9))
    assert [one.weights for one in requests if isinstance(one, BuildModel)] == [WeightsChoice("run", RUN, 8)]
    # Rewinding asks nothing that is known.
    assert not any(
        isinstance(one, FindMoments | ReadCurves) for one in play.build(Origin("run", RUN, step=8))
    )
    assert training_in_view(play.state) is shown
    # Another network is another matter, until the run's is back.
    play(EditSpec((("activation", "gelu"),)))
    play.build(Origin("untrained", seed=0))
    assert training_in_view(play.state) is play.state.training
    play(Undo())
    play.build(Origin("run", RUN))
    assert training_in_view(play.state) is shown


def test_a_run_that_has_not_ended_is_opened_at_its_last_moment_and_goes_on(play):
    opened(play, ended(status="paused", can_resume=True, has_weights=False, has_moments=True))
    assert play.state.document.weights == WeightsChoice("run", RUN)
    shown = training_in_view(play.state)
    assert (shown.status, shown.step, shown.can_resume) == ("stopped", 16, True)
    play(GoOnTraining())
    assert (play.state.training.status, play.state.training.resumes) == ("opening", RUN)
    assert play.newest(OpenData).data == "digits"


def test_that_no_moment_is_kept_is_known(play):
    opened(play, ended(), steps=())
    assert play.state.moments.kept[RUN] == ()


def test_what_learns_is_in_view_and_what_learned_before_is_known_still(play):
    opened(play, ended())
    play(StartTraining())
    play.open_data()
    play.begin()
    play.tick(3, ((2, "step.loss", 1.0),))
    play(epoch_ended(0))
    own, wrong = play.state.training.curves, play.state.training.judged
    assert training_in_view(play.state) is play.state.training
    play(OpenRun(RUN))
    play.build(Origin("run", RUN))
    assert training_in_view(play.state) is play.state.training, "it learns"
    play(TrainingHalted(ticket=1, run=LEARNS, how="stop", step=3))
    assert training_in_view(play.state).curves.run == RUN
    # That one goes on: of the other all is known still.
    play(RunsListed(rows=(ended(can_resume=True), dataclasses.replace(row("stopped"), id=LEARNS)), version=1))
    play(GoOnTraining(RUN))
    play.open_data()
    play.begin(ResumeTraining, first_step=33, rows=ROWS, run=RUN, judged=JUDGED)
    assert play.state.runs.curves[LEARNS] is own
    assert play.state.runs.judged[LEARNS] is wrong
    assert play.state.training.judged is JUDGED


def test_that_it_could_not_be_trained_is_in_view_until_another_run_is_opened(play):
    opened(play, ended())
    failed = TrainingState(status="failed", cause="It does not fit.")
    play.state = dataclasses.replace(play.state, training=failed)
    assert training_in_view(play.state) is failed
    play(OpenRun(RUN))
    assert training_in_view(play.state).curves.run == RUN


def test_a_pair_of_an_earlier_sitting_is_rewound_as_a_pair(play):
    main, twin = ended(twin="its-twin"), ended(id="its-twin", test_accuracy=0.7)
    play(RunsListed(rows=(main, twin)))
    play(OpenRun("its-twin"))
    asked = play.build(origin=Origin("run", "its-twin"))
    assert {one.run for one in asked if isinstance(one, FindMoments)} == {RUN, "its-twin"}
    for run in (RUN, "its-twin"):
        play(SnapshotsKept(run=run, steps=(0, 4, 9)))
        play(CurvesRead(ticket=0, run=run, rows=ROWS))
    shown = training_in_view(play.state)
    assert (shown.curves.run, shown.twin.run) == (RUN, "its-twin")
    assert (shown.twin.status, shown.twin.test_accuracy) == ("finished", 0.7)
    assert training_in_view(play.state) is shown
    requests = play(Rewind(RUN, 5))
    assert play.state.moments.at == {RUN: 4, "its-twin": 4}
    assert [one.weights.name for one in requests if isinstance(one, BuildModel)] == ["its-twin"]


def test_what_an_earlier_run_got_wrong_is_shown_where_it_was_kept(play):
    opened(play, ended())
    shown = training_in_view(play.state)
    assert (shown.judged, shown.began.classes) == (None, ())
    opened(play, ended(), judged=JUDGED)
    play.build(origin=Origin("run", RUN))
    play(CurvesRead(ticket=0, run=RUN, rows=ROWS, judged=JUDGED))
    shown = training_in_view(play.state)
    assert shown.judged is JUDGED
    assert shown.began.classes == JUDGED.classes


@pytest.mark.parametrize(("kept", "shown"), [(None, 3), (2, 3), (3, 3), (4, 4)])
def test_what_goes_on_shows_the_later_judgement(play, kept, shown):
    play(StartTraining())
    play.open_data()
    play.begin()
    play(epoch_ended(3))
    play(TrainingHalted(ticket=1, run=LEARNS, how="pause", step=44))
    play(GoOnTraining(LEARNS))
    judged = None if kept is None else dataclasses.replace(JUDGED, epoch=kept)
    play.begin(ResumeTraining, first_step=44, judged=judged)
    assert play.state.training.judged.epoch == shown


def test_of_many_judgements_the_last_are_kept(play):
    for n in range(MOST_JUDGED + 3):
        play(CurvesRead(ticket=0, run=f"run {n}", rows=ROWS, judged=JUDGED))
    play(CurvesRead(ticket=0, run="run 3", rows=ROWS, judged=None))
    assert list(play.state.runs.judged) == [f"run {n}" for n in range(3, MOST_JUDGED + 3)]
    assert len(play.state.runs.curves) == MOST_JUDGED + 3
