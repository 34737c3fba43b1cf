"""What `doctor` looks at: each check gives facts and, where something is wrong, problems with their remedies.

Called by `cli/doctor.py`. Torch is imported in two checks only, Qt in a process of its own: either may be
broken, and that is what is to be found out.
"""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from explorer import boot, paths
from explorer.errors import ExplorerError, SetupError, WeightsError
from explorer.files import sha256_of
from explorer.version import VERSION

Facts = dict[str, Any]
Problems = list[ExplorerError]
Check = tuple[Facts, Problems]

PACKAGES = (
    "torch",
    "torchvision",
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "Pillow",
    "pydantic",
    "safetensors",
    "scikit-learn",
    "scipy",
)
MEASURED_BATCH = (16, 3, 32, 32)
MEASURED_DEPTHS = (1, 1, 1)
"""A shallow net and a small batch, because doctor should answer in seconds; a training measures its own."""
MEASURING_LIMIT_S = 12
"""A device that other work keeps busy is not measured to the end."""

_QT_LIMIT_S = 60
_OPENS_QT = (
    "from PySide6.QtGui import QGuiApplication; from PySide6 import QtWidgets; "
    "app = QGuiApplication([]); print(app.platformName())"
)


def check_versions() -> Check:
    """What is installed."""
    versions: dict[str, str | None] = {
        "resnet-explorer": VERSION,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    versions |= {name: _installed_version(name) for name in PACKAGES}
    versions["sqlite"] = sqlite3.sqlite_version
    versions["nvidia-driver"] = _nvidia_driver()
    missing = [name for name in PACKAGES if versions[name] is None]
    problems: Problems = []
    if missing:
        problems.append(
            SetupError(
                "These packages are not installed: {names}.",
                "Install the program again: pip install .",
                names=", ".join(missing),
            )
        )
    return {"versions": versions}, problems


def check_window() -> Check:
    """Whether a window can be opened: known bad pairs, system libraries, and Qt itself, tried."""
    plugin = boot.qt_platform()
    facts: Facts = {"platform": plugin or None, "missing_packages": [], "opens": False, "note": ""}
    for look in (boot.check_python_and_qt, boot.check_system_libraries):
        try:
            look()
        except SetupError as error:
            facts["missing_packages"] = str(error.arguments.get("packages", "")).split()
            return {"window": facts}, [error]
    try:
        boot.check_display()
    except SetupError:
        # No problem of the installation: the command line needs no display.
        facts["note"] = "no display is set; Qt was tried without one"
    reason = _qt_failure(with_display=not facts["note"])
    facts["opens"] = not reason and not facts["note"]
    if not reason:
        return {"window": facts}, []
    return {"window": facts}, [
        SetupError("Qt cannot be used: {reason}.", "Install the program again: pip install .", reason=reason)
    ]


def check_devices() -> Check:
    """Which devices work, which one `auto` takes, and what computes fastest on it."""
    facts: Facts = {"devices": [], "device": None, "threads": boot.default_threads(), "precision": None}
    try:
        from explorer.nets import device

        device.configure_threads(behind_window=False)
        chosen, info, reason = device.choose("auto")
        facts["devices"] = [asdict(item) for item in device.devices()]
        facts["device"] = info.name
        facts["precision"] = _measured_precision(chosen)
    except ExplorerError as error:
        return facts, [error]
    except Exception as error:  # whatever a broken torch raises at import
        return facts, [
            SetupError(
                "Torch cannot be used: {reason}.",
                "Install the program again, which brings a matching torch and torchvision: pip install .",
                reason=_first_line(error),
            )
        ]
    if reason:
        return facts, [SetupError("{reason}", "Update the driver, or go on with the CPU.", reason=reason)]
    return facts, []


def check_torchvision() -> Check:
    """Whether torchvision is of torch's build; a CPU-only torch beside the registry's torchvision is not."""
    try:
        import_module("torchvision")
    except Exception as error:  # RuntimeError from a missing operator, ImportError from a missing library
        return {"torchvision_loads": False}, [
            SetupError(
                "Torchvision does not fit the installed torch: {reason}.",
                "Install both from one place: pip install --force-reinstall torch torchvision",
                reason=_first_line(error),
            )
        ]
    return {"torchvision_loads": True}, []


def check_places() -> Check:
    """Where files are, and whether those that the program writes can be written."""
    places: dict[str, str | None] = {}
    problems: Problems = []
    lookups: dict[str, Callable[[], Path]] = {
        "resources": paths.resources_dir,
        "data": paths.data_dir,
        "cache": paths.cache_dir,
        "config": paths.config_dir,
    }
    for name, find in lookups.items():
        places[name] = None
        try:
            place = find()
            places[name] = str(place)
            if name != "resources":
                with tempfile.TemporaryFile(dir=place) as probe:
                    probe.write(b"0")
        except SetupError as error:
            problems.append(error)
        except OSError as error:
            problems.append(
                SetupError(
                    "The folder for {name} cannot be used: {reason}.",
                    "Install the program again."
                    if name == "resources"
                    else f"Make it writable, or set {paths.HOME_VARIABLE} to another folder.",
                    name=name,
                    reason=error,
                )
            )
    free = shutil.disk_usage(places["cache"]).free if places["cache"] else None
    home = os.environ.get(paths.HOME_VARIABLE)
    return {"paths": places, "home_variable": home, "free_disk_bytes": free}, problems


def check_training() -> Check:
    """Which data sets can be trained on at once, and how the runs in the store stand."""
    facts: Facts = {"data_sets": [], "runs": {}}
    try:
        from explorer.images.datasets import named_data
        from explorer.runs.store import RunStore

        facts["data_sets"] = [each.name for each in named_data() if each.is_present]
        with RunStore() as store:
            facts["runs"] = dict(Counter(run.standing for run in store.runs()))
    except ExplorerError as error:
        return facts, [error]
    except (ImportError, OSError) as error:
        return facts, [SetupError("{reason}.", "Install the program again.", reason=_first_line(error))]
    return facts, []


def check_weights() -> Check:
    """Whether the weights that ship with the program are here and are what their cards say."""
    found: list[Facts] = []
    problems: Problems = []
    try:
        from explorer.nets.catalogue import read_cards

        cards = read_cards(paths.resources_dir() / "weights")
    except (ExplorerError, FileNotFoundError) as error:
        problem = error if isinstance(error, ExplorerError) else SetupError("{reason}.", reason=error)
        return {"weights": found}, [problem]
    except ImportError as error:  # Pillow or pydantic
        return {"weights": found}, [SetupError("{reason}.", "Install the program again.", reason=error)]
    if not cards:
        problems.append(WeightsError("No weights ship with this installation.", "Install the program again."))
    for card in cards:
        assert card.path is not None  # bundled ones have one
        is_here = card.path.is_file()
        is_right = is_here and sha256_of(card.path) == card.sha256
        found.append(
            {
                "name": card.name,
                "path": str(card.path),
                "present": is_here,
                "sha256_ok": is_right,
                "accuracy_percent": card.accuracy_percent,
            }
        )
        if not is_right:
            problems.append(
                WeightsError(
                    "The bundled weights {name} are {what}.",
                    "Install the program again.",
                    name=card.name,
                    what="damaged" if is_here else "missing",
                )
            )
    return {"weights": found}, problems


def _qt_failure(*, with_display: bool) -> str:
    """Why Qt does not start, tried in a process of its own because it aborts; empty where it does."""
    environ = dict(os.environ)
    if not with_display:
        environ["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-c", _OPENS_QT]
    try:
        done = subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=_QT_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not start within {_QT_LIMIT_S} s"
    if not done.returncode:
        return ""
    # The last line is an exception's text; before an abort Qt says the reason first.
    lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it ended without a word"]
    return (lines[-1] if done.returncode == 1 else lines[0]).strip().rstrip(".")


def _measured_precision(chosen: Any) -> Facts | None:
    """What trains fastest on a device; None where it is too busy to tell."""
    from explorer.arch.expand import expand
    from explorer.arch.presets import DEFAULT_PRESET, preset
    from explorer.nets.assemble import assemble
    from explorer.training.precision import choose_precision

    graph = expand(preset(DEFAULT_PRESET).spec.edited(stage_depths=MEASURED_DEPTHS))
    steps = choose_precision(lambda: assemble(graph, device=chosen), chosen, MEASURED_BATCH)
    until = time.monotonic() + MEASURING_LIMIT_S
    while time.monotonic() < until:
        try:
            next(steps)
        except StopIteration as finished:
            precision = finished.value
            return {"training": precision.name, "images_per_second": dict(precision.rates)}
    steps.close()
    return None


def _installed_version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _nvidia_driver() -> str | None:
    """The version of NVIDIA's driver, from the kernel or from its tool; None where there is none."""
    try:
        text = Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
        # "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 …"
        return next((word for word in text.split() if word[:1].isdecimal() and "." in word), None)
    except OSError:
        pass
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    query = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip().partition("\n")[0] or None if done.returncode == 0 else None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
