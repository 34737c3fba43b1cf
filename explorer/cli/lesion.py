"""`resnet-explorer lesion`: take blocks out of a network, or exchange two, and see what it still knows.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.arch.expand import expand
from explorer.arch.lesions import INTACT, Lesions, check, lesionable
from explorer.cli.arguments import add_json, add_model, at_least_1
from explorer.cli.inside import add_sample, answered, found_beforehand, opened, pictures_in, shelved
from explorer.cli.live import Live, live_net, origin_name, origin_text
from explorer.cli.say import print_error
from explorer.cli.tables import table
from explorer.engine.sample_messages import LesionsTested, SweepLesions, Swept, TestLesions
from explorer.errors import ExplorerError
from explorer.present.text import grouped

if TYPE_CHECKING:
    from explorer.nets.facts import Origin, Prediction
    from explorer.nets.insights import Knowledge, Sweep

TOP = 5
INSTEAD = "Give --data DATA or pictures; `resnet-explorer findings` makes what ships with weights."


@dataclass(frozen=True, slots=True)
class SampleRow:
    """What the network knows of the sample with some lesions.

    Attributes:
        lesions: What is changed.
        knowledge: None where it cannot be changed so.
        reason: Why not; else the empty text.
    """

    lesions: Lesions
    knowledge: Knowledge | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The sample's rows.

    Attributes:
        data: The sample, in words.
        images: How many pictures it has.
        knows_truth: Whether the data's classes are the network's. Else accuracy is the share of answers that
            are the intact network's.
        rows: The intact network first.
    """

    data: str
    images: int
    knows_truth: bool
    rows: tuple[SampleRow, ...]


@dataclass(frozen=True, slots=True)
class PictureRow:
    """What the network says of a picture with some lesions, or why it cannot be asked."""

    path: Path
    lesions: Lesions
    predictions: tuple[Prediction, ...]
    error: ExplorerError | None = None


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "lesion",
        help="take blocks out and see what the network still knows",
        description="Bypass the residual branch of blocks, or let two blocks of equal shape change places, "
        "and see what the network still knows of a sample and what it says of pictures.",
    )
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", type=Path, help="a picture, or a folder of pictures"
    )
    add_model(parser)
    add_sample(parser, "without, --sweep shows what ships with the weights")
    parser.add_argument(
        "--block",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY",
        help="blocks to bypass together, such as layer1.1; pictures go before it",
    )
    parser.add_argument(
        "--exchange",
        nargs=2,
        action="append",
        default=[],
        metavar=("A", "B"),
        help="two blocks that change places; may be repeated",
    )
    parser.add_argument("--sweep", action="store_true", help="bypass each block in turn")
    parser.add_argument(
        "--top", type=at_least_1, default=TOP, metavar="K", help=f"answers a picture, {TOP} by default"
    )
    add_json(parser)
    parser.set_defaults(func=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Print what is left, intact and with lesions.

    Returns:
        The exit status: 1 where a picture could not be read, else 0.

    Raises:
        ExplorerError: The lesions do not fit the network, there is nothing to ask it, or as `live_net` and
            `read_data`.
    """
    lesions = Lesions(frozenset(args.block), tuple((one, other) for one, other in args.exchange))
    if args.sweep == bool(lesions):
        args.parser.error("give --block or --exchange, or else --sweep")
    if not (args.data or args.images or args.sweep):
        args.parser.error("give --data DATA or pictures to ask")
    paths = pictures_in(args.images) if args.images else []
    with live_net(args) as live:
        graph = expand(live.net.spec)
        check(graph, lesions)
        asked = _asked(args, live, lesions)
        changes = [lesions]
        if args.sweep:
            changes = [Lesions(frozenset({key})) for key, reason in lesionable(graph).items() if not reason]
        answers = [row for path in paths for row in _answers(live, path, [INTACT, *changes], args.top)]
        origin = live.net.origin
    errors = list(dict.fromkeys(row.error for row in answers if row.error))
    if args.json:
        print(json.dumps(_as_json(asked, answers, origin)))
    else:
        print("\n\n".join(_as_text(asked, answers, origin)))
        for error in errors:
            print_error(error)
    return 1 if errors else 0


def _asked(args: argparse.Namespace, live: Live, lesions: Lesions) -> Asked | None:
    """What the network knows of the sample; None where only pictures are asked about."""
    if args.data is None:
        if args.images:
            return None
        found = found_beforehand(live, INSTEAD)
        return _by_block(found.data, found.sweep, knows_truth=True)
    sample = opened(args.data, args.count, live, allow_download=args.allow_download)
    if args.sweep:
        swept = answered(live, SweepLesions(ticket=3, sample=sample), Swept, "lesions")
        return _by_block(args.data, swept.sweep, knows_truth=swept.knows_truth)
    tested = answered(live, TestLesions(ticket=3, sample=sample, lesions=lesions), LesionsTested, "lesions")
    rows = (SampleRow(INTACT, tested.intact), SampleRow(lesions, tested.knowledge))
    return Asked(args.data, tested.images, tested.knows_truth, rows)


def _by_block(data: str, sweep: Sweep, *, knows_truth: bool) -> Asked:
    rows = [SampleRow(INTACT, sweep.intact)]
    for block in sweep.blocks:
        rows.append(SampleRow(Lesions(frozenset({block.key})), block.knowledge, block.reason))
    return Asked(data, sweep.images, knows_truth, tuple(rows))


def _answers(live: Live, path: Path, changes: Sequence[Lesions], k: int) -> list[PictureRow]:
    """A row for each change; one for a picture that cannot be read."""
    image_id = shelved(path, live)
    if isinstance(image_id, ExplorerError):
        return [PictureRow(path, INTACT, (), image_id)]
    from explorer.engine.handlers.classify import seen_by
    from explorer.images.prepare import normalised
    from explorer.nets.lesion import lesioned_predict
    from explorer.nets.predict import top

    net, device = live.net, live.context.device
    assert device is not None  # `live_net` chose one
    pixels = seen_by(net, image_id, live.context)
    batch = normalised(pixels, net.transform, net.spec.in_channels)[None]
    rows = []
    for lesions in changes:
        probabilities = lesioned_predict(net.module, expand(net.spec), batch, lesions, device)[0]
        rows.append(PictureRow(path, lesions, top(probabilities, net.classes or None, k)))
    return rows


def _as_json(asked: Asked | None, answers: Sequence[PictureRow], origin: Origin) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for row in asked.rows if asked else ():
        known = row.knowledge
        rows.append(
            {
                "data": asked.data if asked else None,
                **_change(row.lesions),
                "accuracy": known.accuracy if known else None,
                "loss": known.loss if known else None,
                "images": asked.images if asked else 0,
                "knows_truth": asked.knows_truth if asked else False,
                "reason": row.reason,
                "origin": origin_name(origin),
            }
        )
    for answer in answers:
        found = [{"label": item.label, "probability": item.probability} for item in answer.predictions]
        rows.append(
            {
                "path": str(answer.path),
                **_change(answer.lesions),
                "predictions": found,
                "origin": origin_name(origin),
                "error": str(answer.error) if answer.error else None,
            }
        )
    return rows


def _change(lesions: Lesions) -> dict[str, object]:
    return {"bypassed": sorted(lesions.bypassed), "exchanged": [list(pair) for pair in lesions.exchanged]}


def _as_text(asked: Asked | None, answers: Sequence[PictureRow], origin: Origin) -> list[str]:
    parts = [f"Weights: {origin_text(origin)}"]
    if asked:
        parts[0] += f"\nSample: {grouped(asked.images)} pictures of {asked.data}"
        if not asked.knows_truth:
            parts[0] += (
                "; its classes are not the network's, so answers are compared with the intact network's"
            )
        title = "Accuracy" if asked.knows_truth else "Same answers"
        cells = [
            (
                _words(row.lesions),
                f"{row.knowledge.accuracy:.2%}" if row.knowledge else "–",
                f"{row.knowledge.loss:.3f}" if row.knowledge else "–",
                row.reason,
            )
            for row in asked.rows
        ]
        parts.append(table(("Network", title, "Loss", ""), cells, right=(title, "Loss")))
    said = [
        ("" if row.lesions else str(row.path), _words(row.lesions), _said(row.predictions))
        for row in answers
        if not row.error
    ]
    if said:
        parts.append(table(("Picture", "Network", "Answers"), said))
    return parts


def _words(lesions: Lesions) -> str:
    parts = [f"without {key}" for key in sorted(lesions.bypassed)]
    parts += [f"{one} ↔ {other}" for one, other in lesions.exchanged]
    return ", ".join(parts) or "intact"


def _said(predictions: Sequence[Prediction]) -> str:
    return ", ".join(f"{item.label} {100 * item.probability:.1f} %" for item in predictions)
