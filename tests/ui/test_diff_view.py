"""The diff view: aligned blocks, changes in their colours, costs; and what it compares with."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QMainWindow,
    QStyleOptionViewItem,
    QTreeWidget,
)

from explorer.arch.diff import diff
from explorer.arch.presets import cifar_spec, preset
from explorer.state.actions import EditSpec, OpenSpec
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.comparison import STEP_BEFORE, Comparison
from explorer.ui.store import Store
from explorer.ui.views.diff import AFTER, BEFORE, MACS, PARAMETERS, SIGN, DiffView, Other


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = DiffView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_added_blocks_stand_in_their_stage(view):
    view.show_diff(diff(preset("resnet50").spec, preset("resnet101").spec), "ResNet-50", "ResNet-101")
    rows = view.rows()
    (added,) = [row for row in rows if row[SIGN] == "+"]
    assert added[AFTER].startswith("layer3.6 … 22 ×17\n")
    assert added[BEFORE] == ""
    assert added[PARAMETERS] == "+18,992,128"
    place = rows.index(added)
    assert [row[SIGN] for row in rows[:place] if row[SIGN].startswith("Stage")][-1] == "Stage 3"
    assert "+18,992,128" in view.findChild(QLabel, "diff.totals").text()
    assert "3-4-6-3 → 3-4-23-3" in view.findChild(QLabel, "diff.fields").text()


def test_changed_operations_stand_below_their_block(view):
    view.show_diff(diff(cifar_spec(20), cifar_spec(20, shortcut="B")), "A", "B")
    rows = view.rows()
    place = next(place for place, row in enumerate(rows) if row[SIGN] == "~")
    assert rows[place][PARAMETERS] == "+576"
    assert ("+", "", "downsample.0\n1×1 conv, 32, /2", "+512", "+131 k") in rows[place:]
    assert any(row[SIGN] == "−" and row[BEFORE].startswith("shortcut.pad") for row in rows[place:])


def test_each_kind_has_its_colour(view):
    def colours():
        view.show_diff(diff(cifar_spec(32), cifar_spec(20, shortcut="B")), "A", "B")
        table = view.findChild(QTreeWidget)
        items = [table.topLevelItem(place) for place in range(table.topLevelItemCount())]
        items += [item.child(place) for item in items for place in range(item.childCount())]
        return {item.text(SIGN): item.foreground(SIGN).color().name() for item in items if item.text(MACS)}

    light = colours()
    assert len({light["~"], light["−"], light["+"]}) == 3
    theme.apply(QApplication.instance(), "dark")
    assert colours() != light


def test_the_same_network_is_said(view):
    view.show_diff(diff(cifar_spec(20), cifar_spec(20)), "A", "A")
    assert view.findChild(QLabel, "diff.totals").text() == "The two are the same network."
    assert {row[SIGN] for row in view.rows() if not row[SIGN].startswith("Stage")} == {""}


def test_the_chooser_tells_only_what_the_user_does(view):
    told = []
    view.other_chosen.connect(told.append)
    view.show_others([Other("", "before"), Other("resnet18", "ResNet-18")], "resnet18")
    combo = view.findChild(QComboBox, "diff.other")
    assert combo.currentData() == "resnet18"
    assert told == []
    combo.activated.emit(1)
    assert told == ["resnet18"]


@pytest.fixture
def deck(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_the_dock_follows_the_document(deck, qtbot):
    store = Store(AppState(), lambda request: None)
    comparison = Comparison(deck, store)
    deck.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, comparison.dock)
    comparison.dock.hide()
    assert comparison.dock.widget() is None
    store.dispatch(OpenSpec(preset("resnet50").spec))
    store.dispatch(EditSpec((("stage_depths", (3, 4, 23, 3)),)))
    comparison.dock.show()
    qtbot.waitUntil(lambda: comparison.dock.widget() is not None)
    view = comparison.dock.widget()
    assert any(row[PARAMETERS] == "+18,992,128" for row in view.rows())
    view.other_chosen.emit("resnet101")
    assert "same network" in view.findChild(QLabel, "diff.totals").text()
    store.dispatch(EditSpec((("shortcut", "C"),)))
    assert any(row[SIGN] == "~" for row in view.rows())
    view.other_chosen.emit(STEP_BEFORE)
    assert any(row[SIGN] == "~" for row in view.rows())


def test_a_narrow_view_has_both_networks_in_one_column(view, qtbot):
    view.show_diff(diff(cifar_spec(32), cifar_spec(20)), "A", "B")
    table = view.findChild(QTreeWidget)
    view.resize(600, 400)
    view.show()
    qtbot.waitUntil(lambda: not table.isColumnHidden(BEFORE))
    view.resize(260, 400)
    qtbot.waitUntil(lambda: table.isColumnHidden(BEFORE))
    items = [table.topLevelItem(place) for place in range(table.topLevelItemCount())]
    removed = next(item for item in items if item.text(SIGN) == "−")
    option = QStyleOptionViewItem()
    table.itemDelegateForColumn(AFTER).initStyleOption(option, table.indexFromItem(removed, AFTER))
    assert option.text.replace("\u2028", "\n") == removed.text(BEFORE) != ""
