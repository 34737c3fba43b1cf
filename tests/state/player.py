"""Plays messages to the reducer, answering as the engine would where told to."""

import numpy as np

from explorer.engine.messages import BuildModel, LoadedPicture, ModelBuilt
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.nets.facts import Origin
from explorer.state.model import AppState
from explorer.state.reducer.root import reduce

BUNDLED = Origin("bundled", "cifar-resnet20")


class Player:
    """Plays messages one after another, answering as the engine would where told to."""

    def __init__(self):
        self.state = AppState()
        self.sent = []

    def __call__(self, message):
        self.state, requests = reduce(self.state, message)
        self.sent += requests
        return requests

    def newest(self, kind):
        return next(request for request in reversed(self.sent) if isinstance(request, kind))

    def build(self, origin=BUNDLED, offers=(), can_copy=0):
        request = self.newest(BuildModel)
        return self(
            ModelBuilt(
                ticket=request.ticket,
                column="main",
                spec=request.spec,
                origin=origin,
                classes=(),
                offers=offers,
                can_copy=can_copy,
            )
        )

    def load(self, *ids, failed=(), done=None, total=None):
        request = self.newest(LoadPictures)
        pixels = np.zeros((2, 2, 3), np.uint8)
        loaded = tuple(LoadedPicture(i, f"{i}.png", f"/{i}.png", 2, 2, pixels, pixels) for i in ids)
        count = len(ids) + len(failed)
        return self(
            PicturesLoaded(
                ticket=request.ticket,
                loaded=loaded,
                failed=failed,
                done=done or count,
                total=total or count,
                as_sample=request.as_sample,
            )
        )
