"""What must happen before Qt or torch is imported: allocator settings, and checks of what would else abort.

Called by `app` first of all, and by `cli.doctor`. Imports the cheapest of the standard library and `errors`,
and is written to cost next to nothing, without pathlib for that reason: it all runs before the first paint.
"""
# ruff: noqa: PTH110, PTH123, PTH208

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from explorer.errors import SetupError

# glibc's malloc.h
_M_TRIM_THRESHOLD = -1
_M_TOP_PAD = -2
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_JUST_BELOW_2_GB = 2**31 - 4096
_OLD_MMAP_LIMIT = 32 << 20  # glibc before 2.35 refuses more
_TOP_PAD_BYTES = 64 << 20

_MOST_THREADS = 32
_SPINS = 2_000
"""Looks at a barrier before a thread sleeps, some microseconds; libgomp's own are 300,000."""

# Library → Debian package, from the NEEDED entries of PySide6 6.11's Qt6Core, Qt6Gui and Qt6DBus …
_EVERYWHERE = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libX11.so.6": "libx11-6",
}
# … and of its platform plugins.
_BY_PLATFORM = {
    "xcb": {
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-image.so.0": "libxcb-image0",
        "libxcb-render-util.so.0": "libxcb-render-util0",
        "libxcb-shape.so.0": "libxcb-shape0",
        "libxcb-randr.so.0": "libxcb-randr0",
        "libxcb-render.so.0": "libxcb-render0",
        "libxcb-shm.so.0": "libxcb-shm0",
        "libxcb-sync.so.1": "libxcb-sync1",
        "libxcb-util.so.1": "libxcb-util1",
        "libxcb-xfixes.so.0": "libxcb-xfixes0",
        "libxcb-xkb.so.1": "libxcb-xkb1",
        "libxcb.so.1": "libxcb1",
        "libX11-xcb.so.1": "libx11-xcb1",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
        "libwayland-egl.so.1": "libwayland-egl1",
    },
}


def prepare_process() -> bool:
    """Settings that must be made before torch is imported: how its threads wait, and glibc's allocator.

    Returns:
        Whether the allocator's were made; False on systems without glibc, which have others.
    """
    _let_threads_sleep()
    return _keep_memory()


def _let_threads_sleep() -> None:
    """Let torch's threads soon sleep where they wait for one another, unless the user has said how they wait.

    libgomp's threads spin at the end of each parallel loop, and a small network has a hundred of them. Where
    somebody else needs the processor, each spins for as long as the other is not scheduled: beside two busy
    processes ResNet-20 took up to 600 ms for one picture, and 15 ms when threads gave up early. Those that
    sleep at once cost a quiet machine a third of its speed; these cost it some hundredths. Read once, when
    torch's libraries are loaded (libgomp's manual, section 4.16).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(_SPINS))


def _keep_memory() -> bool:
    """Let glibc keep large tensors' memory instead of handing it back at every training step.

    Without this every tensor of some megabytes is mapped, zeroed page by page and unmapped again: ResNet-50
    ran at half the speed here. One arena, because the thread that computes is not the main one and only the
    main arena holds blocks over 64 MB: in any other they would be mapped still. `trim_memory` gives memory
    back when the program is idle.

    Returns:
        Whether the settings were made; False on systems without glibc, where nothing is done.
    """
    mallopt = _glibc_function("mallopt")
    if mallopt is None:
        return False
    mapped = mallopt(_M_MMAP_THRESHOLD, _JUST_BELOW_2_GB) or mallopt(_M_MMAP_THRESHOLD, _OLD_MMAP_LIMIT)
    trimmed = mallopt(_M_TRIM_THRESHOLD, _JUST_BELOW_2_GB)
    padded = mallopt(_M_TOP_PAD, _TOP_PAD_BYTES)
    one_arena = mallopt(_M_ARENA_MAX, 1)
    return bool(mapped and trimmed and padded and one_arena)


def load_torch_libraries() -> bool:
    """Load torch's own shared libraries, so that importing it afterwards does not stop the other threads.

    `import torch` holds Python's lock while the loader maps and relocates libraries of a gigabyte: the window
    stood still for 180 to 260 ms here, and for 10 to 50 ms after this, in the same time over all. A function
    called through `ctypes.CDLL` runs without the lock. The order is torch's own (`torch._load_global_deps`,
    then `torch._C`).

    Returns:
        Whether they are loaded; False where torch or glibc is not here, or they could not be. The import says
        why.
    """
    dlopen = _glibc_function("dlopen")
    if dlopen is None:
        return False
    import ctypes
    from importlib.util import find_spec

    found = find_spec("torch")
    if found is None or not found.submodule_search_locations:
        return False
    dlopen.restype, dlopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_int)  # type: ignore[attr-defined]
    folder = os.fsencode(f"{found.submodule_search_locations[0]}/lib")
    is_shared = dlopen(folder + b"/libtorch_global_deps.so", os.RTLD_NOW | os.RTLD_GLOBAL)
    return bool(is_shared and dlopen(folder + b"/libtorch_python.so", os.RTLD_NOW))


def trim_memory() -> bool:
    """Hand freed memory back to the system; to be called when idle.

    Returns:
        Whether some was; False on systems without glibc.
    """
    malloc_trim = _glibc_function("malloc_trim")
    return malloc_trim is not None and bool(malloc_trim(0))


def _glibc_function(name: str) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    library = ctypes.CDLL(None)
    return getattr(library, name, None) if hasattr(library, "gnu_get_libc_version") else None


def installed_qt_version() -> str | None:
    """Return PySide6's version without importing it, or None where it is not installed.

    Read from the name of its `.dist-info` folder: `importlib.metadata` would cost 30 ms.
    """
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            project, _, rest = name.partition("-")
            if rest.endswith(".dist-info") and project.lower() in ("pyside6_essentials", "pyside6"):
                return rest.removesuffix(".dist-info")
    return None


def check_python_and_qt(
    python: tuple[int, int] = (sys.version_info.major, sys.version_info.minor), qt_version: str | None = None
) -> None:
    """Refuse the pair that aborts: PySide6 6.12 on Python 3.11 loses a reference to None at every void call.

    Args:
        python: Python's version.
        qt_version: PySide6's; looked up by default, and only where it matters.

    Raises:
        SetupError: It is that pair.
    """
    if python >= (3, 12):
        return
    qt_version = qt_version or installed_qt_version()
    if qt_version is not None and qt_version.split(".")[:2] == ["6", "12"]:
        raise SetupError(
            "PySide6 {qt} on Python {python} aborts after some thousand calls.",
            'Run pip install "PySide6-Essentials>=6.11.3,<6.12", or use Python 3.12 or newer.',
            qt=qt_version,
            python=f"{python[0]}.{python[1]}",
        )


def qt_platform(environ: Mapping[str, str] | None = None) -> str:
    """Return the Qt platform plugin that a start on Linux would use, such as `xcb`, `wayland` or `offscreen`.

    Empty where there is no display. Qt's own rule, simplified: what `QT_QPA_PLATFORM` names first, else X11,
    else Wayland.
    """
    environ = os.environ if environ is None else environ
    chosen = environ.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if chosen:
        return "wayland" if chosen.startswith("wayland") else chosen
    if environ.get("DISPLAY"):
        return "xcb"
    return "wayland" if environ.get("WAYLAND_DISPLAY") else ""


def check_display(environ: Mapping[str, str] | None = None, system: str = sys.platform) -> None:
    """Refuse to start the window where there is no screen for it.

    Args:
        environ: The environment; the process's by default.
        system: `sys.platform`.

    Raises:
        SetupError: On Linux, no display is set and no Qt platform that does without is chosen.
    """
    environ = os.environ if environ is None else environ
    if not system.startswith("linux") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return
    if qt_platform(environ) in ("", "xcb", "wayland"):
        raise SetupError(
            "There is no display to open the window on: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            "Start it from a desktop session, set DISPLAY (with ssh: ssh -X), or use the command line "
            "(resnet-explorer --help). Without a screen, use xvfb-run or set QT_QPA_PLATFORM=offscreen.",
        )


def missing_system_libraries(platform: str) -> list[str]:
    """Return the Debian packages of the system libraries that Qt needs and that are not here.

    Args:
        platform: The Qt platform plugin, see `qt_platform`.
    """
    wanted = {**_EVERYWHERE, **_BY_PLATFORM.get(platform, {})}
    folders = _library_folders()
    absent = [name for name in wanted if not any(os.path.exists(f"{folder}/{name}") for folder in folders)]
    # The loader has the last word: it knows more places (ld.so.conf, Nix, Conda), and asking it takes longer.
    return [wanted[name] for name in absent if not _loads(name)]


def check_system_libraries(system: str = sys.platform, environ: Mapping[str, str] | None = None) -> None:
    """Say which system packages are missing, where Qt would abort without a word.

    Args:
        system: `sys.platform`; only Linux has Qt's libraries from the system.
        environ: The environment; the process's by default.

    Raises:
        SetupError: Libraries are missing; the hint is the line that installs them.
    """
    if not system.startswith("linux"):
        return
    missing = missing_system_libraries(qt_platform(environ))
    if missing:
        raise SetupError(
            "Qt cannot open a window: {n_missing} system libraries are missing.",
            "Install them as root: apt-get install -y {packages} (Debian and Ubuntu; other systems have the "
            "same under other names).",
            n_missing=len(missing),
            packages=" ".join(missing),
        )


def _library_folders() -> list[str]:
    triplet = getattr(sys.implementation, "_multiarch", "")
    folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    if triplet:
        folders += [f"/usr/lib/{triplet}", f"/lib/{triplet}"]
    return [*folders, "/usr/lib64", "/lib64", "/usr/lib", "/lib"]


def _loads(name: str) -> bool:
    import ctypes

    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def default_threads() -> int:
    """Return how many threads to compute on: the physical cores this process may use, 1 to 32.

    Two threads of one core share its arithmetic units, so that more threads than cores only cost.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores = set()
    for cpu in allowed:
        siblings = _read_line(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        cores.add(siblings or str(cpu))  # where nothing is known, a processor is a core
    return max(1, min(len(cores), _container_limit(), _MOST_THREADS))


def _container_limit() -> int:
    """The processors that a container's quota (cgroup version 2) comes to, rounded up."""
    quota, _, period = _read_line("/sys/fs/cgroup/cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal() and int(period):
        return -(-int(quota) // int(period))
    return _MOST_THREADS


def _read_line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.readline().strip()
    except (OSError, ValueError):
        return ""
