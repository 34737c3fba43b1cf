"""What the network still knows without each block; blocks to bypass and to exchange.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from explorer.arch.lesions import Lesions, exchangeable, lesionable
from explorer.engine.sample_messages import Swept
from explorer.nets.insights import Knowledge, Sweep
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_facts import InsideFacts, places, sample_title, short_name, ticks
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import ChartData, Level, Series, csv_text

_NET_INK, _TWIN_INK = 0, 1


class LesionsView(TopicView):
    """The sweep as bars; a click on one bypasses that block, or heals it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("lesions", parent)
        self._facts = InsideFacts()
        self.chart = Chart("inside.lesions.chart", clickable=True)
        self.chart.clicked.connect(self._on_clicked)
        self.said = QLabel()
        self.said.setObjectName("inside.lesions.said")
        self.said.setWordWrap(True)
        self.heal = QPushButton("Heal all")
        self.heal.setObjectName("inside.lesions.heal")
        self.heal.setToolTip("Take all lesions away")
        self.heal.clicked.connect(self.healed)
        self.first, self.second = FlatCombo(), FlatCombo()
        for combo, name in ((self.first, "first"), (self.second, "second")):
            combo.setObjectName(f"inside.lesions.{name}")
            combo.setAccessibleName(f"The {name} of two blocks to exchange")
        self.first.activated.connect(lambda _: self._fill_second())
        self.exchange = QPushButton("Exchange")
        self.exchange.setObjectName("inside.lesions.exchange")
        self.exchange.setToolTip("Let the two blocks change places; again puts them back")
        self.exchange.clicked.connect(self._on_exchange)
        self._lay_out()

    def _lay_out(self) -> None:
        words = QHBoxLayout()
        words.setContentsMargins(SPACE, 0, SPACE, 0)
        words.addWidget(self.said, 1)
        words.addWidget(self.heal)
        self.swap = QWidget()
        line = QHBoxLayout(self.swap)
        line.setContentsMargins(SPACE, 0, SPACE, SPACE)
        line.setSpacing(HALF)
        label = QLabel("Swap")
        label.setProperty("tone", "muted")
        line.addWidget(label)
        line.addWidget(self.first, 1)
        line.addWidget(QLabel("↔"))
        line.addWidget(self.second, 1)
        line.addWidget(self.exchange)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(HALF)
        column.addWidget(self.chart, 1)
        column.addLayout(words)
        column.addWidget(self.swap)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.spec is not None and facts.is_ready

    def show_facts(self, facts: InsideFacts) -> None:
        self._facts = facts
        graph = facts.graph
        assert graph is not None
        self.chart.show_data(chart_data(facts))
        self.said.setText(said(facts))
        self.heal.setVisible(bool(facts.lesions))
        keys = [block.key for block in graph.blocks if exchangeable(graph, block.key)]
        _fill(self.first, keys)
        self._fill_second()
        self.swap.setVisible(bool(keys))

    def to_csv(self) -> str:
        return csv_text(self.chart.data)

    def _fill_second(self) -> None:
        graph, first = self._facts.graph, self.first.currentData()
        _fill(self.second, list(exchangeable(graph, first)) if graph is not None and first else [])

    def _on_clicked(self, block: str) -> None:
        graph = self._facts.graph
        if graph is not None and not lesionable(graph)[block]:
            self.lesion_toggled.emit(block)

    def _on_exchange(self) -> None:
        first, second = self.first.currentData(), self.second.currentData()
        if first and second:
            self.blocks_exchanged.emit(first, second)


def _fill(combo: FlatCombo, keys: list[str]) -> None:
    """List blocks, keeping the chosen one where it is still there."""
    if [combo.itemData(at) for at in range(combo.count())] == keys:
        return
    chosen = combo.currentData()
    with QSignalBlocker(combo):
        combo.clear()
        for key in keys:
            # As the chart names them: in a narrow dock there is no room for more.
            combo.addItem(short_name(key), key)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))


def chart_data(facts: InsideFacts) -> ChartData:
    """The sweep as far as it is known; before it, every block waits for its bar."""
    graph, swept = facts.graph, facts.inside.swept
    assert graph is not None
    keys = tuple(block.key for block in graph.blocks)
    title = "Accuracy without each block"
    if swept is not None and not swept.knows_truth:
        title = "Answers kept without each block"
    series = [_by_block("without this block", swept.sweep if swept else None, lesionable(graph), _NET_INK)]
    if swept is not None and swept.twin is not None:
        series.append(_twin(swept.twin))
    return ChartData(
        title,
        tuple(series),
        levels=_levels(swept),
        unit="percent",
        ticks=ticks(keys),
        bounds=(0.0, 1.0),
        marked=facts.lesions.bypassed,
    )


def _levels(swept: Swept | None) -> tuple[Level, ...]:
    if swept is None or not _has_intact(swept):
        return ()
    levels = [Level("intact", swept.sweep.intact.accuracy)]
    if swept.twin is not None:
        levels.append(Level("intact plain twin", swept.twin.intact.accuracy, _TWIN_INK))
    return tuple(levels)


def _has_intact(swept: Swept) -> bool:
    """Until all blocks are there the sweep only knows the best so far."""
    return swept.is_done or swept.twin is not None


def _by_block(name: str, sweep: Sweep | None, reasons: dict[str, str], ink: int) -> Series:
    done = {block.key: block.knowledge for block in sweep.blocks} if sweep is not None else {}
    found = (done.get(key) for key in reasons)
    values = tuple(knowledge.accuracy if knowledge is not None else None for knowledge in found)
    notes = tuple(reason or ("" if key in done else "not swept yet") for key, reason in reasons.items())
    return Series(name, places(len(reasons)), values, tuple(reasons), notes, kind="bars", ink=ink)


def _twin(sweep: Sweep) -> Series:
    """The plain twin's blocks have the same keys and stand above the same bars."""
    values = tuple(block.knowledge.accuracy if block.knowledge else None for block in sweep.blocks)
    keys = tuple(block.key for block in sweep.blocks)
    notes = tuple(block.reason for block in sweep.blocks)
    return Series("plain twin", places(len(keys)), values, keys, notes, kind="dots", ink=_TWIN_INK)


def said(facts: InsideFacts) -> str:
    """The present lesions and what they do, in a sentence."""
    lesions, tested, swept = facts.lesions, facts.inside.tested, facts.inside.swept
    if not lesions:
        if swept is None:
            return "Intact. Click a place in the chart to bypass that block."
        if not swept.is_done:
            return f"{len(swept.sweep.blocks)} blocks done, {swept.sweep.images:,} pictures each…"
        return (
            f"Intact {_percent(swept.sweep.intact.accuracy)} of {swept.sweep.images:,} pictures. "
            "Click a bar to bypass its block."
        )
    known = _known_beforehand(facts)
    if known is not None and swept is not None:
        return _compared(swept.sweep.intact, known, lesions, swept.sweep.images)
    if tested is None or tested.lesions != lesions:
        return f"With {lesions_text(lesions)}."
    if tested.knows_truth:
        return _compared(tested.intact, tested.knowledge, lesions, tested.images)
    changed = f"With {lesions_text(lesions)} {_percent(tested.knowledge.accuracy)} of the answers stay"
    return f"{changed} ({tested.images:,} pictures of {sample_title(facts.data, facts.inside.data)})."


def _known_beforehand(facts: InsideFacts) -> Knowledge | None:
    """What the network without the one bypassed block knows, where the chart shows what ships; else None."""
    lesions, swept = facts.lesions, facts.inside.swept
    if not facts.is_shipped or swept is None or lesions.exchanged or len(lesions.bypassed) != 1:
        return None
    return next((block.knowledge for block in swept.sweep.blocks if block.key in lesions.bypassed), None)


def _compared(intact: Knowledge, changed: Knowledge, lesions: Lesions, images: int) -> str:
    """Such as: intact 88.4 %, with layer2.1 bypassed 71.0 % (1,000 pictures)."""
    without = f"with {lesions_text(lesions)} {_percent(changed.accuracy)}"
    return f"Intact {_percent(intact.accuracy)}, {without} ({images:,} pictures)."


def lesions_text(lesions: Lesions) -> str:
    """Such as: layer2.1 bypassed, layer1.0 and layer1.1 exchanged."""
    parts = []
    if lesions.bypassed:
        parts.append(f"{', '.join(sorted(lesions.bypassed))} bypassed")
    parts += [f"{one} and {other} exchanged" for one, other in lesions.exchanged]
    return ", ".join(parts)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
