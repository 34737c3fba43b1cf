"""A picture's way through networks side by side, in the real engine."""

import itertools

import numpy as np
import pytest
from PIL import Image

from explorer.arch.align import stops
from explorer.arch.expand import expand
from explorer.arch.presets import preset
from explorer.engine.compare_messages import LetColumnGo, LookedThrough, LookThrough
from explorer.engine.messages import (
    BuildModel,
    Classified,
    Classify,
    EngineReady,
    ModelBuilt,
    NodeProbed,
    ProbeNode,
    RequestFailed,
    RequestFinished,
)
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.worker import Engine
from tests.engine.test_worker import Listener

SPECS = {"c1": preset("cifar-resnet20").spec, "c2": preset("cifar-plain20").spec}


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESNET_EXPLORER_HOME", str(tmp_path_factory.mktemp("home")))
        listener = Listener()
        engine = Engine(listener)
        tickets = itertools.count(1)

        def ask(kind, answer, **fields):
            ticket = next(tickets)
            engine.send(kind(ticket=ticket, **fields))
            return listener.first(answer, ticket)

        engine.ask = ask
        engine.start()
        listener.first(EngineReady)
        for column, spec in SPECS.items():
            ask(BuildModel, ModelBuilt, spec=spec, column=column)
        path = tmp_path_factory.mktemp("pictures") / "noise.png"
        pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        engine.image_id = ask(LoadPictures, PicturesLoaded, paths=(str(path),)).loaded[0].image_id
        yield engine
        assert engine.stop()


def keys(column):
    return tuple(stop.key for stop in stops(expand(SPECS[column])))


@pytest.mark.parametrize("column", SPECS)
def test_one_pass_gives_what_classifying_and_probing_give(engine, column):
    through = engine.ask(
        LookThrough, LookedThrough, column=column, image_id=engine.image_id, keys=keys(column)
    )
    alone = engine.ask(Classify, Classified, column=column, image_id=engine.image_id)
    assert through.predictions == alone.predictions
    assert tuple(key for key, _ in through.maps) == keys(column)
    for key, maps in through.maps:
        probed = engine.ask(ProbeNode, NodeProbed, column=column, image_id=engine.image_id, key=key)
        np.testing.assert_array_equal(maps, probed.maps)
        assert not maps.flags.writeable


def test_columns_are_other_networks(engine):
    one, other = (
        engine.ask(LookThrough, LookedThrough, column=column, image_id=engine.image_id, keys=("fc",))
        for column in SPECS
    )
    assert not np.array_equal(one.maps[0][1], other.maps[0][1])


def test_a_column_that_was_let_go_answers_no_more_and_can_come_back(engine):
    engine.ask(BuildModel, ModelBuilt, spec=SPECS["c1"], column="c9")
    engine.ask(LetColumnGo, RequestFinished, column="c9")
    ended = engine.ask(
        LookThrough,
        (RequestFinished, LookedThrough, RequestFailed),
        column="c9",
        image_id=engine.image_id,
        keys=("fc",),
    )
    assert isinstance(ended, RequestFinished)
    engine.ask(BuildModel, ModelBuilt, spec=SPECS["c1"], column="c9")
    engine.ask(LookThrough, LookedThrough, column="c9", image_id=engine.image_id, keys=("fc",))


def test_letting_go_what_is_not_there_does_nothing(engine):
    engine.ask(LetColumnGo, RequestFinished, column="c77")
