"""The budget lock: hold parameters or MACs while the net is edited, and say which field gives way.

Stands under the totals of the architecture panel. Takes plain values; knows nothing of the store.
"""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from explorer.arch.budget import Budget, Hold, Vary
from explorer.arch.spec import ArchitectureSpec
from explorer.present.text import grouped, share, signed
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE

OFF = "off"
USUAL_VARY: Vary = "width_factor"
CHOICES = (
    Segment(OFF, "Nothing", "<p>Edits change what the net costs.</p>"),
    Segment(
        "parameters",
        "Parameters",
        "<p>Edits keep the number of parameters: another field follows, to the nearest whole number.</p>",
    ),
    Segment(
        "macs",
        "MACs",
        "<p>Edits keep the multiply-adds: another field follows, to the nearest whole number.</p>",
    ),
)


def gap_text(budget: Budget, reached: int) -> str:
    """How far the net is from what is held, such as `132,064 below 25,557,032 (0.5 %)`."""
    gap = reached - budget.target
    if not gap:
        return f"exactly {grouped(budget.target)}"
    return f"{signed(grouped(abs(gap)), gap)} to {grouped(budget.target)} ({share(abs(gap), budget.target)})"


class BudgetLock(QWidget):
    """What is held, what follows, and the gap that remains."""

    lock_chosen = Signal(object, object)
    """The user chose (what to hold or None, the field that follows)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("budget")
        self._hold = Segments("budget.hold", "Hold while editing", CHOICES)
        self._hold.show_value(OFF)
        self._vary = FlatCombo()
        self._vary.setObjectName("budget.vary")
        self._vary.setAccessibleName("What follows")
        self._vary.setToolTip("<p>The field that follows. Turning it yourself sets a new budget.</p>")
        for name in get_args(Vary):
            self._vary.addItem(ArchitectureSpec.model_fields[name].title or name, name)
        self._show_vary(USUAL_VARY)
        self._gap = QLabel()
        self._gap.setObjectName("budget.gap")
        self._gap.setProperty("tone", "muted")
        self._gap.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._hold.chosen.connect(lambda _: self._tell())
        self._vary.activated.connect(lambda _: self._tell())
        self._lay_out()
        self.show_budget(None, 0)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(1, 1)
        self._follows = QLabel("Follows")
        hold = QLabel("Hold")
        for label in (hold, self._follows):
            label.setProperty("tone", "muted")
        grid.addWidget(hold, 0, 0)
        grid.addWidget(self._hold, 0, 1)
        grid.addWidget(self._follows, 1, 0)
        grid.addWidget(self._vary, 1, 1)
        grid.addWidget(self._gap, 2, 0, 1, 2)

    def show_budget(self, budget: Budget | None, reached: int) -> None:
        """Show what is held, without telling.

        Args:
            budget: None where nothing is.
            reached: What the net costs now, of what is held.
        """
        self._hold.show_value(OFF if budget is None else budget.hold)
        for widget in (self._follows, self._vary, self._gap):
            widget.setVisible(budget is not None)
        if budget is not None:
            self._show_vary(budget.vary)
            self._gap.setText(gap_text(budget, reached))
            self._gap.setProperty("tone", "success" if reached == budget.target else "muted")
            self._gap.setToolTip("<p>What the nearest whole number leaves over.</p>")
            # A label takes the colour of its tone only when it is polished again.
            self._gap.style().polish(self._gap)

    def _show_vary(self, vary: Vary) -> None:
        self._vary.setCurrentIndex(self._vary.findData(vary))

    def _tell(self) -> None:
        hold: Hold | None = None if self._hold.value == OFF else self._hold.value  # type: ignore[assignment]
        self.lock_chosen.emit(hold, self._vary.currentData())
