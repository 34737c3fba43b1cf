"""What the window and the engine say to each other about pictures: read, downloaded, let go.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from explorer.engine.messages import Event, Request
from explorer.engine.values import FailedPicture, LoadedPicture


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPictures(Request):
    """Read pictures: files, folders, raw bytes and data URIs."""

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    paths: tuple[str, ...] = ()
    blobs: tuple[bytes, ...] = ()
    data_uris: tuple[str, ...] = ()
    as_sample: bool = False
    """True for the picture that the program shows by itself at start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPicture(Request):
    """Download one picture. The user has said yes."""

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetPictures(Request):
    """Let go of pictures' pixels."""

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    image_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PicturesLoaded(Event):
    """Some pictures of a request; more follow while `done` is below `total`."""

    loaded: tuple[LoadedPicture, ...]
    failed: tuple[FailedPicture, ...]
    done: int
    total: int
    as_sample: bool = False
