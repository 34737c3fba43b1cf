"""A study: several trainings that differ in a few chosen fields, and what they will cost.

Called by `engine/queue.py` (which keeps one), the command line and the state (which make one). Imports no
torch.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from explorer.arch import spec as specs
from explorer.arch.depths import block_changes, depths, with_depth
from explorer.arch.depths import title as network_title
from explorer.arch.spec import ArchitectureSpec
from explorer.arch.speech import as_command
from explorer.errors import ExplorerError, RunError, SpecError
from explorer.training import plan as plans
from explorer.training.plan import Plan
from explorer.training.recipes import DEFAULT_RECIPE, RECIPES, plan_for

SCHEMA_VERSION = 1
DEPTH, SEED, BLOCK, SHORTCUT = "depth", "seed", "block", "shortcut"
"""`depth` is no field of a spec: it stands for the blocks of each stage, as the spec's family has them."""

MOST_CELLS = 1000
"""More than this nobody waits for; an axis was mistyped."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a study varies.

    Attributes:
        field: Of a spec or a plan, or `depth`.
        values: As the command line writes them.
    """

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """Trainings that differ in a few chosen fields: every combination of them, with every seed.

    Attributes:
        name: The user's.
        spec: What all networks have in common.
        plan: What all trainings have in common.
        data: The data's name or path.
        axes: What differs, the slowest first.
        seeds: Each combination is trained with each of them.
        recipe: The recipe that the plan began as; empty where none.
    """

    name: str
    spec: ArchitectureSpec
    plan: Plan
    data: str
    axes: tuple[Axis, ...]
    seeds: tuple[int, ...] = (0,)
    recipe: str = ""

    def to_json(self) -> str:
        """The text of a study: all of it, and the schema's version."""
        return json.dumps(
            {
                "schema": SCHEMA_VERSION,
                "name": self.name,
                "spec": json.loads(self.spec.to_json()),
                "plan": json.loads(self.plan.to_json()),
                "data": self.data,
                "axes": [[axis.field, list(axis.values)] for axis in self.axes],
                "seeds": list(self.seeds),
                "recipe": self.recipe,
            },
            indent=2,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One training of a study.

    Attributes:
        id: Such as `depth=20,shortcut=A,seed=0`: the same whenever the study is read.
        settings: The field and the text of each axis' value, in the study's order.
        seed: Of this training.
        spec: The network; None where it is refused.
        plan: How it is trained; None likewise.
        reason: Why it is not trained; empty where it is.
    """

    id: str
    settings: tuple[tuple[str, str], ...]
    seed: int
    spec: ArchitectureSpec | None = None
    plan: Plan | None = None
    reason: str = ""

    @property
    def title(self) -> str:
        """What people call it, without the seed: `ResNet-20`, `ResNet-20, shortcut A`.

        One that cannot be is no network, and says its settings alone.
        """
        if self.spec is None:
            return ", ".join(f"{_spoken(field)} {value}" for field, value in self.settings) or "as it is"
        return ", ".join((network_title(self.spec), *unsaid(self.settings)))

    @property
    def label(self) -> str:
        """What people call it: `ResNet-20, seed 0`."""
        return f"{self.title}, seed {self.seed}"


def unsaid(settings: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Those settings that a network's name, which tells depth and whether it is plain, leaves open."""
    return tuple(
        f"{_spoken(field)} {value}"
        for field, value in settings
        if field != DEPTH and (field, value) != (SHORTCUT, "none")
    )


def _spoken(field: str) -> str:
    return field.replace("_", " ")


def axis_from_text(text: str) -> Axis:
    """An axis as the command line writes it: `depth=20,32`; values that hold commas are parted by `;`.

    Raises:
        RunError: It has no field or no values, or there is no such field.
    """
    field, equals, values = text.partition("=")
    field = field.strip()
    if not equals:
        raise RunError("--axis {text} is not field=values.", "Write for example depth=20,32.", text=text)
    return make_axis(field, _split(field, values))


def make_axis(field: str, values: Sequence[str]) -> Axis:
    """An axis over a field that there is, each value once.

    Raises:
        RunError: There are no values, or there is no such field.
    """
    if field != DEPTH and field not in ArchitectureSpec.model_fields and field not in Plan.model_fields:
        raise RunError(
            "Neither a network nor a plan has a field {field}.",
            "Name one of them, such as depth, block, shortcut, norm, seed or learning_rate.",
            field=field,
        )
    known = tuple(dict.fromkeys(text for value in values if (text := value.strip())))
    if not known:
        raise RunError(
            "The axis {field} has no values.", "Give some, such as {field}=a,b.", field=field or "?"
        )
    return Axis(field, known)


def seeds_from_text(text: str) -> tuple[int, ...]:
    """Seeds as the command line writes them: `0,1,2`.

    Raises:
        RunError: One is no whole number of at least 0.
    """
    return _seeds(text.split(","))


def make_study(
    spec: ArchitectureSpec,
    plan: Plan,
    data: str,
    axes: Sequence[Axis],
    seeds: Sequence[int] = (),
    *,
    name: str = "",
    recipe: str = "",
) -> Study:
    """A study; an axis over seeds is as good as seeds themselves.

    Args:
        spec: What all networks have in common.
        plan: Likewise; its seed serves where there are no others.
        data: The data's name or path.
        axes: What differs.
        seeds: That each combination is trained with.
        name: The user's; by default what differs.
        recipe: That the plan began as.

    Raises:
        RunError: An axis is there twice, a seed is none, or there are far too many combinations.
    """
    # Every network of a study begins from first values: none of them is to be left as it is.
    plan = plan.edited(freeze_epochs=0, backbone_rate=1.0)
    fields = [axis.field for axis in axes]
    for field in fields:
        if fields.count(field) > 1:
            raise RunError("The axis {field} is there twice.", "Write its values together.", field=field)
    chosen = tuple(dict.fromkeys(seeds))
    for axis in axes:
        if axis.field == SEED:
            chosen = tuple(dict.fromkeys((*chosen, *_seeds(axis.values))))
    kept = tuple(axis for axis in axes if axis.field != SEED)
    study = Study(
        name=name or " × ".join(axis.field for axis in kept) or "seeds",
        spec=spec,
        plan=plan,
        data=data,
        axes=kept,
        seeds=chosen or (plan.seed,),
        recipe=recipe,
    )
    if count(study) > MOST_CELLS:
        raise RunError(
            "This study would be {count} trainings; at most {most} are taken.",
            "Leave values out.",
            count=count(study),
            most=MOST_CELLS,
        )
    return study


def study_from_json(text: str) -> Study:
    """A study from its text.

    Raises:
        RunError: It is none, or a later version's.
        SpecError: Its network cannot be.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        version = data["schema"]
        if version > SCHEMA_VERSION:
            raise RunError(
                "The study has schema version {version}; this program reads up to {known}.",
                "Update the program.",
                version=version,
                known=SCHEMA_VERSION,
            )
        return Study(
            name=str(data["name"]),
            spec=specs.parse(data["spec"]),
            plan=plans.parse(data["plan"]),
            data=str(data["data"]),
            axes=tuple(Axis(str(field), tuple(map(str, values))) for field, values in data["axes"]),
            seeds=tuple(map(int, data["seeds"])),
            recipe=str(data["recipe"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(
            "This is no study: {reason}.", "Make it again.", reason=f"{type(error).__name__}: {error}"
        ) from None


def command_of(study: Study) -> str:
    """The command line that makes a study again."""
    words = shlex.split(as_command(study.spec))
    words[1] = "sweep"
    words += ["--data", study.data]
    for axis in study.axes:
        mark = ";" if any("," in value for value in axis.values) else ","
        words += ["--axis", f"{axis.field}={mark.join(axis.values)}"]
    words += ["--seeds", ",".join(map(str, study.seeds)), "--epochs", str(study.plan.epochs)]
    recipe = study.recipe if study.recipe in RECIPES else DEFAULT_RECIPE
    words += ["--recipe", recipe] if recipe != DEFAULT_RECIPE else []
    usual = plan_for(study.data, 1, recipe)
    for name in Plan.model_fields:
        value = getattr(study.plan, name)
        if name not in ("epochs", SEED) and value != getattr(usual, name):
            text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower()
            words += ["--plan", f"{name}={text}"]
    return shlex.join(words)


def count(study: Study) -> int:
    """How many combinations there are, refused ones included."""
    total = len(study.seeds)
    for axis in study.axes:
        total *= len(axis.values)
    return total


def cells(study: Study) -> tuple[Cell, ...]:
    """Every training of a study: all combinations with the first seed, then with the next.

    Combinations that cannot be, and those that are another one under another name, say why.
    """
    found: list[Cell] = []
    first: dict[tuple[ArchitectureSpec, Plan], Cell] = {}
    for cell in _every(study):
        if cell.spec is None or cell.plan is None:
            found.append(cell)
            continue
        same = first.setdefault((cell.spec, cell.plan), cell)
        if same is cell:
            found.append(cell)
        else:
            found.append(
                Cell(cell.id, cell.settings, cell.seed, reason=f"The same training as {same.label}.")
            )
    return tuple(found)


def _every(study: Study) -> Iterator[Cell]:
    names = [axis.field for axis in study.axes]
    for seed in study.seeds:
        for values in product(*(axis.values for axis in study.axes)):
            settings = tuple(zip(names, values, strict=True))
            name = ",".join(f"{field}={value}" for field, value in (*settings, (SEED, str(seed))))
            try:
                spec, plan = _made(study, dict(settings), seed)
            except ExplorerError as error:
                yield Cell(name, settings, seed, reason=str(error))
            else:
                yield Cell(name, settings, seed, spec, plan)


def _made(study: Study, settings: dict[str, str], seed: int) -> tuple[ArchitectureSpec, Plan]:
    """One combination.

    Raises:
        RunError: The plan cannot be.
        SpecError: The network cannot be, or its family has no such depth.
    """
    depth = settings.pop(DEPTH, None)
    planned = {name: value for name, value in settings.items() if name in Plan.model_fields}
    edits: dict[str, object] = {}
    if BLOCK in settings and settings[BLOCK] != study.spec.block:
        # What belongs to a block type follows it, unless it is an axis itself.
        edits |= block_changes(settings[BLOCK])
    edits |= {name: value for name, value in settings.items() if name not in planned}
    spec = study.spec.edited(**edits) if edits else study.spec
    if depth is not None:
        spec = _with_depth(spec, depth)
    return spec, study.plan.edited(**{**planned, SEED: seed})


def _with_depth(spec: ArchitectureSpec, depth: str) -> ArchitectureSpec:
    """The spec at a depth that its family has.

    Raises:
        SpecError: It has not.
    """
    try:
        wanted = int(depth)
    except ValueError:
        raise SpecError(DEPTH, "A depth is a whole number, not {depth}.", depth=depth) from None
    known = depths(spec)
    if wanted not in known:
        near = sorted(sorted(known, key=lambda other: abs(other - wanted))[:2])
        raise SpecError(
            DEPTH,
            "This family has no depth {depth}.",
            "The nearest are {near}.",
            depth=wanted,
            near=" and ".join(map(str, near)),
        )
    return with_depth(spec, wanted)


def _split(field: str, text: str) -> list[str]:
    """The values of an axis: parted by semicolons, or by commas where a value holds none itself."""
    if ";" in text:
        return text.split(";")
    default = _default(field)
    return [text] if isinstance(default, tuple) else text.split(",")


def _default(field: str) -> object:
    for model in (ArchitectureSpec, Plan):
        if field in model.model_fields:
            return model.model_fields[field].get_default(call_default_factory=True)
    return None


def _seeds(texts: Sequence[str]) -> tuple[int, ...]:
    seeds: list[int] = []
    for text in texts:
        if not text.strip().isdecimal():
            raise RunError(
                "A seed is a whole number of at least 0, not {text}.", "Write for example 0,1,2.", text=text
            )
        seeds.append(int(text))
    return tuple(dict.fromkeys(seeds))
