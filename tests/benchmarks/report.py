"""How every benchmark says what it measured: one JSON line a figure.

    {"name", "value", "unit", "target", "ok"}

`ok` is null where there is nothing to reach. Ratios are measured in one run, the two sides in turn.
"""

import json
import os
import statistics
import time


def say(name, value, unit, *, at_most=None, at_least=None, **more):
    """Print one figure and whether it reaches its target."""
    target, ok = None, None
    if at_most is not None:
        target, ok = f"≤ {at_most}", value <= at_most
    elif at_least is not None:
        target, ok = f"≥ {at_least}", value >= at_least
    print(
        json.dumps({"name": name, "value": round(value, 4), "unit": unit, "target": target, "ok": ok, **more})
    )
    return ok


def seconds(call):
    """The wall time of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def in_turn(first, second, runs=9, warm=2):
    """Times two calls A B A B …; returns (median A, median B, median of the ratios A/B)."""
    pairs = [(seconds(first), seconds(second)) for _ in range(runs + warm)][warm:]
    ratios = [a / b for a, b in pairs]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
    )


def window_environment(home):
    """What a window's process gets: a home of its own, no screen needed, bytecode kept as installed."""
    found = {**os.environ, "RESNET_EXPLORER_HOME": str(home)}
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    if not (found.get("DISPLAY") or found.get("WAYLAND_DISPLAY")):
        found["QT_QPA_PLATFORM"] = "offscreen"
    return found
