"""The training form: what is chosen, what is refused, and the way back."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QFileDialog, QLineEdit

from explorer.engine.data_messages import DataListed, OpenData
from explorer.engine.messages import RequestFailed
from explorer.engine.run_messages import RunsListed
from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS
from explorer.state.learning_actions import ChooseData, EditPlan, LookUpData, OpenRun
from explorer.training.plan import Plan
from explorer.training.recipes import RECIPES, plan_for
from explorer.ui.panels.plan_fields import PlanLine, grouped_fields, plan_facts
from explorer.ui.panels.training_form import MAIN_FIELDS
from tests.ui.test_runs import run_row
from tests.ui.test_training_view import Shown


@pytest.fixture
def shown(qtbot):
    return Shown(qtbot)


def choose(shown, name, data):
    combo = shown.child(name)
    index = combo.findData(data)
    assert index >= 0
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def form(shown):
    return shown.feed.store.state.form


def test_every_field_of_a_plan_has_a_control(shown):
    grouped = [name for names in grouped_fields(MAIN_FIELDS).values() for name in names]
    assert sorted((*grouped, *MAIN_FIELDS)) == sorted(Plan.model_fields)
    shown.click("train.all_settings")
    for title in grouped_fields(MAIN_FIELDS):
        shown.click(f"plan.group.{title.lower()}")
    for name in Plan.model_fields:
        assert shown.child(f"plan.{name}").toolTip(), name


def test_small_rates_fit_their_control(shown):
    shown.feed.store.dispatch(EditPlan((("learning_rate", 0.0003),)))
    assert shown.child("plan.learning_rate").value() == pytest.approx(0.0003)


def test_a_recipe_fills_the_fields_and_names_its_source(shown):
    choose(shown, "train.recipe", "paper-2015")
    assert form(shown).recipe == "paper-2015"
    assert shown.child("plan.learning_rate").value() == pytest.approx(0.1)
    assert shown.child("plan.epochs").value() == 164
    assert shown.child("train.schedule_drawing").rates[-1] == pytest.approx(0.001)


def test_an_edit_is_marked_and_can_be_taken_back(shown):
    back = shown.child("plan.batch_size.reset")
    assert back.isHidden()
    shown.click("plan.batch_size.plus")
    assert form(shown).plan.batch_size == 129
    assert not back.isHidden()
    assert shown.child("train.reset").text() == "Reset 1 changed"
    shown.click("plan.batch_size.reset")
    assert form(shown).plan.batch_size == 128
    assert back.isHidden()
    assert shown.child("train.reset").isHidden()


def test_all_edits_are_taken_back_at_once(shown):
    shown.click("plan.batch_size.plus")
    shown.click("plan.epochs.plus")
    shown.click("train.reset")
    assert form(shown).chosen == frozenset()


def test_only_fields_that_apply_are_shown(shown):
    shown.click("train.all_settings")
    shown.click("plan.group.schedule")
    assert not shown.child("plan.milestones").isVisible()
    choose(shown, "plan.schedule", "step")
    assert shown.child("plan.milestones").isVisible()


def test_a_refusal_stands_beside_its_field_and_can_be_put_back(shown):
    choose(shown, "plan.schedule", "step")
    shown.click("train.all_settings")
    shown.click("plan.group.schedule")
    line = shown.child("plan.milestones")
    line.setText("0.5, 2")
    line.editingFinished.emit()
    assert form(shown).refusal[0] == "milestones"
    error = shown.child("plan.error")
    assert error.isVisible()
    assert error.text
    error.reverted.emit()
    assert form(shown).refusal is None
    assert not error.isVisible()
    assert line.text() == "0.5, 0.75"


def test_data_is_said_and_chosen(shown, monkeypatch, tmp_path):
    shown.feed.open_data()
    assert shown.child("train.data.about").text() == (
        "10 classes · 1,430 to learn from · 360 to test · 32 × 32, grey"
    )
    choose(shown, "train.data", "shapes")
    assert form(shown).data == "shapes"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    choose(shown, "train.data", "choose a folder")
    assert form(shown).data == str(tmp_path)
    assert shown.child("train.data").currentText() == tmp_path.name


def test_the_users_own_sets_are_among_the_data(shown):
    places = ("/photos/pets", "/home/taught/my-classes", "/old/pets")
    shown.feed.store.dispatch(DataListed(cards=(), places=places))
    combo = shown.child("train.data")
    titles = {combo.itemData(at): combo.itemText(at) for at in range(combo.count())}
    assert [titles[place] for place in places] == ["pets in photos", "my-classes", "pets in old"]
    choose(shown, "train.data", "/home/taught/my-classes")
    assert shown.feed.newest(OpenData).data == "/home/taught/my-classes"
    assert combo.currentText() == "my-classes"


def test_data_that_are_not_here_are_said_where_data_are_chosen(shown):
    about = shown.child("train.data.about")
    store = shown.feed.store
    store.dispatch(RunsListed(rows=(run_row("shipped", data="pictures.zip", has_data=False),)))
    store.dispatch(OpenRun("shipped"))
    said = "It learned from pictures.zip, which is not here: choose data, or train on digits."
    assert said in about.text()
    assert (form(shown).data, about.property("tone")) == ("digits", "warning")
    store.dispatch(RunsListed(rows=(run_row("own", data="digits", has_data=False),)))
    store.dispatch(OpenRun("own"))
    assert "which is not here: choose data." in about.text()
    choose(shown, "train.data", "shapes")
    assert "not here" not in about.text()
    assert about.property("tone") == "muted"


def test_a_session_with_data_that_are_not_here_opens_without_a_banner(shown):
    store = shown.feed.store
    store.dispatch(ChooseData("/gone/pictures.zip"))
    store.dispatch(LookUpData())
    ticket = shown.feed.newest(OpenData).ticket
    store.dispatch(RequestFailed(ticket=ticket, kind="OpenData", message="It is gone.", hint="Choose data."))
    assert store.state.notices == ()
    assert shown.child("train.data.about").text() == "It is gone. Choose data."


def test_a_cancelled_folder_leaves_the_choice(shown, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    choose(shown, "train.data", "choose a folder")
    assert form(shown).data == "digits"
    assert shown.child("train.data").currentText() == "digits"


def test_where_it_starts_from(shown, qtbot):
    qtbot.mouseClick(shown.child("train.starts_from.present"), Qt.MouseButton.LeftButton)
    assert form(shown).starts_from == KNOWN_WEIGHTS
    qtbot.mouseClick(shown.child("train.starts_from.first"), Qt.MouseButton.LeftButton)
    assert form(shown).starts_from == FIRST_VALUES


def test_field_facts_of_a_plan_have_their_bounds():
    assert plan_facts("epochs").most == 10_000
    assert plan_facts("learning_rate").real.least <= 1e-8
    assert plan_facts("weight_decay").real.least == 0
    assert plan_facts("backbone_rate").real.most == 1


def test_a_seed_may_be_larger_than_qt_s_whole_numbers(shown, qtbot):
    shown.click("train.all_settings")
    shown.click("plan.group.run")
    shown.feed.store.dispatch(EditPlan((("seed", 2**40),)))
    seed = shown.child("plan.seed")
    assert seed.value() == 2**40
    assert seed.lineEdit().text() == str(2**40)
    shown.click("plan.seed.plus")
    assert form(shown).plan.seed == 2**40 + 1
    seed.lineEdit().selectAll()
    qtbot.keyClicks(seed.lineEdit(), str(2**62))
    qtbot.keyClick(seed.lineEdit(), Qt.Key.Key_Return)
    assert form(shown).plan.seed == 2**62
    qtbot.keyClick(seed.lineEdit(), Qt.Key.Key_Down)
    assert form(shown).plan.seed == 2**62 - 1
    seed.lineEdit().selectAll()
    qtbot.keyClicks(seed.lineEdit(), "-x")
    qtbot.keyClick(seed.lineEdit(), Qt.Key.Key_Backspace)
    qtbot.keyClick(seed.lineEdit(), Qt.Key.Key_Return)
    assert seed.lineEdit().text() == str(2**62 - 1)
    assert form(shown).plan.seed == 2**62 - 1


SHOWN_AS_THEY_ARE = {
    "beta2": (0.999, 0.9999, 0.999999),
    "momentum": (0.0, 0.9, 0.995),
    "ema": (0.0, 0.999, 0.99999),
    "label_smoothing": (0.0, 0.1, 0.995),
    "restart_rate": (0.001, 0.5, 1.0),
    "learning_rate": (1e-7, 0.2, 100.0),
    "seed": (0, 2**31, 2**63 - 1),
}


@pytest.mark.parametrize(("name", "values"), SHOWN_AS_THEY_ARE.items(), ids=SHOWN_AS_THEY_ARE)
def test_a_control_shows_the_number_that_trains(qtbot, name, values):
    for value in values:
        line = PlanLine(name)
        qtbot.addWidget(line)
        plan = Plan(**{name: value})
        line.show_plan(plan, Plan(), "Fast")
        spin = line.findChild(QAbstractSpinBox)
        assert spin.value() == pytest.approx(value, rel=1e-12)
        assert float(spin.lineEdit().text()) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_control_shows_what_its_recipe_says(qtbot, recipe):
    plan = plan_for("digits", 1437, recipe)
    for name in Plan.model_fields:
        line = PlanLine(name)
        qtbot.addWidget(line)
        line.show_plan(plan, plan, "")
        spin = line.findChild(QAbstractSpinBox)
        if spin is not None:
            assert spin.value() == getattr(plan, name), name


def test_presses_go_by_what_is_missing_to_one():
    beta2 = plan_facts("beta2").real
    assert beta2.stepped(0.999, 1) == pytest.approx(0.9991)
    assert beta2.stepped(0.9991, -1) == pytest.approx(0.999)
    assert beta2.stepped(0.999, -1) == pytest.approx(0.998)
    assert beta2.stepped(0.998, 1) == pytest.approx(0.999)
    assert beta2.stepped(0.9, 10) == pytest.approx(0.99 + 0.001)
    assert beta2.stepped(0.0, -1) == 0.0
    assert beta2.stepped(beta2.most, 1) == beta2.most


def test_presses_keep_away_from_bounds_that_are_not_allowed():
    smoothing = plan_facts("label_smoothing").real
    assert smoothing.stepped(0.95, 1) == pytest.approx(0.99)
    assert smoothing.stepped(0.995, 1) == 0.995
    assert smoothing.stepped(0.995, -1) == pytest.approx(0.945)
    rate = plan_facts("learning_rate").real
    assert rate.stepped(0.2, 1) == pytest.approx(0.21)
    assert rate.stepped(0.1, -1) == pytest.approx(0.099)
    assert rate.stepped(0.099, 1) == pytest.approx(0.1)


def test_a_number_beyond_its_bounds_is_refused_beside_the_field(shown, qtbot):
    line = shown.child("plan.learning_rate").findChild(QLineEdit)
    before = form(shown).plan.learning_rate
    line.selectAll()
    qtbot.keyClicks(line, "1000")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form(shown).refusal[0] == "learning_rate"
    assert shown.child("plan.error").isVisible()
    assert form(shown).plan.learning_rate == before
    assert shown.child("plan.learning_rate").value() == pytest.approx(before)
    line.selectAll()
    qtbot.keyClicks(line, "0.5")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert form(shown).refusal is None
    assert form(shown).plan.learning_rate == 0.5


def test_tab_goes_from_a_heading_to_its_fields_in_whatever_order_they_were_opened(shown):
    shown.click("train.all_settings")
    for title in ("run", "loss", "optimiser"):
        shown.click(f"plan.group.{title}")
    passed, widget = [], shown.child("train.all_settings")
    while (widget := widget.nextInFocusChain()) is not shown.child("train.all_settings"):
        if widget.objectName().startswith("plan.") and widget.isVisible():
            passed.append(widget.objectName().removeprefix("plan."))
    start = passed.index("group.length")
    assert [name for name in passed[start:] if not name.endswith((".minus", ".plus"))][:12] == [
        "group.length",
        "group.optimiser",
        "momentum",
        "nesterov",
        "weight_decay",
        "clip_norm",
        "ema",
        "group.schedule",
        "group.loss",
        "loss",
        "label_smoothing",
        "group.data",
    ]
