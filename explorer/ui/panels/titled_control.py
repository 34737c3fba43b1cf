"""One of the panel's own controls under its title: a dot where it is not as in the preset, and the way back.

Used by the architecture panel for what stands at its top. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from explorer.arch.spec import ArchitectureSpec
from explorer.ui.panels.field_facts import facts
from explorer.ui.panels.field_line import MarkedLabel
from explorer.ui.theme import HALF, font


class TitledControl(QWidget):
    """A control under its title, with small buttons at the right of the title.

    Args:
        text: The title.
        control: The control.
        beside: The buttons.
        names: The fields that it edits; none where another control speaks for them.
        parent: As Qt has it.
    """

    reset = Signal(object)
    """The user wants these fields back: their names with the preset's values."""

    def __init__(
        self,
        text: str,
        control: QWidget,
        beside: Sequence[QWidget] = (),
        names: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._names = tuple(names)
        self._usual: dict[str, object] = {}
        self._source = ""
        self.label = MarkedLabel(text)
        self.label.setFont(font("body", strong=True))
        line = QHBoxLayout()
        line.setSpacing(HALF)
        line.addWidget(self.label, 1)
        for widget in beside:
            line.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF + 2)
        column.addLayout(line)
        column.addWidget(control)

    def show_usual(self, spec: ArchitectureSpec, usual: ArchitectureSpec, source: str) -> None:
        """Mark the title where a field is not as usual.

        Args:
            spec: The net.
            usual: The preset that the user set out from.
            source: Its name.
        """
        self._usual = {name: getattr(usual, name) for name in self._names}
        self._source = source
        self.label.set_marked(any(getattr(spec, name) != value for name, value in self._usual.items()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._names:
            self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """What a right click offers."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        values = " and ".join(facts(name).label(value) for name, value in self._usual.items())
        action = menu.addAction(f"Reset to {values} ({self._source})")
        action.setEnabled(self.label.is_marked)
        action.triggered.connect(lambda _checked=False: self.reset.emit(dict(self._usual)))
        return menu
