"""How every attribution begins and ends: the picture, the class to explain, and the answer.

Called by `nets/attribute.py` and `nets/occlude.py`, and by `nets/relevance.py` and `nets/arithmetic.py`.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explorer.errors import InsideError
from explorer.nets.insights import Attribution, Method
from explorer.nets.predict import as_tensor, require_numbers


def picture_batch(image: NDArray[np.float32], device: torch.device) -> Tensor:
    """(1, channels, height, width) on the device, in memory of its own."""
    return as_tensor(image)[None].clone().to(device)


def chosen_class(logits: Tensor, label: int | None) -> tuple[int, float]:
    """The class to explain and its logit.

    Args:
        logits: (1, classes).
        label: The class; None for the most probable.

    Raises:
        InsideError: There is no such class.
        WeightsError: The logits are not numbers.
    """
    logits = logits.detach()
    require_numbers(logits.cpu().numpy())
    count = logits.shape[1]
    label = int(logits.argmax()) if label is None else label
    if not 0 <= label < count:
        raise InsideError(
            "The network has no class {label}.",
            "It has {count}; choose one from 0 to {last}.",
            label=label,
            count=count,
            last=count - 1,
        )
    return label, float(logits[0, label])


def attribution(method: Method, key: str, chosen: tuple[int, float], heat: Tensor) -> Attribution:
    """The answer, in memory that nobody writes to.

    Args:
        method: How it was found.
        key: Of the node, or the empty text.
        chosen: From `chosen_class`.
        heat: (height, width).

    Raises:
        WeightsError: Gradients overflowed.
    """
    values = np.array(heat.detach().cpu().numpy(), np.float32)
    require_numbers(values)
    values.setflags(write=False)
    return Attribution(method, key, *chosen, values)
