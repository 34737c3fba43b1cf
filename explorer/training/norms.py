"""How long the gradients and the weights of each stage are: whether a net learns evenly from end to end.

Called by `training/loop.py` now and then. The Euclidean norm of all values of a stage together.
"""

from __future__ import annotations

import torch
from torch import nn

from explorer.arch.graph import Graph

STEM, HEAD = "stem", "head"


def stage_of_parameters(graph: Graph) -> dict[str, str]:
    """The stage of each node, by key: `layer1` and so on, `stem` before the first, `head` after the last."""
    stages = {node.key: STEM for node in graph.stem}
    stages |= {node.key: HEAD for node in graph.head}
    for block in graph.blocks:
        stages |= {node.key: f"layer{block.stage}" for node in graph.block_nodes(block)}
    return stages


class StageNorms:
    """Measures a network, stage by stage.

    Args:
        model: Assembled from the graph.
        graph: Of the network.
    """

    def __init__(self, model: nn.Module, graph: Graph) -> None:
        stages = stage_of_parameters(graph)
        self._members: dict[str, list[nn.Parameter]] = {}
        for name, parameter in model.named_parameters():
            self._members.setdefault(stages[name.rpartition(".")[0]], []).append(parameter)

    @torch.no_grad()
    def measure(self) -> tuple[tuple[str, float], ...]:
        """The norms as (`gradient.layer1`, value) and (`weight.layer1`, value); waits for the device.

        Gradients are those of the last step, as clipped; a stage that has none, as it is frozen, has no row.
        """
        names: list[str] = []
        values: list[torch.Tensor] = []
        for stage, parameters in self._members.items():
            gradients = [each.grad for each in parameters if each.grad is not None]
            for kind, tensors in (("gradient", gradients), ("weight", [each.data for each in parameters])):
                if tensors:
                    names.append(f"{kind}.{stage}")
                    norms = torch._foreach_norm(tensors)
                    values.append(torch.linalg.vector_norm(torch.stack(list(norms))))
        return tuple(zip(names, torch.stack(values).tolist(), strict=True))
