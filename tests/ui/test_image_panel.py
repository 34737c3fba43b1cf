"""The image panel: plain values in, signals out on clicks and keys only."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from explorer.nets.facts import Origin, Prediction
from explorer.ui.panels.image import ImagePanel, Offer, PictureItem
from explorer.ui.widgets.bars import ProbabilityBars
from explorer.ui.widgets.chip import Chip
from explorer.ui.widgets.net_card import NetCard, classes_text, origin_detail, origin_text
from explorer.ui.widgets.picture import PictureView
from explorer.ui.widgets.thumbnails import ThumbnailStrip

CLASSES = ("airplane", "automobile", "bird", "cat")
BUNDLED = Origin("bundled", "cifar-resnet20", accuracy_percent=88.1)
UNTRAINED = Origin("untrained", seed=0)
ANSWER = tuple(
    Prediction(label, index, share)
    for index, (label, share) in enumerate(
        [("cat", 0.9), ("bird", 0.0612), ("dog, the one", 0.02), ("a", 0.01), ("b", 0), ("c", 0)]
    )
)
SIGNALS = (
    "picture_selected",
    "picture_removed",
    "cleared",
    "open_requested",
    "paste_requested",
    "offer_taken",
)


def pixels(height, width, value=120):
    return np.full((height, width, 3), value, np.uint8)


def items(n, first=0):
    return tuple(
        PictureItem(number, f"photo {number}.jpg", pixels(48, 64, number % 255), 640, 480, "cat")
        for number in range(first, first + n)
    )


@pytest.fixture
def panel(qtbot):
    made = ImagePanel()
    made.emitted = []
    for name in SIGNALS:
        getattr(made, name).connect(lambda *values, name=name: made.emitted.append((name, *values)))
    qtbot.addWidget(made)
    made.resize(320, 860)
    with qtbot.waitExposed(made):
        made.show()
    return made


def part(panel, kind, name):
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def strip(panel):
    return part(panel, ThumbnailStrip, "image.thumbnails")


def show_photo(panel, n=3, current=1):
    panel.show_pictures(items(n), current)
    panel.show_current(pixels(300, 400), "photo.jpg", 4000, 3000, pixels(32, 32, 9))
    panel.show_net(BUNDLED, "ResNet-20", CLASSES, ())
    panel.show_answer(ANSWER, is_weak=False, milliseconds=3.2, stale=False)


def test_empty_it_invites_and_a_click_opens_files(panel, qtbot):
    area = part(panel, QWidget, "image.empty")
    assert area.isVisible()
    assert not strip(panel).isVisible()
    qtbot.mouseClick(area, Qt.MouseButton.LeftButton)
    qtbot.keyClick(area, Qt.Key.Key_Return)
    assert panel.emitted == [("open_requested",)] * 2


def test_the_two_buttons_ask(panel, qtbot):
    for name in ("image.open", "image.paste"):
        qtbot.mouseClick(part(panel, QPushButton, name), Qt.MouseButton.LeftButton)
    assert panel.emitted == [("open_requested",), ("paste_requested",)]


def test_showing_emits_nothing(panel):
    show_photo(panel)
    panel.show_pictures(items(5), 4)
    panel.show_pictures(items(2), 0)
    panel.show_pictures((), None)
    panel.show_net(UNTRAINED, "ResNet-18", (), (Offer("get", "Get"),))
    assert panel.emitted == []


def test_a_photo_its_answer_and_what_the_net_sees_are_shown(panel):
    show_photo(panel)
    assert not part(panel, QWidget, "image.empty").isVisible()
    assert part(panel, PictureView, "image.picture").image.size().toTuple() == (400, 300)
    seen = part(panel, PictureView, "image.seen")
    assert seen.isVisible()
    assert seen.is_pixelated
    bars = part(panel, ProbabilityBars, "image.bars")
    assert bars.predictions == ANSWER[:5]
    assert not bars.is_muted
    assert "cat 90 %" in bars.accessibleDescription()
    said = " ".join(child.accessibleName() for child in panel.findChildren(QWidget) if child.isVisible())
    assert "photo.jpg" in said
    assert "4,000 × 3,000 · 3.2 ms" in said
    assert "what the net sees, 32 × 32" in said


def test_pixels_of_what_the_net_sees_are_crisp(panel):
    checker = np.zeros((32, 32, 3), np.uint8)
    checker[::2, ::2] = checker[1::2, 1::2] = 255
    panel.show_pictures(items(1), 0)
    panel.show_current(pixels(10, 10), "a", 10, 10, checker)
    grabbed = part(panel, PictureView, "image.seen").grab().toImage()
    middle = {grabbed.pixelColor(x, 31).value() for x in range(16, 48)}
    assert middle == {0, 255}


def test_pressing_what_the_net_sees_shows_it_large_and_back(panel, qtbot):
    show_photo(panel)
    seen, large = part(panel, PictureView, "image.seen"), part(panel, PictureView, "image.picture")
    qtbot.mouseClick(seen, Qt.MouseButton.LeftButton)
    assert large.image.size().toTuple() == (32, 32)
    assert large.is_pixelated
    qtbot.keyClick(seen, Qt.Key.Key_Space)
    assert large.image.size().toTuple() == (400, 300)


@pytest.mark.parametrize(
    ("origin", "is_weak", "stale", "predictions", "remark"),
    [
        (BUNDLED, False, False, ANSWER, ""),
        (BUNDLED, True, False, ANSWER, "weak answer"),
        (BUNDLED, True, True, ANSWER, "asking…"),
        (BUNDLED, False, False, None, "asking…"),
        (UNTRAINED, True, False, ANSWER, "untrained: these are chance"),
        (Origin("copied", copied=3, tensors=9, seed=0), False, False, ANSWER, "untrained: these are chance"),
    ],
)
def test_an_answer_is_never_shown_as_more_than_it_is(panel, origin, is_weak, stale, predictions, remark):
    show_photo(panel)
    panel.show_net(origin, "ResNet-20", CLASSES, ())
    panel.show_answer(predictions, is_weak=is_weak, milliseconds=None, stale=stale)
    chip = part(panel, Chip, "image.remark")
    assert chip.text == remark
    assert chip.isVisible() == bool(remark)
    assert part(panel, ProbabilityBars, "image.bars").is_muted == (not origin.is_trained)


def test_a_broken_file_says_its_reason_in_the_pictures_place(panel):
    broken = PictureItem(7, "scan.tif", problem="The file ends before the picture does.")
    panel.show_pictures((*items(2), broken), 7)
    panel.show_current(None, "", 0, 0, None)
    large = part(panel, PictureView, "image.picture")
    assert large.isVisible()
    assert large.image.isNull()
    assert large.accessibleDescription() == broken.problem
    said = {child.accessibleName() for child in panel.findChildren(QWidget) if child.isVisible()}
    assert {"scan.tif", "3 pictures, 1 unreadable"} <= said
    assert not part(panel, Chip, "image.remark").isVisible()
    show_photo(panel)
    assert not large.image.isNull()


# The strip of thumbnails


def test_arrow_keys_walk_over_the_ends_of_rows(panel, qtbot):
    show_photo(panel, n=9, current=3)
    view = strip(panel)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(view, key)
    assert panel.emitted == [("picture_selected", 4), ("picture_selected", 5), ("picture_selected", 4)]


def test_a_click_selects(panel, qtbot):
    show_photo(panel, n=3, current=0)
    view = strip(panel)
    place = view.visualRect(view.model().index(2, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert panel.emitted == [("picture_selected", 2)]


def test_delete_removes_and_clear_clears(panel, qtbot):
    show_photo(panel, current=2)
    qtbot.keyClick(strip(panel), Qt.Key.Key_Delete)
    qtbot.mouseClick(part(panel, QToolButton, "image.clear"), Qt.MouseButton.LeftButton)
    assert panel.emitted == [("picture_removed", 2), ("cleared",)]


def test_the_menu_of_the_strip_removes_and_clears(panel):
    show_photo(panel, current=2)
    menu = strip(panel).build_menu()
    for action in menu.actions():
        action.trigger()
    assert panel.emitted == [("picture_removed", 2), ("cleared",)]


def test_pictures_that_arrive_keep_the_mark_and_the_place(panel):
    panel.show_pictures(items(3), 1)
    view = strip(panel)
    resets, inserted = [], []
    view.model().modelReset.connect(lambda: resets.append(1))
    view.model().rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    panel.show_pictures((*view.items, *items(4, first=3)), 1)
    assert inserted == [(3, 6)]
    assert resets == []
    assert view.current_id == 1


def test_a_new_label_changes_its_row_only(panel):
    first = items(4)
    panel.show_pictures(first, 0)
    changed = []
    strip(panel).model().dataChanged.connect(lambda top, bottom: changed.append((top.row(), bottom.row())))
    newer = PictureItem(2, first[2].name, first[2].thumbnail, 640, 480, "dog")
    panel.show_pictures((*first[:2], newer, first[3]), 0)
    assert changed == [(2, 2)]
    index = strip(panel).model().index(2, 0)
    assert "dog" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_thousands_of_pictures_are_drawn_by_what_is_seen(panel, qtbot):
    panel.show_pictures(items(5000), 4999)
    view = strip(panel)
    assert view.current_id == 4999
    assert view.grab().toImage().width() == view.width()
    assert 0 < len(view.model()._squares) < 100
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert panel.emitted == [("picture_selected", 0)]


def test_cells_fill_the_row_in_whole_columns(panel):
    panel.show_pictures(items(12), 0)
    view = strip(panel)
    tops = {view.visualRect(view.model().index(row, 0)).top() for row in range(4)}
    assert len(tops) == 1
    assert view.visualRect(view.model().index(4, 0)).top() not in tops


# The net


@pytest.mark.parametrize(
    ("origin", "text"),
    [
        (None, "no network yet"),
        (UNTRAINED, "untrained, seed 0"),
        (BUNDLED, "bundled · cifar-resnet20, 88.1 %"),
        (Origin("downloaded", "IMAGENET1K_V2"), "downloaded · IMAGENET1K_V2"),
        (Origin("file", "a.pth"), "file · a.pth"),
        (Origin("run", "12", accuracy_percent=91.0), "run · 12, 91.0 %"),
        (Origin("copied", copied=102, tensors=122, seed=3), "copied in part · 102 of 122 tensors"),
    ],
)
def test_every_origin_is_put_into_words(panel, origin, text):
    assert origin_text(origin) == text
    panel.show_net(origin, "ResNet-20", CLASSES, ())
    assert part(panel, NetCard, "image.net").origin_line == text


def test_what_was_assumed_is_told():
    assert origin_detail(Origin("file", "a", assumed=("Option A.", "ReLU."))) == "Option A.\nReLU."
    assert "seed 3" in origin_detail(Origin("copied", seed=3))


def test_classes_are_named_or_counted():
    assert classes_text(CLASSES) == "knows 4 classes: airplane, automobile, bird, cat"
    assert classes_text(("one",)) == "knows 1 class: one"
    assert classes_text(tuple(map(str, range(1000)))) == "knows 1,000 classes"
    assert classes_text(()) == "knows no classes yet"


def test_the_classes_can_be_listed_by_keyboard(panel, qtbot):
    panel.show_net(BUNDLED, "ResNet-20", CLASSES, ())
    arrow = part(panel, QToolButton, "image.classes")
    qtbot.keyClick(arrow, Qt.Key.Key_Space)
    listed = part(panel, QWidget, "image.class_list")
    assert listed.isVisible()
    assert listed.toPlainText() == ", ".join(CLASSES)
    panel.show_net(BUNDLED, "ResNet-18", ("tench", "goldfish"), ())
    assert listed.toPlainText() == "tench, goldfish"
    qtbot.mouseClick(arrow, Qt.MouseButton.LeftButton)
    assert not listed.isVisible()


def test_offers_are_buttons_and_go_when_they_no_longer_stand(panel, qtbot):
    offers = (
        Offer("get", "Get ImageNet weights (45 MB)", "from pytorch.org"),
        Offer("copy", "Copy what fits"),
    )
    panel.show_net(UNTRAINED, "ResNet-18", CLASSES, offers)
    qtbot.mouseClick(part(panel, QPushButton, "image.offer.copy"), Qt.MouseButton.LeftButton)
    get = part(panel, QPushButton, "image.offer.get")
    assert get.text() == "Get ImageNet weights (45 MB)"
    assert get.toolTip() == "from pytorch.org"
    qtbot.mouseClick(get, Qt.MouseButton.LeftButton)
    assert panel.emitted == [("offer_taken", "copy"), ("offer_taken", "get")]
    panel.show_net(BUNDLED, "ResNet-18", CLASSES, ())
    qtbot.waitUntil(lambda: panel.findChild(QPushButton, "image.offer.get") is None)


# Copy and save


def test_bars_are_copied_and_saved_as_csv(panel, tmp_path):
    show_photo(panel)
    bars = part(panel, ProbabilityBars, "image.bars")
    copy = bars.build_menu().actions()[0]
    assert copy.text() == "Copy as CSV"
    copy.trigger()
    bars.save_csv(tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert QGuiApplication.clipboard().text() == text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["label"] for row in rows] == [entry.label for entry in ANSWER[:5]]
    assert float(rows[1]["probability"]) == pytest.approx(0.0612)


def test_the_picture_is_copied_and_saved_in_its_own_size(panel, tmp_path):
    show_photo(panel)
    view = part(panel, PictureView, "image.picture")
    view.build_menu().actions()[0].trigger()
    assert QGuiApplication.clipboard().image().size().toTuple() == (400, 300)
    view.save_png(tmp_path / "out.png")
    assert QImage(str(tmp_path / "out.png")).pixelColor(0, 0).getRgb()[:3] == (120, 120, 120)


@pytest.mark.parametrize("save", ["csv", "png"])
def test_a_file_that_cannot_be_written_is_reported(panel, tmp_path, save):
    show_photo(panel)
    said = []
    panel.save_failed.connect(said.append)
    target = tmp_path / "absent" / "out"
    if save == "csv":
        part(panel, ProbabilityBars, "image.bars").save_csv(target)
    else:
        part(panel, PictureView, "image.picture").save_png(target)
    assert len(said) == 1
    assert str(target) in said[0]


def test_everything_is_reached_by_tab(panel, qtbot):
    show_photo(panel)
    panel.show_net(UNTRAINED, "ResNet-18", CLASSES, (Offer("get", "Get"),))
    qtbot.waitUntil(part(panel, QPushButton, "image.offer.get").isVisible)
    part(panel, QPushButton, "image.open").setFocus()
    panel.activateWindow()
    reached = set()
    for _ in range(12):
        focus = panel.focusWidget()
        reached.add(focus.objectName())
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    wanted = {"image.open", "image.paste", "image.seen", "image.bars", "image.classes", "image.offer.get"}
    assert wanted | {"image.clear", "image.thumbnails"} <= reached
    for name in wanted | {"image.thumbnails"}:
        widget = part(panel, QWidget, name)
        assert widget.accessibleName() or widget.text()


def test_outputs_without_names_are_counted():
    assert classes_text((), 10) == "10 outputs, no classes learned yet"
    assert classes_text((), 1) == "1 output, no classes learned yet"
    assert classes_text((), 7, is_trained=True) == "knows 7 classes; nobody wrote down their names"


def test_a_narrow_panel_cuts_nothing_but_long_words(panel, qtbot):
    offer = Offer("get", "Copy what fits from the net before", "tells more")
    panel.show_net(UNTRAINED, "ResNet-18", (), (offer,))
    button = part(panel, QPushButton, "image.offer.get")
    panel.resize(420, 700)
    qtbot.waitUntil(lambda: button.text() == offer.label)
    assert button.toolTip() == "tells more"
    panel.resize(220, 700)
    assert panel.width() == 220
    qtbot.waitUntil(lambda: button.text().endswith("…"))
    assert offer.label in button.toolTip()
    assert button.accessibleName() == offer.label
