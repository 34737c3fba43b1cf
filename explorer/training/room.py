"""That a device's memory is not enough for a batch, said as a remedy.

Called by whatever trains: the preparation, the steps, the evaluation, the rate finder, and the engine's train
handler around what it does beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from explorer.errors import DeviceError
from explorer.nets.device import is_out_of_memory


@contextmanager
def room_for(batch: int, device: torch.device) -> Iterator[None]:
    """Answer a lack of memory with a batch that may fit.

    Args:
        batch: Pictures that are learned from at once.
        device: Where.

    Raises:
        DeviceError: The device is out of memory.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise DeviceError(
            "{device} has not enough memory for batches of {batch}.",
            "Train with batch_size={half}, or on another device."
            if batch > 1
            else "Train a smaller network, or on another device.",
            device=str(device),
            batch=batch,
            half=max(batch // 2, 1),
        ) from error
