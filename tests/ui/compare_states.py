"""States of a comparison made by hand: columns, their answers, probes, runs and curves; plausible numbers."""

from types import MappingProxyType

import numpy as np
from PySide6.QtCore import QPoint

from explorer.arch.align import stops
from explorer.arch.expand import expand
from explorer.arch.families import cifar_spec, plain_twin
from explorer.engine.messages import LoadedPicture, WeightsChoice
from explorer.engine.sample_messages import Decided, ProbesFitted
from explorer.images.labels import load_labels
from explorer.nets.facts import Origin, Prediction
from explorer.present.curves import CurveBuffer
from explorer.state.compare import Column, ColumnState, CompareState
from explorer.state.learning import Curves, RunsState
from explorer.state.model import Answer, AppState, Document, PicturesState
from explorer.training.plan import Plan
from tests.run_rows import made_row

CIFAR = load_labels("cifar10")
FOUR = (plain_twin(cifar_spec(20)), cifar_spec(20), plain_twin(cifar_spec(56)), cifar_spec(56))
STEPS, EPOCHS = 20, 24


def hover(qtbot, widget, place, reads):
    """Move the mouse to a place of a widget until the widget has read it."""

    def moved():
        # A pointer that stood there already would not move, and tell nothing.
        qtbot.mouseMove(widget, place + QPoint(1, 1))
        qtbot.mouseMove(widget, place)
        return reads()

    qtbot.waitUntil(moved)


def column(place, spec, run=""):
    return Column(f"c{place + 1}", spec, WeightsChoice("run", run) if run else WeightsChoice())


def picture(image_id, name=None):
    shade = np.random.default_rng(image_id).integers(40, 220, 3)
    pixels = np.tile(shade.astype(np.uint8), (32, 32, 1))
    pixels[8:24, 8:24] = 255 - pixels[8:24, 8:24]
    return LoadedPicture(image_id, name or f"picture {image_id}.png", None, 32, 32, pixels, pixels)


def answer(label, probability, classes=CIFAR):
    others = [name for name in classes if name != label]
    rest = [Prediction(name, classes.index(name), (1 - probability) / 9) for name in others[:4]]
    return Answer((Prediction(label, classes.index(label), probability), *rest))


def living(answers, classes=CIFAR, origin=None, **found):
    return ColumnState(
        status="ready",
        origin=origin or Origin("bundled", "a-net", accuracy_percent=88.0),
        classes=classes,
        version=1,
        answers=MappingProxyType(answers),
        **found,
    )


def probed(spec, labels, image_id, classes=CIFAR, sure=0.8):
    """Linear probes of a network that say these labels from block to block, surer towards the end."""
    graph = expand(spec)
    keys = tuple(stop.key for stop in stops(graph) if stop.block is not None)
    rows = np.full((len(keys), len(classes)), 0.0, np.float32)
    for place in range(len(keys)):
        label = labels[min(place * len(labels) // len(keys), len(labels) - 1)]
        share = 0.2 + (sure - 0.2) * (place + 1) / len(keys)
        rows[place] = (1 - share) / (len(classes) - 1)
        rows[place, classes.index(label)] = share
    return {
        "probes": ProbesFitted(ticket=1, accuracies=tuple((key, 0.5) for key in keys), classes=classes),
        "decided": Decided(ticket=1, image_id=image_id, keys=keys, probabilities=rows),
    }


def compared(columns, livings, pictures=(), current=None, **fields):
    """A state with these columns and pictures."""
    names = [made.name for made in columns]
    return AppState(
        document=Document(columns=tuple(columns)),
        compare=CompareState(columns=MappingProxyType(dict(zip(names, livings, strict=True))), is_seen=True),
        pictures=PicturesState(items=tuple(pictures), current=current),
        **fields,
    )


def four_columns(n_pictures=12):
    """Two depths with and without shortcuts, probes for picture 1, answers of all pictures."""
    says = [
        ["cat", "dog", "cat", "frog"],
        ["cat", "cat", "cat", "dog"],
        ["deer", "bird", "frog", "frog"],
        ["cat", "dog", "dog", "dog"],
    ]
    paths = [
        ["frog", "deer", "deer"],
        ["frog", "cat", "cat"],
        ["frog", "bird", "deer"],
        ["frog", "cat", "cat"],
    ]
    made = []
    for place, (spec, labels) in enumerate(zip(FOUR, says, strict=True)):
        given = {
            number: answer(labels[number % 4], 0.45 + 0.04 * ((number * 7 + place * 3) % 12))
            for number in range(1, n_pictures + 1)
        }
        given[1] = answer(paths[place][-1], 0.6 + 0.09 * place)
        made.append(living(given, **probed(spec, paths[place], 1)))
    columns = [column(place, spec) for place, spec in enumerate(FOUR)]
    pictures = [picture(number) for number in range(1, n_pictures + 1)]
    return compared(columns, made, pictures, current=1)


def run_row(run, spec, seed=0, test=None, **changes):
    usual = {"plan": Plan(seed=seed, epochs=EPOCHS), "epochs_done": EPOCHS, "test_accuracy": test}
    return made_row(run, spec=spec, **{**usual, **changes})


def curves(run, level=0.1, seed=0, epochs=EPOCHS):
    """A run's metrics whose errors fall towards a level."""
    random = np.random.default_rng(seed)
    rows = []
    for step in range(epochs * STEPS):
        done = (step + 1) / (EPOCHS * STEPS)
        error = level + (0.88 - level) * np.exp(-6 * done)
        noise = 0.03 * random.normal()
        rows += [
            (step, "step.loss", max(3 * error + noise, 0.01)),
            (step, "step.accuracy", min(max(1 - 0.7 * error + noise, 0), 1)),
            (step, "step.seconds", 0.1 * (step + 1)),
        ]
        if (step + 1) % STEPS == 0:
            shaken = error + 0.01 * random.normal()
            rows += [
                (step, "epoch.train_accuracy", 1 - 0.7 * error),
                (step, "epoch.train_loss", 2.5 * error),
                (step, "epoch.validation_accuracy", 1 - shaken),
                (step, "epoch.validation_loss", 3 * shaken),
            ]
    return Curves(run, CurveBuffer(rows), 1)


def trained_columns(with_curves=True):
    """Plain and residual nets of 20 and 56 layers from runs, ResNet-20 with three seeds."""
    specs = (FOUR[0], FOUR[1], FOUR[1], FOUR[1], FOUR[2], FOUR[3])
    runs = ("plain20", "res20-a", "res20-b", "res20-c", "plain56", "res56")
    levels = (0.105, 0.09, 0.092, 0.095, 0.13, 0.07)
    columns = [column(place, spec, run) for place, (spec, run) in enumerate(zip(specs, runs, strict=True))]
    livings = [living({}, origin=Origin("run", run)) for run in runs]
    rows = tuple(
        run_row(run, spec, seed=place, test=1 - level)
        for place, (run, spec, level) in enumerate(zip(runs, specs, levels, strict=True))
    )
    known = {
        run: curves(run, level, seed) for seed, (run, level) in enumerate(zip(runs, levels, strict=True))
    }
    held = RunsState(rows, is_listed=True, curves=MappingProxyType(known if with_curves else {}))
    return compared(columns, livings, runs=held)
