"""The button that gets ImageNet weights, against a server on loopback."""

import functools
import hashlib
import http.server
import threading

import pytest
import torch
from torchvision.models import resnet18

from explorer.arch.presets import preset
from explorer.fetch import Resource
from explorer.nets import catalogue


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path):
    """A folder on loopback with ResNet-18's weights in torchvision's own format, and their resource."""
    torch.manual_seed(0)
    path = tmp_path / "served" / "resnet18.pth"
    path.parent.mkdir()
    torch.save(resnet18().state_dict(), path)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(path.parent))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    url = f"http://127.0.0.1:{server.server_port}/{path.name}"
    yield Resource(url, digest, path.stat().st_size, path.name)
    server.shutdown()
    server.server_close()


def test_weights_are_fetched_when_asked_for_and_the_net_is_no_longer_untrained(
    open_program, served, monkeypatch
):
    (card,) = catalogue.cards_for(preset("resnet18").spec)
    # The network's edge: the same card, served from here.
    monkeypatch.setattr(type(card), "__hash__", object.__hash__)
    object.__setattr__(card, "resource", served)
    program = open_program(spec=preset("resnet18").spec)
    program.settle()
    assert program.state.net.origin.kind == "untrained"
    program.click(f"image.offer.{card.name}")
    program.until(lambda state: state.net.origin.kind == "downloaded")
    program.settle()
    assert program.state.net.classes[281] == "tabby"
    assert program.state.net.origin.is_trained
