"""The reducer's slice of what is watched while a network learns: the answer and the maps that are looked at.

Used by `training`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from explorer.engine.messages import ClassifyMany
from explorer.engine.training_messages import LiveAnswer, LiveMaps
from explorer.state.in_view import is_in_view
from explorer.state.model import Answer, Document, MapsState, Seen
from explorer.state.reducer.maps import look
from explorer.state.reducer.pictures import answer_all, ask_others
from explorer.state.reducer.turn import Turn

FOLLOW_SHARE = 0.01
"""The most that asking about all pictures again costs of a training's time."""


def on_live_answer(turn: Turn, event: LiveAnswer) -> None:
    """What the learning net says now of the picture that is looked at."""
    if not is_in_view(turn.state, event.run):
        return
    answers = {**turn.state.answers, event.image_id: Answer(event.predictions, event.milliseconds)}
    seen = Seen(event.image_id, event.seen, event.kept_share)
    turn.change(answers=MappingProxyType(answers), seen=seen)


def on_live_maps(turn: Turn, event: LiveMaps) -> None:
    """The maps that are looked at, as they are now."""
    document: Document = turn.state.document
    if is_in_view(turn.state, event.run) and event.key == document.selected:
        maps = MapsState(event.key, event.image_id, turn.state.net.version, event.maps)
        turn.change(maps=maps)


def ask_again(turn: Turn) -> None:
    """Ask about all pictures again: only the current one's answer has followed the training closely."""
    current = turn.state.pictures.current
    kept = {image_id: answer for image_id, answer in turn.state.answers.items() if image_id == current}
    turn.change(answers=MappingProxyType(kept))
    answer_all(turn)
    look(turn)


def follow(turn: Turn, n_epochs: int) -> None:
    """Ask again about the pictures that nobody looks at, once that costs little of the time since.

    Args:
        turn: The training has just ended an epoch.
        n_epochs: How many are done.
    """
    state, training = turn.state, turn.state.training
    if training.began is None or not is_in_view(turn.state, training.began.run):
        return
    is_under_way = any(work.kind == ClassifyMany.__name__ for work in state.work)
    n_others = len(state.pictures.loaded_ids) - 1
    if is_under_way or n_others < 1 or not training.images_per_second:
        return
    since_s = (n_epochs - training.answered_epoch) * training.began.n_train / training.images_per_second
    # Where nobody was asked about many pictures yet, there is no rate, and nothing to pay.
    cost_s = n_others / state.images_per_second if state.images_per_second else 0.0
    if cost_s <= FOLLOW_SHARE * since_s:
        ask_others(turn)
        turn.change(training=replace(training, answered_epoch=n_epochs))
