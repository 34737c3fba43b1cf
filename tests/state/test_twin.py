"""The plain twin in the state: asked for, its curve beside the training's, refused with a reason."""

import numpy as np
import pytest

from explorer.arch.presets import plain_twin
from explorer.engine.compare_messages import LookedThrough, LookThrough
from explorer.engine.data_messages import OpenData
from explorer.engine.messages import BuildModel, LoadedPicture, ModelBuilt, RequestFailed
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.training_messages import ResumeTraining, Train
from explorer.engine.twin_messages import TwinBegan, TwinEnded, TwinHalted, TwinTick
from explorer.nets.facts import Origin
from explorer.state.actions import Drop, EditSpec
from explorer.state.compare_actions import PinRun, Rewind, SeeColumns
from explorer.state.learning_actions import GoOnTraining, StartTraining
from tests.ui.training_feed import RUN, Feed

TWIN = "twin-1"


@pytest.fixture
def feed():
    made = Feed()
    made.begin(with_twin=True)
    made.store.dispatch(TwinBegan(ticket=made.ticket, run=TWIN))
    return made


def twin_of(feed):
    return feed.store.state.training.twin


def tick(feed, step):
    rows = ((step - 1, "step.loss", 2.0), (step - 1, "step.accuracy", 0.1))
    feed.store.dispatch(TwinTick(ticket=feed.ticket, run=TWIN, step=step, rows=rows))


def test_a_click_trains_both_and_both_curves_grow(feed):
    request = feed.newest(Train)
    assert request.twin == plain_twin(request.spec)
    assert request.twin.num_classes == 10
    before = feed.store.state.training.curves
    tick(feed, 1)
    tick(feed, 2)
    twin = twin_of(feed)
    assert (twin.run, twin.status) == (TWIN, "running")
    assert twin.curves.buffer.series("step.loss")[0].tolist() == [0, 1]
    assert feed.store.state.training.curves is before
    feed.store.dispatch(TwinEnded(ticket=feed.ticket, run=TWIN, test_accuracy=0.5))
    assert (twin_of(feed).status, twin_of(feed).test_accuracy) == ("finished", 0.5)


def test_without_the_click_there_is_no_twin():
    feed = Feed()
    feed.begin()
    assert feed.newest(Train).twin is None
    assert twin_of(feed) is None


def test_the_next_training_without_a_twin_forgets_it(feed):
    feed.finish()
    feed.begin()
    assert feed.newest(Train).twin is None


def test_a_network_without_shortcuts_is_refused_with_the_reason():
    feed = Feed()
    feed.store.dispatch(EditSpec((("shortcut", "none"),)))
    feed.store.dispatch(StartTraining(with_twin=True))
    assert not any(isinstance(request, OpenData) for request in feed.asked)
    assert not feed.store.state.training.is_busy
    assert "own plain twin" in feed.store.state.notices[-1].message


def test_a_pause_and_going_on_keep_the_twins_curve(feed):
    tick(feed, 1)
    feed.store.dispatch(TwinHalted(ticket=feed.ticket, run=TWIN, how="pause", step=1))
    feed.halt("pause")
    assert twin_of(feed).status == "paused"
    feed.store.dispatch(GoOnTraining())
    assert feed.newest(ResumeTraining).run == RUN
    feed.store.dispatch(TwinBegan(ticket=feed.ticket, run=TWIN))
    tick(feed, 2)
    assert twin_of(feed).curves.buffer.series("step.loss")[0].tolist() == [0, 1]
    assert twin_of(feed).status == "running"


def test_a_twin_that_breaks_off_is_told_and_the_training_runs(feed):
    feed.store.dispatch(
        TwinHalted(
            ticket=feed.ticket,
            run=TWIN,
            how="fail",
            step=3,
            cause="The loss is {loss}.",
            hint="Lower the rate.",
            arguments=(("loss", "nan"),),
        )
    )
    assert twin_of(feed).status == "failed"
    assert feed.store.state.training.status == "running"
    notice = feed.store.state.notices[-1]
    assert notice.message.format(**dict(notice.arguments)).endswith("learns on: The loss is nan.")


def test_rewinding_takes_the_twin_along(feed):
    feed.store.dispatch(SeeColumns(True))
    feed.store.dispatch(PinRun(TWIN, feed.newest(Train).twin))
    for run, steps in ((RUN, (0, 1, 2, 4)), (TWIN, (0, 1, 2))):
        feed.store.dispatch(SnapshotsKept(run=run, steps=steps))
    del feed.asked[:]
    feed.store.dispatch(Rewind(RUN, 4))
    built = [(one.weights.name, one.weights.step) for one in feed.asked if isinstance(one, BuildModel)]
    assert built == [(RUN, 4), (TWIN, 2)]
    assert feed.store.state.moments.at == {RUN: 4, TWIN: 2}


def test_the_twin_of_a_training_that_broke_off_learns_no_more(feed):
    assert twin_of(feed).status == "running"
    feed.store.dispatch(
        RequestFailed(ticket=feed.ticket, kind="Train", message="The device is gone.", hint="Start again.")
    )
    assert feed.store.state.training.status == "failed"
    assert twin_of(feed).status == "paused"


def test_columns_are_asked_again_when_what_they_are_has_learned(feed):
    do = feed.store.dispatch
    do(SeeColumns(True))
    do(Drop(paths=("/1.png",)))
    pixels = np.zeros((2, 2, 3), np.uint8)
    picture = LoadedPicture(1, "1.png", "/1.png", 2, 2, pixels, pixels)
    do(PicturesLoaded(ticket=feed.newest(LoadPictures).ticket, loaded=(picture,), failed=(), done=1, total=1))
    do(PinRun(RUN, feed.newest(Train).spec))
    do(PinRun(TWIN, feed.newest(Train).twin))
    columns = feed.store.state.document.columns
    names = dict(zip((RUN, TWIN), (column.name for column in columns), strict=True))

    def build(run):
        wanted = (one for one in feed.asked if isinstance(one, BuildModel) and one.column == names[run])
        request = list(wanted)[-1]
        origin = Origin("run", run)
        facts = {"spec": request.spec, "origin": origin, "classes": (), "offers": (), "can_copy": 0}
        do(ModelBuilt(ticket=request.ticket, column=names[run], **facts))

    def looked():
        newest = {one.column: one for one in feed.asked if isinstance(one, LookThrough)}
        for name, request in newest.items():
            do(
                LookedThrough(
                    ticket=request.ticket,
                    column=name,
                    image_id=1,
                    predictions=(),
                    maps=(),
                    milliseconds=1.0,
                )
            )
        del feed.asked[:]
        return [run for run, name in names.items() if name in newest]

    for run in names:
        build(run)
    assert looked() == [RUN, TWIN]
    do(TwinHalted(ticket=feed.ticket, run=TWIN, how="pause", step=1))
    assert looked() == [TWIN]
    feed.halt("pause")
    assert looked() == [RUN]
    # Nor is what comes back from being away what it was.
    do(SeeColumns(False))
    do(SeeColumns(True))
    for run in names:
        build(run)
    assert looked() == [RUN, TWIN]
