"""What the window itself does on command: dialogs, clipboard, saving pictures.

Made by `ui/main_window.py`, called from menus, buttons and the command palette. Must not import torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox

from explorer.arch.presets import net_title
from explorer.engine.values import WeightsChoice
from explorer.state.model import AppState
from explorer.ui.late import actions, learning_actions, study_actions
from explorer.ui.lesson_dock import LESSON_FILTER
from explorer.ui.rendering import COPY_OFFER
from explorer.ui.store import Store
from explorer.ui.widgets.drop_area import read_drop
from explorer.ui.widgets.saving import ask_where, save_png, save_text
from explorer.version import VERSION

if TYPE_CHECKING:
    from explorer.ui.main_window import MainWindow
    from explorer.ui.panels.weights_gallery import WeightsGallery

PICTURE_FILTER = "Pictures (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff);;All files (*)"
WALK_FILTER = "Animation (*.gif);;Folder of PNG pictures (*)"
SPEC_FILTER = "Architectures (*.json);;All files (*)"
SAVED_WEIGHTS_FILTER = "Weights (*.safetensors)"
WEIGHTS_FILTER = "Weights (*.safetensors *.pth *.pt *.th *.bin);;All files (*)"

KEYS = """<table cellspacing="6">
<tr><td><b>Ctrl+O</b></td><td>open pictures; or drop, paste (Ctrl+V)</td></tr>
<tr><td><b>Ctrl+Z, Ctrl+Shift+Z</b></td><td>undo, redo</td></tr>
<tr><td><b>Ctrl+T</b></td><td>plain twin: the same net without shortcuts</td></tr>
<tr><td><b>Alt+Up, Alt+Down</b></td><td>previous, next node</td></tr>
<tr><td><b>B</b></td><td>in the graph: bypass the selected block</td></tr>
<tr><td><b>In the graph</b></td><td>arrows move, Enter unfolds, ← folds, + and − zoom, F fits</td></tr>
<tr><td><b>Ctrl+F</b></td><td>search nodes</td></tr>
<tr><td><b>Ctrl+K, Ctrl+D</b></td><td>networks side by side; pin the network in view there</td></tr>
<tr><td><b>Side by side</b></td>
<td>← → through depth, P takes into the pair, F flickers, hold X for the other</td></tr>
<tr><td><b>Ctrl+U, Ctrl+Shift+U</b></td><td>fold, unfold everything</td></tr>
<tr><td><b>Alt+Left, Alt+Right</b></td><td>in a lesson: previous, next step</td></tr>
<tr><td><b>Ctrl+Shift+P</b></td><td>every command by name</td></tr>
</table>"""


class Commands(QObject):
    """The window's own commands.

    Args:
        window: Whose.
        store: Where actions go.
    """

    def __init__(self, window: MainWindow, store: Store) -> None:
        super().__init__(window)
        self._window = window
        self._store = store
        self._gallery: WeightsGallery | None = None

    def by_name(self) -> dict[str, Callable[[], object]]:
        """The commands that menus refer to."""
        return {
            "open": self.open_pictures,
            "open_folder": self.open_folder,
            "open_spec": lambda: self._open_file("Open architecture", SPEC_FILTER),
            "open_weights": lambda: self._open_file("Open weights", WEIGHTS_FILTER),
            "save_weights": self.save_weights,
            "weights": self.open_gallery,
            "save_spec": self.save_spec,
            "save_graph": lambda: self._save_image("graph.png", self._window.graph.image),
            "save_svg": self.save_svg,
            "save_window": lambda: self._save_image("window.png", lambda: self._window.grab().toImage()),
            "paste": self.paste,
            "copy_spec": self.copy_spec,
            "copy_text": self.copy_text,
            "copy_command": self.copy_command,
            "paste_spec": self.paste_spec,
            "gallery": self._window.gallery.open,
            "inside": self._window.inside.open,
            "compare": self._window.compare.open,
            "pin": self._window.compare.pin,
            "add_depths": self._window.compare.add_depths,
            "add_twin": self._window.compare.add_twin,
            "pin_four": self._window.compare.pin_first_four,
            "flicker": self._window.compare.flicker,
            "training": self._window.training.open,
            "start_training": self.start_training,
            "start_twins": lambda: self.start_training(with_twin=True),
            "resume_training": self._window.training.go_on,
            "extend_training": self._window.training.ask_to_extend,
            "moment_before": lambda: self._window.training.step_moment(-1),
            "moment_after": lambda: self._window.training.step_moment(1),
            "back_to_now": self._window.training.back_to_now,
            "train_on_folder": self.train_on_folder,
            "teach": self._window.teaching.open,
            "data": self._window.data.open,
            "runs": self._window.runs.open,
            "study": self._window.study.open,
            "answers": self._window.answers.open,
            "save_walk": self.save_walk,
            "play_walk": lambda: self._window.looking.play(),
            "fit": self._window.graph.fit,
            "unfold_all": self._window.graph.unfold_all,
            "fold_all": self._window.graph.fold_all,
            "search": self._window.graph.focus_search,
            "open_lesson": lambda: self._open_file("Open lesson", LESSON_FILTER),
            **self._window.lesson.commands(),
            "palette": self.open_palette,
            "usual_layout": self._window.arrange,
            "keys": self.show_keys,
            "about": self.show_about,
        }

    def open_pictures(self) -> None:
        """Choose picture files."""
        paths, _ = QFileDialog.getOpenFileNames(self._window, "Open pictures", "", PICTURE_FILTER)
        if paths:
            self._store.dispatch(actions.Drop(paths=tuple(paths)))

    def open_folder(self) -> None:
        """Choose a folder of pictures."""
        path = QFileDialog.getExistingDirectory(self._window, "Open folder")
        if path:
            self._store.dispatch(actions.Drop(paths=(path,)))

    def start_training(self, *, with_twin: bool = False) -> None:
        """Train as the form says, in view."""
        self._window.training.open()
        self._store.dispatch(learning_actions.StartTraining(with_twin=with_twin))

    def train_on_folder(self) -> None:
        """Choose a folder of class folders to train on."""
        path = QFileDialog.getExistingDirectory(self._window, "Train on a folder of class folders")
        if path:
            self.take(learning_actions.TrainOnFolder(path))

    def take(self, action: actions.Action) -> None:
        """Do something, and show the view that it is about."""
        if isinstance(
            action,
            learning_actions.TrainOnFolder | learning_actions.GoOnTraining | learning_actions.AllowFetchData,
        ):
            self._window.training.open()
        elif isinstance(action, learning_actions.ClassifyFolder):
            self._window.answers.open()
        elif isinstance(action, study_actions.GoOnStudy):
            self._window.study.open()
        self._store.dispatch(action)

    def _open_file(self, title: str, name_filter: str) -> None:
        path, _ = QFileDialog.getOpenFileName(self._window, title, "", name_filter)
        if path:
            self._store.dispatch(actions.Drop(paths=(path,)))

    def save_spec(self) -> None:
        """Write the architecture as a spec file."""
        path = ask_where(self._window, "Save architecture", "architecture.json", SPEC_FILTER)
        if path:
            save_text(self._spec_text(), path, self._on_not_saved)

    def save_weights(self) -> None:
        """Write the network's weights, with its architecture beside them."""
        path = ask_where(
            self._window, "Save weights", "weights.safetensors", SAVED_WEIGHTS_FILTER, is_ending_fixed=True
        )
        if path:
            self._store.dispatch(actions.KeepWeights(path))

    def save_walk(self) -> None:
        """Write a walk through depth: a GIF, or pictures in a folder where the name has another ending."""
        path, _ = QFileDialog.getSaveFileName(
            self._window, "Save walk through the network", "walk.gif", WALK_FILTER
        )
        if path:
            self._window.looking.save_walk(path)

    def open_gallery(self) -> None:
        """Show all weights that there are for the network in view."""
        if self._gallery is None:
            from explorer.ui.panels.weights_gallery import WeightsGallery

            self._gallery = WeightsGallery(self._window)
            self._gallery.chosen.connect(lambda choice: self._store.dispatch(actions.ChooseWeights(choice)))
            self._gallery.wanted.connect(lambda name: self._store.dispatch(actions.AllowFetchWeights(name)))
            self._gallery.file_requested.connect(lambda: self._open_file("Open weights", WEIGHTS_FILTER))
            self._store.subscribe(self._on_changed)
        self._store.dispatch(learning_actions.LookUpRuns())
        self._show_gallery(self._store.state)
        self._gallery.show()
        self._gallery.raise_()

    def _on_changed(self, old: AppState, new: AppState) -> None:
        if old.net is not new.net or old.document is not new.document or old.runs.rows is not new.runs.rows:
            self._show_gallery(new)

    def _show_gallery(self, state: AppState) -> None:
        from explorer.ui.panels.weights_gallery import trained_for, weights_items

        assert self._gallery is not None
        net, document = state.net, state.document
        is_current = net.spec == document.spec
        items = weights_items(
            net.offers if is_current else (),
            net.origin if is_current and net.status == "ready" else None,
            document.weights,
            net.can_copy if is_current else 0,
            document.seed,
            trained_for(document.spec, state.runs.rows),
        )
        self._gallery.show_items(net_title(document.spec), items)

    def copy_spec(self) -> None:
        """Put the architecture on the clipboard as JSON."""
        self._copy(self._spec_text())

    def copy_text(self) -> None:
        """Put the architecture on the clipboard in words."""
        from explorer.present.spoken import spec_text

        self._copy(spec_text(self._store.state.document.spec))

    def copy_command(self) -> None:
        """Put the command line that makes the architecture on the clipboard."""
        from explorer.arch.speech import as_command

        self._copy(as_command(self._store.state.document.spec) + "\n")

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    def paste_spec(self) -> None:
        """Open the architecture whose text is on the clipboard."""
        self._store.dispatch(actions.PasteSpec(QGuiApplication.clipboard().text()))

    def _spec_text(self) -> str:
        return self._store.state.document.spec.to_json() + "\n"

    def save_svg(self) -> None:
        """Write the graph, folded as it is shown, as a drawing that scales."""
        # XML is not needed for the first paint.
        from explorer.present.svg import graph_svg

        layout = self._window.graph.canvas.layout_shown
        path = ask_where(self._window, "Save graph", "graph.svg", "SVG (*.svg)")
        if path and layout is not None:
            title = net_title(self._store.state.document.spec)
            save_text(graph_svg(layout, title), path, self._on_not_saved)

    def _save_image(self, name: str, picture: Callable[[], QImage]) -> None:
        path = ask_where(self._window, "Save picture", name, "PNG (*.png)")
        if path:
            save_png(picture(), path, self._on_not_saved)

    def _on_not_saved(self, cause: str) -> None:
        self._store.dispatch(actions.Complain(cause, "Choose another folder, or make room on the disk."))

    def paste(self) -> None:
        """Take the clipboard's pictures as if dropped."""
        dropped = read_drop(QGuiApplication.clipboard().mimeData())
        if not dropped:
            hint = "Copy a picture, picture files or a picture's address first."
            self._store.dispatch(actions.Complain("The clipboard holds no picture.", hint))
        else:
            self._window.on_dropped(dropped)

    def take_offer(self, name: str) -> None:
        """Use weights that the image panel offers, fetching them where they are not here yet."""
        if name == COPY_OFFER:
            self._store.dispatch(actions.ChooseWeights(WeightsChoice("copied")))
            return
        offer = next(item for item in self._store.state.net.offers if item.name == name)
        if offer.is_present:
            self._store.dispatch(actions.ChooseWeights(WeightsChoice("named", name)))
        else:
            self._store.dispatch(actions.AllowFetchWeights(name))

    def take_notice_action(self, notice_id: int, place: str) -> None:
        """Do what a button on a notice says, and take the notice away."""
        notice = next((item for item in self._store.state.notices if item.notice_id == notice_id), None)
        if notice is not None:
            action = notice.actions[int(place)].action
            assert isinstance(action, actions.Action)
            self._store.dispatch(actions.DismissNotice(notice_id))
            self.take(action)

    def open_palette(self) -> None:
        """Every command by name."""
        from explorer.ui.widgets.command_palette import CommandPalette

        palette = CommandPalette(self._window.menus.actions, self._window)
        middle = self._window.rect().center()
        palette.move(self._window.mapToGlobal(middle) - palette.rect().center())
        palette.show()

    def show_keys(self) -> None:
        """The most useful keys."""
        QMessageBox.information(self._window, "Keys", KEYS)

    def show_about(self) -> None:
        """What this is, and with what it runs."""
        device = self._store.state.device
        runs_on = device.current.title if device.current else "not known yet"
        QMessageBox.about(
            self._window,
            "About ResNet Explorer",
            f"<h3>ResNet Explorer {VERSION}</h3>"
            "<p>Build, run, look inside and compare residual networks.</p>"
            f"<p>torch {device.torch_version or 'not loaded yet'} on {runs_on}</p>",
        )
