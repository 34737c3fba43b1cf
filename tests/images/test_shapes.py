"""The shapes: seeded, of any size, and learnable from the shape alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PIL import Image

from explorer.images import shapes
from explorer.images.datasets import open_dataset


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_EXPLORER_HOME", str(tmp_path_factory.mktemp("shapes")))
        yield open_dataset("shapes", 32)


def test_counts_classes_and_parts(data):
    assert data.classes == shapes.CLASSES
    assert len(data.classes) == 8
    assert data.train_images.shape == (4000, 32, 32, 3)
    assert data.test_images.shape == (1000, 32, 32, 3)
    assert set(np.bincount(data.train_labels)) == {500}
    assert set(np.bincount(data.test_labels)) == {125}
    assert data.keeps_flips
    assert not data.is_split_here
    assert not data.train_images.flags.writeable


def test_no_test_picture_is_among_the_training_pictures(data):
    train = {image.tobytes() for image in data.train_images}
    assert len(train) == 4000
    assert not any(image.tobytes() in train for image in data.test_images)


def test_the_seed_decides_and_the_second_opening_draws_nothing(monkeypatch):
    monkeypatch.setattr(shapes, "N_PICTURES", {"train": 64, "test": 16})
    told = []
    first = open_dataset("shapes", 24, seed=1, progress=lambda *counts: told.append(counts))
    assert told[-1] == (16, 16)
    told.clear()
    again = open_dataset("shapes", 24, seed=1, progress=lambda *counts: told.append(counts))
    assert not told
    assert np.array_equal(first.train_images, again.train_images)
    other = open_dataset("shapes", 24, seed=2)
    assert not np.array_equal(first.train_images, other.train_images)


def test_another_size_shows_the_same_scenes(monkeypatch):
    monkeypatch.setattr(shapes, "N_PICTURES", {"train": 32, "test": 8})
    small = open_dataset("shapes", 40).train_images
    large = open_dataset("shapes", 160).train_images
    for one, other in zip(small, large, strict=True):
        shrunk = np.asarray(Image.fromarray(other).resize((40, 40), Image.Resampling.BOX))
        assert np.abs(shrunk.astype(int) - one).mean() < 8


def test_a_shape_stands_out_and_has_soft_edges():
    draws = np.random.default_rng(5).random((80, 13))
    for place, draw in enumerate(draws):
        mask = shapes._mask(place % 8, draw, 32)
        assert mask.max() > 200
        assert 0.02 < (mask > 127).mean() < 0.65
        assert ((mask > 20) & (mask < 235)).any()
        assert not (mask[[0, -1]] > 127).any(), "a shape is cut off at the edge"


def test_colour_says_nothing_about_the_class(data):
    means = np.stack(
        [data.train_images[data.train_labels == label].mean(axis=(0, 1, 2)) for label in range(8)]
    )
    assert np.ptp(means, axis=0).max() < 12


def test_drawing_is_quick():
    started = time.process_time()
    open_dataset("shapes", 32, seed=9)
    assert time.process_time() - started < 10, "it takes 1 s of the processor"
