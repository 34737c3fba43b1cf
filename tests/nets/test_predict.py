import numpy as np
import pytest
import torch
from torch import nn

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.errors import WeightsError
from explorer.nets.assemble import assemble
from explorer.nets.predict import predict, top

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model():
    return assemble(expand(cifar_spec(8)))


@pytest.fixture
def batch():
    return np.random.default_rng(0).standard_normal((3, 3, 32, 32), dtype=np.float32)


def test_probabilities_are_the_softmax_in_evaluation_mode(model, batch):
    found = predict(model, batch, CPU)
    with torch.inference_mode():
        wanted = model.eval()(torch.from_numpy(batch)).softmax(1).numpy()
    assert found.shape == (3, 10)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-5)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize("grad", [True, False])
def test_modes_random_numbers_and_statistics_are_left_as_they_were(model, batch, grad):
    model.train()
    model.bn1.eval()
    modes = {name: module.training for name, module in model.named_modules()}
    state = {key: value.clone() for key, value in model.state_dict().items()}
    random = torch.get_rng_state()
    numpy_random = np.random.get_state()[1].copy()
    with torch.set_grad_enabled(grad):
        predict(model, batch, CPU)
        assert torch.is_grad_enabled() == grad
        assert not torch.is_inference_mode_enabled()
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert modes["bn1"] is False
    assert modes["bn1"] != modes["layer1.0.bn1"]
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert np.array_equal(np.random.get_state()[1], numpy_random)


def test_modes_are_restored_after_a_failure(model):
    model.train()
    with pytest.raises(RuntimeError):
        predict(model, np.zeros((1, 5, 32, 32), np.float32), CPU)
    assert all(module.training for module in model.modules())
    assert not torch.is_inference_mode_enabled()


def test_training_goes_on_after_a_prediction_in_between(model, batch):
    model.train()
    predict(model, batch, CPU)
    model(torch.from_numpy(batch)).sum().backward()
    assert model.conv1.weight.grad is not None
    model.zero_grad()


def test_a_read_only_batch_is_taken_without_a_warning(model, batch):
    batch.setflags(write=False)
    before = batch.copy()
    predict(model, batch, CPU)
    assert np.array_equal(batch, before)


def test_outputs_that_are_no_numbers_are_an_error(batch):
    model = assemble(expand(cifar_spec(8)))
    nn.init.constant_(model.fc.weight, float("inf"))
    with pytest.raises(WeightsError, match="overflow"):
        predict(model, batch, CPU)


def test_the_most_probable_classes_come_first():
    found = top(np.array([0.1, 0.6, 0.1, 0.2], np.float32), ("a", "b", "c", "d"), 3)
    assert [(item.label, item.index) for item in found] == [("b", 1), ("d", 3), ("a", 0)]
    assert found[0].probability == pytest.approx(0.6)


def test_more_than_all_classes_are_all_and_unnamed_ones_get_numbers():
    found = top(np.array([0.4, 0.6], np.float32), None, 5)
    assert [item.label for item in found] == ["class 1", "class 0"]
