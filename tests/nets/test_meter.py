import math

import numpy as np
import pytest
import torch

from explorer.arch.lesions import Lesions
from explorer.errors import DataError
from explorer.nets.meter import metering, response_keys
from tests.nets.living import CPU, SMALL, Unchanged, finished, living, pictures, undisturbed

pytestmark = pytest.mark.usefixtures("one_thread")

MEETINGS = [
    {},
    {"shortcut": "A", "order": "full_preactivation"},
    {"merge": "gate", "gate_bias": 0.0},
    {"merge": "concat", "order": "bn_after_addition"},
    {"shortcut_path": "scale", "residual_scale": 0.5, "block": "bottleneck"},
]


def _seen(model, images, keys):
    """By key, what each node reads and puts out, by hooks on a copy."""
    copied, seen = undisturbed(model), {}
    for key in keys:
        copied.get_submodule(key).register_forward_hook(
            lambda module, given, output, key=key: seen.__setitem__(key, (given, output))
        )
    with torch.no_grad():
        copied(torch.from_numpy(images))
    return seen


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("changes", MEETINGS, ids=lambda m: "-".join(map(str, m.values())) or "B")
def test_blocks_are_measured_where_branch_and_shortcut_meet(changes, count, monkeypatch):
    monkeypatch.setattr("explorer.nets.meter.slice_size", lambda graph, device: 2)
    spec = SMALL.edited(**changes)
    graph, model = living(spec)
    images = pictures(spec, count)
    meeting = "concat" if spec.merge == "concat" else "add"
    seen = _seen(model, images, [f"{block.key}.{meeting}" for block in graph.blocks])
    found, shares = finished(metering(model, graph, images, CPU))
    assert shares[-1] == 1.0
    assert len(shares) == (count + 1) // 2
    assert found.images == count
    for block, measured in zip(graph.blocks, found.blocks, strict=True):
        ratios, cosines, branches = [], [], []
        for branch, shortcut in zip(*(s.double() for s in seen[f"{block.key}.{meeting}"][0]), strict=True):
            long, short = branch.flatten().numpy(), shortcut.flatten().numpy()
            branches.append(math.sqrt((long**2).sum()))
            ratios.append(branches[-1] / math.sqrt((short**2).sum()))
            cosines.append((long * short).sum() / branches[-1] / math.sqrt((short**2).sum()))
        assert measured.key == block.key
        assert measured.ratio == pytest.approx(np.mean(ratios), rel=1e-4)
        assert measured.cosine == pytest.approx(np.mean(cosines), abs=1e-4)
        assert measured.branch_norm == pytest.approx(np.mean(branches), rel=1e-4)
        assert measured.reason == ""


@pytest.mark.parametrize("changes", [*MEETINGS, {"shortcut": "none"}], ids=lambda m: str(m.values()))
def test_layers_answer_as_hooked_norms_do(changes, monkeypatch):
    monkeypatch.setattr("explorer.nets.meter.slice_size", lambda graph, device: 2)
    spec = SMALL.edited(**changes)
    graph, model = living(spec)
    images = pictures(spec, 5)
    found, _ = finished(metering(model, graph, images, CPU))
    seen = _seen(model, images, [layer.response_key for layer in found.layers])
    for layer in found.layers:
        assert layer.std == pytest.approx(
            float(seen[layer.response_key][1].double().std(correction=0)), rel=1e-4
        )
        assert layer.kernel == model.get_submodule(layer.key).kernel_size[0]


def test_figure_7_has_each_3x3_layer_after_its_norm_and_no_projection():
    graph, _ = living(SMALL.edited(shortcut="C", attention="se"))
    assert response_keys(graph) == {
        "conv1": "bn1",
        **{
            f"layer{stage}.{block}.conv{n}": f"layer{stage}.{block}.bn{n}"
            for stage in (1, 2)
            for block in (0, 1)
            for n in (1, 2)
        },
    }
    # Where a norm comes after the addition, the last convolution answers for itself.
    graph, _ = living(SMALL.edited(order="bn_after_addition"))
    assert response_keys(graph)["layer1.0.conv2"] == "layer1.0.conv2"


def test_a_block_without_a_shortcut_has_a_reason_instead_of_numbers():
    graph, model = living(SMALL.edited(overrides=("1.1=none",)))
    found, _ = finished(metering(model, graph, pictures(SMALL), CPU))
    assert found.blocks[1].key == "layer1.1"
    assert found.blocks[1].reason == "It has no shortcut."
    assert found.blocks[1].ratio is found.blocks[1].cosine is found.blocks[1].shortcut_norm is None
    assert found.blocks[0].ratio > 0


def test_zeros_have_no_direction():
    graph, model = living(SMALL.edited(shortcut_path="scale", shortcut_scale=0.0))
    found, _ = finished(metering(model, graph, pictures(SMALL), CPU))
    assert {(block.ratio, block.cosine, block.shortcut_norm) for block in found.blocks} == {(None, None, 0.0)}
    assert all("zeros" in block.reason for block in found.blocks)
    graph, model = living(SMALL)
    lesions = Lesions(frozenset({"layer1.1"}))
    found, _ = finished(metering(model, graph, pictures(SMALL), CPU, lesions=lesions))
    assert (found.blocks[1].ratio, found.blocks[1].cosine) == (0.0, None)
    assert found.blocks[1].reason == "Its branch puts out zeros."


def test_nothing_leaks_between_slices(monkeypatch):
    monkeypatch.setattr("explorer.nets.meter.slice_size", lambda graph, device: 2)
    graph, model = living(SMALL.edited(stochastic_depth=0.5))
    model.train()
    images = pictures(SMALL)
    before = images.copy()
    steps = metering(model, graph, images, CPU)
    while True:
        with Unchanged(model):
            if next(steps, "end") == "end":
                break
    np.testing.assert_array_equal(images, before)
    with pytest.raises(DataError):
        next(metering(model, graph, images[:0], CPU))
