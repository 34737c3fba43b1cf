"""A zip of pictures, read member by member in memory and never unpacked to disk.

Called by `images.class_folders`, and for lessons by the engine's IO pool. Imports no torch and no Qt.

A zip comes from anywhere, so it is examined before its first member is read: only regular files, only names
that stay inside, and no member that unpacks to more than a picture can need.
"""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from explorer.errors import DataError

MAX_MEMBERS = 2_000_000
"""More than ImageNet's 1,281,167 training pictures with room to spare."""
MAX_MEMBER_BYTES = 320 * 2**20
"""A 50-megapixel picture, uncompressed, three channels of 16 bits, is 300 MB."""
MAX_TOTAL_BYTES = 512 * 2**30
"""What a data set may unpack to in all."""
MAX_RATIO = 200
"""Pictures hardly shrink in a zip; deflate's own limit, which bombs come near, is 1032."""
_RATIO_FREE_BYTES = 2**20  # a small flat BMP may shrink a lot and harms nobody

_ENCRYPTED_FLAG = 0x1
_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a zip may hold.

    Attributes:
        members: How many.
        total_bytes: What they unpack to in all.
        hint: What to do about a zip that is refused.
    """

    members: int = MAX_MEMBERS
    total_bytes: int = MAX_TOTAL_BYTES
    hint: str = "Make a zip of plain picture files in class folders, or give a folder."


PICTURES = Limits()


class ClassArchive:
    """A zip file whose members were checked; use it as a context manager.

    Reading is safe from several threads at once (`zipfile` locks its file).

    Args:
        path: The zip file.
        limits: What it may hold.

    Raises:
        DataError: It cannot be opened, or a member is not acceptable; the text names the member.
    """

    def __init__(self, path: Path, limits: Limits = PICTURES) -> None:
        self._path = path
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(path)
        except _READ_ERRORS as error:
            raise DataError(
                "{path} cannot be opened as a zip file: {reason}.",
                "Download or copy it again; unpack other archives into a folder and give that.",
                path=path,
                reason=_plain(error),
            ) from error
        try:
            self._members = self._checked_members()
        except DataError:
            self._zip.close()
            raise

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all regular files, with `/` between folders, in the zip's order."""
        return tuple(self._members)

    def size_bytes(self, name: str) -> int:
        """What one of `names` unpacks to."""
        return self._members[name].file_size

    def read(self, name: str) -> bytes:
        """Unpack one member into memory.

        Args:
            name: One of `names`.

        Returns:
            Its bytes, at most as many as its entry declares.

        Raises:
            DataError: It is damaged, or packed in a way that is not supported.
        """
        info = self._members[name]
        try:
            with self._zip.open(info) as member:
                # With its length given, zipfile unpacks no more than that: a member that lies about its
                # size then fails its checksum instead of filling the memory.
                content = member.read(info.file_size)
        except _READ_ERRORS as error:
            raise DataError(
                "{member} in the zip is damaged: {reason}.",
                "Download or copy {path} again.",
                member=name,
                reason=_plain(error),
                path=self._path,
            ) from error
        if len(content) != info.file_size:
            raise DataError(
                "{member} in the zip is cut off.",
                "Download or copy {path} again.",
                member=name,
                path=self._path,
            )
        return content

    def close(self) -> None:
        """Close the file; nothing can be read afterwards."""
        self._zip.close()

    def __enter__(self) -> ClassArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _checked_members(self) -> dict[str, zipfile.ZipInfo]:
        entries = self._zip.infolist()
        if len(entries) > self._limits.members:
            raise DataError(
                "{path} has {count} members; at most {limit} are read.",
                self._limits.hint,
                path=self._path,
                count=len(entries),
                limit=self._limits.members,
            )
        members: dict[str, zipfile.ZipInfo] = {}
        total_bytes = 0
        for info in entries:
            reason = _refusal(info)
            total_bytes += info.file_size
            if not reason and total_bytes > self._limits.total_bytes:
                reason = f"with it the zip unpacks to more than {self._limits.total_bytes / 2**30:,.0f} GiB"
            if reason:
                raise DataError(
                    "{path} is refused because of its member {member}: {reason}.",
                    self._limits.hint,
                    path=self._path,
                    member=info.filename,
                    reason=reason,
                )
            if not info.is_dir():
                members[info.filename.replace("\\", "/")] = info
        return members


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not acceptable, as half a sentence; empty where it is."""
    name = info.filename.replace("\\", "/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    # Archives made on Windows leave the Unix kind 0.
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link" if kind == stat.S_IFLNK else "it is not a regular file"
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return "its path is absolute"
    if ".." in name.split("/"):
        return "its path leads out of the archive"
    if info.flag_bits & _ENCRYPTED_FLAG:
        return "it is encrypted"
    if info.file_size > MAX_MEMBER_BYTES:
        return f"it unpacks to {info.file_size / 2**20:,.0f} MiB"
    if info.file_size > _RATIO_FREE_BYTES and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return (
            f"it unpacks to {info.file_size // max(1, info.compress_size):,} times its size, like a zip bomb"
        )
    return ""


def _plain(error: BaseException) -> str:
    """The error's own words without a full stop, for the middle of a sentence."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return (str(error) or type(error).__name__).rstrip(".")
