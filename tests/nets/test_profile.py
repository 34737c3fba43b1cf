import pytest
import torch

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.nets.assemble import assemble
from explorer.nets.profile import profiling


def _finish(steps):
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as finished:
            assert shares == sorted(shares)
            assert shares[-1] == 1
            return finished.value


def _profiled(device, **options):
    spec = cifar_spec(14)
    graph = expand(spec)
    return spec, graph, _finish(profiling(assemble(graph, device=device), graph, device, **options))


def test_every_part_is_measured_and_the_shares_are_whole():
    spec, graph, found = _profiled(torch.device("cpu"), batch=4, repetitions=3)
    assert [part.key for part in found.parts] == ["stem", *(block.key for block in graph.blocks), "head"]
    assert all(part.seconds > 0 for part in found.parts)
    assert sum(part.share for part in found.parts) == pytest.approx(1)
    assert sum(part.seconds for part in found.parts) == pytest.approx(found.seconds)
    assert sum(part.macs for part in found.parts) == cost_of(spec).macs
    assert sum(part.macs_share for part in found.parts) == pytest.approx(1)
    assert (found.batch, found.repetitions, found.memory) == (4, 3, "tensors")


def test_memory_on_the_cpu_is_that_of_the_tensors_alive():
    _, _, found = _profiled(torch.device("cpu"), batch=2, repetitions=1)
    by_key = {part.key: part.peak_bytes for part in found.parts}
    one_map = 2 * 16 * 32 * 32 * 4
    # x, what one convolution reads and what it makes.
    assert by_key["layer1.0"] == 3 * one_map
    assert by_key["head"] < one_map
    assert by_key["layer3.1"] < by_key["layer1.1"]


def test_the_network_stays_as_it_is_between_slices():
    graph = expand(cifar_spec(8))
    model = assemble(graph).train()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    for _ in profiling(model, graph, torch.device("cpu"), repetitions=1):
        assert all(module.training for module in model.modules())
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_by_its_own_clock_and_allocator():
    _, _, found = _profiled(torch.device("cuda:0"), batch=64, repetitions=3)
    assert found.memory == "allocator"
    assert all(part.seconds > 0 for part in found.parts)
    by_key = {part.key: part.peak_bytes for part in found.parts}
    assert by_key["layer1.0"] >= 3 * 64 * 16 * 32 * 32 * 4
