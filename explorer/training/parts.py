"""Which pictures are learned from, which judge an epoch, and whether they are the ones of yesterday.

Called by `training/prepare.py`. NumPy only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from explorer.errors import DataError
from explorer.images.dataset import Dataset

N_SAMPLED = 256
"""Pictures of a part whose pixels are in the fingerprint: enough to tell data sets apart, read at once."""

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A data set as a training uses it; compared by identity.

    Attributes:
        dataset: Its training part without what is held out.
        validation_images: uint8 (n, side, side, channels).
        validation_labels: int64 (n,).
        is_held_out: Whether those were taken from the training part; else they are the test part.
    """

    dataset: Dataset
    validation_images: Images
    validation_labels: Labels
    is_held_out: bool


def with_validation(dataset: Dataset, share: float, seed: int) -> Parts:
    """Hold out a share of each class of the training part.

    Args:
        dataset: With both parts.
        share: 0 to 0.9; 0 holds nothing out, and the test part judges.
        seed: The same one holds out the same pictures.

    Raises:
        DataError: The share holds no picture out, or leaves none.
    """
    if not share:
        return Parts(dataset, dataset.test_images, dataset.test_labels, is_held_out=False)
    is_held = held_out(dataset.train_labels, share, seed)
    if not is_held.any() or is_held.all():
        raise DataError(
            "{name} has {n} training pictures: too few to hold out {share}.",
            "Set validation_share to 0, or add pictures.",
            name=dataset.name,
            n=len(is_held),
            share=f"{share:.0%}",
        )
    rest = replace(
        dataset, train_images=dataset.train_images[~is_held], train_labels=dataset.train_labels[~is_held]
    )
    return Parts(rest, dataset.train_images[is_held], dataset.train_labels[is_held], is_held_out=True)


def held_out(labels: Labels, share: float, seed: int) -> npt.NDArray[np.bool_]:
    """Whether each picture is held out: the share of its class, rounded, at least one and never all of them.

    Args:
        labels: int64 (n,).
        share: 0 to 0.9.
        seed: Of the choice.
    """
    generator = np.random.default_rng(seed)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label))
        held[members[: min(max(round(share * len(members)), 1), len(members) - 1)]] = True
    return held


def fingerprint(dataset: Dataset) -> str:
    """A SHA-256 of the labels, the shapes and a sample of the pixels of both parts, as 64 hex digits."""
    digest = hashlib.sha256()
    parts = ((dataset.train_images, dataset.train_labels), (dataset.test_images, dataset.test_labels))
    for images, labels in parts:
        digest.update(repr(images.shape).encode())
        digest.update(np.ascontiguousarray(labels, np.int64).tobytes())
        chosen = np.unique(np.linspace(0, max(len(images) - 1, 0), N_SAMPLED).astype(np.int64))
        if len(images):
            digest.update(np.ascontiguousarray(images[chosen]).tobytes())
    return digest.hexdigest()
