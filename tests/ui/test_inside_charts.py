"""Charts and their axes: ticks, gaps, reading, clicking, hiding; light and dark."""

import csv
import io
import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from explorer.ui import theme
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import (
    ChartData,
    Level,
    Series,
    Tick,
    csv_text,
    every_fitting,
    value_range,
    value_text,
    value_ticks,
)

BLOCKS = ("layer1.0", "layer2.0", "layer3.0")
BARS = Series(
    "without this block",
    (0.0, 1.0, 2.0),
    (0.5, None, 0.75),
    BLOCKS,
    ("", "Nothing can go round it.", ""),
    "bars",
)
TWIN = Series("plain twin", (0.0, 1.0, 2.0), (0.1, 0.1, 0.2), BLOCKS, kind="dots", ink=1)
DATA = ChartData(
    "Accuracy",
    (BARS, TWIN),
    (Level("intact", 0.884),),
    "percent",
    tuple(Tick(float(place), key.removeprefix("layer")) for place, key in enumerate(BLOCKS)),
    (0.0, 1.0),
)


@pytest.fixture
def chart(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = Chart("chart", clickable=True)
    qtbot.addWidget(made)
    made.resize(480, 280)
    made.show_data(DATA)
    with qtbot.waitExposed(made):
        made.show()
    return made


def place(chart, at):
    return chart.plot.point(at).toPoint()


def shot(chart):
    return chart.plot.grab().toImage()


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (0, 1, "percent", ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]),
        (-0.6, 0.4, "number", ["−0.6", "−0.4", "−0.2", "0", "0.2", "0.4"]),
        (-6.0, -1.0, "log", ["1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1"]),
        (-0.01, 1.01, "log", ["1", "2", "5", "10"]),
    ],
)
def test_axes_bear_round_numbers(low, high, unit, expected):
    ticks = value_ticks(low, high, unit, 5)
    assert [text for _, text in ticks] == expected
    assert all(low - 1e-9 <= at <= high + 1e-9 for at, _ in ticks)


@pytest.mark.parametrize("span", [(-0.31, 0.32), (-0.9, 0.9), (12.0, 48.0), (0.0, 0.99), (-3e-5, 4e-5)])
def test_one_number_alone_is_no_scale(span):
    for wanted in (1, 2, 3):
        places = [place for place, _ in value_ticks(*span, "number", wanted)]
        assert len(places) >= 2, "else nobody knows how much a step upwards is"
        assert all(span[0] <= place <= span[1] for place in places)
        assert len(places) <= 8


def test_the_range_holds_every_value_and_what_must_be_seen():
    low, high = value_range(DATA)
    assert (low, high) == (0.0, 1.0)
    line = Series("F", (0.0, 1.0, 2.0), (1e-7, math.inf, 1e-2), BLOCKS)
    low, high = value_range(ChartData("g", (line,), unit="log"))
    assert low < -7 < -2 < high < 0
    assert value_range(ChartData("g", (line, TWIN)), frozenset({"plain twin"}))[1] < 0.02
    assert value_range(ChartData("nothing")) == (0.0, 1.0)
    low, high = value_range(ChartData("g", (Series("same", (0.0,), (3.0,), ("a",)),)))
    assert low < 3 < high


def test_names_are_left_out_where_they_would_meet():
    assert every_fitting([30.0, 40.0], 50) == 1
    assert every_fitting([30.0, 40.0], 9) == 5


def test_values_are_read_as_people_write_them():
    assert value_text(0.884, "percent") == "88.4 %"
    assert value_text(-0.25, "number") == "−0.25"
    assert value_text(None, "log") == "none"


def test_the_table_has_every_point_and_says_why_one_is_missing():
    rows = list(csv.reader(io.StringIO(csv_text(DATA))))
    assert rows[0] == ["chart", "series", "at", "value", "note"]
    assert ["Accuracy", "intact", "", "0.884", ""] in rows
    assert ["Accuracy", "without this block", "layer2.0", "", "Nothing can go round it."] in rows
    assert len(rows) == 1 + 1 + 6


def test_the_mouse_reads_all_lines(chart, qtbot):
    assert "intact 88.4 %" in chart.reading()
    qtbot.mouseMove(chart.plot, place(chart, 0.0))
    qtbot.waitUntil(lambda: "layer1.0" in chart.reading())
    assert "without this block 50.0 %" in chart.reading()
    assert "plain twin 10.0 %" in chart.reading()
    qtbot.mouseMove(chart.plot, place(chart, 1.0))
    qtbot.waitUntil(lambda: "layer2.0" in chart.reading())
    assert "Nothing can go round it." in chart.reading()
    qtbot.mouseMove(chart.plot, QPoint(1, 1))
    qtbot.waitUntil(lambda: "layer2.0" not in chart.reading())


def test_a_long_reading_makes_the_plot_jump_once_only(chart, qtbot):
    chart.resize(240, 280)
    chart.read_at(1.0)
    qtbot.waitUntil(lambda: chart.legend.height() >= chart.legend.heightForWidth(chart.legend.width()))
    high = chart.legend.height()
    chart.read_at(0.0)
    chart.read_at(None)
    QApplication.processEvents()
    assert chart.legend.height() == high


def test_a_click_tells_which_point(chart, qtbot):
    with qtbot.waitSignal(chart.clicked) as told:
        qtbot.mouseClick(chart.plot, Qt.MouseButton.LeftButton, pos=place(chart, 2.0))
    assert told.args == ["layer3.0"]


def test_a_line_is_hidden_by_its_name_but_never_the_last(chart):
    before = shot(chart)
    chart.legend.linkActivated.emit("1")
    assert chart.hidden == {"plain twin"}
    assert shot(chart) != before
    chart.legend.linkActivated.emit("0")
    assert chart.hidden == {"plain twin"}
    chart.legend.linkActivated.emit("1")
    assert not chart.hidden
    assert shot(chart) == before


def test_marked_points_stand_out(chart):
    before = shot(chart)
    chart.show_data(ChartData(**{name: getattr(DATA, name) for name in ("title", "series")}))
    plain = shot(chart)
    assert plain != before
    chart.show_data(
        ChartData(
            "Accuracy", DATA.series, DATA.levels, "percent", DATA.ticks, (0.0, 1.0), frozenset({BLOCKS[0]})
        )
    )
    assert shot(chart) not in (before, plain)


def test_it_follows_light_and_dark(chart, qtbot):
    light = shot(chart)
    legend = chart.legend.text()
    theme.apply(QApplication.instance(), "dark")
    dark = shot(chart)
    assert dark.pixelColor(2, 2).lightness() < 60 < light.pixelColor(2, 2).lightness()
    assert chart.legend.text() != legend


@pytest.mark.parametrize("size", [(120, 84), (2000, 1200)])
def test_it_is_painted_at_every_size(chart, size):
    chart.resize(*size)
    assert not shot(chart).isNull()


def test_nothing_to_show_is_painted_too(chart):
    chart.show_data(ChartData("nothing", (Series("gaps", (0.0,), (None,), ("a",)),), unit="log"))
    assert chart.data.is_empty
    assert not shot(chart).isNull()
