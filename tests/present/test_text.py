"""Numbers for people."""

import pytest

from explorer.present import text


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1.00 k"),
        (1000, "1.00 k"),
        (14_048, "14.0 k"),
        (853_018, "853 k"),
        (999_499, "999 k"),
        (999_500, "1.00 M"),
        (25_557_032, "25.6 M"),
        (4_089_184_256, "4.09 G"),
        (0.25, "0.25"),
    ],
)
def test_short_keeps_three_digits(number, expected):
    assert text.short(number) == expected


def test_grouped_shows_every_digit():
    assert text.grouped(853_018) == "853,018"


@pytest.mark.parametrize(
    ("n_bytes", "expected"),
    [
        (0, "0 bytes"),
        (512, "512 bytes"),
        (1024, "1.0 KB"),
        (4 * 25_557_032, "97 MB"),
        (4 * 11_689_512, "45 MB"),
        (1024**2 - 1, "1.0 MB"),
        (3 * 1024**3, "3.0 GB"),
    ],
)
def test_byte_size_counts_as_torchvision_does(n_bytes, expected):
    assert text.byte_size(n_bytes) == expected


def test_shape_and_times():
    assert text.shape((64, 56, 56)) == "64 × 56 × 56"
    assert text.shape((2048,)) == "2048"
    assert text.times("Bottleneck", 36) == "Bottleneck ×36"
    assert text.times("Bottleneck", 1) == "Bottleneck"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 8, "12 %"), (1, 250, "0.4 %"), (1, 100_000, "< 0.1 %"), (0, 5, "0 %"), (5, 0, "0 %")],
)
def test_share(part, whole, expected):
    assert text.share(part, whole) == expected


def test_a_change_says_its_direction():
    assert [text.signed("5", number) for number in (5, -5, 0)] == ["+5", "−5", "5"]


@pytest.mark.parametrize(
    ("milliseconds", "written"),
    [
        (0.84, "0.8 ms"),
        (9.96, "10 ms"),
        (272.3, "272 ms"),
        (999.6, "1.0 s"),
        (1420, "1.4 s"),
        (95_400, "95 s"),
    ],
)
def test_a_duration_is_written_without_powers_of_ten(milliseconds, written):
    assert text.duration_ms(milliseconds) == written
