"""`resnet-explorer presets`: all named networks.

Called through `cli/root.py`. Imports `arch` and `present`, never torch.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer.arch.cost import cost_of
from explorer.arch.presets import Preset, presets
from explorer.cli.arguments import add_json
from explorer.cli.tables import table
from explorer.present.text import grouped, short


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "presets", help="all named networks", description="List every network that has a name."
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print every preset; the exit status is 0."""
    rows = list(presets().values())
    print(json.dumps([_as_json(row) for row in rows]) if args.json else _as_text(rows))
    return 0


def _as_json(row: Preset) -> dict[str, object]:
    cost = cost_of(row.spec)
    return {
        "name": row.name,
        "title": row.title,
        "year": row.year,
        "source": row.source,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "history": row.history,
    }


def _as_text(rows: list[Preset]) -> str:
    cells = [
        (
            row.name,
            row.title,
            str(row.year),
            grouped(cost_of(row.spec).parameters),
            short(cost_of(row.spec).macs),
            row.source,
        )
        for row in rows
    ]
    headers = ("Name", "Title", "Year", "Parameters", "MACs", "Source")
    return table(headers, cells, right=("Parameters", "MACs"))
