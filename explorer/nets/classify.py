"""Many pictures through one network: decoded ahead on threads, answered in batches, in order.

Called by the engine's handlers and `cli`. A bad file yields its error and stops nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx

from explorer import boot
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError
from explorer.images.load import Picture, load_picture
from explorer.images.prepare import Transform, normalised, seen
from explorer.nets.inference import FLOAT32, Precision, choosing_precision, inference_copy, known_precision
from explorer.nets.predict import predict

_BATCH_PIXELS_CPU = 16 * 224 * 224
_BATCH_PIXELS_GPU = 128 * 224 * 224
"""Pixels in a batch: enough to fill the device, little enough that answers come steadily."""
_MOST_PICTURES = 512
_MANY_MEASURED = 8
"""From so many pictures on a fast copy is made, where the best precision is known already."""
_MANY = 48
"""From so many on it is worth measuring first."""
_MOST_DECODERS = 8
_CLOSE_NATS = 0.15
"""Where bfloat16 sees the first two classes nearer than this, float32 is asked: on CIFAR-10 that is one
picture in a hundred, and lifts the share of equal first places from 99.4 % to 99.9 %."""
_MOST_CLOSE = 0.25
"""A network that is undecided on more pictures than this is undecided on all, and float32 knows no better."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the network says about one of many pictures, or why it could not be asked.

    Attributes:
        index: The place of the picture among those given.
        name: The picture's.
        probabilities: (classes,) float32; None where there is an error.
        error: Why there is no answer.
    """

    index: int
    name: str
    probabilities: NDArray[np.float32] | None
    error: ExplorerError | None


def classifying(
    model: fx.GraphModule,
    spec: ArchitectureSpec,
    pictures: Iterable[Path | Picture],
    transform: Transform,
    device: torch.device,
    *,
    executor: Executor | None = None,
) -> Generator[tuple[Answer, ...], None, None]:
    """Classify many pictures.

    A few are answered in float32; many in the precision that measures fastest on the device, by a copy of the
    network that lives as long as the generator.

    Args:
        model: From `assemble`, on the device.
        spec: Of the network.
        pictures: Files or decoded pictures; read as they are needed.
        transform: How they are prepared.
        device: Where the model is.
        executor: Where files are decoded; threads of its own by default.

    Yields:
        The answers of a batch, in the order of the pictures; nothing after a slice of the measurement.

    Raises:
        RuntimeError: The device is out of memory.
        WeightsError: The network's outputs are not numbers.
    """
    own = None if executor else ThreadPoolExecutor(min(_MOST_DECODERS, boot.default_threads()), "decode")
    pool = executor or own
    assert pool is not None
    size = spec.input_size
    batch_pixels = _BATCH_PIXELS_CPU if device.type == "cpu" else _BATCH_PIXELS_GPU
    n_batch = max(1, min(_MOST_PICTURES, batch_pixels // size**2))
    ahead = _Ahead(pool, pictures, transform, spec.in_channels, max(2 * n_batch, _MANY))
    try:
        networks = _Networks(model, model, FLOAT32, device)
        fast = known_precision(spec, device)
        if fast is None and ahead.n_waiting >= _MANY:
            measuring = choosing_precision(model, spec, device)
            while fast is None:
                try:
                    next(measuring)
                    yield ()
                except StopIteration as finished:
                    fast = finished.value
        if fast is not None and ahead.n_waiting >= _MANY_MEASURED:
            networks = _Networks(model, inference_copy(model, fast), fast, device)
        while ahead.n_waiting:
            yield _answers(networks, ahead.take(n_batch))
    finally:
        ahead.close()
        if own:
            own.shutdown(wait=True, cancel_futures=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Networks:
    """The network as it is, and as it answers fastest."""

    exact: fx.GraphModule
    fast: fx.GraphModule
    precision: Precision
    device: torch.device

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """(pictures, classes), by the fast network; the few that it leaves open by the exact one."""
        found = predict(self.fast, batch, self.device, self.precision)
        if self.precision.dtype == "float32" or found.shape[1] < 2:
            return found
        best = np.partition(found, -2, axis=1)[:, -2:]
        (close,) = np.nonzero(best[:, 1] < best[:, 0] * np.exp(_CLOSE_NATS))
        if 0 < len(close) <= _MOST_CLOSE * len(batch):
            found[close] = predict(self.exact, batch[close], self.device)
        return found


class _Ahead:
    """Pictures being prepared, a bounded number ahead of the network."""

    def __init__(
        self,
        pool: Executor,
        pictures: Iterable[Path | Picture],
        transform: Transform,
        in_channels: int,
        n_ahead: int,
    ) -> None:
        self._pool = pool
        self._pictures: Iterator[Path | Picture] = iter(pictures)
        self._transform = transform
        self._in_channels = in_channels
        self._n_ahead = n_ahead
        self._n_given = 0
        self._waiting: deque[tuple[int, str, Future[NDArray[np.float32]]]] = deque()
        self._fill()

    @property
    def n_waiting(self) -> int:
        """Pictures that are given and not taken."""
        return len(self._waiting)

    def take(self, count: int) -> list[tuple[int, str, NDArray[np.float32] | ExplorerError]]:
        """The next pictures, at most `count`, each prepared or with its error; waits for them."""
        taken: list[tuple[int, str, NDArray[np.float32] | ExplorerError]] = []
        for _ in range(min(count, self.n_waiting)):
            index, name, future = self._waiting.popleft()
            try:
                taken.append((index, name, future.result()))
            except ExplorerError as error:
                taken.append((index, name, error))
        self._fill()
        return taken

    def close(self) -> None:
        """Let go of what is not begun."""
        for _, _, future in self._waiting:
            future.cancel()

    def _fill(self) -> None:
        while len(self._waiting) < self._n_ahead:
            picture = next(self._pictures, None)
            if picture is None:
                return
            future = self._pool.submit(_prepared, picture, self._transform, self._in_channels)
            self._waiting.append((self._n_given, picture.name, future))
            self._n_given += 1


def _prepared(picture: Path | Picture, transform: Transform, in_channels: int) -> NDArray[np.float32]:
    if isinstance(picture, Path):
        picture = load_picture(picture)
    return normalised(seen(picture.pixels, transform), transform, in_channels)


def _answers(
    networks: _Networks, taken: list[tuple[int, str, NDArray[np.float32] | ExplorerError]]
) -> tuple[Answer, ...]:
    prepared = [item for _, _, item in taken if not isinstance(item, ExplorerError)]
    rows = iter(networks.probabilities(np.stack(prepared)) if prepared else ())
    return tuple(
        Answer(index, name, None, item)
        if isinstance(item, ExplorerError)
        else Answer(index, name, next(rows), None)
        for index, name, item in taken
    )
