"""The cyclic collector, kept off every thread but the window's.

Python's collector finalises QObjects on whichever thread allocates, which crashes Qt. Called by
`ui/start.py`.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

YOUNG_EVERY_MS = 2_000
OLD_EVERY_MS = 60_000


class Collector(QObject):
    """Collects young garbage from a timer, and old garbage rarely."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._young = QTimer(self, interval=YOUNG_EVERY_MS)
        self._young.timeout.connect(self._on_young)
        self._young.start()
        self._old = QTimer(self, interval=OLD_EVERY_MS)
        self._old.timeout.connect(self._on_old)
        self._old.start()

    def freeze(self) -> None:
        """Take everything that exists now out of all collections: modules live as long as the process."""
        gc.freeze()

    def _on_young(self) -> None:
        gc.collect(1)

    def _on_old(self) -> None:
        gc.collect()
