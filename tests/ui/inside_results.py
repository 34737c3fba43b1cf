"""What is inside a small network, found by the real functions on real digits; each is found once."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import torch
from sklearn.datasets import load_digits

from explorer.arch.expand import expand
from explorer.arch.families import cifar_spec, plain_twin
from explorer.arch.lesions import Lesions
from explorer.engine.inside_messages import Metered
from explorer.engine.messages import LoadedPicture
from explorer.engine.sample_messages import (
    CostMeasured,
    Decided,
    Embedded,
    Excited,
    ExcitingPicture,
    GradientsFlowed,
    LesionsTested,
    ProbesFitted,
    SampleChoice,
    SamplePooled,
    Swept,
)
from explorer.images.prepare import cifar_transform
from explorer.nets.assemble import assembling
from explorer.nets.embedding import embed
from explorer.nets.exciting import crops, exciting
from explorer.nets.gradient_flow import flowing_at_start, gradient_flow
from explorer.nets.lesion import knowing, sweeping
from explorer.nets.linear_probe import fitting
from explorer.nets.meter import metering
from explorer.nets.pooled import pooling
from explorer.nets.profile import profiling
from explorer.nets.sample import Sample
from explorer.slices import returned
from explorer.state.inside import InsideState
from explorer.ui.views.inside_facts import InsideFacts

CPU = torch.device("cpu")
SPEC, PLAIN = cifar_spec(8), plain_twin(cifar_spec(8))
GRAPH, PLAIN_GRAPH = expand(SPEC), expand(PLAIN)
CLASSES = tuple("0123456789")
CHOICE = SampleChoice("digits", 32, 60)
BYPASSED = Lesions(frozenset({"layer1.0"}))
N = 60


@lru_cache
def network(spec=SPEC):
    return returned(assembling(expand(spec), device=CPU, seed=1)).eval()


@lru_cache
def sample():
    digits = load_digits()
    images = np.repeat(np.repeat(digits.images[:N] * 15.9, 4, 1), 4, 2).astype(np.uint8)[..., None]
    return Sample(images, cifar_transform()), digits.target[:N].astype(np.int64)


@lru_cache
def prepared():
    return sample()[0].prepared(0, N, 3)


@lru_cache
def metered(image_id=None, spec=SPEC):
    images = prepared() if image_id is None else prepared()[:1]
    meter = returned(metering(network(spec), expand(spec), images, CPU))
    return Metered(ticket=1, image_id=image_id, meter=meter)


@lru_cache
def swept():
    labels = sample()[1]
    sweep = returned(sweeping(network(), GRAPH, prepared(), labels, CPU))
    twin = returned(sweeping(network(PLAIN), PLAIN_GRAPH, prepared(), labels, CPU))
    return Swept(ticket=1, sweep=sweep, twin=twin, knows_truth=True, is_done=True)


@lru_cache
def tested():
    labels = sample()[1]
    intact = returned(knowing(network(), GRAPH, prepared(), labels, CPU))
    changed = returned(knowing(network(), GRAPH, prepared(), labels, CPU, BYPASSED))
    return LesionsTested(
        ticket=1, lesions=BYPASSED, knowledge=changed, intact=intact, knows_truth=True, images=N
    )


@lru_cache
def flows():
    images, labels = prepared()[:8], sample()[1][:8]
    own = gradient_flow(network(), GRAPH, images, labels, CPU)
    specs = (PLAIN, cifar_spec(14))
    others = returned(flowing_at_start(specs, images, labels, CPU))
    return GradientsFlowed(ticket=1, flows=(("now", own), ("plain twin", others[0]), ("depth 14", others[1])))


@lru_cache
def _features():
    return returned(pooling(network(), GRAPH, sample()[0], CPU)).by_key


@lru_cache
def pooled():
    pictures, labels = sample()
    thumbnails = np.repeat(pictures.images, 3, axis=3)
    return SamplePooled(
        ticket=1,
        sample=CHOICE,
        keys=tuple(_features()),
        labels=tuple(labels.tolist()),
        classes=CLASSES,
        thumbnails=thumbnails,
    )


@lru_cache
def probed():
    fitted = returned(fitting(_features(), sample()[1]))
    rows = np.stack([probe.probabilities(_features()[probe.key][:1])[0] for probe in fitted])
    accuracies = tuple((probe.key, probe.accuracy) for probe in fitted)
    probes = ProbesFitted(ticket=1, accuracies=accuracies, classes=CLASSES)
    keys = tuple(probe.key for probe in fitted)
    return probes, Decided(ticket=1, image_id=7, keys=keys, probabilities=rows.astype(np.float32))


@lru_cache
def embedded():
    key = pooled().keys[-1]
    layout = embed(_features()[key], "pca")
    x, y = layout.place(_features()[key][:1])[0].tolist()
    return Embedded(ticket=1, method="pca", key=key, points=layout.points, placed=((7, x, y),))


@lru_cache
def excited():
    pictures = sample()[0]
    found = returned(exciting(network(), GRAPH, pictures, "layer1.0.act2", CPU, n_best=5))

    def shown(crop):
        seen = np.repeat(pictures.seen(crop.picture), 3, axis=2)
        part = None if crop.pixels is None else np.repeat(crop.pixels, 3, axis=2)
        return ExcitingPicture(seen, part, crop.value)

    rows = tuple(
        tuple(shown(crop) for crop in crops(GRAPH, pictures, found, channel))
        for channel in range(len(found.values))
    )
    return Excited(ticket=1, excitement=found, pictures=rows)


@lru_cache
def cost():
    return CostMeasured(ticket=1, profile=returned(profiling(network(), GRAPH, CPU, repetitions=2)))


@lru_cache
def picture():
    pixels = np.repeat(sample()[0].images[0], 3, axis=2)
    return LoadedPicture(7, "digit.png", None, 32, 32, pixels, pixels)


def facts(topic, **found):
    """Everything that a topic is shown, of a ready network; `found` fills the slice."""
    changes = {name: found.pop(name) for name in tuple(found) if name in InsideFacts.__dataclass_fields__}
    inside = InsideState(topic=topic, **found)
    made = InsideFacts(
        inside=inside,
        spec=SPEC,
        classes=CLASSES,
        is_ready=True,
        is_trained=True,
        selected="layer1.0.act2",
        picture=picture(),
        pictures={7: picture()},
    )
    return replace(made, **changes)
