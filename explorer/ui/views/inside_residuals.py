"""How much each block adds to what it passes on, and how strongly each layer answers.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from explorer.nets.insights import BlockMeter, LayerResponse, ResidualMeter
from explorer.ui.theme import SPACE
from explorer.ui.views.inside_facts import InsideFacts, places, sample_title, ticks
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import ChartData, Series, Tick, csv_text
from explorer.ui.widgets.elided_label import ElidedLabel

_PICTURE_INK, _SAMPLE_INK = 0, 1
_MOST_LINEAR = 100.0
"""Responses that differ by more stand on a logarithmic axis."""
_FIGURE_KERNEL = 3
"""The paper's figure shows convolutions of this window only."""

Measured = tuple[str, int, ResidualMeter]
"""Name, ink and numbers of what was measured."""


class ResidualsView(TopicView):
    """Three charts below each other: ‖F(x)‖ / ‖x‖, cosine, and the responses of figure 7."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("residuals", parent)
        self.ratio = Chart("inside.residuals.ratio")
        self.cosine = Chart("inside.residuals.cosine")
        self.responses = Chart("inside.residuals.responses")
        self._why = ElidedLabel("muted")
        self._why.setObjectName("inside.residuals.why")
        stack = QSplitter(Qt.Orientation.Vertical)
        stack.setChildrenCollapsible(False)
        for chart in (self.ratio, self.cosine, self.responses):
            stack.addWidget(chart)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.addWidget(stack, 1)
        line = QVBoxLayout()
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.addWidget(self._why)
        column.addLayout(line)

    def has_result(self, facts: InsideFacts) -> bool:
        return bool(_measured(facts))

    def show_facts(self, facts: InsideFacts) -> None:
        measured = _measured(facts)
        blocks = measured[0][2].blocks
        keys = tuple(block.key for block in blocks)
        self.ratio.show_data(
            ChartData(
                "‖F(x)‖ / ‖x‖",
                tuple(_by_block(each, [block.ratio for block in each[2].blocks]) for each in measured),
                ticks=ticks(keys),
                bounds=(0.0, None),
            )
        )
        self.cosine.show_data(
            ChartData(
                "cosine of F(x) and x",
                tuple(_by_block(each, [block.cosine for block in each[2].blocks]) for each in measured),
                ticks=ticks(keys),
            )
        )
        self.responses.show_data(_responses(measured))
        # Without any shortcut there is nothing to compare, and the two charts would be empty frames.
        is_plain = self.ratio.data.is_empty
        self.ratio.setVisible(not is_plain)
        self.cosine.setVisible(not is_plain)
        why = why_missing(blocks)
        self._why.set_text(why)
        self._why.setVisible(bool(why))

    def to_csv(self) -> str:
        return csv_text(self.ratio.data, self.cosine.data, self.responses.data)


def _measured(facts: InsideFacts) -> list[Measured]:
    """What there is of the current picture and of the sample."""
    inside, found = facts.inside, []
    picture, sample = inside.metered_picture, inside.metered_sample
    if picture is not None:
        found.append(("this picture", _PICTURE_INK, picture.meter))
    if sample is not None:
        # What ships with the weights was found with other pictures than those that are chosen now.
        shipped = inside.shipped
        is_shipped = shipped is not None and sample.meter is shipped.meter
        title = "its test pictures" if is_shipped else sample_title(facts.data, inside.data)
        name = f"{title} ({sample.meter.images:,})"
        found.append((name, _SAMPLE_INK, sample.meter))
    return found


def _by_block(measured: Measured, values: list[float | None]) -> Series:
    name, ink, meter = measured
    keys = tuple(block.key for block in meter.blocks)
    notes = tuple(block.reason for block in meter.blocks)
    return Series(name, places(len(keys)), tuple(values), keys, notes, ink=ink)


def _figure_layers(meter: ResidualMeter) -> tuple[LayerResponse, ...]:
    """The layers of the paper's figure; all of them where there are hardly any."""
    wanted = tuple(layer for layer in meter.layers if layer.kernel == _FIGURE_KERNEL)
    return wanted if len(wanted) > 1 else meter.layers


def _responses(measured: list[Measured]) -> ChartData:
    series: list[Series] = []
    marks: tuple[Tick, ...] = ()
    for name, ink, meter in measured:
        layers = _figure_layers(meter)
        keys = tuple(layer.key for layer in layers)
        stds = tuple(layer.std for layer in layers)
        series.append(Series(name, places(len(keys)), stds, keys, ink=ink))
        marks = tuple(Tick(float(place), str(place + 1)) for place in range(len(keys)))
    known = [value for line in series for value in line.values if value]
    # An untrained deep network grows from layer to layer: on a linear axis all but the last were flat.
    is_wide = bool(known) and max(known) > _MOST_LINEAR * min(known)
    return ChartData(
        "std after batch norm, by 3 × 3 layer (figure 7)",
        tuple(series),
        ticks=marks,
        unit="log" if is_wide else "number",
        bounds=(None if is_wide else 0.0, None),
    )


def why_missing(blocks: tuple[BlockMeter, ...]) -> str:
    """Why blocks have no number: each reason once, with its blocks; empty where none is missing."""
    by_reason: dict[str, list[str]] = {}
    for block in blocks:
        if block.reason:
            by_reason.setdefault(block.reason, []).append(block.key)
    said = []
    for reason, keys in by_reason.items():
        who = "Every block" if len(keys) == len(blocks) else ", ".join(keys)
        said.append(f"{who}: {reason}")
    return " ".join(said)
