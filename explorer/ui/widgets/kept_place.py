"""A place that is taken from the start: a hint stands in it until there is something to show.

Used by the runs view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QWidget

from explorer.ui.theme import SPACE


class KeptPlace(QStackedWidget):
    """As large with its hint as with its content, so that nothing beside it moves when the content comes.

    Args:
        hint: A sentence that says how the content comes.
        content: With a layout.
    """

    def __init__(self, hint: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self._hint = QLabel(hint)
        self._hint.setProperty("tone", "muted")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._hint.setMargin(SPACE)
        self.addWidget(self._hint)
        self.addWidget(content)

    def show_content(self, is_wanted: bool) -> None:
        """Show the content, or the hint in its place."""
        self.setCurrentWidget(self._content if is_wanted else self._hint)

    def fit(self) -> None:
        """Take the room that the content wants now; Qt asks a hidden one only when it is told to."""
        layout = self._content.layout()
        if layout is not None:
            layout.activate()
        self.updateGeometry()
