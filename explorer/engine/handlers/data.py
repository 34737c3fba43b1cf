"""Labelled data on the IO pool: which sets there are, downloading, opening, and looking into a folder.

Called through `handlers/io_table.py` by the worker. Must not import torch or Qt.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Generator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer.engine.context import Context
from explorer.engine.data_messages import (
    DataCard,
    DataFacts,
    DataFetched,
    DataListed,
    DataOpened,
    DataProgress,
    FetchData,
    FolderPeeked,
    ListData,
    OpenData,
    PeekFolder,
)
from explorer.engine.handlers.downloads import TOLD_EVERY_S, telling
from explorer.engine.handlers.taught import taught_sets
from explorer.engine.messages import Event, RequestFailed
from explorer.errors import DataError
from explorer.images import published
from explorer.images.class_folders import lay_out, open_source
from explorer.images.dataset import Dataset
from explorer.images.datasets import is_here, is_named, named_data, open_dataset

SAMPLES_PER_CLASS = 8
LARGEST_SAMPLE_PX = 96
MOST_SAMPLE_BYTES = 64 * 2**20
"""A thousand classes get fewer samples each."""


class _StoppedError(Exception):
    """Nobody waits for the data any more."""


def list_data(request: ListData, context: Context) -> Generator[Event, None, None]:
    """Name the data sets that the program knows, and the places of the user's own."""
    cards = tuple(DataCard(**dataclasses.asdict(one)) for one in named_data())
    used = (place for place in request.recent if is_here(place))
    yield DataListed(ticket=request.ticket, cards=cards, places=tuple(dict.fromkeys((*used, *taught_sets()))))


def fetch_data(request: FetchData, context: Context) -> Generator[Event, None, None]:
    """Download a data set and check its hashes.

    Raises:
        DataError: There is no data set of that name.
        FetchError: It cannot be downloaded, is not what its publisher promised, or the user stopped it.
    """
    if request.name in published.SETS:
        published.fetch_published(
            published.SETS[request.name],
            allowed=True,
            progress=telling(request, context),
            cancelled=lambda: not context.is_wanted(request),
        )
    elif not is_named(request.name):
        raise DataError(
            "There is no data set called {name} to download.",
            "Choose one of {names}.",
            name=request.name,
            names=", ".join(published.SETS),
        )
    yield DataFetched(ticket=request.ticket, name=request.name)


def open_data(request: OpenData, context: Context) -> Generator[Event, None, None]:
    """Read a data set, hold it for the training, and say what is in it.

    Raises:
        DataError: There is no such data, it was not downloaded, or it cannot be read.
    """
    told_at = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if not context.is_wanted(request):
            raise _StoppedError
        if done == total or time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            context.emit(DataProgress(ticket=request.ticket, done=done, total=total))

    try:
        dataset = open_dataset(request.data, request.input_size, progress=tell)
    except _StoppedError:
        # Not yielded: the worker lets go of what nobody waits for.
        context.emit(
            RequestFailed(
                ticket=request.ticket, kind=OpenData.__name__, message="Stopped.", hint="", is_cancelled=True
            )
        )
        return
    facts = facts_of(dataset, request.data, request.input_size)
    context.datasets.put(request.data, request.input_size, dataset)
    yield DataOpened(ticket=request.ticket, facts=facts)


def peek_folder(request: PeekFolder, context: Context) -> Generator[Event, None, None]:
    """Read the names in a folder or zip; any other file holds no classes.

    Raises:
        DataError: It cannot be listed, or is no acceptable zip.
    """
    path = Path(request.path)
    if path.is_file() and path.suffix.lower() != ".zip":
        # Whatever it is, it is one file: who reads pictures says what is wrong with it.
        yield FolderPeeked(ticket=request.ticket, path=request.path, classes=(), n_pictures=1)
        return
    with open_source(path) as source:
        names = source.names
    try:
        layout = lay_out(names, request.path)
    except DataError:  # no class folders, which is an answer here
        classes: tuple[str, ...] = ()
        n_pictures = len(names)
    else:
        classes = layout.classes
        n_pictures = sum(map(len, layout.parts.values()))
    yield FolderPeeked(ticket=request.ticket, path=request.path, classes=classes, n_pictures=n_pictures)


def facts_of(dataset: Dataset, data: str, input_size: int) -> DataFacts:
    """What is in an opened data set.

    Args:
        dataset: With both parts.
        data: Its name or path, as it was asked for.
        input_size: Side of its pictures, in pixels.

    Raises:
        DataError: It has no training pictures.
    """
    mean, std = dataset.mean_std()
    n_classes = len(dataset.classes)
    train_counts, test_counts = (
        tuple(np.bincount(labels, minlength=n_classes).tolist())
        for labels in (dataset.train_labels, dataset.test_labels)
    )
    return DataFacts(
        data=data,
        title=dataset.title or dataset.name,
        input_size=input_size,
        channels=dataset.train_images.shape[3],
        classes=dataset.classes,
        train_counts=train_counts,
        test_counts=test_counts,
        is_split_here=dataset.is_split_here,
        mean=mean,
        std=std,
        samples=_samples(dataset, input_size),
        broken=dataset.broken,
        keeps_flips=dataset.keeps_flips,
    )


def _samples(dataset: Dataset, input_size: int) -> tuple[tuple[NDArray[np.uint8], ...], ...]:
    """Up to eight training pictures of each class, spread over it."""
    side = min(input_size, LARGEST_SAMPLE_PX)
    n_classes = len(dataset.classes)
    n_each = max(1, min(SAMPLES_PER_CLASS, MOST_SAMPLE_BYTES // (n_classes * side * side * 3)))
    samples = []
    for label in range(n_classes):
        places = np.flatnonzero(dataset.train_labels == label)
        chosen = places[:: max(1, len(places) // n_each)][:n_each]
        samples.append(tuple(_sample(dataset.train_images[place], side) for place in chosen))
    return tuple(samples)


def _sample(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    if picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    if len(picture) != side:
        image = Image.fromarray(np.ascontiguousarray(picture))
        picture = np.asarray(image.resize((side, side), Image.Resampling.BILINEAR))
    # A copy, so that it outlives the file that the pictures are mapped from.
    sample = np.array(picture)
    sample.flags.writeable = False
    return sample
