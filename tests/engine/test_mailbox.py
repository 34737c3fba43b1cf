import threading

from explorer.arch.presets import cifar_spec
from explorer.engine.mailbox import Mailbox
from explorer.engine.messages import BuildModel, Classify, ClassifyMany, Priority, ProbeNode


def _build(ticket, column="main"):
    return BuildModel(ticket=ticket, spec=cifar_spec(8), column=column)


def test_the_more_urgent_goes_first_and_equals_in_order():
    box = Mailbox()
    many = ClassifyMany(ticket=1, image_ids=(1,))
    build, first, second = _build(2), Classify(ticket=3, image_id=1), ProbeNode(ticket=4, image_id=1, key="a")
    for request in (many, build, first, second):
        box.put(request)
    assert [box.take() for _ in range(4)] == [first, second, build, many]


def test_a_newer_one_of_the_same_subject_replaces_the_waiting():
    box = Mailbox()
    for ticket in (1, 2, 3):
        box.put(_build(ticket))
    other = _build(4, column="twin")
    box.put(other)
    assert [box.take(), box.take()] == [_build(3), other]
    assert not box.is_wanted(_build(2))
    assert box.is_wanted(_build(3))


def test_only_what_goes_before_interrupts():
    box = Mailbox()
    box.put(_build(1))
    assert box.take_before(Priority.BUILD) is None
    assert box.take_before(Priority.BATCH) == _build(1)
    assert box.take_before(Priority.BATCH) is None


def test_a_cancelled_request_is_not_wanted():
    box = Mailbox()
    box.put(_build(1))
    box.cancel(1)
    assert box.is_cancelled(_build(1))
    assert not box.is_wanted(_build(1))


def test_closing_wakes_whoever_waits_and_takes_nothing_more():
    box = Mailbox()
    taken = []
    waiter = threading.Thread(target=lambda: taken.append(box.take()))
    waiter.start()
    box.close()
    waiter.join(60)
    assert taken == [None]
    box.put(_build(1))
    assert box.take(0) is None
