"""What is in the data that trainings use: classes, samples, split, normalisation, broken files.

The sets that the program knows stand above it. Shown in a dock of its own, imported when that is first
opened. Takes plain values; knows nothing of the store.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path, PurePath

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from explorer.engine.data_messages import DataCard, DataFacts
from explorer.images.dataset import left_out
from explorer.present.text import grouped
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views.dataset_cards import DataCardView
from explorer.ui.views.dataset_classes import ClassRows
from explorer.ui.views.dataset_normalisation import NormalisationLine
from explorer.ui.widgets.saving import ask_where, save_png, save_text

_CARD_PX = 236
_FEW_BROKEN, _MOST_BROKEN = 3, 200
"""Broken files that are listed at first, and at most; more are counted."""
_SPLIT_SEED = 0


class DatasetView(QWidget):
    """The sets known by name as cards, and below them what is in the chosen one.

    Args:
        parent: As Qt has it.
    """

    data_chosen = Signal(object)
    """Train on this: a set's name, or the path of a folder or zip."""
    download_allowed = Signal(object)
    """Yes, download this set (its name)."""
    save_failed = Signal(object)
    """The sentence that says why the table could not be written."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data")
        self.setAccessibleName("Data")
        self._facts: DataFacts | None = None
        self._listed: tuple[DataCard, ...] = ()
        self._cards: list[DataCardView] = []
        self._chosen = ""
        self._build_parts()
        self._lay_out()
        self.show_facts(None)

    def _build_parts(self) -> None:
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE)
        self._row.addStretch(1)
        self._strip = _strip(self._row)
        # New cards find their places later.
        self._strip.horizontalScrollBar().rangeChanged.connect(lambda _low, _high: self._show_chosen())
        self._folder = _button("Folder…", "data.folder", "Train on a folder whose folders are classes")
        self._zip = _button("Zip…", "data.zip", "Train on a zip whose folders are classes")
        self._save = _button(
            "Save", "data.save", "Save the classes and their counts as CSV, or all of this as PNG"
        )
        menu = QMenu(self._save)
        menu.addAction("Save as CSV…", self._on_save)
        menu.addAction("Save as PNG…", self._on_save_png)
        self._save.setMenu(menu)
        self._title = _label("data.title")
        self._title.setFont(font("title", strong=True))
        self._summary = _label("data.summary")
        self._split = _label("data.split", tone="muted")
        self._status = _label("data.status", tone="muted")
        self._progress = QProgressBar()
        self._progress.setObjectName("data.progress")
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(HALF)
        self._norms = NormalisationLine()
        self._broken = _label("data.broken", tone="warning")
        self._all_broken = QToolButton()
        self._all_broken.setObjectName("data.broken.all")
        self._all_broken.setText("Show all")
        self._all_broken.setProperty("tone", "accent")
        self._all_broken.setCheckable(True)
        self._all_broken.toggled.connect(self._show_broken)
        self._classes = ClassRows()

    def _lay_out(self) -> None:
        heading = _label("data.heading")
        heading.setText("Data sets")
        heading.setFont(font("heading", strong=True))
        own = QHBoxLayout()
        own.setSpacing(HALF)
        own.addWidget(heading, 1)
        own.addWidget(self._folder)
        own.addWidget(self._zip)
        title = QHBoxLayout()
        title.addWidget(self._title, 1)
        title.addWidget(self._save, 0, Qt.AlignmentFlag.AlignVCenter)
        self._facts_block = QWidget()
        facts = QVBoxLayout(self._facts_block)
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setSpacing(HALF)
        facts.addLayout(title)
        facts.addWidget(self._summary)
        facts.addWidget(self._split)
        facts.addSpacing(HALF)
        facts.addWidget(self._norms)
        facts.addWidget(self._broken)
        facts.addWidget(self._all_broken)
        facts.addSpacing(SPACE)
        facts.addWidget(self._classes)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addLayout(own)
        column.addWidget(self._strip)
        column.addWidget(self._status)
        column.addWidget(self._progress)
        column.addWidget(self._facts_block)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)
        self._folder.clicked.connect(self._on_folder)
        self._zip.clicked.connect(self._on_zip)

    # What is shown

    def show_cards(
        self,
        cards: tuple[DataCard, ...],
        chosen: str,
        fetching: Mapping[str, float | None],
        *,
        can_choose: bool,
    ) -> None:
        """Show the sets known by name.

        Args:
            cards: In order.
            chosen: The data that trainings use: a name or a path.
            fetching: Those that are being downloaded, and how much of each is here, 0 to 1.
            can_choose: Whether another set can be chosen now: not while one is trained on.
        """
        if cards != self._listed:
            self._listed = cards
            for old in self._cards:
                self._row.removeWidget(old)
                old.hide()
                old.deleteLater()
            self._cards = [DataCardView(card) for card in cards]
            for view in self._cards:
                view.chosen.connect(self.data_chosen)
                view.wanted.connect(self.download_allowed)
                view.setFixedWidth(_CARD_PX)
                self._row.insertWidget(self._row.count() - 1, view)
            self._strip.setVisible(bool(cards))
            self._strip.setFixedHeight(self._strip_px())
            self._chosen = ""
        for card, view in zip(cards, self._cards, strict=True):
            view.show_use(
                is_chosen=card.name == chosen,
                is_fetching=card.name in fetching,
                fetched=fetching.get(card.name),
                can_choose=can_choose,
            )
            if card.name == chosen and chosen != self._chosen:
                self._chosen = chosen
                self._show_chosen()
        self._folder.setEnabled(can_choose)
        self._zip.setEnabled(can_choose)

    def _strip_px(self) -> int:
        """As high as the highest card, and the scroll bar below."""
        bar = self._strip.horizontalScrollBar().sizeHint().height()
        return max((card.heightForWidth(_CARD_PX) for card in self._cards), default=0) + bar + HALF

    def _show_chosen(self) -> None:
        for card, view in zip(self._listed, self._cards, strict=False):
            if card.name == self._chosen:
                self._strip.ensureWidgetVisible(view, SPACE, 0)

    def show_status(self, text: str, share: float | None, *, is_working: bool) -> None:
        """Say what is done about the data now.

        Args:
            text: A sentence; empty where there is nothing to say.
            share: How much is read, 0 to 1; None where unknown.
            is_working: Whether something is read.
        """
        self._status.setText(text)
        self._status.setVisible(bool(text))
        self._progress.setVisible(is_working)
        self._progress.setRange(0, 0 if share is None else 100)
        self._progress.setValue(round(100 * (share or 0)))

    def show_facts(self, facts: DataFacts | None, *, normalisation: str = "data") -> None:
        """Show what is in a set.

        Args:
            facts: What was found; None before a set was read.
            normalisation: Which of `data`, `imagenet` and `fixed` the plan uses.
        """
        self._facts_block.setVisible(facts is not None)
        if facts is None:
            self._facts = None
            return
        self._norms.show_normalisation(facts, normalisation)
        if facts is self._facts:
            return
        self._facts = facts
        self._title.setText(facts.title)
        self._title.setToolTip(facts.data)
        self._summary.setText(summary(facts))
        self._split.setText(split(facts))
        self._all_broken.setChecked(False)
        self._show_broken()
        self._classes.show_facts(facts)

    def _show_broken(self) -> None:
        files = self._facts.broken if self._facts is not None else ()
        is_all = self._all_broken.isChecked()
        self._broken.setText(broken(files, _MOST_BROKEN if is_all else _FEW_BROKEN))
        self._broken.setVisible(bool(files))
        self._all_broken.setVisible(len(files) > _FEW_BROKEN)
        self._all_broken.setText("Show fewer" if is_all else "Show all")

    # What the user does

    def to_csv(self) -> str:
        """The classes as a table."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("label", "class", "train", "test"))
        if self._facts is not None:
            counts = zip(self._facts.classes, self._facts.train_counts, self._facts.test_counts, strict=True)
            writer.writerows((label, *row) for label, row in enumerate(counts))
        return table.getvalue()

    def save_csv(self, path: Path) -> None:
        """Write the classes; `save_failed` says why where that fails."""
        save_text(self.to_csv(), path, self.save_failed.emit)

    def _on_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder of class folders")
        if path:
            self.data_chosen.emit(path)

    def _on_zip(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Zip of class folders", "", "Zip (*.zip)")
        if path:
            self.data_chosen.emit(path)

    def _on_save(self) -> None:
        name = f"{PurePath(self._facts.data).stem if self._facts else 'data'}-classes.csv"
        path = ask_where(self, "Save classes as CSV", name, "CSV (*.csv)")
        if path:
            self.save_csv(Path(path))

    def _on_save_png(self) -> None:
        name = f"{PurePath(self._facts.data).stem if self._facts else 'data'}.png"
        path = ask_where(self, "Save as PNG", name, "PNG (*.png)")
        if path:
            save_png(self._facts_block.grab().toImage(), path, self.save_failed.emit)


def summary(facts: DataFacts) -> str:
    """How many pictures of what kind."""
    train, test = sum(facts.train_counts), sum(facts.test_counts)
    side, colour = facts.input_size, "grey" if facts.channels == 1 else "colour"
    noun = "class" if len(facts.classes) == 1 else "classes"
    parts = (
        f"{grouped(train)} for training, {grouped(test)} for testing",
        f"{grouped(len(facts.classes))} {noun}",
        f"{side} × {side} pixels, {colour}",
        "a mirrored picture keeps its class" if facts.keeps_flips else "mirroring changes the class",
    )
    return " · ".join(parts)


def split(facts: DataFacts) -> str:
    """Where the test part is from."""
    if facts.is_split_here:
        return f"A fifth of each class was set aside for testing, seed {_SPLIT_SEED}."
    return "The data has its own test part."


def broken(files: tuple[tuple[str, str], ...], most: int) -> str:
    """The files that were left out, with the reason of each; empty where there is none.

    Args:
        files: Name and reason of each.
        most: So many are listed, the rest is counted.
    """
    if not files:
        return ""
    head = "1 file was left out:" if len(files) == 1 else f"{grouped(len(files))} files were left out:"
    lines = [left_out(name, reason) for name, reason in files[:most]]
    more = len(files) - len(lines)
    return "\n".join((head, *lines, *((f"and {grouped(more)} more",) if more else ())))


def _strip(row: QHBoxLayout) -> QScrollArea:
    """Cards in one row that scrolls: what is in the chosen set stays in view below."""
    holder = QWidget()
    holder.setLayout(row)
    strip = QScrollArea()
    strip.setObjectName("data.cards")
    strip.setFrameShape(QFrame.Shape.NoFrame)
    strip.setWidgetResizable(True)
    strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    strip.setWidget(holder)
    return strip


def _label(name: str, tone: str = "") -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if tone:
        label.setProperty("tone", tone)
    return label


def _button(text: str, name: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setToolTip(tooltip)
    return button
