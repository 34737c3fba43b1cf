"""Which handler answers which request on the IO pool.

Imported by the worker when the first such request comes. Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.engine.handlers import downloads, pictures
from explorer.engine.messages import (
    FetchPicture,
    FetchWeights,
    ForgetPictures,
    LoadPictures,
    ReadSpec,
    Request,
)
from explorer.engine.worker import Handler

IO_HANDLERS: dict[type[Request], Handler] = {
    FetchPicture: pictures.fetch_picture,
    FetchWeights: downloads.fetch_weights,
    ForgetPictures: pictures.forget_pictures,
    LoadPictures: pictures.load_pictures,
    ReadSpec: pictures.read_spec,
}
