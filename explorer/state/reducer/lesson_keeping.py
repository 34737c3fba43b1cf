"""What is on screen as a part of a lesson.

Used by `state/reducer/lesson_own.py`. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from explorer.engine.lesson import (
    KNOWN,
    UNTRAINED,
    Lesson,
    LessonForm,
    LessonNet,
    LessonPicture,
    LessonRun,
    LessonView,
    LessonWeights,
)
from explorer.engine.messages import LoadedPicture, WeightsChoice
from explorer.nets.facts import Origin
from explorer.state.lessons import LessonState
from explorer.state.model import AppState

MAX_PICTURES = 100
"""In a lesson at most; the one in view is always among them."""


class Keeping:
    """Collects what a lesson refers to, beside what it refers to already.

    Args:
        state: What is on screen, and the lesson that is open.

    Attributes:
        pictures: Of the lesson.
        image_ids: Their numbers.
        weights: Of the lesson.
        runs: Of the lesson.
        choices: What its weights are on this machine.
        n_copied: Networks whose values were copied from another; no lesson can keep them.
        n_rewound: Networks of a run that stand at an earlier moment; a lesson keeps what the run ended with.
    """

    def __init__(self, state: AppState) -> None:
        self._state = state
        before: LessonState = state.lessons
        lesson = before.lesson
        self.pictures: list[LessonPicture] = list(lesson.pictures) if lesson else []
        self.image_ids: list[int | None] = list(before.image_ids)
        self.weights: list[LessonWeights] = list(lesson.weights) if lesson else []
        self.runs: list[LessonRun] = [self._as_it_stands(run) for run in lesson.runs] if lesson else []
        self.choices: dict[str, WeightsChoice] = dict(before.choices)
        self.n_copied = 0
        self.n_rewound = 0

    def view(self, docks: tuple[str, ...]) -> LessonView:
        """What is on screen.

        Args:
            docks: The views that are open, the last ones in front.
        """
        state = self._state
        document, compare, inside = state.document, state.compare, state.inside
        is_built = state.net.spec == document.spec and state.net.status == "ready"
        net = self._net(
            LessonNet(document.spec, "", document.seed),
            document.weights,
            state.net.origin if is_built else None,
        )
        columns = []
        for column in document.columns:
            living = compare.columns.get(column.name)
            origin = living.origin if living is not None else None
            columns.append(
                self._net(LessonNet(column.spec, "", column.seed), column.weights, origin),
            )
        names = [column.name for column in document.columns]
        pair = compare.pair
        self._keep_pictures()
        current = state.pictures.current
        return LessonView(
            net=net,
            selected=document.selected,
            unfolded=document.unfolded,
            lesions=document.lesions,
            columns=tuple(columns),
            share=compare.share,
            pair=(names.index(pair[0]), names.index(pair[1])) if pair else None,
            is_subtracted=compare.pair_mode == "difference",
            colouring=compare.colouring,
            topic=inside.topic if inside.is_opened else "",
            docks=docks,
            picture=self.image_ids.index(current) if current in self.image_ids else None,
            channel=state.channel,
        )

    def form(self) -> LessonForm:
        """How the next training is set up; of a path only its last part, the rest means nothing elsewhere."""
        form = self._state.form
        return LessonForm(PurePath(form.data).name, form.recipe, form.plan, form.chosen)

    def lesson(self, lesson: Lesson) -> Lesson:
        """A lesson with all that was collected."""
        return Lesson(
            title=lesson.title,
            steps=lesson.steps,
            start=lesson.start,
            pictures=tuple(self.pictures),
            weights=tuple(self.weights),
            runs=tuple(self.runs),
            form=self.form(),
        )

    def _keep_pictures(self) -> None:
        pictures = self._state.pictures
        loaded = [item for item in pictures.items if isinstance(item, LoadedPicture)]
        loaded.sort(key=lambda item: item.image_id != pictures.current)
        kept = {item.image_id for item in loaded[:MAX_PICTURES]}
        for item in pictures.items:
            if item.image_id in kept and item.image_id not in self.image_ids:
                self.pictures.append(LessonPicture(item.name))
                self.image_ids.append(item.image_id)

    def _net(self, net: LessonNet, choice: WeightsChoice, origin: Origin | None) -> LessonNet:
        return LessonNet(net.spec, self._weights(choice, origin), net.seed)

    def _weights(self, choice: WeightsChoice, origin: Origin | None) -> str:
        """What the weights of a network are called in the lesson."""
        if choice.kind == "copied":
            self.n_copied += 1
            return UNTRAINED
        if choice.kind == "run" and choice.name in self._state.moments.at:
            self.n_rewound += 1
        for name, known in self.choices.items():
            if known == choice and choice.kind in ("run", "file"):
                return name
        if choice.kind == "run":
            self._add_run(choice.name)
            return self._add(LessonWeights(choice.name, run=choice.name), choice)
        if choice.kind == "file":
            return self._add(LessonWeights(self._free(PurePath(choice.name).name)), choice)
        if origin is not None:
            if not origin.is_trained:
                return UNTRAINED
            return self._add(LessonWeights(origin.name), WeightsChoice("named", origin.name))
        if choice.kind == "named":
            return self._add(LessonWeights(choice.name), choice)
        return KNOWN if choice.kind == "known" else UNTRAINED

    def _add(self, weights: LessonWeights, choice: WeightsChoice) -> str:
        if weights.name not in self.choices:
            self.weights.append(weights)
            self.choices[weights.name] = choice
        return weights.name

    def _free(self, name: str) -> str:
        """A name that no weights of the lesson have yet."""
        taken: Mapping[str, WeightsChoice] = self.choices
        free, number = name, 2
        while free in taken or free in (KNOWN, UNTRAINED):
            free, number = f"{name} {number}", number + 1
        return free

    def _add_run(self, run: str) -> None:
        made = self._run(run)
        if made is not None and all(known.id != run for known in self.runs):
            self.runs.append(made)

    def _as_it_stands(self, run: LessonRun) -> LessonRun:
        """A run that is in no file yet may have learned on since it came into the lesson."""
        return run if run.file else self._run(run.id) or run

    def _run(self, run: str) -> LessonRun | None:
        """One of this machine's runs as the list has it; None where it is none that a lesson brings."""
        row = next((row for row in self._state.runs.rows if row.id == run), None)
        if row is None or row.is_bundled:
            return None
        reached = {
            "test_accuracy": row.test_accuracy,
            "validation_accuracy": row.validation_accuracy,
            "seconds": row.seconds,
        }
        return LessonRun(
            id=row.id,
            name=row.name,
            note=row.note,
            spec=row.spec,
            plan=row.plan,
            data=PurePath(row.data).name,
            created=row.created,
            status=row.status if row.status in ("finished", "failed") else "stopped",
            summary=tuple((name, value) for name, value in reached.items() if value is not None),
        )
