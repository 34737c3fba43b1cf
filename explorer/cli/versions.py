"""Which versions are installed, found without importing what they are versions of.

Called by `--version` and `doctor`. Imports nothing of the project.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

DISTRIBUTION = "resnet-explorer"


def program_version() -> str:
    """This program's version: the checkout's where it runs from one, else the installed one's."""
    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if project.is_file():
        import tomllib

        version: str = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
        return version
    return installed_version(DISTRIBUTION) or "unknown"


def installed_version(distribution: str) -> str | None:
    """The version of an installed package, or None where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
