"""What was found beforehand in trained weights, in a file beside them: `NAME.findings.json`.

Linear probes, the lesion sweep, the residual meter with figure 7's numbers, and the confusion matrix take
minutes on a CPU; for the weights that ship with the program they are computed once, by `resnet-explorer
findings`. Called by `cli`, the engine's handlers and the window. Must not import torch.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import WeightsError
from explorer.files import write_json
from explorer.nets.catalogue import FINDINGS_SUFFIX, WeightsCard
from explorer.nets.insights import BlockLesion, BlockMeter, Knowledge, LayerResponse, ResidualMeter, Sweep
from explorer.nets.linear_probe import LinearProbe

SCHEMA_VERSION = 1
DIGITS = 7
"""Significant digits of every number: those that float32 has."""
_AGAIN = "Compute them again: `resnet-explorer findings NET --data DATA --out FILE`."


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What a network does with a set of test pictures; compared by identity.

    Attributes:
        weights: The weights' name.
        weights_sha256: Of the file they are in, 64 hex digits.
        data: The pictures, in words.
        images: How many there were.
        date: When it was found, as 2026-11-21.
        classes: Class names by label.
        confusion: int64 (classes, classes), rows by truth, columns by answer, read-only.
        sweep: Accuracy and loss, intact and without each block.
        meter: ‖F(x)‖/‖x‖ a block, and the standard deviation of each layer's response.
        probes: A linear classifier a block; arrays are read-only.
    """

    weights: str
    weights_sha256: str
    data: str
    images: int
    date: str
    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    sweep: Sweep
    meter: ResidualMeter
    probes: tuple[LinearProbe, ...]


def findings_path(weights: Path) -> Path:
    """Where the findings of a weights file are."""
    return weights.with_name(weights.stem + FINDINGS_SUFFIX)


def findings_for(card: WeightsCard) -> Findings | None:
    """What was found beforehand in the weights of a card; None where nothing ships with them.

    Raises:
        WeightsError: The file is damaged, or is of other weights.
    """
    if card.path is None or not findings_path(card.path).is_file():
        return None
    return read_findings(findings_path(card.path), card.sha256)


def read_findings(path: Path, weights_sha256: str) -> Findings:
    """Read findings and make sure that they are of the weights in use.

    Args:
        path: The file.
        weights_sha256: Of the weights in use.

    Raises:
        WeightsError: The file cannot be read, is damaged, or is of other weights.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        if values["schema"] != SCHEMA_VERSION:
            raise ValueError(f"its schema is {values['schema']}, not {SCHEMA_VERSION}")
        found = _findings(values)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            "The findings {path} are damaged: {reason}.",
            _AGAIN,
            path=path,
            reason=f"they lack {error}" if isinstance(error, KeyError) else str(error).rstrip("."),
        ) from error
    if found.weights_sha256 != weights_sha256:
        raise WeightsError(
            "The findings {path} are of other weights: {theirs}…, not {ours}….",
            _AGAIN,
            path=path,
            theirs=found.weights_sha256[:12],
            ours=weights_sha256[:12],
        )
    return found


def write_findings(path: Path, found: Findings) -> None:
    """Write findings, numbers with `DIGITS` significant digits; a reader sees the old file or the new one.

    Raises:
        OSError: It cannot be written.
    """
    values = {
        "schema": SCHEMA_VERSION,
        "weights": found.weights,
        "weights_sha256": found.weights_sha256,
        "data": found.data,
        "images": found.images,
        "date": found.date,
        "classes": found.classes,
        "confusion": found.confusion,
        "sweep": asdict(found.sweep),
        "meter": asdict(found.meter),
        "probes": [asdict(probe) for probe in found.probes],
    }
    write_json(path, _plain(values))


def _plain(value: Any) -> Any:
    """JSON's own types, with rounded numbers."""
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def _findings(values: Mapping[str, Any]) -> Findings:
    classes = tuple(map(str, values["classes"]))
    confusion = _array(values["confusion"], np.int64, (len(classes), len(classes)))
    return Findings(
        weights=str(values["weights"]),
        weights_sha256=str(values["weights_sha256"]),
        data=str(values["data"]),
        images=int(values["images"]),
        date=str(values["date"]),
        classes=classes,
        confusion=confusion,
        sweep=_sweep(values["sweep"]),
        meter=_meter(values["meter"]),
        probes=tuple(_probe(part, len(classes)) for part in values["probes"]),
    )


def _sweep(values: Mapping[str, Any]) -> Sweep:
    blocks = tuple(
        BlockLesion(
            str(part["key"]), Knowledge(**part["knowledge"]) if part["knowledge"] else None, part["reason"]
        )
        for part in values["blocks"]
    )
    return Sweep(Knowledge(**values["intact"]), blocks, int(values["images"]))


def _meter(values: Mapping[str, Any]) -> ResidualMeter:
    return ResidualMeter(
        tuple(BlockMeter(**part) for part in values["blocks"]),
        tuple(LayerResponse(**part) for part in values["layers"]),
        int(values["images"]),
    )


def _probe(values: Mapping[str, Any], n_classes: int) -> LinearProbe:
    known = _array(values["classes"], np.int64, None)
    if not (known.ndim == 1 and len(known) and known.min() >= 0 and known.max() < n_classes):
        raise ValueError(f"the probe {values['key']} knows classes that are none")
    mean = _array(values["mean"], np.float64, None)
    return LinearProbe(
        key=str(values["key"]),
        classes=known,
        accuracy=float(values["accuracy"]),
        n_held_out=int(values["n_held_out"]),
        n_trained=int(values["n_trained"]),
        mean=mean,
        scale=_array(values["scale"], np.float64, mean.shape),
        weights=_array(values["weights"], np.float64, (len(known), *mean.shape)),
        bias=_array(values["bias"], np.float64, (len(known),)),
    )


def _array(values: object, dtype: type, shape: tuple[int, ...] | None) -> NDArray[Any]:
    array: NDArray[Any] = np.array(values, dtype)
    if shape is not None and array.shape != shape:
        raise ValueError(f"numbers of shape {array.shape} stand where {shape} belongs")
    array.setflags(write=False)
    return array
