"""What the network says of pictures.

Called through `handlers/table.py` by the worker, and by `cli`. Must not import Qt.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.arch.expand import expand
from explorer.engine.context import Context, LiveNet
from explorer.engine.messages import Classified, Classify, ClassifyMany, Event, ManyClassified
from explorer.errors import ImageError
from explorer.images.load import Picture
from explorer.images.prepare import normalised, seen
from explorer.nets.classify import classifying
from explorer.nets.facts import Prediction
from explorer.nets.lesion import lesioned_predict
from explorer.nets.predict import predict, top

TOP = 5


def seen_by(net: LiveNet, image_id: int, context: Context) -> NDArray[np.uint8]:
    """What goes into a network for a picture, before normalisation: (size, size, 3), read-only.

    Raises:
        ImageError: The picture cannot be read.
    """
    pixels = seen(context.shelf.pixels(image_id), net.transform)
    pixels.setflags(write=False)
    return pixels


def classify(request: Classify, context: Context) -> Generator[Classified, None, None]:
    """Answer for one picture, in float32.

    Raises:
        ImageError: The picture cannot be read.
        WeightsError: The network's outputs are not numbers.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        # The network was dropped since; whoever builds the next asks again.
        return
    pixels = seen_by(net, request.image_id, context)
    batch = normalised(pixels, net.transform, net.spec.in_channels)[None]
    started = time.perf_counter()
    if request.lesions:
        graph = expand(net.spec)
        probabilities = lesioned_predict(net.module, graph, batch, request.lesions, context.device)[0]
    else:
        probabilities = predict(net.module, batch, context.device)[0]
    yield Classified(
        ticket=request.ticket,
        column=request.column,
        image_id=request.image_id,
        predictions=top(probabilities, net.classes or None, TOP),
        seen=pixels,
        milliseconds=1000 * (time.perf_counter() - started),
        kept_share=net.transform.kept_share,
    )


def classify_many(request: ClassifyMany, context: Context) -> Generator[Event | None, None, None]:
    """Answer for many pictures, in the precision that is fastest; one that cannot be read has no answer.

    Raises:
        WeightsError: The network's outputs are not numbers.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    if request.lesions:
        yield from _one_by_one(request, net, context)
        return
    ids: list[int] = []
    started = time.perf_counter()
    batches = classifying(
        net.module, net.spec, _batch_sources(request, context, ids), net.transform, context.device
    )
    done = 0
    for batch in batches:
        if not batch:
            yield None
            continue
        done += len(batch)
        answers = tuple(
            (ids[answer.index], top(answer.probabilities, net.classes or None, TOP))
            for answer in batch
            if answer.probabilities is not None
        )
        yield ManyClassified(
            ticket=request.ticket,
            column=request.column,
            answers=answers,
            done=done,
            total=len(request.image_ids),
            images_per_second=done / (time.perf_counter() - started),
        )


def _one_by_one(request: ClassifyMany, net: LiveNet, context: Context) -> Generator[Event, None, None]:
    """Many pictures for a network with lesions: the fast copy for many has none."""
    started = time.perf_counter()
    for done, image_id in enumerate(request.image_ids, start=1):
        answers: tuple[tuple[int, tuple[Prediction, ...]], ...] = ()
        # One that was removed since, or cannot be read, has no answer.
        with contextlib.suppress(ImageError):
            one = Classify(
                ticket=request.ticket, column=request.column, image_id=image_id, lesions=request.lesions
            )
            answers = tuple((image_id, event.predictions) for event in classify(one, context))
        yield ManyClassified(
            ticket=request.ticket,
            column=request.column,
            answers=answers,
            done=done,
            total=len(request.image_ids),
            images_per_second=done / (time.perf_counter() - started),
        )


def _batch_sources(request: ClassifyMany, context: Context, ids: list[int]) -> Iterator[Path | Picture]:
    """The pictures that are still there; `ids` gets the number of each as it is given out."""
    for image_id in request.image_ids:
        try:
            source = context.shelf.for_batch(image_id)
        except ImageError:
            # Removed since it was asked about.
            continue
        ids.append(image_id)
        yield source
