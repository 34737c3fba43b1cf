"""`resnet-explorer diff`: what one network has, has not and has otherwise than another, and what that costs.

Called through `cli/root.py`. Imports `arch` and `present`, never torch.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from explorer.arch.diff import BlockChange, Delta, Diff, NodeChange, diff, folded, keys_text
from explorer.arch.spec import ArchitectureSpec
from explorer.cli.arguments import add_json, add_specs
from explorer.cli.specs import spec_from_argument
from explorer.cli.tables import pairs, table
from explorer.present.text import grouped, share, short, signed, times

SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "↕", "same": ""}


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "diff",
        help="what differs between two networks, and what it costs",
        description="Compare two networks block by block: what is added, removed and changed, with the cost "
        "of each change.",
    )
    add_specs(parser)
    add_json(parser)
    parser.set_defaults(func=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Print the differences; the exit status is 0 whether there are some or not.

    Raises:
        SpecError: There is no such network.
    """
    if len(args.specs) != 2:
        args.parser.error("give two SPECs: the network to compare with, and the one that differs")
    before, after = (spec_from_argument(*named) for named in args.specs)
    found = diff(before, after)
    if args.json:
        print(json.dumps(_as_json(found)))
    else:
        print(_as_text(found, args.specs, (before, after)))
    return 0


# ---------------------------------------------------------------- for machines


def _as_json(found: Diff) -> dict[str, object]:
    return {
        "added": [_row_json(row) for row in found.of_kind("added")],
        "removed": [_row_json(row) for row in found.of_kind("removed")],
        "changed": [_row_json(row) for row in found.of_kind("changed")],
        "delta": _delta_json(found.delta),
        "fields": [
            {"field": change.field, "before": change.before, "after": change.after} for change in found.fields
        ],
    }


def _delta_json(delta: Delta) -> dict[str, object]:
    return {
        "parameters": delta.parameters,
        "macs": delta.macs,
        "activation_bytes": delta.activation_bytes,
    }


def _row_json(row: BlockChange) -> dict[str, object]:
    told: dict[str, object] = {"key": row.after_key or row.before_key, "stage": row.stage}
    told |= {"before": row.before or None, "after": row.after or None, "delta": _delta_json(row.delta)}
    if row.changes:
        told["nodes"] = [_node_json(change) for change in row.changes]
    return told


def _node_json(change: NodeChange) -> dict[str, object]:
    return {
        "key": change.role,
        "kind": change.kind,
        "before": change.before or None,
        "after": change.after or None,
        "delta": _delta_json(change.delta),
    }


# ---------------------------------------------------------------- for people


def _as_text(
    found: Diff,
    names: Sequence[tuple[str, Sequence[str]]],
    specs: tuple[ArchitectureSpec, ArchitectureSpec],
) -> str:
    delta = found.delta
    rows = [
        ("Before", _named(names[0])),
        ("After", _named(names[1])),
        ("Parameters", _total(found.before.parameters, found.after.parameters, delta.parameters)),
        ("MACs", _total(found.before.macs, found.after.macs, delta.macs)),
        ("Depth", _plain(found.before.depth, found.after.depth)),
        ("Receptive field", f"{_plain(found.before.receptive_field, found.after.receptive_field)} pixels"),
    ]
    if specs[0] == specs[1]:
        return f"{pairs(rows)}\n\nThe two are the same network."
    parts = [pairs(rows)]
    if found.fields:
        lines = [(c.field, _value(c.before), _value(c.after)) for c in found.fields]
        parts.append(table(("Field", "Before", "After"), lines))
    parts.append(_block_table(found))
    return "\n\n".join(parts)


def _named(named: tuple[str, Sequence[str]]) -> str:
    return " ".join((named[0], *named[1]))


def _total(before: int, after: int, change: int) -> str:
    if not change:
        return f"{grouped(before)}, the same"
    more = signed(grouped(abs(change)), change)
    return f"{grouped(before)} → {grouped(after)} ({more}, {share(abs(change), before)})"


def _plain(before: int, after: int) -> str:
    return f"{before}" if before == after else f"{before} → {after}"


def _value(value: object) -> str:
    return (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _block_table(found: Diff) -> str:
    rows: list[tuple[str, ...]] = []
    for run_of_rows in folded(found.blocks):
        rows += _run_lines(run_of_rows)
    headers = ("", "Block", "Before", "After", "Parameters", "MACs")
    return table(headers, rows, right=headers[4:])


def _run_lines(run_of_rows: Sequence[BlockChange]) -> list[tuple[str, ...]]:
    """A line for a run of rows that tell the same, and one for each operation that differs in it."""
    row, number = run_of_rows[0], len(run_of_rows)
    keys = keys_text([each.after_key or each.before_key for each in run_of_rows])
    after = "=" if row.before == row.after else row.after
    lines: list[tuple[str, ...]] = [
        (SIGNS[row.kind], times(keys, number), row.before, after, *_costs(row.delta, number))
    ]
    for change in row.changes:
        sign = f"  {SIGNS[change.kind]}"
        after = "elsewhere" if change.kind == "moved" else change.after
        lines.append((sign, f"  {change.role}", change.before, after, *_costs(change.delta, number)))
    return lines


def _costs(delta: Delta, number: int) -> tuple[str, str]:
    parameters, macs = delta.parameters * number, delta.macs * number
    return (
        signed(grouped(abs(parameters)), parameters) if parameters else "",
        signed(short(abs(macs)), macs) if macs else "",
    )
