import pytest
from hypothesis import given

from explorer.arch.cost import FLOAT32_BYTES, cost_of
from explorer.arch.depths import depth_of
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, imagenet_spec, plain_twin, preset
from tests.arch.test_spec import specs

CIFAR = ("20", "32", "44", "56", "110", "1202")
TORCHVISION = (
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
)


@pytest.mark.shared
@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_numbers(reference, name):
    table = reference["torchvision"]
    assert set(table["models"]) == set(TORCHVISION)
    row, spec = table["models"][name], preset(name).spec
    assert spec.stage_depths == tuple(row["stage_depths"])
    assert (spec.input_size, spec.num_classes) == (table["input_size"], table["classes"])
    assert (cost_of(spec).parameters, cost_of(spec).macs) == (row["parameters"], row["macs"])


@pytest.mark.shared
@pytest.mark.parametrize("depth", CIFAR)
def test_the_cifar_nets_of_he_2015(reference, depth):
    table = reference["he2015_cifar10"]
    assert set(table["nets"]) == set(CIFAR)
    row, spec = table["nets"][depth], cifar_spec(int(depth))
    assert spec.stage_widths == tuple(table["widths"])
    assert (spec.input_size, spec.num_classes) == (table["input_size"], table["classes"])
    assert spec.stage_depths == (row["n"],) * 3
    assert (cost_of(spec).parameters, cost_of(spec).macs) == (row["parameters_A"], row["macs_A"])
    assert cost_of(spec.edited(shortcut="B")).parameters == row["parameters_B"]
    assert cost_of(plain_twin(spec)).parameters == row["parameters_A"]
    assert cost_of(spec).depth == int(depth)


@pytest.mark.shared
def test_the_imagenet_nets_of_he_2015(reference):
    table = reference["he2015_imagenet"]
    exact = table["exact_macs_with_stride_on_first_1x1"]
    assert cost_of(preset("resnet50").spec.edited(stride_on="1x1")).macs == exact["resnet50"]
    for depth, billions in table["flops_1e9_with_stride_on_first_1x1"].items():
        cost = cost_of(preset(f"resnet{depth}").spec.edited(stride_on="1x1"))
        # The paper rounds, some rows upwards from 0.04 off: one tenth either way.
        assert cost.macs / 1e9 == pytest.approx(billions, abs=0.1)
        assert cost.depth == int(depth)


@pytest.mark.shared
def test_receptive_fields(reference):
    table = reference["receptive_field_last_conv"]
    specs_of = {
        **{f"resnet{depth}": preset(f"resnet{depth}").spec for depth in (18, 34, 50, 101, 152)},
        "resnet50_stride_on_first_1x1": preset("resnet50").spec.edited(stride_on="1x1"),
        **{f"cifar{depth}": cifar_spec(depth) for depth in (20, 32, 44, 56, 110)},
    }
    assert set(specs_of) == set(table) - {"source"}
    assert {name: cost_of(spec).receptive_field for name, spec in specs_of.items()} == {
        name: table[name] for name in specs_of
    }


@pytest.mark.shared
def test_resnexts_pairs_cost_the_same(reference):
    pairs = reference["resnext2016"]["equal_cost_width_by_cardinality"]
    whole = cost_of(preset("resnet50").spec).parameters
    for cardinality, base_width in pairs.items():
        spec = preset("resnet50").spec.edited(cardinality=int(cardinality), base_width=base_width)
        assert cost_of(spec).parameters == pytest.approx(whole, rel=0.03)


@given(specs())
def test_the_whole_is_the_sum_of_its_nodes(spec):
    cost, graph = cost_of(spec), expand(spec)
    assert list(cost.by_key) == [node.key for node in graph.nodes]
    nodes = cost.by_key.values()
    assert cost.parameters == sum(node.parameters for node in nodes)
    assert cost.macs == sum(node.macs for node in nodes)
    assert cost.activation_bytes == sum(node.activation_bytes for node in nodes)
    assert cost.memory_bytes == FLOAT32_BYTES * cost.parameters + cost.activation_bytes
    assert cost.depth == depth_of(spec)


@given(specs())
def test_receptive_fields_only_grow(spec):
    cost, graph = cost_of(spec), expand(spec)
    for node in graph.nodes:
        for source in node.inputs:
            assert cost.by_key[node.key].receptive_field >= cost.by_key[source].receptive_field
            assert cost.by_key[node.key].jump >= cost.by_key[source].jump


def test_a_receptive_field_by_hand():
    by_key = cost_of(cifar_spec(8)).by_key
    # 3×3 at stride 1: 3 pixels; two more in the first block: 7; the stride-2 convolution: 9, then steps of 2.
    fields = {
        key: by_key[key].receptive_field
        for key in ("conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv2")
    }
    assert fields == {"conv1": 3, "layer1.0.conv2": 7, "layer2.0.conv1": 9, "layer2.0.conv2": 13}
    assert by_key["layer2.0.conv1"].jump == 2


def test_the_shortcut_sees_no_more_than_the_sum():
    by_key = cost_of(cifar_spec(20)).by_key
    for key in ("layer2.0.shortcut.subsample", "layer2.0.shortcut.pad"):
        assert by_key[key].receptive_field < by_key["layer2.0.add"].receptive_field
        assert by_key[key].jump == by_key["layer2.0.add"].jump


def test_views_cost_no_memory():
    by_key = cost_of(preset("resnet18").spec).by_key
    assert [by_key[key].activation_bytes for key in ("input", "flatten", "output")] == [0, 0, 0]
    assert by_key["conv1"].activation_bytes == 64 * 112 * 112 * FLOAT32_BYTES


def test_strides_on_the_1x1_cost_less():
    late, early = (
        cost_of(imagenet_spec("bottleneck", (3, 4, 6, 3), stride_on=where)) for where in ("3x3", "1x1")
    )
    assert early.macs < late.macs
    assert early.parameters == late.parameters
