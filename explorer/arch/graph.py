"""A network as arithmetic: nodes with shapes, in the order they run.

Made by `arch/expand.py`; read by costs, layout, the assembler and every view. Pure Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from explorer.arch.op import Op, Shape

Branch = Literal["main", "shortcut", "side"]


@dataclass(frozen=True, slots=True)
class Node:
    """One operation.

    Attributes:
        key: A torch path such as `layer1.0.conv1`; also the prefix of its parameters in a state dict.
        op: What it does.
        inputs: The keys it reads, in the order of the operation's arguments.
        output_shape: Without the batch: (channels, height, width) or (features,).
        stage: 1 and up; None in the stem and the head.
        block: The block's index in its stage, from 0; None in the stem and the head.
        branch: `shortcut` where only the shortcut uses it, `side` where it makes a gate or attention.
    """

    key: str
    op: Op
    inputs: tuple[str, ...]
    output_shape: Shape
    stage: int | None = None
    block: int | None = None
    branch: Branch = "main"


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor on its way from one node to the next, by keys."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Block:
    """One residual unit: a run of consecutive nodes.

    Attributes:
        key: The torch path of the whole, such as `layer1.0`.
        kind: The block type.
        stage: 1 and up.
        index: Its place in the stage, from 0.
        shortcut: What its shortcut is: `none`, `identity`, `A` (subsample and pad) or `projection`.
        stride: 2 where it halves the map.
        start: The place of its first node in `Graph.nodes`.
        stop: One after the place of its last.
        input_key: The node that it reads.
    """

    key: str
    kind: str
    stage: int
    index: int
    shortcut: str
    stride: int
    start: int
    stop: int
    input_key: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole network.

    Attributes:
        nodes: In an order in which they can run.
        blocks: In order; together with the stem and the head they hold every node once.
        by_key: The same nodes by their keys.
    """

    nodes: tuple[Node, ...]
    blocks: tuple[Block, ...]
    by_key: Mapping[str, Node] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index = MappingProxyType({node.key: node for node in self.nodes})
        object.__setattr__(self, "by_key", index)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, in the order of the nodes that read them."""
        return tuple(Edge(source, node.key) for node in self.nodes for source in node.inputs)

    @property
    def stem(self) -> tuple[Node, ...]:
        """The nodes before the first block, the input included."""
        return self.nodes[: self.blocks[0].start]

    @property
    def head(self) -> tuple[Node, ...]:
        """The nodes after the last block, the output included."""
        return self.nodes[self.blocks[-1].stop :]

    @property
    def n_stages(self) -> int:
        """The number of stages."""
        return self.blocks[-1].stage

    def block_nodes(self, block: Block) -> tuple[Node, ...]:
        """The nodes of one block, its addition and last activation included."""
        return self.nodes[block.start : block.stop]

    def stage_blocks(self, stage: int) -> tuple[Block, ...]:
        """The blocks of one stage, counted from 1."""
        return tuple(block for block in self.blocks if block.stage == stage)
