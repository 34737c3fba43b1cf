"""Small lessons for tests."""

from __future__ import annotations

import json

import pytest

from explorer import paths
from explorer.arch.lesions import Lesions
from explorer.arch.presets import cifar_spec, plain_twin, preset
from explorer.engine.lesson import (
    Lesson,
    LessonForm,
    LessonNet,
    LessonPicture,
    LessonRun,
    LessonStep,
    LessonView,
    LessonWeights,
    Trial,
)
from explorer.nets import catalogue
from explorer.present.colouring import Colouring
from explorer.training.plan import Plan

PROMISED = (
    "cifar-plain20",
    "cifar-plain56",
    "cifar-resnet32",
    "cifar-resnet44",
    "cifar-resnet56",
    "cifar-resnet110",
    "cifar-resnet20-b",
    "cifar-resnet20-c",
    "cifar-preact20",
    "cifar-preact56",
)
"""All networks of the lessons that ship for which there may be no trained weights."""
TWENTY = cifar_spec(20)
SHORT = cifar_spec(8)
RUN = "20261121-101010-abcdef"


def full_lesson() -> Lesson:
    """A lesson that has everything that one can have."""
    view = LessonView(
        net=LessonNet(TWENTY),
        selected="layer2.1.add",
        unfolded=frozenset({"layer1", "layer2"}),
        lesions=Lesions(frozenset({"layer1.1"}), (("layer2.1", "layer2.2"),)),
        columns=(LessonNet(TWENTY), LessonNet(plain_twin(TWENTY), "untrained", 7), LessonNet(SHORT, RUN)),
        share=0.25,
        pair=(0, 2),
        is_subtracted=True,
        colouring=Colouring("column", "diverging"),
        topic="lesions",
        docks=("graph", "inside"),
        picture=1,
        channel=3,
    )
    return Lesson(
        title="Everything — ü",
        steps=(
            LessonStep("First", "It reaches {accuracy:cifar-resnet20}.", view, (Trial("Look", "spec.twin"),)),
            LessonStep("Second", note="mine"),
        ),
        start=1,
        pictures=(LessonPicture("cat.jpg", sample="cat.jpg"), LessonPicture("dog", file="images/001.png")),
        weights=(
            LessonWeights("cifar-resnet20", "a" * 64),
            LessonWeights(RUN, "b" * 64, f"weights/{RUN}.safetensors", RUN),
        ),
        runs=(
            LessonRun(
                id=RUN,
                name="short",
                note="a note",
                spec=SHORT,
                plan=Plan(epochs=3),
                data="digits",
                created=1.5e9,
                summary=(("test_accuracy", 0.5),),
                file=f"runs/{RUN}.csv",
            ),
        ),
        form=LessonForm("digits", "fast", Plan(epochs=2), frozenset({"epochs"})),
    )


@pytest.fixture
def trained_resources(tmp_path, monkeypatch):
    """The program's files with a card for every network of the lessons; files of new cards are empty."""
    real, folder = paths.resources_dir(), tmp_path / "resources"
    (folder / "weights").mkdir(parents=True)
    for part in real.iterdir():
        if part.name != "weights":
            (folder / part.name).symlink_to(part)
    for file in (real / "weights").iterdir():
        (folder / "weights" / file.name).symlink_to(file)
    card = json.loads((real / "weights" / "cifar-resnet20.json").read_text("utf-8"))
    for place, name in enumerate(PROMISED):
        spec = json.loads(preset(name).spec.to_json())
        fields = {"name": name, "file": f"{name}.safetensors", "spec": spec, "accuracy": 0.7 + place / 100}
        for suffix, content in ((".json", json.dumps({**card, **fields})), (".safetensors", "")):
            made = folder / "weights" / f"{name}{suffix}"
            made.unlink(missing_ok=True)
            made.write_text(content)
    caches = (catalogue._bundled, catalogue._by_spec)
    monkeypatch.setattr(paths, "resources_dir", lambda: folder)
    for cache in caches:
        cache.cache_clear()
    yield folder
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()
