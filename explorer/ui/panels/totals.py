"""What the net costs in all, the lock that holds it, and the lamp that lights when it is a published one.

The lower part of the architecture panel. Takes plain values; knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QRadialGradient
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from explorer.arch.budget import Budget
from explorer.arch.cost import FLOAT32_BYTES, Cost
from explorer.arch.lamp import Nearest, lamp_text
from explorer.arch.papers import Published
from explorer.present.text import byte_size, grouped, short
from explorer.ui.panels.budget_lock import BudgetLock
from explorer.ui.theme import HALF, SPACE, Colours, font

_LAMP_PX = 18


class Lamp(QWidget):
    """A small round light, on or off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lamp.light")
        self.setFixedSize(QSize(_LAMP_PX, _LAMP_PX))
        self._is_lit = False

    @property
    def is_lit(self) -> bool:
        """Whether it is on."""
        return self._is_lit

    def set_lit(self, is_lit: bool) -> None:
        """Turn it on or off."""
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = Colours.of(self.palette())
        centre = QPointF(self.width() / 2, self.height() / 2)
        if not self._is_lit:
            painter.setPen(QPen(colours.muted, 1.4))
            painter.drawEllipse(centre, 4.5, 4.5)
            return
        glow = QRadialGradient(centre, _LAMP_PX / 2)
        for place, alpha in ((0.0, 0.55), (0.55, 0.28), (1.0, 0.0)):
            colour = QColor(colours.success)
            colour.setAlphaF(alpha)
            glow.setColorAt(place, colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(glow)
        painter.drawEllipse(centre, _LAMP_PX / 2, _LAMP_PX / 2)
        painter.setBrush(colours.success)
        painter.drawEllipse(centre, 5, 5)


class PaperLamp(QWidget):
    """The lamp with the published net's name, its error and its source."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lamp")
        self._light = Lamp()
        self._name = QLabel()
        self._name.setObjectName("lamp.name")
        self._name.setFont(font("body", strong=True))
        self._error = QLabel()
        self._error.setObjectName("lamp.error")
        self._error.setProperty("tone", "muted")
        for label in (self._name, self._error):
            label.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._name)
        words.addWidget(self._error)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self._light, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_paper(self, near: Nearest) -> None:
        """Light up for a published net, or go out and name the nearest with what differs."""
        row = near.published
        self._light.set_lit(near.is_exact)
        name, error = f"near {row.name}", _lamp_words(near)
        if near.is_exact:
            name, error = f"= {row.name}", error_text(row)
        self._name.setText(name)
        self._error.setText(error)
        self.setToolTip(_detail(row))
        self.setAccessibleName(f"{name}, {error}")


def _detail(row: Published) -> str:
    """What the lines leave out of a published net: its size, what its error was measured on, its source."""
    size = f"<p>{row.name}: {grouped(row.parameters)} parameters</p>"
    return f"{size}<p>{error_text(row)}</p><p>{row.error_kind}</p><p><small>{row.source}</small></p>"


def _lamp_words(near: Nearest) -> str:
    """What differs from the network whose name stands in the line above."""
    said = lamp_text(near)
    return said.message.format(**{**dict(said.arguments), "name": "it"})


def error_text(paper: Published) -> str:
    """The source's own number, and what it was measured on."""
    if not paper.error_text:
        return "The source gives no error."
    whose = "paper error" if paper.whose == "paper" else "error"
    # How many crops were averaged stands in the tooltip: the line has to fit.
    return f"{whose} {paper.error_text} · {paper.error_kind.partition(',')[0]}"


_ROWS = {
    "parameters": "Parameters",
    "macs": "MACs",
    "memory_bytes": "Memory",
    "receptive_field": "Receptive field",
    "depth": "Depth",
}


def total_texts(cost: Cost) -> dict[str, tuple[str, str]]:
    """For each total: what is shown, and what the tooltip adds."""
    weights = cost.parameters * FLOAT32_BYTES
    return {
        "parameters": (
            grouped(cost.parameters),
            f"{grouped(cost.parameters)} trainable numbers, {byte_size(weights)} in float32",
        ),
        "macs": (
            short(cost.macs),
            f"{grouped(cost.macs)} multiply-adds of convolutions and fully connected layers for one picture",
        ),
        "memory_bytes": (
            byte_size(cost.memory_bytes),
            f"{grouped(cost.memory_bytes)} bytes in float32 for one picture: weights {grouped(weights)}, "
            f"activations {grouped(cost.activation_bytes)}",
        ),
        "receptive_field": (
            f"{cost.receptive_field} px",
            f"One output of the last convolution sees {grouped(cost.receptive_field)} × "
            f"{grouped(cost.receptive_field)} pixels of the picture",
        ),
        "depth": (
            grouped(cost.depth),
            f"{grouped(cost.depth)} weighted layers on the main path; projections are not counted (He 2015)",
        ),
    }


class Totals(QWidget):
    """Lamp, totals and the budget lock on a ground of their own."""

    lock_chosen = Signal(object, object)
    """The user chose (what to hold or None, the field that follows)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("totals")
        self._lamp = PaperLamp()
        self._values = {name: QLabel() for name in _ROWS}
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(HALF)
        grid.setColumnStretch(0, 1)
        for row, (name, title) in enumerate(_ROWS.items()):
            label, value = QLabel(title), self._values[name]
            label.setProperty("tone", "muted")
            value.setObjectName(f"total.{name}")
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, row, 0)
            grid.addWidget(value, row, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE + HALF, 2 * SPACE, SPACE + HALF)
        column.setSpacing(SPACE + HALF)
        column.addWidget(self._lamp)
        column.addLayout(grid)
        self._lock = BudgetLock()
        self._lock.lock_chosen.connect(self.lock_chosen)
        column.addWidget(self._lock)

    def show_budget(self, budget: Budget | None, cost: Cost) -> None:
        """Show what is held, and how near the net is to it."""
        reached = cost.macs if budget is not None and budget.hold == "macs" else cost.parameters
        self._lock.show_budget(budget, reached)

    def show_totals(self, cost: Cost, near: Nearest) -> None:
        """Show a net's costs and which published net it is, or is near to."""
        self._lamp.show_paper(near)
        for name, (text, detail) in total_texts(cost).items():
            value = self._values[name]
            value.setText(text)
            value.setToolTip(f"<p>{detail}</p>")
            value.setAccessibleName(f"{_ROWS[name]}: {text}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        colours = Colours.of(self.palette())
        painter.fillRect(self.rect(), colours.card)
        painter.fillRect(0, 0, self.width(), 1, colours.hairline)
