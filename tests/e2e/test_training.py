"""Training from the real window: from a click on Start to weights in use; cut off and resumed; taught."""

import time

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QTimer, QUrl
from PySide6.QtWidgets import QInputDialog

from explorer.state.learning_actions import ChooseData, EditPlan, RenameBin, StopTraining
from explorer.state.model import AppState
from explorer.ui.quitting import losses

LEARNING_MS = 600_000
FAST = (("precision", "float32"), ("channels_last", "no"))


def colours(folder, names=("red", "blue"), count=24):
    """A folder of class folders that a network can tell apart."""
    random = np.random.default_rng(0)
    for label, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 90, (48, 48, 3), dtype=np.uint8)
            pixels[..., 2 * label] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


def has_ended(state: AppState) -> bool:
    return state.training.status in ("finished", "failed")


@pytest.mark.timeout(1200)
def test_digits_are_learned_from_a_click_on_start(open_program):
    program = open_program()
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.status == "open")
    started = time.perf_counter()
    program.click("train.start")
    program.until(lambda state: state.training.is_busy)
    # Watched, and with a click now and then.
    program.qtbot.waitUntil(lambda: program.state.training.epoch >= 2, timeout=LEARNING_MS)
    program.window.graph.node_selected.emit("layer2.0.add")
    program.until(lambda state: state.maps is not None and state.maps.key == "layer2.0.add")
    program.qtbot.waitUntil(lambda: has_ended(program.state), timeout=LEARNING_MS)
    seconds = time.perf_counter() - started
    state = program.state
    assert state.training.status == "finished", state.training.cause
    assert state.training.ended.test_accuracy >= 0.98
    assert state.net.origin.kind == "run"
    assert state.net.classes == tuple("0123456789")
    assert state.training.side_share < 0.08
    assert state.training.curves.buffer.series("epoch.validation_accuracy")[1].max() >= 0.98
    print(f"digits: {state.training.ended.test_accuracy:.2%} in {seconds:.0f} s from the click")


def test_pause_and_resume_and_stop_by_their_buttons(open_program):
    program = open_program()
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.status == "open")
    program.session.store.dispatch(EditPlan(FAST))
    program.click("train.start")
    answered_s, step = [], 0
    # The best of several tries stands for a machine that does nothing else just then.
    while len(answered_s) < 5 and min(answered_s, default=1.0) >= 0.1:
        program.until(
            lambda state, step=step: state.training.status == "running" and state.training.step > step
        )
        began = time.perf_counter()
        program.click("train.pause")
        assert program.state.training.status == "pausing"
        answered_s.append(time.perf_counter() - began)
        program.until(lambda state: state.training.status == "paused")
        step = program.state.training.step
        program.click("train.resume")
    assert min(answered_s) < 0.1
    program.until(lambda state: state.training.status == "running" and state.training.step > step)
    program.click("train.stop")
    assert program.state.training.status == "stopping"
    program.until(lambda state: state.training.status == "stopped")


def test_what_has_finished_is_trained_on(open_program):
    program = open_program()
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.status == "open")
    program.session.store.dispatch(EditPlan((*FAST, ("epochs", 1))))
    program.click("train.start")
    program.until(has_ended)
    first = program.state.training
    assert first.status == "finished", first.cause

    def answer():
        dialog = program.window.findChild(QInputDialog)
        assert "1 epoch is done" in dialog.labelText()
        assert dialog.intValue() == 2
        program.qtbot.keyClick(dialog, Qt.Key.Key_Return)

    QTimer.singleShot(200, answer)
    program.click("train.extend")
    program.until(lambda state: has_ended(state) and state.training.began.run != first.began.run)
    second = program.state.training
    assert second.status == "finished", second.cause
    assert second.ended.epochs == 2
    # One curve, from the first epoch on.
    steps, _ = second.curves.buffer.series("step.loss")
    assert steps.tolist() == list(range(2 * second.began.steps_per_epoch))
    assert program.state.net.origin.name == second.began.run


def test_a_training_that_the_end_of_the_program_cut_off_is_offered_and_goes_on(open_program):
    program = open_program()
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.status == "open")
    program.session.store.dispatch(EditPlan((*FAST, ("epochs", 3))))
    program.click("train.start")
    program.until(lambda state: state.training.step > 4)
    program.window.hide()
    program.session.finish()
    again = open_program()
    again.until(lambda state: any(notice.severity == "question" for notice in state.notices))
    notice = next(item for item in again.state.notices if item.severity == "question")
    assert notice.actions[0].label == "Resume"
    again.settle()
    again.window.commands.take_notice_action(notice.notice_id, "0")
    again.qtbot.waitUntil(lambda: has_ended(again.state), timeout=240_000)
    assert again.state.training.began.first_step > 4
    assert again.state.training.status == "finished", again.state.training.cause
    steps = again.state.training.curves.buffer.series("step.loss")[0]
    assert steps.tolist() == list(range(3 * again.state.training.began.steps_per_epoch))


def test_a_dropped_folder_of_two_classes_is_fine_tuned_on(open_program, tmp_path):
    folder = colours(tmp_path / "colours")
    program = open_program()
    program.settle()
    program.drop_files(folder)
    program.until(lambda state: any("2 classes" in words(notice) for notice in state.notices))
    notice = next(item for item in program.state.notices if "2 classes" in words(item))
    assert [action.label for action in notice.actions] == ["Classify them", "Train on them"]
    program.window.commands.take_notice_action(notice.notice_id, "1")
    program.until(lambda state: state.data.facts is not None and state.data.facts.classes == ("blue", "red"))
    choose_recipe(program, "fine-tune")
    program.session.store.dispatch(EditPlan((*FAST, ("epochs", 4))))
    program.click("train.start")
    program.qtbot.waitUntil(lambda: has_ended(program.state), timeout=240_000)
    assert program.state.training.status == "finished", program.state.training.cause
    assert program.state.training.ended.test_accuracy >= 0.9
    assert program.state.net.classes == ("blue", "red")
    program.drop_files(folder / "red" / "0.png")
    program.until(lambda state: state.pictures.items and state.pictures.items[-1].name == "0.png")
    program.settle()
    current = program.state.pictures.current
    assert program.state.answers[current].predictions[0].label == "red"


def fill_bins(program, folder, count):
    """Name the two bins and drop so many pictures into each."""
    for place, name in enumerate(("cup", "pot")):
        program.session.store.dispatch(RenameBin(place, name))
        drop_on(program, f"teach.bin.{place}", sorted((folder / name).iterdir())[:count])
        program.until(lambda state, place=place: len(state.teach.bins[place].image_ids) == count)


def test_pictures_dropped_into_bins_are_taught(open_program, tmp_path):
    folder = colours(tmp_path / "cups", ("cup", "pot"), count=6)
    program = open_program()
    program.settle()
    program.window.teaching.open()
    fill_bins(program, folder, 6)
    program.settle()
    program.click("teach.start")
    program.qtbot.waitUntil(lambda: has_ended(program.state), timeout=240_000)
    assert program.state.training.status == "finished", program.state.training.cause
    assert program.state.net.classes == ("cup", "pot")


def test_what_was_taught_can_be_gone_on_with_in_the_next_session(open_program, tmp_path):
    folder = colours(tmp_path / "cups", ("cup", "pot"), count=5)
    program = open_program()
    program.settle()
    program.window.teaching.open()
    fill_bins(program, folder, 4)
    program.click("teach.start")
    program.until(lambda state: state.training.status == "running")
    taught = program.state.form.data
    program.session.store.dispatch(StopTraining())
    program.until(lambda state: not state.training.is_busy)
    program.window.teaching.dock.hide()
    program.window.hide()
    program.session.finish()
    again = open_program()
    again.settle()
    looked_at = again.state.pictures.current
    again.window.teaching.open()
    again.until(lambda state: [len(one.image_ids) for one in state.teach.bins] == [4, 4])
    again.until(lambda state: not state.work)
    assert [again.child(f"teach.bin.{place}.name").text() for place in (0, 1)] == ["cup", "pot"]
    names = [item.name for item in again.child("teach.bin.1.pictures").items]
    assert names == ["0.png", "1.png", "2.png", "3.png"]
    assert again.state.pictures.current == looked_at
    assert losses(again.state) == ()
    drop_on(again, "teach.bin.1", [folder / "pot" / "4.png"])
    again.until(lambda state: len(state.teach.bins[1].image_ids) == 5)
    assert len(losses(again.state)) == 1
    again.click("teach.start")
    again.until(lambda state: state.training.status == "running")
    assert again.state.form.data == f"{taught} 2"
    again.window.training.open()
    again.until(lambda state: taught in state.data.places)
    combo = again.child("train.data")
    assert [combo.itemText(combo.findData(place)) for place in (taught, f"{taught} 2")] == [
        "my-classes",
        "my-classes 2",
    ]


def test_data_that_is_not_here_is_asked_about(open_program):
    program = open_program()
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.cards)
    program.session.store.dispatch(ChooseData("cifar10"))
    notice = program.state.notices[-1]
    assert notice.severity == "question"
    assert notice.actions[0].label == "Download"
    assert not any(work.kind == "FetchData" for work in program.state.work)


def words(notice):
    return notice.message.format(**dict(notice.arguments))


def choose_recipe(program, name):
    combo = program.child("train.recipe")
    program.until(lambda state: combo.isEnabled())
    combo.setCurrentIndex(combo.findData(name))
    combo.activated.emit(combo.currentIndex())
    assert program.state.form.recipe == name


def drop_on(program, name, paths):
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtWidgets import QApplication

    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    target = program.child(name)
    at = target.rect().center()
    how = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(at, *how)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(at), *how))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "home"))
