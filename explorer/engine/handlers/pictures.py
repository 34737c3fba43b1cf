"""Reading pictures and spec files, on the IO pool.

Called through `handlers/io_table.py` by the worker, and by `cli`. Must not import torch or Qt.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path

from explorer.arch import spec as specs
from explorer.engine.context import Context
from explorer.engine.messages import (
    Event,
    FailedPicture,
    FetchPicture,
    ForgetPictures,
    LoadedPicture,
    LoadPictures,
    PicturesLoaded,
    ReadSpec,
    SpecRead,
)
from explorer.errors import ImageError, SpecError
from explorer.images.load import find_pictures, thumbnail
from explorer.remote_picture import fetch_bytes

THUMBNAIL_PX = 96
PREVIEW_PX = 512
TOLD_EVERY_S = 0.1
MAX_PICTURE_BYTES = 64 * 1024 * 1024


def _sources(request: LoadPictures) -> list[tuple[str | bytes, str]]:
    """Every picture of a request: its path, bytes or data URI, and a name."""
    found: list[tuple[str | bytes, str]] = [
        (str(path), path.name) for path in find_pictures(map(Path, request.paths))
    ]
    found += [(blob, "pasted picture") for blob in request.blobs]
    found += [(uri, "pasted picture") for uri in request.data_uris]
    return found


def load_pictures(request: LoadPictures, context: Context) -> Generator[Event, None, None]:
    """Read pictures one after another; a bad one is named and does not stop the others.

    Raises:
        ImageError: There is no picture in what was given.
    """
    sources = _sources(request)
    if not sources:
        raise ImageError(
            "There is no picture in {names}.",
            "Drop PNG, JPEG, WebP, BMP, GIF or TIFF files, or folders that hold some.",
            names=", ".join(Path(path).name for path in request.paths[:3]) or "what was dropped",
        )
    yield from _told(request, _read(sources, context), len(sources), as_sample=request.as_sample)


def fetch_picture(request: FetchPicture, context: Context) -> Generator[Event, None, None]:
    """Download one picture and read it.

    Raises:
        FetchError: It cannot be downloaded, or was stopped.
    """
    data = fetch_bytes(
        request.address,
        allowed=True,
        max_bytes=MAX_PICTURE_BYTES,
        cancelled=lambda: not context.is_wanted(request),
    )
    name = request.address.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1] or request.address
    yield from _told(request, _read([(data, name)], context), 1)


def forget_pictures(request: ForgetPictures, context: Context) -> Generator[Event, None, None]:
    """Let go of pictures' pixels."""
    context.shelf.forget(request.image_ids)
    yield from ()


def read_spec(request: ReadSpec, context: Context) -> Generator[Event, None, None]:
    """Read a spec file.

    Raises:
        SpecError: It cannot be read or is not a valid spec.
    """
    try:
        text = Path(request.path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            "spec", "{path} cannot be read: {reason}.", "Choose a spec file.", path=request.path, reason=error
        ) from None
    yield SpecRead(ticket=request.ticket, spec=specs.from_json(text), path=request.path)


def _read(
    sources: list[tuple[str | bytes, str]], context: Context
) -> Iterator[LoadedPicture | FailedPicture]:
    for source, name in sources:
        image_id = context.shelf.add(source, name)
        try:
            picture = context.shelf.picture(image_id)
        except ImageError as error:
            context.shelf.forget((image_id,))
            yield FailedPicture(image_id, name, error.cause_text, error.hint_text)
            continue
        context.shelf.keep(image_id, picture.pixels)
        height, width = picture.pixels.shape[:2]
        preview = thumbnail(picture.pixels, PREVIEW_PX)
        yield LoadedPicture(
            image_id,
            name,
            str(picture.path) if picture.path else None,
            width,
            height,
            thumbnail(preview, THUMBNAIL_PX),
            preview,
        )


def _told(
    request: LoadPictures | FetchPicture,
    pictures: Iterator[LoadedPicture | FailedPicture],
    total: int,
    *,
    as_sample: bool = False,
) -> Generator[Event, None, None]:
    """The first picture at once, the others a few at a time."""
    loaded: list[LoadedPicture] = []
    failed: list[FailedPicture] = []
    told_at = 0.0
    for done, picture in enumerate(pictures, start=1):
        if isinstance(picture, LoadedPicture):
            loaded.append(picture)
        else:
            failed.append(picture)
        if done == total or time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            yield PicturesLoaded(
                ticket=request.ticket,
                loaded=tuple(loaded),
                failed=tuple(failed),
                done=done,
                total=total,
                as_sample=as_sample,
            )
            loaded, failed = [], []
