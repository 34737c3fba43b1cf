"""What lies at a place of the graph picture.

Used by `graph_canvas.py`. Knows nothing of the store.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from explorer.present.layout import FOLD_H, STRIP_H
from explorer.present.layout_parts import Box, Frame, Layout
from explorer.ui.views.graph_switches import switch_place
from explorer.ui.views.graph_text import TextCache

TITLE_X, TITLE_H = 36.0, 28.0
"""Where a folded box's title begins, and how deep its first line reaches."""


@dataclass(frozen=True, slots=True)
class Hit:
    """Something under the pointer.

    Attributes:
        box: The box; None over the title of something open, or over a stage's label.
        fold: The id that a click on it folds or unfolds; None for a node.
        folds: Whether this very place folds or unfolds: a chevron, a title, a strip.
        switch: The block whose switch is there; empty where none is.
    """

    box: Box | None
    fold: str | None
    folds: bool
    switch: str = ""

    @property
    def name(self) -> str | None:
        """What is emphasised under the pointer."""
        return self.box.id if self.box is not None else self.fold


def _box_at(layout: Layout, x: float, y: float) -> Box | None:
    boxes = layout.boxes
    first = bisect_left(boxes, y - FOLD_H, key=lambda box: box.y)
    for box in boxes[first : bisect_right(boxes, y, key=lambda box: box.y)]:
        if box.x <= x <= box.right and y <= box.bottom:
            return box
    return None


def _strip_at(layout: Layout, x: float, y: float) -> Frame | None:
    frames = layout.frames
    first = bisect_left(frames, y - STRIP_H, key=lambda frame: frame.y)
    for frame in frames[first : bisect_right(frames, y, key=lambda frame: frame.y)]:
        if frame.x <= x <= frame.x + frame.w:
            return frame
    return None


def hit_at(
    layout: Layout, x: float, y: float, texts: TextCache, switchable: frozenset[str] = frozenset()
) -> Hit | None:
    """What lies at a place of the layout; None on the bare paper.

    Args:
        layout: Where to look.
        x: From the left, at zoom 1.
        y: From the top, at zoom 1.
        texts: For the width of a title, whose whole length unfolds.
        switchable: Blocks that have a switch.
    """
    box = _box_at(layout, x, y)
    if box is not None:
        if not box.unfolds:
            return Hit(box, None, folds=False)
        if box.id in switchable and _is_on_switch(box, x, y):
            return Hit(box, box.id, folds=False, switch=box.id)
        title_right = box.x + TITLE_X + texts.width(box.title, "title")
        return Hit(box, box.id, folds=y <= box.y + TITLE_H and x <= title_right)
    frame = _strip_at(layout, x, y)
    if frame is not None and frame.id in switchable and _is_on_switch(frame, x, y):
        return Hit(None, frame.id, folds=False, switch=frame.id)
    return None if frame is None else Hit(None, frame.id, folds=True)


def _is_on_switch(part: Box | Frame, x: float, y: float) -> bool:
    return switch_place(part).contains(x, y)


def anchor_in(layout: Layout, visible: tuple[float, float], selected: Box | None) -> str | None:
    """The key of what stays at its height: the selected box if it is in view, else what stands at the top."""
    top, bottom = visible
    if top <= 0:
        return None
    if selected is not None and top <= selected.y <= bottom:
        return selected.key
    return next((box.key for box in layout.boxes if box.y >= top), None)
