"""The plain twin in the training view: a button, a second colour, both named in the legend."""

import pytest

from explorer.engine.training_messages import Train
from explorer.engine.twin_messages import TwinBegan, TwinEnded, TwinTick
from explorer.present.curves import CurveBuffer
from explorer.ui.views.curve_lines import Axes, plot_lines
from explorer.ui.widgets.series_colours import series_colour
from tests.ui.test_training_view import Shown

TWIN = "twin-1"


@pytest.fixture
def shown(qtbot):
    made = Shown(qtbot)
    made.feed.begin(with_twin=True)
    made.feed.store.dispatch(TwinBegan(ticket=made.feed.ticket, run=TWIN))
    made.feed.run_epochs(2)
    rows = [(step, "step.loss", 2.3 - 0.01 * step) for step in range(24)]
    rows += [(step, "step.accuracy", 0.1 + 0.01 * step) for step in range(24)]
    for step in (11, 23):
        rows += [(step, "epoch.validation_loss", 2.2), (step, "epoch.validation_accuracy", 0.125)]
    made.feed.store.dispatch(TwinTick(ticket=made.feed.ticket, run=TWIN, step=24, rows=tuple(rows)))
    made.until_drawn()
    return made


def test_one_click_on_its_button_asks_for_both(qtbot):
    made = Shown(qtbot)
    made.click("train.start_twin")
    made.feed.open_data()
    assert made.feed.newest(Train).twin.shortcut == "none"
    assert not made.child("train.start_twin").isVisible()


def test_both_are_drawn_each_in_its_colour_and_named(shown):
    plot = shown.view.curves.plots[1]
    lines = {(line.is_twin, line.role): line for line in plot.shown.lines}
    assert lines.keys() == {(twin, role) for twin in (True, False) for role in ("train", "validation")}
    for (is_twin, _), line in lines.items():
        assert plot.colour(line) == series_colour(plot.palette(), int(is_twin))
    said = plot.legend.text()
    assert "● residual" in said
    assert "● plain twin" in said
    assert "─ 12.5 %" in said
    assert "plain twin now 12.5 %" in shown.child("train.numbers").accessibleName()


def test_a_narrow_plot_says_the_second_network_in_a_second_line(shown):
    legend = shown.view.curves.plots[1].legend
    assert legend.heightForWidth(260) >= 2 * legend.heightForWidth(1_000)


def test_its_accuracy_is_said_at_the_end(shown):
    shown.feed.store.dispatch(TwinEnded(ticket=shown.feed.ticket, run=TWIN, test_accuracy=0.25))
    shown.feed.finish()
    assert "Its plain twin reaches 25.0 %." in shown.child("train.detail").text


def test_rates_and_norms_are_the_nets_own():
    rows = [(0, "step.loss", 1.0), (0, "step.learning_rate", 0.1)]
    twin = CurveBuffer(rows)
    assert not plot_lines(CurveBuffer(rows), "rate", Axes(steps_per_epoch=1), twin=twin).has_twin
    assert plot_lines(CurveBuffer(rows), "loss", Axes(steps_per_epoch=1), twin=twin).has_twin
