"""One part of a published data set as its files hold it, before it is resized.

Made by `images.cifar`, `images.idx` and `images.svhn` for `images.published`. Imports no torch and no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError


@dataclass(frozen=True, slots=True, eq=False)
class RawPart:
    """The pictures of one part.

    Attributes:
        classes: Class names by label.
        images: (N, H, W, C) uint8, C is 3 or 1.
        labels: (N,) int64.
    """

    classes: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]


def checked(part: RawPart, path: Path) -> RawPart:
    """The part, once its labels are known to be some of its classes, one a picture.

    Args:
        part: As it was read.
        path: The file, for the error.

    Raises:
        DataError: They are not.
    """
    labels = part.labels
    if not len(labels) or len(labels) != len(part.images):
        raise damaged(path, f"it holds {len(part.images)} pictures and {len(labels)} labels")
    if labels.min() < 0 or labels.max() >= len(part.classes):
        raise damaged(path, f"it has a label beyond its {len(part.classes)} classes")
    return part


def damaged(path: Path, reason: str) -> DataError:
    """The error of a file that is not what its name says."""
    return DataError(
        "{path} cannot be read: {reason}.",
        "Delete it, and download it again.",
        path=path,
        reason=reason.rstrip("."),
    )
