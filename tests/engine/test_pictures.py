"""Pictures read from files, folders and zips, on the IO pool."""

import os
import time
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import paths
from explorer.engine.context import Context
from explorer.engine.handlers.pictures import load_pictures
from explorer.engine.picture_messages import LoadPictures
from explorer.errors import DataError, ImageError


def png(value=128):
    file = BytesIO()
    Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(file, "png")
    return file.getvalue()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "home"))


def zip_of(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(*dropped):
    request = LoadPictures(ticket=1, paths=tuple(map(str, dropped)))
    events = list(load_pictures(request, Context()))
    loaded = [picture for event in events for picture in event.loaded]
    return loaded, [picture for event in events for picture in event.failed]


def test_a_zip_is_read_as_its_folder_would_be(tmp_path):
    members = {"pets/cat/1.png": png(), "pets/dog/2.png": png(), "pets/read me.txt": b"no picture"}
    loaded, failed = read(zip_of(tmp_path / "pets.zip", members))
    assert [picture.name for picture in loaded] == ["1.png", "2.png"]
    # The answers table takes the truth from the folder.
    assert [picture.path.split("/")[-2] for picture in loaded] == ["cat", "dog"]
    assert failed == []


def test_what_a_zip_left_long_ago_makes_room(tmp_path):
    unpacked = paths.cache_dir() / "unpacked"
    for name, days in (("old", 31), ("recent", 29)):
        folder = unpacked / name / "cats"
        folder.mkdir(parents=True)
        (folder / "1.png").write_bytes(png())
        os.utime(folder.parent, (time.time() - days * 86_400,) * 2)
    loaded, _ = read(zip_of(tmp_path / "pets.zip", {"cats/1.png": png()}))
    assert not (unpacked / "old").exists()
    assert (unpacked / "recent" / "cats" / "1.png").exists()
    # One that is dropped again stays, however old what it left is.
    place = Path(loaded[0].path).parents[1]
    os.utime(place, (0, 0))
    read(tmp_path / "pets.zip")
    assert place.exists()


def test_hidden_files_of_a_zip_are_left_out(tmp_path):
    members = {"cat/1.png": png(), "__MACOSX/cat/._1.png": b"", ".thumbs/2.png": png()}
    loaded, failed = read(zip_of(tmp_path / "pets.zip", members))
    assert [picture.name for picture in loaded] == ["1.png"]
    assert failed == []


def test_a_broken_picture_in_a_zip_is_named_and_stops_no_other(tmp_path):
    loaded, failed = read(zip_of(tmp_path / "pets.zip", {"a/1.png": b"not a picture", "b/2.png": png()}))
    assert [picture.name for picture in loaded] == ["2.png"]
    assert [picture.name for picture in failed] == ["1.png"]


def test_pictures_and_zips_may_come_together(tmp_path):
    (tmp_path / "own.png").write_bytes(png())
    loaded, _ = read(tmp_path / "own.png", zip_of(tmp_path / "pets.zip", {"cat/1.png": png()}))
    assert [picture.name for picture in loaded] == ["own.png", "1.png"]


def test_nothing_leaves_the_folder_it_is_unpacked_to(tmp_path):
    with pytest.raises(DataError, match="leads out"):
        read(zip_of(tmp_path / "bad.zip", {"../../out.png": png()}))
    assert not list(tmp_path.rglob("out.png"))


def test_a_zip_without_pictures_is_said(tmp_path):
    with pytest.raises(ImageError, match=r"no picture in texts\.zip"):
        read(zip_of(tmp_path / "texts.zip", {"a.txt": b"text"}))
