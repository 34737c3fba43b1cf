"""Error against depth and against parameters: the pinned networks beside the papers' points.

A section below the columns, built after the first paint; shown only while it is seen. Knows nothing of the
store.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Hashable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.arch.cost import cost_of
from explorer.arch.spec import ArchitectureSpec
from explorer.present.error_scatter import CIFAR_10, OTHERS, Across, Point, families, paper_points
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE, Colours
from explorer.ui.views.compare_columns import data_title, run_of, titles
from explorer.ui.views.compare_legend import LegendEntry, NameLegend
from explorer.ui.widgets.error_scatter import MARKS, ErrorScatter
from explorer.ui.widgets.save_tool import SaveTool
from explorer.ui.widgets.series_colours import series_colour

if TYPE_CHECKING:
    from explorer.state.compare import Column
    from explorer.state.model import AppState


class ScatterSection(QWidget):
    """A scatter, and what it shows.

    Args:
        parent: As Qt has it.
    """

    said = Signal(object)
    """What came of saving a file, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.errors")
        self.setAccessibleName(self.tr("Errors of the columns and of papers"))
        self._state: AppState | None = None
        self._shown: AppState | None = None
        self._own: tuple[Point, ...] = ()
        self._without: tuple[str, ...] = ()
        self._inks: dict[str, int] = {}
        self._chosen = ""
        self._make_parts()
        self._lay_out()

    @property
    def own(self) -> tuple[Point, ...]:
        """The pinned networks whose error is known, on whatever data."""
        return self._own

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the columns' errors, where something about them differs."""
        self._state = new
        if self.isVisible():
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # What it was shown holds the maps of all columns.
        self._shown = None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._shown is not None:
            self._show_points()

    # What is shown

    def _show(self) -> None:
        old, new = self._shown, self._state
        if new is None or (
            old is not None
            and old.document.columns is new.document.columns
            and old.compare.columns is new.compare.columns
            and old.runs.rows is new.runs.rows
        ):
            return
        self._shown = new
        columns = new.document.columns
        self._inks = {column.name: place for place, column in enumerate(columns)}
        found = [
            (name, point_of(column, name, new))
            for column, name in zip(columns, titles(columns, new.runs.rows), strict=True)
        ]
        self._own = tuple(point for _, point in found if point is not None)
        self._without = tuple(name for name, point in found if point is None)
        self._show_data()
        self._show_points()

    def _show_data(self) -> None:
        """What can be chosen: the data of papers, and that of the columns."""
        own = [point.data for point in self._own]
        known = list(dict.fromkeys([*(point.data for point in paper_points()), *own]))
        known.sort(key=lambda data: (data != CIFAR_10, data not in own))
        if [self._data.itemData(row) for row in range(self._data.count())] != known:
            self._data.clear()
            for data in known:
                self._data.addItem(data, data)
        if self._chosen not in known:
            self._chosen = ""
        # Unless the user chose, the data of most columns; of equally many the papers' first.
        usual = max(known, key=lambda data: own.count(data))
        self._data.setCurrentIndex(known.index(self._chosen or usual))

    @property
    def data(self) -> str:
        """The data that the shown errors were measured on."""
        return str(self._data.currentData())

    def points(self) -> tuple[Point, ...]:
        """What could be shown on the chosen data, hidden families included."""
        return tuple(point for point in (*paper_points(), *self._own) if point.data == self.data)

    def _show_points(self) -> None:
        points = self.points()
        papers = families([point for point in points if not point.column])
        marks = {family: place for place, family in enumerate(papers)}
        colours = Colours.of(self.palette())
        entries = [
            LegendEntry(point.column, point.name, series_colour(self.palette(), self._inks[point.column]))
            for point in points
            if point.column
        ]
        entries += [
            LegendEntry(family, family, colours.muted, mark=MARKS[place % len(MARKS)])
            for family, place in marks.items()
        ]
        self.legend.show_entries(entries)
        hidden = self.legend.hidden
        shown = [point for point in points if (point.column or point.family) not in hidden]
        self.scatter.show_points(shown, cast("Across", self._across.value), self._inks, marks)
        self._note.setText(self._remark())
        self._note.setVisible(bool(self._note.text()))

    def _remark(self) -> str:
        elsewhere = [f"{point.name} ({point.data})" for point in self._own if point.data != self.data]
        said = []
        if elsewhere:
            said.append(self.tr("Measured on other data: {networks}.").format(networks=", ".join(elsewhere)))
        if self._without:
            said.append(self.tr("No error known: {networks}.").format(networks=", ".join(self._without)))
        if self.data == CIFAR_10:
            said.append(
                self.tr(
                    "He 2015 draws the plain nets' CIFAR-10 curves (figure 6) and gives no numbers for them, "
                    "so they have no points here."
                )
            )
        return " ".join(said)

    def _on_data_chosen(self) -> None:
        self._chosen = self.data
        self._show_points()

    # Files

    def to_csv(self) -> str:
        """What is shown as a table: a row a point."""
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(
            ("network", "family", "pinned", "layers", "parameters", "error_percent", "measured_on", "source")
        )
        for point in self.scatter.points:
            numbers = (point.depth, point.parameters, f"{point.error_percent:.4g}")
            writer.writerow(
                (point.name, point.family, int(bool(point.column)), *numbers, point.kind, point.source)
            )
        return table.getvalue()

    def _save_png(self) -> None:
        self._save.save_picture(self._pictured, "errors.png")

    def _save_csv(self) -> None:
        self._save.save_table(self.to_csv, "errors.csv")

    # How it is built

    def _make_parts(self) -> None:
        self._across = Segments(
            "compare.errors.across",
            self.tr("Along the bottom"),
            (
                Segment(
                    "depth",
                    self.tr("Depth"),
                    self.tr("<p>Weighted layers on the main path along the bottom.</p>"),
                ),
                Segment(
                    "parameters",
                    self.tr("Parameters"),
                    self.tr("<p>Trainable numbers along the bottom.</p>"),
                ),
            ),
        )
        self._across.show_value("depth")
        self._across.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._across.chosen.connect(lambda _: self._show_points())
        self._data = FlatCombo()
        self._data.setObjectName("compare.errors.data")
        self._data.setAccessibleName(self.tr("Measured on"))
        self._data.setToolTip(
            self.tr("What the errors were measured on: those on other data do not stand beside them")
        )
        self._data.setFixedWidth(150)
        self._data.activated.connect(lambda _: self._on_data_chosen())
        self._save = SaveTool("compare.errors")
        self._save.add(self.tr("Scatter as PNG…"), self._save_png)
        self._save.add(self.tr("Points as CSV…"), self._save_csv)
        self._save.said.connect(self.said)
        self.legend = NameLegend("compare.errors.legend")
        self.legend.hide_keys(frozenset({OTHERS}))
        self.legend.toggled.connect(self._show_points)
        self.scatter = ErrorScatter("compare.errors.scatter")
        self.scatter.png_requested.connect(self._save_png)
        self.scatter.csv_requested.connect(self._save_csv)
        self._note = QLabel()
        self._note.setObjectName("compare.errors.note")
        self._note.setProperty("tone", "muted")
        self._note.setWordWrap(True)

    def _lay_out(self) -> None:
        measured = QLabel(self.tr("Error on"))
        measured.setProperty("tone", "muted")
        tools = QHBoxLayout()
        tools.setContentsMargins(SPACE, HALF, SPACE, HALF)
        tools.setSpacing(SPACE)
        tools.addWidget(measured)
        tools.addWidget(self._data)
        tools.addWidget(self._across)
        tools.addWidget(self._save.outcome, 1)
        tools.addWidget(self._save)
        self._pictured = QWidget()
        stack = QVBoxLayout(self._pictured)
        stack.setContentsMargins(SPACE, 0, SPACE, 0)
        stack.setSpacing(HALF)
        stack.addWidget(self.legend)
        stack.addWidget(self.scatter, 1)
        stack.addWidget(self._note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, HALF)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self._pictured, 1)


def _tr(words: str) -> str:
    return QCoreApplication.translate("ScatterSection", words)


def point_of(column: Column, name: str, state: AppState) -> Point | None:
    """A pinned network as a point: its run's test error, else its best validation error, else its card's.

    Args:
        column: Which.
        name: For people.
        state: With its run and its weights' origin.

    Returns:
        None where no error is known.
    """
    living = state.compare.columns.get(column.name)
    classes = living.classes if living is not None else ()
    found, origin = run_of(column, state), living.origin if living is not None else None
    row = found.row if found is not None else None
    if row is not None and row.test_accuracy is not None:
        accuracy, kind = 100 * row.test_accuracy, _tr("test set")
        source = _tr("run {name}").format(name=row.id)
    elif row is not None and row.validation_accuracy is not None:
        accuracy, kind = 100 * row.validation_accuracy, _tr("best of its validation")
        source = _tr("run {name}").format(name=row.id)
    elif origin is not None and origin.accuracy_percent is not None:
        accuracy, kind = origin.accuracy_percent, _tr("test set")
        source = _tr("{kind} weights {name}").format(kind=origin.kind, name=origin.name)
    else:
        return None
    data = data_title(classes, row.data if row is not None else "") or _tr("their own test set")
    cost = cost_of(column.spec)
    return Point(
        name=name,
        family="pinned",
        data=data,
        depth=cost.depth,
        parameters=cost.parameters,
        error_percent=100 - accuracy,
        kind=f"{data}, {kind}",
        source=source,
        joined=("pinned", data, _family(column.spec)),
        column=column.name,
    )


def _family(spec: ArchitectureSpec) -> Hashable:
    """What networks have in common that differ in depth; the block type follows it (He 2015, table 1)."""
    return spec.model_copy(update={"stage_depths": (), "block": "basic", "expansion": 1, "overrides": ()})
