import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QToolButton

from explorer.arch.own import OwnArchitecture
from explorer.arch.presets import preset
from explorer.engine.own_messages import (
    ArchitecturesListed,
    ForgetArchitecture,
    ListArchitectures,
    SaveArchitecture,
)
from explorer.state.model import AppState
from explorer.ui import theme
from explorer.ui.main_window import MainWindow
from explorer.ui.store import Store
from explorer.ui.views.gallery import GalleryView
from explorer.ui.views.gallery_card import CardButton


@pytest.fixture
def requests():
    return []


@pytest.fixture
def window(qtbot, requests):
    theme.apply(QApplication.instance(), "light")
    window = MainWindow(Store(AppState(), requests.append))
    qtbot.addWidget(window)
    window.resize(1300, 800)
    with qtbot.waitExposed(window):
        window.show()
    return window


def _trigger(window, text):
    next(action for action in window.menus.actions if action.text() == text).trigger()


def _asked(requests, kind):
    return [request for request in requests if isinstance(request, kind)]


def _spec(window):
    return window.gallery._store.state.document.spec


def test_it_is_built_when_it_is_opened(window, requests, qtbot):
    assert window.findChild(GalleryView) is None
    _trigger(window, "Gallery…")
    qtbot.waitUntil(lambda: window.findChild(GalleryView) is not None)
    assert len(_asked(requests, ListArchitectures)) == 1
    card = window.findChild(CardButton, "gallery.preset.resnet34")
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    assert _spec(window) == preset("resnet34").spec


def test_the_preset_list_leads_to_it(window, qtbot):
    window.findChild(type(window.architecture._preset), "spec.preset").click()
    window.findChild(QToolButton, "spec.preset.gallery").click()
    qtbot.waitUntil(lambda: window.findChild(GalleryView) is not None)
    assert window.gallery.dock.isVisible()


def test_the_users_own_are_kept_opened_and_let_go(window, requests, qtbot):
    window.gallery.open()
    qtbot.waitUntil(lambda: window.findChild(GalleryView) is not None)
    view = window.findChild(GalleryView)
    view.save_current_requested.emit("Mine")
    saved = _asked(requests, SaveArchitecture)[-1]
    assert (saved.name, saved.spec) == ("Mine", preset("cifar-resnet20").spec)
    own = OwnArchitecture("mine", "Mine", preset("cifar-resnet56").spec)
    ticket = _asked(requests, ListArchitectures)[-1].ticket
    window.gallery._store.dispatch(ArchitecturesListed(ticket=ticket, items=(own,), unreadable=(), version=1))
    assert view.shown[0] == "mine"
    card = window.findChild(CardButton, "gallery.own.mine")
    card.click()
    assert _spec(window) == own.spec
    card.removed.emit()
    assert _asked(requests, ForgetArchitecture)[-1].slug == "mine"


@pytest.mark.parametrize("form", ["text", "JSON", "command line"])
def test_an_architecture_is_copied_and_pasted_back(window, form):
    spec = preset("resnet50").spec.edited(attention="se", stage_widths=(64, 128, 256, 640))
    window.architecture.edited.emit({name: getattr(spec, name) for name in type(spec).model_fields}, "")
    assert _spec(window) == spec
    _trigger(window, f"Copy architecture as {form}")
    assert QApplication.clipboard().text()
    window.architecture.preset_chosen.emit("cifar-resnet20")
    _trigger(window, "Paste architecture")
    assert _spec(window) == spec
