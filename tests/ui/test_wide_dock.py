"""The dock that takes the whole middle, in the real window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from explorer.state.actions import Start
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.main_window import MainWindow
from explorer.ui.store import Store


@pytest.fixture
def window(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = MainWindow(Store(AppState(), lambda _: None))
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made._store.dispatch(Start(sample=""))
    made.add_features()
    return made


def test_the_graph_steps_aside_while_networks_are_compared(window, qtbot):
    graph, compare = window.graph, window.compare
    assert graph.isVisible()
    compare.open()
    qtbot.waitUntil(lambda: compare.view is not None and compare.view.isVisible())
    assert not graph.isVisible()
    compare.dock.hide()
    qtbot.waitUntil(graph.isVisible)


def test_another_tab_brings_the_graph_back(window, qtbot):
    window.compare.open()
    qtbot.waitUntil(lambda: not window.graph.isVisible())
    window.inside.open()
    qtbot.waitUntil(window.graph.isVisible)
    window.compare.open()
    qtbot.waitUntil(lambda: not window.graph.isVisible())


def test_a_graph_that_the_user_hid_stays_hidden(window, qtbot):
    window._docks["graph"].hide()
    window.compare.open()
    qtbot.waitUntil(lambda: window.compare.view is not None and window.compare.view.isVisible())
    window.compare.dock.hide()
    qtbot.waitUntil(lambda: not window.compare.view.isVisible())
    assert not window.graph.isVisible()


def test_a_floating_comparison_leaves_the_graph_where_it_is(window, qtbot):
    window.compare.open()
    qtbot.waitUntil(lambda: not window.graph.isVisible())
    window.compare.dock.setFloating(True)
    qtbot.waitUntil(window.graph.isVisible)


def test_the_remembered_layout_has_the_graph(window, qtbot):
    window.compare.open()
    qtbot.waitUntil(lambda: not window.graph.isVisible())
    window.remember_layout()
    assert not window._docks["graph"].isHidden()


def test_a_window_that_begins_with_the_comparison_gives_the_graph_its_room(qtbot):
    theme.apply(QApplication.instance(), "light")
    window = MainWindow(Store(AppState(), lambda _: None))
    qtbot.addWidget(window)
    window.resize(1440, 900)
    window.compare.dock.show()
    window.compare.dock.raise_()
    with qtbot.waitExposed(window):
        window.show()
    window._store.dispatch(Start(sample=""))
    window.add_features()
    window.compare.open()
    qtbot.waitUntil(lambda: not window.graph.isVisible())
    window.inside.open()
    graph = window._docks["graph"]
    qtbot.waitUntil(lambda: window.graph.isVisible() and graph.width() > 0.4 * window._deck.width())


def test_keys_and_menu_open_it(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.compare.view is not None and window.compare.view.isVisible())
    qtbot.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert [column.spec for column in window._store.state.document.columns] == [
        window._store.state.document.spec
    ]
