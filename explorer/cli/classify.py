"""`resnet-explorer classify`: what a network says that pictures show.

Called through `cli/root.py`. Torch is imported inside `run` only. Asks `nets.classify` and not the engine's
handler, which keeps five answers and no reasons, because the window has no room for more.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_model, at_least_1
from explorer.cli.inside import pictures_in
from explorer.cli.live import Live, live_net, origin_name, origin_text
from explorer.cli.progress import ProgressLine
from explorer.cli.say import print_error
from explorer.cli.tables import table
from explorer.errors import ExplorerError
from explorer.state.model import WEAK_PROBABILITY

if TYPE_CHECKING:
    from explorer.nets.facts import Origin, Prediction

TOP = 5
BAR_CELLS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One picture's answers, or why there are none."""

    path: Path
    predictions: tuple[Prediction, ...]
    error: ExplorerError | None


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "classify", help="say what pictures show", description="Say what pictures show, the likeliest first."
    )
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", type=Path, help="a picture, or a folder of pictures"
    )
    add_model(parser)
    parser.add_argument(
        "--top", type=at_least_1, default=TOP, metavar="K", help=f"answers a picture, {TOP} by default"
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print what each picture shows.

    Returns:
        The exit status: 1 where a picture could not be read, else 0.

    Raises:
        ExplorerError: There is no picture at all, or as `live_net`.
    """
    paths = pictures_in(args.images)
    with live_net(args) as live:
        rows = _classified(live, paths, args.top)
        origin = live.net.origin
    if args.json:
        print(json.dumps([_as_json(row, origin) for row in rows]))
    else:
        print(_as_text(rows, origin))
        for row in rows:
            if row.error:
                print_error(row.error)
    return 1 if any(row.error for row in rows) else 0


def _classified(live: Live, paths: Sequence[Path], k: int) -> list[Row]:
    """A row for each picture, in their order."""
    from explorer.nets.classify import classifying
    from explorer.nets.predict import top

    net = live.net
    assert live.context.device is not None  # `live_net` chose one
    rows: list[Row] = []
    with ProgressLine("classifying") as line:
        for batch in classifying(net.module, net.spec, paths, net.transform, live.context.device):
            for answer in batch:
                known = answer.probabilities
                found = () if known is None else top(known, net.classes or None, k)
                rows.append(Row(paths[answer.index], found, answer.error))
            line.show(len(rows), len(paths))
    return rows


def _as_json(row: Row, origin: Origin) -> dict[str, object]:
    return {
        "path": str(row.path),
        "predictions": [{"label": item.label, "probability": item.probability} for item in row.predictions],
        "origin": origin_name(origin),
        "error": str(row.error) if row.error else None,
    }


def _as_text(rows: Sequence[Row], origin: Origin) -> str:
    cells: list[tuple[str, str, str, str]] = []
    for row in rows:
        for place, item in enumerate(row.predictions):
            is_weak = origin.is_trained and not place and item.probability < WEAK_PROBABILITY
            bar = "█" * round(BAR_CELLS * item.probability)
            percent = f"{100 * item.probability:.1f} %"
            cells.append(
                ("" if place else str(row.path), item.label, percent, f"{bar} weak" if is_weak else bar)
            )
    weights = f"Weights: {origin_text(origin)}"
    headers = ("Picture", "Answer", "Probability", "")
    return f"{weights}\n\n{table(headers, cells, right=('Probability',))}" if cells else weights
