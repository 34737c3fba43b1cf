"""`resnet-explorer describe`: the graph of a network and what it costs, exactly.

Called through `cli/root.py`. Imports `arch` and `present`, never torch.
"""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from explorer.arch import spec as specs
from explorer.arch.attention import TITLES
from explorer.arch.cost import Cost, cost_of
from explorer.arch.expand import expand
from explorer.arch.graph import Block, Graph, Node
from explorer.arch.lamp import Nearest, lamp_text, nearest
from explorer.arch.presets import preset_name
from explorer.arch.spec import ArchitectureSpec
from explorer.cli.arguments import add_json, add_sets
from explorer.cli.specs import spec_from_argument
from explorer.cli.tables import pairs, table
from explorer.present.text import byte_size, grouped, shape, short, times

SPEC_WIDTH = 84
NUMBERS = ("Parameters", "MACs", "Receptive field")


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "describe",
        help="the graph of a network and what it costs",
        description="Describe a network: shapes, parameters, multiply-adds and receptive fields, all exact.",
    )
    parser.add_argument("spec", metavar="SPEC", help="a preset's name or a JSON file")
    add_sets(parser)
    parser.add_argument(
        "--nodes", action="store_true", help="a row for every operation, not for every run of blocks"
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the description; the exit status is 0.

    Raises:
        SpecError: There is no such network.
    """
    spec = spec_from_argument(args.spec, args.sets)
    graph, cost = expand(spec), cost_of(spec)
    if args.json:
        print(json.dumps(_as_json(spec, graph, cost)))
    else:
        rows = _node_table(graph, cost) if args.nodes else _block_table(spec, graph, cost)
        print(f"{_heading(spec, cost)}\n\n{rows}")
    return 0


# ---------------------------------------------------------------- for machines


def _as_json(spec: ArchitectureSpec, graph: Graph, cost: Cost) -> dict[str, object]:
    return {
        "spec": json.loads(spec.to_json()),
        "summary": {
            "parameters": cost.parameters,
            "macs": cost.macs,
            "activation_bytes": cost.activation_bytes,
            "receptive_field": cost.receptive_field,
            "depth": cost.depth,
        },
        "nodes": [_node_json(node, cost) for node in graph.nodes],
        "edges": [[edge.source, edge.target] for edge in graph.edges],
        "paper": _paper_json(nearest(spec)),
    }


def _paper_json(found: Nearest) -> dict[str, object]:
    row = found.published
    return {
        "name": row.name,
        "source": row.source,
        "parameters": row.parameters,
        "error_percent": row.error_percent,
        "error_kind": row.error_kind,
        "differences": [
            {
                "field": one.field,
                "title": one.title,
                "theirs": one.theirs,
                "ours": one.ours,
                "parameters": one.parameters,
            }
            for one in found.differences
        ],
        "parameter_gap": found.parameter_gap,
    }


def _node_json(node: Node, cost: Cost) -> dict[str, object]:
    own = cost.by_key[node.key]
    return {
        "key": node.key,
        "op": node.op.name,
        "stage": node.stage,
        "block": node.block,
        "output_shape": list(node.output_shape),
        "parameters": own.parameters,
        "macs": own.macs,
    }


# ---------------------------------------------------------------- for people


def _heading(spec: ArchitectureSpec, cost: Cost) -> str:
    found = nearest(spec)
    rows = [
        ("Network", preset_name(spec) or "no preset"),
        ("Parameters", f"{grouped(cost.parameters)} ({short(cost.parameters)})"),
        ("MACs", f"{grouped(cost.macs)} ({short(cost.macs)}), for one picture"),
        ("Activations", f"{byte_size(cost.activation_bytes)}, float32, for one picture"),
        ("Receptive field", f"{cost.receptive_field} pixels"),
        ("Depth", f"{cost.depth} weighted layers"),
    ]
    row = found.published
    error = f": {row.error_text} error ({row.error_kind})" if row.error_text else ""
    rows.append(("Published" if found.is_exact else "Nearest", f"{row.name}{error}"))
    rows.append(("", row.source))
    if not found.is_exact:
        rows.append(("Differs", str(lamp_text(found))))
    fields = [
        f"{name}={_value_text(getattr(spec, name))}"
        for name in type(spec).model_fields
        if specs.applies(spec, name)
    ]
    lines = textwrap.wrap(" ".join(fields), SPEC_WIDTH, break_long_words=False, break_on_hyphens=False)
    return pairs([*rows, *zip(("Spec", *[""] * len(lines)), lines, strict=False)])


def _value_text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _node_table(graph: Graph, cost: Cost) -> str:
    rows = []
    for node in graph.nodes:
        own = cost.by_key[node.key]
        field = str(own.receptive_field)
        rows.append(
            (
                node.key,
                node.op.describe(),
                shape(node.output_shape),
                *_numbers(own.parameters, own.macs),
                field,
            )
        )
    return table(("Key", "Operation", "Output", *NUMBERS), rows, right=NUMBERS)


def _block_table(spec: ArchitectureSpec, graph: Graph, cost: Cost) -> str:
    """A row for each node outside the blocks, and for each run of equal blocks."""
    rows = [_row(node.key, node.op.describe(), (node,), cost) for node in graph.stem]

    def looks(block: Block) -> tuple[object, ...]:
        nodes = graph.block_nodes(block)
        parameters = sum(cost.by_key[node.key].parameters for node in nodes)
        return block.stage, block.kind, block.shortcut, block.stride, parameters

    for _, run_of_blocks in groupby(graph.blocks, looks):
        blocks = list(run_of_blocks)
        first, last = blocks[0], blocks[-1]
        keys = first.key if len(blocks) == 1 else f"{first.key} … {last.key}"
        nodes = tuple(node for block in blocks for node in graph.block_nodes(block))
        rows.append(_row(keys, times(_block_text(spec, first), len(blocks)), nodes, cost))
    rows += [_row(node.key, node.op.describe(), (node,), cost) for node in graph.head]
    return table(("Key", "What", "Output", *NUMBERS), rows, right=NUMBERS)


def _block_text(spec: ArchitectureSpec, block: Block) -> str:
    shortcut = {"none": "plain", "A": "shortcut A"}.get(block.shortcut, block.shortcut)
    stride = f"/{block.stride}" if block.stride > 1 else ""
    return ", ".join(filter(None, (block.kind, TITLES.get(spec.attention, ""), shortcut, stride)))


def _row(key: str, what: str, nodes: Sequence[Node], cost: Cost) -> tuple[str, ...]:
    parameters = sum(cost.by_key[node.key].parameters for node in nodes)
    macs = sum(cost.by_key[node.key].macs for node in nodes)
    last = nodes[-1]
    field = cost.by_key[last.key].receptive_field
    return key, what, shape(last.output_shape), *_numbers(parameters, macs), str(field)


def _numbers(parameters: int, macs: int) -> tuple[str, str]:
    """As text; nothing where there are none, so that the costly rows stand out."""
    return grouped(parameters) if parameters else "", short(macs) if macs else ""
