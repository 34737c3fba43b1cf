"""Lessons as files: whole or not there, opened as they were, and nothing in them trusted."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import stat
import tracemalloc
import zipfile
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from explorer import paths
from explorer.arch.papers import published
from explorer.arch.presets import cifar_spec, preset
from explorer.engine.context import Context
from explorer.engine.handlers import lesson_file
from explorer.engine.handlers.lesson_file import MANIFEST, shipped_names
from explorer.engine.handlers.lesson_saving import write_lesson
from explorer.engine.handlers.lessons import read_lesson, take_lesson_weights
from explorer.engine.handlers.pictures import load_pictures
from explorer.engine.lesson import (
    Lesson,
    LessonNet,
    LessonPicture,
    LessonRun,
    LessonStep,
    LessonView,
    LessonWeights,
)
from explorer.engine.lesson_json import encode
from explorer.engine.lesson_messages import ReadLesson, TakeLessonWeights, WriteLesson
from explorer.engine.messages import WeightsChoice
from explorer.engine.picture_messages import LoadPictures
from explorer.errors import DataError, ExplorerError, LessonError
from explorer.nets import catalogue
from explorer.nets.findings_file import findings_for
from explorer.state.lessons import LESSONS
from explorer.training.plan import Plan
from tests.state.lesson_parts import trained_resources

__all__ = ["trained_resources"]

SHORT = cifar_spec(8)
RUN = "20260101-000000-abcdef"
ROWS = [(1, "loss", 2.0), (2, "loss", float("nan")), (2, "epoch.val_accuracy", 0.25)]


@pytest.fixture
def context(monkeypatch, home):
    made = Context()
    yield made
    made.close_store()


@pytest.fixture
def shared_reference(request):
    path = request.config.rootpath.parent / "shared" / "reference" / "architectures.json"
    if not path.is_file():
        pytest.skip(f"the papers' numbers {path} are not here")
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def weights_bytes():
    """A file of weights of the short network, as the program writes one."""
    from safetensors.torch import save

    from explorer.arch.expand import expand
    from explorer.nets.assemble import assemble

    module = assemble(expand(SHORT), seed=5)
    tensors = {key: value.clone() for key, value in module.state_dict().items()}
    return save(tensors, {"format": "pt", "spec": SHORT.to_json()})


def png(value=128):
    file = BytesIO()
    Image.fromarray(np.full((4, 6, 3), value, np.uint8)).save(file, "png")
    return file.getvalue()


def lesson(**fields):
    weights = fields.pop("net_weights", "known")
    picture = 0 if fields.get("pictures") else None
    view = LessonView(LessonNet(SHORT, weights), "act1", picture=picture)
    return Lesson("A lesson", (LessonStep("One", view=view),), **fields)


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def read(source, context):
    (event,) = read_lesson(ReadLesson(ticket=1, source=str(source)), context)
    return event


def write(path, a_lesson, context, **fields):
    request = WriteLesson(ticket=1, path=str(path), lesson=a_lesson, **fields)
    (event,) = write_lesson(request, context)
    return event


def refused(path, context):
    with pytest.raises(ExplorerError) as caught:
        read(path, context)
    assert caught.value.hint_text
    return caught.value.cause_text


# Those that ship


@pytest.mark.parametrize("name", [name for name, _ in LESSONS])
def test_a_lesson_that_ships_opens_with_its_picture_and_numbers(name, context):
    event = read(name, context)
    assert event.lesson.title == dict(LESSONS)[name]
    assert 3 <= len(event.lesson.steps) <= 6
    assert all(picture is not None for picture in event.pictures)
    assert all(step.view is not None and step.text and step.trials for step in event.lesson.steps)
    assert not event.remarks
    assert not event.offered
    said = dict(event.facts.numbers)
    for text in event.lesson.texts:
        assert text.count("{") == sum(text.count(place) for place in said), f"an unknown place in: {text}"
    for place, number in said.items():
        # Weights may still come; papers and parameters are there now.
        assert number is not None or not place.startswith(("{paper:", "{parameters:"))


def test_all_that_ship_are_in_the_menu():
    assert shipped_names() == sorted(name for name, _ in LESSONS)


def test_numbers_of_this_program_come_from_its_cards(context):
    said = dict(read("lesions", context).facts.numbers)
    card = catalogue.present_for(preset("cifar-resnet20").spec)
    assert said["{accuracy:cifar-resnet20}"] == f"{card.accuracy_percent:.1f} %"
    assert said["{without:cifar-resnet20:layer1.0}"] is not None
    papers = dict(read("depth", context).facts.numbers)
    assert papers["{paper:cifar-resnet56}"] == "6.97 %"
    assert papers["{parameters:cifar-resnet56}"] == "853,018"


def test_networks_without_weights_are_named(context):
    untrained = read("depth", context).facts.untrained
    assert preset("cifar-resnet20").spec not in untrained
    for spec in untrained:
        assert catalogue.present_for(spec) is None


@pytest.mark.parametrize("name", [name for name, _ in LESSONS])
def test_with_all_weights_every_network_is_trained_and_every_number_known(name, context, trained_resources):
    facts = read(name, context).facts
    assert not facts.untrained
    for place, number in facts.numbers:
        if place.startswith("{untrained:"):
            assert number is None, "said of networks that are trained"
        elif not place.startswith("{without:"):
            assert number is not None, place
    assert dict(facts.numbers).get("{accuracy:cifar-plain20}", "70.0 %") == "70.0 %"


@pytest.mark.parametrize("name", [name for name, _ in LESSONS])
def test_a_condition_and_its_contrary_never_hold_together(name, context):
    facts = dict(read(name, context).facts.numbers)
    for place, number in facts.items():
        if place.startswith("{trained:"):
            specs = [preset(each).spec for each in place[1:-1].partition(":")[2].split("+")]
            assert (number == "") == all(catalogue.present_for(spec) for spec in specs)
            contrary = place.replace("{trained:", "{untrained:")
            assert contrary not in facts or (facts[contrary] == "") != (number == "")


def test_every_percentage_in_a_lesson_is_in_a_paper(context, shared_reference):
    """Of the papers' tables in the reference, and of the lamp; the rest are named here."""
    known = {f"{row.error_percent:.2f}" for row in published() if row.error_percent is not None}
    known |= set(re.findall(r"\d+\.\d+", shared_reference))
    known |= {"7.61"}  # He 2016, table 3: the original ResNet-1001
    known |= {"0.1", "95", "0.45"}  # He 2015, section 4.2; Veit 2016, section 5, twice
    for name, _ in LESSONS:
        for text in read(name, context).lesson.texts:
            for found in re.findall(r"(\d+(?:\.\d+)?)\s%", text):
                assert found in known or f"{float(found):g}" in known, f"{name}: {found} %"


def test_what_the_lessons_say_of_the_bundled_network_is_so():
    card = catalogue.present_for(preset("cifar-resnet20").spec)
    found = findings_for(card)
    left = {each.key: each.knowledge.accuracy for each in found.sweep.blocks}
    for stage in (1, 2, 3):
        blocks = [key for key in left if key.startswith(f"layer{stage}.")]
        assert min(blocks, key=left.get) == f"layer{stage}.0", "in each stage the first is missed most"
    assert (min(left, key=left.get), max(left, key=left.get)) == ("layer1.0", "layer2.2")
    probes = [probe.accuracy for probe in found.probes]
    assert probes == sorted(probes), "knowledge comes step by step"
    ratios = {block.key: block.ratio for block in found.meter.blocks}
    for stage in (2, 3):
        assert ratios[f"layer{stage}.0"] > ratios[f"layer{stage - 1}.2"], "where a stage begins it jumps"


# There and back


def test_a_lesson_opens_as_it_was_in_another_home(tmp_path, monkeypatch, weights_bytes):
    """Pictures, weights from a file, and a run with curves and weights, made in one home, used in another."""
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "first"))
    first = Context()
    (tmp_path / "red.png").write_bytes(png(200))
    (tmp_path / "mine.safetensors").write_bytes(weights_bytes)
    loads = LoadPictures(
        ticket=1,
        paths=(str(tmp_path / "red.png"), str(paths.resources_dir() / "samples" / "cat.jpg")),
        blobs=(png(9),),
    )
    loaded = [picture for event in load_pictures(loads, first) for picture in event.loaded]
    plan = Plan(epochs=2)
    store = first.store()
    run = store.create(spec=SHORT.to_json(), plan=plan.to_json(), data="digits", origin="{}")
    store.append(run.id, ROWS)
    store.set_status(run.id, "finished")
    run.folder.mkdir(parents=True)
    run.weights.write_bytes(weights_bytes)
    made = lesson(
        net_weights="mine.safetensors",
        pictures=tuple(LessonPicture(picture.name) for picture in loaded),
        weights=(LessonWeights("mine.safetensors"), LessonWeights(run.id, run=run.id)),
        runs=(LessonRun(run.id, "", "", SHORT, plan, "digits", run.created),),
    )
    choices = (
        ("mine.safetensors", WeightsChoice("file", str(tmp_path / "mine.safetensors"))),
        (run.id, WeightsChoice("run", run.id)),
    )
    ids = tuple(picture.image_id for picture in loaded)
    target = tmp_path / "made.lesson"
    written = write(target, made, first, image_ids=ids, choices=choices)
    assert not written.remarks
    first.close_store()
    for path in (tmp_path / "red.png", tmp_path / "mine.safetensors"):
        path.unlink()

    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "second"))
    second = Context()
    try:
        event = read(target, second)
        assert event.lesson == written.lesson
        assert [picture.name for picture in event.pictures] == [picture.name for picture in loaded]
        assert np.array_equal(second.shelf.pixels(event.pictures[0].image_id), np.full((4, 6, 3), 200))
        assert [weights.name for weights in event.offered] == ["mine.safetensors", run.id]
        assert all(choice == WeightsChoice("untrained") for _, choice in event.choices)

        names = tuple(weights.name for weights in event.offered)
        (taken,) = take_lesson_weights(TakeLessonWeights(ticket=2, path=str(target), names=names), second)
        got = dict(taken.choices)
        assert got[run.id] == WeightsChoice("run", run.id)
        assert got["mine.safetensors"].kind == "file"
        here = second.store().run(run.id)
        assert here.weights.read_bytes() == weights_bytes
        assert here.standing == "finished"
        assert repr(second.store().metrics(run.id)) == repr(sorted(ROWS))

        again = read(target, second)
        assert dict(again.choices) == got, "what was taken once is known"
        assert not again.offered
    finally:
        second.close_store()


def test_the_same_lesson_makes_the_same_bytes(tmp_path, context):
    for name in ("a", "b"):
        write(tmp_path / f"{name}.lesson", lesson(), context)
    assert (tmp_path / "a.lesson").read_bytes() == (tmp_path / "b.lesson").read_bytes()


def test_an_opened_lesson_is_saved_again_with_what_it_brought(tmp_path, context, weights_bytes):
    path = tmp_path / "theirs.lesson"
    packed(path, full_members(weights_bytes))
    event = read(path, context)
    written = write(path, event.lesson, context, source=str(path), image_ids=(None,), choices=event.choices)
    assert not written.remarks, "untaken weights and removed pictures come from the file itself"
    assert [weights.sha256 for weights in written.lesson.weights] == [digest(weights_bytes)]
    assert read(path, context).lesson == written.lesson


def test_weights_of_a_pickle_are_kept_as_safetensors(tmp_path, context):
    import torch

    from explorer.arch.expand import expand
    from explorer.nets.assemble import assemble

    source = tmp_path / "old.pth"
    torch.save(assemble(expand(SHORT), seed=1).state_dict(), source)
    made = lesson(net_weights="old.pth", weights=(LessonWeights("old.pth"),))
    choices = (("old.pth", WeightsChoice("file", str(source))),)
    written = write(tmp_path / "x.lesson", made, context, choices=choices)
    (weights,) = written.lesson.weights
    content = zipfile.ZipFile(tmp_path / "x.lesson").read(weights.file)
    assert content[8:9] == b"{", "safetensors begin with their header's length and its brace"


def test_what_cannot_be_kept_is_said_and_the_rest_is_kept(tmp_path, context):
    made = lesson(
        net_weights="gone.safetensors",
        pictures=(LessonPicture("gone.png"),),
        weights=(LessonWeights("gone.safetensors"),),
        runs=(LessonRun(RUN, "", "", SHORT, Plan(), "digits", 1.0),),
    )
    choices = (("gone.safetensors", WeightsChoice("file", str(tmp_path / "gone.safetensors"))),)
    written = write(tmp_path / "x.lesson", made, context, image_ids=(77,), choices=choices)
    assert len(written.remarks) == 3
    event = read(tmp_path / "x.lesson", context)
    view = event.lesson.steps[0].view
    assert (view.net.weights, view.picture) == ("untrained", None)


def half_run(context, status="paused"):
    """A run of this machine that has not ended, and the lesson that names it."""
    entry = context.store().create(spec=SHORT.to_json(), plan=Plan().to_json(), data="digits", origin="{}")
    context.store().set_status(entry.id, status)
    made = lesson(
        net_weights=entry.id,
        weights=(LessonWeights(entry.id, run=entry.id),),
        runs=(LessonRun(entry.id, "", "", SHORT, Plan(), "digits", 1.0),),
    )
    return entry, made, ((entry.id, WeightsChoice("run", entry.id)),)


def test_a_run_that_halted_is_kept_as_it_stood_and_found_again_here(tmp_path, context, weights_bytes):
    entry, made, choices = half_run(context)
    entry.snapshots.mkdir(parents=True)
    (entry.snapshots / "step-000000005.safetensors").write_bytes(b"older")
    (entry.snapshots / "step-000000040.safetensors").write_bytes(weights_bytes)
    written = write(tmp_path / "x.lesson", made, context, choices=choices)
    assert written.remarks == ()
    assert written.lesson.steps[0].view.net.weights == entry.id
    event = read(tmp_path / "x.lesson", context)
    assert dict(event.choices)[entry.id] == WeightsChoice("run", entry.id)


def test_weights_of_a_lesson_never_end_a_run_that_can_go_on_here(tmp_path, context, weights_bytes):
    entry, made, choices = half_run(context)
    entry.snapshots.mkdir(parents=True)
    kept = entry.snapshots / "step-000000040.safetensors"
    kept.write_bytes(weights_bytes)
    write(tmp_path / "x.lesson", made, context, choices=choices)
    # It has gone on since.
    kept.rename(entry.snapshots / "step-000000080.safetensors").write_bytes(b"newer")
    checkpoint = entry.checkpoints / "step-000000080"
    checkpoint.mkdir(parents=True)
    (checkpoint / "manifest.json").write_text("{}")
    (event,) = take_lesson_weights(
        TakeLessonWeights(ticket=2, path=str(tmp_path / "x.lesson"), names=(entry.id,)), context
    )
    assert dict(event.choices)[entry.id].kind == "file"
    assert not entry.has_weights


def test_a_run_under_way_is_not_kept_and_the_remedy_is_said(tmp_path, context):
    _, made, choices = half_run(context, status="running")
    written = write(tmp_path / "x.lesson", made, context, choices=choices)
    (remark,) = written.remarks
    assert "pause it" in remark
    assert written.lesson.steps[0].view.net.weights == "untrained"


def test_a_lesson_that_cannot_be_written_leaves_the_old_one(tmp_path, context):
    target = tmp_path / "x.lesson"
    write(target, lesson(), context)
    before = target.read_bytes()
    blocked = tmp_path / "folder.lesson"
    blocked.mkdir()
    with pytest.raises(LessonError, match="cannot be written"):
        write(blocked, lesson(), context)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.endswith("part")) == []


def test_what_is_saved_is_in_memory_a_member_at_a_time(tmp_path, context):
    import torch
    from safetensors.torch import save_file

    names = [f"w{place}.safetensors" for place in range(5)]
    for name in names:
        save_file({"fc.weight": torch.zeros(2**21)}, tmp_path / name)
    each = (tmp_path / names[0]).stat().st_size
    made = lesson(net_weights=names[0], weights=tuple(map(LessonWeights, names)))
    choices = tuple((name, WeightsChoice("file", str(tmp_path / name))) for name in names)
    tracemalloc.start()
    try:
        written = write(tmp_path / "x.lesson", made, context, choices=choices)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(written.lesson.weights) == 5
    assert peak < 2.5 * each


def test_a_lesson_too_large_to_be_read_is_not_written(tmp_path, context, monkeypatch):
    target = tmp_path / "x.lesson"
    write(target, lesson(), context)
    before = target.read_bytes()
    monkeypatch.setattr(lesson_file, "LIMITS", replace(lesson_file.LIMITS, total_bytes=1000))
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8)).save(tmp_path / "a.png")
    image_id = context.shelf.add(str(tmp_path / "a.png"), "a.png")
    made = lesson(pictures=(LessonPicture("a.png"),))
    with pytest.raises(LessonError, match="would have more than"):
        write(target, made, context, image_ids=(image_id,))
    assert target.read_bytes() == before
    assert not list(tmp_path.glob(".*.part"))


# Known weights


def test_bundled_weights_are_named_by_their_hash_and_another_hash_is_said(tmp_path, context):
    card = catalogue.present_for(preset("cifar-resnet20").spec)
    made = lesson(net_weights=card.name, weights=(LessonWeights(card.name),))
    written = write(tmp_path / "a.lesson", made, context)
    assert written.lesson.weights == (LessonWeights(card.name, card.sha256),)
    event = read(tmp_path / "a.lesson", context)
    assert dict(event.choices) == {card.name: WeightsChoice("named", card.name)}
    assert not event.remarks

    other = replace(written.lesson, weights=(LessonWeights(card.name, "0" * 64),))
    path = packed(tmp_path / "b.lesson", {MANIFEST: encode(other)})
    event = read(path, context)
    assert dict(event.choices) == {card.name: WeightsChoice("named", card.name)}
    assert "SHA-256" in event.remarks[0]

    nobody = replace(made, weights=(LessonWeights("nobody", "0" * 64),), steps=made.steps)
    text = encode(nobody).replace(card.name, "nobody")
    event = read(packed(tmp_path / "c.lesson", {MANIFEST: text}), context)
    assert dict(event.choices) == {"nobody": WeightsChoice("untrained")}
    assert "no weights nobody" in event.remarks[0]


def test_bundled_weights_in_a_file_need_no_yes(tmp_path, context):
    card = catalogue.present_for(preset("digits-resnet8").spec)
    content = card.path.read_bytes()
    made = lesson(weights=(LessonWeights("w", card.sha256, "weights/w.safetensors"),))
    path = packed(tmp_path / "a.lesson", {MANIFEST: encode(made), "weights/w.safetensors": content})
    event = read(path, context)
    assert dict(event.choices) == {"w": WeightsChoice("named", card.name)}
    assert not event.offered


# Attacks and damage


def digest(content):
    return hashlib.sha256(content).hexdigest()


def full_members(weights_bytes):
    made = lesson(
        net_weights="w",
        pictures=(LessonPicture("p.png", file="images/001.png"),),
        weights=(LessonWeights("w", digest(weights_bytes), "weights/w.safetensors", RUN),),
        runs=(LessonRun(RUN, "", "", SHORT, Plan(), "digits", 1.0, file=f"runs/{RUN}.csv"),),
    )
    return {
        MANIFEST: encode(made),
        "images/001.png": png(),
        f"runs/{RUN}.csv": "1,loss,2.0\n",
        "weights/w.safetensors": weights_bytes,
    }


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil", "a/../../evil", "C:\\evil", "..\\evil"])
def test_a_member_that_leads_out_is_refused(name, tmp_path, context):
    path = packed(tmp_path / "a.lesson", {MANIFEST: encode(lesson()), name: "x"})
    assert "is refused because of its member" in refused(path, context)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_a_device_is_refused(kind, tmp_path, context):
    path = tmp_path / "a.lesson"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(MANIFEST, encode(lesson()))
        info = zipfile.ZipInfo("images/001.png")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "is refused because of its member images/001.png" in refused(path, context)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, context):
    path = packed(tmp_path / "a.lesson", {MANIFEST: encode(lesson()), "images/001.png": b"\0" * 8 * 2**20})
    assert "like a zip bomb" in refused(path, context)
    long = "[" + " " * 17 * 2**20 + "]"
    stored = tmp_path / "b.lesson"
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, long)
    assert "more than 16 MiB" in refused(stored, context)


def test_too_many_members_are_refused(tmp_path, context):
    members = {MANIFEST: encode(lesson()), **{f"images/{number}.png": b"" for number in range(2_000)}}
    assert "has 2001 members" in refused(packed(tmp_path / "a.lesson", members), context)


@pytest.mark.parametrize("member", ["images/001.png", f"runs/{RUN}.csv", "weights/w.safetensors"])
def test_a_member_that_is_missing_is_named(member, tmp_path, context, weights_bytes):
    members = full_members(weights_bytes)
    del members[member]
    assert f"lacks {member}" in refused(packed(tmp_path / "a.lesson", members), context)


def test_weights_with_another_hash_are_refused(tmp_path, context, weights_bytes):
    members = full_members(weights_bytes)
    members["weights/w.safetensors"] = weights_bytes[:-1] + bytes([weights_bytes[-1] ^ 1])
    assert "its SHA-256 is another" in refused(packed(tmp_path / "a.lesson", members), context)


def test_a_pickle_is_never_read(tmp_path, context, weights_bytes):
    """Named as safetensors and with the right hash: it is refused when it is to be kept, and runs nothing."""
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(mark),)

    members = full_members(weights_bytes)
    evil = pickle.dumps(Evil())
    made = json.loads(members[MANIFEST])
    made["weights"][0] |= {"sha256": digest(evil), "run": ""}
    path = packed(
        tmp_path / "a.lesson", {**members, MANIFEST: json.dumps(made), "weights/w.safetensors": evil}
    )
    assert read(path, context).offered
    with pytest.raises(ExplorerError):
        list(take_lesson_weights(TakeLessonWeights(ticket=1, path=str(path), names=("w",)), context))
    assert not mark.exists()
    assert not list((paths.data_dir() / "lessons").rglob("*.safetensors"))


def test_curves_that_are_none_are_refused_and_nothing_of_the_run_is_kept(tmp_path, context, weights_bytes):
    members = full_members(weights_bytes) | {f"runs/{RUN}.csv": "one,two,three\n"}
    path = packed(tmp_path / "a.lesson", members)
    with pytest.raises(LessonError, match="curves"):
        list(take_lesson_weights(TakeLessonWeights(ticket=1, path=str(path), names=("w",)), context))
    assert context.store().runs() == []


def test_a_cut_off_file_is_said_to_be_damaged(tmp_path, context, weights_bytes):
    whole = packed(tmp_path / "a.lesson", full_members(weights_bytes)).read_bytes()
    cut = tmp_path / "cut.lesson"
    for share in (0.0, 0.3, 0.9, 0.999):
        cut.write_bytes(whole[: int(len(whole) * share)])
        assert "cut.lesson" in refused(cut, context)
        with pytest.raises(ExplorerError) as caught:
            read(cut, context)
        assert "the lesson" in caught.value.hint_text, "and not what to do about a zip of pictures"


def test_a_flipped_bit_is_noticed(tmp_path, context, weights_bytes):
    path = packed(tmp_path / "a.lesson", full_members(weights_bytes))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(DataError):
        read(path, context)


def test_a_zip_without_a_lesson_and_no_file_at_all(tmp_path, context):
    assert "has no lesson.json" in refused(packed(tmp_path / "a.lesson", {"x": "y"}), context)
    assert "There is no lesson" in refused(tmp_path / "none.lesson", context)


def test_a_text_alone_is_a_lesson_but_brings_no_files(tmp_path, context, weights_bytes):
    path = tmp_path / "a.lesson.json"
    path.write_text(encode(lesson()), "utf-8")
    assert read(path, context).lesson == lesson()
    path.write_text(full_members(weights_bytes)[MANIFEST], "utf-8")
    assert "lacks images/001.png" in refused(path, context)


def test_a_picture_that_is_none_is_said_and_the_lesson_opens(tmp_path, context, weights_bytes):
    members = full_members(weights_bytes) | {"images/001.png": b"no picture"}
    event = read(packed(tmp_path / "a.lesson", members), context)
    assert event.pictures == (None,)
    assert event.remarks


def test_a_note_that_could_not_be_read_again_is_not_written(tmp_path, context):
    made = lesson()
    made = replace(made, steps=(replace(made.steps[0], note="x" * 20_001),))
    with pytest.raises(LessonError, match="note is longer"):
        write(tmp_path / "x.lesson", made, context)
    assert list(tmp_path.glob("*.lesson")) == []


def test_a_lesson_whose_file_is_gone_is_saved_with_what_is_here(tmp_path, context, weights_bytes):
    path = packed(tmp_path / "theirs.lesson", full_members(weights_bytes))
    (taken,) = take_lesson_weights(TakeLessonWeights(ticket=1, path=str(path), names=("w",)), context)
    event = read(path, context)
    path.unlink()
    ids = tuple(picture.image_id for picture in event.pictures)
    written = write(
        tmp_path / "mine.lesson.json",
        event.lesson,
        context,
        source=str(path),
        image_ids=ids,
        choices=taken.choices,
    )
    assert not written.remarks
    assert written.path == str(tmp_path / "mine.lesson")
    assert [weights.sha256 for weights in written.lesson.weights] == [digest(weights_bytes)]
    assert read(written.path, context).lesson == written.lesson
