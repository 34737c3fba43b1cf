"""The time machine: weights are kept while a network learns, and a column goes back to them.

Used by `handlers/train.py`, which takes the moments between two steps, and by `handlers/build.py`, which
rewinds; through `handlers/table.py` by the worker. Must not import Qt.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from torch import fx

from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import ActiveTraining, Context, LiveNet
from explorer.engine.messages import Event, WeightsChoice
from explorer.engine.moment_messages import FindMoments, LetMomentsGo, SnapshotsKept
from explorer.errors import RunError
from explorer.nets.facts import Origin
from explorer.runs.names import EXTENDS
from explorer.training.moments import moments
from explorer.training.snapshots import MEMORY_BYTES, Snapshot, SnapshotShelf, Subject


class Keeper:
    """Takes the moments of one training.

    Args:
        active: The training, before its first step of this sitting.
        context: Gets the shelf of its run.
        ticket: Of the training.
    """

    def __init__(self, active: ActiveTraining, context: Context, ticket: int) -> None:
        self._active = active
        self._ticket = ticket
        training = active.training
        known = context.snapshots.get(active.run.id)
        if known is not None and known.subject is None:
            # It was only read from until now.
            known = None
        self._news = [SnapshotsKept(ticket=ticket, run=run, steps=left) for run, left in _room(context)]
        self._shelf = known or _new_shelf(active, context)
        room = self._shelf.room_for(active.net().module)
        self._moments = moments(training.steps, training.steps_per_epoch, room)
        self._shelf.drop_after(training.step)
        # Those before an extension were another run's.
        own = training.plan.restarts[-1] * training.steps_per_epoch if EXTENDS in active.origin else -1
        gone = {step for step in self._moments if own < step < training.step} - set(self._shelf.steps)
        self._lost = 0 if known else len(gone)
        self._is_news = True

    def noted(self) -> Generator[SnapshotsKept, None, None]:
        """Take the present moment where it is one to keep; say which there are, where that changed."""
        yield from self._news
        self._news.clear()
        step = self._active.training.step
        if step in self._moments and step not in self._shelf:
            self._shelf.take(step, self._active.net().module)
            self._is_news = True
        if self._is_news:
            yield self._said()

    def settled(self) -> Generator[SnapshotsKept | None, None, None]:
        """The training rests: leave moments in files, one a slice; where it halted is one of them."""
        if self._took_halt():
            yield self._said()
        for _ in self._shelf.settling():
            yield None

    def left(self) -> None:
        """The program ends: only the moment where it halted is left in a file, to be shown meanwhile."""
        self._took_halt()
        self._shelf.leave(self._active.training.step)

    def _took_halt(self) -> bool:
        training = self._active.training
        is_new = not training.is_over and training.step not in self._shelf
        if is_new:
            self._shelf.take(training.step, self._active.net().module)
        return is_new

    def _said(self) -> SnapshotsKept:
        self._is_news, lost, self._lost = False, self._lost, 0
        return SnapshotsKept(ticket=self._ticket, run=self._active.run.id, steps=self._shelf.steps, lost=lost)


def _room(context: Context) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Runs at rest give their memory to those that learn: which lost moments, and what they still have."""
    learning = {active.run.id for active in context.learning()}
    for run, other in context.snapshots.items():
        before = other.steps
        if run not in learning:
            other.let_memory_go()
        if other.steps != before:
            yield run, other.steps


def _new_shelf(active: ActiveTraining, context: Context) -> SnapshotShelf:
    """A shelf for a run; two that learn at once share the memory."""
    memory_bytes = MEMORY_BYTES // max(len(context.learning()), 1)
    subject = Subject(active.training.spec, active.classes, active.transform)
    shelf = SnapshotShelf(active.run.snapshots, subject, memory_bytes=memory_bytes)
    context.snapshots[active.run.id] = shelf
    return shelf


def find_moments(request: FindMoments, context: Context) -> Generator[Event, None, None]:
    """Say which moments of a run can be gone back to.

    Raises:
        RunError: There is no such run.
    """
    steps = _shelf_of(request.run, context).steps
    yield SnapshotsKept(ticket=request.ticket, run=request.run, steps=steps)


def let_moments_go(request: LetMomentsGo, context: Context) -> Generator[Event | None, None, None]:
    """Forget the shelves of runs that nobody can look at any more; should they come back, files are found.

    Raises:
        RunError: The store cannot be read.
    """
    there = {run.id for run in context.store().runs()}
    for run in request.runs:
        # Whoever asked may have known less: one that began meanwhile keeps its shelf.
        if run not in there:
            context.snapshots.pop(run, None)
    yield None


def moment_of(weights: WeightsChoice, context: Context) -> WeightsChoice:
    """The same choice; of a run that has not ended, and so has no weights of its own, its last moment.

    Raises:
        RunError: There is no such run.
    """
    if weights.kind != "run" or weights.step is not None or context.store().run(weights.name).has_weights:
        return weights
    steps = _shelf_of(weights.name, context).steps
    return replace(weights, step=steps[-1]) if steps else weights


def _shelf_of(run_id: str, context: Context) -> SnapshotShelf:
    """The snapshots of a run of this session, or those that are found in its files."""
    shelf = context.snapshots.get(run_id)
    if shelf is None:
        run = context.store().run(run_id)
        checkpoints = None if run.has_weights else run.checkpoints
        shelf = context.snapshots[run.id] = SnapshotShelf(run.snapshots, checkpoints=checkpoints)
    return shelf


def snapshot_of(weights: WeightsChoice, spec: ArchitectureSpec, context: Context) -> Snapshot:
    """What a run's network was at the moment that is asked for, or at the last one kept before it.

    Args:
        weights: A run with a step.
        spec: The network that is asked for.
        context: Has the shelves of this session; those of other runs are found in their files.

    Raises:
        RunError: There is no such run, it keeps no moment, or it trains another network.
        WeightsError: The snapshot's file cannot be read.
    """
    assert weights.step is not None
    snapshot = _shelf_of(weights.name, context).read(weights.step)
    if snapshot.subject.spec != spec:
        raise RunError(
            "The run {run} trains another network than this one.",
            "Open the run from the list of runs first.",
            run=weights.name,
        )
    return snapshot


def own_module(column: str, spec: ArchitectureSpec, context: Context) -> fx.GraphModule | None:
    """The network of a column, where it is of this spec and nobody else uses it: it may be overwritten."""
    live = context.nets.get(column)
    if live is None or live.spec != spec:
        return None
    others = [net.module for name, net in context.nets.items() if name != column]
    for active in context.learning():
        others += [active.training.model, active.net().module]
    return None if any(module is live.module for module in others) else live.module


def rewound_net(run: str, snapshot: Snapshot, module: fx.GraphModule) -> LiveNet:
    """A network put back to a moment of a run.

    Args:
        run: Its id.
        snapshot: The moment.
        module: Of the snapshot's spec; its values are overwritten.
    """
    module.load_state_dict(dict(snapshot.tensors))
    subject = snapshot.subject
    origin = Origin("run", run, step=snapshot.step)
    return LiveNet(subject.spec, module.eval(), origin, subject.classes, subject.transform)
