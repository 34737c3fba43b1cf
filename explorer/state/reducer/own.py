"""The reducer's slice of the user's own architectures, and of specs that are pasted as text.

Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.arch.own import checked_name
from explorer.arch.speech import from_text
from explorer.engine.own_messages import (
    ArchitecturesListed,
    ForgetArchitecture,
    ListArchitectures,
    SaveArchitecture,
)
from explorer.errors import SpecError
from explorer.state.actions import (
    KeepArchitecture,
    LetArchitectureGo,
    LookUpArchitectures,
    OpenSpec,
    PasteSpec,
    RenameArchitecture,
)
from explorer.state.model import NoticeAction, OwnState
from explorer.state.reducer.document import on_open_spec
from explorer.state.reducer.turn import Turn


def on_look_up_architectures(turn: Turn, action: LookUpArchitectures) -> None:
    """Read them; the gallery asks when it is shown."""
    turn.ask(ListArchitectures)


def on_keep_architecture(turn: Turn, action: KeepArchitecture) -> None:
    """Keep a spec, the document's where none is given; one of that name gives way and can be put back.

    A name that is no name is refused at once.
    """
    try:
        name = checked_name(action.name)
    except SpecError as error:
        _complain(turn, error)
        return
    spec = action.spec or turn.state.document.spec
    turn.ask(SaveArchitecture, name=name, spec=spec)
    former = next((item for item in turn.state.own.items if item.name == name and item.spec != spec), None)
    if former is not None:
        turn.notify(
            "info",
            "{name} is another network now.",
            arguments=(("name", name),),
            actions=(NoticeAction("Put it back", KeepArchitecture(name, former.spec)),),
        )


def on_rename_architecture(turn: Turn, action: RenameArchitecture) -> None:
    """Keep it under its new name instead of the old one. A name that another has already is refused."""
    items = turn.state.own.items
    item = next((item for item in items if item.slug == action.slug), None)
    if item is None:
        return
    try:
        name = checked_name(action.name)
    except SpecError as error:
        _complain(turn, error)
        return
    if any(other.name == name for other in items):
        turn.notify("error", "There is an architecture called {name} already.", arguments=(("name", name),))
        return
    turn.ask(SaveArchitecture, name=name, spec=item.spec, instead_of=item.slug)


def on_let_architecture_go(turn: Turn, action: LetArchitectureGo) -> None:
    """Delete one, and offer to put it back."""
    item = next((item for item in turn.state.own.items if item.slug == action.slug), None)
    if item is None:
        return
    turn.ask(ForgetArchitecture, slug=item.slug)
    turn.notify(
        "info",
        "{name} is no longer among your architectures.",
        arguments=(("name", item.name),),
        actions=(NoticeAction("Put it back", KeepArchitecture(item.name, item.spec)),),
    )


def on_architectures_listed(turn: Turn, event: ArchitecturesListed) -> None:
    """They are here; files that could not be read are named once."""
    own = turn.state.own
    if event.version < own.version:
        return
    for one in event.unreadable:
        if one not in own.unreadable:
            arguments = (("file", one.file), ("cause", one.cause), ("hint", one.hint))
            turn.notify("warning", "{file} is not shown: {cause}", "{hint}", arguments=arguments)
    turn.change(own=OwnState(event.items, event.unreadable, event.version))


def on_paste_spec(turn: Turn, action: PasteSpec) -> None:
    """Open the spec in a text, or say why there is none."""
    try:
        spec = from_text(action.text)
    except SpecError as error:
        _complain(turn, error)
        return
    on_open_spec(turn, OpenSpec(spec))


def _complain(turn: Turn, error: SpecError) -> None:
    turn.notify("error", error.message, error.hint, arguments=tuple(error.arguments.items()))
