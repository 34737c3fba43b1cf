"""Many pictures through several networks: on how many they agree, and those on which they differ.

Used by the answers section of the comparison. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from explorer.engine.messages import LoadedPicture
from explorer.present.agreement import Difference, agreements, differences
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_differences import DifferenceList, GivenAnswer
from explorer.ui.views.compare_heard import Heard, pair_text
from explorer.ui.views.compare_matrix import AgreementMatrix
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.thumbnail_model import PictureItem


class AnswersBatch(QSplitter):
    """The matrix, and beside it the list that a click on the matrix filters.

    Args:
        parent: As Qt has it.
    """

    picture_chosen = Signal(object)
    """The user chose the picture of this number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("compare.answers.batch")
        self.setChildrenCollapsible(False)
        self._heard: Heard | None = None
        self._columns: tuple[str, ...] = ()
        self._pair: tuple[str, str] | None = None
        self._items: dict[int, tuple[LoadedPicture, str, PictureItem]] = {}
        self.found: tuple[Difference, ...] = ()
        """The pictures of the list, in its order."""
        self.can_differ = False
        """Whether any two networks can be compared."""
        self.matrix = AgreementMatrix("compare.answers.matrix")
        self.list = DifferenceList("compare.answers.list")
        self._count = ElidedLabel("text")
        self._count.setObjectName("compare.answers.count")
        self._all = QToolButton()
        self._all.setObjectName("compare.answers.all")
        self._all.setText(self.tr("Show all"))
        self._all.setProperty("tone", "accent")
        self._all.setToolTip(self.tr("Show the pictures on which any two differ"))
        self._all.hide()
        self._lay_out()
        self.list.picture_chosen.connect(self.picture_chosen)
        self.matrix.pair_chosen.connect(self._on_pair_chosen)
        self._all.clicked.connect(lambda: self._on_pair_chosen(None))

    def show_heard(self, heard: Heard, columns: tuple[str, ...]) -> None:
        """Show what networks say.

        Args:
            heard: All of it.
            columns: The networks' columns, by which a chosen pair is remembered.
        """
        self._heard, self._columns = heard, columns
        if self._pair is not None and not set(self._pair) <= set(columns):
            self._pair = None
        self._show()

    def _places(self) -> tuple[int, int] | None:
        if self._pair is None:
            return None
        first, second = sorted(map(self._columns.index, self._pair))
        return first, second

    def _show(self) -> None:
        heard, pair = self._heard, self._places()
        if heard is None:
            return
        self.found = differences(heard.voices, heard.image_ids, pair)
        cells = agreements(heard.voices, heard.image_ids)
        self.matrix.show_cells(cells, heard.names, pair)
        self.can_differ = any(cell is not None for row, line in enumerate(cells) for cell in line[:row])
        self._count.set_text(pair_text(heard, pair, len(self.found)))
        self._all.setVisible(pair is not None)
        self._show_list(heard)

    def _show_list(self, heard: Heard) -> None:
        pictures = {picture.image_id: picture for picture in heard.pictures}
        answers = {entry.image_id: _given(heard, entry.image_id) for entry in self.found}
        self._items = {number: known for number, known in self._items.items() if number in pictures}
        items = tuple(
            self._item(pictures[image_id], _told(heard, given)) for image_id, given in answers.items()
        )
        current = None if heard.current is None else heard.current.image_id
        self.list.show_pictures(items, answers, current)

    def _item(self, picture: LoadedPicture, label: str) -> PictureItem:
        """A row's picture: the same as before where nothing about it differs."""
        known = self._items.get(picture.image_id)
        if known is not None and known[0] is picture and known[1] == label:
            return known[2]
        made = PictureItem(
            picture.image_id, picture.name, picture.thumbnail, picture.width, picture.height, label
        )
        self._items[picture.image_id] = (picture, label, made)
        return made

    def _on_pair_chosen(self, pair: tuple[int, int] | None) -> None:
        self._pair = None if pair is None else (self._columns[pair[0]], self._columns[pair[1]])
        self._show()

    def _lay_out(self) -> None:
        over = QHBoxLayout()
        over.setContentsMargins(SPACE, HALF, SPACE, HALF)
        over.addWidget(self._count, 1)
        over.addWidget(self._all)
        listed = QWidget()
        beside = QVBoxLayout(listed)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addLayout(over)
        beside.addWidget(self.list, 1)
        self.addWidget(self.matrix)
        self.addWidget(listed)
        self.setSizes([450, 550])


def _given(heard: Heard, image_id: int) -> tuple[GivenAnswer, ...]:
    return tuple(
        GivenAnswer(place, said.label, said.probability)
        for place, voice in enumerate(heard.voices)
        if voice.classes and (said := voice.answers.get(image_id)) is not None
    )


def _told(heard: Heard, given: tuple[GivenAnswer, ...]) -> str:
    """Every network's answer, a line each, for the tooltip."""
    return "\n".join(
        f"{heard.names[answer.place]}: {answer.label} {100 * answer.probability:.0f} %" for answer in given
    )
