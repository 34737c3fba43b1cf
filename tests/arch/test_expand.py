from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch.block_fields import BlockType
from explorer.arch.blocks import block_convolutions
from explorer.arch.expand import expand
from explorer.arch.ops import OPS, Conv2d, Linear, Norm, Pad, Window
from explorer.arch.pools import Subsample
from explorer.arch.presets import cifar_spec, imagenet_spec, preset, presets
from tests.arch.test_spec import specs


@given(specs())
def test_every_graph_is_sound(spec):
    graph = expand(spec)
    seen = set()
    for node in graph.nodes:
        assert node.key not in seen
        assert seen.issuperset(node.inputs)
        assert (
            node.op.output_shape([graph.by_key[key].output_shape for key in node.inputs]) == node.output_shape
        )
        assert all(side >= 1 for side in node.output_shape)
        seen.add(node.key)
    assert graph.nodes[0].op.name == "input"
    assert graph.nodes[-1].output_shape == (spec.num_classes,)
    assert [edge.target for edge in graph.edges] == [node.key for node in graph.nodes for _ in node.inputs]


@given(specs())
def test_stem_blocks_and_head_hold_every_node_once(spec):
    graph = expand(spec)
    parts = [graph.stem, *(graph.block_nodes(block) for block in graph.blocks), graph.head]
    assert tuple(node for part in parts for node in part) == graph.nodes
    assert graph.n_stages == len(spec.stage_depths)
    assert tuple(len(graph.stage_blocks(stage + 1)) for stage in range(graph.n_stages)) == spec.stage_depths
    for block in graph.blocks:
        assert {(node.stage, node.block) for node in graph.block_nodes(block)} == {(block.stage, block.index)}
    assert all(node.stage is None for node in (*graph.stem, *graph.head))


@given(specs())
def test_both_inputs_of_an_addition_have_one_shape(spec):
    graph = expand(spec)
    additions = [node for node in graph.nodes if node.op.name == "add"]
    assert len(additions) == (0 if spec.shortcut == "none" else sum(spec.stage_depths))
    for node in additions:
        assert len({graph.by_key[key].output_shape for key in node.inputs}) == 1


@given(st.integers(1, 64), st.sampled_from([1, 3, 5, 7]), st.sampled_from([1, 2, 4]))
def test_a_window_counts_its_places(size, kernel, stride):
    padding = kernel // 2
    places = range(-padding, size + padding - kernel + 1, stride)
    assert Window(kernel, stride, padding).output_size(size) == len(places)


def test_keys_are_torchvisions():
    graph = expand(preset("resnet50").spec)
    keys = [node.key for node in graph.nodes]
    assert keys[:5] == ["input", "conv1", "bn1", "act1", "maxpool"]
    assert keys[-4:] == ["avgpool", "flatten", "fc", "output"]
    first = [node.key.removeprefix("layer1.0.") for node in graph.block_nodes(graph.blocks[0])]
    convolutions = ["conv1", "bn1", "act1", "conv2", "bn2", "act2", "conv3", "bn3"]
    assert first == [*convolutions, "downsample.0", "downsample.1", "add", "act3"]


def test_option_a_halves_and_pads_without_weights():
    graph = expand(cifar_spec(20))
    subsample, pad = (graph.by_key[f"layer2.0.shortcut.{name}"] for name in ("subsample", "pad"))
    assert (subsample.op, pad.op) == (Subsample(2), Pad(8, 8))
    assert (subsample.branch, pad.branch) == ("shortcut", "shortcut")
    assert [block.shortcut for block in graph.blocks] == ["identity"] * 3 + (["A"] + ["identity"] * 2) * 2


def test_an_odd_difference_pads_the_smaller_half_first():
    graph = expand(cifar_spec(8).edited(stage_widths=(16, 33, 64)))
    assert graph.by_key["layer2.0.shortcut.pad"].op == Pad(8, 9)


@pytest.mark.parametrize(("option", "n_projections"), [("none", 0), ("A", 0), ("B", 3), ("C", 16)])
def test_projections_stand_where_the_option_says(option, n_projections):
    graph = expand(imagenet_spec("basic", (3, 4, 6, 3), shortcut=option))
    assert sum(block.shortcut == "projection" for block in graph.blocks) == n_projections


def test_projection_shortcuts_are_he_2015s():
    # Keras' ConvBlock and IdentityBlock: one of the first a stage in ResNet-50.
    kinds = [block.shortcut for block in expand(preset("resnet50").spec).blocks]
    assert [kinds.count(kind) for kind in ("projection", "identity")] == [4, 12]


@pytest.mark.parametrize(("stride_on", "strides"), [("1x1", (2, 1)), ("3x3", (1, 2))])
def test_the_bottleneck_strides_where_the_spec_says(stride_on, strides):
    graph = expand(preset("resnet50").spec.edited(stride_on=stride_on))
    assert tuple(graph.by_key[f"layer2.0.conv{n}"].op.stride for n in (1, 2)) == strides
    assert graph.by_key["layer2.0.downsample.0"].op.stride == 2
    assert graph.by_key["layer1.0.conv2"].op.stride == 1


def test_resnext_groups_the_3x3_convolution_alone():
    graph = expand(preset("resnext50_32x4d").spec)
    grouped = {node.key for node in graph.nodes if isinstance(node.op, Conv2d) and node.op.groups == 32}
    assert grouped == {f"{block.key}.conv2" for block in graph.blocks}
    assert graph.by_key["layer1.0.conv2"].op.out_channels == 128


def test_zero_initialised_residuals_are_the_last_norm_of_each_block():
    graph = expand(preset("resnet18").spec.edited(zero_init_residual=True))
    zero = {node.key for node in graph.nodes if isinstance(node.op, Norm) and node.op.zero_init}
    assert zero == {f"{block.key}.bn2" for block in graph.blocks}


@pytest.mark.parametrize("name", presets())
def test_a_plain_twin_is_the_same_net_without_additions(name):
    spec = preset(name).spec
    if spec.shortcut == "none":
        residual = {node.op.name for node in expand(spec).nodes}
        assert residual.isdisjoint({"add", "pad", "subsample"})
        assert all(node.branch == "main" for node in expand(spec).nodes)


def test_depth_counts_what_the_block_table_says():
    for block in get_args(BlockType):
        spec = cifar_spec(20).edited(block=block)
        graph = expand(spec)
        weighted = [
            node
            for node in graph.block_nodes(graph.blocks[0])
            if isinstance(node.op, Conv2d | Linear) and node.branch == "main"
        ]
        assert len(weighted) == block_convolutions(spec, 1)


def test_equal_specs_give_the_same_graph():
    assert expand(cifar_spec(20)) is expand(preset("cifar-resnet20").spec)


def test_every_operation_describes_itself():
    used = {}
    basic = cifar_spec(8)
    chosen = (
        {"shortcut_path": "scale", "attention": "eca", "stochastic_depth": 0.5, "block_dropout": 0.5},
        {"merge": "gate", "attention": "cbam", "downsampling": "blur"},
        {"merge": "concat"},
    )
    for spec in (*(basic.edited(**fields) for fields in chosen), basic, preset("resnext50_32x4d").spec):
        used |= {node.op.name: node.op.describe() for node in expand(spec).nodes}
    assert set(used) == set(OPS)
    assert all(used.values())
    assert used["conv2d"].startswith("1×1 conv, 2048")
