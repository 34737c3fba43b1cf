"""The remark that a run is rewound, so that nobody forgets; a press brings it back to now.

Used by the training view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from explorer.ui.theme import font


class RewindChip(QToolButton):
    """Says how far a run is rewound; hidden where it stands at now.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.rewound")
        self.setFont(font("small"))
        self.setProperty("tone", "warning")
        self.setToolTip("All that is shown of this run is as it was then: press to come back to now")
        self.hide()

    def show_step(self, step: int | None) -> None:
        """Say the moment; None is now."""
        self.setText("" if step is None else f"rewound to step {step:,} · back to now")
        self.setAccessibleName(self.text())
        self.setVisible(step is not None)
