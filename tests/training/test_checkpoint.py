from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
import torch

from explorer.errors import RunError
from explorer.training import checkpoint as module
from explorer.training.checkpoint import (
    KEPT,
    Checkpoint,
    Progress,
    read_best,
    read_checkpoint,
    write_checkpoint,
)
from explorer.training.precision import Precision
from tests.training.small import small_plan, small_spec


def made(step: int, best_step: int = -1) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    weights = {
        "conv1.weight": torch.rand(4, 3, 3, 3, generator=generator).to(memory_format=torch.channels_last),
        "bn1.num_batches_tracked": torch.tensor(step),
    }
    return Checkpoint(
        spec=small_spec(),
        plan=small_plan(seed=step),
        precision=Precision("bfloat16", True, (("float32", 1.5), ("bfloat16", 3.0))),
        threads=2,
        progress=Progress(
            epoch=step // 4,
            step=step,
            seconds=1.25 * step,
            epoch_seconds=0.1 + step,
            loss_sum=1 / 3,
            accuracy_sum=0.7,
            best_epoch=best_step // 4,
            best_step=best_step,
            best_accuracy=0.3,
        ),
        weights=weights,
        optimiser={"conv1.weight/momentum_buffer": -weights["conv1.weight"]},
        averages={"conv1.weight": 2 * weights["conv1.weight"]},
        fingerprint="ab" * 32,
    )


def assert_same(read: Checkpoint, written: Checkpoint) -> None:
    for name in ("spec", "plan", "precision", "threads", "progress", "fingerprint"):
        assert getattr(read, name) == getattr(written, name)
    for part in ("weights", "optimiser", "averages"):
        own, other = getattr(read, part), getattr(written, part)
        assert own.keys() == other.keys()
        assert all(torch.equal(own[name], other[name]) for name in own)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_checkpoint(tmp_path / "new" / "folder", made(4))
    assert_same(read_checkpoint(tmp_path / "new" / "folder"), made(4))


def test_the_newest_is_read_and_old_ones_go(tmp_path: Path) -> None:
    for step in (4, 8, 12, 1_000_000_000):
        write_checkpoint(tmp_path, made(step))
    assert read_checkpoint(tmp_path).progress.step == 1_000_000_000
    assert len(list(tmp_path.iterdir())) == KEPT


def test_a_step_that_is_done_again_never_leaves_a_moment_without(tmp_path: Path, monkeypatch) -> None:
    """The end of an epoch may have been kept just before it was judged."""
    first = write_checkpoint(tmp_path, made(4))
    whole = []
    real = module.sync_folder

    def looked(folder: Path) -> None:
        whole.append(read_checkpoint(tmp_path).progress.step)
        real(folder)

    monkeypatch.setattr(module, "sync_folder", looked)
    second = write_checkpoint(tmp_path, made(4, best_step=4))
    assert second != first
    assert whole == [4, 4]
    assert read_checkpoint(tmp_path).progress.best_step == 4
    write_checkpoint(tmp_path, made(8, best_step=4))
    assert sorted(each.name for each in tmp_path.iterdir()) == [second.name, "step-000000008"]
    third = write_checkpoint(tmp_path, made(4))
    assert third not in (first, second)
    assert_same(read_checkpoint(tmp_path), made(4))


def test_the_best_stays_as_long_as_it_is_the_best(tmp_path: Path) -> None:
    for step in (4, 8, 12, 16):
        write_checkpoint(tmp_path, made(step, best_step=4))
    assert [each.name for each in sorted(tmp_path.iterdir())] == [f"step-{step:09d}" for step in (4, 12, 16)]
    assert_same(read_best(tmp_path), made(4, best_step=4))
    write_checkpoint(tmp_path, made(20, best_step=20))
    assert read_best(tmp_path).progress.step == 20
    assert len(list(tmp_path.iterdir())) == KEPT


def test_before_the_first_epoch_there_is_no_best(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, made(4))
    assert read_best(tmp_path) is None


def test_a_damaged_one_of_later_goes_with_the_next(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, made(4))
    later = write_checkpoint(tmp_path, made(8))
    (later / "state.json").write_bytes(b"{")
    write_checkpoint(tmp_path, made(6))
    assert_same(read_checkpoint(tmp_path), made(6))
    assert not later.exists()


def test_checkpoints_of_the_first_schema_are_read(tmp_path: Path) -> None:
    """As they were written at first: no averages, no fingerprint, whole epochs."""
    folder = write_checkpoint(tmp_path, made(8))
    (folder / "averages.safetensors").unlink()
    state = json.loads((folder / "state.json").read_bytes())
    progress = state.pop("progress")
    state.pop("fingerprint")
    state |= {"schema": 1, **{name: progress[name] for name in ("epoch", "step", "seconds")}}
    (folder / "state.json").write_text(json.dumps(state))
    names = ("weights.safetensors", "optimiser.safetensors", "state.json")
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "manifest.json").write_text(json.dumps(digests))
    read = read_checkpoint(tmp_path)
    assert read.progress == Progress(epoch=2, step=8, seconds=10.0)
    assert read.averages == {}
    assert read.fingerprint == ""


@pytest.mark.parametrize(
    "name",
    ["weights.safetensors", "optimiser.safetensors", "averages.safetensors", "state.json", "manifest.json"],
)
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    tmp_path: Path, name: str, damage: str
) -> None:
    write_checkpoint(tmp_path, made(4))
    file = write_checkpoint(tmp_path, made(8)) / name
    data = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    else:
        data[-3] ^= 1
        file.write_bytes(data)
    assert_same(read_checkpoint(tmp_path), made(4))


def test_without_a_whole_checkpoint_the_damage_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is none"):
        read_checkpoint(tmp_path / "nowhere")
    folder = write_checkpoint(tmp_path, made(4))
    data = bytearray((folder / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "weights.safetensors").write_bytes(data)
    with pytest.raises(RunError, match="does not match its SHA-256"):
        read_checkpoint(tmp_path)


def test_a_write_that_fails_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch) -> None:
    """The disk is full: at the edge to the system, the only place where a test can make it so."""
    write_checkpoint(tmp_path, made(4))
    real = module.write_synced

    def full(path: Path, data: bytes) -> None:
        if path.name == "optimiser.safetensors":
            path.write_bytes(data[:10])
            raise OSError(28, os.strerror(28))
        real(path, data)

    monkeypatch.setattr(module, "write_synced", full)
    with pytest.raises(RunError, match="Make room"):
        write_checkpoint(tmp_path, made(8))
    assert_same(read_checkpoint(tmp_path), made(4))
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_crash_leaves_behind_is_no_checkpoint(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, made(4))
    part = tmp_path / ".step-000000008.part"
    part.mkdir()
    (part / "weights.safetensors").write_bytes(b"half")
    assert read_checkpoint(tmp_path).progress.step == 4
    write_checkpoint(tmp_path, made(8))
    assert_same(read_checkpoint(tmp_path), made(8))
    assert not part.exists()
