"""The remark that the net is changed, so that nobody forgets; a press heals it.

Used by the image panel. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from explorer.ui.theme import font


class LesionChip(QToolButton):
    """Says what is switched off; hidden where nothing is.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("image.lesions")
        self.setFont(font("small"))
        self.setProperty("tone", "warning")
        self.setToolTip("Parts of the net are switched off or exchanged: press to heal all of them")
        self.hide()

    def show_lesions(self, n_bypassed: int, n_exchanged: int) -> None:
        """Count bypassed blocks and pairs that have changed places."""
        parts = []
        if n_bypassed:
            parts.append("1 block bypassed" if n_bypassed == 1 else f"{n_bypassed:,} blocks bypassed")
        if n_exchanged:
            parts.append("1 pair exchanged" if n_exchanged == 1 else f"{n_exchanged:,} pairs exchanged")
        said = " · ".join(parts)
        self.setText(f"{said} · heal" if said else "")
        self.setAccessibleName(self.text())
        self.setVisible(bool(said))
