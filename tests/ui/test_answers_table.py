"""The answers table: truth from folders, sorting, filters, ten thousand rows; its dock on the real state."""

from pathlib import Path
from time import thread_time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QPushButton, QTableView, QWidget

from explorer.engine.messages import FailedPicture, LoadedPicture
from explorer.nets.facts import Origin, Prediction
from explorer.state.actions import SelectPicture
from explorer.state.model import Answer, AppState, NetState, PicturesState
from explorer.ui import theme
from explorer.ui.answers_dock import AnswersDock
from explorer.ui.store import Store
from explorer.ui.views.answer_rows import AnswerRows, accuracy, remarks
from explorer.ui.views.answers_model import CONFIDENCE, FILE, MARK, PICTURE, TRUTH
from explorer.ui.views.answers_table import AnswersView

CLASSES = ("Egyptian cat", "zebra", "truck")
PIXELS = np.full((8, 8, 3), 60, np.uint8)


def picture(image_id, path):
    return LoadedPicture(image_id, Path(path).name, path, 8, 8, PIXELS, PIXELS)


def answer(label, probability):
    return Answer((Prediction(label, CLASSES.index(label), probability),))


ITEMS = (
    picture(1, "/data/Egyptian_cat/a.jpg"),
    picture(2, "/data/zebra/b.jpg"),
    picture(3, "/data/zebra/c.jpg"),
    picture(4, "/data/mugs/d.jpg"),
    FailedPicture(5, "e.jpg", "The file is cut off.", "Copy it again."),
)
ANSWERS = {
    1: answer("Egyptian cat", 0.9),
    2: answer("truck", 0.4),
    3: answer("zebra", 0.99),
    4: answer("truck", 0.3),
}


def made_rows(items=ITEMS, answers=ANSWERS, classes=CLASSES):
    return AnswerRows().rows(items, answers, classes)


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = AnswersView()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show_rows(made_rows(), None, is_meant=True)
    with qtbot.waitExposed(made):
        made.show()
    return made


def table(view):
    return view.findChild(QTableView, "answers.table")


def test_folders_named_as_classes_tell_the_truth():
    rows = made_rows()
    assert [(row.truth, row.is_right) for row in rows] == [
        ("Egyptian cat", True),
        ("zebra", False),
        ("zebra", True),
        ("mugs", None),
        ("", None),
    ]
    assert accuracy(rows) == "66.7 % right: 2 of 3"
    assert remarks(rows) == "4 pictures · 2 weak · 1 in folders that are no class of this net · 1 unreadable"
    assert remarks(rows, 3).endswith(" · 1 unreadable · after epoch 3")
    assert remarks(rows, 0).endswith(" · before its first epoch")


def test_one_folder_that_is_no_class_tells_nothing():
    rows = made_rows((ITEMS[3],))
    assert rows[0].truth == ""
    assert accuracy(rows) == ""
    assert made_rows((ITEMS[1],))[0].truth == "zebra", "one folder that is a class does"


def test_only_what_changed_is_made_anew():
    maker = AnswerRows()
    before = maker.rows(ITEMS, ANSWERS, CLASSES)
    after = maker.rows(ITEMS, {**ANSWERS, 2: answer("zebra", 0.8)}, CLASSES)
    assert [one is other for one, other in zip(before, after, strict=True)] == [True, False, True, True, True]
    other_net = maker.rows(ITEMS, ANSWERS, ("zebra",))
    assert other_net[0].is_right is None


def test_a_heading_sorts_and_the_picture_stays_selected(view):
    table(view).selectRow(0)
    table(view).sortByColumn(CONFIDENCE, Qt.SortOrder.AscendingOrder)
    assert view.shown == (5, 4, 2, 1, 3)
    assert view._current() == 1
    table(view).sortByColumn(MARK, Qt.SortOrder.AscendingOrder)
    assert view.shown[0] == 2
    table(view).sortByColumn(FILE, Qt.SortOrder.DescendingOrder)
    assert view.shown == (5, 4, 3, 2, 1)
    table(view).sortByColumn(PICTURE, Qt.SortOrder.AscendingOrder)
    assert view.shown == (1, 2, 3, 4, 5)


def test_the_filters_leave_what_is_wrong_or_weak(view, qtbot):
    for name, left in (("wrong", (2,)), ("weak", (2, 4)), ("all", (1, 2, 3, 4, 5))):
        qtbot.mouseClick(view.findChild(QWidget, f"answers.filter.{name}"), Qt.MouseButton.LeftButton)
        assert view.shown == left
    assert view._accuracy.text == "66.7 % right: 2 of 3"


def test_a_click_selects_a_picture_and_the_state_selects_a_row(view, qtbot):
    told = []
    view.picture_selected.connect(told.append)
    at = table(view).visualRect(table(view).model().index(2, FILE)).center()
    qtbot.mouseClick(table(view).viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert told == [3]
    qtbot.keyClick(table(view), Qt.Key.Key_Up)
    assert told == [3, 2]
    view.show_rows(made_rows(), 1, is_meant=True)
    assert view._current() == 1
    assert told == [3, 2], "what is shown is not told"


def test_right_and_wrong_have_their_colours(view):
    colours = theme.Colours.of(view.palette())
    for row, tone in ((0, colours.success), (1, colours.danger)):
        area = table(view).visualRect(table(view).model().index(row, MARK))
        image = table(view).viewport().grab(area).toImage()
        found = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
        assert tone.name() in found


def test_an_untrained_net_is_said_to_answer_by_chance(view):
    view.show_rows(made_rows(), None, is_meant=False)
    assert view._accuracy.text.startswith("The net is untrained")


def test_the_table_as_csv(view, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "answers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    qtbot.mouseClick(view.findChild(QPushButton, "answers.save"), Qt.MouseButton.LeftButton)
    header, first, second, *_ = path.read_text().splitlines()
    assert header == "file,path,answer,probability,truth,right,problem"
    assert first == "a.jpg,/data/Egyptian_cat/a.jpg,Egyptian cat,0.900000,Egyptian cat,1,"
    assert second == "b.jpg,/data/zebra/b.jpg,truck,0.400000,zebra,0,"
    told = []
    view.save_failed.connect(told.append)
    view.save_csv(tmp_path / "absent" / "answers.csv")
    assert "was not saved" in told[0]


def test_ten_thousand_rows_are_quick_and_draw_only_what_is_seen(view):
    items = tuple(picture(n, f"/data/{CLASSES[n % 3]}/{n}.jpg") for n in range(10_000))
    answers = {n: answer(CLASSES[n % 2], (n % 100) / 100) for n in range(10_000)}
    maker = AnswerRows()
    rows = maker.rows(items, answers, CLASSES)
    # Of this thread: what else the machine does is not counted.
    began = thread_time()
    view.show_rows(rows, None, is_meant=True)
    table(view).sortByColumn(CONFIDENCE, Qt.SortOrder.DescendingOrder)
    QApplication.processEvents()
    view.show_rows(maker.rows(items, answers, CLASSES), None, is_meant=True)
    QApplication.processEvents()
    assert thread_time() - began < 2.0, "Qt's own proxy takes longer for the sorting alone"
    assert len(view.shown) == 10_000
    assert len(table(view).cells._squares) < 100


@pytest.mark.parametrize("width", [380, 900])
def test_the_columns_fill_the_width(view, width):
    view.resize(width, 500)
    QApplication.processEvents()
    room = table(view).viewport().width()
    assert room - 6 <= table(view).horizontalHeader().length() <= room


def test_without_a_truth_its_columns_are_away(view):
    view.show_rows(made_rows((ITEMS[3],)), None, is_meant=True)
    assert table(view).isColumnHidden(TRUTH)
    assert table(view).isColumnHidden(MARK)
    view.resize(380, 500)
    QApplication.processEvents()
    assert not table(view).isColumnHidden(FILE)
    view.show_rows(made_rows(), None, is_meant=True)
    assert not table(view).isColumnHidden(TRUTH)


def test_an_empty_table_says_what_to_do(view):
    view.show_rows((), None, is_meant=True)
    assert view._empty.isVisible()


def test_the_dock_shows_answers_as_they_come(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    net = NetState(status="ready", origin=Origin("bundled", "x"), classes=CLASSES)
    state = AppState(net=net, pictures=PicturesState(items=ITEMS, current=1), answers=ANSWERS)
    store = Store(state, lambda _request: None)
    made = AnswersDock(window, store)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, made.dock)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: made._view is not None and made._view.shown == (1, 2, 3, 4, 5))
    assert made._view._current() == 1
    table(made._view).selectRow(2)
    assert store.state.pictures.current == 3
    store.dispatch(SelectPicture(2))
    qtbot.waitUntil(lambda: made._view._current() == 2)
    window.close()
