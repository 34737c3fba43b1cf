"""The reducer's slice of pictures: what was dropped, what is looked at, what the net says.

Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from explorer.engine.data_messages import PeekFolder, ReadTaught
from explorer.engine.lesson_messages import SUFFIX, TEXT_SUFFIX, ReadLesson
from explorer.engine.messages import (
    MAIN_COLUMN,
    Classified,
    Classify,
    ClassifyMany,
    FailedPicture,
    LoadedPicture,
    ManyClassified,
    ReadSpec,
    ReadWeights,
)
from explorer.engine.picture_messages import (
    FetchPicture,
    ForgetPictures,
    LoadPictures,
    PicturesLoaded,
)
from explorer.state.actions import (
    AllowFetchPicture,
    ClearPictures,
    Drop,
    RemovePicture,
    SelectPicture,
)
from explorer.state.model import Answer, NoticeAction, PicturesState, Seen
from explorer.state.reducer import bins, columns
from explorer.state.reducer.maps import look
from explorer.state.reducer.turn import Turn

WEIGHT_SUFFIXES = (".safetensors", ".pth", ".pt", ".th", ".bin")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""What has another ending may be a folder or zip of class folders, and is looked into first."""


def on_drop(turn: Turn, action: Drop) -> None:
    """Sort what came: lessons and specs are opened, weights loaded, addresses asked about, the rest read."""
    lessons = [path for path in action.paths if path.lower().endswith((SUFFIX, TEXT_SUFFIX))]
    specs = [path for path in action.paths if path.lower().endswith(".json") and path not in lessons]
    weights = [path for path in action.paths if path.lower().endswith(WEIGHT_SUFFIXES)]
    rest = [path for path in action.paths if path not in (*lessons, *specs, *weights)]
    pictures = tuple(path for path in rest if path.lower().endswith(PICTURE_SUFFIXES))
    for path in rest:
        if path not in pictures:
            turn.ask(PeekFolder, path=path)
    if lessons:
        turn.ask(ReadLesson, source=lessons[-1])
    if specs:
        turn.ask(ReadSpec, path=specs[-1])
    if weights:
        turn.ask(ReadWeights, path=weights[-1], spec=turn.state.document.spec)
    if pictures or action.blobs or action.data_uris:
        turn.ask(LoadPictures, paths=pictures, blobs=action.blobs, data_uris=action.data_uris)
    if action.paths:
        settings = turn.state.settings
        turn.change(settings=replace(settings, recent=settings.with_recent(action.paths)))
    for address in action.addresses:
        turn.notify(
            "question",
            "Download this picture? {address}",
            "It is fetched from the network only if you say so.",
            arguments=(("address", address),),
            actions=(NoticeAction("Download", AllowFetchPicture(address)),),
        )


def on_allow_fetch_picture(turn: Turn, action: AllowFetchPicture) -> None:
    """The user has said yes."""
    turn.ask(FetchPicture, address=action.address)


def on_pictures_loaded(turn: Turn, event: PicturesLoaded) -> None:
    """Some pictures are here: show the first of them, ask about all."""
    if turn.is_newest(event, ReadTaught):
        _on_taught_read(turn, event)
        return
    pictures = turn.state.pictures
    if event.as_sample and pictures.items:
        return
    if pictures.sample is not None and event.loaded:
        on_remove_picture(turn, RemovePicture(pictures.sample))
        pictures = turn.state.pictures
    is_first = event.ticket != turn.state.tickets.get(("shown drop", ()))
    fresh: list[LoadedPicture | FailedPicture] = [*event.loaded, *event.failed]
    items = (*pictures.items, *sorted(fresh, key=lambda item: item.image_id))
    current = pictures.current
    if event.loaded and is_first:
        current = event.loaded[0].image_id
        turn.change(tickets=MappingProxyType({**turn.state.tickets, ("shown drop", ()): event.ticket}))
    turn.progress(event.ticket, event.done / max(event.total, 1))
    bins.on_loaded(turn, event)
    sample = event.loaded[0].image_id if event.as_sample and event.loaded else pictures.sample
    turn.change(pictures=PicturesState(items, current, event.total, sample))
    _say_failed(turn, event.failed)
    if current != pictures.current:
        _look(turn)
    if event.done >= event.total:
        answer_rest(turn)


def _on_taught_read(turn: Turn, event: PicturesLoaded) -> None:
    """Pictures that were taught in another session join the others; what is looked at stays."""
    pictures = turn.state.pictures
    turn.change(pictures=replace(pictures, items=(*pictures.items, *event.loaded)))
    turn.progress(event.ticket, event.done / max(event.total, 1))
    bins.on_read_again(turn, event)
    if pictures.current is None and event.loaded:
        on_select_picture(turn, SelectPicture(event.loaded[0].image_id))
    if event.done >= event.total:
        answer_rest(turn)


def _say_failed(turn: Turn, failed: tuple[FailedPicture, ...]) -> None:
    if len(failed) == 1:
        arguments = (("cause", failed[0].cause), ("hint", failed[0].hint))
        turn.notify("error", "{cause}", "{hint}", arguments=arguments)
    elif failed:
        turn.notify(
            "error",
            "{count} files could not be read: {names}",
            "Each is listed with its reason beside the pictures.",
            arguments=(
                ("count", len(failed)),
                ("names", ", ".join(item.name for item in failed[:3]) + ", …"),
            ),
            detail="\n".join(f"{item.name}: {item.cause} {item.hint}" for item in failed),
        )


def _look(turn: Turn) -> None:
    """Another picture is looked at: ask the network in view, then those beside it."""
    _ask_current(turn)
    look(turn)
    columns.look(turn)


def _ask_current(turn: Turn) -> None:
    state = turn.state
    if state.net.status == "ready" and state.pictures.loaded(state.pictures.current) is not None:
        turn.ask(Classify, image_id=state.pictures.current, lesions=state.document.lesions)


def _ask_unanswered(turn: Turn) -> None:
    _ask_many(turn, [image_id for image_id in _others(turn) if image_id not in turn.state.answers])


def ask_others(turn: Turn) -> None:
    """Ask about all pictures but the current one; what was said of them stands until the answers come."""
    _ask_many(turn, _others(turn))


def _others(turn: Turn) -> list[int]:
    pictures = turn.state.pictures
    return [image_id for image_id in pictures.loaded_ids if image_id != pictures.current]


def _ask_many(turn: Turn, image_ids: Sequence[int]) -> None:
    if image_ids and turn.state.net.status == "ready":
        turn.ask(ClassifyMany, image_ids=tuple(image_ids), lesions=turn.state.document.lesions)


def answer_all(turn: Turn) -> None:
    """Ask about the current picture first, then about the rest."""
    _ask_current(turn)
    _ask_unanswered(turn)


def answer_rest(turn: Turn) -> None:
    """Ask every network about the pictures that it has not answered."""
    _ask_unanswered(turn)
    columns.answer_rest(turn)


def on_classified(turn: Turn, event: Classified) -> None:
    """The answer for the current picture is here."""
    if not turn.is_newest(event, Classify, event.column):
        return
    answers = {**turn.state.answers, event.image_id: Answer(event.predictions, event.milliseconds)}
    seen = Seen(event.image_id, event.seen, event.kept_share)
    turn.change(answers=MappingProxyType(answers), seen=seen)


def on_many_classified(turn: Turn, event: ManyClassified) -> None:
    """Some answers of many are here."""
    columns.on_many_answered(turn, event)
    if not turn.is_newest(event, ClassifyMany, MAIN_COLUMN):
        return
    answers = turn.state.answers
    fresh = {image_id: Answer(predictions) for image_id, predictions in event.answers}
    # That of the picture in view is exact and may be newer: it follows a training step by step.
    in_view = {key: value for key, value in answers.items() if key == turn.state.pictures.current}
    turn.progress(event.ticket, event.done / max(event.total, 1))
    turn.change(
        answers=MappingProxyType({**answers, **fresh, **in_view}),
        images_per_second=event.images_per_second,
    )


def on_select_picture(turn: Turn, action: SelectPicture) -> None:
    """Look at another picture."""
    pictures = turn.state.pictures
    known = (item.image_id for item in pictures.items)
    if action.image_id == pictures.current or action.image_id not in known:
        return
    turn.change(pictures=replace(pictures, current=action.image_id))
    _look(turn)


def on_remove_picture(turn: Turn, action: RemovePicture) -> None:
    """Take one off the list and look at its neighbour."""
    pictures = turn.state.pictures
    place = next((i for i, item in enumerate(pictures.items) if item.image_id == action.image_id), None)
    if place is None:
        return
    items = pictures.items[:place] + pictures.items[place + 1 :]
    current = pictures.current
    if current == action.image_id:
        current = items[min(place, len(items) - 1)].image_id if items else None
    answers = {key: value for key, value in turn.state.answers.items() if key != action.image_id}
    turn.change(
        pictures=replace(
            pictures,
            items=items,
            current=current,
            sample=None if action.image_id == pictures.sample else pictures.sample,
        ),
        answers=MappingProxyType(answers),
    )
    turn.ask(ForgetPictures, image_ids=(action.image_id,))
    bins.forget(turn, frozenset((action.image_id,)))
    columns.forget(turn, frozenset((action.image_id,)))
    if current is None:
        turn.change(seen=None, maps=None, channel=None)
    elif current != pictures.current:
        _look(turn)


def on_clear_pictures(turn: Turn, action: ClearPictures) -> None:
    """Take all off the list but those that are in a class to be taught, which may be nowhere else."""
    pictures, answers = turn.state.pictures, turn.state.answers
    taught = {image_id for one in turn.state.teach.bins for image_id in one.image_ids}
    kept = tuple(item for item in pictures.items if item.image_id in taught)
    gone = tuple(item.image_id for item in pictures.items if item.image_id not in taught)
    current = pictures.current if pictures.current in taught else None
    current = kept[0].image_id if kept and current is None else current
    turn.change(
        pictures=PicturesState(items=kept, current=current),
        answers=MappingProxyType({key: value for key, value in answers.items() if key in taught}),
    )
    if gone:
        turn.ask(ForgetPictures, image_ids=gone)
        columns.forget(turn, frozenset(gone))
    if current is None:
        turn.change(seen=None, maps=None, channel=None)
    elif current != pictures.current:
        _look(turn)
    if kept:
        turn.notify(
            "info",
            "The pictures in the classes of Teach stay.",
            "Take them out of their classes first to remove them.",
        )
