"""The user's own architectures through the real IO pool: several at once, one broken."""

import queue

import pytest

from explorer.arch.presets import preset
from explorer.engine.messages import RequestFailed
from explorer.engine.own_messages import (
    ArchitecturesListed,
    ForgetArchitecture,
    ListArchitectures,
    SaveArchitecture,
)
from explorer.engine.worker import Engine
from explorer.paths import HOME_VARIABLE
from explorer.runs.architectures import folder

LIMIT_S = 60
SPEC = preset("resnet18").spec


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    events = queue.Queue()
    engine = Engine(events.put, "cpu")
    engine.start()
    engine.events = events
    yield engine
    assert engine.stop(), "the compute thread did not end"


def answer(engine, *tickets):
    """The events of these tickets, one each, in the order they come."""
    found, wanted = [], set(tickets)
    while wanted:
        event = engine.events.get(timeout=LIMIT_S)
        if event.ticket in wanted and isinstance(event, ArchitecturesListed | RequestFailed):
            wanted.remove(event.ticket)
            found.append(event)
    return found


def test_architectures_are_kept_listed_and_forgotten(engine):
    engine.send(SaveArchitecture(ticket=1, name="Mine", spec=SPEC))
    [saved] = answer(engine, 1)
    assert [(item.slug, item.spec) for item in saved.items] == [("mine", SPEC)]
    assert (folder() / "mine.json").is_file()
    engine.send(ListArchitectures(ticket=2))
    [listed] = answer(engine, 2)
    assert listed.items == saved.items
    engine.send(ForgetArchitecture(ticket=3, slug="mine"))
    [forgotten] = answer(engine, 3)
    assert forgotten.items == ()
    assert saved.version < listed.version < forgotten.version


def test_one_is_forgotten_only_when_the_other_is_kept(engine):
    engine.send(SaveArchitecture(ticket=1, name="Mine", spec=SPEC))
    answer(engine, 1)
    engine.send(SaveArchitecture(ticket=2, name=" ", spec=SPEC, instead_of="mine"))
    [failed] = answer(engine, 2)
    assert isinstance(failed, RequestFailed)
    assert (folder() / "mine.json").is_file()
    engine.send(SaveArchitecture(ticket=3, name="Other", spec=SPEC, instead_of="mine"))
    [listed] = answer(engine, 3)
    assert [item.slug for item in listed.items] == ["other"]
    engine.send(SaveArchitecture(ticket=4, name="Other", spec=SPEC, instead_of="other"))
    [listed] = answer(engine, 4)
    assert [item.slug for item in listed.items] == ["other"]


def test_the_newest_list_of_many_at_once_has_them_all(engine):
    names = [f"net {n}" for n in range(12)]
    for ticket, name in enumerate(names, start=1):
        engine.send(SaveArchitecture(ticket=ticket, name=name, spec=SPEC))
    answers = answer(engine, *range(1, 13))
    newest = max(answers, key=lambda event: event.version)
    assert sorted(item.name for item in newest.items) == sorted(names)


def test_what_cannot_be_kept_is_explained_and_what_cannot_be_read_is_named(engine):
    folder().mkdir(parents=True)
    (folder() / "bad.json").write_text("{")
    engine.send(SaveArchitecture(ticket=1, name=" ", spec=SPEC))
    [failed] = answer(engine, 1)
    assert isinstance(failed, RequestFailed)
    assert failed.hint
    engine.send(ListArchitectures(ticket=2))
    [listed] = answer(engine, 2)
    assert [one.file for one in listed.unreadable] == ["bad.json"]
