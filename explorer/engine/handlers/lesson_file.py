"""A lesson's file: a zip with `lesson.json`, pictures, curves and weights, checked before anything is used.

Nothing in it is executed and nothing is unpickled. Called by `handlers/lessons.py`. Must not import torch at
module level, nor Qt.

    lesson.json             what `engine/lesson_json.py` reads and writes
    images/001.png, .jpg    pictures
    runs/ID.csv             a run's metrics: lines `step,name,value`
    weights/NAME.safetensors
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from explorer import paths
from explorer.engine.lesson import Lesson, LessonRun, LessonWeights
from explorer.engine.lesson_json import decode
from explorer.engine.lesson_messages import SUFFIX, TEXT_SUFFIX
from explorer.errors import LessonError
from explorer.files import written_whole
from explorer.images.archive import ClassArchive, Limits
from explorer.runs.names import MetricRow

MANIFEST = "lesson.json"
MAX_MANIFEST_BYTES = 16 * 2**20
MAX_ROWS = 5_000_000
AGAIN = "Copy or download the lesson again, or ask whoever made it."
LIMITS = Limits(members=2_000, total_bytes=2 * 2**30, hint=AGAIN)
_WHEN = (1980, 1, 1, 0, 0, 0)
"""Of every member: the same lesson makes the same bytes."""


class LessonFile:
    """A lesson and the members of its file.

    Attributes:
        path: The file.
        lesson: What it says.
    """

    def __init__(self, path: Path, archive: ClassArchive | None) -> None:
        self.path = path
        self._archive = archive
        if archive is None:
            text = _text(path)
        elif MANIFEST not in archive.names:
            raise LessonError("{path} is a zip, but no lesson: it has no lesson.json.", AGAIN, path=path)
        elif archive.size_bytes(MANIFEST) > MAX_MANIFEST_BYTES:
            raise _too_long(path)
        else:
            text = _decoded(archive.read(MANIFEST), path)
        self.lesson: Lesson = decode(text, path.name)
        present = set(archive.names) if archive is not None else set()
        for member in self.lesson.members:
            if member not in present:
                raise LessonError("{path} lacks {member}.", AGAIN, path=path, member=member)

    def size_bytes(self, member: str) -> int:
        """How large a member is."""
        assert self._archive is not None, "a lesson without members names none"
        return self._archive.size_bytes(member)

    def read(self, member: str) -> bytes:
        """A member's bytes.

        Raises:
            DataError: It is damaged.
        """
        assert self._archive is not None, "a lesson without members names none"
        return self._archive.read(member)

    def weights(self, weights: LessonWeights) -> bytes:
        """The bytes of weights that the lesson brings.

        Raises:
            LessonError: They are not those that it was made with.
            DataError: They are damaged.
        """
        content = self.read(weights.file)
        if hashlib.sha256(content).hexdigest() != weights.sha256:
            raise LessonError(
                "{member} in {path} is not what the lesson was made with: its SHA-256 is another.",
                AGAIN,
                member=weights.file,
                path=self.path,
            )
        return content

    def metrics(self, run: LessonRun) -> list[MetricRow]:
        """A run's metrics by step.

        Raises:
            LessonError: They cannot be read.
            DataError: They are damaged.
        """
        lines = csv.reader(io.StringIO(self.read(run.file).decode("utf-8", "replace")))
        rows: list[MetricRow] = []
        try:
            for step, name, value in lines:
                rows.append((int(step), name, float(value)))
                if len(rows) > MAX_ROWS:
                    raise ValueError("too many")
        except (ValueError, csv.Error) as error:
            raise LessonError(
                "The curves {member} in {path} cannot be read.", AGAIN, member=run.file, path=self.path
            ) from error
        return sorted({(step, name): (step, name, value) for step, name, value in rows}.values())


def shipped_names() -> list[str]:
    """The names of the lessons that ship with the program."""
    folder = paths.resources_dir() / "lessons"
    return sorted(path.name.removesuffix(TEXT_SUFFIX) for path in folder.glob(f"*{TEXT_SUFFIX}"))


@contextmanager
def opened(source: str) -> Iterator[LessonFile]:
    """A lesson by the name of one that ships with the program, or by its path.

    Raises:
        LessonError: There is none, or it cannot be read.
        DataError: Its zip is damaged or not acceptable.
    """
    if source in shipped_names():
        yield LessonFile(paths.resources_dir() / "lessons" / f"{source}{TEXT_SUFFIX}", None)
        return
    path = Path(source)
    if not path.is_file():
        raise LessonError("There is no lesson {path}.", "Check the path.", path=path)
    if path.name.lower().endswith(".json"):
        yield LessonFile(path, None)
        return
    if os.access(path, os.R_OK) and not zipfile.is_zipfile(path):
        raise LessonError("{path} is no lesson, or a part of one: it is not a whole zip.", AGAIN, path=path)
    with ClassArchive(path, LIMITS) as archive:
        yield LessonFile(path, archive)


class LessonWriter:
    """A lesson's file as it comes into being: each member is on the disk before the next is made.

    Args:
        archive: The new zip.
        path: Where it will be, for what is said.

    Attributes:
        names: Of the members so far.
    """

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path
        self._n_bytes = 0
        self.names: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        """Write a member.

        Raises:
            LessonError: It cannot be written, or all would be more than what is read.
        """
        self._n_bytes += len(content)
        if self._n_bytes > LIMITS.total_bytes:
            raise LessonError(
                "The lesson {path} would have more than {limit} MiB.",
                "Save it with fewer networks and pictures.",
                path=self._path,
                limit=LIMITS.total_bytes // 2**20,
            )
        info = zipfile.ZipInfo(name, _WHEN)
        # What is packed already, or hardly can be, is stored as it is.
        is_packed = name.endswith((".png", ".jpg", ".safetensors"))
        info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        info.external_attr = 0o100644 << 16
        try:
            self._archive.writestr(info, content)
        except OSError as error:
            raise _unwritten(self._path, error) from error
        self.names.append(name)


@contextmanager
def writing(path: Path) -> Iterator[LessonWriter]:
    """Make a lesson's file; an older one is replaced only when the new one is whole and on the disk.

    Args:
        path: The file.

    Raises:
        DataError: It would be more than what is read.
        LessonError: It cannot be written.
    """

    def is_readable(beside: Path) -> None:
        ClassArchive(beside, LIMITS).close()

    try:
        with (
            written_whole(path, is_readable) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            yield LessonWriter(archive, path)
    except OSError as error:
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> LessonError:
    return LessonError(
        "The lesson cannot be written to {path}: {reason}.",
        "Make room on the disk, or choose another folder.",
        path=path,
        reason=(error.strerror or str(error)).lower(),
    )


def csv_of(rows: Iterable[MetricRow]) -> bytes:
    """A run's metrics as a member."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((step, name, repr(value)) for step, name, value in rows)
    return text.getvalue().encode()


def named_as_lesson(path: Path) -> Path:
    """The path with the ending of a lesson's file."""
    if path.name.lower().endswith(TEXT_SUFFIX):
        return path.with_name(path.name[: -len(TEXT_SUFFIX)] + SUFFIX)
    return path if path.suffix.lower() == SUFFIX else path.with_name(path.name + SUFFIX)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise _too_long(path)
        return _decoded(path.read_bytes(), path)
    except OSError as error:
        raise LessonError(
            "{path} cannot be read: {reason}.",
            "Check the file's permissions.",
            path=path,
            reason=(error.strerror or str(error)).lower(),
        ) from error


def _decoded(content: bytes, path: Path) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LessonError("{path} is no lesson: its text is not UTF-8.", AGAIN, path=path) from error


def _too_long(path: Path) -> LessonError:
    return LessonError(
        "{path} is refused: its lesson.json has more than {limit} MiB.",
        AGAIN,
        path=path,
        limit=MAX_MANIFEST_BYTES // 2**20,
    )
