import pytest

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, preset
from explorer.arch.receptive import Rectangle, seen_by
from explorer.errors import InsideError


def test_fields_by_hand():
    graph = expand(cifar_spec(8))
    assert seen_by(graph, "input", 4, 5) == Rectangle(5, 4, 1, 1)
    assert seen_by(graph, "conv1", 4, 5) == Rectangle(4, 3, 3, 3)
    assert seen_by(graph, "conv1", 0, 31) == Rectangle(30, 0, 2, 2)
    assert seen_by(graph, "layer2.0.shortcut.pad", 3, 3) == Rectangle(3, 3, 7, 7)
    assert seen_by(graph, "fc", 0, 0) == Rectangle(0, 0, 32, 32)


@pytest.mark.parametrize("name", ["cifar-resnet20", "resnet50"])
def test_in_the_middle_of_the_picture_it_is_the_whole_field(name):
    spec = preset(name).spec
    graph, cost = expand(spec), cost_of(spec)
    for node in graph.nodes:
        own = cost.by_key[node.key]
        if len(node.output_shape) == 3 and own.receptive_field + own.jump < spec.input_size // 3:
            middle = node.output_shape[1] // 2
            found = seen_by(graph, node.key, middle, middle)
            assert (found.width, found.height) == (own.receptive_field, own.receptive_field), node.key
            beside = seen_by(graph, node.key, middle, middle + 1)
            assert (beside.left - found.left, beside.top - found.top) == (own.jump, 0), node.key


def test_gates_and_statistics_are_followed_only_when_asked_for():
    squeezed = expand(cifar_spec(8).edited(attention="se"))
    assert seen_by(squeezed, "layer1.0.add", 9, 9) == Rectangle(6, 6, 7, 7)
    assert seen_by(squeezed, "layer1.0.add", 9, 9, through_all=True) == Rectangle(0, 0, 32, 32)
    grouped = expand(cifar_spec(8).edited(norm="group"))
    assert seen_by(grouped, "bn1", 9, 9) == Rectangle(8, 8, 3, 3)
    assert seen_by(grouped, "bn1", 9, 9, through_all=True) == Rectangle(0, 0, 32, 32)


@pytest.mark.parametrize(("key", "row", "column"), [("nothing", 0, 0), ("conv1", 32, 0), ("fc", 0, 1)])
def test_what_does_not_exist_is_refused(key, row, column):
    with pytest.raises(InsideError):
        seen_by(expand(cifar_spec(8)), key, row, column)


def test_an_output_of_padding_alone_sees_nothing():
    spec = cifar_spec(8).edited(stem_kernel=1, stem_stride=4, stem_padding=2)
    assert seen_by(expand(spec), "conv1", 0, 0) is None
    assert seen_by(expand(spec), "conv1", 1, 1) == Rectangle(2, 2, 1, 1)
