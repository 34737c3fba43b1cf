"""The lesson in its dock beside the views: opens what a step wants, and points at controls.

Made by `ui/main_window.py`. Imports the lesson view when the dock is first opened. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QDockWidget, QWidget

from explorer.state.lessons import LESSONS
from explorer.state.model import AppState
from explorer.ui.late import lesson_actions
from explorer.ui.seen_dock import SeenDock
from explorer.ui.store import Store
from explorer.ui.widgets.saving import ask_where

if TYPE_CHECKING:
    from explorer.state.actions import Action
    from explorer.ui.main_window import MainWindow
    from explorer.ui.views.lesson import LessonPanel, StepItem
    from explorer.ui.widgets.spotlight import Spotlight

LESSON_FILTER = "Lessons (*.lesson *.lesson.json);;All files (*)"
SAVED_FILTER = "Lessons (*.lesson)"
HEIGHTS = (3, 2)
"""Of the lesson and the architecture below it, to begin with: a step's text is seen whole."""
NO_NUMBERS = {"accuracy": "no trained weights yet", "without": "not measured yet"}
"""What stands in a text where a number is not known, by its kind."""


class LessonDock(SeenDock):
    """Shows the lesson that is open in its dock.

    Args:
        window: Where the dock lives, at its edge; its other docks are opened as steps want them.
        store: The state.
    """

    def __init__(self, window: MainWindow, store: Store) -> None:
        super().__init__("Lesson", "lesson", window, store)
        self._window = window
        self._view: LessonPanel | None = None
        self._spotlight: Spotlight | None = None
        self._was_placed = False
        store.subscribe(self._on_lesson)

    def place(self, architecture: QDockWidget) -> None:
        """The usual place: at the left, above the architecture; hidden while no lesson is open."""
        self.dock.setFloating(False)
        self._window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock)
        self._window.splitDockWidget(self.dock, architecture, Qt.Orientation.Vertical)
        self.dock.setVisible(self._store.state.lessons.lesson is not None)
        self._was_placed = False

    def commands(self) -> dict[str, Callable[[], object]]:
        """What menus and the palette do with lessons, by name."""
        return {
            "save_lesson": self.save,
            "next_step": lambda: self._leave(lesson_actions.StepLesson(1)),
            "previous_step": lambda: self._leave(lesson_actions.StepLesson(-1)),
            "close_lesson": lambda: self._leave(lesson_actions.CloseLesson()),
            **{f"lesson.{name}": partial(self.open_lesson, name) for name, _ in LESSONS},
        }

    def open_lesson(self, name: str) -> None:
        """Open one that ships with the program."""
        self._leave(lesson_actions.OpenLesson(name))

    def _leave(self, action: Action) -> None:
        """Do what leaves the step in view; what is being written in its note is kept first."""
        if self._view is not None:
            self._view.keep()
        self._store.dispatch(action)

    def build(self) -> QWidget:
        """The view, with its signals connected."""
        from explorer.state.lesson_actions import (
            AddStep,
            CloseLesson,
            GoToStep,
            NameStep,
            WriteNote,
        )
        from explorer.ui.views.lesson import LessonPanel

        dispatch, leave = self._store.dispatch, self._leave
        view = self._view = LessonPanel(LESSONS)
        view.lesson_chosen.connect(self.open_lesson)
        view.open_requested.connect(lambda: self._window.commands.by_name()["open_lesson"]())
        view.place_chosen.connect(lambda place: leave(GoToStep(place)))
        view.shown_again.connect(lambda: leave(GoToStep(self._store.state.lessons.step)))
        view.control_wanted.connect(self.point_at)
        view.note_written.connect(lambda note: dispatch(WriteNote(note)))
        view.heading_written.connect(lambda heading: dispatch(NameStep(heading)))
        view.step_added.connect(lambda: leave(AddStep(self.open_docks())))
        view.save_requested.connect(self.save)
        view.closed.connect(lambda: leave(CloseLesson()))
        return view

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the step in view, or which lessons there are."""
        if old is not None and old.lessons is new.lessons and old.net.origin is new.net.origin:
            return
        assert self._view is not None
        if new.lessons.lesson is None:
            self._view.show_none()
        else:
            self._view.show_step(step_item(new))

    def save(self) -> None:
        """Ask where, and keep what is on screen as a lesson."""
        from explorer.state.lesson_actions import SaveLesson

        if self._view is not None:
            self._view.keep()
        lessons = self._store.state.lessons
        title = lessons.lesson.title if lessons.lesson is not None else "My lesson"
        # A lesson that was written by hand, as text, is kept as a whole: beside it, not in its place.
        name = lessons.source.removesuffix(".json") if lessons.is_own else f"{title}.lesson"
        path = ask_where(self._window, "Save lesson", name, SAVED_FILTER, is_ending_fixed=True)
        if path:
            self._store.dispatch(SaveLesson(path, self.open_docks()))

    def point_at(self, control: str, dock: str) -> None:
        """Light a control for a moment, in its dock; what is not there (any more) is not pointed at.

        Args:
            control: Its object name.
            dock: The name of the dock that it is in; empty where it is always in view.
        """
        from explorer.ui.widgets.spotlight import Spotlight

        if dock in self._window.docks:
            self._bring(dock)
            # The place of what has just come into view is known once Qt has laid it out.
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        found = self._window.findChild(QWidget, control)
        if found is None:
            return
        if self._spotlight is None:
            self._spotlight = Spotlight(self._window)
        self._spotlight.light(found)

    def open_docks(self) -> tuple[str, ...]:
        """The names of the docks that are open, those in front of others last."""
        shown = [name for name, dock in self._window.docks.items() if not dock.isHidden()]
        return tuple(sorted(shown, key=lambda name: not self._window.docks[name].visibleRegion().isEmpty()))

    @property
    def lit(self) -> QWidget | None:
        """The control that is pointed at; None while none is."""
        return None if self._spotlight is None else self._spotlight.control

    def _on_lesson(self, old: AppState, new: AppState) -> None:
        """Another step, or the same one anew: open what it wants. A closed lesson takes its dock with it."""
        if old.lessons.shown == new.lessons.shown:
            if old.lessons.lesson is not None and new.lessons.lesson is None:
                self.dock.hide()
            return
        if self._spotlight is not None:
            self._spotlight.put_out()
        step = new.lessons.present
        for name in step.view.docks if step is not None and step.view is not None else ():
            if name in self._window.docks:
                self._bring(name)
        self.open()
        if not self._was_placed:
            self._was_placed = True
            self._share_height()

    def _share_height(self) -> None:
        """Give the lesson its part of the edge; Qt knows how high that is once the dock is laid out."""
        architecture = self._window.docks["architecture"]
        total = self._window.height()
        parts = [total * part // sum(HEIGHTS) for part in HEIGHTS]
        self._window.resizeDocks([self.dock, architecture], parts, Qt.Orientation.Vertical)

    def _bring(self, name: str) -> None:
        dock = self._window.docks[name]
        dock.show()
        dock.raise_()


def step_item(state: AppState) -> StepItem:
    """The step in view as it is shown."""
    from explorer.engine.lesson import CONDITION
    from explorer.present.marked import filled, inline, standing, to_html
    from explorer.ui.views.lesson import StepItem, TrialItem

    lessons = state.lessons
    lesson, step = lessons.lesson, lessons.present
    assert lesson is not None
    assert step is not None
    known = dict(lessons.facts.numbers) if lessons.facts is not None else {}
    numbers = {place: _no_number(place) if number is None else number for place, number in known.items()}

    def shown(text: str) -> str:
        return filled(standing(text, known, CONDITION), numbers)

    return StepItem(
        title=lesson.title,
        source=lessons.source,
        place=lessons.step,
        count=len(lesson.steps),
        heading=step.heading,
        html=to_html(shown(step.text)),
        missing=missing_text(state),
        trials=tuple(
            TrialItem(inline(text), trial.control, trial.dock)
            for trial in step.trials
            if (text := shown(trial.text))
        ),
        note=step.note,
        is_own=lessons.is_own,
        is_changed=lessons.is_changed,
    )


def _no_number(place: str) -> str:
    return NO_NUMBERS.get(place.strip("{}").partition(":")[0], "not known")


def missing_text(state: AppState) -> str:
    """Which networks that the step shows have no trained weights on this machine.

    The one in view is not among them any more once it was trained here.
    """
    from explorer.arch.presets import net_title
    from explorer.engine.lesson import KNOWN

    lessons, step = state.lessons, state.lessons.present
    if step is None or step.view is None or lessons.facts is None:
        return ""
    view, untrained = step.view, lessons.facts.untrained
    is_learned = (
        state.net.spec == view.net.spec and state.net.origin is not None and state.net.origin.is_trained
    )
    nets = (*view.columns * ("compare" in view.docks), *(view.net,) * (not is_learned))
    titles = list(
        dict.fromkeys(net_title(net.spec) for net in nets if net.weights == KNOWN and net.spec in untrained)
    )
    if not titles:
        return ""
    if len(titles) == 1:
        return f"No trained weights here yet for {titles[0]}: its maps and answers are chance."
    names = f"{', '.join(titles[:-1])} and {titles[-1]}"
    return f"No trained weights here yet for {names}: their maps and answers are chance."
