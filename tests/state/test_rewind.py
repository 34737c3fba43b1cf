"""The time machine in the state: everything of a run moves, the document does not."""

import numpy as np
import pytest

from explorer.arch.presets import preset
from explorer.engine.compare_messages import LookThrough
from explorer.engine.messages import (
    BuildModel,
    Classified,
    Classify,
    ClassifyMany,
    ModelBuilt,
    ProbeNode,
    RequestFailed,
    WeightsChoice,
)
from explorer.engine.moment_messages import FindMoments, LetMomentsGo, SnapshotsKept
from explorer.engine.run_messages import RunsListed
from explorer.engine.training_messages import EpochEnded
from explorer.nets.facts import Origin
from explorer.runs.judged import Judged
from explorer.state.actions import ChooseDevice, ChooseWeights, EditSpec, Start
from explorer.state.compare_actions import PinColumn, PinRun, Rewind, SeeColumns
from explorer.state.learning_actions import StartTraining
from explorer.state.reducer.columns import LOOKING_SHARE
from tests.state.player import Player
from tests.state.test_compare import look
from tests.state.trainer import RUN as LEARNS
from tests.state.trainer import Trainer, row

RUN, STEPS = "run-1", (0, 1, 2, 4, 8, 10)


@pytest.fixture
def play():
    player = Player()
    player(Start(sample="cat.jpg"))
    player.load(1)
    player(ChooseWeights(WeightsChoice("run", RUN)))
    player.build(Origin("run", RUN))
    player(SnapshotsKept(run=RUN, steps=STEPS))
    return player


def built(play, origin, column="main"):
    request = next(one for one in reversed(play.sent) if isinstance(one, BuildModel) and one.column == column)
    return play(
        ModelBuilt(
            ticket=request.ticket,
            column=column,
            spec=request.spec,
            origin=origin,
            classes=(),
            offers=(),
            can_copy=0,
        )
    )


def asked(requests):
    return {one.column: one.weights for one in requests if isinstance(one, BuildModel)}


def test_the_network_in_view_goes_to_the_moment_before_and_the_document_stays(play):
    before, past = play.state.document, play.state.history
    assert asked(play(Rewind(RUN, 7))) == {"main": WeightsChoice("run", RUN, 4)}
    assert play.state.moments.at == {RUN: 4}
    assert play.state.net.status == "ready"
    requests = built(play, Origin("run", RUN, step=4))
    assert any(isinstance(one, ProbeNode) for one in requests)
    assert play.state.net.origin.step == 4
    assert (play.state.document, play.state.history) == (before, past)
    # The same moment again is nothing new.
    assert play(Rewind(RUN, 5)) == ()
    assert asked(play(Rewind(RUN, None))) == {"main": WeightsChoice("run", RUN)}
    assert play.state.moments.at == {}


def test_every_column_of_the_run_goes_along_and_others_stay(play):
    play(SeeColumns(True))
    play(PinColumn())
    play(PinRun(RUN, play.state.document.spec.edited(activation="gelu")))
    play(PinRun("run-2", preset("cifar-resnet20").spec))
    names = [column.name for column in play.state.document.columns]
    requests = play(Rewind(RUN, 2))
    assert asked(requests) == dict.fromkeys(("main", *names[:2]), WeightsChoice("run", RUN, 2))
    # One that comes later, or comes back, stands there too.
    play(SeeColumns(False))
    assert asked(play(SeeColumns(True)))[names[0]] == WeightsChoice("run", RUN, 2)
    assert asked(play(ChooseDevice("cpu")))["main"] == WeightsChoice("run", RUN, 2)


def test_another_network_in_view_is_left_alone(play):
    play(EditSpec((("activation", "gelu"),)))
    assert asked(play(Rewind(RUN, 2))) == {}
    built(play, Origin("untrained", seed=0))
    assert asked(play(Rewind(RUN, 4))) == {}


def test_before_the_first_moment_is_the_first_and_without_any_nothing_happens(play):
    assert asked(play(Rewind(RUN, -3)))["main"].step == 0
    assert play(Rewind("unknown", 3)) == ()


def test_the_answer_stays_until_the_next_is_there(play):
    play(
        Classified(
            ticket=play.newest(Classify).ticket,
            column="main",
            image_id=1,
            predictions=(),
            seen=None,
            milliseconds=1.0,
        )
    )
    play(Rewind(RUN, 2))
    built(play, Origin("run", RUN, step=2))
    assert 1 in play.state.answers
    assert not any(isinstance(one, ClassifyMany) for one in play.sent)


def test_whoever_brings_the_network_of_now_back_ends_the_rewinding(play):
    play(Rewind(RUN, 2))
    built(play, Origin("run", RUN, step=2))
    play(ChooseWeights(WeightsChoice()))
    built(play, Origin("run", RUN))
    assert play.state.moments.at == {}


def test_moments_that_are_gone_are_told_once(play):
    play(SnapshotsKept(run=RUN, steps=(8, 10), lost=4))
    assert [notice.arguments for notice in play.state.notices] == [(("count", 4),)]
    assert play.state.moments.kept[RUN] == (8, 10)
    play(SnapshotsKept(run=RUN, steps=(8, 10, 12)))
    assert len(play.state.notices) == 1


def test_a_moment_that_cannot_be_built_leaves_what_is_in_view(play):
    play(Rewind(RUN, 2))
    built(play, Origin("run", RUN, step=2))
    play(Rewind(RUN, 8))
    ticket = play.newest(BuildModel).ticket
    play(RequestFailed(ticket=ticket, kind="BuildModel", message="It is damaged.", hint="Choose another."))
    assert play.state.net.status == "ready"
    assert play.state.moments.at == {RUN: 2}
    assert play.state.notices[-1].message == "It is damaged."


def test_a_column_that_is_coming_back_comes_back_to_the_moment(play):
    play(SeeColumns(True))
    play(PinColumn())
    name = play.state.document.columns[0].name
    built(play, Origin("run", RUN), name)
    play(SeeColumns(False))
    assert play(Rewind(RUN, 1))
    assert asked(play(SeeColumns(True)))[name].step == 1
    assert play.state.compare.columns[name].status == "away"
    assert asked(play(Rewind(RUN, 4)))[name] == WeightsChoice("run", RUN, 4)


def test_a_moment_that_is_thinned_away_is_left_for_the_one_before_and_that_is_said(play):
    play(Rewind(RUN, 8))
    built(play, Origin("run", RUN, step=8))
    play(SnapshotsKept(run=RUN, steps=(0, 1, 2, 4, 8, 12)))
    assert (play.state.moments.at, play.state.notices) == ({RUN: 8}, ())
    requests = play(SnapshotsKept(run=RUN, steps=(0, 2, 4, 12, 16)))
    assert asked(requests) == {"main": WeightsChoice("run", RUN, 4)}
    assert play.state.moments.at == {RUN: 4}
    assert dict(play.state.notices[-1].arguments) == {"step": "8", "there": "step 4"}
    # With the last one goes all that there was to go back to.
    assert asked(play(SnapshotsKept(run=RUN, steps=()))) == {"main": WeightsChoice("run", RUN)}
    assert play.state.moments.at == {}


def test_moments_of_runs_that_are_deleted_are_let_go_and_found_again_with_the_run(play):
    here = row(id=RUN)
    assert not any(isinstance(one, LetMomentsGo) for one in play(RunsListed(rows=(here,), version=1)))
    assert [one.runs for one in play(RunsListed(rows=(), version=2)) if isinstance(one, LetMomentsGo)] == [
        (RUN,)
    ]
    assert play.state.moments.kept == {}
    requests = play(RunsListed(rows=(here,), version=3))
    assert [one.run for one in requests if isinstance(one, FindMoments)] == [RUN]


def test_columns_of_a_run_that_learns_look_again_at_each_epochs_end():
    play = Trainer()
    play(Start(sample="cat.jpg"))
    play.build()
    play.load(1, 2)
    play(StartTraining())
    play.open_data()
    play.begin()
    play(SeeColumns(True))
    play(PinColumn())
    play(PinRun("another", play.state.document.spec))
    own, other = (column.name for column in play.state.document.columns)
    built(play, Origin("run", LEARNS), own)
    built(play, Origin("run", "another"), other)
    for name in (own, other):
        look(play, name)
    first = play.state.compare.columns[own]
    requests = play(epoch_ended(0))
    assert [one.column for one in requests if isinstance(one, LookThrough)] == [own]
    # What is seen stays until the newer is there, and nothing else is asked.
    assert play.state.compare.columns[own] is first
    assert not any(isinstance(one, ClassifyMany) for one in requests)
    look(play, own)
    again = play.state.compare.columns[own]
    assert again.looked.version == again.version > first.version
    # Where a look costs more than a small share of an epoch, it is seldomer.
    play.tick(11)
    look(play, own, milliseconds=2.5 * LOOKING_SHARE * 1000 * 1437 / 900)
    asks = [any(isinstance(one, LookThrough) for one in play(epoch_ended(epoch))) for epoch in range(1, 7)]
    assert asks == [False, False, True, False, False, True]


def epoch_ended(epoch):
    judged = Judged(epoch, tuple("0123456789"), np.eye(10, dtype=np.int64), ())
    return EpochEnded(run=LEARNS, is_best=True, judged=judged)
