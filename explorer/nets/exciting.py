"""Which pictures of a sample excite a node's channels most, and the part of each that does.

One pass over the sample in slices. Called by the engine's handlers and `cli`, which keep the answer; leaves
weights, modes, grad mode and random numbers as they were.
"""

from __future__ import annotations

from collections.abc import Generator
from math import floor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from explorer.arch.graph import Graph
from explorer.arch.receptive import Rectangle, seen_by
from explorer.nets.findings import Crop, Excitement
from explorer.nets.sample import Sample, passing

N_BEST = 9


def exciting(
    model: nn.Module,
    graph: Graph,
    sample: Sample,
    key: str,
    device: torch.device,
    *,
    n_best: int = N_BEST,
) -> Generator[float, None, Excitement]:
    """Find the pictures with the highest activation of each channel of a node.

    A picture counts once a channel, with its greatest activation; of equal ones the first picture and the
    first place in reading order. Values that are not numbers come last.

    Args:
        model: From `assemble`, on the device.
        graph: Its own.
        sample: Where to look.
        key: Of the node.
        device: Where the model is.
        n_best: Pictures for each channel, at most all.

    Yields:
        The share of pictures that is done. Closing the generator cancels.

    Raises:
        DataError: There is no picture.
        ImageError: Pictures cannot fill the network's channels.
        InsideError: The network has no such node.
        RuntimeError: The device is out of memory.
    """
    best = _Best(min(n_best, len(sample.images)))
    yield from passing(model, graph, sample, {key: best.add}, device)
    # From here on places are rows and columns; a vector is one place.
    shape = graph.by_key[key].output_shape
    rows, columns = np.divmod(best.places, shape[2] if len(shape) == 3 else 1)
    arrays = (best.values, best.pictures, rows, columns)
    for array in arrays:
        array.setflags(write=False)
    return Excitement(key, *arrays, len(sample.images))


def crops(graph: Graph, sample: Sample, found: Excitement, channel: int) -> tuple[Crop, ...]:
    """What excites one channel, cut out of its pictures; the strongest first.

    Args:
        graph: The network.
        sample: The one that was searched.
        found: From `exciting`.
        channel: Of the node.

    Raises:
        IndexError: There is no such channel.
    """
    if not 0 <= channel < len(found.values):
        raise IndexError(channel)
    made = []
    for value, picture, row, column in zip(
        found.values[channel],
        found.pictures[channel].tolist(),
        found.rows[channel].tolist(),
        found.columns[channel].tolist(),
        strict=True,
    ):
        field = seen_by(graph, found.key, row, column)
        made.append(Crop(picture, float(value), _cut(sample.seen(picture), field)))
    return tuple(made)


def _cut(picture: NDArray[np.uint8], field: Rectangle | None) -> NDArray[np.uint8] | None:
    if field is None:
        return None
    top, left = floor(field.top), floor(field.left)
    return picture[top : top + floor(field.height), left : left + floor(field.width)].copy()


class _Best:
    """The strongest pictures of each channel so far."""

    def __init__(self, n_best: int) -> None:
        self._n_best = n_best
        self.values = np.empty((0, 0), np.float32)
        self.pictures = np.empty((0, 0), np.int64)
        self.places = np.empty((0, 0), np.int64)

    def add(self, output: Tensor, start: int) -> None:
        """Take a slice into account.

        Args:
            output: (pictures, channels, height, width) or (pictures, features).
            start: The place of its first picture.
        """
        maps = output.flatten(2) if output.ndim == 4 else output[:, :, None]
        # `max` would answer NaN wherever there is one; a search has use for the rest of the map.
        greatest, places = maps.nan_to_num(nan=-torch.inf, posinf=torch.inf, neginf=-torch.inf).max(2)
        values = greatest.T.float().cpu().numpy()
        pictures = np.broadcast_to(np.arange(start, start + len(output), dtype=np.int64), values.shape)
        if self.values.size:
            values = np.concatenate([self.values, values], axis=1)
            pictures = np.concatenate([self.pictures, pictures], axis=1)
        found = places.T.cpu().numpy()
        found = np.concatenate([self.places, found], axis=1) if self.places.size else found
        # Stable, so that of equal values the earlier picture stays before the later one.
        order = np.argsort(-values, axis=1, kind="stable")[:, : self._n_best]
        self.values, self.pictures, self.places = (
            np.take_along_axis(array, order, axis=1) for array in (values, pictures, found)
        )
