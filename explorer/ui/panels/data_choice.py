"""Which data is used: a name from a list, or a folder or zip of class folders.

Used by the training form and the inside view. Knows nothing of the store.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePath

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from explorer.engine.data_messages import DataFacts
from explorer.present import text as words
from explorer.state.learning import DataState
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF

KNOWN_DATA = ("digits", "shapes", "cifar10", "cifar100", "mnist", "fashion-mnist", "svhn")
"""The sets known by name, until their cards were read."""
_FOLDER, _ZIP = "choose a folder", "choose a zip"
_SHOWN_CLASSES = 6


class DataChoice(QWidget):
    """A list of data sets with a line about the chosen one.

    Args:
        name: Object name of the list; the line's has `.about` behind it.
        purpose: What the data is for, as its tooltip.
        has_line: Whether the line is in view; else it is the list's tooltip.
        parent: As Qt has it.
    """

    data_chosen = Signal(object)
    """The user chose a data set's name, or the path of a folder or zip."""

    def __init__(
        self,
        name: str = "train.data",
        purpose: str = "What the network learns from",
        *,
        has_line: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._purpose = purpose
        self._data = ""
        self._listed: tuple[tuple[str, str], ...] = ()
        self._combo = FlatCombo()
        self._combo.setObjectName(name)
        self._combo.setAccessibleName("Data")
        self._combo.setToolTip(purpose)
        self._combo.activated.connect(self._on_activated)
        self._about = QLabel()
        self._about.setObjectName(f"{name}.about")
        self._about.setProperty("tone", "muted")
        self._about.setWordWrap(True)
        self._about.setVisible(has_line)
        self._has_line = has_line
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self._combo)
        column.addWidget(self._about)

    def show_data(self, data: DataState, chosen: str, remark: str = "") -> None:
        """Show the choice and what is in it, without telling.

        Args:
            data: What is known of sets by name, and of the one that was opened.
            chosen: The chosen name or path.
            remark: A sentence or two that stand before what is in it.
        """
        self._data = chosen
        titles = {card.name: card.title for card in data.cards} or {name: name for name in KNOWN_DATA}
        titles |= _place_titles(data.places if chosen in (*titles, *data.places) else (chosen, *data.places))
        listed = (*titles.items(), (_FOLDER, "Folder of class folders…"), (_ZIP, "Zip of class folders…"))
        if listed != self._listed:
            self._listed = listed
            self._combo.clear()
            for name, title in listed:
                self._combo.addItem(title, name)
                if PurePath(name).is_absolute():
                    self._combo.setItemData(self._combo.count() - 1, name, Qt.ItemDataRole.ToolTipRole)
        self._combo.setCurrentIndex(self._combo.findData(chosen))
        self._about.setText("\n".join(filter(None, (remark, about(data, chosen)))))
        has_failed = data.status == "failed" and data.wanted == chosen
        self._set_tone("warning" if remark or has_failed else "muted")
        if not self._has_line:
            self._combo.setToolTip(f"{self._purpose}. {about(data, chosen)}")
        is_open = data.facts is not None and data.facts.data == chosen
        self._about.setToolTip(_classes(data.facts) if is_open and data.facts is not None else "")

    def _set_tone(self, tone: str) -> None:
        if self._about.property("tone") != tone:
            self._about.setProperty("tone", tone)
            self._about.style().unpolish(self._about)
            self._about.style().polish(self._about)

    def _on_activated(self, index: int) -> None:
        name = self._combo.itemData(index)
        if name == _FOLDER:
            name = QFileDialog.getExistingDirectory(self, "Folder of class folders")
        elif name == _ZIP:
            name, _ = QFileDialog.getOpenFileName(self, "Zip of class folders", "", "Zip (*.zip)")
        self._combo.setCurrentIndex(self._combo.findData(self._data))
        if name and name != self._data:
            self.data_chosen.emit(name)


def _place_titles(places: tuple[str, ...]) -> dict[str, str]:
    """What folders and zips are called; those of one name by the folder that they are in as well."""
    paths = {place: PurePath(place) for place in places}
    called = Counter(path.name for path in paths.values())
    return {
        place: f"{path.name} in {path.parent.name}" if called[path.name] > 1 else path.name or place
        for place, path in paths.items()
    }


def about(data: DataState, chosen: str) -> str:
    """One line about the chosen data: what is in it, or how it stands."""
    facts = data.facts
    if data.status == "opening" and data.wanted == chosen:
        return "Reading…"
    if facts is not None and facts.data == chosen:
        channels = "grey" if facts.channels == 1 else "colour"
        said: tuple[str, ...] = (
            f"{len(facts.classes)} classes",
            f"{words.grouped(sum(facts.train_counts))} to learn from",
            f"{words.grouped(sum(facts.test_counts))} to test",
            f"{facts.input_size} × {facts.input_size}, {channels}",
        )
        if facts.broken:
            # Which they are stands in the data view.
            said = (*said, f"{words.grouped(len(facts.broken))} unreadable, left out")
        return " · ".join(said)
    card = next((card for card in data.cards if card.name == chosen), None)
    if data.status == "failed" and data.wanted == chosen:
        return data.cause or "It could not be read."
    if card is not None and not card.is_present:
        return f"{card.about} Not on this machine: {words.byte_size(card.size_bytes)} to download."
    return card.about if card is not None else ""


def _classes(facts: DataFacts) -> str:
    shown = ", ".join(facts.classes[:_SHOWN_CLASSES])
    return (
        shown
        if len(facts.classes) <= _SHOWN_CLASSES
        else f"{shown} and {len(facts.classes) - _SHOWN_CLASSES} more"
    )
