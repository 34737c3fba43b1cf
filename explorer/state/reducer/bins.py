"""The reducer's slice of bins: classes that pictures are dropped into, to be taught.

Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath
from types import MappingProxyType

from explorer.engine.data_messages import ReadTaught
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.state.learning import Bin, Kept, TeachState
from explorer.state.learning_actions import (
    AddBin,
    FillBin,
    LookUpTaught,
    NameTeaching,
    RemoveBin,
    RenameBin,
    TakeFromBin,
)
from explorer.state.reducer.turn import Turn


def on_name_teaching(turn: Turn, action: NameTeaching) -> None:
    """Name the set."""
    turn.change(teach=replace(turn.state.teach, name=action.name))


def on_add_bin(turn: Turn, action: AddBin) -> None:
    """One more class."""
    teach = turn.state.teach
    taken = {one.name for one in teach.bins}
    number = next(n for n in range(1, len(taken) + 2) if f"class {n}" not in taken)
    _set(turn, (*teach.bins, Bin(action.name or f"class {number}")))


def on_rename_bin(turn: Turn, action: RenameBin) -> None:
    """Name a class."""
    _set_one(turn, action.place, lambda one: replace(one, name=action.name))


def on_remove_bin(turn: Turn, action: RemoveBin) -> None:
    """Take a class away; pictures on their way to a later one find it at its new place."""
    teach = turn.state.teach
    bins = (*teach.bins[: action.place], *teach.bins[action.place + 1 :])
    waiting = tuple(
        (ticket, place - (place > action.place)) for ticket, place in teach.waiting if place != action.place
    )
    turn.change(teach=replace(teach, bins=bins, waiting=waiting))


def on_fill_bin(turn: Turn, action: FillBin) -> None:
    """Read what was dropped into a class; it joins the other pictures too."""
    fresh = [image_id for image_id in action.image_ids if turn.state.pictures.loaded(image_id)]
    if fresh:
        _set_one(
            turn,
            action.place,
            lambda one: replace(one, image_ids=tuple(dict.fromkeys((*one.image_ids, *fresh)))),
        )
    if not (action.paths or action.blobs or action.data_uris):
        return
    ticket = turn.state.next_ticket
    turn.ask(LoadPictures, paths=action.paths, blobs=action.blobs, data_uris=action.data_uris)
    teach = turn.state.teach
    turn.change(teach=replace(teach, waiting=(*teach.waiting, (ticket, action.place))))


def on_loaded(turn: Turn, event: PicturesLoaded) -> None:
    """Pictures that were dropped into a class are here."""
    teach = turn.state.teach
    place = dict(teach.waiting).get(event.ticket)
    if place is None:
        return
    if event.done >= event.total:
        waiting = tuple(item for item in teach.waiting if item[0] != event.ticket)
        turn.change(teach=replace(teach, waiting=waiting))
    fresh = tuple(item.image_id for item in event.loaded)
    _set_one(turn, place, lambda one: replace(one, image_ids=(*one.image_ids, *fresh)))


def on_look_up_taught(turn: Turn, action: LookUpTaught) -> None:
    """Read the pictures of another session again, all in one go."""
    teach = turn.state.teach
    unread = dict.fromkeys((each.path, each.name) for one in teach.bins for each in one.unread)
    if unread and not teach.is_reading:
        turn.change(teach=replace(teach, is_reading=True))
        turn.ask(ReadTaught, pictures=tuple(unread))


def on_read_again(turn: Turn, event: PicturesLoaded) -> None:
    """Pictures of another session are here: each goes where it was, also where its class was moved since."""
    teach = turn.state.teach
    found = {PurePath(item.path): item.image_id for item in event.loaded if item.path is not None}
    fresh: dict[int, Kept] = {}
    bins = []
    for one in teach.bins:
        here = {each: found[path] for each in one.unread if (path := PurePath(each.path)) in found}
        fresh |= {image_id: each for each, image_id in here.items()}
        unread = tuple(each for each in one.unread if each not in here)
        bins.append(replace(one, image_ids=(*one.image_ids, *here.values()), unread=unread))
    turn.change(teach=replace(teach, bins=tuple(bins), kept=MappingProxyType({**teach.kept, **fresh})))
    if event.done >= event.total:
        _let_go_of_missing(turn)


def _let_go_of_missing(turn: Turn) -> None:
    """What could not be read again is gone, which is said once."""
    bins = turn.state.teach.bins
    n_missing = sum(len(one.unread) for one in bins)
    if n_missing:
        _set(turn, tuple(replace(one, unread=()) for one in bins))
        turn.notify(
            "info",
            "Of the pictures in the classes of Teach, {count} are no longer where they were kept.",
            "Drop them again to teach them.",
            arguments=(("count", n_missing),),
        )


def on_read_ended(turn: Turn) -> None:
    """It is over, also where it was taken back."""
    turn.change(teach=replace(turn.state.teach, is_reading=False))


def on_take_from_bin(turn: Turn, action: TakeFromBin) -> None:
    """Take a picture out of a class."""
    _set_one(
        turn,
        action.place,
        lambda one: replace(one, image_ids=tuple(i for i in one.image_ids if i != action.image_id)),
    )


def forget(turn: Turn, image_ids: frozenset[int]) -> None:
    """Pictures were taken off the list: no class holds them any more."""
    teach = turn.state.teach
    if any(image_ids & set(one.image_ids) for one in teach.bins):
        _set(
            turn,
            tuple(
                replace(one, image_ids=tuple(i for i in one.image_ids if i not in image_ids))
                for one in teach.bins
            ),
        )


def _set(turn: Turn, bins: tuple[Bin, ...]) -> None:
    turn.change(teach=replace(turn.state.teach, bins=bins))


def _set_one(turn: Turn, place: int, change: Callable[[Bin], Bin]) -> None:
    teach: TeachState = turn.state.teach
    if 0 <= place < len(teach.bins):
        bins = list(teach.bins)
        bins[place] = change(bins[place])
        _set(turn, tuple(bins))
