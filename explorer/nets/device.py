"""Devices: which there are, which work, how much memory they have, and what fits.

Called by the engine (which owns the choice), `training` and `cli.doctor`. A device counts only after a real
small convolution on it: torch says `cuda` on machines whose driver, card or memory then fails.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import lru_cache
from pathlib import Path

import torch

from explorer import boot
from explorer.arch.cost import FLOAT32_BYTES, Cost
from explorer.errors import DeviceError
from explorer.nets.facts import DeviceInfo

_BACKGROUND_NICENESS = 5
"""How far the compute thread stands back behind the window's."""
_WINDOW_SWITCH_S = 0.001
_LIVE_MAPS = 4
"""A block's input, its shortcut, and the input and output of the convolution that runs."""
_WORKSPACE = 2
"""Convolutions may unfold or repack what they read."""


def devices() -> tuple[DeviceInfo, ...]:
    """The devices that networks can run on, the fastest kind first, the CPU last. Each was tried."""
    return tuple(memory(torch.device(name)) for name in _names() if not _failure(name))


def choose(wanted: str = "auto") -> tuple[torch.device, DeviceInfo, str]:
    """The device to run on.

    Args:
        wanted: `auto`, or a name as torch takes it: `cpu`, `cuda`, `cuda:1`, `mps`.

    Returns:
        The device, what is known about it, and why it is the CPU where another was wanted or expected; the
        empty text where nothing failed.
    """
    if wanted == "cpu":
        return _chosen("cpu", "")
    names = _names()
    if wanted != "auto":
        name = f"{wanted}:0" if wanted == "cuda" else wanted
        reason = _failure(name) if name in names else "this machine or this build of torch has none"
        return _chosen("cpu", f"{wanted} cannot be used: {reason}.") if reason else _chosen(name, "")
    reason = ""
    for name in names:
        failure = _failure(name)
        if not failure:
            return _chosen(name, reason if name == "cpu" else "")
        reason = reason or f"{name} cannot be used: {failure}."
    return _chosen("cpu", reason)


def memory(device: torch.device | str) -> DeviceInfo:
    """What is known about a device, with its memory as it is now.

    Raises:
        DeviceError: The device does not answer.
    """
    device = torch.device(device)
    try:
        if device.type == "cuda":
            return _cuda_info(device)
        if device.type == "mps":
            total = int(torch.mps.recommended_max_memory())
            free = max(0, total - int(torch.mps.driver_allocated_memory()))
            return DeviceInfo("mps", "Apple GPU", total, free)
    except RuntimeError as error:
        raise DeviceError(
            "{device} does not answer: {reason}.",
            "Choose another device, or start the program again.",
            device=device,
            reason=_first_line(error),
        ) from error
    n_threads = torch.get_num_threads()
    total, free = _host_memory()
    return DeviceInfo("cpu", f"CPU, {n_threads} thread{'s' if n_threads > 1 else ''}", total, free)


def estimate_build_bytes(cost: Cost) -> int:
    """What a network needs on its device to be built and run on one picture: an estimate from above.

    Parameters are counted twice, because the first values or a file's are in memory beside them; of the maps
    only the largest, because the forward lets go of each after its last use.
    """
    largest = max((node.activation_bytes for node in cost.by_key.values()), default=0)
    return 2 * cost.parameters * FLOAT32_BYTES + _LIVE_MAPS * _WORKSPACE * largest


def check_fits(needed_bytes: int, device: torch.device | str) -> None:
    """Refuse what is larger than the device's free memory, before it is begun.

    Where the free memory is unknown, nothing is refused.

    Raises:
        DeviceError: It does not fit; the text says both numbers.
    """
    info = memory(device)
    if info.memory_free_bytes and needed_bytes > info.memory_free_bytes:
        raise DeviceError(
            "This needs about {needed} of memory, and {device} has {free} free.",
            "Choose fewer blocks, smaller widths or a smaller input, or another device.",
            needed=_size_text(needed_bytes),
            free=_size_text(info.memory_free_bytes),
            device=info.title,
        )


def configure_threads(*, behind_window: bool) -> int:
    """Set up the calling thread for computing; to be called on it before its first torch operation.

    torch's number of threads belongs to each thread, and its pool inherits the priority of the thread that
    starts it.

    Args:
        behind_window: Let the window's thread go first: a lower priority here, and Python switches threads
            more often.

    Returns:
        The number of threads that operations run on.
    """
    if behind_window:
        sys.setswitchinterval(_WINDOW_SWITCH_S)
        if sys.platform == "linux":  # elsewhere the priority is the process's, the window included
            thread = threading.get_native_id()
            # From where the program was started, as by `nice`: only root may go up.
            niceness = os.getpriority(os.PRIO_PROCESS, thread) + _BACKGROUND_NICENESS
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
    n_threads = boot.default_threads()
    torch.set_num_threads(n_threads)
    return n_threads


def release(device: torch.device | str) -> None:
    """Hand memory that no tensor uses back to the system or to other programs; to be called when idle."""
    kind = torch.device(device).type
    if kind == "cuda":
        torch.cuda.empty_cache()
    elif kind == "mps":
        torch.mps.empty_cache()
    boot.trim_memory()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that a device's memory was not enough."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    # The CPU's allocator and cuDNN have no class of their own for it.
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "cudnn_status_alloc_failed" in text
    )


def failure_now(device: torch.device) -> str:
    """Why a device that worked does not work any more, as half a sentence; empty where it still does."""
    why = _failure.__wrapped__(str(device))
    if why:
        # Forget that it worked, so that it is not chosen again.
        _failure.cache_clear()
    return why


def synchronise(device: torch.device | str) -> None:
    """Wait until the device has done all it was given."""
    device = torch.device(device)
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


def _names() -> tuple[str, ...]:
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    return (*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu")


@lru_cache(maxsize=32)
def _failure(name: str) -> str:
    """Why a device does not work, as half a sentence; empty where it does. Tried once: CUDA takes seconds."""
    try:
        device = torch.device(name)
        with torch.inference_mode():
            image = torch.ones(1, 3, 8, 8, device=device)
            weight = torch.ones(4, 3, 3, 3, device=device)
            maps = torch.nn.functional.conv2d(image, weight, padding=1)
            synchronise(device)
            centre = float(maps[0, 0, 4, 4])
    except (RuntimeError, AssertionError, ValueError) as error:
        return _first_line(error)
    return "" if centre == 27 else f"a convolution gave {centre} instead of 27"


def _chosen(name: str, reason: str) -> tuple[torch.device, DeviceInfo, str]:
    return torch.device(name), memory(name), reason


def _cuda_info(device: torch.device) -> DeviceInfo:
    index = device.index if device.index is not None else torch.cuda.current_device()
    free, total = torch.cuda.mem_get_info(index)
    # What torch has reserved and does not use is free for us too.
    free += torch.cuda.memory_reserved(index) - torch.cuda.memory_allocated(index)
    return DeviceInfo(f"cuda:{index}", torch.cuda.get_device_name(index), total, free)


def _host_memory() -> tuple[int, int]:
    """Total and free memory of this machine or container in bytes; 0 where unknown."""
    if sys.platform == "win32":
        return _windows_memory()
    total = free = 0
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0, 0
    for line in _read_text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024
    limit = _read_text("/sys/fs/cgroup/memory.max").strip()
    used = _read_text("/sys/fs/cgroup/memory.current").strip()
    if limit.isdecimal() and used.isdecimal() and int(limit) < total:
        # Files in the page cache count as used but give way.
        cache = [
            line for line in _read_text("/sys/fs/cgroup/memory.stat").splitlines() if "inactive_file" in line
        ]
        given_back = int(cache[0].split()[1]) if cache else 0
        total = int(limit)
        free = min(free or total, total - int(used) + given_back)
    return total, max(0, free)


def _windows_memory() -> tuple[int, int]:
    """By GlobalMemoryStatusEx; the structure is MEMORYSTATUSEX of sysinfoapi.h."""
    import ctypes

    # Its length and load in one 8-byte field, then total and available physical memory, then five more.
    status = (ctypes.c_uint64 * 8)()
    status[0] = ctypes.sizeof(status)
    function = getattr(ctypes, "windll").kernel32.GlobalMemoryStatusEx  # noqa: B009 (only Windows has it)
    return (int(status[1]), int(status[2])) if function(ctypes.byref(status)) else (0, 0)


def _read_text(path: str) -> str:
    try:
        return Path(path).read_text("ascii")
    except (OSError, ValueError):
        return ""


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _size_text(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"
