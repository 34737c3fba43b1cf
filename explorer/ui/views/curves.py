"""The curves of a training: loss, accuracy and a third plot, on axes that the user chooses.

Used by the training view, which is built after the first paint. Draws at most ten times a second, only while
it is seen. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from explorer.present.curves import AxisKind
from explorer.state.learning import Curves
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.curve_lines import (
    SUBJECTS,
    Axes,
    Subject,
    csv_text,
    names_of,
    places_of,
    plot_lines,
    seconds_of,
)
from explorer.ui.views.curve_moments import Moments
from explorer.ui.views.curve_plot import CurvePlot
from explorer.ui.widgets.picture_files import write_png

REDRAW_MS = 100
"""Curves are drawn at most this often."""

_AXES = (
    Segment("step", "Step", "<p>Steps along the bottom.</p>"),
    Segment("epoch", "Epoch", "<p>Epochs along the bottom.</p>"),
    Segment("time", "Time", "<p>Seconds of training along the bottom.</p>"),
)
_SCALES = (
    Segment("linear", "Lin", "<p>Losses, rates and norms on a linear axis.</p>"),
    Segment("log", "Log", "<p>Losses, rates and norms on a logarithmic axis.</p>"),
)
_THIRD: tuple[Subject, ...] = ("rate", "speed", "gradients", "weights", "ratios")
_X_LABELS: dict[AxisKind, str] = {"step": "step", "epoch": "epoch", "time": "seconds"}
_FAR = 1_000_000
_MOMENT_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -_FAR, Qt.Key.Key_End: _FAR}
"""By how many moments a key rewinds."""
_MOST_SMOOTHING, _USUAL_SMOOTHING = 100, 30
"""In thousandths of the curve."""
_ROOM_FOR_LABEL_PX, _ROOM_FOR_SAVE_PX = 430, 380


class CurvesView(QWidget):
    """Three plots below each other, and what they are drawn with.

    Args:
        parent: As Qt has it.
    """

    said = Signal(object)
    """What came of saving a file, in words."""

    rewind_requested = Signal(object)
    """The user wants all to be as it was at this step; None is now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.curves")
        self._curves: Curves | None = None
        self._other: Curves | None = None
        self._twin: Curves | None = None
        self._moments = Moments()
        self._sizes = (0, 0)
        self._other_sizes = (0, 0)
        self._drawn: object = None
        self._drawn_at_s = 0.0
        self._anew = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._draw)
        self._make_tools()
        self.plots = (
            CurvePlot("loss", "train.plot.loss"),
            CurvePlot("accuracy", "train.plot.accuracy"),
            CurvePlot("rate", "train.plot.third", head=self._third),
        )
        self._lay_out()
        for plot in self.plots:
            plot.png_requested.connect(lambda plot=plot: self._save_png(plot))
            plot.csv_requested.connect(lambda plot=plot: self._save_csv(plot))
            plot.hovered.connect(self._on_hovered)
            plot.moments.chosen.connect(self._on_moment_chosen)
            plot.plot.installEventFilter(self)
            if plot is not self.plots[0]:
                plot.link(self.plots[0])

    def show_curves(
        self,
        curves: Curves | None,
        sizes: tuple[int, int],
        other: Curves | None = None,
        other_sizes: tuple[int, int] = (0, 0),
        *,
        twin: Curves | None = None,
    ) -> None:
        """Show a run's curves, soon.

        Args:
            curves: The run's.
            sizes: Its steps an epoch and its batch size.
            other: Another run's, drawn faintly behind.
            other_sizes: That run's.
            twin: The plain twin's, that learns in lock-step.
        """
        if curves is None or self._curves is None or curves.run != self._curves.run:
            self._anew = True
        self._curves, self._sizes = curves, sizes
        self._other, self._other_sizes, self._twin = other, other_sizes, twin
        self._draw_soon()

    def show_moments(self, moments: Moments) -> None:
        """Show to which moments the run can be rewound, and where it stands; soon."""
        self._moments = moments
        self._draw_soon()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.plots[0].plot:
            # The layout gives a plot its width after the view's own; its width says how many points it has.
            self._draw_soon()
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = _MOMENT_KEYS.get(Qt.Key(event.key()))
            if step is not None and len(self._moments.stops) > 1:
                self._on_moment_chosen(self._moments.beside(step))
                return True
        return super().eventFilter(watched, event)

    def _on_moment_chosen(self, step: int | None) -> None:
        if step != self._moments.at:
            self._moments = replace(self._moments, at=step)
            self.rewind_requested.emit(step)
            self._draw_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # What is said elsewhere too makes way first.
        self._smooth.setVisible(self.width() >= _ROOM_FOR_LABEL_PX)
        self._save.setVisible(self.width() >= _ROOM_FOR_SAVE_PX)

    def _draw_soon(self) -> None:
        if self._timer.isActive() or not self.isVisible():
            return
        passed_ms = 1000 * (monotonic() - self._drawn_at_s)
        if passed_ms >= REDRAW_MS:
            self._draw()
        else:
            self._timer.start(int(REDRAW_MS - passed_ms) + 1)

    def _key(self) -> object:
        """What the picture depends on: where it is unchanged nothing is drawn."""
        versions = [
            (curves.run, curves.version) if curves else None
            for curves in (self._curves, self._other, self._twin)
        ]
        stands = (self._moments.at, self._moments.steps, self._moments.now)
        return (*versions, stands, self.axes(), self._third.currentData())

    def axes(self) -> Axes:
        """How the plots are drawn."""
        return Axes(
            kind=cast("AxisKind", self._kind.value),
            is_log=self._scale.value == "log",
            smoothing=self._smoothing.value() / 1000,
            steps_per_epoch=self._sizes[0],
            batch_size=self._sizes[1],
            n_px=max(self.plots[0].plot.width(), 100),
        )

    def _draw(self) -> None:
        key = self._key()
        if self._curves is None or key == self._drawn or not self.isVisible():
            return
        self._drawn, self._drawn_at_s = key, monotonic()
        axes, buffer = self.axes(), self._curves.buffer
        kind = axes.kind
        if kind == "time" and seconds_of(buffer, axes.batch_size) is None:
            kind = "step"
        others = replace(axes, steps_per_epoch=self._other_sizes[0], batch_size=self._other_sizes[1])
        for plot, subject in zip(self.plots, ("loss", "accuracy", self._third.currentData()), strict=True):
            is_log = axes.is_log and subject != "accuracy"
            stops = [self._moments.now if step is None else step for step in self._moments.stops]
            # A moment is after a step, as the step's own place is.
            plot.moments.show_moments(self._moments, places_of(buffer, stops, replace(axes, kind=kind)))
            lines = plot_lines(
                buffer,
                subject,
                replace(axes, kind=kind),
                other=self._other.buffer if self._other else None,
                other_axes=others,
                twin=self._twin.buffer if self._twin else None,
            )
            plot.show_lines(lines, subject, is_log=is_log, x_label=_X_LABELS[kind], anew=self._anew)
        self._anew = False

    def _redraw(self) -> None:
        self._anew = True
        self._draw()

    def _on_hovered(self, x: float | None) -> None:
        for plot in self.plots:
            plot.show_cursor(x)

    # Files

    def _save_png(self, plot: CurvePlot | None) -> None:
        widget: QWidget = plot if plot is not None else self._stack
        name = f"{SUBJECTS[plot.subject].lower()}.png" if plot is not None else "curves.png"
        path, _ = QFileDialog.getSaveFileName(self, "Save as PNG", name, "PNG (*.png)")
        if path:
            self.said.emit(write_png(widget.grab().toImage(), path))

    def _save_csv(self, plot: CurvePlot | None) -> None:
        if self._curves is None:
            return
        buffer = self._curves.buffer
        names = names_of(buffer, plot.subject) if plot is not None else buffer.names
        name = f"{SUBJECTS[plot.subject].lower()}.csv" if plot is not None else "curves.csv"
        path, _ = QFileDialog.getSaveFileName(self, "Save as CSV", name, "CSV (*.csv)")
        if path:
            self.said.emit(write_text(csv_text(buffer, names), path))

    # How it is built

    def _make_tools(self) -> None:
        self._kind = Segments("train.axis", "Axis", _AXES)
        self._kind.show_value("epoch")
        self._scale = Segments("train.scale", "Scale", _SCALES)
        self._scale.show_value("linear")
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("train.smoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip(
            "How much the curves of single steps are smoothed; the raw ones stay behind"
        )
        self._smoothing.setRange(0, _MOST_SMOOTHING)
        self._smoothing.setValue(_USUAL_SMOOTHING)
        self._smoothing.setMinimumWidth(36)
        self._smoothing.setMaximumWidth(84)
        self._third = FlatCombo()
        self._third.setObjectName("train.third")
        self._third.setAccessibleName("Third plot")
        self._third.setFixedWidth(136)
        self._third.setToolTip("What the lowest plot shows")
        for subject in _THIRD:
            self._third.addItem(SUBJECTS[subject], subject)
        self._save = QPushButton("Save")
        self._save.setObjectName("train.save_curves")
        menu = QMenu(self._save)
        menu.addAction("All plots as PNG…", lambda: self._save_png(None))
        menu.addAction("All curves as CSV…", lambda: self._save_csv(None))
        self._save.setMenu(menu)
        self._kind.chosen.connect(lambda _: self._redraw())
        self._scale.chosen.connect(lambda _: self._redraw())
        self._smoothing.valueChanged.connect(lambda _: self._draw_soon())
        self._third.activated.connect(lambda _: self._redraw())

    def _lay_out(self) -> None:
        for segments in (self._kind, self._scale):
            segments.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._smooth = QLabel("Smooth")
        self._smooth.setProperty("tone", "muted")
        tools = QHBoxLayout()
        tools.setContentsMargins(SPACE, HALF, SPACE, HALF)
        tools.setSpacing(SPACE)
        tools.addWidget(self._kind)
        tools.addWidget(self._scale)
        tools.addWidget(self._smooth)
        tools.addWidget(self._smoothing, 1)
        tools.addStretch(3)
        tools.addWidget(self._save)
        self._stack = QSplitter(Qt.Orientation.Vertical)
        self._stack.setChildrenCollapsible(False)
        for plot in self.plots:
            self._stack.addWidget(plot)
        self._stack.setSizes([300, 300, 200])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self._stack, 1)


def write_text(text: str, path: str) -> str:
    """Write a table.

    Returns:
        What came of it, in words.
    """
    name = Path(path).name
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        return f"{name} was not saved: {error.strerror or error}. Choose another folder."
    return f"Saved {name}"
