"""`resnet-explorer features`: all channels of one node for one picture, as one tiled PNG.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.arch.expand import expand
from explorer.cli.arguments import add_json, add_model, at_least_1
from explorer.cli.live import Live, live_net, origin_name, origin_text
from explorer.cli.png_file import check_png, write_png
from explorer.cli.tables import pairs
from explorer.engine.messages import NodeProbed, ProbeNode
from explorer.errors import ImageError, SpecError
from explorer.present.text import shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.arch.spec import ArchitectureSpec

SCALES = {"shared": "shared", "per-channel": "per_channel"}


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "features",
        help="save what a node makes of a picture",
        description="Save all channels of a node's output for a picture as one tiled PNG.",
    )
    parser.add_argument("image", metavar="IMAGE", type=Path, help="a picture")
    add_model(parser)
    parser.add_argument(
        "--key",
        required=True,
        metavar="NODE",
        help="such as layer1.0.conv1; `describe SPEC --nodes` lists all",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="PNG", help="where the picture goes")
    parser.add_argument(
        "--scale",
        choices=tuple(SCALES),
        default="shared",
        help="shared: equal colours are equal values; per-channel: each from its least to its greatest",
    )
    parser.add_argument(
        "--zoom", type=at_least_1, default=1, metavar="K", help="pixels of an activation's side, 1 by default"
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the picture and say what is in it; the exit status is 0.

    Raises:
        ExplorerError: There is no such node, a picture cannot be read or written, or as `live_net`.
    """
    check_png(args.out)
    with live_net(args) as live:
        check_key(args.key, live.net.spec)
        maps = _probed(live, args.image, args.key)
        origin = live.net.origin
    from explorer.present.tiles import tile

    tiles = tile(maps, scale=SCALES[args.scale])  # type: ignore[arg-type]
    write_png(tiles.picture.repeat(args.zoom, axis=0).repeat(args.zoom, axis=1), args.out)
    low, high = float(maps.min()), float(maps.max())
    if args.json:
        facts = {
            "key": args.key,
            "shape": list(maps.shape),
            "minimum": low,
            "maximum": high,
            "columns": tiles.columns,
            "rows": tiles.rows,
            "out": str(args.out),
            "origin": origin_name(origin),
        }
        print(json.dumps(facts))
    else:
        rows = [
            ("Node", f"{args.key}, {shape(maps.shape)}, from {low:.4g} to {high:.4g}"),
            ("Weights", origin_text(origin)),
            ("Saved", f"{args.out}, {tiles.columns} × {tiles.rows} channels"),
        ]
        print(pairs(rows))
    return 0


def check_key(key: str, spec: ArchitectureSpec) -> None:
    """Make sure that a network has a node.

    Raises:
        SpecError: It has none of that name; the hint names the nearest.
    """
    keys = [node.key for node in expand(spec).nodes]
    if key not in keys:
        near = (
            difflib.get_close_matches(key, keys, n=3) or [name for name in keys if name.startswith(key)][:3]
        )
        raise SpecError(
            "key",
            "The network has no node {key}.",
            "Did you mean {near}?" if near else "`resnet-explorer describe SPEC --nodes` lists all.",
            key=key,
            near=", ".join(near),
        )


def _probed(live: Live, image: Path, key: str) -> NDArray[np.float32]:
    """(channels, height, width) or (features,)."""
    image_id = live.context.shelf.add(str(image), image.name)
    for event in live.answers(ProbeNode(ticket=3, image_id=image_id, key=key)):
        if isinstance(event, NodeProbed):
            return event.maps
    raise ImageError("{image} could not be shown to the network.", "Try another picture.", image=image)
