"""The reducer alone: no window, no torch, no threads."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

from explorer import engine, state
from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, plain_twin, preset
from explorer.engine import messages
from explorer.engine.messages import (
    BuildModel,
    BuildProgress,
    Cancel,
    Classified,
    Classify,
    ClassifyMany,
    DeviceChosen,
    FailedPicture,
    FetchWeights,
    LoadedPicture,
    ModelBuilt,
    NodeProbed,
    ProbeNode,
    ReadSpec,
    ReadWeights,
    RequestFailed,
    RequestFinished,
    WeightsChoice,
    WeightsFetched,
    WeightsOffer,
)
from explorer.engine.picture_messages import FetchPicture, ForgetPictures, LoadPictures, PicturesLoaded
from explorer.engine.run_messages import ListRuns
from explorer.nets.facts import DeviceInfo, Origin, Prediction
from explorer.state import actions
from explorer.state.actions import (
    AllowFetchPicture,
    AllowFetchWeights,
    CancelWork,
    ChooseWeights,
    Drop,
    EditSpec,
    OpenSpec,
    Redo,
    RemovePicture,
    SelectNode,
    SelectPicture,
    Start,
    StepNode,
    TogglePlainTwin,
    Undo,
)
from explorer.state.reducer.root import HANDLERS
from tests.state.player import BUNDLED, Player


@pytest.fixture
def play():
    player = Player()
    player(Start(sample="cat.jpg"))
    return player


def test_every_action_and_event_has_a_handler():
    def kinds(module, base):
        found = (item for _, item in inspect.getmembers(module, inspect.isclass))
        return {item for item in found if issubclass(item, base) and item is not base}

    said = [module for module in _modules(engine) if module.__name__.endswith("messages")]
    done = [module for module in _modules(state) if module.__name__.endswith("actions")]
    events = set().union(*(kinds(module, messages.Event) for module in said))
    taken = set().union(*(kinds(module, actions.Action) for module in done))
    assert set(HANDLERS) == taken | events


def _modules(package):
    names = (item.name for item in pkgutil.iter_modules(package.__path__))
    found = (name for name in names if name.endswith(("messages", "actions")))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in found]


def test_the_state_needs_neither_torch_nor_qt_nor_numpy():
    code = (
        "import sys, explorer.state.reducer.root, explorer.state.session\n"
        "assert not {'torch', 'PySide6', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_start_builds_the_bundled_net_and_reads_the_sample(play):
    build, load, runs = play.sent
    assert type(runs) is ListRuns
    assert (type(build), build.spec, build.weights.kind) == (
        BuildModel,
        preset("cifar-resnet20").spec,
        "known",
    )
    assert (type(load), load.as_sample) == (LoadPictures, True)


@pytest.mark.parametrize("order", ["picture first", "net first"])
def test_picture_and_net_in_either_order_give_answer_and_maps(play, order):
    if order == "picture first":
        assert play.load(1) == ()
        asked = play.build()
    else:
        assert play.build() == ()
        asked = play.load(1)
    assert [type(request) for request in asked] == [Classify, ProbeNode]
    assert {request.image_id for request in asked} == {1}
    assert asked[1].key == play.state.document.selected


def test_turning_a_knob_builds_and_only_the_last_state_counts(play):
    play.build()
    first = play(EditSpec((("stage_depths", (5, 5, 5)),), "drag"))
    last = play(EditSpec((("stage_depths", (9, 9, 9)),), "drag"))
    assert play.state.net.status == "building"
    late = ModelBuilt(
        ticket=first[0].ticket, column="main", spec=cifar_spec(32), origin=BUNDLED, classes=(), offers=(),
        can_copy=0,
    )  # fmt: skip
    play(late)
    assert play.state.net.status == "building"
    play.build()
    assert play.state.net.status == "ready"
    assert play.state.net.spec == last[0].spec == cifar_spec(56)


def test_a_drag_is_one_step_of_undo(play):
    for n in (4, 5, 6):
        play(EditSpec((("stage_depths", (n, n, n)),), "drag 1"))
    play(EditSpec((("num_classes", 7),)))
    assert len(play.state.history.past) == 2
    play(Undo())
    assert play.state.document.spec == cifar_spec(38)
    asked = play(Undo())
    assert play.state.document.spec == cifar_spec(20)
    assert [type(request) for request in asked] == [BuildModel]
    play(Redo())
    play(Redo())
    assert play.state.document.spec == cifar_spec(38).edited(num_classes=7)
    assert play(Redo()) == ()


def test_a_refused_edit_changes_nothing_and_says_why(play):
    before = play.state.document
    assert play(EditSpec((("cardinality", 3),))) == ()
    assert play.state.document is before
    assert play.state.refusal.field == "cardinality"
    assert "cardinality" in play.state.refusal.cause
    assert play.state.refusal.hint
    play(EditSpec((("num_classes", 5),)))
    assert play.state.refusal is None


def test_answers_of_the_net_before_are_gone_when_the_next_is_live(play):
    play.build()
    play.load(1)
    request = play.newest(Classify)
    seen = np.zeros((32, 32, 3), np.uint8)
    prediction = Prediction("cat", 3, 0.4)
    answer = Classified(
        ticket=request.ticket, column="main", image_id=1, predictions=(prediction,), seen=seen, milliseconds=1
    )
    play(answer)
    assert play.state.answers[1].predictions == (prediction,)
    assert play.state.answers[1].is_weak
    play(EditSpec((("num_classes", 5),)))
    play.build(Origin("untrained", seed=0))
    assert play.state.answers == {}
    play(answer)
    assert play.state.answers == {}, "an answer of the net before arrived late"


def test_the_selected_node_survives_a_turn_of_the_depth_knob(play):
    play(OpenSpec(cifar_spec(56)))
    play(SelectNode("layer2.8.conv2"))
    play(OpenSpec(cifar_spec(20)))
    assert play.state.document.selected == "layer2.2.conv2"
    play(OpenSpec(preset("resnet50").spec))
    assert play.state.document.selected == "layer2.2.conv2"
    play(SelectNode("layer4.2.bn3"))
    play(OpenSpec(cifar_spec(8)))
    assert play.state.document.selected in expand(cifar_spec(8)).by_key


def test_stepping_walks_through_the_nodes_and_stops_at_the_ends(play):
    play.build()
    play.load(1)
    nodes = expand(play.state.document.spec).nodes
    play(SelectNode("conv1"))
    play(StepNode(1))
    assert play.state.document.selected == "bn1"
    play(StepNode(-50))
    assert play.state.document.selected == nodes[0].key
    assert len(play.state.history.past) == 0


def test_the_work_says_how_much_of_the_net_is_built(play):
    request = play.newest(BuildModel)
    before = play.state.net
    play(BuildProgress(ticket=request.ticket, share=0.4))
    (share,) = (work.share for work in play.state.work if work.ticket == request.ticket)
    assert share == 0.4
    assert play.state.net is before


def test_maps_of_an_older_request_are_dropped(play):
    play.build()
    play.load(1)
    old = play.newest(ProbeNode)
    play(SelectNode("conv1"))
    new = play.newest(ProbeNode)
    maps = np.zeros((16, 32, 32), np.float32)
    for request in (old, new):
        play(NodeProbed(ticket=request.ticket, column="main", image_id=1, key=request.key, maps=maps))
        assert (play.state.maps is not None) == (request is new)
    assert play.state.maps.key == "conv1"


def test_the_plain_twin_and_back(play):
    spec = play.state.document.spec.edited(shortcut="B")
    play(OpenSpec(spec))
    play(TogglePlainTwin())
    assert play.state.document.spec == plain_twin(spec)
    play(TogglePlainTwin())
    assert play.state.document.spec == spec


def test_a_drop_replaces_the_sample_and_answers_the_first_before_the_rest(play):
    play.build()
    play.load(1)
    play(Drop(paths=("/a.jpg", "/b.jpg", "/c.jpg")))
    first = play.load(2, done=1, total=3)
    assert [type(request) for request in first] == [ForgetPictures, Classify, ProbeNode]
    rest = play.load(3, 4, done=3, total=3)
    assert play.state.pictures.current == 2
    assert [item.image_id for item in play.state.pictures.items] == [2, 3, 4]
    assert [type(request) for request in rest] == [ClassifyMany]
    assert set(rest[0].image_ids) == {3, 4}


def test_the_sample_never_replaces_what_was_dropped_before_it_came(play):
    sample = play.newest(LoadPictures)
    play(Drop(paths=("/a.jpg",)))
    play.load(2)
    pixels = np.zeros((2, 2, 3), np.uint8)
    late = LoadedPicture(1, "cat.jpg", None, 2, 2, pixels, pixels)
    play(PicturesLoaded(ticket=sample.ticket, loaded=(late,), failed=(), done=1, total=1, as_sample=True))
    assert [item.image_id for item in play.state.pictures.items] == [2]


def test_broken_files_are_named_and_stop_nothing(play):
    play.build()
    play(Drop(paths=("/folder",)))
    bad = FailedPicture(2, "bad.jpg", "bad.jpg is damaged.", "Copy it again.")
    play.load(1, 3, failed=(bad,))
    assert play.state.pictures.current == 1
    assert [item.name for item in play.state.pictures.items] == ["1.png", "bad.jpg", "3.png"]
    notice = play.state.notices[-1]
    assert "bad.jpg is damaged" in notice.message.format(**dict(notice.arguments))


def test_files_are_sorted_by_kind(play):
    sent = play(Drop(paths=("/net.json", "/w.safetensors", "/a.png")))
    assert {type(request) for request in sent} == {ReadSpec, ReadWeights, LoadPictures}
    assert play.state.settings.recent[:3] == ("/net.json", "/w.safetensors", "/a.png")


def test_a_remote_picture_is_fetched_only_after_a_yes(play):
    assert play(Drop(addresses=("https://example.org/a.jpg",))) == ()
    notice = play.state.notices[-1]
    assert notice.severity == "question"
    action = notice.actions[0].action
    assert action == AllowFetchPicture("https://example.org/a.jpg")
    assert [type(request) for request in play(action)] == [FetchPicture]


def test_weights_are_fetched_after_a_yes_and_used_when_here(play):
    offer = WeightsOffer("resnet18-v1", "ResNet-18, ImageNet", 45, False)
    play(OpenSpec(preset("resnet18").spec))
    play.build(Origin("untrained", seed=0), offers=(offer,))
    (fetch,) = play(AllowFetchWeights("resnet18-v1"))
    assert isinstance(fetch, FetchWeights)
    assert play.state.work[-1].kind == "FetchWeights"
    (build,) = play(WeightsFetched(ticket=fetch.ticket, name="resnet18-v1"))
    assert build.weights == WeightsChoice("named", "resnet18-v1")


def test_weights_that_do_not_load_are_given_up_so_that_a_net_lives(play):
    play.build()
    (build,) = play(ChooseWeights(WeightsChoice("file", "/bad.pth")))
    asked = play(
        RequestFailed(
            ticket=build.ticket, kind="BuildModel", message="{why}", hint="", arguments=(("why", "x"),)
        )
    )
    assert [request.weights.kind for request in asked] == ["known"]
    assert play.state.notices[-1].severity == "error"
    play.build()
    assert play.state.net.status == "ready"


def test_when_the_engine_moves_by_itself_the_net_is_built_again(play):
    gpu, cpu = DeviceInfo("cuda:0", "GPU"), DeviceInfo("cpu", "CPU")
    assert play(DeviceChosen(device=gpu, devices=(gpu, cpu))) == ()
    play.build()
    asked = play(DeviceChosen(device=cpu, devices=(cpu,), reason="GPU failed"))
    assert [type(request) for request in asked] == [BuildModel]
    assert play.state.notices[-1].severity == "warning"


def test_work_is_shown_until_it_ends_and_can_be_stopped(play):
    build, load, runs = play.sent
    assert type(runs) is ListRuns
    assert [work.ticket for work in play.state.work] == [build.ticket, load.ticket]
    (cancel,) = play(CancelWork(load.ticket))
    assert isinstance(cancel, Cancel)
    assert cancel.cancelled == load.ticket
    play(RequestFinished(ticket=build.ticket))
    assert [work.ticket for work in play.state.work] == [load.ticket]


def test_removing_the_current_picture_looks_at_its_neighbour(play):
    play.build()
    play(Drop(paths=("/a", "/b", "/c")))
    play.load(2, 3, 4)
    play(SelectPicture(3))
    play(RemovePicture(3))
    assert play.state.pictures.current == 4
    play(RemovePicture(4))
    assert play.state.pictures.current == 2
    play(RemovePicture(2))
    assert play.state.pictures.current is None
    assert play.state.maps is None
