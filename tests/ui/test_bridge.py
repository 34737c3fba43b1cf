"""Events on their way from other threads to the window's."""

import threading

from PySide6.QtWidgets import QApplication

from explorer.ui.bridge import Bridge


def test_events_of_another_thread_arrive_in_order_on_this_one(qtbot):
    seen, threads = [], set()

    def deliver(event):
        seen.append(event)
        threads.add(threading.current_thread())

    bridge = Bridge(deliver)
    other = threading.Thread(target=lambda: [bridge.post(number) for number in range(100)])
    other.start()
    qtbot.waitUntil(lambda: len(seen) == 100)
    other.join()
    assert seen == list(range(100))
    assert threads == {threading.current_thread()}


def test_what_waits_when_it_is_closed_and_what_comes_later_is_not_delivered(qapp):
    seen = []
    bridge = Bridge(seen.append)
    bridge.post("shown")
    QApplication.processEvents()
    bridge.post("waits")
    bridge.close()
    bridge.post("late")
    QApplication.processEvents()
    assert seen == ["shown"]
