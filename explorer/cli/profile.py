"""`resnet-explorer profile`: the measured time and memory of each block, beside its predicted cost.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_sets, at_least_1
from explorer.cli.inside import answered
from explorer.cli.live import untrained_net
from explorer.cli.tables import table
from explorer.engine.sample_messages import CostMeasured, MeasureCost
from explorer.present.text import byte_size, duration_ms, share, short

if TYPE_CHECKING:
    from explorer.nets.findings import Profile

MEMORY = {
    "allocator": "as the device's allocator counts it",
    "tensors": "of tensors alive at once; the CPU's allocator keeps no count",
}


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "profile",
        help="measure the time and memory of each block",
        description="Measure the time and the peak memory of each block on the device, beside its predicted "
        "MACs. Weights make no difference, so none are loaded.",
    )
    parser.add_argument("spec", metavar="SPEC", help="a preset's name or a JSON file")
    add_sets(parser)
    parser.add_argument(
        "--batch", type=at_least_1, default=1, metavar="B", help="pictures at a time, 1 by default"
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, mps; auto takes the fastest that works"
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print a row a block; the exit status is 0.

    Raises:
        DeviceError: No device works, or the network does not fit it.
        SpecError: There is no such network.
    """
    with untrained_net(args.spec, args.sets, args.device) as live:
        profile = answered(live, MeasureCost(ticket=3, batch=args.batch), CostMeasured, "measuring").profile
        info = live.context.device_info
    if args.json:
        print(json.dumps(_rows(profile)))
    else:
        where = info.title if info else profile.device
        title = f"Batch of {profile.batch} on {where}: {duration_ms(1000 * profile.seconds)}, "
        title += f"medians of {profile.repetitions}. Memory: {MEMORY[profile.memory]}."
        print(f"{title}\n\n{_table(profile)}")
    return 0


def _rows(profile: Profile) -> list[dict[str, object]]:
    whole = {"device": profile.device, "batch": profile.batch, "repetitions": profile.repetitions}
    return [
        {
            "block": part.key,
            "seconds": part.seconds,
            "share": part.share,
            "macs": part.macs,
            "macs_share": part.macs_share,
            "peak_bytes": part.peak_bytes,
            "memory": profile.memory,
            **whole,
        }
        for part in profile.parts
    ]


def _table(profile: Profile) -> str:
    rows = [
        (
            part.key,
            duration_ms(1000 * part.seconds),
            share(part.share, 1),
            short(part.macs * profile.batch),
            share(part.macs_share, 1),
            byte_size(part.peak_bytes),
        )
        for part in profile.parts
    ]
    headers = ("Block", "Time", "Of all", "MACs", "Of all MACs", "Peak memory")
    return table(headers, rows, right=headers[1:])
