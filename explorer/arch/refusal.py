"""What pydantic refuses, as a sentence for people: the one place that puts its errors into words.

Called by `arch/spec.py` and `training/plan.py`, which raise it as their own error. Imports pydantic, never
torch or Qt.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

_LIKENESS = 0.75
"""Names that share less, such as depth and depthwise, are taken for no misspelling (0 to 1)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why values make no spec or plan: the parts of an `ExplorerError`.

    Attributes:
        field: The field that is wrong; `whole` of `refusal` where none is named.
        message: A template with `{field}` and the names of `arguments`.
        hint: What to do about it, a template as well.
        arguments: The values of the templates' places but `field`.
    """

    field: str
    message: str
    hint: str
    arguments: dict[str, str]


def refusal(error: ValidationError, model: type[BaseModel], whole: str) -> Refusal:
    """The first of pydantic's complaints in words.

    Args:
        error: What validating raised.
        model: The class that was to be made; its fields' descriptions become hints.
        whole: What the values are as a whole, such as `spec`: stands for a field where none is named.
    """
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else whole
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(field, model.model_fields, n=1, cutoff=_LIKENESS)
        if near:
            return Refusal(field, "There is no field {field}.", "Did you mean {near}?", {"near": near[0]})
        known = ", ".join(model.model_fields)
        return Refusal(field, "There is no field {field}.", "The fields are: {known}.", {"known": known})
    info = model.model_fields.get(field)
    reason = first["msg"].removeprefix("Value error, ")
    arguments = {
        "value": repr(first["input"]),
        "reason": reason[:1].lower() + reason[1:],
        "about": (info.description or "") if info else "The fields are named by texts.",
    }
    return Refusal(field, "{field} cannot be {value}: {reason}.", "{about}", arguments)
