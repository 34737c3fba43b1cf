from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from explorer.training.parts import fingerprint, held_out
from tests.training.small import small_dataset


@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_a_share_of_each_class_is_held_out_and_no_picture_is_in_both(share: float) -> None:
    labels = np.repeat(np.arange(4), (40, 20, 10, 2))
    held = held_out(labels, share, 3)
    for label, n in zip(range(4), (40, 20, 10, 2), strict=True):
        assert held[labels == label].sum() == min(max(round(share * n), 1), n - 1)
    assert np.array_equal(held, held_out(labels, share, 3))
    assert not np.array_equal(held, held_out(labels, share, 4))


def test_the_fingerprint_is_of_labels_shape_and_pixels() -> None:
    data = small_dataset()
    assert fingerprint(data) == fingerprint(small_dataset())
    images = data.train_images.copy()
    images[0, 0, 0, 0] ^= 1
    others = [
        dataclasses.replace(data, train_images=images),
        dataclasses.replace(data, test_labels=data.test_labels[::-1]),
        small_dataset(n_test=33),
    ]
    assert len({fingerprint(each) for each in (data, *others)}) == 4
