"""Networks with a part taken out for a moment: what they say, and how well they still know a sample.

A bypassed residual branch contributes zero and the statistics of every batch norm stay (Veit et al. 2016,
arXiv 1605.06431, section 4). Where a learned gate blends the two, what it lets through of the shortcut stays
as it is. What can be bypassed and exchanged is in `arch/lesions.py`. Called by the engine's handlers and
`cli`. Leaves weights, modules, modes, grad mode and random numbers as they were.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator
from itertools import pairwise
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, INTACT, Lesions, lesionable, output_key, route
from explorer.errors import DataError
from explorer.nets.inference import in_use
from explorer.nets.insights import BlockLesion, Knowledge, Sweep
from explorer.nets.predict import as_tensor, predict
from explorer.nets.walk import Walk, slice_size

SWEEP_MEMORY_BYTES = 256 * 2**20
"""What a sweep may keep: the maps that enter the block whose turn it is, of as many pictures as fit."""


@contextlib.contextmanager
def lesioned(model: nn.Module, graph: Graph, lesions: Lesions, *, skipping: bool = False) -> Iterator[None]:
    """The network with lesions: within, calling it (also by `predict` and `probe`) takes the changed way.

    Only the object's `forward` is exchanged. Others would see the lesions too: never yield within.

    Args:
        model: From `assemble`.
        graph: Its own.
        lesions: What is changed.
        skipping: Leave out what no longer matters; bypassed nodes then cannot be probed.

    Raises:
        InsideError: The lesions do not fit the network.
    """
    walk = Walk(model, route(graph, lesions, skipping=skipping))
    before = model.__dict__.get("forward")
    model.__dict__["forward"] = walk.logits
    try:
        yield
    finally:
        del model.__dict__["forward"]
        if before is not None:
            model.__dict__["forward"] = before


def lesioned_predict(
    model: nn.Module, graph: Graph, batch: NDArray[np.float32], lesions: Lesions, device: torch.device
) -> NDArray[np.float32]:
    """The probability of each class, with lesions.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        batch: Prepared pictures, (pictures, channels, height, width).
        lesions: What is changed.
        device: Where the model is.

    Returns:
        (pictures, classes), each row with the sum 1.

    Raises:
        InsideError: The lesions do not fit the network.
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    with lesioned(model, graph, lesions, skipping=True):
        return predict(model, batch, device)


def knowing(
    model: nn.Module,
    graph: Graph,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    device: torch.device,
    lesions: Lesions = INTACT,
) -> Generator[float, None, Knowledge]:
    """How well a network with lesions knows a sample, in slices; between them the network is intact.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        images: Prepared pictures, (n, channels, height, width).
        labels: The truth, (n,).
        device: Where the model is.
        lesions: What is changed.

    Yields:
        The share that is done, after each slice.

    Raises:
        DataError: The sample is empty.
        InsideError: The lesions do not fit the network.
        RuntimeError: The device is out of memory.
    """
    _require_pictures(images)
    walk = Walk(model, route(graph, lesions, skipping=True))
    tally = _Tally()
    for start, stop in _slices(len(images), slice_size(graph, device)):
        with in_use(model):
            tally.add(walk.logits(as_tensor(images[start:stop]).to(device)), labels[start:stop])
        yield stop / len(images)
    return tally.knowledge()


def sweeping(
    model: nn.Module,
    graph: Graph,
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    device: torch.device,
    memory_bytes: int = SWEEP_MEMORY_BYTES,
) -> Generator[BlockLesion | None, None, Sweep]:
    """Bypass each block in turn and see what the network still knows (Veit et al. 2016, figure 3).

    What enters the block whose turn it is, is kept and carried on a block at a time, so that a lesion costs
    only what comes after it. Pictures beyond the memory run the whole way each time.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        images: Prepared pictures, (n, channels, height, width).
        labels: The truth, (n,).
        device: Where the model is.
        memory_bytes: That the kept maps may take.

    Yields:
        None after each slice, and a block's result when it is known.

    Raises:
        DataError: The sample is empty.
        RuntimeError: The device is out of memory.
    """
    _require_pictures(images)
    intact = Walk(model, route(graph))
    slices = list(_slices(len(images), slice_size(graph, device)))
    n_kept = memory_bytes // (_largest_entry_bytes(graph) * (slices[0][1] - slices[0][0]))
    tally = _Tally()
    kept: list[Tensor] = []
    entry = graph.blocks[0].input_key
    for start, stop in slices:
        with in_use(model):
            entered = intact.between(IMAGE, as_tensor(images[start:stop]).to(device), entry)
            tally.add(intact.rest(entry, entered), labels[start:stop])
            if len(kept) < n_kept:
                kept.append(entered)
        yield None
    found: list[BlockLesion] = []
    for key, reason in lesionable(graph).items():
        block = graph.blocks[len(found)]
        without = _Tally()
        walk = None if reason else Walk(model, route(graph, Lesions(frozenset({key})), skipping=True))
        for number, (start, stop) in enumerate(slices):
            with in_use(model):
                is_kept = number < len(kept)
                if walk is not None:
                    pictures = kept[number] if is_kept else as_tensor(images[start:stop]).to(device)
                    logits = walk.rest(block.input_key if is_kept else IMAGE, pictures)
                    without.add(logits, labels[start:stop])
                if is_kept:
                    kept[number] = intact.between(block.input_key, kept[number], output_key(graph, block))
            yield None
        found.append(BlockLesion(key, None if reason else without.knowledge(), reason))
        yield found[-1]
    return Sweep(tally.knowledge(), tuple(found), len(images))


class _Tally:
    """Right answers and losses, summed over slices."""

    def __init__(self) -> None:
        self._images = self._right = 0
        self._loss = 0.0

    def add(self, logits: Tensor, labels: NDArray[np.int64]) -> None:
        truth = torch.from_numpy(np.require(labels, np.int64, ["C", "W"])).to(logits.device)
        self._images += len(labels)
        self._right += int((logits.argmax(1) == truth).sum())
        self._loss += float(functional.cross_entropy(logits.float(), truth, reduction="sum"))

    def knowledge(self) -> Knowledge:
        return Knowledge(self._right / self._images, self._loss / self._images)


def _slices(n: int, size: int) -> Iterator[tuple[int, int]]:
    return pairwise([*range(0, n, size), n])


def _largest_entry_bytes(graph: Graph) -> int:
    """Of what enters a block, for one picture in float32."""
    return 4 * max(prod(graph.by_key[block.input_key].output_shape) for block in graph.blocks)


def _require_pictures(images: NDArray[np.float32]) -> None:
    if not len(images):
        raise DataError("There are no pictures in the sample.", "Drop some pictures or choose a data set.")
