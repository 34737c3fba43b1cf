from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from explorer.runs.judged import Judged, JudgedMistake, keep_judged, read_judged

CLASSES = ("cat", "dog", "bird")


def judged(n_mistakes: int = 2) -> Judged:
    pictures = np.arange(n_mistakes * 48, dtype=np.uint8).reshape(n_mistakes, 4, 4, 3)
    mistakes = tuple(
        JudgedMistake(7 * place, place % 3, (place + 1) % 3, 0.9 - 0.1 * place, picture)
        for place, picture in enumerate(pictures)
    )
    return Judged(4, CLASSES, np.arange(9, dtype=np.int64).reshape(3, 3), mistakes)


@pytest.mark.parametrize("n_mistakes", [0, 2])
def test_it_is_read_as_it_was_kept(tmp_path: Path, n_mistakes: int) -> None:
    path, before = tmp_path / "run" / "judged.safetensors", judged(n_mistakes)
    keep_judged(path, judged(1))
    keep_judged(path, before)
    read = read_judged(path)
    assert read is not None
    assert (read.epoch, read.classes) == (4, CLASSES)
    assert np.array_equal(read.confusion, before.confusion)
    assert len(read.mistakes) == n_mistakes
    for mine, theirs in zip(read.mistakes, before.mistakes, strict=True):
        assert (mine.index, mine.truth, mine.answer) == (theirs.index, theirs.truth, theirs.answer)
        assert mine.probability == theirs.probability
        assert np.array_equal(mine.picture, theirs.picture)
        assert not mine.picture.flags.writeable
    assert not read.confusion.flags.writeable
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_none_that_would_be_taken_for_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "judged.safetensors"
    keep_judged(path, judged())

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    keep_judged(path, judged(1))
    assert not list(tmp_path.iterdir())


def test_there_is_none_where_none_was_kept(tmp_path: Path) -> None:
    assert read_judged(tmp_path / "judged.safetensors") is None


GOOD = {
    "confusion": np.zeros((3, 3), np.int64),
    "mistakes": np.zeros((1, 3), np.int64),
    "probabilities": np.zeros(1),
    "pictures": np.zeros((1, 4, 4, 3), np.uint8),
}
FACTS = {"epoch": "0", "classes": '["cat", "dog", "bird"]'}
BROKEN = {
    "cut off": save(GOOD, FACTS)[:-1],
    "empty": b"",
    "no facts": save(GOOD),
    "no counts": save({name: values for name, values in GOOD.items() if name != "confusion"}, FACTS),
    "other counts": save({**GOOD, "confusion": np.zeros((2, 3), np.int64)}, FACTS),
    "counts of another type": save({**GOOD, "confusion": np.zeros((3, 3))}, FACTS),
    "no pictures": save({name: values for name, values in GOOD.items() if name != "pictures"}, FACTS),
    "flat pictures": save({**GOOD, "pictures": np.zeros((1, 48), np.uint8)}, FACTS),
    "fewer pictures": save({**GOOD, "pictures": np.zeros((0, 4, 4, 3), np.uint8)}, FACTS),
    "a number": save({**GOOD, "mistakes": np.array(1)}, FACTS),
    "a class too many": save({**GOOD, "mistakes": np.full((1, 3), 3)}, FACTS),
    "no class": save({**GOOD, "mistakes": np.full((1, 3), -1)}, FACTS),
    "no epoch": save(GOOD, {**FACTS, "epoch": "last"}),
    "classes that are none": save(GOOD, {**FACTS, "classes": '{"cat": 1}'}),
    "names that are none": save(GOOD, {**FACTS, "classes": "[1, 2, 3]"}),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "judged.safetensors"
    path.write_bytes(save(GOOD, FACTS))
    assert read_judged(path) is not None
    path.write_bytes(data)
    assert read_judged(path) is None
