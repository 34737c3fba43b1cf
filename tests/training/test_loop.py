from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from explorer.errors import DataError, RunError, WeightsError
from explorer.training.batches import draw_epoch
from explorer.training.card import write_trained
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import EpochFinished, StepMetrics, TrainingFinished, TrainingStarted
from explorer.training.loop import train
from explorer.training.prepare import prepare
from tests.training.driving import ready, returned, trained
from tests.training.small import small_dataset, small_plan, small_spec


def test_events_come_in_order_with_every_step_once() -> None:
    training = ready(small_plan(epochs=3))
    events = trained(training)
    assert isinstance(events[0], TrainingStarted)
    assert isinstance(events[-1], TrainingFinished)
    steps = [event for event in events if isinstance(event, StepMetrics)]
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [event.step for event in steps] == list(range(12))
    assert [event.epoch for event in steps] == [0] * 4 + [1] * 4 + [2] * 4
    assert [(event.epoch, event.step) for event in epochs] == [(0, 3), (1, 7), (2, 11)]
    for number, epoch in enumerate(epochs):
        own = steps[4 * number : 4 * number + 4]
        assert epoch.train_loss == pytest.approx(np.mean([event.loss for event in own]))
        assert epoch.train_accuracy == pytest.approx(np.mean([event.accuracy for event in own]))
    assert epochs[-1].test_accuracy == events[-1].test_accuracy


def test_the_network_learns() -> None:
    finished = trained(ready(small_plan(epochs=10)))[-1]
    assert isinstance(finished, TrainingFinished)
    assert finished.test_accuracy == 1.0


def test_the_first_step_is_torchs_own() -> None:
    """One step against a plain one: autograd, cross-entropy with smoothing, SGD with Nesterov momentum."""
    plan = small_plan(label_smoothing=0.1, warm_up=0, crop_padding=0, flip=False, weight_decay=0.01)
    training = ready(plan)
    oracle = ready(plan).model
    events = train(training)
    next(events)
    metrics = next(events)
    assert isinstance(metrics, StepMetrics)
    data = small_dataset()
    order = draw_epoch(len(data.train_images), plan, 0, torch.device("cpu")).order[:16]
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in data.mean_std())
    images = (torch.from_numpy(data.train_images)[order].permute(0, 3, 1, 2) / 255 - mean) / std
    labels = torch.from_numpy(data.train_labels)[order]
    weights = [value for value in oracle.parameters() if value.ndim > 1]
    others = [value for value in oracle.parameters() if value.ndim == 1]
    optimiser = torch.optim.SGD(
        [{"params": weights, "weight_decay": 0.01}, {"params": others}],
        lr=plan.learning_rate,
        momentum=0.9,
        nesterov=True,
    )
    loss = torch.nn.functional.cross_entropy(oracle(images.contiguous()), labels, label_smoothing=0.1)
    loss.backward()
    optimiser.step()
    assert metrics.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    assert metrics.learning_rate == plan.learning_rate
    for name, tensor in oracle.state_dict().items():
        torch.testing.assert_close(training.model.state_dict()[name], tensor, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("options", [{}, {"precision": "bfloat16", "channels_last": "yes"}])
def test_a_resumed_run_is_bitwise_the_uninterrupted_one(tmp_path, options: dict[str, object]) -> None:
    plan = small_plan(epochs=4, **options)
    whole = ready(plan)
    whole_events = trained(whole)

    first = ready(plan)
    for event in train(first, checkpoints=tmp_path):
        if isinstance(event, EpochFinished) and event.epoch == 1:
            break
    second = ready(plan, resume=read_checkpoint(tmp_path))
    assert (second.epoch, second.step) == (2, 8)
    second_events = trained(second, tmp_path)

    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name]), name
    steps = {event.step: event for event in whole_events if isinstance(event, StepMetrics)}
    for event in second_events:
        if isinstance(event, StepMetrics):
            assert event == steps[event.step]
    assert second_events[-1].test_loss == whole_events[-1].test_loss


def test_a_run_that_is_used_in_between_is_the_same_run() -> None:
    undisturbed = ready()
    trained(undisturbed)
    watched = ready()
    for event in train(watched):
        torch.rand(3)
        if isinstance(event, StepMetrics):
            was_training = watched.model.training
            watched.model.eval()
            with torch.no_grad():
                watched.model(torch.zeros(2, 3, 8, 8))
            watched.model.train(was_training)
    for name, tensor in undisturbed.model.state_dict().items():
        assert torch.equal(tensor, watched.model.state_dict()[name]), name


@pytest.mark.parametrize("grad", [True, False])
def test_global_state_is_left_alone_between_steps(grad: bool) -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    with torch.set_grad_enabled(grad):
        for _ in train(ready()):
            assert torch.is_grad_enabled() is grad
            assert not torch.is_autocast_enabled("cpu")
            assert not torch.is_inference_mode_enabled()
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])


def test_a_loss_that_is_no_number_stops_with_a_remedy(tmp_path) -> None:
    training = ready(small_plan(epochs=20))
    events = train(training, checkpoints=tmp_path)
    while not isinstance(next(events), EpochFinished):
        pass
    with torch.no_grad():
        training.model.get_parameter("fc.weight").fill_(math.nan)
    with pytest.raises(RunError, match="learning rate") as caught:
        next(events)
    assert "epoch 2" in str(caught.value)
    assert all(tensor.isfinite().all() for tensor in read_checkpoint(tmp_path).weights.values())


def test_fewer_pictures_than_a_batch_make_one_step_an_epoch() -> None:
    training = ready(small_plan(batch_size=500))
    assert training.steps_per_epoch == 1
    assert trained(training)[-1].steps == 2


def test_data_that_does_not_fit_is_refused() -> None:
    device = torch.device("cpu")
    for spec, match in (
        (small_spec(num_classes=5), "Set num_classes to 4"),
        (small_spec(input_size=16), "input_size"),
    ):
        with pytest.raises(DataError, match=match):
            returned(prepare(spec, small_plan(), small_dataset(), device))
    empty = dataclasses.replace(small_dataset(), test_images=np.zeros((0, 8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="no test pictures"):
        returned(prepare(small_spec(), small_plan(), empty, device))


def test_a_checkpoint_of_another_network_is_refused(tmp_path) -> None:
    trained(ready(), tmp_path)
    wider = small_spec(stage_widths=(8, 8, 16), stem_width=8)
    with pytest.raises(RunError, match="does not fit"):
        returned(
            prepare(
                wider,
                small_plan(),
                small_dataset(),
                torch.device("cpu"),
                resume=read_checkpoint(tmp_path),
            )
        )


def test_a_training_may_start_from_a_weights_file(tmp_path) -> None:
    first = ready()
    trained(first)
    path = tmp_path / "first.safetensors"
    write_trained(path, first, small_dataset(), {})
    second = ready(start_from=path)
    assert second.step == 0
    for name, tensor in first.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name]), name
    with pytest.raises(WeightsError):
        returned(
            prepare(
                small_spec(stage_widths=(8, 8, 16), stem_width=8),
                small_plan(),
                small_dataset(),
                torch.device("cpu"),
                start_from=path,
            )
        )


def test_precision_is_measured_where_the_plan_leaves_it_open() -> None:
    training = ready(small_plan(precision="auto", channels_last="auto"))
    names = [name for name, _ in training.precision.rates]
    assert "float32" in names
    assert training.precision.name in names
    assert all(rate > 0 for _, rate in training.precision.rates)
    started = trained(training)[0]
    assert isinstance(started, TrainingStarted)
    assert started.rates == training.precision.rates


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_learns_and_reports_every_step() -> None:
    plan = small_plan(epochs=10, precision="auto", channels_last="auto")
    training = returned(prepare(small_spec(), plan, small_dataset(), torch.device("cuda")))
    events = trained(training)
    assert [event.step for event in events if isinstance(event, StepMetrics)] == list(range(40))
    assert events[-1].test_accuracy == 1.0
