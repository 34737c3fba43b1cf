"""Labelled pictures to train and test on, as arrays of bytes: by name, or from the user's own folder or zip.

Called by the engine's handlers and the command line. Imports no torch and no Qt. Nothing is downloaded here:
`images.published` does that, after the user has said yes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from explorer.errors import DataError
from explorer.images import digits, published, shapes
from explorer.images.dataset import PARTS, Dataset, Progress, say_nothing
from explorer.images.picture_folders import open_folder

__all__ = ["PARTS", "Dataset", "NamedData", "Progress", "is_here", "is_named", "named_data", "open_dataset"]


@dataclass(frozen=True, slots=True)
class NamedData:
    """A data set that the program knows by name.

    Attributes:
        name: As the command line takes it.
        title: For people.
        about: One sentence.
        size_bytes: To download; 0 where nothing is.
        is_present: Whether it can be opened without the network.
        n_classes: How many classes it has.
    """

    name: str
    title: str
    about: str
    size_bytes: int
    is_present: bool
    n_classes: int


def is_named(data: str) -> bool:
    """Whether the program knows a data set of this name; names go before folders (`./mnist` is a folder)."""
    return data in (digits.NAME, shapes.NAME) or data in published.SETS


def is_here(data: str) -> bool:
    """Whether this is a set known by name, downloaded or not, or a folder or zip that is there."""
    # As `pathlib` does not: a folder that may not be looked into is not here.
    return is_named(data) or os.path.exists(os.path.expanduser(data))  # noqa: PTH110, PTH111


def named_data() -> tuple[NamedData, ...]:
    """Every data set that the program knows by name, those that need no network first.

    Raises:
        OSError: A downloaded file cannot be read.
    """
    here = [
        NamedData(source.NAME, source.TITLE, source.ABOUT, 0, True, source.N_CLASSES)
        for source in (digits, shapes)
    ]
    known = [
        NamedData(one.name, one.title, one.about, one.size_bytes, published.is_present(one), one.n_classes)
        for one in published.SETS.values()
    ]
    return (*here, *known)


def open_dataset(
    data: str,
    input_size: int,
    seed: int = 0,
    progress: Progress | None = None,
    parts: Sequence[str] = PARTS,
) -> Dataset:
    """Open a data set by name or place; it is decoded or drawn once and kept.

    Args:
        data: `digits` (scikit-learn's 1,797 grey digits), `shapes` (drawn by the program), the name of a
            published one that was downloaded, or a folder or zip of class folders with or without train/ and
            test/ (or val/). Without, a fifth of each class is for testing, chosen by the seed.
        input_size: Side of the pictures wanted, in pixels.
        seed: For the split, and for what `shapes` draws.
        progress: Called with (pictures done, pictures in all) on this thread. What it raises stops the work
            and passes on: this is how to cancel.
        parts: `train`, `test` or both; only these are decoded.

    Returns:
        The data set.

    Raises:
        DataError: There is no such data, it was not downloaded, has no class folders, lacks a part, or
            nothing in it can be read.
    """
    told = progress or say_nothing
    if data == digits.NAME:
        return digits.open_digits(input_size, seed, parts)
    if data == shapes.NAME:
        return shapes.open_shapes(input_size, seed, told, parts)
    if data in published.SETS:
        return published.open_published(published.SETS[data], input_size, told, parts)
    path = Path(data).expanduser()
    if not path.exists():
        raise DataError(
            "There is no data set, folder or zip called {data}.",
            "Give one of {names}, or the path of a folder or zip of class folders.",
            data=data,
            names=", ".join((digits.NAME, shapes.NAME, *published.SETS)),
        )
    try:
        data.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(
            "The name of {data} is not UTF-8, so that no record of it can be kept.",
            "Rename the folder, or the one that it is in.",
            data=data.encode("utf-8", "backslashreplace").decode("utf-8"),
        ) from error
    return open_folder(path, data, input_size, seed, told, parts)
