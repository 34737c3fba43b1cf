"""CIFAR-10 and CIFAR-100 in their binary form, which needs no unpickling.

Called by `images.published`. Imports no torch and no Qt.

A record is the label (CIFAR-100: the coarse one, then the fine one), a byte each, and 3,072 bytes of pixels:
red, green, blue, each 32 rows of 32.
Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.images.raw_part import RawPart, checked, damaged
from explorer.images.tarball import read_members

_SIDE_PX = 32
_PIXEL_BYTES = 3 * _SIDE_PX * _SIDE_PX
_FILES_10 = {
    "train": tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test": ("test_batch.bin",),
}
_FILES_100 = {"train": ("train.bin",), "test": ("test.bin",)}


def read_cifar10(paths: tuple[Path, ...], part: str) -> RawPart:
    """A part of CIFAR-10.

    Args:
        paths: Of `cifar-10-binary.tar.gz`.
        part: `train` or `test`.

    Raises:
        DataError: The archive is damaged or not acceptable.
    """
    return _read(paths[0], _FILES_10[part], "batches.meta.txt", n_label_bytes=1)


def read_cifar100(paths: tuple[Path, ...], part: str) -> RawPart:
    """A part of CIFAR-100 with its 100 fine labels.

    Args:
        paths: Of `cifar-100-binary.tar.gz`.
        part: `train` or `test`.

    Raises:
        DataError: The archive is damaged or not acceptable.
    """
    return _read(paths[0], _FILES_100[part], "fine_label_names.txt", n_label_bytes=2)


def _read(path: Path, files: tuple[str, ...], names_file: str, n_label_bytes: int) -> RawPart:
    members = read_members(path, (*files, names_file))
    content = b"".join(members[name] for name in files)
    record_bytes = n_label_bytes + _PIXEL_BYTES
    if len(content) % record_bytes:
        raise damaged(path, "its last record is cut off")
    records = np.frombuffer(content, np.uint8).reshape(-1, record_bytes)
    planes = records[:, n_label_bytes:].reshape(-1, 3, _SIDE_PX, _SIDE_PX)
    classes = tuple(members[names_file].decode("utf-8", "replace").split())
    labels = records[:, n_label_bytes - 1].astype(np.int64)
    return checked(RawPart(classes, planes.transpose(0, 2, 3, 1), labels), path)
