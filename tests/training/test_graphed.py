from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from explorer.slices import returned
from explorer.training.events import StepMetrics
from explorer.training.graphed import why_not_graphed
from explorer.training.loop import train
from explorer.training.prepare import Training, prepare
from tests.training.driving import ready, trained
from tests.training.small import small_dataset, small_plan, small_spec

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def on_cuda(**spec: object) -> Training:
    """A small training on the GPU; reproducible, so that two of them can be compared."""
    plan = small_plan(epochs=3, reproducible=True, clip_norm=1.0)
    return returned(prepare(small_spec(**spec), plan, small_dataset(), torch.device("cuda")))


def test_what_prevents_a_graph_is_said() -> None:
    assert "CUDA device" in why_not_graphed(torch.device("cpu"), is_random=False)
    assert "random" in why_not_graphed(torch.device("cuda"), is_random=True)
    assert why_not_graphed(torch.device("cuda"), is_random=False) == ""


def test_a_training_on_the_cpu_says_why_it_is_not_graphed() -> None:
    training = ready()
    next(train(training))
    assert "CUDA device" in training.eager_because


@pytest.mark.gpu
@needs_cuda
def test_a_graphed_training_learns_what_an_eager_one_learns(monkeypatch) -> None:
    graphed = on_cuda()
    seen = trained(graphed)
    assert graphed.eager_because == ""
    monkeypatch.setattr("explorer.training.step.why_not_graphed", lambda device, is_random: "for a test")
    eager = on_cuda()
    expected = trained(eager)
    losses = [
        [event.loss for event in events if isinstance(event, StepMetrics)] for events in (seen, expected)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    theirs = eager.model.state_dict()
    for name, tensor in graphed.model.state_dict().items():
        torch.testing.assert_close(tensor, theirs[name], rtol=1e-3, atol=1e-4, msg=name)


@pytest.mark.gpu
@needs_cuda
def test_the_module_that_answers_clicks_has_the_graphs_weights() -> None:
    training = on_cuda()
    pictures = torch.zeros(2, 3, 8, 8, device="cuda")
    answers = []
    for event in train(training):
        if isinstance(event, StepMetrics):
            with torch.no_grad():
                answers.append(training.model.eval()(pictures))
    assert not any(torch.equal(one, later) for one, later in pairwise(answers))


@pytest.mark.gpu
@needs_cuda
def test_a_network_that_draws_numbers_is_trained_eagerly() -> None:
    training = on_cuda(head_dropout=0.2)
    trained(training)
    assert "random" in training.eager_because
