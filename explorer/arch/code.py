"""spec → PyTorch: the network as a short module that needs nothing but torch, as by hand.

Called by `cli/export.py` and the Code view. Its state dict has the keys and shapes of `nets.assemble`, so
that the same weights fit. Pure Python: it writes torch's names but does not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from explorer.arch.code_blocks import BlockWriter, block_arguments
from explorer.arch.code_network import NetworkWriter, put_stages
from explorer.arch.code_page import Lines, Page
from explorer.arch.code_parts import write_parts
from explorer.arch.code_traits import Traits
from explorer.arch.cost import cost_of
from explorer.arch.graph import Node
from explorer.arch.ops import Conv2d, Norm
from explorer.arch.presets import preset, preset_name
from explorer.arch.spec import ArchitectureSpec


@dataclass(frozen=True, slots=True)
class Code:
    """A network as Python.

    Attributes:
        text: The module: `Network`, its blocks, and `network()`.
        lines: Of each node, block and stage by its key: (first, last), counted from 1. Blocks of one type
            share their lines.
    """

    text: str
    lines: Mapping[str, Lines]


@lru_cache(maxsize=8)
def to_python(spec: ArchitectureSpec) -> Code:
    """The network as Python text, formatted as `ruff format` leaves it at 110 columns.

    Args:
        spec: Any valid spec.
    """
    traits = Traits(spec)
    body = Page()
    for kind in traits.kinds:
        BlockWriter(body, traits, kind).write()
    put_stages(body, traits)
    NetworkWriter(body, traits, [name for name, _ in block_arguments(traits)]).write()
    parts = Page()
    write_parts(parts, traits, body.text())
    page = Page()
    _put_head(page, traits, uses_functional="functional." in parts.text())
    page.append(parts)
    page.append(body)
    return Code(page.text(), MappingProxyType(_lines(traits, page)))


def _put_head(page: Page, traits: Traits, *, uses_functional: bool) -> None:
    spec = traits.spec
    name = preset_name(spec)
    title = preset(name).title if name else f"A {'residual' if traits.merges else 'plain'} network"
    page.put(0, f'"""{title}: {cost_of(spec).parameters:,} parameters.')
    page.gap()
    picture = f"(batch, {spec.in_channels}, {spec.input_size}, {spec.input_size})"
    page.put(0, f"Takes float images of shape {picture}, gives logits of shape (batch, {spec.num_classes}).")
    page.put(0, '"""')
    page.gap()
    page.put(0, "import torch")
    page.put(0, "from torch import Tensor, nn")
    if uses_functional:
        page.put(0, "from torch.nn import functional")


def _lines(traits: Traits, page: Page) -> dict[str, Lines]:
    graph = traits.graph
    lines = {}
    for block in graph.blocks:
        lines[block.key] = page.marks[block.kind, ""]
        lines[f"layer{block.stage}"] = page.marks["", "stages"]
        for node in graph.block_nodes(block):
            if node.key.startswith(f"{block.key}."):
                name = _name_in_block(node, node.key.removeprefix(f"{block.key}."))
                lines[node.key] = page.marks.get((block.kind, name)) or page.marks["", name]
            else:
                lines[node.key] = page.marks["", "stages.maxpool"]
    for node in (*graph.stem, *graph.head):
        lines[node.key] = page.marks["", node.key]
    return lines


def _name_in_block(node: Node, name: str) -> str:
    """A projection's layers are numbered by what stands before them: name them by what they are."""
    if not name.startswith("downsample."):
        return name
    if isinstance(node.op, Conv2d):
        return "downsample.conv"
    return "downsample.norm" if isinstance(node.op, Norm) else "downsample.pool"
