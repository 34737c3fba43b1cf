"""The optimiser of a plan: which parameters learn, how fast, and its state as tensors with names.

Called by `training/prepare.py`, the steps and the finder. `training/schedule.py` has the learning rates.
"""

from __future__ import annotations

import torch
from torch import nn

from explorer.training.plan import Plan

FUSED_DEVICES = frozenset({"cpu", "cuda", "mps"})

RMSPROP_SHARE = 0.99
"""Of the running mean of squared gradients that is kept (torch's; Tieleman and Hinton 2012 have 0.9)."""

SCALE = "scale"
"""A group's factor on the learning rate."""


def head_names(model: nn.Module) -> frozenset[str]:
    """The names of the parameters that make classes of features: the fully connected layers at the end."""
    return frozenset(
        f"{key}.{name}"
        for key, module in model.named_modules()
        if isinstance(module, nn.Linear) and not key.startswith("layer")
        for name, _ in module.named_parameters()
    )


def parameter_groups(model: nn.Module, plan: Plan) -> list[dict[str, object]]:
    """The trainable parameters in groups that step alike.

    Those that decay, then norms and biases (one dimension), which do not. The head apart from the rest where
    the rest steps by another rate or begins later: the fused kernel of SGD wants a group's parameters to have
    momentum all or none.
    """
    is_apart = plan.backbone_rate != 1 or plan.freeze_epochs > 0
    head = head_names(model) if is_apart else frozenset()
    members: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            members.setdefault((name in head, parameter.ndim <= 1), []).append(parameter)
    return [
        {
            "params": members[is_head, is_flat],
            "weight_decay": 0.0 if is_flat else plan.weight_decay,
            SCALE: 1.0 if is_head else plan.backbone_rate,
        }
        for is_head, is_flat in sorted(members)
    ]


def make_optimiser(model: nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """The optimiser that the plan names.

    One fused kernel updates all tensors where the device has it; it took 1 ms instead of 4 for ResNet-20
    on the CPU.
    """
    is_fused = next(model.parameters()).device.type in FUSED_DEVICES
    groups = parameter_groups(model, plan)
    rate, betas = plan.learning_rate, (plan.momentum, plan.beta2)
    match plan.optimiser:
        case "sgd":
            nesterov = plan.nesterov and plan.momentum > 0
            return torch.optim.SGD(groups, rate, momentum=plan.momentum, nesterov=nesterov, fused=is_fused)
        case "adamw":
            return torch.optim.AdamW(groups, rate, betas=betas, fused=is_fused)
        case "adam":
            return torch.optim.Adam(groups, rate, betas=betas, fused=is_fused)
        case "rmsprop":
            # There is no fused kernel for it.
            return torch.optim.RMSprop(
                groups, rate, alpha=RMSPROP_SHARE, momentum=plan.momentum, foreach=True
            )


def set_learning_rate(optimiser: torch.optim.Optimizer, value: float) -> None:
    """Use this learning rate from the next step on, times each group's own factor."""
    for group in optimiser.param_groups:
        group["lr"] = value * group[SCALE]


def clip_gradients(model: nn.Module, clip_norm: float) -> None:
    """Scale all gradients down where together they are longer than this; 0 leaves them. Waits for nothing."""
    if clip_norm:
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm, foreach=True)


def let_learn(model: nn.Module, *, only_head: bool) -> frozenset[nn.Module]:
    """Say which parameters learn; to be called where that may change, at the start of an epoch.

    What is frozen gets no gradient, and so no step and no decay.

    Args:
        model: The network.
        only_head: Whether all but the head is frozen.

    Returns:
        The norms that are frozen: in evaluation mode while the head learns they use and keep the statistics
        that they have.
    """
    head = head_names(model)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not only_head or name in head)
        if not parameter.requires_grad:
            parameter.grad = None
    norms = (module for module in model.modules() if isinstance(module, nn.modules.batchnorm._NormBase))
    return frozenset(norms) if only_head else frozenset()


def optimiser_tensors(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """The optimiser's state by `parameter/slot`, such as `fc.weight/momentum_buffer`; empty before a step.

    Slots are torch's own names; `step` counts an Adam's steps.
    """
    return {
        f"{name}/{slot}": value
        for name, parameter in model.named_parameters()
        for slot, value in optimiser.state.get(parameter, {}).items()
        if isinstance(value, torch.Tensor)
    }


def restore_optimiser(
    model: nn.Module, optimiser: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]
) -> None:
    """Put back what `optimiser_tensors` gave; what a checkpoint of version 1 held counts as momentum.

    The fused kernel walks a parameter and its buffer in memory order, so the buffer must lie as the parameter
    does, not as the file does.

    Raises:
        KeyError: A tensor belongs to no parameter.
        RuntimeError: A tensor has another shape than its parameter.
    """
    parameters = dict(model.named_parameters())
    optimiser.state.clear()
    for key, tensor in tensors.items():
        name, _, slot = key.partition("/")
        parameter = parameters[name]
        if slot == "step":
            # Fused kernels read the counter where the parameter is; others on the CPU.
            value = tensor.clone().to(parameter.device if optimiser.defaults.get("fused") else "cpu")
        elif tensor.shape == parameter.shape:
            value = torch.empty_like(parameter.detach()).copy_(tensor)
        else:
            raise RuntimeError(f"{key} has the shape {tuple(tensor.shape)}, not {tuple(parameter.shape)}")
        optimiser.state[parameter][slot or "momentum_buffer"] = value
