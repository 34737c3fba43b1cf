"""The reducer's slice of what the user does with networks side by side.

Columns are a part of the document, so every change of them is one step of undo. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from explorer.arch.depths import published_depths
from explorer.arch.presets import plain_twin
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import WeightsChoice
from explorer.engine.values import FIRST_VALUES
from explorer.state.compare import MAX_COLUMNS, Column
from explorer.state.compare_actions import (
    AddDepths,
    AddPlainTwin,
    ChooseColouring,
    ChoosePair,
    ChoosePairMode,
    MoveColumn,
    MoveDepth,
    OpenColumn,
    PinColumn,
    PinRun,
    PinSpecs,
    RemoveColumns,
    SeeColumns,
)
from explorer.state.model import Document
from explorer.state.reducer import columns
from explorer.state.reducer.document import set_document, with_spec
from explorer.state.reducer.turn import Turn


def on_pin_column(turn: Turn, action: PinColumn) -> None:
    """Keep the network in view."""
    _pin(turn, [_in_view(turn)])


def on_pin_specs(turn: Turn, action: PinSpecs) -> None:
    """Keep networks with their known weights."""
    _pin(turn, [Column("", spec) for spec in action.specs])


def on_pin_run(turn: Turn, action: PinRun) -> None:
    """Keep what a run ended with."""
    _pin(turn, [Column("", action.spec, WeightsChoice("run", action.run))])


def on_add_depths(turn: Turn, action: AddDepths) -> None:
    """The family's published depths."""
    _pin(turn, [Column("", spec) for spec in published_depths(_spec_of(turn, action.name))])


def on_add_plain_twin(turn: Turn, action: AddPlainTwin) -> None:
    """The counterpart without shortcuts, directly to the right of its network."""
    spec = _spec_of(turn, action.name)
    if spec.shortcut == "none":
        turn.notify(
            "info",
            "{title} has no shortcuts: it is its own plain twin.",
            "Pin a network with shortcuts, and its twin beside it.",
            arguments=(("title", "This network"),),
        )
        return
    document = turn.state.document
    pinned = [] if action.name else [_in_view(turn)]
    whats = [_what(column) for column in pinned]
    places = [
        place
        for place, column in enumerate(document.columns, start=1)
        if column.name == action.name or _what(column) in whats
    ]
    _pin(turn, [*pinned, Column("", plain_twin(spec))], places[0] if places else None)


def on_move_column(turn: Turn, action: MoveColumn) -> None:
    """Put a column at another place."""
    document = turn.state.document
    moved = [column for column in document.columns if column.name == action.name]
    others = [column for column in document.columns if column.name != action.name]
    place = min(max(action.place, 0), len(others))
    set_document(turn, replace(document, columns=(*others[:place], *moved, *others[place:])))


def on_remove_columns(turn: Turn, action: RemoveColumns) -> None:
    """Take columns away."""
    document = turn.state.document
    kept = tuple(column for column in document.columns if column.name not in action.names)
    set_document(turn, replace(document, columns=kept))


def on_open_column(turn: Turn, action: OpenColumn) -> None:
    """Look at a column's network in all views."""
    document = turn.state.document
    for column in document.columns:
        if column.name == action.name:
            there = with_spec(document, column.spec)
            set_document(turn, replace(there, weights=column.weights, seed=column.seed, unfolded=None))


def on_see_columns(turn: Turn, action: SeeColumns) -> None:
    """Build what is looked at; give memory back where nobody looks."""
    compare = turn.state.compare
    if action.is_seen == compare.is_seen:
        return
    turn.change(compare=replace(compare, is_seen=action.is_seen))
    if action.is_seen:
        columns.wake(turn)
    else:
        columns.let_all_go(turn)


def on_move_depth(turn: Turn, action: MoveDepth) -> None:
    """Move the slider; all maps are there already."""
    turn.change(compare=replace(turn.state.compare, share=min(max(action.share, 0.0), 1.0)))


def on_choose_pair(turn: Turn, action: ChoosePair) -> None:
    """The two that flicker."""
    names = turn.state.compare.columns
    pair = action.pair
    if pair is None or (pair[0] != pair[1] and pair[0] in names and pair[1] in names):
        turn.change(compare=replace(turn.state.compare, chosen_pair=pair))


def on_choose_pair_mode(turn: Turn, action: ChoosePairMode) -> None:
    """Flicker or subtract."""
    turn.change(compare=replace(turn.state.compare, pair_mode=action.mode))


def on_choose_colouring(turn: Turn, action: ChooseColouring) -> None:
    """Draw the maps in other colours."""
    turn.change(compare=replace(turn.state.compare, colouring=action.colouring))


def join_run(turn: Turn, run: str, spec: ArchitectureSpec) -> None:
    """Add what a run ended with by itself: no step of undo, which the user would not know as theirs."""
    (column,) = named(turn, [Column("", spec, WeightsChoice("run", run))])

    def joined(document: Document) -> Document:
        return replace(document, columns=(*document.columns, column)[:MAX_COLUMNS])

    history = turn.state.history
    turn.change(
        document=joined(turn.state.document),
        history=replace(
            history, past=tuple(map(joined, history.past)), future=tuple(map(joined, history.future))
        ),
    )
    columns.settle(turn)


def named(turn: Turn, fresh: Sequence[Column]) -> tuple[Column, ...]:
    """The same columns with names that this session has not had."""
    compare = turn.state.compare
    first = compare.next_column
    turn.change(compare=replace(compare, next_column=first + len(fresh)))
    return tuple(replace(column, name=f"c{first + place}") for place, column in enumerate(fresh))


def _pin(turn: Turn, fresh: Sequence[Column], place: int | None = None) -> None:
    """Add columns that do not stand there yet, as far as there is room."""
    document = turn.state.document
    there = {_what(column) for column in document.columns}
    new = list({_what(column): column for column in fresh if _what(column) not in there}.values())
    room = MAX_COLUMNS - len(document.columns)
    if len(new) > room:
        turn.notify(
            "info",
            "{limit} networks stand side by side at most; {count} more did not fit.",
            "Remove a column, then add again.",
            arguments=(("limit", MAX_COLUMNS), ("count", len(new) - room)),
        )
    if new[:room]:
        place = len(document.columns) if place is None else place
        before, after = document.columns[:place], document.columns[place:]
        set_document(turn, replace(document, columns=(*before, *named(turn, new[:room]), *after)))


def _in_view(turn: Turn) -> Column:
    """The network in view; of copied weights nothing is kept, so that one begins from first values."""
    document = turn.state.document
    weights = document.weights
    if weights.kind == "copied":
        turn.notify(
            "info",
            "Copied weights are kept for the network in view only: in its column it has its first values.",
            "Train it, and pin the run.",
        )
        weights = FIRST_VALUES
    return Column("", document.spec, weights, document.seed)


def _what(column: Column) -> tuple[ArchitectureSpec, WeightsChoice, int]:
    """What makes two columns the same network; a seed counts only where first values do."""
    is_seeded = column.weights.kind in ("untrained", "copied")
    return column.spec, column.weights, column.seed if is_seeded else 0


def _spec_of(turn: Turn, name: str) -> ArchitectureSpec:
    """A column's architecture; that of the network in view where there is no such column."""
    document = turn.state.document
    return next((column.spec for column in document.columns if column.name == name), document.spec)
