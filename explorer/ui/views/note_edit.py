"""A note to write: told when it is left, or a moment after the last key.

Used by the runs view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

NOTE_WAIT_MS = 800
"""A note is kept when nothing was typed for so long."""
_LEAST_PX, _USUAL_PX = 48, 80
"""Notes are short: Qt's usual height for a text would be taken from the table above it."""


class NoteEdit(QPlainTextEdit):
    """One note at a time, each of its own subject.

    Args:
        parent: As Qt has it.
    """

    edited = Signal(object)
    """The whole note."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.note")
        self.setAccessibleName("Note")
        self.setPlaceholderText("A note on this run")
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(_LEAST_PX)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(
            "QPlainTextEdit { border: 1px solid palette(mid); border-radius: 6px; padding: 4px;"
            " background: palette(base); }"
        )
        self._subject = ""
        self._kept = ""
        self._timer = QTimer(self, singleShot=True, interval=NOTE_WAIT_MS)
        self._timer.timeout.connect(self.keep)
        self.textChanged.connect(self._timer.start)

    def show_note(self, subject: str, note: str) -> None:
        """Show a note; what is being written on the same subject stays.

        Args:
            subject: What it is about.
            note: The text that is kept.
        """
        is_written = subject == self._subject and self.toPlainText().strip() != self._kept
        self._subject, self._kept = subject, note
        if not is_written and note != self.toPlainText().strip():
            self.setPlainText(note)
        if not is_written:
            self._timer.stop()

    def keep(self) -> None:
        """Tell the note where it was changed."""
        self._timer.stop()
        note = self.toPlainText().strip()
        if note != self._kept:
            self._kept = note
            self.edited.emit(note)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _USUAL_PX)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.keep()
        super().focusOutEvent(event)
