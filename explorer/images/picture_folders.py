"""A folder or zip of class folders as a data set: decoded once, in parallel, and kept resized on the disk.

Called by `images.datasets`. Imports no torch and no Qt.

The pixels are mapped from the kept file and never held whole: a set may be larger than the memory.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from explorer import paths
from explorer.errors import DataError, ImageError
from explorer.images.class_folders import WHOLE, Layout, Source, fingerprint, lay_out, open_source
from explorer.images.dataset import PARTS, Dataset, Progress, is_for_test, say_nothing
from explorer.images.decode_cache import DecodeCache, DecodedChunk, DecodedPart
from explorer.images.load import load_picture
from explorer.images.prepare import Transform, seen, transform_for

_CHUNK_BYTES = 4 * 2**20
_CHUNK_PICTURES = 512
_THREADS_PAY_S = 0.0005  # a picture


def open_folder(
    path: Path,
    data: str,
    input_size: int,
    seed: int = 0,
    progress: Progress = say_nothing,
    parts: Sequence[str] = PARTS,
) -> Dataset:
    """Open a folder or zip of class folders.

    Args:
        path: It exists.
        data: What the user called it.
        input_size: Side of the pictures wanted, in pixels.
        seed: For the split, where there are no train/ and test/ folders: a fifth of each class is then for
            testing.
        progress: Told of pictures.
        parts: `train`, `test` or both; only these are decoded.

    Raises:
        DataError: It has no class folders, lacks a part, or nothing in it can be read.
    """
    cache = DecodeCache(paths.cache_dir() / "datasets", path, fingerprint(path), input_size)
    drawn = {part: f"{part}-drawn-{seed}" for part in PARTS}
    decoded = _kept(cache, parts, {part: part for part in PARTS}) or _kept(cache, parts, drawn)
    if decoded is None:
        with open_source(path) as source:
            layout = _divided(lay_out(source.names, data), drawn, seed, data)
            decoded = _decoded(source, layout, cache, data, input_size, progress, parts)
    nothing = (np.zeros((0, input_size, input_size, 3), np.uint8), np.zeros(0, np.int64))
    by_part = {key.partition("-")[0]: part for key, part in decoded.items()}
    train, test = (
        (by_part[part].images, by_part[part].labels) if part in by_part else nothing for part in PARTS
    )
    return Dataset(
        data,
        next(iter(decoded.values())).classes,
        *train,
        *test,
        tuple(sorted(entry for part in decoded.values() for entry in part.broken)),
        title=path.name or str(path),
        is_split_here=any("-" in key for key in decoded),
    )


def _kept(cache: DecodeCache, parts: Sequence[str], keys: dict[str, str]) -> dict[str, DecodedPart] | None:
    """The wanted parts from the cache, by key; None where one is missing, or came to nothing."""
    found = {}
    for part in parts:
        kept = cache.read(keys[part])
        if kept is None or (kept.broken and not len(kept.labels)):
            return None
        found[keys[part]] = kept
    return found


def _divided(layout: Layout, keys: dict[str, str], seed: int, data: str) -> Layout:
    """The layout with a test part drawn by name, before anything is decoded, where it has no parts.

    Raises:
        DataError: No class has a picture for each part.
    """
    if WHOLE not in layout.parts:
        return layout
    pictures = layout.parts[WHOLE]
    labels = np.array([label for _, label in pictures], np.int64)
    is_test = is_for_test(labels, len(layout.classes), seed)
    if not is_test.any():
        raise DataError(
            "Each class of {data} has a single picture, so there is none to test on.",
            "Give each class two pictures or more, or add test/ with a folder for each class.",
            data=data,
        )
    drawn = {
        keys["train"]: tuple(picture for picture, out in zip(pictures, is_test, strict=True) if not out),
        keys["test"]: tuple(picture for picture, out in zip(pictures, is_test, strict=True) if out),
    }
    return Layout(layout.classes, drawn)


def _decoded(
    source: Source,
    layout: Layout,
    cache: DecodeCache,
    data: str,
    input_size: int,
    progress: Progress,
    parts: Sequence[str],
) -> dict[str, DecodedPart]:
    """The wanted parts by key, from the cache where it has them."""
    keys = {key.partition("-")[0]: key for key in layout.parts}
    for part in parts:
        if part not in keys:
            raise DataError(
                "{data} has no {part} pictures.",
                "Add a folder {part}/ with a folder for each class.",
                data=data,
                part=part,
            )
    decoded = {keys[part]: _kept(cache, (part,), keys) for part in PARTS if part in parts}
    missing = [key for key, kept in decoded.items() if kept is None]
    total = sum(len(layout.parts[key]) for key in missing)
    done = 0
    result = {key: kept[key] for key, kept in decoded.items() if kept is not None}
    for key in missing:
        n_pictures = len(layout.parts[key])
        with contextlib.closing(_decoded_chunks(source, layout, key, input_size)) as chunks:
            result[key] = cache.write(
                key, layout.classes, n_pictures, _reported(chunks, done, total, progress)
            )
        done += n_pictures
        if result[key].broken and not len(result[key].labels):
            _, reason = result[key].broken[0]
            raise DataError(
                "None of the {count} {part} pictures in {data} can be read; {reason}",
                "Check that they are PNG, JPEG, WebP, BMP, GIF or TIFF files.",
                count=n_pictures,
                part=key.partition("-")[0],
                data=data,
                reason=reason,
            )
    return {key: result[key] for key in decoded}


def _reported(
    chunks: Iterator[DecodedChunk], done: int, total: int, progress: Progress
) -> Iterator[DecodedChunk]:
    for chunk in chunks:
        done += len(chunk.labels) + len(chunk.broken)
        yield chunk
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
    if not pictures:
        return
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
            picture = load_picture(source.read(name), name)
        except (ImageError, DataError) as error:
            broken.append((name, error.cause_text))
            continue
        images[len(labels)] = seen(picture.pixels, transform)
        labels.append(label)
    return DecodedChunk(images[: len(labels)], labels, broken)
