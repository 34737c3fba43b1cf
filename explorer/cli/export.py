"""`resnet-explorer export`: a network as a file for other programs, a table row a format.

Called through `cli/root.py`. Formats that need weights import torch inside their row only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from explorer.arch.spec import ArchitectureSpec
from explorer.cli.arguments import add_json, add_sets
from explorer.cli.specs import spec_from_argument
from explorer.errors import SetupError, WeightsError
from explorer.files import write_text
from explorer.present.text import byte_size


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        title: What it is, for `--help`.
        write: Writes it; returns where the weights in it come from, or None where it holds none.
        takes_weights: Whether `--weights` makes a difference.
    """

    title: str
    write: Callable[[argparse.Namespace, ArchitectureSpec], str | None]
    takes_weights: bool = False


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    titles = "; ".join(f"{name}: {form.title}" for name, form in FORMATS.items())
    parser = subparsers.add_parser(
        "export",
        help="write a network as Python, ONNX, weights, JSON or SVG",
        description="Write a network as a file for other programs.",
    )
    parser.add_argument("model", metavar="SPEC", help="a preset's name or a JSON file")
    add_sets(parser)
    parser.add_argument("--to", required=True, choices=tuple(FORMATS), help=titles)
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="where the file goes")
    parser.add_argument(
        "--weights",
        metavar="FILE|NAME",
        help="for onnx and safetensors: a file of weights or the name of known ones; by default the bundled "
        "or downloaded ones of the network",
    )
    parser.add_argument("--allow-download", action="store_true", help="download weights that are not here")
    add_json(parser)
    # What the file is made on makes no difference to it.
    parser.set_defaults(func=run, device="cpu")


def run(args: argparse.Namespace) -> int:
    """Write the file and say so; the exit status is 0.

    Raises:
        ExplorerError: There is no such network, its weights cannot be read, or the file cannot be written.
    """
    form = FORMATS[args.to]
    if args.weights is not None and not form.takes_weights:
        raise WeightsError(
            "A {format} file holds no weights, so that --weights has no use.",
            "Leave it away, or export --to safetensors or onnx.",
            format=args.to,
        )
    spec = spec_from_argument(args.model, args.sets)
    try:
        if not args.out.absolute().parent.is_dir():
            raise FileNotFoundError(2, "there is no such folder")
        origin = form.write(args, spec)
        size = args.out.stat().st_size
    except OSError as error:
        raise SetupError(
            "{path} cannot be written: {reason}.",
            "Choose another folder, or make room on the disk.",
            path=args.out,
            reason=error.strerror or str(error),
        ) from None
    if args.json:
        print(json.dumps({"out": str(args.out), "format": args.to, "bytes": size, "origin": origin}))
    else:
        print(f"{args.out}: {byte_size(size)}" + (f", weights {origin}" if origin else ""))
    return 0


def _write_json(args: argparse.Namespace, spec: ArchitectureSpec) -> None:
    write_text(args.out, spec.to_json() + "\n")


def _write_svg(args: argparse.Namespace, spec: ArchitectureSpec) -> None:
    from explorer.arch.depths import title
    from explorer.arch.expand import expand
    from explorer.present.folds import default_unfolded
    from explorer.present.layout import lay_out
    from explorer.present.svg import graph_svg

    graph = expand(spec)
    write_text(args.out, graph_svg(lay_out(graph, default_unfolded(graph)), title(spec)))


def _write_python(args: argparse.Namespace, spec: ArchitectureSpec) -> None:
    from explorer.arch.code import to_python

    write_text(args.out, to_python(spec).text)


def _write_onnx(args: argparse.Namespace, spec: ArchitectureSpec) -> str:
    from explorer.cli.live import live_net, origin_name
    from explorer.nets.export import export_onnx, require_onnx

    require_onnx()
    with live_net(args) as live:
        export_onnx(live.net.module, live.net.spec, args.out)
        return origin_name(live.net.origin)


def _write_safetensors(args: argparse.Namespace, spec: ArchitectureSpec) -> str:
    from explorer.cli.live import live_net, origin_name
    from explorer.nets.weight_files import save_weights

    with live_net(args) as live:
        net = live.net
        extra = {"origin": net.origin.name or net.origin.kind}
        save_weights(args.out, net.module, net.spec, net.classes or None, net.transform, extra)
        return origin_name(net.origin)


FORMATS: dict[str, Format] = {
    "python": Format("a self-contained PyTorch module", _write_python),
    "onnx": Format("for other runtimes, float32, any batch size", _write_onnx, takes_weights=True),
    "safetensors": Format("the weights with torchvision's keys", _write_safetensors, takes_weights=True),
    "json": Format("the spec, which every SPEC argument takes", _write_json),
    "svg": Format("the picture of the graph", _write_svg),
}
