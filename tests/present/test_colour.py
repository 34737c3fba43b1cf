"""Palettes are even in lightness, symmetric about zero, and mark what is no number."""

import numpy as np
import pytest

from explorer.present import colour


def luminance(rgb):
    part = rgb / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("palette", ["sequential", "diverging", "grey"])
def test_a_table_has_256_read_only_srgb_entries(palette):
    colours = colour.table(palette)
    assert colours.shape == (256, 3)
    assert colours.dtype == np.uint8
    assert not colours.flags.writeable


@pytest.mark.parametrize("palette", ["sequential", "grey"])
def test_dark_to_light_without_a_step_back(palette):
    light = luminance(colour.table(palette).astype(float))
    assert light[0] < 0.02
    assert light[-1] > 0.85
    # Bytes are rounded: neighbours may be level, never clearly darker.
    assert (np.diff(light) > -0.004).all()
    assert (light[4:] > light[:-4]).all()


def test_the_sequential_palette_is_even_in_perceived_lightness():
    # CIE L* is another scale than the one the palette is made in, so it can judge it.
    y = luminance(colour.table("sequential").astype(float))
    lightness = np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)
    even = np.linspace(lightness[0], lightness[-1], 256)
    assert np.abs(lightness - even).max() < 6


def test_diverging_is_blue_below_orange_above_neutral_and_darkest_at_zero():
    colours = colour.table("diverging").astype(int)
    assert colours[60, 2] > colours[60, 0] + 60
    assert colours[195, 0] > colours[195, 2] + 60
    assert np.ptp(colours[127:129], axis=1).max() <= 10
    light = luminance(colours.astype(float))
    assert light.argmin() in (126, 127, 128, 129)
    # Equal distances from zero look equally strong.
    assert np.abs(np.sqrt(light) - np.sqrt(light[::-1])).max() < 0.06


def test_the_mark_is_in_no_palette():
    for palette in ("sequential", "diverging", "grey"):
        away = np.abs(colour.table(palette).astype(int) - colour.MARKED).sum(axis=1)
        assert away.min() > 100


def test_apply_takes_ends_clips_beyond_them_and_marks_what_is_no_number():
    table = colour.table("sequential")
    got = colour.apply(np.array([[0.0, 1.0, -5.0], [7.0, np.nan, np.inf]]), "sequential")
    assert got.shape == (2, 3, 3)
    np.testing.assert_array_equal(got[0], [table[0], table[255], table[0]])
    np.testing.assert_array_equal(got[1], [table[255], colour.MARKED, colour.MARKED])
