"""What is said about live networks: where their weights come from, and on what they run.

Frozen values that cross from the compute thread to the window. Called by `nets`, `engine.messages` and
`cli`. Must not import torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

OriginKind = Literal["untrained", "bundled", "downloaded", "file", "run", "copied"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a net's weights come from.

    Attributes:
        kind: `untrained` (first values from a seed), `bundled` (ships with the program), `downloaded`,
            `file`, `run` (trained here) or `copied` (what fitted from the net before).
        name: The weights' name, file or run; the empty text for `untrained`.
        seed: Of the first values, where some of them are still in place.
        copied: Tensors copied from the net before, for `copied`.
        tensors: Tensors in all, for `copied`.
        accuracy_percent: Test accuracy that the weights' card or publisher gives; None where unknown.
        assumed: Sentences on what was assumed because a file does not say it (strides, option A, activation).
        step: The moment of a run that it was rewound to, in steps done; None for its last.
    """

    kind: OriginKind
    name: str = ""
    seed: int | None = None
    copied: int = 0
    tensors: int = 0
    accuracy_percent: float | None = None
    assumed: tuple[str, ...] = ()
    step: int | None = None

    @property
    def is_trained(self) -> bool:
        """Whether predictions mean something: all weights come from a training."""
        return self.kind not in ("untrained", "copied")


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device that networks can run on.

    Attributes:
        name: As torch takes it: `cpu`, `cuda:0`, `mps`.
        title: As people know it, such as `NVIDIA H200` or `CPU, 2 threads`.
        memory_total_bytes: All of its memory; 0 where unknown.
        memory_free_bytes: What is free now; 0 where unknown.
    """

    name: str
    title: str
    memory_total_bytes: int = 0
    memory_free_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """One class with its probability, 0 to 1."""

    label: str
    index: int
    probability: float
