"""Where is it decided? A linear classifier on the pooled features of every block.

Logistic regression on standardised features (Alain and Bengio 2016, arXiv 1610.01644), each labelled with its
own accuracy on pictures it has not seen. Runs on the IO pool: imports no torch, and scikit-learn when used.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

_HELD_OUT = 0.25
_MOST_STEPS = 300
"""Of L-BFGS; a probe that has not settled by then is as good as it gets to be looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class LinearProbe:
    """A classifier on one node's pooled features; arrays are read-only.

    Attributes:
        key: The node's.
        classes: int64 (classes,): the labels it knows, ascending.
        accuracy: On the held-out pictures, 0 to 1.
        n_held_out: How many they are.
        n_trained: How many it was fitted on.
        mean: float64 (features,), as is `scale`: of the pictures it was fitted on.
        scale: See `mean`.
        weights: float64 (classes, features), of standardised features.
        bias: float64 (classes,).
    """

    key: str
    classes: NDArray[np.int64]
    accuracy: float
    n_held_out: int
    n_trained: int
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def probabilities(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """The probability of each class.

        Args:
            features: (pictures, features), pooled as those it was fitted on.

        Returns:
            (pictures, classes), in the order of `classes`; each row with the sum 1.
        """
        logits = (np.asarray(features, np.float64) - self.mean) / self.scale @ self.weights.T + self.bias
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(odds / odds.sum(1, keepdims=True))


def split(labels: NDArray[np.int64], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places to fit on and places to hold out: a quarter of each class, one picture of each stays to fit on.

    Args:
        labels: (pictures,).
        seed: Of the choice, which depends on nothing else.
    """
    random = np.random.default_rng(seed)
    held: list[NDArray[np.intp]] = []
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        wanted = max(1, round(len(members) * _HELD_OUT))
        held.append(members[: min(wanted, len(members) - 1)])
    held_out = np.sort(np.concatenate(held))
    return np.setdiff1d(np.arange(len(labels)), held_out), held_out


def fitting(
    features: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64], *, seed: int = 0
) -> Generator[float, None, tuple[LinearProbe, ...]]:
    """Fit a probe for each node, all on the same pictures.

    Args:
        features: By node, (pictures, features), from `nets.pooled`.
        labels: The truth, (pictures,).
        seed: Of the split.

    Yields:
        The share of nodes that is done. Closing the generator cancels.

    Raises:
        DataError: There are fewer than two classes, or no class has two pictures.
    """
    labels = np.asarray(labels, np.int64)
    if len(np.unique(labels)) < 2:
        raise DataError(
            "A linear probe needs pictures of at least two classes.", "Choose a larger or more varied sample."
        )
    if len(np.unique(labels)) == len(labels):
        raise DataError(
            "No class of the sample has two pictures: nothing is left to test a probe on.",
            "Choose a larger sample.",
        )
    trained, held_out = split(labels, seed)
    probes = []
    for done, (key, values) in enumerate(features.items(), start=1):
        probes.append(_fitted(key, np.asarray(values, np.float64), labels, trained, held_out))
        yield done / len(features)
    return tuple(probes)


def _fitted(
    key: str,
    values: NDArray[np.float64],
    labels: NDArray[np.int64],
    trained: NDArray[np.intp],
    held_out: NDArray[np.intp],
) -> LinearProbe:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = values[trained].mean(0), values[trained].std(0)
    # A dead channel says nothing and divides by nothing.
    scale = np.where(scale > 1e-8 * (1 + np.abs(mean)), scale, 1.0)
    model = LogisticRegression(max_iter=_MOST_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((values[trained] - mean) / scale, labels[trained])
    weights, bias = model.coef_.astype(np.float64), model.intercept_.astype(np.float64)
    if len(weights) == 1:
        # Two classes share one row: σ(z) is the softmax of ∓z/2.
        weights, bias = np.concatenate([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    classes = model.classes_.astype(np.int64)
    for array in (classes, mean, scale, weights, bias):
        array.setflags(write=False)
    untested = LinearProbe(key, classes, 0.0, len(held_out), len(trained), mean, scale, weights, bias)
    answers = classes[untested.probabilities(values[held_out]).argmax(1)]
    accuracy = float((answers == labels[held_out]).mean())
    return LinearProbe(key, classes, accuracy, len(held_out), len(trained), mean, scale, weights, bias)
