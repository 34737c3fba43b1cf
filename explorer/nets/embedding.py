"""Pooled features on a plane: PCA and t-SNE, with new pictures placed among the old.

Runs on the IO pool: imports no torch, and scikit-learn when used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.errors import DataError

Projection = Literal["pca", "tsne"]

MOST_SAMPLES = 2000
_FIRST = 50
"""Dimensions that PCA leaves to t-SNE (van der Maaten and Hinton 2008, section 4.2, take 30)."""
_PERPLEXITY = 30.0
_NEIGHBOURS = 5
_LEAST = 4


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Pictures on a plane; arrays are read-only.

    Attributes:
        projection: How they came there.
        points: float32 (pictures, 2).
        mean: float64 (features,).
        axes: float64 (components, features): the principal axes; for t-SNE those before it.
        reduced: float64 (pictures, components): on these axes.
    """

    projection: Projection
    points: NDArray[np.float32]
    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    reduced: NDArray[np.float64]

    def place(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Put new pictures among the old.

        With PCA exactly. With t-SNE where the five nearest neighbours in feature space are, weighted by one
        over the distance: an estimate, to be marked as one.

        Args:
            features: (pictures, features), pooled as the others.

        Returns:
            (pictures, 2).
        """
        reduced = (np.asarray(features, np.float64) - self.mean) @ self.axes.T
        if self.projection == "pca":
            return np.asarray(reduced[:, :2], np.float32)
        return np.stack([self._among_neighbours(row) for row in reduced])

    def _among_neighbours(self, row: NDArray[np.float64]) -> NDArray[np.float32]:
        distances = np.sqrt(((self.reduced - row) ** 2).sum(1))
        near = np.argsort(distances, kind="stable")[:_NEIGHBOURS]
        closest = distances[near[0]]
        # One of the sample itself lies where it lay.
        weights = (distances[near] == 0).astype(float) if closest == 0 else closest / distances[near]
        return np.asarray((weights / weights.sum()) @ self.points[near], np.float32)


def embed(features: NDArray[np.floating], projection: Projection, *, seed: int = 0) -> Embedding:
    """Put pictures on a plane.

    t-SNE takes seconds and cannot be interrupted: call it where nobody waits.

    Args:
        features: (pictures, features), 4 to 2,000 pictures, at least two features.
        projection: How.
        seed: Of t-SNE; PCA needs none.

    Raises:
        DataError: There are too few or too many pictures, or features that are not numbers.
    """
    values = np.asarray(features, np.float64)
    n = len(values)
    if not _LEAST <= n <= MOST_SAMPLES:
        raise DataError(
            "{count} pictures cannot be put on a plane.",
            "Take from {least} to {most}.",
            count=n,
            least=_LEAST,
            most=MOST_SAMPLES,
        )
    if not np.isfinite(values).all():
        raise DataError(
            "The network's features are not numbers: its values overflow.", "Load other weights or train it."
        )
    from sklearn.decomposition import PCA

    wanted = 2 if projection == "pca" else _FIRST
    with np.errstate(invalid="ignore"):  # equal pictures have no variance to share out
        model = PCA(min(wanted, n, values.shape[1]), svd_solver="full").fit(values)
    axes, mean = _at_least_two(model.components_), model.mean_
    reduced = (values - mean) @ axes.T
    points = reduced[:, :2].astype(np.float32) if projection == "pca" else _tsne(reduced, seed)
    for array in (points, mean, axes, reduced):
        array.setflags(write=False)
    return Embedding(projection, points, mean, axes, reduced)


def _at_least_two(axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """A network with one channel has one axis: the other is zero."""
    missing = max(0, 2 - len(axes))
    return np.concatenate([axes, np.zeros((missing, axes.shape[1]))])


def _tsne(reduced: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    if not reduced.any():
        # Equal pictures have no neighbours to be near to.
        return np.zeros((len(reduced), 2), np.float32)
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(reduced) - 1) / 3)
    model = TSNE(2, perplexity=perplexity, init="pca", random_state=seed)
    return np.asarray(model.fit_transform(reduced), np.float32)
