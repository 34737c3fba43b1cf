"""The parts of the state about what happens inside the network in view.

Held by `state/model.py`; changed only by `state/reducer`. All of it is of one network: another version
empties it. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from explorer.arch.lesions import Lesions
    from explorer.engine.inside_messages import ChannelsRanked, KernelsRead, Metered, NumberRead
    from explorer.engine.sample_messages import (
        CostMeasured,
        Decided,
        Embedded,
        EmbeddingMethod,
        Excited,
        GradientsFlowed,
        LesionsTested,
        ProbesFitted,
        SamplePooled,
        Swept,
    )
    from explorer.nets.findings_file import Findings
    from explorer.nets.insights import Attribution, Method

InsideTopic = Literal["residuals", "lesions", "gradients", "decisions", "embedding", "excites", "cost"]


@dataclass(frozen=True, slots=True)
class OverlayState:
    """The attribution over the picture.

    Attributes:
        method: How; empty for no overlay.
        label: The class that is explained; None for the likeliest.
        image_id: The picture that the answer is of.
        attribution: The answer; None until it is there.
        milliseconds: It took.
        opacity: 0 to 1.
        threshold: What is weaker is not drawn, 0 to 1 of the strongest.
        asked: Picture, node and lesions of the newest request; None before one.
    """

    method: Method | Literal[""] = ""
    label: int | None = None
    image_id: int | None = None
    attribution: Attribution | None = None
    milliseconds: float = 0.0
    opacity: float = 0.6
    threshold: float = 0.0
    asked: tuple[int, str, Lesions] | None = None


@dataclass(frozen=True, slots=True)
class InsideState:
    """What was found inside the network in view.

    Attributes:
        topic: What the view shows.
        is_opened: Whether the view was looked at.
        busy: What is being found now.
        data: The sample's data: a name or a path.
        overlay: The attribution over the picture.
        number: How the number that was clicked is made.
        kernels: Weights of the selected node.
        ranked: How much its channels speak for a class.
        metered_picture: The residual meter of the current picture.
        metered_sample: The same of the sample.
        flows: Gradient norms by depth.
        tested: What the network with the present lesions knows.
        swept: Each block in turn.
        pooled: The sample whose pooled features the engine holds.
        probes: The linear probes.
        decided: What they say of the current picture.
        embedding: How the sample is laid out.
        embedded: Where it lies.
        embedding_key: The block whose features are laid out; empty for the last.
        excited: Pictures that excite the selected node.
        cost: Measured time and memory.
        shipped: What was found beforehand in bundled weights; shown where nothing was found here.
        shipped_twin: The same of the plain twin's.
    """

    topic: InsideTopic = "residuals"
    is_opened: bool = False
    busy: frozenset[str] = frozenset()
    data: str = "digits"
    overlay: OverlayState = OverlayState()
    number: NumberRead | None = None
    kernels: KernelsRead | None = None
    ranked: ChannelsRanked | None = None
    metered_picture: Metered | None = None
    metered_sample: Metered | None = None
    flows: GradientsFlowed | None = None
    tested: LesionsTested | None = None
    swept: Swept | None = None
    pooled: SamplePooled | None = None
    probes: ProbesFitted | None = None
    decided: Decided | None = None
    embedding: EmbeddingMethod = "pca"
    embedding_key: str = ""
    embedded: Embedded | None = None
    excited: Excited | None = None
    cost: CostMeasured | None = None
    shipped: Findings | None = None
    shipped_twin: Findings | None = None


def shown(inside: InsideState) -> InsideState:
    """What views show: where nothing was found here, what ships with the weights."""
    found, twin = inside.shipped, inside.shipped_twin
    if found is None:
        return inside
    from explorer.engine.inside_messages import Metered
    from explorer.engine.sample_messages import ProbesFitted, Swept

    return replace(
        inside,
        swept=inside.swept
        or Swept(
            sweep=found.sweep,
            twin=None if twin is None else twin.sweep,
            knows_truth=True,
            is_done=True,
        ),
        metered_sample=inside.metered_sample or Metered(image_id=None, meter=found.meter),
        probes=inside.probes
        or ProbesFitted(
            accuracies=tuple((probe.key, probe.accuracy) for probe in found.probes),
            classes=found.classes,
        ),
    )


def is_shipped(inside: InsideState) -> bool:
    """Whether the topic in view shows what ships with the weights."""
    if inside.shipped is None or inside.topic in inside.busy:
        return False
    found_here = {
        "residuals": inside.metered_sample,
        "lesions": inside.swept,
        "decisions": inside.probes,
    }
    return inside.topic in found_here and found_here[inside.topic] is None
