"""The menu bar: every command once, with its shortcut, for menus and the command palette alike.

Made by `ui/main_window.py`. Knows the store's actions and the window's own commands; must not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from explorer.arch.presets import presets
from explorer.engine.values import WeightsChoice
from explorer.state.lessons import LESSONS
from explorer.state.settings import ColourScheme
from explorer.ui.late import actions, inside_actions, learning_actions
from explorer.ui.store import Store

SCHEMES: tuple[tuple[ColourScheme, str], ...] = (
    ("system", "As the system"),
    ("light", "Light"),
    ("dark", "Dark"),
)

Command = Callable[[], object]


class Menus:
    """Builds the menus and keeps what has to change with the state.

    Args:
        window: Gets the menu bar, and owns every action.
        store: Where actions are dispatched.
        commands: What the window itself does, by name: see `main_window.py`.
    """

    def __init__(self, window: QMainWindow, store: Store, commands: dict[str, Command]) -> None:
        self._window = window
        self._store = store
        self._commands = commands
        self.actions: list[QAction] = []
        self._file_menu()
        self._edit_menu()
        self._network_menu()
        self._training_menu()
        self._compare_menu()
        self.view_menu = self._view_menu()
        self._help_menu()

    def _add(self, menu: QMenu, text: str, shortcut: str, run: Command) -> QAction:
        action = QAction(text, self._window)
        action.setObjectName(f"menu.{text.lower().rstrip('…').replace(' ', '_')}")
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        action.triggered.connect(lambda _checked=False: run())
        # Where the name alone says little outside of its menu.
        action.setProperty("place", menu.title() if menu.parent() is not self._window.menuBar() else "")
        menu.addAction(action)
        self.actions.append(action)
        return action

    def _dispatching(self, make: Callable[..., actions.Action], *about: object) -> Command:
        """Makes the action when it is asked for: see `ui/late.py`."""
        return lambda: self._store.dispatch(make(*about))

    def _file_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&File")
        self._add(menu, "Open pictures…", "Ctrl+O", self._commands["open"])
        self._add(menu, "Open folder…", "Ctrl+Shift+O", self._commands["open_folder"])
        self._recent = menu.addMenu("Open recent")
        self._recent.aboutToShow.connect(self._fill_recent)
        menu.addSeparator()
        self._add(menu, "Open architecture…", "", self._commands["open_spec"])
        self._add(menu, "Save architecture…", "Ctrl+S", self._commands["save_spec"])
        self._add(menu, "Open weights…", "", self._commands["open_weights"])
        self._add(menu, "Save weights…", "", self._commands["save_weights"])
        self._add(menu, "Open lesson…", "", self._commands["open_lesson"])
        self._add(menu, "Save lesson…", "", self._commands["save_lesson"])
        menu.addSeparator()
        self._add(menu, "Save graph picture…", "", self._commands["save_graph"])
        self._add(menu, "Save graph as SVG…", "", self._commands["save_svg"])
        self._add(menu, "Save window picture…", "", self._commands["save_window"])
        menu.addSeparator()
        self._add(menu, "Quit", "Ctrl+Q", self._window.close)

    def _edit_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Edit")
        self._undo = self._add(menu, "Undo", "Ctrl+Z", self._dispatching(lambda: actions.Undo()))
        self._redo = self._add(menu, "Redo", "Ctrl+Shift+Z", self._dispatching(lambda: actions.Redo()))
        menu.addSeparator()
        self._add(menu, "Paste picture", "Ctrl+V", self._commands["paste"])
        menu.addSeparator()
        self._add(menu, "Copy architecture as text", "", self._commands["copy_text"])
        self._add(menu, "Copy architecture as JSON", "Ctrl+Shift+C", self._commands["copy_spec"])
        self._add(menu, "Copy architecture as command line", "", self._commands["copy_command"])
        self._add(menu, "Paste architecture", "Ctrl+Shift+V", self._commands["paste_spec"])
        menu.addSeparator()
        self._add(menu, "Remove all pictures", "", self._dispatching(lambda: actions.ClearPictures()))

    def _network_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Network")
        chooser = menu.addMenu("Preset")
        for preset in presets().values():
            self._add(
                chooser, preset.title, "", self._dispatching(lambda spec: actions.OpenSpec(spec), preset.spec)
            )
        self._add(menu, "Plain twin", "Ctrl+T", self._dispatching(lambda: actions.TogglePlainTwin()))
        menu.addSeparator()
        self._add(menu, "Weights…", "Ctrl+Shift+W", self._commands["weights"])
        for text, choice in (
            ("Use known weights", WeightsChoice()),
            ("Use untrained weights", WeightsChoice("untrained")),
            ("Copy what fits from the net before", WeightsChoice("copied")),
        ):
            self._add(menu, text, "", self._dispatching(lambda choice: actions.ChooseWeights(choice), choice))
        menu.addSeparator()
        self._add(menu, "Next node", "Alt+Down", self._dispatching(lambda: actions.StepNode(1)))
        self._add(menu, "Previous node", "Alt+Up", self._dispatching(lambda: actions.StepNode(-1)))
        self._add(menu, "Play walk through the network", "Ctrl+Space", self._commands["play_walk"])
        self._add(menu, "Save walk…", "", self._commands["save_walk"])
        menu.addSeparator()
        self._add(menu, "See inside", "Ctrl+I", self._commands["inside"])
        self._add(menu, "Heal all lesions", "", self._dispatching(lambda: inside_actions.HealAll()))

    def _training_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Training")
        self._add(menu, "Show training", "Ctrl+R", self._commands["training"])
        self._add(menu, "Start training", "Ctrl+Return", self._commands["start_training"])
        self._add(menu, "Start training with plain twin", "", self._commands["start_twins"])
        self._pause = self._add(
            menu, "Pause training", "", self._dispatching(lambda: learning_actions.PauseTraining())
        )
        self._resume = self._add(menu, "Resume training", "", self._commands["resume_training"])
        self._extend = self._add(menu, "Train on for more epochs…", "", self._commands["extend_training"])
        self._stop = self._add(
            menu, "Stop training", "", self._dispatching(lambda: learning_actions.StopTraining())
        )
        menu.addSeparator()
        self._before = self._add(menu, "Rewind to the moment before", "", self._commands["moment_before"])
        self._after = self._add(menu, "Go to the moment after", "", self._commands["moment_after"])
        self._now = self._add(menu, "Back to now", "", self._commands["back_to_now"])
        for action in (self._pause, self._resume, self._extend, self._stop):
            action.setEnabled(False)
        for action in (self._before, self._after, self._now):
            action.setEnabled(False)
        menu.addSeparator()
        self._add(menu, "Train on a folder…", "", self._commands["train_on_folder"])
        self._add(menu, "Teach your own classes", "", self._commands["teach"])
        menu.addSeparator()
        self._add(menu, "Show data", "", self._commands["data"])
        self._add(menu, "Show runs", "Ctrl+Shift+R", self._commands["runs"])
        self._add(menu, "Study…", "Ctrl+Shift+Y", self._commands["study"])
        self._add(menu, "Show all answers", "", self._commands["answers"])

    def _compare_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Compare")
        self._add(menu, "Networks side by side", "Ctrl+K", self._commands["compare"])
        menu.addSeparator()
        self._add(menu, "Pin this network", "Ctrl+D", self._commands["pin"])
        self._add(menu, "Pin the depths of its family", "", self._commands["add_depths"])
        self._add(menu, "Pin it with its plain twin", "", self._commands["add_twin"])
        self._add(menu, "Pin two depths, plain and residual", "", self._commands["pin_four"])
        menu.addSeparator()
        self._add(menu, "Flicker the pair", "", self._commands["flicker"])

    def _view_menu(self) -> QMenu:
        menu = self._window.menuBar().addMenu("&View")
        self._add(menu, "Gallery…", "Ctrl+G", self._commands["gallery"])
        self._add(menu, "Fit graph", "Ctrl+0", self._commands["fit"])
        self._add(menu, "Unfold everything", "Ctrl+Shift+U", self._commands["unfold_all"])
        self._add(menu, "Fold everything", "Ctrl+U", self._commands["fold_all"])
        self._add(menu, "Search nodes", "Ctrl+F", self._commands["search"])
        menu.addSeparator()
        colours = menu.addMenu("Colours")
        group = QActionGroup(self._window)
        self._schemes: dict[ColourScheme, QAction] = {}
        for scheme, text in SCHEMES:
            action = self._add(
                colours, text, "", self._dispatching(lambda scheme: actions.SetColourScheme(scheme), scheme)
            )
            action.setCheckable(True)
            group.addAction(action)
            self._schemes[scheme] = action
        self._add(menu, "Command palette…", "Ctrl+Shift+P", self._commands["palette"])
        self._add(menu, "Usual layout", "", self._commands["usual_layout"])
        menu.addSeparator()
        return menu

    def _help_menu(self) -> None:
        menu = self._window.menuBar().addMenu("&Help")
        lessons = menu.addMenu("Lessons")
        for name, title in LESSONS:
            self._add(lessons, title, "", self._commands[f"lesson.{name}"])
        lessons.addSeparator()
        self._add(lessons, "Next step", "Alt+Right", self._commands["next_step"])
        self._add(lessons, "Previous step", "Alt+Left", self._commands["previous_step"])
        self._add(lessons, "Close lesson", "", self._commands["close_lesson"])
        self._add(menu, "Keys…", "F1", self._commands["keys"])
        self._add(menu, "About ResNet Explorer…", "", self._commands["about"])

    def _fill_recent(self) -> None:
        self._recent.clear()
        paths = self._store.state.settings.recent
        for path in paths:
            action = self._recent.addAction(Path(path).name)
            action.setToolTip(path)
            action.triggered.connect(
                lambda _checked=False, path=path: self._store.dispatch(actions.Drop(paths=(path,)))
            )
        if not paths:
            self._recent.addAction("Nothing yet").setEnabled(False)

    def show_history(self, *, can_undo: bool, can_redo: bool) -> None:
        """Say what can be undone and redone."""
        self._undo.setEnabled(can_undo)
        self._redo.setEnabled(can_redo)

    def show_training(self, *, can_pause: bool, can_resume: bool, can_extend: bool, can_stop: bool) -> None:
        """Say what can be done with the training in view."""
        self._pause.setEnabled(can_pause)
        self._resume.setEnabled(can_resume)
        self._extend.setEnabled(can_extend)
        self._stop.setEnabled(can_stop)

    def show_moments(self, *, has_before: bool, is_rewound: bool) -> None:
        """Say where the training in view can be gone to."""
        self._before.setEnabled(has_before)
        self._after.setEnabled(is_rewound)
        self._now.setEnabled(is_rewound)

    def show_scheme(self, scheme: ColourScheme) -> None:
        """Say which colours are in use."""
        self._schemes[scheme].setChecked(True)
