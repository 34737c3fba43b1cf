"""What the window and the IO pool say to each other about the user's own architectures.

Frozen, as all of `engine/messages.py`. Called by `state`, `ui` and `engine/handlers`. Must not import torch
or Qt.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from explorer.arch.own import OwnArchitecture
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import Event, Request
from explorer.runs.architectures import Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class ListArchitectures(Request):
    """Read the user's own architectures."""

    on_io_pool: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveArchitecture(Request):
    """Keep a spec under a name; one of the same name is replaced.

    Attributes:
        name: What the user calls it.
        spec: The architecture.
        instead_of: The slug of one that is deleted as soon as this one is on the disk; empty for none.
    """

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True

    name: str
    spec: ArchitectureSpec
    instead_of: str = ""

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetArchitecture(Request):
    """Delete one of the user's own architectures."""

    on_io_pool: ClassVar[bool] = True
    lasts: ClassVar[bool] = True

    slug: str

    @property
    def subject(self) -> Hashable:
        """What it is about, beside its kind."""
        return self.slug


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchitecturesListed(Event):
    """The user's own architectures as they are now.

    Attributes:
        items: By name.
        unreadable: Files beside them that could not be read.
        version: Rises with each reading; an older list that comes later is not shown.
    """

    items: tuple[OwnArchitecture, ...]
    unreadable: tuple[Unreadable, ...] = ()
    version: int = 0
