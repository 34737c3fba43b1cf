import pytest

from explorer.arch.cost import cost_of
from explorer.arch.presets import (
    CIFAR_DEPTHS,
    DEFAULT_PRESET,
    cifar_spec,
    plain_twin,
    preset,
    preset_name,
    presets,
)
from explorer.errors import SpecError

RESIDUAL = [name for name, item in presets().items() if item.spec.shortcut != "none"]


def test_all_of_the_first_edition_are_there():
    torchvision = {f"resnet{depth}" for depth in (18, 34, 50, 101, 152)}
    torchvision |= {"resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"}
    torchvision |= {"wide_resnet50_2", "wide_resnet101_2"}
    assert set(RESIDUAL) == torchvision | {f"cifar-resnet{depth}" for depth in CIFAR_DEPTHS}
    assert {"cifar-plain20", "plain34", "plain50", "plain-resnext50_32x4d"} <= set(presets())
    assert DEFAULT_PRESET in presets()


def test_every_residual_preset_has_its_plain_twin():
    specs = {item.spec for item in presets().values()}
    assert len(presets()) == 2 * len(RESIDUAL)
    assert all(plain_twin(preset(name).spec) in specs for name in RESIDUAL)


@pytest.mark.parametrize("name", presets())
def test_a_preset_knows_its_name_and_source(name):
    item = preset(name)
    assert item.name == name == preset_name(item.spec)
    assert item.title
    assert str(item.year) in item.source


def test_titles_and_specs_are_told_apart():
    every = presets().values()
    assert len({item.title for item in every}) == len({item.spec for item in every}) == len(every)


@pytest.mark.parametrize("name", RESIDUAL)
def test_a_twin_has_the_parameters_less_its_projections(name):
    spec = preset(name).spec
    cost, twin = cost_of(spec), cost_of(plain_twin(spec))
    projections = sum(part.parameters for key, part in cost.by_key.items() if ".downsample." in key)
    assert twin.parameters == cost.parameters - projections
    assert twin.depth == cost.depth


@pytest.mark.parametrize(("typo", "meant"), [("resnet5", "resnet50"), ("cifar_resnet20", "cifar-resnet20")])
def test_an_unknown_preset_names_the_nearest(typo, meant):
    with pytest.raises(SpecError) as caught:
        preset(typo)
    assert caught.value.cause_text == f"There is no preset {typo}."
    assert meant in caught.value.hint_text


def test_an_unknown_preset_without_neighbours_says_where_the_list_is():
    with pytest.raises(SpecError) as caught:
        preset("zzzzzz")
    assert "resnet-explorer presets" in caught.value.hint_text


@pytest.mark.parametrize("depth", [2, 7, 21, -4])
def test_cifar_depths_are_6n_plus_2(depth):
    with pytest.raises(SpecError, match="6n"):
        cifar_spec(depth)


def test_an_edited_preset_has_no_name():
    assert preset_name(preset("resnet18").spec.edited(num_classes=10)) is None
