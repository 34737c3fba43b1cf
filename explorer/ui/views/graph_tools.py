"""The tools around the graph picture: search with its matches, heat and folding above, zoom beside it.

Used by `graph.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE, Colours, font
from explorer.ui.views.graph_icons import SIDE_PX, Name, icon


class SearchField(QLineEdit):
    """A line that steps through what it found.

    Args:
        parent: As Qt has it.
    """

    stepped = Signal(object)
    """1 for the next match, -1 for the one before."""
    left = Signal()
    """Escape was pressed."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if shift else 1)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.stepped.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
            return
        event.accept()


class GraphTools(QFrame):
    """The tools. The view connects them, and places `zoom` beside the picture.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[Name, QToolButton] = {}
        self.search = SearchField()
        self.search.setObjectName("graph.search")
        self.search.setAccessibleName(self.tr("Search the graph"))
        self.search.setPlaceholderText(self.tr("Search: 3×3, layer3.4, projection"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(96)
        self.count = QLabel()
        self.count.setObjectName("graph.count")
        self.count.setFont(font("small"))
        self.count.setProperty("tone", "muted")
        self.heat = FlatCombo()
        self.heat.setObjectName("graph.heat")
        self.heat.setAccessibleName(self.tr("Heat colours"))
        self.heat.setToolTip(self.tr("Colour every box by what it costs; measured: on this device"))
        self.heat.setPlaceholderText(self.tr("Other heat"))
        self.heat.addItem(self.tr("No heat"), None)
        self.heat.addItem(self.tr("Parameters"), "parameters")
        self.heat.addItem(self.tr("MACs"), "macs")
        self.heat.addItem(self.tr("Measured time"), "seconds")
        self.heat.addItem(self.tr("Measured memory"), "peak_bytes")
        self.heat.setCurrentIndex(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE, HALF, SPACE, HALF)
        row.setSpacing(2)
        row.addWidget(self.search, 1)
        row.addWidget(self.count)
        self.previous = self._button(row, "previous", self.tr("Previous match (Shift+Enter)"))
        self.next = self._button(row, "next", self.tr("Next match (Enter)"))
        row.addSpacing(SPACE)
        row.addWidget(self.heat)
        row.addSpacing(SPACE)
        self.fold = self._button(row, "fold", self.tr("Fold all"))
        self.unfold = self._button(row, "unfold", self.tr("Unfold all"))
        self.zoom = QWidget()
        column = QVBoxLayout(self.zoom)
        column.setContentsMargins(HALF, HALF, HALF, HALF)
        column.setSpacing(2)
        self.plus = self._button(column, "plus", self.tr("Zoom in (+)"))
        self.minus = self._button(column, "minus", self.tr("Zoom out (−)"))
        self.fit = self._button(column, "fit", self.tr("Fit to width (F)"))
        self.set_count(None, 0)
        self._paint_icons()

    def _button(self, row: QBoxLayout, name: Name, title: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"graph.{name}")
        button.setAccessibleName(title)
        button.setToolTip(title)
        button.setAutoRaise(True)
        button.setIconSize(QSize(SIDE_PX, SIDE_PX))
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
        self._buttons[name] = button
        return button

    def set_count(self, current: int | None, total: int) -> None:
        """Say how many matches there are, and which one is shown (from 0)."""
        has_text = bool(self.search.text().strip())
        for widget in (self.count, self.previous, self.next):
            widget.setVisible(has_text)
        for button in (self.previous, self.next):
            button.setEnabled(total > 0)
        if total == 0:
            words = self.tr("not found")
        elif current is None:
            words = self.tr("{total} found").format(total=f"{total:,}")
        else:
            words = self.tr("{current} of {total}").format(current=f"{current + 1:,}", total=f"{total:,}")
        self.count.setText(words if has_text else "")

    def _paint_icons(self) -> None:
        colour = Colours.of(self.palette()).muted
        for name, button in self._buttons.items():
            button.setIcon(icon(name, colour))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_icons()
        super().changeEvent(event)


def hairline() -> QFrame:
    """A thin line between the picture and what surrounds it."""
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFixedHeight(1)
    line.setForegroundRole(QPalette.ColorRole.Mid)
    return line
