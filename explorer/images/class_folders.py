"""Folders and zips of class folders: what is in them, which part and which class each picture belongs to.

Called by `images.picture_folders` and the engine's data handlers. Imports no torch and no Qt. Reads names and
sizes only, no picture.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from explorer.errors import DataError
from explorer.images.archive import ClassArchive
from explorer.images.load import is_picture_name

TRAIN_NAMES = ("train", "training")
TEST_NAMES = ("test", "testing", "val", "valid", "validation")
"""Folder names of the two parts, any case; the first one that fits is taken."""
WHOLE = "all"
"""The only part of data without train and test folders."""

_HINT = (
    "Give a folder or zip with a folder of PNG, JPEG, WebP, BMP, GIF or TIFF pictures for each class, "
    "with or without train/ and test/ above them."
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which pictures there are.

    Args:
        classes: Sorted class names; the position is the label.
        parts: `train` and `test` (or one of them), or only `WHOLE`: names with their labels, sorted.
    """

    classes: tuple[str, ...]
    parts: dict[str, tuple[tuple[str, int], ...]]


class Source(Protocol):
    """Named files that can be read, from several threads at once."""

    @property
    def names(self) -> tuple[str, ...]:
        """Relative names with `/` between folders."""

    def read(self, name: str) -> Path | bytes:
        """What `load_picture` takes for it.

        Raises:
            DataError: It cannot be read.
        """

    def __enter__(self) -> Source: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FolderSource:
    """The picture files below a folder, hidden ones left out.

    Args:
        root: The folder.

    Raises:
        DataError: A folder in it may not be listed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._stats: dict[str, os.stat_result] = {}
        try:
            self._collect(str(root), "", set())
        except OSError as error:
            raise DataError(
                "The folder {path} cannot be listed: {reason}.",
                "Change its permissions, or leave it out.",
                path=error.filename or root,
                reason=(error.strerror or str(error)).lower(),
            ) from error

    @property
    def names(self) -> tuple[str, ...]:
        """Relative names with `/` between folders."""
        return tuple(self._stats)

    def read(self, name: str) -> Path:
        """The file's path."""
        return self._root / name

    def fingerprint(self) -> str:
        """Changes when a picture is added, removed, renamed or written to."""
        lines = (f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}" for name, stat in sorted(self._stats.items()))
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()

    def __enter__(self) -> FolderSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def _collect(self, folder: str, prefix: str, above: set[tuple[int, int]]) -> None:
        """Linked class folders are common and followed; a link to a folder above it would never end."""
        stat = os.stat(folder)  # noqa: PTH116 (a Path an entry doubles the time of 60,000)
        identity = (stat.st_dev, stat.st_ino)
        if identity in above:
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    self._collect(entry.path, f"{prefix}{entry.name}/", above | {identity})
                elif is_picture_name(entry.name) and entry.is_file():
                    self._stats[prefix + entry.name] = entry.stat()


def open_source(path: Path) -> Source:
    """Open a folder or zip of class folders.

    Args:
        path: An existing folder or file.

    Raises:
        DataError: It cannot be listed, or is no acceptable zip.
    """
    return FolderSource(path) if path.is_dir() else ClassArchive(path)


def fingerprint(path: Path) -> str:
    """A short text that changes when the data changes; a zip is not opened for it.

    Args:
        path: An existing folder or file.

    Raises:
        DataError: It cannot be examined.
    """
    if path.is_dir():
        return FolderSource(path).fingerprint()
    try:
        stat = path.stat()
    except OSError as error:
        raise DataError(
            "{path} cannot be read: {reason}.", "Check the path.", path=path, reason=error.strerror
        ) from error
    return f"{stat.st_size} {stat.st_mtime_ns}"


def lay_out(names: tuple[str, ...], data: str) -> Layout:
    """Sort pictures into parts and classes by their folders.

    One folder around everything is looked through. Pictures deeper in a class folder belong to its class;
    those beside the class folders to none, and they are left out.

    Args:
        names: Relative names with `/` between folders; what is no picture or hidden is left out.
        data: What the user called the data, for errors.

    Returns:
        The layout, its pictures sorted by name.

    Raises:
        DataError: There are no two class folders, or the test pictures have a class of their own.
    """
    split_names = [tuple(name.split("/")) for name in sorted(names)]
    paths = [
        p for p in split_names if is_picture_name(p[-1]) and not any(_is_hidden(part) for part in p[:-1])
    ]
    if not paths:
        raise DataError("There are no pictures in {data}.", _HINT, data=data)
    depth = _depth_of_common_top(paths)
    by_top: dict[str, list[tuple[str, ...]]] = {}
    for path in paths:
        by_top.setdefault(path[depth].lower(), []).append(path)
    # A folder called train without folders in it is a class: trains.
    by_part = {top: group for top, group in by_top.items() if _classes(group, depth + 1)}
    train = next((by_part[name] for name in TRAIN_NAMES if name in by_part), None)
    tests = [by_part[name] for name in TEST_NAMES if name in by_part]
    if train is None and not (tests and len(by_top) == len(tests)):
        return _labelled(_classes(paths, depth), {WHOLE: paths}, depth, data)
    if train is None:
        return _labelled(_classes(tests[0], depth + 1), {"test": tests[0]}, depth + 1, data)
    classes = _classes(train, depth + 1)
    if not tests:
        return _labelled(classes, {WHOLE: train}, depth + 1, data)
    # Some data sets have an unsorted test folder beside a sorted val folder.
    fitting = [test for test in tests if _classes(test, depth + 1) <= classes]
    if not fitting:
        raise DataError(
            "The test pictures in {data} have the classes {found}, which the training pictures lack.",
            "Name the class folders in test/ as in train/.",
            data=data,
            found=", ".join(sorted(_classes(tests[0], depth + 1) - classes)[:5]),
        )
    return _labelled(classes, {"train": train, "test": fitting[0]}, depth + 1, data)


def _writable(name: str) -> str:
    r"""A name that any file takes: bytes of a folder's name that are no UTF-8 are written as `\udce9`."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _is_hidden(folder: str) -> bool:
    return folder.startswith(".") or folder == "__MACOSX"


def _depth_of_common_top(paths: list[tuple[str, ...]]) -> int:
    """How many folders stand around everything: a top folder, never a part or the last one before files."""
    depth = 0
    while (
        len({path[depth] for path in paths}) == 1
        and all(len(path) > depth + 2 for path in paths)
        and paths[0][depth].lower() not in TRAIN_NAMES + TEST_NAMES
    ):
        depth += 1
    return depth


def _classes(paths: list[tuple[str, ...]], depth: int) -> set[str]:
    return {path[depth] for path in paths if len(path) > depth + 1}


def _labelled(classes: set[str], parts: dict[str, list[tuple[str, ...]]], depth: int, data: str) -> Layout:
    if len(classes) < 2:
        raise DataError(
            "There are no two class folders with pictures in {data} (found: {found}).",
            _HINT,
            data=data,
            found=", ".join(sorted(classes)) or "none",
        )
    ordered = tuple(sorted(classes))
    label_of = {name: label for label, name in enumerate(ordered)}
    return Layout(
        tuple(_writable(name) for name in ordered),
        {
            part: tuple(("/".join(path), label_of[path[depth]]) for path in paths if len(path) > depth + 1)
            for part, paths in parts.items()
        },
    )
