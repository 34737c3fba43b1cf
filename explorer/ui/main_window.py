"""The window: panels and views in docks, each shown the slice of the state that it is about.

Made by `ui/start.py`. Widgets emit, this dispatches; the state changes, this shows. Must not import torch,
nor the engine beyond its messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from explorer.arch.presets import preset
from explorer.ui.answers_dock import AnswersDock
from explorer.ui.code_dock import CodeDock
from explorer.ui.commands import Commands
from explorer.ui.compare_dock import CompareDock
from explorer.ui.comparison import Comparison
from explorer.ui.data_dock import DataDock
from explorer.ui.inside_dock import InsideDock
from explorer.ui.inside_wiring import InsideWiring
from explorer.ui.late import actions
from explorer.ui.lesson_dock import LessonDock
from explorer.ui.menus import Menus
from explorer.ui.own_gallery import OwnGallery
from explorer.ui.panels.architecture import ArchitecturePanel
from explorer.ui.panels.image import ImagePanel
from explorer.ui.panels.status import StatusLine
from explorer.ui.rendering import Rendering
from explorer.ui.runs_dock import RunsDock
from explorer.ui.store import Store
from explorer.ui.study_dock import StudyDock
from explorer.ui.teach_dock import TeachDock
from explorer.ui.training_dock import TrainingDock
from explorer.ui.views.graph import GraphView
from explorer.ui.wide_dock import WideDock
from explorer.ui.widgets.banner import BannerStack
from explorer.ui.widgets.banner_room import BannerRoom
from explorer.ui.widgets.drop_area import Dropped, install_drop_target

if TYPE_CHECKING:
    from explorer.ui.views.features import FeatureView

DEFAULT_SIZE_PX = (1440, 900)
ARCHITECTURE_WIDTH_PX = 304
IMAGE_WIDTH_PX = 320
GRAPH_TO_FEATURES = (11, 9)
LAYOUT_VERSION = 1


class MainWindow(QMainWindow):
    """Everything on the screen.

    Args:
        store: The state and where actions go.
    """

    closed = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.setObjectName("window")
        self._store = store
        self.architecture = ArchitecturePanel(self)
        self.image = ImagePanel(self)
        self.graph = GraphView(self)
        self.features: FeatureView | None = None
        """None until `add_features`."""
        self.banners = BannerStack(self)
        self.status = StatusLine(self)
        self._deck = QMainWindow(self, Qt.WindowType.Widget)
        self._lay_out()
        self.commands = Commands(self, store)
        self.menus = Menus(self, store, self.commands.by_name())
        self._list_docks()
        self._connect()
        install_drop_target(self, self.on_dropped)
        self._rendering = Rendering(self)
        self._rendering.show_all(store.state)
        store.subscribe(self._rendering.on_changed)
        self.looking = InsideWiring(self, store)
        self.looking.show_all(store.state)
        self._restore_layout()

    def _lay_out(self) -> None:
        """Panels left and right, views in the middle in a deck of their own, messages above them."""
        self.resize(*DEFAULT_SIZE_PX)
        self.setDockNestingEnabled(True)
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(BannerRoom(self.banners, middle))
        column.addWidget(self._deck, 1)
        self.setCentralWidget(middle)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().setSizeGripEnabled(False)
        self._docks = {
            "architecture": _dock("Architecture", "architecture", self.architecture, self),
            "image": _dock("Image", "image", self.image, self),
            "graph": _dock("Graph", "graph", self.graph, self._deck),
            "features": _dock("Feature maps", "features", QWidget(self), self._deck),
        }
        self.comparison = Comparison(self._deck, self._store)
        self.code = CodeDock(self._deck, self._store)
        self.gallery = OwnGallery(self._deck, self._store)
        self.training = TrainingDock(self._deck, self._store)
        self.runs = RunsDock(self._deck, self._store)
        self.study = StudyDock(self._deck, self._store)
        self.data = DataDock(self._deck, self._store)
        self.teaching = TeachDock(self._deck, self._store)
        self.answers = AnswersDock(self._deck, self._store)
        self.inside = InsideDock(self._deck, self._store)
        self.compare = CompareDock(self._deck, self._store)
        self._wide = WideDock(self.compare.dock, self._docks["graph"])
        self.runs.pinned.connect(self.compare.open)
        self._hidden_docks = {
            "compare": self.compare.dock,
            "inside": self.inside.dock,
            "training": self.training.dock,
            "study": self.study.dock,
            "runs": self.runs.dock,
            "data": self.data.dock,
            "teach": self.teaching.dock,
            "answers": self.answers.dock,
            "gallery": self.gallery.dock,
            "diff": self.comparison.dock,
            "code": self.code.dock,
        }
        self.lesson = LessonDock(self, self._store)
        self._deck.setDockNestingEnabled(True)
        self.arrange()

    @property
    def docks(self) -> dict[str, QDockWidget]:
        """All panels and views but the lesson, by name."""
        return {**self._docks, **self._hidden_docks}

    def arrange(self) -> None:
        """The usual layout."""
        docks = self._docks
        for dock in docks.values():
            dock.setFloating(False)
            dock.show()
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["architecture"])
        self.lesson.place(docks["architecture"])
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, docks["image"])
        self._deck.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["graph"])
        self._deck.splitDockWidget(docks["graph"], docks["features"], Qt.Orientation.Horizontal)
        for dock in self._hidden_docks.values():
            dock.setFloating(False)
            self._deck.tabifyDockWidget(docks["features"], dock)
            dock.hide()
        self.resizeDocks(
            [docks["architecture"], docks["image"]],
            [ARCHITECTURE_WIDTH_PX, IMAGE_WIDTH_PX],
            Qt.Orientation.Horizontal,
        )
        self._deck.resizeDocks(
            [docks["graph"], docks["features"]], list(GRAPH_TO_FEATURES), Qt.Orientation.Horizontal
        )

    def _list_docks(self) -> None:
        for dock in (*self.docks.values(), self.lesson.dock):
            action = dock.toggleViewAction()
            self.menus.view_menu.addAction(action)
            self.menus.actions.append(action)

    def _connect(self) -> None:
        dispatch = self._store.dispatch
        self.architecture.edited.connect(
            lambda changes, gesture: dispatch(actions.EditSpec(tuple(changes.items()), gesture))
        )
        self.architecture.preset_chosen.connect(lambda name: dispatch(actions.OpenSpec(preset(name).spec)))
        self.architecture.gallery_requested.connect(self.gallery.open)
        self.architecture.twin_requested.connect(lambda: dispatch(actions.TogglePlainTwin()))
        self.architecture.lock_chosen.connect(lambda hold, vary: dispatch(actions.LockBudget(hold, vary)))
        self.architecture.undo_requested.connect(lambda: dispatch(actions.Undo()))
        self.architecture.redo_requested.connect(lambda: dispatch(actions.Redo()))
        self.graph.node_selected.connect(lambda key: dispatch(actions.SelectNode(key)))
        self.graph.unfolded_changed.connect(lambda unfolded: dispatch(actions.Unfold(unfolded)))
        self.image.picture_selected.connect(lambda image_id: dispatch(actions.SelectPicture(image_id)))
        self.image.picture_removed.connect(lambda image_id: dispatch(actions.RemovePicture(image_id)))
        self.image.cleared.connect(lambda: dispatch(actions.ClearPictures()))
        self.image.open_requested.connect(self.commands.open_pictures)
        self.image.paste_requested.connect(self.commands.paste)
        self.image.offer_taken.connect(self.commands.take_offer)
        self.image.weights_requested.connect(self.commands.open_gallery)
        self.image.save_failed.connect(
            lambda text: dispatch(actions.Complain(text, "Choose another folder."))
        )
        self.status.device_chosen.connect(lambda name: dispatch(actions.ChooseDevice(name)))
        self.status.cancel_requested.connect(lambda ticket: dispatch(actions.CancelWork(ticket)))
        self.banners.dismissed.connect(lambda notice_id: dispatch(actions.DismissNotice(notice_id)))
        self.banners.action_taken.connect(self.commands.take_notice_action)

    def add_features(self) -> None:
        """Put the feature view into its dock, which is empty at the first paint: it needs NumPy."""
        from explorer.ui.views.features import FeatureView

        dispatch = self._store.dispatch
        view = FeatureView(self)
        view.channel_selected.connect(lambda channel: dispatch(actions.SelectChannel(channel)))
        view.step_requested.connect(lambda step: dispatch(actions.StepNode(step)))
        dock = self._docks["features"]
        before = dock.widget()
        dock.setWidget(view)
        before.deleteLater()
        self.features = view
        self.looking.add_features(view)
        self._rendering.show_maps(self._store.state)

    def on_dropped(self, dropped: Dropped) -> None:
        """Something was dropped or pasted."""
        self._store.dispatch(
            actions.Drop(
                paths=dropped.paths,
                blobs=dropped.pictures,
                data_uris=dropped.data_uris,
                addresses=dropped.addresses,
            )
        )

    def _restore_layout(self) -> None:
        settings = self._store.state.settings
        if settings.geometry:
            self.restoreGeometry(QByteArray.fromBase64(settings.geometry.encode()))
        outer, _, inner = settings.layout.partition(":")
        if outer and inner:
            self.restoreState(QByteArray.fromBase64(outer.encode()), LAYOUT_VERSION)
            self._deck.restoreState(QByteArray.fromBase64(inner.encode()), LAYOUT_VERSION)

    def remember_layout(self) -> None:
        """Put docks, place and size into the settings."""
        self._wide.step_back()
        outer, inner = self.saveState(LAYOUT_VERSION), self._deck.saveState(LAYOUT_VERSION)
        layout = f"{_text(outer)}:{_text(inner)}"
        self._store.dispatch(actions.RememberLayout(layout, _text(self.saveGeometry())))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask where something would be lost, remember the layout, and let go."""
        if not self._may_close():
            event.ignore()
            return
        self.remember_layout()
        event.accept()
        self.closed.emit()

    def _may_close(self) -> bool:
        from explorer.ui.quitting import losses

        said = losses(self._store.state)
        if not said:
            return True
        answer = QMessageBox.question(
            self,
            "Quit ResNet Explorer?",
            "\n\n".join(said),
            QMessageBox.StandardButton.Close | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return answer == QMessageBox.StandardButton.Close


def _text(data: QByteArray) -> str:
    return data.toBase64().toStdString()


def _dock(title: str, name: str, content: QWidget, parent: QMainWindow) -> QDockWidget:
    dock = QDockWidget(title, parent)
    dock.setObjectName(f"dock.{name}")
    dock.setWidget(content)
    return dock
