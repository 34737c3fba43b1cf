"""Lessons saved with all that they need, on the IO pool.

Called through `handlers/io_table.py` by the worker. Must not import torch at module level, nor Qt.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from explorer import paths
from explorer.engine.context import Context
from explorer.engine.handlers.lesson_facts import facts_of
from explorer.engine.handlers.lesson_file import (
    MANIFEST,
    LessonFile,
    LessonWriter,
    csv_of,
    named_as_lesson,
    opened,
    writing,
)
from explorer.engine.handlers.runs import metrics_of
from explorer.engine.lesson import (
    KNOWN,
    UNTRAINED,
    Lesson,
    LessonNet,
    LessonPicture,
    LessonRun,
    LessonWeights,
)
from explorer.engine.lesson_json import decode, encode
from explorer.engine.lesson_messages import LessonWritten, WriteLesson
from explorer.engine.messages import Event
from explorer.errors import ExplorerError, ImageError, LessonError, RunError, WeightsError
from explorer.files import sha256_of
from explorer.images.archive import MAX_MEMBER_BYTES
from explorer.images.load import Picture
from explorer.nets import catalogue
from explorer.runs.run import Run

MAX_PICTURE_BYTES = 64 * 2**20
_KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}


def write_lesson(request: WriteLesson, context: Context) -> Generator[Event, None, None]:
    """Write one file with pictures, curves and weights in it. What cannot be kept is said.

    Raises:
        LessonError: It cannot be written, or a part of it is longer than what is read.
        DataError: The file that it was opened from is damaged, or the new one would be too large.
    """
    path = named_as_lesson(Path(request.path))
    with writing(path) as file:
        with ExitStack() as stack:
            is_there = bool(request.lesson.members) and Path(request.source).is_file()
            source = stack.enter_context(opened(request.source)) if is_there else None
            packing = _Packing(request, context, source, file)
            lesson = packing.packed()
        text = encode(lesson)
        decode(text, path.name)  # better no file than one that nobody can open
        file.add(MANIFEST, text.encode())
    yield LessonWritten(
        ticket=request.ticket,
        path=str(path),
        lesson=lesson,
        facts=facts_of(lesson),
        image_ids=packing.image_ids,
        choices=request.choices,
        remarks=tuple(packing.remarks),
        source=request.source,
    )


class _Packing:
    """What becomes of one request.

    Args:
        request: What is to be kept.
        context: Where pictures and runs are.
        source: The file that the lesson was opened from; None for none.
        file: The new one; a member at a time is in memory.

    Attributes:
        remarks: Sentences on what could not be kept.
        image_ids: Of the pictures that were kept.
    """

    def __init__(
        self, request: WriteLesson, context: Context, source: LessonFile | None, file: LessonWriter
    ) -> None:
        self._request = request
        self._context = context
        self._source = source
        self._choices = dict(request.choices)
        self._file = file
        self.remarks: list[str] = []
        self.image_ids: tuple[int | None, ...] = ()

    def packed(self) -> Lesson:
        """The lesson, its parts in the file, without those that could not be kept."""
        before = self._request.lesson
        pictures: list[LessonPicture] = []
        ids: list[int | None] = []
        places: dict[int, int] = {}
        for place, (picture, image_id) in enumerate(
            zip(before.pictures, self._request.image_ids, strict=True)
        ):
            kept = self._picture(picture, image_id)
            if kept is not None:
                places[place] = len(pictures)
                pictures.append(kept)
                ids.append(image_id)
        self.image_ids = tuple(ids)
        runs = tuple(filter(None, map(self._run, before.runs)))
        weights = tuple(filter(None, map(self._weights, before.weights)))
        lesson = replace(before, pictures=tuple(pictures), runs=runs, weights=weights)
        return _without_lost(lesson, places)

    def _picture(self, picture: LessonPicture, image_id: int | None) -> LessonPicture | None:
        """A picture as it came, or as PNG where it came as something else."""
        if picture.sample:
            return picture
        try:
            if picture.file and self._source is not None:
                return self._added(picture, self._source.read(picture.file), picture.file.rpartition(".")[2])
            if image_id is None:
                raise ImageError("It was removed.")
            source = self._context.shelf.for_batch(image_id)
            if isinstance(source, Path):
                if source.parent == paths.resources_dir() / "samples":
                    return replace(picture, sample=source.name)
                content = source.read_bytes() if source.stat().st_size <= MAX_PICTURE_BYTES else b""
                kind = next((kind for start, kind in _KINDS.items() if content.startswith(start)), "")
                if kind:
                    return self._added(picture, content, kind)
                source = self._context.shelf.picture(image_id)
            return self._added(picture, _png(source), "png")
        except (ExplorerError, OSError) as error:
            self._lost(f"The picture {picture.name} is not in the lesson", error)
            return None

    def _added(self, picture: LessonPicture, content: bytes, kind: str) -> LessonPicture:
        file = f"images/{sum(name.startswith('images/') for name in self._file.names) + 1:03}.{kind}"
        self._file.add(file, content)
        return replace(picture, file=file)

    def _run(self, run: LessonRun) -> LessonRun | None:
        file = f"runs/{run.id}.csv"
        try:
            if run.file and self._source is not None:
                self._file.add(file, self._source.read(run.file))
            else:
                self._file.add(file, csv_of(metrics_of(run.id, self._context.store)))
        except ExplorerError as error:
            self._lost(f"The curves of the run {run.name or run.id} are not in the lesson", error)
            return None
        return replace(run, file=file)

    def _weights(self, weights: LessonWeights) -> LessonWeights | None:
        """Weights of the catalogue by their hash; a file's and a run's as a member."""
        choice = self._choices.get(weights.name)
        try:
            if weights.file and self._source is not None:
                content = self._source.weights(weights)
            elif choice is not None and choice.kind == "run":
                content = _safetensors(_left_by(self._context.store().run(choice.name)))
            elif choice is not None and choice.kind == "file":
                content = _safetensors(Path(choice.name))
            else:
                card = catalogue.by_name(weights.name)
                digest = card.sha256 or sha256_of(catalogue.obtain(card, allowed=False))
                return replace(weights, name=card.name, sha256=digest)
            if len(content) > MAX_MEMBER_BYTES:
                raise WeightsError("They have more than {most} MiB.", most=MAX_MEMBER_BYTES // 2**20)
        except (ExplorerError, OSError) as error:
            self._lost(f"The lesson has untrained weights instead of {weights.name}", error)
            return None
        plain = re.sub(r"[^\w-]", "-", Path(weights.name).stem)[:60] or "weights"
        file = f"weights/{plain}-{len(self._file.names)}.safetensors"
        self._file.add(file, content)
        return replace(weights, sha256=hashlib.sha256(content).hexdigest(), file=file)

    def _lost(self, what: str, error: Exception) -> None:
        if isinstance(error, LessonError):
            # The file itself is not what it should be: better no new lesson than a poorer one.
            raise error
        why = error.cause_text if isinstance(error, ExplorerError) else f"{error}."
        self.remarks.append(f"{what}: {why}")


def _left_by(run: Run) -> Path:
    """What a run ended with, or halted at.

    Raises:
        RunError: It is under way, or was cut off before it left any weights.
    """
    if run.left is None or run.standing == "running":
        raise RunError("This run has not ended: pause it or let it end, then save the lesson again.")
    return run.left


def _png(picture: Picture) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "png")
    return buffer.getvalue()


def _safetensors(path: Path) -> bytes:
    """A file of weights as safetensors: no lesson has a pickle in it.

    Raises:
        OSError: It cannot be read.
        WeightsError: It is no file of weights.
    """
    from safetensors.torch import save

    from explorer.nets.weight_files import read_weights

    found = read_weights(path)
    content = path.read_bytes()
    if content[8:9] == b"{" and not content.startswith(b"PK"):
        return content
    tensors = {key: value.clone().contiguous() for key, value in found.tensors.items()}
    return save(tensors, {"format": "pt"})


def _without_lost(lesson: Lesson, places: dict[int, int]) -> Lesson:
    """The lesson with untrained networks and no picture where theirs could not be kept.

    Args:
        lesson: With the weights that were kept.
        places: Of the pictures that were kept: the new ones by the old ones.
    """
    names = {KNOWN, UNTRAINED, *(weights.name for weights in lesson.weights)}

    def net(each: LessonNet) -> LessonNet:
        return each if each.weights in names else replace(each, weights=UNTRAINED)

    steps = []
    for step in lesson.steps:
        view = step.view
        if view is not None:
            view = replace(
                view,
                net=net(view.net),
                columns=tuple(map(net, view.columns)),
                picture=None if view.picture is None else places.get(view.picture),
            )
        steps.append(replace(step, view=view))
    return replace(lesson, steps=tuple(steps))
