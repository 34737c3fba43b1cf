"""Forward and backward as one CUDA graph: recorded once, then started by a single call a step.

Small networks leave a GPU waiting for the launches of their hundreds of kernels; a graph has none. It works
on the very parameters of the module that answers clicks between steps. Called by `training/step.py`.
Follows torch's notes on CUDA graphs: warm-up on a side stream, gradients set to None before the recording,
inputs copied into the tensors that were recorded. The optimiser is not recorded: it is one fused kernel, and
its learning rate changes with each step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

WARM_UP_PASSES = 3
"""Libraries choose their algorithms and allocate in the first passes, which a recording cannot hold."""

Pass = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def why_not_graphed(device: torch.device, *, is_random: bool) -> str:
    """Why a training cannot be graphed; empty where nothing prevents it.

    Args:
        device: Where it runs.
        is_random: Whether the network draws random numbers: a seed for each step cannot be recorded.
    """
    if device.type != "cuda":
        return "CUDA graphs need a CUDA device."
    if is_random:
        return "The network draws random numbers in each step."
    return ""


class GraphedPass:
    """A recorded forward and backward. The network's statistics are as before once it is made.

    Args:
        model: Its gradients are in the graph's own memory after each replay.
        run: The pass: from images and targets to numbers, with the gradients added to the parameters'.
        images: A batch of the shape, type and memory order of all that follow.
        targets: Likewise.

    Raises:
        RuntimeError: Something in the pass cannot be recorded, or the device is out of memory.
    """

    def __init__(self, model: nn.Module, run: Pass, images: torch.Tensor, targets: torch.Tensor) -> None:
        self._images = images.clone(memory_format=torch.preserve_format)
        self._targets = targets.clone()
        buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
        here = torch.cuda.current_stream(images.device)
        aside = torch.cuda.Stream(images.device)  # type: ignore[no-untyped-call]
        aside.wait_stream(here)
        try:
            with torch.cuda.stream(aside):
                for _ in range(WARM_UP_PASSES):
                    model.zero_grad(set_to_none=True)
                    run(self._images, self._targets)
            here.wait_stream(aside)
            # Gradients that do not exist yet get memory of the graph, and are written, not added to.
            model.zero_grad(set_to_none=True)
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph, stream=aside):
                self._numbers = run(self._images, self._targets)
            self._gradients = [(parameter, parameter.grad) for parameter in model.parameters()]
        except RuntimeError:
            model.zero_grad(set_to_none=True)
            raise
        finally:
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)

    def replay(self, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """The pass on another batch; the gradients are replaced.

        Returns:
            Its numbers, in memory that the next replay does not touch.
        """
        self._images.copy_(images)
        self._targets.copy_(targets)
        self._graph.replay()
        for parameter, gradient in self._gradients:
            # Others may have set theirs in between.
            parameter.grad = gradient
        return self._numbers.clone()
