"""Graph → torch module: one node, one submodule, the node's key its path.

Called by the engine's build handler, the trainer and the command line. The forward is generated as
straight-line code (`torch.fx`) that lets go of each tensor after its last use.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator

import torch
from torch import fx, nn

from explorer.arch.graph import Graph, Node
from explorer.nets.ops import MAY_OVERWRITE, MODULES, MUST_STAY, initialise
from explorer.slices import returned

Device = torch.device | str


def node_seed(seed: int, key: str) -> int:
    """The seed of one node's first values: equal keys start equal in nets of any depth, twins included."""
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def _overwriting(graph: Graph) -> set[str]:
    """The keys of nodes that may work in their first input's memory: nothing else reads it then or later."""
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    sources = {node.key for node in graph.nodes if isinstance(node.op, MUST_STAY)}
    return {
        node.key
        for node in graph.nodes
        if isinstance(node.op, MAY_OVERWRITE)
        and readers[node.inputs[0]] == 1
        and node.inputs[0] not in sources
    }


def _attach(root: nn.Module, key: str, module: nn.Module) -> None:
    """Put a module at its path, with empty containers on the way."""
    *path, name = key.split(".")
    parent = root
    for part in path:
        child = parent._modules.get(part)
        if child is None:
            child = nn.Module()
            parent.add_module(part, child)
        parent = child
    parent.add_module(name, module)


def _make(node: Node, overwriting: set[str], seed: int | None, device: Device) -> nn.Module:
    module = MODULES[type(node.op)](node.op, node.key in overwriting)
    if next(module.parameters(), None) is None:
        return module.to(device)
    module = module.to_empty(device="cpu")
    if seed is not None:
        # The first values are drawn on the CPU, so that they are the same on every device.
        initialise(module, node.op, torch.Generator().manual_seed(node_seed(seed, node.key)))
    return module.to(device)


def _wire(graph: Graph, root: nn.Module) -> fx.GraphModule:
    wires = fx.Graph()
    made: dict[str, fx.Node] = {}
    for node in graph.nodes:
        inputs = tuple(made[name] for name in node.inputs) or (wires.placeholder("image"),)
        made[node.key] = wires.call_module(node.key, inputs)
    wires.output(made[graph.nodes[-1].key])
    module = fx.GraphModule(root, wires, class_name="ResidualNetwork")
    # The graph's way back to its module is a cycle that would keep every weight until the collector runs.
    module.graph.owning_module = None
    return module


def assembling(
    graph: Graph, *, device: Device = "cpu", seed: int | None = 0
) -> Generator[float, None, fx.GraphModule]:
    """Build the module of a graph in slices.

    Args:
        graph: What to build.
        device: Where its values live.
        seed: Of the first values; None leaves them arbitrary, for a caller that loads all of them.

    Yields:
        The share of nodes that are made, above 0 and up to 1, after each node that has values.

    Returns:
        The module in training mode, with every node's key as a submodule path. Its input is a float tensor
        (batch, channels, height, width), its output the logits (batch, classes).

    Raises:
        RuntimeError: The device is out of memory.
    """
    overwriting = _overwriting(graph)
    root = nn.Module()
    for done, node in enumerate(graph.nodes, start=1):
        module = _make(node, overwriting, seed, device)
        _attach(root, node.key, module)
        if next(module.parameters(), None) is not None:
            yield done / len(graph.nodes)
    module = _wire(graph, root)
    yield 1.0
    return module


def assemble(graph: Graph, *, device: Device = "cpu", seed: int | None = 0) -> fx.GraphModule:
    """Build the module of a graph at once; as `assembling`, for callers with nothing else to do.

    Raises:
        RuntimeError: The device is out of memory.
    """
    return returned(assembling(graph, device=device, seed=seed))
