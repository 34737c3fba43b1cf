"""How a network is trained: every choice, validated, as JSON, and the named recipes.

Called by the command line, the training panel and the loop. Imports pydantic, never torch.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from explorer.arch.refusal import refusal
from explorer.errors import RunError

SCHEMA_VERSION = 1

Schedule = Literal["one-cycle", "cosine", "step", "constant"]
CropFill = Literal["reflect", "zero"]
PrecisionChoice = Literal["auto", "float32", "bfloat16"]
LayoutChoice = Literal["auto", "yes", "no"]

HE_2015 = "He et al. 2015, arXiv 1512.03385, section 4.2"
SMITH = "Smith and Topin 2017, arXiv 1708.07120"
SGDR = "Loshchilov and Hutter 2016, arXiv 1608.03983"
SZEGEDY = "Szegedy et al. 2015, arXiv 1512.00567, section 7"
SUTSKEVER = "Sutskever et al. 2013, On the importance of initialization and momentum"

ORIENTED_DATA = frozenset({"digits", "mnist", "svhn"})
"""Data sets where a mirrored picture is another class, or none."""

MIN_EPOCHS, MAX_SENSIBLE_EPOCHS = 10, 60
SENSIBLE_IMAGES = 1_500_000
"""Pictures shown in a training of sensible length: 30 epochs of CIFAR-10."""


def _about(group: str, citation: str = "", **labels: str) -> dict[str, Any]:
    return {"group": group, "citation": citation, "labels": labels}


class Plan(BaseModel):
    """One way to train, by the choices that make it. Immutable and hashable."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: int = Field(
        default=30,
        ge=1,
        le=10_000,
        title="Epochs",
        description="How many times every training picture is shown.",
        json_schema_extra=_about("Length"),
    )
    batch_size: int = Field(
        default=128,
        ge=1,
        le=65_536,
        title="Batch size",
        description="Pictures in one step. Larger is faster on a GPU and needs more memory.",
        json_schema_extra=_about("Length", HE_2015),
    )
    learning_rate: float = Field(
        default=0.2,
        gt=0,
        le=100,
        title="Learning rate",
        description="The largest step size that the schedule reaches.",
        json_schema_extra=_about("Optimiser", HE_2015),
    )
    momentum: float = Field(
        default=0.9,
        ge=0,
        lt=1,
        title="Momentum",
        description="The share of the last step that is carried into the next.",
        json_schema_extra=_about("Optimiser", SUTSKEVER),
    )
    nesterov: bool = Field(
        default=True,
        title="Nesterov",
        description="Look ahead along the momentum before stepping. Without momentum it does nothing.",
        json_schema_extra=_about("Optimiser", SUTSKEVER),
    )
    weight_decay: float = Field(
        default=5e-4,
        ge=0,
        le=1,
        title="Weight decay",
        description="The pull of weights towards zero; norms and biases are left out.",
        json_schema_extra=_about("Optimiser", HE_2015),
    )
    schedule: Schedule = Field(
        default="one-cycle",
        title="Schedule",
        description="How the learning rate changes from the first step to the last.",
        json_schema_extra=_about(
            "Schedule",
            f"{SMITH}; {SGDR}; {HE_2015}",
            **{
                "one-cycle": "One cycle (up, then straight down to zero)",
                "cosine": "Cosine (down to zero)",
                "step": "Steps (divided at milestones)",
                "constant": "Constant",
            },
        ),
    )
    warm_up: float = Field(
        default=0.2,
        ge=0,
        le=0.9,
        title="Warm-up",
        description="The share of all steps in which the learning rate rises to its largest.",
        json_schema_extra=_about("Schedule", SMITH),
    )
    milestones: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        default=(0.5, 0.75),
        max_length=16,
        title="Milestones",
        description="Where the step schedule divides the learning rate by ten, as shares of all steps.",
        json_schema_extra=_about("Schedule", HE_2015),
    )
    label_smoothing: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        title="Label smoothing",
        description="The share of each target that is spread over all classes.",
        json_schema_extra=_about("Loss", SZEGEDY),
    )
    crop_padding: int = Field(
        default=4,
        ge=0,
        le=64,
        title="Crop padding",
        description="By how many pixels a training picture may be shifted each way; 0 is off.",
        json_schema_extra=_about("Augmentation", HE_2015),
    )
    crop_fill: CropFill = Field(
        default="reflect",
        title="Crop fill",
        description="What a shifted picture shows beyond its edge: its reflection, or the mean colour.",
        json_schema_extra=_about("Augmentation", HE_2015, reflect="Reflection", zero="Mean colour"),
    )
    flip: bool = Field(
        default=True,
        title="Flip",
        description="Mirror each picture in every other epoch. Not for digits: a mirrored 2 is no 2.",
        json_schema_extra=_about("Augmentation", HE_2015),
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**63,
        title="Seed",
        description="Fixes the first weights, the order of the pictures and their augmentation.",
        json_schema_extra=_about("Run"),
    )
    precision: PrecisionChoice = Field(
        default="auto",
        title="Precision",
        description="Numbers used inside the network; auto measures which is faster on the device.",
        json_schema_extra=_about("Run", "", auto="Auto (measured)"),
    )
    channels_last: LayoutChoice = Field(
        default="auto",
        title="Channels last",
        description="The order of numbers in memory; auto measures which is faster on the device.",
        json_schema_extra=_about("Run", "", auto="Auto (measured)", yes="Yes", no="No"),
    )

    @field_validator("milestones", mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        """The command line writes tuples as `0.5,0.75`."""
        return tuple(value.split(",")) if isinstance(value, str) else value

    def edited(self, **changes: object) -> Plan:
        """A copy with some fields changed.

        Raises:
            RunError: The copy would be invalid.
        """
        return parse({**self.model_dump(), **changes})

    def to_json(self) -> str:
        """The text of a plan file: the fields and the schema's version."""
        return json.dumps({"schema": SCHEMA_VERSION, **self.model_dump(mode="json")}, indent=2)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A plan with a name.

    Attributes:
        name: As the command line takes it.
        title: As people say it.
        source: Where it is from.
        plan: The plan.
        sets_epochs: False where the number of epochs should follow the size of the data.
    """

    name: str
    title: str
    source: str
    plan: Plan
    sets_epochs: bool = False


DEFAULT_RECIPE = "fast"

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe("fast", "Fast", f"{SMITH}; rates chosen by measurement", Plan()),
        # 64k steps of 128 are 164 epochs of 50,000 pictures; divided at 32k and 48k.
        Recipe(
            "paper-2015",
            "Paper 2015",
            HE_2015,
            Plan(
                epochs=164,
                learning_rate=0.1,
                nesterov=False,
                weight_decay=1e-4,
                schedule="step",
                warm_up=0.0,
                label_smoothing=0.0,
                crop_fill="zero",
            ),
            sets_epochs=True,
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


def sensible_epochs(n_train_images: int) -> int:
    """A number of epochs that teaches without taking longer than it helps: fewer for larger data."""
    return min(max(round(SENSIBLE_IMAGES / max(n_train_images, 1)), MIN_EPOCHS), MAX_SENSIBLE_EPOCHS)


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
    chosen = recipe(recipe_name)
    fitted: dict[str, object] = {}
    if not chosen.sets_epochs:
        fitted["epochs"] = sensible_epochs(n_train_images)
    if data in ORIENTED_DATA:
        fitted["flip"] = False
    return chosen.plan.edited(**{**fitted, **changes})


def parse(data: object) -> Plan:
    """A plan from plain values, such as a parsed JSON file or the panel's fields.

    Args:
        data: A mapping of field names to values; texts are read as numbers and tuples where needed.

    Raises:
        RunError: A field is unknown or out of bounds.
    """
    if not isinstance(data, dict):
        raise RunError("A plan is an object with fields, not {kind}.", kind=type(data).__name__)
    values = dict(data)
    version = values.pop("schema", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise RunError(
            "This plan has schema version {version}; this program reads up to {known}.",
            "Update the program, or save the plan with the older version.",
            version=version,
            known=SCHEMA_VERSION,
        )
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        why = refusal(error, Plan, "plan")
        raise RunError(why.message, why.hint, field=why.field, **why.arguments) from None


def from_json(text: str) -> Plan:
    """A plan from a plan file's text.

    Raises:
        RunError: The text is not JSON or not a valid plan.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise RunError("The plan is not JSON: {reason}.", "Save it again.", reason=str(error)) from None
    return parse(data)


def changes_from_texts(texts: Sequence[str]) -> dict[str, str]:
    """The changes that `--plan field=value` texts ask for, by field.

    Raises:
        RunError: A text has no `=`, or names no field of a plan.
    """
    changes: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise RunError("--plan {text} is not field=value.", "Write for example epochs=30.", text=text)
        if name not in Plan.model_fields:
            near = difflib.get_close_matches(name, Plan.model_fields, n=1)
            raise RunError(
                "A plan has no field {name}.",
                "Did you mean {near}?" if near else "The fields are: {known}.",
                name=name,
                near=", ".join(near),
                known=", ".join(Plan.model_fields),
            )
        changes[name] = value
    return changes
