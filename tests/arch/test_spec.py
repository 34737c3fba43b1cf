import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch.field import MAX_STAGES
from explorer.arch.presets import preset, presets
from explorer.arch.spec import ArchitectureSpec, applies, from_json, parse
from explorer.errors import SpecError

FIELDS = ArchitectureSpec.model_fields


@st.composite
def specs(draw):
    """Valid specs all over the fields."""
    n_stages = draw(st.integers(1, MAX_STAGES))
    block = draw(st.sampled_from(["basic", "bottleneck"]))
    shortcut = draw(st.sampled_from(["none", "A", "B", "C"]))
    counts = st.lists(st.integers(1, 4), min_size=n_stages, max_size=n_stages)
    widths = draw(st.lists(st.integers(1, 96), min_size=n_stages, max_size=n_stages))
    fields = {
        "block": block,
        "shortcut": shortcut,
        "stage_depths": tuple(draw(counts)),
        "stem_width": draw(st.integers(1, 64)),
        "stem_kernel": draw(st.sampled_from([1, 3, 5, 7, 9, 11])),
        "stem_stride": draw(st.sampled_from([1, 2, 4])),
        "stem_pool": draw(st.sampled_from(["none", "max"])),
        "stride_on": draw(st.sampled_from(["1x1", "3x3"])),
        "input_size": draw(st.integers(8, 96)),
        "in_channels": draw(st.integers(1, 4)),
        "num_classes": draw(st.integers(1, 20)),
        "zero_init_residual": draw(st.booleans()),
    }
    if block == "bottleneck":
        fields |= {
            "expansion": draw(st.integers(1, 4)),
            "cardinality": draw(st.sampled_from([1, 2, 4, 8])),
            "base_width": draw(st.sampled_from([64, 128])),
        }
    if shortcut == "A":
        widths = [width + fields["stem_width"] for width in sorted(widths)]
    return ArchitectureSpec(stage_widths=tuple(widths), **fields)


def refusal(**changes):
    with pytest.raises(SpecError) as caught:
        preset("cifar-resnet20").spec.edited(**changes)
    return caught.value


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_says_what_it_is_and_where_it_comes_from(name):
    field = FIELDS[name]
    assert field.title
    assert field.description
    assert set(field.json_schema_extra) == {"group", "citation", "labels"}
    assert field.json_schema_extra["group"]
    assert field.json_schema_extra["citation"]


@given(specs())
def test_json_brings_back_the_same_spec(spec):
    text = spec.to_json()
    assert json.loads(text)["schema"] == 1
    assert from_json(text) == spec
    assert hash(from_json(text)) == hash(spec)


@pytest.mark.parametrize("name", presets())
def test_presets_survive_json(name):
    spec = preset(name).spec
    assert from_json(spec.to_json()) == spec


@given(specs())
def test_the_command_lines_texts_are_read_as_values(spec):
    texts = {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for name, value in spec.model_dump().items()
    }
    assert parse(texts) == spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("block", "dense"),
        ("stage_depths", ()),
        ("stage_depths", (3, 0, 3)),
        ("stage_depths", (1001, 1, 1)),
        ("stage_depths", "3,4,x"),
        ("stage_widths", (16,) * 9),
        ("stage_widths", (16, 32, 8193)),
        ("expansion", 17),
        ("cardinality", 0),
        ("base_width", 1025),
        ("shortcut", "D"),
        ("stride_on", "5x5"),
        ("stem_kernel", 4),
        ("stem_stride", 3),
        ("stem_pool", "average"),
        ("stem_width", 0),
        ("input_size", 7),
        ("input_size", 1025),
        ("in_channels", 65),
        ("num_classes", 0),
        ("num_classes", 10.5),
        ("zero_init_residual", "perhaps"),
    ],
)
def test_out_of_bounds_names_field_value_and_what_it_is(field, value):
    error = refusal(**{field: value})
    assert error.field == field
    assert error.cause_text.startswith(f"{field} cannot be ")
    assert error.hint_text == FIELDS[field].description


@pytest.mark.parametrize(
    ("changes", "field", "cause", "remedy"),
    [
        (
            {"stage_depths": (3, 3, 3, 3)},
            "stage_widths",
            "stage_widths has 3 stages and stage_depths has 4.",
            "same number of stages",
        ),
        (
            {"cardinality": 3},
            "cardinality",
            "cardinality needs 3 groups, but in stage 1 a convolution goes from 16 to 48 channels",
            "block=bottleneck",
        ),
        (
            {"stem_width": 64},
            "shortcut",
            "shortcut A pads with zeros and cannot narrow 64 channels to 16 at stage 1.",
            "Choose shortcut B or C",
        ),
        ({"stage_widths": (16, 32, 31)}, "shortcut", "32 channels to 31 at stage 3", "let the widths grow"),
        (
            {"block": "bottleneck", "expansion": 4, "base_width": 3},
            "base_width",
            "base_width 3 leaves no channel in the stage of width 16.",
            "at least 4",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_field_and_remedy(changes, field, cause, remedy):
    error = refusal(**changes)
    assert error.field == field
    assert cause in error.cause_text
    assert remedy in error.hint_text


@given(st.integers(1, 64), st.integers(1, 64))
def test_the_remedy_for_a_narrow_base_width_helps(width, base):
    fields = {"block": "bottleneck", "stage_depths": (1,), "stage_widths": (width,), "shortcut": "B"}
    try:
        parse({**fields, "base_width": base})
    except SpecError as error:
        least = error.arguments["least"]
        assert base < least
        assert parse({**fields, "base_width": least}).inner_width(width) >= 1


def test_an_unknown_field_lists_the_known_ones():
    with pytest.raises(SpecError) as caught:
        parse({"depth": 20})
    assert caught.value.cause_text == "There is no field depth."
    assert "stage_depths" in caught.value.hint_text


def test_a_field_is_named_by_a_text():
    with pytest.raises(SpecError, match="1 cannot be"):
        parse({1: 2})


@pytest.mark.parametrize("data", [None, [], "resnet50", 3])
def test_a_spec_is_an_object(data):
    with pytest.raises(SpecError, match="object with fields"):
        parse(data)


@pytest.mark.parametrize("version", [2, "1", None])
def test_a_newer_schema_is_refused(version):
    with pytest.raises(SpecError, match="schema version") as caught:
        from_json(json.dumps({"schema": version}))
    assert "Update the program" in caught.value.hint_text


@pytest.mark.parametrize("text", ["", "{", "[1]", "nan", '{"input_size": NaN}', '{"stem_width": 1e999}'])
def test_bad_files_are_refused(text):
    with pytest.raises(SpecError):
        from_json(text)


def test_a_spec_cannot_be_changed_in_place():
    with pytest.raises(ValueError, match="frozen"):
        preset("resnet18").spec.block = "bottleneck"


def test_a_field_is_shown_where_it_makes_a_difference():
    basic, bottleneck = preset("resnet18").spec, preset("resnet50").spec
    assert {name for name in FIELDS if applies(basic, name) != applies(bottleneck, name)} == {
        "block_convolutions",
        "stride_on",
    }
    hidden = {name for name in FIELDS if not applies(bottleneck, name)}
    assert {"norm_groups", "shortcut_scale", "gate_bias", "attention_reduction"} < hidden
    shown = bottleneck.edited(norm="group", shortcut_path="scale", merge="gate", attention="se")
    assert {name for name in hidden if applies(shown, name)} == {
        "norm_groups",
        "shortcut_scale",
        "gate_bias",
        "attention_reduction",
        "attention_divisor",
    }


@pytest.mark.parametrize(
    ("cardinality", "base_width", "inner"), [(1, 64, 64), (32, 4, 128), (64, 4, 256), (1, 128, 128)]
)
def test_inner_width_is_torchvisions(cardinality, base_width, inner):
    spec = preset("resnet50").spec.edited(cardinality=cardinality, base_width=base_width)
    assert spec.inner_width(64) == inner


def test_the_room_imports_neither_torch_nor_qt():
    code = (
        "import sys\n"
        "import explorer.arch.papers, explorer.arch.depths, explorer.arch.cost\n"
        "from explorer.arch.cost import cost_of\n"
        "from explorer.arch.presets import preset\n"
        "cost_of(preset('resnet50').spec)\n"
        "print([name for name in ('torch', 'torchvision', 'numpy', 'PySide6') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
