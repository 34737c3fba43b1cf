"""The details of the selected node, as a strip of labelled numbers; of the whole network where none is.

Used by `graph.py`. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from explorer.arch.cost import Cost
from explorer.arch.graph import Graph
from explorer.present import text as words
from explorer.present.layout_parts import Box
from explorer.ui.theme import HALF, SPACE, font
from explorer.ui.views.graph_icons import swatch
from explorer.ui.views.graph_ink import Ink
from explorer.ui.widgets.elided_label import ElidedLabel

_LEAST_PX = 160


class GraphCard(QFrame):
    """A title, a key and five numbers; the last are left out where there is no room for them.

    Args:
        parent: As Qt has it.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph.card")
        self.setAccessibleName(self.tr("Details of the selected node"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._swatch = QLabel()
        self._title = ElidedLabel()
        self._title.setFont(font("body", strong=True))
        self._title.setObjectName("graph.card.title")
        self._key = QLabel()
        self._key.setObjectName("graph.card.key")
        self._key.setFont(font("small"))
        self._key.setProperty("tone", "muted")
        self._key.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._key.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._key.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        head = QHBoxLayout()
        head.setSpacing(HALF)
        head.addWidget(self._swatch)
        head.addWidget(self._title, 1)
        head.addWidget(self._key, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, SPACE)
        column.setSpacing(HALF)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(2 * SPACE)
        self._fields: list[QWidget] = []
        column.addLayout(row)
        self._output = self._field(row, "output", self.tr("Output"))
        self._parameters = self._field(row, "parameters", self.tr("Parameters"))
        self._macs = self._field(row, "macs", self.tr("MACs"))
        self._field_seen = self._field(row, "receptive_field", self.tr("Sees"))
        self._field_seen.setToolTip(self.tr("Receptive field: side of the square of input pixels"))
        self._memory = self._field(row, "memory", self.tr("Activations"))
        self._memory.setToolTip(self.tr("Memory of the output of one image in float32"))
        row.addStretch(1)

    def _field(self, row: QHBoxLayout, name: str, title: str) -> QLabel:
        caption = QLabel(title)
        caption.setFont(font("small"))
        caption.setProperty("tone", "muted")
        value = QLabel()
        value.setObjectName(f"graph.card.{name}")
        value.setAccessibleName(title)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        field = QWidget()
        column = QVBoxLayout(field)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(caption)
        column.addWidget(value)
        row.addWidget(field)
        self._fields.append(field)
        return value

    def minimumSizeHint(self) -> QSize:
        # Five wide numbers must not make the window wider than the screen.
        return QSize(_LEAST_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        left = self.contentsRect().width() - 3 * SPACE
        for place, field in enumerate(self._fields):
            left -= field.sizeHint().width()
            field.setVisible(place == 0 or left >= 0)
            left -= 2 * SPACE

    def _show_values(self, output: str, parameters: int, macs: int, seen: int, memory: int) -> None:
        self._output.setText(output)
        self._parameters.setText(words.grouped(parameters) if parameters < 1e8 else words.short(parameters))
        self._parameters.setToolTip(words.grouped(parameters))
        self._macs.setText(words.short(macs))
        self._macs.setToolTip(words.grouped(macs))
        self._field_seen.setText(f"{seen} px")
        self._memory.setText(words.byte_size(memory))
        self._fit()

    def show_whole(self, graph: Graph, cost: Cost) -> None:
        """The whole network's numbers, where nothing is selected."""
        self._swatch.hide()
        self._title.set_text(self.tr("Whole network"))
        nodes = self.tr("{nodes} nodes · {depth} weighted layers")
        self._key.setText(nodes.format(nodes=len(graph.nodes), depth=cost.depth))
        output = words.shape(graph.nodes[-1].output_shape)
        self._show_values(output, cost.parameters, cost.macs, cost.receptive_field, cost.activation_bytes)

    def show_box(self, box: Box, graph: Graph, cost: Cost, ink: Ink) -> None:
        """One box: a node's own numbers, or the sums of what a fold holds."""
        self._swatch.setPixmap(swatch(ink.op(box.op)))
        self._swatch.setVisible(not box.unfolds)
        self._title.set_text(box.title)
        last = graph.nodes[box.stop - 1]
        self._key.setText(box.id)
        self._key.setToolTip(box.id)
        costs = [cost.by_key[node.key] for node in graph.nodes[box.start : box.stop]]
        self._show_values(
            words.shape(last.output_shape),
            sum(each.parameters for each in costs),
            sum(each.macs for each in costs),
            costs[-1].receptive_field,
            sum(each.activation_bytes for each in costs),
        )
