"""Making networks live: assembled in slices, with the weights that belong to them.

Called through `handlers/table.py` by the worker, and by `cli`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

from torch import Tensor, fx

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.engine.context import Context, LiveNet
from explorer.engine.handlers.snapshots import moment_of, own_module, rewound_net, snapshot_of
from explorer.engine.messages import (
    MAIN_COLUMN,
    BuildModel,
    BuildProgress,
    DeviceChosen,
    Event,
    MemoryRead,
    ModelBuilt,
    UseDevice,
    WeightsOffer,
)
from explorer.errors import RunError
from explorer.images.prepare import transform_for
from explorer.nets import catalogue, device
from explorer.nets.assemble import assembling
from explorer.nets.catalogue import WeightsCard
from explorer.nets.facts import Origin
from explorer.nets.weights import Loaded, copy_what_fits, expected_shapes, load_for_spec
from explorer.runs.run import Run
from explorer.slices import in_steps


def use_device(request: UseDevice, context: Context) -> Generator[Event, None, None]:
    """Choose a device by trying it. Networks on another are dropped; whoever wants them builds them again.

    Raises:
        DeviceError: Not even the CPU works.
    """
    chosen, info, reason = device.choose(request.name)
    if chosen != context.device:
        context.drop_nets()
    context.device, context.device_info = chosen, info
    why = request.reason or reason
    yield DeviceChosen(ticket=request.ticket, device=info, devices=device.devices(), reason=why)


def build_model(request: BuildModel, context: Context) -> Generator[Event | None, None, None]:
    """Build a network beside the one in use, and take its place when it is whole.

    Raises:
        DeviceError: It does not fit the device.
        RunError: There is no such run, or it has left no weights.
        WeightsError: The weights cannot be read or do not fit.
    """
    assert context.device is not None, "UseDevice comes first"
    spec = request.spec
    learning = _learning(request, context)
    if learning is not None:
        context.put_net(request.column, learning)
        yield _built(request, learning, 0)
        return
    moment = moment_of(request.weights, context)
    if moment.step is not None:
        rewound = yield from _rewound(replace(request, weights=moment), context)
        context.put_net(request.column, rewound)
        yield _built(request, rewound, 0)
        return
    graph = expand(spec)
    device.check_fits(device.estimate_build_bytes(cost_of(spec)), context.device)
    source = _source(request, context)
    seed = request.seed if source is None else None
    module = yield from _assembled(request, graph, seed, context)
    if source is not None:
        loaded = load_for_spec(module, graph, spec, source)
        if request.weights.kind == "run":
            origin = Origin("run", request.weights.name, accuracy_percent=loaded.origin.accuracy_percent)
            loaded = replace(loaded, origin=origin)
    else:
        loaded = _untrained(request, module, context)
    net = LiveNet(spec, module.eval(), loaded.origin, loaded.classes or (), loaded.transform)
    context.put_net(request.column, net)
    offers_copies = request.column == MAIN_COLUMN and not net.origin.is_trained
    can_copy = _fitting(context.donor(), graph) if offers_copies else 0
    yield _built(request, net, can_copy)
    yield MemoryRead(ticket=request.ticket, device=device.memory(context.device))


def _built(request: BuildModel, net: LiveNet, can_copy: int) -> ModelBuilt:
    return ModelBuilt(
        ticket=request.ticket,
        column=request.column,
        spec=request.spec,
        origin=net.origin,
        classes=net.classes,
        offers=tuple(_offer(card) for card in catalogue.cards_for(request.spec)),
        can_copy=can_copy,
    )


def _learning(request: BuildModel, context: Context) -> LiveNet | None:
    """The network of a training in memory, where it is the one that is asked for, on the device of now."""
    weights = request.weights
    if weights.kind != "run" or weights.step is not None:
        return None
    for active in context.learning():
        is_asked_for = (active.run.id, active.training.spec) == (weights.name, request.spec)
        if is_asked_for and active.training.device == context.device:
            return active.net()
    return None


def _rewound(request: BuildModel, context: Context) -> Generator[Event | None, None, LiveNet]:
    """A run's network at an earlier moment: in the column's own module where it can be."""
    spec = request.spec
    snapshot = snapshot_of(request.weights, spec, context)
    module = own_module(request.column, spec, context)
    if module is None:
        assert context.device is not None
        device.check_fits(device.estimate_build_bytes(cost_of(spec)), context.device)
        module = yield from _assembled(request, expand(spec), None, context)
    return rewound_net(request.weights.name, snapshot, module)


def _source(request: BuildModel, context: Context) -> WeightsCard | Path | None:
    """Where the request's weights are; None for an untrained network."""
    weights = request.weights
    if weights.kind == "run":
        return _weights_of(context.store().run(weights.name))
    if weights.kind == "known":
        return catalogue.present_for(request.spec)
    if weights.kind == "named":
        return catalogue.by_name(weights.name, request.spec)
    return Path(weights.name) if weights.kind == "file" else None


def _weights_of(run: Run) -> Path:
    """What a run ended with; one that halted has moments, from which `moment_of` takes the last.

    Raises:
        RunError: It was cut off before it left any.
    """
    if run.has_weights:
        return run.weights
    raise RunError(
        "The run {run} was cut off before it left weights that can be shown.",
        "Let it go on from its last checkpoint: press Resume in the list of runs.",
        run=run.name or run.id,
    )


def _assembled(
    request: BuildModel, graph: Graph, seed: int | None, context: Context
) -> Generator[Event | None, None, fx.GraphModule]:
    assert context.device is not None
    return in_steps(
        assembling(graph, device=context.device, seed=seed),
        lambda share: BuildProgress(ticket=request.ticket, share=share),
    )


def _untrained(request: BuildModel, module: fx.GraphModule, context: Context) -> Loaded:
    origin = Origin("untrained", seed=request.seed)
    if request.weights.kind == "copied" and request.column == MAIN_COLUMN:
        copied, total = copy_what_fits(context.donor(), module)
        origin = Origin("copied", seed=request.seed, copied=copied, tensors=total)
    return Loaded(origin, None, transform_for(request.spec.input_size))


def _fitting(donor: Mapping[str, Tensor], graph: Graph) -> int:
    """How many tensors of another network would fit this one; batch norm's counters do not count."""
    return sum(
        key in donor and tuple(donor[key].shape) == shape
        for key, shape in expected_shapes(graph).items()
        if not key.endswith("num_batches_tracked")
    )


def _offer(card: WeightsCard) -> WeightsOffer:
    return WeightsOffer(
        card.name,
        card.title,
        card.size_bytes,
        catalogue.is_present(card),
        card.kind,
        card.accuracy_percent,
        card.data,
    )
