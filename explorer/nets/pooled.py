"""Pooled features: each channel's mean over its map, for many pictures and many nodes at once.

What linear probes and embeddings work on (Alain and Bengio 2016, arXiv 1610.01644, pool likewise). Called by
the engine's handlers and `cli`; leaves weights, modes, grad mode and random numbers as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.arch.graph import Graph
from explorer.arch.lesions import output_key
from explorer.nets.findings import PooledFeatures
from explorer.nets.sample import Sample, passing


def block_outputs(graph: Graph) -> tuple[str, ...]:
    """The key of each block's last node, in the network's order."""
    return tuple(output_key(graph, block) for block in graph.blocks)


def pooling(
    model: nn.Module,
    graph: Graph,
    sample: Sample,
    device: torch.device,
    *,
    keys: Sequence[str] | None = None,
) -> Generator[float, None, PooledFeatures]:
    """Pool the features of some nodes for a sample, or for dropped pictures, in one pass.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        sample: The pictures.
        device: Where the model is.
        keys: Of nodes; None for every block's output. Repetitions count once.

    Yields:
        The share of pictures that is done. Closing the generator cancels.

    Raises:
        DataError: There is no picture.
        ImageError: Pictures cannot fill the network's channels.
        InsideError: The network has no such node.
        RuntimeError: The device is out of memory.
    """
    wanted = set(block_outputs(graph) if keys is None else keys)
    ordered = [node.key for node in graph.nodes if node.key in wanted]
    unknown = sorted(wanted.difference(ordered))
    parts: dict[str, list[NDArray[np.float32]]] = {key: [] for key in (*ordered, *unknown)}
    yield from passing(model, graph, sample, {key: _into(part) for key, part in parts.items()}, device)
    joined = {key: np.concatenate(part) for key, part in parts.items()}
    for features in joined.values():
        features.setflags(write=False)
    return PooledFeatures(MappingProxyType(joined))


def _into(part: list[NDArray[np.float32]]) -> Callable[[Tensor, int], None]:
    """A look that adds each slice's means to a list."""

    def look(output: Tensor, start: int) -> None:
        means = output.float().mean((2, 3)) if output.ndim == 4 else output.float()
        part.append(np.array(means.cpu().numpy(), np.float32))

    return look
