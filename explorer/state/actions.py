"""What the user does, as values that widgets dispatch.

Called by `ui` and `state/reducer`. Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import dataclass

from explorer.arch.budget import Hold, Vary
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.values import WeightsChoice
from explorer.state.settings import ColourScheme


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user did."""


@dataclass(frozen=True, slots=True)
class Start(Action):
    """The window is open: build the document's net and show a picture.

    Attributes:
        sample: The path of the program's own picture, or empty.
        files: Files from the command line, handled as if dropped.
    """

    sample: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EditSpec(Action):
    """Change fields of the spec.

    Attributes:
        changes: Field names with their new values.
        gesture: Edits of one gesture are one step of undo; empty for a step of its own.
    """

    changes: tuple[tuple[str, object], ...]
    gesture: str = ""


@dataclass(frozen=True, slots=True)
class OpenSpec(Action):
    """Replace the whole spec."""

    spec: ArchitectureSpec


@dataclass(frozen=True, slots=True)
class LockBudget(Action):
    """Hold what the net costs now, from the next edit on.

    Attributes:
        hold: Which cost; None holds nothing any more.
        vary: The field that follows.
    """

    hold: Hold | None
    vary: Vary


@dataclass(frozen=True, slots=True)
class PasteSpec(Action):
    """Open the spec in a text: JSON, a command line or a preset's name."""

    text: str


@dataclass(frozen=True, slots=True)
class LookUpArchitectures(Action):
    """Read the user's own architectures, to show them."""


@dataclass(frozen=True, slots=True)
class KeepArchitecture(Action):
    """Keep a spec among the user's own; without one, the document's."""

    name: str
    spec: ArchitectureSpec | None = None


@dataclass(frozen=True, slots=True)
class RenameArchitecture(Action):
    """Call one of the user's own, by its slug, by another name."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class LetArchitectureGo(Action):
    """Delete one of the user's own, by its slug."""

    slug: str


@dataclass(frozen=True, slots=True)
class TogglePlainTwin(Action):
    """Take the shortcuts away, or give back those the family has."""


@dataclass(frozen=True, slots=True)
class ChooseWeights(Action):
    """Build the net with other weights."""

    weights: WeightsChoice


@dataclass(frozen=True, slots=True)
class KeepWeights(Action):
    """Write the weights of the net in view to a file."""

    path: str


@dataclass(frozen=True, slots=True)
class AllowFetchWeights(Action):
    """Yes, download these weights; they are used when they are here."""

    name: str


@dataclass(frozen=True, slots=True)
class Undo(Action):
    """Back to the document before."""


@dataclass(frozen=True, slots=True)
class Redo(Action):
    """Forward to the document that was undone."""


@dataclass(frozen=True, slots=True)
class SelectNode(Action):
    """Look at a node."""

    key: str


@dataclass(frozen=True, slots=True)
class StepNode(Action):
    """Look at the next (+1) or previous (−1) node in the order they run."""

    step: int


@dataclass(frozen=True, slots=True)
class Unfold(Action):
    """Open exactly these folds of the graph."""

    unfolded: frozenset[str]


@dataclass(frozen=True, slots=True)
class SelectChannel(Action):
    """Show a channel large; None closes it."""

    channel: int | None


@dataclass(frozen=True, slots=True)
class Drop(Action):
    """Something was dropped, pasted or opened.

    Attributes:
        paths: Files and folders: pictures, specs (`.json`), weights (`.safetensors`, `.pth`, `.pt`, `.th`).
        blobs: Pictures as bytes.
        data_uris: Pictures as `data:` texts.
        addresses: Remote pictures; asked about before anything is fetched.
    """

    paths: tuple[str, ...] = ()
    blobs: tuple[bytes, ...] = ()
    data_uris: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllowFetchPicture(Action):
    """Yes, download this picture."""

    address: str


@dataclass(frozen=True, slots=True)
class SelectPicture(Action):
    """Look at a picture."""

    image_id: int


@dataclass(frozen=True, slots=True)
class RemovePicture(Action):
    """Take a picture off the list."""

    image_id: int


@dataclass(frozen=True, slots=True)
class ClearPictures(Action):
    """Take all pictures off the list."""


@dataclass(frozen=True, slots=True)
class ChooseDevice(Action):
    """Run on another device."""

    name: str


@dataclass(frozen=True, slots=True)
class CancelWork(Action):
    """Stop what a ticket asked for."""

    ticket: int


@dataclass(frozen=True, slots=True)
class DismissNotice(Action):
    """Take a notice away."""

    notice_id: int


@dataclass(frozen=True, slots=True)
class Complain(Action):
    """Something failed in the window itself; say it as the engine's failures are said."""

    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class SetColourScheme(Action):
    """Dark, light, or as the system has it."""

    scheme: ColourScheme


@dataclass(frozen=True, slots=True)
class RememberLayout(Action):
    """The window's docks and place, as Qt saves them, in base64."""

    layout: str
    geometry: str
