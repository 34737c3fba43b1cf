"""The reducer's slice of labelled data: which sets there are, what is in the chosen one, folders dropped.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath

from explorer.engine.data_messages import (
    DataCard,
    DataFetched,
    DataListed,
    DataOpened,
    DataProgress,
    FetchData,
    FolderPeeked,
    ListData,
    OpenData,
)
from explorer.engine.picture_messages import LoadPictures
from explorer.present.text import byte_size
from explorer.state.learning_actions import (
    AllowFetchData,
    ChooseData,
    ClassifyFolder,
    LookUpData,
    TrainOnFolder,
)
from explorer.state.model import NoticeAction
from explorer.state.reducer import inside_topics, training, training_start
from explorer.state.reducer.plan_form import fitted
from explorer.state.reducer.turn import Turn

SHOWN_CLASSES = 4
"""Class names in the question about a dropped folder; more are counted."""


def on_look_up_data(turn: Turn, action: LookUpData) -> None:
    """List the sets, and read the chosen one where it is here."""
    list_data(turn)
    facts, data = turn.state.data.facts, turn.state.form.data
    is_waited_for = turn.state.training.status == "opening"
    if (facts is None or facts.data != data) and not is_waited_for:
        ticket = turn.state.next_ticket
        _open(turn, data)
        turn.change(data=replace(turn.state.data, looked_up=ticket))


def list_data(turn: Turn) -> None:
    """Ask which sets there are."""
    turn.ask(ListData, recent=turn.state.settings.recent_data)


def on_data_listed(turn: Turn, event: DataListed) -> None:
    """The sets known by name, and the user's own."""
    turn.change(data=replace(turn.state.data, cards=event.cards, places=event.places))


def on_choose_data(turn: Turn, action: ChooseData) -> None:
    """Train on another set: read it, or ask whether it may be downloaded."""
    if turn.state.training.is_busy:
        return
    form = replace(turn.state.form, data=action.data, lacks="")
    turn.change(form=fitted(form, None))
    card = _card(turn, action.data)
    if card is not None and not card.is_present:
        ask_to_fetch(turn, card)
    else:
        _open(turn, action.data)


def ask_to_fetch(turn: Turn, card: DataCard) -> None:
    """Nothing is downloaded before the user says yes."""
    turn.change(data=replace(turn.state.data, status="none", wanted=card.name))
    turn.notify(
        "question",
        "{title} is not on this machine. Download {size}?",
        "It is fetched from the network only if you say so, and kept.",
        arguments=(("title", card.title), ("size", byte_size(card.size_bytes))),
        actions=(NoticeAction("Download", AllowFetchData(card.name)),),
    )


def on_allow_fetch_data(turn: Turn, action: AllowFetchData) -> None:
    """The user has said yes."""
    turn.ask(FetchData, name=action.name)


def on_data_fetched(turn: Turn, event: DataFetched) -> None:
    """It is here: read it where it is the chosen one."""
    list_data(turn)
    if turn.state.form.data == event.name:
        _open(turn, event.name)


def on_data_progress(turn: Turn, event: DataProgress) -> None:
    """Some of a set is read."""
    turn.progress(event.ticket, event.done / max(event.total, 1))


def on_data_opened(turn: Turn, event: DataOpened) -> None:
    """A set is in memory; a training that waited for it begins."""
    if not turn.is_newest(event, OpenData):
        return
    facts = event.facts
    turn.change(data=replace(turn.state.data, facts=facts, status="open", wanted="", cause=""))
    if turn.state.form.data == facts.data:
        turn.change(form=fitted(turn.state.form, facts))
    if PurePath(facts.data).is_absolute():
        _remember(turn, facts.data)
    training_start.begin(turn, facts)
    inside_topics.begin(turn, facts)


def _remember(turn: Turn, place: str) -> None:
    """A folder or zip was used: it can be chosen again, also in later sessions."""
    data, settings = turn.state.data, turn.state.settings
    if place not in data.places:
        turn.change(data=replace(data, places=(place, *data.places)))
    if settings.recent_data[:1] != (place,):
        turn.change(settings=replace(settings, recent_data=settings.with_recent_data(place)))


def on_open_failed(turn: Turn, ticket: int, cause: str, remedy: str) -> bool:
    """It cannot be read. A set that is merely not here yet is offered.

    Returns:
        Whether no notice is needed: it was offered, or nobody has asked for it, and the form says so.
    """
    data = turn.state.data
    is_asked_for = ticket != data.looked_up or turn.state.training.status == "opening"
    turn.change(data=replace(data, status="failed", cause=f"{cause} {remedy}".strip()))
    if turn.state.training.status == "opening":
        # One that learns has its data.
        training.on_training_failed(turn, cause, remedy)
    card = _card(turn, data.wanted)
    if card is None or card.is_present:
        return not is_asked_for
    ask_to_fetch(turn, card)
    return True


def on_folder_peeked(turn: Turn, event: FolderPeeked) -> None:
    """A folder of class folders can be classified or trained on; any other is read as pictures."""
    if len(event.classes) < 2:
        turn.ask(LoadPictures, paths=(event.path,))
        return
    names = ", ".join(event.classes[:SHOWN_CLASSES])
    more = len(event.classes) - SHOWN_CLASSES
    turn.notify(
        "question",
        "{path} holds {pictures} pictures in {count} classes: {names}.",
        "Classify them, or train a network on them?",
        arguments=(
            ("path", event.path),
            ("pictures", event.n_pictures),
            ("count", len(event.classes)),
            ("names", f"{names} and {more} more" if more > 0 else names),
        ),
        actions=(
            NoticeAction("Classify them", ClassifyFolder(event.path)),
            NoticeAction("Train on them", TrainOnFolder(event.path)),
        ),
    )


def on_classify_folder(turn: Turn, action: ClassifyFolder) -> None:
    """Read its pictures; they are classified as all are."""
    turn.ask(LoadPictures, paths=(action.path,))


def on_train_on_folder(turn: Turn, action: TrainOnFolder) -> None:
    """Make it the data of the form; while a training runs, say so and offer it again."""
    if turn.state.training.is_busy:
        turn.notify(
            "info",
            "{name} has to wait: a training runs.",
            "Stop it, or wait for its end.",
            arguments=(("name", PurePath(action.path).name),),
            actions=(NoticeAction("Train on them", action),),
        )
        return
    on_choose_data(turn, ChooseData(action.path))


def _open(turn: Turn, data: str) -> None:
    turn.change(data=replace(turn.state.data, status="opening", wanted=data))
    turn.ask(OpenData, data=data, input_size=turn.state.document.spec.input_size)


def _card(turn: Turn, name: str) -> DataCard | None:
    return next((card for card in turn.state.data.cards if card.name == name), None)
