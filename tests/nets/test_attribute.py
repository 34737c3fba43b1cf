import gc

import captum.attr
import numpy as np
import pytest
import torch
from torch.nn import functional

from explorer.arch.lesions import Lesions
from explorer.errors import InsideError, WeightsError
from explorer.nets.attribute import grad_cam, integrating, require_maps, saliency
from tests.nets.living import CPU, SMALL, Unchanged, finished, living, pictures, undisturbed

pytestmark = pytest.mark.usefixtures("one_thread")

SPECS = [
    SMALL,
    SMALL.edited(order="full_preactivation", block="bottleneck", attention="cbam", activation="silu"),
    SMALL.edited(merge="gate", gate_bias=0.0, stage_depths=(1, 2)),
    SMALL.edited(shortcut="none", order="relu_only_preactivation"),
    SMALL.edited(shortcut="A", order="bn_after_addition", head_hidden=(7,)),
]


def _close(found, wanted):
    wanted = wanted.detach().numpy()
    # Held to the scale of each picture: some are thousandths.
    assert np.abs(wanted).max() > 1e-6
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4 * np.abs(wanted).max())


def _input(image):
    return torch.from_numpy(image)[None].requires_grad_()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.order}-{spec.merge}-{spec.shortcut}")
@pytest.mark.parametrize("label", [0, 3])
def test_grad_cam_agrees_with_captum_at_every_node_with_maps(spec, label):
    graph, model = living(spec)
    oracle = undisturbed(model)
    image = pictures(spec)[0]
    asked = 0
    for node in graph.nodes:
        if len(node.output_shape) != 3 or node.output_shape[1] * node.output_shape[2] == 1:
            continue
        found = grad_cam(model, graph, image, node.key, CPU, label=label)
        layer = captum.attr.LayerGradCam(oracle, oracle.get_submodule(node.key))
        wanted = layer.attribute(_input(image), target=label, relu_attributions=True)
        enlarged = captum.attr.LayerAttribution.interpolate(wanted, (16, 16), interpolate_mode="bilinear")
        theirs = enlarged[0, 0].detach().numpy()
        # Held to each node's own scale. Where nothing speaks for the class, both are zero.
        np.testing.assert_allclose(found.heat, theirs, rtol=1e-4, atol=1e-4 * theirs.max())
        assert (found.key, found.label, found.method) == (node.key, label, "grad_cam")
        assert found.heat.dtype == np.float32
        asked += bool(found.heat.max() > 0)
    assert asked > len(graph.nodes) / 4


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.order}-{spec.merge}-{spec.shortcut}")
def test_saliency_agrees_with_captum(spec):
    graph, model = living(spec)
    image = pictures(spec)[1]
    for label in (0, 4):
        found = saliency(model, graph, image, CPU, label=label)
        wanted = captum.attr.Saliency(undisturbed(model)).attribute(_input(image), target=label, abs=False)[0]
        _close(found.heat, wanted.abs().amax(0))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.order}-{spec.merge}-{spec.shortcut}")
@pytest.mark.parametrize("with_baseline", [False, True])
def test_integrated_gradients_agree_with_captum(spec, with_baseline, monkeypatch):
    monkeypatch.setattr("explorer.nets.attribute.slice_size", lambda graph, device: 30)
    graph, model = living(spec)
    image, other = pictures(spec)[:2]
    baseline = other if with_baseline else None
    steps = integrating(model, graph, image, CPU, label=2, steps=24, baseline=baseline)
    found, shares = finished(steps)
    assert shares == pytest.approx([10 / 24, 20 / 24, 1.0])
    oracle = captum.attr.IntegratedGradients(undisturbed(model))
    below = torch.from_numpy(other)[None] if with_baseline else None
    wanted = oracle.attribute(_input(image), below, target=2, n_steps=24, method="gausslegendre")[0]
    _close(found.heat, wanted.sum(0))


def test_integrated_gradients_add_up_to_what_the_picture_changed():
    graph, model = living(SMALL.edited(activation="gelu"))
    image, baseline = pictures(SMALL)[:2]
    found, _ = finished(integrating(model, graph, image, CPU, steps=200, baseline=baseline))
    with torch.no_grad():
        logits = model(torch.from_numpy(np.stack((image, baseline))))
    assert found.label == int(logits[0].argmax())
    assert found.score == pytest.approx(float(logits[0, found.label]), abs=1e-5)
    change = float(logits[0, found.label] - logits[1, found.label])
    assert float(found.heat.sum()) == pytest.approx(change, rel=0.01, abs=0.01)


def test_grad_cam_plus_plus_weighs_places_by_true_second_and_third_derivatives():
    graph, model = living(SMALL.edited(head_pool="average"))
    image = pictures(SMALL)[0]
    found = grad_cam(model, graph, image, "layer2.1.act2", CPU, label=1, plus_plus=True)
    # Behind the last block stand an average and a linear layer: Y = exp(w · mean(A) + b).
    with torch.no_grad():
        maps = _hooked(model, "layer2.1.act2", image).double()
    weight, bias = model.fc.weight[1].double().detach(), model.fc.bias[1].double().detach()
    channels, rows, columns = maps.shape
    weights = torch.zeros(channels, dtype=torch.float64)
    for channel in range(channels):
        for place in range(rows * columns):
            value = maps[channel].flatten()[place].clone().requires_grad_()
            means = maps.mean((1, 2)).detach()
            others = (maps[channel].sum() - value.detach()) / (rows * columns)
            score = bias + weight @ means - weight[channel] * means[channel]
            exponent = torch.exp(score + weight[channel] * (others + value / (rows * columns)))
            (first,) = torch.autograd.grad(exponent, value, create_graph=True)
            (second,) = torch.autograd.grad(first, value, create_graph=True)
            (third,) = torch.autograd.grad(second, value)
            below = 2 * second + maps[channel].sum() * third
            weights[channel] += (second / below * first.relu()).item() / exponent.item()
    wanted = torch.einsum("c,chw->hw", weights, maps).relu()
    assert wanted.max() > 1e-3
    enlarged = functional.interpolate(wanted[None, None].float(), (16, 16), mode="bilinear")
    np.testing.assert_allclose(found.heat, enlarged[0, 0].detach().numpy(), rtol=1e-3, atol=1e-6)
    assert found.method == "grad_cam_plus_plus"


def _hooked(model, key, image):
    seen = []
    handle = model.get_submodule(key).register_forward_hook(lambda m, i, output: seen.append(output.clone()))
    model(torch.from_numpy(image)[None])
    handle.remove()
    return seen[0][0]


def test_the_most_probable_class_is_explained_unless_told():
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    with torch.no_grad():
        logits = model(torch.from_numpy(image)[None])[0]
    best = int(logits.argmax())
    for found in (grad_cam(model, graph, image, "conv1", CPU), saliency(model, graph, image, CPU)):
        assert found.label == best
        assert found.score == pytest.approx(float(logits[best]), abs=1e-5)


@pytest.mark.parametrize("key", ["avgpool", "flatten", "fc", "output", "layer1.0.se.gate.none", "layer1", ""])
def test_a_node_without_maps_is_refused_with_a_node_that_has_some(key):
    graph, model = living(SMALL)
    with pytest.raises(InsideError) as caught:
        grad_cam(model, graph, pictures(SMALL)[0], key, CPU)
    assert "layer2.1.act2" in caught.value.hint_text


def test_a_gate_of_single_numbers_is_refused():
    graph, _ = living(SMALL.edited(attention="se"))
    with pytest.raises(InsideError, match="single numbers"):
        require_maps(graph, "layer1.0.se.sigmoid")
    require_maps(graph, "layer1.0.se.gate")


@pytest.mark.parametrize("label", [-1, 5])
def test_a_class_that_is_not_there_is_refused(label):
    graph, model = living(SMALL)
    with Unchanged(model), pytest.raises(InsideError, match=f"no class {label}") as caught:
        grad_cam(model, graph, pictures(SMALL)[0], "conv1", CPU, label=label)
    assert "0 to 4" in caught.value.hint_text


def test_a_network_that_overflows_is_refused():
    graph, model = living(SMALL)
    with torch.no_grad():
        model.fc.weight.fill_(float("inf"))
    with pytest.raises(WeightsError):
        saliency(model, graph, pictures(SMALL)[0], CPU)


def test_what_a_lesion_cuts_off_has_no_part_in_the_answer():
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    lesions = Lesions(frozenset({"layer2.1"}))
    for key in ("layer2.1.conv1", "layer2.1.bn2"):
        assert grad_cam(model, graph, image, key, CPU, label=0).heat.any()
        assert not grad_cam(model, graph, image, key, CPU, label=0, lesions=lesions).heat.any()
    oracle = undisturbed(model)
    oracle.layer2.get_submodule("1").add.register_forward_pre_hook(lambda m, given: (given[0] * 0, given[1]))
    layer = captum.attr.LayerGradCam(oracle, oracle.layer2.get_submodule("0").act2)
    wanted = layer.attribute(_input(image), target=3, relu_attributions=True)
    enlarged = captum.attr.LayerAttribution.interpolate(wanted, (16, 16), interpolate_mode="bilinear")
    found = grad_cam(model, graph, image, "layer2.0.act2", CPU, label=3, lesions=lesions)
    _close(found.heat, enlarged[0, 0])
    found = saliency(model, graph, image, CPU, label=3, lesions=lesions)
    _close(found.heat, captum.attr.Saliency(oracle).attribute(_input(image), target=3)[0].amax(0))


@pytest.mark.parametrize("mode", [True, False])
def test_nothing_leaks(mode):
    graph, model = living(SMALL.edited(stochastic_depth=0.5, head_dropout=0.5))
    model.train(mode)
    model.conv1.weight.grad = torch.ones_like(model.conv1.weight)
    image = pictures(SMALL)[0]
    image.setflags(write=False)
    with Unchanged(model):
        grad_cam(model, graph, image, "layer1.1.bn2", CPU)
        saliency(model, graph, image, CPU)
    steps = integrating(model, graph, image, CPU, steps=3)
    while True:
        with Unchanged(model):
            if next(steps, "end") == "end":
                break
    # Also where the caller has switched gradients off.
    with torch.no_grad(), Unchanged(model):
        one = grad_cam(model, graph, image, "layer1.1.bn2", CPU)
        finished(integrating(model, graph, image, CPU, steps=3))
        assert saliency(model, graph, image, CPU).heat.any()
    assert not one.heat.flags.writeable


def test_nothing_of_a_gradient_s_graph_is_kept():
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    gc.collect()
    gc.disable()
    try:
        before = _with_graph()
        kept = [
            grad_cam(model, graph, image, "conv1", CPU),
            grad_cam(model, graph, image, "layer2.0.add", CPU, plus_plus=True),
            saliency(model, graph, image, CPU),
            finished(integrating(model, graph, image, CPU, steps=4))[0],
        ]
        # Without the collector's help: no cycle holds a tensor.
        assert _with_graph() == before
        kept.append(model.fc.weight * 2)
        assert _with_graph() == before + 1
    finally:
        gc.enable()


def _with_graph():
    return sum(issubclass(type(item), torch.Tensor) and item.grad_fn is not None for item in gc.get_objects())
