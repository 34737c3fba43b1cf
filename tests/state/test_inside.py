"""What is seen inside the network, in the reducer alone."""

import numpy as np
import pytest

from explorer.arch.lesions import INTACT, Lesions
from explorer.engine.data_messages import DataFacts, DataOpened, OpenData
from explorer.engine.inside_messages import (
    Attribute,
    Attributed,
    Meter,
    Metered,
    NumberRead,
    ReadNumber,
)
from explorer.engine.messages import (
    Cancel,
    Classified,
    Classify,
    ProbeNode,
    RequestFailed,
    RequestFinished,
)
from explorer.engine.sample_messages import (
    Decide,
    Decided,
    Embed,
    Excite,
    FitProbes,
    FlowGradients,
    LesionsTested,
    MeasureCost,
    PoolSample,
    ProbesFitted,
    SampleChoice,
    SamplePooled,
    SweepLesions,
    Swept,
    TestLesions,
)
from explorer.nets.facts import Prediction
from explorer.nets.insights import Attribution, Knowledge, ResidualMeter, Sweep
from explorer.state.actions import EditSpec, SelectNode, Start, StepNode, Undo
from explorer.state.inside_actions import (
    AskNumber,
    ChooseOverlay,
    ChooseSample,
    ExchangeBlocks,
    HealAll,
    RunTopic,
    ShowTopic,
    ToggleLesion,
    TuneOverlay,
)
from explorer.state.learning_actions import ChooseData
from tests.state.player import Player

BLOCK = "layer2.1"
LESIONS = Lesions(frozenset({BLOCK}))


class Inspector(Player):
    """A player that opens samples as the engine does."""

    def open_sample(self, data="digits"):
        facts = DataFacts(
            data=data,
            title=data,
            input_size=32,
            channels=1,
            classes=tuple("0123456789"),
            train_counts=(100,) * 10,
            test_counts=(10,) * 10,
            is_split_here=True,
            mean=(0.3,),
            std=(0.4,),
            samples=((),) * 10,
            broken=(),
            keeps_flips=False,
        )
        return self(DataOpened(ticket=self.newest(OpenData).ticket, facts=facts))


@pytest.fixture
def play():
    player = Inspector()
    player(Start(sample="cat.jpg"))
    player.build()
    player.load(1)
    return player


def heat(label=3):
    values = np.zeros((32, 32), np.float32)
    return Attribution("grad_cam", "act1", label, 1.0, values)


def kinds(requests):
    return [type(request) for request in requests]


def test_a_lesion_is_a_step_of_undo_and_every_answer_knows_it(play):
    sent = play(ToggleLesion(BLOCK))
    assert play.state.document.lesions == LESIONS
    assert {type(request) for request in sent} >= {Classify, ProbeNode}
    assert all(request.lesions == LESIONS for request in sent if isinstance(request, Classify | ProbeNode))
    assert not play.state.answers
    sent = play(Undo())
    assert play.state.document.lesions == INTACT
    assert play.newest(Classify).lesions == INTACT


def test_toggling_twice_and_healing_leave_nothing(play):
    play(ToggleLesion(BLOCK))
    play(ToggleLesion(BLOCK))
    assert play.state.document.lesions == INTACT
    play(ToggleLesion(BLOCK))
    play(ExchangeBlocks("layer1.0", "layer1.2"))
    assert play.state.document.lesions.exchanged == (("layer1.0", "layer1.2"),)
    play(HealAll())
    assert play.state.document.lesions == INTACT


def test_lesions_that_the_net_cannot_have_are_refused_with_a_reason(play):
    play(EditSpec((("shortcut", "none"),)))
    play.build()
    play(ToggleLesion("layer2.0"))
    assert play.state.document.lesions == INTACT
    assert play.state.notices[-1].severity == "warning"


def test_another_architecture_has_no_lesions(play):
    play(ToggleLesion(BLOCK))
    play(EditSpec((("stage_depths", (2, 2, 2)),)))
    assert play.state.document.lesions == INTACT


def test_the_overlay_follows_node_class_and_lesion(play):
    play(ChooseOverlay("grad_cam"))
    asked = play.newest(Attribute)
    assert (asked.image_id, asked.method, asked.key, asked.label) == (1, "grad_cam", "act1", None)
    play(Attributed(ticket=asked.ticket, image_id=1, attribution=heat(), milliseconds=2.0))
    assert play.state.inside.overlay.attribution.label == 3
    play(SelectNode("layer3.2.add"))
    assert play.newest(Attribute).key == "layer3.2.add"
    play(ChooseOverlay("grad_cam", 5))
    assert play.newest(Attribute).label == 5
    assert play.state.inside.overlay.attribution is None
    play(ToggleLesion(BLOCK))
    assert play.newest(Attribute).lesions == LESIONS
    play(TuneOverlay(0.3, 0.5))
    assert (play.state.inside.overlay.opacity, play.state.inside.overlay.threshold) == (0.3, 0.5)


def test_an_overlay_that_was_taken_away_stays_away(play):
    play(ChooseOverlay("saliency"))
    ticket = play.newest(Attribute).ticket
    play(ChooseOverlay(""))
    play(Attributed(ticket=ticket, image_id=1, attribution=heat(), milliseconds=2.0))
    assert play.state.inside.overlay.attribution is None


def test_a_number_is_asked_again_for_another_picture_and_put_away_with_its_node(play):
    play(AskNumber("act1", (0, 1, 2)))
    asked = play.newest(ReadNumber)
    play(NumberRead(ticket=asked.ticket, image_id=1, key="act1", place=(0, 1, 2), number=None))
    assert play.state.inside.number.place == (0, 1, 2)
    play(StepNode(1))
    assert play.state.inside.number is None


def test_a_sweep_opens_the_sample_and_is_told_block_by_block(play):
    play(ChooseSample("shapes"))
    play(RunTopic("lesions"))
    assert play.newest(OpenData).data == "shapes"
    play.open_sample("shapes")
    asked = play.newest(SweepLesions)
    assert asked.sample == SampleChoice("shapes", 32)
    assert asked.twin.shortcut == "none"
    sweep = Sweep(Knowledge(0.9, 0.1), (), 100)
    play(Swept(ticket=asked.ticket, sweep=sweep, twin=None, knows_truth=True, is_done=False))
    assert "lesions" in play.state.inside.busy
    play(Swept(ticket=asked.ticket, sweep=sweep, twin=None, knows_truth=True, is_done=True))
    assert "lesions" not in play.state.inside.busy
    play(ToggleLesion(BLOCK))
    tested = play.newest(TestLesions)
    assert tested.lesions == LESIONS
    answer = LesionsTested(
        ticket=tested.ticket,
        lesions=LESIONS,
        knowledge=Knowledge(0.5, 1.0),
        intact=Knowledge(0.9, 0.1),
        knows_truth=True,
        images=100,
    )
    play(answer)
    assert play.state.inside.tested is answer


def test_probes_are_fitted_after_pooling_and_asked_about_each_picture(play):
    play(RunTopic("decisions"))
    play.open_sample()
    pooled = play.newest(PoolSample)
    sent = play(
        SamplePooled(
            ticket=pooled.ticket,
            sample=pooled.sample,
            keys=("layer1.0.act2",),
            labels=(0,),
            classes=tuple("0123456789"),
            thumbnails=np.zeros((1, 2, 2, 3), np.uint8),
        )
    )
    assert kinds(sent) == [FitProbes]
    sent = play(ProbesFitted(ticket=sent[0].ticket, accuracies=(("layer1.0.act2", 0.8),), classes=("0",)))
    assert kinds(sent) == [Decide]
    rows = np.ones((1, 10), np.float32) / 10
    play(Decided(ticket=sent[0].ticket, image_id=1, keys=("layer1.0.act2",), probabilities=rows))
    assert play.state.inside.decided.image_id == 1
    assert not play.state.inside.busy
    # The sample is pooled already: laying it out needs no second pass.
    assert kinds(play(RunTopic("embedding"))) == [Embed]


def test_gradients_are_compared_with_the_start_the_twin_and_other_depths(play):
    play(RunTopic("gradients"))
    play.open_sample()
    titles = [title for title, _ in play.newest(FlowGradients).others]
    assert titles[:2] == ["at its start", "plain twin"]
    assert any(title.startswith("depth ") for title in titles)


def test_gradients_of_a_net_without_shortcuts_are_not_compared_with_its_twin_which_it_is(play):
    play(EditSpec((("shortcut", "none"),)))
    play.build()
    play(RunTopic("gradients"))
    play.open_sample()
    assert "plain twin" not in [title for title, _ in play.newest(FlowGradients).others]


def test_residuals_of_the_picture_are_cheap_and_follow_it(play):
    play(ShowTopic("residuals"))
    asked = play.newest(Meter)
    assert asked.image_id == 1
    meter = ResidualMeter((), (), 1)
    play(Metered(ticket=asked.ticket, image_id=1, meter=meter))
    assert play.state.inside.metered_picture.meter is meter


def test_another_network_puts_away_what_was_found(play):
    play(ChooseOverlay("saliency"))
    play(RunTopic("cost"))
    assert play.newest(MeasureCost)
    play(EditSpec((("stage_depths", (2, 2, 2)),)))
    play.build()
    inside = play.state.inside
    assert not inside.busy
    assert inside.overlay.method == "saliency"
    assert inside.overlay.attribution is None


def test_a_failure_ends_what_was_busy(play):
    play(RunTopic("excites"))
    ticket = play.newest(OpenData).ticket
    play(RequestFailed(ticket=ticket, kind="OpenData", message="There is nothing.", hint="Add some."))
    assert not play.state.inside.busy


def test_an_answer_with_old_lesions_is_not_shown(play):
    play(ToggleLesion(BLOCK))
    old = play.newest(Classify)
    play(HealAll())
    pixels = np.zeros((32, 32, 3), np.uint8)
    play(
        Classified(
            ticket=old.ticket,
            column="main",
            image_id=1,
            predictions=(Prediction("dog", 5, 0.9),),
            seen=pixels,
            milliseconds=1.0,
        )
    )
    assert 1 not in play.state.answers


SWEEP = Sweep(Knowledge(0.9, 0.1), (), 100)


def finish(play, request):
    return play(RequestFinished(ticket=request.ticket))


def test_answers_about_the_network_before_are_not_shown_for_the_next(play):
    play(RunTopic("lesions"))
    play.open_sample()
    sweep = play.newest(SweepLesions)
    play(ShowTopic("residuals"))
    meter = play.newest(Meter)
    play(EditSpec((("stage_depths", (2, 2, 2)),)))
    sent = play.build()
    assert [request.cancelled for request in sent if isinstance(request, Cancel)] == [sweep.ticket]
    play(Swept(ticket=sweep.ticket, sweep=SWEEP, twin=None, knows_truth=True, is_done=False))
    play(Metered(ticket=meter.ticket, image_id=1, meter=ResidualMeter((), (), 1)))
    assert play.state.inside.swept is None
    assert play.state.inside.metered_picture is None
    assert not any(item.kind == "SweepLesions" for item in play.state.work)


def test_answers_about_the_sample_before_are_not_shown_for_the_next(play):
    play(RunTopic("lesions"))
    play.open_sample()
    sweep = play.newest(SweepLesions)
    sent = play(ChooseSample("shapes"))
    assert [request.cancelled for request in sent if isinstance(request, Cancel)] == [sweep.ticket]
    assert not play.state.inside.busy
    play(Swept(ticket=sweep.ticket, sweep=SWEEP, twin=None, knows_truth=True, is_done=True))
    assert play.state.inside.swept is None


def test_what_was_stopped_before_does_not_end_what_was_begun_since(play):
    play(RunTopic("lesions"))
    play.open_sample()
    stopped = play.newest(SweepLesions)
    play(ChooseSample("shapes"))
    play(RunTopic("lesions"))
    play.open_sample("shapes")
    failed = RequestFailed(
        ticket=stopped.ticket, kind="SweepLesions", message="Stopped.", hint="", is_cancelled=True
    )
    play(failed)
    finish(play, stopped)
    assert play.state.inside.busy == {"lesions"}


def test_a_sample_that_is_opened_again_starts_nothing_twice(play):
    play(RunTopic("residuals"))
    play.open_sample()
    finish(play, play.newest(OpenData))
    play(RunTopic("excites"))
    sent = play.open_sample()
    assert kinds(sent) == [Excite]
    assert play.state.inside.busy == {"residuals", "excites"}


def test_a_topic_whose_sample_never_came_is_busy_no_more(play):
    play(RunTopic("residuals"))
    first = play.newest(OpenData)
    play(ChooseData("shapes"))
    finish(play, first)
    assert play.state.inside.busy == {"residuals"}
    play.open_sample("shapes")
    finish(play, play.newest(OpenData))
    assert not play.state.inside.busy


def test_accuracy_follows_a_lesion_where_one_looks_at_lesions(play):
    play(ShowTopic("lesions"))
    play(ToggleLesion(BLOCK))
    assert play.newest(OpenData).data == "digits"
    play.open_sample()
    asked = play.newest(TestLesions)
    assert asked.lesions == LESIONS
    sent = play(HealAll())
    assert [request.cancelled for request in sent if isinstance(request, Cancel)] == [asked.ticket]


def test_a_number_that_was_put_away_stays_away(play):
    play(AskNumber("act1", (0, 1, 2)))
    asked = play.newest(ReadNumber)
    play(AskNumber("act1", None))
    play(NumberRead(ticket=asked.ticket, image_id=1, key="act1", place=(0, 1, 2), number=None))
    assert play.state.inside.number is None
