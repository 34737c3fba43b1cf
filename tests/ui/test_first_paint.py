"""The first paint: the real program in a process of its own, looked at in the moment that it is in view."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import builtins, gc, json, os, sys
from explorer import app

show_window, own_import = app._run_window, builtins.__import__

def watched(options):
    # As the program itself does it, and before anything else of Qt.
    app._import_qt()
    from PySide6.QtWidgets import QApplication, QLabel
    from explorer.ui import start

    def places(window):
        return {name: dock.geometry().getRect() for name, dock in window._docks.items()}

    def painted(session):
        window = session.window
        found = {
            "modules": sorted(sys.modules),
            "is_own_import": builtins.__import__ is own_import,
            "collects": gc.isenabled(),
            "labels": [label.text() for label in window.architecture.findChildren(QLabel)],
            "boxes": [box.id for box in window.graph.canvas.layout_shown.boxes],
            "before": places(window),
        }
        window.add_features()
        QApplication.processEvents()
        found["after"] = places(window)
        # The style behind the one that reads the sheet.
        QApplication.instance().setStyleSheet("")
        found["style"] = QApplication.style().name()
        print(json.dumps(found), flush=True)
        os._exit(0)

    start.Session._on_first_paint = painted
    return show_window(options)

app._run_window = watched
app.main([])
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was there at the first paint."""
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "RESNET_EXPLORER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    data: dict[str, Any] = json.loads(done.stdout)
    return data


@pytest.mark.parametrize(
    "module", ["torch", "torchvision", "pyqtgraph", "numpy", "PIL", "sklearn", "sqlite3"]
)
def test_nothing_heavy_is_imported_before_the_first_paint(found: dict[str, Any], module: str) -> None:
    assert "explorer.ui.main_window" in found["modules"]
    assert module not in found["modules"]


@pytest.mark.parametrize("module", ["explorer.fetch", "explorer.transfer", "explorer.engine.worker", "ssl"])
def test_nothing_of_the_network_or_the_engine_is(found: dict[str, Any], module: str) -> None:
    assert module not in found["modules"]


@pytest.mark.parametrize(
    "module",
    [
        "explorer.engine.messages",
        "explorer.engine.data_messages",
        "explorer.engine.inside_messages",
        "explorer.engine.own_messages",
        "explorer.engine.picture_messages",
        "explorer.engine.run_messages",
        "explorer.engine.sample_messages",
        "explorer.engine.training_messages",
        "explorer.engine.twin_messages",
        "explorer.engine.compare_messages",
        "explorer.engine.lesson_messages",
        "explorer.engine.moment_messages",
        "explorer.engine.study_messages",
        "explorer.state.actions",
        "explorer.state.compare_actions",
        "explorer.state.inside_actions",
        "explorer.state.lesson_actions",
        "explorer.state.study_actions",
        "explorer.state.learning_actions",
        "explorer.state.reducer.root",
        "explorer.training.events",
        "explorer.ui.widgets.command_palette",
        "html.parser",
    ],
)
def test_what_is_not_needed_to_paint_is_imported_where_it_is_used(found: dict[str, Any], module: str) -> None:
    """A frozen dataclass takes half a millisecond to make; these modules have two hundred."""
    assert module not in found["modules"]


def test_nothing_of_the_reducer_is(found: dict[str, Any]) -> None:
    assert not [name for name in found["modules"] if name.startswith("explorer.state.reducer.")]


def test_panel_and_graph_show_the_bundled_net_by_then(found: dict[str, Any]) -> None:
    assert "269,722" in found["labels"]
    assert {"conv1", "fc"} <= set(found["boxes"])


def test_imports_are_pythons_own_and_nothing_is_collected_meanwhile(found: dict[str, Any]) -> None:
    assert found["is_own_import"]
    assert not found["collects"]


def test_the_style_is_the_same_on_every_desktop(found: dict[str, Any]) -> None:
    assert found["style"] == "fusion"


def test_no_dock_moves_when_the_feature_view_comes(found: dict[str, Any]) -> None:
    assert found["after"] == found["before"]
