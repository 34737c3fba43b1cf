"""What a training makes small.

Called by the loop, the evaluation and the learning-rate finder. Targets are labels, int64 (batch,),
or shares of the classes, float32 (batch, classes), where pictures were mixed.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from explorer.training.fields import LossKind
from explorer.training.plan import Plan


def loss_of(plan: Plan, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss of a batch, a scalar that gradients flow from.

    Args:
        plan: Which loss, and how far targets are smoothed (Szegedy et al. 2015, section 7).
        logits: (batch, classes), of any floating type; computed with in float32.
        targets: Labels, or shares of the classes.
    """
    return _mean_loss(plan.loss, logits.float(), targets, plan.label_smoothing)


def unsmoothed_loss(kind: LossKind, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean loss of answers that are tested, a scalar.

    Args:
        kind: Which loss.
        logits: float32 (batch, classes).
        labels: int64 (batch,).
    """
    return _mean_loss(kind, logits, labels, 0.0)


def _mean_loss(kind: LossKind, logits: torch.Tensor, targets: torch.Tensor, smoothing: float) -> torch.Tensor:
    if kind == "cross-entropy":
        return functional.cross_entropy(logits, targets, label_smoothing=smoothing)
    shares = targets if targets.is_floating_point() else as_shares(targets, logits.shape[1])
    if smoothing:
        shares = shares * (1 - smoothing) + smoothing / logits.shape[1]
    return functional.binary_cross_entropy_with_logits(logits, shares)


def accuracy_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The share of right answers, float32 scalar; a mixed picture's truth is its larger part."""
    labels = targets.argmax(1) if targets.is_floating_point() else targets
    return (logits.argmax(1) == labels).float().mean()


def as_shares(labels: torch.Tensor, n_classes: int) -> torch.Tensor:
    """Labels, int64 (batch,), as ones and zeros, float32 (batch, classes)."""
    zeros = torch.zeros(len(labels), n_classes, device=labels.device)
    return zeros.scatter_(1, labels[:, None], 1.0)
