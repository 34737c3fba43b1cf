"""What metrics are called, and the rows they come in; what the origins of runs say.

Imported by the store of runs, the recorder and whoever draws curves. Imports nothing.
"""

from __future__ import annotations

MetricRow = tuple[int, str, float]
"""(step, name, value); names begin with `step.` or, at an epoch's last step, with `epoch.`."""

SECONDS = "step.seconds"
"""The wall time of a training at a step, in seconds since it began, pauses left out; noted now and then."""

VALIDATION_ACCURACY = "epoch.validation_accuracy"
"""What the best epoch is chosen by."""

TWIN, IS_TWIN = "twin", "is_twin"
"""In the origins of two runs that learn in lock-step: the plain twin's id, and that it is one."""

START = "start"
"""In the origin of a run that did not begin from first values: the kind of its weights, and their name."""

EXTENDS = "extends"
"""In the origin of a run that went on where another had ended: that one's id."""


def starts_from(kind: str, name: str) -> dict[str, dict[str, str]]:
    """What such an origin says; `Run.start` reads it.

    Args:
        kind: `named`, `file`, `run`, or `copied` from another network as far as they fit.
        name: Of the weights, the path of their file, or the run's id.
    """
    return {START: {"kind": kind, "name": name}}


OLD_NAMES = {
    "epoch.test_loss": "epoch.validation_loss",
    "epoch.test_accuracy": VALIDATION_ACCURACY,
}
"""What the first version called what an epoch is judged by, and what it is called now."""
