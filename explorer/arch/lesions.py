"""What can be taken out of a network or exchanged in it, and the way that remains.

A lesion bypasses a block's residual branch: the branch contributes zero where it meets the shortcut, and
everything else stays (Veit et al. 2016, arXiv 1605.06431, section 4). Two blocks of equal shape can change
places. Called by `nets/lesion.py`, `nets/attribute.py`, `nets/occlude.py` and `nets/meter.py`, and by whoever
draws the switches. Pure Python.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from explorer.arch.graph import Block, Graph, Node
from explorer.arch.op import Shape
from explorer.arch.ops import Add, Concat
from explorer.errors import InsideError

IMAGE = "image"
"""The name of what enters a network."""


@dataclass(frozen=True, slots=True)
class Lesions:
    """What is changed in a network for a moment.

    Attributes:
        bypassed: Keys of blocks whose residual branch contributes zero; a block keeps its switch where it is
            moved.
        exchanged: Pairs of keys of blocks that change places, one pair after the other.
    """

    bypassed: frozenset[str] = field(default_factory=frozenset)
    exchanged: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.bypassed or self.exchanged)


INTACT = Lesions()


@dataclass(frozen=True, slots=True)
class Step:
    """One operation on the way through a network.

    Attributes:
        name: Of its result: the node's key, or a name of its own for zeros.
        inputs: Names of what it reads.
        is_zero: It puts zeros of its input's shape where a branch would be; no module runs.
    """

    name: str
    inputs: tuple[str, ...]
    is_zero: bool = False


def merge_of(graph: Graph, block: Block) -> Node | None:
    """Where F(x) and the shortcut meet: an addition or a concatenation, F(x) first; None in plain blocks."""
    if block.shortcut == "none":
        return None
    nodes = reversed(graph.block_nodes(block))
    return next(node for node in nodes if isinstance(node.op, Add | Concat))


def output_key(graph: Graph, block: Block) -> str:
    """The key of a block's last node, which the next block reads."""
    return graph.nodes[block.stop - 1].key


def block_shapes(graph: Graph, block: Block) -> tuple[Shape, Shape]:
    """What enters a block and what leaves it, without the batch."""
    return graph.by_key[block.input_key].output_shape, graph.by_key[output_key(graph, block)].output_shape


def lesionable(graph: Graph) -> dict[str, str]:
    """Which blocks can be bypassed.

    Returns:
        By block key: why not, in a sentence; the empty text where it can.
    """
    reasons = {}
    for block in graph.blocks:
        entering, leaving = block_shapes(graph, block)
        stuck = block.shortcut == "none" and entering != leaving
        reasons[block.key] = "It has no shortcut and changes the shape: nothing can go round it." * stuck
    return reasons


def exchangeable(graph: Graph, key: str) -> tuple[str, ...]:
    """The keys of the other blocks that could stand in a block's place, because they have its shapes.

    Raises:
        InsideError: There is no such block.
    """
    own = block_shapes(graph, _block(graph, key))
    return tuple(b.key for b in graph.blocks if b.key != key and block_shapes(graph, b) == own)


def check(graph: Graph, lesions: Lesions) -> None:
    """Refuse what cannot be done.

    Raises:
        InsideError: A block does not exist, cannot be bypassed, or differs in shape from its partner.
    """
    reasons = lesionable(graph)
    for key in sorted(lesions.bypassed):
        _block(graph, key)
        if reasons[key]:
            raise InsideError(
                "Block {block} cannot be bypassed.",
                "It has no shortcut and changes the shape; choose a block that keeps it.",
                block=key,
            )
    for one, other in lesions.exchanged:
        first, second = _block(graph, one), _block(graph, other)
        if block_shapes(graph, first) != block_shapes(graph, second):
            raise InsideError(
                "Blocks {one} and {other} cannot change places: their shapes differ.",
                "Choose two blocks of one stage, its first one aside.",
                one=one,
                other=other,
            )


def arranged(graph: Graph, lesions: Lesions) -> list[Block]:
    """The blocks in the order in which they run."""
    blocks = list(graph.blocks)
    for one, other in lesions.exchanged:
        here, there = (next(i for i, b in enumerate(blocks) if b.key == key) for key in (one, other))
        blocks[here], blocks[there] = blocks[there], blocks[here]
    return blocks


def route(graph: Graph, lesions: Lesions = INTACT, *, skipping: bool = False) -> list[Step]:
    """The way through a network, with lesions.

    Args:
        graph: The network.
        lesions: What is changed.
        skipping: Leave out what then no longer matters, such as a bypassed branch, instead of computing it
            for those who look at it.

    Returns:
        Steps in the order in which they can run; the last gives the network's output.

    Raises:
        InsideError: The lesions do not fit the network.
    """
    check(graph, lesions)
    steps = [Step(node.key, node.inputs or (IMAGE,)) for node in graph.stem]
    current = graph.blocks[0].input_key
    for block in arranged(graph, lesions):
        bypassed = block.key in lesions.bypassed
        merge = merge_of(graph, block) if bypassed else None
        for node in graph.block_nodes(block):
            inputs = tuple(current if name == block.input_key else name for name in node.inputs)
            if merge is not None and node.key == merge.key:
                zero = Step(f"{block.key}: zero", inputs[1:], is_zero=True)
                steps.append(zero)
                inputs = (zero.name, *inputs[1:])
            steps.append(Step(node.key, inputs))
        if not bypassed or merge is not None:
            current = output_key(graph, block)
    last = output_key(graph, graph.blocks[-1])
    for node in graph.head:
        steps.append(Step(node.key, tuple(current if name == last else name for name in node.inputs)))
    return _needed(steps) if skipping else steps


def _needed(steps: list[Step]) -> list[Step]:
    """Those that the last one depends on."""
    wanted = {steps[-1].name}
    kept = []
    for step in reversed(steps):
        if step.name in wanted:
            wanted.update(step.inputs)
            kept.append(step)
    return kept[::-1]


def _block(graph: Graph, key: str) -> Block:
    found = next((block for block in graph.blocks if block.key == key), None)
    if found is None:
        raise InsideError(
            "The network has no block {block}.",
            "Its blocks are {first} to {last}.",
            block=key,
            first=graph.blocks[0].key,
            last=graph.blocks[-1].key,
        )
    return found
