"""The whole program, window and engine, which also says on stdout what is in view: one JSON object a line.

Run as `python reporting_program.py` by `test_real_drag.py`, on a real display, with no hand in what happens
there: it reads the state after each change, and sees the drag's events as they arrive.
"""

# ruff: noqa: E402 -- the process is prepared before the rest is imported

import json
import sys

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from explorer import boot

boot.prepare_process()

from explorer.engine.worker import Engine
from explorer.ui.options import WindowOptions
from explorer.ui.start import Session, is_settled

DRAG_EVENTS = (QEvent.Type.DragEnter, QEvent.Type.Drop)


class Reporter(QObject):
    """Says what has changed in view since it last said something."""

    def __init__(self, session):
        super().__init__(session)
        self._session = session
        self._said = None

    def on_changed(self, old, new):
        current = new.pictures.loaded(new.pictures.current)
        answer = new.answers.get(current.image_id) if current else None
        view = {
            "picture": current.name if current else None,
            "label": answer.predictions[0].label if answer else None,
            "maps_of": new.maps.image_id == current.image_id if new.maps and current else False,
            "notices": len(new.notices),
            "settled": is_settled(new),
        }
        if view != self._said:
            self._said = view
            place = self._session.window.geometry()
            self._say(event="view", window=place.getRect(), **view)

    def eventFilter(self, watched, event):
        if event.type() in DRAG_EVENTS:
            self._say(event=event.type().name)
        return False

    def _say(self, **words):
        print(json.dumps(words), flush=True)


app = QApplication(sys.argv[:1])
session = Session(app, WindowOptions(), Engine)
session.window.move(0, 0)
reporter = Reporter(session)
session.store.subscribe(reporter.on_changed)
app.installEventFilter(reporter)
code = app.exec()
session.finish()
sys.exit(code)
