"""The reducer's slice of the inside view: its topics, the sample that they need, and what was found.

Used by `inside`, `data`, `document` and `notices`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from explorer.arch.depths import depth_of, depths, with_depth
from explorer.arch.expand import expand
from explorer.arch.presets import plain_twin
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.data_messages import DataFacts, ListData, OpenData
from explorer.engine.inside_messages import (
    FindingsRead,
    InsideProgress,
    Meter,
    Metered,
    ReadFindings,
)
from explorer.engine.messages import MAIN_COLUMN, RequestFailed
from explorer.engine.sample_messages import (
    CostMeasured,
    Decide,
    Decided,
    Embed,
    Embedded,
    Excite,
    Excited,
    FitProbes,
    FlowGradients,
    GradientsFlowed,
    LesionsTested,
    MeasureCost,
    MeterSample,
    PoolSample,
    ProbesFitted,
    SampleChoice,
    SamplePooled,
    SweepLesions,
    Swept,
    TestLesions,
)
from explorer.state.inside_actions import (
    ChooseEmbedding,
    ChooseSample,
    RunTopic,
    ShowTopic,
)
from explorer.state.reducer import columns
from explorer.state.reducer.sample_size import sample_size
from explorer.state.reducer.turn import Turn

RELATIVE_DEPTHS, DEEPEST_RELATIVE = (0.5, 2, 4), 110
"""Other depths whose gradients are drawn beside the net's, as multiples of its own; deeper ones take long."""
COMPARED_ACTIVATIONS = ("relu", "sigmoid", "tanh")
SAMPLED_PICTURES = 1000
"""Of a sample at most."""
POOLED_PICTURES, PLACED_PICTURES = 2000, 50
"""Of a sample, and dropped ones among it, that are laid out at most."""
TOPICS = {
    MeterSample: "residuals",
    SweepLesions: "lesions",
    FlowGradients: "gradients",
    PoolSample: "decisions embedding",
    FitProbes: "decisions",
    Embed: "embedding",
    Excite: "excites",
    MeasureCost: "cost",
}
"""Which topics wait for a request, by its kind."""


def change_inside(turn: Turn, **fields: Any) -> None:
    """Replace fields of what was found inside."""
    turn.change(inside=replace(turn.state.inside, **fields))


def picture_in_view(turn: Turn) -> int | None:
    """The picture that is looked at, where there is a network to look at it with."""
    state = turn.state
    loaded = state.pictures.loaded(state.pictures.current)
    return loaded.image_id if loaded is not None and state.net.status == "ready" else None


def on_show_topic(turn: Turn, action: ShowTopic) -> None:
    """Look at a topic; what is cheap is asked for at once."""
    change_inside(turn, topic=action.topic, is_opened=True)
    image_id = picture_in_view(turn)
    origin = turn.state.net.origin
    if not turn.state.data.cards:
        turn.ask(ListData, recent=turn.state.settings.recent_data)
    if turn.state.inside.shipped is None and origin is not None and origin.kind == "bundled":
        turn.ask(ReadFindings)
    if action.topic == "residuals" and image_id is not None:
        turn.ask(Meter, image_id=image_id)


def on_choose_sample(turn: Turn, action: ChooseSample) -> None:
    """Another sample: what was found with the one before, and what still looks for it, is put away."""
    inside = turn.state.inside
    if action.data == inside.data:
        return
    turn.drop(*(kind for kind in TOPICS if kind is not MeasureCost))
    change_inside(
        turn,
        data=action.data,
        busy=inside.busy & {"cost"},
        metered_sample=None,
        flows=None,
        tested=None,
        swept=None,
        pooled=None,
        probes=None,
        decided=None,
        embedded=None,
        excited=None,
    )
    if inside.shipped is not None:
        # The engine takes the probes that ship in place of those of the sample before.
        turn.ask(ReadFindings)


def on_run_topic(turn: Turn, action: RunTopic) -> None:
    """Find what a topic shows; most of it needs the sample to be open first."""
    if turn.state.net.status != "ready":
        return
    change_inside(turn, topic=action.topic, busy=turn.state.inside.busy | {action.topic})
    if action.topic == "cost":
        turn.ask(MeasureCost)
        return
    if action.topic in ("decisions", "embedding") and turn.state.inside.pooled is not None:
        _after_pooling(turn)
        return
    turn.ask(OpenData, data=turn.state.inside.data, input_size=turn.state.document.spec.input_size)


def begin(turn: Turn, facts: DataFacts) -> None:
    """A sample that topics waited for is open; those that are under way already go on."""
    inside = turn.state.inside
    if facts.data != inside.data:
        return
    sample = _sample(turn, facts, SAMPLED_PICTURES)
    document = turn.state.document
    spec = document.spec
    if document.lesions and inside.tested is None and inside.is_opened:
        turn.ask(TestLesions, lesions=document.lesions, sample=_swept_sample(turn, facts))
    for topic in inside.busy - _under_way(turn):
        match topic:
            case "residuals":
                turn.ask(MeterSample, sample=sample)
            case "lesions":
                twin = plain_twin(spec) if spec.shortcut != "none" else None
                turn.ask(SweepLesions, sample=_swept_sample(turn, facts), twin=twin)
            case "gradients":
                turn.ask(FlowGradients, sample=sample, others=_relatives(spec), seed=document.seed)
            case "decisions" | "embedding":
                pooled = _sample(turn, facts, POOLED_PICTURES)
                turn.ask(PoolSample, sample=pooled, image_ids=_placed(turn))
            case "excites":
                turn.ask(Excite, key=document.selected, sample=sample)


def _sample(turn: Turn, facts: DataFacts, most: int, passes: int = 1) -> SampleChoice:
    """The open sample, with as many pictures as the network in view can be asked about in a while."""
    device = turn.state.device.current
    is_cpu = device is not None and device.name == "cpu"
    count = sample_size(turn.state.document.spec, most, is_cpu=is_cpu, passes=passes)
    return SampleChoice(facts.data, facts.input_size, count)


def _swept_sample(turn: Turn, facts: DataFacts) -> SampleChoice:
    """The same for the sweep and for what is compared with it: each block costs a pass."""
    blocks = len(expand(turn.state.document.spec).blocks)
    return _sample(turn, facts, SAMPLED_PICTURES, blocks)


def _under_way(turn: Turn) -> set[str]:
    """Topics that something is being found for now."""
    kinds = {item.kind for item in turn.state.work}
    return {topic for kind, topics in TOPICS.items() if kind.__name__ in kinds for topic in topics.split()}


def _relatives(spec: ArchitectureSpec) -> tuple[tuple[str, ArchitectureSpec], ...]:
    """The net itself at its start, its plain twin, near depths of its family, and other activations."""
    found = [("at its start", spec)]
    if spec.shortcut != "none":
        found.append(("plain twin", plain_twin(spec)))
    own, known = depth_of(spec), list(depths(spec))
    wanted = [min(known, key=lambda depth: abs(depth - factor * own)) for factor in RELATIVE_DEPTHS]
    for depth in dict.fromkeys(wanted):
        if depth <= max(own, DEEPEST_RELATIVE):
            found.append((f"depth {depth}", with_depth(spec, depth)))
    for activation in COMPARED_ACTIVATIONS:
        found.append((activation, spec.edited(activation=activation)))
    return tuple((title, other) for place, (title, other) in enumerate(found) if not place or other != spec)


def on_lesions_changed(turn: Turn) -> None:
    """The answers with the present lesions: for the picture at once, then for the sample where one looks."""
    inside, facts = turn.state.inside, turn.state.data.facts
    document = turn.state.document
    turn.drop(TestLesions)
    change_inside(turn, tested=None)
    if not document.lesions or not (inside.is_opened or inside.swept is not None):
        return
    size = document.spec.input_size
    if facts is not None and (facts.data, facts.input_size) == (inside.data, size):
        turn.ask(TestLesions, lesions=document.lesions, sample=_swept_sample(turn, facts))
    elif inside.topic == "lesions":
        turn.ask(OpenData, data=inside.data, input_size=size)


def _after_pooling(turn: Turn) -> None:
    inside = turn.state.inside
    if "decisions" in inside.busy:
        turn.ask(FitProbes)
    if "embedding" in inside.busy:
        _embed(turn)


def _embed(turn: Turn) -> None:
    inside = turn.state.inside
    turn.ask(Embed, method=inside.embedding, key=inside.embedding_key, image_ids=_placed(turn))


def _placed(turn: Turn) -> tuple[int, ...]:
    """The dropped pictures that are placed among a sample: the last ones."""
    pictures = turn.state.pictures
    image_ids = [item.image_id for item in pictures.items if pictures.loaded(item.image_id)]
    return tuple(image_ids[-PLACED_PICTURES:])


def on_choose_embedding(turn: Turn, action: ChooseEmbedding) -> None:
    """Lay the sample out another way."""
    change_inside(turn, embedding=action.method, embedding_key=action.key, embedded=None)
    if turn.state.inside.pooled is not None:
        change_inside(turn, busy=turn.state.inside.busy | {"embedding"})
        _embed(turn)


def _done(turn: Turn, topic: str, **fields: Any) -> None:
    change_inside(turn, busy=turn.state.inside.busy - {topic}, **fields)


def on_metered(turn: Turn, event: Metered) -> None:
    """The residual meter is here."""
    if event.image_id is not None:
        if turn.is_newest(event, Meter, MAIN_COLUMN):
            change_inside(turn, metered_picture=event)
    elif turn.is_newest(event, MeterSample, MAIN_COLUMN):
        _done(turn, "residuals", metered_sample=event)


def on_gradients_flowed(turn: Turn, event: GradientsFlowed) -> None:
    """Gradient norms are here."""
    if turn.is_newest(event, FlowGradients, MAIN_COLUMN):
        _done(turn, "gradients", flows=event)


def on_lesions_tested(turn: Turn, event: LesionsTested) -> None:
    """What the network with lesions knows is here."""
    if turn.is_newest(event, TestLesions, MAIN_COLUMN) and event.lesions == turn.state.document.lesions:
        change_inside(turn, tested=event)


def on_swept(turn: Turn, event: Swept) -> None:
    """Some blocks of the sweep, or all."""
    if not turn.is_newest(event, SweepLesions, MAIN_COLUMN):
        return
    if event.is_done:
        _done(turn, "lesions", swept=event)
    else:
        change_inside(turn, swept=event)


def on_sample_pooled(turn: Turn, event: SamplePooled) -> None:
    """The engine holds a sample's features: fit or lay out what waited for it."""
    if turn.is_newest(event, PoolSample, MAIN_COLUMN):
        change_inside(turn, pooled=event)
        _after_pooling(turn)


def on_probes_fitted(turn: Turn, event: ProbesFitted) -> None:
    """The probes are there: ask them about the picture."""
    if turn.is_newest(event, FitProbes, MAIN_COLUMN):
        _done(turn, "decisions", probes=event, decided=None)
        image_id = picture_in_view(turn)
        if image_id is not None:
            turn.ask(Decide, image_id=image_id)


def on_decided(turn: Turn, event: Decided) -> None:
    """What the probes say is here; the picture can be placed among the sample now."""
    columns.on_column_decided(turn, event)
    if turn.is_newest(event, Decide, MAIN_COLUMN):
        change_inside(turn, decided=event if event.keys else None)
        if turn.state.inside.embedded is not None:
            _embed(turn)


def on_embedded(turn: Turn, event: Embedded) -> None:
    """The sample lies in the plane."""
    if turn.is_newest(event, Embed, MAIN_COLUMN):
        _done(turn, "embedding", embedded=event)


def on_excited(turn: Turn, event: Excited) -> None:
    """Exciting pictures are here."""
    if turn.is_newest(event, Excite, MAIN_COLUMN):
        _done(turn, "excites", excited=event)


def on_cost_measured(turn: Turn, event: CostMeasured) -> None:
    """Time and memory are here."""
    if turn.is_newest(event, MeasureCost, MAIN_COLUMN):
        _done(turn, "cost", cost=event)


def on_inside_progress(turn: Turn, event: InsideProgress) -> None:
    """Some of it is done."""
    turn.progress(event.ticket, event.share)


def on_findings_read(turn: Turn, event: FindingsRead) -> None:
    """What was found beforehand is here; its probes can be asked about the picture."""
    if event.column != MAIN_COLUMN:
        columns.on_column_findings(turn, event)
        return
    if not turn.is_newest(event, ReadFindings, MAIN_COLUMN) or event.findings is None:
        return
    change_inside(turn, shipped=event.findings, shipped_twin=event.twin, decided=None)
    image_id = picture_in_view(turn)
    if image_id is not None:
        turn.ask(Decide, image_id=image_id)


def on_inside_failed(turn: Turn, event: RequestFailed) -> None:
    """A topic is busy no more; the notice says why. What was replaced or dropped since concerns nobody."""
    busy = turn.state.inside.busy
    if event.kind == OpenData.__name__ and turn.is_newest(event, OpenData):
        change_inside(turn, busy=busy & _under_way(turn))
        return
    for kind, topics in TOPICS.items():
        if event.kind == kind.__name__ and turn.is_newest(event, kind, MAIN_COLUMN):
            change_inside(turn, busy=busy - set(topics.split()))


def on_inside_finished(turn: Turn) -> None:
    """Something is under way no more: a topic that nothing is found for any longer is not busy.

    A sample that was opened for it can be replaced by another that a training is set up with.
    """
    inside = turn.state.inside
    if not inside.busy or any(item.kind == OpenData.__name__ for item in turn.state.work):
        return
    busy = inside.busy & _under_way(turn)
    if busy != inside.busy:
        change_inside(turn, busy=busy)
