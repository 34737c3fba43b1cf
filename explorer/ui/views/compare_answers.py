"""One picture, N answers: who agrees, where on the way they part; of many pictures, on which they differ.

A section below the columns, built after the first paint; shown only while it is seen. Knows nothing of the
store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_batch import AnswersBatch
from explorer.ui.views.compare_heard import (
    Heard,
    agreement_text,
    answers_csv,
    chart_of,
    classes_of,
    followed,
    heard_in,
    way_text,
)
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import csv_text
from explorer.ui.widgets.save_tool import SaveTool

if TYPE_CHECKING:
    from explorer.state.model import AppState

_LEAST_PX = 130
_MANY, _PAUSE_MS = 2_000, 200
"""Of more answers the changes of so long are shown together."""
_UPRIGHT_PX = 400
"""From this height on the chart stands above the matrix, else beside it."""


class AnswersSection(QWidget):
    """The chart of the current picture above; the matrix and the list of all pictures below.

    Args:
        parent: As Qt has it.
    """

    picture_chosen = Signal(object)
    """The user chose the picture of this number."""

    depth_chosen = Signal(object)
    """The user clicked into the chart at this share of the way: 0 to 1."""

    said = Signal(object)
    """What came of saving a file, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.answers")
        self.setAccessibleName(self.tr("Answers of the columns"))
        self._state: AppState | None = None
        self._shown: AppState | None = None
        self._heard: Heard | None = None
        self._label = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._show)
        self._make_parts()
        self._lay_out()
        self.chart.place_clicked.connect(lambda place: self.depth_chosen.emit(min(max(place, 0.0), 1.0)))
        self.batch.picture_chosen.connect(self.picture_chosen)
        matrix = self.batch.matrix
        matrix.png_requested.connect(self._save_matrix_png)
        matrix.csv_requested.connect(self._save_matrix_csv)
        self._classes.activated.connect(self._on_class_chosen)

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show what the columns say, where something about it differs."""
        self._state = new
        if not self.isVisible():
            return
        n_answers = len(new.pictures.items) * len(new.document.columns)
        if n_answers > _MANY and self._shown is not None and _differs(self._shown, new):
            # A batch under way brings answers twenty times a second, and each costs as much as all of them.
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # What it was shown holds the maps of all columns.
        self._shown = None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_upright = self.height() >= _UPRIGHT_PX or self.width() < self.height()
        wanted = Qt.Orientation.Vertical if is_upright else Qt.Orientation.Horizontal
        if wanted != self._parts.orientation():
            self._parts.setOrientation(wanted)
            self._parts.setSizes([500, 500])

    # What is shown

    def _show(self) -> None:
        old, new = self._shown, self._state
        if new is None:
            return
        self._shown = new
        is_same = old is not None and not _differs(old, new)
        if not is_same:
            self._heard = heard_in(new)
            self._show_classes(self._heard)
            self._said.setText(agreement_text(self._heard).replace(" %", "\u00a0%"))
            self._way.setText(way_text(self._heard))
            self._way.setVisible(bool(self._way.text()))
            self.batch.show_heard(self._heard, tuple(column.name for column in new.document.columns))
            self._show_batch(self._heard)
        if not is_same or old is None or old.compare.share != new.compare.share:
            self._show_chart()

    def _show_batch(self, heard: Heard) -> None:
        """Matrix and list, or in their place why there is nothing in them."""
        are_many, are_several = len(heard.pictures) > 1, len(heard.names) > 1
        is_batch = are_many and are_several and self.batch.can_differ
        self.batch.setVisible(is_batch)
        self._no_batch.setText(
            self.tr(
                "Two networks that have learned the same classes show here on which pictures they agree. "
                "Train those that are untrained, or pin others."
            )
            if are_many
            else self.tr("Drop more pictures to see on which of them the networks differ.")
        )
        self._no_batch.setVisible(are_several and not is_batch)

    def _show_classes(self, heard: Heard) -> None:
        known = classes_of(heard)
        if self._label not in known:
            self._label = ""
        wanted = ["", *known]
        if [self._classes.itemData(row) for row in range(self._classes.count())] != wanted:
            self._classes.clear()
            for name in wanted:
                self._classes.addItem(name or self.tr("what most say"), name)
        self._classes.setCurrentIndex(wanted.index(self._label))
        self._classes.setEnabled(bool(known))

    def _show_chart(self) -> None:
        if self._heard is None or self._state is None:
            return
        label = self._label or followed(self._heard)
        self.chart.show_data(chart_of(self._heard, label, self._state.compare.share))
        has_lines = not self.chart.data.is_empty
        self.chart.setVisible(has_lines)
        self._no_probes.setVisible(not has_lines)

    # What the user does

    def _on_class_chosen(self, row: int) -> None:
        self._label = self._classes.itemData(row)
        self._show_chart()

    # Files

    def _save_matrix_png(self) -> None:
        self._save.save_picture(self.batch.matrix, "agreement.png")

    def _save_matrix_csv(self) -> None:
        self._save.save_table(self.batch.matrix.to_csv, "agreement.csv")

    def _save_answers(self) -> None:
        heard = self._heard
        if heard is not None:
            self._save.save_table(lambda: answers_csv(heard, self.batch.found), "answers.csv")

    def build_menu(self) -> QMenu:
        """The menu of the Save button."""
        return self._save.build_menu()

    def _make_save(self) -> None:
        save = self._save = SaveTool("compare.answers")
        stem = "probability by depth"

        def has_lines() -> bool:
            return not self.chart.data.is_empty

        def has_cells() -> bool:
            return self.batch.isVisibleTo(self)

        save.add(self.tr("Chart as PNG…"), lambda: save.save_picture(self.chart, f"{stem}.png"), has_lines)
        save.add(
            self.tr("Chart as CSV…"),
            lambda: save.save_table(lambda: csv_text(self.chart.data), f"{stem}.csv"),
            has_lines,
        )
        save.add_line()
        save.add(self.tr("Agreement as PNG…"), self._save_matrix_png, has_cells)
        save.add(self.tr("Agreement as CSV…"), self._save_matrix_csv, has_cells)
        save.add(
            self.tr("Differing pictures as PNG…"),
            lambda: save.save_picture(self.batch.list, "differing pictures.png"),
            lambda: has_cells() and bool(self.batch.found),
        )
        save.add(
            self.tr("Answers as CSV…"),
            self._save_answers,
            lambda: self._heard is not None and bool(self._heard.pictures),
        )
        # It takes a line only where there is something to say.
        save.outcome.hide()
        save.said.connect(lambda _: save.outcome.show())
        save.said.connect(self.said)

    # How it is built

    def _make_parts(self) -> None:
        self._said = _sentence("compare.answers.agreement")
        self._way = _sentence("compare.answers.way", "muted")
        self._classes = FlatCombo()
        self._classes.setObjectName("compare.answers.class")
        self._classes.setAccessibleName(self.tr("Class that is followed"))
        self._classes.setToolTip(self.tr("The class whose probability is drawn by depth"))
        self._classes.setFixedWidth(150)
        self._make_save()
        self.chart = Chart("compare.answers.chart", clickable=True)
        self.chart.plot.setToolTip(self.tr("Click to move the depth slider there"))
        self._no_probes = _sentence("compare.answers.no_probes", "muted")
        self._no_probes.setText(
            self.tr("Probability by depth is drawn from linear probes, which bundled networks bring along.")
        )
        self.batch = AnswersBatch()
        self._no_batch = _sentence("compare.answers.no_batch", "muted")

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._said)
        words.addWidget(self._way)
        words.addWidget(self._save.outcome)
        head = QHBoxLayout()
        head.setContentsMargins(SPACE, HALF, SPACE, HALF)
        head.setSpacing(SPACE)
        head.addLayout(words, 1)
        tools = QHBoxLayout()
        tools.setSpacing(SPACE)
        tools.addWidget(self._classes)
        tools.addWidget(self._save)
        right = QVBoxLayout()
        right.addLayout(tools)
        right.addStretch(1)
        head.addLayout(right)
        self._parts = QSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._parts.addWidget(_with_remark(self.chart, self._no_probes))
        self._parts.addWidget(_with_remark(self.batch, self._no_batch))
        # Where that is too little for both, they stand side by side.
        self._parts.setMinimumHeight(_LEAST_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._parts, 1)


def _differs(old: AppState, new: AppState) -> bool:
    """Whether anything that the columns say is another."""
    return (
        old.document.columns is not new.document.columns
        or old.compare.columns is not new.compare.columns
        or old.pictures is not new.pictures
    )


def _with_remark(widget: QWidget, remark: QLabel) -> QWidget:
    """A part, or in its place why it is not there."""
    both = QWidget()
    column = QVBoxLayout(both)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(widget, 1)
    # Level with the sentences above.
    remark.setContentsMargins(SPACE, 0, SPACE, 0)
    column.addWidget(remark, 0, Qt.AlignmentFlag.AlignTop)
    return both


def _sentence(name: str, tone: str = "") -> QLabel:
    made = QLabel()
    made.setObjectName(name)
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setMargin(HALF)
    if tone:
        made.setProperty("tone", tone)
    return made
