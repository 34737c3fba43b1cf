"""The budget lock under the totals: what is held, what follows, what gap remains."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel

from explorer.arch.budget import Budget
from explorer.arch.cost import cost_of
from explorer.arch.lamp import nearest
from explorer.arch.presets import cifar_spec, preset
from explorer.ui.panels.budget_lock import gap_text
from explorer.ui.panels.totals import Totals

COST = cost_of(preset("resnext50_32x4d").spec)
BUDGET = Budget("parameters", 25_557_032, "base_width")


@pytest.fixture
def totals(qtbot):
    made = Totals()
    made.told = []
    made.lock_chosen.connect(lambda *chosen: made.told.append(chosen))
    made.show_totals(COST, nearest(preset("resnext50_32x4d").spec))
    made.show_budget(None, COST)
    qtbot.addWidget(made)
    made.resize(312, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_unlocked_it_takes_one_line(totals):
    assert not totals.findChild(QComboBox, "budget.vary").isVisible()
    assert not totals.findChild(QLabel, "budget.gap").isVisible()
    assert totals.findChild(QAbstractButton, "budget.hold.off").isChecked()


def test_locked_it_shows_the_remaining_gap(totals):
    totals.show_budget(BUDGET, COST)
    assert totals.findChild(QAbstractButton, "budget.hold.parameters").isChecked()
    assert totals.findChild(QComboBox, "budget.vary").currentData() == "base_width"
    label = totals.findChild(QLabel, "budget.gap")
    assert label.isVisible()
    assert label.text() == "−528,128 to 25,557,032 (2.1 %)"
    assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
    assert totals.told == []


def test_macs_are_compared_with_macs(totals):
    totals.show_budget(Budget("macs", COST.macs, "width_factor"), COST)
    assert totals.findChild(QLabel, "budget.gap").text() == f"exactly {COST.macs:,}"


def test_a_click_tells_what_to_hold_and_what_follows(totals, qtbot):
    button = totals.findChild(QAbstractButton, "budget.hold.macs")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert totals.told == [("macs", "width_factor")]


def test_letting_go_and_another_follower(totals, qtbot):
    totals.show_budget(BUDGET, COST)
    combo = totals.findChild(QComboBox, "budget.vary")
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert totals.told[-1] == ("parameters", "cardinality")
    qtbot.mouseClick(totals.findChild(QAbstractButton, "budget.hold.off"), Qt.MouseButton.LeftButton)
    assert totals.told[-1] == (None, "cardinality")


def test_the_gap_has_a_side():
    assert gap_text(BUDGET, BUDGET.target + 1000).startswith("+1,000")
    assert gap_text(BUDGET, BUDGET.target - 1000).startswith("−1,000")


def test_the_lamp_names_the_nearest_net(totals):
    spec = cifar_spec(20, shortcut="B")
    totals.show_totals(cost_of(spec), nearest(spec))
    assert totals.findChild(QLabel, "lamp.name").text() == "near He 2015 ResNet-20"
    assert totals.findChild(QLabel, "lamp.error").text() == "2,752 above option A because shortcuts are B"
