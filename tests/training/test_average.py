from __future__ import annotations

import pytest
import torch
from torch import nn

from explorer.arch.expand import expand
from explorer.nets.assemble import assemble
from explorer.training.average import WeightAverage
from tests.training.small import small_spec


def small_model() -> nn.Module:
    return assemble(expand(small_spec()), seed=1).to(memory_format=torch.channels_last)


def disturb(model: nn.Module, step: int) -> None:
    generator = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    model.train()(torch.rand(8, 3, 8, 8, generator=generator))


def test_averages_are_those_of_a_loop_by_hand() -> None:
    model = small_model()
    average = WeightAverage(model, 0.6)
    by_hand = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for step in range(12):
        disturb(model, step)
        average.update(model, step)
        kept = min(0.6, (1 + step) / (10 + step))
        for name, parameter in model.named_parameters():
            by_hand[name] = kept * by_hand[name] + (1 - kept) * parameter.detach()
    for name, parameter in average.model.named_parameters():
        torch.testing.assert_close(parameter, by_hand[name], msg=name)
        assert not parameter.requires_grad
    learned = dict(model.named_buffers())
    for name, buffer in average.model.named_buffers():
        assert torch.equal(buffer, learned[name]), name


def test_the_averaged_network_is_apart_from_the_learner() -> None:
    model = small_model()
    average = WeightAverage(model, 0.9)
    before = {name: tensor.clone() for name, tensor in average.state_dict().items()}
    disturb(model, 0)
    for name, tensor in average.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert not average.model.training
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    layouts = zip(model.parameters(), average.model.parameters(), strict=True)
    assert all(own.stride() == averaged.stride() for own, averaged in layouts)


def test_a_restored_average_goes_on_bitwise() -> None:
    model = small_model()
    average = WeightAverage(model, 0.9)
    for step in range(3):
        disturb(model, step)
        average.update(model, step)
    again = WeightAverage(model, 0.9)
    again.load_state_dict({name: tensor.clone() for name, tensor in average.state_dict().items()})
    disturb(model, 3)
    for one in (average, again):
        one.update(model, 3)
    for name, tensor in average.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    with pytest.raises(RuntimeError):
        again.load_state_dict({"fc.weight": torch.zeros(1)})
