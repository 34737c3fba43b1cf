"""What one picture brings to light: attribution, numbers, weights, channels, a walk through depth.

Called through `handlers/table.py` by the worker. Must not import Qt.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import TypeVar

import numpy as np

from explorer.arch.expand import expand
from explorer.engine.context import Context, LiveNet
from explorer.engine.handlers.classify import seen_by
from explorer.engine.inside_messages import (
    Attribute,
    Attributed,
    ChannelsRanked,
    InsideProgress,
    KernelsRead,
    NumberRead,
    RankChannels,
    ReadKernels,
    ReadNumber,
    WalkWritten,
    WriteWalk,
)
from explorer.engine.messages import Event
from explorer.errors import InsideError
from explorer.images.prepare import normalised
from explorer.nets.arithmetic import how_made
from explorer.nets.attribute import grad_cam, integrating, saliency
from explorer.nets.insights import Attribution
from explorer.nets.occlude import occluding
from explorer.nets.probe import probe
from explorer.nets.relevance import class_relevance
from explorer.present.animation import Scene, saving_gif, saving_pngs
from explorer.present.tiles import tile
from explorer.slices import in_steps

T = TypeVar("T")
Steps = Generator[Event | None, None, None]


def told(ticket: int, steps: Generator[float, None, T]) -> Generator[Event | None, None, T]:
    """Run a job in slices and say how much is done; returns what it returns."""
    return in_steps(steps, lambda share: InsideProgress(ticket=ticket, share=share))


def attribute(request: Attribute, context: Context) -> Steps:
    """What speaks for a class.

    Raises:
        ImageError: The picture cannot be read.
        InsideError: The node has no maps, or the class does not exist.
        WeightsError: The network's outputs are not numbers.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    image = normalised(seen_by(net, request.image_id, context), net.transform, net.spec.in_channels)
    graph, device = expand(net.spec), context.device
    module, label, lesions = net.module, request.label, request.lesions
    started = time.perf_counter()
    found: Attribution
    match request.method:
        case "grad_cam" | "grad_cam_plus_plus":
            plus_plus = request.method == "grad_cam_plus_plus"
            found = grad_cam(
                module, graph, image, request.key, device, label=label, plus_plus=plus_plus, lesions=lesions
            )
        case "saliency":
            found = saliency(module, graph, image, device, label=label, lesions=lesions)
        case "integrated_gradients":
            steps = integrating(module, graph, image, device, label=label, lesions=lesions)
            found = yield from told(request.ticket, steps)
        case "occlusion":
            steps = occluding(module, graph, image, device, label=label, lesions=lesions)
            found = yield from told(request.ticket, steps)
    yield Attributed(
        ticket=request.ticket,
        image_id=request.image_id,
        attribution=found,
        milliseconds=1000 * (time.perf_counter() - started),
    )


def read_number(request: ReadNumber, context: Context) -> Steps:
    """Take one number of a node apart.

    Raises:
        ImageError: The picture cannot be read.
        InsideError: There is no such node or place.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    image = normalised(seen_by(net, request.image_id, context), net.transform, net.spec.in_channels)
    number = how_made(
        net.module,
        expand(net.spec),
        image,
        request.key,
        request.place,
        context.device,
        lesions=request.lesions,
    )
    yield NumberRead(
        ticket=request.ticket,
        image_id=request.image_id,
        key=request.key,
        place=request.place,
        number=number,
    )


def read_kernels(request: ReadKernels, context: Context) -> Steps:
    """Hand over a copy of a node's weights.

    Raises:
        InsideError: The node has no weights.
    """
    net = context.nets.get(request.column)
    if net is None:
        return
    weight = net.module.state_dict().get(f"{request.key}.weight")
    if weight is None or weight.ndim not in (2, 4):
        raise InsideError(
            "{key} has no kernels.", "Select a convolution or a fully connected layer.", key=request.key
        )
    weights = np.array(weight.detach().float().cpu().numpy(), np.float32)
    weights.setflags(write=False)
    yield KernelsRead(ticket=request.ticket, key=request.key, weights=weights)


def rank_channels(request: RankChannels, context: Context) -> Steps:
    """How much each channel speaks for a class.

    Raises:
        ImageError: The picture cannot be read.
        InsideError: There is no such node or class.
        WeightsError: The network's outputs are not numbers.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    image = normalised(seen_by(net, request.image_id, context), net.transform, net.spec.in_channels)
    relevance, label = class_relevance(
        net.module, expand(net.spec), image, request.key, context.device, label=request.label
    )
    yield ChannelsRanked(
        ticket=request.ticket,
        image_id=request.image_id,
        key=request.key,
        label=label,
        relevance=relevance,
    )


def write_walk(request: WriteWalk, context: Context) -> Steps:
    """Draw the maps of some nodes, one scene each, and write them as an animation.

    Raises:
        ImageError: The picture cannot be read.
        InsideError: The animation cannot be written.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    scenes = yield from _scenes(request, net, context)
    path = Path(request.path)
    save = saving_gif if path.suffix.lower() == ".gif" else saving_pngs
    try:
        yield from told(request.ticket, save(scenes, path))
    except OSError as error:
        raise InsideError(
            "The walk cannot be written to {path}: {reason}.",
            "Choose another place, for pictures a new or empty folder, or make room on the disk.",
            path=path,
            reason=(error.strerror or str(error)).lower(),
        ) from error
    yield WalkWritten(ticket=request.ticket, path=request.path)


def _scenes(request: WriteWalk, net: LiveNet, context: Context) -> Generator[Event | None, None, list[Scene]]:
    assert context.device is not None
    pixels = seen_by(net, request.image_id, context)
    image = normalised(pixels, net.transform, net.spec.in_channels)
    scenes = [Scene(np.ascontiguousarray(pixels), "input")]
    for done, key in enumerate(request.keys):
        maps = probe(net.module, image, (key,), context.device)[key]
        channels = maps if maps.ndim == 3 else maps[:, None, None]
        scenes.append(Scene(tile(channels).picture, key))
        yield InsideProgress(ticket=request.ticket, share=0.5 * (done + 1) / len(request.keys))
    return scenes
