"""How many CPU threads a training uses: measured now, because it depends on what else the machine does.

Called by `training/prepare.py`; the choice is stored with the run. Two threads wait for each other some
hundred times a step. Where other programs take one of the cores away, both wait, and one thread alone is
up to ten times faster (measured: ResNet-20 at batch 128 on two busy cores, 30 against 350 images a second).
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
from torch import nn

from explorer.training.precision import Precision, measured_images, time_step

ROUNDS = 2
"""Timed steps of each candidate; their sum counts, because it is the slow ones that fewer threads avoid."""
LEAST_GAIN = 1.1
"""Fewer threads must be this much faster: a machine that is busy now may be quiet in a minute."""


def choose_threads(
    make_model: Callable[[], nn.Module],
    device: torch.device,
    batch_shape: tuple[int, int, int, int],
    precision: Precision,
) -> Generator[None, None, int]:
    """The number of threads that trains fastest here and now: all that this thread has, half, or one.

    Args:
        make_model: Makes the network on the device.
        device: Where it runs; anything but the CPU needs no choice.
        batch_shape: (batch, channels, height, width); a smaller batch is measured where pictures are large.
        precision: That it trains in.

    Yields:
        None after each measured step. The number of threads is as before whenever others run.
    """
    usual = torch.get_num_threads()
    choices = sorted({usual, max(usual // 2, 1), 1}, reverse=True)
    if device.type != "cpu" or len(choices) == 1:
        return usual
    model = make_model().to(memory_format=precision.memory_format)
    images = measured_images(batch_shape, device)
    seconds = dict.fromkeys(choices, 0.0)
    for turn in range(ROUNDS + 1):
        for threads in choices:
            torch.set_num_threads(threads)
            try:
                passed = time_step(model, images, precision)
            finally:
                torch.set_num_threads(usual)
            # The first turn warms up.
            if turn:
                seconds[threads] += passed
            yield
    best = min(choices, key=seconds.__getitem__)
    return best if seconds[best] * LEAST_GAIN <= seconds[usual] else usual
