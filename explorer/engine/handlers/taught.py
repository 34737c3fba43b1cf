"""The pictures in the user's bins become a folder of class folders, and are read from there, on the IO pool.

A pasted picture may be nowhere else, and a run goes on only with the very set that it began with: a set stays
as it is, and one with other pictures gets a place of its own.

Called through `handlers/io_table.py` by the worker, and by `handlers/data.py`. Must not import torch or Qt.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Generator
from itertools import chain, count
from pathlib import Path

from PIL import Image

from explorer import paths
from explorer.engine.context import Context
from explorer.engine.data_messages import CollectTaught, ReadTaught, TaughtCollected
from explorer.engine.handlers.pictures import read_pictures, told
from explorer.engine.messages import Event
from explorer.errors import DataError, SetupError
from explorer.images.load import Picture, is_picture_name

FOLDER = "taught"
_LONGEST_NAME = 80
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "__macosx"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)}
)
"""Windows opens devices by these names, and the last one is hidden in zips of macOS."""


def collect_taught(request: CollectTaught, context: Context) -> Generator[Event, None, None]:
    """Copy the pictures of the bins into the program's data folder, under the name or the name and a number.

    Bins without pictures are left out. The same pictures in the same classes have the place they had before.

    Raises:
        DataError: Fewer than two classes have pictures, a class has no usable name, or the disk refuses.
        ImageError: A picture was removed or cannot be read.
    """
    bins = [(_safe_name(name), ids) for name, ids in request.bins if ids]
    if len(bins) < 2:
        raise DataError(
            "A network learns to tell classes apart, and only one of the bins has pictures."
            if len(bins) == 1
            else "A network learns to tell classes apart, and none of the bins has pictures.",
            "Drop at least two pictures into each of two bins; ten or more in each work better.",
        )
    seen: set[str] = set()
    for name, _ in bins:
        if name.casefold() in seen:
            raise DataError("Two classes are called {name}.", "Give each class a name of its own.", name=name)
        seen.add(name.casefold())
    target = paths.data_dir() / FOLDER / _safe_name(request.name)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    put: list[tuple[int, Path]] = []
    try:
        for name, ids in bins:
            folder = beside / name
            folder.mkdir(parents=True)
            for number, image_id in enumerate(ids):
                if not context.is_wanted(request):
                    return
                source = context.shelf.for_batch(image_id)
                put.append((image_id, _put(source, context, image_id, folder / f"{number:04}")))
        made = _pictures(beside)
        target = _place_for(set(made.values()), target)
        if target.exists():
            # Its pictures may stand in another order there.
            there = {picture: path for path, picture in _pictures(target).items()}
            files = tuple((image_id, str(there[made[path]])) for image_id, path in put)
        else:
            files = tuple((image_id, str(target / path.relative_to(beside))) for image_id, path in put)
            beside.rename(target)
    except OSError as error:
        raise DataError(
            "The pictures cannot be copied to {folder}: {reason}.",
            "Free some disk space, or set RESNET_EXPLORER_HOME to a folder with room.",
            folder=target,
            reason=(error.strerror or str(error)).lower(),
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    yield TaughtCollected(ticket=request.ticket, path=str(target), files=files)


def read_taught(request: ReadTaught, context: Context) -> Generator[Event, None, None]:
    """Read pictures again that were taught in another session; one that is gone does not stop the others."""
    yield from told(request, read_pictures(list(request.pictures), context), len(request.pictures))


def taught_sets() -> list[str]:
    """The folders of all sets that were taught, the newest first; none where they cannot be read."""
    try:
        entries = list(os.scandir(paths.data_dir() / FOLDER))
        folders = [(one.stat().st_mtime, one.path) for one in entries if one.is_dir() and one.name[0] != "."]
    except (OSError, SetupError):
        return []
    return [path for _, path in sorted(folders, reverse=True)]


def _put(source: Path | Picture, context: Context, image_id: int, stem: Path) -> Path:
    """A file is copied as it is; what came as bytes, or under another kind of name, is written as PNG.

    Returns:
        The copy.

    Raises:
        ImageError: The picture is gone, or cannot be read.
        OSError: It cannot be written.
    """
    if isinstance(source, Path) and is_picture_name(source.name) and source.is_file():
        copy = stem.with_name(stem.name + source.suffix.lower())
        shutil.copyfile(source, copy)
        return copy
    picture = context.shelf.picture(image_id) if isinstance(source, Path) else source
    copy = stem.with_name(f"{stem.name}.png")
    Image.fromarray(picture.pixels).save(copy)
    return copy


def _place_for(pictures: set[tuple[str, str]], wanted: Path) -> Path:
    """Of NAME, NAME 2, NAME 3, … the first that is free, or that has the same pictures."""
    numbered = (wanted.with_name(f"{wanted.name} {number}") for number in count(2))
    places = chain([wanted], numbered)
    return next(place for place in places if not place.exists() or set(_pictures(place).values()) == pictures)


def _pictures(folder: Path) -> dict[Path, tuple[str, str]]:
    """What is in a set: each file with its class and the SHA-256 of its bytes."""
    found = {}
    for path in folder.glob("*/*"):
        with path.open("rb") as file:
            found[path] = (path.parent.name, hashlib.file_digest(file, "sha256").hexdigest())
    return found


def _safe_name(name: str) -> str:
    """The name as one folder on any system.

    Raises:
        DataError: Nothing is left of it.
    """
    safe = " ".join(re.sub(r"[^\w .()+&'-]", " ", name).split())[:_LONGEST_NAME].strip(" .")
    if safe.casefold().partition(".")[0] in _RESERVED:
        safe = f"class {safe}"
    if not safe:
        raise DataError("A class or set has no usable name: {name}.", "Name it in letters.", name=repr(name))
    return safe
