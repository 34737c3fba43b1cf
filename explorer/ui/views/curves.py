"""The curves of a training: loss, accuracy and a third plot, on axes that the user chooses.

Used by the training view, which is built after the first paint. Draws at most ten times a second, only while
it is seen. Knows nothing of the store.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from explorer.present.curves import AxisKind
from explorer.state.learning import Curves
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.curve_board import CurveBoard
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
from explorer.ui.widgets.save_tool import SaveTool

_THIRD: tuple[Subject, ...] = ("rate", "speed", "gradients", "weights", "ratios")
_X_LABELS: dict[AxisKind, str] = {"step": "step", "epoch": "epoch", "time": "seconds"}
_FAR = 1_000_000
_MOMENT_KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -_FAR, Qt.Key.Key_End: _FAR}
"""By how many moments a key rewinds."""
_ROOM_FOR_LABEL_PX, _ROOM_FOR_SAVE_PX = 430, 380


class CurvesView(CurveBoard):
    """Three plots below each other, and what they are drawn with.

    Args:
        parent: As Qt has it.
    """

    rewind_requested = Signal(object)
    """The user wants all to be as it was at this step; None is now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        values = QCoreApplication.translate("CurvesView", "Losses, rates and norms")
        super().__init__("train", values, _ROOM_FOR_LABEL_PX, parent=parent)
        self.setObjectName("train.curves")
        self._curves: Curves | None = None
        self._other: Curves | None = None
        self._twin: Curves | None = None
        self._moments = Moments()
        self._sizes = (0, 0)
        self._other_sizes = (0, 0)
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
            self._draw_laid_out()
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # What is said elsewhere too makes way first.
        self._save.setVisible(self.width() >= _ROOM_FOR_SAVE_PX)

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
            smoothing=self.smoothing,
            steps_per_epoch=self._sizes[0],
            batch_size=self._sizes[1],
            n_px=max(self.plots[0].plot.width(), 100),
        )

    def _draw(self) -> None:
        if self._curves is None or not self.isVisible() or not self._is_news(self._key()):
            return
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
                replace(axes, kind=kind, is_log=is_log),
                other=self._other.buffer if self._other else None,
                other_axes=others,
                twin=self._twin.buffer if self._twin else None,
            )
            plot.show_lines(lines, subject, is_log=is_log, x_label=_X_LABELS[kind], anew=self._anew)
        self._anew = False

    def _on_hovered(self, x: float | None) -> None:
        for plot in self.plots:
            plot.show_cursor(x)

    # Files

    def _save_png(self, plot: CurvePlot | None) -> None:
        widget: QWidget = plot if plot is not None else self._stack
        self._save.save_picture(widget, f"{self._file_stem(plot)}.png")

    def _save_csv(self, plot: CurvePlot | None) -> None:
        if self._curves is None:
            return
        buffer = self._curves.buffer
        names = names_of(buffer, plot.subject) if plot is not None else buffer.names
        self._save.save_table(lambda: csv_text(buffer, names), f"{self._file_stem(plot)}.csv")

    def _file_stem(self, plot: CurvePlot | None) -> str:
        return SUBJECTS[plot.subject].lower() if plot is not None else "curves"

    # How it is built

    def _make_tools(self) -> None:
        self._smoothing.setToolTip(
            "How much the curves of single steps are smoothed; the raw ones stay behind"
        )
        self._smoothing.setMaximumWidth(84)
        self._third = FlatCombo()
        self._third.setObjectName("train.third")
        self._third.setAccessibleName("Third plot")
        self._third.setFixedWidth(136)
        self._third.setToolTip("What the lowest plot shows")
        for subject in _THIRD:
            self._third.addItem(SUBJECTS[subject], subject)
        self._save = SaveTool("train.curves")
        self._save.setObjectName("train.save_curves")
        self._save.add("All plots as PNG…", lambda: self._save_png(None))
        self._save.add("All curves as CSV…", lambda: self._save_csv(None))
        # What came of it stands below, where the training says what happens.
        self._save.said.connect(self.said)
        self._third.activated.connect(lambda _: self._redraw())

    def _lay_out(self) -> None:
        for segments in (self._kind, self._scale):
            segments.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
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
