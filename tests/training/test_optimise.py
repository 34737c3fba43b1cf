from __future__ import annotations

import pytest
import torch

from explorer.arch.expand import expand
from explorer.nets.assemble import assemble
from explorer.training.optimise import (
    learning_rate,
    make_optimiser,
    momentum_tensors,
    parameter_groups,
    restore_momentum,
)
from explorer.training.plan import Plan
from tests.training.small import small_plan, small_spec


def rates(steps: int = 1000, **plan: object) -> list[float]:
    chosen = Plan().edited(learning_rate=1.0, **plan)
    return [learning_rate(chosen, step, steps) for step in range(steps)]


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_the_rate_rises_to_its_largest_and_falls_to_nothing(schedule: str) -> None:
    values = rates(schedule=schedule, warm_up=0.2)
    assert values[0] < 0.05
    assert max(values) == pytest.approx(1.0, abs=0.01)
    assert values.index(max(values)) == pytest.approx(200, abs=2)
    assert values[-1] < 0.002
    assert values[:200] == sorted(values[:200])
    assert values[200:] == sorted(values[200:], reverse=True)


def test_cosine_without_warm_up_is_torchs() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    oracle = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=50)
    for value in rates(50, schedule="cosine", warm_up=0):
        assert value == pytest.approx(oracle.get_last_lr()[0], abs=1e-6)
        optimiser.step()
        oracle.step()


def test_steps_divide_at_the_milestones() -> None:
    values = rates(schedule="step", warm_up=0, milestones=(0.5, 0.75))
    assert values[499:501] == pytest.approx([1.0, 0.1])
    assert values[749:751] == pytest.approx([0.1, 0.01])


def test_constant_is_constant_after_its_warm_up() -> None:
    values = rates(schedule="constant", warm_up=0.1)
    assert values[0] < 0.1
    assert set(values[100:]) == {1.0}


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "step", "constant"])
def test_the_shortest_trainings_have_rates_above_nothing(schedule: str, steps: int) -> None:
    assert all(0 < value <= 1 for value in rates(steps, schedule=schedule))


def test_norms_and_biases_do_not_decay() -> None:
    model = assemble(expand(small_spec()))
    groups = parameter_groups(model, 0.1)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = {names[id(parameter)] for parameter in groups[0]["params"]}
    assert all(name.endswith("weight") and "bn" not in name for name in decayed)
    assert "fc.weight" in decayed
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert sum(len(group["params"]) for group in groups) == len(names)


def test_restored_momentum_lies_as_its_parameter_does() -> None:
    torch.manual_seed(0)
    models = [assemble(expand(small_spec()), seed=1).to(memory_format=torch.channels_last) for _ in range(2)]
    optimisers = [make_optimiser(model, small_plan()) for model in models]
    images = torch.rand(8, 3, 8, 8)
    models[0](images).square().sum().backward()
    optimisers[0].step()
    kept = {name: tensor.contiguous() for name, tensor in momentum_tensors(models[0], optimisers[0]).items()}
    models[1].load_state_dict(models[0].state_dict())
    restore_momentum(models[1], optimisers[1], kept)
    for model, optimiser in zip(models, optimisers, strict=True):
        optimiser.zero_grad()
        model(images).square().sum().backward()
        optimiser.step()
    for name, tensor in models[0].state_dict().items():
        assert torch.equal(tensor, models[1].state_dict()[name]), name
    for parameter in models[1].parameters():
        buffer = optimisers[1].state[parameter]["momentum_buffer"]
        assert buffer.stride() == parameter.stride()
