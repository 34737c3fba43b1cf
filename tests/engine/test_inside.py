"""What is found inside a network, asked of the real engine with the bundled net."""

import gc
import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.arch.expand import expand
from explorer.arch.lesions import Lesions
from explorer.arch.presets import plain_twin, preset
from explorer.engine.data_messages import DataOpened, OpenData
from explorer.engine.inside_messages import (
    Attribute,
    Attributed,
    ChannelsRanked,
    FindingsRead,
    KernelsRead,
    Meter,
    Metered,
    NumberRead,
    RankChannels,
    ReadFindings,
    ReadKernels,
    ReadNumber,
    WalkWritten,
    WriteWalk,
)
from explorer.engine.messages import (
    BuildModel,
    Classified,
    Classify,
    ClassifyMany,
    EngineReady,
    ManyClassified,
    ModelBuilt,
    NodeProbed,
    ProbeNode,
    RequestFailed,
)
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.sample_messages import (
    CostMeasured,
    Decide,
    Decided,
    Embed,
    Embedded,
    Excite,
    Excited,
    FitProbes,
    FlowGradients,
    GradientsFlowed,
    LesionsTested,
    MeasureCost,
    MeterSample,
    PoolSample,
    ProbesFitted,
    SampleChoice,
    SamplePooled,
    SweepLesions,
    Swept,
    TestLesions,
)
from explorer.engine.worker import Engine
from explorer.nets import catalogue
from tests.engine.test_worker import Listener

SPEC = preset("cifar-resnet20").spec
SAMPLE = SampleChoice("digits", 32, 60)
LESION = Lesions(frozenset({"layer1.1"}))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_EXPLORER_HOME", str(tmp_path_factory.mktemp("home")))
        listener = Listener()
        engine = Engine(listener)
        engine.listener = listener
        tickets = itertools.count(1)

        def ask(kind, answer, **fields):
            ticket = next(tickets)
            engine.send(kind(ticket=ticket, **fields))
            return listener.first(answer, ticket)

        engine.ask = ask
        engine.start()
        listener.first(EngineReady)
        ask(BuildModel, ModelBuilt, spec=SPEC)
        ask(OpenData, DataOpened, data="digits", input_size=32)
        yield engine
        assert engine.stop()


@pytest.fixture(scope="module")
def image_id(engine, tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "noise.png"
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return engine.ask(LoadPictures, PicturesLoaded, paths=(str(path),)).loaded[0].image_id


METHODS = ("grad_cam", "grad_cam_plus_plus", "saliency", "integrated_gradients", "occlusion")


@pytest.mark.parametrize("method", METHODS)
def test_each_method_explains_the_likeliest_class_of_the_picture(engine, image_id, method):
    key = "layer3.2.add" if method.startswith("grad") else ""
    answer = engine.ask(Attribute, Attributed, image_id=image_id, method=method, key=key)
    first = engine.ask(Classify, Classified, image_id=image_id).predictions[0]
    assert answer.attribution.label == first.index
    assert answer.attribution.heat.shape == (32, 32)
    assert not answer.attribution.heat.flags.writeable


def test_a_node_without_maps_is_refused_with_a_remedy(engine, image_id):
    failed = engine.ask(Attribute, RequestFailed, image_id=image_id, method="grad_cam", key="fc")
    assert failed.hint


def test_lesions_change_answers_and_maps_and_leave_the_net_as_it_was(engine, image_id):
    before = engine.ask(Classify, Classified, image_id=image_id).predictions
    lesioned = engine.ask(Classify, Classified, image_id=image_id, lesions=LESION).predictions
    assert [one.probability for one in lesioned] != [one.probability for one in before]
    many = engine.ask(ClassifyMany, ManyClassified, image_ids=(image_id,), lesions=LESION)
    assert many.answers[0][1] == lesioned
    intact = engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="layer1.1.add").maps
    bypassed = engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="layer1.1.add", lesions=LESION).maps
    entering = engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="layer1.0.act2").maps
    np.testing.assert_allclose(bypassed, entering, atol=1e-5)
    assert not np.allclose(intact, entering)
    assert engine.ask(Classify, Classified, image_id=image_id).predictions == before


def test_numbers_weights_and_channels_of_a_node(engine, image_id):
    number = engine.ask(ReadNumber, NumberRead, image_id=image_id, key="conv1", place=(3, 5, 7)).number
    maps = engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="conv1").maps
    assert number.made.value == pytest.approx(maps[3, 5, 7], abs=1e-4)
    assert engine.ask(ReadKernels, KernelsRead, key="conv1").weights.shape == (16, 3, 3, 3)
    assert "no kernels" in engine.ask(ReadKernels, RequestFailed, key="act1").message
    ranked = engine.ask(RankChannels, ChannelsRanked, image_id=image_id, key="layer2.1.add")
    assert ranked.relevance.shape == (32,)


def test_the_residual_meter_of_a_picture_and_of_a_sample(engine, image_id):
    one = engine.ask(Meter, Metered, image_id=image_id).meter
    many = engine.ask(MeterSample, Metered, sample=SAMPLE).meter
    assert (one.images, many.images) == (1, 60)
    assert [block.key for block in many.blocks] == [block.key for block in expand(SPEC).blocks]
    assert len(many.layers) == 19


def test_gradients_of_the_net_and_of_others_at_their_start(engine):
    others = (("plain twin", plain_twin(SPEC)), ("at its start", SPEC))
    flows = engine.ask(FlowGradients, GradientsFlowed, sample=SAMPLE, others=others).flows
    assert [title for title, _ in flows] == ["now", "plain twin", "at its start"]
    assert {len(flow.layers) for _, flow in flows} == {20}


def test_a_sweep_bypasses_each_block_and_is_told_as_it_goes(engine):
    last = engine.ask(SweepLesions, Swept, sample=SAMPLE)
    done = engine.listener.until(lambda event: isinstance(event, Swept) and event.is_done)
    assert len(last.sweep.blocks) == 1
    assert len(done.sweep.blocks) == 9
    # Digits are no classes of the net: what stays the same is counted.
    assert not done.knows_truth
    assert done.sweep.intact.accuracy == 1.0
    tested = engine.ask(TestLesions, LesionsTested, lesions=LESION, sample=SAMPLE)
    swept = next(block for block in done.sweep.blocks if block.key == "layer1.1")
    assert tested.knowledge.accuracy == pytest.approx(swept.knowledge.accuracy)


def test_probes_decide_and_embeddings_place_the_picture(engine, image_id):
    # What was found before goes with its network.
    engine.ask(BuildModel, ModelBuilt, spec=SPEC)
    assert "no linear probes" in engine.ask(Decide, RequestFailed, image_id=image_id).message
    pooled = engine.ask(PoolSample, SamplePooled, sample=SampleChoice("digits", 32, 200))
    assert (len(pooled.keys), pooled.thumbnails.shape) == (9, (200, 32, 32, 3))
    fitted = engine.ask(FitProbes, ProbesFitted)
    accuracies = dict(fitted.accuracies)
    assert max(accuracies.values()) > 0.6
    decided = engine.ask(Decide, Decided, image_id=image_id)
    assert decided.probabilities.shape == (9, 10)
    np.testing.assert_allclose(decided.probabilities.sum(1), 1, atol=1e-4)
    placed = engine.ask(Embed, Embedded, method="pca", key="", image_ids=(image_id,))
    assert placed.points.shape == (200, 2)
    assert placed.placed[0][0] == image_id


def test_pictures_are_placed_among_a_sample_without_any_probe(engine, image_id, monkeypatch):
    context = engine._context
    monkeypatch.setattr(context, "probes", {})
    gone = 999
    choice = SampleChoice("digits", 32, 60)
    engine.ask(PoolSample, SamplePooled, sample=choice, image_ids=(image_id, gone))
    placed = engine.ask(Embed, Embedded, method="pca", key="", image_ids=(image_id, gone))
    assert [one[0] for one in placed.placed] == [image_id]
    again = engine.ask(Embed, Embedded, method="pca", key=placed.key, image_ids=(image_id,))
    assert again.points is placed.points
    decided = engine.ask(Decide, Decided, image_id=image_id)
    assert (decided.keys, decided.probabilities.shape) == ((), (0, 0))


def test_what_was_found_goes_with_its_network(engine, image_id):
    engine.ask(PoolSample, SamplePooled, sample=SAMPLE)
    engine.ask(FitProbes, ProbesFitted)
    assert engine._context.probes["main"]
    engine.ask(BuildModel, ModelBuilt, spec=SPEC)
    assert not engine._context.pooled
    assert not engine._context.probes
    assert "No sample" in engine.ask(FitProbes, RequestFailed).message
    engine.ask(ReadFindings, FindingsRead)
    assert len(engine.ask(Decide, Decided, image_id=image_id).keys) == 9


def n_tensors_of_autograd():
    gc.collect()
    return sum(
        issubclass(type(thing), torch.Tensor) and thing.grad_fn is not None for thing in gc.get_objects()
    )


def test_nothing_of_autograd_s_graph_is_kept(engine, image_id):
    before = n_tensors_of_autograd()
    for method in METHODS:
        key = "layer1.0.conv1" if method.startswith("grad") else ""
        engine.ask(Attribute, Attributed, image_id=image_id, method=method, key=key)
    engine.ask(RankChannels, ChannelsRanked, image_id=image_id, key="layer2.1.add")
    engine.ask(FlowGradients, GradientsFlowed, sample=SAMPLE, others=(("at its start", SPEC),))
    net = engine._context.nets["main"].module
    assert n_tensors_of_autograd() == before
    assert all(parameter.grad is None for parameter in net.parameters())


def test_watching_holds_no_more_tensors_than_the_network_has(engine, image_id):
    def held_bytes():
        gc.collect()
        # Fake ones that other tests left hold no memory.
        real = (torch.Tensor, torch.nn.Parameter)
        tensors = [thing for thing in gc.get_objects() if type(thing) in real]
        tensors = [one for one in tensors if one.device.type != "meta"]
        storages = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in tensors}
        return sum(storages.values())

    engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="conv1")
    before = held_bytes()
    maps = engine.ask(ProbeNode, NodeProbed, image_id=image_id, key="layer1.0.add").maps
    engine.ask(Meter, Metered, image_id=image_id)
    engine.ask(PoolSample, SamplePooled, sample=SAMPLE)
    engine.ask(TestLesions, LesionsTested, lesions=LESION, sample=SAMPLE)
    engine.ask(MeasureCost, CostMeasured)
    assert held_bytes() <= before + maps.nbytes


def test_what_ships_with_the_weights_answers_before_any_sample(engine, image_id):
    read = engine.ask(ReadFindings, FindingsRead)
    assert read.findings.images == 10_000
    card = catalogue.present_for(SPEC)
    assert read.findings.sweep.intact.accuracy == pytest.approx(card.accuracy_percent / 100, abs=1e-3)
    decided = engine.ask(Decide, Decided, image_id=image_id)
    assert decided.keys == tuple(probe.key for probe in read.findings.probes)


def test_what_excites_a_channel_and_what_a_block_costs(engine):
    excited = engine.ask(Excite, Excited, key="layer1.0.add", sample=SAMPLE)
    assert len(excited.pictures) == 16
    values = [one.value for one in excited.pictures[0]]
    assert values == sorted(values, reverse=True)
    profile = engine.ask(MeasureCost, CostMeasured).profile
    assert [part.key for part in profile.parts][:2] == ["stem", "layer1.0"]
    assert sum(part.share for part in profile.parts) == pytest.approx(1)


def test_a_walk_that_cannot_be_written_says_why_and_what_to_do(engine, image_id, tmp_path):
    folder = tmp_path / "walk"
    folder.mkdir()
    (folder / "mine.png").write_bytes(b"")
    failed = engine.ask(WriteWalk, RequestFailed, image_id=image_id, keys=("conv1",), path=str(folder))
    assert failed.message.startswith("The walk cannot be written to")
    assert "empty folder" in failed.hint
    assert [path.name for path in folder.iterdir()] == ["mine.png"]


def test_a_walk_is_written_as_an_animation(engine, image_id, tmp_path):
    path = tmp_path / "walk.gif"
    keys = ("conv1", "layer1.0.add", "output")
    engine.ask(WriteWalk, WalkWritten, image_id=image_id, keys=keys, path=str(path))
    with Image.open(path) as gif:
        assert gif.n_frames == 4
