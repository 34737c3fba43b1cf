"""Networks side by side as the engine tells them, without one: the real store, reducer and dock."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow, QWidget

from explorer.arch.expand import expand
from explorer.arch.families import cifar_spec, plain_twin
from explorer.engine.compare_messages import LookedThrough, LookThrough
from explorer.engine.messages import BuildModel, LoadedPicture, ModelBuilt
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.images.labels import load_labels
from explorer.nets.facts import Origin, Prediction
from explorer.state.actions import Start
from explorer.state.compare_actions import PinSpecs
from explorer.state.model import AppState
from explorer.ui.compare_dock import CompareDock
from explorer.ui.store import Store

LABELS = {10: "cifar10", 1000: "imagenet1k"}
CIFAR = load_labels("cifar10")
FOUR = (plain_twin(cifar_spec(20)), cifar_spec(20), plain_twin(cifar_spec(56)), cifar_spec(56))
BUNDLED = Origin("bundled", "a-net", accuracy_percent=91.2)
PICTURE = np.tile(np.arange(32, dtype=np.uint8)[:, None, None] * 7, (1, 32, 3))


def maps_of(spec, keys, seed):
    """Smooth maps of the right shapes; of another scale for every network."""
    random, graph = np.random.default_rng(seed), expand(spec)
    return tuple(
        (key, (1 + 0.2 * seed) * random.random(graph.by_key[key].output_shape, np.float32)) for key in keys
    )


def predictions(seed):
    """Ten classes; which is first depends on the network."""
    shares = np.roll(np.array([0.6, 0.2, 0.1, 0.05, 0.05]), seed % 3)
    order = np.argsort(-shares, kind="stable")
    return tuple(Prediction(CIFAR[place], int(place), float(shares[place])) for place in order)


class Desk:
    """A store, the dock on it, and an engine that answers at once."""

    def __init__(self, size=(1000, 800)):
        self.asked = []
        self.origin = BUNDLED
        self.n_looks = 0
        self.store = Store(AppState(), self.asked.append)
        self.store.dispatch(Start(sample="cat.jpg"))
        self.answer()
        self.deck = QMainWindow()
        self.deck.setCentralWidget(QWidget())
        self.dock = CompareDock(self.deck, self.store)
        self.deck.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.dock.dock)
        self.deck.centralWidget().hide()
        self.dock.dock.hide()
        self.deck.resize(*size)

    @property
    def state(self):
        return self.store.state

    @property
    def view(self):
        return self.dock.view

    @property
    def names(self):
        return [column.name for column in self.state.document.columns]

    def do(self, *actions):
        for action in actions:
            self.store.dispatch(action)
            self.answer()

    def pin(self, *specs):
        self.do(PinSpecs(specs or FOUR))

    def answer(self):
        """Answer what was asked of the engine, also what the answers bring about."""
        while self.asked:
            request = self.asked.pop(0)
            if isinstance(request, BuildModel):
                self._built(request)
            elif isinstance(request, LoadPictures):
                self._loaded(request)
            elif isinstance(request, LookThrough):
                self._looked(request)

    def _built(self, request):
        self.store.dispatch(
            ModelBuilt(
                ticket=request.ticket,
                column=request.column,
                spec=request.spec,
                origin=self.origin,
                classes=load_labels(LABELS[request.spec.num_classes]) if self.origin.is_trained else (),
                offers=(),
                can_copy=0,
            )
        )

    def _loaded(self, request):
        self.store.dispatch(
            PicturesLoaded(
                ticket=request.ticket,
                loaded=(LoadedPicture(1, "cat.jpg", None, 32, 32, PICTURE, PICTURE),),
                failed=(),
                done=1,
                total=1,
                as_sample=request.as_sample,
            )
        )

    def _looked(self, request):
        self.n_looks += 1
        seed = int(request.column[1:])
        spec = next(each.spec for each in self.state.document.columns if each.name == request.column)
        self.store.dispatch(
            LookedThrough(
                ticket=request.ticket,
                column=request.column,
                image_id=request.image_id,
                predictions=predictions(seed),
                maps=maps_of(spec, request.keys, seed),
                milliseconds=4.0 + seed,
            )
        )
