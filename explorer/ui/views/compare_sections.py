"""Further views below the columns, behind tabs: opened by pressing one, closed by pressing it again.

Used by `compare.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.widgets.hairline import Hairline

_LINE_PX = 2
_STRIP_PX = 30
_LEAST_PX = 120


class _Tab(QAbstractButton):
    """A tab that can be pressed again."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedHeight(_STRIP_PX)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2 * SPACE, _STRIP_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        is_strong = self.isChecked() or self.underMouse()
        painter.setPen(colours.text if is_strong else colours.muted)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.isChecked():
            painter.fillRect(0, self.height() - _LINE_PX, self.width(), _LINE_PX, colours.accent)
        if self.hasFocus():
            painter.setPen(colours.accent)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 3.5, -1.5, -4.5), HALF, HALF)


class CompareSections(QWidget):
    """The tabs and what is behind them.

    Args:
        parent: As Qt has it.
    """

    opened = Signal(object)
    """Whether a section is open now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.sections")
        self._tabs: list[_Tab] = []
        self._stack = QStackedWidget()
        self._stack.setMinimumHeight(_LEAST_PX)
        self._stack.hide()
        self._strip = QHBoxLayout()
        self._strip.setContentsMargins(SPACE, 0, SPACE, 0)
        self._strip.setSpacing(HALF)
        self._strip.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline(self))
        column.addLayout(self._strip)
        column.addWidget(self._stack, 1)
        self.setMaximumHeight(_STRIP_PX + 1)
        self.hide()

    @property
    def current(self) -> QWidget | None:
        """The section that is open."""
        return self._stack.currentWidget() if any(tab.isChecked() for tab in self._tabs) else None

    def add(self, name: str, title: str, widget: QWidget) -> None:
        """Put a view behind a tab."""
        tab = _Tab(title, self)
        tab.setObjectName(f"compare.section.{name}")
        self._stack.addWidget(widget)
        self._tabs.append(tab)
        self._strip.insertWidget(len(self._tabs) - 1, tab)
        tab.clicked.connect(lambda is_open: self._on_pressed(tab, is_open=is_open))
        self.show()

    def open(self, widget: QWidget) -> None:
        """Show a section."""
        tab = self._tabs[self._stack.indexOf(widget)]
        tab.setChecked(True)
        self._on_pressed(tab, is_open=True)

    def _on_pressed(self, pressed: _Tab, *, is_open: bool) -> None:
        for tab in self._tabs:
            tab.setChecked(is_open and tab is pressed)
        if is_open:
            self._stack.setCurrentIndex(self._tabs.index(pressed))
        self._stack.setVisible(is_open)
        self.setMaximumHeight(16_777_215 if is_open else _STRIP_PX + 1)
        self.opened.emit(is_open)
