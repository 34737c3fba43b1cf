from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from explorer.training.fields import LossKind
from explorer.training.losses import accuracy_of, as_shares, loss_of, unsmoothed_loss
from tests.training.small import small_plan

LOGITS = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 2, 3, 0, 1])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_torchs(smoothing: float) -> None:
    plan = small_plan(label_smoothing=smoothing)
    expected = functional.cross_entropy(LOGITS, LABELS, label_smoothing=smoothing)
    assert loss_of(plan, LOGITS, LABELS) == expected
    torch.testing.assert_close(loss_of(plan, LOGITS, as_shares(LABELS, 4)), expected)


@pytest.mark.parametrize("kind", ["cross-entropy", "binary"])
def test_the_loss_that_is_tested_is_the_one_that_is_learned_without_smoothing(kind: LossKind) -> None:
    plan = small_plan(loss=kind, label_smoothing=0.0)
    assert unsmoothed_loss(kind, LOGITS, LABELS) == loss_of(plan, LOGITS, LABELS)


def test_the_loss_of_mixed_targets_is_the_mix_of_losses() -> None:
    others = LABELS.roll(1)
    shares = 0.3 * as_shares(LABELS, 4) + 0.7 * as_shares(others, 4)
    for loss in ("cross-entropy", "binary"):
        plan = small_plan(loss=loss, label_smoothing=0.05)
        expected = 0.3 * loss_of(plan, LOGITS, LABELS) + 0.7 * loss_of(plan, LOGITS, others)
        torch.testing.assert_close(loss_of(plan, LOGITS, shares), expected)


def test_binary_asks_each_class_by_itself() -> None:
    """The mean over classes of -log p where the class is right and -log(1 - p) where it is not."""
    plan = small_plan(loss="binary", label_smoothing=0.0)
    right = functional.one_hot(LABELS, 4).bool()
    chances = LOGITS.sigmoid()
    expected = -torch.where(right, chances, 1 - chances).log().mean()
    torch.testing.assert_close(loss_of(plan, LOGITS, LABELS), expected)
    smoothed = small_plan(loss="binary", label_smoothing=0.2)
    shares = right.float() * 0.8 + 0.05
    by_hand = functional.binary_cross_entropy_with_logits(LOGITS, shares)
    torch.testing.assert_close(loss_of(smoothed, LOGITS, LABELS), by_hand)


@pytest.mark.parametrize("loss", ["cross-entropy", "binary"])
def test_gradients_flow_in_float32(loss: str) -> None:
    logits = LOGITS.bfloat16().requires_grad_()
    value = loss_of(small_plan(loss=loss), logits, LABELS)
    assert value.dtype == torch.float32
    value.backward()
    assert logits.grad.abs().sum() > 0


def test_accuracy_counts_right_answers_and_larger_parts() -> None:
    logits = as_shares(torch.tensor([0, 1, 2, 0, 0, 0]), 4)
    assert accuracy_of(logits, LABELS) == pytest.approx(4 / 6)
    shares = 0.6 * as_shares(LABELS, 4) + 0.4 * as_shares(LABELS.roll(1), 4)
    assert accuracy_of(logits, shares) == pytest.approx(4 / 6)
