"""Which process runs a training, so that one that was killed is told apart from one that still works.

A process is known by its host, its number and the moment it started: numbers alone are used again. Called by
`runs/store.py`. Imports the standard library only.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import zlib
from pathlib import Path

_PS_TIMEOUT_S = 5.0


def this_process() -> str:
    """A text that no other process has, now or later."""
    pid = os.getpid()
    return json.dumps({"host": _host(), "boot": _boot(), "pid": pid, "started": _started(pid)})


def is_alive(owner: str) -> bool | None:
    """Whether the process of such a text still runs.

    Args:
        owner: What `this_process` returned there; the empty text belongs to nobody.

    Returns:
        None where it cannot be known, because the process belongs to another host.
    """
    try:
        known = json.loads(owner)
        host, boot, pid, started = known["host"], known["boot"], int(known["pid"]), known["started"]
    except (ValueError, TypeError, KeyError):
        return False
    if host != _host():
        return None
    now = _started(pid)
    return boot == _boot() and now is not None and now == started


def _host() -> str:
    """This machine; names alone, as `localhost`, several have that share a home."""
    # machine-id(5): not to be told as it is.
    number = zlib.crc32(_read("/etc/machine-id").encode())
    return f"{platform.node()} {number:08x}"


def _boot() -> str:
    """Which start of this machine it is: a process number from before a reboot is none of now."""
    return _read("/proc/sys/kernel/random/boot_id")


def _read(path: str) -> str:
    try:
        return Path(path).read_text("ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """When a process of this host started, in the system's own terms; None where it does not run."""
    if sys.platform == "win32":
        return _started_on_windows(pid)
    try:
        # The name in brackets may hold spaces and brackets itself: count from the last one.
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    # proc(5): field 3 is the state, Z and X are dead ones nobody has asked about; 22 the start in ticks.
    return None if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str | None:
    """The same for macOS and other systems without `/proc`."""
    try:
        said = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PS_TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None
    state, _, started = said.stdout.strip().partition(" ")
    return None if said.returncode or state.startswith("Z") else started.strip()


if sys.platform == "win32":

    def _started_on_windows(pid: int) -> str | None:
        """The creation time of a process that has not ended, in units of 100 ns since 1601."""
        import ctypes
        from ctypes import wintypes

        limited_information, still_active = 0x1000, 259  # winnt.h, minwinbase.h
        kernel = ctypes.WinDLL("kernel32")
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(limited_information, False, pid)
        if not handle:
            return None
        try:
            code = wintypes.DWORD()
            times = [wintypes.FILETIME() for _ in range(4)]
            kernel.GetExitCodeProcess(wintypes.HANDLE(handle), ctypes.byref(code))
            if code.value != still_active:
                return None
            places = [ctypes.byref(time) for time in times]
            if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *places):
                return None
            return str((times[0].dwHighDateTime << 32) + times[0].dwLowDateTime)
        finally:
            kernel.CloseHandle(wintypes.HANDLE(handle))
