"""The downloader: one file, over HTTP, checked by its SHA-256, kept in the cache.

Called by `nets`, `images`, `engine` and `cli` for weights and data sets. Imports the standard library,
`errors`, `paths`, `files` and `transfer` (the network) only.

Beside the file NAME in the folder lie: `NAME.json`, what was verified and when; `NAME.part` and
`NAME.part.json`, a download that was cut or cancelled and will be continued; `NAME.lock`, held while a
process fetches it. The network is read on a thread of its own (see `transfer`); only the calling thread
touches files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from explorer import paths
from explorer.errors import ConsentRequired, FetchError
from explorer.files import exclusive, read_json, replace_durably, sha256_of, write_json
from explorer.transfer import POLL_S, Transfer, TransferBroken, check_address, stop_if

Progress = Callable[[int, int | None], None]
Cancelled = Callable[[], bool]

_BACKOFF_S = 0.5  # before the second attempt; doubled before each further one
_LONGEST_BACKOFF_S = 8.0
_PROGRESS_BYTES = 1 << 20  # an attempt that got this far does not count as a failed one
_UNKNOWN_SIZE_CAP_BYTES = 2 << 30  # where nobody says how long the file is
_BY_HAND = "Or fetch {url} with a browser and put it at {path}."


@dataclass(frozen=True, slots=True)
class Resource:
    """A file that its publisher offers.

    Args:
        url: Where it is; https, or http on this machine only.
        sha256: Its SHA-256 in hex, all 64 digits; or the first eight or more where its publisher gives no
            more. Then the full one is recorded at the first download and holds from there on.
        size_bytes: Its length, or None where it is not known.
        name: Its file name in the cache, without folders.
        size_tolerance_bytes: How far `size_bytes` may be off, where its publisher gives it rounded.

    Raises:
        ValueError: The hash is not one, or the name is not a plain file name.
    """

    url: str
    sha256: str
    size_bytes: int | None
    name: str
    size_tolerance_bytes: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9a-f]{8,64}", self.sha256):
            raise ValueError(f"not 8 to 64 lower-case hex digits: {self.sha256!r}")
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", self.name):
            raise ValueError(f"not a plain file name: {self.name!r}")

    def has_length(self, n_bytes: int) -> bool:
        """Whether a file of `n_bytes` can be this one."""
        return self.size_bytes is None or abs(n_bytes - self.size_bytes) <= self.size_tolerance_bytes

    @property
    def most_bytes(self) -> int:
        """The most that is ever written to the disk for it."""
        if self.size_bytes is None:
            return _UNKNOWN_SIZE_CAP_BYTES
        return self.size_bytes + self.size_tolerance_bytes


def cached_path(resource: Resource, folder: Path | None = None) -> Path | None:
    """The cached file if it is there and is the right one, else None.

    The SHA-256 of the whole file is taken once and again whenever its length or time of change differ from
    those noted beside it.

    Args:
        resource: The file.
        folder: The cache; `paths.cache_dir()/"downloads"` by default.

    Raises:
        OSError: The file is there but cannot be read.
    """
    return _verified(resource, folder or _default_folder(), lambda: False)


def fetch(
    resource: Resource,
    *,
    allowed: bool,
    folder: Path | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled = lambda: False,
    timeout_s: float = 15,
    attempts: int = 4,
) -> Path:
    """Return the cached file, downloading it first where it must be and may be.

    Args:
        resource: The file.
        allowed: Whether the user has agreed to a download; without it no connection is opened.
        folder: The cache; `paths.cache_dir()/"downloads"` by default.
        progress: Called with the bytes there so far and the total, or None where nobody knows it.
        cancelled: Asked every 50 ms. A cancelled download is continued by the next call.
        timeout_s: How long the server may be silent.
        attempts: Tries in a row without headway (1 MB) before giving up.

    Raises:
        ConsentRequired: It is not cached and `allowed` is False.
        FetchCancelled: `cancelled` said so.
        FetchError: It cannot be had, written, or is not what its publisher promised.
    """
    place = folder or _default_folder()
    try:
        path = _verified(resource, place, cancelled)
        if path is not None:
            return path
        if not allowed:
            raise ConsentRequired(
                "{name} ({size}) is not on this machine, and nobody has allowed to download it.",
                "Allow it with --allow-download on the command line, or the download button in the window.",
                name=resource.name,
                size=_size_text(resource.size_bytes),
            )
        check_address(resource.url)
        place.mkdir(parents=True, exist_ok=True)
        download = _Download(resource, place, progress or (lambda done, total: None), cancelled, timeout_s)
        with exclusive(place / f"{resource.name}.lock", download.wait_for_other):
            # Another process may have fetched it while this one waited.
            return _verified(resource, place, cancelled) or download.run(attempts)
    except OSError as error:
        raise _disk_trouble(error, place) from error


def _default_folder() -> Path:
    return paths.cache_dir() / "downloads"


# ---------------------------------------------------------------- what was verified


def _verified(resource: Resource, folder: Path, cancelled: Cancelled) -> Path | None:
    path = folder / resource.name
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not resource.has_length(status.st_size):
        return None
    note = read_json(folder / f"{resource.name}.json")
    expected = _expected_digest(resource, note)
    stamp = [status.st_size, status.st_mtime_ns]
    if note.get("stamp") == stamp and note.get("sha256") == expected:
        return path
    digest = sha256_of(path, lambda: stop_if(cancelled))
    if not digest.startswith(expected):
        return None
    with contextlib.suppress(OSError):  # a read-only cache is hashed at each start, no more
        write_json(folder / f"{resource.name}.json", {"sha256": digest, "stamp": stamp, "url": resource.url})
    return path


def _expected_digest(resource: Resource, note: dict[str, Any]) -> str:
    """The publisher's digest; where that is only its beginning, the full one noted at the first download."""
    noted = note.get("sha256")
    return noted if isinstance(noted, str) and noted.startswith(resource.sha256) else resource.sha256


# ---------------------------------------------------------------- one download


class _Download:
    """One file on its way: owns NAME.part while the lock is held."""

    def __init__(
        self, resource: Resource, folder: Path, progress: Progress, cancelled: Cancelled, timeout_s: float
    ) -> None:
        self._resource = resource
        self._path = folder / resource.name
        self._part = folder / f"{resource.name}.part"
        self._part_note = folder / f"{resource.name}.part.json"
        self._note = folder / f"{resource.name}.json"
        self._progress = progress
        self._cancelled = cancelled
        self._timeout_s = timeout_s

    def wait_for_other(self) -> None:
        """Show how far the process that holds the lock has come, and wait a moment."""
        self._progress(self._n_received(), self._resource.size_bytes)
        self._pause(POLL_S)

    def run(self, attempts: int) -> Path:
        """Download until it is there, or until `attempts` in a row made no headway."""
        failures = 0
        while True:
            before = self._n_received()
            try:
                self._attempt()
                return self._finish()
            except TransferBroken as error:
                failures = 1 if self._n_received() - before >= _PROGRESS_BYTES else failures + 1
                if failures >= attempts:
                    raise self._error(
                        "The download of {name} from {host} failed {attempts} times: {cause}.",
                        "Check the network and try again: what has come is kept. " + _BY_HAND,
                        attempts=attempts,
                        cause=str(error),
                    ) from error
            self._pause(min(_BACKOFF_S * 2 ** (failures - 1), _LONGEST_BACKOFF_S))

    def _attempt(self) -> None:
        """Receive what is missing of the .part file.

        Raises:
            TransferBroken: The connection failed or ended early.
        """
        note = read_json(self._part_note)
        validator = note.get("validator") if note.get("url") == self._resource.url else None
        offset = self._n_received() if validator else 0
        if offset and self._resource.size_bytes == offset:
            return  # only the last step was missing
        headers = {"Range": f"bytes={offset}-", "If-Range": str(validator)} if offset else {}
        stop_if(self._cancelled)
        transfer = Transfer(self._resource.url, headers, self._timeout_s)
        try:
            self._receive(transfer, offset)
        finally:
            transfer.abandon()

    def _receive(self, transfer: Transfer, offset: int) -> None:
        status, headers = transfer.head(self._cancelled)
        answer_range = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", headers.get("Content-Range", ""))
        whole = int(answer_range[2]) if answer_range and answer_range[2] != "*" else None
        if status == 416:
            if offset and whole == offset:
                return
            self._discard_part()
            raise TransferBroken("the server has another file now than the one that was begun")
        if status not in (200, 206):
            raise self._refusal(status)
        if status == 206 and not (answer_range and answer_range[1] == str(offset) and offset):
            self._discard_part()
            raise TransferBroken("the server sent another part than the one asked for")
        length = headers.get("Content-Length", "")
        total = whole if status == 206 else int(length) if length.isdecimal() else None
        self._check_total(total)
        begin = offset if status == 206 else 0
        if not begin:
            # If-Range takes a strong ETag or a date. Without either, a cut download starts over: continued,
            # it could end with another file's bytes.
            etag = headers.get("ETag", "")
            validator = etag if etag.startswith('"') else headers.get("Last-Modified")
            write_json(self._part_note, {"url": self._resource.url, "validator": validator})
        with self._part.open("ab" if begin else "wb") as file:
            self._write_body(transfer, file, begin, total)

    def _write_body(self, transfer: Transfer, file: IO[bytes], done: int, total: int | None) -> None:
        most = self._resource.most_bytes
        shown = total if total is not None else self._resource.size_bytes
        self._progress(done, shown)
        while chunk := transfer.chunk(self._cancelled):
            done += len(chunk)
            if done > most:
                file.close()
                self._discard_part()
                raise self._wrong_length(f"more than {most:,}")
            file.write(chunk)
            self._progress(done, shown)
        file.flush()
        os.fsync(file.fileno())
        if (total is not None and done < total) or not self._resource.has_length(done):
            raise TransferBroken(f"the connection ended after {done:,} bytes")

    def _finish(self) -> Path:
        """Check the whole .part file as it is on the disk, and give it its name."""
        expected = _expected_digest(self._resource, read_json(self._note))
        digest = sha256_of(self._part, lambda: stop_if(self._cancelled))
        if not digest.startswith(expected):
            self._discard_part()
            raise self._error(
                "What {host} sent as {name} is another file: expected SHA-256 {expected}, got {got}.",
                "It was deleted. Try again; if it stays so, a proxy or its publisher has changed it.",
                expected=expected,
                got=digest,
            )
        replace_durably(self._part, self._path)
        self._part_note.unlink(missing_ok=True)
        status = self._path.stat()
        note = {"sha256": digest, "stamp": [status.st_size, status.st_mtime_ns], "url": self._resource.url}
        write_json(self._note, note)
        return self._path

    def _check_total(self, total: int | None) -> None:
        """Refuse a file of the wrong length, or larger than the disk, before its first byte is written."""
        import shutil

        known = total if total is not None else self._resource.size_bytes
        if total is not None and (not self._resource.has_length(total) or total > self._resource.most_bytes):
            self._discard_part()
            raise self._wrong_length(f"{total:,}")
        if known and known - self._n_received() > shutil.disk_usage(self._path.parent).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _n_received(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _discard_part(self) -> None:
        self._part.unlink(missing_ok=True)
        self._part_note.unlink(missing_ok=True)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            stop_if(self._cancelled)
            time.sleep(min(left, POLL_S))
        stop_if(self._cancelled)

    def _refusal(self, status: int) -> Exception:
        """The error for an answer that is not the file; `TransferBroken` where it may pass."""
        if status in (408, 425, 429) or status >= 500:
            return TransferBroken(f"the server is in trouble (HTTP {status})")
        if status in (404, 410):
            text = "{host} no longer has {name} (HTTP {status})."
            remedy = "A newer version of this program may know its new place."
        elif status in (401, 403, 407, 451):
            text = "{host} refuses to hand out {name} (HTTP {status})."
            remedy = "A proxy or firewall may forbid it: try another network."
        else:
            text = "{host} answered the request for {name} with HTTP {status}."
            remedy = "Try again later."
        return self._error(text, f"{remedy} {_BY_HAND}", status=status)

    def _wrong_length(self, got: str) -> FetchError:
        exact = self._resource.size_bytes is not None
        return self._error(
            "{host} offers {got} bytes as {name}, which should have {expected}.",
            "A proxy on the way or a login page may have answered instead. " + _BY_HAND,
            got=got,
            expected=f"{'' if exact else 'at most '}{self._resource.most_bytes:,}",
        )

    def _error(self, text: str, hint: str, **arguments: object) -> FetchError:
        url = self._resource.url
        host = urlsplit(url).hostname
        return FetchError(
            text, hint, name=self._resource.name, url=url, host=host, path=self._path, **arguments
        )


def _disk_trouble(error: OSError, folder: Path) -> FetchError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FetchError(
            "The disk is full: {folder} has no room for the download.",
            f"Free some space, or set {paths.HOME_VARIABLE} to a folder elsewhere. What has come is kept.",
            folder=folder,
        )
    return FetchError(
        "{folder} cannot be used for downloads: {reason}.",
        f"Make it writable, or set {paths.HOME_VARIABLE} to another folder.",
        folder=folder,
        reason=error.strerror or error,
    )


def _size_text(n_bytes: int | None) -> str:
    return "of unknown size" if n_bytes is None else f"{n_bytes / 1e6:.0f} MB"
