"""The time machine's cursor on the curves, by mouse and keys, with the real store and reducer."""

from itertools import pairwise

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from explorer.engine.messages import BuildModel, ModelBuilt, WeightsChoice
from explorer.engine.moment_messages import FindMoments, SnapshotsKept
from explorer.engine.run_messages import CurvesRead, ReadCurves, RunsListed
from explorer.engine.training_messages import TrainTick
from explorer.nets.facts import Origin
from explorer.state.learning_actions import OpenRun
from explorer.training.plan import Plan
from tests.ui.test_runs import run_row
from tests.ui.test_training_view import Shown
from tests.ui.training_feed import RUN

STEPS = (0, 1, 2, 4, 8, 12, 16, 24, 32, 36)


@pytest.fixture(autouse=True)
def every_move():
    """pyqtgraph leaves out moves that come within 10 ms, which a test's do."""
    usual = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", usual)


@pytest.fixture
def shown(qtbot):
    made = Shown(qtbot)
    made.feed.begin()
    made.feed.run_epochs(3)
    made.feed.store.dispatch(SnapshotsKept(run=RUN, steps=STEPS))
    made.until_drawn()
    return made


def plot_of(shown):
    return shown.view.curves.plots[1]


def place(shown, epoch):
    """Where an epoch is on the plot, in pixels."""
    plot = plot_of(shown).plot
    box = plot.getPlotItem().getViewBox()
    across = plot.mapFromScene(box.mapViewToScene(QPointF(epoch, 0))).x()
    return QPoint(round(across), round(plot.mapFromScene(box.sceneBoundingRect().center()).y()))


def drag(shown, *epochs):
    viewport = plot_of(shown).plot.viewport()
    QTest.mouseMove(viewport, place(shown, epochs[0]))
    QTest.mousePress(
        viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(shown, epochs[0])
    )
    for epoch in epochs[1:]:
        QTest.mouseMove(viewport, place(shown, epoch))
        QApplication.processEvents()
    QTest.mouseRelease(
        viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place(shown, epochs[-1])
    )


def at(shown):
    return shown.feed.store.state.moments.at.get(RUN)


def asked(shown):
    return [one.weights.step for one in shown.feed.asked if isinstance(one, BuildModel)]


def test_dragging_goes_from_moment_to_moment_and_back_to_now(shown):
    line = plot_of(shown).moments.line
    assert line.value() == pytest.approx(3)
    drag(shown, 3, 2.7, 2.3, 2.05)
    # Moments are 24 and 32 steps: 2 and 2.67 epochs.
    assert at(shown) == 24
    shown.until_drawn()
    assert line.value() == pytest.approx(2)
    assert all(plot.moments.line.value() == pytest.approx(2) for plot in shown.view.curves.plots)
    drag(shown, 2, 2.5, 2.9)
    assert at(shown) is None
    assert asked(shown)[-1] is None
    # What is between two moments asks for nothing new.
    assert all(one != other for one, other in pairwise(asked(shown)))


def test_keys_step_through_the_moments_and_the_remark_brings_back(shown):
    chip = shown.child("train.rewound")
    assert chip.isHidden()
    plot = plot_of(shown).plot
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert at(shown) == 32
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    shown.qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert at(shown) == 32
    shown.qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert at(shown) == 0
    assert chip.text() == "rewound to step 0 · back to now"
    shown.click("train.rewound")
    assert at(shown) is None
    assert chip.isHidden()
    shown.qtbot.keyClick(plot, Qt.Key.Key_Left)
    shown.qtbot.keyClick(plot, Qt.Key.Key_End)
    assert at(shown) is None


def test_the_commands_do_what_the_keys_do(shown):
    shown.dock.step_moment(-1)
    shown.dock.step_moment(-1)
    assert at(shown) == 24
    shown.dock.step_moment(1)
    assert at(shown) == 32
    shown.dock.back_to_now()
    assert at(shown) is None


def test_the_cursor_follows_now_while_it_learns_and_stays_when_rewound(shown):
    line = plot_of(shown).moments.line
    shown.feed.tick(36, 42)
    shown.until_drawn()
    assert line.value() == pytest.approx(3.5)
    shown.qtbot.keyClick(plot_of(shown).plot, Qt.Key.Key_Home)
    shown.feed.tick(42, 48)
    shown.until_drawn()
    assert line.value() == 0


def test_the_cursor_is_in_the_plot_also_where_the_lines_end_before_it(shown):
    rows = ((36, "step.loss", 1.0),)
    tick = TrainTick(run=RUN, step=44, epoch=3, rows=rows, images_per_second=1.0, eta_seconds=1.0)
    shown.feed.store.dispatch(tick)
    shown.until_drawn()
    plot = plot_of(shown)
    right = plot.plot.viewRange()[0][1]
    assert plot.moments.line.value() == pytest.approx(44 / 12)
    assert right > 44 / 12 + 0.01 * 44 / 12


def test_without_moments_there_is_no_cursor(qtbot):
    made = Shown(qtbot)
    made.feed.begin()
    made.feed.run_epochs(1)
    made.until_drawn()
    assert not plot_of(made).moments.line.isVisible()


def open_earlier(made, steps):
    """Open a run of an earlier sitting, as the engine would tell it."""
    store, rows = made.feed.store, []
    for step in range(36):
        rows.append((step, "step.loss", 2.0 - step / 36))
        if step % 12 == 11:
            rows.append((step, "epoch.validation_accuracy", step / 36))
    row = run_row("earlier", data="digits", plan=Plan(epochs=3), epochs_done=3)
    store.dispatch(RunsListed(rows=(row,), version=1))
    store.dispatch(OpenRun("earlier"))
    build(made, None)
    store.dispatch(CurvesRead(ticket=made.feed.newest(ReadCurves).ticket, run="earlier", rows=tuple(rows)))
    ticket = made.feed.newest(FindMoments).ticket
    store.dispatch(SnapshotsKept(ticket=ticket, run="earlier", steps=steps))
    made.until_drawn()


def build(made, step):
    request = made.feed.newest(BuildModel)
    made.feed.store.dispatch(
        ModelBuilt(
            ticket=request.ticket,
            column="main",
            spec=request.spec,
            origin=Origin("run", "earlier", step=step),
            classes=(),
            offers=(),
            can_copy=0,
        )
    )


def test_a_run_of_an_earlier_sitting_is_rewound_as_one_of_this_is(qtbot):
    made = Shown(qtbot)
    open_earlier(made, STEPS)
    assert made.child("train.status").text == "90.5 % on the test pictures"
    assert made.buttons() == {"start", "extend"}
    line = plot_of(made).moments.line
    assert line.value() == pytest.approx(3)
    drag(made, 3, 2.6, 2.05)
    assert made.feed.store.state.moments.at == {"earlier": 24}
    assert made.feed.newest(BuildModel).weights == WeightsChoice("run", "earlier", 24)
    build(made, 24)
    made.until_drawn()
    assert line.value() == pytest.approx(2)
    assert made.child("train.rewound").text() == "rewound to step 24 · back to now"
    assert not made.child("train.no_moments").isVisible()
    made.dock.back_to_now()
    assert made.feed.newest(BuildModel).weights == WeightsChoice("run", "earlier")


def test_that_a_run_has_kept_no_moments_is_said(qtbot):
    made = Shown(qtbot)
    open_earlier(made, ())
    assert made.child("train.no_moments").isVisible()
    assert not plot_of(made).moments.line.isVisible()
