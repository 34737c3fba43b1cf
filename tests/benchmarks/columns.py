"""Networks side by side in the engine: a column added, a drop through four columns, memory of eight.

    python -m tests.benchmarks.columns

The engine is the program's own, driven by messages as the window drives it. A drop costs what the columns
answer with (top five, and the maps of all stops of the slider) against the bare forward passes of the same
networks on the same thread, decoding apart. Memory is resident, from /proc/self/status (Linux).
"""

from explorer import boot

boot.prepare_process()

import itertools
import queue
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from explorer.arch.align import stops
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, preset
from explorer.engine.compare_messages import LetColumnGo, LookedThrough, LookThrough
from explorer.engine.messages import BuildModel, ColumnRequest, EngineReady, ModelBuilt, RequestFinished
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.worker import Engine
from tests.benchmarks.report import say

ROUNDS = 20
NETS = ("cifar-plain20", "cifar-resnet20", "cifar-plain56", "cifar-resnet56")
DEEPEST, N_COLUMNS = 110, 8
MOST_MS, MOST_RATIO, MOST_BYTES = 300.0, 1.3, 2e9


class Desk:
    """An engine and its answers."""

    def __init__(self):
        self.events = queue.Queue()
        self.engine = Engine(self.events.put, device="cpu")
        self.tickets = itertools.count(1)
        self.engine.start()
        while not isinstance(self.events.get(), EngineReady):
            pass

    def send(self, kind, **fields):
        request = kind(ticket=next(self.tickets), **fields)
        self.engine.send(request)
        return request.ticket

    def until(self, kind, ticket):
        while True:
            event = self.events.get(timeout=60)
            if isinstance(event, kind) and event.ticket == ticket:
                return event

    def ask(self, kind, answer, **fields):
        return self.until(answer, self.send(kind, **fields))

    def look(self, column, spec, image_id):
        keys = tuple(stop.key for stop in stops(expand(spec)))
        return self.send(LookThrough, column=column, image_id=image_id, keys=keys)


def added_ms(desk, image_id):
    """From pinning a bundled network to its answer."""
    spec, times = preset("cifar-resnet20").spec, []
    for number in range(ROUNDS):
        column = f"c{number}"
        started = time.perf_counter()
        desk.ask(BuildModel, ModelBuilt, spec=spec, column=column)
        desk.until(LookedThrough, desk.look(column, spec, image_id))
        times.append(1000 * (time.perf_counter() - started))
        desk.ask(LetColumnGo, RequestFinished, column=column)
    return statistics.median(times)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassBare(ColumnRequest):
    """Only the forward pass of a column's network, on the thread where all passes are made."""


def pass_bare(request, context):
    with torch.inference_mode():
        context.nets[request.column].module(torch.zeros(1, 3, 32, 32))
    yield None


def drop_ratio(desk, image_id):
    """Four columns' answers against their bare forward passes, in turns."""
    desk.engine._handlers[PassBare] = pass_bare
    specs = {f"c{place}": preset(name).spec for place, name in enumerate(NETS)}
    for column, spec in specs.items():
        desk.ask(BuildModel, ModelBuilt, spec=spec, column=column)
    bare, ours = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for ticket in [desk.send(PassBare, column=column) for column in specs]:
            desk.until(RequestFinished, ticket)
        bare.append(time.perf_counter() - started)
        started = time.perf_counter()
        for ticket in [desk.look(column, spec, image_id) for column, spec in specs.items()]:
            desk.until(LookedThrough, ticket)
        ours.append(time.perf_counter() - started)
    for column in specs:
        desk.ask(LetColumnGo, RequestFinished, column=column)
    return statistics.median(ours) / statistics.median(bare)


def resident_bytes():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def eight_columns_bytes(desk, image_id):
    """What eight columns of the deepest usual CIFAR network hold, with one picture's maps in each."""
    before, held = resident_bytes(), []
    spec = cifar_spec(DEEPEST)
    for number in range(N_COLUMNS):
        column = f"c{number}"
        desk.ask(BuildModel, ModelBuilt, spec=spec, column=column, seed=number)
        held.append(desk.until(LookedThrough, desk.look(column, spec, image_id)))
    return resident_bytes() - before


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.png"
        pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        desk = Desk()
        try:
            image_id = desk.ask(LoadPictures, PicturesLoaded, paths=(str(path),)).loaded[0].image_id
            say("a bundled column added, to its answer", added_ms(desk, image_id), "ms", at_most=MOST_MS)
            say(
                "a drop through four columns / bare forwards",
                drop_ratio(desk, image_id),
                "×",
                at_most=MOST_RATIO,
            )
            held = eight_columns_bytes(desk, image_id)
            say(f"eight columns of ResNet-{DEEPEST}", held / 1e6, "MB", at_most=MOST_BYTES / 1e6)
        finally:
            desk.engine.stop()


if __name__ == "__main__":
    main()
