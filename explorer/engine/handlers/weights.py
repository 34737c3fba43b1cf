"""Files of weights: which network one belongs to (IO pool), and a live network's saved (compute thread).

Called through `handlers/io_table.py` and `handlers/table.py` by the worker, and by `cli`. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.arch.families import essence
from explorer.engine.context import Context
from explorer.engine.messages import Event, ReadWeights, SaveWeights, WeightsRead, WeightsSaved
from explorer.errors import WeightsError
from explorer.nets.infer import infer_spec, match
from explorer.nets.keys import misfit

if TYPE_CHECKING:
    from explorer.arch.spec import ArchitectureSpec
    from explorer.nets.assumptions import Assumption


def read_weights_file(request: ReadWeights, context: Context) -> Generator[Event, None, None]:
    """Say which network a file belongs to; no number of it is read.

    Raises:
        WeightsError: It cannot be read, or belongs to no network that can be described here.
    """
    spec, assumed = network_of(Path(request.path), request.spec)
    yield WeightsRead(ticket=request.ticket, path=request.path, spec=spec, assumed=assumed)


def network_of(
    path: Path, current: ArchitectureSpec | None = None
) -> tuple[ArchitectureSpec, tuple[Assumption, ...]]:
    """The network of a file of weights, and what the file does not say about it.

    Args:
        path: The file. What it says about itself counts before its shapes.
        current: Kept where the file fits it.

    Raises:
        WeightsError: It cannot be read, or belongs to no network that can be described here.
    """
    # Not at module level: it brings torch, and the table of the IO pool is read without it.
    from explorer.nets.weight_files import read_header, source_spec

    header = read_header(path)
    own = source_spec(header)
    if own is not None:
        return (current if current is not None and _is_same(own, current) else own), ()
    if current is not None and (found := match(header.shapes, current)).is_complete:
        return current, found.assumed
    found = infer_spec(header.shapes)
    if not found.is_complete:
        raise misfit(found.problems)
    return found.spec, found.assumed


def _is_same(own: ArchitectureSpec, current: ArchitectureSpec) -> bool:
    """Whether two networks differ only in what makes no difference to weights."""
    theirs, ours = (essence(spec).model_dump(exclude={"input_size"}) for spec in (own, current))
    return theirs == ours


def save_weights_file(request: SaveWeights, context: Context) -> Generator[Event, None, None]:
    """Write the weights of a column's network as safetensors that say what they belong to.

    Raises:
        WeightsError: There is no network, or the file cannot be written.
    """
    from explorer.nets.weight_files import save_weights

    net = context.nets.get(request.column)
    if net is None:
        raise WeightsError("There is no network to save.", "Wait until it is built.")
    extra = {"origin": net.origin.name or net.origin.kind}
    if net.origin.accuracy_percent is not None:
        extra["accuracy"] = repr(net.origin.accuracy_percent / 100)
    save_weights(Path(request.path), net.module, net.spec, net.classes or None, net.transform, extra)
    yield WeightsSaved(ticket=request.ticket, path=request.path)
