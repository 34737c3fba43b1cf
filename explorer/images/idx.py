"""MNIST and Fashion-MNIST: grey pictures and labels in gzipped IDX files.

Called by `images.published`. Imports no torch and no Qt.

An IDX file is two zero bytes, the type (8 for unsigned bytes), the number of axes, each axis' length as a
big-endian 32-bit number, and the values.
Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, "File formats".
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.images.raw_part import RawPart, checked, damaged

DIGIT_CLASSES = tuple(str(digit) for digit in range(10))
FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_MOST_BYTES = 2**30
"""MNIST's largest file holds 47 MB."""
_PLACES = {"train": (0, 1), "test": (2, 3)}


def read_mnist(paths: tuple[Path, ...], part: str) -> RawPart:
    """A part of MNIST.

    Args:
        paths: Of the training pictures and labels, then of the test pictures and labels.
        part: `train` or `test`.

    Raises:
        DataError: A file is damaged.
    """
    return _read(paths, part, DIGIT_CLASSES)


def read_fashion_mnist(paths: tuple[Path, ...], part: str) -> RawPart:
    """A part of Fashion-MNIST.

    Args:
        paths: As `read_mnist`.
        part: `train` or `test`.

    Raises:
        DataError: A file is damaged.
    """
    return _read(paths, part, FASHION_CLASSES)


def _read(paths: tuple[Path, ...], part: str, classes: tuple[str, ...]) -> RawPart:
    images_path, labels_path = (paths[place] for place in _PLACES[part])
    images = read_idx(images_path, n_axes=3)[..., None]
    labels = read_idx(labels_path, n_axes=1).astype(np.int64)
    return checked(RawPart(classes, images, labels), labels_path)


def read_idx(path: Path, n_axes: int) -> NDArray[np.uint8]:
    """The bytes of a gzipped IDX file.

    Args:
        path: The file.
        n_axes: How many axes it should have.

    Returns:
        An array of that many axes.

    Raises:
        DataError: It is damaged, or holds something else.
    """
    try:
        with gzip.open(path) as file:
            head = file.read(4 + 4 * n_axes)
            if len(head) < 4 + 4 * n_axes or head[:4] != bytes((0, 0, 8, n_axes)):
                raise damaged(path, f"it is no IDX file of bytes with {n_axes} axes")
            shape = struct.unpack(f">{n_axes}I", head[4:])
            n_bytes = math.prod(shape)
            if n_bytes > _MOST_BYTES:
                raise damaged(path, f"it declares {n_bytes:,} bytes")
            # One more than is declared, and no further: a gzip may go on for a thousand times its size.
            content = file.read(n_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(path, str(error) or type(error).__name__) from error
    if len(content) != n_bytes:
        raise damaged(
            path, f"it declares {n_bytes:,} bytes and holds {'more' if len(content) > n_bytes else 'less'}"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)
