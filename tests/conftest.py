"""What every test shares: an offscreen Qt, a home of its own, and the real data where it is at hand."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


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
def look():
    """What a test does to the application's colours ends with it."""
    yield
    widgets = sys.modules.get("PySide6.QtWidgets")
    app = widgets.QApplication.instance() if widgets else None
    if app is not None:
        app.setStyleSheet("")
        app.styleHints().unsetColorScheme()
        app.setPalette(app.style().standardPalette())


@pytest.fixture
def shared():
    """The folder of real data; the test skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not at {SHARED}")
    return SHARED
