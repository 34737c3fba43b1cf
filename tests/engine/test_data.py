"""Labelled data on the IO pool: listed, fetched, opened, peeked into, and collected from bins."""

import io
import os
import queue
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.engine.context import Context, OpenDatasets
from explorer.engine.data_messages import (
    CollectTaught,
    DataFetched,
    DataListed,
    DataOpened,
    DataProgress,
    FetchData,
    FolderPeeked,
    ListData,
    OpenData,
    PeekFolder,
    ReadTaught,
    TaughtCollected,
)
from explorer.engine.handlers.data import facts_of
from explorer.engine.handlers.io_table import IO_HANDLERS
from explorer.engine.messages import FetchProgress, RequestFailed, RequestFinished
from explorer.engine.worker import Engine
from explorer.errors import DataError, FetchCancelled, ImageError
from explorer.images import picture_folders, published
from explorer.images.datasets import open_dataset
from explorer.training.parts import fingerprint
from tests.images.small_sets import N_TEST, N_TRAIN, served

LIMIT_S = 30


@pytest.fixture
def told():
    return []


@pytest.fixture
def context(told):
    return Context(emit=told.append)


def answers(request, context):
    return list(IO_HANDLERS[type(request)](request, context))


def paint(path, colour, side=20):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two classes of ten."""
    for label, name in enumerate(("ant", "bee")):
        for number in range(10):
            paint(tmp_path / "insects" / name / f"{number}.png", (200 * label, number, 30))
    return tmp_path / "insects"


def test_the_sets_are_listed(context):
    (listed,) = answers(ListData(ticket=1), context)
    assert isinstance(listed, DataListed)
    by_name = {card.name: card for card in listed.cards}
    assert by_name["digits"].is_present
    assert not by_name["svhn"].is_present
    assert by_name["cifar100"].n_classes == 100


def test_a_folder_is_opened_held_and_described(context, told, folder):
    (folder / "ant" / "bad.png").write_bytes(b"nothing")
    (opened,) = answers(OpenData(ticket=7, data=str(folder), input_size=16), context)
    assert isinstance(opened, DataOpened)
    facts = opened.facts
    assert (facts.data, facts.title, facts.input_size, facts.channels) == (str(folder), "insects", 16, 3)
    assert facts.classes == ("ant", "bee")
    assert [sum(pair) for pair in zip(facts.train_counts, facts.test_counts, strict=True)] == [10, 10]
    assert facts.is_split_here
    assert facts.keeps_flips
    assert [name for name, _ in facts.broken] == ["ant/bad.png"]
    assert [len(samples) for samples in facts.samples] == [8, 8]
    for samples, red in zip(facts.samples, (0, 200), strict=True):
        for sample in samples:
            assert sample.shape == (16, 16, 3)
            assert (sample[..., 0] == red).all()
            assert not sample.flags.writeable
    held = context.datasets.get(str(folder), 16)
    assert held.mean_std() == (facts.mean, facts.std)
    assert context.datasets.get(str(folder), 32) is None
    assert isinstance(told[-1], DataProgress)
    assert told[-1].done == told[-1].total
    assert {event.ticket for event in told} == {7}


def test_grey_digits_are_shown_in_colour_and_do_not_keep_flips(context):
    (opened,) = answers(OpenData(ticket=1, data="digits", input_size=8), context)
    facts = opened.facts
    assert facts.channels == len(facts.mean) == 1
    assert facts.samples[3][0].shape == (8, 8, 3)
    assert not facts.keeps_flips
    assert sum(facts.train_counts) + sum(facts.test_counts) == 1797


def test_samples_of_large_pictures_are_small(folder):
    facts = facts_of(open_dataset(str(folder), 200), str(folder), 200)
    assert facts.samples[0][0].shape == (96, 96, 3)


def test_what_is_not_here_says_how_to_get_it(context, tmp_path):
    with pytest.raises(DataError, match="CIFAR-10 has not been downloaded") as caught:
        answers(OpenData(ticket=1, data="cifar10", input_size=32), context)
    assert "download" in caught.value.hint_text
    with pytest.raises(DataError, match="no data set"):
        answers(OpenData(ticket=1, data=str(tmp_path / "gone"), input_size=32), context)
    with pytest.raises(DataError, match="no data set called elephants"):
        answers(FetchData(ticket=1, name="elephants"), context)


def test_a_set_is_fetched_and_then_opened(context, told, monkeypatch):
    with served("fashion-mnist") as (one, _):
        monkeypatch.setitem(published.SETS, "fashion-mnist", one)
        (fetched,) = answers(FetchData(ticket=2, name="fashion-mnist"), context)
    assert fetched == DataFetched(ticket=2, name="fashion-mnist")
    assert all(isinstance(event, FetchProgress) and event.total_bytes == one.size_bytes for event in told)
    (opened,) = answers(OpenData(ticket=3, data="fashion-mnist", input_size=28), context)
    assert sum(opened.facts.train_counts) == N_TRAIN
    assert sum(opened.facts.test_counts) == N_TEST
    assert opened.facts.title == "Fashion-MNIST"
    (listed,) = answers(ListData(ticket=4), context)
    assert next(card for card in listed.cards if card.name == "fashion-mnist").is_present


def test_a_download_that_nobody_wants_any_more_stops(monkeypatch):
    with served("svhn") as (one, _):
        monkeypatch.setitem(published.SETS, "svhn", one)
        with pytest.raises(FetchCancelled):
            answers(FetchData(ticket=2, name="svhn"), Context(is_wanted=lambda request: False))


def test_opening_stops_between_two_chunks_and_says_so(told, folder, monkeypatch):
    monkeypatch.setattr(picture_folders, "_CHUNK_PICTURES", 2)
    context = Context(is_wanted=lambda request: not told, emit=told.append)
    assert answers(OpenData(ticket=5, data=str(folder), input_size=16), context) == []
    progress, failed = told
    assert (progress.done, progress.total) == (2, 20)
    assert isinstance(failed, RequestFailed)
    assert failed.is_cancelled
    assert context.datasets.get(str(folder), 16) is None


def test_the_last_two_sets_are_held():
    held = OpenDatasets()
    sets = {size: open_dataset("digits", size) for size in (8, 9, 10)}
    held.put("digits", 8, sets[8])
    held.put("digits", 9, sets[9])
    assert held.get("digits", 8) is sets[8]
    held.put("digits", 10, sets[10])
    assert held.get("digits", 9) is None, "it was used longest ago"
    assert held.get("digits", 8) is sets[8]
    assert held.get("digits", 10) is sets[10]


def test_a_peek_tells_class_folders_from_pictures(context, tmp_path, folder):
    (peeked,) = answers(PeekFolder(ticket=1, path=str(folder)), context)
    assert peeked == FolderPeeked(ticket=1, path=str(folder), classes=("ant", "bee"), n_pictures=20)
    paint(tmp_path / "plain" / "1.png", "red")
    paint(tmp_path / "plain" / "2.png", "red")
    (peeked,) = answers(PeekFolder(ticket=2, path=str(tmp_path / "plain")), context)
    assert (peeked.classes, peeked.n_pictures) == ((), 2)
    (tmp_path / "empty").mkdir()
    (peeked,) = answers(PeekFolder(ticket=3, path=str(tmp_path / "empty")), context)
    assert (peeked.classes, peeked.n_pictures) == ((), 0)
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="cannot be opened as a zip"):
        answers(PeekFolder(ticket=4, path=str(tmp_path / "bad.zip")), context)
    (tmp_path / "notes.txt").write_text("no zip, and never meant as one")
    (peeked,) = answers(PeekFolder(ticket=5, path=str(tmp_path / "notes.txt")), context)
    assert (peeked.classes, peeked.n_pictures) == ((), 1)


# ---------------------------------------------------------------- bins


def collect(context, *bins, name="my-classes"):
    (collected,) = answers(CollectTaught(ticket=1, name=name, bins=bins), context)
    assert isinstance(collected, TaughtCollected)
    return collected.path


def test_bins_become_a_data_set_that_opens(context, tmp_path, home):
    shelf = context.shelf
    reds = tuple(shelf.add(str(paint(tmp_path / f"r{n}.JPG", (250, n, 0))), "r") for n in range(3))
    packed = io.BytesIO()
    Image.new("RGB", (9, 9), (0, 0, 250)).save(packed, "GIF")
    odd = paint(tmp_path / "odd.png", (0, 0, 250))
    odd = odd.rename(tmp_path / "odd")
    blues = (shelf.add(packed.getvalue(), "pasted"), shelf.add(str(odd), "odd"))
    path = collect(context, ("red things", reds), ("blue", blues), ("empty", ()))
    assert path == str(home / "data" / "taught" / "my-classes")
    data = open_dataset(path, 16)
    assert data.classes == ("blue", "red things")
    assert data.broken == ()
    assert sorted(np.r_[data.train_labels, data.test_labels].tolist()) == [0, 0, 1, 1, 1]
    assert (data.train_images[data.train_labels == 0][..., 2] > 240).all()
    assert (data.train_images[data.train_labels == 1][..., 0] > 240).all()


def test_a_set_stays_as_it_is_whatever_is_taught_next(context, tmp_path, home):
    def add(name, colour):
        return context.shelf.add(str(paint(tmp_path / f"{name}.png", colour)), name)

    def n_pictures(path):
        data = open_dataset(path, 16)
        return len(data.train_labels) + len(data.test_labels)

    reds, blues = tuple(add(f"r{n}", (250, n, 0)) for n in range(3)), (add("b", (0, 0, 250)),)
    few = collect(context, ("red", reds[1:]), ("blue", blues))
    before = fingerprint(open_dataset(few, 16))
    # One that holds all of its pictures does not take its place either: a paused run wants the very same.
    more = collect(context, ("red", reds), ("blue", blues))
    assert more == f"{few} 2"
    assert (n_pictures(few), n_pictures(more)) == (3, 4)
    assert fingerprint(open_dataset(few, 16)) == before
    # The same picture in another class is another set.
    swapped = collect(context, ("blue", reds), ("red", blues))
    assert swapped == f"{few} 3"
    # What was taught before is not copied again.
    assert collect(context, ("red", reds), ("blue", blues)) == more
    assert collect(context, ("red", reds[1:]), ("blue", blues)) == few
    names = sorted(entry.name for entry in (home / "data" / "taught").iterdir())
    assert names == ["my-classes", "my-classes 2", "my-classes 3"]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("../../evil", "evil"),
        ("a/b\\c", "a b c"),
        (".hidden", "hidden"),
        ("CON", "class CON"),
        ("Käse 3%", "Käse 3"),
        ("猫", "猫"),
        ("x" * 300, "x" * 80),
    ],
)
def test_names_stay_inside(context, tmp_path, home, name, folder):
    one = context.shelf.add(str(paint(tmp_path / "1.png", "red")), "1")
    path = collect(context, (name, (one,)), ("other", (one,)), name=name)
    assert path == str(home / "data" / "taught" / folder)
    assert (home / "data" / "taught" / folder / folder / "0000.png").is_file()


def test_too_few_alike_or_nameless_classes_are_refused(context, tmp_path, home):
    one = context.shelf.add(str(paint(tmp_path / "1.png", "red")), "1")
    for bins, why in (
        ((), "none of the bins"),
        ((("a", (one,)), ("b", ())), "only one of the bins"),
        ((("a", (one,)), ("A ", (one,))), "Two classes are called A"),
        ((("a", (one,)), ("///", (one,))), "no usable name"),
    ):
        with pytest.raises(DataError, match=why) as caught:
            collect(context, *bins)
        assert caught.value.hint_text
    with pytest.raises(ImageError, match="removed"):
        collect(context, ("a", (one,)), ("b", (99,)))
    assert not list((home / "data").glob("taught/*")), "half a set was left behind"


def test_a_failed_collection_leaves_the_set_before(context, tmp_path):
    one = context.shelf.add(str(paint(tmp_path / "1.png", "red")), "1")
    gone = context.shelf.add(str(tmp_path / "gone.png"), "gone")
    path = collect(context, ("a", (one, one)), ("b", (one,)))
    with pytest.raises(ImageError, match=r"gone\.png"):
        collect(context, ("a", (one,)), ("c", (gone,)))
    assert open_dataset(path, 8).classes == ("a", "b")


def test_a_folder_that_cannot_be_written_is_named(context, tmp_path, home):
    one = context.shelf.add(str(paint(tmp_path / "1.png", "red")), "1")
    (home / "data").mkdir(parents=True)
    (home / "data" / "taught").write_text("a file in the way")
    with pytest.raises(DataError, match="cannot be copied to") as caught:
        collect(context, ("a", (one,)), ("b", (one,)))
    assert "RESNET_EXPLORER_HOME" in caught.value.hint_text


# ---------------------------------------------------------------- through the engine


def test_the_engine_answers_on_its_pool(folder):
    events = queue.Queue()
    engine = Engine(events.put, "cpu")
    try:
        engine.send(OpenData(ticket=1, data=str(folder), input_size=16))
        seen = []
        while not seen or not isinstance(seen[-1], RequestFinished):
            seen.append(events.get(timeout=LIMIT_S))
        assert any(isinstance(event, DataOpened) for event in seen)
    finally:
        engine.stop()


def test_taught_pictures_are_read_again_from_their_set(context, tmp_path):
    shelf = context.shelf
    packed = io.BytesIO()
    Image.new("RGB", (9, 9), (0, 0, 250)).save(packed, "GIF")
    ant, bee = (
        shelf.add(str(paint(tmp_path / "ant.JPG", (250, 0, 0))), "ant"),
        shelf.add(packed.getvalue(), "bee"),
    )
    moth = shelf.add(str(paint(tmp_path / "moth.png", (9, 90, 9))), "moth")
    for bins in ((("a", (ant, moth)), ("b", (bee,))), (("b", (bee,)), ("a", (moth, ant)))):
        # The same set in another order has the files that it had.
        (collected,) = answers(CollectTaught(ticket=1, name="insects", bins=bins), context)
        assert collected.path.endswith("insects")
        files = dict(collected.files)
        assert {number: Path(path).name for number, path in files.items()} == {
            ant: "0000.jpg",
            moth: "0001.png",
            bee: "0000.png",
        }
    Path(files[moth]).unlink()
    wanted = tuple((files[number], f"{number}") for number in (ant, moth, bee))
    told = answers(ReadTaught(ticket=2, pictures=wanted), context)
    loaded = [item for event in told for item in event.loaded]
    assert [(item.path, item.name) for item in loaded] == [wanted[0], wanted[2]]
    assert (told[-1].done, told[-1].total, sum(len(event.failed) for event in told)) == (3, 3, 1)


def test_the_users_own_sets_are_listed_while_they_are_there(context, tmp_path, home):
    def add(colour):
        return context.shelf.add(str(paint(tmp_path / "one.png", colour)), "one"), *blues

    blues = (context.shelf.add(str(paint(tmp_path / "b.png", (0, 0, 250))), "b"),)
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    older = collect(context, ("one", add((250, 0, 0))), ("two", blues))
    newer = collect(context, ("one", add((0, 250, 0))), ("two", blues))
    os.utime(older, (1, 1))
    (home / "data" / "taught" / ".half-made").mkdir()
    request = ListData(ticket=1, recent=(str(tmp_path / "gone.zip"), str(dropped), newer))
    (listed,) = answers(request, context)
    assert listed.places == (str(dropped), newer, older)
