"""A training's state on disk: whole and verified, or not there.

A checkpoint is a folder `step-000000390` with `weights.safetensors`, `optimiser.safetensors`,
`averages.safetensors`, `state.json` and `manifest.json`, which holds the SHA-256 of the others. It is written
beside under another name, synced and then renamed, so that a crash at any moment leaves the older checkpoints
as they are; a second one of the same step is `step-000000390.1`. Safetensors and pickle both load a flipped
bit unnoticed; the manifest does not. The last two stay, and the best: its step is in `state.json`, so that
both become known by the same renaming.

Called by `training/loop.py` (writes) and whoever resumes (reads). Nothing here executes what it reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from explorer.arch import spec as arch_spec
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError, RunError
from explorer.files import sync_folder
from explorer.images.prepare import Transform
from explorer.training import plan as training_plan
from explorer.training.plan import Plan
from explorer.training.precision import Precision

SCHEMA_VERSION = 2
"""The first had whole epochs only, no averages and no fingerprint of the data."""
KEPT = 2
"""Checkpoints that stay beside the best: the newest and, should the disk damage that, the one before."""

WEIGHTS, OPTIMISER, AVERAGES, STATE, MANIFEST = (
    "weights.safetensors",
    "optimiser.safetensors",
    "averages.safetensors",
    "state.json",
    "manifest.json",
)
_NO_TENSORS: Mapping[str, torch.Tensor] = MappingProxyType({})


@dataclass(slots=True)
class Progress:
    """How far a training is; changed by the loop as it goes.

    Attributes:
        epoch: Epochs that are done.
        step: Steps that are done, over all epochs.
        seconds: Wall time of all sittings.
        epoch_seconds: The part of it that the steps of the epoch under way took.
        loss_sum: Over those steps.
        accuracy_sum: Likewise.
        best_epoch: The one with the best validation accuracy; -1 before the first.
        best_step: Steps that were done then.
        best_accuracy: That accuracy, 0 to 1; -1 before the first.
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    epoch_seconds: float = 0.0
    loss_sum: float = 0.0
    accuracy_sum: float = 0.0
    best_epoch: int = -1
    best_step: int = -1
    best_accuracy: float = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """All that a training needs to go on as if it had never stopped; compared by identity.

    Attributes:
        spec: The network.
        plan: How it is trained.
        precision: That was chosen when it began.
        threads: CPU threads it ran with: sums are rounded differently with others.
        progress: How far it is.
        weights: The network's state dict.
        optimiser: The optimiser's tensors.
        averages: The averaged weights' state dict; empty where the plan has none.
        fingerprint: Of the data; empty in checkpoints of the first schema.
        classes: Of the data, by label; empty in older checkpoints.
        transform: How a picture is prepared for the network; None in older checkpoints.
    """

    spec: ArchitectureSpec
    plan: Plan
    precision: Precision
    threads: int
    progress: Progress
    weights: Mapping[str, torch.Tensor]
    optimiser: Mapping[str, torch.Tensor]
    averages: Mapping[str, torch.Tensor] = field(default_factory=lambda: _NO_TENSORS)
    fingerprint: str = ""
    classes: tuple[str, ...] = ()
    transform: Transform | None = None


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and remove those that are no longer needed.

    Args:
        folder: Of the run's checkpoints; made if needed.
        checkpoint: Its tensors may be on any device and in any layout.

    Returns:
        The checkpoint's own folder.

    Raises:
        RunError: It cannot be written; older checkpoints are as they were.
    """
    step = checkpoint.progress.step
    older = _folders(folder)
    same = [again for place, again in map(_place, older) if place == step]
    target = folder / (f"step-{step:09d}" + (f".{max(same) + 1}" if same else ""))
    beside = folder / f".{target.name}.part"
    try:
        for left in folder.glob(".step-*.part"):
            shutil.rmtree(left, ignore_errors=True)
        beside.mkdir(parents=True)
        contents = _contents(checkpoint)
        for name, data in contents.items():
            write_synced(beside / name, data)
        manifest = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        write_synced(beside / MANIFEST, json.dumps(manifest, indent=2).encode())
        sync_folder(beside)
        beside.replace(target)
        sync_folder(folder)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise RunError(
            "The checkpoint {path} cannot be written: {reason}.",
            "Make room on the disk; the run can be resumed from the checkpoint before.",
            path=str(target),
            reason=error.strerror or str(error),
        ) from error
    _remove_old(older, checkpoint.progress)
    return target


def _remove_old(older: list[Path], progress: Progress) -> None:
    """Of those before a new checkpoint, keep the last and the best; what lies beyond it could not be read."""
    before = [each for each in older if _place(each)[0] <= progress.step]
    best = [each for each in before if _place(each)[0] == progress.best_step][-1:]
    kept = {*before[len(before) - (KEPT - 1) :], *best}
    for each in older:
        if each not in kept:
            shutil.rmtree(each, ignore_errors=True)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the newest checkpoint of a run that is whole.

    Args:
        folder: Of the run's checkpoints.

    Raises:
        RunError: There is none, or every one is damaged.
    """
    return _newest_whole(folder, _folders(folder))


def newest_step(folder: Path) -> int | None:
    """Steps that were done at the newest checkpoint of a run, sound or not; None where there is none."""
    there = _folders(folder)
    return _place(there[-1])[0] if there else None


def read_best(folder: Path) -> Checkpoint | None:
    """Read the checkpoint of a run's best epoch; None where no epoch has ended.

    Args:
        folder: Of the run's checkpoints.

    Raises:
        RunError: It cannot be read.
    """
    best = read_checkpoint(folder).progress.best_step
    if best < 0:
        return None
    return _newest_whole(folder, [each for each in _folders(folder) if _place(each)[0] == best])


def _newest_whole(folder: Path, candidates: list[Path]) -> Checkpoint:
    damage = "there is none"
    for candidate in reversed(candidates):
        try:
            return _read(candidate)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError, ExplorerError) as error:
            damage = f"{candidate.name}: {error}"
    raise RunError(
        "No checkpoint in {path} can be read ({damage}).",
        "Start the training again.",
        path=str(folder),
        damage=damage,
    )


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and wait until it is on the disk.

    Raises:
        OSError: It cannot be written.
    """
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors as files hold them: on the CPU and in torch's usual order."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _place(checkpoint: Path) -> tuple[int, int]:
    """Its step, and how many of that step were there before."""
    step, _, again = checkpoint.name.removeprefix("step-").partition(".")
    return int(step), int(again or 0)


def _folders(folder: Path) -> list[Path]:
    """All checkpoints, the newest last."""
    return sorted(folder.glob("step-*"), key=_place) if folder.is_dir() else []


def _contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    state = {
        "schema": SCHEMA_VERSION,
        "spec": json.loads(checkpoint.spec.to_json()),
        "plan": json.loads(checkpoint.plan.to_json()),
        "precision": asdict(checkpoint.precision),
        "threads": checkpoint.threads,
        "fingerprint": checkpoint.fingerprint,
        "classes": checkpoint.classes,
        "transform": None if checkpoint.transform is None else checkpoint.transform.to_dict(),
        "progress": asdict(checkpoint.progress),
    }
    return {
        WEIGHTS: save_tensors(plain(checkpoint.weights)),
        OPTIMISER: save_tensors(plain(checkpoint.optimiser)),
        AVERAGES: save_tensors(plain(checkpoint.averages)),
        STATE: json.dumps(state, indent=2).encode(),
    }


def _read(folder: Path) -> Checkpoint:
    manifest: dict[str, str] = json.loads((folder / MANIFEST).read_bytes())
    contents: dict[str, bytes] = {}
    for name, digest in manifest.items():
        contents[name] = (folder / name).read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != digest:
            raise ValueError(f"{name} does not match its SHA-256")
    state: dict[str, Any] = json.loads(contents[STATE])
    schema = state["schema"]
    if schema > SCHEMA_VERSION:
        raise ValueError(f"schema version {schema} is newer than this program's {SCHEMA_VERSION}")
    if schema == 1:
        state["progress"] = {name: state[name] for name in ("epoch", "step", "seconds")}
    precision = state["precision"]
    rates = tuple((str(name), float(rate)) for name, rate in precision["rates"])
    return Checkpoint(
        spec=arch_spec.parse(state["spec"]),
        plan=training_plan.parse(state["plan"]),
        precision=Precision(precision["dtype"], precision["channels_last"], rates),
        threads=state["threads"],
        progress=Progress(**state["progress"]),
        weights=load_tensors(contents[WEIGHTS]),
        optimiser=load_tensors(contents[OPTIMISER]),
        averages=load_tensors(contents[AVERAGES]) if schema > 1 else {},
        fingerprint=state.get("fingerprint", ""),
        classes=tuple(map(str, state.get("classes", ()))),
        transform=Transform.from_dict(state["transform"]) if state.get("transform") else None,
    )
