"""What differs between two networks: fields, blocks and operations, with the cost of each change.

Called by the diff view and by `resnet-explorer diff`. Pure Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby
from typing import Literal

from explorer.arch.attention import attention_title
from explorer.arch.cost import Cost, cost_of
from explorer.arch.expand import expand
from explorer.arch.graph import Block, Graph, Node
from explorer.arch.ops import Conv2d, Linear
from explorer.arch.spec import ArchitectureSpec, applies

Kind = Literal["added", "removed", "changed", "same"]
NodeKind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Delta:
    """What the second costs more than the first; negative where it costs less.

    Attributes:
        parameters: Trainable numbers.
        macs: Multiply-adds, for one image.
        activation_bytes: Memory of outputs in float32, for one image.
    """

    parameters: int = 0
    macs: int = 0
    activation_bytes: int = 0

    def __add__(self, other: Delta) -> Delta:
        return Delta(
            self.parameters + other.parameters,
            self.macs + other.macs,
            self.activation_bytes + other.activation_bytes,
        )

    def __neg__(self) -> Delta:
        return Delta(-self.parameters, -self.macs, -self.activation_bytes)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the spec with two values."""

    field: str
    title: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class NodeChange:
    """One operation that differs.

    Attributes:
        role: Its key inside the block, such as `conv2` or `downsample.0`.
        kind: `moved` where the same operation stands elsewhere in the block.
        before: What it was, in words; empty where there was none.
        after: What it is; empty where there is none.
        delta: What it costs more.
    """

    role: str
    kind: NodeKind
    before: str
    after: str
    delta: Delta


@dataclass(frozen=True, slots=True)
class BlockChange:
    """One row: a block of the one net beside a block of the other; stem, head and pools between are rows too.

    Attributes:
        stage: 1 and up; None for the stem and the head.
        before_key: The block's key in the first net; None where it has none there.
        after_key: The same for the second.
        kind: What happened to it.
        before: The convolutions and the shortcut, in words.
        after: The same for the second.
        changes: The operations that differ; none for blocks that were added or removed as a whole.
        delta: What the row costs more: the sum over all its operations.
    """

    stage: int | None
    before_key: str | None
    after_key: str | None
    kind: Kind
    before: str
    after: str
    changes: tuple[NodeChange, ...]
    delta: Delta

    @property
    def looks(self) -> tuple[object, ...]:
        """Equal for rows that tell the same, so that they can be folded."""
        return self.stage, self.kind, self.before, self.after, self.changes, self.delta


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs.

    Attributes:
        fields: The fields of the spec, where they make a difference in one of the nets.
        blocks: Every row from the stem to the head, equal ones included.
        before: The cost of the first net.
        after: The cost of the second.
    """

    fields: tuple[FieldChange, ...]
    blocks: tuple[BlockChange, ...]
    before: Cost
    after: Cost

    @property
    def delta(self) -> Delta:
        """What the second net costs more in all: the sum over the rows."""
        before, after = self.before, self.after
        return Delta(
            after.parameters - before.parameters,
            after.macs - before.macs,
            after.activation_bytes - before.activation_bytes,
        )

    def of_kind(self, kind: Kind) -> tuple[BlockChange, ...]:
        """The rows to which this happened."""
        return tuple(row for row in self.blocks if row.kind == kind)


@dataclass(frozen=True, slots=True)
class _Part:
    """A block, or the nodes before, between and after blocks."""

    key: str
    stage: int | None
    nodes: tuple[Node, ...]
    text: str

    def role(self, node: Node) -> str:
        return node.key.removeprefix(f"{self.key}.")


def _summary(nodes: Sequence[Node], block: Block | None) -> str:
    """The weighted operations of the main path as papers' tables write them, attention and shortcut."""
    main = [node for node in nodes if node.branch == "main"]
    told = [
        node.op.describe().replace(" conv", "")
        if isinstance(node.op, Conv2d | Linear)
        else attention_title(node)
        for node in main
    ]
    words = " · ".join([*filter(None, told)] or [node.op.describe() for node in main])
    if block is None:
        return words
    shortcut = {"none": "plain", "A": "shortcut A"}.get(block.shortcut, block.shortcut)
    return f"{words} | {shortcut}"


def _parts(graph: Graph) -> dict[tuple[int, int], _Part]:
    """All nodes once, by (stage, place): the stem is stage 0, a pool before a stage has place −1."""
    first, last = graph.blocks[0], graph.blocks[-1]
    stem, head = graph.nodes[: first.start], graph.nodes[last.stop :]
    parts = {(0, 0): _Part("stem", None, stem, _summary(stem, None))}
    reached = first.start
    for block in graph.blocks:
        between = graph.nodes[reached : block.start]
        if between:
            parts[block.stage, -1] = _Part(between[0].key, block.stage, between, _summary(between, None))
        nodes = graph.block_nodes(block)
        parts[block.stage, block.index] = _Part(block.key, block.stage, nodes, _summary(nodes, block))
        reached = block.stop
    # After any stage that either net has.
    parts[len(graph.nodes) + 1, 0] = _Part("head", None, head, _summary(head, None))
    return parts


def _aligned(before: Graph, after: Graph) -> Iterator[tuple[_Part | None, _Part | None]]:
    """The parts of two graphs side by side, by stage and place in the stage."""
    first, second = _parts(before), _parts(after)
    *_, first_head = first
    *_, second_head = second
    heads = first.pop(first_head), second.pop(second_head)
    for place in sorted(first.keys() | second.keys()):
        yield first.get(place), second.get(place)
    yield heads


def _cost(part: _Part | None, cost: Cost) -> Delta:
    return sum((_node_cost(node, cost) for node in part.nodes), Delta()) if part else Delta()


def _node_cost(node: Node, cost: Cost) -> Delta:
    own = cost.by_key[node.key]
    return Delta(own.parameters, own.macs, own.activation_bytes)


def _words(node: Node, other: Node) -> str:
    """What a node is, as far as that tells it from another."""
    text = node.op.describe()
    if text != other.op.describe():
        return text
    if type(node.op) is type(other.op):
        settings = [field.name for field in fields(node.op)]
        unlike = [name for name in settings if getattr(node.op, name) != getattr(other.op, name)]
        if unlike:
            told = ", ".join(f"{name.replace('_', ' ')} {getattr(node.op, name)}" for name in unlike)
            return f"{text} ({told})"
    return f"{text} → {' × '.join(map(str, node.output_shape))}"


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Of the roles that both blocks have, those that stand elsewhere."""
    known, kept = set(after), set(before)
    first = [role for role in before if role in known]
    second = [role for role in after if role in kept]
    if first == second:
        return set()
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    stay = {role for run in matcher.get_matching_blocks() for role in first[run.a : run.a + run.size]}
    return set(first) - stay


def _node_changes(before: _Part, after: _Part, costs: tuple[Cost, Cost]) -> Iterator[NodeChange]:
    """The operations that differ, in the order of the second block; removed ones come last."""
    first = {before.role(node): node for node in before.nodes}
    second = {after.role(node): node for node in after.nodes}
    moved = _moved(list(first), list(second))
    for role, node in second.items():
        gained = _node_cost(node, costs[1])
        old = first.get(role)
        if old is None:
            yield NodeChange(role, "added", "", node.op.describe(), gained)
            continue
        delta = gained + -_node_cost(old, costs[0])
        if old.op != node.op or old.output_shape != node.output_shape:
            yield NodeChange(role, "changed", _words(old, node), _words(node, old), delta)
        elif role in moved:
            yield NodeChange(role, "moved", old.op.describe(), node.op.describe(), delta)
    for role, old in first.items():
        if role not in second:
            yield NodeChange(role, "removed", old.op.describe(), "", -_node_cost(old, costs[0]))


def _row(before: _Part | None, after: _Part | None, costs: tuple[Cost, Cost]) -> BlockChange:
    changes = tuple(_node_changes(before, after, costs)) if before and after else ()
    kind: Kind = "removed" if after is None else "added" if before is None else "same"
    part = after or before
    assert part is not None
    return BlockChange(
        part.stage,
        before.key if before else None,
        after.key if after else None,
        "changed" if changes else kind,
        before.text if before else "",
        after.text if after else "",
        changes,
        _cost(after, costs[1]) + -_cost(before, costs[0]),
    )


@lru_cache(maxsize=8)
def diff(before: ArchitectureSpec, after: ArchitectureSpec) -> Diff:
    """What the second network has, has not, and has otherwise than the first. Cached.

    Blocks are aligned by stage and by their place in the stage, operations inside a block by their keys.

    Args:
        before: The first network.
        after: The second.

    Returns:
        Fields and rows; the rows' costs add up to the difference of the networks' costs.
    """
    costs = cost_of(before), cost_of(after)
    rows = tuple(_row(first, second, costs) for first, second in _aligned(expand(before), expand(after)))
    changed = tuple(
        FieldChange(name, field.title or name, getattr(before, name), getattr(after, name))
        for name, field in ArchitectureSpec.model_fields.items()
        if getattr(before, name) != getattr(after, name) and (applies(before, name) or applies(after, name))
    )
    return Diff(changed, rows, *costs)


def folded(rows: Sequence[BlockChange]) -> list[tuple[BlockChange, ...]]:
    """Neighbouring rows that tell the same, together."""
    return [tuple(run) for _, run in groupby(rows, lambda row: row.looks)]


def keys_text(keys: Sequence[str | None]) -> str:
    """The keys of a run of blocks: `layer2.1`, `layer2.1 … 5`, or empty where a net has none of them."""
    first, last = keys[0], keys[-1]
    if first is None or last is None:
        return ""
    return first if first == last else f"{first} … {last.rpartition('.')[2]}"
