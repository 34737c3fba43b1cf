"""What excites it? Each channel of the selected node with its strongest pictures of the sample.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from explorer.engine.sample_messages import Excited
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_facts import InsideFacts
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.exciting_rows import ExcitingRows

_ORDERS = (
    Segment("channel", "By channel", "<p>In the network's order.</p>"),
    Segment("strength", "Strongest", "<p>The channel with the highest activation first.</p>"),
)
_MOST_SAVED_PX = 16_000
"""A picture of more rows would be larger than most programs open."""


class ExcitesView(TopicView):
    """Rows of pictures, a channel each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("excites", parent)
        self._excited: Excited | None = None
        self._facts = InsideFacts()
        self.sort = Segments("inside.excites.order", "Order", _ORDERS)
        self.sort.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.sort.show_value("channel")
        self.sort.chosen.connect(lambda _: self.show_facts(self._facts))
        self.said = ElidedLabel("muted")
        self.said.setObjectName("inside.excites.said")
        self.rows = ExcitingRows("inside.excites.rows")
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.rows)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, HALF)
        line.setSpacing(SPACE)
        line.addWidget(self.sort)
        line.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(scroll, 1)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.inside.excited is not None

    def show_facts(self, facts: InsideFacts) -> None:
        self._facts = facts
        excited = self._excited = facts.inside.excited
        assert excited is not None
        self.rows.show_pictures(excited.pictures, self._order(excited), None)
        self.said.set_text(said(excited, facts.selected))
        self.said.set_tone("muted" if excited.excitement.key == facts.selected else "warning")

    def to_csv(self) -> str:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("channel", "place", "picture", "activation", "row", "column"))
        if self._excited is not None:
            found = self._excited.excitement
            for channel, values in enumerate(found.values.tolist()):
                for place, value in enumerate(values):
                    at = tuple(int(each[channel, place]) for each in (found.rows, found.columns))
                    picture = int(found.pictures[channel, place])
                    writer.writerow((channel, place + 1, picture, f"{value:.6g}", *at))
        return table.getvalue()

    def to_image(self) -> QImage:
        """All rows, also those out of sight."""
        return self.rows.grab(
            self.rows.rect().adjusted(0, 0, 0, min(0, _MOST_SAVED_PX - self.rows.height()))
        ).toImage()

    def _order(self, excited: Excited) -> list[int]:
        n = len(excited.pictures)
        if self.sort.value == "channel":
            return list(range(n))
        strongest = np.array([shown[0].value if shown else -np.inf for shown in excited.pictures])
        return [int(channel) for channel in np.argsort(-strongest, kind="stable")]


def said(excited: Excited, selected: str) -> str:
    """What is shown, in a sentence."""
    found = excited.excitement
    n, shown = len(found.values), len(excited.pictures)
    which = f"{n} channels" if shown == n else f"the first {shown} of {n} channels"
    text = f"{found.key}: {which}, of {found.images:,} pictures"
    return text if found.key == selected else f"{text}. Press Search for {selected}."
