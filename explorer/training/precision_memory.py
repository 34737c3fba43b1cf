"""The precisions that were measured before: a measurement takes seconds, and its answer is the same tomorrow.

Called by `training/prepare.py` and `training/rate.py`. The memory is a small file among what can be computed
again; where it is broken or cannot be written, precisions are measured as if there were none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from explorer import paths
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SetupError
from explorer.files import read_json, write_json
from explorer.nets.device import memory
from explorer.training.fields import LayoutChoice, PrecisionChoice
from explorer.training.precision import Precision, candidates, choose_precision

FILE = "precision.json"
MOST = 500
"""Measurements that are kept, the newest."""
_STEP = "gradients in the order of their maps"
"""How a measured step is taken: another text wherever it takes another time than before."""


def remembered_precision(
    spec: ArchitectureSpec,
    make_model: Callable[[], nn.Module],
    device: torch.device,
    batch_size: int,
    precision: PrecisionChoice = "auto",
    layout: LayoutChoice = "auto",
) -> Generator[None, None, Precision]:
    """As `choose_precision`, but what was measured before on such a device is not measured again.

    Args:
        spec: The network; with the batch size, the device, its threads and torch's version it says whether
            this is the same measurement.
        make_model: Makes the network on the device.
        device: Where it runs.
        batch_size: Of the training.
        precision: `auto`, or the one that the plan demands.
        layout: `auto`, or the one that the plan demands.

    Yields:
        None after each measured step.

    Raises:
        DeviceError: No candidate runs on the device.
    """
    allowed = candidates(precision, layout)
    if len(allowed) == 1:
        return allowed[0]
    key = _key(spec, device, batch_size, precision, layout)
    known = _read(_file()).get(key)
    if known is not None and Precision(known.dtype, known.channels_last) in allowed:
        return known
    shape = (batch_size, spec.in_channels, spec.input_size, spec.input_size)
    chosen = yield from choose_precision(make_model, device, shape, precision, layout)
    _remember(key, chosen)
    return chosen


def known_precision(
    spec: ArchitectureSpec,
    device: torch.device,
    batch_size: int,
    precision: PrecisionChoice = "auto",
    layout: LayoutChoice = "auto",
) -> Precision | None:
    """What was measured before on such a device, with its rates; None where nothing was.

    Args:
        spec: As in `remembered_precision`.
        device: Likewise.
        batch_size: Likewise.
        precision: Likewise.
        layout: Likewise.
    """
    return _read(_file()).get(_key(spec, device, batch_size, precision, layout))


def _file() -> Path | None:
    """The memory's place; None where there can be none."""
    try:
        return paths.cache_dir() / FILE
    except SetupError:
        return None


def _key(
    spec: ArchitectureSpec,
    device: torch.device,
    batch_size: int,
    precision: PrecisionChoice,
    layout: LayoutChoice,
) -> str:
    """One text for all that the measurement depends on, as 64 hex digits."""
    facts = [
        _STEP,
        memory(device).title,
        torch.backends.cpu.get_cpu_capability(),
        torch.get_num_threads(),
        str(torch.__version__),
        spec.to_json(),
        batch_size,
        precision,
        layout,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _read(file: Path | None) -> dict[str, Precision]:
    """What is remembered, the oldest first; entries that are not understood are left out."""
    entries = read_json(file) if file is not None else {}
    found: dict[str, Precision] = {}
    for key, entry in entries.items():
        with contextlib.suppress(KeyError, TypeError, ValueError):
            found[key] = _precision(entry)
    return found


def _precision(entry: Any) -> Precision:
    rates = tuple((str(name), float(rate)) for name, rate in entry["rates"])
    return Precision(entry["dtype"], entry["channels_last"], rates)


def _remember(key: str, chosen: Precision) -> None:
    file = _file()
    if file is None:
        return
    known = {name: item for name, item in _read(file).items() if name != key} | {key: chosen}
    newest = dict(list(known.items())[-MOST:])
    # A memory that cannot be written costs seconds the next time, no more.
    with contextlib.suppress(OSError):
        write_json(file, {name: asdict(item) for name, item in newest.items()})
