"""Lessons opened, and their weights kept, on the IO pool.

Called through `handlers/io_table.py` by the worker. Must not import torch at module level, nor Qt.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

from explorer import paths
from explorer.engine.context import Context
from explorer.engine.handlers.lesson_facts import facts_of
from explorer.engine.handlers.lesson_file import LessonFile, opened
from explorer.engine.handlers.pictures import read_pictures
from explorer.engine.lesson import Lesson, LessonPicture, LessonRun, LessonWeights
from explorer.engine.lesson_messages import (
    LessonRead,
    LessonWeightsTaken,
    ReadLesson,
    TakeLessonWeights,
)
from explorer.engine.messages import Event, LoadedPicture, WeightsChoice
from explorer.errors import LessonError, RunError, WeightsError
from explorer.files import sha256_of, written_whole
from explorer.nets import catalogue
from explorer.nets.catalogue import WeightsCard
from explorer.runs.run import Run

UNTRAINED_CHOICE = WeightsChoice("untrained")


def read_lesson(request: ReadLesson, context: Context) -> Generator[Event, None, None]:
    """Read one, put its pictures on the shelf, and say which of its weights are to be had here.

    Raises:
        LessonError: It cannot be read, or its weights are not those that it was made with.
        DataError: Its zip is damaged or not acceptable.
    """
    choices: list[tuple[str, WeightsChoice]] = []
    offered: list[LessonWeights] = []
    remarks: list[str] = []
    offered_bytes = 0
    with opened(request.source) as file:
        lesson = file.lesson
        for weights in lesson.weights:
            choice, remark = _choice(weights, file, context)
            if choice is None:
                offered.append(weights)
                offered_bytes += file.size_bytes(weights.file)
            choices.append((weights.name, choice or UNTRAINED_CHOICE))
            remarks += [remark] * bool(remark)
        pictures = tuple(_picture(picture, file, context, remarks) for picture in lesson.pictures)
    yield LessonRead(
        ticket=request.ticket,
        source=request.source,
        lesson=lesson,
        pictures=pictures,
        facts=facts_of(lesson),
        choices=tuple(choices),
        offered=tuple(offered),
        offered_bytes=offered_bytes,
        remarks=tuple(remarks),
    )


def take_lesson_weights(request: TakeLessonWeights, context: Context) -> Generator[Event, None, None]:
    """Keep weights that came with a lesson, with the runs that they ended.

    Raises:
        LessonError: The lesson cannot be read any more, or this machine cannot keep them.
        DataError: Its zip is damaged or not acceptable.
        RunError: The store of runs cannot be written.
        WeightsError: They are no weights.
    """
    choices = []
    with opened(request.path) as file:
        runs = {run.id: run for run in file.lesson.runs}
        for weights in file.lesson.weights:
            if weights.name in request.names and weights.file:
                content = file.weights(weights)
                run = runs.get(weights.run)
                choice = _kept_run(run, weights, content, file, context) if run is not None else None
                choices.append((weights.name, choice or _kept_file(weights, content)))
    yield LessonWeightsTaken(ticket=request.ticket, path=request.path, choices=tuple(choices))


def _picture(
    picture: LessonPicture, file: LessonFile, context: Context, remarks: list[str]
) -> LoadedPicture | None:
    samples = paths.resources_dir() / "samples"
    source = str(samples / picture.sample) if picture.sample else file.read(picture.file)
    (loaded,) = read_pictures([(source, picture.name)], context)
    if isinstance(loaded, LoadedPicture):
        return loaded
    remarks.append(f"{loaded.cause} {loaded.hint}".strip())
    return None


def _choice(weights: LessonWeights, file: LessonFile, context: Context) -> tuple[WeightsChoice | None, str]:
    """What weights of the lesson are here: None where they wait for a yes; and what is to be said."""
    if not weights.file:
        return _card_choice(weights)
    file.weights(weights)
    for card in catalogue.all_cards():
        if card.sha256 == weights.sha256:
            return WeightsChoice("named", card.name), ""
    if weights.run:
        try:
            run = context.store().run(weights.run)
        except RunError:
            run = None
        is_here = run is not None and run.id == weights.run and run.deleted is None
        if run is not None and is_here and run.left is not None and _is(run.left, weights):
            return WeightsChoice("run", run.id), ""
    kept = _place(weights)
    return (WeightsChoice("file", str(kept)) if _is(kept, weights) else None), ""


def _card_choice(weights: LessonWeights) -> tuple[WeightsChoice, str]:
    try:
        card = catalogue.by_name(weights.name)
    except WeightsError:
        return UNTRAINED_CHOICE, f"This program has no weights {weights.name}: their networks are untrained."
    if not catalogue.is_present(card):
        return UNTRAINED_CHOICE, (
            f"The weights {card.title} are not on this machine: their networks are untrained until you get "
            "them with Network › Weights…"
        )
    choice = WeightsChoice("named", card.name)
    if weights.sha256 and not weights.sha256.startswith(_promised(card)):
        return choice, (
            f"The lesson was made with other weights {card.name} than this program has (their SHA-256 "
            "differs): numbers may differ a little."
        )
    return choice, ""


def _promised(card: WeightsCard) -> str:
    return card.sha256 or (card.resource.sha256 if card.resource is not None else "")


def _is(path: Path, weights: LessonWeights) -> bool:
    try:
        return path.is_file() and sha256_of(path) == weights.sha256
    except OSError:
        return False


def _place(weights: LessonWeights) -> Path:
    """Where weights that came with a lesson are kept once they were taken."""
    return paths.data_dir() / "lessons" / weights.sha256[:16] / Path(weights.file).name


def _kept_file(weights: LessonWeights, content: bytes) -> WeightsChoice:
    path = _place(weights)
    _keep(path, content)
    return WeightsChoice("file", str(path))


def _kept_run(
    run: LessonRun, weights: LessonWeights, content: bytes, file: LessonFile, context: Context
) -> WeightsChoice | None:
    """The run with its weights in the store; None where another of its name, or the unfinished, is."""
    lesson: Lesson = file.lesson
    kept = Run(
        id=run.id,
        created=run.created,
        updated=run.created,
        status="finished" if run.status == "finished" else "stopped",
        spec=run.spec.to_json(),
        plan=run.plan.to_json(),
        data=run.data,
        origin=json.dumps({"seed": run.plan.seed, "lesson": lesson.title}),
        summary=json.dumps(dict(run.summary)),
        name=run.name,
        note=run.note or f"Came with the lesson {lesson.title}.",
    )
    is_other = kept.has_weights and not _is(kept.weights, weights)
    if is_other or (kept.has_checkpoint and not kept.has_weights):
        return None
    rows = file.metrics(run)
    _keep(kept.weights, content)
    context.store().adopt(kept, rows)
    return WeightsChoice("run", run.id)


def _keep(path: Path, content: bytes) -> None:
    """Write a file of weights whole or not at all, once it is known to be one.

    Raises:
        LessonError: It cannot be written.
        WeightsError: It is none.
    """
    from explorer.nets.weight_files import read_header

    try:
        with written_whole(path, check=read_header) as file:
            file.write(content)
    except OSError as error:
        raise LessonError(
            "The weights cannot be kept in {path}: {reason}.",
            "Make room on the disk, then take them again.",
            path=path,
            reason=(error.strerror or str(error)).lower(),
        ) from error
