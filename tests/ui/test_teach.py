"""The teach view: bins that take pictures, what is missing before a lesson, its dock on the real state."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QToolButton,
    QWidget,
)

from explorer.engine.data_messages import CollectTaught
from explorer.engine.messages import LoadedPicture
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.training_messages import TrainingBegan, TrainingEnded
from explorer.state.learning import TrainingState
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.store import Store
from explorer.ui.teach_dock import TeachDock
from explorer.ui.views.teach import BinItem, TeachView, missing
from explorer.ui.widgets.drop_area import install_drop_target
from explorer.ui.widgets.thumbnail_model import dragged_pictures
from explorer.ui.widgets.thumbnails import PictureItem, ThumbnailStrip
from explorer.ui.words import notice_text

CATS, DOGS = BinItem("cats"), BinItem("dogs")


def picture(image_id, shade=120):
    return PictureItem(image_id, f"{image_id}.jpg", np.full((64, 96, 3), shade, np.uint8), 96, 64)


def filled(name, *image_ids):
    return BinItem(name, tuple(picture(image_id) for image_id in image_ids))


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = TeachView()
    qtbot.addWidget(made)
    made.resize(700, 600)
    made.show_bins("pets", (filled("cats", 1, 2), filled("dogs", 3)), "ResNet-18", can_edit=True)
    with qtbot.waitExposed(made):
        made.show()
    return made


def child(view, kind, name):
    return view.findChild(kind, name)


def files(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drop(target, mime):
    """As Qt's platform sends a drag that enters a widget and drops in its middle."""
    at = target.rect().center()
    action, button, keys = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(at, action, mime, button, keys)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(at), action, mime, button, keys))


@pytest.mark.parametrize(
    ("name", "bins", "said"),
    [
        ("pets", (filled("cats", 1),), "Add a second class."),
        ("pets", (filled("cats", 1), filled("  ", 2)), "Name class 2."),
        ("pets", (filled("cats", 1), filled("Cats", 2)), "Two classes are called Cats."),
        ("pets", (filled("cats", 1), DOGS), "dogs has no pictures yet."),
        ("pets", (filled("a/b", 1), filled("dogs", 2)), "A name holds no /"),
        (" ", (filled("cats", 1), filled("dogs", 2)), "Name the set."),
    ],
)
def test_what_is_missing_is_said(view, name, bins, said):
    assert missing(name, bins).startswith(said)
    view.show_bins(name, bins, "ResNet-18", can_edit=True)
    assert not child(view, QPushButton, "teach.start").isEnabled()
    assert child(view, QLabel, "teach.missing").text().startswith(said)


def test_two_named_classes_with_pictures_can_be_taught(view, qtbot):
    wanted = []
    view.teach_requested.connect(lambda: wanted.append(True))
    assert child(view, QLabel, "teach.missing").text() == ""
    qtbot.mouseClick(child(view, QPushButton, "teach.start"), Qt.MouseButton.LeftButton)
    assert wanted == [True]


def test_files_are_dropped_into_a_bin(view, tmp_path):
    told = []
    view.bin_filled.connect(lambda place, dropped: told.append((place, dropped.paths)))
    drop(child(view, QWidget, "teach.bin.1"), files(tmp_path / "a.jpg", tmp_path / "b.jpg"))
    assert told == [(1, (str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")))]


def test_a_window_that_takes_drops_leaves_the_bins_theirs(qtbot, tmp_path):
    window = QMainWindow()
    qtbot.addWidget(window)
    view = TeachView()
    view.show_bins("pets", (CATS, DOGS), "ResNet-18", can_edit=True)
    window.setCentralWidget(view)
    window.resize(800, 700)
    to_window, to_bins = [], []
    overlay = install_drop_target(window, to_window.append)
    view.bin_filled.connect(lambda place, dropped: to_bins.append(place))
    with qtbot.waitExposed(window):
        window.show()
    # The event does not keep what is dragged.
    dragged = files(tmp_path)
    QApplication.sendEvent(
        window.windowHandle(),
        QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            dragged,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        ),
    )
    card = child(view, QWidget, "teach.bin.0")
    assert overlay._free_places().contains(card.mapTo(window, card.rect().center()))
    drop(card, files(tmp_path / "a.jpg"))
    QApplication.processEvents()
    assert to_bins == [0]
    assert to_window == []


def test_pictures_are_added_from_a_dialog(view, qtbot, monkeypatch, tmp_path):
    told = []
    view.bin_filled.connect(lambda place, dropped: told.append((place, dropped.paths)))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tmp_path / "c.png")], ""))
    qtbot.mouseClick(child(view, QPushButton, "teach.bin.0.add"), Qt.MouseButton.LeftButton)
    assert told == [(0, (str(tmp_path / "c.png"),))]


def test_a_picture_is_taken_out_by_its_cross_or_by_delete(view, qtbot):
    told = []
    view.picture_removed.connect(lambda *what: told.append(what))
    strip = child(view, QWidget, "teach.bin.0.pictures")
    QApplication.processEvents()
    index = strip.model().index(1)
    qtbot.mouseMove(strip.viewport(), strip.visualRect(index).center())
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=strip.cross_of(index).center())
    strip.setCurrentIndex(strip.model().index(0))
    qtbot.keyClick(strip, Qt.Key.Key_Delete)
    assert told == [(0, 2), (0, 1)]


def test_nothing_can_be_changed_while_it_learns(view):
    bins = (filled("cats", 1), filled("dogs", 3))
    view.show_bins("pets", bins, "ResNet-18", can_edit=False)
    view.show_progress("Learning: epoch 2 of 8", 0.25, is_working=True)
    for name in ("teach.start", "teach.add", "teach.bin.0.add"):
        assert not child(view, QPushButton, name).isEnabled()
    assert not child(view, QWidget, "teach.bin.0").acceptDrops()
    assert child(view, QProgressBar, "teach.progress").value() == 250
    assert child(view, QLabel, "teach.missing").text() == "Learning: epoch 2 of 8"


@pytest.fixture
def dock(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(700, 700)
    sent = []
    store = Store(AppState(), sent.append)
    made = TeachDock(window, store)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, made.dock)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: made._view is not None)
    yield made, store, sent
    window.close()


def loaded(image_id):
    pixels = np.full((8, 8, 3), 90, np.uint8)
    return LoadedPicture(image_id, f"{image_id}.jpg", None, 8, 8, pixels, pixels)


def test_dropped_pictures_fill_their_bin_and_are_taught(dock, qtbot, tmp_path):
    made, store, sent = dock
    view = made._view
    for place, image_id in ((0, 11), (1, 12)):
        drop(child(view, QWidget, f"teach.bin.{place}"), files(tmp_path / f"{image_id}.jpg"))
        request = next(one for one in reversed(sent) if isinstance(one, LoadPictures))
        assert request.paths == (str(tmp_path / f"{image_id}.jpg"),)
        event = PicturesLoaded(ticket=request.ticket, loaded=(loaded(image_id),), failed=(), done=1, total=1)
        store.dispatch(event)
        strip = child(view, QWidget, f"teach.bin.{place}.pictures")
        assert [item.image_id for item in strip.items] == [image_id]
    name = child(view, QLineEdit, "teach.bin.0.name")
    name.selectAll()
    qtbot.keyClicks(name, "cats")
    qtbot.mouseClick(child(view, QPushButton, "teach.start"), Qt.MouseButton.LeftButton)
    collected = next(one for one in sent if isinstance(one, CollectTaught))
    assert collected.bins == (("cats", (11,)), ("class 2", (12,)))
    assert child(view, QProgressBar, "teach.progress").isVisible()
    assert child(view, QLabel, "teach.missing").text() == "Collecting the pictures…"


def test_pictures_of_the_session_are_dragged_into_a_class_and_between_classes(dock, qtbot):
    made, store, sent = dock
    store.dispatch(PicturesLoaded(ticket=1, loaded=(loaded(7), loaded(8)), failed=(), done=2, total=2))
    strip = ThumbnailStrip()
    qtbot.addWidget(strip)
    strip.show_pictures((picture(7), picture(8)), None)
    dragged = strip.model().mimeData([strip.model().index(0), strip.model().index(1)])
    n_sent = len(sent)
    for _ in range(2):
        drop(child(made._view, QWidget, "teach.bin.0"), dragged)
    assert store.state.teach.bins[0].image_ids == (7, 8), "a picture is in a class once"
    assert len(sent) == n_sent, "they are not read again"
    inside = child(made._view, QWidget, "teach.bin.0.pictures")
    assert dragged_pictures(inside.model().mimeData([inside.model().index(1)])) == (8,)


@pytest.mark.parametrize(
    ("accuracy", "said", "tone"),
    [(0.96, "Learned: 96 % of the pictures set aside", "success"), (0.5, "50 % of the pictures", "warning")],
)
def test_how_well_it_was_learned_is_said(dock, accuracy, said, tone):
    made, store, _ = dock
    began = TrainingBegan(
        ticket=1,
        run="r",
        spec=store.state.document.spec,
        plan=store.state.form.plan,
        data="my-classes",
        classes=("class 1", "class 2"),
        first_step=0,
        epochs=3,
        steps_per_epoch=1,
        precision="float32",
        rates={},
        device="cpu",
        n_train=4,
        n_validation=2,
        rows=(),
    )
    ended = TrainingEnded(
        ticket=1,
        run="r",
        path="w.safetensors",
        epochs=3,
        test_accuracy=accuracy,
        best_epoch=2,
        seconds=1.0,
        images_per_second=10.0,
        stopped_early=False,
    )
    state = replace(store.state, training=TrainingState(status="finished", began=began, ended=ended))
    made._view.show_bins("pets", (filled("cats", 1), filled("dogs", 3)), "ResNet-18", can_edit=True)
    made.show_state(None, state)
    told = child(made._view, QLabel, "teach.missing")
    assert told.text().startswith(said)
    assert told.property("tone") == tone


def test_a_new_class_waits_for_its_name_and_can_be_taken_away(dock, qtbot):
    made, store, _ = dock
    view = made._view
    qtbot.mouseClick(child(view, QPushButton, "teach.add"), Qt.MouseButton.LeftButton)
    name = child(view, QLineEdit, "teach.bin.2.name")
    assert name.selectedText() == "class 3"
    qtbot.keyClicks(name, "birds")
    assert store.state.teach.bins[2].name == "birds"
    qtbot.mouseClick(child(view, QToolButton, "teach.bin.0.remove"), Qt.MouseButton.LeftButton)
    assert [one.name for one in store.state.teach.bins] == ["class 2", "birds"]
    assert child(view, QLineEdit, "teach.bin.1.name").text() == "birds"


def test_an_address_is_no_picture(dock):
    made, store, _ = dock
    mime = QMimeData()
    mime.setText("https://example.com/cat.jpg")
    drop(child(made._view, QWidget, "teach.bin.0"), mime)
    assert "only an address" in notice_text(store.state.notices[-1])
