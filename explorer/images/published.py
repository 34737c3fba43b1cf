"""The published data sets: where their files are, which hashes they have, and how they become a `Dataset`.

Called by `images.datasets`, the engine's data handlers and the command line. Imports no torch and no Qt.
Downloads only in `fetch_published`, whose caller has asked the user.

Hashes and sizes are those that TensorFlow Datasets publishes (tensorflow_datasets/url_checksums); the files'
MD5 sums there and in torchvision's sources agree with their publishers'. All addresses are https.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer import fetch, paths
from explorer.errors import DataError
from explorer.fetch import Resource
from explorer.images.cifar import read_cifar10, read_cifar100
from explorer.images.dataset import PARTS, Dataset, Progress, say_nothing
from explorer.images.decode_cache import DecodeCache, DecodedChunk
from explorer.images.idx import read_fashion_mnist, read_mnist
from explorer.images.prepare import Transform, seen, transform_for
from explorer.images.raw_part import RawPart
from explorer.images.svhn import read_svhn

_CHUNK_PICTURES = 1024
_CHUNK_BYTES = 4 * 2**20


@dataclass(frozen=True, slots=True)
class PublishedSet:
    """A data set that its publisher offers.

    Attributes:
        name: As the command line takes it.
        title: For people.
        about: One sentence.
        n_classes: How many classes it has.
        channels: 3, or 1 for grey pictures.
        keeps_flips: Whether a mirrored picture is of the same class.
        files: In the order that `read` takes them.
        read: Reads `train` or `test` from the files.
    """

    name: str
    title: str
    about: str
    n_classes: int
    channels: int
    keeps_flips: bool
    files: tuple[Resource, ...]
    read: Callable[[tuple[Path, ...], str], RawPart]

    @property
    def size_bytes(self) -> int:
        """To download, in all."""
        return sum(file.size_bytes or 0 for file in self.files)


def _idx_files(name: str, address: str, parts: Sequence[tuple[str, str, int]]) -> tuple[Resource, ...]:
    """IDX files are called alike everywhere, so the set's name goes before theirs in the cache."""
    return tuple(
        Resource(f"{address}/{file}", digest, n_bytes, f"{name}-{file}") for file, digest, n_bytes in parts
    )


SETS: dict[str, PublishedSet] = {
    one.name: one
    for one in (
        PublishedSet(
            "cifar10",
            "CIFAR-10",
            "60,000 colour pictures of 32×32 pixels in 10 classes; the set of the paper's section 4.2.",
            10,
            3,
            True,
            (
                Resource(
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                    170_052_171,
                    "cifar-10-binary.tar.gz",
                ),
            ),
            read_cifar10,
        ),
        PublishedSet(
            "cifar100",
            "CIFAR-100",
            "60,000 colour pictures of 32×32 pixels in 100 classes, 600 of each.",
            100,
            3,
            True,
            (
                Resource(
                    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                    168_513_733,
                    "cifar-100-binary.tar.gz",
                ),
            ),
            read_cifar100,
        ),
        PublishedSet(
            "mnist",
            "MNIST",
            "70,000 handwritten digits of 28×28 pixels, grey.",
            10,
            1,
            False,
            _idx_files(
                "mnist",
                "https://storage.googleapis.com/cvdf-datasets/mnist",
                (
                    (
                        "train-images-idx3-ubyte.gz",
                        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                        9_912_422,
                    ),
                    (
                        "train-labels-idx1-ubyte.gz",
                        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                        28_881,
                    ),
                    (
                        "t10k-images-idx3-ubyte.gz",
                        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                        1_648_877,
                    ),
                    (
                        "t10k-labels-idx1-ubyte.gz",
                        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                        4_542,
                    ),
                ),
            ),
            read_mnist,
        ),
        PublishedSet(
            "fashion-mnist",
            "Fashion-MNIST",
            "70,000 pieces of clothing of 28×28 pixels, grey.",
            10,
            1,
            True,
            _idx_files(
                "fashion-mnist",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
                (
                    (
                        "train-images-idx3-ubyte.gz",
                        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                        26_421_880,
                    ),
                    (
                        "train-labels-idx1-ubyte.gz",
                        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                        29_515,
                    ),
                    (
                        "t10k-images-idx3-ubyte.gz",
                        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                        4_422_102,
                    ),
                    (
                        "t10k-labels-idx1-ubyte.gz",
                        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                        5_148,
                    ),
                ),
            ),
            read_fashion_mnist,
        ),
        PublishedSet(
            "svhn",
            "SVHN",
            "99,289 house numbers' digits from the street, in colour, 32×32 pixels.",
            10,
            3,
            False,
            (
                Resource(
                    "https://ufldl.stanford.edu/housenumbers/train_32x32.mat",
                    "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8",
                    182_040_794,
                    "svhn-train_32x32.mat",
                ),
                Resource(
                    "https://ufldl.stanford.edu/housenumbers/test_32x32.mat",
                    "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b",
                    64_275_384,
                    "svhn-test_32x32.mat",
                ),
            ),
            read_svhn,
        ),
    )
}
"""By name."""


def is_present(one: PublishedSet) -> bool:
    """Whether all its files are on this machine and are the right ones.

    Raises:
        OSError: A file is there but cannot be read.
    """
    return all(fetch.cached_path(file) is not None for file in one.files)


def fetch_published(
    one: PublishedSet,
    *,
    allowed: bool,
    progress: Callable[[int, int], None] = say_nothing,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Download what is missing of a data set, and check every file.

    Args:
        one: The data set.
        allowed: Whether the user has agreed; without it no connection is opened.
        progress: Called with the bytes that are there, and all bytes of the set.
        cancelled: Asked every 50 ms. A cancelled download is continued by the next call.

    Raises:
        ConsentRequired: Something is missing and `allowed` is False.
        FetchCancelled: `cancelled` said so.
        FetchError: A file cannot be had, written, or is not what its publisher promised.
    """
    before = 0
    for file in one.files:

        def tell(done: int, total: int | None, before: int = before) -> None:
            progress(before + done, one.size_bytes)

        fetch.fetch(file, allowed=allowed, progress=tell, cancelled=cancelled)
        before += file.size_bytes or 0


def open_published(
    one: PublishedSet, input_size: int, progress: Progress = say_nothing, parts: Sequence[str] = PARTS
) -> Dataset:
    """Open a data set that was downloaded; what it holds is resized once and kept.

    Args:
        one: The data set.
        input_size: Side of the pictures wanted, in pixels.
        progress: Told of pictures.
        parts: `train`, `test` or both.

    Raises:
        DataError: It was not downloaded, or a file is damaged.
    """
    files = tuple(fetch.cached_path(file) for file in one.files)
    if not all(files):
        raise DataError(
            "{title} has not been downloaded ({size} MB).",
            "Allow it with --allow-download on the command line, or with the download button in the window.",
            title=one.title,
            size=max(1, round(one.size_bytes / 1e6)),
        )
    present = tuple(file for file in files if file is not None)
    digests = " ".join(file.sha256 for file in one.files)
    cache = DecodeCache(paths.cache_dir() / "datasets", present[0], digests, input_size, one.channels)
    kept = {part: cache.read(part) for part in parts}
    for part in (part for part in PARTS if part in parts and kept[part] is None):
        raw = one.read(present, part)
        chunks = _resized(raw, input_size, progress)
        kept[part] = cache.write(part, raw.classes, len(raw.labels), chunks)
    held = {part: found for part, found in kept.items() if found is not None}
    nothing = (np.zeros((0, input_size, input_size, one.channels), np.uint8), np.zeros(0, np.int64))
    train, test = ((held[part].images, held[part].labels) if part in held else nothing for part in PARTS)
    classes = next(iter(held.values())).classes
    return Dataset(one.name, classes, *train, *test, (), title=one.title, keeps_flips=one.keeps_flips)


def _resized(raw: RawPart, input_size: int, progress: Progress) -> Iterator[DecodedChunk]:
    transform = transform_for(input_size)
    n_pictures = len(raw.labels)
    step = max(1, min(_CHUNK_PICTURES, _CHUNK_BYTES // (input_size * input_size * 3)))
    for start in range(0, n_pictures, step):
        pictures = raw.images[start : start + step]
        if pictures.shape[1:3] != (input_size, input_size):
            pictures = np.stack([_seen(picture, transform) for picture in pictures])
        labels = raw.labels[start : start + step].tolist()
        yield DecodedChunk(pictures, labels, [])
        progress(start + len(labels), n_pictures)


def _seen(picture: NDArray[np.uint8], transform: Transform) -> NDArray[np.uint8]:
    """What a network sees of it, with as many channels as it has."""
    if picture.shape[2] == 3:
        return seen(picture, transform)
    return seen(np.repeat(picture, 3, axis=2), transform)[..., :1]
