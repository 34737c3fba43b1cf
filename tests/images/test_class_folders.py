"""Names into parts and classes."""

from __future__ import annotations

import os

import pytest

from explorer.errors import DataError
from explorer.images.class_folders import WHOLE, FolderSource, fingerprint, lay_out


def test_plain_class_folders_are_one_part_sorted_by_name():
    layout = lay_out(("dog/2.jpg", "cat/1.png", "dog/1.jpg", "dog/notes.txt", "loose.jpg"), "pets")
    assert layout.classes == ("cat", "dog")
    assert layout.parts == {WHOLE: (("cat/1.png", 0), ("dog/1.jpg", 1), ("dog/2.jpg", 1))}


@pytest.mark.parametrize("test", ["test", "val", "valid", "Validation", "TEST"])
def test_train_and_test_folders_are_the_parts(test):
    layout = lay_out(("train/cat/1.jpg", "train/dog/1.jpg", f"{test}/dog/7.jpg"), "pets")
    assert layout.classes == ("cat", "dog")
    assert layout.parts["test"] == ((f"{test}/dog/7.jpg", 1),)
    assert len(layout.parts["train"]) == 2


def test_one_folder_around_everything_is_looked_through():
    names = ("pets/all/train/cat/1.jpg", "pets/all/train/dog/1.jpg", "pets/all/test/cat/2.jpg")
    names += ("__MACOSX/pets/all/train/cat/._1.jpg", "pets/.DS_Store")
    assert set(lay_out(names, "pets").parts) == {"train", "test"}


def test_deeper_folders_belong_to_their_class():
    layout = lay_out(("cat/day/1.jpg", "cat/night/2.jpg", "dog/1.jpg"), "pets")
    assert layout.parts[WHOLE][1] == ("cat/night/2.jpg", 0)


def test_an_unsorted_test_folder_gives_way_to_a_sorted_val_folder():
    names = ("train/a/1.jpg", "train/b/1.jpg", "test/images/1.jpg", "val/a/9.jpg")
    assert lay_out(names, "tiny").parts["test"] == (("val/a/9.jpg", 0),)
    assert "val/a/9.jpg" in dict(
        lay_out(("train/a/1.jpg", "train/b/1.jpg", "test/1.jpg", "val/a/9.jpg"), "t").parts["test"]
    )


def test_training_or_test_pictures_alone():
    assert set(lay_out(("train/a/1.jpg", "train/b/1.jpg"), "x").parts) == {WHOLE}
    assert set(lay_out(("test/a/1.jpg", "test/b/1.jpg"), "x").parts) == {"test"}


def test_a_class_may_be_called_train():
    layout = lay_out(("train/1.jpg", "plane/1.jpg"), "vehicles")
    assert layout.classes == ("plane", "train")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), "no pictures"),
        (("cat/notes.txt", ".hidden/1.jpg"), "no pictures"),
        (("1.jpg", "2.jpg"), "no two class folders"),
        (("cat/1.jpg", "cat/2.jpg"), "found: cat"),
        (("train/a/1.jpg", "train/b/1.jpg", "test/c/1.jpg"), "classes c"),
    ],
)
def test_what_cannot_be_trained_on_is_named(names, reason):
    with pytest.raises(DataError, match=reason) as caught:
        lay_out(names, "mine")
    assert "mine" in caught.value.cause_text
    assert caught.value.hint_text


def test_links_to_class_folders_are_followed_but_never_for_ever(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "1.jpg").write_bytes(b"x")
    (tmp_path / "data").mkdir()
    try:
        (tmp_path / "data" / "cat").symlink_to(tmp_path / "real", target_is_directory=True)
        (tmp_path / "data" / "loop").symlink_to(tmp_path / "data", target_is_directory=True)
    except OSError:
        pytest.skip("this system makes no links")
    assert FolderSource(tmp_path / "data").names == ("cat/1.jpg",)


def test_a_fingerprint_changes_with_the_files(tmp_path):
    (tmp_path / "cat").mkdir()
    file = tmp_path / "cat" / "1.jpg"
    file.write_bytes(b"x")
    first = fingerprint(tmp_path)
    assert fingerprint(tmp_path) == first
    os.utime(file, ns=(1, 1))
    second = fingerprint(tmp_path)
    file.rename(tmp_path / "cat" / "2.jpg")
    assert len({first, second, fingerprint(tmp_path)}) == 3


def test_bytes_that_are_no_text_become_one():
    """As Python reads a folder's name on Linux that is no UTF-8, from an old archive say."""
    name = os.fsdecode(b"caf\xe9")
    layout = lay_out((f"{name}/1.png", "tea/1.png"), "drinks")
    assert layout.classes == (r"caf\udce9", "tea")
    assert layout.parts[WHOLE] == ((f"{name}/1.png", 0), ("tea/1.png", 1))
