"""`resnet-explorer compare`: networks side by side, what they cost and what each says of one picture.

Called through `cli/root.py`. Torch is imported only where a picture is asked about.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.arch.cost import cost_of
from explorer.arch.depths import published_depths
from explorer.arch.papers import Published, recognise
from explorer.arch.presets import plain_twin, preset_name
from explorer.arch.spec import ArchitectureSpec
from explorer.cli.arguments import add_json, add_specs, at_least_1
from explorer.cli.inside import answered, shelved
from explorer.cli.live import live_net_of, origin_name
from explorer.cli.specs import spec_from_argument
from explorer.cli.tables import table
from explorer.errors import ExplorerError
from explorer.present.agreement import Camp, Said, Voice, camps
from explorer.present.text import short

if TYPE_CHECKING:
    from explorer.nets.facts import Origin, Prediction

TOP = 3
_PICTURE = 0
"""The number of the one picture that all are asked about."""


@dataclass(frozen=True, slots=True)
class Row:
    """One network.

    Attributes:
        name: As it was asked for.
        spec: What it is.
        origin: Where its weights come from; None where no picture was asked about.
        classes: What it can say.
        predictions: What it says of the picture, the likeliest first.
        milliseconds: Of the forward pass; None likewise.
    """

    name: str
    spec: ArchitectureSpec
    origin: Origin | None = None
    classes: tuple[str, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    milliseconds: float | None = None


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "compare",
        help="networks side by side, and what each says of a picture",
        description="Put networks side by side: what each costs, and what each says of a picture.",
    )
    add_specs(parser)
    parser.add_argument("--depths", action="store_true", help="add the published depths of the first SPEC")
    parser.add_argument("--plain-twins", action="store_true", help="add each one's twin without shortcuts")
    parser.add_argument("--image", type=Path, metavar="IMAGE", help="a picture that all are asked about")
    parser.add_argument(
        "--top", type=at_least_1, default=TOP, metavar="K", help=f"answers a network, {TOP} by default"
    )
    parser.add_argument("--allow-download", action="store_true", help="download what is not here yet")
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, mps; auto takes the fastest that works"
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print a row a network; the exit status is 0.

    Raises:
        ExplorerError: There is no such network, the picture cannot be read, or as `live_net_of`.
    """
    rows = _rows(args)
    if args.image is not None:
        rows = [_asked(row, args) for row in rows]
    if args.json:
        print(json.dumps([_as_json(row) for row in rows]))
    else:
        print(_as_text(rows))
    return 0


def _rows(args: argparse.Namespace) -> list[Row]:
    """The networks in their order, each once."""
    named = [(" ".join((name, *sets)), spec_from_argument(name, sets)) for name, sets in args.specs]
    if args.depths:
        named += [(_title(spec), spec) for spec in published_depths(named[0][1])]
    if args.plain_twins:
        pairs = [((name, spec), plain_twin(spec)) for name, spec in named]
        named = [each for first, twin in pairs for each in (first, (_title(twin), twin))]
    found: dict[ArchitectureSpec, Row] = {}
    for name, spec in named:
        found.setdefault(spec, Row(name, spec))
    return list(found.values())


def _title(spec: ArchitectureSpec) -> str:
    """A preset's name, else its depth in words."""
    return preset_name(spec) or f"depth {cost_of(spec).depth}"


def _asked(row: Row, args: argparse.Namespace) -> Row:
    """The same with what the network says of the picture."""
    from explorer.engine.messages import Classified, Classify

    with live_net_of(row.spec, args.device, allow_download=args.allow_download) as live:
        image_id = shelved(args.image, live)
        if isinstance(image_id, ExplorerError):
            raise image_id
        request = Classify(ticket=0, image_id=image_id)
        answer = answered(live, request, Classified, "classifying")
        predictions = answer.predictions[: args.top]
        net = live.net
        return Row(row.name, row.spec, net.origin, net.classes, predictions, answer.milliseconds)


def _as_json(row: Row) -> dict[str, object]:
    cost, paper = cost_of(row.spec), recognise(row.spec)
    told: dict[str, object] = {
        "name": row.name,
        "spec": json.loads(row.spec.to_json()),
        "depth": cost.depth,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "activation_bytes": cost.activation_bytes,
        "receptive_field": cost.receptive_field,
        "paper": None if paper is None else {"name": paper.name, "error_percent": paper.error_percent},
    }
    if row.origin is not None:
        told |= {
            "origin": origin_name(row.origin),
            "predictions": [
                {"label": item.label, "probability": item.probability} for item in row.predictions
            ],
            "milliseconds": row.milliseconds,
        }
    return told


def _as_text(rows: Sequence[Row]) -> str:
    headers = ["Network", "Depth", "Parameters", "MACs", "Paper error"]
    right = ["Depth", "Parameters", "MACs", "Paper error", "ms"]
    is_asked = rows[0].origin is not None
    lines = []
    for row in rows:
        cost = cost_of(row.spec)
        line = [row.name, str(cost.depth), short(cost.parameters), short(cost.macs)]
        line.append(_error(recognise(row.spec)))
        if is_asked:
            line += [f"{row.milliseconds:.1f}", *_answer(row)]
        lines.append(line)
    if is_asked:
        headers += ["ms", "Weights", "Answers"]
    text = table(headers, lines, right=right)
    return f"{text}\n\n{_agreement(rows)}" if is_asked and len(rows) > 1 else text


def _error(paper: Published | None) -> str:
    return f"{paper.error_percent:g} %" if paper is not None and paper.error_percent else "–"


def _answer(row: Row) -> tuple[str, str]:
    """Where the weights come from, and the answers; those of an untrained network are chance."""
    assert row.origin is not None
    said = ", ".join(f"{item.label} {100 * item.probability:.0f} %" for item in row.predictions)
    return origin_name(row.origin), said if row.origin.is_trained else f"({said})"


def _agreement(rows: Sequence[Row]) -> str:
    """Who says what, in a sentence for each set of classes; the untrained are not counted."""
    knowing = [row for row in rows if row.origin is not None and row.origin.is_trained]
    chance = len(rows) - len(knowing)
    untrained = f" {chance} untrained, whose answers are chance." if chance else ""
    if len(knowing) < 2:
        return f"Fewer than two networks are trained: nothing can be compared.{untrained}"
    voices = [_voice(row) for row in knowing]
    groups = camps(voices, _PICTURE)
    said = " ".join(_group_text(knowing, group) for group in groups)
    apart = " Networks that know other classes are not compared." if len(groups) > 1 else ""
    return f"{said}{apart}{untrained}"


def _voice(row: Row) -> Voice:
    first = row.predictions[0]
    # Weights of a file may not say what their classes are called.
    classes = row.classes or tuple(map(str, range(row.spec.num_classes)))
    return Voice(frozenset(classes), {_PICTURE: Said(first.label, first.probability)})


def _group_text(rows: Sequence[Row], group: Sequence[Camp]) -> str:
    count, first = sum(len(camp.members) for camp in group), group[0]
    if count == 1:
        return f"{rows[first.members[0]].name} says {first.label}."
    if len(group) == 1:
        return f"All {count} say {first.label}."
    return f"{'; '.join(f'{len(camp.members)} of {count} say {camp.label}' for camp in group)}."
