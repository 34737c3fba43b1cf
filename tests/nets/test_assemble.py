import gc
import weakref

import pytest
import torch
from torchvision import models

from explorer.arch.expand import expand
from explorer.arch.ops import OPS
from explorer.arch.presets import cifar_spec, plain_twin, preset, presets
from explorer.nets.assemble import assemble, assembling
from explorer.nets.ops import MODULES
from tests.nets.test_oracles import as_if_trained

TORCHVISION = [name for name in presets() if "res" in name and hasattr(models, name)]


def _shapes(module):
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def test_tables_of_operations_are_equal():
    assert set(MODULES) == set(OPS.values())


@pytest.mark.parametrize("name", TORCHVISION)
def test_state_dict_equals_torchvision(name):
    with torch.device("meta"):
        theirs = getattr(models, name)()
    ours = assemble(expand(preset(name).spec), device="meta", seed=None)
    assert list(_shapes(ours).items()) == list(_shapes(theirs).items())


@pytest.mark.parametrize("name", TORCHVISION)
def test_same_weights_same_logits_as_torchvision(name):
    torch.manual_seed(0)
    theirs = as_if_trained(getattr(models, name)())
    ours = assemble(expand(preset(name).spec), seed=None).eval()
    ours.load_state_dict(theirs.state_dict(), assign=True)
    size = 224 if name == "resnet18" else 64
    image = torch.randn(2, 3, size, size)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in presets() if "1202" not in name])
def test_every_node_has_the_shape_of_the_graph(name):
    graph = expand(preset(name).spec)
    model = assemble(graph, device="meta", seed=None).eval()
    seen = {}
    for node in graph.nodes:
        model.get_submodule(node.key).register_forward_hook(
            lambda module, args, output, key=node.key: seen.__setitem__(key, tuple(output.shape[1:]))
        )
    spec = preset(name).spec
    model(torch.empty(1, spec.in_channels, spec.input_size, spec.input_size, device="meta"))
    assert seen == {node.key: node.output_shape for node in graph.nodes}
    for node in graph.nodes:
        module = model.get_submodule(node.key)
        assert sum(parameter.numel() for parameter in module.parameters()) == node.op.parameters(), node.key


def test_gradients_reach_every_parameter_with_memory_used_again():
    model = assemble(expand(cifar_spec(8)))
    model(torch.randn(4, 3, 32, 32)).square().sum().backward()
    assert all(
        parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in model.parameters()
    )


def test_the_twin_starts_from_the_same_weights_key_by_key():
    residual = assemble(expand(cifar_spec(8)), seed=3)
    plain = assemble(expand(plain_twin(cifar_spec(8))), seed=3)
    other = assemble(expand(cifar_spec(8)), seed=4)
    for key, value in residual.state_dict().items():
        assert torch.equal(value, plain.state_dict()[key])
    assert not torch.equal(residual.conv1.weight, other.conv1.weight)


def test_building_leaves_the_global_random_numbers_alone():
    before = torch.get_rng_state()
    assemble(expand(cifar_spec(8)))
    assert torch.equal(before, torch.get_rng_state())


def test_a_dropped_net_gives_its_memory_back_without_the_collector():
    model = assemble(expand(cifar_spec(8)))
    weight = weakref.ref(model.conv1.weight)
    gc.collect()
    gc.disable()
    try:
        del model
        assert weight() is None
    finally:
        gc.enable()


def test_building_says_how_far_it_is_and_can_be_dropped():
    steps = assembling(expand(cifar_spec(20)))
    shares = [next(steps) for _ in range(5)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 1
    steps.close()


def test_zero_initialised_residuals_start_each_block_as_its_shortcut():
    model = assemble(expand(cifar_spec(8, zero_init_residual=True)))
    assert model.layer1.get_submodule("0.bn2").weight.abs().sum() == 0
    assert model.layer1.get_submodule("0.bn1").weight.sum() == 16
