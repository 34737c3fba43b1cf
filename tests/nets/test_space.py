"""The whole space: specs drawn uniformly over the fields, held against the assembled torch modules."""

import math
from typing import get_args

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from explorer.arch.block_fields import BlockType
from explorer.arch.code import to_python
from explorer.arch.cost import cost_of
from explorer.arch.depths import depth_of
from explorer.arch.expand import expand
from explorer.arch.spec import ArchitectureSpec, from_json, parse
from explorer.errors import SpecError
from explorer.nets.assemble import assemble

EXAMPLES = 500
"""Accepted specs; hypothesis draws others in place of those that are refused."""

FIELDS = ArchitectureSpec.model_fields


def _choices(name):
    return st.sampled_from(get_args(FIELDS[name].annotation))


CHOSEN = (
    "block",
    "order",
    "stride_on",
    "shortcut",
    "shortcut_path",
    "merge",
    "stem",
    "stem_stride",
    "stem_pool",
    "downsampling",
    "pool_window",
    "padding",
    "norm",
    "activation",
    "attention",
    "head_pool",
)
SWITCHES = tuple(name for name, field in FIELDS.items() if field.annotation is bool)
RATES = ("shortcut_dropout", "head_dropout", "stochastic_depth", "block_dropout")
DRAWN = {
    "block_convolutions": st.integers(1, 4),
    "expansion": st.integers(1, 4),
    "cardinality": st.sampled_from([1, 2, 4]),
    "base_width": st.sampled_from([32, 64, 128]),
    "width_factor": st.sampled_from([0.5, 1.0, 1.5, 2.0]),
    "shortcut_scale": st.floats(0, 2),
    "gate_bias": st.floats(-6, 6),
    "residual_scale": st.sampled_from([0.5, 1.0, 2.0]),
    "stem_kernel": st.sampled_from([1, 3, 5, 7, 9, 11]),
    "stem_padding": st.integers(-1, 5),
    "stem_width": st.sampled_from([2, 4, 8, 12, 16]),
    "norm_epsilon": st.sampled_from([1e-5, 1e-3]),
    "norm_groups": st.sampled_from([1, 2, 3, 32]),
    "attention_reduction": st.sampled_from([1, 4, 16]),
    "attention_divisor": st.sampled_from([1, 3, 8]),
    "head_pool_size": st.integers(1, 3),
    "head_hidden": st.lists(st.integers(1, 16), max_size=2),
    "input_size": st.integers(16, 32),
    "in_channels": st.integers(1, 4),
    "num_classes": st.integers(1, 10),
}

INSTEAD = {"shortcut": "B", "input_size": 32}
"""What a refused field falls back to; its default otherwise."""


@st.composite
def drawn(draw):
    """Values for every field, refused or not."""
    n_stages = draw(st.integers(1, 3))

    def a_stage(values):
        return draw(st.lists(values, min_size=n_stages, max_size=n_stages))

    def a_stage_or_none(values):
        return a_stage(values) if draw(st.booleans()) else ()

    values = {name: draw(_choices(name)) for name in CHOSEN}
    values |= {name: draw(st.booleans()) for name in SWITCHES}
    values |= {name: draw(st.sampled_from([0.0, 0.3, 0.9])) for name in RATES}
    values |= {name: draw(strategy) for name, strategy in DRAWN.items()}
    values |= {
        "stage_depths": a_stage(st.integers(1, 2)),
        "stage_widths": a_stage(st.sampled_from([1, 2, 4, 8, 16])),
        "stage_strides": a_stage_or_none(st.sampled_from([1, 2])),
        "stage_kernels": a_stage_or_none(st.sampled_from([1, 3, 5])),
        "stage_blocks": a_stage_or_none(st.sampled_from(get_args(BlockType))),
    }
    kinds = st.sampled_from(["identity", "projection", "none"])
    places = draw(st.lists(st.tuples(st.integers(1, n_stages), st.integers(0, 1), kinds), max_size=1))
    values["overrides"] = [f"{stage}.{block}={kind}" for stage, block, kind in places]
    return values


def _settled(values):
    """The spec of drawn values, where each field that is refused gives way; None where that is not enough.

    Seven draws in a hundred are accepted as they are: too few of them would be kept.
    """
    values = dict(values)
    for _ in FIELDS:
        try:
            return parse(values)
        except SpecError as error:
            values[error.field] = INSTEAD.get(error.field, FIELDS[error.field].default)
    return None


def _check_forward(model, graph, images):
    seen = {}
    hooks = [
        model.get_submodule(node.key).register_forward_hook(
            lambda module, args, output, key=node.key: seen.__setitem__(key, tuple(output.shape[1:]))
        )
        for node in graph.nodes
    ]
    logits = model(images)
    for hook in hooks:
        hook.remove()
    assert seen == {node.key: node.output_shape for node in graph.nodes}
    assert torch.isfinite(logits).all()
    return logits


def _written(spec):
    names = {}
    exec(compile(to_python(spec).text, "network.py", "exec"), names)
    return names["network"]()


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("one_thread")
def test_every_accepted_spec_is_what_torch_builds():
    accepted = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn())
    def holds(values):
        nonlocal accepted
        assert values.keys() == FIELDS.keys()
        spec = _settled(values)
        assume(spec is not None)
        assert from_json(spec.to_json()) == spec
        graph = expand(spec)
        assert depth_of(spec) == cost_of(spec).depth
        model = assemble(graph)
        for node in graph.nodes:
            module = model.get_submodule(node.key)
            assert sum(value.numel() for value in module.parameters()) == node.op.parameters(), node.key
        size = spec.input_size
        count = math.prod((2, spec.in_channels, size, size))
        images = torch.linspace(-2, 2, count).sin().view(2, spec.in_channels, size, size)
        with torch.no_grad():
            together = _check_forward(model.eval(), graph, images)
            # The exported text takes the same weights and gives the same logits.
            with torch.device("meta"):
                written = _written(spec).eval()
            written.load_state_dict(model.state_dict(), assign=True)
            scale = float(together.abs().max().clamp(min=1))
            torch.testing.assert_close(written(images) / scale, together / scale, rtol=1e-4, atol=1e-5)
            # In use, pictures know nothing of each other.
            torch.testing.assert_close(model(images[:1]), together[:1], rtol=1e-3, atol=1e-4)
        # With gradients: what backward needs must not have been overwritten.
        _check_forward(model.train(), graph, images).square().sum().backward()
        for name, value in model.named_parameters():
            assert value.grad is None or torch.isfinite(value.grad).all(), name
        accepted += 1

    holds()
    assert accepted >= EXAMPLES
