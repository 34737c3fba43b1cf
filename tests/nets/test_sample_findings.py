"""One pass over a sample: exciting pictures, pooled features and relevance, held against plain torch."""

import numpy as np
import pytest
import torch

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.arch.receptive import seen_by
from explorer.errors import DataError, InsideError
from explorer.images.prepare import cifar_transform
from explorer.nets.exciting import crops, exciting
from explorer.nets.pooled import block_outputs, pooling
from explorer.nets.relevance import class_relevance
from explorer.nets.sample import Sample
from tests.nets.test_inference import _trained_like

CPU = torch.device("cpu")
SPEC = cifar_spec(8)


@pytest.fixture
def network():
    return _trained_like(SPEC)


def _sample(n=7, side=32, channels=3):
    images = np.random.default_rng(1).integers(0, 256, (n, side, side, channels), dtype=np.uint8)
    images.setflags(write=False)
    return Sample(images, cifar_transform())


def _finish(steps):
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as finished:
            assert shares == sorted(shares)
            assert shares[-1] == 1
            return finished.value


def _by_hooks(model, sample, key):
    """A node's outputs for the whole sample by torch's own means."""
    seen = []
    hook = model.get_submodule(key).register_forward_hook(lambda m, i, output: seen.append(output.clone()))
    modes = [module.training for module in model.modules()]
    with torch.no_grad():
        model.eval()(torch.from_numpy(sample.prepared(0, len(sample.images), 3)))
    hook.remove()
    for module, training in zip(model.modules(), modes, strict=True):
        module.training = training
    return seen[0].numpy()


@pytest.mark.parametrize("n_slice", [1, 3, 100])
@pytest.mark.parametrize("key", ["conv1", "layer2.0.act2", "flatten", "fc"])
def test_the_strongest_pictures_and_places(network, monkeypatch, n_slice, key):
    monkeypatch.setattr("explorer.nets.sample.slice_size", lambda graph, device: n_slice)
    sample = _sample()
    found = _finish(exciting(network, expand(SPEC), sample, key, CPU, n_best=4))
    outputs = _by_hooks(network, sample, key)
    maps = outputs if outputs.ndim == 4 else outputs[:, :, None, None]
    greatest = maps.max((2, 3)).T
    np.testing.assert_allclose(found.values, -np.sort(-greatest, axis=1)[:, :4], rtol=1e-4, atol=1e-5)
    channels = np.arange(len(greatest))[:, None]
    there = maps[found.pictures, channels, found.rows, found.columns]
    np.testing.assert_allclose(there, found.values, rtol=1e-4, atol=1e-5)
    assert all(len(set(row)) == 4 for row in found.pictures.tolist())
    assert not found.values.flags.writeable
    assert found.images == 7


def test_fewer_pictures_than_asked_for(network):
    found = _finish(exciting(network, expand(SPEC), _sample(2), "conv1", CPU))
    assert found.values.shape == (16, 2)


def test_crops_are_what_the_activation_sees(network):
    graph, sample = expand(SPEC), _sample()
    found = _finish(exciting(network, graph, sample, "layer2.0.conv1", CPU, n_best=3))
    for place, crop in enumerate(crops(graph, sample, found, 5)):
        row, column = int(found.rows[5, place]), int(found.columns[5, place])
        field = seen_by(graph, "layer2.0.conv1", row, column)
        left, top = int(field.left), int(field.top)
        wanted = sample.images[crop.picture][top : top + int(field.height), left : left + int(field.width)]
        np.testing.assert_array_equal(crop.pixels, wanted)
        assert crop.value == found.values[5, place]
    with pytest.raises(IndexError):
        crops(graph, sample, found, 32)


def test_pooled_features_of_all_blocks_in_one_pass(network):
    graph, sample = expand(SPEC), _sample()
    runs = []
    network.conv1.register_forward_hook(lambda module, inputs, output: runs.append(len(output)))
    found = _finish(pooling(network, graph, sample, CPU))
    assert sum(runs) == 7
    assert tuple(found.by_key) == block_outputs(graph)
    for key, features in found.by_key.items():
        assert features.dtype == np.float32
        wanted = _by_hooks(network, sample, key).mean((2, 3))
        np.testing.assert_allclose(features, wanted, rtol=1e-4, atol=1e-5)


def test_pooled_features_of_chosen_nodes_and_of_pictures_of_another_size(network):
    sample = _sample(3, side=50, channels=1)
    found = _finish(pooling(network, expand(SPEC), sample, CPU, keys=["fc", "conv1", "fc"]))
    assert [(key, value.shape) for key, value in found.by_key.items()] == [
        ("conv1", (3, 16)),
        ("fc", (3, 10)),
    ]
    wanted = _by_hooks(network, sample, "fc")
    np.testing.assert_allclose(found.by_key["fc"], wanted, rtol=1e-4, atol=1e-5)


def test_what_comes_after_the_last_node_is_not_computed(network):
    ran = []
    network.fc.register_forward_hook(lambda *_: ran.append("fc"))
    _finish(pooling(network, expand(SPEC), _sample(), CPU))
    assert not ran


def test_a_pass_that_is_closed_leaves_the_network_as_it_was(network, monkeypatch):
    monkeypatch.setattr("explorer.nets.sample.slice_size", lambda graph, device: 1)
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    random = torch.get_rng_state()
    steps = exciting(network, expand(SPEC), _sample(), "layer1.0.add", CPU)
    next(steps)
    assert all(module.training for module in network.modules())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    steps.close()
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
    assert torch.equal(random, torch.get_rng_state())


def test_what_cannot_be_is_refused(network):
    with pytest.raises(DataError):
        next(pooling(network, expand(SPEC), _sample(0), CPU))
    with pytest.raises(InsideError):
        next(pooling(network, expand(SPEC), _sample(), CPU, keys=["nothing"]))
    with pytest.raises(InsideError):
        next(exciting(network, expand(SPEC), _sample(), "layer1.0", CPU))
    with pytest.raises(InsideError):
        class_relevance(network, expand(SPEC), _sample().prepared(0, 1, 3)[0], "nothing", CPU)


@pytest.mark.parametrize("key", ["conv1", "layer1.0.bn2", "layer3.0.act2", "fc", "output"])
def test_relevance_is_gradient_times_activation(network, key):
    image = _sample().prepared(0, 1, 3)[0]
    found, label = class_relevance(network.train(), expand(SPEC), image, key, CPU, label=4)
    assert label == 4
    assert all(module.training for module in network.modules())
    assert all(value.grad is None for value in network.parameters())
    seen = []

    def keep(module, inputs, output):
        seen.append(output)
        output.retain_grad()
        return output.clone()

    hook = network.get_submodule(key).register_forward_hook(keep)
    network.eval()(torch.from_numpy(image)[None])[0, 4].backward()
    hook.remove()
    wanted = (seen[0] * seen[0].grad).detach().flatten(2).sum(2) if seen[0].ndim == 4 else None
    wanted = (seen[0] * seen[0].grad).detach() if wanted is None else wanted
    np.testing.assert_allclose(found, wanted[0].numpy(), rtol=1e-4, atol=1e-6)
