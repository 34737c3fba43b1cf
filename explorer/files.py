"""Files that are whole or not there: digests, locks between processes, renames that outlive a power cut.

Called by whoever writes what must not be lost. Imports the standard library only.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

_READ_BYTES = 1 << 20


def sha256_of(path: Path, between: Callable[[], None] = lambda: None) -> str:
    """Return the SHA-256 of a whole file as 64 hex digits.

    Args:
        path: The file.
        between: Called after each megabyte; it may raise to stop.

    Raises:
        OSError: The file cannot be read.
    """
    import hashlib  # 10 ms, which most starts of the program never need

    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
            between()
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one where the file is absent, broken or no object."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


@contextlib.contextmanager
def written_whole(path: Path, check: Callable[[Path], object] = lambda beside: None) -> Iterator[IO[bytes]]:
    """Write a file beside its place and give it its name once its bytes are on the disk.

    A reader sees the file that was there before or the new one, never a part, whatever ends the program.
    Where anything fails nothing is left of the new one. A link stays, and what it leads to is written; a
    device or pipe, as `/dev/stdout`, is written as it is.

    Args:
        path: Its place; missing folders are made.
        check: Reads what was written before it takes the place; it may raise.

    Yields:
        The open file.

    Raises:
        OSError: It cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        check(beside)
        replace_durably(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, UTF-8, as `written_whole` does.

    Raises:
        OSError: It cannot be written.
    """
    with written_whole(path) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file, as `written_whole` does.

    Raises:
        OSError: It cannot be written.
    """
    write_text(path, json.dumps(value))


def replace_durably(source: Path, target: Path) -> None:
    """Rename a file whose bytes are synced already, and sync the folder.

    Raises:
        OSError: It cannot be renamed.
    """
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system lets one.

    Raises:
        OSError: It cannot be opened.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusive(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold a lock file; the system frees it when a process dies.

    Args:
        path: The lock file. It stays behind: were it deleted, two processes could hold two files of one name.
        wait: Called over and over while another process or thread holds the lock; it may raise to give up.

    Raises:
        OSError: The file cannot be created or the file system has no locks.
    """
    with path.open("ab") as file:
        while not _try_lock(file):
            wait()
        yield  # closing the file frees the lock


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True
