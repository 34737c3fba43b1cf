"""`resnet-explorer probe`: where is it decided? A linear classifier on each block's pooled features.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.arch.expand import expand
from explorer.arch.lesions import output_key
from explorer.cli.arguments import add_json, add_model
from explorer.cli.inside import add_sample, answered, found_beforehand, opened, pictures_in, shelved
from explorer.cli.live import Live, live_net, origin_name, origin_text
from explorer.cli.say import print_error
from explorer.cli.tables import table
from explorer.engine.context import KnownProbes
from explorer.engine.messages import MAIN_COLUMN
from explorer.engine.sample_messages import (
    Decide,
    Decided,
    FitProbes,
    PoolSample,
    ProbesFitted,
    SamplePooled,
)
from explorer.errors import ExplorerError
from explorer.present.text import grouped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.nets.facts import Origin

INSTEAD = "Give --data DATA; `resnet-explorer findings` makes what ships with weights."


@dataclass(frozen=True, slots=True)
class BlockProbe:
    """One block's probe, by its accuracy on the pictures that were held out."""

    block: str
    accuracy: float
    n_trained: int
    n_held_out: int


@dataclass(frozen=True, slots=True)
class Probed:
    """The probes of a network.

    Attributes:
        data: The sample, in words.
        classes: The sample's.
        probes: In the network's order.
    """

    data: str
    classes: tuple[str, ...]
    probes: tuple[BlockProbe, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the probes say of a picture, or why they cannot be asked.

    Attributes:
        path: The picture.
        probabilities: (blocks, classes); None where there is an error.
        error: Why; else None.
    """

    path: Path
    probabilities: NDArray[np.float32] | None
    error: ExplorerError | None = None


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "probe",
        help="find out in which block it is decided",
        description="Fit a linear classifier on each block's pooled features of a sample, a quarter of which "
        "is held out to measure its accuracy, and see what each says of pictures.",
    )
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", type=Path, help="a picture, or a folder of pictures"
    )
    add_model(parser)
    add_sample(parser, "without, the probes that ship with the weights answer")
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print a row a block, and what each says of the pictures.

    Returns:
        The exit status: 1 where a picture could not be read, else 0.

    Raises:
        ExplorerError: There are neither data nor probes that ship with the weights, or as `live_net` and
            `read_data`.
    """
    paths = pictures_in(args.images) if args.images else []
    with live_net(args) as live:
        data = _fit(args, live)
        probed = _probed(data, live)
        decisions = [_decision(live, path) for path in paths]
        origin = live.net.origin
    if args.json:
        print(json.dumps(_as_json(probed, decisions, origin)))
    else:
        print("\n\n".join(_as_text(probed, decisions, origin)))
        for one in decisions:
            if one.error:
                print_error(one.error)
    return 1 if any(one.error for one in decisions) else 0


def _fit(args: argparse.Namespace, live: Live) -> str:
    """Put probes where the engine keeps them; returns the sample in words."""
    if args.data is not None:
        sample = opened(args.data, args.count, live, allow_download=args.allow_download)
        answered(live, PoolSample(ticket=3, sample=sample), SamplePooled, "features")
        answered(live, FitProbes(ticket=4), ProbesFitted, "linear probes")
        return str(args.data)
    found = found_beforehand(live, INSTEAD)
    live.context.probes[MAIN_COLUMN] = KnownProbes(found.probes, found.classes)
    return found.data


def _probed(data: str, live: Live) -> Probed:
    graph, known = expand(live.net.spec), live.context.probes[MAIN_COLUMN]
    blocks = {output_key(graph, block): block.key for block in graph.blocks}
    probes = (
        BlockProbe(blocks[probe.key], probe.accuracy, probe.n_trained, probe.n_held_out)
        for probe in known.probes
    )
    return Probed(data, known.classes, tuple(probes))


def _decision(live: Live, path: Path) -> Decision:
    image_id = shelved(path, live)
    if isinstance(image_id, ExplorerError):
        return Decision(path, None, image_id)
    return Decision(
        path, answered(live, Decide(ticket=5, image_id=image_id), Decided, path.name).probabilities
    )


def _as_json(probed: Probed, decisions: Sequence[Decision], origin: Origin) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "block": probe.block,
            "accuracy": probe.accuracy,
            "fitted": probe.n_trained,
            "held_out": probe.n_held_out,
            "data": probed.data,
            "origin": origin_name(origin),
        }
        for probe in probed.probes
    ]
    for one in decisions:
        if one.probabilities is None:
            rows.append({"path": str(one.path), "origin": origin_name(origin), "error": str(one.error)})
            continue
        for probe, shares in zip(probed.probes, one.probabilities.tolist(), strict=True):
            rows.append(
                {
                    "path": str(one.path),
                    "block": probe.block,
                    "accuracy": probe.accuracy,
                    "probabilities": dict(zip(probed.classes, shares, strict=True)),
                    "origin": origin_name(origin),
                    "error": None,
                }
            )
    return rows


def _as_text(probed: Probed, decisions: Sequence[Decision], origin: Origin) -> list[str]:
    first = probed.probes[0]
    fitted, tested = grouped(first.n_trained), grouped(first.n_held_out)
    counts = f"fitted on {fitted} pictures of {probed.data}, tested on {tested} others"
    parts = [f"Weights: {origin_text(origin)}\nProbes: {counts}"]
    if not any(one.probabilities is not None for one in decisions):
        cells = [(probe.block, f"{probe.accuracy:.2%}") for probe in probed.probes]
        parts.append(table(("Block", "Probe's accuracy"), cells, right=("Probe's accuracy",)))
    for one in decisions:
        if one.probabilities is not None:
            parts.append(_by_depth(one.path, one.probabilities, probed))
    return parts


def _by_depth(path: Path, probabilities: NDArray[np.float32], probed: Probed) -> str:
    """One picture: what each probe says, and how it sees the class that the last one says."""
    final = int(probabilities[-1].argmax())
    of_final = f"“{probed.classes[final]}”"
    cells = [
        (
            probe.block,
            f"{probe.accuracy:.2%}",
            probed.classes[int(shares.argmax())],
            f"{100 * float(shares.max()):.1f} %",
            f"{100 * float(shares[final]):.1f} %",
        )
        for probe, shares in zip(probed.probes, probabilities, strict=True)
    ]
    headers = (str(path), "Probe's accuracy", "Answer", "Probability", of_final)
    return table(headers, cells, right=("Probe's accuracy", "Probability", of_final))
