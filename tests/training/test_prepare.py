from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from explorer.errors import DataError, RunError, WeightsError
from explorer.training.card import write_trained
from explorer.training.checkpoint import read_checkpoint
from explorer.training.events import TrainingStarted
from explorer.training.prepare import prepare
from tests.training.driving import ready, returned, trained
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
