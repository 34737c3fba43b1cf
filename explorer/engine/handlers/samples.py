"""A labelled sample as a column's network wants it.

Used by `handlers/inside_sample.py`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.engine.context import Context, LiveNet
from explorer.engine.inside_messages import SampleChoice
from explorer.errors import DataError
from explorer.nets.predict import predict
from explorer.nets.sample import Sample

SLICE = 100
"""Pictures that are prepared or answered between two yields."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a network is asked.

    Attributes:
        sample: The pictures.
        images: Prepared, (n, channels, height, width).
        labels: The truth where the network's classes are the data's; else what the network itself answers,
            so that accuracy is the share of answers that stay the same.
        truth: The data's own labels.
        classes: The data's.
        knows_truth: Which of the two `labels` are.
    """

    sample: Sample
    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    truth: NDArray[np.int64]
    classes: tuple[str, ...]
    knows_truth: bool


def drawn(
    choice: SampleChoice, net: LiveNet, context: Context
) -> tuple[Sample, NDArray[np.int64], tuple[str, ...]]:
    """Pictures of a sample with their labels and classes, evenly from the test part.

    Raises:
        DataError: The data was not opened, or has no test pictures.
    """
    dataset = context.datasets.get(choice.data, choice.input_size)
    if dataset is None:
        raise DataError("{data} is no longer in memory.", "Ask again; it is read again.", data=choice.data)
    n_test = len(dataset.test_images)
    if not n_test:
        raise DataError("{data} has no test pictures.", "Choose another sample.", data=choice.data)
    places = np.unique(np.linspace(0, n_test - 1, min(choice.count, n_test)).round().astype(np.int64))
    sample = Sample(np.ascontiguousarray(dataset.test_images[places]), net.transform)
    return sample, dataset.test_labels[places], dataset.classes


def asking(choice: SampleChoice, net: LiveNet, context: Context) -> Generator[None, None, Asked]:
    """Draw and prepare a sample in slices.

    Raises:
        DataError: The data was not opened, or has no test pictures.
        ImageError: Its pictures cannot fill the network's channels.
        WeightsError: The network's outputs are not numbers.
    """
    assert context.device is not None, "UseDevice comes first"
    sample, truth, classes = drawn(choice, net, context)
    n = len(sample.images)
    parts = []
    for start in range(0, n, SLICE):
        parts.append(sample.prepared(start, min(start + SLICE, n), net.spec.in_channels))
        yield
    images = np.concatenate(parts)
    knows_truth = tuple(net.classes) == tuple(classes)
    labels = truth
    if not knows_truth:
        answers = []
        for start in range(0, n, SLICE):
            answers.append(predict(net.module, images[start : start + SLICE], context.device).argmax(1))
            yield
        labels = np.concatenate(answers).astype(np.int64)
    return Asked(sample, images, labels, truth, classes, knows_truth)
