"""The weights that a training starts from.

Used by `handlers/train.py`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import Context
from explorer.engine.messages import MAIN_COLUMN, WeightsChoice
from explorer.errors import RunError
from explorer.nets.catalogue import cards_for_body, is_present, obtain
from explorer.nets.weight_files import read_weights


def start_tensors(
    weights: WeightsChoice, spec: ArchitectureSpec, context: Context
) -> Mapping[str, Tensor] | None:
    """The weights of the net in view, where the training starts from them.

    For an untrained one those that are known and here, whatever classes they tell apart: the head of a
    network that is to be taught two classes is new anyhow.

    Args:
        weights: What the user wants it to start from.
        spec: The network that learns.
        context: For the net in view.

    Returns:
        A state dict; None for first values.

    Raises:
        RunError: The net in view is untrained, and no weights that are known for it are here.
        WeightsError: Those that are cannot be read.
    """
    if weights.kind == "untrained":
        return None
    net = context.nets.get(MAIN_COLUMN)
    if net is not None and net.origin.is_trained:
        return {key: value.detach().clone() for key, value in net.module.state_dict().items()}
    known = next(filter(is_present, cards_for_body(spec)), None)
    if known is None:
        raise RunError(
            "The network in view is untrained: there are no weights to start from.",
            "Load weights first, or start from first values.",
        )
    return read_weights(obtain(known, allowed=False)).tensors
