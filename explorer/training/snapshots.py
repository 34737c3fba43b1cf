"""A run's weights at moments of its training, kept so that it can be rewound.

Which moments is in `training/moments.py`. The newest snapshots are in host memory, those before in files
beside the run, which are ordinary files of weights. Both are bounded: where they are full, the snapshot goes
that is missed least.

Called by the engine's train and build handlers between two steps: copies only read the network, so a training
that is kept is the same, bit for bit, as one that is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from explorer.arch.spec import ArchitectureSpec
from explorer.errors import RunError, WeightsError
from explorer.images.prepare import Transform
from explorer.nets.weight_files import (
    read_weights,
    save_weights,
    source_classes,
    source_spec,
    source_transform,
)
from explorer.training.checkpoint import newest_step, read_checkpoint
from explorer.training.moments import MOST, nearest, weakest

MEMORY_BYTES = 256 * 1024 * 1024
"""Snapshots of a training that are held in host memory at most."""
FILES_BYTES = 512 * 1024 * 1024
"""Those in files at most, for networks of which memory holds few."""
LEFT_BYTES = 32 * 1024 * 1024
"""What a run at rest leaves in files of what memory holds, so that it can be rewound another day."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What snapshots are of; compared by identity.

    Attributes:
        spec: The network.
        classes: By label.
        transform: How a picture is prepared for it.
    """

    spec: ArchitectureSpec
    classes: tuple[str, ...]
    transform: Transform


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A network's state at one moment; compared by identity.

    Attributes:
        step: Steps that were done.
        tensors: Its state dict, statistics of batch norm included, on the CPU. They are not to be changed.
        subject: What it is of.
    """

    step: int
    tensors: Mapping[str, torch.Tensor]
    subject: Subject


class SnapshotShelf:
    """The snapshots of one run: the newest in memory, others in files.

    Args:
        folder: Of the files; made when the first is written. What an earlier sitting left there is found.
        subject: What the run trains; None where nothing is to be taken: the files say what they are of.
        checkpoints: The folder of the checkpoints of a run that was cut off: the newest is a moment too, and
            may be the only one that outlived the program.
        memory_bytes: The most that memory holds.
        files_bytes: The most that files hold.
        left_bytes: The most that `settling` leaves in files.
    """

    def __init__(
        self,
        folder: Path,
        subject: Subject | None = None,
        *,
        checkpoints: Path | None = None,
        memory_bytes: int = MEMORY_BYTES,
        files_bytes: int = FILES_BYTES,
        left_bytes: int = LEFT_BYTES,
    ) -> None:
        self.subject = subject
        self._folder = folder
        self._memory_bytes = memory_bytes
        self._files_bytes = files_bytes
        self._left_bytes = left_bytes
        self._held: dict[int, dict[str, torch.Tensor]] = {}
        self._files = {step: path for path in folder.glob("step-*.safetensors") if (step := _step(path)) >= 0}
        self._checkpoints = checkpoints
        self._checkpoint = None if checkpoints is None else newest_step(checkpoints)

    @property
    def steps(self) -> tuple[int, ...]:
        """The moments that are kept, rising."""
        cut_off = set() if self._checkpoint is None else {self._checkpoint}
        return tuple(sorted(self._held.keys() | self._files.keys() | cut_off))

    def __contains__(self, step: int) -> bool:
        return step in self._held or step in self._files

    def room_for(self, model: nn.Module) -> int:
        """How many snapshots of a network fit."""
        each = max(_n_bytes(model.state_dict()), 1)
        return min(self._memory_bytes // each + self._files_bytes // each, MOST)

    def take(self, step: int, model: nn.Module) -> None:
        """Keep a network as it is now; it is only read.

        Args:
            step: Steps that are done.
            model: On any device, in any memory order.
        """
        tensors = {
            key: value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)
            for key, value in model.state_dict().items()
        }
        self._held[step] = tensors
        each = _n_bytes(tensors)
        while len(self._held) * each > self._memory_bytes:
            self._make_room(each)

    def read(self, step: int) -> Snapshot:
        """The snapshot of a moment, or of the last one before it that is kept.

        Raises:
            RunError: None is kept, or its file does not say what it is of.
            WeightsError: Its file cannot be read.
        """
        there = nearest(self.steps, step)
        if there is None:
            raise RunError(
                "No moment of this run is kept.",
                "Moments are kept while a run learns in the window: train it again to rewind it.",
            )
        if there in self._held and self.subject is not None:
            return Snapshot(there, self._held[there], self.subject)
        if there not in self._files:
            return self._from_checkpoint()
        file = read_weights(self._files[there])
        spec, transform = source_spec(file), source_transform(file)
        if spec is None or transform is None:
            raise RunError(
                "{path} does not say what it is a snapshot of.", "Choose another moment.", path=str(file.path)
            )
        return Snapshot(there, file.tensors, Subject(spec, source_classes(file) or (), transform))

    def _from_checkpoint(self) -> Snapshot:
        assert self._checkpoints is not None
        found = read_checkpoint(self._checkpoints)
        if found.transform is None:
            raise RunError(
                "The checkpoint at step {step} does not say what it is of.",
                "Let the run go on: it says so from then on.",
                step=found.progress.step,
            )
        tensors = found.averages or found.weights
        return Snapshot(found.progress.step, tensors, Subject(found.spec, found.classes, found.transform))

    def drop_after(self, step: int) -> None:
        """Let go of what was taken later than this: the run goes on from here."""
        for each in self.steps:
            if each > step:
                self._drop(each)

    def settling(self) -> Generator[None, None, None]:
        """Leave in files what fits of what memory holds, spread as the moments are; one file a slice.

        What does not fit, or cannot be written, is in memory only.
        """
        if not self._held:
            return
        each = _n_bytes(next(iter(self._held.values())))
        chosen = set(self.steps)
        room = max(self._left_bytes // max(each, 1), len(self._files))
        while len(chosen) > room:
            chosen.discard(weakest(chosen - self._files.keys() or chosen))
        for step in sorted(chosen & self._held.keys() - self._files.keys()):
            if not self._write(step):
                return
            yield

    def leave(self, step: int) -> None:
        """Put one moment into a file, where it is in memory only and the disk has room."""
        if step in self._held and step not in self._files:
            self._write(step)

    def let_memory_go(self) -> None:
        """Another training needs it: only files stay."""
        self._held.clear()

    def _make_room(self, n_bytes: int) -> None:
        """One snapshot less in memory: the oldest goes to a file while files have room, else the weakest."""
        oldest = min(self._held)
        fits = (len(self._files) + 1) * n_bytes <= self._files_bytes
        if oldest in self._files or (fits and self._write(oldest)):
            del self._held[oldest]
        else:
            self._drop(weakest(self.steps))

    def _write(self, step: int) -> bool:
        """Whether a snapshot is in a file now; where not, files are done with: memory is thinned instead."""
        assert self.subject is not None, "nothing is taken without it"
        path = self._folder / f"step-{step:09d}.safetensors"
        subject = self.subject
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            save_weights(
                path, self._held[step], subject.spec, subject.classes, subject.transform, {"step": str(step)}
            )
        except (OSError, WeightsError):
            self._files_bytes = 0
            return False
        self._files[step] = path
        return True

    def _drop(self, step: int) -> None:
        self._held.pop(step, None)
        path = self._files.pop(step, None)
        if path is not None:
            # One that cannot be deleted goes with the run.
            with contextlib.suppress(OSError):
                path.unlink()


def _n_bytes(tensors: Mapping[str, torch.Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())


def _step(path: Path) -> int:
    """The step in a file's name; -1 for a foreign one."""
    digits = path.stem.removeprefix("step-")
    return int(digits) if digits.isdigit() else -1
