"""How one number of a map is made: the formula with its numbers, and the products behind a sum.

Used by the feature view. Takes the values of `present/arithmetic.py`; knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from explorer.present.arithmetic import Number, Windowed
from explorer.present.channels import value_text
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.number_grids import NumberGrids


def formula_text(number: Number) -> str:
    """The formula with its numbers: `0.42 = Σ patch · kernel + bias = 0.4 + 0.02`."""
    made = number.made
    written = {name: value_text(value) for name, value in made.arguments.items()}
    return f"{value_text(made.value)} = {made.formula.format(**written)}"


def title_text(number: Number) -> str:
    """Which number it is: `conv1 · channel 17 · (5, 3)`, column first as everywhere in the view."""
    return f"{number.key} · channel {number.channel} · ({number.column}, {number.row})"


NAMES: dict[str, str] = {"branch": "F(x)", "shortcut": "x"}
"""What the papers call the arguments of an addition."""


def arguments_text(number: Number) -> str:
    """Each number of the formula with where it comes from, a line each: `F(x) = 4.75 from layer3.2.bn2`."""
    made, lines = number.made, []
    for place, (name, value) in enumerate(made.arguments.items()):
        source = f" from {number.inputs[place]}" if name in NAMES and place < len(number.inputs) else ""
        lines.append(f"{NAMES.get(name, name)} = {value_text(value)}{source}")
    return "\n".join(lines)


class NumberPanel(QFrame):
    """Takes a number apart; hidden while none is asked about.

    Args:
        parent: As Qt has it.
    """

    closed = Signal()
    """The user has seen enough."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("features.number")
        self.setAccessibleName(self.tr("How this number is made"))
        self._title = ElidedLabel()
        self._title.setObjectName("features.number_title")
        self._title.setFont(font("body", strong=True))
        close = QToolButton()
        close.setObjectName("features.number_close")
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip(self.tr("Close"))
        close.setAccessibleName(self.tr("Close"))
        close.clicked.connect(lambda: self.closed.emit())
        self._formula = self._line("features.number_formula")
        self._source = self._line("features.number_source")
        self._source.setProperty("tone", "muted")
        self._source.setFont(font("small"))
        self._arguments = self._line("features.number_arguments")
        self.grids = NumberGrids()
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(HALF)
        for part in (self._formula, self._arguments, self._source, self.grids):
            lines.addWidget(part)
        lines.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE + HALF, HALF, SPACE, HALF)
        column.setSpacing(HALF)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        self.hide()

    def _line(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def show_number(self, number: Number | None) -> None:
        """Take a number apart; None hides the panel."""
        if number is None:
            self.grids.show_sum(None)
            self.hide()
            return
        made = number.made
        self._title.set_text(title_text(number), self.tr("How this number is made"))
        self._formula.setText(formula_text(number))
        self._source.setText(self._source_text(number))
        self._arguments.setText(arguments_text(number))
        self._arguments.setVisible(not isinstance(made, Windowed))
        self.grids.show_sum(made if isinstance(made, Windowed) else None)
        self.grids.setVisible(isinstance(made, Windowed))
        self.show()

    def _source_text(self, number: Number) -> str:
        """What was read where, and what the net itself has there."""
        read = ", ".join(dict.fromkeys(number.inputs))
        parts = [self.tr("reads {keys}").format(keys=read)] if read else []
        made = number.made
        if isinstance(made, Windowed):
            _, rows, columns = made.patch.shape
            parts.append(
                self.tr("{rows}×{columns} from ({left}, {top})").format(
                    rows=rows, columns=columns, left=made.left, top=made.top
                )
            )
        parts.append(self.tr("the net's own: {value}").format(value=value_text(number.measured)))
        return " · ".join(parts)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(400, 220)
