"""The budget lock in the reducer: edits hold a cost, and undo brings back spec and lock together."""

import pytest

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset
from explorer.state.actions import EditSpec, LockBudget, OpenSpec, Redo, Undo
from explorer.state.model import AppState
from explorer.state.reducer.root import reduce


def after(state, *messages):
    for message in messages:
        state, _ = reduce(state, message)
    return state


@pytest.fixture
def resnet50():
    return after(AppState(), OpenSpec(preset("resnet50").spec))


def test_the_locked_field_follows_an_edit(resnet50):
    state = after(resnet50, LockBudget("parameters", "base_width"), EditSpec((("cardinality", 32),)))
    assert state.document.spec.base_width == 4
    assert state.document.spec.cardinality == 32
    assert state.document.budget.target == 25_557_032


def test_depth_moves_and_the_width_gives(resnet50):
    state = after(resnet50, LockBudget("macs", "width_factor"), EditSpec((("stage_depths", (3, 8, 36, 3)),)))
    macs = cost_of(preset("resnet50").spec).macs
    assert state.document.spec.width_factor < 1
    assert abs(cost_of(state.document.spec).macs - macs) < 0.02 * macs


def test_one_edit_is_one_step_of_undo(resnet50):
    locked = after(resnet50, LockBudget("parameters", "base_width"))
    edited = after(locked, EditSpec((("cardinality", 8),)))
    assert after(edited, Undo()).document == locked.document
    assert after(edited, Undo(), Redo()).document == edited.document
    assert after(edited, Undo(), Undo()).document == resnet50.document


def test_back_again_is_where_it_was(resnet50):
    locked = after(resnet50, LockBudget("parameters", "base_width"))
    back = after(locked, EditSpec((("cardinality", 32),)), EditSpec((("cardinality", 1),)))
    assert back.document.spec == preset("resnet50").spec


def test_turning_the_field_that_follows_sets_a_new_target(resnet50):
    state = after(resnet50, LockBudget("parameters", "base_width"), EditSpec((("base_width", 128),)))
    assert state.document.spec.base_width == 128
    assert state.document.budget.target == cost_of(preset("wide_resnet50_2").spec).parameters


def test_opening_another_net_holds_that_one(resnet50):
    state = after(resnet50, LockBudget("parameters", "base_width"), OpenSpec(preset("resnet101").spec))
    assert state.document.spec == preset("resnet101").spec
    assert state.document.budget.target == cost_of(preset("resnet101").spec).parameters


def test_another_follower_keeps_the_target(resnet50):
    state = after(
        resnet50,
        LockBudget("parameters", "base_width"),
        EditSpec((("cardinality", 32),)),
        LockBudget("parameters", "width_factor"),
    )
    assert state.document.budget.target == 25_557_032
    assert state.document.spec.base_width == 4


def test_unlocked_nothing_follows(resnet50):
    state = after(
        resnet50,
        LockBudget("parameters", "base_width"),
        LockBudget(None, "base_width"),
        EditSpec((("cardinality", 32),)),
    )
    assert state.document.budget is None
    assert state.document.spec.base_width == 64


def test_a_refused_edit_leaves_the_lock(resnet50):
    state = after(resnet50, LockBudget("parameters", "base_width"), EditSpec((("stem_kernel", 4),)))
    assert state.refusal is not None
    assert state.document.budget is not None
