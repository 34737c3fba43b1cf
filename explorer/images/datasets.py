"""Labelled pictures to train and test on, as arrays of bytes.

Called by the engine's train and evaluate handlers and the command line. Imports no torch and no Qt;
scikit-learn only when its digits are asked for.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from explorer import paths
from explorer.errors import DataError, ImageError
from explorer.images.class_folders import WHOLE, Layout, Source, fingerprint, lay_out, open_source
from explorer.images.decode_cache import DecodeCache, DecodedChunk, DecodedPart
from explorer.images.labels import load_labels
from explorer.images.load import load_picture
from explorer.images.prepare import Transform, seen, transform_for

PARTS = ("train", "test")
TEST_SHARE = 0.2
_LATER = ("shapes", "cifar10", "cifar100", "mnist", "fashion-mnist", "svhn")
_CHUNK_BYTES = 4 * 2**20
_CHUNK_PICTURES = 512
_THREADS_PAY_S = 0.0005  # a picture

Progress = Callable[[int, int], None]


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
    """

    name: str
    classes: tuple[str, ...]
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    broken: tuple[tuple[str, str], ...]

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
        step = max(1, min(60_000, _CHUNK_BYTES // max(1, self.train_images[:1].size)))
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


def open_dataset(
    data: str,
    input_size: int,
    seed: int = 0,
    progress: Progress | None = None,
    parts: Sequence[str] = PARTS,
) -> Dataset:
    """Open a data set by name or place; what a folder or zip holds is decoded once and kept.

    Args:
        data: `digits` (scikit-learn's 1,797 grey digits), or a folder or zip of class folders with or without
            train/ and test/ (or val/). Without, a fifth of each class is for testing, chosen by the seed.
        input_size: Side of the pictures wanted, in pixels.
        seed: For the split.
        progress: Called with (pictures done, pictures in all) on this thread while decoding. What it raises
            stops the work and passes on: this is how to cancel.
        parts: `train`, `test` or both; only these are decoded.

    Returns:
        The data set.

    Raises:
        DataError: There is no such data, it has no class folders, lacks a part, or nothing in it can be read.
    """
    if data == "digits":
        return _digits(input_size, seed, parts)
    if data in _LATER and not Path(data).exists():
        raise DataError(
            "The data set {data} cannot be fetched yet.",
            "Give a folder or a zip of class folders instead; it works for any pictures.",
            data=data,
        )
    path = Path(data).expanduser()
    if not path.exists():
        raise DataError(
            "There is no data set, folder or zip called {data}.",
            "Give digits, or the path of a folder or zip of class folders.",
            data=data,
        )
    decoded = _decoded_parts(path, data, input_size, progress, parts)
    broken = tuple(entry for part in decoded.values() for entry in part.broken)
    classes = next(iter(decoded.values())).classes
    if WHOLE in decoded:
        whole = decoded[WHOLE]
        return _split(data, classes, whole.images, whole.labels, seed, parts, broken)
    nothing = (np.zeros((0, input_size, input_size, 3), np.uint8), np.zeros(0, np.int64))
    train, test = (
        (decoded[part].images, decoded[part].labels) if part in decoded else nothing for part in PARTS
    )
    return Dataset(data, classes, *train, *test, broken)


def _digits(input_size: int, seed: int, parts: Sequence[str]) -> Dataset:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    levels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # 0 … 16 in the file
    images = np.stack(
        [
            np.asarray(Image.fromarray(level).resize((input_size, input_size), Image.Resampling.BILINEAR))
            for level in levels
        ]
    )[..., None]
    return _split("digits", load_labels("digits"), images, bunch.target.astype(np.int64), seed, parts, ())


def _split(
    name: str,
    classes: tuple[str, ...],
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    seed: int,
    parts: Sequence[str],
    broken: tuple[tuple[str, str], ...],
) -> Dataset:
    """Divide each class by the seed; a class with a single picture is for training only."""
    is_test = np.zeros(len(labels), bool)
    for label in range(len(classes)):
        places = np.flatnonzero(labels == label)
        if len(places) > 1:
            n_test = max(1, round(len(places) * TEST_SHARE))
            # A stream a class: one more picture in one class leaves the others' split as it was.
            is_test[np.random.default_rng([seed, label]).permutation(places)[:n_test]] = True
    chosen = [mask & (part in parts) for part, mask in zip(PARTS, (~is_test, is_test), strict=True)]
    train_images, test_images = (images[mask] for mask in chosen)
    train_labels, test_labels = (labels[mask] for mask in chosen)
    for array in (train_images, train_labels, test_images, test_labels):
        array.flags.writeable = False
    return Dataset(name, classes, train_images, train_labels, test_images, test_labels, broken)


def _decoded_parts(
    path: Path, data: str, input_size: int, progress: Progress | None, parts: Sequence[str]
) -> dict[str, DecodedPart]:
    """The wanted parts, or `WHOLE` for data that is not divided; from the cache where it has them."""
    cache = DecodeCache(paths.cache_dir() / "datasets", path, fingerprint(path), input_size)
    decoded = _kept(cache, parts)
    if WHOLE in decoded or all(part in decoded for part in parts):
        return decoded
    with open_source(path) as source:
        layout = lay_out(source.names, data)
        wanted = [WHOLE] if WHOLE in layout.parts else [part for part in PARTS if part in parts]
        for part in wanted:
            if part not in layout.parts:
                raise DataError(
                    "{data} has no {part} pictures.",
                    "Add a folder {part}/ with a folder for each class.",
                    data=data,
                    part=part,
                )
        missing = [part for part in wanted if part not in decoded]
        total = sum(len(layout.parts[part]) for part in missing)
        done = 0
        for part in missing:
            with contextlib.closing(_decoded_chunks(source, layout, part, input_size)) as chunks:
                reported = _reported(chunks, done, total, progress)
                decoded[part] = cache.write(part, layout.classes, len(layout.parts[part]), reported)
            done += len(layout.parts[part])
            if not len(decoded[part].labels):
                name, reason = decoded[part].broken[0]
                raise DataError(
                    "None of the {count} {part} pictures in {data} can be read; {name}: {reason}",
                    "Check that they are PNG, JPEG, WebP, BMP, GIF or TIFF files.",
                    count=len(layout.parts[part]),
                    part="" if part == WHOLE else part,
                    data=data,
                    name=name,
                    reason=reason,
                )
    return {part: decoded[part] for part in wanted}


def _kept(cache: DecodeCache, parts: Sequence[str]) -> dict[str, DecodedPart]:
    found = {}
    for part in (WHOLE, *parts):
        kept = cache.read(part)
        if kept is not None and len(kept.labels):
            found[part] = kept
            if part == WHOLE:
                break
    return found


def _reported(
    chunks: Iterator[DecodedChunk], done: int, total: int, progress: Progress | None
) -> Iterator[DecodedChunk]:
    for chunk in chunks:
        done += len(chunk.labels) + len(chunk.broken)
        yield chunk
        if progress is not None:
            progress(done, total)


def _decoded_chunks(
    source: Source, layout: Layout, part: str, input_size: int
) -> Generator[DecodedChunk, None, None]:
    """Decode in order, on a few threads where that helps.

    Pillow lets go of the interpreter only while it decodes. With pictures of a few kilobytes two threads
    spend more on taking turns than they gain (60,000 of CIFAR's: 7 s on one, 10 s on two), so the first chunk
    is timed.
    """
    pictures = layout.parts[part]
    transform = transform_for(input_size)
    step = max(1, min(_CHUNK_PICTURES, _CHUNK_BYTES // (input_size * input_size * 3)))
    chunks = [pictures[start : start + step] for start in range(0, len(pictures), step)]
    started = time.perf_counter()
    yield _decode(source, chunks[0], transform)
    n_workers = 1
    if (time.perf_counter() - started) / len(chunks[0]) > _THREADS_PAY_S:
        n_workers = min(8, os.cpu_count() or 1)
    waiting: deque[Future[DecodedChunk]] = deque()
    pool = ThreadPoolExecutor(n_workers, thread_name_prefix="decode")
    try:
        for chunk in chunks[1:]:
            waiting.append(pool.submit(_decode, source, chunk, transform))
            if len(waiting) > 2 * n_workers:  # no more than this many chunks in memory
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _decode(source: Source, pictures: Sequence[tuple[str, int]], transform: Transform) -> DecodedChunk:
    size = transform.input_size
    images = np.empty((len(pictures), size, size, 3), np.uint8)
    labels: list[int] = []
    broken: list[tuple[str, str]] = []
    for name, label in pictures:
        try:
            # Twice the size wanted: the rest of the way is then still resized with a proper filter.
            picture = load_picture(source.read(name), name, at_least_px=2 * transform.resize_size)
        except (ImageError, DataError) as error:
            broken.append((name, error.cause_text))
            continue
        images[len(labels)] = seen(picture.pixels, transform)
        labels.append(label)
    return DecodedChunk(images[: len(labels)], labels, broken)
