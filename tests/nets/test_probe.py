import numpy as np
import pytest
import torch

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, preset
from explorer.nets.assemble import assemble
from explorer.nets.probe import probe

CPU = torch.device("cpu")


def _image(size, channels=3):
    return np.random.default_rng(0).standard_normal((channels, size, size), dtype=np.float32)


def _hooked(model, image, graph):
    """Every node's output by torch's own means, cloned before anybody works in its memory."""
    seen = {}
    handles = [
        model.get_submodule(node.key).register_forward_hook(
            lambda module, inputs, output, key=node.key: seen.__setitem__(key, output.clone())
        )
        for node in graph.nodes
    ]
    with torch.no_grad():
        model.eval()(torch.from_numpy(image)[None])
    for handle in handles:
        handle.remove()
    return {key: value[0].numpy() for key, value in seen.items()}


@pytest.mark.parametrize("name", ["resnet18", "cifar-resnet20", "cifar-plain20"])
@pytest.mark.parametrize("together", [True, False])
def test_every_node_equals_what_torch_itself_shows(name, together):
    spec = preset(name).spec
    spec = spec.edited(input_size=min(spec.input_size, 64))
    graph = expand(spec)
    model = assemble(graph)
    image = _image(spec.input_size)
    wanted = _hooked(model, image, graph)
    keys = [node.key for node in graph.nodes]
    found = probe(model, image, keys, CPU) if together else {}
    for key in keys:
        maps = found[key] if together else probe(model, image, [key], CPU)[key]
        assert maps.shape == graph.by_key[key].output_shape, key
        assert maps.dtype == np.float32
        assert maps.flags.c_contiguous
        np.testing.assert_allclose(maps, wanted[key], rtol=1e-4, atol=1e-5, err_msg=key)


def test_answers_are_in_the_order_asked_for_whatever_the_order_of_the_network():
    model = assemble(expand(cifar_spec(8)))
    found = probe(model, _image(32), ["fc", "conv1", "fc"], CPU)
    assert list(found) == ["fc", "conv1"]
    assert found["fc"].shape == (10,)
    assert probe(model, _image(32), [], CPU) == {}


def test_nothing_after_the_last_wanted_node_runs():
    model = assemble(expand(cifar_spec(8)))
    ran = []
    model.get_submodule("layer1.0.bn1").register_forward_hook(lambda *_: ran.append("bn1"))
    model.get_submodule("fc").register_forward_hook(lambda *_: ran.append("fc"))
    probe(model, _image(32), ["layer1.0.bn1"], CPU)
    probe(model, _image(32), ["layer1.0.conv1"], CPU)
    assert ran == ["bn1"]


def test_hooks_modes_statistics_and_random_numbers_are_left_as_they_were():
    model = assemble(expand(cifar_spec(8))).train()
    state = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    probe(model, _image(32), ["layer2.0.add", "conv1"], CPU)
    with pytest.raises(RuntimeError):
        probe(model, _image(32, channels=7), ["layer2.0.add"], CPU)
    assert not any(module._forward_hooks for module in model.modules())
    assert all(module.training for module in model.modules())
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("key", ["nothing", "layer1", "layer1.0", "", "conv1.weight"])
def test_a_key_that_is_no_node_is_refused_before_anything_runs(key):
    model = assemble(expand(cifar_spec(8)))
    with pytest.raises(KeyError):
        probe(model, _image(32), ["conv1", key], CPU)
    assert not any(module._forward_hooks for module in model.modules())


def test_maps_have_memory_of_their_own_and_the_picture_stays_as_it_is():
    model = assemble(expand(cifar_spec(8)))
    image = _image(32)
    image.setflags(write=False)
    before = image.copy()
    first = probe(model, image, ["input", "conv1"], CPU)
    assert not np.shares_memory(first["input"], image)
    kept = first["conv1"].copy()
    probe(model, image * 2, ["conv1"], CPU)
    assert np.array_equal(first["conv1"], kept)
    assert np.array_equal(image, before)


def test_a_channels_last_network_gives_maps_in_the_usual_order():
    graph = expand(cifar_spec(8))
    model = assemble(graph)
    wanted = probe(model, _image(32), ["layer2.0.add"], CPU)["layer2.0.add"]
    model = model.to(memory_format=torch.channels_last)
    found = probe(model, _image(32), ["layer2.0.add"], CPU)["layer2.0.add"]
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4)
