import pytest

from explorer.arch import presets_tutorials
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

PAPERS = [name for name, item in presets().items() if item.kind == "paper"]
TWINS = [name for name, item in presets().items() if item.kind == "plain twin"]

PARAMETERS = {
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "cifar-resnet20": 269_722,
    "cifar-resnet1202": 19_421_274,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "cifar-resnet20-b": 272_474,
    "cifar-resnet20-c": 283_962,
    "cifar-preact20": 272_282,
    "cifar-preact56": 855_578,
    "digits-resnet8": 75_002,
    "cifar-preact110": 1_730_522,
    "cifar-preact164": 1_703_258,
    "cifar-preact1001": 10_327_706,
    "cifar-stochastic-depth110": 1_727_962,
    "wrn-16-8": 10_961_370,
    "wrn-22-10": 26_797_914,
    "wrn-28-10": 36_479_194,
    "wrn-40-1": 563_930,
    "wrn-40-2": 2_243_546,
    "wrn-40-4": 8_949_210,
    "cifar-resnext29-8x64d": 34_426_698,
    "se_resnet50": 28_088_024,
    "resnet50d": 25_576_264,
    "eca_resnet50": 25_557_118,
    "cifar-resnet18-classic": 11_173_962,
    "tutorial-two-convolutions": 39_370,
    "tutorial-keras-five-stages": 19_608_394,
}
"""The papers', torchvision's and timm's own counts."""


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_exact(name):
    assert cost_of(preset(name).spec).parameters == PARAMETERS[name]


@pytest.mark.shared
def test_the_reference_has_no_count_that_a_preset_misses(reference):
    wide, residual = reference["wideresnet2016"]["nets"], reference["he2015_cifar10"]["nets"]
    wanted = {f"wrn-{name}": row["parameters"] for name, row in wide.items()}
    wanted |= {f"cifar-resnet{depth}": row["parameters_A"] for depth, row in residual.items()}
    wanted |= {name: row["parameters"] for name, row in reference["torchvision"]["models"].items()}
    assert {name: cost_of(preset(name).spec).parameters for name in wanted} == wanted


def test_the_timeline_runs_from_alexnet_to_attention():
    assert PAPERS[0] == "alexnet"
    years = [preset(name).year for name in PAPERS]
    assert years == sorted(years)
    assert list(presets())[: len(PAPERS)] == PAPERS
    assert list(presets())[-len(TWINS) :] == TWINS
    assert DEFAULT_PRESET in PAPERS


def test_the_names_that_scripts_rely_on_stay():
    torchvision = {f"resnet{depth}" for depth in (18, 34, 50, 101, 152)}
    torchvision |= {"resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"}
    torchvision |= {"wide_resnet50_2", "wide_resnet101_2"}
    assert torchvision | {f"cifar-resnet{depth}" for depth in CIFAR_DEPTHS} <= set(PAPERS)
    assert {"cifar-plain20", "plain34", "plain50", "plain-resnext50_32x4d"} <= set(TWINS)


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_a_net_made_residual_has_a_shortcut_around_each_block(name):
    from explorer.arch.expand import expand

    base, made = preset(name).spec, preset(f"{name}-residual").spec
    assert made.edited(shortcut="none") == base
    assert all(block.shortcut == "none" for block in expand(base).blocks)
    assert all(block.shortcut in ("identity", "projection") for block in expand(made).blocks)
    assert all(block.kind == "single" for block in expand(made).blocks)


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_has_the_parameters_less_its_projections(name):
    twin = preset(name).spec
    spec = next(preset(paper).spec for paper in PAPERS if plain_twin(preset(paper).spec) == twin)
    cost, plain = cost_of(spec), cost_of(twin)
    projections = sum(part.parameters for key, part in cost.by_key.items() if ".downsample." in key)
    assert plain.parameters == cost.parameters - projections
    assert plain.depth == cost.depth


@pytest.mark.parametrize("name", presets())
def test_a_preset_knows_its_name_source_and_history(name):
    item = preset(name)
    assert item.name == name == preset_name(item.spec)
    assert item.title
    assert str(item.year) in item.source
    assert item.history.endswith((".", "?"))
    assert 40 < len(item.history) < 140


def test_titles_and_specs_are_told_apart():
    every = presets().values()
    assert len({item.title for item in every}) == len({item.spec for item in every}) == len(every)


def test_there_are_six_tutorials():
    assert len([item for item in presets().values() if item.kind == "tutorial"]) == 6


def test_the_options_differ_in_their_shortcuts_only_and_share_a_twin():
    options = {option: preset(f"cifar-resnet20-{option}").spec for option in "bc"}
    base = preset("cifar-resnet20").spec
    assert {option: spec.edited(shortcut="A") for option, spec in options.items()} == dict.fromkeys(
        "bc", base
    )
    assert {plain_twin(spec) for spec in options.values()} == {preset("cifar-plain20").spec}


def test_the_three_stage_net_takes_any_filters_and_blocks():
    spec = presets_tutorials.three_stages_spec(32, (2, 3, 4))
    assert (spec.stem_width, spec.stage_widths, spec.stage_depths) == (32, (32, 64, 128), (2, 3, 4))
    assert presets_tutorials.three_stages_spec() == preset("tutorial-preact-three-stages").spec


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
    assert preset_name(preset("resnet18").spec.edited(num_classes=100)) is None


@pytest.mark.parametrize("name", presets())
def test_every_preset_has_a_plain_twin_that_can_be_built(name):
    twin = plain_twin(preset(name).spec)
    assert twin.shortcut == "none"
    assert cost_of(twin).depth == cost_of(preset(name).spec).depth
