"""Opens the window: first paint before anything heavy, then the engine, then what was asked for.

Called by `app` with the way to make an engine. Must not import torch, pyqtgraph, nor the engine beyond its
messages.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QWidget

from explorer import paths
from explorer.errors import SetupError
from explorer.files import write_text
from explorer.state import session
from explorer.state.model import AppState, Document
from explorer.ui import theme
from explorer.ui.bridge import Bridge
from explorer.ui.idle import Collector
from explorer.ui.late import actions
from explorer.ui.main_window import MainWindow
from explorer.ui.options import WindowOptions
from explorer.ui.store import Store
from explorer.ui.timings import Timings

if TYPE_CHECKING:
    from explorer.engine.messages import Event
    from explorer.ui.options import MakeEngine

SESSION_FILE = "session.json"
SAMPLE_FILE = "samples/cat.jpg"
SAVE_AFTER_MS = 1_000
IDLE_POLL_MS = 100
STILL_AFTER_ERROR_MS = 5_000
SCREENSHOT_LIMIT_MS = 180_000


class Session(QObject):
    """One run of the program, from the first paint to the end.

    Args:
        app: Qt's application.
        options: From the command line.
        make_engine: (where events go, device) → the engine, not started.
    """

    def __init__(self, app: QApplication, options: WindowOptions, make_engine: MakeEngine) -> None:
        super().__init__()
        self._options = options
        self._timings = Timings(is_on=options.timings)
        state, self._trouble = _initial_state(options)
        self.bridge = Bridge(self._on_event)
        self.engine = make_engine(self.bridge.post, state.settings.device)
        self.store = Store(state, self.engine.send)
        theme.apply(app, state.settings.colour_scheme)
        self.window = MainWindow(self.store)
        self._is_painted = self._is_finished = False
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self._save)
        self.store.subscribe(self._on_changed)
        self._awaited: QWidget = self.window.graph
        self._awaited.installEventFilter(self)
        self.window.closed.connect(app.quit)
        self.window.show()
        if not self._awaited.isVisible():
            # The layout of the last session hides the graph: the window itself is what paints first.
            self._awaited.removeEventFilter(self)
            self._awaited = self.window
            self._awaited.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The first paint of the graph is the first paint of the program: now the heavy part may begin."""
        if event.type() == QEvent.Type.Paint and not self._is_painted:
            self._is_painted = True
            self._awaited.removeEventFilter(self)
            QTimer.singleShot(0, self._on_first_paint)
        return super().eventFilter(watched, event)

    def _on_first_paint(self) -> None:
        self._timings.mark("first_paint")
        self._timings.mark("graph_ready")
        # All that the paint did not wait for is imported before the engine begins with torch: beside another
        # thread that imports, the same takes the window half a second.
        self.window.add_features()
        sample = "" if self._options.files else str(paths.resources_dir() / SAMPLE_FILE)
        self.store.dispatch(actions.Start(sample, self._options.files))
        if self._trouble is not None:
            self.store.dispatch(actions.Complain(self._trouble.cause_text, self._trouble.hint_text))
        self._collector = Collector(self)
        self._collector.freeze()
        self.engine.start()
        if self._options.screenshot:
            self._camera = Camera(self, self._options.screenshot)

    def _on_event(self, event: Event) -> None:
        from explorer.engine.messages import Classified, EngineReady, ModelBuilt

        self.store.dispatch(event)
        if isinstance(event, EngineReady):
            # Torch's modules and functions are here for good.
            self._collector.freeze()
            self._timings.mark("engine_ready")
        elif isinstance(event, ModelBuilt):
            self._timings.mark("model_ready")
        elif isinstance(event, Classified):
            self._timings.mark("classified")

    def _on_changed(self, old: AppState, new: AppState) -> None:
        # What the window still remembers as it goes, after the end, comes too late.
        if session.is_other(old, new) and not self._is_finished:
            self._save_timer.start()

    def _save(self) -> None:
        """Keep document and settings, so that a crash loses nothing of them."""
        if self._options.screenshot:
            return
        try:
            write_text(paths.config_dir() / SESSION_FILE, session.encode(self.store.state))
        except (OSError, SetupError) as error:
            hint = "Make room on the disk or set RESNET_EXPLORER_HOME to another folder."
            self.store.dispatch(actions.Complain(f"The session could not be saved: {error}.", hint))

    def finish(self) -> None:
        """Save, and stop the engine while what receives its events still lives; nothing is shown after it."""
        if self._save_timer.isActive():
            self._save_timer.stop()
            self._save()
        self._is_finished = True
        self.engine.stop()
        self.bridge.close()


class Camera(QObject):
    """Takes one picture of the window when everything in it has come, and quits.

    Args:
        session: Whose window.
        path: Where the picture goes.
    """

    def __init__(self, session: Session, path: str) -> None:
        super().__init__(session)
        self._session = session
        self._path = path
        self._waited_ms = 0
        self._still_ms = 0
        self._seen_state = session.store.state
        self._timer = QTimer(self, interval=IDLE_POLL_MS)
        self._timer.timeout.connect(self._on_poll)
        self._timer.start()

    def _on_poll(self) -> None:
        self._waited_ms += IDLE_POLL_MS
        state = self._session.store.state
        self._still_ms = self._still_ms + IDLE_POLL_MS if state is self._seen_state else 0
        self._seen_state = state
        # Where an error stands, what failed does not come any more.
        has_failed = any(notice.severity == "error" for notice in state.notices)
        if is_settled(state) or (has_failed and not state.work and self._still_ms >= STILL_AFTER_ERROR_MS):
            self._timer.stop()
            # One more turn of the event loop paints what has just come.
            QTimer.singleShot(IDLE_POLL_MS, self._take)
        elif self._waited_ms >= SCREENSHOT_LIMIT_MS:
            self._timer.stop()
            sys.stderr.write("resnet-explorer: the window did not come to rest; no picture was taken.\n")
            QApplication.exit(1)

    def _take(self) -> None:
        if self._session.window.grab().save(self._path):
            QApplication.exit(0)
        else:
            sys.stderr.write(f"resnet-explorer: {self._path} could not be written. Choose another path.\n")
            QApplication.exit(1)


def is_settled(state: AppState) -> bool:
    """Whether everything that was asked for is in view."""
    if state.work or state.net.status not in ("ready", "failed"):
        return False
    current = state.pictures.loaded(state.pictures.current)
    if current is None:
        return bool(state.pictures.items) or state.pictures.total == 0
    if state.net.status == "failed":
        return True
    maps = state.maps
    return (
        current.image_id in state.answers
        and maps is not None
        and (maps.key, maps.image_id, maps.version)
        == (state.document.selected, current.image_id, state.net.version)
    )


def _initial_state(options: WindowOptions) -> tuple[AppState, SetupError | None]:
    """The last session's, or the usual, and why it is the usual; the command line's spec goes before it."""
    state, trouble = AppState(), None
    try:
        path = paths.config_dir() / SESSION_FILE
        if path.is_file():
            state = session.decode(path.read_text(encoding="utf-8", errors="replace"))
    except SetupError as error:
        trouble = error
    except OSError as error:
        trouble = SetupError(
            "The last session cannot be read: {reason}.",
            "Make {path} readable, or delete it.",
            reason=(error.strerror or str(error)).lower(),
            path=path,
        )
    if options.spec is not None:
        state = replace(state, document=Document(spec=options.spec))
    return state, trouble


def run(options: WindowOptions, make_engine: MakeEngine) -> int:
    """Open the window and stay until it is closed.

    Args:
        options: From the command line.
        make_engine: (where events go, device) → the engine, not started.

    Returns:
        The exit code.
    """
    app = QApplication([*sys.argv[:1], *theme.STYLE_ARGUMENTS])
    app.setApplicationName("ResNet Explorer")
    app.setDesktopFileName("resnet-explorer")
    app.setWindowIcon(QIcon(str(paths.resources_dir() / "icons" / "resnet-explorer.svg")))
    current = Session(app, options, make_engine)
    code = app.exec()
    current.finish()
    return code
