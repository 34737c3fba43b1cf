"""Teach the network classes of one's own: drop pictures into a card a class, name them, press Teach.

Shown in a dock of its own, imported when that is first opened. Takes plain values; knows no store.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views.teach_bin import BinCard
from explorer.ui.widgets.drop_area import Dropped
from explorer.ui.widgets.flow_layout import FlowLayout, flow_holder
from explorer.ui.widgets.thumbnails import PictureItem

LEAST_BINS = 2
_CARD_PX = 230, 460
_ABOUT = "Drop pictures into each class, name the classes, and teach {network} to tell them apart."
_NO_SEPARATORS = "/\\"
PICTURE_FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff);;All files (*)"


@dataclass(frozen=True, slots=True)
class BinItem:
    """A class as it is shown: its name, its pictures, and how many drops are still being read."""

    name: str
    pictures: tuple[PictureItem, ...] = ()
    n_waiting: int = 0


def missing(name: str, bins: tuple[BinItem, ...]) -> str:
    """What has to be done before these classes can be taught; empty where nothing is.

    Args:
        name: Of the set.
        bins: The classes.
    """
    if len(bins) < LEAST_BINS:
        return "Add a second class."
    seen: set[str] = set()
    for place, one in enumerate(bins, start=1):
        said = one.name.strip()
        if not said:
            return f"Name class {place}."
        if said.lower() in seen:
            return f"Two classes are called {said}."
        if any(letter in said for letter in _NO_SEPARATORS) or said.startswith("."):
            return f"A name holds no / and no \\ and does not begin with a dot: {said}."
        if not one.pictures:
            return f"{said} has no pictures yet."
        seen.add(said.lower())
    return "" if name.strip() else "Name the set."


class TeachView(QWidget):
    """Classes side by side, and the button that teaches them.

    Args:
        parent: As Qt has it.
    """

    name_edited = Signal(object)
    """The name of the set."""
    bin_added = Signal()
    bin_renamed = Signal(object, object)
    """Place and name."""
    bin_removed = Signal(object)
    """Place."""
    bin_filled = Signal(object, object)
    """Place and what was dropped (`Dropped`)."""
    pictures_joined = Signal(object, object)
    """Place and the numbers of pictures of this session."""
    picture_removed = Signal(object, object)
    """Place and the picture's number."""
    teach_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teach")
        self.setAccessibleName("Teach")
        self._cards: list[BinCard] = []
        self._is_adding = False
        self._build_parts()
        self._lay_out()
        self._connect()

    def _build_parts(self) -> None:
        self._about = QLabel()
        self._about.setObjectName("teach.about")
        self._about.setProperty("tone", "muted")
        self._about.setWordWrap(True)
        self._flow = FlowLayout(*_CARD_PX)
        self._add = QPushButton("Add class")
        self._add.setObjectName("teach.add")
        self._name = QLineEdit()
        self._name.setObjectName("teach.name")
        self._name.setAccessibleName("Name of the set")
        self._name.setPlaceholderText("Name of the set")
        self._name.setMinimumWidth(112)
        self._name.setMaximumWidth(240)
        self._name.setAcceptDrops(False)
        self._start = QPushButton("Teach")
        self._start.setObjectName("teach.start")
        self._start.setDefault(True)
        self._start.setFont(font("body", strong=True))
        self._missing = QLabel()
        self._missing.setObjectName("teach.missing")
        self._missing.setWordWrap(True)
        self._missing.setTextFormat(Qt.TextFormat.PlainText)
        self._progress = QProgressBar()
        self._progress.setObjectName("teach.progress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(HALF)
        self._progress.hide()

    def _lay_out(self) -> None:
        heading = QLabel("Teach")
        heading.setFont(font("heading", strong=True))
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(heading, 1)
        head.addWidget(self._add)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self._about)
        column.addWidget(flow_holder(self._flow))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        # What begins it stays in view however many classes there are.
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        foot.setSpacing(SPACE)
        foot.addWidget(self._name, 1)
        foot.addWidget(self._missing, 2)
        foot.addWidget(self._start)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(self._progress)
        whole.addLayout(foot)

    def _connect(self) -> None:
        self._add.clicked.connect(self._on_add)
        self._name.textEdited.connect(lambda text: self.name_edited.emit(text))
        self._start.clicked.connect(lambda: self.teach_requested.emit())

    # What is shown

    def show_bins(self, name: str, bins: tuple[BinItem, ...], network: str, *, can_edit: bool) -> None:
        """Show the classes; emits nothing.

        Args:
            name: Of the set that they become.
            bins: The classes.
            network: What the network that learns is called.
            can_edit: Whether they can be changed and taught now.
        """
        self._about.setText(_ABOUT.format(network=network))
        if name != self._name.text():
            self._name.setText(name)
            self._name.home(False)
        self._fit_cards(len(bins))
        for card, one in zip(self._cards, bins, strict=True):
            card.show_bin(one.name, one.pictures, n_waiting=one.n_waiting, can_edit=can_edit)
        if self._is_adding and self._cards:
            self._is_adding = False
            self._cards[-1].name.setFocus()
            self._cards[-1].name.selectAll()
        lacks = missing(name, bins)
        self._name.setEnabled(can_edit)
        self._add.setEnabled(can_edit)
        self._start.setEnabled(can_edit and not lacks)
        self._say(lacks, "muted")

    def show_progress(self, text: str, share: float | None, *, is_working: bool, tone: str = "text") -> None:
        """Say how the learning goes, in the place of what is missing.

        Args:
            text: A sentence; empty leaves what is said.
            share: How much is done, 0 to 1; None where unknown.
            is_working: Whether it learns now.
            tone: The sentence's colour.
        """
        if text:
            self._say(text, tone)
        self._progress.setVisible(is_working)
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0)))

    def _say(self, text: str, tone: str) -> None:
        self._missing.setText(text)
        if self._missing.property("tone") != tone:
            self._missing.setProperty("tone", tone)
            style = self._missing.style()
            style.unpolish(self._missing)
            style.polish(self._missing)

    def _fit_cards(self, n_bins: int) -> None:
        while len(self._cards) > n_bins:
            card = self._cards.pop()
            self._flow.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self._cards) < n_bins:
            card = BinCard(len(self._cards))
            card.renamed.connect(self.bin_renamed)
            card.removed.connect(self.bin_removed)
            card.filled.connect(self.bin_filled)
            card.joined.connect(self.pictures_joined)
            card.picture_removed.connect(self.picture_removed)
            card.pictures_requested.connect(self._on_pictures_requested)
            self._cards.append(card)
            self._flow.addWidget(card)

    # What the user does

    def _on_add(self) -> None:
        self._is_adding = True
        self.bin_added.emit()

    def _on_pictures_requested(self, place: int) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, "Add pictures", "", PICTURE_FILTER)
        if paths:
            self.bin_filled.emit(place, Dropped(paths=tuple(paths)))
