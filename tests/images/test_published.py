"""Published data sets: fetched from a server on this machine, read in their own formats."""

from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

from explorer.errors import ConsentRequired, DataError, FetchCancelled, FetchError
from explorer.images.datasets import named_data, open_dataset
from explorer.images.published import SETS, fetch_published, is_present, open_published
from tests.images.small_sets import (
    N_TEST,
    N_TRAIN,
    NAMES_10,
    cifar10_file,
    files_of,
    idx_file,
    pictures,
    served,
    tar_gz,
)


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_fetched_checked_and_read(name):
    with served(name) as (one, asked):
        assert not is_present(one)
        with pytest.raises(DataError, match="has not been downloaded"):
            open_published(one, 32)
        told = []
        fetch_published(one, allowed=True, progress=lambda *counts: told.append(counts))
        assert is_present(one)
        assert told[-1] == (one.size_bytes, one.size_bytes)
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        n_asked = len(asked)
        fetch_published(one, allowed=True)
        assert len(asked) == n_asked, "what is here is not fetched again"
    side = 28 if one.channels == 1 else 32
    data = open_published(one, side)
    assert len(data.classes) == one.n_classes
    for images, labels, seed, n in (
        (data.train_images, data.train_labels, 1, N_TRAIN),
        (data.test_images, data.test_labels, 2, N_TEST),
    ):
        expected, expected_labels = pictures(n, side, one.channels, seed)
        assert np.array_equal(images, expected)
        assert np.array_equal(labels, expected_labels)
        assert labels.dtype == np.int64
        assert not images.flags.writeable
    assert (data.name, data.title, data.is_split_here) == (name, one.title, False)
    assert data.keeps_flips == (name not in ("mnist", "svhn"))


def test_classes_come_with_the_data():
    with served("cifar10") as (one, _):
        fetch_published(one, allowed=True)
    assert open_published(one, 32, parts=("test",)).classes == NAMES_10
    assert open_published(one, 32, parts=("test",)).train_images.shape == (0, 32, 32, 3)


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_another_size_is_resized_once_and_kept(name):
    with served(name) as (one, _):
        fetch_published(one, allowed=True)
    told = []
    first = open_published(one, 16, lambda *counts: told.append(counts))
    assert first.train_images.shape == (N_TRAIN, 16, 16, one.channels)
    assert told[-1] == (N_TEST, N_TEST)
    told.clear()
    again = open_published(one, 16, lambda *counts: told.append(counts))
    assert not told
    assert np.array_equal(first.train_images, again.train_images)
    before = open_published(one, 32 if one.channels == 3 else 28).train_images
    means = [images.mean(axis=(1, 2)) for images in (first.train_images, before)]
    np.testing.assert_allclose(means[0], means[1], atol=4)


def test_nothing_is_fetched_without_consent():
    with served("svhn") as (one, asked):
        with pytest.raises(ConsentRequired):
            fetch_published(one, allowed=False)
        assert not asked


def test_another_file_than_the_publisher_s_is_refused():
    with served("cifar10", (cifar10_file(),)) as (one, _):
        other = replace(one.files[0], sha256="0" * 64)
        with pytest.raises(FetchError, match="another file"):
            fetch_published(replace(one, files=(other,)), allowed=True)


def test_a_download_can_be_stopped():
    with served("mnist") as (one, _), pytest.raises(FetchCancelled):
        fetch_published(one, allowed=True, cancelled=lambda: True)


def hurt(name: str) -> tuple[bytes, ...]:
    """The files of a set, with one that has the right hash and the wrong content."""
    files = list(files_of(name))
    if name == "cifar10":
        files[0] = tar_gz({"cifar-10-batches-bin/test_batch.bin": b"short"})
    elif name == "cifar100":
        files[0] = b"no gzip"
    elif name == "mnist":
        files[0] = idx_file(np.zeros((3, 28, 28)))
    elif name == "fashion-mnist":
        files[0] = gzip.compress(gzip.decompress(files[0])[:-1])
    else:
        files[0] = b"MATLAB 5.0 MAT-file" + bytes(200)
    return tuple(files)


@pytest.mark.parametrize("name", SETS)
def test_a_damaged_file_is_named_with_its_remedy(name):
    with served(name, hurt(name)) as (one, _):
        fetch_published(one, allowed=True)
    with pytest.raises(DataError, match=r"cannot be read") as caught:
        open_published(one, 32)
    assert "download it again" in caught.value.hint_text


def test_an_idx_file_unpacks_no_further_than_it_declares():
    files = list(files_of("mnist"))
    files[0] = gzip.compress(gzip.decompress(files[0]) + bytes(50 * 2**20))
    with served("mnist", tuple(files)) as (one, _):
        fetch_published(one, allowed=True)
    with pytest.raises(DataError, match="holds more"):
        open_published(one, 28)


def test_the_names_are_listed_with_what_they_cost():
    cards = {one.name: one for one in named_data()}
    assert list(cards) == [
        "digits",
        "shapes",
        "cifar10",
        "cifar100",
        "mnist",
        "fashion-mnist",
        "svhn",
    ]
    assert cards["digits"].is_present
    assert cards["shapes"].size_bytes == 0
    assert not cards["cifar10"].is_present
    assert cards["cifar10"].size_bytes == 170_052_171
    with pytest.raises(DataError, match=r"CIFAR-100 has not been downloaded \(169 MB\)") as caught:
        open_dataset("cifar100", 32)
    assert "--allow-download" in caught.value.hint_text


def test_every_file_is_pinned_by_a_whole_hash_and_fetched_safely():
    files = [file for one in SETS.values() for file in one.files]
    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert len(file.sha256) == 64
        assert file.size_bytes
        assert file.url.startswith("https://")
