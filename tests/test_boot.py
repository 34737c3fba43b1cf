"""What runs before Qt and torch: each check with the bad case made, and its cost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer import boot
from explorer.errors import SetupError

ROOT = Path(__file__).resolve().parents[1]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Linux's system libraries")


def run_child(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


# ------------------------------------------------------------------ memory

FAULTS = """
import ctypes, resource, threading
from explorer import boot
if {prepared}:
    assert boot.prepare_process()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.memset.argtypes, libc.free.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], [ctypes.c_void_p]
def step():
    for _ in range(5):
        block = libc.malloc({n_bytes})
        libc.memset(block, 1, {n_bytes})
        libc.free(block)
thread = threading.Thread(target=step)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def has_glibc() -> bool:
    return sys.platform.startswith("linux") and hasattr(
        __import__("ctypes").CDLL(None), "gnu_get_libc_version"
    )


@pytest.mark.skipif(not has_glibc(), reason="the settings are glibc's")
@pytest.mark.parametrize("n_bytes", [10 << 20, 80 << 20])
def test_prepared_process_keeps_its_memory_on_any_thread(n_bytes: int) -> None:
    bare = int(run_child(FAULTS.format(prepared=False, n_bytes=n_bytes)))
    prepared = int(run_child(FAULTS.format(prepared=True, n_bytes=n_bytes)))
    # Five times the same block: mapped and zeroed once instead of five times.
    # Half of it is the first touch, which nobody is spared.
    assert prepared < 0.6 * bare


@pytest.mark.skipif(not has_glibc(), reason="the loader is called through glibc")
def test_torch_finds_its_libraries_loaded() -> None:
    code = """
import sys
from explorer import boot
assert boot.load_torch_libraries()
assert "torch" not in sys.modules
mapped = {line.split("/")[-1].strip() for line in open("/proc/self/maps") if ".so" in line}
assert {"libtorch_python.so", "libtorch_cpu.so", "libc10.so"} <= mapped, mapped
import torch
print(int(torch.ones(3).sum()))
"""
    assert run_child(code) == "3"


@pytest.mark.skipif(not has_glibc(), reason="malloc_trim is glibc's")
def test_trim_hands_freed_memory_back() -> None:
    code = """
import ctypes
from explorer import boot
boot.prepare_process()
def resident_bytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
block = bytearray(60 << 20)
del block
before = resident_bytes()
boot.trim_memory()
print(before - resident_bytes())
"""
    assert int(run_child(code)) > 50 << 20


@pytest.mark.parametrize(
    ("said", "spins"),
    [({}, "2000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)],
    ids=["nothing", "spins", "policy"],
)
def test_threads_soon_sleep_where_they_wait_unless_the_user_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, said: dict[str, str], spins: str | None
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        # Set first, so that it is put back also where nothing was there.
        monkeypatch.setenv(name, said.get(name, ""))
        if name not in said:
            monkeypatch.delenv(name)
    boot.prepare_process()
    assert os.environ.get("GOMP_SPINCOUNT") == spins


def test_nothing_is_done_without_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert boot.prepare_process() is False
    assert boot.trim_memory() is False


# ------------------------------------------------------------------ Python and Qt


@pytest.mark.parametrize(
    ("python", "qt_version"),
    [((3, 11), "6.11.3"), ((3, 12), "6.12.0"), ((3, 14), "6.12.1"), ((3, 11), "6.13.0")],
)
def test_good_pairs_pass(python: tuple[int, int], qt_version: str) -> None:
    boot.check_python_and_qt(python, qt_version)


def test_the_pair_that_aborts_is_refused() -> None:
    with pytest.raises(SetupError) as caught:
        boot.check_python_and_qt((3, 11), "6.12.0")
    assert "6.12.0" in caught.value.cause_text
    assert "3.11" in caught.value.cause_text
    assert "<6.12" in caught.value.hint_text


def test_installed_qt_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert boot.installed_qt_version() == version("PySide6-Essentials")


def test_installed_version_is_read_from_any_folder_of_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "PySide6_Essentials-6.12.0.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "absent"), str(tmp_path)])
    assert boot.installed_qt_version() == "6.12.0"
    with pytest.raises(SetupError):
        boot.check_python_and_qt((3, 11))
    boot.check_python_and_qt((3, 12))
    monkeypatch.setattr(sys, "path", [])
    assert boot.installed_qt_version() is None
    boot.check_python_and_qt((3, 11))


# ------------------------------------------------------------------ display and libraries


@pytest.mark.parametrize(
    "environ",
    [
        {"DISPLAY": ":0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "vnc:size=800x600"},
        {"DISPLAY": ":0", "QT_QPA_PLATFORM": "xcb"},
    ],
)
def test_display_is_found(environ: dict[str, str]) -> None:
    boot.check_display(environ, "linux")


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"QT_QPA_PLATFORM": "wayland;xcb"}])
def test_no_display_is_said_with_every_way_out(environ: dict[str, str]) -> None:
    with pytest.raises(SetupError) as caught:
        boot.check_display(environ, "linux")
    for word in ("DISPLAY", "command line", "xvfb-run", "QT_QPA_PLATFORM=offscreen"):
        assert word in caught.value.hint_text
    boot.check_display(environ, "darwin")
    boot.check_display(environ, "win32")


@pytest.mark.parametrize(
    ("environ", "platform"),
    [
        ({}, ""),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "xcb"),
        ({"WAYLAND_DISPLAY": "w"}, "wayland"),
        ({"DISPLAY": ":0", "QT_QPA_PLATFORM": "wayland-egl"}, "wayland"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "offscreen"),
    ],
)
def test_qt_platform(environ: dict[str, str], platform: str) -> None:
    assert boot.qt_platform(environ) == platform


@linux
def test_libraries_of_this_machine_are_found_as_the_loader_finds_them() -> None:
    import ctypes

    def loads(name: str) -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    wanted = boot._EVERYWHERE | boot._BY_PLATFORM["xcb"]
    absent = {package for name, package in wanted.items() if not loads(name)}
    assert set(boot.missing_system_libraries("xcb")) == absent


@linux
def test_missing_libraries_are_named_as_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = {"libabsent.so.7": "libabsent7", "libgone.so.1": "libgone1"}
    monkeypatch.setitem(boot._BY_PLATFORM, "xcb", absent | {"libc.so.6": "libc6"})
    monkeypatch.setattr(boot, "_EVERYWHERE", {})
    assert boot.missing_system_libraries("xcb") == ["libabsent7", "libgone1"]
    with pytest.raises(SetupError) as caught:
        boot.check_system_libraries("linux", {"DISPLAY": ":0"})
    assert "apt-get install -y libabsent7 libgone1 " in caught.value.hint_text
    assert "other systems" in caught.value.hint_text
    boot.check_system_libraries("linux", {"QT_QPA_PLATFORM": "offscreen"})
    boot.check_system_libraries("darwin", {"DISPLAY": ":0"})


@linux
def test_every_library_that_qt_needs_is_checked() -> None:
    """PySide6's own files are the oracle: what they name of a desktop's libraries must be in the table."""
    from importlib.metadata import files

    needed = set()
    parts = (
        "libQt6Core.so.6",
        "libQt6Gui.so.6",
        "libQt6Widgets.so.6",
        "libQt6DBus.so.6",
        "libQt6XcbQpa.so.6",
    )
    shipped = {path.name: path for path in files("PySide6-Essentials") or []}
    for part in (*parts, "libqxcb.so"):
        content = Path(str(shipped[part].locate())).read_bytes()
        needed |= {name for name in SYSTEM_LIBRARIES if f"\0{name}\0".encode() in content}
    wanted = boot._EVERYWHERE | boot._BY_PLATFORM["xcb"]
    assert needed <= set(wanted)


# Every X11, GL, font and message library of a Linux desktop that Qt could come to need.
SYSTEM_LIBRARIES = [
    *(f"libxcb{part}" for part in (".so.1", "-cursor.so.0", "-icccm.so.4", "-image.so.0", "-keysyms.so.1")),
    *(
        f"libxcb-{part}"
        for part in ("randr.so.0", "render.so.0", "render-util.so.0", "shape.so.0", "shm.so.0")
    ),
    *(f"libxcb-{part}" for part in ("sync.so.1", "util.so.1", "xfixes.so.0", "xkb.so.1", "xinerama.so.0")),
    *(f"libxcb-{part}" for part in ("glx.so.0", "xinput.so.0", "dri3.so.0", "present.so.0")),
    *("libX11.so.6", "libX11-xcb.so.1", "libXi.so.6", "libXext.so.6", "libSM.so.6", "libICE.so.6"),
    *("libEGL.so.1", "libGL.so.1", "libOpenGL.so.0", "libGLX.so.0", "libvulkan.so.1"),
    *("libxkbcommon.so.0", "libxkbcommon-x11.so.0", "libfontconfig.so.1", "libfreetype.so.6"),
    *("libdbus-1.so.3", "libglib-2.0.so.0", "libpng16.so.16", "libjpeg.so.62", "libharfbuzz.so.0"),
]


# ------------------------------------------------------------------ threads and cost


def test_default_threads_are_the_cores_allowed() -> None:
    n_threads = boot.default_threads()
    assert 1 <= n_threads <= min(32, os.cpu_count() or 1)
    if hasattr(os, "sched_setaffinity"):
        code = """
import os
os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})
from explorer import boot
print(boot.default_threads())
"""
        assert run_child(code) == "1"


def test_container_quota_is_rounded_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for line, expected in [("150000 100000", 2), ("100000 100000", 1), ("max 100000", 32), ("", 32)]:
        monkeypatch.setattr(boot, "_read_line", lambda path, line=line: line)
        assert boot._container_limit() == expected


def test_all_of_it_costs_little_and_loads_nothing_heavy() -> None:
    code = """
import sys, time
before = set(sys.modules)
from explorer import boot
def run():
    start = time.thread_time()
    boot.check_python_and_qt((3, 11))
    boot.check_display({"DISPLAY": ":0"}, "linux")
    boot.missing_system_libraries("offscreen")
    boot.default_threads()
    return time.thread_time() - start
heavy = {"torch", "PySide6", "numpy", "pathlib", "dataclasses", "importlib.metadata", "ctypes"}
print(min(run() for _ in range(5)) < 0.005, sorted(heavy & (set(sys.modules) - before)))
"""
    best, loaded = run_child(code).split(" ", 1)
    assert best == "True"
    if not boot.missing_system_libraries("offscreen"):
        assert loaded == "[]"
