"""A card for each data set that the program knows, with what can be done with it: use or download.

Used by the dataset view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from explorer.engine.data_messages import DataCard
from explorer.present.text import byte_size
from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font


class Card(QWidget):
    """A rounded ground for whatever is put on it; framed in the accent while it is chosen.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_chosen = False

    def set_chosen(self, is_chosen: bool) -> None:
        """Frame it, or not."""
        if is_chosen != self._is_chosen:
            self._is_chosen = is_chosen
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setBrush(colours.card)
        width = 2.0 if self._is_chosen else 1.0
        painter.setPen(QPen(colours.accent if self._is_chosen else colours.hairline, width))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)


class DataCardView(Card):
    """One data set: title, a sentence, its size, and one button.

    Args:
        card: The data set.
        parent: As Qt has it.
    """

    chosen = Signal(object)
    """Use this set (its name)."""
    wanted = Signal(object)
    """Download this set (its name)."""

    def __init__(self, card: DataCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._card = card
        self.setObjectName(f"data.card.{card.name}")
        self.setAccessibleName(card.title)
        title = QLabel(card.title)
        title.setFont(font("body", strong=True))
        about = QLabel(card.about)
        about.setProperty("tone", "muted")
        about.setFont(font("small"))
        about.setWordWrap(True)
        about.setAlignment(Qt.AlignmentFlag.AlignTop)
        about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        facts = QLabel(f"{card.n_classes:,} classes")
        facts.setProperty("tone", "muted")
        facts.setFont(font("small"))
        self._button = QPushButton()
        self._button.setObjectName(f"data.use.{card.name}")
        self._button.clicked.connect(self._on_clicked)
        foot = QHBoxLayout()
        foot.addWidget(facts, 1)
        foot.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, SPACE, SPACE, SPACE)
        column.setSpacing(HALF)
        column.addWidget(title)
        column.addWidget(about, 1)
        column.addLayout(foot)

    def show_use(
        self, *, is_chosen: bool, is_fetching: bool, fetched: float | None, can_choose: bool
    ) -> None:
        """Say what its button does now.

        Args:
            is_chosen: Whether trainings use this set.
            is_fetching: Whether it is being downloaded.
            fetched: How much of it is here, 0 to 1; None where unknown.
            can_choose: Whether another set can be chosen now.
        """
        card, button = self._card, self._button
        self.set_chosen(is_chosen and card.is_present)
        if is_fetching:
            text = "Downloading…" if fetched is None else f"Downloading {100 * fetched:.0f} %"
        elif not card.is_present:
            text = f"Download {byte_size(card.size_bytes)}"
        else:
            text = "In use" if is_chosen else "Use"
        button.setText(text)
        button.setEnabled(not is_fetching and can_choose and not (is_chosen and card.is_present))
        button.setAccessibleName(f"{text}: {card.title}")
        button.setToolTip("" if card.is_present else "Nothing is downloaded before you press this.")

    def _on_clicked(self) -> None:
        signal = self.chosen if self._card.is_present else self.wanted
        signal.emit(self._card.name)
