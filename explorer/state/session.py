"""What is kept from one start to the next, as JSON: document, comparison, forms, settings.

Encodes and decodes only. The window writes the text; `state` never touches files. Must not import torch or
Qt.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict
from typing import Any, get_args

from explorer.arch import spec as specs
from explorer.arch.budget import Budget, Hold, Vary
from explorer.arch.expand import expand
from explorer.engine.values import FIRST_VALUES, KNOWN_WEIGHTS, WeightsChoice
from explorer.errors import RunError, SpecError
from explorer.present.colouring import USUAL_COLOURING, Colouring, PaletteChoice, ScaleChoice
from explorer.state.compare import MAX_COLUMNS, Column, CompareState, PairMode
from explorer.state.learning import Bin, Kept, TeachState, TrainingForm
from explorer.state.model import AppState, Document
from explorer.state.settings import ColourScheme, Settings
from explorer.training import plan as plans
from explorer.training.recipes import DEFAULT_RECIPE, RECIPES

VERSION = 1
_COLUMN_NAME = re.compile("c[0-9]{1,9}")
"""Any other could be that of the network in view."""


def encode(state: AppState) -> str:
    """The text of a session file."""
    document = state.document
    data = {
        "version": VERSION,
        "document": {
            "spec": json.loads(document.spec.to_json()),
            "weights": asdict(document.weights),
            "seed": document.seed,
            "selected": document.selected,
            "unfolded": None if document.unfolded is None else sorted(document.unfolded),
            "budget": None if document.budget is None else asdict(document.budget),
            "columns": [
                {
                    "name": column.name,
                    "spec": json.loads(column.spec.to_json()),
                    "weights": asdict(column.weights),
                    "seed": column.seed,
                }
                for column in document.columns
            ],
        },
        "compare": {
            "share": state.compare.share,
            "pair": None if state.compare.pair is None else list(state.compare.pair),
            "pair_mode": state.compare.pair_mode,
            "colouring": asdict(state.compare.colouring),
        },
        "form": {
            "data": state.form.data,
            "recipe": state.form.recipe,
            "plan": json.loads(state.form.plan.to_json()),
            "chosen": sorted(state.form.chosen),
            "starts_from": state.form.starts_from.kind,
        },
        "teach": {
            "name": state.teach.name,
            "bins": [{"name": one.name, "pictures": _kept(state.teach, one)} for one in state.teach.bins],
        },
        "settings": asdict(state.settings),
    }
    return json.dumps(data, indent=1)


def _kept(teach: TeachState, one: Bin) -> list[tuple[str, str]]:
    """Path and name of the pictures of a class that outlast the session: those that were taught."""
    taught = (teach.kept[image_id] for image_id in one.image_ids if image_id in teach.kept)
    return [(each.path, each.name) for each in (*taught, *one.unread)]


def is_other(old: AppState, new: AppState) -> bool:
    """Whether something that is kept differs."""
    looks = [
        (compare.share, compare.pair, compare.pair_mode, compare.colouring)
        for compare in (old.compare, new.compare)
    ]
    return (
        old.document is not new.document
        or old.settings is not new.settings
        or old.form is not new.form
        or old.teach is not new.teach
        or looks[0] != looks[1]
    )


def decode(text: str) -> AppState:
    """The state of a fresh window from a session file's text.

    A session is a comfort, not a document: whatever cannot be read falls back to the usual.
    """
    try:
        data = json.loads(text)
    except ValueError:
        return AppState()
    if not isinstance(data, dict) or data.get("version") != VERSION:
        return AppState()
    document = _document(data.get("document"))
    return AppState(
        document=document,
        compare=_compare(data.get("compare"), frozenset(column.name for column in document.columns)),
        form=_form(data.get("form")),
        teach=_teach(data.get("teach")),
        settings=_settings(data.get("settings")),
    )


def _document(data: object) -> Document:
    if not isinstance(data, dict):
        return Document()
    try:
        spec = specs.parse(data["spec"])
        weights = WeightsChoice(**data["weights"])
        unfolded = data["unfolded"]
        selected = str(data["selected"])
        return Document(
            spec=spec,
            weights=weights,
            seed=int(data["seed"]),
            selected=selected if selected in expand(spec).by_key else Document().selected,
            unfolded=None if unfolded is None else frozenset(map(str, unfolded)),
            budget=_budget(data.get("budget")),
            columns=_columns(data.get("columns")),
        )
    except (KeyError, TypeError, ValueError, SpecError):
        return Document()


def _columns(data: object) -> tuple[Column, ...]:
    """Those that can be read, each name once."""
    found: dict[str, Column] = {}
    for entry in data if isinstance(data, list) else ():
        try:
            column = _column(entry)
        except (KeyError, TypeError, ValueError, SpecError):
            continue
        if _COLUMN_NAME.fullmatch(column.name):
            found.setdefault(column.name, column)
    return tuple(found.values())[:MAX_COLUMNS]


def _column(data: dict[str, Any]) -> Column:
    weights = WeightsChoice(**data["weights"])
    return Column(str(data["name"]), specs.parse(data["spec"]), weights, int(data["seed"]))


def _compare(data: object, names: frozenset[str]) -> CompareState:
    """How the columns of these names were looked at."""
    usual = CompareState()
    if not isinstance(data, dict):
        return usual
    share: Any = data.get("share")
    pair: Any = data.get("pair")
    mode: Any = data.get("pair_mode")
    is_place = isinstance(share, int | float) and math.isfinite(share)
    is_pair = isinstance(pair, list) and len(pair) == len(set(map(str, pair)) & names) == 2
    return CompareState(
        share=min(max(float(share), 0.0), 1.0) if is_place else usual.share,
        chosen_pair=(str(pair[0]), str(pair[1])) if is_pair else None,
        pair_mode=mode if mode in get_args(PairMode) else usual.pair_mode,
        colouring=_colouring(data.get("colouring")),
    )


def _colouring(data: object) -> Colouring:
    usual = USUAL_COLOURING
    if not isinstance(data, dict):
        return usual
    scale: Any = data.get("scale")
    palette: Any = data.get("palette")
    return Colouring(
        scale=scale if scale in get_args(ScaleChoice) else usual.scale,
        palette=palette if palette in get_args(PaletteChoice) else usual.palette,
    )


def _form(data: object) -> TrainingForm:
    if not isinstance(data, dict):
        return TrainingForm()
    try:
        recipe = str(data["recipe"])
        plan = plans.parse(data["plan"])
        return TrainingForm(
            data=str(data["data"]),
            recipe=recipe if recipe in RECIPES else DEFAULT_RECIPE,
            plan=plan,
            chosen=frozenset(map(str, data["chosen"])) & type(plan).model_fields.keys(),
            starts_from=FIRST_VALUES if data["starts_from"] == FIRST_VALUES.kind else KNOWN_WEIGHTS,
        )
    except (KeyError, TypeError, RunError):
        return TrainingForm()


def _teach(data: object) -> TeachState:
    if not isinstance(data, dict):
        return TeachState()
    try:
        bins = tuple(
            Bin(str(one["name"]), unread=tuple(Kept(str(path), str(name)) for path, name in one["pictures"]))
            for one in data["bins"]
        )
        return TeachState(name=str(data["name"]), bins=bins)
    except (KeyError, TypeError, ValueError):
        return TeachState()


def _budget(data: object) -> Budget | None:
    if not isinstance(data, dict):
        return None
    hold, vary = data["hold"], data["vary"]
    known = hold in get_args(Hold) and vary in get_args(Vary)
    return Budget(hold, int(data["target"]), vary) if known else None


def _settings(data: object) -> Settings:
    if not isinstance(data, dict):
        return Settings()
    usual = Settings()
    scheme: Any = data.get("colour_scheme")
    return Settings(
        colour_scheme=scheme if scheme in get_args(ColourScheme) else usual.colour_scheme,
        device=_text(data, "device", usual.device),
        recent=_texts(data.get("recent")),
        layout=_text(data, "layout", ""),
        geometry=_text(data, "geometry", ""),
        recent_data=_texts(data.get("recent_data")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _text(data: dict[str, Any], name: str, usual: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else usual
