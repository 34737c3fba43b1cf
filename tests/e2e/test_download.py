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
    """ResNet-18's card, with weights in torchvision's own format that a server on loopback has."""
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
    (card,) = catalogue.cards_for(preset("resnet18").spec)
    original = card.resource
    # The network's edge: the same card, served from here.
    object.__setattr__(card, "resource", Resource(url, digest, path.stat().st_size, path.name))
    yield card
    object.__setattr__(card, "resource", original)
    server.shutdown()
    server.server_close()


def test_weights_are_fetched_when_asked_for_and_the_net_is_trained(open_program, served):
    program = open_program(spec=preset("resnet18").spec)
    program.settle()
    assert program.state.net.origin.kind == "untrained"
    program.click(f"image.offer.{served.name}")
    program.until(lambda state: state.net.origin.kind == "downloaded")
    program.settle()
    assert program.state.net.classes[281] == "tabby"
    assert program.state.net.origin.is_trained
