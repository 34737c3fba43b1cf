"""The real engine with its real handlers, driven from outside as the window does."""

import queue
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from PIL import Image

from explorer import boot
from explorer.arch.presets import cifar_spec, preset
from explorer.engine.handlers.io_table import IO_HANDLERS
from explorer.engine.messages import (
    BuildModel,
    BuildProgress,
    Cancel,
    Classified,
    Classify,
    ClassifyMany,
    DeviceChosen,
    EngineReady,
    FetchWeights,
    ManyClassified,
    ModelBuilt,
    NodeProbed,
    Priority,
    ProbeNode,
    Request,
    RequestFailed,
    RequestFinished,
    WeightsChoice,
)
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.run_messages import DeleteRuns, EditRun, ListRuns, RestoreRuns, RunsListed
from explorer.engine.worker import Engine
from explorer.runs.store import RunStore

LIMIT_S = 60


class Listener:
    """Collects events, and waits for one."""

    def __init__(self):
        self.events = queue.Queue()
        self.seen = []
        self.threads = set()
        self._answers = []

    def __call__(self, event):
        self.threads.add(threading.current_thread().name)
        for answer in [each for each in self._answers if each[0](event)]:
            self._answers.remove(answer)
            answer[1]()
        self.events.put(event)

    def answer(self, kind, act, ticket=None):
        """Act once, on the first such event, before the engine goes on: no machine is too slow for that."""
        self._answers.append((lambda event: isinstance(event, kind) and ticket in (None, event.ticket), act))

    def until(self, condition):
        for event in self.seen:
            if condition(event):
                return event
        while True:
            event = self.events.get(timeout=LIMIT_S)
            self.seen.append(event)
            if condition(event):
                return event

    def first(self, kind, ticket=None):
        return self.until(lambda event: isinstance(event, kind) and ticket in (None, event.ticket))


@pytest.fixture
def engine():
    listener = Listener()
    engine = Engine(listener, "cpu")
    engine.start()
    engine.listener = listener
    yield engine
    assert engine.stop(), "the compute thread did not end"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.png"
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return str(path)


def _load(engine, ticket, *paths):
    engine.send(LoadPictures(ticket=ticket, paths=paths))
    engine.listener.first(RequestFinished, ticket)
    found = [
        event
        for event in engine.listener.seen
        if isinstance(event, PicturesLoaded) and event.ticket == ticket
    ]
    return [item for event in found for item in event.loaded], [
        item for event in found for item in event.failed
    ]


def test_the_pool_begins_nothing_while_torchs_libraries_are_loaded(monkeypatch, photo):
    listener, began, early = Listener(), threading.Event(), []
    engine, load, load_pictures = (
        Engine(listener, "cpu"),
        boot.load_torch_libraries,
        IO_HANDLERS[LoadPictures],
    )

    def noted(request, context):
        began.set()
        yield from load_pictures(request, context)

    def watched():
        engine.send(LoadPictures(ticket=1, paths=(photo,)))
        early.append(began.wait(1))
        return load()

    monkeypatch.setitem(IO_HANDLERS, LoadPictures, noted)
    monkeypatch.setattr(boot, "load_torch_libraries", watched)
    engine.start()
    listener.first(RequestFinished, 1)
    assert engine.stop()
    assert early == [False]
    assert any(isinstance(event, PicturesLoaded) for event in listener.seen)


def test_torch_is_loaded_on_the_compute_thread_and_a_device_chosen(engine):
    assert engine.listener.first(EngineReady).torch_version
    assert engine.listener.first(DeviceChosen).device.name == "cpu"
    assert engine.listener.threads == {"compute"}


def test_a_photo_goes_through_a_live_net_to_prediction_and_maps(engine, photo):
    (picture,), failed = _load(engine, 1, photo)
    assert not failed
    assert (picture.width, picture.height, picture.name) == (64, 48, "photo.png")
    engine.send(BuildModel(ticket=2, spec=cifar_spec(8), weights=WeightsChoice("untrained")))
    built = engine.listener.first(ModelBuilt, 2)
    assert built.origin.kind == "untrained"
    engine.send(Classify(ticket=3, image_id=picture.image_id))
    answer = engine.listener.first(Classified, 3)
    assert len(answer.predictions) == 5
    assert answer.seen.shape == (32, 32, 3)
    assert 0 < sum(item.probability for item in answer.predictions) <= 1.0001
    engine.send(ProbeNode(ticket=4, image_id=picture.image_id, key="layer2.0.add"))
    maps = engine.listener.first(NodeProbed, 4).maps
    assert maps.shape == (32, 16, 16)
    assert not maps.flags.writeable


def test_turning_a_knob_quickly_builds_only_the_last_state():
    listener = Listener()
    engine = Engine(listener, "cpu")
    # What is asked before it starts comes faster than any hand.
    for ticket, depth in enumerate((110, 104, 98, 92, 8), start=10):
        engine.send(BuildModel(ticket=ticket, spec=cifar_spec(depth), weights=WeightsChoice("untrained")))
    engine.start()
    assert listener.first(ModelBuilt).spec == cifar_spec(8)
    assert engine.stop()
    assert not [event for event in listener.seen if isinstance(event, ModelBuilt) and event.ticket < 14]


def test_a_build_under_way_gives_way_to_the_next(engine):
    following = BuildModel(ticket=2, spec=cifar_spec(8), weights=WeightsChoice("untrained"))
    engine.listener.answer(BuildProgress, lambda: engine.send(following), 1)
    engine.send(BuildModel(ticket=1, spec=preset("resnet152").spec, weights=WeightsChoice("untrained")))
    progress = engine.listener.first(BuildProgress, 1)
    assert 0 < progress.share < 1
    assert engine.listener.first(ModelBuilt).ticket == 2


def test_a_build_can_be_stopped(engine):
    engine.listener.answer(BuildProgress, lambda: engine.send(Cancel(ticket=2, cancelled=1)), 1)
    engine.send(BuildModel(ticket=1, spec=preset("resnet152").spec, weights=WeightsChoice("untrained")))
    assert engine.listener.first(RequestFailed, 1).is_cancelled
    engine.listener.first(RequestFinished, 1)
    assert not [event for event in engine.listener.seen if isinstance(event, ModelBuilt)]


def test_the_thread_lives_on_after_any_failure(engine, tmp_path):
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no weights here")
    engine.send(BuildModel(ticket=1, spec=cifar_spec(8), weights=WeightsChoice("file", str(bad))))
    failure = engine.listener.first(RequestFailed, 1)
    assert failure.kind == "BuildModel"
    assert failure.hint
    assert "bad.safetensors" in failure.message.format(**dict(failure.arguments))
    engine.send(BuildModel(ticket=2, spec=cifar_spec(8), weights=WeightsChoice("untrained")))
    assert engine.listener.first(ModelBuilt, 2)
    engine.send(Classify(ticket=3, image_id=999))
    assert engine.listener.first(RequestFailed, 3).hint
    engine.send(ProbeNode(ticket=4, image_id=999, key="no.such.node"))
    assert engine.listener.first(RequestFailed, 4)
    engine.send(BuildModel(ticket=5, spec=cifar_spec(14), weights=WeightsChoice("untrained")))
    assert engine.listener.first(ModelBuilt, 5)


def test_a_device_that_stops_working_is_left_for_the_cpu(engine):
    chosen = engine.listener.first(DeviceChosen)
    # The meta device computes nothing, as a GPU that fell off its bus.
    engine._context.device = torch.device("meta")
    engine.send(BuildModel(ticket=1, spec=cifar_spec(8), column=None, weights=WeightsChoice("named", None)))
    moved = engine.listener.until(lambda event: isinstance(event, DeviceChosen) and event is not chosen)
    assert moved.device.name == "cpu"
    assert "the CPU is used" in moved.reason
    engine.send(BuildModel(ticket=2, spec=cifar_spec(8), weights=WeightsChoice("untrained")))
    assert engine.listener.first(ModelBuilt, 2)


def test_what_fits_is_copied_from_the_trained_net_before(engine, tmp_path):
    engine.send(BuildModel(ticket=1, spec=cifar_spec(20)))
    before = engine.listener.first(ModelBuilt, 1)
    assert before.origin.kind == "bundled"
    assert before.classes[3] == "cat"
    wider = cifar_spec(20).edited(num_classes=7)
    engine.send(BuildModel(ticket=2, spec=wider))
    untrained = engine.listener.first(ModelBuilt, 2)
    assert untrained.origin.kind == "untrained"
    assert untrained.can_copy > 90
    engine.send(BuildModel(ticket=3, spec=wider, weights=WeightsChoice("copied")))
    origin = engine.listener.first(ModelBuilt, 3).origin
    assert (origin.kind, origin.copied, origin.is_trained) == ("copied", untrained.can_copy, False)
    assert origin.tensors == untrained.can_copy + 2, "all but the classifier's two"
    # A column has no network before it, and nothing is kept for one.
    engine.send(BuildModel(ticket=4, spec=wider, weights=WeightsChoice("copied"), column="c1"))
    beside = engine.listener.first(ModelBuilt, 4)
    assert (beside.origin.kind, beside.can_copy) == ("untrained", 0)


def test_broken_pictures_are_named_and_the_others_read(engine, photo, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    loaded, failed = _load(engine, 1, str(broken), photo, str(tmp_path / "gone.png"))
    assert [item.name for item in loaded] == ["photo.png"]
    assert {item.name for item in failed} == {"broken.jpg", "gone.png"}
    assert all(item.cause and item.hint for item in failed)


def test_an_empty_folder_says_what_to_drop(engine, tmp_path):
    engine.send(LoadPictures(ticket=1, paths=(str(tmp_path),)))
    assert "PNG" in engine.listener.first(RequestFailed, 1).hint


def test_many_pictures_are_answered_while_one_is_looked_at(engine, photo):
    loaded, _ = _load(engine, 1, *[photo] * 1, photo)
    ids = tuple(item.image_id for item in loaded)
    engine.send(BuildModel(ticket=2, spec=cifar_spec(8), weights=WeightsChoice("untrained")))
    engine.listener.first(ModelBuilt, 2)
    engine.send(ClassifyMany(ticket=3, image_ids=ids))
    engine.listener.first(RequestFinished, 3)
    answers = [
        answer
        for event in engine.listener.seen
        if isinstance(event, ManyClassified)
        for answer in event.answers
    ]
    assert {image_id for image_id, _ in answers} == set(ids)


def test_unknown_weights_are_refused_by_name(engine):
    engine.send(FetchWeights(ticket=1, name="no-such-weights"))
    failure = engine.listener.first(RequestFailed, 1)
    assert "no-such-weights" in failure.message.format(**dict(failure.arguments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Learn(Request):
    priority: ClassVar[Priority] = Priority.TRAINING


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Request):
    priority: ClassVar[Priority] = Priority.BATCH


@dataclass(frozen=True, slots=True, kw_only=True)
class Click(Request):
    pass


def test_a_training_and_long_work_take_turns_and_a_click_goes_before_both():
    done = []
    engine = Engine(lambda event: None)
    ended = time.perf_counter()

    def learn(request, context):
        for step in range(4):
            done.append("step")
            if step == 0:
                engine._mailbox.put(Sweep(ticket=2))
            if step == 1:
                engine._mailbox.put(Click(ticket=3))
            yield None

    def sweep(request, context):
        nonlocal ended
        for _ in range(3):
            done.append("sweep")
            # Slower than the step before it, however slow that was, so that one slice is a turn.
            began = time.perf_counter()
            while time.perf_counter() - began <= began - ended:
                pass
            ended = time.perf_counter()
            yield None

    def click(request, context):
        done.append("click")
        yield None

    engine._handlers = {Learn: learn, Sweep: sweep, Click: click}
    engine._answer(Learn(ticket=1))
    assert done == ["step", "sweep", "step", "click", "sweep", "step", "sweep", "step"]


def test_long_work_that_outlasts_the_training_comes_to_its_end():
    done = []
    engine = Engine(done.append)

    def learn(request, context):
        engine._mailbox.put(Sweep(ticket=2))
        yield None

    def sweep(request, context):
        for share in range(5):
            yield BuildProgress(ticket=request.ticket, share=share / 5)

    engine._handlers = {Learn: learn, Sweep: sweep}
    engine._answer(Learn(ticket=1))
    assert [event.share for event in done if isinstance(event, BuildProgress)] == [0.0, 0.2, 0.4, 0.6, 0.8]
    assert {event.ticket for event in done if isinstance(event, RequestFinished)} == {1, 2}


def test_what_was_brought_back_or_noted_is_so_though_the_program_ends_before_its_turn(monkeypatch, tmp_path):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path))
    told, end, heard = threading.Semaphore(0), threading.Event(), []

    def emit(event):
        heard.append(event)
        if isinstance(event, RunsListed) and event.ticket in (1, 2):
            # Both threads of the pool have something to do.
            told.release()
            end.wait(LIMIT_S)

    with RunStore() as store:
        made = [store.create(spec="{}", plan="{}", data="digits", origin="{}") for _ in range(2)]
        for run in made:
            store.set_status(run.id, "stopped")
    engine = Engine(emit, "cpu")
    try:
        engine.send(DeleteRuns(ticket=1, runs=(made[0].id,)))
        told.acquire(timeout=LIMIT_S)
        engine.send(ListRuns(ticket=2))
        told.acquire(timeout=LIMIT_S)
        engine.send(RestoreRuns(ticket=3, runs=(made[0].id,)))
        engine.send(EditRun(ticket=4, run=made[1].id, note="the good one"))
        # The first of the pool's threads is still telling, of what it has done.
        threading.Timer(0.2, end.set).start()
        assert engine.stop()
        # A window and the program that ends both stop it; what lasts is done once.
        n_told = len(heard)
        assert engine.stop()
        assert len(heard) == n_told
    finally:
        end.set()
    with RunStore() as store:
        assert {run.id: run.note for run in store.runs()} == {made[0].id: "", made[1].id: "the good one"}
