from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QPushButton

from explorer.arch.presets import preset, presets
from explorer.present.gallery import Card, timeline
from explorer.ui import theme
from explorer.ui.views.gallery import GalleryView
from explorer.ui.views.gallery_card import THUMBNAIL_PX, CardButton


@pytest.fixture
def gallery(qtbot):
    theme.apply(QApplication.instance(), "light")
    view = GalleryView()
    qtbot.addWidget(view)
    view.resize(880, 700)
    view.show_presets(timeline(presets().values()))
    with qtbot.waitExposed(view):
        view.show()
    return view


def _card(view, name, kind="preset"):
    return view.findChild(CardButton, f"gallery.{kind}.{name}")


def test_every_preset_has_a_card_that_is_drawn_in_slices(gallery, qtbot):
    assert set(gallery.shown) == set(presets())
    assert not gallery.is_drawn
    qtbot.waitUntil(lambda: gallery.is_drawn)
    assert _card(gallery, "cifar-resnet20").numbers == ("270 k parameters", "8.75 % error, CIFAR-10 test")
    ground = _card(gallery, "resnet50").grab().toImage()
    colours = {ground.pixel(x, y) for x in range(8, 80) for y in range(8, 144)}
    assert len(colours) > 6


def test_a_click_and_enter_open_a_preset(gallery, qtbot):
    chosen = []
    gallery.preset_chosen.connect(chosen.append)
    qtbot.mouseClick(_card(gallery, "alexnet"), Qt.MouseButton.LeftButton)
    qtbot.keyClick(_card(gallery, "vgg16"), Qt.Key.Key_Return)
    assert chosen == ["alexnet", "vgg16"]


def test_the_filter_leaves_what_matches(gallery, qtbot):
    qtbot.keyClicks(gallery.findChild(QLineEdit, "gallery.search"), "resnext 29")
    assert gallery.shown == ("cifar-resnext29-8x64d",)
    assert _card(gallery, "cifar-resnext29-8x64d").isVisible()
    assert not _card(gallery, "alexnet").isVisible()


def test_cards_do_not_overlap_and_fit_the_width(gallery):
    for width in (300, 620, 1200):
        gallery.resize(width, 700)
        QApplication.processEvents()
        cards = [card.geometry() for card in gallery.findChildren(CardButton)]
        room = gallery.findChild(CardButton).parentWidget().width()
        assert all(card.right() <= max(room, cards[0].width() + 8) for card in cards)
        assert not any(one.intersects(other) for one in cards for other in cards if one is not other)


@pytest.mark.parametrize("width", [260, 320, 620, 1200])
def test_texts_fit_their_cards(gallery, qtbot, width):
    qtbot.waitUntil(lambda: gallery.is_drawn)
    gallery.resize(width, 700)
    QApplication.processEvents()
    for card in gallery.findChildren(CardButton):
        drawn = card.grab().toImage()
        below = {
            drawn.pixel(x, y)
            for x in range(THUMBNAIL_PX.width() + 16, drawn.width() - 16)
            for y in range(drawn.height() - 10, drawn.height() - 4)
        }
        assert len(below) == 1, card.card.name


def test_a_card_says_its_source_and_what_v1_is(gallery, qtbot):
    qtbot.waitUntil(lambda: gallery.is_drawn)
    card = _card(gallery, "se_resnet50")
    assert "as in 2015" in card.toolTip()
    assert "as in 2015" not in _card(gallery, "cifar-resnet20").toolTip()
    before = card.grab().toImage()
    card.card = replace(card.card, source="")
    assert card.grab().toImage() != before


def test_the_users_own_come_first_and_go(gallery, qtbot):
    chosen, removed = [], []
    gallery.own_chosen.connect(chosen.append)
    gallery.own_removed.connect(removed.append)
    mine = Card("mine", "My net", preset("cifar-resnet20").spec.edited(attention="se"), is_own=True)
    gallery.show_own((mine,))
    assert gallery.shown[0] == "mine"
    button = _card(gallery, "mine", "own")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.keyClick(button, Qt.Key.Key_Delete)
    assert [action.text() for action in button.menu().actions()] == ["Open", "Rename…", "Remove"]
    assert (chosen, removed) == (["mine"], ["mine"])
    gallery.show_own(())
    assert "mine" not in gallery.shown


def test_one_of_the_own_gets_another_name(gallery, monkeypatch, qtbot):
    renamed = []
    gallery.own_renamed.connect(lambda *said: renamed.append(said))
    gallery.show_own((Card("mine", "My net", preset("cifar-resnet20").spec, is_own=True),))
    button = _card(gallery, "mine", "own")
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (" Better name ", True))
    qtbot.keyClick(button, Qt.Key.Key_F2)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_, text, **__: (text, True))
    qtbot.keyClick(button, Qt.Key.Key_F2)
    assert renamed == [("mine", "Better name")]


def test_the_network_in_view_is_kept_under_a_name(gallery, monkeypatch, qtbot):
    names = []
    gallery.save_current_requested.connect(names.append)
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("  my net ", True))
    gallery.findChild(QPushButton, "gallery.save").click()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("", False))
    gallery.findChild(QPushButton, "gallery.save").click()
    assert names == ["my net"]


def test_the_network_in_view_is_marked(gallery):
    gallery.show_current(preset("resnet34").spec)
    assert _card(gallery, "resnet34").is_current
    gallery.show_current(preset("resnet50").spec)
    assert not _card(gallery, "resnet34").is_current
    assert _card(gallery, "resnet50").is_current
