"""Where the program's files are: what it ships and what it writes.

Called by every room that reads or writes a file. Imports only the errors.
`RESNET_EXPLORER_HOME` moves everything the program writes.
"""

from __future__ import annotations

import os
from pathlib import Path

from explorer.errors import SetupError

APP_NAME = "resnet-explorer"
HOME_VARIABLE = "RESNET_EXPLORER_HOME"


def resources_dir() -> Path:
    """The folder of shipped files: `explorer/resources` in a wheel, `resources` in a checkout.

    Raises:
        FileNotFoundError: Neither exists, so the installation is incomplete.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / "resources", package.parent / "resources"):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"no resources folder beside {package}; reinstall {APP_NAME}")


def _home(kind: str) -> Path:
    root = os.environ.get(HOME_VARIABLE)
    if root:
        path = Path(root).expanduser() / kind
    else:
        # platformdirs costs a few milliseconds and is not needed where the variable is set.
        import platformdirs

        finder = {
            "data": platformdirs.user_data_path,
            "cache": platformdirs.user_cache_path,
            "config": platformdirs.user_config_path,
        }[kind]
        path = finder(APP_NAME, appauthor=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            "The folder for {kind} cannot be made: {reason}.",
            "Make it writable, or set {variable} to another folder.",
            kind=kind,
            reason=error,
            variable=HOME_VARIABLE,
        ) from error
    return path


def data_dir() -> Path:
    """The folder of what the user would miss: runs, checkpoints, own architectures.

    Raises:
        SetupError: It cannot be made.
    """
    return _home("data")


def cache_dir() -> Path:
    """The folder of what can be fetched or computed again: downloads, decoded data.

    Raises:
        SetupError: It cannot be made.
    """
    return _home("cache")


def config_dir() -> Path:
    """The folder of settings and of the last session.

    Raises:
        SetupError: It cannot be made.
    """
    return _home("config")
