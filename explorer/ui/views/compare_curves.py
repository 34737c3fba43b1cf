"""The curves of all pinned runs over each other, on axes that the user chooses.

A section below the columns, built after the first paint. Draws at most ten times a second, only while it is
seen. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from explorer.arch.cost import cost_of
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_columns import ColumnRun, data_title, networks, run_of, titles
from explorer.ui.views.compare_lines import (
    OverlaidAxes,
    OverlaidAxis,
    OverlaidLine,
    OverlaidRun,
    Subject,
    csv_text,
    overlaid_lines,
)
from explorer.ui.views.compare_plot import OverlaidPlot
from explorer.ui.views.curve_board import CurveBoard
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.save_tool import SaveTool

if TYPE_CHECKING:
    from explorer.state.compare import Column
    from explorer.state.learning import Curves
    from explorer.state.model import AppState

_ROOM_FOR_LABEL_PX, _ROOM_FOR_SAVE_PX = 760, 560


def _tr(words: str) -> str:
    return QCoreApplication.translate("CurvesSection", words)


def _x_label(kind: OverlaidAxis) -> str:
    labels: dict[OverlaidAxis, str] = {
        "step": _tr("step"),
        "epoch": _tr("epoch"),
        "time": _tr("seconds"),
        "macs": _tr("TMACs in all"),
    }
    return labels[kind]


class CurvesSection(CurveBoard):
    """One plot of all runs, and what it is drawn with.

    Args:
        parent: As Qt has it.
    """

    curves_wanted = Signal(object)
    """These runs' metrics are to be read: a tuple of ids."""

    def __init__(self, parent: QWidget | None = None) -> None:
        macs = Segment(
            "macs",
            _tr("MACs"),
            _tr(
                "<p>The cost of all steps so far along the bottom, in millions of millions of multiply-adds: "
                "a picture costs three forward passes, for going backward takes about two.</p>"
            ),
        )
        super().__init__(
            "compare.curves", _tr("Values"), _ROOM_FOR_LABEL_PX, more_axes=(macs,), parent=parent
        )
        self.setObjectName("compare.curves")
        self.setAccessibleName(_tr("Curves of the pinned runs"))
        self._state: AppState | None = None
        self._asked: set[tuple[str, int]] = set()
        self.plot = OverlaidPlot("compare.curves.plot")
        self.plot.png_requested.connect(self._save_png)
        self.plot.csv_requested.connect(self._save_csv)
        self._empty = EmptyState()
        self._empty.setObjectName("compare.curves.empty")
        self._empty.set_message(_tr("No pinned network has a run with curves. Train one here, or pin a run."))
        self._make_tools()
        self._lay_out()
        self.plot.plot.installEventFilter(self)

    def show_state(self, old: AppState | None, new: AppState) -> None:
        """Show the runs of the columns, soon, where something about them differs."""
        self._state = new
        if (
            old is not None
            and old.document.columns is new.document.columns
            and old.runs is new.runs
            and old.training is new.training
            and old.compare.columns is new.compare.columns
        ):
            return
        self._draw_soon()

    def axes(self) -> OverlaidAxes:
        """How the plot is drawn."""
        return OverlaidAxes(
            subject=cast("Subject", self._subject.value),
            kind=cast("OverlaidAxis", self._kind.value),
            is_log=self._scale.value == "log",
            smoothing=self.smoothing,
            joins_seeds=self._seeds.isChecked(),
            n_px=max(self.plot.plot.width(), 100),
        )

    def runs(self) -> tuple[OverlaidRun, ...]:
        """What is drawn: the columns' runs whose metrics are here, each once."""
        state = self._state
        if state is None:
            return ()
        made: dict[str, OverlaidRun] = {}
        columns = state.document.columns
        names = zip(columns, titles(columns, state.runs.rows), networks(columns), strict=True)
        for place, (column, name, network) in enumerate(names):
            found = run_of(column, state)
            curves = _curves_of(found.run, state) if found is not None else None
            if found is None or curves is None or found.run in made:
                continue
            made[found.run] = OverlaidRun(
                column=column.name,
                name=name,
                network=network,
                run=found.run,
                ink=place,
                buffer=curves.buffer,
                seeds=_seeds_key(found),
                plan=(_steps_per_epoch(found, curves, state), found.plan.batch_size),
                macs=cost_of(found.spec).macs,
                data=data_title(_classes(column, state), found.data),
            )
        return _with_data(tuple(made.values()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # What is said elsewhere too makes way first.
        self._save.setVisible(self.width() >= _ROOM_FOR_SAVE_PX)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.plot.plot:
            # The layout gives the plot its width after the view's own; its width says how many points it has.
            self._draw_soon()
        return super().eventFilter(watched, event)

    # Drawing

    def _draw(self) -> None:
        if self._state is None or not self.isVisible():
            return
        self._ask_missing(self._state)
        runs, axes = self.runs(), self.axes()
        names = titles(self._state.document.columns, self._state.runs.rows)
        key = (
            axes,
            names,
            tuple(
                (run.run, run.name, run.ink, run.seeds, run.plan, run.data, run.buffer, run.buffer.version)
                for run in runs
            ),
        )
        if not self._is_news(key):
            return
        lines, homeless = overlaid_lines(runs, axes)
        self._stack.setCurrentWidget(self.plot if runs else self._empty)
        self._seeds.setEnabled(len({run.seeds for run in runs}) < len(runs))
        self.plot.show_lines(
            lines,
            axes.subject,
            is_log=axes.is_log,
            x_label=_x_label(axes.kind),
            note=self._note(runs, lines, homeless),
            anew=self._anew,
        )
        self._anew = False

    def _note(
        self, runs: Sequence[OverlaidRun], lines: Sequence[OverlaidLine], homeless: Sequence[str]
    ) -> str:
        """What the reader should know."""
        said = [_tr("dashed: training; solid: validation")]
        if len({run.data for run in runs}) > 1:
            said.append(_tr("not on the same data"))
        if any(line.edges is not None for line in lines):
            said.append(_tr("×n: mean and range of n seeds"))
        missing = self._without(runs)
        if missing and runs:
            said.append(_tr("no curves: {networks}").format(networks=", ".join(missing)))
        if homeless:
            said.append(_tr("not known along this axis: {networks}").format(networks=", ".join(homeless)))
        return "; ".join(said)

    def _without(self, runs: Sequence[OverlaidRun]) -> tuple[str, ...]:
        """The columns of which no metrics are known."""
        assert self._state is not None
        columns, known = self._state.document.columns, {run.run for run in runs}
        found = (run_of(column, self._state) for column in columns)
        pairs = zip(titles(columns, self._state.runs.rows), found, strict=True)
        return tuple(name for name, run in pairs if run is None or run.run not in known)

    def _ask_missing(self, state: AppState) -> None:
        """Ask for metrics that are not here, or of a run that has gone on since; each once."""
        wanted = []
        for column in state.document.columns:
            found = run_of(column, state)
            if found is None or found.row is None or _is_live(found.run, state):
                continue
            known = state.runs.curves.get(found.run)
            n_known = len(known.buffer.series("epoch.validation_accuracy")[0]) if known is not None else -1
            ask = (found.run, found.row.epochs_done)
            if (n_known < 0 or 0 < n_known < found.row.epochs_done) and ask not in self._asked:
                self._asked.add(ask)
                wanted.append(found.run)
        if wanted:
            self.curves_wanted.emit(tuple(dict.fromkeys(wanted)))

    # Files

    def _save_png(self) -> None:
        self._save.save_picture(self.plot, "curves.png")

    def _save_csv(self) -> None:
        self._save.save_table(lambda: csv_text(self.runs(), self.axes()), "curves.csv")

    # How it is built

    def _make_tools(self) -> None:
        self._subject = Segments(
            "compare.curves.subject",
            _tr("What is plotted"),
            (
                Segment("error", _tr("Error"), _tr("<p>The part of the answers that is wrong.</p>")),
                Segment("loss", _tr("Loss"), _tr("<p>What the training makes smaller.</p>")),
                Segment("accuracy", _tr("Accuracy"), _tr("<p>The part of the answers that is right.</p>")),
            ),
        )
        self._subject.show_value("error")
        self._subject.chosen.connect(lambda _: self._redraw())
        self._smoothing.setToolTip(_tr("How much the curves of single steps are smoothed"))
        self._smoothing.setMaximumWidth(96)
        self._seeds = FlatCheck(_tr("Join seeds"))
        self._seeds.setObjectName("compare.curves.seeds")
        self._seeds.setToolTip(
            _tr(
                "Runs of the same network and plan that differ in their seed only: their mean, shaded from "
                "the lowest to the highest"
            )
        )
        self._seeds.setChecked(True)
        self._save = SaveTool("compare.curves")
        self._save.add(_tr("Plot as PNG…"), self._save_png)
        self._save.add(_tr("Curves as CSV…"), self._save_csv)
        self._save.said.connect(self.said)
        for segments in (self._subject, self._kind, self._scale):
            segments.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._seeds.toggled.connect(lambda _: self._redraw())

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setContentsMargins(SPACE, HALF, SPACE, HALF)
        tools.setSpacing(SPACE)
        for widget in (self._subject, self._kind, self._scale, self._smooth):
            tools.addWidget(widget)
        tools.addWidget(self._smoothing, 1)
        tools.addWidget(self._seeds)
        tools.addWidget(self._save.outcome, 3)
        tools.addWidget(self._save)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.plot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)


def _with_data(runs: tuple[OverlaidRun, ...]) -> tuple[OverlaidRun, ...]:
    """Runs whose names tell their data, where that is not the same for all."""
    if len({run.data for run in runs}) < 2:
        return runs
    on = _tr("{network} on {data}")
    return tuple(
        replace(
            run,
            name=on.format(network=run.name, data=run.data),
            network=on.format(network=run.network, data=run.data),
        )
        for run in runs
    )


def _classes(column: Column, state: AppState) -> tuple[str, ...]:
    living = state.compare.columns.get(column.name)
    return living.classes if living is not None else ()


def _is_live(run: str, state: AppState) -> bool:
    training = state.training
    return training.curves is not None and training.curves.run == run


def _curves_of(run: str, state: AppState) -> Curves | None:
    """A run's metrics: of one that trains here they are newer than what was read."""
    return state.training.curves if _is_live(run, state) else state.runs.curves.get(run)


def _steps_per_epoch(found: ColumnRun, curves: Curves, state: AppState) -> int:
    """How many steps an epoch has; 0 where that is not known."""
    began = state.training.began
    if began is not None and began.run == found.run:
        return began.steps_per_epoch
    steps, _ = curves.buffer.series("epoch.validation_accuracy")
    if not len(steps) or found.row is None:
        return 0
    # Epochs are stored with their last step.
    return round((int(steps[-1]) + 1) / max(found.row.epochs_done, len(steps)))


def _seeds_key(found: ColumnRun) -> Hashable:
    """Equal for runs that differ in their seed only; one that is not finished stays alone."""
    if found.row is None or not (found.row.is_bundled or found.row.status == "finished"):
        return found.run
    return found.spec, found.plan.model_copy(update={"seed": 0}), found.data
