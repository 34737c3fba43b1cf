"""A file of weights on the real window: its network is found, built and loaded, and saved again."""

import torch
from PySide6.QtCore import Qt
from torchvision import models

from explorer.arch.presets import cifar_spec, preset
from explorer.nets.weight_files import read_header, source_spec
from explorer.state.actions import KeepWeights


def press(program, notice, place=0):
    program.window.banners.action_taken.emit(notice.notice_id, str(place))


def test_a_dropped_checkpoint_brings_its_network_along(open_program, shared):
    program = open_program(spec=preset("resnet18").spec)
    program.settle()
    path = shared / "data" / "weights" / "resnet56-4bfd9763.th"
    program.drop_files(path)
    program.until(lambda state: state.net.origin is not None and state.net.origin.kind == "file")
    program.settle()
    assert program.state.net.spec == cifar_spec(56)
    assert program.state.net.origin.name == path.name
    assert any("option A" in sentence for sentence in program.state.net.origin.assumed)
    notice = program.state.notices[-1]
    assert [action.label for action in notice.actions] == ["It has no shortcuts"]
    press(program, notice)
    program.settle()
    assert program.state.net.spec == cifar_spec(56, shortcut="none")
    assert program.state.net.origin.kind == "file"
    for _ in range(2):
        program.qtbot.keyClick(program.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    program.settle()
    assert program.state.net.spec == preset("resnet18").spec


def test_what_does_not_fit_is_said_key_by_key_and_the_net_stays(open_program, tmp_path):
    path = tmp_path / "resnet18.pth"
    state = models.resnet18(num_classes=10).state_dict()
    state["layer1.0.extra.weight"] = torch.zeros(3)
    del state["layer4.1.bn2.weight"]
    torch.save(state, path)
    program = open_program()
    program.settle()
    before = program.state.net
    program.drop_files(path)
    program.until(lambda state: state.notices)
    notice = program.state.notices[-1]
    assert notice.detail.splitlines() == [
        "layer4.1.bn2.weight is not in the file",
        "layer1.0.extra.weight is not in the network",
    ]
    program.settle()
    assert program.state.net is before


def test_saved_weights_say_their_network_and_come_back(open_program, tmp_path):
    path = tmp_path / "mine.safetensors"
    program = open_program(spec=cifar_spec(8, shortcut="B"))
    program.settle()
    program.session.store.dispatch(KeepWeights(str(path)))
    program.until(lambda state: state.notices)
    header = read_header(path)
    assert source_spec(header) == cifar_spec(8, shortcut="B")
    assert "layer2.0.downsample.0.weight" in header.shapes
    program.window.commands.open_gallery()
    gallery = program.window.commands._gallery
    assert [item.name for item in gallery.items if item.is_in_use] == ["untrained"]
    program.click("spec.block.bottleneck")
    program.settle()
    program.drop_files(path)
    program.until(lambda state: state.net.origin is not None and state.net.origin.kind == "file")
    program.settle()
    assert program.state.net.spec == cifar_spec(8, shortcut="B")
    assert program.state.net.origin.assumed == ()
    assert [item.name for item in gallery.items if item.is_in_use] == ["file"]
    gallery.close()
