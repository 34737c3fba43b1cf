"""What the window and the IO pool say to each other about labelled data.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from explorer.engine.messages import Event, Request

if TYPE_CHECKING:
    from explorer.engine.values import Uint8Array


@dataclass(frozen=True, slots=True)
class DataCard:
    """A data set that the program knows by name.

    Attributes:
        name: As the command line takes it.
        title: For people.
        about: One sentence.
        size_bytes: To download; 0 where nothing is.
        is_present: Whether it can be opened without the network.
        n_classes: How many classes it has.
    """

    name: str
    title: str
    about: str
    size_bytes: int
    is_present: bool
    n_classes: int


@dataclass(frozen=True, slots=True, eq=False)
class DataFacts:
    """What is in a data set; compared by identity.

    Attributes:
        data: Its name or path, as it was asked for.
        title: For people.
        input_size: Side of the pictures, in pixels, as they were opened.
        channels: 1 for grey, 3 for colour.
        classes: By label.
        train_counts: Pictures a class.
        test_counts: Likewise.
        is_split_here: Whether the test part was drawn by the program, because the data has none.
        mean: Of the training pixels, 0 to 1, a number a channel.
        std: Likewise.
        samples: For each class up to eight pictures, (side, side, 3), read-only.
        broken: Name and reason of each file that was left out.
        keeps_flips: Whether a mirrored picture is of the same class.
    """

    data: str
    title: str
    input_size: int
    channels: int
    classes: tuple[str, ...]
    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...]
    is_split_here: bool
    mean: tuple[float, ...]
    std: tuple[float, ...]
    samples: tuple[tuple[Uint8Array, ...], ...]
    broken: tuple[tuple[str, str], ...]
    keeps_flips: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListData(Request):
    """Which data sets are there: by name, taught, and used before.

    Attributes:
        recent: Folders and zips that were used before, newest first.
    """

    on_io_pool: ClassVar[bool] = True

    recent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenData(Request):
    """Read a data set and keep it for training. Nothing is downloaded.

    Attributes:
        data: Its name, or the path of a folder or zip of class folders.
        input_size: Side of the pictures wanted, in pixels.
    """

    on_io_pool: ClassVar[bool] = True

    data: str
    input_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchData(Request):
    """Download a data set. The user has said yes."""

    on_io_pool: ClassVar[bool] = True

    name: str

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class PeekFolder(Request):
    """Find out whether a dropped folder or zip holds class folders; reads names only."""

    on_io_pool: ClassVar[bool] = True
    replaces: ClassVar[bool] = False

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectTaught(Request):
    """Make a data set of the pictures in the user's bins: copied into the program's data folder.

    Attributes:
        name: Of the set.
        bins: Class names, each with the numbers of its pictures.
    """

    on_io_pool: ClassVar[bool] = True

    name: str
    bins: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTaught(Request):
    """Read pictures that were taught in another session; they are told as those that are dropped.

    Attributes:
        pictures: The path of each, and what it is called.
    """

    on_io_pool: ClassVar[bool] = True

    pictures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataListed(Event):
    """The data sets that are there.

    Attributes:
        cards: Those that the program knows by name.
        places: Folders and zips: those used before that still exist, then those that were taught.
    """

    cards: tuple[DataCard, ...]
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DataProgress(Event):
    """How much of a data set is read."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataOpened(Event):
    """A data set is in memory."""

    facts: DataFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFetched(Event):
    """A data set is on this machine, and its hash is right."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderPeeked(Event):
    """What a dropped folder or zip holds.

    Attributes:
        path: The folder or zip.
        classes: Class names; fewer than two where it holds no class folders.
        n_pictures: Pictures in it.
    """

    path: str
    classes: tuple[str, ...]
    n_pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtCollected(Event):
    """The user's bins are a folder of class folders now.

    Attributes:
        path: The folder.
        files: For the number of each picture the file that it is there.
    """

    path: str
    files: tuple[tuple[int, str], ...] = ()
