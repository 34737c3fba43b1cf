"""Reading pictures and spec files, on the IO pool.

Called through `handlers/io_table.py` by the worker, and by `cli`. Must not import torch or Qt.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from explorer import paths
from explorer.arch import spec as specs
from explorer.engine.context import Context
from explorer.engine.handlers.downloads import TOLD_EVERY_S
from explorer.engine.messages import Event, FailedPicture, LoadedPicture, ReadSpec, Request, SpecRead
from explorer.engine.picture_messages import (
    FetchPicture,
    ForgetPictures,
    LoadPictures,
    PicturesLoaded,
)
from explorer.errors import DataError, ImageError, SpecError
from explorer.images.archive import ClassArchive
from explorer.images.load import find_pictures, is_picture_name, thumbnail
from explorer.remote_picture import fetch_bytes

THUMBNAIL_PX = 96
PREVIEW_PX = 512
UNPACKED_KEPT_S = 30 * 24 * 3600.0
"""How long the pictures of a zip stay in the cache after it was last dropped."""
MAX_PICTURE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Packed:
    """A picture in a zip, unpacked when its turn comes: its folder then says its class, as on the disk."""

    archive: ClassArchive
    member: str
    target: Path

    def unpacked(self) -> str:
        """The path of the unpacked file.

        Raises:
            DataError: It is damaged, or there is no room for it.
        """
        content = self.archive.read(self.member)
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.target.write_bytes(content)
        except OSError as error:
            raise DataError(
                "{member} cannot be unpacked: {reason}.",
                "Make room in {folder}, or unpack the zip yourself and drop its folder.",
                member=self.member,
                reason=(error.strerror or str(error)).lower(),
                folder=paths.cache_dir(),
            ) from error
        return str(self.target)


_Source = str | bytes | _Packed


def _sources(request: LoadPictures, opened: ExitStack) -> list[tuple[_Source, str]]:
    """Every picture of a request: its path, bytes, data URI or place in a zip, and a name."""
    zips = [path for path in map(Path, request.paths) if path.suffix.lower() == ".zip" and path.is_file()]
    others = (path for path in map(Path, request.paths) if path not in zips)
    found: list[tuple[_Source, str]] = [(str(path), path.name) for path in find_pictures(others)]
    for path in zips:
        found += _packed(path, opened.enter_context(ClassArchive(path)))
    found += [(blob, "pasted picture") for blob in request.blobs]
    found += [(uri, "pasted picture") for uri in request.data_uris]
    return found


def _packed(path: Path, archive: ClassArchive) -> list[tuple[_Source, str]]:
    """The pictures in a zip, hidden ones left out, with the place in the cache that each is unpacked to."""
    place = hashlib.sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    unpacked = paths.cache_dir() / "unpacked"
    folder = unpacked / place
    with suppress(OSError):
        # Where the cache cannot be written, unpacking says so.
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        _forget_old(unpacked)
    members = [PurePosixPath(name) for name in archive.names if is_picture_name(PurePosixPath(name).name)]
    return [
        (_Packed(archive, str(member), folder / member), member.name)
        for member in members
        if not any(part.startswith((".", "__MACOSX")) for part in member.parts)
    ]


def _forget_old(unpacked: Path) -> None:
    """Delete what zips left here that were not dropped for a long time.

    Raises:
        OSError: The folder cannot be read.
    """
    oldest = time.time() - UNPACKED_KEPT_S
    for folder in unpacked.iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def load_pictures(request: LoadPictures, context: Context) -> Generator[Event, None, None]:
    """Read pictures one after another; a bad one is named and does not stop the others.

    Raises:
        DataError: A zip is damaged or not acceptable.
        ImageError: There is no picture in what was given.
    """
    with ExitStack() as opened:
        sources = _sources(request, opened)
        if not sources:
            raise ImageError(
                "There is no picture in {names}.",
                "Drop PNG, JPEG, WebP, BMP, GIF or TIFF files, or folders and zips that hold some.",
                names=", ".join(Path(path).name for path in request.paths[:3]) or "what was dropped",
            )
        yield from told(request, read_pictures(sources, context), len(sources), as_sample=request.as_sample)


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
    yield from told(request, read_pictures([(data, name)], context), 1)


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


def read_pictures(
    sources: list[tuple[_Source, str]], context: Context
) -> Iterator[LoadedPicture | FailedPicture]:
    """Put pictures on the shelf, one after another.

    Args:
        sources: Each a path, bytes, a data URI or a place in a zip, with a name.
        context: Whose shelf.
    """
    for packed, name in sources:
        try:
            source = packed.unpacked() if isinstance(packed, _Packed) else packed
        except DataError as error:
            image_id = context.shelf.add(b"", name)
            context.shelf.forget((image_id,))
            yield FailedPicture(image_id, name, error.cause_text, error.hint_text)
            continue
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


def told(
    request: Request,
    pictures: Iterator[LoadedPicture | FailedPicture],
    total: int,
    *,
    as_sample: bool = False,
) -> Generator[Event, None, None]:
    """Tell of pictures as they are read: the first at once, the others a few at a time."""
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
