"""A network run step by step along a route, so that it can begin, stop, be changed and be looked at anywhere.

Called by `nets/attribute.py`, `nets/lesion.py` and `nets/meter.py`. The modules are the network's own and
their hooks run; the network itself is not touched.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from explorer.arch.cost import measure
from explorer.arch.graph import Graph
from explorer.arch.lesions import IMAGE, Step

_SLICE_MACS = 2_000_000_000
"""Multiply-adds of one slice on the CPU: some 40 ms on two cores."""
_ACCELERATED = 16
"""A GPU does at least this many times as much in the same time."""
_MOST_PICTURES = 512


class Walk:
    """A network's modules in the order of a route.

    Args:
        model: From `assemble`.
        steps: From `arch.lesions.route`, of the model's own graph.

    Attributes:
        steps: The route.
    """

    def __init__(self, model: nn.Module, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        # Looking each one up by its path would take a sixth of a small network's forward pass.
        modules = dict(model.named_modules())
        self._modules = [None if step.is_zero else modules[step.name] for step in self.steps]
        self._after = {IMAGE: 0} | {step.name: place for place, step in enumerate(self.steps, start=1)}
        last_reader = {name: index for index, step in enumerate(self.steps) for name in step.inputs}
        self._done: list[list[str]] = [[] for _ in self.steps]
        for name, index in last_reader.items():
            self._done[index].append(name)
        # On a changed route, what a module may overwrite in the network can have more readers.
        self._copied = [
            getattr(module, "inplace", False) and step.inputs[0] not in done
            for module, step, done in zip(self._modules, self.steps, self._done, strict=True)
        ]
        # A result that nobody reads is let go at once; the last is the answer.
        self._unread = {step.name for step in self.steps[:-1]} - last_reader.keys()

    def after(self, name: str) -> int:
        """The place of the step after the one of this name, or of the first for `IMAGE`.

        Raises:
            KeyError: The route has no such step.
        """
        return self._after[name]

    def run(self, values: dict[str, Tensor], start: int = 0, stop: int | None = None) -> None:
        """Run a part of the route.

        Args:
            values: By name; what the steps read is taken from here and let go after its last reader, what
                they make is put here. A step may work in its first input's memory.
            start: The place of the first step.
            stop: One after the last, whose result stays in any case; None runs to the end.
        """
        stop = len(self.steps) if stop is None else stop
        for index in range(start, stop):
            step, module = self.steps[index], self._modules[index]
            given = [values[name] for name in step.inputs]
            if self._copied[index]:
                given[0] = given[0].clone()
            for name in self._done[index]:
                del values[name]
            made = torch.zeros_like(given[0]) if module is None else module(*given)
            if step.name not in self._unread or index == stop - 1:
                values[step.name] = made

    def between(self, name: str, maps: Tensor, until: str) -> Tensor:
        """What one step makes, from what another made.

        Args:
            name: Of the other, or `IMAGE`; no later step may read what came before it.
            maps: What it made; stays as it is.
            until: The step whose result is wanted.
        """
        # Behind a lesion, an operation that works in its input's memory can be the first to read this.
        values = {name: maps.clone()}
        self.run(values, self.after(name), self.after(until))
        return values[until]

    def rest(self, name: str, maps: Tensor) -> Tensor:
        """The logits from what one step made.

        Args:
            name: Of the step, or `IMAGE` for the whole route; no later step may read what came before it.
            maps: What it made; stays as it is.
        """
        return self.between(name, maps, self.steps[-1].name)

    def logits(self, images: Tensor) -> Tensor:
        """The whole route at once, as the model's own forward.

        Args:
            images: (batch, channels, height, width); stays as it is.
        """
        return self.rest(IMAGE, images)


def slice_size(graph: Graph, device: torch.device) -> int:
    """How many pictures to compute between two yields: the same on every run, so that results are too."""
    macs = _SLICE_MACS * (1 if device.type == "cpu" else _ACCELERATED)
    return max(1, min(_MOST_PICTURES, macs // max(1, measure(graph).macs)))
