"""Small lessons for tests."""

from __future__ import annotations

from explorer.arch.lesions import Lesions
from explorer.arch.presets import cifar_spec, plain_twin
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
from explorer.training.plan import Plan

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
