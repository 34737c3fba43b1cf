"""Labelled data for a command: downloaded first where that is allowed, then read, with a line of progress.

Called by the commands that train, test or look inside with it. Imports no torch and no Qt.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.progress import ProgressLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.images.dataset import Dataset

DATA_HELP = (
    "digits, shapes, cifar10, cifar100, mnist, fashion-mnist, svhn, or a folder or zip of class folders"
)


def add_data(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """`--data DATA`: what is trained or tested on."""
    parser.add_argument("--data", required=required, help=DATA_HELP)


def read_data(
    data: str, input_size: int, *, allow_download: bool, parts: Sequence[str] = ("train", "test")
) -> Dataset:
    """Open a data set.

    Args:
        data: Its name, or a folder or zip.
        input_size: Side of the pictures wanted, in pixels.
        allow_download: Whether what is not on this machine may be fetched.
        parts: `train`, `test` or both.

    Raises:
        DataError: It is not here, or cannot be read.
        FetchError: It cannot be downloaded.
    """
    from explorer.images import published
    from explorer.images.datasets import open_dataset

    if allow_download and data in published.SETS:
        with ProgressLine("downloading", lambda n_bytes: f"{n_bytes / 1e6:.1f} MB") as line:
            published.fetch_published(published.SETS[data], allowed=True, progress=line.show)
    with ProgressLine("decoding") as line:
        return open_dataset(data, input_size, progress=line.show, parts=parts)


def places_by_name(theirs: Sequence[str], ours: Sequence[str]) -> NDArray[np.int64] | None:
    """Where a network counts each class of a data set; None where it does not know all their names.

    Args:
        theirs: The data's classes.
        ours: The network's.
    """
    import numpy as np

    place = {_plain(name): label for label, name in enumerate(ours)}
    if len(place) != len(ours) or not all(_plain(name) in place for name in theirs):
        return None
    return np.array([place[_plain(name)] for name in theirs], np.int64)


def _plain(name: str) -> str:
    """A class name without the differences that folders and lists have."""
    return name.replace("_", " ").casefold().strip()


def lasting_name(data: str) -> str:
    """What a run notes of its data, so that it is found from any folder: the name, or the whole path."""
    from explorer.images.datasets import is_named

    return data if is_named(data) else str(Path(data).expanduser().resolve())
