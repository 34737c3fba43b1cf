"""What a network says about pictures.

Called by the engine's handlers and `cli`. Leaves train or eval mode, grad mode and random numbers
as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from explorer.errors import WeightsError
from explorer.nets.facts import Prediction
from explorer.nets.inference import FLOAT32, Precision, in_use


def predict(
    model: nn.Module, batch: NDArray[np.float32], device: torch.device, precision: Precision = FLOAT32
) -> NDArray[np.float32]:
    """The probability of each class for each picture.

    Args:
        model: On the device; for another precision than float32, from `inference_copy`.
        batch: Prepared pictures, (pictures, channels, height, width).
        device: Where the model is.
        precision: That the model computes in; the softmax is float32 always.

    Returns:
        (pictures, classes), each row with the sum 1.

    Raises:
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    with in_use(model):
        images = as_tensor(batch).to(device, precision.torch_dtype, memory_format=precision.memory_format)
        probabilities = torch.softmax(model(images).float(), dim=1).cpu().numpy()
    require_numbers(probabilities)
    return np.asarray(probabilities, dtype=np.float32)


def require_numbers(outputs: NDArray[np.float32]) -> None:
    """Refuse what a network that overflows puts out.

    Raises:
        WeightsError: Something in it is infinite or not a number.
    """
    if not np.isfinite(outputs).all():
        raise WeightsError(
            "The network's outputs are not numbers: its values overflow.",
            "Load other weights or train it; a very deep untrained network starts calmly with "
            "“Zero-initialised residuals” (zero_init_residual=true).",
        )


def top(
    probabilities: NDArray[np.float32], classes: Sequence[str] | None, k: int = 5
) -> tuple[Prediction, ...]:
    """The most probable classes of one picture, the most probable first.

    Args:
        probabilities: (classes,).
        classes: Names by label; None where nobody knows them.
        k: How many, at most all.
    """
    # A stable sort, so that equal probabilities are in the order of their labels everywhere.
    order = np.argsort(-probabilities, kind="stable")[:k]
    return tuple(
        Prediction(classes[index] if classes else f"class {index}", int(index), float(probabilities[index]))
        for index in order
    )


def as_tensor(array: NDArray[np.float32]) -> torch.Tensor:
    """The array as a tensor on the CPU; copied where it is read-only, which torch cannot mark."""
    return torch.from_numpy(np.require(array, np.float32, ["C", "W"]))
