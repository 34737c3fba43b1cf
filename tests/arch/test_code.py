"""The exported Python: the same weights fit, the logits are equal, and it reads as if by hand."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import get_args

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.arch import code_blocks, code_parts
from explorer.arch.attention import ATTENTIONS
from explorer.arch.block_fields import Merge, ShortcutPath
from explorer.arch.blocks import BLOCKS, ORDERS
from explorer.arch.code import to_python
from explorer.arch.expand import expand
from explorer.arch.ops import ActivationKind
from explorer.arch.presets import presets
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError
from explorer.nets.assemble import assemble
from explorer.nets.keys import state_shapes

PRESETS = {name: item.spec for name, item in presets().items()}
MAX_LINES = 150
MAX_BLOCKS_RUN = 120
"""Deeper nets' texts differ from shallow ones' in one number; their logits would take minutes."""


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small networks run faster on one thread, most of all where other work shares the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run_text(text: str) -> torch.nn.Module:
    names: dict[str, object] = {}
    exec(compile(text, "network.py", "exec"), names)
    return names["network"]()


def assert_same_network(spec: ArchitectureSpec, input_size: int | None = None) -> None:
    """Weights move over strictly, with statistics that a fresh norm does not have, and logits are equal."""
    model = assemble(expand(spec), seed=1).eval()
    generator = torch.Generator().manual_seed(3)
    for name, value in model.state_dict().items():
        if name.endswith("running_mean"):
            value.normal_(0, 0.1, generator=generator)
        elif value.ndim == 1 and value.is_floating_point():
            value.uniform_(0.5, 1.5, generator=generator)
    with torch.device("meta"):  # without first values, which are replaced
        written = run_text(to_python(spec).text).eval()
    written.load_state_dict(model.state_dict(), strict=True, assign=True)
    size = input_size or spec.input_size
    image = torch.randn(2, spec.in_channels, size, size, generator=generator)
    with torch.no_grad():
        expected, found = model(image), written(image)
    scale = float(expected.abs().max().clamp(min=1))
    assert torch.isfinite(expected).all()
    torch.testing.assert_close(found / scale, expected / scale, rtol=1e-4, atol=1e-5)


def assert_reads_well(spec: ArchitectureSpec) -> None:
    code = to_python(spec)
    tree = ast.parse(code.text)
    modules = [
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    assert {name.partition(".")[0] for name in modules} == {"torch"}
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    assert {"Network", "network"} <= defined
    lines = code.text.splitlines()
    for key in (node.key for node in expand(spec).nodes):
        first, last = code.lines[key]
        assert 1 <= first <= last <= len(lines), key
        assert lines[first - 1].strip(), key


def small(spec: ArchitectureSpec) -> int | None:
    """A smaller picture, where the head takes any size."""
    if spec.input_size > 64 and spec.head_pool_size == 1 and spec.padding != "same":
        return 64
    return None


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_reads_well(name):
    spec = PRESETS[name]
    assert_reads_well(spec)
    if spec.input_size >= 224:
        assert to_python(spec).text.count("\n") <= MAX_LINES


@pytest.mark.parametrize("name", [n for n, s in PRESETS.items() if sum(s.stage_depths) <= MAX_BLOCKS_RUN])
def test_every_preset_gives_the_same_logits(name):
    assert_same_network(PRESETS[name], small(PRESETS[name]))


@pytest.mark.parametrize("name", [n for n, s in PRESETS.items() if sum(s.stage_depths) > MAX_BLOCKS_RUN])
def test_the_deepest_presets_have_the_same_weights(name):
    graph = expand(PRESETS[name])
    with torch.device("meta"):
        written = run_text(to_python(PRESETS[name]).text)
    shapes = {key: tuple(value.shape) for key, value in written.state_dict().items()}
    assert shapes == state_shapes(graph)


def test_texts_are_formatted(tmp_path):
    for name, spec in PRESETS.items():
        (tmp_path / f"{name.replace('-', '_')}.py").write_text(to_python(spec).text, encoding="utf-8")
    for number, changes in enumerate(CORNERS):
        text = to_python(ArchitectureSpec(**changes)).text
        (tmp_path / f"corner{number}.py").write_text(text, encoding="utf-8")
    config = ("--line-length", "110", "--target-version", "py311", "--isolated", str(tmp_path))
    for words in (("format", "--check"), ("check", "--select", "E,F,W,I,N,B,C4,SIM,RET,PIE")):
        ended = subprocess.run(
            [sys.executable, "-m", "ruff", *words, *config], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr


SMALL = {"stage_depths": (2, 1), "stage_widths": (8, 16), "stem_width": 8, "input_size": 17}
CORNERS: tuple[dict[str, object], ...] = tuple(
    {**SMALL, **changes}
    for changes in (
        {"overrides": ("1.1=none", "2.0=projection"), "stochastic_depth": 0.3},
        {"shortcut": "B", "overrides": ("1.0=projection",), "order": "full_preactivation"},
        {"shortcut": "C", "overrides": ("1.1=identity", "1.0=none"), "merge": "concat"},
        {"overrides": ("1.0=none", "1.1=none", "2.0=none")},
        {"shortcut": "C", "downsampling": "blur", "block": "bottleneck", "expansion": 4},
        {"shortcut": "B", "downsampling": "average", "merge": "gate", "activation": "prelu"},
        {"shortcut": "C", "projection_pool": True, "norm": "group", "norm_groups": 12},
        {"stage_blocks": ("basic", "narrow"), "stage_kernels": (5, 3), "padding": "same", "depthwise": True},
        {"stem": "deep_tiered", "stem_norm": False, "activation": "prelu", "stem_stride": 2,
         "input_size": 18, "padding": "same"},
        {"stem": "deep", "norm": "none", "activation": "identity", "order": "full_preactivation"},
        {"stem": "none", "shortcut_path": "gate", "conv_bias": True, "stage_strides": (2, 2)},
        {"shortcut_path": "conv1x1", "order": "bn_after_addition", "residual_scale": 0.1},
        {"head_pool": "both", "head_hidden": (7,), "head_dropout": 0.25, "head_pool_size": 2},
        {"stage_depths": (1,) * 8, "stage_widths": (8,) * 8, "stage_strides": (1,) * 8,
         "stage_kernels": (1, 3, 5, 7, 9, 11, 1, 3), "stage_blocks": ("single", "bottleneck") * 4},
        {"stage_kernels": (5, 3), "depthwise": True, "stage_depths": (2, 2), "stochastic_depth": 0.1,
         "stage_widths": (8, 8), "overrides": ("2.1=none",)},
        {"norm": "instance", "norm_epsilon": 0.001, "attention": "cbam", "shortcut_path": "dropout"},
        {"block_convolutions": 4, "block_dropout": 0.3, "zero_init_residual": True, "cardinality": 4},
    )
)  # fmt: skip


@pytest.mark.parametrize("changes", CORNERS, ids=str)
def test_corners_of_the_space(changes):
    spec = ArchitectureSpec(**changes)
    assert_reads_well(spec)
    assert_same_network(spec)


WAYS: dict[str, list[object]] = {
    "block": list(BLOCKS),
    "stage_depths": [(1, 1), (2, 1), (1, 2)],
    "stage_widths": [(8, 8), (4, 8), (8, 16)],
    "stage_strides": [(), (2, 1), (1, 1), (2, 2)],
    "stage_kernels": [(), (5, 3), (1, 3)],
    "stage_blocks": [(), (), ("single", "bottleneck"), ("narrow", "basic")],
    "block_convolutions": [2, 2, 3, 4],
    "expansion": [1, 2, 4],
    "cardinality": [1, 1, 2],
    "base_width": [64, 64, 32, 128],
    "width_factor": [1.0, 1.5],
    "depthwise": [False, False, True],
    "order": list(ORDERS),
    "stride_on": ["1x1", "3x3"],
    "shortcut": ["none", "A", "B", "C"],
    "overrides": [(), (), ("1.0=projection",), ("2.0=none",), ("2.0=projection", "1.0=none")],
    "projection_norm": [True, False],
    "projection_pool": [False, False, True],
    "shortcut_path": list(get_args(ShortcutPath)),
    "residual_scale": [1.0, 2.0, 0.123456789],
    "merge": list(get_args(Merge)),
    "stem": ["conv", "none", "deep", "deep_tiered"],
    "stem_kernel": [1, 3, 7],
    "stem_stride": [1, 2],
    "stem_padding": [-1, 0, 2],
    "stem_norm": [True, False],
    "stem_pool": ["none", "max"],
    "stem_pool_first": [False, True],
    "stem_width": [4, 8],
    "downsampling": ["stride", "max_pool", "blur", "average"],
    "pool_window": ["3x3 padded", "3x3", "2x2"],
    "conv_bias": [False, True],
    "padding": ["symmetric", "same"],
    "norm": ["batch", "group", "layer", "instance", "none"],
    "norm_epsilon": [1e-5, 1e-3],
    "norm_groups": [2, 6, 32],
    "activation": list(get_args(ActivationKind)),
    "attention": list(ATTENTIONS),
    "attention_reduction": [2, 16],
    "attention_divisor": [1, 1, 3, 8],
    "head_max_pool": [False, True],
    "head_pool": ["average", "max", "both"],
    "head_pool_size": [1, 2],
    "head_hidden": [(), (), (6,), (6, 5)],
    "head_dropout": [0.0, 0.5],
    "stochastic_depth": [0.0, 0.5],
    "block_dropout": [0.0, 0.3],
    "zero_init_residual": [False, True],
    "input_size": [16, 19, 33],
    "in_channels": [1, 3],
}
"""Some values of each field, all of them where they are choices."""


def test_every_field_is_drawn():
    given_elsewhere = {"shortcut_scale", "shortcut_dropout", "gate_bias", "num_classes"}
    assert set(WAYS) | given_elsewhere == set(ArchitectureSpec.model_fields)


@st.composite
def specs(draw: st.DrawFn) -> ArchitectureSpec:
    """A spec over all fields: what is refused falls back to the default, field by field."""
    spec = ArchitectureSpec(
        stage_depths=(1, 1), stage_widths=(8, 16), stem_width=8, input_size=16, shortcut="B", num_classes=5
    )
    for field in draw(st.permutations(list(WAYS))):
        try:
            spec = spec.edited(**{field: draw(st.sampled_from(WAYS[field]))})
        except SpecError:
            continue
    return spec


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(specs())
def test_any_spec_gives_the_same_logits(spec):
    assert_reads_well(spec)
    assert_same_network(spec)


def test_tables_have_a_row_for_each_choice():
    assert set(code_blocks.ABOUT) == set(BLOCKS)
    assert set(code_blocks.PATHS) == set(get_args(ShortcutPath))
    assert set(code_blocks.MERGES) == set(code_blocks.MERGE_MARKS) == set(get_args(Merge))
    assert set(code_parts.ATTENTIONS) == set(ATTENTIONS)
    assert set(code_parts.ACTIVATIONS) == set(get_args(ActivationKind))
    norms = get_args(ArchitectureSpec.model_fields["norm"].annotation)
    assert set(code_parts.NORMS) == set(norms)
    ways = get_args(ArchitectureSpec.model_fields["downsampling"].annotation)
    assert set(code_parts.SMOOTHERS) == set(ways) - {"stride", "max_pool"}


def test_only_what_is_used_is_written():
    text = to_python(PRESETS["plain34"]).text
    for word in ("downsample", "shortcut =", "functional", "groups", "dropout", "SqueezeExcite", "Gate"):
        assert word not in text
    assert text.count("class ") == 2


def test_blocks_and_stages_have_lines_too():
    code = to_python(PRESETS["resnet50"])
    lines = code.text.splitlines()
    assert lines[code.lines["layer3.4"][0] - 1].startswith("class Block")
    assert lines[code.lines["layer3"][0] - 1].strip().startswith("for stage")
    assert "self.conv2 =" in lines[code.lines["layer3.4.conv2"][0] - 1]
    assert "downsample" in lines[code.lines["layer1.0.add"][0] - 2]


def test_the_text_is_made_without_torch():
    program = "import sys; import explorer.arch.code; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
