"""`resnet-explorer findings`: what trained weights do with a test set, computed once and kept beside them.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer import files
from explorer.cli.arguments import add_json, at_least_1
from explorer.cli.inside import answered, opened
from explorer.cli.labelled_data import add_data
from explorer.cli.live import Live, live_net
from explorer.cli.tables import pairs
from explorer.engine.inside_messages import Metered
from explorer.engine.messages import MAIN_COLUMN
from explorer.engine.sample_messages import (
    FitProbes,
    MeterSample,
    PoolSample,
    ProbesFitted,
    SampleChoice,
    SamplePooled,
    SweepLesions,
    Swept,
)
from explorer.errors import DataError, WeightsError
from explorer.nets import catalogue
from explorer.nets.findings_file import Findings, write_findings
from explorer.present.text import byte_size, grouped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ALL = 1_000_000


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "findings",
        help="compute what ships with trained weights",
        description="Compute the confusion matrix, the lesion sweep, the residual meter with the numbers of "
        "figure 7 and the linear probes of trained weights, on the test part of a data set. Written as "
        "NAME.findings.json beside NAME.safetensors, they are what `lesion` and `probe` answer from where no "
        "data is given.",
    )
    parser.add_argument(
        "weights",
        metavar="NET",
        help="the name of known weights such as cifar-resnet20, or a file of weights",
    )
    add_data(parser, required=True)
    parser.add_argument(
        "--count", type=at_least_1, default=ALL, metavar="N", help="test pictures at most; all by default"
    )
    parser.add_argument(
        "--title", metavar="TEXT", help="what the findings call the data; its file's name by default"
    )
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="where the findings go")
    parser.add_argument("--allow-download", action="store_true", help="download what is not here yet")
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, mps; auto takes the fastest that works"
    )
    add_json(parser)
    parser.set_defaults(func=run, model=None, sets=[])


def run(args: argparse.Namespace) -> int:
    """Compute and write; the exit status is 0.

    Raises:
        ExplorerError: The data's classes are not the network's, the file cannot be written, or as `live_net`
            and `read_data`.
    """
    if not args.out.absolute().parent.is_dir():
        raise WeightsError("There is no folder {folder}.", "Make it first.", folder=args.out.parent)
    with live_net(args) as live:
        found = _found(args, live)
    try:
        write_findings(args.out, found)
    except OSError as error:
        raise WeightsError(
            "{out} cannot be written: {reason}.",
            "Choose another place, or make room on the disk.",
            out=args.out,
            reason=error.strerror or error,
        ) from error
    _print(args, found)
    return 0


def _found(args: argparse.Namespace, live: Live) -> Findings:
    net, sample = live.net, opened(args.data, args.count, live, allow_download=args.allow_download)
    dataset = live.context.datasets.get(sample.data, sample.input_size)
    assert dataset is not None  # just opened
    if not net.classes or dataset.classes != net.classes:
        raise DataError(
            "The classes of {data} are not those that {weights} know.",
            "Give the data that they were trained on.",
            data=args.data,
            weights=args.weights,
        )
    swept = answered(live, SweepLesions(ticket=3, sample=sample), Swept, "lesions")
    metered = answered(live, MeterSample(ticket=4, sample=sample), Metered, "residual meter")
    answered(live, PoolSample(ticket=5, sample=sample), SamplePooled, "features")
    answered(live, FitProbes(ticket=6), ProbesFitted, "linear probes")
    name, path = _weights(args.weights)
    return Findings(
        weights=name,
        weights_sha256=files.sha256_of(path),
        data=args.title or Path(args.data).name,
        images=swept.sweep.images,
        date=date.today().isoformat(),
        classes=net.classes,
        confusion=_confusion(live, sample),
        sweep=swept.sweep,
        meter=metered.meter,
        probes=live.context.probes[MAIN_COLUMN].probes,
    )


def _weights(named: str) -> tuple[str, Path]:
    """The name of the weights and their file, as `live_net` understood them."""
    path = Path(named)
    if path.is_file():
        return path.stem, path
    card = catalogue.by_name(named)
    return card.name, catalogue.obtain(card, allowed=False)


def _confusion(live: Live, sample: SampleChoice) -> NDArray[np.int64]:
    """(classes, classes), rows by truth, columns by answer."""
    import numpy as np

    from explorer.engine.handlers.samples import SLICE, drawn
    from explorer.nets.predict import predict

    net, device = live.net, live.context.device
    assert device is not None  # `live_net` chose one
    pictures, truth, classes = drawn(sample, net, live.context)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    for start in range(0, len(truth), SLICE):
        stop = min(start + SLICE, len(truth))
        batch = pictures.prepared(start, stop, net.spec.in_channels)
        np.add.at(confusion, (truth[start:stop], predict(net.module, batch, device).argmax(1)), 1)
    return confusion


def _print(args: argparse.Namespace, found: Findings) -> None:
    last = found.probes[-1]
    if args.json:
        facts = {
            "weights": found.weights,
            "weights_sha256": found.weights_sha256,
            "data": found.data,
            "images": found.images,
            "accuracy": found.sweep.intact.accuracy,
            "out": str(args.out),
        }
        print(json.dumps(facts))
        return
    rows = [
        ("Weights", f"{found.weights}, SHA-256 {found.weights_sha256[:12]}…"),
        ("Pictures", f"{grouped(found.images)} of {found.data}"),
        ("Accuracy", f"{found.sweep.intact.accuracy:.2%}"),
        ("Lesions", f"{len(found.sweep.blocks)} blocks"),
        (
            "Probes",
            f"{len(found.probes)}, the last {last.accuracy:.2%} right of {grouped(last.n_held_out)}",
        ),
        ("Saved", f"{args.out}, {byte_size(args.out.stat().st_size)}"),
    ]
    print(pairs(rows))
