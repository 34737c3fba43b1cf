"""Decoded pictures kept on disk, so that a data set is decoded once and then opened in a moment.

Called by the modules of `images` that read a data set. Imports no torch and no Qt.

A part of a data set is two files: `<stem>-<part>.npy` with the pixels and `<stem>-<part>.json` with the
rest. The second is written last and holds the checksum of the first: without a fitting pair the part counts
as absent and is decoded again. Both are written beside and then put in place: no reader sees half a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import math
import os
import secrets
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

_VERSION = 2
"""Raise it when the same files would be decoded to other pixels."""
_READ_BYTES = 8 * 2**20
_LEFT_FREE_BYTES = 200_000_000
"""What large sets leave of the disk, for checkpoints and for everybody else; small ones are just written."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPart:
    """The decoded pictures of one part.

    Args:
        classes: Class names by label.
        images: (N, S, S, C) uint8, read-only, mapped from the file. C is 3, or 1 for grey pictures.
        labels: (N,) int64.
        broken: Name and reason of each file that is not among the images.
    """

    classes: tuple[str, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    broken: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class DecodedChunk:
    """Some decoded pictures, in order: (n, S, S, C) uint8, n labels, and what was broken between them."""

    images: NDArray[np.uint8]
    labels: list[int]
    broken: list[tuple[str, str]]


class DecodeCache:
    """The kept parts of one data set at one input size.

    Args:
        folder: Where they are kept; created when the first is written.
        path: The data set's folder or file.
        fingerprint: Text that changes when the data does.
        input_size: Side of the pictures in pixels.
        channels: 3, or 1 for grey pictures.
    """

    def __init__(
        self, folder: Path, path: Path, fingerprint: str, input_size: int, channels: int = 3
    ) -> None:
        self._folder = folder
        self._place = _digest(os.path.abspath(path))[:12]  # noqa: PTH100 (links stay as the user gave them)
        self._stem = f"{self._place}-{_digest(f'{_VERSION} {fingerprint}')[:20]}-{input_size}"
        self._picture_shape = (input_size, input_size, channels)

    def read(self, part: str) -> DecodedPart | None:
        """The kept part, verified; None where there is none or it is damaged."""
        images_path, index_path = self._paths(part)
        try:
            index = json.loads(index_path.read_text(encoding="utf-8"))
            images = np.load(images_path, mmap_mode="r", allow_pickle=False)
            labels = np.asarray(index["labels"], dtype=np.int64)
            classes = tuple(map(str, index["classes"]))
            broken = tuple((str(name), str(reason)) for name, reason in index["broken"])
            checksum = int(index["crc32"])
        except (OSError, ValueError, KeyError, TypeError, EOFError):
            return None
        expected = (len(labels), *self._picture_shape)
        if images.dtype != np.uint8 or images.shape != expected or _checksum_of(images) != checksum:
            return None
        labels.flags.writeable = False
        return DecodedPart(classes, np.asarray(images), labels, broken)

    def write(
        self, part: str, classes: tuple[str, ...], n_pictures: int, chunks: Iterable[DecodedChunk]
    ) -> DecodedPart:
        """Keep a part while it is decoded, and give it back mapped from the file.

        Args:
            part: Its name.
            classes: Class names by label.
            n_pictures: How many pictures the chunks hold at most.
            chunks: The decoded pictures; taken one at a time, so memory holds only one.

        Returns:
            The part.

        Raises:
            DataError: It cannot be written, or would leave the disk full.
        """
        images_path, index_path = self._paths(part)
        labels: list[int] = []
        broken: list[tuple[str, str]] = []
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._drop_outdated()
            self._check_room(n_pictures)
            with _beside(images_path) as beside, beside.open("wb") as file:
                checksum = 0
                file.write(self._header(n_pictures))
                for chunk in chunks:
                    content = np.ascontiguousarray(chunk.images).data
                    file.write(content)
                    checksum = zlib.crc32(content, checksum)
                    labels += chunk.labels
                    broken += chunk.broken
                file.seek(0)
                file.write(self._header(len(labels)))
            index = {"classes": classes, "labels": labels, "broken": broken, "crc32": checksum}
            with _beside(index_path) as beside:
                beside.write_text(json.dumps(index), encoding="utf-8")
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from error
        kept = self.read(part)
        if kept is None:
            raise self._unwritable("what was written cannot be read back")
        return kept

    def _check_room(self, n_pictures: int) -> None:
        """Ask before, not after minutes: a full disk is in the way of everything else on the machine."""
        needed = n_pictures * math.prod(self._picture_shape)
        free = shutil.disk_usage(self._folder).free
        if needed > _LEFT_FREE_BYTES and needed > free - _LEFT_FREE_BYTES:
            raise DataError(
                "The decoded pictures need {needed:.1f} GB in {folder}, and {free:.1f} GB are free.",
                "Choose a smaller input size, free some disk space, or set RESNET_EXPLORER_HOME to a folder "
                "with room.",
                needed=needed / 1e9,
                free=free / 1e9,
                folder=self._folder,
            )

    def _paths(self, part: str) -> tuple[Path, Path]:
        return self._folder / f"{self._stem}-{part}.npy", self._folder / f"{self._stem}-{part}.json"

    def _header(self, n_pictures: int) -> bytes:
        """A .npy header; NumPy pads it so that the first axis may grow: as long for any count."""
        buffer = io.BytesIO()
        shape = (n_pictures, *self._picture_shape)
        np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
        return buffer.getvalue()

    def _drop_outdated(self) -> None:
        """Remove what was decoded from an earlier state of the same data: nothing can ask for it again."""
        current = self._stem.rpartition("-")[0]
        for old in self._folder.glob(f"{self._place}-*"):
            if not old.name.startswith(current + "-"):
                with contextlib.suppress(OSError):  # Windows keeps a mapped file; it goes next time
                    old.unlink()

    def _unwritable(self, reason: str) -> DataError:
        return DataError(
            "Decoded pictures cannot be kept in {folder}: {reason}.",
            "Free some disk space, or set RESNET_EXPLORER_HOME to a folder with room.",
            folder=self._folder,
            reason=reason.lower(),
        )


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder that takes the place of `path` when all went well."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield beside
        os.replace(beside, path)  # noqa: PTH105 (the name says what matters: atomic)
    finally:
        beside.unlink(missing_ok=True)


def _checksum_of(images: NDArray[np.uint8]) -> int:
    flat = images.reshape(-1).data
    checksum = 0
    for start in range(0, len(flat), _READ_BYTES):
        checksum = zlib.crc32(flat[start : start + _READ_BYTES], checksum)
    return checksum


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
