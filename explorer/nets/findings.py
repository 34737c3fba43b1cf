"""What a sample brings to light in a network, as frozen values that cross from the compute thread.

Made by `nets/exciting.py`, `nets/pooled.py` and `nets/profile.py`. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Excitement:
    """Which pictures of a sample excite each channel of a node most; arrays are read-only.

    Attributes:
        key: The node's.
        values: float32 (channels, k): the greatest activation of each picture, the strongest picture first.
        pictures: int64 (channels, k): their places in the sample.
        rows: int64 (channels, k): where on the map it is; 0 for vectors.
        columns: As `rows`.
        images: How many pictures the sample has.
    """

    key: str
    values: NDArray[np.float32]
    pictures: NDArray[np.int64]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    images: int


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """The part of a picture that one activation sees.

    Attributes:
        picture: The picture's place in the sample.
        value: The activation.
        pixels: uint8 (height, width, channels), a copy; None where it sees nothing but padding.
    """

    picture: int
    value: float
    pixels: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True, eq=False)
class PooledFeatures:
    """Channel means of nodes over their maps; arrays are read-only.

    Attributes:
        by_key: float32 (images, channels) for each node, in the network's order.
    """

    by_key: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class PartProfile:
    """What one part of a network costs on the device.

    Attributes:
        key: A block's, `stem` or `head`.
        seconds: The median time of its operations for the batch.
        share: Of the sum of all parts, 0 to 1.
        macs: Predicted multiply-adds for one picture.
        macs_share: Of the whole network's, 0 to 1.
        peak_bytes: The most memory that its tensors held at once above the weights; what is kept from
            earlier parts counts.
    """

    key: str
    seconds: float
    share: float
    macs: int
    macs_share: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Measured time and memory by part.

    Attributes:
        parts: In the network's order.
        seconds: Of all parts together.
        batch: Pictures at a time.
        repetitions: Of which the medians are.
        device: The device's name.
        memory: `allocator`: read from the device's allocator, workspace included. `tensors`: the sizes of
            the tensors that were alive, because the CPU's allocator keeps no count; scratch memory inside an
            operation is not in it.
    """

    parts: tuple[PartProfile, ...]
    seconds: float
    batch: int
    repetitions: int
    device: str
    memory: Literal["allocator", "tensors"]
