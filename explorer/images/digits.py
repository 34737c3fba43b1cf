"""scikit-learn's handwritten digits: 1,797 grey pictures of 8×8, on this machine wherever scikit-learn is.

Called by `images.datasets`. Imports no torch and no Qt; scikit-learn only when the digits are asked for.

Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository
(1998), its test part.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from explorer.images.dataset import PARTS, Dataset, is_for_test
from explorer.images.labels import load_labels

NAME = "digits"
TITLE = "Digits (scikit-learn)"
ABOUT = "1,797 handwritten digits of 8×8 pixels, grey; learned within seconds on a CPU."
N_CLASSES = 10


def open_digits(input_size: int, seed: int = 0, parts: Sequence[str] = PARTS) -> Dataset:
    """The digits, resized; a fifth of each class is for testing.

    Args:
        input_size: Side of the pictures wanted, in pixels.
        seed: For the split.
        parts: `train`, `test` or both.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    labels = bunch.target.astype(np.int64)
    levels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)  # 0 … 16 in the file
    images = np.stack(
        [
            np.asarray(Image.fromarray(level).resize((input_size, input_size), Image.Resampling.BILINEAR))
            for level in levels
        ]
    )[..., None]
    is_test = is_for_test(labels, N_CLASSES, seed)
    chosen = [mask & (part in parts) for part, mask in zip(PARTS, (~is_test, is_test), strict=True)]
    train_images, test_images = (images[mask] for mask in chosen)
    train_labels, test_labels = (labels[mask] for mask in chosen)
    for array in (train_images, train_labels, test_images, test_labels):
        array.flags.writeable = False
    return Dataset(
        NAME,
        load_labels(NAME),
        train_images,
        train_labels,
        test_images,
        test_labels,
        (),
        title=TITLE,
        is_split_here=True,
        keeps_flips=False,
    )
