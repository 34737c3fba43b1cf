"""What one node makes of one picture.

Called through `handlers/table.py` by the worker, and by `cli`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator

from explorer.arch.expand import expand
from explorer.engine.context import Context
from explorer.engine.handlers.classify import seen_by
from explorer.engine.messages import Event, NodeProbed, ProbeNode
from explorer.images.prepare import normalised
from explorer.nets.lesion import lesioned
from explorer.nets.probe import probe


def probe_node(request: ProbeNode, context: Context) -> Generator[Event, None, None]:
    """Run the network up to the node and hand over a copy of its output.

    Raises:
        ImageError: The picture cannot be read.
    """
    net = context.nets.get(request.column)
    if net is None or context.device is None:
        # The network was dropped since; whoever builds the next asks again.
        return
    image = normalised(seen_by(net, request.image_id, context), net.transform, net.spec.in_channels)
    with lesioned(net.module, expand(net.spec), request.lesions):
        maps = probe(net.module, image, (request.key,), context.device)[request.key]
    maps.setflags(write=False)
    yield NodeProbed(
        ticket=request.ticket,
        column=request.column,
        image_id=request.image_id,
        key=request.key,
        maps=maps,
    )
