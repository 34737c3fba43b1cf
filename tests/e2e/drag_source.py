"""A second program on the screen: a window whose drag carries files, as a file manager's does.

Run as `python drag_source.py X Y FILE…` by `test_real_drag.py`. It says on stdout, one JSON object a line,
when it can be seen and what the drag's target answers. It lives until it is ended: on X11 the one that drags
hands the data over after the drag is done.
"""

import json
import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

SIZE_PX = (160, 120)


def say(**words):
    print(json.dumps(words), flush=True)


class Source(QLabel):
    def __init__(self, paths):
        super().__init__("drag me", alignment=Qt.AlignmentFlag.AlignCenter)
        self._paths = paths
        self._is_seen = False

    def paintEvent(self, event):
        super().paintEvent(event)
        if not self._is_seen:
            self._is_seen = True
            say(event="seen")

    def mouseMoveEvent(self, event):
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(path) for path in self._paths])
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.actionChanged.connect(lambda action: say(event="answered", action=action.name))
        say(event="begun")
        say(event="done", action=drag.exec(Qt.DropAction.CopyAction).name)


app = QApplication(sys.argv[:1])
source = Source(sys.argv[3:])
source.setGeometry(int(sys.argv[1]), int(sys.argv[2]), *SIZE_PX)
source.show()
sys.exit(app.exec())
