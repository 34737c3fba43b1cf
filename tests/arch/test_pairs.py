"""All pairs of field values: each occurs in an accepted spec, or a table says why not."""

import itertools
import random
from typing import get_args

import pytest

from explorer.arch.expand import expand
from explorer.arch.rules import APPLIES
from explorer.arch.spec import ArchitectureSpec, applies, parse
from explorer.errors import SpecError

FIELDS = ArchitectureSpec.model_fields

SOME = {
    "stage_blocks": [(), ("basic", "single", "narrow"), ("bottleneck",) * 3],
    "stage_depths": [(1, 1, 1), (2, 3, 1)],
    "stage_widths": [(16, 32, 64), (16, 16, 16), (64, 32, 16)],
    "stage_strides": [(), (1, 1, 1), (1, 2, 2), (2, 2, 2)],
    "stage_kernels": [(), (1, 3, 5)],
    "block_convolutions": [1, 2, 3, 4],
    "expansion": [1, 2, 4],
    "cardinality": [1, 4],
    "base_width": [16, 64, 128],
    "width_factor": [0.5, 1.0, 2.0],
    "overrides": [(), ("1.0=projection",), ("2.0=none",), ("3.0=identity",)],
    "shortcut_scale": [0.0, 0.5],
    "shortcut_dropout": [0.0, 0.5],
    "gate_bias": [-6.0, 0.0],
    "residual_scale": [0.5, 1.0],
    "stem_padding": [-1, 0, 5],
    "stem_width": [16, 64],
    "norm_epsilon": [1e-5, 1e-3],
    "norm_groups": [1, 32],
    "attention_reduction": [1, 16],
    "attention_divisor": [1, 8],
    "head_pool_size": [1, 3],
    "head_hidden": [(), (8, 8)],
    "head_dropout": [0.0, 0.5],
    "stochastic_depth": [0.0, 0.5],
    "block_dropout": [0.0, 0.5],
    "input_size": [8, 32, 64],
    "in_channels": [1, 3],
    "num_classes": [1, 10],
}
"""A few values of the fields that have many; three stages throughout, because lengths must agree anyway."""


def _values(name):
    kind = FIELDS[name].annotation
    if name in SOME:
        return SOME[name]
    return [False, True] if kind is bool else list(get_args(kind))


VALUES = {name: _values(name) for name in FIELDS}
PAIRS = [
    ((one, this), (other, that))
    for one, other in itertools.combinations(FIELDS, 2)
    for this in VALUES[one]
    for that in VALUES[other]
]

SMALL = {"shortcut": "B", "stage_depths": (1, 1, 1), "input_size": 64}
"""What the pairs of the table are refused beside; any of the two may be named in the reason."""

REFUSED = {
    (
        ("cardinality", 4),
        ("depthwise", True),
    ): "depthwise already has a group for each channel, and cardinality is 4.",
    (
        ("norm", "none"),
        ("zero_init_residual", True),
    ): "zero_init_residual starts the last norm of each block at zero, and norm is none.",
    (
        ("order", "bn_after_addition"),
        ("norm", "none"),
    ): "order bn_after_addition moves a norm, and norm is none.",
    (
        ("order", "bn_after_addition"),
        ("zero_init_residual", True),
    ): "zero_init_residual starts the last norm of each branch at zero, "
    "and with order bn_after_addition none stands there.",
    (
        ("order", "full_preactivation"),
        ("zero_init_residual", True),
    ): "zero_init_residual starts the last norm of each branch at zero, "
    "and with order full_preactivation none stands there.",
    (
        ("order", "relu_before_addition"),
        ("zero_init_residual", True),
    ): "zero_init_residual starts the last norm of each branch at zero, "
    "and with order relu_before_addition none stands there.",
    (
        ("projection_pool", True),
        ("downsampling", "average"),
    ): "projection_pool is how projections halve by stride, and downsampling is average.",
    (
        ("projection_pool", True),
        ("downsampling", "blur"),
    ): "projection_pool is how projections halve by stride, and downsampling is blur.",
    (
        ("projection_pool", True),
        ("downsampling", "max_pool"),
    ): "projection_pool is how projections halve by stride, and downsampling is max_pool.",
    (("shortcut", "none"), ("merge", "concat")): "merge concat has nothing to merge with: shortcut is none.",
    (("shortcut", "none"), ("merge", "gate")): "merge gate has nothing to merge with: shortcut is none.",
    (
        ("shortcut", "none"),
        ("overrides", ("1.0=projection",)),
    ): "overrides changes shortcuts, and shortcut is none.",
    (
        ("shortcut", "none"),
        ("overrides", ("2.0=none",)),
    ): "overrides changes shortcuts, and shortcut is none.",
    (
        ("shortcut", "none"),
        ("overrides", ("3.0=identity",)),
    ): "overrides changes shortcuts, and shortcut is none.",
    (
        ("shortcut", "none"),
        ("residual_scale", 0.5),
    ): "residual_scale weighs a branch against a shortcut, and shortcut is none.",
    (
        ("shortcut", "none"),
        ("shortcut_path", "conv1x1"),
    ): "shortcut_path conv1x1 has no shortcut to be on: shortcut is none.",
    (
        ("shortcut", "none"),
        ("shortcut_path", "dropout"),
    ): "shortcut_path dropout has no shortcut to be on: shortcut is none.",
    (
        ("shortcut", "none"),
        ("shortcut_path", "gate"),
    ): "shortcut_path gate has no shortcut to be on: shortcut is none.",
    (
        ("shortcut", "none"),
        ("shortcut_path", "scale"),
    ): "shortcut_path scale has no shortcut to be on: shortcut is none.",
    (
        ("shortcut", "none"),
        ("stochastic_depth", 0.5),
    ): "stochastic_depth would cut the net in two: without a shortcut nothing goes round a dropped block.",
    (
        ("shortcut_path", "gate"),
        ("merge", "gate"),
    ): "shortcut_path=gate and merge=gate are two gates on one shortcut.",
    (
        ("stage_blocks", ("basic", "single", "narrow")),
        ("block_convolutions", 1),
    ): "A basic block with block_convolutions 1 is a single block.",
    (
        ("stage_widths", (16, 32, 64)),
        ("overrides", ("3.0=identity",)),
    ): "overrides asks for an identity in block 3.0, where the shape changes.",
    (
        ("stage_widths", (64, 32, 16)),
        ("overrides", ("3.0=identity",)),
    ): "overrides asks for an identity in block 3.0, where the shape changes.",
    (
        ("stage_widths", (64, 32, 16)),
        ("shortcut", "A"),
    ): "shortcut A pads with zeros and cannot narrow 64 channels to 32 at stage 2.",
    (("stem", "none"), ("stem_pool", "max")): "stem_pool max has no stem to follow.",
}
"""Pairs that no spec has, each with the reason that the program gives."""

DRAWS = 1500
REPAIRS = 15


def _accepted(chance, fixed):
    """An accepted spec with these values; the others are drawn, and drawn again where they are refused."""
    values = {name: chance.choice(VALUES[name]) for name in FIELDS} | fixed
    for _ in range(REPAIRS):
        try:
            return parse(values)
        except SpecError as error:
            if error.field in fixed:
                return None
            values[error.field] = chance.choice(VALUES[error.field])
    return None


def _pairs_of(spec):
    return itertools.combinations(((name, getattr(spec, name)) for name in FIELDS), 2)


def test_each_pair_is_accepted_somewhere_or_stands_in_the_table():
    chance = random.Random(0)
    met = set()
    for _ in range(DRAWS):
        spec = _accepted(chance, {})
        if spec is not None:
            met.update(_pairs_of(spec))
    # What chance has not met is looked for on purpose, also what the table says is refused. Rare pairs
    # need many draws; in the order of the list, because a set's order, so its luck, changes by process.
    for pair in [pair for pair in PAIRS if pair not in met]:
        draws = 300 if pair in REFUSED else 5000
        if any(_accepted(chance, dict(pair)) for _ in range(draws)):
            met.add(pair)
    assert set(PAIRS) - met == set(REFUSED)


@pytest.mark.parametrize(
    "pair", REFUSED, ids=lambda pair: "-".join(f"{name}={value}" for name, value in pair)
)
def test_a_refused_pair_says_the_reason_of_the_table(pair):
    with pytest.raises(SpecError) as caught:
        parse(SMALL | dict(pair))
    assert caught.value.cause_text == REFUSED[pair]
    assert caught.value.hint_text


def _changed(spec, name):
    """The same with each other value of a field that is accepted."""
    for value in VALUES[name]:
        try:
            yield spec.edited(**{name: value})
        except SpecError:
            continue


def test_a_field_is_shown_where_it_makes_a_difference_and_only_there():
    chance = random.Random(1)
    specs = [spec for _ in range(150) if (spec := _accepted(chance, {})) is not None]
    idle, makes_a_difference = set(), set()
    for spec in specs:
        for name in APPLIES:
            differs = any(expand(other) != expand(spec) for other in _changed(spec, name))
            if differs and not applies(spec, name):
                idle.add(name)
            if differs and applies(spec, name):
                makes_a_difference.add(name)
    assert not idle, "hidden, though a change of it changes the network"
    assert makes_a_difference == set(APPLIES)
