"""What every topic of the inside view is: something that is shown facts, and saved.

Used by `views/inside.py`; each topic is a file of its own. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from explorer.state.inside import InsideTopic
from explorer.ui.views.inside_facts import InsideFacts


class TopicView(QWidget):
    """One topic. Subclasses show facts and make a table.

    Args:
        topic: Which; gives its object name.
        parent: As Qt has it.
    """

    lesion_toggled = Signal(object)
    """The user wants this block bypassed, or working again."""

    blocks_exchanged = Signal(object, object)
    """The user wants these two blocks to change places."""

    healed = Signal()
    """The user wants the intact network back."""

    embedding_chosen = Signal(object, object)
    """The user wants the sample laid out this way (method, key)."""

    picture_chosen = Signal(object)
    """The user wants to look at this dropped picture."""

    def __init__(self, topic: InsideTopic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.topic = topic
        self.setObjectName(f"inside.{topic}.view")

    def has_result(self, facts: InsideFacts) -> bool:
        """Whether there is something to show and to save.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def show_facts(self, facts: InsideFacts) -> None:
        """Show what was found; called only where there is a result.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def to_csv(self) -> str:
        """What is shown, as a table.

        Raises:
            NotImplementedError: A subclass forgot.
        """
        raise NotImplementedError

    def to_image(self) -> QImage:
        """What is shown, as a picture."""
        return self.grab().toImage()
