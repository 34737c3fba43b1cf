"""The reducer's slice of the learning-rate finder: sought, its curve, the rate that is taken.

Its data is opened as a training's is, and `training_start.begin` asks for it. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.engine.training_messages import TRAINING_SUBJECT, FindRate, RateFound, RateProbed
from explorer.state.learning import FinderState
from explorer.state.learning_actions import EditPlan, SeekRate, TakeRate
from explorer.state.reducer.plan_form import on_edit_plan
from explorer.state.reducer.training_start import open_data
from explorer.state.reducer.turn import Turn


def on_seek_rate(turn: Turn, action: SeekRate) -> None:
    """Open the data; the finder begins when it is there."""
    open_data(turn, "find", turn.state.form.data, turn.state.document.spec)


def on_rate_probed(turn: Turn, event: RateProbed) -> None:
    """Some points of its curve more."""
    if turn.is_newest(event, FindRate, TRAINING_SUBJECT):
        finder = FinderState("running", event.rates, event.losses)
        turn.change(training=replace(turn.state.training, status="running", finder=finder))
        turn.progress(event.ticket, event.share)


def on_rate_found(turn: Turn, event: RateFound) -> None:
    """The finder is done."""
    finder = FinderState("done", event.rates, event.losses, event.suggested)
    turn.change(training=replace(turn.state.training.as_before, finder=finder))


def on_take_rate(turn: Turn, action: TakeRate) -> None:
    """Use a rate, and put the curve away."""
    if action.rate is not None:
        on_edit_plan(turn, EditPlan((("learning_rate", action.rate),)))
    turn.change(training=replace(turn.state.training, finder=None))
