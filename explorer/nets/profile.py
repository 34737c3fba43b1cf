"""Measured cost: time and peak memory of each block on the device, beside what is predicted.

In evaluation mode, the stem, each block and the head by themselves, so that others are served in between.
Called by the engine's handlers and `cli`. Leaves weights, modes, grad mode and random numbers as they were;
on a GPU the allocator's peak counter starts anew.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from explorer.arch.cost import measure
from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, route
from explorer.nets.findings import PartProfile, Profile
from explorer.nets.inference import in_use
from explorer.nets.walk import Walk

_WARM_UPS = 2
_SLICE_SECONDS = 0.03


@dataclass(slots=True)
class _Part:
    """One part of the network, a run of nodes, and what was measured of it."""

    key: str
    start: int
    stop: int
    macs: int
    seconds: list[float] = field(default_factory=list)
    peak_bytes: int = 0


def profiling(
    model: nn.Module,
    graph: Graph,
    device: torch.device,
    *,
    batch: int = 1,
    repetitions: int = 7,
) -> Generator[float, None, Profile]:
    """Measure each part of a network.

    On a GPU between CUDA events: where a network is too small to keep the GPU busy, its waiting for the next
    launch counts, as it does in use. On the CPU by the clock, and other work on the machine counts; the
    median of the repetitions keeps short disturbances out.

    Memory is read from CUDA's allocator. The CPU's keeps no count: there it is the sizes of the tensors that
    are alive at once, without the scratch memory inside an operation.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        device: Where the model is.
        batch: Pictures at a time.
        repetitions: After two to warm up; at least 1.

    Yields:
        The share that is done. Closing the generator cancels.

    Raises:
        RuntimeError: The device is out of memory.
    """
    walk = Walk(model, route(graph))
    parts = _parts(graph)
    shape = (batch, *graph.nodes[0].output_shape)
    on_gpu = device.type == "cuda"
    rounds = _WARM_UPS + repetitions
    for turn in range(rounds):
        # Values without pattern, that leave the random numbers alone.
        n_values = shape[0] * shape[1] * shape[2] * shape[3]
        values = {IMAGE: torch.linspace(-7, 7, n_values, device=device).sin().view(shape)}
        events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []
        began = time.perf_counter()
        for done, part in enumerate(parts):
            with in_use(model):
                if on_gpu:
                    events.append(_on_gpu(walk, part, values, device))
                else:
                    seconds = _on_cpu(walk, part, values)
                    if turn >= _WARM_UPS:
                        part.seconds.append(seconds)
            if time.perf_counter() - began > _SLICE_SECONDS:
                yield (turn + (done + 1) / len(parts)) / rounds
                began = time.perf_counter()
        if on_gpu:
            torch.cuda.synchronize(device)
        if turn >= _WARM_UPS:
            for part, (first, last) in zip(parts, events, strict=False):
                part.seconds.append(first.elapsed_time(last) / 1000)
        yield (turn + 1) / rounds
    return _profile(parts, str(device), batch, repetitions, on_gpu)


def _parts(graph: Graph) -> list[_Part]:
    costs = measure(graph).by_key
    runs = [("stem", 0, graph.blocks[0].start)]
    runs += [(block.key, block.start, block.stop) for block in graph.blocks]
    runs.append(("head", graph.blocks[-1].stop, len(graph.nodes)))
    return [
        _Part(key, start, stop, sum(costs[node.key].macs for node in graph.nodes[start:stop]))
        for key, start, stop in runs
    ]


def _on_gpu(
    walk: Walk, part: _Part, values: dict[str, Tensor], device: torch.device
) -> tuple[torch.cuda.Event, torch.cuda.Event]:
    """Run a part between two events; the allocator counts on the CPU, so that nothing has to wait."""
    first = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    last = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    others = torch.cuda.memory_allocated(device) - _alive(values)
    torch.cuda.reset_peak_memory_stats(device)
    first.record()
    walk.run(values, part.start, part.stop)
    last.record()
    part.peak_bytes = max(part.peak_bytes, torch.cuda.max_memory_allocated(device) - others)
    return first, last


def _on_cpu(walk: Walk, part: _Part, values: dict[str, Tensor]) -> float:
    """Run a part, node by node; the time of looking at the memory is not counted."""
    seconds = 0.0
    for place in range(part.start, part.stop):
        before = dict(values)
        began = time.perf_counter()
        walk.run(values, place, place + 1)
        seconds += time.perf_counter() - began
        part.peak_bytes = max(part.peak_bytes, _alive(before, values))
    return seconds


def _alive(*groups: dict[str, Tensor]) -> int:
    """Bytes of tensors; memory that several share counts once."""
    storages = {}
    for group in groups:
        for tensor in group.values():
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())


def _profile(parts: list[_Part], device: str, batch: int, repetitions: int, on_gpu: bool) -> Profile:
    medians = [statistics.median(part.seconds) for part in parts]
    whole = sum(medians) or 1.0
    macs = sum(part.macs for part in parts) or 1
    return Profile(
        tuple(
            PartProfile(part.key, seconds, seconds / whole, part.macs, part.macs / macs, part.peak_bytes)
            for part, seconds in zip(parts, medians, strict=True)
        ),
        whole,
        batch,
        repetitions,
        device,
        "allocator" if on_gpu else "tensors",
    )
