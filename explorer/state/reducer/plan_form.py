"""The reducer's slice of the training form: recipe, plan, what to start from.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.engine.data_messages import DataFacts
from explorer.engine.training_messages import FIRST_VALUES
from explorer.engine.values import KNOWN_WEIGHTS
from explorer.errors import RunError
from explorer.state.learning import TrainingForm
from explorer.state.learning_actions import ChooseRecipe, ChooseStart, EditPlan, ResetPlan
from explorer.state.reducer.turn import Turn
from explorer.training.recipes import plan_for, recipe

UNKNOWN_SIZE = 50_000
"""Pictures that a plan is fitted to before its data is open."""


def fitted(form: TrainingForm, facts: DataFacts | None) -> TrainingForm:
    """The form with its recipe fitted to the data; what the user has set stays."""
    n_images = sum(facts.train_counts) if facts is not None and facts.data == form.data else UNKNOWN_SIZE
    kept = {name: getattr(form.plan, name) for name in form.chosen}
    return replace(form, plan=plan_for(form.data, n_images, form.recipe, **kept), refusal=None)


def on_choose_recipe(turn: Turn, action: ChooseRecipe) -> None:
    """Begin from another recipe; what it starts from follows."""
    starts_known = recipe(action.name).starts_from_known
    starts_from = KNOWN_WEIGHTS if starts_known else FIRST_VALUES
    # The plan is no run's any more.
    form = replace(turn.state.form, recipe=action.name, starts_from=starts_from, lacks="")
    turn.change(form=fitted(form, turn.state.data.facts))


def on_edit_plan(turn: Turn, action: EditPlan) -> None:
    """Change fields, or say why not beside the first of them."""
    form = turn.state.form
    changes = dict(action.changes)
    try:
        plan = form.plan.edited(**changes)
    except RunError as error:
        refusal = (next(iter(changes)), error.cause_text, error.hint_text)
        turn.change(form=replace(form, refusal=refusal))
        return
    # What the recipe makes of the others follows: frozen epochs are a share of the epochs.
    edited = replace(form, plan=plan, chosen=form.chosen | changes.keys())
    turn.change(form=fitted(edited, turn.state.data.facts))


def on_reset_plan(turn: Turn, action: ResetPlan) -> None:
    """Back to the recipe."""
    form = turn.state.form
    chosen = form.chosen - {action.field} if action.field else frozenset()
    lacks = form.lacks if action.field else ""
    turn.change(form=fitted(replace(form, chosen=chosen, lacks=lacks), turn.state.data.facts))


def on_choose_start(turn: Turn, action: ChooseStart) -> None:
    """Start from other weights."""
    turn.change(form=replace(turn.state.form, starts_from=action.weights))
