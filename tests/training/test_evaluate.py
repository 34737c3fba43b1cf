from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, log_loss

from explorer.errors import DataError
from explorer.slices import returned
from explorer.training.batches import Normalisation, to_device
from explorer.training.evaluate import N_MISTAKES, at_once, evaluate, evaluating
from explorer.training.precision import Precision
from tests.training.driving import ready, trained
from tests.training.small import small_dataset, small_plan

DATA = small_dataset(n_test=37)


def test_accuracy_loss_and_confusion_are_scikit_learns() -> None:
    model = ready().model.eval()
    normalisation = Normalisation(*DATA.mean_std())
    result = evaluate(model, DATA.test_images, DATA.test_labels, normalisation, batch_size=10)
    mean, std = (np.array(values, np.float32) for values in DATA.mean_std())
    images = torch.from_numpy((DATA.test_images / np.float32(255) - mean) / std).permute(0, 3, 1, 2)
    with torch.no_grad():
        probabilities = model(images).softmax(1).numpy()
    answers = probabilities.argmax(1)
    assert result.images == 37
    assert result.accuracy == pytest.approx((answers == DATA.test_labels).mean())
    assert result.loss == pytest.approx(log_loss(DATA.test_labels, probabilities, labels=range(4)), rel=1e-4)
    assert np.array_equal(result.confusion, confusion_matrix(DATA.test_labels, answers, labels=range(4)))
    assert not result.confusion.flags.writeable


def test_another_loss_is_told_where_it_is_named() -> None:
    model = ready().model.eval()
    normalisation = Normalisation(*DATA.mean_std())
    pictures = to_device(DATA.test_images, DATA.test_labels, torch.device("cpu"))
    result = returned(evaluating(model, pictures, normalisation, batch_size=10, loss="binary"))
    mean, std = (np.array(values, np.float32) for values in DATA.mean_std())
    images = torch.from_numpy((DATA.test_images / np.float32(255) - mean) / std).permute(0, 3, 1, 2)
    with torch.no_grad():
        sides = model(images).sigmoid().double().numpy()
    truth = np.eye(4)[DATA.test_labels]
    expected = -(truth * np.log(sides) + (1 - truth) * np.log(1 - sides)).mean()
    assert result.loss == pytest.approx(expected, rel=1e-4)


def test_mistakes_are_the_surest_wrong_answers() -> None:
    model = ready().model.eval()
    normalisation = Normalisation(*DATA.mean_std())
    result = evaluate(model, DATA.test_images, DATA.test_labels, normalisation, batch_size=10)
    mean, std = (np.array(values, np.float32) for values in DATA.mean_std())
    images = torch.from_numpy((DATA.test_images / np.float32(255) - mean) / std).permute(0, 3, 1, 2)
    with torch.no_grad():
        probabilities = model(images).softmax(1).numpy()
    answers = probabilities.argmax(1)
    wrong = sorted(
        np.flatnonzero(answers != DATA.test_labels), key=lambda index: -probabilities[index].max()
    )[:N_MISTAKES]
    assert len(wrong) > 10
    assert [mistake.index for mistake in result.mistakes] == wrong
    for mistake in result.mistakes:
        assert mistake.truth == DATA.test_labels[mistake.index] != mistake.answer == answers[mistake.index]
        assert mistake.probability == pytest.approx(probabilities[mistake.index].max(), rel=1e-4)


def test_photographs_are_asked_fewer_at_a_time_and_no_more_than_a_step_bears() -> None:
    assert [at_once(side) for side in (8, 32, 64, 224, 600)] == [500, 500, 125, 32, 32]
    assert [at_once(32, batch) for batch in (1, 4, 128)] == [4, 16, 500]
    assert [at_once(224, batch) for batch in (1, 4, 128)] == [4, 16, 32]


def test_a_training_of_small_batches_evaluates_in_small_ones() -> None:
    training = ready(small_plan(batch_size=4, epochs=1))
    seen: set[tuple[bool, int]] = set()
    training.model.register_forward_pre_hook(
        lambda module, given: seen.add((module.training, given[0].shape[0]))
    )
    trained(training)
    assert {n for is_learning, n in seen if is_learning} == {4}
    assert max(n for is_learning, n in seen if not is_learning) == 16


def test_the_batch_size_changes_rounding_only() -> None:
    model = ready().model
    normalisation = Normalisation(*DATA.mean_std())
    results = [
        evaluate(model, DATA.test_images, DATA.test_labels, normalisation, batch_size=size)
        for size in (1, 16, 500)
    ]
    assert len({result.accuracy for result in results}) == 1
    assert max(result.loss for result in results) == pytest.approx(
        min(result.loss for result in results), rel=1e-5
    )


def test_each_modules_mode_is_restored_also_when_closed_early() -> None:
    model = ready().model
    model.train()
    model.get_submodule("bn1").eval()
    before = {name: module.training for name, module in model.named_modules()}
    pictures = to_device(DATA.test_images, DATA.test_labels, torch.device("cpu"))
    steps = evaluating(model, pictures, Normalisation(*DATA.mean_std()), batch_size=10)
    next(steps)
    assert not model.training
    steps.close()
    assert {name: module.training for name, module in model.named_modules()} == before
    statistics = model.get_buffer("bn1.num_batches_tracked")
    assert int(statistics) == 0


def test_bfloat16_is_close_to_float32() -> None:
    model = ready().model
    normalisation = Normalisation(*DATA.mean_std())
    exact, rough = (
        evaluate(model, DATA.test_images, DATA.test_labels, normalisation, precision=precision)
        for precision in (Precision(), Precision("bfloat16", True))
    )
    assert rough.loss == pytest.approx(exact.loss, rel=0.02)


def test_no_pictures_are_refused() -> None:
    empty = np.zeros((0, 8, 8, 3), np.uint8)
    with pytest.raises(DataError, match="no pictures"):
        evaluate(ready().model, empty, np.zeros(0, np.int64), Normalisation((0.5,) * 3, (0.2,) * 3))
