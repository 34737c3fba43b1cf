"""The curves of all pinned runs over each other, on axes that the user chooses.

A section below the columns, built after the first paint. Draws at most ten times a second, only while it is
seen. Knows nothing of the store.
"""

from __future__ import annotations

from collections.abc import Hashable
from time import monotonic
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from explorer.arch.cost import cost_of
from explorer.ui.panels.flat_check import FlatCheck
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.compare_columns import ColumnRun, networks, run_of, titles
from explorer.ui.views.compare_lines import (
    OverlaidAxes,
    OverlaidAxis,
    OverlaidRun,
    Subject,
    csv_text,
    overlaid_lines,
)
from explorer.ui.views.compare_plot import OverlaidPlot
from explorer.ui.views.curves import REDRAW_MS, write_text
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.empty_state import EmptyState
from explorer.ui.widgets.picture_files import write_png

if TYPE_CHECKING:
    from explorer.state.learning import Curves
    from explorer.state.model import AppState

_SUBJECTS = (
    Segment("error", "Error", "<p>The part of the answers that is wrong.</p>"),
    Segment("loss", "Loss", "<p>What the training makes smaller.</p>"),
    Segment("accuracy", "Accuracy", "<p>The part of the answers that is right.</p>"),
)
_AXES = (
    Segment("step", "Step", "<p>Steps along the bottom.</p>"),
    Segment("epoch", "Epoch", "<p>Epochs along the bottom.</p>"),
    Segment("time", "Time", "<p>Seconds of training along the bottom.</p>"),
    Segment(
        "macs",
        "MACs",
        "<p>The cost of all steps so far along the bottom, in millions of millions of multiply-adds: a "
        "picture costs three forward passes, for going backward takes about two.</p>",
    ),
)
_SCALES = (
    Segment("linear", "Lin", "<p>Values on a linear axis.</p>"),
    Segment("log", "Log", "<p>Values on a logarithmic axis.</p>"),
)
_X_LABELS: dict[OverlaidAxis, str] = {
    "step": "step",
    "epoch": "epoch",
    "time": "seconds",
    "macs": "TMACs in all",
}
_MOST_SMOOTHING, _USUAL_SMOOTHING = 100, 30
"""In thousandths of the curve."""
_ROOM_FOR_LABEL_PX, _ROOM_FOR_SAVE_PX = 760, 560
_NO_RUNS = "No pinned network has a run with curves. Train one here, or pin a run."
_NOTE = "dashed: training; solid: validation"


class CurvesSection(QWidget):
    """One plot of all runs, and what it is drawn with.

    Args:
        parent: As Qt has it.
    """

    curves_wanted = Signal(object)
    """These runs' metrics are to be read: a tuple of ids."""

    said = Signal(object)
    """What came of saving a file, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.curves")
        self.setAccessibleName("Curves of the pinned runs")
        self._state: AppState | None = None
        self._asked: set[tuple[str, int]] = set()
        self._drawn: object = None
        self._drawn_at_s = 0.0
        self._anew = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw)
        self.plot = OverlaidPlot("compare.curves.plot")
        self.plot.png_requested.connect(self._save_png)
        self.plot.csv_requested.connect(self._save_csv)
        self._empty = EmptyState()
        self._empty.setObjectName("compare.curves.empty")
        self._empty.set_message(_NO_RUNS)
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
            smoothing=self._smoothing.value() / 1000,
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
            )
        return tuple(made.values())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # What is said elsewhere too makes way first.
        self._smooth.setVisible(self.width() >= _ROOM_FOR_LABEL_PX)
        self._save.setVisible(self.width() >= _ROOM_FOR_SAVE_PX)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.plot.plot:
            # The layout gives the plot its width after the view's own; its width says how many points it has.
            self._draw_soon()
        return super().eventFilter(watched, event)

    # Drawing

    def _draw_soon(self) -> None:
        if self._timer.isActive() or not self.isVisible():
            return
        passed_ms = 1000 * (monotonic() - self._drawn_at_s)
        if passed_ms >= REDRAW_MS:
            self._draw()
        else:
            self._timer.start(int(REDRAW_MS - passed_ms) + 1)

    def _draw(self) -> None:
        if self._state is None or not self.isVisible():
            return
        self._ask_missing(self._state)
        runs, axes = self.runs(), self.axes()
        names = titles(self._state.document.columns, self._state.runs.rows)
        key = (
            axes,
            names,
            tuple((run.run, run.name, run.ink, run.buffer, run.buffer.version) for run in runs),
        )
        if key == self._drawn:
            return
        self._drawn, self._drawn_at_s = key, monotonic()
        lines, homeless = overlaid_lines(runs, axes)
        self._stack.setCurrentWidget(self.plot if runs else self._empty)
        self._seeds.setEnabled(len({run.seeds for run in runs}) < len(runs))
        note = _NOTE
        if any(line.edges is not None for line in lines):
            note += "; ×n: mean of n seeds, shaded from the lowest to the highest"
        missing = self._without(runs)
        if missing and runs:
            note += f"; no curves: {', '.join(missing)}"
        if homeless:
            note += f"; not known along this axis: {', '.join(homeless)}"
        self.plot.show_lines(
            lines,
            axes.subject,
            is_log=axes.is_log,
            x_label=_X_LABELS[axes.kind],
            note=note,
            anew=self._anew,
        )
        self._anew = False

    def _without(self, runs: tuple[OverlaidRun, ...]) -> tuple[str, ...]:
        """The columns of which no metrics are known."""
        assert self._state is not None
        columns, known = self._state.document.columns, {run.run for run in runs}
        found = (run_of(column, self._state) for column in columns)
        pairs = zip(titles(columns, self._state.runs.rows), found, strict=True)
        return tuple(name for name, run in pairs if run is None or run.run not in known)

    def _redraw(self) -> None:
        self._anew = True
        self._draw()

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
        path, _ = QFileDialog.getSaveFileName(self, "Save as PNG", "curves.png", "PNG (*.png)")
        if path:
            self.said.emit(write_png(self.plot.grab().toImage(), path))

    def _save_csv(self) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", "curves.csv", "CSV (*.csv)")
        if path:
            self.said.emit(write_text(csv_text(self.runs(), self.axes()), path))

    # How it is built

    def _make_tools(self) -> None:
        self._subject = Segments("compare.curves.subject", "What is plotted", _SUBJECTS)
        self._subject.show_value("error")
        self._kind = Segments("compare.curves.axis", "Axis", _AXES)
        self._kind.show_value("epoch")
        self._scale = Segments("compare.curves.scale", "Scale", _SCALES)
        self._scale.show_value("linear")
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("compare.curves.smoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip("How much the curves of single steps are smoothed")
        self._smoothing.setRange(0, _MOST_SMOOTHING)
        self._smoothing.setValue(_USUAL_SMOOTHING)
        self._smoothing.setMinimumWidth(36)
        self._smoothing.setMaximumWidth(96)
        self._seeds = FlatCheck("Join seeds")
        self._seeds.setObjectName("compare.curves.seeds")
        self._seeds.setToolTip(
            "Runs of the same network and plan that differ in their seed only: their mean, shaded from the "
            "lowest to the highest"
        )
        self._seeds.setChecked(True)
        self._save = QPushButton("Save")
        self._save.setObjectName("compare.curves.save")
        menu = QMenu(self._save)
        menu.addAction("Plot as PNG…", self._save_png)
        menu.addAction("Curves as CSV…", self._save_csv)
        self._save.setMenu(menu)
        self._outcome = ElidedLabel("muted")
        self._outcome.setObjectName("compare.curves.outcome")
        self.said.connect(self._outcome.set_text)
        for segments in (self._subject, self._kind, self._scale):
            segments.chosen.connect(lambda _: self._redraw())
            segments.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._smoothing.valueChanged.connect(lambda _: self._draw_soon())
        self._seeds.toggled.connect(lambda _: self._redraw())

    def _lay_out(self) -> None:
        self._smooth = QLabel("Smooth")
        self._smooth.setProperty("tone", "muted")
        tools = QHBoxLayout()
        tools.setContentsMargins(SPACE, HALF, SPACE, HALF)
        tools.setSpacing(SPACE)
        for widget in (self._subject, self._kind, self._scale, self._smooth):
            tools.addWidget(widget)
        tools.addWidget(self._smoothing, 1)
        tools.addWidget(self._seeds)
        tools.addWidget(self._outcome, 3)
        tools.addWidget(self._save)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.plot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)


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
