"""The program begins its work after the first paint, also where the last layout hides the graph."""

import gc
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from explorer import paths
from explorer.arch.presets import preset
from explorer.state import actions
from explorer.state.model import AppState
from explorer.state.session import encode
from explorer.ui.main_window import MainWindow
from explorer.ui.options import WindowOptions
from explorer.ui.start import SAVE_AFTER_MS, SESSION_FILE, Session
from explorer.ui.store import Store
from explorer.ui.words import notice_text


class Door:
    """Keeps what it is asked; computes nothing."""

    def __init__(self, _emit, _device):
        self.asked = []
        self.is_started = False

    def start(self):
        self.is_started = True

    def send(self, request):
        self.asked.append(request)

    def stop(self):
        return True


def layout_without_graph(qtbot):
    """A session that was left with the graph's dock closed."""
    store = Store(AppState(), lambda _: None)
    window = MainWindow(store)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window._docks["graph"].hide()
    window.remember_layout()
    window.close()
    return encode(store.state)


@pytest.mark.parametrize("is_hidden", [True, False])
def test_the_engine_starts_with_and_without_a_graph_in_view(qtbot, is_hidden):
    text = layout_without_graph(qtbot)
    if is_hidden:
        folder = paths.config_dir()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SESSION_FILE).write_text(text, encoding="utf-8")
    session = Session(QApplication.instance(), WindowOptions(), Door)
    qtbot.addWidget(session.window)
    assert session.window.graph.isVisible() != is_hidden
    qtbot.waitUntil(lambda: session.engine.is_started)
    assert session.engine.asked
    session.window.hide()
    session.finish()
    gc.enable()
    gc.unfreeze()


@pytest.mark.parametrize("harm", ["home", "session"])
def test_the_window_opens_where_its_folders_cannot_be_used_and_says_so(qtbot, tmp_path, monkeypatch, harm):
    if harm == "home":
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "file"))
    else:
        # Unreadable for root too.
        monkeypatch.setattr(
            Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(PermissionError(13, "no"))
        )
        (paths.config_dir() / SESSION_FILE).write_bytes(b"{}")
    session = Session(QApplication.instance(), WindowOptions(), Door)
    qtbot.addWidget(session.window)
    qtbot.waitUntil(lambda: session.engine.is_started)
    said = [notice_text(notice) for notice in session.store.state.notices]
    cause = "The folder for config cannot be made" if harm == "home" else "The last session cannot be read"
    assert any(text.startswith(cause) for text in said)
    session.window.hide()
    session.finish()


def test_what_changes_after_the_end_is_not_saved(qtbot):
    session = Session(QApplication.instance(), WindowOptions(), Door)
    qtbot.addWidget(session.window)
    qtbot.waitUntil(lambda: session.engine.is_started)
    session.finish()
    assert not (paths.config_dir() / SESSION_FILE).exists()
    session.store.dispatch(actions.OpenSpec(preset("cifar-resnet32").spec))
    qtbot.wait(2 * SAVE_AFTER_MS)
    assert not (paths.config_dir() / SESSION_FILE).exists()
    session.window.hide()
    gc.enable()
    gc.unfreeze()
