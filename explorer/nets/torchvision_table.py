"""torchvision's ImageNet weights as data: where each file is, its hash, and how its pictures are prepared.

Called by `nets/catalogue.py`. Imports no torch: the names, addresses, sizes
and accuracies are those of torchvision's `models/resnet.py`. The second version of a network was trained
longer, with stronger augmentation; it is torchvision's default where there is one.

Hashes: torchvision's file names carry the first eight digits of the SHA-256 only. The full ones below were
found in public lists of checksums and agree with those digits, all but wide_resnet101_2's in several lists.
Where no full one was found in public, the eight digits are checked, and the hash of the first download holds
from then on (see `fetch.Resource`). Sizes to the byte come from public lists too; where there was none,
torchvision's own figure (MiB with three decimals) bounds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

from explorer.fetch import Resource

_FOLDER = "https://download.pytorch.org/models/"
_MIB = 1 << 20
_ROUNDING_BYTES = 525  # half of a thousandth of a MiB, rounded up


@dataclass(frozen=True, slots=True)
class TorchvisionWeights:
    """One file of trained weights.

    Args:
        preset: Our preset's name, which is torchvision's.
        name: torchvision's name of the version.
        resource: Where the file is and how it is known.
        resize_size: Pixels of the shorter side after resizing.
        acc1: Top-1 accuracy on ImageNet's validation set in percent, as torchvision reports it.
    """

    preset: str
    name: str
    resource: Resource
    resize_size: int
    acc1: float


def _row(
    preset: str,
    sha256: str,
    size: int | float,
    acc1: float,
    resize_size: int = 256,
    version: Literal["V1", "V2"] = "V1",
) -> TorchvisionWeights:
    """Make one row; `size` is in bytes where it is whole, else torchvision's MiB."""
    file_name = f"{preset}-{sha256[:8]}.pth"
    resource = Resource(
        url=_FOLDER + file_name,
        sha256=sha256,
        size_bytes=size if isinstance(size, int) else round(size * _MIB),
        name=file_name,
        size_tolerance_bytes=0 if isinstance(size, int) else _ROUNDING_BYTES,
    )
    name = f"IMAGENET1K_{version}"
    return TorchvisionWeights(preset, name, resource, resize_size, acc1)


_second = partial(_row, resize_size=232, version="V2")


TORCHVISION_WEIGHTS: tuple[TorchvisionWeights, ...] = (
    _row(
        "resnet18",
        "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
        46_830_571,
        69.758,
    ),
    _row(
        "resnet34",
        "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
        87_319_819,
        73.314,
    ),
    _row(
        "resnet50",
        "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
        102_530_333,
        76.130,
    ),
    _row(
        "resnet101",
        "63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a",
        170.511,
        77.374,
    ),
    _row(
        "resnet152",
        "394f9c45966e3651a89bbb78a48410a6755854ce4a5ab64927cf1c7247f85e58",
        230.434,
        78.312,
    ),
    _row("resnext50_32x4d", "7cdf4587", 100_441_675, 77.618),
    _row("resnext101_32x8d", "8ba56ff5", 356_082_095, 79.312),
    _row("resnext101_64x4d", "173b62eb", 319.318, 83.246, resize_size=232),
    _row(
        "wide_resnet50_2",
        "95faca4d11227dddf8633dbb5ff6c8a9003c1aa5b8945c73834b8007b10950b8",
        138_223_492,
        78.468,
    ),
    _row(
        "wide_resnet101_2",
        "32ee11565f95f2f07223b243ada444a6457c4b90a88e6e293922813faf6dfd06",
        254_695_146,
        78.848,
    ),
    _second(
        "resnet50",
        "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
        102_540_417,
        80.858,
    ),
    _second("resnet101", "cd907fc2", 170.530, 81.886),
    _second("resnet152", "f82ba261", 230.474, 82.284),
    _second("resnext50_32x4d", "1a0047aa", 95.833, 81.198),
    _second("resnext101_32x8d", "110c445d", 339.673, 82.834),
    _second("wide_resnet50_2", "9ba9bcbe", 263.124, 81.602),
    _second("wide_resnet101_2", "d733dc28", 484.747, 82.510),
)
