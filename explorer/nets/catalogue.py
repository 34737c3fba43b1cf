"""Which trained weights exist for a network: those that ship with the program, and torchvision's.

Called by `nets/weights.py`, `engine` and `cli`. Must not import torch.

A bundled card is a JSON file in `resources/weights` beside its safetensors file. Its keys:

    name         as `--weights` takes it
    spec         the architecture, as a spec file has it
    file         the safetensors file's name, in the same folder
    sha256       of that file, 64 hex digits
    size_bytes   of that file
    classes      the class names by label
    mean, std    what pictures are normalised with, a number a channel, on a scale of 0 to 1
    accuracy     on the test set, 0 to 1
    loss         on the test set
    data         what it was trained and tested on, in words
    command, recipe, seed, commit, date
                 how it was made; shown, not interpreted
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from explorer import fetch, paths
from explorer.arch import spec as specs
from explorer.arch.families import essence
from explorer.arch.presets import preset
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import ExplorerError, WeightsError
from explorer.images.labels import load_labels
from explorer.nets.torchvision_table import TORCHVISION_WEIGHTS, TorchvisionWeights

if TYPE_CHECKING:
    # It needs NumPy, and the window asks for cards before its first paint.
    from explorer.images.prepare import Transform

Kind = Literal["bundled", "torchvision"]

FINDINGS_SUFFIX = ".findings.json"
"""Ends the names of files that say what was found in the weights beside them (`nets/findings_file.py`)."""


@dataclass(frozen=True, slots=True)
class WeightsCard:
    """What is known about one set of trained weights.

    Attributes:
        name: As `--weights` takes it; unique.
        kind: `bundled` ships with the program, `torchvision` is downloaded after asking.
        title: As people say it.
        spec: The network that it was trained as.
        path: The file, for bundled weights.
        resource: What to download, for torchvision's.
        size_bytes: Of the file; 0 where unknown.
        labels: The list of class names in `images.labels`; the empty text where the card brings its own.
        own_classes: Those the card brings.
        mean: What pictures are normalised with, a number a channel; empty for ImageNet's.
        std: Likewise.
        resize_size: The shorter side before the crop, in pixels; 0 where the whole centre square is resized.
        accuracy_percent: Top-1 accuracy on the test or validation set.
        data: What it was trained on.
        sha256: Of a bundled file.
    """

    name: str
    kind: Kind
    title: str
    spec: ArchitectureSpec
    path: Path | None
    resource: fetch.Resource | None
    size_bytes: int
    labels: str
    own_classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resize_size: int
    accuracy_percent: float
    data: str
    sha256: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names by label; torchvision's are read from their list when first asked for.

        Raises:
            DataError: The list is missing.
        """
        return self.own_classes or load_labels(self.labels)

    @property
    def transform(self) -> Transform:
        """How a photograph becomes the network's input.

        Raises:
            ImageError: The card's numbers make no sense.
        """
        from explorer.images.prepare import IMAGENET_MEAN, IMAGENET_STD, Transform

        mean, std, size = self.mean or IMAGENET_MEAN, self.std or IMAGENET_STD, self.spec.input_size
        if self.resize_size:
            return Transform(size, mean, std, "resize_then_crop", self.resize_size)
        return Transform(size, mean, std, "square", size, "bicubic")


def cards_for(spec: ArchitectureSpec) -> tuple[WeightsCard, ...]:
    """The weights of exactly this network, bundled ones first, then the most accurate first.

    Raises:
        WeightsError: A bundled card is damaged.
    """
    return _by_spec().get(essence(spec), ())


def cards_for_body(spec: ArchitectureSpec) -> tuple[WeightsCard, ...]:
    """Those of `cards_for`, then those of the same network with another number of classes.

    Raises:
        WeightsError: A bundled card is damaged.
    """
    counts = dict.fromkeys((spec.num_classes, *(card.spec.num_classes for card in all_cards())))
    return tuple(card for count in counts for card in cards_for(spec.edited(num_classes=count)))


def to_start_from(spec: ArchitectureSpec) -> WeightsCard | None:
    """What a training of a network goes on from where the user names no weights; None where none are known.

    Of `cards_for_body` the first that is on this machine, else the first that can be downloaded: the head is
    made anew for other classes.

    Raises:
        WeightsError: A bundled card is damaged.
    """
    cards = cards_for_body(spec)
    return next(filter(is_present, cards), cards[0] if cards else None)


def present_for(spec: ArchitectureSpec) -> WeightsCard | None:
    """The first of `cards_for` whose file is on this machine, or None.

    Raises:
        WeightsError: A bundled card is damaged.
    """
    return next((card for card in cards_for(spec) if is_present(card)), None)


def all_cards() -> tuple[WeightsCard, ...]:
    """Every card, bundled ones first.

    Raises:
        WeightsError: A bundled card is damaged.
    """
    return (*_bundled(), *_torchvision())


def by_name(name: str, spec: ArchitectureSpec | None = None) -> WeightsCard:
    """The card that `--weights NAME` means; upper and lower case are the same.

    Args:
        name: A card's name, or torchvision's name of the version where the network says the rest.
        spec: The network that it is for, where one is known.

    Raises:
        WeightsError: There is none of that name; the hint names the nearest.
    """
    known = {card.name.lower(): card for card in all_cards()}
    if spec is not None:
        known |= {card.name.lower().rpartition(".")[2]: card for card in cards_for(spec)}
    if card := known.get(name.lower()):
        return card
    near = difflib.get_close_matches(name.lower(), known, n=3)
    raise WeightsError(
        "There are no weights called {name}, and no file of that name.",
        "Give a file, or one of these: {names}.",
        name=name,
        names=", ".join(known[key].name for key in near or sorted(known)),
    )


def is_present(card: WeightsCard) -> bool:
    """Whether its file is on this machine and, for a download, is the one its publisher promised."""
    if card.path is not None:
        return card.path.is_file()
    try:
        return card.resource is not None and fetch.cached_path(card.resource) is not None
    except OSError:
        return False


def obtain(
    card: WeightsCard,
    *,
    allowed: bool,
    progress: fetch.Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """The card's file, downloaded first where it must be and may be.

    Args:
        card: Which weights.
        allowed: Whether the user has agreed to a download.
        progress: Called with the bytes there so far and the total, or None where nobody knows it.
        cancelled: Asked often; a cancelled download is continued by the next call.

    Raises:
        ConsentRequired: A download is needed and `allowed` is False.
        FetchCancelled: `cancelled` said so.
        FetchError: The download failed.
        WeightsError: A bundled file is missing.
    """
    if card.resource is not None:
        return fetch.fetch(card.resource, allowed=allowed, progress=progress, cancelled=cancelled)
    if card.path is None or not card.path.is_file():
        raise WeightsError(
            "The weights {name} that ship with the program are missing: {path}.",
            "Install resnet-explorer again.",
            name=card.name,
            path=card.path,
        )
    return card.path


def read_cards(folder: Path) -> tuple[WeightsCard, ...]:
    """The cards in a folder of bundled weights, sorted by file name; none where there is no folder.

    Raises:
        WeightsError: A card is damaged.
    """
    paths_of_cards = (path for path in folder.glob("*.json") if not path.name.endswith(FINDINGS_SUFFIX))
    return tuple(_read_card(path) for path in sorted(paths_of_cards))


def _read_card(path: Path) -> WeightsCard:
    try:
        values = json.loads(path.read_text("utf-8"))
        spec = specs.parse(values["spec"])
        mean, std = (tuple(map(float, values[key])) for key in ("mean", "std"))
        return WeightsCard(
            name=str(values["name"]),
            kind="bundled",
            title=f"{values['name']}, trained on {values['data']}",
            spec=spec,
            path=path.with_name(values["file"]),
            resource=None,
            size_bytes=int(values["size_bytes"]),
            labels="",
            own_classes=tuple(map(str, values["classes"])),
            mean=mean,
            std=std,
            resize_size=0,
            accuracy_percent=100 * float(values["accuracy"]),
            data=str(values["data"]),
            sha256=str(values["sha256"]),
        )
    except (OSError, ValueError, KeyError, TypeError, ExplorerError) as error:
        raise WeightsError(
            "The card {path} of bundled weights is damaged: {reason}.",
            "Install resnet-explorer again.",
            path=path,
            reason=f"it lacks {error}" if isinstance(error, KeyError) else str(error).rstrip("."),
        ) from error


def _torchvision_card(row: TorchvisionWeights) -> WeightsCard:
    known = preset(row.preset)
    return WeightsCard(
        name=f"{row.preset}.{row.name}",
        kind="torchvision",
        title=f"{known.title}, {row.name}",
        spec=known.spec,
        path=None,
        resource=row.resource,
        size_bytes=row.resource.size_bytes or 0,
        labels="imagenet1k",
        own_classes=(),
        mean=(),
        std=(),
        resize_size=row.resize_size,
        accuracy_percent=row.acc1,
        data="ImageNet-1k",
    )


@lru_cache(maxsize=1)
def _bundled() -> tuple[WeightsCard, ...]:
    return read_cards(paths.resources_dir() / "weights")


@lru_cache(maxsize=1)
def _torchvision() -> tuple[WeightsCard, ...]:
    return tuple(_torchvision_card(row) for row in TORCHVISION_WEIGHTS)


@lru_cache(maxsize=1)
def _by_spec() -> dict[ArchitectureSpec, tuple[WeightsCard, ...]]:
    found: dict[ArchitectureSpec, list[WeightsCard]] = {}
    for card in all_cards():
        found.setdefault(essence(card.spec), []).append(card)
    return {
        spec: tuple(sorted(cards, key=lambda card: (card.kind != "bundled", -card.accuracy_percent)))
        for spec, cards in found.items()
    }
