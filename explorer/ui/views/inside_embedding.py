"""The sample as the network sees it: pooled features in the plane, dropped pictures among them.

A topic of the inside view. Knows nothing of the store.
"""

from __future__ import annotations

import csv
import io

import numpy as np
from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.engine.sample_messages import Embedded, SamplePooled
from explorer.ui.panels.field_controls import FlatCombo
from explorer.ui.panels.segments import Segment, Segments
from explorer.ui.theme import HALF, SPACE
from explorer.ui.views.inside_facts import InsideFacts, block_names
from explorer.ui.views.inside_topic import TopicView
from explorer.ui.widgets.elided_label import ElidedLabel
from explorer.ui.widgets.scatter import Cloud, Placed, Scatter

_METHODS = (
    Segment("pca", "PCA", "<p>The two directions in which the features vary most: exact and quick.</p>"),
    Segment(
        "tsne",
        "t-SNE",
        "<p>Neighbours stay neighbours (van der Maaten and Hinton 2008): takes seconds; distances between "
        "groups mean nothing.</p>",
    ),
)


class EmbeddingView(TopicView):
    """A scatter, its method and the block whose features are laid out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("embedding", parent)
        self._embedded: Embedded | None = None
        self._pooled: SamplePooled | None = None
        self._cloud: Cloud | None = None
        self._placed: tuple[Placed, ...] = ()
        self.method = Segments("inside.embedding.method", "Method", _METHODS)
        self.method.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.method.chosen.connect(lambda _: self._tell())
        self.block = FlatCombo()
        self.block.setObjectName("inside.embedding.block")
        self.block.setAccessibleName("Block")
        self.block.setToolTip("Whose pooled features are laid out")
        self.block.activated.connect(lambda _: self._tell())
        self._said = ElidedLabel("muted")
        self.scatter = Scatter("inside.embedding.scatter")
        self.scatter.picture_clicked.connect(self.picture_chosen)
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, HALF, SPACE, HALF)
        line.setSpacing(SPACE)
        line.addWidget(self.method)
        line.addWidget(self.block)
        line.addWidget(self._said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(self.scatter, 1)

    def has_result(self, facts: InsideFacts) -> bool:
        return facts.inside.pooled is not None

    def show_facts(self, facts: InsideFacts) -> None:
        inside = facts.inside
        pooled, embedded = inside.pooled, inside.embedded
        assert pooled is not None
        self.method.show_value(inside.embedding)
        self._list_blocks(pooled, block_names(facts.graph), inside.embedding_key)
        if pooled is not self._pooled or embedded is not self._embedded:
            self._pooled, self._embedded = pooled, embedded
            self._cloud = _cloud(pooled, embedded) if embedded is not None else None
        self._placed = _placed(facts)
        self.scatter.show_cloud(self._cloud, self._placed)
        self._said.set_text(_said(embedded, len(pooled.labels), len(self._placed)))

    def to_csv(self) -> str:
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("picture", "class", "x", "y"))
        if self._cloud is not None:
            rows = zip(self._cloud.labels.tolist(), self._cloud.points.tolist(), strict=True)
            for number, (label, (x, y)) in enumerate(rows):
                writer.writerow((number, self._cloud.classes[label], f"{x:.6g}", f"{y:.6g}"))
        for placed in self._placed:
            writer.writerow((placed.name, "", f"{placed.x:.6g}", f"{placed.y:.6g}"))
        return table.getvalue()

    def _list_blocks(self, pooled: SamplePooled, names: object, chosen: str) -> None:
        if [self.block.itemData(at) for at in range(self.block.count())] != list(pooled.keys):
            with QSignalBlocker(self.block):
                self.block.clear()
                for key in pooled.keys:
                    self.block.addItem(names.get(key, key) if isinstance(names, dict) else key, key)
        at = self.block.findData(chosen)
        self.block.setCurrentIndex(at if at >= 0 else self.block.count() - 1)

    def _tell(self) -> None:
        self.embedding_chosen.emit(self.method.value, self.block.currentData() or "")


def _cloud(pooled: SamplePooled, embedded: Embedded) -> Cloud:
    return Cloud(embedded.points, np.array(pooled.labels, np.int64), pooled.classes, pooled.thumbnails)


def _placed(facts: InsideFacts) -> tuple[Placed, ...]:
    """The dropped pictures that have a place."""
    embedded, current = facts.inside.embedded, facts.picture
    if embedded is None:
        return ()
    return tuple(
        Placed(
            image_id,
            facts.pictures[image_id].name,
            x,
            y,
            facts.pictures[image_id].thumbnail,
            current is not None and current.image_id == image_id,
        )
        for image_id, x, y in embedded.placed
        if image_id in facts.pictures
    )


def _said(embedded: Embedded | None, n_images: int, n_placed: int) -> str:
    if embedded is None:
        return "Laying out…"
    estimated = " (estimated places)" if embedded.method == "tsne" else ""
    dropped = f", {n_placed} dropped{estimated}" if n_placed else ""
    return f"{n_images:,} pictures{dropped}"
