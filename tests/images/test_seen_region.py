"""Where what a network sees lies in the photograph."""

import numpy as np
import pytest

from explorer.images.prepare import cifar_transform, imagenet_transform, seen


@pytest.mark.parametrize(
    "transform", [cifar_transform(32), imagenet_transform(), imagenet_transform(224, 232)]
)
@pytest.mark.parametrize("sides", [(480, 640), (700, 500)])
def test_the_kept_share_says_where_the_edges_are(transform, sides):
    height, width = sides
    photo = np.zeros((height, width, 3), np.uint8)
    # Red counts columns, green counts rows.
    photo[..., 0] = np.linspace(0, 255, width, dtype=np.float32)[None]
    photo[..., 1] = np.linspace(0, 255, height, dtype=np.float32)[:, None]
    pixels = seen(photo, transform)
    side = transform.kept_share * min(sides)
    middle = transform.input_size // 2
    for place, whole, first, last in (
        (0, width, pixels[middle, 0, 0], pixels[middle, -1, 0]),
        (1, height, pixels[0, middle, 1], pixels[-1, middle, 1]),
    ):
        start, stop = ((whole - side) / 2 / whole * 255, (whole + side) / 2 / whole * 255)
        # A pixel stands for its middle.
        half = (stop - start) / transform.input_size / 2
        assert first == pytest.approx(start + half, abs=2), place
        assert last == pytest.approx(stop - half, abs=2), place
