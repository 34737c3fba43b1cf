"""How a network is trained: every choice, validated, as JSON.

Called by the command line, the training panel and the loop; `training/recipes.py` holds those with a name.
Imports pydantic, never torch.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Sequence

from pydantic import ValidationError, field_validator

from explorer.arch.refusal import refusal
from explorer.errors import RunError
from explorer.training.fields import (
    DataFields,
    FineTuningFields,
    LengthFields,
    LossFields,
    OptimiserFields,
    RunFields,
    ScheduleFields,
)

SCHEMA_VERSION = 1


class Plan(
    RunFields,
    FineTuningFields,
    DataFields,
    LossFields,
    ScheduleFields,
    OptimiserFields,
    LengthFields,
):
    """One way to train, by the choices that make it. Immutable and hashable.

    Every field has a default that does what was done before there was the field, so that old plans are read
    as they were meant.
    """

    @field_validator("milestones", "restarts", mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        """The command line writes tuples as `0.5,0.75`; the empty text is none, as `none` is."""
        if not isinstance(value, str):
            return value
        return () if value.strip() == "none" else tuple(filter(None, value.split(",")))

    @field_validator("restarts")
    @classmethod
    def _in_order(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("each restart must come after the one before")
        return value

    def edited(self, **changes: object) -> Plan:
        """A copy with some fields changed.

        Raises:
            RunError: The copy would be invalid.
        """
        return parse({**self.model_dump(), **changes})

    def to_json(self) -> str:
        """The text of a plan file: the fields and the schema's version."""
        return json.dumps({"schema": SCHEMA_VERSION, **self.model_dump(mode="json")}, indent=2)


Condition = Callable[[Plan], bool]

ADAM_KINDS = ("adam", "adamw")

APPLIES: dict[str, Condition] = {
    "nesterov": lambda plan: plan.optimiser == "sgd" and plan.momentum > 0,
    "beta2": lambda plan: plan.optimiser in ADAM_KINDS,
    "milestones": lambda plan: plan.schedule == "step",
    "restart_rate": lambda plan: bool(plan.restarts),
    "crop_fill": lambda plan: plan.crop_padding > 0,
}
"""When a field makes a difference; a field that is not here always does."""


def applies(plan: Plan, field: str) -> bool:
    """Whether a field makes a difference beside the others, so that its control is shown."""
    condition = APPLIES.get(field)
    return condition is None or condition(plan)


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
