"""A running mean of a network's weights, which is often better than any of them.

Called by `training/prepare.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import nn
from torch.fx import GraphModule


class WeightAverage:
    """A network beside the one that learns, whose weights are the exponential mean of the learner's.

    Polyak and Juditsky 1992; as Tarvainen and Valpola 2017 (arXiv 1703.01780) have it. Buffers, such as the
    statistics of norms, are the learner's own.

    Attributes:
        model: The averaged network, in evaluation mode.
        decay: The share that is kept at each step, once there were enough.

    Args:
        model: The learner; it is copied, in its memory layout.
        decay: 0 to below 1.
    """

    def __init__(self, model: GraphModule, decay: float) -> None:
        self.model: GraphModule = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay
        self._averages: list[torch.Tensor] = list(self.model.parameters())
        self._buffers = list(self.model.buffers())

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take in the learner's weights after a step; waits for nothing.

        Args:
            model: The learner.
            step: From 0. The first weights know nothing, so the share that is kept is at first only
                (1 + step) / (10 + step), as in TensorFlow's `ExponentialMovingAverage`.
        """
        kept = min(self.decay, (1 + step) / (10 + step))
        weights: list[torch.Tensor] = list(model.parameters())
        torch._foreach_lerp_(self._averages, weights, 1 - kept)
        if self._buffers:
            torch._foreach_copy_(self._buffers, list(model.buffers()))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """The averaged network's tensors by name; live."""
        return dict(self.model.state_dict())

    def load_state_dict(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            RuntimeError: They are another network's.
        """
        self.model.load_state_dict(dict(tensors))
