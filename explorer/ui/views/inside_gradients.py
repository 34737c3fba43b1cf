"""How much gradient arrives at each depth: the network, its plain twin, other depths.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.nets.insights import GradientFlow, LayerGradient
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_facts import InsideFacts
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import ChartData, Series, csv_text
from explorer.ui.widgets.elided_label import ElidedLabel

_NOW = "now"
"""What the engine calls the live network itself."""
_SCALES = (
    Segment("norm", "Norm", "<p>The L2 norm of the gradient by each layer's weights.</p>"),
    Segment("relative", "Relative", "<p>The same over the norm of the weights.</p>"),
)


class GradientsView(TopicView):
    """A line a network, from its first layer to its last, on a logarithmic axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("gradients", parent)
        self._facts = InsideFacts()
        self.scale = Segments("inside.gradients.scale", "What is drawn", _SCALES)
        self.scale.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.scale.show_value("norm")
        self.scale.chosen.connect(lambda _: self.show_facts(self._facts))
        self.chart = Chart("inside.gradients.chart")
        self._said = ElidedLabel("muted")
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, 0)
        line.setSpacing(SPACE)
        line.addWidget(self.scale)
        line.addWidget(self._said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.chart, 1)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.inside.flows is not None

    def show_facts(self, facts: InsideFacts) -> None:
        self._facts = facts
        flows = facts.inside.flows
        assert flows is not None
        is_relative = self.scale.value == "relative"
        title = "Gradient norm / weight norm" if is_relative else "Gradient norm"
        self.chart.show_data(
            ChartData(
                title,
                tuple(
                    flow_series("this network" if name == _NOW else name, flow, ink, is_relative=is_relative)
                    for ink, (name, flow) in enumerate(flows.flows)
                ),
                unit="log",
                bottom="first layer  →  depth  →  classifier",
            )
        )
        self._said.set_text(said(flows.flows[0][1]))

    def to_csv(self) -> str:
        return csv_text(self.chart.data)


def flow_series(name: str, flow: GradientFlow, ink: int, *, is_relative: bool) -> Series:
    """A network's gradients by relative depth, 0 to 1, so that others of other depths lie beside it."""
    n = len(flow.layers)
    return Series(
        name,
        tuple(place / max(n - 1, 1) for place in range(n)),
        tuple(layer.relative if is_relative else layer.norm for layer in flow.layers),
        tuple(layer.key for layer in flow.layers),
        tuple(_note(layer, is_relative=is_relative) for layer in flow.layers),
        ink=ink,
    )


def _note(layer: LayerGradient, *, is_relative: bool) -> str:
    if is_relative and layer.relative is None:
        return "its weights are zero"
    return "" if 0 < layer.norm < float("inf") else "nothing arrives" if layer.norm == 0 else "overflows"


def said(flow: GradientFlow) -> str:
    """How the ends of the live network compare, in a sentence."""
    first, last = flow.layers[0], flow.layers[-1]
    if not 0 < first.norm < float("inf") or not 0 < last.norm < float("inf"):
        return ""
    ratio = first.norm / last.norm
    times = f"{ratio:.3g} ×" if ratio >= 0.01 else f"1 / {1 / ratio:,.0f} of"
    return f"At {first.key} {times} the gradient at {last.key}; loss {flow.loss:.3g}."
