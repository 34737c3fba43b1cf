"""The sections below the columns in their dock: built when first opened, told of changes, heard."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.engine.run_messages import CurvesRead, ReadCurves
from explorer.state.compare_actions import MoveColumn
from explorer.ui.compare_dock import CompareDock
from explorer.ui.store import Store
from explorer.ui.views.compare_answers import AnswersSection
from explorer.ui.views.compare_curves import CurvesSection
from explorer.ui.views.compare_scatter import ScatterSection
from explorer.ui.widgets.ink_dot import InkDot
from tests.ui.compare_states import curves, four_columns, trained_columns

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def opened(qtbot):
    """Opens the dock with a state: a store, what it asked the engine for, and the window."""

    def open_with(state):
        asked = []
        store = Store(state, asked.append)
        window = QMainWindow()
        qtbot.addWidget(window)
        window.resize(1200, 900)
        dock = CompareDock(window, store)
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock.dock)
        with qtbot.waitExposed(window):
            window.show()
        qtbot.waitUntil(lambda: dock.view is not None)
        return store, asked, window

    return open_with


def press(window, qtbot, name):
    qtbot.mouseClick(window.findChild(QWidget, f"compare.section.{name}"), LEFT)


def test_a_section_is_built_when_its_tab_is_first_pressed(opened, qtbot):
    _, _, window = opened(four_columns())
    assert window.findChild(AnswersSection) is None
    press(window, qtbot, "answers")
    section = window.findChild(AnswersSection)
    assert section.isVisible()
    assert len(section.chart.data.series) == 4
    press(window, qtbot, "errors")
    assert window.findChild(ScatterSection).isVisible()
    assert not section.isVisible()
    press(window, qtbot, "errors")
    press(window, qtbot, "answers")
    assert window.findChild(AnswersSection) is section


def test_every_column_bears_the_colour_of_its_lines(opened, qtbot):
    store, _, window = opened(four_columns())
    press(window, qtbot, "answers")
    store.dispatch(MoveColumn("c4", 0))
    inks = {name: window.findChild(InkDot, f"compare.{name}.ink").place for name in ("c4", "c1", "c2", "c3")}
    assert list(inks.values()) == [0, 1, 2, 3]
    lines = window.findChild(AnswersSection).chart.data.series
    assert (lines[0].name, lines[0].ink) == ("ResNet-56", 0)


def test_a_picture_of_the_list_becomes_the_current_one(opened, qtbot):
    store, _, window = opened(four_columns())
    press(window, qtbot, "answers")
    shown = window.findChild(AnswersSection).batch.list
    row = shown.model().index(1, 0)
    shown.scrollTo(row)
    qtbot.mouseClick(shown.viewport(), LEFT, pos=shown.visualRect(row).center())
    assert store.state.pictures.current == shown.items[1].image_id


def test_a_click_into_the_chart_moves_the_slider(opened, qtbot):
    store, _, window = opened(four_columns())
    press(window, qtbot, "answers")
    chart = window.findChild(AnswersSection).chart
    qtbot.mouseClick(chart.plot, LEFT, pos=chart.plot.point(0.25).toPoint())
    assert store.state.compare.share == pytest.approx(0.25, abs=0.01)
    assert chart.data.marks[0].place == store.state.compare.share


def test_missing_curves_are_read_and_drawn(opened, qtbot):
    store, asked, window = opened(trained_columns(with_curves=False))
    press(window, qtbot, "curves")
    wanted = [request for request in asked if isinstance(request, ReadCurves)]
    assert [request.run for request in wanted][:2] == ["plain20", "res20-a"]
    section = window.findChild(CurvesSection)
    for request in wanted:
        buffer = curves(request.run).buffer
        rows = tuple(
            (int(step), name, float(value))
            for name in buffer.names
            for step, value in zip(*buffer.series(name), strict=True)
        )
        store.dispatch(CurvesRead(ticket=request.ticket, run=request.run, rows=rows))
    qtbot.waitUntil(lambda: len(section.plot.lines) == 8)


def test_what_changes_while_a_section_is_closed_is_shown_when_it_opens(opened, qtbot):
    state = four_columns()
    store, _, window = opened(state)
    press(window, qtbot, "answers")
    press(window, qtbot, "answers")
    section = window.findChild(AnswersSection)
    assert not section.isVisible()
    columns = MappingProxyType(
        {name: replace(living, decided=None) for name, living in store.state.compare.columns.items()}
    )
    changed = replace(store.state, compare=replace(store.state.compare, columns=columns))
    section.show_state(store.state, changed)
    assert len(section.chart.data.series) == 4
    press(window, qtbot, "answers")
    assert section.chart.data.is_empty
