"""Trainings that are killed: a program of its own, run by `test_killed.py`.

    python -m tests.training.killed MOMENTS

Torch is imported here and never used: all that computes is a fork, as a process whose torch has worked must
not be forked. A training of the digits is killed at as many moments, a quarter of them inside the writing of
a checkpoint and the others spread over its wall time; then another fork opens what is left and goes on with
it. One JSON line for each moment, and one for the run that nobody killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
import torch._dynamo  # optimisers load it at their first step: a second in each fork

from explorer.arch.presets import cifar_spec
from explorer.errors import RunError
from explorer.images.dataset import Dataset
from explorer.images.datasets import open_dataset
from explorer.runs.store import MetricRow, RunStore
from explorer.slices import returned
from explorer.training import checkpoint as writing
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import CheckpointDue, CheckpointWritten, TrainingEvent, TrainingFinished
from explorer.training.loop import train
from explorer.training.plan import Plan
from explorer.training.prepare import Training, prepare
from explorer.training.record import record

SPEC = cifar_spec(
    8, input_size=8, stage_widths=(4, 8, 16), stem_width=4, num_classes=10, stochastic_depth=0.2
)
PLAN = Plan(
    epochs=3,
    batch_size=128,
    flip=False,
    crop_padding=1,
    mixup=0.2,
    ema=0.95,
    precision="float32",
    channels_last="no",
)
KEEP_EVERY_S = 0.02
"""Often, so that there are many writes to be killed in."""
POINTS = 7
"""Where a write can be halted: in the middle of each of five files, before and after the renaming."""
PATIENCE_S = 120.0
TIMED = ("images_per_second", "norm", "seconds")
"""Rows that depend on the clock."""

Tell = Callable[..., None]
Answer = dict[str, Any]


class TellingStore(RunStore):
    """Says what has been committed."""

    tell: Tell

    def append(self, run_id: str, rows: Iterable[MetricRow]) -> None:
        """As the store's own; what it has accepted is told."""
        rows = list(rows)
        super().append(run_id, rows)
        self.tell(committed=[[step, name] for step, name, _ in rows])


def told(events: Iterator[TrainingEvent | None], tell: Tell) -> Iterator[TrainingEvent | None]:
    """The events of a training; each write of a checkpoint is told when it begins and when it has ended."""
    n_writes = 0
    for event in events:
        if isinstance(event, CheckpointWritten):
            tell(kept=event.step)
        yield event
        if isinstance(event, CheckpointDue):
            tell(begins=n_writes)
            n_writes += 1


def halt_inside(tell: Tell, write: int, point: int) -> None:
    """Wait for the kill at one point of one write; what is halted in a file has half of it on the disk."""
    write_synced, sync_folder = writing.write_synced, writing.sync_folder
    n_done = 0

    def is_here() -> bool:
        nonlocal n_done
        n_done += 1
        return n_done - 1 == write * POINTS + point

    def wait() -> None:
        tell(inside=point)
        while True:
            signal.pause()

    def halting_write(path: Path, data: bytes) -> None:
        if is_here():
            write_synced(path, data[: len(data) // 2])
            wait()
        write_synced(path, data)

    def halting_sync(folder: Path) -> None:
        if is_here():
            wait()
        sync_folder(folder)

    writing.write_synced, writing.sync_folder = halting_write, halting_sync


def made(data: Dataset, **options: Any) -> Training:
    """The training, ready."""
    torch.set_num_threads(1)
    return returned(prepare(SPEC, PLAN, data, torch.device("cpu"), **options))


def driven(store: RunStore, run_id: str, training: Training, tell: Tell) -> None:
    """Train to the end, on the record."""
    folder = store.run(run_id).checkpoints
    events = told(train(training, checkpoints=folder, checkpoint_interval_s=KEEP_EVERY_S), tell)
    *_, last = record(store, run_id, events, training.unwritten)
    assert isinstance(last, TrainingFinished), last


def digest(store: RunStore, run_id: str, training: Training) -> Answer:
    """What must be equal in all runs: the weights bit by bit, and all rows but those of the clock."""
    weights = hashlib.sha256()
    for name, tensor in training.model.state_dict().items():
        weights.update(name.encode() + tensor.numpy().tobytes())
    rows = [row for row in store.metrics(run_id) if not any(word in row[1] for word in TIMED)]
    return {
        "weights": weights.hexdigest(),
        "rows": hashlib.sha256(repr(rows).encode()).hexdigest(),
        "n_rows": len(rows),
    }


def train_whole(tell: Tell, data: Dataset, halt: tuple[int, int] | None = None) -> None:
    """A training from its first step; halted inside a write, or let be."""
    training = made(data)
    if halt:
        halt_inside(tell, *halt)
    with TellingStore() as store:
        store.tell = tell
        run = store.create(spec=SPEC.to_json(), plan=PLAN.to_json(), data="digits", origin="{}")
        tell(run=run.id)
        driven(store, run.id, training, tell)
        tell(**digest(store, run.id, training))


def resume(tell: Tell, data: Dataset, run_id: str, kept: int, rows: list[list[Any]]) -> None:
    """Open what a killed training left, and go on with it."""
    with RunStore() as store:
        have = {(step, name) for step, name, _ in store.metrics(run_id)}
        tell(lost_rows=sum((step, name) not in have for step, name in rows))
        try:
            checkpoint = read_checkpoint(store.run(run_id).checkpoints)
        except RunError:
            # Killed before its first one: nothing was promised, and it begins anew.
            tell(resumed_at=-1)
            training = made(data)
        else:
            step = checkpoint.progress.step
            tell(resumed_at=step, gaps=sum((done, "step.loss") not in have for done in range(step)))
            assert step >= kept
            training = made(data, resume=checkpoint)
        driven(store, run_id, training, lambda **facts: None)
        tell(**digest(store, run_id, training))


def fork(work: Callable[..., None], *arguments: Any, **options: Any) -> tuple[int, int]:
    """Do it in a fork; returns its process and where it tells from, a JSON line each time."""
    reader, writer = os.pipe()
    process = os.fork()
    if process:
        os.close(writer)
        return process, reader
    os.close(reader)

    def tell(**facts: Any) -> None:
        os.write(writer, (json.dumps(facts) + "\n").encode())

    try:
        work(tell, *arguments, **options)
    except BaseException:
        tell(error=traceback.format_exc())
    os._exit(0)


def heard(process: int, reader: int, kill: Callable[[list[Answer]], float | None]) -> list[Answer]:
    """What a fork tells until it ends or is killed.

    Args:
        process: The fork.
        reader: Where it tells from.
        kill: From what it has told, in how many seconds it is to be killed; None: not as things are.
    """
    said: list[Answer] = []
    rest = b""
    is_killed = False
    while True:
        wait = None if is_killed else kill(said)
        ready, _, _ = select.select([reader], [], [], PATIENCE_S if wait is None else max(wait, 0))
        if ready:
            block = os.read(reader, 1 << 16)
            if not block:
                break
            *lines, rest = (rest + block).split(b"\n")
            now = time.monotonic()
            said += [{**json.loads(line), "at": now} for line in lines]
            if wait is None or wait > 0:
                continue
        os.kill(process, signal.SIGKILL)
        is_killed = True
    os.close(reader)
    os.waitpid(process, 0)
    return said


def joined(said: list[Answer]) -> Answer:
    """All facts together; the last of each name."""
    return {name: value for facts in said for name, value in facts.items()}


def duration(said: list[Answer]) -> float:
    """Of a run that nobody killed, in seconds."""
    begun = next(facts["at"] for facts in said if "run" in facts)
    return float(said[-1]["at"] - begun)


def at(seconds: float) -> Callable[[list[Answer]], float | None]:
    """Kill so long after the run began."""

    def kill(said: list[Answer]) -> float | None:
        begun = [facts["at"] for facts in said if "run" in facts]
        return begun[0] + seconds - time.monotonic() if begun else None

    return kill


def inside(said: list[Answer]) -> float | None:
    """Kill where it waits for it."""
    return 0.0 if any("inside" in facts for facts in said) else None


def main(n_moments: int) -> None:
    """Kill, go on, say."""
    data = open_dataset("digits", 8)
    whole = heard(*fork(train_whole, data), lambda said: None)
    seconds = duration(whole)
    n_writes = sum("begins" in facts for facts in whole)
    say(moment=-1, seconds=seconds, n_writes=n_writes, **{**joined(whole), "committed": []})
    n_inside = max(2, -(-n_moments // 4))
    # The writes of the epochs' ends and the first one are always there; the timed ones depend on the clock.
    sure = PLAN.epochs + 1
    for moment in range(n_moments):
        if moment < n_inside:
            halt = ((moment + 1) % sure, moment * 3 % POINTS)
            said = heard(*fork(train_whole, data, halt=halt), inside)
        else:
            share = (moment - n_inside + 0.5) / (n_moments - n_inside)
            said = heard(*fork(train_whole, data), at(share * seconds))
            while "weights" in said[-1]:
                # It was done before its kill came: runs are faster now.
                seconds = min(0.97 * seconds, duration(said))
                said = heard(*fork(train_whole, data), at(share * seconds))
        facts = joined(said)
        kept = max((each["kept"] for each in said if "kept" in each), default=-1)
        rows = [row for each in said for row in each.get("committed", [])]
        after = heard(*fork(resume, data, facts["run"], kept, rows), lambda said: None)
        say(
            moment=moment,
            is_inside="inside" in facts,
            point=facts.get("inside"),
            is_killed="weights" not in facts,
            kept=kept,
            **{f"after_{name}": value for name, value in joined(after).items()},
        )


def say(**facts: Any) -> None:
    """One JSON line."""
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
