"""`resnet-explorer evaluate`: a trained network's accuracy on labelled pictures.

Called through `cli/root.py`. Torch is imported inside `run` only.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json, add_model
from explorer.cli.labelled_data import add_data, places_by_name, read_data
from explorer.cli.live import live_net, origin_text
from explorer.cli.say import note
from explorer.cli.tables import pairs
from explorer.errors import DataError, WeightsError
from explorer.present.text import grouped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from explorer.engine.context import LiveNet
    from explorer.images.datasets import Dataset
    from explorer.training.batches import Normalisation
    from explorer.training.evaluate import Evaluation

NAMED_BROKEN = 3


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a network's accuracy on labelled pictures",
        description="Measure accuracy and loss on the test part of a data set. Pictures are resized to the "
        "network's input, grey ones are repeated over its channels.",
    )
    add_model(parser, required=True)
    add_data(parser, required=True)
    parser.add_argument(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="what it computes in; float32 is what published numbers are measured in",
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the result; the exit status is 0.

    Raises:
        ExplorerError: The network is untrained, or whatever `live_net` and `read_data` raise.
    """
    with live_net(args) as live:
        net = live.net
        if not net.origin.is_trained:
            raise WeightsError(
                "{model} is untrained, so its accuracy would be chance.",
                "Give --weights FILE or NAME, allow a download with --allow-download, or train it first.",
                model=args.model,
            )
        result = _evaluated(net, _test_part(args, net), args.precision)
        if args.json:
            keys = ("accuracy", "loss", "images", "images_per_second")
            print(json.dumps({key: getattr(result, key) for key in keys}))
        else:
            rows = [
                ("Weights", origin_text(net.origin)),
                ("Accuracy", f"{result.accuracy:.2%}"),
                ("Loss", f"{result.loss:.4f}"),
                ("Images", grouped(result.images)),
                ("Speed", f"{result.images_per_second:,.0f} images/s in {args.precision}"),
            ]
            print(pairs(rows))
    return 0


def _test_part(args: argparse.Namespace, net: LiveNet) -> Dataset:
    """The test pictures, with the network's channels."""
    from explorer.images.dataset import left_out
    from explorer.training.batches import with_channels

    dataset = read_data(args.data, net.spec.input_size, allow_download=args.allow_download, parts=("test",))
    for name, reason in dataset.broken[:NAMED_BROKEN]:
        note(f"left out: {left_out(name, reason)}")
    if len(dataset.broken) > NAMED_BROKEN:
        note(f"left out {len(dataset.broken) - NAMED_BROKEN} more")
    return with_channels(dataset, net.spec.in_channels)


def _evaluated(net: LiveNet, dataset: Dataset, dtype: Any) -> Evaluation:
    from explorer.training.evaluate import evaluate
    from explorer.training.precision import Precision

    labels = _labels_of_net(dataset, net)
    return evaluate(
        net.module, dataset.test_images, labels, _normalisation(net), precision=Precision(dtype=dtype)
    )


def _labels_of_net(dataset: Dataset, net: LiveNet) -> NDArray[np.int64]:
    """The data's labels as the network counts them: by name where it knows the names, else by position.

    Raises:
        DataError: The data's classes are not the network's.
    """
    places = places_by_name(dataset.classes, net.classes)
    if places is not None:
        labels: NDArray[np.int64] = places[dataset.test_labels]
        return labels
    if len(dataset.classes) != net.spec.num_classes:
        raise DataError(
            "{data} has {theirs} classes and the network has {ours}.",
            "Evaluate on data with the network's classes, or train it on these.",
            data=dataset.name,
            theirs=len(dataset.classes),
            ours=net.spec.num_classes,
        )
    if net.classes:
        note("the data's class names are not the network's; they are matched in their order")
    return dataset.test_labels


def _normalisation(net: LiveNet) -> Normalisation:
    """The transform's, with as many numbers as the network has channels."""
    from explorer.training.batches import Normalisation

    n_channels = net.spec.in_channels
    mean, std = (
        values if len(values) == n_channels else (sum(values) / len(values),) * n_channels
        for values in (net.transform.mean, net.transform.std)
    )
    return Normalisation(mean, std)
