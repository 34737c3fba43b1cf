"""The folder of the user's own architectures: a small JSON file each.

Called by `engine/handlers/architectures.py`. Imports neither torch nor Qt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from explorer.arch.own import OwnArchitecture, checked_name, decode, encode, slug_of
from explorer.arch.spec import ArchitectureSpec
from explorer.errors import SpecError
from explorer.files import write_json
from explorer.paths import data_dir

FOLDER = "architectures"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file of the folder that is no architecture, and why."""

    file: str
    cause: str
    hint: str


def folder() -> Path:
    """Where they are kept.

    Raises:
        SetupError: The folder of the program's data cannot be made.
    """
    return data_dir() / FOLDER


def kept(place: Path) -> tuple[tuple[OwnArchitecture, ...], tuple[Unreadable, ...]]:
    """All architectures by name, and the files that could not be read."""
    found: list[OwnArchitecture] = []
    unreadable: list[Unreadable] = []
    for path in sorted(place.glob("*.json")) if place.is_dir() else ():
        try:
            found.append(decode(path.stem, path.read_text("utf-8")))
        except SpecError as error:
            unreadable.append(Unreadable(path.name, error.cause_text, error.hint_text))
        except (OSError, UnicodeDecodeError) as error:
            unreadable.append(Unreadable(path.name, str(error), "Check the file, or delete it."))
    return tuple(sorted(found, key=lambda item: item.name.casefold())), tuple(unreadable)


def keep(place: Path, name: str, spec: ArchitectureSpec) -> OwnArchitecture:
    """Write an architecture; one of the same name is replaced.

    Raises:
        SpecError: The name is no name, or the file cannot be written.
    """
    name = checked_name(name)
    items, _ = kept(place)
    same = next((item.slug for item in items if item.name == name), None)
    slug = same or slug_of(name, {path.stem for path in place.glob("*.json")})
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_json(place / f"{slug}.json", encode(name, spec))
    except OSError as error:
        raise _failed("{name} cannot be kept: {reason}.", name, error) from None
    return OwnArchitecture(slug, name, spec)


def forget(place: Path, slug: str) -> None:
    """Delete an architecture; it is no error where there is none.

    Raises:
        SpecError: The file cannot be deleted.
    """
    try:
        # A slug is a plain name; the check keeps a wrong one from leaving the folder.
        path = place / f"{slug}.json"
        if path.parent == place:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _failed("{name} cannot be deleted: {reason}.", slug, error) from None


def _failed(message: str, name: str, error: OSError) -> SpecError:
    return SpecError(
        "name",
        message,
        "Check that {folder} can be written and that the disk is not full.",
        name=name,
        reason=error.strerror or str(error),
        folder=FOLDER,
    )
