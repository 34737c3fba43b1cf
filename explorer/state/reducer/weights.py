"""The reducer's slice of files of weights: opened with the network they belong to, and saved.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from explorer.arch.presets import net_title
from explorer.engine.messages import ReadWeights, SaveWeights, WeightsChoice, WeightsRead, WeightsSaved
from explorer.state.actions import EditSpec, KeepWeights
from explorer.state.model import NoticeAction
from explorer.state.reducer.document import build, set_document, with_spec
from explorer.state.reducer.turn import Turn

MAX_CORRECTIONS = 2


def on_weights_read(turn: Turn, event: WeightsRead) -> None:
    """Open the network that a file belongs to with the file's weights, and say what it does not say."""
    if not turn.is_newest(event, ReadWeights):
        return
    before = turn.state.document
    after = before
    if event.spec != before.spec:
        after = replace(with_spec(before, event.spec), unfolded=None)
    after = replace(after, weights=WeightsChoice("file", event.path))
    if after == before:
        build(turn)
    set_document(turn, after)
    if not event.assumed:
        return
    turn.notify(
        "info",
        "{name} is taken to be {title}.",
        "{assumed}",
        arguments=(
            ("name", PurePath(event.path).name),
            ("title", net_title(event.spec)),
            ("assumed", " ".join(each.sentence for each in event.assumed)),
        ),
        actions=tuple(
            NoticeAction(each.other_label, EditSpec(((each.field, each.other),)))
            for each in event.assumed
            if each.other is not None
        )[:MAX_CORRECTIONS],
    )


def on_keep_weights(turn: Turn, action: KeepWeights) -> None:
    """Write the weights of the net in view to a file."""
    turn.ask(SaveWeights, path=action.path)


def on_weights_saved(turn: Turn, event: WeightsSaved) -> None:
    """They are on the disk."""
    turn.notify("info", "Weights saved as {path}.", arguments=(("path", event.path),))
