"""What happens inside the network, a topic at a time; each has a view that is built when first seen.

Used by the inside dock. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from explorer.state.inside import InsideTopic
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_cost import CostView
from explorer.ui.views.inside_decisions import DecisionsView
from explorer.ui.views.inside_embedding import EmbeddingView
from explorer.ui.views.inside_excites import ExcitesView
from explorer.ui.views.inside_facts import InsideFacts, empty_message
from explorer.ui.views.inside_gradients import GradientsView
from explorer.ui.views.inside_head import InsideHead
from explorer.ui.views.inside_lesions import LesionsView
from explorer.ui.views.inside_residuals import ResidualsView
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.saving import ask_where, write_png

_MADE: dict[InsideTopic, Callable[[], TopicView]] = {
    "residuals": ResidualsView,
    "lesions": LesionsView,
    "gradients": GradientsView,
    "decisions": DecisionsView,
    "embedding": EmbeddingView,
    "excites": ExcitesView,
    "cost": CostView,
}


class InsideView(QWidget):
    """The head, and below it the topic or what to do to fill it.

    Args:
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

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.view")
        self._facts = InsideFacts()
        self._topics: dict[InsideTopic, TopicView] = {}
        self.head = InsideHead()
        self.head.png_requested.connect(self._save_png)
        self.head.csv_requested.connect(self._save_csv)
        self.empty = EmptyState()
        self.empty.setObjectName("inside.empty")
        self._said = ElidedLabel("muted")
        self._said.setObjectName("inside.said")
        self._said.setContentsMargins(SPACE, 0, SPACE, HALF)
        self._said.hide()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._pages, 1)
        column.addWidget(self._said)

    def minimumSizeHint(self) -> QSize:
        # What has no room is cut rather than pushing other docks away.
        return QSize(280, 260)

    @property
    def topic(self) -> TopicView:
        """The view of the present topic, built now if it was not."""
        name = self._facts.inside.topic
        if name not in self._topics:
            view = self._topics[name] = _MADE[name]()
            view.lesion_toggled.connect(self.lesion_toggled)
            view.blocks_exchanged.connect(self.blocks_exchanged)
            view.healed.connect(self.healed)
            view.embedding_chosen.connect(self.embedding_chosen)
            view.picture_chosen.connect(self.picture_chosen)
            self._pages.addWidget(view)
        return self._topics[name]

    def show_facts(self, facts: InsideFacts) -> None:
        """Show everything that was found, of the present topic."""
        self._facts = facts
        view = self.topic
        has_result = view.has_result(facts)
        if has_result:
            view.show_facts(facts)
        self.head.show_facts(facts, can_save=has_result)
        self.empty.set_message(empty_message(facts))
        self._pages.setCurrentWidget(view if has_result else self.empty)

    def _save_png(self) -> None:
        self._save("png", "PNG (*.png)", lambda path: write_png(self.topic.to_image(), path))

    def _save_csv(self) -> None:
        # Beside the curves, which need the plotting library: not before it is needed.
        from explorer.ui.widgets.saving import write_text

        self._save("csv", "CSV (*.csv)", lambda path: write_text(self.topic.to_csv(), path))

    def _save(self, ending: str, kinds: str, write: Callable[[str], str]) -> None:
        name = f"{self._facts.inside.topic}.{ending}"
        path = ask_where(self, f"Save as {ending.upper()}", name, kinds)
        if path:
            self._said.set_text(write(path))
            self._said.show()
