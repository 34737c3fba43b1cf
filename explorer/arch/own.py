"""*My architectures*: the user's own specs with names, as the text of a small file each.

Called by `runs/architectures.py`, which keeps the files, by `state` and by the gallery. Pure Python
and pydantic.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from itertools import count
from typing import Any

from explorer.arch.spec import ArchitectureSpec, parse
from explorer.errors import SpecError

VERSION = 1
MAX_NAME = 80
_MAX_SLUG = 60
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{kind}{n}" for kind in ("com", "lpt") for n in range(10)}
"""Names that Windows keeps for devices."""


@dataclass(frozen=True, slots=True)
class OwnArchitecture:
    """A spec that the user keeps.

    Attributes:
        slug: The file's name without its ending.
        name: What the user calls it.
        spec: The architecture.
    """

    slug: str
    name: str
    spec: ArchitectureSpec


def checked_name(name: str) -> str:
    """A name on one line, without spaces around it.

    Raises:
        SpecError: It is empty or too long.
    """
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > MAX_NAME:
        raise SpecError(
            "name",
            "An architecture needs a {field} of 1 to {most} letters.",
            "Give it a short {field}, such as “my first ResNet”.",
            most=MAX_NAME,
        )
    return tidy


def slug_of(name: str, taken: Container[str] = ()) -> str:
    """A file name for a name: small letters, digits and hyphens, and a number where it is taken."""
    plain = unicodedata.normalize("NFKD", name.replace("×", "x")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:_MAX_SLUG].strip("-") or "architecture"
    if slug in _RESERVED:
        slug = f"{slug}-net"
    if slug not in taken:
        return slug
    return next(numbered for n in count(2) if (numbered := f"{slug}-{n}") not in taken)


def encode(name: str, spec: ArchitectureSpec) -> dict[str, Any]:
    """The content of the file."""
    return {"version": VERSION, "name": name, "spec": json.loads(spec.to_json())}


def decode(slug: str, text: str) -> OwnArchitecture:
    """An architecture from its file's text. A bare spec file is taken too, named as its file.

    Raises:
        SpecError: It is not one, or a later version wrote it.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise SpecError(
            "spec", "{slug}.json is not JSON: {reason}.", "Save it again.", slug=slug, reason=str(error)
        ) from None
    if not isinstance(data, dict) or "spec" not in data:
        return OwnArchitecture(slug, slug, parse(data))
    version = data.get("version")
    if version != VERSION:
        raise SpecError(
            "version",
            "{slug}.json has {field} {version}; this program reads {known}.",
            "Update the program, or save the architecture with the older version.",
            slug=slug,
            version=version,
            known=VERSION,
        )
    return OwnArchitecture(slug, checked_name(str(data.get("name", slug))), parse(data["spec"]))
