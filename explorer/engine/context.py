"""What handlers share: the device, the live networks, the pictures' pixels, and how to ask whether to go on.

Made by the worker for the window and by `cli` for itself. Only the compute thread touches `device` and
`nets`; the shelf is shared with the IO pool. Must not import Qt; torch objects are held, not imported.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from explorer.arch.lesions import INTACT, Lesions
from explorer.engine.messages import MAIN_COLUMN, Event, Request
from explorer.errors import ImageError
from explorer.images.load import Picture, load_picture, picture_from_data_uri
from explorer.images.prepare import Transform
from explorer.nets.facts import Origin

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from explorer.arch.spec import ArchitectureSpec
    from explorer.images.dataset import Dataset
    from explorer.nets.embedding import Embedding
    from explorer.nets.facts import DeviceInfo
    from explorer.nets.findings import PooledFeatures
    from explorer.nets.linear_probe import LinearProbe
    from explorer.runs.store import Run, RunStore
    from explorer.training.prepare import Training
    from explorer.training.snapshots import SnapshotShelf

SHELF_BYTES = 128 * 1024 * 1024
"""Decoded pixels kept at most; a picture beyond it is read from its file again when it is needed."""

N_OPEN_DATASETS = 2
"""Data sets held open at most: the chosen one, and the one before it or the one that is read for it."""


@dataclass(slots=True)
class LiveNet:
    """A network on the device.

    Attributes:
        spec: What it is.
        module: In evaluation mode.
        origin: Where its weights come from.
        classes: Its labels; empty where it has learned none.
        transform: How a picture is prepared for it.
    """

    spec: ArchitectureSpec
    module: torch.fx.GraphModule
    origin: Origin
    classes: tuple[str, ...]
    transform: Transform


class PictureShelf:
    """The pictures of a session: where each came from, and the pixels of the last used ones.

    Safe to use from several threads.
    """

    def __init__(self, limit_bytes: int = SHELF_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._sources: dict[int, tuple[str | bytes, str]] = {}
        self._pixels: OrderedDict[int, NDArray[np.uint8]] = OrderedDict()
        self._held_bytes = 0
        self._next_id = 1
        self._lock = threading.Lock()

    def add(self, source: str | bytes, name: str) -> int:
        """Note a picture by its path, bytes or data URI (a text with `data:`), and give it its number."""
        with self._lock:
            image_id = self._next_id
            self._next_id += 1
            self._sources[image_id] = (source, name)
            return image_id

    def picture(self, image_id: int) -> Picture:
        """The picture, read from its source and not kept.

        Raises:
            ImageError: It cannot be read, or was let go.
        """
        with self._lock:
            if image_id not in self._sources:
                raise ImageError("This picture was removed.", "Drop it again.")
            source, name = self._sources[image_id]
        if isinstance(source, str) and source.startswith("data:"):
            return picture_from_data_uri(source)
        return load_picture(source if isinstance(source, bytes) else Path(source), name)

    def for_batch(self, image_id: int) -> Path | Picture:
        """The picture for a reader of many: its path where it has one, else the picture itself.

        Raises:
            ImageError: It was let go, or its bytes cannot be read.
        """
        with self._lock:
            source, _ = self._sources.get(image_id, ("", ""))
        if isinstance(source, str) and source and not source.startswith("data:"):
            return Path(source)
        return self.picture(image_id)

    def pixels(self, image_id: int) -> NDArray[np.uint8]:
        """(height, width, 3), from memory or from the source.

        Raises:
            ImageError: As `picture`.
        """
        with self._lock:
            if image_id in self._pixels:
                self._pixels.move_to_end(image_id)
                return self._pixels[image_id]
        pixels = self.picture(image_id).pixels
        self.keep(image_id, pixels)
        return pixels

    def keep(self, image_id: int, pixels: NDArray[np.uint8]) -> None:
        """Hold a picture's pixels, letting go of those used longest ago beyond the limit."""
        with self._lock:
            if image_id in self._pixels or image_id not in self._sources:
                return
            self._pixels[image_id] = pixels
            self._held_bytes += pixels.nbytes
            while self._held_bytes > self._limit_bytes and len(self._pixels) > 1:
                _, dropped = self._pixels.popitem(last=False)
                self._held_bytes -= dropped.nbytes

    def forget(self, image_ids: tuple[int, ...]) -> None:
        """Let go of pictures and where they came from."""
        with self._lock:
            for image_id in image_ids:
                self._sources.pop(image_id, None)
                dropped = self._pixels.pop(image_id, None)
                if dropped is not None:
                    self._held_bytes -= dropped.nbytes


class OpenDatasets:
    """The data sets that were opened last, to train on; the one used longest ago goes first.

    Safe to use from several threads: the IO pool puts, the compute thread takes.
    """

    def __init__(self, limit: int = N_OPEN_DATASETS) -> None:
        self._limit = limit
        self._datasets: OrderedDict[tuple[str, int], Dataset] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, data: str, input_size: int) -> Dataset | None:
        """The data set of that name or path, as it was opened at that size; None where it is not held."""
        with self._lock:
            found = self._datasets.get((data, input_size))
            if found is not None:
                self._datasets.move_to_end((data, input_size))
            return found

    def put(self, data: str, input_size: int, dataset: Dataset) -> None:
        """Hold a data set, and let go of the one used longest ago beyond the limit."""
        with self._lock:
            self._datasets[data, input_size] = dataset
            self._datasets.move_to_end((data, input_size))
            while len(self._datasets) > self._limit:
                self._datasets.popitem(last=False)


def _always(request: Request) -> bool:
    return True


def _ignore(event: Event) -> None:
    pass


@dataclass(slots=True)
class ActiveTraining:
    """The training in memory: it runs, or was paused or stopped and can go on as if it never had.

    Attributes:
        run: In the store.
        training: The network, the optimiser, the data.
        classes: By label.
        transform: How a picture is prepared for it.
        origin: What the run's weights say of themselves: seed, command, data and the like.
        watched: The picture and the node that are looked at; None and empty for none.
        is_watch_new: Whether that changed since it was last refreshed.
        watched_lesions: What is changed in the network for those who look.
        twin: The plain twin that learns in lock-step; None where there is none.
        accuracy: On the test pictures, 0 to 1; None before its end.
    """

    run: Run
    training: Training
    classes: tuple[str, ...]
    transform: Transform
    origin: dict[str, object]
    watched: tuple[int | None, str] = (None, "")
    is_watch_new: bool = False
    watched_lesions: Lesions = INTACT
    twin: ActiveTraining | None = None
    accuracy: float | None = None

    def net(self) -> LiveNet:
        """The learning network as handlers use nets."""
        training = self.training
        # Where weights are averaged, the averaged ones are tested and kept.
        model = training.average.model if training.average else training.model
        reached = None if self.accuracy is None else 100 * self.accuracy
        origin = Origin("run", self.run.id, accuracy_percent=reached)
        return LiveNet(training.spec, model, origin, self.classes, self.transform)


@dataclass(slots=True)
class ActiveStudy:
    """The study that is trained now.

    Attributes:
        wish: What the user wants; looked at between two steps.
    """

    wish: Literal["go", "pause"] = "go"


@dataclass(slots=True, eq=False)
class PooledSample:
    """A sample's pooled features, and what was made of them.

    Attributes:
        net: Whose features.
        features: Of every block.
        labels: The truth, (images,).
        classes: The sample's.
        pictures: Features of dropped pictures, by number and block.
        layouts: Where the sample lies in the plane, by method and block.
    """

    net: LiveNet
    features: PooledFeatures
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    pictures: dict[int, dict[str, NDArray[np.float32]]] = field(default_factory=dict)
    layouts: dict[tuple[str, str], Embedding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class KnownProbes:
    """Linear probes of a network, fitted here or beforehand.

    Attributes:
        probes: One a block.
        classes: What they tell apart.
    """

    probes: tuple[LinearProbe, ...]
    classes: tuple[str, ...]


@dataclass(slots=True)
class Context:
    """What a handler may use beside its request.

    Attributes:
        device: Where networks live; None until one was chosen.
        device_info: The same in words.
        nets: The live networks by column.
        active: The training in memory.
        study: The study that is trained; None while none is.
        pooled: Samples that were looked at, by column.
        probes: Linear probes, by column.
        snapshots: The moments of runs that this session trained or rewound, by run.
        shelf: The pictures.
        datasets: The labelled data that was opened last.
        is_wanted: Whether a request is still to be answered; long loops on the IO pool ask it.
        emit: Where progress goes that comes from inside a call, and so cannot be yielded.
    """

    device: torch.device | None = None
    device_info: DeviceInfo | None = None
    nets: dict[str, LiveNet] = field(default_factory=dict)
    active: ActiveTraining | None = None
    study: ActiveStudy | None = None
    pooled: dict[str, PooledSample] = field(default_factory=dict)
    probes: dict[str, KnownProbes] = field(default_factory=dict)
    snapshots: dict[str, SnapshotShelf] = field(default_factory=dict)
    shelf: PictureShelf = field(default_factory=PictureShelf)
    datasets: OpenDatasets = field(default_factory=OpenDatasets)
    is_wanted: Callable[[Request], bool] = _always
    emit: Callable[[Event], None] = _ignore
    _donor: Mapping[str, torch.Tensor] = field(default_factory=dict, init=False, repr=False)
    _store: RunStore | None = field(default=None, init=False, repr=False)
    _store_lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def learning(self) -> tuple[ActiveTraining, ...]:
        """The training in memory and its twin, where there are."""
        main = self.active
        return tuple(each for each in (main, main.twin if main is not None else None) if each is not None)

    def still(self, net: LiveNet) -> LiveNet:
        """The network as it is at this moment: a copy where it is the one that learns.

        For what looks at many pictures in slices, between which a training goes on.
        """
        if all(active.net().module is not net.module for active in self.learning()):
            return net
        return replace(net, module=copy.deepcopy(net.module).eval())

    def donor(self) -> Mapping[str, torch.Tensor]:
        """The values of the last trained network that was in view, to copy from; on the CPU where it left."""
        main = self.nets.get(MAIN_COLUMN)
        return main.module.state_dict() if main is not None and main.origin.is_trained else self._donor

    def put_net(self, column: str, net: LiveNet) -> None:
        """Make this the network of a column; what was found in the one before goes with it."""
        main = self.nets.get(MAIN_COLUMN)
        # A run that is rewound stays in its module, and on a GPU keeping costs a copy.
        if column == MAIN_COLUMN and main is not None and main.module is not net.module:
            self._keep_donor()
        self.pooled.pop(column, None)
        self.probes.pop(column, None)
        self.nets[column] = net

    def drop_net(self, column: str) -> None:
        """Let go of a column's network, if it has one, and of what was found in it."""
        for held in (self.nets, self.pooled, self.probes):
            held.pop(column, None)

    def drop_nets(self) -> None:
        """Let go of all networks, and of what was found in them."""
        self._keep_donor()
        self.pooled.clear()
        self.probes.clear()
        self.nets.clear()

    def _keep_donor(self) -> None:
        self._donor = {key: value.detach().cpu() for key, value in self.donor().items()}

    def store(self) -> RunStore:
        """The store of runs, opened when it is first asked for. Any thread may ask and use it.

        Raises:
            RunError: It cannot be opened.
        """
        with self._store_lock:
            if self._store is None:
                from explorer.runs.store import RunStore

                self._store = RunStore()
            return self._store

    def close_store(self) -> None:
        """Let deleted runs go for good and close the store; nothing may use it afterwards.

        Raises:
            RunError: It cannot be written; it is closed all the same.
        """
        with self._store_lock:
            store, self._store = self._store, None
        if store is not None:
            with store:
                store.purge_deleted()
