"""The diff of two networks: exact in sum, aligned by stage, clear about what changed."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from explorer.arch.cost import cost_of
from explorer.arch.diff import Delta, diff, folded, keys_text
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, imagenet_spec, plain_twin, preset
from explorer.errors import SpecError

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "block": st.sampled_from(["basic", "bottleneck", "single", "narrow"]),
        "stage_depths": st.tuples(*[st.integers(1, 4)] * 3),
        "expansion": st.sampled_from([1, 2, 4]),
        "shortcut": st.sampled_from(["none", "A", "B", "C"]),
        "shortcut_path": st.sampled_from(["identity", "scale", "gate", "conv1x1", "dropout"]),
        "merge": st.sampled_from(["add", "gate", "concat"]),
        "order": st.sampled_from(["original", "full_preactivation", "relu_before_addition"]),
        "norm": st.sampled_from(["batch", "group", "none"]),
        "activation": st.sampled_from(["relu", "gelu"]),
        "attention": st.sampled_from(["none", "se", "eca", "cbam"]),
        "stem": st.sampled_from(["conv", "deep", "none"]),
        "downsampling": st.sampled_from(["stride", "max_pool", "blur"]),
        "conv_bias": st.booleans(),
        "head_hidden": st.sampled_from([(), (32,)]),
        "width_factor": st.sampled_from([1.0, 2.0]),
        "input_size": st.sampled_from([32, 48]),
        "num_classes": st.sampled_from([2, 10]),
    },
)


@st.composite
def drawn_specs(draw):
    n_stages = draw(st.integers(1, 4))
    widths = tuple(8 * 2**place for place in range(n_stages))
    changes = draw(CHANGES)
    changes["stage_depths"] = (*changes.get("stage_depths", (2, 1, 3)), 1)[:n_stages]
    try:
        return cifar_spec(8).edited(stage_widths=widths, stem_width=8, **changes)
    except SpecError:
        assume(False)


@settings(max_examples=200)
@given(drawn_specs(), drawn_specs())
def test_rows_add_up_and_hold_every_node_once(before, after):
    found = diff(before, after)
    assert sum((row.delta for row in found.blocks), Delta()) == found.delta
    assert found.delta.parameters == cost_of(after).parameters - cost_of(before).parameters
    assert found.delta.macs == cost_of(after).macs - cost_of(before).macs
    for row in found.blocks:
        if row.kind == "changed":
            assert sum((change.delta for change in row.changes), Delta()) == row.delta
        if row.kind == "same":
            assert row.delta == Delta()
    back = diff(after, before)
    assert back.delta == -found.delta
    assert len(back.of_kind("added")) == len(found.of_kind("removed"))
    for side, spec in (("before_key", before), ("after_key", after)):
        keys = {getattr(row, side) for row in found.blocks} - {None}
        assert {block.key for block in expand(spec).blocks} | {"stem", "head"} <= keys


@given(drawn_specs())
def test_a_net_does_not_differ_from_itself(spec):
    found = diff(spec, spec)
    assert found.fields == ()
    assert {row.kind for row in found.blocks} == {"same"}


def test_depth_adds_blocks_at_the_end_of_stages():
    found = diff(preset("resnet50").spec, preset("resnet101").spec)
    assert [row.after_key for row in found.of_kind("added")] == [f"layer3.{place}" for place in range(6, 23)]
    assert not found.of_kind("changed")
    assert [(change.field, change.before, change.after) for change in found.fields] == [
        ("stage_depths", (3, 4, 6, 3), (3, 4, 23, 3))
    ]
    runs = folded(found.blocks)
    added = next(run for run in runs if run[0].kind == "added")
    assert len(added) == 17
    assert keys_text([row.after_key for row in added]) == "layer3.6 … 22"
    assert keys_text([row.before_key for row in added]) == ""


def test_option_b_costs_the_projections():
    found = diff(cifar_spec(20), cifar_spec(20, shortcut="B"))
    changed = found.of_kind("changed")
    assert [row.after_key for row in changed] == ["layer2.0", "layer3.0"]
    assert found.delta.parameters == 2752
    first = {change.role: change for change in changed[0].changes}
    assert first["downsample.0"].kind == "added"
    assert first["downsample.0"].delta.parameters == 16 * 32
    assert first["shortcut.pad"].kind == "removed"
    assert first["shortcut.pad"].delta.parameters == 0


def test_the_plain_twin_lacks_additions_for_nothing():
    spec = preset("resnet34").spec
    found = diff(spec, plain_twin(spec))
    assert {change.role for row in found.blocks for change in row.changes} >= {"add", "downsample.0"}
    assert all(row.kind == "changed" for row in found.blocks if row.stage is not None)


def test_a_change_is_told_by_what_differs():
    found = diff(
        imagenet_spec("bottleneck", (1, 1, 1, 1)), imagenet_spec("bottleneck", (1,) * 4, stride_on="1x1")
    )
    (first,) = [row for row in found.blocks if row.after_key == "layer2.0"]
    told = {change.role: (change.before, change.after) for change in first.changes}
    assert told["conv1"][0] != told["conv1"][1]
    assert "2" in told["conv1"][1]


def test_another_order_moves_what_stays():
    found = diff(cifar_spec(20), cifar_spec(20, order="full_preactivation"))
    kinds = {
        change.role: change.kind
        for row in found.blocks
        for change in row.changes
        if row.after_key == "layer1.1"
    }
    assert "moved" in kinds.values()
    assert "conv1" not in kinds or kinds["conv1"] == "moved"


@pytest.mark.parametrize("name", ["cifar-resnet1202", "resnet152"])
def test_deep_nets_are_compared(name):
    spec = preset(name).spec
    found = diff(spec, spec.edited(activation="silu"))
    assert {row.kind for row in found.blocks if row.stage is not None} == {"changed"}
    assert len(folded(found.blocks)) < 12


@pytest.mark.parametrize(("attention", "title"), [("se", "SE"), ("eca", "ECA"), ("cbam", "CBAM")])
def test_a_row_says_its_attention(attention, title):
    spec = preset("cifar-resnet20").spec
    rows = diff(spec, spec.edited(attention=attention, merge="gate")).blocks
    assert {(row.before, row.after) for row in rows if row.after_key == "layer1.0"} == {
        ("3×3, 16 · 3×3, 16 | identity", f"3×3, 16 · 3×3, 16 · {title} | identity")
    }
