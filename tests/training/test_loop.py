from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from explorer.errors import DeviceError, RunError
from explorer.slices import returned
from explorer.training import loop
from explorer.training.batches import draw_epoch
from explorer.training.checkpoint import read_checkpoint, write_checkpoint
from explorer.training.events import (
    CheckpointWritten,
    EpochFinished,
    StepMetrics,
    TrainingFinished,
    TrainingStarted,
)
from explorer.training.loop import train
from explorer.training.prepare import prepare
from tests.training.driving import assert_same_weights, ready, trained
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
    assert epochs[-1].validation_accuracy == events[-1].test_accuracy
    best = max(epochs, key=lambda event: event.validation_accuracy)
    assert best.is_best
    assert events[-1].best_epoch == best.epoch


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


def test_a_loss_that_is_no_number_goes_back_to_the_last_checkpoint(tmp_path) -> None:
    training = ready(small_plan(epochs=20))
    events = train(training, checkpoints=tmp_path)
    while not isinstance(next(events), EpochFinished):
        pass
    while not isinstance(next(events), CheckpointWritten):
        pass
    kept = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    with torch.no_grad():
        training.model.get_parameter("fc.weight").fill_(math.nan)
    with pytest.raises(RunError, match="learning rate") as caught:
        next(events)
    assert "epoch 2" in str(caught.value)
    assert "step 4" in str(caught.value)
    assert training.step == 4
    for name, tensor in training.model.state_dict().items():
        assert torch.equal(tensor, kept[name]), name
    assert all(tensor.isfinite().all() for tensor in read_checkpoint(tmp_path).weights.values())


def test_weights_that_a_step_spoiled_are_never_kept(tmp_path) -> None:
    """The loss of the last step was still a number."""
    training = ready(small_plan(epochs=1))
    for event in train(training, checkpoints=tmp_path):
        if isinstance(event, StepMetrics) and event.step == 2:
            break
    with torch.no_grad():
        training.model.get_buffer("bn1.running_var").fill_(math.inf)
    training.wish = "stop"
    with pytest.raises(RunError, match="weights are not finite"):
        trained(training, tmp_path)
    assert read_checkpoint(tmp_path).progress.step == 0
    assert training.step == 0


def test_without_checkpoints_a_loss_that_is_no_number_still_has_a_remedy() -> None:
    training = ready()
    with torch.no_grad():
        training.model.get_parameter("fc.weight").fill_(math.nan)
    with pytest.raises(RunError, match="learning rate"):
        trained(training)


def test_too_large_a_batch_is_answered_with_half_of_it() -> None:
    """The memory of this machine cannot be filled safely: an operation says what torch says then."""
    training = ready()

    def full(module: torch.nn.Module, inputs: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    training.model.get_submodule("layer2.0.conv1").register_forward_pre_hook(full)
    with pytest.raises(DeviceError, match="batch_size=8"):
        trained(training)


def test_the_time_of_writing_is_no_time_of_learning(tmp_path, monkeypatch) -> None:
    clock = [0.0]

    def written(*args):
        clock[0] += 100.0
        return write_checkpoint(*args)

    def now() -> float:
        clock[0] += 0.001
        return clock[0]

    monkeypatch.setattr(loop, "write_checkpoint", written)
    monkeypatch.setattr(loop.time, "perf_counter", now)
    events = trained(ready(small_plan(epochs=3)), tmp_path)
    rates = [event.images_per_second for event in events if isinstance(event, EpochFinished)]
    # 16 pictures a step, and some looks at the clock.
    assert all(rate > 1000 for rate in rates)
    assert events[-1].images_per_second > 1000
    assert events[-1].seconds > 400


def test_the_network_may_be_left_in_evaluation_mode_between_steps() -> None:
    undisturbed, left = ready(), ready()
    trained(undisturbed)
    for event in train(left):
        if isinstance(event, StepMetrics):
            left.model.eval()
    assert_same_weights(undisturbed, left)


def test_norms_are_those_of_the_stages(monkeypatch) -> None:
    monkeypatch.setattr("explorer.training.loop.NORM_INTERVAL_S", 0.0)
    training = ready()
    stages = ["stem", "layer1", "layer2", "layer3", "head"]
    for event in train(training):
        if isinstance(event, StepMetrics):
            norms = dict(event.norms)
            assert set(norms) == {f"{kind}.{stage}" for kind in ("gradient", "weight") for stage in stages}
            named = list(training.model.named_parameters())
            for stage, starts in (("layer2", "layer2."), ("head", "fc."), ("stem", ("conv1.", "bn1."))):
                own = [parameter for name, parameter in named if name.startswith(starts)]
                flat = torch.cat([parameter.detach().flatten() for parameter in own])
                gradients = torch.cat([parameter.grad.flatten() for parameter in own])
                assert norms[f"weight.{stage}"] == pytest.approx(float(flat.norm()), rel=1e-5)
                assert norms[f"gradient.{stage}"] == pytest.approx(float(gradients.norm()), rel=1e-5)
            return
    raise AssertionError


def test_norms_are_measured_now_and_then_only() -> None:
    steps = [event for event in trained(ready()) if isinstance(event, StepMetrics)]
    assert not steps[1].norms


def test_only_the_head_learns_while_the_rest_is_frozen() -> None:
    training = ready(small_plan(epochs=2, freeze_epochs=1))
    first = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    for event in train(training):
        if isinstance(event, EpochFinished):
            changed = {
                name
                for name, tensor in training.model.state_dict().items()
                if not torch.equal(tensor, first[name])
            }
            if event.epoch == 0:
                assert changed == {"fc.weight", "fc.bias"}
            else:
                assert changed == set(first)


def test_pictures_that_are_held_out_judge_the_epochs() -> None:
    training = ready(small_plan(validation_share=0.25))
    events = trained(training)
    started = events[0]
    assert (started.n_train, started.n_validation, started.is_held_out) == (48, 16, True)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert all(event.confusion.sum() == 16 for event in epochs)


def test_it_ends_early_with_the_weights_of_its_best_epoch(tmp_path) -> None:
    training = ready(
        small_plan(epochs=60, early_stopping=2, learning_rate=0.05, schedule="constant", warm_up=0)
    )
    best: dict[str, torch.Tensor] = {}
    for event in train(training, checkpoints=tmp_path):
        if isinstance(event, EpochFinished) and event.is_best:
            best = {name: tensor.clone() for name, tensor in training.model.state_dict().items()}
    assert isinstance(event, TrainingFinished)
    assert event.stopped_early
    assert event.epochs == event.best_epoch + 3 < 60
    for name, tensor in training.model.state_dict().items():
        assert torch.equal(tensor, best[name]), name


def test_the_averaged_weights_are_judged_and_kept() -> None:
    training = ready(small_plan(ema=0.9))
    last = None
    for event in train(training):
        if isinstance(event, EpochFinished):
            last = event
            average = {name: tensor.clone() for name, tensor in training.average.state_dict().items()}
            assert not torch.equal(average["fc.weight"], training.model.get_parameter("fc.weight"))
    assert isinstance(event, TrainingFinished)
    assert event.test_loss == pytest.approx(last.validation_loss, rel=1e-6)
    for name, tensor in training.model.state_dict().items():
        assert torch.equal(tensor, average[name]), name


def test_a_clipped_gradient_takes_no_longer_steps(monkeypatch) -> None:
    monkeypatch.setattr("explorer.training.loop.NORM_INTERVAL_S", 0.0)
    for event in train(ready(small_plan(clip_norm=0.01))):
        if isinstance(event, StepMetrics):
            gradients = [value for name, value in event.norms if name.startswith("gradient")]
            assert sum(value**2 for value in gradients) ** 0.5 <= 0.01 * 1.001


def test_fewer_pictures_than_a_batch_make_one_step_an_epoch() -> None:
    training = ready(small_plan(batch_size=500))
    assert training.steps_per_epoch == 1
    assert trained(training)[-1].steps == 2


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_learns_and_reports_every_step() -> None:
    plan = small_plan(epochs=10, precision="auto", channels_last="auto")
    training = returned(prepare(small_spec(), plan, small_dataset(), torch.device("cuda")))
    events = trained(training)
    assert [event.step for event in events if isinstance(event, StepMetrics)] == list(range(40))
    assert events[-1].test_accuracy == 1.0
