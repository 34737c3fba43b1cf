"""The training view in its dock, with the real store and reducer."""

import re
from dataclasses import replace
from time import process_time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog, QMainWindow, QPushButton, QWidget

from explorer.engine.data_messages import DataProgress, OpenData
from explorer.engine.messages import RequestFailed
from explorer.engine.training_messages import (
    FindRate,
    HaltTraining,
    RateFound,
    RateProbed,
    ResumeTraining,
    Train,
)
from explorer.runs.judged import Judged
from explorer.state.learning import FinderState, TrainingForm, TrainingState
from explorer.state.learning_actions import TakeRate, TrainOnFolder
from explorer.ui.runs_dock import accuracy_lines
from explorer.ui.theme import Colours
from explorer.ui.training_dock import TrainingDock
from explorer.ui.views.confusion import ConfusionMatrix
from explorer.ui.views.rate_finder import RateFinder
from explorer.ui.views.training_head import TrainingHead
from explorer.ui.views.training_words import numbers
from tests.ui.training_feed import RUN, Feed


class Shown:
    """The dock in a window, and the feed behind it."""

    def __init__(self, qtbot, width=1300, height=850, **feed):
        self.qtbot = qtbot
        self.feed = Feed(**feed)
        self.window = QMainWindow()
        self.dock = TrainingDock(self.window, self.feed.store)
        self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock.dock)
        self.window.resize(width, height)
        qtbot.addWidget(self.window)
        self.window.show()
        qtbot.waitUntil(lambda: self.dock.dock.widget() is not None)

    @property
    def view(self):
        return self.dock.dock.widget()

    @property
    def training(self):
        return self.feed.store.state.training

    def child(self, name):
        found = self.window.findChild(object, name)
        assert found is not None, name
        return found

    def click(self, name):
        self.qtbot.mouseClick(self.child(name), Qt.MouseButton.LeftButton)

    def buttons(self):
        """Those that can be pressed."""
        every = {name: self.child(f"train.{name}") for name in ("start", "extend", "pause", "resume", "stop")}
        return {name for name, button in every.items() if button.isVisible() and button.isEnabled()}

    def until_drawn(self):
        key = self.view.curves._key
        self.qtbot.waitUntil(lambda: self.view.curves._drawn == key())


@pytest.fixture
def shown(qtbot):
    return Shown(qtbot)


def test_nothing_but_start_is_offered_at_first(shown):
    assert shown.buttons() == {"start"}
    assert "Press Start" in shown.child("train.empty").message
    assert not shown.child("train.numbers").isVisible()


def test_start_pause_resume_stop_answer_at_once(shown):
    shown.feed.begin()
    assert shown.buttons() == {"pause", "stop"}
    shown.click("train.pause")
    assert isinstance(shown.feed.asked[-1], HaltTraining)
    assert shown.buttons() == {"stop"}
    assert shown.child("train.status").text == "Pausing…"
    shown.feed.halt("pause")
    assert shown.buttons() == {"start", "resume", "stop"}
    shown.click("train.resume")
    assert isinstance(shown.feed.asked[-1], ResumeTraining)
    assert shown.feed.asked[-1].run == RUN
    assert shown.buttons() == {"stop"}
    shown.click("train.stop")
    assert shown.training.status == "stopped"


def test_a_finished_training_is_trained_on_after_asking_how_long(shown, monkeypatch):
    shown.feed.begin()
    shown.feed.finish()
    assert "extend" in shown.buttons()
    epochs, asked = shown.training.ended.epochs, []

    def answer(*said):
        asked.append(said[2:])
        return epochs + 5, True

    monkeypatch.setattr(QInputDialog, "getInt", answer)
    shown.click("train.extend")
    text, offered, least, _ = asked[0]
    assert f"{epochs} epochs are done" in text
    assert offered > epochs
    assert least == epochs + 1
    shown.feed.open_data()
    request = shown.feed.asked[-1]
    assert isinstance(request, ResumeTraining)
    assert (request.run, request.epochs) == (RUN, epochs + 5)
    assert shown.training.status == "preparing"


def test_whoever_thinks_better_of_it_trains_nothing(shown, monkeypatch):
    shown.feed.begin()
    shown.feed.finish()
    monkeypatch.setattr(QInputDialog, "getInt", lambda *said: (99, False))
    before = shown.training
    shown.click("train.extend")
    assert shown.training is before


def test_stop_says_so_while_it_runs(shown):
    shown.feed.begin()
    shown.click("train.stop")
    assert shown.child("train.status").text == "Stopping…"
    assert shown.buttons() == set()
    assert shown.feed.asked[-1].how == "stop"


@pytest.mark.parametrize("width", [340, 480, 640, 800, 1300])
@pytest.mark.parametrize("end", ["stop", "finish"])
def test_a_second_click_where_stop_was_starts_nothing(qtbot, width, end):
    shown = Shown(qtbot, width=width)
    shown.feed.begin()
    shown.feed.run_epochs(3)
    stop = shown.child("train.stop")
    right_part = stop.rect().center() + QPoint(stop.width() // 3, 0)
    handle, place = shown.window.windowHandle(), stop.mapTo(shown.window, right_part)

    def click():
        # As the screen does: what lies there gets it.
        QTest.mouseClick(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)

    click()
    assert shown.training.status == "stopping"
    asked = len(shown.feed.asked)
    click()
    shown.feed.halt("stop") if end == "stop" else shown.feed.finish()
    halted = shown.training
    QApplication.processEvents()
    click()
    assert shown.training is halted
    assert shown.feed.asked[asked:] == []


@pytest.mark.parametrize("width", [340, 480, 640, 800, 1300])
def test_stop_and_start_keep_their_places(qtbot, width):
    shown = Shown(qtbot, width=width)
    places = []

    def note():
        QApplication.processEvents()
        every = [shown.child(f"train.{name}") for name in ("stop", "start")]
        places.append([(button.mapTo(shown.window, QPoint()), button.size()) for button in every])

    shown.click("train.start")
    note()
    shown.click("train.stop")
    shown.feed.begin()
    note()
    shown.feed.run_epochs(3)
    note()
    shown.feed.halt("pause")
    note()
    shown.click("train.stop")
    note()
    shown.click("train.resume")
    shown.feed.finish()
    note()
    assert places == [places[0]] * len(places)


def test_a_click_on_start_trains_as_it_is_set_up(shown):
    shown.click("train.start")
    assert shown.training.status == "opening"
    shown.feed.open_data()
    assert shown.feed.newest(Train).data == "digits"


def test_the_cause_of_a_halt_is_said(shown):
    shown.feed.begin()
    shown.feed.run_epochs(1)
    shown.feed.halt("pause", cause="The disk is full.")
    assert shown.child("train.detail").text == "The disk is full. Resume goes on where it was."


def test_a_failure_says_its_cause_and_its_remedy_in_the_view(shown):
    shown.feed.begin()
    problem = shown.child("train.problem")
    assert not problem.isVisible()
    shown.feed.store.dispatch(
        RequestFailed(
            ticket=shown.feed.ticket,
            kind="Train",
            message="The loss is not finite at step {step}.",
            hint="Resume with a smaller rate.",
            arguments=(("step", 7),),
        )
    )
    assert problem.isVisible()
    assert problem.text() == "The loss is not finite at step 7. Resume with a smaller rate."
    shown.click("train.start")
    assert not problem.isVisible()


def test_before_the_first_curve_it_says_what_it_does(shown):
    empty = shown.child("train.empty")
    shown.click("train.start")
    assert shown.training.status == "opening"
    assert "Reading digits" in empty.message
    shown.feed.open_data()
    assert "fastest precision" in empty.message


def test_the_facts_of_a_run_are_saved_as_a_table(shown, monkeypatch, tmp_path):
    shown.feed.begin()
    shown.feed.run_epochs(1)
    tabs = shown.child("train.details")
    tabs.setCurrentIndex(tabs.count() - 1)
    assert shown.child("train.save_details").isEnabled()
    target = tmp_path / "run.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    shown.view._on_save("csv")
    rows = target.read_text().splitlines()
    assert rows[0] == "what,value"
    assert "Seed,0" in rows


def test_the_finders_curve_is_saved(qtbot, monkeypatch, tmp_path):
    finder = RateFinder()
    qtbot.addWidget(finder)
    finder.show_finder(FinderState("done", (0.1, 1.0), (2.0, 1.5), 0.3))
    target = tmp_path / "rate.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    finder._save_csv()
    assert target.read_text() == "learning_rate,loss\n0.1,2.0\n1.0,1.5\n"


def test_numbers_and_end(shown):
    shown.feed.begin()
    shown.feed.run_epochs(3)
    said = {number.caption: number.value for number in shown.child("train.numbers").numbers}
    assert said["epoch"] == "3 / 12"
    assert said["images/s"] == "1,556"
    assert said["spent watching"] == "3.1 %"
    assert said["left"] == "8.6 s"
    first = replace(shown.training, images_per_second=0.0, eta_seconds=0.0)
    said = {number.caption: number.value for number in numbers(first)}
    assert (said["left"], said["images/s"]) == ("–", "–"), "nothing is known yet"
    shown.feed.run_epochs(9, 3)
    shown.feed.finish()
    assert shown.child("train.status").text == "97.8 % on the test pictures"
    assert "after 12 epochs in 41 s" in shown.child("train.detail").text
    assert shown.buttons() == {"start", "extend"}
    assert shown.child("train.progress").share == 1


def test_the_finder_shows_its_curve_and_its_rate_is_used(shown):
    shown.click("train.find_rate")
    assert shown.training.status == "opening"
    shown.feed.find_rate()
    assert shown.feed.newest(FindRate).data == "digits"
    assert shown.child("train.use_rate").text() == "Use 0.12"
    shown.click("train.use_rate")
    assert shown.feed.store.state.form.plan.learning_rate == pytest.approx(0.12)
    assert shown.child("train.rate_curve").isHidden() or not shown.child("train.rate_curve").isVisible()
    assert shown.child("train.find_rate").isVisible()


@pytest.fixture
def finished(shown):
    """A run that has come to its end."""
    shown.feed.begin()
    shown.feed.run_epochs(12)
    shown.feed.finish()
    return shown


def seen(shown):
    """What the head says, and whether the curves are in sight."""
    said = shown.child("train.numbers").numbers
    bar = shown.child("train.progress").share
    return shown.child("train.status").text, said, bar, shown.buttons(), shown.view.curves.isVisible()


def test_the_finders_own_share_is_shown_and_not_the_run_befores(finished):
    before = seen(finished)
    finished.click("train.find_rate")
    bar = finished.child("train.progress")
    assert bar.share is None
    finished.feed.open_data()
    assert bar.share is None
    ticket = finished.feed.newest(FindRate).ticket
    finished.feed.store.dispatch(RateProbed(ticket=ticket, rates=(0.1,), losses=(2.0,), share=0.33))
    assert bar.share == 0.33
    assert "33 %" in bar.accessibleDescription()
    assert finished.child("train.detail").text == "The curves below are of the run before."
    assert not finished.child("train.numbers").numbers
    finished.feed.store.dispatch(RateFound(ticket=ticket, rates=(0.1,), losses=(2.0,), suggested=None))
    assert seen(finished) == before


def test_nothing_of_the_run_before_is_shown_while_another_is_made_ready(finished):
    finished.click("train.start")
    for words in ("Reading the data…", "Getting ready…"):
        title, said, share, _, has_curves = seen(finished)
        assert (title, said, share, has_curves) == (words, (), None, False)
        if words.startswith("Reading"):
            ticket = finished.feed.newest(OpenData).ticket
            finished.feed.store.dispatch(DataProgress(ticket=ticket, done=1, total=4))
            assert finished.child("train.progress").share == 0.25
            finished.feed.open_data()


@pytest.mark.parametrize("is_open", [False, True])
def test_what_was_shown_comes_back_where_another_is_taken_back(finished, is_open):
    before = seen(finished)
    finished.click("train.start")
    if is_open:
        finished.feed.open_data()
    finished.click("train.stop")
    assert seen(finished) == before


def test_a_run_that_goes_on_keeps_its_numbers_meanwhile(shown):
    shown.feed.begin()
    shown.feed.run_epochs(6)
    shown.feed.halt("pause")
    # Another was to go on, and was taken back.
    training = replace(shown.training, resumes="another", extends_to=99)
    shown.feed.store._state = replace(shown.feed.store.state, training=training)
    shown.click("train.resume")
    assert shown.training.status == "preparing"
    assert shown.child("train.numbers").numbers[0].value == "6 / 12"
    assert shown.child("train.progress").share == 0.5
    assert shown.view.curves.isVisible()


def test_a_click_on_the_finders_curve_marks_another_rate(shown, qtbot):
    shown.feed.find_rate()
    curve = shown.child("train.rate_curve")
    qtbot.mouseClick(curve, Qt.MouseButton.LeftButton, pos=curve.rect().center())
    # The middle of 1e-5 to 3 on a logarithmic axis.
    assert curve.marked == pytest.approx(0.0055, rel=0.1)


def test_curves_are_drawn_with_gap_and_best_epoch(shown):
    shown.feed.begin()
    shown.feed.run_epochs(7)
    shown.until_drawn()
    loss, accuracy, third = shown.view.curves.plots
    assert [line.name for line in loss.shown.lines] == ["training", "validation"]
    assert loss.shown.lines[0].raw is not None
    # It is shaded from line to line, as they are drawn: single steps are above and below the smoothed curve.
    train, validation = loss.shown.lines
    x, near, far = loss.shown.gap
    assert (x[0], x[-1]) == (validation.x[0], validation.x[-1])
    assert near == pytest.approx(np.interp(x, train.x, train.y))
    assert far == pytest.approx(np.interp(x, validation.x, validation.y))
    values = shown.training.curves.buffer.series("epoch.validation_accuracy")[1]
    assert accuracy.shown.best[1] == values.max()
    assert accuracy.shown.best_epoch == int(values.argmax()) + 1
    assert third.subject == "rate"


def test_a_run_has_the_colours_here_that_it_has_among_the_runs(shown):
    shown.feed.begin()
    shown.feed.run_epochs(3)
    shown.until_drawn()
    accuracy = shown.view.curves.plots[1]
    here = {line.name: accuracy.colour(line).name() for line in accuracy.shown.lines}
    colours = Colours.of(accuracy.palette())
    there = {line.name: getattr(colours, line.tone).name() for line in accuracy_lines(shown.training.curves)}
    assert set(here) == {"training", "validation"}
    assert there == here


def test_axes_scale_and_third_plot_can_be_chosen(shown):
    shown.feed.begin()
    shown.feed.run_epochs(4)
    shown.until_drawn()
    loss, _, third = shown.view.curves.plots
    assert loss.shown.lines[0].x[-1] == pytest.approx(4)
    shown.click("train.axis.step")
    assert loss.shown.lines[0].x[-1] == 48
    shown.click("train.axis.time")
    # 48 steps of 128 pictures at about 1,500 a second.
    assert loss.shown.lines[0].x[-1] == pytest.approx(4.1, rel=0.1)
    before = loss.plot.viewRange()[1]
    shown.click("train.scale.log")
    assert loss.plot.viewRange()[1][1] == pytest.approx(np.log10(before[1]), abs=0.1)
    combo = shown.child("train.third")
    combo.setCurrentIndex(combo.findData("gradients"))
    combo.activated.emit(combo.currentIndex())
    assert [line.name for line in third.shown.lines] == ["stem", "layer1", "layer2", "layer3", "head"]


def test_the_mouse_reads_all_plots_at_once(shown, qtbot):
    shown.feed.begin()
    shown.feed.run_epochs(4)
    shown.until_drawn()
    loss, accuracy, _ = shown.view.curves.plots
    loss.plot.hovered.emit(QPointF(loss.plot.rect().center()))
    for plot in (loss, accuracy):
        assert plot._cursor.isVisible()
        assert re.search(r"epoch (1\.[89]|2)", plot.legend.text())
    loss.plot.hovered.emit(None)
    assert not accuracy._cursor.isVisible()


def test_confusion_and_mistakes_are_read_and_written(shown, qtbot, monkeypatch, tmp_path):
    shown.feed.begin()
    shown.feed.run_epochs(2)
    matrix = shown.child("train.confusion")
    assert matrix.reading(8, 1) == "8 taken for 1: 4 (10.5 % of 8)"
    assert matrix.to_csv().splitlines()[9] == "8,0,4,0,0,0,0,0,0,34,0"
    square = matrix._square()
    cell = square.width() / 10
    place = QPointF(square.left() + 1.5 * cell, square.top() + 8.5 * cell)
    qtbot.mouseMove(matrix, place.toPoint())
    assert matrix._cell_at(place) == (8, 1)
    assert shown.child("train.mistakes").to_csv().splitlines()[1] == "0,8,1,0.990000"
    for kind, name in (("png", "m.png"), ("csv", "m.csv")):
        target = tmp_path / name
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, target=target: (str(target), ""))
        getattr(matrix, f"{kind}_requested").emit()
        assert target.stat().st_size > 100


def test_a_thousand_classes_are_drawn_at_once_and_no_mistake_is_lost(qtbot):
    counts = np.diag(np.full(1000, 20))
    counts[7, 900] = 5
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(360, 330)
    matrix.show_judged(Judged(0, tuple(f"class {n}" for n in range(1000)), counts, ()))
    started = process_time()
    image = matrix.grab().toImage()
    assert process_time() - started < 3, "a million cells one by one took more than 15 s"
    square = matrix._square()
    x, y = round(square.left() + 0.9 * square.width()), round(square.top() + 0.007 * square.height())
    near = [image.pixelColor(x + dx, y + dy) for dx in range(-2, 3) for dy in range(-2, 3)]
    right = image.pixelColor(square.center().toPoint())
    assert any(wrong.red() > wrong.blue() + 30 for wrong in near)
    assert right.blue() > right.red() + 30


def test_curves_are_written(shown, monkeypatch, tmp_path):
    shown.feed.begin()
    shown.feed.run_epochs(2)
    shown.until_drawn()
    target = tmp_path / "loss.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    shown.view.curves.plots[0].csv_requested.emit()
    rows = target.read_text().splitlines()
    assert rows[0] == "step,name,value"
    assert len(rows) == 1 + 24 + 2 + 2
    target = tmp_path / "loss.png"
    shown.view.curves.plots[0].png_requested.emit()
    assert target.read_bytes().startswith(b"\x89PNG")


def test_a_narrow_view_puts_the_form_away_while_it_learns(qtbot):
    shown = Shown(qtbot, width=480, height=700)
    assert shown.child("train.form").isVisible()
    shown.feed.begin()
    shown.feed.run_epochs(1)
    assert not shown.child("train.form").isVisible()
    assert shown.view.curves.isVisible()
    shown.click("train.set_up")
    assert shown.child("train.form").isVisible()
    assert not shown.view.curves.isVisible()


def test_in_a_narrow_view_the_finders_curve_stays_in_sight(qtbot):
    shown = Shown(qtbot, width=400, height=700)
    shown.feed.begin()
    shown.feed.run_epochs(1)
    shown.feed.finish()
    shown.click("train.set_up")
    shown.click("train.find_rate")
    assert shown.child("train.form").isVisible()
    shown.feed.find_rate()
    assert shown.child("train.rate_curve").isVisible()
    assert shown.child("train.use_rate").isEnabled()
    use, form = shown.child("train.use_rate"), shown.child("train.form").viewport()
    shown.window.resize(400, 420)
    shown.feed.store.dispatch(TakeRate(None))
    shown.feed.find_rate()
    qtbot.waitUntil(lambda: form.rect().contains(use.mapTo(form, use.rect().center())))


def test_in_a_narrow_view_other_data_brings_the_form(qtbot):
    shown = Shown(qtbot, width=400, height=700)
    shown.feed.begin()
    shown.feed.run_epochs(1)
    shown.feed.finish()
    assert not shown.child("train.form").isVisible()
    shown.feed.store.dispatch(TrainOnFolder("/photos/pets"))
    assert shown.child("train.form").isVisible()


def test_what_happens_is_said_in_full_in_a_narrow_view(qtbot):
    shown = Shown(qtbot, width=380, height=700)
    shown.feed.begin()
    shown.feed.run_epochs(1)
    shown.feed.halt("pause")
    title = shown.child("train.status")
    qtbot.waitUntil(lambda: title.width() >= title.fontMetrics().horizontalAdvance("Paused"))
    buttons = [shown.child(f"train.{name}") for name in ("resume", "stop", "start")]
    assert all(button.mapTo(shown.view, button.rect().topLeft()).y() > title.y() for button in buttons)
    shown.window.resize(1000, 700)
    qtbot.waitUntil(lambda: buttons[0].y() < title.geometry().bottom())


def test_a_short_and_narrow_view_has_the_curves_in_a_tab(qtbot):
    shown = Shown(qtbot, width=440, height=560)
    shown.feed.begin()
    shown.feed.run_epochs(2)
    tabs = shown.child("train.details")
    assert tabs.widget(0) is shown.view.curves
    shown.until_drawn()
    assert not shown.child("train.save_details").isEnabled()
    tabs.setCurrentIndex(1)
    assert shown.child("train.save_details").isEnabled()
    shown.window.resize(1300, 850)
    qtbot.waitUntil(lambda: tabs.indexOf(shown.view.curves) < 0)
    assert shown.view.curves.isVisible()
    shown.until_drawn()


def test_a_wide_view_has_all_side_by_side(shown):
    shown.feed.begin()
    shown.feed.run_epochs(1)
    assert shown.child("train.form").isVisible()
    assert shown.view.curves.isVisible()
    assert shown.child("train.details").isVisible()
    assert shown.view.findChildren(QPushButton)


def test_run_facts_name_what_was_measured(shown):
    shown.feed.begin()
    facts = dict(shown.view._facts)
    assert facts["Device"] == "cpu"
    assert facts["Precision"] == "bfloat16 channels-last"
    assert facts["  float32"] == "720 images/s measured"


def test_hidden_curves_are_not_drawn_until_seen(shown):
    shown.feed.begin()
    shown.feed.run_epochs(1)
    shown.until_drawn()
    shown.dock.dock.hide()
    drawn = shown.view.curves._drawn
    shown.feed.run_epochs(1, 1)
    assert shown.view.curves._drawn == drawn
    shown.dock.dock.show()
    shown.until_drawn()
    assert shown.view.curves._drawn != drawn


def test_in_a_narrow_dock_what_happens_is_said_above_all_buttons(qtbot):
    head = TrainingHead()
    qtbot.addWidget(head)
    head.show_training(TrainingState(), TrainingForm())
    head.resize(640, 90)
    head.show()
    beside = head.findChild(QWidget, "train.status")
    qtbot.waitUntil(lambda: beside.geometry().left() > head.form_button.geometry().right())
    head.resize(320, 120)
    qtbot.waitUntil(lambda: beside.geometry().bottom() < head.form_button.geometry().top())
    assert head.form_button.geometry().right() < head.start.geometry().left()
    head.resize(640, 90)
    qtbot.waitUntil(lambda: beside.geometry().left() > head.form_button.geometry().right())
