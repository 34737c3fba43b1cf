"""The graph's arithmetic: what folds, where it stands, what connects it, how it is searched."""

from itertools import pairwise

import pytest

from explorer.arch.cost import cost_of
from explorer.arch.expand import expand
from explorer.arch.presets import preset, presets
from explorer.present.folds import carried_over, default_unfolded, everything, id_path, runs
from explorer.present.layout import CENTRE_X, WIDTH, lay_out
from explorer.present.layout_walk import box_for, neighbour, top_of
from explorer.present.search import search

NAMES = ["cifar-resnet20", "resnet50", "resnet152", "resnext50_32x4d", "plain34", "cifar-plain20"]


def graph_of(name, **changes):
    spec = preset(name).spec
    return expand(spec.edited(**changes) if changes else spec)


def laid_out(name, unfolded=None, **changes):
    graph = graph_of(name, **changes)
    return lay_out(graph, default_unfolded(graph) if unfolded is None else unfolded)


def box_ids(layout):
    return [box.id for box in layout.boxes]


# Folds


def test_runs_set_the_shape_changing_block_apart():
    ids = [run.id for run in runs(graph_of("resnet152"))]
    expected = "layer1.0 layer1.1-2 layer2.0 layer2.1-7 layer3.0 layer3.1-35 layer4.0 layer4.1-2"
    assert ids == expected.split()


def test_first_stage_of_a_cifar_net_is_one_group():
    assert next(run.id for run in runs(graph_of("cifar-resnet20"))) == "layer1.0-2"


@pytest.mark.parametrize("name", NAMES)
def test_runs_hold_every_block_once(name):
    graph = graph_of(name)
    assert tuple(block for run in runs(graph) for block in run.blocks) == graph.blocks


def test_id_path_leads_to_nodes_and_blocks():
    graph = graph_of("resnet152")
    assert id_path(graph, "layer3.7.conv2") == ("layer3", "layer3.1-35", "layer3.7")
    assert id_path(graph, "layer3.0.conv2") == ("layer3", "layer3.0")
    assert id_path(graph, "layer3.7") == ("layer3", "layer3.1-35")
    assert id_path(graph, "layer3.0") == ("layer3",)
    assert id_path(graph, "conv1") == ()
    assert id_path(graph, "nothing") == ()


@pytest.mark.parametrize("name", NAMES)
def test_id_path_makes_every_node_visible_from_wholly_folded(name):
    graph = graph_of(name)
    for node in graph.nodes[:: max(1, len(graph.nodes) // 25)]:
        box = box_for(lay_out(graph, frozenset(id_path(graph, node.key))), node.key)
        assert box.id == node.key


def test_folds_are_carried_over_an_edit():
    before, after = graph_of("resnet50"), graph_of("resnet101")
    kept = carried_over(frozenset({"layer1", "layer1.0", "layer3.1-5"}), before, after)
    assert kept == {"layer1", "layer1.0"}
    assert carried_over(everything(before), before, after) == everything(after)


def test_a_new_stage_starts_open():
    before, after = graph_of("cifar-resnet20"), graph_of("resnet18")
    assert carried_over(frozenset({"layer1"}), before, after) == {"layer1", "layer4"}


# Layout


def test_default_fold_of_resnet50():
    layout = laid_out("resnet50")
    titles = [(box.title, box.subtitle) for box in layout.boxes if box.parent == "layer3"]
    kernels = "1×1, 256 · 3×3, 256 · 1×1, 1024"
    assert titles == [("Bottleneck", kernels), ("Bottleneck ×5", kernels)]
    band = layout.bands[2]
    assert (band.id, band.title, band.shape, band.n_blocks) == ("layer3", "Stage 3", "1024 × 14 × 14", 6)


def test_folded_stage_is_one_box_that_stands_for_its_last_node():
    layout = laid_out("resnet152", frozenset())
    box = box_for(layout, "layer3.7.conv2")
    assert (box.id, box.kind, box.title, box.n_blocks) == ("layer3", "stage", "Bottleneck ×36", 36)
    assert box.key == "layer3.35.act3"
    assert box.unfolds
    assert not any(band.is_open for band in layout.bands)
    assert not layout.arcs


@pytest.mark.parametrize("name", list(presets()))
def test_every_node_has_one_box_and_every_parameter_is_counted(name):
    graph = graph_of(name)
    for unfolded in (frozenset(), default_unfolded(graph), everything(graph)):
        layout = lay_out(graph, unfolded)
        assert sum(box.parameters for box in layout.boxes) == cost_of(preset(name).spec).parameters
        assert sum(box.stop - box.start for box in layout.boxes) == len(graph.nodes)
        assert all(box_for(layout, node.key) is not None for node in graph.nodes)
    assert set(box_ids(layout)) == set(graph.by_key)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fold", ["stages", "default", "mixed", "everything"])
def test_nothing_overlaps_and_all_is_inside(name, fold):
    graph = graph_of(name)
    mixed = default_unfolded(graph) | {"layer2.0", "layer1.0-2", "layer2.1-3", "layer2.2", "layer1.1"}
    chosen = {
        "stages": frozenset(),
        "default": default_unfolded(graph),
        "mixed": mixed,
        "everything": everything(graph),
    }
    layout = lay_out(graph, chosen[fold])
    for lane in ("main", "side"):
        boxes = [box for box in layout.boxes if box.lane == lane]
        for upper, lower in pairwise(boxes):
            assert upper.bottom + 8 <= lower.y
    main_right = max(box.right for box in layout.boxes if box.lane == "main" and box.kind == "node")
    assert all(box.x > main_right for box in layout.boxes if box.lane == "side")
    for box in layout.boxes:
        assert box.x >= 0
        assert box.right <= WIDTH
        assert box.bottom <= layout.height
        assert box.y % 8 == 0
        if box.lane == "main":
            assert box.x + box.w / 2 == CENTRE_X
    frames = {frame.id: frame for frame in layout.frames}
    bands = {band.id: band for band in layout.bands}
    for box in layout.boxes:
        holder = frames.get(box.parent) or bands.get(box.parent)
        assert box.parent is None or holder.y < box.y
        assert box.parent is None or box.bottom < holder.bottom
    for frame in layout.frames:
        groups = [other for other in layout.frames if other.kind == "group" and frame.kind == "block"]
        for holder in (*groups, *layout.bands):
            is_inside = holder.y < frame.y and frame.bottom < holder.bottom
            assert is_inside or frame.bottom < holder.y or holder.bottom < frame.y
    for upper, lower in pairwise(layout.bands):
        assert upper.bottom + 16 <= lower.y


@pytest.mark.parametrize("name", NAMES)
def test_main_path_is_linked_from_input_to_output(name):
    graph = graph_of(name)
    for unfolded in (default_unfolded(graph), everything(graph)):
        layout = lay_out(graph, unfolded)
        main = [box for box in layout.boxes if box.lane == "main"]
        ends = [(upper.bottom, lower.y) for upper, lower in pairwise(main)]
        assert [(link.y, link.bottom) for link in layout.links] == ends
        assert all(link.bottom > link.y for link in layout.links)


def test_shapes_stand_where_they_change_and_between_stages():
    layout = laid_out("cifar-resnet20")
    main = pairwise(box.id for box in layout.boxes if box.lane == "main")
    labels = dict(zip(main, (link.label for link in layout.links), strict=True))
    assert labels["input", "conv1"] == "3 × 32 × 32"
    assert labels["conv1", "bn1"] == "16 × 32 × 32"
    assert labels["bn1", "act1"] == ""
    assert labels["act1", "layer1.0-2"] == "16 × 32 × 32"
    assert labels["layer2.0", "layer2.1-2"] == "32 × 16 × 16"
    assert labels["layer2.1-2", "layer3.0"] == "32 × 16 × 16"
    assert labels["flatten", "fc"] == "64"


def test_options_of_shortcuts_are_told_apart():
    def arcs(name, **changes):
        return {arc.target: (arc.style, arc.label) for arc in laid_out(name, **changes).arcs}

    assert arcs("cifar-resnet20")["layer2.0"] == ("padded", "A: zero-padded")
    assert arcs("cifar-resnet20")["layer2.1-2"] == ("identity", "identity")
    assert arcs("resnet50")["layer2.0"] == ("projection", "B: projection")
    assert arcs("cifar-resnet20", shortcut="C")["layer1.0-2"] == ("projection", "C: projection")
    assert arcs("plain34") == {}
    own = arcs("cifar-resnet20", overrides=("1.0=projection",))
    assert own["layer1.0"] == ("projection", "projection")
    assert own["layer2.0"] == ("padded", "A: zero-padded")
    # Every block changes the shape: options B and C are the same there.
    assert arcs("tutorial-keras-five-stages")["layer3.0"] == ("projection", "projection")


def test_a_folded_block_says_its_attention():
    titles = [box.title for box in laid_out("cbam_resnet50").boxes if box.parent == "layer3"]
    assert titles == ["Bottleneck · CBAM", "Bottleneck · CBAM ×5"]
    opened = laid_out("se_resnet50", frozenset({"layer2", "layer2.0"}))
    assert "Bottleneck · SE" in [frame.title for frame in opened.frames]


def test_open_block_shows_its_shortcut_beside_it():
    layout = laid_out("resnet50", frozenset({"layer2", "layer2.0"}))
    side = [box.id for box in layout.boxes if box.lane == "side"]
    assert side == ["layer2.0.downsample.0", "layer2.0.downsample.1"]
    ways = [(arc.source, arc.target) for arc in layout.arcs if "layer2.0." in arc.target]
    assert ways == [
        ("layer1", "layer2.0.downsample.0"),
        ("layer2.0.downsample.0", "layer2.0.downsample.1"),
        ("layer2.0.downsample.1", "layer2.0.add"),
    ]
    assert [frame.id for frame in layout.frames] == ["layer2.0"]


def test_open_identity_block_has_one_arc_into_its_addition():
    layout = laid_out("cifar-resnet20", frozenset({"layer1", "layer1.0-2", "layer1.1"}))
    arc = next(arc for arc in layout.arcs if arc.target == "layer1.1.add")
    assert (arc.source, arc.style) == ("layer1.0", "identity")
    add = box_for(layout, "layer1.1.add")
    assert arc.points[-1] == (add.right, add.middle)


# Ways through it


def test_top_of_a_fold_is_the_same_folded_and_open():
    graph = graph_of("resnet50")
    folded = lay_out(graph, default_unfolded(graph))
    for fold in ("layer1.0", "layer2.1-3", "layer2"):
        opened = lay_out(graph, default_unfolded(graph) ^ {fold})
        assert top_of(opened, fold) == top_of(folded, fold)
    assert top_of(folded, "nothing") is None


def test_neighbours_go_down_the_main_path_and_back():
    layout = laid_out("resnet50", frozenset({"layer1", "layer1.0"}))
    way = [None]
    while (box := neighbour(layout, way[-1], "down")) is not None:
        way.append(box.id)
    assert way[1:] == [box.id for box in layout.boxes if box.lane == "main"]
    assert neighbour(layout, way[3], "up").id == way[2]
    assert neighbour(layout, "input", "up") is None
    assert neighbour(layout, "fc", "first").id == "input"
    assert neighbour(layout, "fc", "last").id == "output"


def test_neighbours_cross_to_the_shortcut_and_back():
    layout = laid_out("resnet50", frozenset({"layer1", "layer1.0"}))
    assert neighbour(layout, "layer1.0.bn1", "side").id == "layer1.0.downsample.1"
    assert neighbour(layout, "layer1.0.downsample.0", "down").id == "layer1.0.downsample.1"
    assert neighbour(layout, "layer1.0.downsample.0", "main").id == "layer1.0.conv1"
    assert neighbour(layout, "layer1.0.downsample.0", "up").id == "maxpool"
    assert neighbour(layout, "layer1.0.downsample.1", "down").id == "layer1.0.add"
    assert neighbour(layout, "conv1", "side") is None


# Search


def test_search_by_key_operation_and_kernel():
    graph = graph_of("resnet50")
    assert search(graph, "layer3.4.conv2") == ["layer3.4.conv2"]
    assert search(graph, "LAYER4.2")[0] == "layer4.2"
    assert search(graph, "7x7") == search(graph, "7×7 conv") == ["conv1"]
    assert len(search(graph, "batch norm")) == 53
    assert search(graph, "3x3 512 /2") == ["layer4.0.conv2"]
    assert search(graph, "   ") == []
    assert search(graph, "lstm") == []


def test_search_by_block_type_and_in_keras_words():
    graph = graph_of("resnet50")
    assert len(search(graph, "bottleneck")) == 16
    projecting = ["layer1.0", "layer2.0", "layer3.0", "layer4.0"]
    for words in ("ConvBlock", "conv_block", "Conv Block", "projection"):
        assert search(graph, words) == projecting
    assert len(search(graph, "IdentityBlock")) == 12
    assert search(graph_of("cifar-resnet20"), "option A") == ["layer2.0", "layer3.0"]


def test_blocks_that_only_differ_in_their_drop_rate_are_folded_together():
    graph = expand(preset("cifar-stochastic-depth110").spec)
    assert [run.id for run in runs(graph)] == [
        "layer1.0-17",
        "layer2.0",
        "layer2.1-17",
        "layer3.0",
        "layer3.1-17",
    ]
