"""The reducer's slice of the plain twin that learns in lock-step with a training.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace

from explorer.arch.presets import plain_twin
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.run_messages import ListRuns
from explorer.engine.twin_messages import TwinBegan, TwinEnded, TwinHalted, TwinTick
from explorer.errors import SpecError
from explorer.state.learning import Curves, TwinState
from explorer.state.reducer import columns
from explorer.state.reducer.turn import Turn


def may_have_twin(turn: Turn, spec: ArchitectureSpec) -> bool:
    """Whether a network can learn beside its plain twin; where not, the reason is said."""
    if spec.shortcut == "none":
        turn.notify(
            "info",
            "This network has no shortcuts: it is its own plain twin.",
            "Choose a network with shortcuts, then train it with its twin.",
        )
        return False
    try:
        plain_twin(spec)
    except SpecError as error:
        turn.notify("error", error.message, error.hint, arguments=tuple(error.arguments.items()))
        return False
    return True


def wanted_twin(turn: Turn, spec: ArchitectureSpec) -> ArchitectureSpec | None:
    """The twin that is to learn with a network that begins now."""
    return plain_twin(spec) if turn.state.training.wants_twin else None


def on_twin_began(turn: Turn, event: TwinBegan) -> None:
    """It takes its first step next, or goes on."""
    from explorer.present.curves import CurveBuffer

    training = turn.state.training
    before = training.twin.curves if training.twin is not None and training.twin.run == event.run else None
    buffer = CurveBuffer() if before is None else before.buffer
    buffer.append(event.rows)
    curves = Curves(event.run, buffer, 1 if before is None else before.version + 1)
    turn.change(training=replace(training, twin=TwinState(event.run, curves)))


def on_twin_tick(turn: Turn, event: TwinTick) -> None:
    """Some steps more."""
    twin = _twin(turn, event.run)
    if twin is None:
        return
    twin.curves.buffer.append(event.rows)
    curves = replace(twin.curves, version=twin.curves.version + 1)
    _change(turn, replace(twin, curves=curves))


def on_twin_halted(turn: Turn, event: TwinHalted) -> None:
    """It waits with the training, or failed while that goes on, which is said."""
    twin = _twin(turn, event.run)
    if twin is None:
        return
    status = {"pause": "paused", "stop": "stopped", "fail": "failed"}[event.how]
    _change(turn, replace(twin, status=status))  # type: ignore[arg-type]
    columns.on_learned(turn, event.run)
    if event.how == "fail":
        cause = event.cause.format_map(dict(event.arguments)) if event.cause else ""
        turn.notify(
            "warning",
            "The plain twin broke off, the network with shortcuts learns on: {cause}",
            event.hint,
            arguments=(*event.arguments, ("cause", cause)),
        )


def on_twin_ended(turn: Turn, event: TwinEnded) -> None:
    """It is done, and its run is in the list."""
    twin = _twin(turn, event.run)
    if twin is not None:
        _change(turn, replace(twin, status="finished", test_accuracy=event.test_accuracy))
    columns.on_learned(turn, event.run, event.test_accuracy)
    if turn.state.runs.is_listed:
        turn.ask(ListRuns)


def rested(twin: TwinState | None) -> TwinState | None:
    """The twin of a training that broke off: it learns no more either, and goes on with it."""
    return replace(twin, status="paused") if twin is not None and twin.status == "running" else twin


def _twin(turn: Turn, run: str) -> TwinState | None:
    twin = turn.state.training.twin
    return twin if twin is not None and twin.run == run else None


def _change(turn: Turn, twin: TwinState) -> None:
    turn.change(training=replace(turn.state.training, twin=twin))
