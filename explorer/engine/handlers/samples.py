"""A labelled sample as a column's network wants it.

Used by `handlers/inside_sample.py`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.arch.expand import expand
from explorer.engine.context import Context, LiveNet
from explorer.engine.sample_messages import SampleChoice
from explorer.errors import DataError
from explorer.nets.predict import predict
from explorer.nets.sample import Sample
from explorer.nets.walk import slice_size

SLICE = 100
"""Pictures that are prepared between two yields."""
PREPARED_BYTES = 256 * 1024 * 1024
"""Prepared pictures at most: a network for large pictures is asked fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a network is asked.

    Attributes:
        images: Prepared, (n, channels, height, width).
        labels: The truth where the network's classes are the data's; else what the network itself answers,
            so that accuracy is the share of answers that stay the same.
        knows_truth: Which of the two `labels` are.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
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


def preparing(
    choice: SampleChoice, net: LiveNet, context: Context
) -> Generator[None, None, tuple[NDArray[np.float32], NDArray[np.int64], tuple[str, ...]]]:
    """Draw and prepare a sample in slices.

    Returns:
        The network's input, (n, channels, height, width), the data's own labels and its classes.

    Raises:
        DataError: The data was not opened, or has no test pictures.
        ImageError: Its pictures cannot fill the network's channels.
    """
    channels = net.spec.in_channels
    fitting = PREPARED_BYTES // (4 * channels * net.transform.input_size**2)
    choice = replace(choice, count=max(1, min(choice.count, fitting)))
    sample, truth, classes = drawn(choice, net, context)
    n = len(sample.images)
    parts = []
    for start in range(0, n, SLICE):
        parts.append(sample.prepared(start, min(start + SLICE, n), channels))
        yield
    return np.concatenate(parts), truth, classes


def asking(choice: SampleChoice, net: LiveNet, context: Context) -> Generator[None, None, Asked]:
    """Draw and prepare a sample in slices, and say what the network is to answer.

    Raises:
        DataError: The data was not opened, or has no test pictures.
        ImageError: Its pictures cannot fill the network's channels.
        WeightsError: The network's outputs are not numbers.
    """
    assert context.device is not None, "UseDevice comes first"
    images, truth, classes = yield from preparing(choice, net, context)
    knows_truth = tuple(net.classes) == tuple(classes)
    labels = truth
    if not knows_truth:
        answers = []
        size = slice_size(expand(net.spec), context.device)
        for start in range(0, len(images), size):
            answers.append(predict(net.module, images[start : start + size], context.device).argmax(1))
            yield
        labels = np.concatenate(answers).astype(np.int64)
    return Asked(images, labels, knows_truth)
