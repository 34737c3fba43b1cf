"""How many pictures a network is looked into with."""

import pytest

from explorer.arch.presets import preset
from explorer.state.reducer.sample_size import LEAST_PICTURES, sample_size


@pytest.mark.parametrize(
    ("name", "passes", "expected"),
    [("cifar-resnet20", 1, 1000), ("resnet50", 1, 244), ("resnet50", 16, LEAST_PICTURES)],
)
def test_a_cpu_is_asked_about_fewer_pictures_of_a_heavy_network(name, passes, expected):
    assert sample_size(preset(name).spec, 1000, is_cpu=True, passes=passes) == expected


def test_other_devices_are_asked_about_all():
    assert sample_size(preset("resnet152").spec, 1000, is_cpu=False, passes=50) == 1000


def test_a_small_sample_stays_as_it_is():
    assert sample_size(preset("resnet152").spec, 20, is_cpu=True, passes=50) == 20
