"""A training's state on disk: whole and verified, or not there.

A checkpoint is a folder `step-000000390` with `weights.safetensors`, `optimiser.safetensors`, `state.json`
and `manifest.json`, which holds the SHA-256 of the others. It is written beside under another name, synced
and then renamed, so that a crash at any moment leaves the older checkpoints as they are. Safetensors and
pickle both load a flipped bit unnoticed; the manifest does not.

Called by `training/loop.py` (writes) and whoever resumes (reads). Nothing here executes what it reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from explorer.arch import spec as arch_spec
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError, RunError
from explorer.training import plan as training_plan
from explorer.training.plan import Plan
from explorer.training.precision import Precision

SCHEMA_VERSION = 1
KEPT = 2
"""Checkpoints that stay: the newest and, should the disk damage that, the one before."""

WEIGHTS, OPTIMISER, STATE, MANIFEST = (
    "weights.safetensors",
    "optimiser.safetensors",
    "state.json",
    "manifest.json",
)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """All that a training needs to go on as if it had never stopped; compared by identity.

    Attributes:
        spec: The network.
        plan: How it is trained.
        precision: That was chosen when it began.
        threads: CPU threads it ran with: sums are rounded differently with others.
        epoch: Epochs that are done.
        step: Steps that are done.
        seconds: Wall time so far.
        weights: The network's state dict, on the CPU.
        optimiser: Momentum by the parameter's name, on the CPU.
    """

    spec: ArchitectureSpec
    plan: Plan
    precision: Precision
    threads: int
    epoch: int
    step: int
    seconds: float
    weights: Mapping[str, torch.Tensor]
    optimiser: Mapping[str, torch.Tensor]


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
    target = folder / f"step-{checkpoint.step:09d}"
    beside = folder / f".{target.name}.part"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        contents = _contents(checkpoint)
        for name, data in contents.items():
            write_synced(beside / name, data)
        manifest = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
        write_synced(beside / MANIFEST, json.dumps(manifest, indent=2).encode())
        sync_folder(beside)
        if target.exists():
            shutil.rmtree(target)
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
    for old in _folders(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the newest checkpoint of a run that is whole.

    Args:
        folder: Of the run's checkpoints.

    Raises:
        RunError: There is none, or every one is damaged.
    """
    damage = "there is none"
    for candidate in reversed(_folders(folder)):
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


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where the system lets one.

    Raises:
        OSError: It cannot be opened.
    """
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors as files hold them: on the CPU and in torch's usual order."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _folders(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*")) if folder.is_dir() else []


def _contents(checkpoint: Checkpoint) -> dict[str, bytes]:
    state = {
        "schema": SCHEMA_VERSION,
        "spec": json.loads(checkpoint.spec.to_json()),
        "plan": json.loads(checkpoint.plan.to_json()),
        "precision": asdict(checkpoint.precision),
        "threads": checkpoint.threads,
        "epoch": checkpoint.epoch,
        "step": checkpoint.step,
        "seconds": checkpoint.seconds,
    }
    return {
        WEIGHTS: save_tensors(plain(checkpoint.weights)),
        OPTIMISER: save_tensors(plain(checkpoint.optimiser)),
        STATE: json.dumps(state, indent=2).encode(),
    }


def _read(folder: Path) -> Checkpoint:
    manifest = json.loads((folder / MANIFEST).read_bytes())
    contents: dict[str, bytes] = {}
    for name in (WEIGHTS, OPTIMISER, STATE):
        contents[name] = (folder / name).read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != manifest[name]:
            raise ValueError(f"{name} does not match its SHA-256")
    state: dict[str, Any] = json.loads(contents[STATE])
    if state["schema"] > SCHEMA_VERSION:
        raise ValueError(f"schema version {state['schema']} is newer than this program's {SCHEMA_VERSION}")
    precision = state["precision"]
    rates = tuple((str(name), float(rate)) for name, rate in precision["rates"])
    return Checkpoint(
        spec=arch_spec.parse(state["spec"]),
        plan=training_plan.parse(state["plan"]),
        precision=Precision(precision["dtype"], precision["channels_last"], rates),
        threads=state["threads"],
        epoch=state["epoch"],
        step=state["step"],
        seconds=state["seconds"],
        weights=load_tensors(contents[WEIGHTS]),
        optimiser=load_tensors(contents[OPTIMISER]),
    )
