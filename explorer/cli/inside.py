"""What the commands that look inside share: their sample, their pictures, and the engine's answers.

Called by `attribute`, `lesion`, `probe`, `profile` and `findings`, which drive the engine's handlers as the
compute thread does. Imports no torch.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from explorer.cli.arguments import at_least_1
from explorer.cli.labelled_data import DATA_HELP, places_by_name, read_data
from explorer.cli.live import Live
from explorer.cli.progress import ProgressLine
from explorer.engine.inside_messages import InsideProgress
from explorer.engine.messages import Event, Request
from explorer.engine.sample_messages import SampleChoice
from explorer.errors import ExplorerError, ImageError, InsideError
from explorer.images.load import find_pictures

if TYPE_CHECKING:
    from explorer.images.dataset import Dataset
    from explorer.nets.findings_file import Findings

    Found = TypeVar("Found", bound=Event)

COUNT = 1000


def add_sample(parser: argparse.ArgumentParser, without: str) -> None:
    """`--data DATA` and `--count N`: the labelled sample.

    Args:
        parser: Of the command.
        without: What the command does where no data is named.
    """
    parser.add_argument("--data", help=f"{DATA_HELP}; {without}")
    parser.add_argument(
        "--count",
        type=at_least_1,
        default=COUNT,
        metavar="N",
        help=f"pictures at most, evenly from the test part; {COUNT:,} by default",
    )


def opened(data: str, count: int, live: Live, *, allow_download: bool) -> SampleChoice:
    """Open labelled data for the engine's handlers.

    Where the network knows the names of all of the data's classes, they are counted as it counts them.

    Raises:
        DataError: It is not here, or cannot be read.
        FetchError: It cannot be downloaded.
    """
    size = live.net.spec.input_size
    dataset = read_data(data, size, allow_download=allow_download, parts=("test",))
    live.context.datasets.put(data, size, _counted_as_known(dataset, live.net.classes))
    return SampleChoice(data, size, count)


def answered(live: Live, request: Request, kind: type[Found], doing: str) -> Found:
    """Drive a handler to its end, with a line of progress.

    Args:
        live: The network.
        request: What is asked.
        kind: The answer's.
        doing: What the line says.

    Returns:
        The last event of that kind.

    Raises:
        ExplorerError: Whatever the handler raises.
    """
    found: Found | None = None
    with ProgressLine(doing, "{} %".format) as line:
        for event in live.answers(request):
            if isinstance(event, InsideProgress):
                line.show(round(100 * event.share), None)
            elif isinstance(event, kind):
                found = event
    assert found is not None, "a handler whose network is there answers"
    return found


def pictures_in(given: Sequence[Path]) -> list[Path]:
    """The picture files that were named, and those in folders that were.

    Raises:
        ImageError: There is none.
    """
    found = find_pictures(given)
    if not found:
        raise ImageError(
            "There are no pictures in {folders}.",
            "Give picture files, or folders that hold PNG, JPEG, WebP, BMP, GIF or TIFF files.",
            folders=", ".join(map(str, given)),
        )
    return found


def shelved(path: Path, live: Live) -> int | ExplorerError:
    """Put a picture where handlers find it: its number, or why it cannot be read."""
    image_id = live.context.shelf.add(str(path), path.name)
    try:
        live.context.shelf.pixels(image_id)
    except ImageError as error:
        return error
    return image_id


def found_beforehand(live: Live, instead: str) -> Findings:
    """What ships with the weights of a network.

    Args:
        live: The network.
        instead: What the user can do where nothing does.

    Raises:
        InsideError: Nothing does.
        WeightsError: It is damaged.
    """
    from explorer.nets.catalogue import by_name
    from explorer.nets.findings_file import findings_for

    origin = live.net.origin
    found = findings_for(by_name(origin.name, live.net.spec)) if origin.kind == "bundled" else None
    if found is None:
        raise InsideError(
            "Nothing was found beforehand in these weights, and there is no sample to ask.", instead
        )
    return found


def _counted_as_known(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    places = places_by_name(dataset.classes, classes)
    if places is None:
        return dataset
    return replace(dataset, classes=classes, test_labels=places[dataset.test_labels])
