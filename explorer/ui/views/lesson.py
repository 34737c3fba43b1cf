"""A lesson beside the views: a step's text, what to try, where one stands, and the user's own note.

Used by `ui/lesson_dock.py`. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.panels.glyph_button import GlyphButton
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views.note_edit import NoteEdit
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.step_dots import StepDots


@dataclass(frozen=True, slots=True)
class TrialItem:
    """Something to try: HTML, and the control that it is done with (empty for none) in its dock."""

    html: str
    control: str = ""
    dock: str = ""


@dataclass(frozen=True, slots=True)
class StepItem:
    """A step as it is shown.

    Attributes:
        title: The lesson's.
        source: What tells the lesson from others.
        place: Of the step, counted from 0.
        count: Of all steps.
        heading: The step's.
        html: Its text.
        missing: What is not here that it speaks of; empty where all is.
        trials: What to try.
        note: The user's own.
        is_own: Whether the lesson is the user's: then it can be written in.
        is_changed: Whether it is not saved.
    """

    title: str
    source: str
    place: int
    count: int
    heading: str
    html: str
    missing: str = ""
    trials: tuple[TrialItem, ...] = ()
    note: str = ""
    is_own: bool = False
    is_changed: bool = False


class LessonPanel(QWidget):
    """Shows a step, or the lessons that there are.

    Args:
        shipped: Names and titles of the lessons that ship with the program.
        parent: As Qt has it.
    """

    lesson_chosen = Signal(str)
    open_requested = Signal()
    place_chosen = Signal(int)
    shown_again = Signal()
    control_wanted = Signal(str, str)
    """A control's name and its dock's."""
    note_written = Signal(str)
    heading_written = Signal(str)
    step_added = Signal()
    save_requested = Signal()
    closed = Signal()

    def __init__(self, shipped: tuple[tuple[str, str], ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lesson")
        self.setMinimumWidth(220)
        self._shown: StepItem | None = None
        self._pages = QStackedWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self._pages.addWidget(self._choice(shipped))
        self._pages.addWidget(self._step())

    @property
    def note(self) -> NoteEdit:
        """Where the user writes."""
        return self._note

    def keep(self) -> None:
        """Tell what is being written, in the heading and in the note."""
        if self._own_heading.isVisible():
            self._on_heading()
        self._note.keep()

    def show_none(self) -> None:
        """Show the lessons that there are."""
        self._shown = None
        self._pages.setCurrentIndex(0)

    def show_step(self, item: StepItem) -> None:
        """Show a step."""
        before, self._shown = self._shown, item
        is_other = before is None or (before.source, before.place) != (item.source, item.place)
        self._pages.setCurrentIndex(1)
        self._title.set_text(f"{item.title}{' · not saved' * item.is_changed}")
        self._heading.setText(item.heading)
        self._heading.setVisible(not item.is_own)
        self._own_heading.setVisible(item.is_own)
        if not self._own_heading.hasFocus() or is_other:
            self._own_heading.setText(item.heading)
        self._text.setText(item.html)
        self._text.setVisible(bool(item.html))
        self._missing.setText(item.missing)
        self._missing.setVisible(bool(item.missing))
        if before is None or before.trials != item.trials or is_other:
            self._show_trials(item.trials)
        self._note.setVisible(item.is_own)
        self._note.show_note(f"{item.source} {item.place}", item.note)
        for widget in (self._add, self._save):
            widget.setVisible(item.is_own)
        self._dots.show_steps(item.count, item.place)
        self._back.setEnabled(item.place > 0)
        self._next.setEnabled(item.place + 1 < item.count)
        if is_other:
            self._scroll.verticalScrollBar().setValue(0)

    def _choice(self, shipped: tuple[tuple[str, str], ...]) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        said = QLabel("A lesson shows one thing in a few steps, on the real networks.", page)
        said.setWordWrap(True)
        said.setProperty("tone", "muted")
        column.addWidget(said)
        for name, title in shipped:
            button = QPushButton(title, page)
            button.setObjectName(f"lesson.open.{name}")
            button.clicked.connect(lambda _checked=False, name=name: self.lesson_chosen.emit(name))
            column.addWidget(button)
        file = QPushButton("Open a lesson file…", page)
        file.setObjectName("lesson.open_file")
        file.clicked.connect(lambda: self.open_requested.emit())
        column.addWidget(file)
        column.addStretch(1)
        return page

    def _step(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head(page))
        self._scroll = QScrollArea(page)
        self._scroll.setObjectName("lesson.scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body())
        column.addWidget(self._scroll, 1)
        column.addLayout(self._foot(page))
        return page

    def _head(self, page: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(2 * SPACE, SPACE, SPACE, 0)
        self._title = ElidedLabel("muted", parent=page)
        self._title.setObjectName("lesson.title")
        again = GlyphButton("redo", "lesson.again", "Show this step as it was meant again", 22, page)
        again.clicked.connect(lambda: self.shown_again.emit())
        close = GlyphButton("close", "lesson.close", "Close the lesson", 22, page)
        close.clicked.connect(lambda: self.closed.emit())
        row.addWidget(self._title, 1)
        row.addWidget(again)
        row.addWidget(close)
        return row

    def _body(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2 * SPACE, HALF, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        self._heading = _label("lesson.heading")
        self._heading.setFont(font("heading", strong=True))
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._own_heading = QLineEdit()
        self._own_heading.setObjectName("lesson.own_heading")
        self._own_heading.setAccessibleName("Heading of this step")
        self._own_heading.editingFinished.connect(self._on_heading)
        self._text = _label("lesson.text")
        self._missing = _label("lesson.missing")
        self._missing.setProperty("tone", "warning")
        self._missing.setTextFormat(Qt.TextFormat.PlainText)
        self._try = _label("lesson.try")
        self._try.setText("Try it")
        self._try.setFont(font("body", strong=True))
        self._trials = QVBoxLayout()
        self._trials.setSpacing(SPACE)
        self._note = NoteEdit()
        self._note.setObjectName("lesson.note")
        self._note.setPlaceholderText("Your note on this step")
        self._note.setMinimumHeight(88)
        self._note.edited.connect(lambda text: self.note_written.emit(text))
        for widget in (self._heading, self._own_heading, self._text, self._missing, self._try):
            column.addWidget(widget)
        column.addLayout(self._trials)
        column.addWidget(self._note, 2)
        column.addStretch(1)
        return body

    def _foot(self, page: QWidget) -> QVBoxLayout:
        own, way = QHBoxLayout(), QHBoxLayout()
        own.setSpacing(SPACE)
        self._add = QPushButton("Add step", page)
        self._add.setObjectName("lesson.add")
        self._add.setToolTip("What is on screen becomes the next step")
        self._add.clicked.connect(lambda: self.step_added.emit())
        self._save = QPushButton("Save…", page)
        self._save.setObjectName("lesson.save")
        self._save.setToolTip("Save the lesson with what is on screen as this step")
        self._save.clicked.connect(lambda: self.save_requested.emit())
        own.addWidget(self._add, 1)
        own.addWidget(self._save, 1)
        self._back, self._next = QPushButton("Back", page), QPushButton("Next", page)
        self._back.setToolTip("The step before (Alt+Left)")
        self._next.setToolTip("The next step (Alt+Right)")
        self._dots = StepDots(page)
        self._dots.setObjectName("lesson.dots")
        self._dots.chosen.connect(self.place_chosen)
        for button, name, step in ((self._back, "back", -1), (self._next, "next", 1)):
            button.setObjectName(f"lesson.{name}")
            button.clicked.connect(lambda _checked=False, step=step: self._on_step(step))
        way.addWidget(self._back)
        way.addStretch(1)
        way.addWidget(self._dots)
        way.addStretch(1)
        way.addWidget(self._next)
        foot = QVBoxLayout()
        foot.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        foot.setSpacing(SPACE)
        foot.addLayout(own)
        foot.addLayout(way)
        return foot

    def _show_trials(self, trials: tuple[TrialItem, ...]) -> None:
        while (item := self._trials.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # Qt deletes it later, but its controls must not be found under their names any more.
                widget.setParent(None)
                widget.deleteLater()
        self._try.setVisible(bool(trials))
        for number, trial in enumerate(trials):
            self._trials.addWidget(self._trial(trial, number))

    def _trial(self, trial: TrialItem, number: int) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        text = _label(f"lesson.trial.{number}")
        text.setText(trial.html)
        line.addWidget(text, 1)
        if trial.control:
            button = QToolButton(row)
            button.setObjectName(f"lesson.show.{number}")
            button.setText("Show")
            button.setProperty("tone", "accent")
            button.setToolTip("Show where this is in the window")
            button.setAccessibleName(f"Show where: {text.text()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda: self.control_wanted.emit(trial.control, trial.dock))
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _on_step(self, step: int) -> None:
        if self._shown is not None:
            self.place_chosen.emit(self._shown.place + step)

    def _on_heading(self) -> None:
        if self._shown is not None and self._own_heading.text().strip() != self._shown.heading:
            self.heading_written.emit(self._own_heading.text())


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    # Without marks in it Qt would take escaped text as it stands.
    label.setTextFormat(Qt.TextFormat.RichText)
    # Its only marks are our own; nothing in it is an address.
    label.setOpenExternalLinks(False)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
