from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from explorer.errors import DataError, RunError, WeightsError
from explorer.images.datasets import open_dataset
from explorer.images.prepare import IMAGENET_MEAN
from explorer.nets.catalogue import by_name
from explorer.slices import returned
from explorer.training.card import write_trained
from explorer.training.checkpoint import read_checkpoint
from explorer.training.evaluate import evaluating
from explorer.training.events import TrainingFinished, TrainingStarted
from explorer.training.prepare import Training, prepare
from explorer.training.recipes import plan_for
from tests.training.driving import assert_same_weights, ready, trained
from tests.training.small import small_dataset, small_plan, small_spec


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
    assert second.loaded == (len(counted(second)), len(counted(second)))
    with pytest.raises(WeightsError):
        ready(start_from=path, spec=small_spec(stage_widths=(8, 8, 16), stem_width=8))


def counted(training: Training) -> list[str]:
    """The tensors that are said to be loaded."""
    return [name for name in training.model.state_dict() if not name.endswith("num_batches_tracked")]


@pytest.mark.parametrize("half", [False, True])
def test_another_head_starts_anew_on_known_features(half: bool) -> None:
    known = ready()
    trained(known)
    tensors = {name: tensor.clone() for name, tensor in known.model.state_dict().items()}
    if half:
        tensors = {
            name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()
        }
    data = small_dataset()
    two = dataclasses.replace(
        data, classes=("a", "b"), train_labels=data.train_labels % 2, test_labels=data.test_labels % 2
    )
    tuned = ready(start_tensors=tensors, spec=small_spec(num_classes=2), data=two)
    fresh = ready(spec=small_spec(num_classes=2), data=two)
    assert tuned.loaded == (len(counted(tuned)) - 2, len(counted(tuned)))
    state, new = tuned.model.state_dict(), fresh.model.state_dict()
    for name in counted(tuned):
        expected = new[name] if name.startswith("fc.") else tensors[name].float()
        assert torch.equal(state[name], expected), name
    assert isinstance(trained(tuned)[-1], TrainingFinished)


def test_a_deeper_networks_weights_are_refused_even_with_another_head() -> None:
    deeper = ready(spec=small_spec(stage_depths=(2, 2, 2)))
    with pytest.raises(WeightsError):
        ready(start_tensors=deeper.model.state_dict())


def test_a_checkpoints_own_weights_win_over_known_ones(tmp_path) -> None:
    first = ready()
    trained(first, tmp_path)
    other = ready(small_plan(seed=5))
    resumed = ready(resume=read_checkpoint(tmp_path), start_tensors=other.model.state_dict())
    assert_same_weights(first, resumed)
    assert resumed.loaded is None


def test_the_plans_normalisation_is_used() -> None:
    assert ready(small_plan(normalisation="fixed")).normalisation.mean == (0.5, 0.5, 0.5)
    assert ready().normalisation.mean == small_dataset().mean_std()[0]


def test_weights_that_say_how_they_want_pictures_get_them_so(tmp_path) -> None:
    plan = small_plan(normalisation="start")
    first = ready(small_plan(normalisation="fixed"))
    path = tmp_path / "first.safetensors"
    write_trained(path, first, small_dataset(), {})
    wanted = first.normalisation
    assert ready(plan, start_from=path).normalisation == wanted
    known = {"start_tensors": first.model.state_dict()}
    assert ready(plan, **known, start_transform=first.transform).normalisation == wanted
    # Those that do not say it are as torchvision's.
    assert ready(plan, **known).normalisation.mean == IMAGENET_MEAN
    # A run that goes on, and a twin, have the same, whatever they are given.
    main = ready(plan, start_from=path)
    trained(main, tmp_path / "checkpoints")
    assert ready(plan, resume=read_checkpoint(tmp_path / "checkpoints")).normalisation == wanted
    assert ready(plan, beside=main).normalisation == wanted


def test_fine_tuning_begins_with_what_its_weights_know() -> None:
    """The shipped digits net has 99 % with its own normalisation, and 87 % with ImageNet's."""
    card = by_name("digits-resnet8")
    data = open_dataset("digits", card.spec.input_size)
    plan = plan_for("digits", len(data.train_images), "fine-tune", precision="float32", channels_last="no")
    training = returned(prepare(card.spec, plan, data, torch.device("cpu"), start_from=card.path))
    reached = returned(
        evaluating(
            training.model,
            training.test_pictures,
            training.normalisation,
            batch_size=128,
            precision=training.precision,
        )
    )
    assert reached.accuracy == pytest.approx(card.accuracy_percent / 100, abs=0.003)


def test_what_is_held_out_is_not_measured_nor_learned_from() -> None:
    training = ready(small_plan(validation_share=0.25))
    learned = {image.numpy().tobytes() for image in training.train_pictures.images}
    judged = {image.numpy().tobytes() for image in training.validation_pictures.images}
    assert (len(learned), len(judged)) == (48, 16)
    assert not learned & judged
    pixels = training.train_pictures.images.double() / 255
    assert training.normalisation.mean == pytest.approx(pixels.mean((0, 1, 2)).tolist())


def test_too_few_pictures_to_hold_any_out_are_refused() -> None:
    with pytest.raises(DataError, match="too few"):
        ready(small_plan(validation_share=0.1), data=small_dataset(n_train=4))


def test_precision_is_measured_where_the_plan_leaves_it_open() -> None:
    training = ready(small_plan(precision="auto", channels_last="auto"))
    names = [name for name, _ in training.precision.rates]
    assert "float32" in names
    assert training.precision.name in names
    assert all(rate > 0 for _, rate in training.precision.rates)
    started = trained(training)[0]
    assert isinstance(started, TrainingStarted)
    assert started.rates == training.precision.rates


def test_one_picture_at_a_time_is_refused_where_batch_norm_has_one_number_a_channel() -> None:
    tiny = small_spec(input_size=8, stem_stride=2, stem_pool="max")
    data = small_dataset()
    with pytest.raises(RunError, match="maps of one pixel") as caught:
        ready(small_plan(batch_size=1), spec=tiny, data=data)
    assert "batch_size to 2" in caught.value.hint_text
    assert ready(small_plan(batch_size=2), spec=tiny, data=data).batch_size == 2
    assert ready(small_plan(batch_size=1), spec=tiny.edited(norm="layer"), data=data).batch_size == 1
    assert ready(small_plan(batch_size=1), data=data).batch_size == 1
