"""Lessons as JSON texts: written plainly, read with every part checked.

Called by `engine/handlers/lessons.py` and by tests. Must not import torch or Qt.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any, cast, get_args

from explorer.arch.expand import expand
from explorer.arch.lesions import Lesions, check
from explorer.arch.presets import preset_name
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.lesson import (
    KNOWN,
    MAX_STEPS,
    UNTRAINED,
    Lesson,
    LessonForm,
    LessonNet,
    LessonPicture,
    LessonRun,
    LessonStep,
    LessonView,
    LessonWeights,
    Trial,
)
from explorer.engine.lesson_reader import Reader, Refused
from explorer.errors import ExplorerError, LessonError
from explorer.present.colouring import USUAL_COLOURING, Colouring, PaletteChoice, ScaleChoice

SCHEMA = 1
MAX_COLUMNS = 8
MAX_FOLDS = 5_000
MAX_BLOCKS = 10_000
"""Of all different networks in view together: each is drawn up to be checked, so many in some seconds."""
_MEMBER = {
    "pictures": re.compile(r"images/[\w-]{1,80}\.(png|jpg)"),
    "weights": re.compile(r"weights/[\w-][\w.-]{0,120}\.safetensors"),
    "runs": re.compile(r"runs/[\w-][\w.-]{0,120}\.csv"),
}
_RUN_ID = re.compile(r"[\w-]{1,80}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENDINGS = ("finished", "stopped", "failed")
_DAMAGED = "Copy or download the lesson again, or ask whoever made it."


def encode(lesson: Lesson) -> str:
    """The text of a lesson."""
    data = {
        "schema": SCHEMA,
        "title": lesson.title,
        "start": lesson.start,
        "steps": [_step_data(step) for step in lesson.steps],
        "pictures": [asdict(picture) for picture in lesson.pictures],
        "weights": [asdict(weights) for weights in lesson.weights],
        "runs": [
            {
                **{name: getattr(run, name) for name in ("id", "name", "note", "data", "created", "status")},
                "spec": _spec_data(run.spec),
                "plan": json.loads(run.plan.to_json()),
                "summary": dict(run.summary),
                "file": run.file,
            }
            for run in lesson.runs
        ],
        "form": None
        if lesson.form is None
        else {
            "data": lesson.form.data,
            "recipe": lesson.form.recipe,
            "plan": json.loads(lesson.form.plan.to_json()),
            "chosen": sorted(lesson.form.chosen),
        },
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _step_data(step: LessonStep) -> dict[str, Any]:
    return {
        "heading": step.heading,
        "text": step.text,
        "view": None if step.view is None else _view_data(step.view),
        "trials": [asdict(trial) for trial in step.trials],
        "note": step.note,
    }


def _view_data(view: LessonView) -> dict[str, Any]:
    return {
        "net": _net_data(view.net),
        "selected": view.selected,
        "unfolded": None if view.unfolded is None else sorted(view.unfolded),
        "bypassed": sorted(view.lesions.bypassed),
        "exchanged": [list(pair) for pair in view.lesions.exchanged],
        "columns": [_net_data(net) for net in view.columns],
        "share": view.share,
        "pair": None if view.pair is None else list(view.pair),
        "is_subtracted": view.is_subtracted,
        "colouring": asdict(view.colouring),
        "topic": view.topic,
        "docks": list(view.docks),
        "picture": view.picture,
        "channel": view.channel,
    }


def _net_data(net: LessonNet) -> dict[str, Any]:
    return {"spec": _spec_data(net.spec), "weights": net.weights, "seed": net.seed}


def _spec_data(spec: ArchitectureSpec) -> object:
    """A preset by its name, any other architecture as a spec file has it."""
    return preset_name(spec) or json.loads(spec.to_json())


def decode(text: str, name: str) -> Lesson:
    """A lesson from its text.

    Args:
        text: JSON.
        name: What the lesson's file is called, for errors.

    Raises:
        LessonError: It is not a lesson, a part of it cannot be, or a newer program made it.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LessonError("{name} is no lesson: it is not JSON.", _DAMAGED, name=name) from error
    if not isinstance(data, dict) or "steps" not in data:
        raise LessonError("{name} is no lesson: it has no steps.", _DAMAGED, name=name)
    version = data.get("schema")
    if isinstance(version, int) and version > SCHEMA:
        raise LessonError(
            "{name} was made by a newer program: it has format {version}, this one reads up to {known}.",
            "Update the program, then open it again.",
            name=name,
            version=str(version)[:20],
            known=SCHEMA,
        )
    reader = Reader(data, "")
    try:
        if version != SCHEMA:
            raise reader.refused("schema", f"is {repr(version)[:80]}, not {SCHEMA}")
        return _lesson(reader)
    except Refused as error:
        raise LessonError(
            "{name} cannot be opened: {place} {reason}.",
            _DAMAGED,
            name=name,
            place=error.place,
            reason=error.reason,
        ) from error


def _lesson(reader: Reader) -> Lesson:
    pictures = reader.each("pictures", _picture)
    weights = reader.each("weights", _weights)
    runs = reader.each("runs", _run)
    names = {KNOWN, UNTRAINED, *(each.name for each in weights)}
    if len(names) != len(weights) + 2:
        raise reader.refused("weights", "have a name twice")
    if len({run.id for run in runs}) != len(runs):
        raise reader.refused("runs", "have an id twice")
    specs: set[ArchitectureSpec] = set()
    steps = reader.each("steps", lambda step: _step(step, frozenset(names), len(pictures), specs), MAX_STEPS)
    if not steps:
        raise reader.refused("steps", "are none")
    return Lesson(
        title=reader.text("title", most=200),
        steps=steps,
        start=reader.whole("start", 0, 0, len(steps) - 1),
        pictures=pictures,
        weights=weights,
        runs=runs,
        form=_form(reader.inside("form")) if reader.has("form") else None,
    )


def _step(
    reader: Reader, weights: frozenset[str], n_pictures: int, specs: set[ArchitectureSpec]
) -> LessonStep:
    return LessonStep(
        heading=reader.text("heading", most=200),
        text=reader.text("text", ""),
        view=_view(reader.inside("view"), weights, n_pictures, specs) if reader.has("view") else None,
        trials=reader.each(
            "trials",
            lambda trial: Trial(trial.text("text"), trial.text("control", ""), trial.text("dock", "")),
            MAX_STEPS,
        ),
        note=reader.text("note", ""),
    )


def _view(
    reader: Reader, weights: frozenset[str], n_pictures: int, specs: set[ArchitectureSpec]
) -> LessonView:
    net = _net(reader.inside("net"), weights)
    specs.add(net.spec)
    if sum(sum(spec.stage_depths) for spec in specs) > MAX_BLOCKS:
        raise reader.refused("net", f"is too much: the lesson's networks have over {MAX_BLOCKS:,} blocks")
    columns = reader.each("columns", lambda column: _net(column, weights), MAX_COLUMNS)
    graph = expand(net.spec)
    selected = reader.text("selected", graph.nodes[-1].key)
    if selected not in graph.by_key:
        raise reader.refused("selected", f"is {selected[:80]!r}, which is no node of the network")
    return LessonView(
        net=net,
        selected=selected,
        unfolded=frozenset(reader.texts("unfolded", MAX_FOLDS)) if reader.has("unfolded") else None,
        lesions=_lesions(reader, net.spec),
        columns=columns,
        share=reader.number("share", 0.5, 0.0, 1.0),
        pair=_pair(reader, len(columns)),
        is_subtracted=reader.flag("is_subtracted"),
        colouring=_colouring(reader.inside("colouring")) if reader.has("colouring") else USUAL_COLOURING,
        topic=reader.text("topic", "", 80),
        docks=reader.texts("docks", MAX_STEPS),
        picture=reader.whole("picture", 0, 0, n_pictures - 1) if reader.has("picture") else None,
        channel=reader.whole("channel", 0, 0, 2**20) if reader.has("channel") else None,
    )


def _net(reader: Reader, weights: frozenset[str]) -> LessonNet:
    name = reader.text("weights", KNOWN)
    if name not in weights:
        raise reader.refused("weights", f"are {name[:80]!r}, which the lesson does not have")
    return LessonNet(reader.spec("spec"), name, reader.whole("seed", 0, 0, 2**63 - 1))


def _lesions(reader: Reader, spec: ArchitectureSpec) -> Lesions:
    pairs = reader.items("exchanged", MAX_FOLDS)
    exchanged = []
    for pair in pairs:
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(key, str) for key in pair)):
            raise reader.refused("exchanged", "holds something that is no pair of blocks")
        exchanged.append((str(pair[0]), str(pair[1])))
    lesions = Lesions(frozenset(reader.texts("bypassed", MAX_FOLDS)), tuple(exchanged))
    try:
        check(expand(spec), lesions)
    except ExplorerError as error:
        raise reader.refused("bypassed", f"do not fit: {error.cause_text.rstrip('.')}") from error
    return lesions


def _colouring(reader: Reader) -> Colouring:
    usual = USUAL_COLOURING
    scale = reader.choice("scale", usual.scale, get_args(ScaleChoice))
    palette = reader.choice("palette", usual.palette, get_args(PaletteChoice))
    return Colouring(cast("ScaleChoice", scale), cast("PaletteChoice", palette))


def _pair(reader: Reader, n_columns: int) -> tuple[int, int] | None:
    if not reader.has("pair"):
        return None
    pair = reader.items("pair", 2)
    places = [place for place in pair if type(place) is int and 0 <= place < n_columns]
    if len(places) != 2 or places[0] == places[1]:
        raise reader.refused("pair", "are not two of the columns")
    return places[0], places[1]


def _picture(reader: Reader) -> LessonPicture:
    sample, file = reader.text("sample", "", 80), reader.member("pictures", _MEMBER["pictures"], "")
    if bool(sample) == bool(file) or "/" in sample or "\\" in sample:
        raise reader.refused("file", "says neither a sample nor a picture of the lesson")
    return LessonPicture(reader.text("name", most=300), sample, file)


def _weights(reader: Reader) -> LessonWeights:
    weights = LessonWeights(
        name=reader.text("name", most=300),
        sha256=reader.text("sha256", ""),
        file=reader.member("weights", _MEMBER["weights"], ""),
        run=reader.text("run", "", 80),
    )
    if not (_SHA256.fullmatch(weights.sha256) or (not weights.sha256 and not weights.file)):
        raise reader.refused("sha256", "is not 64 hexadecimal digits")
    if weights.run and not _RUN_ID.fullmatch(weights.run):
        raise reader.refused("run", "is no run's id")
    return weights


def _run(reader: Reader) -> LessonRun:
    run_id, status = reader.text("id", most=80), reader.text("status", "finished")
    if not _RUN_ID.fullmatch(run_id):
        raise reader.refused("id", "is no run's id")
    if status not in _ENDINGS:
        raise reader.refused("status", f"is {status[:80]!r}")
    return LessonRun(
        id=run_id,
        name=reader.text("name", "", 300),
        note=reader.text("note", ""),
        spec=reader.spec("spec"),
        plan=reader.plan("plan"),
        data=reader.text("data", most=300),
        created=reader.number("created", None, 0, 1e11),
        status=status,
        summary=tuple(reader.numbers("summary").items()),
        file=reader.member("runs", _MEMBER["runs"]),
    )


def _form(reader: Reader) -> LessonForm:
    return LessonForm(
        data=reader.text("data", most=300),
        recipe=reader.text("recipe", "", 80),
        plan=reader.plan("plan"),
        chosen=frozenset(reader.texts("chosen")),
    )
