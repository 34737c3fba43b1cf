"""What a network is given, held against torchvision."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from explorer.errors import ImageError
from explorer.images.prepare import (
    CIFAR_MEAN,
    IMAGENET_MEAN,
    Transform,
    cifar_transform,
    imagenet_transform,
    normalised,
    seen,
    transform_for,
)

SIZES = [
    (256, 256),
    (500, 375),
    (375, 500),
    (301, 257),
    (257, 301),
    (640, 427),
    (100, 80),
    (33, 47),
    (1, 1),
    (2, 300),
]


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng([width, height]).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_imagenet_transform_is_torchvision_s_v1_preset_bit_for_bit(width, height):
    from torchvision.models import ResNet18_Weights

    pixels = noise(width, height)
    expected = ResNet18_Weights.IMAGENET1K_V1.transforms()(Image.fromarray(pixels)).numpy()
    transform = imagenet_transform()
    assert np.array_equal(normalised(seen(pixels, transform), transform), expected)


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("size", "resize"), [(224, 232), (225, 256), (97, 111), (224, 224)])
def test_other_sizes_and_filters_are_torchvision_s_too(interpolation, size, resize):
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms._presets import ImageClassification

    preset = ImageClassification(
        crop_size=size, resize_size=resize, interpolation=InterpolationMode(interpolation)
    )
    transform = Transform(
        size, IMAGENET_MEAN, (0.229, 0.224, 0.225), "resize_then_crop", resize, interpolation
    )
    for width, height in [(501, 377), (120, 90)]:
        pixels = noise(width, height)
        expected = preset(Image.fromarray(pixels)).numpy()
        assert np.array_equal(normalised(seen(pixels, transform), transform), expected)


def test_a_thin_strip_does_not_grow_to_gigabytes():
    # Ten thousand rows, 40 of each value; enlarged 128 times, the crop is less than two rows of the middle.
    rows = np.repeat(np.arange(0, 250, dtype=np.uint8), 40)
    strip = np.broadcast_to(rows[:, None, None], (10_000, 2, 3))
    result = seen(strip, imagenet_transform())
    assert result.shape == (224, 224, 3)
    assert set(np.unique(result).tolist()) == {124, 125}


def test_square_takes_the_centre_square_whole():
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, 32:96] = 200
    assert (seen(pixels, cifar_transform()) == 200).all()
    assert (seen(pixels.transpose(1, 0, 2), cifar_transform()) == 200).all()


def test_square_shrinks_with_antialiasing():
    checks = np.indices((256, 256)).sum(axis=0) % 2 * 255
    pixels = np.repeat(checks[..., None], 3, axis=2).astype(np.uint8)
    result = seen(pixels, cifar_transform())
    assert np.abs(result.astype(int) - 127).max() <= 2


def test_square_leaves_a_picture_of_the_right_size_alone():
    pixels = noise(32, 32)
    assert np.array_equal(seen(pixels, cifar_transform()), pixels)


def test_normalised_is_contiguous_and_follows_the_formula():
    pixels = noise(32, 32)
    result = normalised(pixels, cifar_transform())
    assert result.dtype == np.float32
    assert result.shape == (3, 32, 32)
    assert result.flags.c_contiguous
    expected = (pixels / 255 - CIFAR_MEAN) / (0.2470, 0.2435, 0.2616)
    np.testing.assert_allclose(result, expected.transpose(2, 0, 1), rtol=1e-4, atol=1e-5)


def test_grey_networks_get_luma_and_grey_pictures_fill_colour_networks():
    grey_transform = Transform(32, (0.3,), (0.4,), "square", 32)
    pixels = noise(32, 32)
    luma = np.asarray(Image.fromarray(pixels).convert("L"))
    result = normalised(pixels, grey_transform, in_channels=1)
    np.testing.assert_allclose(result, (luma[None] / 255 - 0.3) / 0.4, rtol=1e-4, atol=1e-5)
    grey = luma[..., None]
    assert np.array_equal(normalised(grey, grey_transform, in_channels=1), result)
    repeated = normalised(grey, grey_transform)
    assert np.array_equal(repeated, np.repeat(result, 3, axis=0))
    with_colour_stats = normalised(grey, cifar_transform())
    colour = normalised(np.repeat(grey, 3, axis=2), cifar_transform())
    assert np.array_equal(with_colour_stats, colour)
    averaged = normalised(pixels, cifar_transform(), in_channels=1)
    np.testing.assert_allclose(averaged, (luma[None] / 255 - 0.4734) / 0.2507, rtol=1e-3, atol=1e-3)


def test_other_channel_counts_are_refused():
    with pytest.raises(ImageError, match="4 input channels"):
        normalised(noise(32, 32), cifar_transform(), in_channels=4)


def test_transform_for_chooses_by_size():
    assert transform_for(32) == cifar_transform(32)
    assert transform_for(96).crop == "square"
    assert transform_for(224) == imagenet_transform(224, 256)
    assert transform_for(97).resize_size == 111


@pytest.mark.parametrize(
    "transform", [cifar_transform(), imagenet_transform(), Transform(8, (0.5,), (1.0,), "square", 8)]
)
def test_transforms_survive_json(transform):
    assert Transform.from_dict(json.loads(json.dumps(transform.to_dict()))) == transform


@pytest.mark.parametrize(
    "change",
    [
        {"input_size": 0},
        {"input_size": "large"},
        {"mean": [0.1, 0.2]},
        {"mean": None},
        {"std": [0.0, 1.0, 1.0]},
        {"crop": "random"},
        {"interpolation": "magic"},
        {"resize_size": 100},
    ],
)
def test_damaged_descriptions_are_refused(change):
    with pytest.raises(ImageError):
        Transform.from_dict(imagenet_transform().to_dict() | change)


def test_a_description_without_a_field_is_refused():
    values = cifar_transform().to_dict()
    del values["mean"]
    with pytest.raises(ImageError, match="mean"):
        Transform.from_dict(values)
