"""Networks side by side: a picture's way through one of them, and letting one go.

Called through `handlers/table.py` by the worker, and by `cli`. Must not import Qt.
"""

from __future__ import annotations

import time
from collections.abc import Generator

from explorer.engine.compare_messages import LetColumnGo, LookedThrough, LookThrough
from explorer.engine.context import Context
from explorer.engine.handlers.classify import TOP, seen_by
from explorer.engine.messages import MemoryRead
from explorer.images.prepare import normalised
from explorer.nets import device
from explorer.nets.predict import top
from explorer.nets.probe import probe_and_predict


def look_through(request: LookThrough, context: Context) -> Generator[LookedThrough, None, None]:
    """Answer for one picture and keep what the wanted nodes make of it, in one forward pass in float32.

    Raises:
        ImageError: The picture cannot be read.
        WeightsError: The network's outputs are not numbers.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        # The network was dropped since; whoever builds the next asks again.
        return
    pixels = seen_by(net, request.image_id, context)
    image = normalised(pixels, net.transform, net.spec.in_channels)
    started = time.perf_counter()
    maps, probabilities = probe_and_predict(net.module, image, request.keys, context.device)
    for values in maps.values():
        values.setflags(write=False)
    yield LookedThrough(
        ticket=request.ticket,
        column=request.column,
        image_id=request.image_id,
        predictions=top(probabilities, net.classes or None, TOP),
        maps=tuple(maps.items()),
        milliseconds=1000 * (time.perf_counter() - started),
    )


def let_column_go(request: LetColumnGo, context: Context) -> Generator[MemoryRead, None, None]:
    """Drop a column's network; what the device still caches for it is given back when all is quiet."""
    context.drop_net(request.column)
    if context.device is not None:
        yield MemoryRead(ticket=request.ticket, device=device.memory(context.device))
