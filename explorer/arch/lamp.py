"""The paper lamp: the published network nearest to a spec, what differs, and what each difference costs.

Called at every edit by the panel, and by `describe`. Builds no big graph: published nets bring their
parameters along, and the spec's own are counted from a few blocks. Pure Python and pydantic.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import log

from explorer.arch.counting import parameters_of
from explorer.arch.papers import Published, distinct, recognise, traits
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError

MAX_DIFFERENCES = 6
"""A net that differs in more is no relative: then nets of other block types and stages are looked at too."""

MAX_LISTED = 3
"""A sentence names so many differences, the costliest; the others are counted."""

_COSTLESS = frozenset(
    (
        "stride_on",
        "stage_strides",
        "stem_stride",
        "stem_pool",
        "stem_padding",
        "downsampling",
        "pool_window",
        "padding",
        "input_size",
    )
)
"""Fields that move no parameter: of two nets at the same distance, the one that differs in them is nearer."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a spec differs from a published network.

    Attributes:
        field: Its name.
        title: Its name for people.
        theirs: The published network's value.
        ours: The spec's.
        parameters: What it adds when the fields are changed one after another.
    """

    field: str
    title: str
    theirs: object
    ours: object
    parameters: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The published network that a spec is or is nearest to.

    Attributes:
        published: The network.
        differences: In the order of the spec's fields; empty where it is that network.
        parameter_gap: The spec's parameters less the network's.
    """

    published: Published
    differences: tuple[Difference, ...]
    parameter_gap: int

    @property
    def is_exact(self) -> bool:
        """Whether the spec is that network."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text for people: a template and the values of its places."""

    message: str
    arguments: tuple[tuple[str, object], ...]

    def __str__(self) -> str:
        return self.message.format(**dict(self.arguments))


_Row = tuple[Published, dict[str, Hashable]]
"""A published network and what tells it apart."""


@lru_cache(maxsize=1)
def _families() -> dict[tuple[Hashable, ...], tuple[_Row, ...]]:
    """The table by the block type of each stage."""
    found: dict[tuple[Hashable, ...], tuple[_Row, ...]] = {}
    for row in distinct():
        kinds = _family(row.spec)
        found[kinds] = (*found.get(kinds, ()), (row, traits(row.spec)))
    return found


def _family(spec: ArchitectureSpec) -> tuple[Hashable, ...]:
    return tuple(spec.block_of(stage) for stage in range(1, spec.n_stages + 1))


@lru_cache(maxsize=64)
def nearest(spec: ArchitectureSpec) -> Nearest:
    """The published network that a spec is or differs least from: a relative where there is one, else any."""
    exact = recognise(spec)
    if exact is not None:
        return Nearest(exact, (), 0)
    count = parameters_of(spec)
    row, fields = _least_different(spec, count, _families().get(_family(spec), ()))
    if row is None or len(fields) > MAX_DIFFERENCES:
        row, fields = _least_different(spec, count, chain.from_iterable(_families().values()))
    assert row is not None
    differences = _one_after_another(row, spec, fields, count)
    return Nearest(row, differences, count - row.parameters)


def _least_different(
    spec: ArchitectureSpec, count: int, rows: Iterable[_Row]
) -> tuple[Published | None, list[str]]:
    """The row that differs in the fewest fields, and those; of several, see `_COSTLESS`, then the size."""
    ours = traits(spec)
    best: tuple[tuple[int, int, float], Published, list[str]] | None = None
    for row, theirs in rows:
        different = [field for field, value in ours.items() if theirs[field] != value]
        fields = _raw_fields(spec, row.spec, different)
        costly = sum(field not in _COSTLESS for field in fields)
        rank = len(fields), costly, abs(log(count / row.parameters))
        if best is None or rank < best[0]:
            best = rank, row, fields
    return (None, []) if best is None else best[1:]


_WRITTEN_AS = {"stage_widths": ("stage_widths", "width_factor"), "stage_blocks": ("block", "stage_blocks")}
"""The fields behind those traits that are written in two."""


def _raw_fields(spec: ArchitectureSpec, other: ArchitectureSpec, different: list[str]) -> list[str]:
    """The fields to change, so that one net becomes the other, in the order of the spec's fields."""
    wanted = {raw for field in different for raw in _WRITTEN_AS.get(field, (field,))}
    return [
        field
        for field in type(spec).model_fields
        if field in wanted and getattr(spec, field) != getattr(other, field)
    ]


def _one_after_another(
    row: Published, spec: ArchitectureSpec, fields: list[str], count: int
) -> tuple[Difference, ...]:
    """Change the published net field by field into the spec and count what each change adds.

    Where fields need one another (depths and widths of another number of stages), the last of them to fit
    carries what they add together.
    """
    added = dict.fromkeys(fields, 0)
    current, before, waiting = row.spec, row.parameters, list(fields)
    while len(waiting) > 1:
        step = next((made for field in waiting if (made := _changed(current, spec, field))), None)
        if step is None:
            break
        field, current = step
        after = parameters_of(current)
        added[field], before = after - before, after
        waiting.remove(field)
    added[waiting[-1]] = count - before
    return tuple(
        Difference(field, _title(spec, field), getattr(row.spec, field), getattr(spec, field), added[field])
        for field in fields
    )


def _changed(
    current: ArchitectureSpec, spec: ArchitectureSpec, field: str
) -> tuple[str, ArchitectureSpec] | None:
    try:
        return field, current.edited(**{field: getattr(spec, field)})
    except SpecError:
        return None


def _title(spec: ArchitectureSpec, field: str) -> str:
    return type(spec).model_fields[field].title or field


# ---------------------------------------------------------------- in words

_BECAUSE = {
    "shortcut": "shortcuts are {ours}",
    "overrides": "single blocks have shortcuts of their own",
    "stage_depths": "stages have {ours} blocks",
    "stage_widths": "stages are {ours} wide",
    "num_classes": "it tells {ours} classes apart",
    "in_channels": "pictures have {ours} channels",
    "cardinality": "convolutions have {ours} paths",
    "stem_width": "the stem is {ours} wide",
    "stride_on": "strides are on the {ours}, not the {theirs}",
    "shortcut_path": "shortcuts go through {ours}",
    "block_convolutions": "basic blocks have {ours} convolutions, not {theirs}",
    "head_hidden": "the head has hidden layers of {ours}",
}
_BECAUSE_ONE = {
    "num_classes": "it has one class",
    "in_channels": "pictures have one channel",
    "cardinality": "convolutions have one path",
}
_BECAUSE_NONE = {"shortcut": "there are no shortcuts", "head_hidden": "the head has no hidden layers"}
_BECAUSE_ANY = "{title} is {ours}, not {theirs}"


def lamp_text(found: Nearest) -> Sentence:
    """What the lamp says: the published network, or why there are more or fewer parameters than it has."""
    row = found.published
    if found.is_exact:
        values: dict[str, object] = {"name": row.name, "parameters": f"{row.parameters:,}"}
        if not row.error_text:
            return Sentence("= {name}, {parameters} parameters", tuple(values.items()))
        values["error"] = row.error_text
        whose = "paper error" if row.whose == "paper" else "error"
        return Sentence(f"= {{name}}, {{parameters}} parameters, {whose} {{error}}", tuple(values.items()))
    if len(found.differences) > 1:
        return _several(found)
    [one] = found.differences
    values = {
        "gap": f"{abs(found.parameter_gap):,}",
        "name": row.name,
        "title": _within(one.title),
        "theirs": _within(value_text(one.field, one.theirs)),
        "ours": _within(value_text(one.field, one.ours)),
    }
    reason = _BECAUSE.get(one.field, _BECAUSE_ANY)
    if one.ours == 1:
        reason = _BECAUSE_ONE.get(one.field, reason)
    if one.ours in ("none", ()):
        reason = _BECAUSE_NONE.get(one.field, reason)
    if found.parameter_gap == 0:
        return Sentence(f"As many parameters as {{name}}, but {reason}", tuple(values.items()))
    of_options = one.field == "shortcut" and one.theirs != "none"
    whom = "option {theirs}" if of_options else "{name}"
    return Sentence(f"{{gap}} {_side(found.parameter_gap)} {whom} because {reason}", tuple(values.items()))


def _within(text: str) -> str:
    """A label in the middle of a sentence: `First 1×1` becomes small, `ReLU`, `SE` and `B` stay."""
    first = text.partition(" ")[0]
    return text[:1].lower() + text[1:] if first[1:].islower() else text


def _several(found: Nearest) -> Sentence:
    """Several differences, the costliest first."""
    ordered = sorted(found.differences, key=lambda one: -abs(one.parameters))
    # A true minus, as wide as the plus.
    added = [f" {one.parameters:+,}".replace("-", "−") if one.parameters else "" for one in ordered]
    parts = [f"{one.title}{more}" for one, more in zip(ordered, added, strict=True)]
    if len(parts) > MAX_LISTED:
        parts[MAX_LISTED:] = [f"and {len(parts) - MAX_LISTED} more"]
    values = {
        "gap": f"{abs(found.parameter_gap):,}",
        "name": found.published.name,
        "list": ", ".join(parts),
    }
    if found.parameter_gap == 0:
        return Sentence("As many parameters as {name}, but different: {list}", tuple(values.items()))
    return Sentence(f"{{gap}} {_side(found.parameter_gap)} {{name}}: {{list}}", tuple(values.items()))


def _side(gap: int) -> str:
    return "above" if gap > 0 else "below"


def value_text(field: str, value: object) -> str:
    """A field's value as the papers write it: 3-4-6-3, 1,000, B, SE, on."""
    if field == "shortcut":
        return str(value)
    extra = ArchitectureSpec.model_fields[field].json_schema_extra
    labels = extra.get("labels") if isinstance(extra, dict) else None
    if isinstance(labels, dict) and value in labels:
        return str(labels[str(value)])
    if isinstance(value, bool):
        return "on" if value else "off"
    if field == "stem_padding" and value == -1:
        return "half the kernel"
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "the usual"
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    )
