"""The button that saves what a view shows, as pictures and tables, and what came of it.

Used by views that save several things. Asks where to, and writes; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.saving import ask_where, write_png, write_text


def _always() -> bool:
    return True


class SaveTool(QPushButton):
    """A button with a menu of what can be saved; the label that says what came of it stands where you put it.

    Args:
        name: Of the view; the button is `name.save`, the label `name.outcome`.
        parent: As Qt has it.
    """

    said = Signal(object)
    """What came of it, in words."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(self.tr("Save"))
        self.setObjectName(f"{name}.save")
        self.outcome = ElidedLabel("muted")
        self.outcome.setObjectName(f"{name}.outcome")
        self.said.connect(self.outcome.set_text)
        self._conditions: list[tuple[QAction, Callable[[], bool]]] = []
        menu = QMenu(self)
        menu.aboutToShow.connect(self._judge)
        self.setMenu(menu)

    def add(self, text: str, save: Callable[[], None], can: Callable[[], bool] = _always) -> None:
        """Add something that can be saved.

        Args:
            text: Of the entry.
            save: Saves it.
            can: Whether there is anything to save now.
        """
        self._conditions.append((self.menu().addAction(text, save), can))

    def add_line(self) -> None:
        """What follows belongs together."""
        self.menu().addSeparator()

    def build_menu(self) -> QMenu:
        """The menu as it opens now."""
        self._judge()
        return self.menu()

    def _judge(self) -> None:
        for action, can in self._conditions:
            action.setEnabled(can())

    def save_picture(self, widget: QWidget, file_name: str) -> None:
        """Ask where to, and write what a widget looks like."""
        path = ask_where(self, self.tr("Save as PNG"), file_name, "PNG (*.png)")
        if path:
            self.said.emit(write_png(widget.grab().toImage(), path))

    def save_table(self, make: Callable[[], str], file_name: str) -> None:
        """Ask where to, and write a table; it is made only where that is answered."""
        path = ask_where(self, self.tr("Save as CSV"), file_name, "CSV (*.csv)")
        if path:
            self.said.emit(write_text(make(), path))
