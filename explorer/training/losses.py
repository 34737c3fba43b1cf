"""What a training makes small.

Called by the loop and the learning-rate finder. Targets are labels, int64 (batch,), or shares of the classes,
float32 (batch, classes), where pictures were mixed.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from explorer.training.plan import Plan


def loss_of(plan: Plan, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss of a batch, a scalar that gradients flow from.

    Args:
        plan: Which loss, and how far targets are smoothed (Szegedy et al. 2015, section 7).
        logits: (batch, classes), of any floating type; computed with in float32.
        targets: Labels, or shares of the classes.
    """
    logits = logits.float()
    if plan.loss == "cross-entropy":
        return functional.cross_entropy(logits, targets, label_smoothing=plan.label_smoothing)
    shares = targets if targets.is_floating_point() else as_shares(targets, logits.shape[1])
    if plan.label_smoothing:
        shares = shares * (1 - plan.label_smoothing) + plan.label_smoothing / logits.shape[1]
    return functional.binary_cross_entropy_with_logits(logits, shares)


def accuracy_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The share of right answers, float32 scalar; a mixed picture's truth is its larger part."""
    labels = targets.argmax(1) if targets.is_floating_point() else targets
    return (logits.argmax(1) == labels).float().mean()


def as_shares(labels: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Labels, int64 (batch,), as ones and zeros, float32 (batch, classes)."""
    zeros = torch.zeros(len(labels), n_classes, device=labels.device)
    return zeros.scatter_(1, labels[:, None], 1.0)
