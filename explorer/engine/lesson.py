"""A lesson: steps of text, what is on screen at each, and all that this needs, as frozen values.

`engine/lesson_json.py` makes it text and back, `engine/handlers/lessons.py` a file and back; `state` shows
it. Nothing in it depends on a language or a machine: specs, seeds and keys, no paths. Must not import torch
or Qt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from explorer.arch.lesions import INTACT, Lesions
from explorer.arch.spec import ArchitectureSpec
from explorer.present.colouring import USUAL_COLOURING, Colouring
from explorer.training.plan import Plan

KNOWN = "known"
"""Weights that ship for a spec, or none: as `WeightsChoice`."""
UNTRAINED = "untrained"
MAX_STEPS = 100

PLACE = re.compile(r"\{(\w+):([\w.+-]+)(?::([\w.]+))?\}")
"""A number in a text that is known only where it is shown, such as `{accuracy:cifar-resnet20}`."""
CONDITION = r"\{(?:trained|untrained):"
"""How a place begins that stands for nothing: its line is shown only where it is met."""


@dataclass(frozen=True, slots=True)
class LessonNet:
    """A network in a lesson.

    Attributes:
        spec: The architecture.
        weights: `known`, `untrained`, or the name of one of the lesson's weights.
        seed: Of first values.
    """

    spec: ArchitectureSpec
    weights: str = KNOWN
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LessonView:
    """What is on screen.

    Attributes:
        net: The network in view.
        selected: The key of the node that is looked at.
        unfolded: The folds of the graph that are open; None is the usual view.
        lesions: What is changed in the network.
        columns: The networks side by side.
        share: Where the slider through all of them stands, 0 to 1.
        pair: The places of the two columns that flicker; None for none.
        is_subtracted: Whether the pair is subtracted instead.
        colouring: How the maps of the columns are coloured.
        topic: Of the inside view; empty leaves it.
        docks: The views that are open, the last ones in front.
        picture: The place of the picture that is looked at; None leaves it.
        channel: The channel shown large; None for none.
    """

    net: LessonNet
    selected: str
    unfolded: frozenset[str] | None = None
    lesions: Lesions = INTACT
    columns: tuple[LessonNet, ...] = ()
    share: float = 0.5
    pair: tuple[int, int] | None = None
    is_subtracted: bool = False
    colouring: Colouring = USUAL_COLOURING
    topic: str = ""
    docks: tuple[str, ...] = ()
    picture: int | None = None
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """Something to try.

    Attributes:
        text: What, in the same marks as a step's text.
        control: The object name of the control that it is done with; empty for none.
        dock: The view that the control is in; empty where it is always in view.
    """

    text: str
    control: str = ""
    dock: str = ""


@dataclass(frozen=True, slots=True)
class LessonStep:
    """One step.

    Attributes:
        heading: Of the text.
        text: Paragraphs, `- ` lists, `**strong**`, `*stressed*` and `code`; numbers as in `PLACE`, conditions
            as in `CONDITION`.
        view: What is on screen; None leaves everything as it is.
        trials: What to try.
        note: The user's own.
    """

    heading: str
    text: str = ""
    view: LessonView | None = None
    trials: tuple[Trial, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class LessonPicture:
    """A picture: a sample that ships with the program, or a file in the lesson.

    Attributes:
        name: For people.
        sample: The sample's file name; empty for another picture.
        file: The member of the lesson's file; empty for a sample.
    """

    name: str
    sample: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class LessonWeights:
    """Trained weights that networks of the lesson have.

    Attributes:
        name: Of the catalogue's card where there is no file; else what networks refer to.
        sha256: Of their file, 64 hex digits; empty where it is not known yet.
        file: The member of the lesson's file; empty where they ship with the program or are downloaded.
        run: The run that they ended; empty for none.
    """

    name: str
    sha256: str = ""
    file: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class LessonRun:
    """A run whose curves the lesson has.

    Attributes:
        id: Its id, on every machine.
        name: The user's; empty for none.
        note: The user's; empty for none.
        spec: The network.
        plan: How it was trained.
        data: The data's name.
        created: Seconds since 1970.
        status: How it ended: `finished`, `stopped` or `failed`.
        summary: What it reached: names with numbers.
        file: The member of the lesson's file that has its metrics.
    """

    id: str
    name: str
    note: str
    spec: ArchitectureSpec
    plan: Plan
    data: str
    created: float
    status: str = "finished"
    summary: tuple[tuple[str, float], ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class LessonForm:
    """How the next training is set up."""

    data: str
    recipe: str
    plan: Plan
    chosen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Lesson:
    """The whole.

    Attributes:
        title: For people.
        steps: At least one.
        start: The step that it opens with.
        pictures: All that its views refer to.
        weights: Those that are not just known.
        runs: Of its networks.
        form: How the next training is set up; None leaves it.
    """

    title: str
    steps: tuple[LessonStep, ...]
    start: int = 0
    pictures: tuple[LessonPicture, ...] = ()
    weights: tuple[LessonWeights, ...] = ()
    runs: tuple[LessonRun, ...] = ()
    form: LessonForm | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that may hold a `PLACE`."""
        return tuple(
            text for step in self.steps for text in (step.text, *(trial.text for trial in step.trials))
        )

    @property
    def members(self) -> tuple[str, ...]:
        """The members of its file that it refers to."""
        files = (
            *(picture.file for picture in self.pictures),
            *(weights.file for weights in self.weights),
            *(run.file for run in self.runs),
        )
        return tuple(file for file in files if file)


@dataclass(frozen=True, slots=True)
class LessonFacts:
    """What is known on this machine about a lesson.

    Attributes:
        numbers: The places of its texts, each with what stands there; None where it is not known, or where a
            condition is not met.
        untrained: Networks with `known` weights for which there are none.
    """

    numbers: tuple[tuple[str, str | None], ...] = ()
    untrained: frozenset[ArchitectureSpec] = field(default_factory=frozenset)
