from __future__ import annotations

import pytest
import torch
from torch import nn

from explorer.arch.expand import expand
from explorer.nets.assemble import assemble
from explorer.training.optimise import (
    clip_gradients,
    head_names,
    let_learn,
    make_optimiser,
    optimiser_tensors,
    parameter_groups,
    restore_optimiser,
    set_learning_rate,
)
from explorer.training.plan import Plan
from tests.training.small import small_plan, small_spec

KINDS = ("sgd", "adamw", "adam", "rmsprop")


def small_model(**changes: object) -> nn.Module:
    return assemble(expand(small_spec(**changes)), seed=1)


def learn(model: nn.Module, optimiser: torch.optim.Optimizer, steps: range, rate: float = 0.01) -> None:
    for step in steps:
        images = torch.rand(8, 3, 8, 8, generator=torch.Generator().manual_seed(step))
        optimiser.zero_grad()
        model(images).square().mean().backward()
        set_learning_rate(optimiser, rate / (1 + step))
        optimiser.step()


def assert_equal(first: nn.Module, second: nn.Module) -> None:
    others = second.state_dict()
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, others[name]), name


@pytest.mark.parametrize("kind", KINDS)
def test_steps_are_those_of_torchs_optimiser(kind: str) -> None:
    plan = small_plan(optimiser=kind, momentum=0.8, beta2=0.99, weight_decay=0.01, nesterov=kind == "sgd")
    own, other = small_model(), small_model()
    learn(own, make_optimiser(own, plan), range(4))
    norms = [parameter for parameter in other.parameters() if parameter.ndim == 1]
    rest = [parameter for parameter in other.parameters() if parameter.ndim > 1]
    groups = [{"params": rest, "weight_decay": 0.01}, {"params": norms, "weight_decay": 0.0}]
    oracle = {
        "sgd": lambda: torch.optim.SGD(groups, 1.0, momentum=0.8, nesterov=True, foreach=False),
        "adamw": lambda: torch.optim.AdamW(groups, betas=(0.8, 0.99), foreach=False),
        "adam": lambda: torch.optim.Adam(groups, betas=(0.8, 0.99), foreach=False),
        "rmsprop": lambda: torch.optim.RMSprop(groups, momentum=0.8, foreach=False),
    }[kind]()
    for group in oracle.param_groups:
        group["scale"] = 1.0
    learn(other, oracle, range(4))
    for (name, mine), theirs in zip(own.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5, msg=name)


def test_norms_and_biases_do_not_decay() -> None:
    model = small_model()
    groups = parameter_groups(model, small_plan(weight_decay=0.1))
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = {names[id(parameter)] for parameter in groups[0]["params"]}
    assert all(name.endswith("weight") and "bn" not in name for name in decayed)
    assert "fc.weight" in decayed
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]
    assert sum(len(group["params"]) for group in groups) == len(names)


def test_the_head_is_what_is_fully_connected_at_the_end() -> None:
    assert head_names(small_model()) == {"fc.weight", "fc.bias"}
    assert head_names(small_model(attention="se")) == {"fc.weight", "fc.bias"}
    hidden = small_model(head_hidden=(12,))
    assert len(head_names(hidden)) == 4
    assert not any(name.startswith(("layer", "conv", "bn")) for name in head_names(hidden))


def test_the_backbone_steps_by_its_share_of_the_rate() -> None:
    model = small_model()
    optimiser = make_optimiser(model, small_plan(backbone_rate=0.25))
    set_learning_rate(optimiser, 0.8)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    rates = {names[id(one)]: group["lr"] for group in optimiser.param_groups for one in group["params"]}
    assert set(rates) == set(names.values())
    for name, rate in rates.items():
        assert rate == (0.8 if name.startswith("fc.") else 0.2), name


@pytest.mark.parametrize("backbone_rate", [1.0, 0.1])
def test_a_frozen_backbone_stays_as_it_was_loaded(backbone_rate: float) -> None:
    model = small_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    optimiser = make_optimiser(
        model, small_plan(weight_decay=0.1, freeze_epochs=1, backbone_rate=backbone_rate)
    )
    model.train()
    for norm in let_learn(model, only_head=True):
        norm.eval()
    learn(model, optimiser, range(2))
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]) is not name.startswith("fc."), name
    assert {name.partition("/")[0] for name in optimiser_tensors(model, optimiser)} == head_names(model)
    assert let_learn(model, only_head=False) == frozenset()
    model.train()
    learn(model, optimiser, range(2, 3))
    changed = [name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])]
    assert len(changed) == len(before)


def test_only_norms_of_the_backbone_are_frozen_as_modules() -> None:
    model = small_model()
    frozen = let_learn(model, only_head=True)
    assert frozen == {module for module in model.modules() if isinstance(module, nn.BatchNorm2d)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_optimiser_goes_on_bitwise(kind: str) -> None:
    plan = small_plan(optimiser=kind, backbone_rate=0.5)
    models = [small_model().to(memory_format=torch.channels_last) for _ in range(2)]
    optimisers = [make_optimiser(model, plan) for model in models]
    learn(models[0], optimisers[0], range(3))
    kept = {
        name: one.clone().contiguous() for name, one in optimiser_tensors(models[0], optimisers[0]).items()
    }
    models[1].load_state_dict(models[0].state_dict())
    restore_optimiser(models[1], optimisers[1], kept)
    for model, optimiser in zip(models, optimisers, strict=True):
        learn(model, optimiser, range(3, 6))
    assert_equal(*models)
    for parameter in models[1].parameters():
        for slot, value in optimisers[1].state[parameter].items():
            assert slot == "step" or value.stride() == parameter.stride()


def test_momentum_of_an_older_checkpoint_is_read() -> None:
    model = small_model()
    optimiser = make_optimiser(model, small_plan())
    learn(model, optimiser, range(1))
    tensors = optimiser_tensors(model, optimiser)
    assert set(tensors) == {f"{name}/momentum_buffer" for name, _ in model.named_parameters()}
    old = {name.partition("/")[0]: tensor.clone() for name, tensor in tensors.items()}
    again = make_optimiser(model, small_plan())
    restore_optimiser(model, again, old)
    for name, tensor in optimiser_tensors(model, again).items():
        assert torch.equal(tensor, tensors[name])


def test_tensors_that_do_not_fit_are_refused() -> None:
    model = small_model()
    optimiser = make_optimiser(model, small_plan())
    with pytest.raises(KeyError, match="elsewhere"):
        restore_optimiser(model, optimiser, {"elsewhere/momentum_buffer": torch.zeros(1)})
    with pytest.raises(RuntimeError, match="shape"):
        restore_optimiser(model, optimiser, {"fc.bias/momentum_buffer": torch.zeros(1)})


@pytest.mark.parametrize("clip_norm", [0.0, 0.5, 1e6])
def test_gradients_are_clipped_together(clip_norm: float) -> None:
    model = small_model()
    (100 * model(torch.rand(4, 3, 8, 8)).square().sum()).backward()
    before = [parameter.grad.clone() for parameter in model.parameters()]
    length = torch.cat([one.flatten() for one in before]).norm()
    assert length > 1
    clip_gradients(model, clip_norm)
    factor = clip_norm / length if 0 < clip_norm < length else 1
    for parameter, was in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(parameter.grad, was * factor)


def test_the_default_plan_is_nesterov_sgd() -> None:
    optimiser = make_optimiser(small_model(), Plan())
    assert isinstance(optimiser, torch.optim.SGD)
    assert optimiser.defaults["nesterov"]
    assert optimiser.defaults["momentum"] == 0.9
