"""Files of weights in the reducer: opened with their network, corrected where they say nothing, saved."""

import pytest

from explorer.arch.presets import cifar_spec, preset
from explorer.engine.messages import (
    BuildModel,
    ModelBuilt,
    ReadWeights,
    SaveWeights,
    WeightsChoice,
    WeightsRead,
    WeightsSaved,
)
from explorer.engine.values import KNOWN_WEIGHTS, WeightsOffer
from explorer.nets.assumptions import untraced
from explorer.nets.facts import Origin
from explorer.state.actions import Drop, EditSpec, KeepWeights, OpenSpec, TogglePlainTwin, Undo
from explorer.state.model import AppState, NetState
from explorer.state.reducer.root import reduce

FILE = WeightsChoice("file", "/a/resnet56.th")
SPEC = cifar_spec(56)


class Opened:
    """A file that was dropped on another network, read, and built."""

    def __init__(self, assumed):
        self.state = AppState()
        self.play(OpenSpec(preset("resnet18").spec))
        (self.read,) = self.play(Drop(paths=(FILE.name,)))
        (self.build,) = self.play(
            WeightsRead(ticket=self.read.ticket, path=FILE.name, spec=SPEC, assumed=assumed)
        )
        origin = Origin("file", "resnet56.th", assumed=tuple(each.sentence for each in assumed))
        self.play(
            ModelBuilt(
                ticket=self.build.ticket,
                column="main",
                spec=SPEC,
                origin=origin,
                classes=(),
                offers=(),
                can_copy=0,
            )
        )

    def play(self, message):
        self.state, requests = reduce(self.state, message)
        return requests


@pytest.fixture
def foreign():
    return Opened(untraced(SPEC))


def test_a_dropped_file_is_read_before_anything_changes_and_then_opened_as_one_step(foreign):
    assert isinstance(foreign.read, ReadWeights)
    assert foreign.read.spec == preset("resnet18").spec
    assert isinstance(foreign.build, BuildModel)
    assert (foreign.build.spec, foreign.build.weights) == (SPEC, FILE)
    foreign.play(Undo())
    assert foreign.state.document.spec == preset("resnet18").spec
    assert foreign.state.document.weights == KNOWN_WEIGHTS


def test_what_the_file_does_not_say_is_said_with_a_way_to_correct_it(foreign):
    notice = foreign.state.notices[-1]
    assert notice.severity == "info"
    text = notice.hint.format(**dict(notice.arguments))
    assert "option A" in text
    assert "32×32" in text
    (build,) = foreign.play(notice.actions[0].action)
    assert build.spec == cifar_spec(56, shortcut="none")
    assert build.weights == FILE


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({"activation": "gelu"}, True),
        ({"input_size": 64}, True),
        ({"shortcut": "B"}, False),
        ({"num_classes": 100}, False),
        ({"stochastic_depth": 0.5}, False),
    ],
)
def test_only_an_edit_of_what_is_assumed_keeps_the_file(foreign, changes, kept):
    foreign.play(EditSpec(tuple(changes.items())))
    assert foreign.state.document.weights == (FILE if kept else KNOWN_WEIGHTS)


def test_the_plain_twin_never_takes_the_files_weights(foreign):
    foreign.play(TogglePlainTwin())
    assert foreign.state.document.spec.shortcut == "none"
    assert foreign.state.document.weights == KNOWN_WEIGHTS


def test_our_own_files_say_all_and_are_not_second_guessed():
    own = Opened(())
    assert own.state.notices == ()
    own.play(EditSpec((("activation", "gelu"),)))
    assert own.state.document.weights == KNOWN_WEIGHTS


def test_an_answer_that_was_overtaken_changes_nothing(foreign):
    foreign.play(Drop(paths=("/b/other.pth",)))
    before = foreign.state
    late = WeightsRead(ticket=foreign.read.ticket, path=FILE.name, spec=cifar_spec(20))
    assert foreign.play(late) == ()
    assert foreign.state == before


def test_saving_asks_and_says_where(foreign):
    (save,) = foreign.play(KeepWeights("/b/mine.safetensors"))
    assert isinstance(save, SaveWeights)
    assert foreign.state.work[-1].name == "mine.safetensors"
    foreign.play(WeightsSaved(ticket=save.ticket, path=save.path))
    notice = foreign.state.notices[-1]
    assert notice.message.format(**dict(notice.arguments)) == "Weights saved as /b/mine.safetensors."


@pytest.mark.parametrize(
    ("here", "in_use", "offered"),
    [
        ("", "", ["V2"]),
        ("V1", "", ["V2", "V1"]),
        ("V2", "", ["V2"]),
        ("V1 V2", "", ["V2"]),
        ("V1", "V1", ["V2"]),
        ("V1 V2", "V2", []),
    ],
)
def test_what_a_better_version_makes_needless_is_not_offered(here, in_use, offered):
    offers = tuple(WeightsOffer(name, name, 1, name in here) for name in ("V2", "V1"))
    origin = Origin("downloaded", in_use) if in_use else Origin("untrained", seed=0)
    assert [offer.name for offer in NetState(origin=origin, offers=offers).worth_taking] == offered
