"""The gallery: the user's own architectures, then every preset in the order of history, as cards under years.

Made when its dock is first opened. Takes plain values and gives names; knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.spec import ArchitectureSpec
from explorer.present.gallery import OWN, Card, Section, found, picture
from explorer.ui.theme import SPACE, font
from explorer.ui.views.gallery_card import CARD_PX, CardButton

_HEIGHTS_PX = ((360, CARD_PX.height()), (CARD_PX.width(), 176), (0, 212))
"""(least width of a column, height of its cards): where it is narrow, texts need more lines."""
_SLICE_MS = 8.0
"""Thumbnails are made for so long at a time, between what the user does."""


class Flow(QWidget):
    """Headings, and under each its cards, as many beside each other as there is room for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[QLabel, list[CardButton]]] = []
        self._height = 0

    def show_rows(self, rows: list[tuple[QLabel, list[CardButton]]]) -> None:
        """Place these; all others are hidden already."""
        self._rows = rows
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(CARD_PX.width() + 2 * SPACE, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        room = self.width() - SPACE
        columns = max(1, room // (CARD_PX.width() + SPACE))
        # The cards share the whole width: long titles and sentences need it.
        step = room // columns
        y = SPACE
        height = next(height for least, height in _HEIGHTS_PX if step >= least)
        for heading, cards in self._rows:
            heading.setGeometry(2 * SPACE, y, max(1, self.width() - 3 * SPACE), heading.sizeHint().height())
            y += heading.height() + SPACE
            for place, card in enumerate(cards):
                row, column = divmod(place, columns)
                card.setGeometry(
                    SPACE + column * step,
                    y + row * (height + SPACE),
                    step - SPACE,
                    height,
                )
            y += -(-len(cards) // columns) * (height + SPACE) + SPACE
        self._height = y
        if self.minimumHeight() != y:
            self.setMinimumHeight(y)


class GalleryView(QWidget):
    """All architectures that have a name.

    Args:
        parent: As Qt has it.
    """

    preset_chosen = Signal(object)
    """The user opened the preset of this name."""
    own_chosen = Signal(object)
    """The user opened one of the own, by its slug."""
    own_renamed = Signal(object, object)
    """The user wants to call one of the own, by its slug, by this name."""
    own_removed = Signal(object)
    """The user no longer wants to keep this one, by its slug."""
    save_current_requested = Signal(object)
    """The user wants to keep the network in view under this name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("gallery")
        self.setAccessibleName("Gallery of architectures")
        self._own = Section(OWN, ())
        self._sections: tuple[Section, ...] = ()
        self._buttons: dict[tuple[bool, str], CardButton] = {}
        self._headings: dict[str, QLabel] = {}
        self._waiting: list[CardButton] = []
        self._current: ArchitectureSpec | None = None
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._on_slice)
        self._search = QLineEdit()
        self._search.setObjectName("gallery.search")
        self._search.setPlaceholderText("Filter: resnext, 2016, gate…")
        self._search.setAccessibleName("Filter architectures")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(lambda _text: self._arrange())
        save = QPushButton("Keep this network…")
        save.setObjectName("gallery.save")
        save.setToolTip("Keep the network in view among your architectures, with a name of your own")
        save.clicked.connect(self._on_save)
        self._flow = Flow()
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._flow)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, SPACE, SPACE, 0)
        line.addWidget(self._search, 1)
        line.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(line)
        column.addWidget(scroll, 1)

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the cards that the filter leaves, in order."""
        return tuple(card.name for section in self._left() for card in section.cards)

    @property
    def is_drawn(self) -> bool:
        """Whether every card has its picture."""
        return not self._waiting

    def show_presets(self, sections: Sequence[Section]) -> None:
        """Show presets under their years."""
        self._sections = tuple(sections)
        self._arrange()

    def show_own(self, cards: Sequence[Card]) -> None:
        """Show what the user keeps."""
        self._own = Section(OWN, tuple(cards))
        known = {card.name: card for card in cards}
        for is_own, name in list(self._buttons):
            button = self._buttons[is_own, name]
            if is_own and known.get(name) != button.card:
                del self._buttons[is_own, name]
                self._waiting = [other for other in self._waiting if other is not button]
                button.hide()
                button.deleteLater()
        self._arrange()

    def show_current(self, spec: ArchitectureSpec) -> None:
        """Mark the cards of the network in view."""
        self._current = spec
        for button in self._buttons.values():
            button.set_current(button.card.spec == spec)

    def _left(self) -> tuple[Section, ...]:
        return found((self._own, *self._sections), self._search.text())

    def _arrange(self) -> None:
        left = self._left()
        rows = [
            (self._heading(section.heading), [self._button(card) for card in section.cards])
            for section in left
        ]
        wanted = {widget for heading, cards in rows for widget in (heading, *cards)}
        for widget in (*self._headings.values(), *self._buttons.values()):
            widget.setVisible(widget in wanted)
        self._flow.show_rows(rows)
        if self._waiting:
            self._timer.start()

    def _heading(self, text: str) -> QLabel:
        if text not in self._headings:
            label = self._headings[text] = QLabel(text, self._flow)
            label.setFont(font("heading", strong=True))
        return self._headings[text]

    def _button(self, card: Card) -> CardButton:
        key = (card.is_own, card.name)
        if key not in self._buttons:
            button = self._buttons[key] = CardButton(card, self._flow)
            chosen, removed = self.own_chosen if card.is_own else self.preset_chosen, self.own_removed
            button.clicked.connect(lambda _checked=False: chosen.emit(card.name))
            button.removed.connect(lambda: removed.emit(card.name))
            button.renaming.connect(lambda: self._on_rename(card))
            button.set_current(card.spec == self._current)
            self._waiting.append(button)
        return self._buttons[key]

    def _on_slice(self) -> None:
        """Draw some of the cards that wait."""
        end = perf_counter() + _SLICE_MS / 1000
        while self._waiting and perf_counter() < end:
            button = self._waiting.pop(0)
            button.show_picture(picture(button.card.spec))
        if not self._waiting:
            self._timer.stop()

    def _on_rename(self, card: Card) -> None:
        name, is_given = QInputDialog.getText(self, "Rename", "Name:", text=card.title)
        if is_given and name.strip() and name.strip() != card.title:
            self.own_renamed.emit(card.name, name.strip())

    def _on_save(self) -> None:
        name, is_given = QInputDialog.getText(self, "Keep this network", "Name:")
        if is_given and name.strip():
            self.save_current_requested.emit(name.strip())
