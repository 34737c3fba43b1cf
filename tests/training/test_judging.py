from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from explorer.runs.judged import read_judged
from explorer.training.batches import to_device
from explorer.training.events import EpochFinished, Mistake
from explorer.training.judging import keep_epoch


@pytest.mark.parametrize("channels", [1, 3])
def test_mistakes_get_their_pictures_in_colour(channels: int, tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 4, channels), np.uint8)
    pictures = to_device(images, np.zeros(5, np.int64), torch.device("cpu"))
    confusion = np.eye(2, dtype=np.int64)
    mistakes = (Mistake(3, 0, 1, 0.9), Mistake(1, 1, 0, 0.8))
    event = EpochFinished(2, 29, 1.0, 0.5, 1.0, 0.5, 100.0, True, confusion, mistakes)
    path = tmp_path / "judged.safetensors"
    judged = keep_epoch(path, event, pictures, ("cat", "dog"))
    assert read_judged(path).epoch == 2
    assert read_judged(path, before=3).epoch == 2
    assert read_judged(path, before=2) is None, "it is done again"
    assert (judged.epoch, judged.classes) == (2, ("cat", "dog"))
    assert judged.confusion is confusion
    assert [(each.index, each.truth, each.answer, each.probability) for each in judged.mistakes] == [
        (3, 0, 1, 0.9),
        (1, 1, 0, 0.8),
    ]
    for each in judged.mistakes:
        assert each.picture.shape == (4, 4, 3)
        assert np.array_equal(each.picture[..., 2], images[each.index, ..., -1])
        assert not each.picture.flags.writeable
        assert each.picture.nbytes == 48, "it would keep all pictures in memory"
        assert each.picture.base is None
