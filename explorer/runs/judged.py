"""What a network got right and wrong of its validation pictures, in one file beside a run's checkpoints.

Written by whoever trains at the end of each epoch; read where a run of another day is looked at. Holds
numbers, names and pictures: a safetensors file, which executes nothing. Must not import torch.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.files import written_whole

_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, eq=False)
class JudgedMistake:
    """A wrong answer; compared by identity.

    Attributes:
        index: The picture's place among the validation pictures.
        truth: Its label.
        answer: The label that was answered.
        probability: That the network gave its answer, 0 to 1.
        picture: uint8 (side, side, 3), read-only.
    """

    index: int
    truth: int
    answer: int
    probability: float
    picture: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A network at the end of an epoch; compared by identity.

    Attributes:
        epoch: From 0.
        classes: Names by label.
        confusion: int64 (classes, classes), rows by truth, columns by answer, read-only.
        mistakes: The surest wrong answers, the surest first.
    """

    epoch: int
    classes: tuple[str, ...]
    confusion: NDArray[np.int64]
    mistakes: tuple[JudgedMistake, ...]


def keep_judged(path: Path, judged: Judged) -> None:
    """Put a file in the place of that of the epoch before.

    Where the disk is full there is none, and nothing is said: the checkpoint that follows says it.
    """
    from safetensors.numpy import save

    mistakes = judged.mistakes
    tensors = {
        "confusion": judged.confusion,
        "mistakes": np.array([(m.index, m.truth, m.answer) for m in mistakes], np.int64).reshape(-1, 3),
        "probabilities": np.array([m.probability for m in mistakes], np.float64),
    }
    if mistakes:
        tensors["pictures"] = np.stack([m.picture for m in mistakes])
    facts = {"epoch": str(judged.epoch), "classes": json.dumps(judged.classes)}
    try:
        with written_whole(path) as file:
            file.write(save(tensors, facts))
    except OSError:
        # That of an earlier epoch would be taken for this one's.
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def read_judged(path: Path, before: int | None = None) -> Judged | None:
    """What was kept last; None where nothing was, or where the file is not whole.

    Args:
        path: The run's file.
        before: The epoch that comes next: what is of it or of a later one is none, for it is done again.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        with safe_open(path, "numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            judged = _judged(file.metadata() or {}, tensors)
    except (OSError, SafetensorError, ValueError, TypeError, KeyError):
        return None
    return judged if before is None or judged.epoch < before else None


def _judged(facts: dict[str, str], tensors: dict[str, NDArray[Any]]) -> Judged:
    """Of a file's content.

    Raises:
        KeyError: Something is missing.
        TypeError: Something is not what it should be.
        ValueError: Something does not fit.
    """
    classes = json.loads(facts["classes"])
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        raise TypeError("classes")
    n = len(classes)
    confusion = _of(tensors["confusion"], np.int64, (n, n))
    table = _of(tensors["mistakes"], np.int64, (len(tensors["mistakes"]), 3))
    probabilities = _of(tensors["probabilities"], np.float64, (len(table),))
    pictures = np.empty((0, 1, 1, 3), np.uint8)
    if len(table):
        found = tensors["pictures"]
        pictures = _of(found, np.uint8, (len(table), *found.shape[1:3], 3))
        if table[:, 1:].min() < 0 or table[:, 1:].max() >= n:
            raise ValueError("labels")
    return Judged(
        epoch=int(facts["epoch"]),
        classes=tuple(classes),
        confusion=confusion,
        mistakes=tuple(
            JudgedMistake(int(index), int(truth), int(answer), float(probability), picture)
            for (index, truth, answer), probability, picture in zip(
                table, probabilities, pictures, strict=True
            )
        ),
    )


def _of(values: NDArray[Any], kind: type[np.generic], shape: tuple[int, ...]) -> NDArray[Any]:
    """The values, read-only, where they have this type and shape.

    Raises:
        ValueError: They have another.
    """
    if values.dtype != kind or values.shape != shape:
        raise ValueError("tensor")
    values.flags.writeable = False
    return values
