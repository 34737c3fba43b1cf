"""Messages: folded where they say the same, dismissed and answered by mouse and keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.widgets.banner import N_SHOWN, BannerItem, BannerStack, fold_equal
from explorer.ui.widgets.banner_room import BannerRoom

HINT = "Copy or download the file again."


def broken(number):
    return BannerItem(number, "error", f"photo_{number}.jpg ends too early.", HINT)


QUESTION = BannerItem(90, "question", "Fetch it?", "Nothing was sent.", (("fetch", "Fetch it"), ("no", "No")))


@pytest.fixture
def stack(qtbot):
    made = BannerStack()
    made.emitted = []
    made.dismissed.connect(lambda banner_id: made.emitted.append(("dismissed", banner_id)))
    made.action_taken.connect(lambda banner_id, action: made.emitted.append((action, banner_id)))
    qtbot.addWidget(made)
    made.resize(600, 400)
    return made


def button(stack, kind, name):
    found = stack.findChild(kind, name)
    assert found is not None, name
    return found


def test_no_messages_take_no_room(stack):
    stack.show_banners((broken(1),))
    assert not stack.isHidden()
    stack.show_banners(())
    assert stack.isHidden()


def test_what_says_the_same_is_folded_and_questions_are_not():
    twin = BannerItem(91, "question", QUESTION.text, QUESTION.hint, QUESTION.actions)
    other = BannerItem(5, "warning", "x", HINT)
    groups = fold_equal((broken(1), QUESTION, broken(2), twin, other, broken(3)))
    assert [[item.banner_id for item in group] for group in groups] == [[1, 2, 3], [5], [91], [90]]


def test_messages_without_a_hint_are_folded_by_their_text():
    same = [BannerItem(number, "info", "Saved.") for number in (1, 2)]
    assert len(fold_equal((*same, BannerItem(3, "info", "Loaded.")))) == 2


def test_the_newest_message_stands_on_top(stack):
    stack.show_banners(tuple(BannerItem(number, "warning", f"text {number}") for number in range(3)))
    assert [banner.group[0].banner_id for banner in stack.banners] == [2, 1, 0]


def test_the_same_text_is_said_once(stack):
    same = tuple(BannerItem(number, "error", "It ends too early.", HINT) for number in range(3))
    stack.show_banners(same)
    (banner,) = stack.banners
    assert len(banner.findChildren(QLabel)) == 2
    assert banner.findChild(QToolButton, "banner.0.more") is None


def test_informations_make_room_for_what_is_more_than_that(stack):
    infos = tuple(BannerItem(number, "info", f"text {number}") for number in range(N_SHOWN + 1))
    stack.show_banners((QUESTION, *infos))
    shown = [banner.group[0].banner_id for banner in stack.banners]
    assert shown == [N_SHOWN, N_SHOWN - 1, QUESTION.banner_id]


def test_many_broken_files_are_one_banner_that_lists_them(stack, qtbot):
    stack.show_banners(tuple(broken(number) for number in range(13)))
    assert len(stack.banners) == 1
    more = button(stack, QToolButton, "banner.0.more")
    assert more.text() == "and 12 more like this…"
    stack.show()
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    listed = stack.findChild(QPlainTextEdit)
    assert listed.isVisible()
    assert listed.toPlainText().splitlines() == [broken(number).text for number in range(1, 13)]
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert not listed.isVisible()
    assert stack.emitted == []


def test_a_list_stays_open_when_another_file_joins(stack, qtbot):
    stack.show()
    stack.show_banners((broken(0), broken(1)))
    qtbot.mouseClick(button(stack, QToolButton, "banner.0.more"), Qt.MouseButton.LeftButton)
    stack.show_banners((broken(0), broken(1), broken(2)))
    (banner,) = stack.banners
    assert "photo_2" in banner.findChild(QPlainTextEdit).toPlainText()


def test_dismissing_a_fold_dismisses_each(stack, qtbot):
    stack.show_banners((broken(1), broken(2)))
    stack.show()
    qtbot.mouseClick(button(stack, QToolButton, "banner.1.dismiss"), Qt.MouseButton.LeftButton)
    assert stack.emitted == [("dismissed", 1), ("dismissed", 2)]


def test_escape_dismisses_the_focused_one_only(stack, qtbot):
    stack.show_banners((broken(1), QUESTION))
    stack.show()
    qtbot.keyClick(stack.banners[1], Qt.Key.Key_Escape)
    assert stack.emitted == [("dismissed", 1)]


def test_escape_works_from_a_selected_text_too(stack, qtbot):
    stack.show_banners((broken(1),))
    stack.show()
    qtbot.keyClick(stack.banners[0].findChild(QLabel), Qt.Key.Key_Escape)
    assert stack.emitted == [("dismissed", 1)]


def test_actions_are_buttons(stack, qtbot):
    stack.show_banners((QUESTION,))
    stack.show()
    qtbot.mouseClick(button(stack, QPushButton, "banner.90.no"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(button(stack, QPushButton, "banner.90.fetch"), Qt.Key.Key_Space)
    assert stack.emitted == [("no", 90), ("fetch", 90)]


def test_a_message_that_stays_keeps_its_widget(stack):
    stack.show_banners((QUESTION, broken(1)))
    kept = stack.banners[0]
    stack.show_banners((broken(1),))
    assert stack.banners == (kept,)


def test_a_file_named_like_markup_is_shown_as_it_is_and_can_be_marked(stack):
    stack.show_banners((BannerItem(1, "error", "<b>x</b>.jpg is no picture."),))
    label = stack.banners[0].findChild(QLabel)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


def test_many_different_messages_do_not_fill_the_window(stack, qtbot):
    stack.show_banners(tuple(BannerItem(number, "info", f"text {number}") for number in range(9)))
    stack.show()
    assert len(stack.banners) == N_SHOWN
    rest = button(stack, QToolButton, "banners.rest")
    assert rest.text() == f"and {9 - N_SHOWN} more messages…"
    qtbot.mouseClick(rest, Qt.MouseButton.LeftButton)
    assert len(stack.banners) == 9
    assert not rest.isVisible()


def test_colours_follow_severity(stack):
    stack.show_banners((BannerItem(1, "error", "one"), BannerItem(2, "info", "two")))
    first, second = (banner.grab().toImage() for banner in stack.banners)
    assert first.pixelColor(30, 2) != second.pixelColor(30, 2)


def test_details_are_folded_away_until_asked_for(stack, qtbot):
    lines = "\n".join(f"layer1.{place}.conv1.weight is not in the file" for place in range(100))
    stack.show_banners((BannerItem(1, "error", "The weights do not fit.", "Choose another.", (), lines),))
    (banner,) = stack.banners
    assert banner._list is None
    height = banner.sizeHint().height()
    qtbot.mouseClick(banner.findChild(QToolButton, "banner.1.more"), Qt.MouseButton.LeftButton)
    (banner,) = stack.banners
    assert banner._list.toPlainText() == lines
    assert height < banner.sizeHint().height() < height + 400


def test_messages_take_at_most_a_third_of_a_low_window_and_scroll(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    stack = BannerStack()
    holder = QWidget()
    column = QVBoxLayout(holder)
    room = BannerRoom(stack)
    column.addWidget(room)
    column.addWidget(QWidget(), 1)
    window.setCentralWidget(holder)
    window.resize(500, 300)
    window.show()
    assert room.isHidden()
    items = tuple(BannerItem(i, "error", f"{i} " + "long " * 60, "remedy " * 40, (), "") for i in range(3))
    stack.show_banners(items)
    qtbot.waitUntil(lambda: room.isVisible() and 0 < room.height() <= 100)
    assert window.height() == 300
    # None is stretched nor pressed: what has no room is scrolled to.
    assert all(banner.height() == banner.heightForWidth(banner.width()) for banner in stack.banners)
    stack.show_banners(())
    qtbot.waitUntil(room.isHidden)
