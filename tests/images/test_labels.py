"""The shipped class names."""

from __future__ import annotations

import pytest

from explorer.errors import DataError
from explorer.images.labels import KNOWN, load_labels


def test_imagenet_names_are_torchvision_s():
    from torchvision.models import ResNet50_Weights

    assert list(load_labels("imagenet1k")) == ResNet50_Weights.IMAGENET1K_V1.meta["categories"]


@pytest.mark.parametrize(("name", "count"), [("cifar10", 10), ("imagenet1k", 1000), ("digits", 10)])
def test_every_list_has_its_length_and_no_empty_name(name, count):
    labels = load_labels(name)
    assert name in KNOWN
    assert len(labels) == count
    assert all(label == label.strip() and label for label in labels)


def test_cifar_names_stand_in_label_order():
    assert load_labels("cifar10")[3] == "cat"
    assert list(load_labels("cifar10")) == sorted(load_labels("cifar10"))


def test_unknown_lists_are_named():
    with pytest.raises(DataError, match="cifar10, imagenet1k, digits"):
        load_labels("../secrets")
