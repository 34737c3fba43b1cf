"""How tables of rows look here: no lines, no boxes for headings, every other row tinted, whole rows chosen.

Called by the views that show one. Knows nothing of what is in them.
"""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

ROW_PX = 28
_SHEET = """
QTableView::item { padding: 0 6px; }
QHeaderView { background: transparent; }
QHeaderView::section { background: transparent; border: 0; border-bottom: 1px solid palette(mid);
    padding: 5px 6px; }
QHeaderView::up-arrow, QHeaderView::down-arrow { subcontrol-origin: padding; subcontrol-position: top center;
    width: 9px; height: 9px; }
"""


def dress(table: QTableView, row_px: int = ROW_PX) -> None:
    """Make a table look and scroll like the others; which columns stretch is its own.

    Args:
        table: With its model.
        row_px: Height of a row.
    """
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setStyleSheet(_SHEET)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row_px)
    table.horizontalHeader().setHighlightSections(False)
