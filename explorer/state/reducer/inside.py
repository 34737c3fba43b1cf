"""The reducer's slice of what happens inside the network in view.

What is shown asks for what it needs, when it needs it; another network or picture makes answers stale, and
they are asked for again only where they are cheap. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.arch.expand import expand
from explorer.engine.inside_messages import (
    Attribute,
    Attributed,
    ChannelsRanked,
    KernelsRead,
    Meter,
    NumberRead,
    RankChannels,
    ReadFindings,
    ReadKernels,
    ReadNumber,
    WalkWritten,
    WriteWalk,
)
from explorer.engine.messages import MAIN_COLUMN
from explorer.engine.sample_messages import Decide, TestLesions
from explorer.state.inside import InsideState, OverlayState
from explorer.state.inside_actions import (
    AskKernels,
    AskNumber,
    AskRelevance,
    ChooseOverlay,
    KeepWalk,
    TuneOverlay,
)
from explorer.state.model import Document
from explorer.state.reducer.inside_topics import TOPICS, change_inside, picture_in_view
from explorer.state.reducer.turn import Turn

NEEDS_NODE = ("grad_cam", "grad_cam_plus_plus")
WALK_NODES = 40
"""Stations of an animation at most; more would not be looked at."""

OF_NET = (Attribute, ReadNumber, ReadKernels, RankChannels, Meter, Decide, TestLesions, ReadFindings)
"""Requests about the network in view that no topic waits for."""


def renew(turn: Turn) -> None:
    """Another network is in view: what was found in the one before is put away, what looks for it stops."""
    turn.drop(*OF_NET, *TOPICS)
    inside = turn.state.inside
    fresh = InsideState(
        topic=inside.topic,
        is_opened=inside.is_opened,
        data=inside.data,
        embedding=inside.embedding,
        overlay=replace(inside.overlay, label=None, attribution=None, image_id=None, asked=None),
    )
    turn.change(inside=fresh)
    origin = turn.state.net.origin
    if inside.is_opened and origin is not None and origin.kind == "bundled":
        turn.ask(ReadFindings)


def look_inside(turn: Turn) -> None:
    """Another picture, node or lesion is looked at: ask again for what is in view and cheap."""
    inside = turn.state.inside
    image_id = picture_in_view(turn)
    if image_id is None:
        return
    ask_overlay(turn)
    document = turn.state.document
    if inside.number is not None:
        number = inside.number
        if number.key == document.selected:
            turn.ask(
                ReadNumber, image_id=image_id, key=number.key, place=number.place, lesions=document.lesions
            )
        else:
            change_inside(turn, number=None)
    if inside.kernels is not None and inside.kernels.key != document.selected:
        change_inside(turn, kernels=None)
    if inside.ranked is not None and inside.ranked.key != document.selected:
        change_inside(turn, ranked=None)
    if inside.metered_picture is not None:
        turn.ask(Meter, image_id=image_id)
    if inside.probes is not None or inside.shipped is not None or inside.pooled is not None:
        turn.ask(Decide, image_id=image_id)


# The overlay


def on_choose_overlay(turn: Turn, action: ChooseOverlay) -> None:
    """Show what speaks for a class."""
    overlay = replace(
        turn.state.inside.overlay,
        method=action.method,
        label=action.label,
        attribution=None,
        image_id=None,
        asked=None,
    )
    change_inside(turn, overlay=overlay)
    if not action.method:
        turn.drop(Attribute)
    ask_overlay(turn)


def ask_overlay(turn: Turn) -> None:
    """Ask for the overlay of the picture in view, unless just that was asked before: it can take seconds."""
    overlay: OverlayState = turn.state.inside.overlay
    image_id = picture_in_view(turn)
    if not overlay.method or image_id is None:
        return
    document = turn.state.document
    key = _with_places(document) if overlay.method in NEEDS_NODE else ""
    asked = (image_id, key, document.lesions)
    # While it is trained, a network answers otherwise every time.
    if asked == overlay.asked and turn.state.training.status != "running":
        return
    change_inside(turn, overlay=replace(overlay, asked=asked))
    turn.ask(
        Attribute,
        image_id=image_id,
        method=overlay.method,
        key=key,
        label=overlay.label,
        lesions=document.lesions,
    )


def _with_places(document: Document) -> str:
    """The selected node, or the nearest one before it whose maps have places."""
    graph = expand(document.spec)
    found = graph.nodes[0].key
    for node in graph.nodes:
        if len(node.output_shape) == 3 and max(node.output_shape[1:]) > 1:
            found = node.key
        if node.key == document.selected:
            break
    return found


def on_tune_overlay(turn: Turn, action: TuneOverlay) -> None:
    """How it is drawn."""
    overlay = replace(turn.state.inside.overlay, opacity=action.opacity, threshold=action.threshold)
    change_inside(turn, overlay=overlay)


def on_attributed(turn: Turn, event: Attributed) -> None:
    """What speaks for the class is here."""
    if turn.is_newest(event, Attribute, MAIN_COLUMN):
        overlay = replace(
            turn.state.inside.overlay,
            image_id=event.image_id,
            attribution=event.attribution,
            milliseconds=event.milliseconds,
        )
        change_inside(turn, overlay=overlay)


# Numbers, weights, channels


def on_ask_number(turn: Turn, action: AskNumber) -> None:
    """Take a number apart, or put the answer away."""
    image_id = picture_in_view(turn)
    if action.place is None or image_id is None:
        turn.drop(ReadNumber)
        change_inside(turn, number=None)
        return
    turn.ask(
        ReadNumber,
        image_id=image_id,
        key=action.key,
        place=action.place,
        lesions=turn.state.document.lesions,
    )


def on_number_read(turn: Turn, event: NumberRead) -> None:
    """How it is made is here."""
    is_in_view = event.key == turn.state.document.selected
    if is_in_view and turn.is_newest(event, ReadNumber, MAIN_COLUMN):
        change_inside(turn, number=event)


def on_ask_kernels(turn: Turn, action: AskKernels) -> None:
    """Read the selected node's weights."""
    if turn.state.net.status == "ready":
        turn.ask(ReadKernels, key=turn.state.document.selected)


def on_kernels_read(turn: Turn, event: KernelsRead) -> None:
    """They are here."""
    is_in_view = event.key == turn.state.document.selected
    if is_in_view and turn.is_newest(event, ReadKernels, MAIN_COLUMN):
        change_inside(turn, kernels=event)


def on_ask_relevance(turn: Turn, action: AskRelevance) -> None:
    """Ask how much each channel speaks for the likeliest class."""
    image_id = picture_in_view(turn)
    if image_id is not None:
        turn.ask(RankChannels, image_id=image_id, key=turn.state.document.selected)


def on_channels_ranked(turn: Turn, event: ChannelsRanked) -> None:
    """It is here."""
    if turn.is_newest(event, RankChannels, MAIN_COLUMN):
        change_inside(turn, ranked=event)


def on_keep_walk(turn: Turn, action: KeepWalk) -> None:
    """Write the walk: every node where they are few, else evenly chosen ones, the last always."""
    image_id = picture_in_view(turn)
    if image_id is None:
        return
    keys = [node.key for node in expand(turn.state.document.spec).nodes]
    step = max(1, -(-len(keys) // WALK_NODES))
    chosen = tuple(dict.fromkeys((*keys[::step], keys[-1])))
    turn.ask(WriteWalk, image_id=image_id, keys=chosen, path=action.path)


def on_walk_written(turn: Turn, event: WalkWritten) -> None:
    """Say where it is."""
    turn.notify("info", "The walk through the network is in {path}.", arguments=(("path", event.path),))
