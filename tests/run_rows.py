"""A row of the table of runs, for the tests of whatever lists runs."""

from dataclasses import replace

from explorer.arch.presets import preset
from explorer.engine.run_messages import RunRow
from explorer.training.plan import Plan

_ROW = RunRow(
    id="",
    name="",
    note="",
    is_starred=False,
    is_bundled=False,
    status="finished",
    can_resume=False,
    created=1.0,
    spec=preset("cifar-resnet20").spec,
    plan=Plan(epochs=30),
    data="cifar10",
    epochs_done=30,
    validation_accuracy=0.9,
    test_accuracy=None,
    seconds=60.0,
    has_weights=True,
)


def made_row(run, **changes):
    """A finished run of ResNet-20, but for what is said."""
    return replace(_ROW, id=run, **changes)
