"""What a sample brings to light: meters, gradients, lesions, pooled features, exciting pictures, cost.

Called through `handlers/table.py` by the worker. Must not import Qt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.arch.expand import expand
from explorer.arch.presets import plain_twin
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import Context, KnownProbes, LiveNet, PooledSample
from explorer.engine.handlers.classify import seen_by
from explorer.engine.handlers.inside_look import Steps, told
from explorer.engine.handlers.samples import SLICE, Asked, asking, drawn, preparing
from explorer.engine.inside_messages import (
    FindingsRead,
    InsideProgress,
    Meter,
    Metered,
    ReadFindings,
)
from explorer.engine.messages import Event
from explorer.engine.sample_messages import (
    CostMeasured,
    Decide,
    Decided,
    Excite,
    Excited,
    ExcitingPicture,
    FlowGradients,
    GradientsFlowed,
    LesionsTested,
    MeasureCost,
    MeterSample,
    PoolSample,
    SamplePooled,
    SweepLesions,
    Swept,
    TestLesions,
)
from explorer.errors import DataError, ImageError
from explorer.images.prepare import normalised
from explorer.nets import catalogue
from explorer.nets.assemble import assembling
from explorer.nets.catalogue import WeightsCard
from explorer.nets.exciting import crops, exciting
from explorer.nets.findings_file import Findings, findings_for
from explorer.nets.gradient_flow import flowing_at_start, gradient_flow
from explorer.nets.insights import BlockLesion, Knowledge, Sweep
from explorer.nets.lesion import knowing, sweeping
from explorer.nets.meter import metering
from explorer.nets.pooled import pooling
from explorer.nets.profile import profiling
from explorer.nets.sample import Sample
from explorer.nets.weights import load_for_spec
from explorer.slices import mapped, unsaid

GRADIENT_BATCH = 64
"""Pictures whose gradient is taken: as one step, because batch norm looks at all of them."""
THUMBNAIL_PX = 64
"""The longest side of a sample's thumbnails."""
SHOWN_CHANNELS = 64
"""Channels whose pictures are cut out and sent; numbers are there for all."""


def meter(request: Meter, context: Context) -> Steps:
    """The residual meter of a picture.

    Raises:
        ImageError: The picture cannot be read.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    pixels = seen_by(net, request.image_id, context)
    images = normalised(pixels, net.transform, net.spec.in_channels)[None]
    found = yield from told(request.ticket, metering(net.module, expand(net.spec), images, context.device))
    yield Metered(ticket=request.ticket, image_id=request.image_id, meter=found)


def meter_sample(request: MeterSample, context: Context) -> Steps:
    """The residual meter of a sample.

    Raises:
        DataError: The data was not opened.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    images, _, _ = yield from preparing(request.sample, net, context)
    found = yield from told(request.ticket, metering(net.module, expand(net.spec), images, context.device))
    yield Metered(ticket=request.ticket, image_id=None, meter=found)


def flow_gradients(request: FlowGradients, context: Context) -> Steps:
    """Gradient norms by depth: of the net as it is, then of others at their start.

    Raises:
        DataError: The data was not opened.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    batch = replace(request.sample, count=min(request.sample.count, GRADIENT_BATCH))
    asked = yield from asking(batch, net, context)
    images, labels = asked.images, asked.labels
    own = gradient_flow(net.module, expand(net.spec), images, labels, context.device)
    yield InsideProgress(ticket=request.ticket, share=1 / (len(request.others) + 1))
    titles = [title for title, _ in request.others]
    specs = [spec for _, spec in request.others]
    flows = yield from told(
        request.ticket, flowing_at_start(specs, images, labels, context.device, seed=request.seed)
    )
    yield GradientsFlowed(ticket=request.ticket, flows=(("now", own), *zip(titles, flows, strict=True)))


def test_lesions(request: TestLesions, context: Context) -> Steps:
    """What the network with lesions still knows.

    Raises:
        DataError: The data was not opened.
        InsideError: The lesions do not fit the network.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    asked = yield from asking(request.sample, net, context)
    graph, device = expand(net.spec), context.device
    intact = yield from told(request.ticket, knowing(net.module, graph, asked.images, asked.labels, device))
    changed = yield from told(
        request.ticket, knowing(net.module, graph, asked.images, asked.labels, device, request.lesions)
    )
    yield LesionsTested(
        ticket=request.ticket,
        lesions=request.lesions,
        knowledge=changed,
        intact=intact,
        knows_truth=asked.knows_truth,
        images=len(asked.images),
    )


test_lesions.__test__ = False  # type: ignore[attr-defined]


def sweep_lesions(request: SweepLesions, context: Context) -> Steps:
    """Bypass each block in turn, here and in the plain twin.

    Raises:
        DataError: The data was not opened.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    asked = yield from asking(request.sample, net, context)
    sweep = yield from _swept(request, net, asked, context)
    twin = (yield from _twin(request.twin, context)) if request.twin is not None else None
    yield Swept(
        ticket=request.ticket, sweep=sweep, twin=None, knows_truth=asked.knows_truth, is_done=twin is None
    )
    if twin is not None:
        other = yield from asking(request.sample, twin, context)
        steps = sweeping(twin.module, expand(twin.spec), other.images, other.labels, context.device)
        beside = yield from unsaid(steps)
        yield Swept(
            ticket=request.ticket, sweep=sweep, twin=beside, knows_truth=asked.knows_truth, is_done=True
        )


def _swept(
    request: SweepLesions, net: LiveNet, asked: Asked, context: Context
) -> Generator[Event | None, None, Sweep]:
    """The sweep of the column's network, told block by block."""
    assert context.device is not None
    blocks: list[BlockLesion] = []

    def tell(block: BlockLesion | None) -> Event | None:
        if block is None:
            return None
        blocks.append(block)
        # The intact accuracy is known at the end; until then the best so far stands for it.
        best = max(
            (one.knowledge for one in blocks if one.knowledge is not None),
            key=lambda known: known.accuracy,
            default=Knowledge(0.0, 0.0),
        )
        so_far = Sweep(best, tuple(blocks), len(asked.images))
        return Swept(
            ticket=request.ticket, sweep=so_far, twin=None, knows_truth=asked.knows_truth, is_done=False
        )

    return mapped(sweeping(net.module, expand(net.spec), asked.images, asked.labels, context.device), tell)


def _twin(spec: ArchitectureSpec, context: Context) -> Generator[Event | None, None, LiveNet | None]:
    """A network with its weights, beside those in columns; None where it has none."""
    source = _known_weights(spec, context)
    if source is None or context.device is None:
        return None
    graph = expand(spec)
    module = yield from unsaid(assembling(graph, device=context.device, seed=None))
    loaded = load_for_spec(module, graph, spec, source)
    return LiveNet(spec, module.eval(), loaded.origin, loaded.classes or (), loaded.transform)


def _known_weights(spec: ArchitectureSpec, context: Context) -> WeightsCard | Path | None:
    """Those that ship or were fetched, else those of the newest run that trained just this network."""
    card = catalogue.present_for(spec)
    if card is not None:
        return card
    wanted = spec.to_json()
    runs = (run for run in context.store().runs() if run.status == "finished" and run.spec == wanted)
    return next((run.weights for run in runs if run.weights.is_file()), None)


def pool_sample(request: PoolSample, context: Context) -> Steps:
    """Pool every block's features of a sample, and keep them for probes and embeddings.

    Raises:
        DataError: The data was not opened.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    sample, labels, classes = drawn(request.sample, net, context)
    graph = expand(net.spec)
    still = context.still(net)
    features = yield from told(request.ticket, pooling(still.module, graph, sample, context.device))
    pooled = PooledSample(net, features, labels, classes)
    for image_id in request.image_ids:
        # A picture that cannot be read any more is not placed.
        with contextlib.suppress(ImageError):
            pooled.pictures[image_id] = yield from _features_of(still, image_id, context)
        yield None
    if context.nets.get(request.column) is not net:
        return
    context.pooled[request.column] = pooled
    thumbnails = np.stack([_thumbnail(sample, index) for index in range(len(sample.images))])
    thumbnails.setflags(write=False)
    yield SamplePooled(
        ticket=request.ticket,
        sample=request.sample,
        keys=tuple(features.by_key),
        labels=tuple(labels.tolist()),
        classes=classes,
        thumbnails=thumbnails,
    )


def _features_of(
    net: LiveNet, image_id: int, context: Context
) -> Generator[None, None, dict[str, NDArray[np.float32]]]:
    """A picture's pooled features, (features,) by block.

    Raises:
        ImageError: The picture cannot be read.
    """
    assert context.device is not None
    pixels = seen_by(net, image_id, context)
    sample = Sample(np.ascontiguousarray(pixels)[None], net.transform)
    features = yield from unsaid(pooling(net.module, expand(net.spec), sample, context.device))
    return {key: values[0] for key, values in features.by_key.items()}


def _thumbnail(sample: Sample, index: int) -> NDArray[np.uint8]:
    """(side, side, 3), every so many pixels of what the network sees: at most `THUMBNAIL_PX` a side."""
    pixels = sample.seen(index)
    step = -(-pixels.shape[0] // THUMBNAIL_PX)
    small = pixels[::step, ::step]
    return np.repeat(small, 3, axis=2) if small.shape[2] == 1 else small


def decide(request: Decide, context: Context) -> Steps:
    """What each block's probe says of a picture; its features are kept, to be placed among the sample.

    Raises:
        DataError: There are neither probes nor a sample.
        ImageError: The picture cannot be read.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    known, pooled = context.probes.get(request.column), context.pooled.get(request.column)
    if known is None and pooled is None:
        raise DataError("There are no linear probes of this network yet.", "Fit them first.")
    features = yield from _features_of(net, request.image_id, context)
    if pooled is not None:
        pooled.pictures[request.image_id] = features
    probes, classes = ((), ()) if known is None else (known.probes, known.classes)
    rows = np.zeros((len(probes), len(classes)), np.float32)
    for place, one in enumerate(probes):
        rows[place, one.classes] = one.probabilities(features[one.key][None])[0]
    rows.setflags(write=False)
    yield Decided(
        ticket=request.ticket,
        image_id=request.image_id,
        keys=tuple(one.key for one in probes),
        probabilities=rows,
    )


def excite(request: Excite, context: Context) -> Steps:
    """Find the pictures that excite a node's channels most.

    Raises:
        DataError: The data was not opened.
        InsideError: There is no such node.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    sample, _, _ = drawn(request.sample, net, context)
    graph = expand(net.spec)
    found = yield from told(request.ticket, exciting(net.module, graph, sample, request.key, context.device))
    shown = []
    for channel in range(min(len(found.values), SHOWN_CHANNELS)):
        best = crops(graph, sample, found, channel)
        shown.append(
            tuple(
                ExcitingPicture(
                    _colour(sample.seen(one.picture)),
                    None if one.pixels is None else _colour(one.pixels),
                    one.value,
                )
                for one in best
            )
        )
        if channel % SLICE == 0:
            yield None
    yield Excited(ticket=request.ticket, excitement=found, pictures=tuple(shown))


def _colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3), read-only."""
    made = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.array(pixels)
    made.setflags(write=False)
    return made


def read_shipped(request: ReadFindings, context: Context) -> Steps:
    """What was found beforehand in the column's bundled weights, and in its plain twin's.

    Raises:
        WeightsError: A file of findings is damaged, or is of other weights.
    """
    net = context.nets.get(request.column)
    if net is None or net.origin.kind != "bundled":
        return
    found = _shipped(net.spec)
    if found is not None:
        context.probes[request.column] = KnownProbes(found.probes, found.classes)
    twin = None if net.spec.shortcut == "none" else _shipped(plain_twin(net.spec))
    yield FindingsRead(ticket=request.ticket, column=request.column, findings=found, twin=twin)


def _shipped(spec: ArchitectureSpec) -> Findings | None:
    card = catalogue.present_for(spec)
    return findings_for(card) if card is not None and card.kind == "bundled" else None


def measure_cost(request: MeasureCost, context: Context) -> Steps:
    """Time and memory of each block on the device."""
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        return
    net = context.still(net)
    steps = profiling(net.module, expand(net.spec), context.device, batch=request.batch)
    profile = yield from told(request.ticket, steps)
    yield CostMeasured(ticket=request.ticket, profile=profile)
