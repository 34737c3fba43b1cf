"""A published .tar.gz, read in one pass in memory and never unpacked to disk.

Called by `images.cifar`. Imports no torch and no Qt.

The archive's hash was checked when it came, but a tar can name any file and unpack to any size, so it is held
to the same rules as a user's zip (`images.archive`): only regular files, only names that stay inside, and an
end to what it may unpack to.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from pathlib import Path
from typing import IO, cast

from explorer.errors import DataError

MAX_MEMBERS = 1_000
MAX_TOTAL_BYTES = 2**30
"""CIFAR's archives unpack to 185 MB."""
MAX_RATIO = 200
_RATIO_FREE_BYTES = 2**20  # a small archive may shrink a lot and harms nobody

_READ_ERRORS = (tarfile.TarError, zlib.error, OSError, EOFError, ValueError)


class _TooMuchError(Exception):
    """It unpacks to more than it may."""


class _Capped:
    """What a gzip holds, up to a number of bytes: a header may ask for any amount of memory."""

    def __init__(self, unpacked: gzip.GzipFile, most_bytes: int) -> None:
        self._unpacked = unpacked
        self._left_bytes = most_bytes

    def read(self, size: int) -> bytes:
        content = self._unpacked.read(size)
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise _TooMuchError
        return content


def read_members(path: Path, wanted: tuple[str, ...]) -> dict[str, bytes]:
    """Unpack some files of a .tar.gz into memory.

    Args:
        path: The archive.
        wanted: File names without their folders.

    Returns:
        Their contents by name.

    Raises:
        DataError: It is damaged, lacks one of them, or holds what is not acceptable; the text says which.
    """
    found: dict[str, bytes] = {}
    try:
        size_bytes = path.stat().st_size
        most_bytes = min(MAX_TOTAL_BYTES, max(_RATIO_FREE_BYTES, MAX_RATIO * size_bytes))
        with (
            gzip.open(path) as unpacked,
            tarfile.open(fileobj=cast("IO[bytes]", _Capped(unpacked, most_bytes)), mode="r|") as archive,
        ):
            for count, member in enumerate(archive, start=1):
                reason = _refusal(member, count)
                if reason:
                    raise _refused(path, member.name, reason)
                name = member.name.rpartition("/")[2]
                if name in wanted and name not in found and not member.isdir():
                    file = archive.extractfile(member)
                    found[name] = file.read() if file is not None else b""
                if len(found) == len(wanted):
                    break
    except _TooMuchError:
        raise _refused(path, "the last one read", f"it unpacks to over {most_bytes:,} bytes") from None
    except _READ_ERRORS as error:
        raise _damaged(path, str(error) or type(error).__name__) from error
    missing = [name for name in wanted if name not in found]
    if missing:
        raise _damaged(path, f"{missing[0]} is not in it")
    return found


def _refusal(member: tarfile.TarInfo, count: int) -> str:
    """Why a member is not acceptable, as half a sentence; empty where it is."""
    name = member.name.replace("\\", "/")
    if count > MAX_MEMBERS:
        return f"there are over {MAX_MEMBERS:,} members"
    if member.issym() or member.islnk():
        return "it is a link"
    if not member.isdir() and member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
        return "it is not a regular file"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "its path is absolute"
    if ".." in name.split("/"):
        return "its path leads out of the archive"
    if member.size > MAX_TOTAL_BYTES:
        return f"it unpacks to {member.size / 2**20:,.0f} MiB"
    return ""


def _refused(path: Path, member: str, reason: str) -> DataError:
    return DataError(
        "{path} is refused because of its member {member}: {reason}.",
        "Delete it, and download it again.",
        path=path,
        member=member,
        reason=reason,
    )


def _damaged(path: Path, reason: str) -> DataError:
    return DataError(
        "{path} cannot be read: {reason}.",
        "Delete it, and download it again.",
        path=path,
        reason=reason.rstrip("."),
    )
