import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch.cost import cost_of
from explorer.arch.depths import block_changes, depth_of, depths, title, with_depth
from explorer.arch.presets import cifar_spec, preset, presets
from tests.arch.test_spec import specs


def test_the_cifar_family_speaks_the_papers_language():
    known = depths(cifar_spec(20))
    assert list(known)[:5] == [8, 14, 20, 26, 32]
    assert list(known)[-1] == 1202
    assert {20, 32, 44, 56, 110, 1202} <= set(known)
    assert known[110] == (18, 18, 18)


def test_the_imagenet_families():
    assert {18, 34} <= set(depths(preset("resnet18").spec))
    assert {50, 101, 152} <= set(depths(preset("resnet50").spec))


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_a_depth_of_its_family(name):
    spec = preset(name).spec
    assert depths(spec)[depth_of(spec)] == spec.stage_depths


@given(specs())
def test_each_depth_is_what_its_blocks_make(spec):
    for depth, blocks in list(depths(spec).items())[:5]:
        assert depth_of(spec.edited(stage_depths=blocks)) == depth


@given(specs(), st.integers(-10, 200))
def test_any_number_becomes_the_nearest_depth(spec, wanted):
    reached = depth_of(with_depth(spec, wanted))
    assert reached in depths(spec)
    assert abs(reached - wanted) == min(abs(depth - wanted) for depth in depths(spec))


@pytest.mark.parametrize("name", presets())
def test_depth_is_counted_without_the_graph_and_is_the_graphs(name):
    spec = preset(name).spec
    assert depth_of(spec) == cost_of(spec).depth


@given(specs())
def test_depth_is_the_graphs_for_drawn_specs(spec):
    assert depth_of(spec) == cost_of(spec).depth


def test_a_block_without_its_shortcut_has_nothing_to_merge():
    spec = cifar_spec(20, merge="concat", overrides=("1.1=none", "2.2=projection"))
    assert depth_of(spec) == cost_of(spec).depth == 20 + 8


def test_older_nets_have_their_own_families():
    assert list(depths(preset("vgg16").spec)) == [11, 13, 16, 19]
    alexnet, highway = depths(preset("alexnet").spec), depths(preset("cifar-highway19").spec)
    assert alexnet[8] == (1, 1, 2)
    assert highway[19] == (6, 6, 5)
    assert list(highway) == sorted(highway)
    assert 21 not in alexnet


@pytest.mark.parametrize(
    ("name", "block", "becomes"),
    [
        ("resnet34", "bottleneck", "resnet50"),
        ("resnet50", "basic", "resnet34"),
        ("resnext50_32x4d", "basic", "resnet34"),
    ],
)
def test_a_block_type_brings_its_expansion_and_goes_back(name, block, becomes):
    assert preset(name).spec.edited(**block_changes(block)) == preset(becomes).spec


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cifar-resnet56", "ResNet-56"),
        ("cifar-plain20", "Plain-20"),
        ("resnext101_32x8d", "ResNeXt-101 32×8d"),
        ("plain-resnext50_32x4d", "Plain ResNeXt-50 32×4d"),
        ("wide_resnet50_2", "Wide ResNet-50-2"),
    ],
)
def test_titles(name, expected):
    assert title(preset(name).spec) == expected


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("se_resnet50", {"num_classes": 7}, "SE-ResNet-50"),
        ("cbam_resnet50", {"shortcut": "none"}, "CBAM-Plain-50"),
        ("resnet50d", {"num_classes": 5}, "ResNet-50-D"),
        ("resnet50d", {"projection_pool": False}, "ResNet-50-C"),
        ("resnet50d", {"shortcut": "none"}, "Plain-50-C"),
        ("resnet50d", {"stem": "deep_tiered", "attention": "eca"}, "ECA-ResNet-50-T"),
        ("resnet50d", {"cardinality": 32, "base_width": 4}, "ResNeXt-50-D 32×4d"),
        ("wide_resnet50_2", {"stem": "deep"}, "Wide ResNet-50-2-C"),
        ("vgg16", {"num_classes": 3}, "Plain-16"),
    ],
)
def test_titles_say_attention_and_stem(name, changes, expected):
    assert title(preset(name).spec.edited(**changes)) == expected
