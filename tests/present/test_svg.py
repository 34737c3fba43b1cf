"""The graph as SVG: valid, self-contained, and everything in view is in it."""

from xml.etree import ElementTree

import pytest

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, presets
from explorer.present.folds import everything
from explorer.present.layout import lay_out
from explorer.present.svg import graph_svg

SVG = "{http://www.w3.org/2000/svg}"


def texts(root):
    """Each text's full words: its title where it was cut."""
    found = set()
    for element in root.iter(f"{SVG}text"):
        title = element.find(f"{SVG}title")
        found.add(title.text if title is not None else element.text)
    return found


@pytest.mark.parametrize(
    "name", ["cifar-resnet20", "resnet50", "cifar-preact110", "resnet50d", "cifar-plain20"]
)
@pytest.mark.parametrize("is_open", [False, True])
def test_every_visible_title_is_in_it(name, is_open):
    graph = expand(presets()[name].spec)
    layout = lay_out(graph, everything(graph) if is_open else frozenset())
    root = ElementTree.fromstring(graph_svg(layout, "A <net> & more"))
    said = texts(root)
    assert {box.title for box in layout.boxes} <= said
    assert {frame.title for frame in layout.frames} <= said
    assert {band.title for band in layout.bands} <= said
    assert {arc.label for arc in layout.arcs if arc.label} <= said
    assert root.findtext(f"{SVG}title") == "A <net> & more"


def test_it_is_as_large_as_the_layout_and_needs_nothing_from_outside():
    layout = lay_out(expand(cifar_spec(20)), frozenset())
    document = graph_svg(layout)
    root = ElementTree.fromstring(document)
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (left, top) == (-16, 0)
    assert width == layout.width + 32
    assert height == layout.height
    assert "http" not in document.replace("http://www.w3.org/2000/svg", "")
    assert not any("href" in key for element in root.iter() for key in element.attrib)


def test_nothing_lies_outside():
    graph = expand(cifar_spec(20, shortcut="B"))
    layout = lay_out(graph, everything(graph))
    root = ElementTree.fromstring(graph_svg(layout))
    for rect in root.iter(f"{SVG}rect"):
        x, y, w, h = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
        assert -16 <= x <= x + w <= layout.width + 16
        assert 0 <= y <= y + h <= layout.height


def test_a_skip_is_drawn_for_each_arc():
    layout = lay_out(expand(cifar_spec(20)), frozenset({"layer1", "layer2", "layer3"}))
    root = ElementTree.fromstring(graph_svg(layout))
    assert len(list(root.iter(f"{SVG}path"))) == len(layout.arcs) > 0
