"""Street View House Numbers, cropped digits, in MATLAB's format.

Called by `images.published`. Imports no torch and no Qt; SciPy when it reads.

A file holds `X`, (32, 32, 3, N) bytes, and `y`, (N, 1), the digits with 10 for zero.
Source: http://ufldl.stanford.edu/housenumbers, "Format 2".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from explorer.images.raw_part import RawPart, checked, damaged

CLASSES = tuple(str(digit) for digit in range(10))
_PLACES = {"train": 0, "test": 1}


def read_svhn(paths: tuple[Path, ...], part: str) -> RawPart:
    """A part of SVHN; the extra pictures are left out.

    Args:
        paths: Of `train_32x32.mat` and `test_32x32.mat`.
        part: `train` or `test`.

    Raises:
        DataError: The file is damaged.
    """
    from scipy.io import loadmat

    path = paths[_PLACES[part]]
    try:
        content = loadmat(path, variable_names=("X", "y"))
        images, labels = content["X"], content["y"]
    except Exception as error:  # SciPy raises what its parser stumbles over: struct.error, TypeError and more
        raise damaged(path, str(error) or type(error).__name__) from error
    if images.ndim != 4 or images.shape[2] != 3 or images.dtype != np.uint8:
        raise damaged(path, "its pictures are not RGB bytes")
    digits = labels.reshape(-1).astype(np.int64)
    return checked(RawPart(CLASSES, images.transpose(3, 0, 1, 2), digits % 10), path)
