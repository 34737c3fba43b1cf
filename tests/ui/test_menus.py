"""The menus grey what would do nothing."""

from collections import defaultdict

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from explorer.state.model import AppState
from explorer.ui.menus import Menus
from explorer.ui.store import Store

NAMES = (
    "pause_training",
    "resume_training",
    "train_on_for_more_epochs",
    "stop_training",
    "rewind_to_the_moment_before",
    "go_to_the_moment_after",
    "back_to_now",
)


@pytest.fixture
def window(qtbot):
    made = QMainWindow()
    qtbot.addWidget(made)
    made.menus = Menus(made, Store(AppState(), lambda request: None), defaultdict(lambda: lambda: None))
    return made


def enabled(window):
    return {name for name in NAMES if window.findChild(QAction, f"menu.{name}").isEnabled()}


def test_nothing_of_a_training_can_be_done_before_one_began(window):
    assert enabled(window) == set()


def test_what_can_be_done_is_what_is_told(window):
    window.menus.show_training(can_pause=True, can_resume=False, can_extend=False, can_stop=True)
    window.menus.show_moments(has_before=True, is_rewound=False)
    assert enabled(window) == {"pause_training", "stop_training", "rewind_to_the_moment_before"}
    window.menus.show_training(can_pause=False, can_resume=True, can_extend=True, can_stop=False)
    window.menus.show_moments(has_before=False, is_rewound=True)
    assert enabled(window) == {
        "resume_training",
        "train_on_for_more_epochs",
        "go_to_the_moment_after",
        "back_to_now",
    }
