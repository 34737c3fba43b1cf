import pytest

from explorer.arch.expand import expand
from explorer.arch.lesions import (
    IMAGE,
    INTACT,
    Lesions,
    block_shapes,
    exchangeable,
    lesionable,
    merge_of,
    route,
)
from explorer.arch.presets import cifar_spec, presets
from explorer.errors import InsideError


@pytest.mark.parametrize("name", [*presets()][::7])
def test_the_way_without_lesions_is_the_graph(name):
    graph = expand(presets()[name].spec)
    for skipping in (False, True):
        steps = route(graph, skipping=skipping)
        assert [(step.name, step.inputs) for step in steps] == [
            (node.key, node.inputs or (IMAGE,)) for node in graph.nodes
        ]
    assert not any(step.is_zero for step in steps)


def test_every_preset_with_shortcuts_can_lose_any_block_and_a_plain_one_those_that_keep_the_shape():
    for name, item in presets().items():
        graph = expand(item.spec)
        for block in graph.blocks:
            entering, leaving = block_shapes(graph, block)
            can = merge_of(graph, block) is not None or entering == leaving
            assert (lesionable(graph)[block.key] == "") == can, name


@pytest.mark.parametrize(
    "changes", [{}, {"merge": "concat"}, {"merge": "gate"}, {"order": "full_preactivation", "shortcut": "B"}]
)
def test_a_lesion_puts_zeros_in_place_of_the_branch_and_skips_what_made_it(changes):
    graph = expand(cifar_spec(14, **changes))
    block = next(b for b in graph.blocks if b.key == "layer2.0")
    merge = merge_of(graph, block)
    lesions = Lesions(frozenset({"layer2.0"}))
    kept = {step.name: step for step in route(graph, lesions)}
    skipped = {step.name: step for step in route(graph, lesions, skipping=True)}
    zero = "layer2.0: zero"
    assert kept[zero].is_zero
    assert kept[merge.key].inputs == (zero, merge.inputs[1])
    assert kept.keys() == {node.key for node in graph.nodes} | {zero}
    gone = kept.keys() - skipped.keys()
    assert "layer2.0.conv2" in gone
    assert all(name.startswith("layer2.0.") for name in gone)
    assert merge.inputs[1] in skipped
    # What a pre-activated projection reads stays.
    assert ("layer2.0.bn1" in gone) == ("order" not in changes)


def test_a_bypassed_plain_block_is_passed_by():
    graph = expand(cifar_spec(14, shortcut="none"))
    steps = route(graph, Lesions(frozenset({"layer1.1", "layer3.1"})), skipping=True)
    inputs = {step.name: step.inputs for step in steps}
    assert not any(name.startswith(("layer1.1.", "layer3.1.")) for name in inputs)
    assert inputs["layer2.0.conv1"] == ("layer1.0.act2",)
    assert inputs["avgpool"] == ("layer3.0.act2",)


def test_blocks_change_places_with_those_of_their_shapes():
    graph = expand(cifar_spec(20))
    assert exchangeable(graph, "layer2.1") == ("layer2.2",)
    # Where nothing changes in the first stage, its first block is as the others.
    assert exchangeable(graph, "layer1.0") == ("layer1.1", "layer1.2")
    assert exchangeable(graph, "layer2.0") == ()
    steps = {step.name: step.inputs for step in route(graph, Lesions(exchanged=(("layer1.0", "layer1.2"),)))}
    assert steps["layer1.2.conv1"] == ("act1",)
    assert steps["layer1.2.add"] == ("layer1.2.bn2", "act1")
    assert steps["layer1.1.conv1"] == ("layer1.2.act2",)
    assert steps["layer1.0.conv1"] == ("layer1.1.act2",)
    assert steps["layer2.0.conv1"] == ("layer1.0.act2",)
    with pytest.raises(InsideError):
        exchangeable(graph, "layer4.0")


def test_lesions_are_false_where_there_are_none():
    assert not INTACT
    assert Lesions(frozenset({"layer1.0"}))
    assert Lesions(exchanged=(("layer1.0", "layer1.1"),))
