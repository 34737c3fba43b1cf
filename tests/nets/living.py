"""Small networks whose every number matters, and copies that nothing in place can disturb."""

import copy

import numpy as np
import torch

from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec
from explorer.nets.assemble import assemble

CPU = torch.device("cpu")

SMALL = ArchitectureSpec(
    stage_depths=(2, 2), stage_widths=(4, 8), stem_width=4, input_size=16, num_classes=5, shortcut="B"
)


def living(spec, seed=0):
    """The graph of a spec and its network in evaluation mode, with statistics as after training."""
    graph = expand(spec)
    model = assemble(graph, seed=seed).eval()
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3, generator=chance)
                module.running_var.uniform_(0.5, 1.5, generator=chance)
                module.weight.uniform_(0.5, 1.5, generator=chance)
                module.bias.normal_(0, 0.3, generator=chance)
    return graph, model


def undisturbed(model):
    """A copy in which nothing works in its input's memory: hooks and captum see true values."""
    made = copy.deepcopy(model)
    for module in made.modules():
        if getattr(module, "inplace", False):
            module.inplace = False
    return made


def pictures(spec, count=3, seed=0):
    """float32 (count, channels, side, side)."""
    shape = (count, spec.in_channels, spec.input_size, spec.input_size)
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def finished(steps):
    """What a generator returns, and all it yields."""
    yielded = []
    while True:
        try:
            yielded.append(next(steps))
        except StopIteration as stop:
            return stop.value, yielded


class Unchanged:
    """Asserts at its end that a network and torch's state are bitwise as they were at its beginning."""

    def __init__(self, model):
        self.model = model

    def _facts(self):
        return (
            [(name, id(module), module.training) for name, module in self.model.named_modules()],
            [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in self.model.modules()],
            [(name, id(value), value.requires_grad) for name, value in self.model.named_parameters()],
            [(name, id(value)) for name, value in self.model.named_buffers()],
            "forward" in self.model.__dict__,
            torch.is_grad_enabled(),
            torch.is_inference_mode_enabled(),
        )

    def __enter__(self):
        self.facts = self._facts()
        self.state = {key: value.clone() for key, value in self.model.state_dict().items()}
        self.gradients = [None if p.grad is None else p.grad.clone() for p in self.model.parameters()]
        self.random = torch.get_rng_state()

    def __exit__(self, kind, error, trace):
        if error is not None:
            return
        assert self._facts() == self.facts
        assert all(torch.equal(value, self.state[key]) for key, value in self.model.state_dict().items())
        for value, before in zip(self.model.parameters(), self.gradients, strict=True):
            assert (value.grad is None) == (before is None)
            assert before is None or torch.equal(value.grad, before)
        assert torch.equal(torch.get_rng_state(), self.random)
