"""What a labelled data set is, and how one without a test part is divided.

Called by the other modules of `images` that read one, and by whoever trains, tests or shows. Imports no
torch and no Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

PARTS = ("train", "test")
TEST_SHARE = 0.2
_SUM_BYTES = 4 * 2**20

Progress = Callable[[int, int], None]
"""Called with (done, in all); what it raises stops the work and passes on: this is how to cancel."""


def say_nothing(done: int, total: int) -> None:
    """The progress that nobody watches."""


def left_out(name: str, reason: str) -> str:
    """Why a file is not among the pictures, in a sentence; most reasons begin with its name already."""
    return reason if reason.startswith(name) else f"{name}: {reason}"


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Labelled pictures in two parts; compared by identity.

    Args:
        name: What the user called it.
        classes: Class names by label.
        train_images: (N, S, S, C) uint8, read-only. C is 3, or 1 for grey data (digits). Empty (N = 0) where
            the part was not asked for.
        train_labels: (N,) int64.
        test_images: Likewise.
        test_labels: Likewise.
        broken: Name and reason of each file that was left out.
        title: For people; the name where it is left empty.
        is_split_here: Whether the test part was drawn by the program, because the data has none.
        keeps_flips: Whether a mirrored picture is of the same class.
    """

    name: str
    classes: tuple[str, ...]
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    broken: tuple[tuple[str, str], ...]
    title: str = ""
    is_split_here: bool = False
    keeps_flips: bool = True

    def mean_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of the training pixels per channel, on a scale of 0 to 1.

        Returns:
            The means and the standard deviations, C of each. A channel that never changes gets 1/255, so that
            dividing by it is possible.

        Raises:
            DataError: There are no training pictures.
        """
        n_channels = self.train_images.shape[3]
        total = np.zeros(n_channels, np.int64)
        total_squares = np.zeros(n_channels, np.int64)
        # Summed over the pictures first, which is the fast direction; 66,051 squares of 255 fit 32 bits.
        step = max(1, min(60_000, _SUM_BYTES // max(1, self.train_images[:1].size)))
        for start in range(0, len(self.train_images), step):
            pixels = self.train_images[start : start + step].astype(np.uint32)
            total += pixels.sum(axis=0, dtype=np.uint32).sum(axis=(0, 1), dtype=np.int64)
            np.square(pixels, out=pixels)
            total_squares += pixels.sum(axis=0, dtype=np.uint32).sum(axis=(0, 1), dtype=np.int64)
        count = self.train_images.size // n_channels
        if count == 0:
            raise DataError("{name} has no training pictures.", "Ask for its train part.", name=self.name)
        mean = total / count
        std = np.sqrt(np.maximum(total_squares / count - mean**2, 1.0))
        return tuple(map(float, mean / 255)), tuple(map(float, std / 255))


def is_for_test(labels: NDArray[np.int64], n_classes: int, seed: int) -> NDArray[np.bool_]:
    """Divide each class by the seed; a class with a single picture is for training only.

    Args:
        labels: (N,), of all pictures.
        n_classes: How many classes there are.
        seed: Another one draws other pictures.

    Returns:
        (N,), true for a fifth of each class.
    """
    is_test = np.zeros(len(labels), bool)
    for label in range(n_classes):
        places = np.flatnonzero(labels == label)
        if len(places) > 1:
            n_test = max(1, round(len(places) * TEST_SHARE))
            # A stream a class: one more picture in one class leaves the others' split as it was.
            is_test[np.random.default_rng([seed, label]).permutation(places)[:n_test]] = True
    return is_test
