"""Finding one's way in a layout: the box of a key, the box an arrow key leads to.

Called by the graph view. Pure; imports the parts of a layout only.
"""

from __future__ import annotations

from typing import Literal

from explorer.present.layout_parts import Box, Layout

Direction = Literal["up", "down", "first", "last", "side", "main"]


def box_for(layout: Layout, key: str) -> Box | None:
    """The visible box that holds a node or a block, or has this id; None where there is none.

    A block that is open is held by its last node's box.
    """
    index = layout.place.get(key)
    return None if index is None else layout.boxes[index]


def top_of(layout: Layout, name: str) -> float | None:
    """The upper edge of what has this id or holds this key; None where there is nothing.

    An open block or group is its frame, a stage its band, so that folding moves nothing above the title.
    """
    tops = {frame.id: frame.y for frame in layout.frames} | {band.id: band.y for band in layout.bands}
    if name in tops:
        return tops[name]
    box = box_for(layout, name)
    return None if box is None else box.y


def neighbour(layout: Layout, box_id: str | None, direction: Direction) -> Box | None:
    """The box that an arrow key leads to.

    Args:
        layout: Where the boxes stand.
        box_id: From where; None stands before the first.
        direction: `up` and `down` along a lane, `side` and `main` across to the other lane, `first`, `last`.

    Returns:
        The box, or None where the way ends.
    """
    boxes = layout.boxes
    if direction == "first" or box_id is None:
        return boxes[0]
    if direction == "last":
        return boxes[-1]
    index = layout.place[box_id]
    here = boxes[index]
    if direction in ("side", "main"):
        same_parent = [box for box in boxes if box.parent == here.parent and box.lane == direction]
        same_parent = [box for box in same_parent if box.lane != here.lane]
        return min(same_parent, key=lambda box: abs(box.y - here.y), default=None)
    if here.lane == "side":
        return _along_skip(layout, here, direction)
    step = -1 if direction == "up" else 1
    index += step
    while 0 <= index < len(boxes):
        if boxes[index].lane == "main":
            return boxes[index]
        index += step
    return None


def _along_skip(layout: Layout, here: Box, direction: Direction) -> Box | None:
    """From a shortcut's node to where its arrow goes or comes from."""
    for arc in layout.arcs:
        near, far = (arc.target, arc.source) if direction == "up" else (arc.source, arc.target)
        if near == here.id:
            return box_for(layout, far)
    return None
