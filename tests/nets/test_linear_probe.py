import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from explorer.errors import DataError
from explorer.nets.linear_probe import fitting, split


def _clusters(n=120, n_classes=3, width=6, distance=3.0):
    random = np.random.default_rng(0)
    labels = np.arange(n) % n_classes
    centres = random.standard_normal((n_classes, width)) * distance
    return (centres[labels] + random.standard_normal((n, width))).astype(np.float32), labels


def _finish(steps):
    shares = []
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as finished:
            assert shares[-1] == 1
            return finished.value


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_a_probe_is_sklearns_logistic_regression_on_standardised_features(n_classes):
    features, labels = _clusters(n_classes=n_classes, distance=1.0)
    (probe,) = _finish(fitting({"layer1.0": features}, labels, seed=3))
    trained, held_out = split(labels, 3)
    mean, std = features[trained].astype(float).mean(0), features[trained].astype(float).std(0)
    oracle = LogisticRegression(max_iter=300).fit((features[trained] - mean) / std, labels[trained])
    wanted = oracle.predict_proba((features - mean) / std)
    np.testing.assert_allclose(probe.probabilities(features), wanted, atol=1e-3)
    assert probe.accuracy == pytest.approx(
        oracle.score((features[held_out] - mean) / std, labels[held_out]), abs=0.02
    )
    assert (probe.n_trained, probe.n_held_out) == (len(trained), len(held_out))


def test_probes_tell_where_classes_part():
    features, labels = _clusters()
    noise = np.random.default_rng(5).standard_normal(features.shape).astype(np.float32)
    early, late = _finish(fitting({"early": noise, "late": features}, labels))
    assert (early.key, late.key) == ("early", "late")
    assert early.accuracy < 0.6 < 0.95 < late.accuracy


def test_labels_that_are_missing_and_dead_channels():
    features, labels = _clusters()
    features = np.concatenate([features, np.full((len(features), 1), 1e6, np.float32)], axis=1)
    (probe,) = _finish(fitting({"key": features}, labels * 7))
    assert probe.classes.tolist() == [0, 7, 14]
    assert np.isfinite(probe.probabilities(features)).all()
    np.testing.assert_allclose(probe.probabilities(features[:4]).sum(1), 1)


def test_the_split_keeps_a_picture_of_each_class_and_depends_on_the_seed_alone():
    labels = np.array([0] * 8 + [1] * 3 + [2])
    trained, held_out = split(labels, 0)
    assert sorted([*trained, *held_out]) == list(range(12))
    assert set(labels[trained]) == {0, 1, 2}
    assert np.bincount(labels[held_out], minlength=3).tolist() == [2, 1, 0]
    assert np.array_equal(split(labels, 0)[1], held_out)
    assert any(not np.array_equal(split(labels, seed)[1], held_out) for seed in range(1, 9))


@pytest.mark.parametrize("labels", [[1, 1, 1, 1], [0, 1, 2, 3]])
def test_samples_that_teach_nothing_are_refused(labels):
    with pytest.raises(DataError):
        next(fitting({"key": np.zeros((4, 2), np.float32)}, np.array(labels)))
