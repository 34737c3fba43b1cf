"""The user's own architectures and pasted specs, in the reducer alone."""

import pytest

from explorer.arch.own import OwnArchitecture
from explorer.arch.presets import preset
from explorer.engine.messages import BuildModel
from explorer.engine.own_messages import (
    ArchitecturesListed,
    ForgetArchitecture,
    ListArchitectures,
    SaveArchitecture,
)
from explorer.runs.architectures import Unreadable
from explorer.state.actions import (
    KeepArchitecture,
    LetArchitectureGo,
    LookUpArchitectures,
    PasteSpec,
    RenameArchitecture,
    Undo,
)
from explorer.state.model import AppState
from explorer.state.reducer.root import reduce

MINE = OwnArchitecture("mine", "Mine", preset("resnet18").spec)


@pytest.fixture
def listed():
    state, _ = reduce(AppState(), ArchitecturesListed(items=(MINE,), version=3))
    return state


def test_the_gallery_asks_and_the_answer_is_kept(listed):
    _, (request,) = reduce(AppState(), LookUpArchitectures())
    assert isinstance(request, ListArchitectures)
    assert request.on_io_pool
    assert listed.own.items == (MINE,)


def test_an_older_list_that_comes_later_is_not_shown(listed):
    state, _ = reduce(listed, ArchitecturesListed(items=(), version=2))
    assert state.own.items == (MINE,)
    state, _ = reduce(listed, ArchitecturesListed(items=(), version=4))
    assert state.own.items == ()


def test_keeping_takes_the_document_s_spec_and_a_tidy_name():
    state = AppState()
    _, (request,) = reduce(state, KeepArchitecture("  my \n net "))
    assert (type(request), request.name, request.spec) == (SaveArchitecture, "my net", state.document.spec)
    _, (request,) = reduce(state, KeepArchitecture("other", MINE.spec))
    assert request.spec == MINE.spec


def test_renaming_keeps_under_the_new_name_instead_of_the_old(listed):
    _, (saved,) = reduce(listed, RenameArchitecture("mine", " Other  name "))
    assert (type(saved), saved.name, saved.spec) == (SaveArchitecture, "Other name", MINE.spec)
    assert saved.instead_of == "mine"


def test_one_that_gives_way_to_another_of_its_name_can_be_put_back(listed):
    state, (saved,) = reduce(listed, KeepArchitecture(" Mine"))
    assert saved.spec == listed.document.spec != MINE.spec
    [notice] = state.notices
    assert notice.message.format(**dict(notice.arguments)) == "Mine is another network now."
    _, (again,) = reduce(state, notice.actions[0].action)
    assert (again.name, again.spec) == ("Mine", MINE.spec)
    state, _ = reduce(listed, KeepArchitecture("Mine", MINE.spec))
    assert state.notices == ()


@pytest.mark.parametrize("name", ["  ", "Mine"])
def test_renaming_to_no_name_or_a_taken_one_is_refused(listed, name):
    state, requests = reduce(listed, RenameArchitecture("mine", name))
    assert requests == ()
    assert state.notices[-1].severity == "error"


def test_a_name_that_is_none_is_refused_at_once():
    state, requests = reduce(AppState(), KeepArchitecture("  "))
    assert requests == ()
    assert state.notices[-1].severity == "error"


def test_what_is_let_go_can_be_put_back(listed):
    state, (request,) = reduce(listed, LetArchitectureGo("mine"))
    assert (type(request), request.slug) == (ForgetArchitecture, "mine")
    [action] = state.notices[-1].actions
    _, (again,) = reduce(state, action.action)
    assert (type(again), again.name, again.spec) == (SaveArchitecture, "Mine", MINE.spec)
    assert reduce(listed, LetArchitectureGo("absent")) == (listed, ())


def test_a_file_that_cannot_be_read_is_named_once(listed):
    event = ArchitecturesListed(items=(), unreadable=(Unreadable("bad.json", "No.", "Fix it."),), version=4)
    state, _ = reduce(listed, event)
    [notice] = state.notices
    assert notice.message.format(**dict(notice.arguments)) == "bad.json is not shown: No."
    state, _ = reduce(state, event)
    assert len(state.notices) == 1


def test_a_pasted_spec_is_opened_and_undone():
    before = AppState()
    state, requests = reduce(before, PasteSpec("resnet-explorer describe resnet50 --set num_classes=2"))
    assert state.document.spec == preset("resnet50").spec.edited(num_classes=2)
    assert [type(request) for request in requests] == [BuildModel]
    state, _ = reduce(state, Undo())
    assert state.document.spec == before.document.spec


def test_a_pasted_text_without_a_spec_is_explained():
    state, requests = reduce(AppState(), PasteSpec("hello there"))
    assert requests == ()
    [notice] = state.notices
    assert "hello there" in notice.message.format(**dict(notice.arguments))
    assert notice.hint.format(**dict(notice.arguments))
