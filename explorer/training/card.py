"""Trained weights as a file that says what it is, and its card for people.

Called by the command line and the engine when a run ends. The metadata is what `nets/weights.py` reads first.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save as save_tensors
from torch import nn

from explorer.errors import RunError
from explorer.training.checkpoint import plain, sync_folder, write_synced

FORMAT = "resnet-explorer"


def stored_state(model: nn.Module, *, half: bool = True) -> dict[str, torch.Tensor]:
    """The state dict as a weights file holds it.

    Args:
        model: The network.
        half: Store convolutions and linear layers in float16: half the size, and the accuracy moves by a
            picture or two in 10,000. Batch norms stay float32, as small variances would not survive.
    """
    norms = {name for name, module in model.named_modules() if isinstance(module, nn.BatchNorm2d)}
    state = plain(model.state_dict())
    if not half:
        return state
    return {
        name: tensor if name.rpartition(".")[0] in norms else tensor.half() for name, tensor in state.items()
    }


def write_weights(path: Path, model: nn.Module, metadata: Mapping[str, object], *, half: bool = True) -> None:
    """Write a network's weights as safetensors, and its card beside them as JSON.

    Args:
        path: Ends in `.safetensors`; the card has the same name with `.json`.
        model: The network.
        metadata: What is known of it; the file's header holds each value as text (JSON unless text already).
        half: As in `stored_state`.

    Raises:
        RunError: It cannot be written; a file of that name is as it was.
    """
    facts = {"format": FORMAT, **metadata}
    header = {name: value if isinstance(value, str) else json.dumps(value) for name, value in facts.items()}
    card = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, save_tensors(stored_state(model, half=half), header))
        _replace(path.with_suffix(".json"), card.encode())
    except OSError as error:
        raise RunError(
            "The weights cannot be written to {path}: {reason}.",
            "Choose another place, or make room.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error


def commit_of_program() -> str:
    """The commit of the checkout that runs, or the empty text for an installed program."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(f".{path.name}.part")
    write_synced(beside, data)
    beside.replace(path)
    sync_folder(path.parent)
