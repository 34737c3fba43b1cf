"""Labelled pictures as arrays: layout, split, cache, damage."""

from __future__ import annotations

import io
import math
import mmap
import os
import shutil
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.errors import DataError
from explorer.images import decode_cache, picture_folders
from explorer.images.datasets import open_dataset
from explorer.images.prepare import seen, transform_for


def png(label: int, number: int, side: int = 32) -> bytes:
    """A picture whose pixels tell which one it is."""
    buffer = io.BytesIO()
    Image.new("RGB", (side + number % 3, side), (label * 50, number, 7)).save(buffer, "PNG")
    return buffer.getvalue()


def members(
    classes: tuple[str, ...] = ("ant", "bee", "cow"), each: int = 10, top: str = ""
) -> dict[str, bytes]:
    return {
        f"{top}{name}/{number:03}.png": png(label, number)
        for label, name in enumerate(classes)
        for number in range(each)
    }


def as_folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


def as_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def numbers_by_label(images: np.ndarray, labels: np.ndarray) -> dict[int, set[int]]:
    assert (images[:, 0, 0, 0] == labels * 50).all(), "a picture has another's label"
    return {label: set(images[labels == label][:, 0, 0, 1].tolist()) for label in set(labels.tolist())}


@pytest.fixture
def split_files() -> dict[str, bytes]:
    return members(each=4, top="train/") | members(("ant", "bee"), each=2, top="val/")


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_train_and_test_folders(tmp_path, split_files, kind):
    place = (
        as_folder(tmp_path / "d", split_files)
        if kind == "folder"
        else as_zip(tmp_path / "d.zip", split_files)
    )
    data = open_dataset(str(place), 32)
    assert data.classes == ("ant", "bee", "cow")
    assert data.train_images.shape == (12, 32, 32, 3)
    assert data.train_labels.dtype == np.int64
    assert numbers_by_label(data.train_images, data.train_labels) == {key: {0, 1, 2, 3} for key in range(3)}
    assert numbers_by_label(data.test_images, data.test_labels) == {key: {0, 1} for key in range(2)}
    assert data.broken == ()
    assert not data.is_split_here
    for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        assert not array.flags.writeable


def test_without_parts_the_split_is_by_class_and_by_seed(tmp_path):
    place = str(as_zip(tmp_path / "d.zip", members(top="top/")))
    data = open_dataset(place, 32, seed=1)
    train = numbers_by_label(data.train_images, data.train_labels)
    test = numbers_by_label(data.test_images, data.test_labels)
    for label in range(3):
        assert len(test[label]) == 2
        assert train[label] | test[label] == set(range(10))
        assert not train[label] & test[label]
    again = open_dataset(place, 32, seed=1)
    assert np.array_equal(again.test_images, data.test_images)
    assert data.is_split_here
    assert any(
        not np.array_equal(open_dataset(place, 32, seed=seed).test_images, data.test_images)
        for seed in (2, 3)
    )


def test_pixels_are_mapped_from_the_disk_and_not_held(tmp_path):
    """A set larger than the memory can be opened, also where its test part is drawn by the program."""
    data = open_dataset(str(as_folder(tmp_path, members())), 32)
    for images in (data.train_images, data.test_images):
        owner = images
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        assert isinstance(owner.base, mmap.mmap)


def test_names_go_before_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    as_folder(tmp_path / "digits", members())
    assert len(open_dataset("digits", 8).classes) == 10
    assert len(open_dataset("./digits", 8).classes) == 3


def test_a_class_with_one_picture_is_for_training(tmp_path):
    place = as_folder(tmp_path, members(("ant", "bee"), each=5) | {"cow/1.png": png(2, 1)})
    data = open_dataset(str(place), 16)
    assert (data.train_labels == 2).sum() == 1
    assert not (data.test_labels == 2).any()


@pytest.mark.parametrize("kind", [as_folder, as_zip])
def test_classes_of_one_picture_each_are_refused_as_none_is_left_to_test_on(tmp_path, kind):
    with pytest.raises(DataError, match="single picture") as caught:
        open_dataset(str(kind(tmp_path / "few.zip", members(each=1))), 32)
    assert "two pictures or more" in caught.value.hint_text


def test_classes_may_be_called_anything_that_a_file_system_bears(tmp_path):
    names = ("Žluťoučký kůň", "new\nline", "%s {0} <b>", "日本", "🐈")
    data = open_dataset(str(as_folder(tmp_path / "odd", members(names, each=3))), 32)
    assert data.classes == tuple(sorted(names))
    assert len(data.train_labels), len(data.test_labels) == (10, 5)


def test_pictures_of_any_size_are_seen_as_the_network_sees_them(tmp_path):
    rng = np.random.default_rng(0)
    photos = [rng.integers(0, 256, (60 + 7 * k, 90 - 5 * k, 3), dtype=np.uint8) for k in range(4)]
    for number, pixels in enumerate(photos):
        folder = tmp_path / ("a" if number < 2 else "b")
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    for size in (32, 100):
        data = open_dataset(str(tmp_path), size, parts=("train",))
        expected = [seen(pixels, transform_for(size)) for pixels in photos]
        for image in data.train_images:
            assert any(np.array_equal(image, other) for other in expected)


def test_broken_files_are_listed_and_never_fatal(tmp_path):
    files = members(("ant", "bee"), each=5)
    files["ant/cut.png"] = png(0, 1)[:60]
    files["bee/text.jpg"] = b"hello"
    files["bee/empty.png"] = b""
    data = open_dataset(str(as_zip(tmp_path / "d.zip", files)), 32)
    assert len(data.train_labels) + len(data.test_labels) == 10
    reasons = dict(data.broken)
    assert list(reasons) == ["ant/cut.png", "bee/empty.png", "bee/text.jpg"], "whichever part each was in"
    assert "is empty" in reasons["bee/empty.png"]
    assert open_dataset(str(tmp_path / "d.zip"), 32).broken == data.broken, "the cache keeps them too"


def test_a_zip_member_with_a_wrong_checksum_is_only_listed(tmp_path):
    path = as_zip(tmp_path / "d.zip", members(("ant", "bee"), each=5))
    content = path.read_bytes()
    victim = png(1, 3)
    assert content.count(victim) == 1
    path.write_bytes(content.replace(victim, victim[:-20] + bytes(20)))
    data = open_dataset(str(path), 32)
    assert [name for name, _ in data.broken] == ["bee/003.png"]


def test_nothing_left_is_an_error(tmp_path):
    place = as_folder(tmp_path, {f"{name}/{n}.jpg": b"x" for name in "ab" for n in range(2)})
    for _ in range(2):
        with pytest.raises(DataError, match=r"None of the 2 .*can be read; a/\d\.jpg is"):
            open_dataset(str(place), 32)


def test_progress_counts_to_the_end_and_its_exception_stops_the_work(tmp_path, monkeypatch, home):
    monkeypatch.setattr(picture_folders, "_CHUNK_PICTURES", 4)
    place = str(as_zip(tmp_path / "d.zip", members()))

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        open_dataset(place, 32, progress=stop)
    assert not [path for path in home.rglob("*") if path.is_file()], "half a cache was left behind"
    calls: list[tuple[int, int]] = []
    open_dataset(place, 32, progress=lambda done, total: calls.append((done, total)))
    assert calls == sorted(calls)
    assert calls[0] == (4, 30)
    assert calls[-1] == (30, 30)


def test_only_the_parts_asked_for_are_decoded(tmp_path, split_files):
    place = str(as_zip(tmp_path / "d.zip", split_files))
    totals: set[int] = set()
    data = open_dataset(place, 32, parts=("test",), progress=lambda _, total: totals.add(total))
    assert totals == {4}
    assert data.train_images.shape == (0, 32, 32, 3)
    assert data.classes == ("ant", "bee", "cow")
    with pytest.raises(DataError, match="no training pictures"):
        data.mean_std()
    assert len(open_dataset(place, 32, parts=("train",)).test_labels) == 0


def test_test_pictures_alone_can_be_evaluated_but_not_trained_on(tmp_path):
    place = str(as_folder(tmp_path, members(("ant", "bee"), each=3, top="test/")))
    assert len(open_dataset(place, 32, parts=("test",)).test_labels) == 6
    with pytest.raises(DataError, match="no train pictures"):
        open_dataset(place, 32)


def decodes(place: str, size: int = 32) -> int:
    totals = [0]
    open_dataset(place, size, progress=lambda _, total: totals.append(total))
    return totals[-1]


def test_the_second_opening_decodes_nothing_until_the_data_changes(tmp_path, home):
    folder = as_folder(tmp_path / "d", members())
    path = as_zip(tmp_path / "d.zip", members())
    for place in (str(folder), str(path)):
        assert decodes(place) == 30
        assert decodes(place) == 0
        assert decodes(place, size=16) == 30
    (folder / "ant" / "new.png").write_bytes(png(0, 77))
    assert decodes(str(folder)) == 31
    os.utime(path, (1, 1))
    assert decodes(str(path)) == 30
    kept = [file.name for file in (home / "cache" / "datasets").iterdir()]
    assert len(kept) == 2 * 2 * 2, f"what no file can ask for any more was kept: {kept}"


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_cache_is_rebuilt(tmp_path, home, suffix, damage):
    place = str(as_zip(tmp_path / "d.zip", members()))
    before = open_dataset(place, 32).train_images.copy()
    (victim,) = (home / "cache" / "datasets").glob(f"*-train-*{suffix}")
    if damage == "flip":
        flip_last_byte(victim)
    elif damage == "cut":
        victim.write_bytes(victim.read_bytes()[:-5])
    elif damage == "empty":
        victim.write_bytes(b"")
    else:
        victim.unlink()
    assert decodes(place) == 24, "the test part is whole"
    assert np.array_equal(open_dataset(place, 32).train_images, before)


def test_a_disk_without_room_for_the_pictures_is_left_as_it_is(tmp_path, home, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(decode_cache.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000_000))
    cache = decode_cache.DecodeCache(home / "cache", tmp_path / "d", "", 224)
    with pytest.raises(DataError, match=r"need 1\.5 GB in .*cache, and 1\.0 GB are free") as caught:
        cache.write("train", ("a",), 10_000, iter(()))
    assert "smaller input size" in caught.value.hint_text
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_a_few_pictures_are_kept_on_a_disk_that_is_nearly_full(tmp_path, home, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(decode_cache.shutil, "disk_usage", lambda _: usage._replace(free=100_000_000))
    assert open_dataset(str(as_folder(tmp_path / "d", members())), 32).broken == ()


def test_a_cache_that_cannot_be_written_is_named(tmp_path, home):
    (home / "cache").mkdir()
    (home / "cache" / "datasets").write_text("a file in the way")
    with pytest.raises(DataError, match="cannot be kept") as caught:
        open_dataset(str(as_zip(tmp_path / "d.zip", members())), 32)
    assert "RESNET_EXPLORER_HOME" in caught.value.hint_text


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        open_dataset(str(tmp_path / "nowhere"), 32)
    (tmp_path / "data.tar").write_bytes(b"ustar" * 100)
    with pytest.raises(DataError, match="unpack other archives"):
        open_dataset(str(tmp_path / "data.tar"), 32)


def test_mean_and_deviation_are_measured(tmp_path):
    data = open_dataset(str(as_folder(tmp_path, members())), 32)
    mean, std = data.mean_std()
    scaled = data.train_images.reshape(-1, 3) / 255
    np.testing.assert_allclose(mean, scaled.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(std[:2], scaled.std(axis=0)[:2], rtol=1e-6)
    assert std[2] == pytest.approx(1 / 255), "a constant channel must stay divisible"


def test_digits_are_grey_upsampled_and_split_by_class():
    from sklearn.datasets import load_digits

    data = open_dataset("digits", 8, seed=3)
    assert data.classes == tuple("0123456789")
    assert len(data.train_labels) + len(data.test_labels) == 1797
    assert data.train_images.shape[1:] == (8, 8, 1)
    assert data.is_split_here
    assert not data.keeps_flips
    shares = np.bincount(data.test_labels) / np.bincount(np.r_[data.train_labels, data.test_labels])
    np.testing.assert_allclose(shares, 0.2, atol=0.01)
    assert (data.train_images.min(), data.train_images.max()) == (0, 255)
    originals = {(image * (255 / 16)).round().astype(np.uint8).tobytes() for image in load_digits().images}
    assert all(image.tobytes() in originals for image in data.test_images)
    assert open_dataset("digits", 32).test_images.shape[1:] == (32, 32, 1)
    assert len(open_dataset("digits", 8, parts=("test",)).train_labels) == 0


@pytest.mark.shared
@pytest.mark.slow
def test_sixty_thousand_pictures_open_at_once_the_second_time():
    path = Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10-jpeg.zip"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    started = time.perf_counter()
    first = open_dataset(str(path), 32)
    decoding_s = time.perf_counter() - started
    reopening_s = math.inf
    for _ in range(3):
        started = time.perf_counter()
        second = open_dataset(str(path), 32)
        # The best of several tries stands for a machine that does nothing else just then.
        reopening_s = min(reopening_s, time.perf_counter() - started)
    assert (first.train_images.shape[0], first.test_images.shape[0]) == (50_000, 10_000)
    assert np.bincount(second.test_labels).tolist() == [1000] * 10
    assert reopening_s < decoding_s / 20
    mean, _ = second.mean_std()
    np.testing.assert_allclose(mean, (0.4914, 0.4822, 0.4465), atol=2e-3)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are text")
def test_a_place_whose_name_is_no_text_is_refused(tmp_path):
    folder = as_folder(tmp_path / os.fsdecode(b"lat\xe9in"), members(each=3))
    with pytest.raises(DataError, match="not UTF-8") as caught:
        open_dataset(str(folder), 32)
    assert str(caught.value).encode("utf-8")
