"""The reducer's slice of what is watched while a network learns: the answer and the maps that are looked at.

Used by `training`. Must not import torch or Qt.
"""

from __future__ import annotations

from types import MappingProxyType

from explorer.engine.training_messages import LiveAnswer, LiveMaps
from explorer.nets.facts import Origin
from explorer.state.model import Answer, Document, MapsState, Seen
from explorer.state.reducer.maps import look
from explorer.state.reducer.pictures import answer_all
from explorer.state.reducer.turn import Turn


def on_live_answer(turn: Turn, event: LiveAnswer) -> None:
    """What the learning net says now of the picture that is looked at."""
    if not is_in_view(turn, event.run):
        return
    answers = {**turn.state.answers, event.image_id: Answer(event.predictions, event.milliseconds)}
    seen = Seen(event.image_id, event.seen, event.kept_share)
    turn.change(answers=MappingProxyType(answers), seen=seen)


def on_live_maps(turn: Turn, event: LiveMaps) -> None:
    """The maps that are looked at, as they are now."""
    document: Document = turn.state.document
    if is_in_view(turn, event.run) and event.key == document.selected:
        maps = MapsState(event.key, event.image_id, turn.state.net.version, event.maps)
        turn.change(maps=maps)


def ask_again(turn: Turn) -> None:
    """Ask about all pictures again: only the current one's answer has followed the training."""
    current = turn.state.pictures.current
    kept = {image_id: answer for image_id, answer in turn.state.answers.items() if image_id == current}
    turn.change(answers=MappingProxyType(kept))
    answer_all(turn)
    look(turn)


def is_in_view(turn: Turn, run: str) -> bool:
    """Whether the net in view is the one that this run trains."""
    return turn.state.net.origin == Origin("run", run)
