"""The reducer's slice of teaching: what was dropped into bins becomes a data set, and the net is fine-tuned.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType

from explorer.engine.data_messages import CollectTaught, TaughtCollected
from explorer.state.learning import Kept
from explorer.state.learning_actions import ChooseRecipe, LookUpTaught, StartTraining, Teach
from explorer.state.reducer import bins, training_start
from explorer.state.reducer.plan_form import on_choose_recipe
from explorer.state.reducer.turn import Turn

RECIPE = "fine-tune"


def on_teach(turn: Turn, action: Teach) -> None:
    """Make a data set of the bins."""
    teach = turn.state.teach
    if turn.state.training.is_busy or teach.collecting:
        return
    if any(one.unread for one in teach.bins):
        bins.on_look_up_taught(turn, LookUpTaught())
        turn.notify(
            "info",
            "The pictures that were taught before are read first.",
            "Press Teach again once they are in their classes.",
        )
        return
    turn.change(teach=replace(teach, collecting=True))
    turn.ask(CollectTaught, name=teach.name, bins=tuple((one.name, one.image_ids) for one in teach.bins))


def on_taught_collected(turn: Turn, event: TaughtCollected) -> None:
    """They are a data set now: fine-tune on it."""
    teach = turn.state.teach
    names = {item.image_id: item.name for item in turn.state.pictures.items}
    kept = {image_id: Kept(path, names.get(image_id, PurePath(path).name)) for image_id, path in event.files}
    teach = replace(teach, collecting=False, kept=MappingProxyType({**teach.kept, **kept}))
    turn.change(teach=teach)
    form = turn.state.form
    # What was set for another recipe was not meant for a few pictures.
    chosen = form.chosen if form.recipe == RECIPE else frozenset[str]()
    turn.change(form=replace(form, data=event.path, chosen=chosen, lacks=""))
    on_choose_recipe(turn, ChooseRecipe(RECIPE))
    # What it was taught before it may be asked now: from what it has learned, that would be no test.
    training_start.on_start_training(turn, StartTraining(is_anew=True))


def on_collect_ended(turn: Turn) -> None:
    """It is over, also where it failed or was taken back."""
    if turn.state.teach.collecting:
        turn.change(teach=replace(turn.state.teach, collecting=False))
