"""Message templates and origins put into words for people.

Called by every panel that shows text from the state. Knows no widget.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from explorer.arch.depths import depth_of
from explorer.arch.presets import net_title
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.values import WeightsOffer
from explorer.present.text import byte_size
from explorer.state.model import NetState, Notice, Work

if TYPE_CHECKING:
    from explorer.nets.facts import Origin, Prediction

_WORK = {
    "BuildModel": "Building the network",
    "FetchWeights": "Downloading {name}",
    "FetchPicture": "Downloading a picture",
    "LoadPictures": "Reading pictures",
    "ClassifyMany": "Classifying pictures",
    "ReadWeights": "Reading {name}",
    "SaveWeights": "Saving {name}",
    "OpenData": "Reading {name}",
    "FetchData": "Downloading {name}",
    "CollectTaught": "Collecting {name}",
    "ReadTaught": "Reading pictures",
    "Train": "Training on {name}",
    "ResumeTraining": "Training",
    "FindRate": "Finding a learning rate on {name}",
    "Attribute": "Explaining the answer",
    "FlowGradients": "Measuring gradients",
    "SweepLesions": "Bypassing block after block",
    "TestLesions": "Asking the network with lesions",
    "PoolSample": "Looking at the sample",
    "FitProbes": "Fitting linear probes",
    "Embed": "Laying the sample out",
    "Excite": "Looking for exciting pictures",
    "MeterSample": "Measuring the sample",
    "MeasureCost": "Measuring time and memory",
    "WriteWalk": "Writing the walk",
    "ReadLesson": "Opening the lesson {name}",
    "WriteLesson": "Saving {name}",
    "RunStudy": "Training a study",
    "WriteStudyReport": "Writing the report",
    "TakeLessonWeights": "Keeping the weights of {name}",
}


def notice_text(notice: Notice) -> str:
    """The cause, with its arguments filled in."""
    return notice.message.format(**dict(notice.arguments))


def notice_hint(notice: Notice) -> str:
    """The remedy, with its arguments filled in."""
    return notice.hint.format(**dict(notice.arguments))


def work_text(work: Work) -> str:
    """What is under way."""
    return _WORK[work.kind].format(name=work.name) + "…"


def offer_text(offer: WeightsOffer) -> str:
    """The label of the button that takes an offer."""
    if offer.is_present:
        # The rest of the title, such as what it was trained on, is in the tooltip.
        return f"Use {offer.title.split(', ')[0]}"
    # The first version needs no number: its networks are known by it.
    version = " V2" if offer.title.endswith("_V2") else ""
    what = f"ImageNet weights{version}" if "IMAGENET" in offer.title else offer.title
    return f"Get {what} ({byte_size(offer.size_bytes)})"


def origin_text(origin: Origin) -> str:
    """Where the weights come from, in one line."""
    accuracy = f", {origin.accuracy_percent:.1f} % on its test set" if origin.accuracy_percent else ""
    match origin.kind:
        case "untrained":
            return f"untrained, seed {origin.seed}"
        case "copied":
            return f"copied in part: {origin.copied} of {origin.tensors} tensors, the rest untrained"
        case "run" if origin.step is not None:
            return f"run {origin.name} at step {origin.step:,}"
        case "run":
            return f"trained here, run {origin.name}{accuracy}"
        case kind:
            return f"{kind}: {origin.name}{accuracy}"


def said(predictions: tuple[Prediction, ...], net: NetState) -> tuple[Prediction, ...]:
    """An answer as people may read it: what has learned nothing has outputs, not classes."""
    if net.classes or net.origin is None or net.origin.is_trained:
        return predictions
    return tuple(replace(entry, label=f"output {entry.index}") for entry in predictions)


def window_title(spec: ArchitectureSpec) -> str:
    """The window's title."""
    return f"{net_title(spec)} ({depth_of(spec)} layers) — ResNet Explorer"
