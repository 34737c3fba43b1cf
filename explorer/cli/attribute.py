"""`resnet-explorer attribute`: what in pictures speaks for a class, laid over them as PNGs.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import difflib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.arch.expand import expand
from explorer.cli.arguments import add_json, add_model, share
from explorer.cli.features import check_key
from explorer.cli.inside import answered, pictures_in, shelved
from explorer.cli.live import Live, live_net, origin_name, origin_text
from explorer.cli.png_file import check_png, write_png
from explorer.cli.say import print_error
from explorer.cli.tables import table
from explorer.engine.inside_messages import Attribute, Attributed
from explorer.errors import ExplorerError, ImageError, InsideError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.arch.spec import ArchitectureSpec
    from explorer.engine.context import LiveNet
    from explorer.nets.facts import Origin
    from explorer.nets.insights import Attribution, Method

METHODS: dict[str, Method] = {
    "grad-cam": "grad_cam",
    "grad-cam++": "grad_cam_plus_plus",
    "saliency": "saliency",
    "integrated-gradients": "integrated_gradients",
    "occlusion": "occlusion",
}
SIDE_PX = 448
"""Pictures for small networks are shown at this many pixels, so that one sees something."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture's answer.

    Attributes:
        path: The picture.
        method: As the command line names it.
        key: The node that Grad-CAM looked at; None for the other methods.
        class_: The class that is explained; None where there is an error, as the next three.
        index: Its label.
        score: Its logit.
        out: Where the overlay is.
        error: Why there is none; else None.
    """

    path: Path
    method: str
    key: str | None
    class_: str | None = None
    index: int | None = None
    score: float | None = None
    out: Path | None = None
    error: ExplorerError | None = None


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "attribute",
        help="show what in a picture spoke for a class",
        description="Lay over pictures what in them speaks for a class. Blue speaks against it, where the "
        "method can tell.",
    )
    parser.add_argument(
        "images", nargs="+", metavar="IMAGE", type=Path, help="a picture, or a folder of pictures"
    )
    add_model(parser)
    parser.add_argument("--method", choices=tuple(METHODS), default="grad-cam", help="grad-cam by default")
    parser.add_argument(
        "--key", metavar="NODE", help="where Grad-CAM looks; by default the last node that puts out maps"
    )
    parser.add_argument(
        "--class",
        dest="label",
        metavar="NAME|INDEX",
        help="the class to explain; by default each picture's likeliest",
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="PNG",
        help="where the overlay goes; a folder where there are several pictures",
    )
    parser.add_argument(
        "--opacity", type=share, default=0.6, metavar="SHARE", help="of the overlay, 0 to 1; 0.6 by default"
    )
    parser.add_argument(
        "--threshold",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="what is weaker than this share of the strongest is not drawn; 0 by default",
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Write the overlays and say what is in them.

    Returns:
        The exit status: 1 where a picture could not be read, else 0.

    Raises:
        ExplorerError: There is no picture, node or class of that name, an overlay cannot be written, or as
            `live_net`.
    """
    paths = pictures_in(args.images)
    outs = _places(paths, args.out, args.method)
    with live_net(args) as live:
        key = _node(args.key, args.method, live.net.spec)
        label = _label(args.label, live.net)
        rows = [_row(args, live, path, out, key, label) for path, out in zip(paths, outs, strict=True)]
        origin = live.net.origin
    if args.json:
        print(json.dumps([_as_json(row, origin) for row in rows]))
    else:
        print(f"Weights: {origin_text(origin)}")
        cells = [
            (str(row.path), row.class_ or "", f"{row.score:.2f}", row.key or "", str(row.out))
            for row in rows
            if not row.error
        ]
        if cells:
            print(f"\n{table(('Picture', 'Class', 'Score', 'Node', 'Saved'), cells, right=('Score',))}")
        for row in rows:
            if row.error:
                print_error(row.error)
    return 1 if any(row.error for row in rows) else 0


def _places(paths: list[Path], out: Path, method: str) -> list[Path]:
    """Where each picture's overlay goes.

    Raises:
        ImageError: It cannot be written there.
    """
    if out.is_dir():
        stems = [path.stem for path in paths]
        return [
            # Two pictures of one name, from two folders, get numbers.
            out / f"{stem}{f'-{place}' if stem in stems[:place] else ''}.{method}.png"
            for place, stem in enumerate(stems)
        ]
    if len(paths) > 1:
        raise ImageError(
            "There are {count} pictures, and {out} is no folder.",
            "Give --out the name of a folder that exists.",
            count=len(paths),
            out=out,
        )
    check_png(out)
    return [out]


def _node(key: str | None, method: str, spec: ArchitectureSpec) -> str:
    """The node that Grad-CAM looks at; the empty text for methods that look at no node.

    Raises:
        InsideError: The method looks at no node.
        SpecError: There is no such node.
    """
    if not method.startswith("grad-cam"):
        if key is not None:
            raise InsideError(
                "{method} looks at the picture alone, not at {key}.",
                "Leave --key out, or use --method grad-cam.",
                method=method,
                key=key,
            )
        return ""
    if key is not None:
        check_key(key, spec)
        return key
    shapes = [(node.key, node.output_shape) for node in expand(spec).nodes]
    return next(key for key, shape in reversed(shapes) if len(shape) == 3 and shape[1] * shape[2] > 1)


def _label(named: str | None, net: LiveNet) -> int | None:
    """The class that a name or an index means.

    Raises:
        InsideError: There is none.
    """
    if named is None:
        return None
    known = {name.casefold(): label for label, name in reversed(list(enumerate(net.classes)))}
    if named.casefold() in known:
        return known[named.casefold()]
    if named.isdecimal() and int(named) < net.spec.num_classes:
        return int(named)
    near = difflib.get_close_matches(named.casefold(), known, n=3)
    raise InsideError(
        "The network has no class {named}.",
        "Did you mean {near}?" if near else "Give a class it knows, or a number from 0 to {last}.",
        named=named,
        near=", ".join(net.classes[known[name]] for name in near),
        last=net.spec.num_classes - 1,
    )


def _row(args: argparse.Namespace, live: Live, path: Path, out: Path, key: str, label: int | None) -> Row:
    image_id = shelved(path, live)
    if isinstance(image_id, ExplorerError):
        return Row(path, args.method, key or None, error=image_id)
    request = Attribute(ticket=3, image_id=image_id, method=METHODS[args.method], key=key, label=label)
    found = answered(live, request, Attributed, args.method).attribution
    write_png(_overlay(args, live, image_id, found), out)
    classes = live.net.classes
    name = classes[found.label] if classes else f"class {found.label}"
    return Row(path, args.method, key or None, name, found.label, found.score, out)


def _overlay(args: argparse.Namespace, live: Live, image_id: int, found: Attribution) -> NDArray[np.uint8]:
    """Over the part of the photograph that the network sees, (side, side, 3)."""
    import numpy as np
    from PIL import Image

    from explorer.images.prepare import seen
    from explorer.present.overlay import overlay

    transform = live.net.transform
    # The same part of the photograph, with more pixels than a small network has.
    larger = max(1, -(-SIDE_PX // transform.input_size))
    shown = replace(
        transform, input_size=larger * transform.input_size, resize_size=larger * transform.resize_size
    )
    picture = Image.fromarray(seen(live.context.shelf.pixels(image_id), shown)).convert("RGBA")
    heat = np.asarray(Image.fromarray(found.heat).resize(picture.size, Image.Resampling.BILINEAR))
    colours = Image.fromarray(overlay(heat, opacity=args.opacity, threshold=args.threshold))
    return np.asarray(Image.alpha_composite(picture, colours).convert("RGB"))


def _as_json(row: Row, origin: Origin) -> dict[str, object]:
    return {
        "path": str(row.path),
        "method": row.method,
        "key": row.key,
        "class": row.class_,
        "index": row.index,
        "score": row.score,
        "origin": origin_name(origin),
        "out": str(row.out) if row.out else None,
        "error": str(row.error) if row.error else None,
    }
