"""The gallery of weights for one network: a card each for what is bundled, cached, to be had, trained here.

Opened by the window's commands from the menu and from the line that says where weights come from. Takes plain
values and emits what was chosen; knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.families import essence
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import WeightsChoice, WeightsOffer
from explorer.engine.run_messages import RunRow
from explorer.nets.facts import Origin
from explorer.present.text import byte_size
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views import run_words
from explorer.ui.views.dataset_cards import Card

_SIZE_PX = (460, 420)
_PLACES = {"bundled": "ships with the program", "torchvision": "from torchvision"}


@dataclass(frozen=True, slots=True)
class WeightsItem:
    """One card.

    Attributes:
        name: Unique; part of the button's object name.
        title: Its first line.
        facts: Its second line: accuracy, data, where it is from.
        choice: What its button chooses.
        size_bytes: To download first; 0 where it is here.
        is_in_use: Whether the network has these weights now.
    """

    name: str
    title: str
    facts: str
    choice: WeightsChoice
    size_bytes: int = 0
    is_in_use: bool = False


def trained_for(spec: ArchitectureSpec, rows: tuple[RunRow, ...]) -> tuple[RunRow, ...]:
    """The runs whose weights are those of this network; bundled ones have offers of their own."""
    wanted = essence(spec)
    own = (row for row in rows if row.has_weights and not row.is_bundled)
    return tuple(row for row in own if essence(row.spec) == wanted)


def weights_items(
    offers: tuple[WeightsOffer, ...],
    origin: Origin | None,
    choice: WeightsChoice,
    can_copy: int,
    seed: int,
    runs: tuple[RunRow, ...] = (),
) -> tuple[WeightsItem, ...]:
    """The cards of one network.

    Args:
        offers: The weights that are known for it.
        origin: What it has now; None while it is built.
        choice: What it was asked to have.
        can_copy: Tensors of the net before that would fit.
        seed: Of first values.
        runs: Trainings of this network on this machine, from `trained_for`.
    """
    kind = origin.kind if origin is not None else ""
    now = origin.name if origin is not None else ""
    items = [
        _offered(offer, is_in_use=kind in ("bundled", "downloaded") and offer.name == now) for offer in offers
    ]
    ended = now if kind == "run" and origin is not None and origin.step is None else ""
    items += [_trained(row, is_in_use=row.id == ended) for row in runs]
    is_listed = any(row.id == ended for row in runs)
    if kind in ("file", "run") and origin is not None and not is_listed:
        accuracy = () if origin.accuracy_percent is None else (f"{origin.accuracy_percent:.1f} %",)
        facts = " · ".join((*accuracy, "a file" if kind == "file" else "trained here"))
        items.insert(0, WeightsItem("file", now, facts, choice, is_in_use=True))
    if can_copy or kind == "copied":
        facts = (
            f"{origin.copied:,} of {origin.tensors:,} tensors are copied"
            if kind == "copied" and origin is not None
            else f"{can_copy:,} tensors have the same key and shape"
        )
        copied = WeightsChoice("copied")
        items.append(
            WeightsItem("copied", "What fits from the net before", facts, copied, is_in_use=kind == "copied")
        )
    facts = f"first values of seed {seed}: its answers are chance"
    untrained = WeightsChoice("untrained")
    items.append(WeightsItem("untrained", "Untrained", facts, untrained, is_in_use=kind == "untrained"))
    return tuple(items)


def _trained(row: RunRow, *, is_in_use: bool) -> WeightsItem:
    """What a training here ended with, by its test accuracy, else by the best that it was seen to reach."""
    is_untested = run_words.is_untested(row)
    known, said = (row.validation_accuracy, "best validation ") if is_untested else (row.test_accuracy, "")
    accuracy = () if known is None else (f"{said}{100 * known:.1f} % on {row.data_title}",)
    facts = (*accuracy, f"trained here, {run_words.epochs(row)} epochs", run_words.date(row))
    choice = WeightsChoice("run", row.id)
    return WeightsItem(f"run.{row.id}", row.title, " · ".join(facts), choice, is_in_use=is_in_use)


def _offered(offer: WeightsOffer, *, is_in_use: bool) -> WeightsItem:
    accuracy = "" if offer.accuracy_percent is None else f"{offer.accuracy_percent:.1f} %"
    # Where the title already says what it was trained on, once is enough.
    data = "" if offer.data and offer.data in offer.title else offer.data
    learned = f"{accuracy} on {data}" if accuracy and data else accuracy or data
    place = _PLACES.get(offer.kind, "")
    if offer.kind != "bundled":
        place = ", ".join(
            filter(None, (place, "on this machine" if offer.is_present else "to be downloaded"))
        )
    return WeightsItem(
        offer.name,
        offer.title,
        " · ".join(filter(None, (learned, place))),
        WeightsChoice("named", offer.name),
        0 if offer.is_present else offer.size_bytes,
        is_in_use,
    )


class WeightsGallery(QDialog):
    """A card for each set of weights, each with what can be done with it.

    Args:
        parent: As Qt has it.
    """

    chosen = Signal(object)
    """Use these: a `WeightsChoice`."""
    wanted = Signal(object)
    """Download these and use them: their name."""
    file_requested = Signal()
    """Choose a file of weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("weights")
        self.setWindowTitle("Weights")
        self.resize(*_SIZE_PX)
        self._items: tuple[WeightsItem, ...] = ()
        self._heading = QLabel(self)
        self._heading.setFont(font("heading", strong=True))
        self._holder = QWidget()
        self._cards = QVBoxLayout(self._holder)
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(SPACE)
        self._cards.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self._holder)
        open_file = QPushButton("Open a file…", self)
        open_file.setObjectName("weights.open")
        open_file.setAutoDefault(False)
        open_file.clicked.connect(lambda: self.file_requested.emit())
        close = QPushButton("Close", self)
        close.setObjectName("weights.close")
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(open_file)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self._heading)
        column.addWidget(scroll, 1)
        column.addLayout(row)

    @property
    def items(self) -> tuple[WeightsItem, ...]:
        """The cards shown."""
        return self._items

    def show_items(self, net_title: str, items: tuple[WeightsItem, ...]) -> None:
        """Show the cards of a network; emits nothing.

        Args:
            net_title: What the network is called.
            items: In the order they are to stand.
        """
        self._heading.setText(f"Weights for {net_title}")
        if items == self._items:
            return
        self._items = items
        while self._cards.count() > 1:
            taken = self._cards.takeAt(0)
            old = taken.widget() if taken is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, item in enumerate(items):
            self._cards.insertWidget(place, self._card(item))

    def _card(self, item: WeightsItem) -> Card:
        card = Card(self._holder)
        card.setObjectName(f"weights.card.{item.name}")
        card.set_chosen(item.is_in_use)
        title = QLabel(item.title, card)
        title.setFont(font("body", strong=True))
        title.setWordWrap(True)
        facts = QLabel(item.facts, card)
        facts.setProperty("tone", "muted")
        facts.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(HALF)
        words.addWidget(title)
        words.addWidget(facts)
        row = QHBoxLayout(card)
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        row.addLayout(words, 1)
        row.addWidget(self._button(item, card))
        return card

    def _button(self, item: WeightsItem, card: Card) -> QPushButton:
        label = f"Get ({byte_size(item.size_bytes)})" if item.size_bytes else "Use"
        button = QPushButton("In use" if item.is_in_use else label, card)
        button.setObjectName(f"weights.take.{item.name}")
        button.setAccessibleName(f"{button.text()}: {item.title}")
        button.setEnabled(not item.is_in_use)
        button.setAutoDefault(False)
        button.clicked.connect(partial(self._on_taken, item))
        return button

    def _on_taken(self, item: WeightsItem, _is_checked: bool = False) -> None:
        if item.size_bytes:
            self.wanted.emit(item.name)
        else:
            self.chosen.emit(item.choice)
