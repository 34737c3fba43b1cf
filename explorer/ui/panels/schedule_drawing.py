"""A small drawing of the learning rate from the first step to the last.

Used by the training form. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from explorer.training.plan import Plan
from explorer.training.schedule import learning_rate
from explorer.ui.theme import HALF, RADIUS, SPACE, Colours, font

_N_POINTS = 240
_STEPS_AN_EPOCH = 400
"""Drawn as if an epoch had so many steps: only the first few hundred of the paper's depend on it."""


class ScheduleDrawing(QWidget):
    """The learning rate over a training, and how far the training is.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("train.schedule_drawing")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("The learning rate from the first step to the last")
        self._plan: Plan | None = None
        self._rates: tuple[float, ...] = ()

    @property
    def rates(self) -> tuple[float, ...]:
        """What is drawn, from left to right."""
        return self._rates

    def show_plan(self, plan: Plan) -> None:
        """Draw a plan's learning rate."""
        if plan == self._plan:
            return
        self._plan = plan
        steps = plan.epochs * _STEPS_AN_EPOCH
        places = (round(i * (steps - 1) / (_N_POINTS - 1)) for i in range(_N_POINTS))
        self._rates = tuple(learning_rate(plan, place, steps) for place in places)
        self.setAccessibleName(f"Learning rate: {plan.schedule}, at most {plan.learning_rate:g}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 58)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._plan is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        painter.setPen(colours.hairline)
        painter.setBrush(colours.card)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        room = frame.adjusted(SPACE, SPACE, -SPACE, -SPACE)
        top = max(self._rates) or 1.0
        step_px = room.width() / (_N_POINTS - 1)
        points = [
            QPointF(room.left() + i * step_px, room.bottom() - rate / top * room.height())
            for i, rate in enumerate(self._rates)
        ]
        ground = QColor(colours.accent)
        ground.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawPolygon(QPolygonF([*points, room.bottomRight(), room.bottomLeft()]))
        painter.setPen(QPen(colours.accent, 1.5))
        painter.drawPolyline(QPolygonF(points))
        painter.setFont(font("small"))
        painter.setPen(colours.muted)
        painter.drawText(
            room.adjusted(HALF, -2, -HALF, 0),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop,
            f"{self._plan.learning_rate:.3g}",
        )
