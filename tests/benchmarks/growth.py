"""How training slows as work grows: CIFAR nets of 8 to 110 layers at batches of 32 to 1,024.

Each figure is the fastest step of the real loop after one that warms up: what else a machine does only slows.
The precision and the threads are measured once, for ResNet-20 at batch 128, and used for all. What would take
more than a share of the free memory is left out. Nothing is to be reached: the figures are for people, and
`--plot FILE.svg` draws them.

    python -m tests.benchmarks.growth [--plot resources/readme/growth.svg]
"""

import argparse
import sys
import time
from pathlib import Path

from tests.benchmarks.report import say

DEPTHS = (8, 14, 20, 32, 44, 56, 110)
BATCHES = (32, 64, 128, 256, 512, 1024)
USUAL = (20, 128)
MOST_STEPS, LEAST_STEPS, SECONDS = 10, 2, 0.8
"""Timed steps of a figure: as many as fit into the seconds, within these."""
MEMORY_SHARE = 0.4
"""Of the free memory, for the activations of a step in float32: others need some too."""


def noise():
    """Pictures of CIFAR's size: a step costs the same whatever it sees."""
    import numpy as np

    from explorer.images.datasets import Dataset

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (max(BATCHES), 32, 32, 3), dtype=np.uint8)
    labels = random.integers(0, 10, len(images))
    return Dataset("noise", tuple("0123456789"), images, labels, images[:10], labels[:10], ())


def training_of(depth, plan, data):
    """A training that is ready to start, on the best device."""
    from explorer.arch.families import cifar_spec
    from explorer.nets.device import choose
    from explorer.training.prepare import prepare

    steps = prepare(cifar_spec(depth), plan, data, choose()[0])
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return finished.value


def images_per_second(training):
    """Of the training's own loop."""
    from explorer.training.events import StepMetrics
    from explorer.training.loop import train
    from explorer.training.precision import synchronise

    device, took, began = training.device, [], time.perf_counter()
    events = train(training)
    while len(took) <= LEAST_STEPS or (time.perf_counter() - began < SECONDS and len(took) <= MOST_STEPS):
        before = training.step
        synchronise(device)
        started = time.perf_counter()
        # An epoch ends with an evaluation of ten pictures, which is no step.
        while training.step == before:
            event = next(events)
        synchronise(device)
        assert event is None or isinstance(event, StepMetrics)
        took.append(time.perf_counter() - started)
    events.close()
    return training.batch_size / min(took[1:])


def fits(depth, batch, free_bytes):
    """Whether a step's activations leave the machine some memory."""
    from explorer.arch.cost import cost_of
    from explorer.arch.families import cifar_spec

    return cost_of(cifar_spec(depth)).activation_bytes * batch <= MEMORY_SHARE * free_bytes


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="where the plot goes")
    plot = parser.parse_args().plot

    from explorer import boot

    boot.prepare_process()
    from explorer.nets.device import memory
    from explorer.training.plan import Plan

    data = noise()
    # So many epochs that none of them is the last.
    usual = training_of(USUAL[0], Plan(epochs=10_000, batch_size=USUAL[1]), data)
    info = memory(usual.device)
    fixed = usual.plan.edited(
        precision=usual.precision.dtype,
        channels_last="yes" if usual.precision.channels_last else "no",
        reproducible=usual.device.type == "cpu",
    )
    rates = {}
    for depth in DEPTHS:
        for batch in BATCHES:
            if not fits(depth, batch, info.memory_free_bytes):
                print(f"left out for memory: ResNet-{depth}, batch {batch}", file=sys.stderr)
                continue
            training = training_of(depth, fixed.edited(batch_size=batch), data)
            training.threads = usual.threads
            rates[depth, batch] = images_per_second(training)
            where = f"ResNet-{depth}, batch {batch}, {usual.device.type}"
            say(f"training {where}", rates[depth, batch], "images/s", precision=usual.precision.name)
    if plot:
        title = f"Training CIFAR ResNets: {info.title}, {usual.precision.name}"
        plot.write_text(drawn(rates, title), "utf-8")


def drawn(rates, title):
    """The plot: a line for each depth."""
    from explorer.present.chart import Axis, Line, chart_svg

    lines = [
        Line(f"ResNet-{depth}", tuple((b, rates[depth, b]) for b in BATCHES if (depth, b) in rates))
        for depth in DEPTHS
    ]
    return chart_svg(
        title, lines, Axis("batch size", is_log=True, ticks=BATCHES), Axis("images/s", is_log=True)
    )


if __name__ == "__main__":
    main()
