"""What is refreshed while a network learns costs no more than its share, and comes not too often."""

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.arch.lesions import INTACT, Lesions
from explorer.engine.context import ActiveTraining, Context
from explorer.engine.handlers import live
from explorer.engine.training_messages import LiveMaps
from explorer.images.prepare import transform_for
from explorer.nets.probe import probe
from tests.training.driving import ready
from tests.training.small import CLASSES, SIDE

WATCHED_S = 0.6
STEP_S = 0.01


class Clock:
    """Only what a test lets pass goes by, and a moment at each look: no load counts."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        self.now += 1e-5
        return self.now


@pytest.fixture
def active(tmp_path, monkeypatch):
    """A training that is watched, and the context that it is watched in."""
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    context = Context()
    training = ready()
    run = context.store().create(spec="{}", plan="{}", data="small", origin="{}")
    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)
    image_id = context.shelf.add(str(path), "noise")
    active = ActiveTraining(run, training, CLASSES, transform_for(SIDE), {}, (image_id, "layer2.0.add"), True)
    yield active, context
    context.close_store()


def watched(active, context, clock):
    """The maps that came between the steps of a training."""
    looking = live.Live(active, context, ticket=1, clock=clock)
    began = clock.now
    events = []
    while clock.now - began < WATCHED_S:
        clock.now += STEP_S
        events += looking.refreshed()
    return [event for event in events if isinstance(event, LiveMaps)]


def test_cheap_maps_come_twice_a_second_beside_a_training_on_the_cpu(active):
    assert active[0].training.device.type == "cpu"
    maps = watched(*active, Clock())
    assert len(maps) == 1 + int(WATCHED_S * 2)
    assert maps[0].maps.shape == (8, 4, 4)


def test_dear_maps_take_a_fiftieth_of_the_time(active, monkeypatch):
    clock = Clock()

    def dear(*arguments):
        clock.now += 0.02
        return probe(*arguments)

    monkeypatch.setattr(live, "probe", dear)
    # After 20 ms the next may come a second later.
    assert len(watched(*active, clock)) == 1


def test_ratios_of_blocks_are_those_of_the_meter_and_only_read_when_due(active):
    looking = live.Live(*active, ticket=1, clock=Clock())
    training = active[0].training
    modes = [module.training for module in training.model.modules()]
    rows = looking.ratios(7)
    assert [(step, name) for step, name, _ in rows] == [
        (7, f"epoch.ratio.layer{stage}.0") for stage in (1, 2, 3)
    ]
    assert all(value > 0 for _, _, value in rows)
    assert [module.training for module in training.model.modules()] == modes
    assert looking.ratios(8) == []
    assert 0 < looking.share <= 1


def test_lesions_change_what_is_watched_and_not_what_learns(active):
    training = active[0].training
    before = [parameter.clone() for parameter in training.model.parameters()]
    intact = watched(*active, Clock())[0].maps
    active[0].watched_lesions = Lesions(frozenset({"layer2.0"}))
    lesioned = watched(*active, Clock())[0].maps
    assert not np.array_equal(intact, lesioned)
    active[0].watched_lesions = INTACT
    np.testing.assert_array_equal(watched(*active, Clock())[0].maps, intact)
    for parameter, value in zip(training.model.parameters(), before, strict=True):
        assert torch.equal(parameter, value)
