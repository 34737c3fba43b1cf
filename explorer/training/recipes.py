"""Plans with a name, and how they are fitted to data.

Called by the command line, the state and the training panel. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explorer.errors import RunError
from explorer.training.fields import HE_2015, SMITH, ULMFIT
from explorer.training.plan import Plan

ORIENTED_DATA = frozenset({"digits", "mnist", "svhn"})
"""Data sets where a mirrored picture is another class, or none."""

EASY_EPOCHS = {"digits": 15, "shapes": 12, "mnist": 5}
"""Data sets that are learned sooner than their size says. ResNet-20 reached 99.7 % on digits in 15 epochs."""

MIN_EPOCHS, MAX_SENSIBLE_EPOCHS = 10, 60
SENSIBLE_IMAGES = 1_500_000
"""Pictures shown in a training of sensible length: 30 epochs of CIFAR-10."""
FINE_TUNE_IMAGES = 20_000
"""Likewise for a network that knows something already."""

LEAST_STEPS = 8
"""Steps an epoch that fine-tuning needs; batches are smaller where pictures are few."""
LEAST_BATCH = 8
"""Batch norm measures too little in smaller ones."""
FROZEN_SHARE = 0.2
"""The share of a fine-tuning's epochs in which only its head learns."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A plan with a name.

    Attributes:
        name: As the command line takes it.
        title: As people say it.
        about: What it is, in a sentence.
        source: Where it is from.
        plan: The plan.
        sets_epochs: False where the number of epochs should follow the size of the data.
        starts_from_known: Whether it goes on from weights that were trained before.
    """

    name: str
    title: str
    about: str
    source: str
    plan: Plan
    sets_epochs: bool = False
    starts_from_known: bool = False


DEFAULT_RECIPE = "fast"
FINE_TUNE = "fine-tune"

# A plain training: one rate, and every picture as it is.
_PLAIN = Plan(
    nesterov=False,
    schedule="constant",
    warm_up=0.0,
    label_smoothing=0.0,
    crop_padding=0,
    flip=False,
    normalisation="fixed",
)

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "fast",
            "Fast",
            "The best accuracy that we measured for few epochs: one cycle of a high learning rate.",
            f"{SMITH}; rates chosen by measurement",
            Plan(),
        ),
        # 64k steps of 128 are 164 epochs of 50,000 pictures, less 40. A warm_up of 0.01 is the paper's first
        # 400 steps at a tenth of the rate.
        Recipe(
            "paper-2015",
            "Paper 2015",
            "The training of the paper that introduced residual networks: 64,000 steps at three rates. "
            "With 110 layers, set the warm-up to 0.01.",
            HE_2015,
            Plan(
                epochs=164,
                learning_rate=0.1,
                nesterov=False,
                weight_decay=1e-4,
                schedule="paper",
                warm_up=0.0,
                label_smoothing=0.0,
                crop_fill="zero",
            ),
            sets_epochs=True,
        ),
        Recipe(
            "tutorial-a",
            "Tutorial A",
            "What many tutorials do: small batches, one small learning rate, pictures as they are.",
            "Common in tutorials",
            _PLAIN.edited(epochs=10, batch_size=4, learning_rate=0.001, weight_decay=5e-4),
            sets_epochs=True,
        ),
        Recipe(
            "tutorial-b",
            "Tutorial B",
            "What many other tutorials do: a larger learning rate that never changes, and no weight decay.",
            "Common in tutorials",
            _PLAIN.edited(epochs=10, batch_size=64, learning_rate=0.01, weight_decay=0.0),
            sets_epochs=True,
        ),
        Recipe(
            FINE_TUNE,
            "Fine-tune",
            "Goes on from weights that know something: first a new head alone, then all, the rest at a tenth "
            "of the rate.",
            ULMFIT,
            Plan(
                epochs=10,
                batch_size=32,
                learning_rate=0.05,
                weight_decay=1e-4,
                normalisation="start",
                freeze_epochs=2,
                backbone_rate=0.1,
            ),
            starts_from_known=True,
        ),
    )
}


def recipe(name: str) -> Recipe:
    """One recipe.

    Raises:
        RunError: There is none of that name; the hint lists all.
    """
    if name not in RECIPES:
        raise RunError(
            "There is no recipe {name}.", "The recipes are: {known}.", name=name, known=", ".join(RECIPES)
        )
    return RECIPES[name]


def sensible_epochs(n_train_images: int, shown: int = SENSIBLE_IMAGES) -> int:
    """A number of epochs that teaches without taking longer than it helps: fewer for larger data.

    Args:
        n_train_images: Pictures in an epoch.
        shown: Pictures to show in all, within bounds.
    """
    return min(max(round(shown / max(n_train_images, 1)), MIN_EPOCHS), MAX_SENSIBLE_EPOCHS)


def plan_for(data: str, n_train_images: int, recipe_name: str = DEFAULT_RECIPE, **changes: object) -> Plan:
    """A recipe's plan, fitted to a data set.

    Args:
        data: The data set's name or path; digits are not mirrored.
        n_train_images: How many pictures it trains on, for the number of epochs.
        recipe_name: A key of `RECIPES`.
        **changes: Fields that the user has chosen; they win.

    Raises:
        RunError: The recipe is unknown or a change is invalid.
    """
    fitted = _fitted(data, n_train_images, recipe_name, changes)
    return recipe(recipe_name).plan.edited(**{**fitted, **changes})


def fitted_fields(data: str, recipe_name: str) -> frozenset[str]:
    """The fields that `plan_for` may set otherwise than the recipe; a command that says a plan names them.

    Args:
        data: The data set's name or path.
        recipe_name: A key of `RECIPES`.

    Raises:
        RunError: The recipe is unknown.
    """
    return frozenset(_fitted(data, 1, recipe_name, {}))


def _fitted(
    data: str, n_train_images: int, recipe_name: str, changes: Mapping[str, object]
) -> dict[str, object]:
    """What the data makes of a recipe's plan."""
    chosen = recipe(recipe_name)
    fitted: dict[str, object] = {}
    if chosen.starts_from_known:
        fitted |= _fine_tuning(n_train_images, chosen.plan, changes)
    elif not chosen.sets_epochs:
        fitted["epochs"] = EASY_EPOCHS.get(data, sensible_epochs(n_train_images))
    if data in ORIENTED_DATA:
        fitted["flip"] = False
    return fitted


def _fine_tuning(n_train_images: int, plan: Plan, changes: Mapping[str, object]) -> dict[str, object]:
    """Epochs, frozen epochs and batch size: a user's own pictures may be a few dozen."""
    epochs = sensible_epochs(n_train_images, FINE_TUNE_IMAGES)
    wanted = plan.edited(epochs=changes.get("epochs", epochs)).epochs
    return {
        "epochs": epochs,
        # A share of the epochs that there are, so that what is frozen thaws.
        "freeze_epochs": round(FROZEN_SHARE * wanted),
        "batch_size": min(plan.batch_size, max(LEAST_BATCH, n_train_images // LEAST_STEPS)),
    }
