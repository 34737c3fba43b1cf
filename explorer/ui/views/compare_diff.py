"""What differs between the architectures of two columns, in a window beside the comparison.

Made by `ui/compare_dock.py`. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from explorer.arch.diff import diff
from explorer.arch.spec import ArchitectureSpec
from explorer.ui.views.diff import DiffView, Other

_SIZE_PX = (680, 620)


class CompareDiff(QDialog):
    """The diff of a pair; another network can be chosen for A.

    Args:
        parent: Whose window it stays before.
    """

    pair_chosen = Signal(object)
    """The user wants these two, A and B, by name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("compare.diff")
        self.resize(*_SIZE_PX)
        self._b = ""
        self._view = DiffView()
        self._view.other_chosen.connect(lambda name: self.pair_chosen.emit((name, self._b)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._view)

    @property
    def view(self) -> DiffView:
        """The table."""
        return self._view

    def show_pair(self, columns: Mapping[str, tuple[str, ArchitectureSpec]], pair: tuple[str, str]) -> None:
        """Show what differs.

        Args:
            columns: Title and architecture by name.
            pair: The names of A and B.
        """
        (title_a, a), (title_b, b) = columns[pair[0]], columns[pair[1]]
        self._b = pair[1]
        self.setWindowTitle(self.tr("{a} → {b}").format(a=title_a, b=title_b))
        others = [Other(name, title) for name, (title, _) in columns.items() if name != pair[1]]
        self._view.show_others(others, pair[0])
        self._view.show_diff(diff(a, b), title_a, title_b)
