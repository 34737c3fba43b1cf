"""One training, as the store of runs knows it.

Called by `runs/store.py` and whoever lists runs. Imports `paths`, its own room and the standard library only.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from explorer import paths
from explorer.runs.names import EXTENDS, START, TWIN
from explorer.runs.owner import is_alive

Status = Literal["running", "paused", "finished", "stopped", "failed"]
Standing = Literal["running", "paused", "finished", "stopped", "failed", "interrupted"]
"""`interrupted`: the store says that it runs, but the process that ran it is gone."""

SILENCE_S = 900.0
"""A run of another host that has written nothing for so long is taken for interrupted: that host cannot be
asked, and no epoch's evaluation is silent for longer."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training, as the store knows it.

    Attributes:
        id: Also the name of its folder.
        created: Seconds since 1970.
        updated: When something was last written.
        status: How it stood when it last said so; see `standing`.
        spec: JSON text of the architecture.
        plan: JSON text of the plan.
        data: What the user called the data.
        origin: JSON text: seed, device, commit and the like.
        summary: JSON text of what it reached; `{}` until it ends.
        name: The user's; empty for none.
        note: The user's; empty for none.
        starred: Whether the user marked it.
        deleted: When it was marked as deleted, in seconds since 1970; None where it was not.
        owner: The process that runs it; empty where none does.
    """

    id: str
    created: float
    updated: float
    status: Status
    spec: str
    plan: str
    data: str
    origin: str
    summary: str
    name: str = ""
    note: str = ""
    starred: bool = False
    deleted: float | None = None
    owner: str = ""

    @property
    def folder(self) -> Path:
        """Where its checkpoints and weights are; not made by asking."""
        return runs_folder() / self.id

    @property
    def checkpoints(self) -> Path:
        """The folder of its checkpoints."""
        return self.folder / "checkpoints"

    @property
    def weights(self) -> Path:
        """The file of its trained weights, which is there once it has finished."""
        return self.folder / "weights.safetensors"

    @property
    def twin(self) -> str:
        """The run of the plain twin that learns in lock-step with it; empty where there is none."""
        # Most have none: their text need not be read.
        return str(json.loads(self.origin).get(TWIN, "")) if f'"{TWIN}"' in self.origin else ""

    @property
    def extends(self) -> str:
        """The finished run that it went on from; empty where it did from none."""
        return str(json.loads(self.origin).get(EXTENDS, "")) if f'"{EXTENDS}"' in self.origin else ""

    @property
    def start(self) -> tuple[str, str] | None:
        """What it began from: `named`, `file`, `run` or `copied` and which; None for first values."""
        if f'"{START}"' not in self.origin:
            return None
        said = json.loads(self.origin)[START]
        return str(said["kind"]), str(said["name"])

    @property
    def has_weights(self) -> bool:
        """Whether its trained weights are in a file."""
        return self.weights.is_file()

    @property
    def judged(self) -> Path:
        """The file of what its last epoch got right and wrong."""
        return self.folder / "judged.safetensors"

    @property
    def snapshots(self) -> Path:
        """The folder of the weights at moments of its training."""
        return self.folder / "snapshots"

    @property
    def has_moments(self) -> bool:
        """Whether weights of some moment are in a file."""
        return any(self.snapshots.glob("step-*.safetensors"))

    @property
    def left(self) -> Path | None:
        """The weights that it left: what it ended with, else its last moment in a file; None for none."""
        if self.has_weights:
            return self.weights
        return max(self.snapshots.glob("step-*.safetensors"), default=None)

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is a checkpoint; whether it is sound is found out when it is read."""
        return any(self.checkpoints.glob("step-*/manifest.json"))

    @property
    def standing(self) -> Standing:
        """How it stands now: the process that runs it is looked for."""
        if self.status != "running":
            return self.status
        is_running = is_alive(self.owner)
        if is_running is None:
            # The other host's clock, and this one before it was set, may be ahead.
            is_running = abs(time.time() - self.updated) < SILENCE_S
        return "running" if is_running else "interrupted"

    @property
    def can_resume(self) -> bool:
        """Whether it can go on from a checkpoint."""
        return self.standing != "running" and not self.is_complete and self.has_checkpoint

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do: a full disk may have kept the weights of a finished one away."""
        return self.status == "finished" and self.has_weights


def runs_folder() -> Path:
    """Where each run has its folder."""
    return paths.data_dir() / "runs"
