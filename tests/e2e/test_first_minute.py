"""What a first-time user does, on the real window with the real engine."""

import json

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage

from explorer.arch.presets import cifar_spec, preset
from explorer.engine.messages import FailedPicture

PHOTOS = {
    "golden_retriever": "dog",
    "tabby": "cat",
    "airliner": "airplane",
    "sorrel": "horse",
    "container_ship": "ship",
    "sports_car": "automobile",
    "tree_frog": "frog",
}


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "red.png"
    Image.fromarray(np.full((60, 80, 3), (200, 30, 30), np.uint8)).save(path)
    return path


def test_without_touching_anything_there_is_a_picture_on_every_panel(open_program):
    program = open_program()
    program.settle()
    state = program.state
    assert state.net.origin.kind == "bundled"
    assert state.answers[state.pictures.current].predictions[0].label == "cat"
    assert state.maps.maps.shape == (16, 32, 32)
    assert "cifar-resnet20" in program.child("image.origin").text
    assert program.child("total.parameters").text() == "269,722"


def test_a_dropped_photo_is_classified_and_its_feature_maps_shown(open_program, shared):
    program = open_program()
    program.settle()
    program.drop_files(shared / "data" / "photos" / "airliner.jpg")
    program.until(lambda state: state.pictures.items and state.pictures.items[0].name == "airliner.jpg")
    program.settle()
    current = program.state.pictures.current
    assert program.state.answers[current].predictions[0].label == "airplane"
    before = program.state.maps
    program.window.graph.node_selected.emit("layer3.2.add")
    program.settle()
    assert program.state.maps.key == "layer3.2.add"
    assert program.state.maps.maps.shape == (64, 8, 8)
    assert program.state.maps is not before


def test_a_folder_of_photos_gets_an_answer_each(open_program, shared):
    program = open_program()
    program.settle()
    program.drop_files(shared / "data" / "photos")
    program.until(lambda state: len(state.pictures.items) == 16)
    program.until(lambda state: len(state.answers) == 16)
    said = {
        item.name.removesuffix(".jpg"): [p.label for p in program.state.answers[item.image_id].predictions]
        for item in program.state.pictures.items
    }
    assert sum(said[name][0] == label for name, label in PHOTOS.items()) >= 5
    assert all(label in said[name][:3] for name, label in PHOTOS.items())


def test_a_knob_gives_graph_at_once_and_a_model_a_moment_later(open_program, qtbot):
    program = open_program()
    program.settle()
    slider = program.child("spec.depth.slider")
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert program.state.document.spec != cifar_spec(20)
    deeper = program.state.document.spec
    assert program.window.graph._graph.n_stages == 3
    assert program.state.net.status == "building"
    program.settle()
    assert program.state.net.spec == deeper
    assert program.state.net.origin.kind == "untrained"
    assert not program.state.net.origin.is_trained


def test_an_untrained_net_offers_to_copy_and_undo_brings_the_trained_one_back(open_program, qtbot):
    program = open_program()
    program.settle()
    program.click("spec.block.bottleneck")
    program.settle()
    assert program.state.net.origin.kind == "untrained"
    program.click("image.offer.copy")
    program.until(lambda state: state.net.origin.kind == "copied")
    qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.settle()
    assert program.state.document.spec == preset("cifar-resnet20").spec
    assert program.state.net.origin.kind == "bundled"


def test_an_imagenet_net_says_where_its_weights_are_to_be_had(open_program):
    program = open_program(spec=preset("resnet18").spec)
    program.settle()
    assert program.state.net.origin.kind == "untrained"
    (offer,) = program.state.net.offers
    button = program.child(f"image.offer.{offer.name}")
    assert button.text() == "Get ImageNet weights (45 MB)"


def test_a_broken_file_becomes_a_banner_and_the_others_are_read(open_program, picture, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 this is no picture")
    program = open_program()
    program.settle()
    program.drop_files(broken, picture)
    program.until(lambda state: len(state.pictures.items) == 2)
    assert isinstance(program.state.pictures.items[0], FailedPicture)
    program.until(lambda state: state.notices)
    (banner,) = program.window.banners.banners
    assert banner.isVisible()
    program.settle()
    assert program.state.pictures.loaded(program.state.pictures.current).name == "red.png"


def test_a_picture_from_a_browser_is_taken_as_data(open_program):
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.blue)
    mime = QMimeData()
    mime.setImageData(image)
    program = open_program()
    program.settle()
    program.drop(mime)
    program.until(lambda state: state.pictures.items[0].name == "pasted picture")
    program.settle()
    assert program.state.seen.pixels.shape == (32, 32, 3)


def test_a_remote_address_is_asked_about_and_nothing_is_fetched(open_program):
    mime = QMimeData()
    mime.setText("https://example.org/photo.jpg")
    program = open_program()
    program.settle()
    program.drop(mime)
    program.until(lambda state: state.notices)
    assert program.state.notices[-1].severity == "question"
    assert not program.state.work


def test_a_spec_file_is_opened(open_program, tmp_path):
    path = tmp_path / "net.json"
    path.write_text(cifar_spec(14).to_json())
    program = open_program(files=(str(path),))
    program.until(lambda state: state.document.spec == cifar_spec(14))


def test_foreign_weights_are_loaded_from_a_drop_and_said(open_program, shared):
    program = open_program()
    program.settle()
    program.drop_files(shared / "data" / "weights" / "resnet20-12fca82f.th")
    program.until(lambda state: state.net.origin is not None and state.net.origin.kind == "file")
    assert program.state.net.origin.name == "resnet20-12fca82f.th"
    assert program.state.net.origin.assumed
    program.settle()


def test_the_session_is_kept(open_program, home):
    program = open_program()
    program.settle()
    program.click("spec.twin")
    program.settle()
    program.window.close()
    program.session.finish()
    saved = json.loads((home / "config" / "session.json").read_text())
    assert saved["document"]["spec"]["shortcut"] == "none"
    again = open_program()
    assert again.state.document.spec.shortcut == "none"
    again.settle()
