import itertools

import pytest

from explorer.arch.align import place_at, stops
from explorer.arch.depths import depth_of, published_depths
from explorer.arch.expand import expand
from explorer.arch.presets import plain_twin, preset, presets

NAMES = ("cifar-resnet20", "cifar-resnet56", "resnet18", "resnet152", "cifar-preact110", "vgg16", "alexnet")


@pytest.mark.parametrize("name", presets())
def test_a_way_leads_from_the_input_to_the_logits_through_every_block(name):
    graph = expand(preset(name).spec)
    way = stops(graph)
    shares = [stop.share for stop in way]
    assert way[0].key == graph.nodes[0].key
    assert shares[0] == 0.0
    assert way[-1].share == 1.0
    assert graph.by_key[way[-1].key].output_shape == graph.nodes[-1].output_shape
    assert all(before < after for before, after in itertools.pairwise(shares))
    assert len({stop.key for stop in way}) == len(way)
    blocks = [(stop.stage, stop.block) for stop in way if stop.block is not None]
    assert blocks == [(block.stage, block.index) for block in graph.blocks]


ALIKE = [
    pair
    for pair in itertools.combinations(NAMES, 2)
    if preset(pair[0]).spec.n_stages == preset(pair[1]).spec.n_stages
]
"""Stages of another number have no partner."""


@pytest.mark.parametrize(("first", "second"), ALIKE)
def test_the_blocks_at_one_share_are_of_one_stage_and_within_half_a_block(first, second):
    graphs = [expand(preset(name).spec) for name in (first, second)]
    for share in (step / 500 for step in range(501)):
        one, other = (way[place_at(way, share)] for way in map(stops, graphs))
        if one.stage is None or other.stage is None:
            continue
        at_border = any(abs(stop.share - share) < 1e-6 for stop in (one, other))
        assert one.stage == other.stage or at_border
        middles, sizes = [], []
        for graph, stop in zip(graphs, (one, other), strict=True):
            n_blocks = len(graph.stage_blocks(stop.stage))
            middles.append((stop.block + 0.5) / n_blocks)
            sizes.append(1 / n_blocks)
        # Both parts hold the share, so their middles are no further apart than half of each.
        assert abs(middles[0] - middles[1]) <= sum(sizes) / 2 + 1e-9


def test_every_stop_is_found_at_its_own_share_and_outside_the_ends_are():
    way = stops(expand(preset("cifar-resnet20").spec))
    assert [place_at(way, stop.share) for stop in way] == list(range(len(way)))
    assert way[place_at(way, -1.0)].key == "input"
    assert way[place_at(way, 2.0)].key == "fc"


@pytest.mark.parametrize(
    ("name", "depths"),
    [
        ("cifar-resnet20", [20, 32, 44, 56]),
        ("cifar-plain56", [20, 32, 44, 56]),
        ("resnet18", [18, 34, 50, 101, 152]),
        ("resnet152", [18, 34, 50, 101, 152]),
        ("vgg16", [11, 13, 16, 19]),
        ("cifar-preact164", [29, 47, 65, 83]),
    ],
)
def test_the_depths_that_stand_side_by_side_are_the_papers(name, depths):
    spec = preset(name).spec
    family = published_depths(spec)
    assert [depth_of(one) for one in family] == depths
    assert {one.shortcut for one in family} == {spec.shortcut}


def test_a_family_holds_the_preset_it_came_from():
    for name in ("cifar-resnet44", "resnet50", "resnet101"):
        assert preset(name).spec in published_depths(preset(name).spec)
    assert plain_twin(preset("cifar-resnet56").spec) in published_depths(preset("cifar-plain20").spec)
