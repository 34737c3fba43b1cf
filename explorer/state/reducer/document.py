"""The reducer's slice of what undo brings back: the spec, its weights, the selected node, the open folds.

Must not import torch or Qt.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from explorer.arch.budget import Budget, total
from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.lesions import INTACT
from explorer.arch.presets import plain_twin
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.messages import BuildModel, SpecRead, WeightsChoice
from explorer.engine.values import KNOWN_WEIGHTS
from explorer.errors import SpecError
from explorer.nets.assumptions import TRACELESS
from explorer.nets.keys import state_shapes
from explorer.state.actions import (
    ChooseWeights,
    EditSpec,
    LockBudget,
    OpenSpec,
    Redo,
    SelectChannel,
    SelectNode,
    StepNode,
    TogglePlainTwin,
    Undo,
    Unfold,
)
from explorer.state.model import Document, Refusal
from explorer.state.reducer import columns
from explorer.state.reducer.budget import fitted, retargeted
from explorer.state.reducer.inside_topics import on_lesions_changed
from explorer.state.reducer.maps import look
from explorer.state.reducer.pictures import answer_all
from explorer.state.reducer.rewind import at_moment
from explorer.state.reducer.turn import Turn

MAX_UNDO = 200


def build(turn: Turn) -> None:
    """Ask for the document's network."""
    document = turn.state.document
    turn.change(net=replace(turn.state.net, status="building"))
    weights = at_moment(turn.state, document.weights)
    turn.ask(BuildModel, spec=document.spec, seed=document.seed, weights=weights)


def set_document(turn: Turn, document: Document, gesture: str = "") -> None:
    """Make this the present document, remember the one before, and build what changed."""
    before = turn.state.document
    if document == before:
        return
    history = turn.state.history
    if not (gesture and gesture == history.gesture):
        history = replace(history, past=(*history.past, before)[-MAX_UNDO:])
    turn.change(history=replace(history, future=(), gesture=gesture))
    _show(turn, document)


def _show(turn: Turn, document: Document) -> None:
    before = turn.state.document
    turn.change(document=document, refusal=None)
    if (document.spec, document.weights, document.seed) != (before.spec, before.weights, before.seed):
        build(turn)
    elif document.lesions != before.lesions:
        turn.change(answers=MappingProxyType({}))
        answer_all(turn)
        look(turn)
        on_lesions_changed(turn)
    elif document.selected != before.selected:
        look(turn)
    if document.columns != before.columns:
        columns.settle(turn)


def nearest_key(before: Graph, after: Graph, key: str) -> str:
    """The node of another graph that is most like this one: same key, else the same part of a near block.

    A selection should survive a turn of the depth knob.
    """
    if key in after.by_key:
        return key
    node = before.by_key[key]
    if node.stage is None or node.block is None:
        return after.stem[-1].key
    stage = min(node.stage, after.n_stages)
    blocks = after.stage_blocks(stage)
    block = blocks[min(node.block, len(blocks) - 1)]
    name = key.split(".", 2)[2]
    same = f"{block.key}.{name}"
    return same if same in after.by_key else after.block_nodes(block)[-1].key


def with_spec(document: Document, spec: ArchitectureSpec) -> Document:
    """The document of another architecture; known weights are looked for again."""
    selected = nearest_key(expand(document.spec), expand(spec), document.selected)
    return replace(document, spec=spec, weights=KNOWN_WEIGHTS, selected=selected, lesions=INTACT)


def put_in_view(turn: Turn, spec: ArchitectureSpec) -> None:
    """Make a network the document's without building it: a training brings it along."""
    before = turn.state.document
    if spec != before.spec:
        _take_its_place(turn, with_spec(before, spec))


def put_run_in_view(turn: Turn, spec: ArchitectureSpec, run: str) -> None:
    """A run begins to learn, or goes on: it is the network in view from now on.

    That it learns is no step of undo, and steps before and after it are of the network that learns. Only what
    the user had loaded instead can be gone back to.
    """
    put_in_view(turn, spec)
    before = turn.state.document
    weights = WeightsChoice("run", run)
    if before.weights == weights:
        return
    if before.weights.kind in ("file", "named", "run"):
        _take_its_place(turn, replace(before, weights=weights))
        return
    net = (before.spec, before.weights, before.seed)

    def learning(document: Document) -> Document:
        is_same = (document.spec, document.weights, document.seed) == net
        return replace(document, weights=weights) if is_same else document

    history = turn.state.history
    turn.change(
        document=learning(before),
        history=replace(
            history, past=tuple(map(learning, history.past)), future=tuple(map(learning, history.future))
        ),
    )


def _take_its_place(turn: Turn, document: Document) -> None:
    history = turn.state.history
    past = (*history.past, turn.state.document)[-MAX_UNDO:]
    turn.change(document=document, history=replace(history, past=past, future=(), gesture=""), refusal=None)


def on_edit_spec(turn: Turn, action: EditSpec) -> None:
    """Change fields, or say why not."""
    document = turn.state.document
    try:
        edited = document.spec.edited(**dict(action.changes))
        changed = _changed(document.spec, edited)
        spec = fitted(document, edited, changed) if changed else edited
    except SpecError as error:
        turn.change(refusal=Refusal(error.field, error.cause_text, error.hint_text))
        return
    turn.change(refusal=None)
    if spec != document.spec:
        after = replace(with_spec(document, spec), budget=retargeted(document, spec, changed))
        if _corrects_assumption(turn, spec):
            after = replace(after, weights=document.weights)
        set_document(turn, after, action.gesture)


def _changed(before: ArchitectureSpec, after: ArchitectureSpec) -> set[str]:
    """The names of the fields that differ."""
    return {name for name in type(after).model_fields if getattr(after, name) != getattr(before, name)}


def _corrects_assumption(turn: Turn, spec: ArchitectureSpec) -> bool:
    """Whether an edit only changes what the file of weights in use does not say, so that it still fits."""
    document, origin = turn.state.document, turn.state.net.origin
    if document.weights.kind != "file" or origin is None or not origin.assumed:
        return False
    before, after = document.spec.model_dump(), spec.model_dump()
    changed = {name for name, value in after.items() if value != before[name]}
    return changed <= set(TRACELESS) and state_shapes(expand(spec)) == state_shapes(expand(document.spec))


def on_open_spec(turn: Turn, action: OpenSpec) -> None:
    """Replace the whole spec, with the usual view of its graph."""
    document = turn.state.document
    budget = retargeted(document, action.spec, ())
    set_document(turn, replace(with_spec(document, action.spec), unfolded=None, budget=budget))


def on_lock_budget(turn: Turn, action: LockBudget) -> None:
    """Hold the present cost from now on, or let it go. What follows may change while the target stays."""
    document = turn.state.document
    before, budget = document.budget, None
    if action.hold is not None:
        is_same = before is not None and before.hold == action.hold
        target = before.target if before is not None and is_same else total(document.spec, action.hold)
        budget = Budget(action.hold, target, action.vary)
    set_document(turn, replace(document, budget=budget))


def on_spec_read(turn: Turn, event: SpecRead) -> None:
    """A spec file is here: open it."""
    on_open_spec(turn, OpenSpec(event.spec))
    settings = turn.state.settings
    turn.change(settings=replace(settings, recent=settings.with_recent((event.path,))))


def on_toggle_plain_twin(turn: Turn, action: TogglePlainTwin) -> None:
    """To the twin without shortcuts, or back: option A where maps are small, B in the ImageNet family."""
    document = turn.state.document
    spec = document.spec
    if spec.shortcut != "none":
        set_document(turn, with_spec(document, plain_twin(spec)))
        return
    last = next((old.spec for old in reversed(turn.state.history.past) if plain_twin(old.spec) == spec), None)
    usual = "B" if spec.stem_pool == "max" else "A"
    shortcut = last.shortcut if last is not None and last.shortcut != "none" else usual
    on_edit_spec(turn, EditSpec((("shortcut", shortcut),)))


def on_choose_weights(turn: Turn, action: ChooseWeights) -> None:
    """Build the same net with other weights."""
    document = turn.state.document
    if action.weights == document.weights:
        build(turn)
    else:
        set_document(turn, replace(document, weights=action.weights))


def use_weights(turn: Turn, name: str) -> None:
    """Build with one card of the catalogue."""
    on_choose_weights(turn, ChooseWeights(WeightsChoice("named", name)))


def on_undo(turn: Turn, action: Undo) -> None:
    """Back to the document before."""
    history = turn.state.history
    if history.past:
        now = turn.state.document
        turn.change(
            history=replace(history, past=history.past[:-1], future=(*history.future, now), gesture="")
        )
        _show(turn, history.past[-1])


def on_redo(turn: Turn, action: Redo) -> None:
    """Forward again."""
    history = turn.state.history
    if history.future:
        now = turn.state.document
        turn.change(
            history=replace(history, past=(*history.past, now), future=history.future[:-1], gesture="")
        )
        _show(turn, history.future[-1])


def on_select_node(turn: Turn, action: SelectNode) -> None:
    """Look at a node. Looking is not an edit, so it is no step of undo."""
    document = turn.state.document
    if action.key in expand(document.spec).by_key and action.key != document.selected:
        _show(turn, replace(document, selected=action.key))


def on_step_node(turn: Turn, action: StepNode) -> None:
    """Look at a neighbour in the order nodes run."""
    nodes = expand(turn.state.document.spec).nodes
    place = next(i for i, node in enumerate(nodes) if node.key == turn.state.document.selected)
    there = min(max(place + action.step, 0), len(nodes) - 1)
    on_select_node(turn, SelectNode(nodes[there].key))


def on_unfold(turn: Turn, action: Unfold) -> None:
    """Open these folds. Looking is not an edit, so it is no step of undo."""
    turn.change(document=replace(turn.state.document, unfolded=action.unfolded))


def on_select_channel(turn: Turn, action: SelectChannel) -> None:
    """Show a channel large."""
    turn.change(channel=action.channel)
