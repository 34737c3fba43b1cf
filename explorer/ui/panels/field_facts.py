"""What each field of the spec, or of a plan, says about itself, for its control: kind, bounds, steps, labels.

Called by the controls and the groups of the architecture panel and the training form. Imports the spec, no
widget.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel

from explorer.arch.spec import ArchitectureSpec

Kind = Literal["switch", "choice", "integer", "real", "stages", "numbers", "overrides"]

_NO_BOUND = 2**31 - 1
_WIDTH_STEP = 8
"""Channel counts are stepped by eight: odd ones are slow on every device."""
_STEPS = {"width_factor": 0.5, "gate_bias": 0.5, "shortcut_scale": 0.1, "residual_scale": 0.1}
_REAL_STEP = 0.05
_BESIDE = 0.01
"""How near presses lead to a bound that must not be reached."""
_EPSILON = 1e-9
"""How near a number may come to it at all: as near as the controls can show."""
_FINE = frozenset({"norm_epsilon", "learning_rate", "weight_decay", "backbone_rate", "restart_rate"})
"""Numbers that are chosen by their size: a press adds about a tenth, and zero is approached closely."""
_NEAR_ONE = frozenset({"momentum", "beta2", "ema"})
"""Shares that are chosen by what is missing to one: 0.98, 0.99, 0.991."""


@dataclass(frozen=True, slots=True)
class RealRange:
    """The bounds of a number with decimals, both of which may be reached.

    Attributes:
        least: The smallest number allowed.
        most: The largest.
        stops: The smallest and the largest that presses of an arrow key lead to; others can be typed.
        step: What one press adds; 0 for as much as suits the number's own size.
        is_near_one: Whether that is the size of what is missing to one.
    """

    least: float
    most: float
    stops: tuple[float, float]
    step: float
    is_near_one: bool = False

    def stepped(self, value: float, steps: int) -> float:
        """Where so many presses lead from a number; from one beyond the stops they only lead back."""
        target, direction = value, math.copysign(1, steps)
        for _ in range(abs(steps)):
            target += direction * self._step_at(target, direction)
        lower, upper = self.stops
        return max(target, min(lower, value)) if steps < 0 else min(target, max(upper, value))

    def _step_at(self, value: float, direction: float) -> float:
        """The size of one press; at a power of ten it is that of where it leads, so that it can be undone."""
        if self.step:
            return self.step
        size = 1 - value if self.is_near_one else value
        is_shrinking = (direction > 0) == self.is_near_one
        # A rate of 0.2 becomes 0.21, a share of 0.98 becomes 0.99.
        digits = 0 if self.is_near_one else 1
        # A hair's breadth keeps a power of ten on its side where rounding left it a little off.
        exponent = math.floor(math.log10(max(size, _EPSILON)) + (-1e-6 if is_shrinking else 1e-6))
        return float(max(10.0 ** (exponent - digits), _EPSILON))


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What a field of the spec says about itself.

    Attributes:
        name: As in JSON.
        title: Its label.
        tooltip: Description and citation, as rich text so that it wraps.
        group: The heading that it stands under.
        kind: Which control it gets.
        choices: Its values (of one stage, where it has one a stage) with their labels; empty otherwise.
        least: The smallest whole number allowed.
        most: The largest.
        step: What one press of an arrow key adds.
        real: The same for a number with decimals.
        default: Its value where nobody says anything.
        owner: What it is a field of; its control's object name begins with it.
    """

    name: str
    title: str
    tooltip: str
    group: str
    kind: Kind
    choices: Mapping[object, str]
    least: int
    most: int
    step: int
    real: RealRange
    default: object
    owner: str = "spec"

    def label(self, value: object) -> str:
        """A value in the words of the controls."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, tuple):
            return ", ".join(self.choices.get(item, str(item)) for item in value) or "as usual"
        return self.choices.get(value) or (f"{value:g}" if isinstance(value, float) else str(value))


@cache
def facts(name: str) -> FieldFacts:
    """What a field of the spec says about itself."""
    return described(ArchitectureSpec, name, "spec")


def described(model: type[BaseModel], name: str, owner: str) -> FieldFacts:
    """What a field of a model says about itself.

    Args:
        model: Its fields carry title, description, group, citation and labels.
        name: The field's.
        owner: What object names begin with.
    """
    field = model.model_fields[name]
    extra = cast("dict[str, Any]", field.json_schema_extra)
    item: Any = get_args(field.annotation)[0] if get_origin(field.annotation) is tuple else field.annotation
    metadata = list(getattr(item, "__metadata__", field.metadata))
    # The bounds of a tuple's numbers stand in its item's annotation.
    bounds = [bound for entry in metadata for bound in getattr(entry, "metadata", (entry,))]
    labels = {**_item_labels(name), **extra["labels"]}
    values = get_args(item) if get_origin(item) is Literal else ()
    return FieldFacts(
        name=name,
        title=field.title or name,
        tooltip=_wrapping(field.description or "", extra["citation"]),
        group=extra["group"],
        kind=_kind(name, field.annotation, item),
        choices={value: labels.get(str(value), str(value).replace("x", "×")) for value in values},
        least=next((bound.ge for bound in bounds if hasattr(bound, "ge")), 0),
        most=_most(bounds),
        step=_WIDTH_STEP if name.endswith(("width", "widths")) else 1,
        real=_real_range(name, bounds),
        default=field.default,
        owner=owner,
    )


def _most(bounds: list[Any]) -> int:
    for bound in bounds:
        if hasattr(bound, "le"):
            return int(bound.le)
        if hasattr(bound, "lt"):
            return int(bound.lt) - 1
    return _NO_BOUND


def _kind(name: str, annotation: Any, item: Any) -> Kind:
    if name == "overrides":
        return "overrides"
    if get_origin(annotation) is tuple:
        return "stages" if get_origin(item) is Literal else "numbers"
    if get_origin(item) is Literal:
        return "choice"
    kinds: dict[Any, Kind] = {bool: "switch", float: "real"}
    return kinds.get(item, "integer")


def _real_range(name: str, bounds: list[Any]) -> RealRange:
    """The bounds; one that must not be reached is moved a little inwards."""
    has_own_steps = name in _FINE | _NEAR_ONE
    beside = _EPSILON if has_own_steps else _BESIDE
    least, most = 0.0, float(_NO_BOUND)
    for bound in bounds:
        least = getattr(bound, "ge", getattr(bound, "gt", None)) or least
        most = getattr(bound, "le", getattr(bound, "lt", None)) or most
    is_open = [any(hasattr(bound, kind) for bound in bounds) for kind in ("gt", "lt")]
    return RealRange(
        least=least + _EPSILON * is_open[0],
        most=most - _EPSILON * is_open[1],
        stops=(least + beside * is_open[0], most - beside * is_open[1]),
        step=0 if has_own_steps else _STEPS.get(name, _REAL_STEP),
        is_near_one=name in _NEAR_ONE,
    )


def _item_labels(name: str) -> dict[str, str]:
    """A stage's block types have the words of the block type."""
    if name != "stage_blocks":
        return {}
    return {str(value): str(value).capitalize() for value in facts("block").choices}


def _wrapping(description: str, citation: str) -> str:
    safe = [text.replace("&", "&amp;").replace("<", "&lt;") for text in (description, citation)]
    return f"<p>{safe[0]}</p><p><small>{safe[1]}</small></p>"
