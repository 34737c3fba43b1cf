"""Where is it decided? What a linear probe behind each block says of the current picture.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from explorer.ui.theme import SPACE
from explorer.ui.views.inside_facts import InsideFacts, block_names, places, ticks
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.chart import Chart
from explorer.ui.widgets.chart_data import ChartData, Series, csv_text
from explorer.ui.widgets.elided_label import ElidedLabel

_N_NAMED = 5
"""Classes that get a colour and a name; the others are drawn in the colour of second rank."""
_MOST_FAINT = 40
"""Of a hundred classes the least likely are left out: they lie on the bottom axis."""


class DecisionsView(TopicView):
    """A line a class, by block; below each block its probe's own accuracy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("decisions", parent)
        self.chart = Chart("inside.decisions.chart")
        self.accuracy = Chart("inside.decisions.accuracy")
        self._said = ElidedLabel("muted")
        self._said.setObjectName("inside.decisions.said")
        line = QVBoxLayout()
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.addWidget(self._said)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, SPACE)
        column.addWidget(self.chart, 3)
        column.addWidget(self.accuracy, 1)
        column.addLayout(line)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.inside.probes is not None

    def show_facts(self, facts: InsideFacts) -> None:
        probes = facts.inside.probes
        assert probes is not None
        names = block_names(facts.graph)
        keys = tuple(names.get(key, key) for key, _ in probes.accuracies)
        accuracies = tuple(accuracy for _, accuracy in probes.accuracies)
        captions = tuple(f"{100 * accuracy:.0f} %" for accuracy in accuracies)
        series = _classes(facts, keys)
        self.chart.setVisible(bool(series))
        self.chart.show_data(
            ChartData(
                "Probability by block",
                series,
                unit="percent",
                ticks=ticks(keys, captions),
                bounds=(0.0, 1.0),
            )
        )
        self.accuracy.show_data(
            ChartData(
                "Each probe's own accuracy",
                (Series("accuracy", places(len(keys)), accuracies, keys, ink=2),),
                unit="percent",
                ticks=ticks(keys),
                bounds=(0.0, 1.0),
            )
        )
        self._said.set_text(said(facts, keys))

    def to_csv(self) -> str:
        return csv_text(self.chart.data, self.accuracy.data)


def _classes(facts: InsideFacts, keys: tuple[str, ...]) -> tuple[Series, ...]:
    """The lines of the classes, the likeliest first."""
    decided, probes = facts.inside.decided, facts.inside.probes
    if decided is None or probes is None or facts.picture is None:
        return ()
    if decided.image_id != facts.picture.image_id:
        return ()
    rows = decided.probabilities
    # By what the last blocks say first; a class that only an early block believed in counts too.
    order = np.lexsort((-rows.max(axis=0), -rows[-1]))
    lines = []
    for rank, label in enumerate(order[: _N_NAMED + _MOST_FAINT].tolist()):
        is_named = rank < _N_NAMED
        lines.append(
            Series(
                probes.classes[label],
                places(len(keys)),
                tuple(rows[:, label].tolist()),
                keys,
                ink=rank if is_named else -1,
                at_end=is_named,
                in_legend=is_named,
            )
        )
    return tuple(lines)


def said(facts: InsideFacts, keys: tuple[str, ...]) -> str:
    """From where on the last answer is the likeliest, in a sentence."""
    decided, probes = facts.inside.decided, facts.inside.probes
    if decided is None or probes is None or facts.picture is None:
        return ""
    if decided.image_id != facts.picture.image_id:
        return f"Asking the probes about {facts.picture.name}…"
    answers = decided.probabilities.argmax(axis=1)
    last = int(answers[-1])
    wrong = np.flatnonzero(answers != last)
    since = keys[int(wrong[-1]) + 1] if len(wrong) else keys[0]
    share = 100 * float(decided.probabilities[-1, last])
    return f"{facts.picture.name}: {probes.classes[last]} from {since} on; {share:.0f} % at the end."
