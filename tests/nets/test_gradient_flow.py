import copy

import numpy as np
import pytest
import torch
from torch.nn import functional

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.families import cifar_spec, plain_twin
from explorer.errors import DataError
from explorer.nets.assemble import assemble
from explorer.nets.gradient_flow import flowing_at_start, gradient_flow, weighted_keys
from tests.nets.living import CPU, SMALL, Unchanged, finished, living, pictures

pytestmark = pytest.mark.usefixtures("one_thread")

LABELS = np.arange(6) % 5


def _by_backward(model, images, labels):
    """What a real training step leaves in `.grad`, on a copy."""
    copied = copy.deepcopy(model).train()
    loss = functional.cross_entropy(copied(torch.from_numpy(images)), torch.from_numpy(labels))
    loss.backward()
    return copied, float(loss.detach())


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "gelu"])
@pytest.mark.parametrize("changes", [{}, {"shortcut": "none"}, {"merge": "concat", "attention": "cbam"}])
def test_norms_are_those_of_a_training_step(activation, changes):
    spec = SMALL.edited(activation=activation, **changes)
    graph, model = living(spec)
    images = pictures(spec, 6)
    found = gradient_flow(model, graph, images, LABELS, CPU)
    trained, loss = _by_backward(model, images, LABELS)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert len(found.layers) == cost_of(spec).depth
    for layer in found.layers:
        weight = trained.get_submodule(layer.key).weight
        assert layer.norm == pytest.approx(float(weight.grad.norm()), rel=1e-4), layer.key
        assert layer.relative == pytest.approx(layer.norm / float(weight.detach().norm()), rel=1e-5)


@pytest.mark.parametrize("mode", [True, False])
def test_the_network_is_left_as_it_was(mode):
    graph, model = living(SMALL.edited(stochastic_depth=0.5, head_dropout=0.5, downsampling="blur"))
    model.train(mode)
    for value in model.parameters():
        value.grad = torch.full_like(value, 3.0)
    images = pictures(SMALL, 6)
    images.setflags(write=False)
    with Unchanged(model):
        gradient_flow(model, graph, images, LABELS, CPU)
    with Unchanged(model), torch.no_grad():
        gradient_flow(model, graph, images, LABELS, CPU)
    with Unchanged(model), pytest.raises(RuntimeError):
        gradient_flow(model, graph, images[:, :2], LABELS, CPU)


def test_networks_at_their_start_are_those_of_the_same_seed():
    specs = [SMALL, plain_twin(SMALL), SMALL.edited(stage_depths=(3, 3))]
    images = pictures(SMALL, 6)
    with Unchanged(torch.nn.Identity()):
        flows, shares = finished(flowing_at_start(specs, images, LABELS, CPU, seed=7))
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    for spec, flow in zip(specs, flows, strict=True):
        graph = expand(spec)
        assert gradient_flow(assemble(graph, seed=7), graph, images, LABELS, CPU) == flow


def test_sigmoids_without_shortcuts_and_norms_let_gradients_vanish():
    spec = cifar_spec(20, activation="sigmoid", norm="none", shortcut="none", stem_norm=False)
    residual = spec.edited(shortcut="A")
    (plain, with_shortcuts), _ = finished(
        flowing_at_start([spec, residual], pictures(spec, 4), LABELS[:4], CPU)
    )
    # From the last convolution down to the first.
    assert plain.layers[0].norm < 1e-6 * plain.layers[-2].norm
    assert with_shortcuts.layers[0].norm > 1e3 * plain.layers[0].norm


def test_projections_and_gates_are_not_on_the_main_path():
    keys = weighted_keys(expand(SMALL.edited(shortcut="C", attention="se", merge="gate")))
    assert keys == [
        "conv1",
        *(f"layer{stage}.{block}.conv{n}" for stage in (1, 2) for block in (0, 1) for n in (1, 2)),
        "fc",
    ]


@pytest.mark.parametrize(
    ("count", "labels", "cause"),
    [(1, [0], "batch"), (0, [], "batch"), (2, [0, 5], "label 5"), (2, [-1, 0], "label -1")],
)
def test_a_batch_that_cannot_be_is_refused(count, labels, cause):
    graph, model = living(SMALL)
    with pytest.raises(DataError, match=cause) as caught:
        gradient_flow(model, graph, pictures(SMALL, count), np.array(labels, np.int64), CPU)
    assert caught.value.hint_text
