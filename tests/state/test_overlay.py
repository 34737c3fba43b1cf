"""When the overlay is asked for, and when it is not; answers that come too late."""

import pytest

from explorer.engine.inside_messages import Attribute, NumberRead, ReadNumber
from explorer.state.actions import SelectNode, Start, StepNode, Undo
from explorer.state.inside_actions import AskNumber, ChooseOverlay, ToggleLesion
from tests.state.player import Player


@pytest.fixture
def play():
    player = Player()
    player(Start(sample="cat.jpg"))
    player.build()
    player.load(1)
    return player


def asked(requests):
    return [request for request in requests if isinstance(request, Attribute)]


def test_what_needs_no_node_is_not_found_again_for_another_node(play):
    assert len(asked(play(ChooseOverlay("occlusion")))) == 1
    assert not asked(play(SelectNode("layer3.2.add")))
    assert not asked(play(StepNode(1)))
    assert len(asked(play(ToggleLesion("layer2.1")))) == 1
    assert len(asked(play(Undo()))) == 1
    assert len(asked(play(ChooseOverlay("occlusion")))) == 1


@pytest.mark.parametrize(
    ("selected", "wanted"),
    [("layer3.2.conv1", "layer3.2.conv1"), ("avgpool", "layer3.2.act2"), ("fc", "layer3.2.act2")],
)
def test_grad_cam_looks_at_the_nearest_node_with_places(play, selected, wanted):
    play(SelectNode(selected))
    (request,) = asked(play(ChooseOverlay("grad_cam")))
    assert request.key == wanted


def test_a_walk_through_the_head_asks_once(play):
    play(SelectNode("layer3.2.act2"))
    play(ChooseOverlay("grad_cam"))
    sent = [request for _ in range(4) for request in asked(play(StepNode(1)))]
    assert sent == []


def test_a_number_of_a_node_that_was_left_meanwhile_is_not_shown(play):
    play(AskNumber("act1", (0, 1, 2)))
    ticket = play.newest(ReadNumber).ticket
    play(SelectNode("layer3.2.add"))
    play(NumberRead(ticket=ticket, image_id=1, key="act1", place=(0, 1, 2), number=None))
    assert play.state.inside.number is None
