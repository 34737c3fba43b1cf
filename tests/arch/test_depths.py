import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch.depths import block_changes, depth_of, depths, title, with_block, with_depth
from explorer.arch.presets import cifar_spec, preset, presets
from explorer.errors import SpecError
from tests.arch.test_spec import specs

OWN_COUNTS = ("alexnet", "alexnet-residual", "vgg16", "vgg16-residual", "cifar-highway19")
"""Older than the families: their stages are of lengths that no rule gives."""


def test_the_cifar_family_speaks_the_papers_language():
    known = depths(cifar_spec(20))
    assert list(known)[:5] == [8, 14, 20, 26, 32]
    assert list(known)[-1] == 1202
    assert {20, 32, 44, 56, 110, 1202} <= set(known)
    assert known[110] == (18, 18, 18)


def test_the_imagenet_families():
    assert {18, 34} <= set(depths(preset("resnet18").spec))
    assert {50, 101, 152} <= set(depths(preset("resnet50").spec))


@pytest.mark.parametrize("name", [name for name in presets() if name not in OWN_COUNTS])
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


def test_a_block_type_brings_its_expansion_and_goes_back():
    resnet34 = preset("resnet34").spec
    resnet50 = with_block(resnet34, "bottleneck")
    assert resnet50 == preset("resnet50").spec
    assert with_block(resnet50, "basic") == resnet34
    assert with_block(preset("resnext50_32x4d").spec, "basic") == resnet34
    assert with_block(resnet50, "bottleneck") is resnet50


def test_an_unknown_block_type_is_refused():
    with pytest.raises(SpecError) as caught:
        with_block(preset("resnet18").spec, "dense")
    assert caught.value.field == "block"


def test_what_a_block_type_changes_is_told_without_trying_it():
    spec = preset("cifar-resnet20").spec
    assert spec.edited(**block_changes("bottleneck")) == with_block(spec, "bottleneck")


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
