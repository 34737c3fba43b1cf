"""What every test shares: an offscreen Qt, a home of its own, and the real data where it is at hand."""

import gc
import os
import sys
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from hypothesis import HealthCheck, settings

from explorer import boot

# Before torch is imported, as the program does it: its threads must not spin where several tests run.
boot.prepare_process()

SHARED = Path(__file__).resolve().parents[2] / "shared"
PATIENCE_MS = 60_000

made_windows: set[str] = set()
"""The modules of tests whose windows have not been collected yet."""

# Other work may hold the processor; and what fails once must fail again.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Everything the program writes goes to a folder of the test's own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def qapp_args():
    """The words that the tests' application is made with: the program's own."""
    from explorer.ui.theme import STYLE_ARGUMENTS

    return ["tests", *STYLE_ARGUMENTS]


@pytest.fixture(autouse=True)
def chance():
    """Each test draws the same numbers, whichever were drawn before it."""
    torch = sys.modules.get("torch")
    # While another thread imports it there is no generator yet.
    if torch is not None and hasattr(torch, "manual_seed"):
        torch.manual_seed(0)


@pytest.fixture(autouse=True)
def look(request):
    """What a test does to the screen ends with it: colours, windows left open, where the mouse stands.

    While there are windows Python collects no garbage by itself, as in the program: widgets that go while the
    style changes, or on another thread than theirs, crash Qt.
    """
    has_windows = "qapp" in request.fixturenames
    if has_windows:
        made_windows.add(request.module.__name__)
        gc.disable()
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    app = widgets.QApplication.instance() if widgets else None
    if app is not None:
        gc.disable()
        for window in app.topLevelWindows():
            # One that a test forgot takes the mouse of the next test.
            if window.isVisible():
                window.hide()
        sys.modules["PySide6.QtGui"].QCursor.setPos(0, 0)
        # What listens to it sets a style sheet.
        app.styleHints().unsetColorScheme()
        app.setStyleSheet("")
        app.setPalette(app.style().standardPalette())
    if has_windows:
        gc.collect(1)
    gc.enable()


@pytest.fixture(autouse=True, scope="module")
def garbage():
    """Windows of the tests before go here, and not in the middle of a test nor on the engine's thread."""
    if made_windows:
        made_windows.clear()
        gc.collect()


@pytest.fixture
def qtbot(qtbot):
    """It waits for as long as a loaded machine may need; pytest-qt gives up after five seconds."""
    for name in ("waitUntil", "waitSignal", "waitExposed"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=PATIENCE_MS))
    return qtbot


@pytest.fixture
def shared():
    """The folder of real data; the test skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not at {SHARED}")
    return SHARED
