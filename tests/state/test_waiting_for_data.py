"""Readings of data cross each other: which one a training waits for, and whom a failed one concerns."""

import dataclasses

import numpy as np
import pytest

from explorer.engine.data_messages import CollectTaught, OpenData, ReadTaught
from explorer.engine.messages import BuildModel, LoadedPicture, RequestFailed, RequestFinished, WeightsChoice
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.picture_messages import PicturesLoaded
from explorer.engine.run_messages import RunsListed
from explorer.engine.training_messages import ResumeTraining, Train, TrainingHalted
from explorer.nets.facts import Origin
from explorer.state.actions import CancelWork
from explorer.state.compare_actions import Rewind
from explorer.state.inside_actions import ChooseSample, RunTopic
from explorer.state.learning import Bin, Kept
from explorer.state.learning_actions import (
    ChooseRecipe,
    FillBin,
    GoOnTraining,
    LookUpData,
    LookUpTaught,
    OpenRun,
    ResetPlan,
    StartTraining,
    Teach,
)
from tests.state.trainer import RUN, learning, ready, row

GONE = "/gone/pictures.zip"


@pytest.fixture
def play():
    return ready()


@pytest.fixture
def training():
    return learning()


def fail_to_open(play, message="There is no such data."):
    ticket = play.newest(OpenData).ticket
    play(RequestFailed(ticket=ticket, kind="OpenData", message=message, hint="Choose another."))


def with_data(play, data):
    play.state = dataclasses.replace(play.state, form=dataclasses.replace(play.state.form, data=data))


def test_a_training_learns_on_where_other_data_cannot_be_opened(training):
    training(ChooseSample("cifar100"))
    training(RunTopic("residuals"))
    assert training.newest(OpenData).data == "cifar100"
    fail_to_open(training)
    assert training.state.training.status == "running"
    training(StartTraining())
    assert sum(isinstance(request, Train) for request in training.sent) == 1


def test_what_a_resume_waits_for_is_read_whatever_is_looked_up_meanwhile(play):
    with_data(play, "/other/pictures")
    play(RunsListed(rows=(row("paused"),)))
    play(GoOnTraining(RUN))
    assert play.newest(OpenData).data == "digits"
    n_sent = len(play.sent)
    play(LookUpData())
    assert not [request for request in play.sent[n_sent:] if isinstance(request, OpenData)]
    play.open_data()
    assert play.newest(ResumeTraining).run == RUN


def test_a_sample_that_took_the_place_of_the_reading_is_not_trained_on(play):
    play(StartTraining())
    play(ChooseSample("shapes"))
    play(RunTopic("residuals"))
    play.open_data(data="shapes", classes=6)
    assert not [request for request in play.sent if isinstance(request, Train)]
    assert play.newest(OpenData).data == "digits"
    play.open_data()
    assert play.newest(Train).data == "digits"


@pytest.mark.parametrize("done", [ChooseRecipe("tutorial-a"), ResetPlan("")])
def test_a_plan_that_is_the_runs_no_more_is_not_called_so(play, done):
    rows = (row("finished", data=GONE, has_data=False, has_weights=True),)
    play(RunsListed(rows=rows))
    play(OpenRun(RUN))
    assert play.state.form.lacks == GONE
    play(done)
    assert play.state.form.lacks == ""


def test_what_was_taught_before_is_read_before_it_is_taught_again(play):
    bins = tuple(
        Bin(name, (), tuple(Kept(f"/taught/{name}/{n}.png", f"{n}.png") for n in range(2))) for name in "ab"
    )
    play.state = dataclasses.replace(play.state, teach=dataclasses.replace(play.state.teach, bins=bins))
    play(LookUpTaught())
    ticket = play.newest(ReadTaught).ticket
    play(CancelWork(ticket))
    play(RequestFinished(ticket=ticket))
    play(FillBin(1, image_ids=(1,)))
    play(Teach())
    # A class would be taught without the pictures that are not in view.
    assert not [request for request in play.sent if isinstance(request, CollectTaught)]
    again = play.newest(ReadTaught)
    assert again.ticket != ticket
    assert "read first" in play.state.notices[-1].message
    pixels = np.zeros((2, 2, 3), np.uint8)
    loaded = tuple(
        LoadedPicture(10 + place, each.name, each.path, 2, 2, pixels, pixels)
        for place, each in enumerate(each for one in bins for each in one.unread)
    )
    play(PicturesLoaded(ticket=again.ticket, loaded=loaded, failed=(), done=4, total=4))
    play(RequestFinished(ticket=again.ticket))
    play(Teach())
    assert play.newest(CollectTaught).bins == (("a", (10, 11)), ("b", (1, 12, 13)))


def test_fine_tuning_begins_from_the_moment_in_view(play):
    play(RunsListed(rows=(row("finished", has_weights=True, has_moments=True),)))
    play(OpenRun(RUN))
    play.build(Origin("run", RUN))
    play(SnapshotsKept(ticket=0, run=RUN, steps=(1, 2, 4, 8), lost=0))
    play(Rewind(RUN, 4))
    assert play.newest(BuildModel).weights == WeightsChoice("run", RUN, 4)
    play.build(Origin("run", RUN, step=4))
    play(ChooseRecipe("fine-tune"))
    play(StartTraining())
    play.open_data()
    assert play.newest(Train).weights == WeightsChoice("run", RUN, 4)


def test_so_it_does_from_a_run_that_halted_here(training):
    training(TrainingHalted(run=RUN, how="pause", step=14))
    training(SnapshotsKept(ticket=0, run=RUN, steps=(1, 2, 4, 8), lost=0))
    training(Rewind(RUN, 4))
    training.build(Origin("run", RUN, step=4))
    training(ChooseRecipe("fine-tune"))
    training(StartTraining())
    training.open_data()
    assert training.newest(Train).weights.step == 4
