"""Trained weights as a file that says what it is, evaluated as it was written, and its card beside it.

Called by the command line and the engine when a run ends. `nets/weight_files.py` reads the file,
`nets/catalogue.py` the card of one that ships with the program.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from explorer.arch.expand import expand
from explorer.errors import RunError
from explorer.files import written_whole
from explorer.images.dataset import Dataset
from explorer.nets.weight_files import save_weights
from explorer.nets.weights import load_for_spec
from explorer.training.batches import with_channels
from explorer.training.evaluate import Evaluation, at_once, evaluate
from explorer.training.prepare import Training

_HEADER_KEYS = ("accuracy", "loss", "data", "command", "recipe", "seed", "commit", "date", "plan")
"""What the weights file itself says too; the rest is in the card only."""


def write_trained(path: Path, training: Training, dataset: Dataset, facts: Mapping[str, Any]) -> Evaluation:
    """Write a trained network's weights as safetensors, float16, and its card beside them as JSON.

    The accuracy that both state is that of the file: it is read back, which rounds the live network's
    weights to what the file holds, and evaluated in float32.

    Args:
        path: Ends in `.safetensors`; the card has the same name with `.json`.
        training: At its end; its weights are rounded.
        dataset: That it was trained and is tested on.
        facts: What else is known: `data`, `command`, `commit` and the like.

    Returns:
        The evaluation of the file.

    Raises:
        RunError: The card cannot be written.
        WeightsError: The weights cannot be written or read back.
    """
    spec, model = training.spec, training.model
    transform = training.transform
    known = {**facts, "seed": training.plan.seed, "plan": json.loads(training.plan.to_json())}
    path.parent.mkdir(parents=True, exist_ok=True)

    def save() -> str:
        header = {key: _text(known[key]) for key in _HEADER_KEYS if key in known}
        return save_weights(path, model, spec, dataset.classes, transform, header, half=True)

    save()
    load_for_spec(model, expand(spec), spec, path)
    shown = with_channels(dataset, spec.in_channels)
    tested = evaluate(
        model,
        shown.test_images,
        shown.test_labels,
        training.normalisation,
        batch_size=at_once(spec.input_size, training.batch_size),
    )
    known |= {"accuracy": tested.accuracy, "loss": tested.loss}
    digest = save()
    card = {
        "name": path.stem,
        "file": path.name,
        "size_bytes": path.stat().st_size,
        "sha256": digest,
        "test_images": tested.images,
        "precision": training.precision.name,
        "threads": training.threads,
        **known,
        "mean": list(transform.mean),
        "std": list(transform.std),
        "classes": list(dataset.classes),
        "spec": json.loads(spec.to_json()),
    }
    _write_card(path.with_suffix(".json"), card)
    return tested


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


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _write_card(path: Path, card: Mapping[str, object]) -> None:
    try:
        with written_whole(path) as file:
            file.write((json.dumps(card, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise RunError(
            "The card cannot be written to {path}: {reason}.",
            "Choose another place, or make room.",
            path=str(path),
            reason=error.strerror or str(error),
        ) from error
