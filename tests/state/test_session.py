import json
from dataclasses import replace
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arch.budget import Budget, Hold, Vary
from explorer.arch.presets import preset, presets
from explorer.engine.messages import WeightsChoice
from explorer.state.learning import TeachState
from explorer.state.model import AppState, Document
from explorer.state.session import decode, encode
from explorer.state.settings import Settings


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(presets())),
    seed=st.integers(0, 2**31),
    scheme=st.sampled_from(["system", "light", "dark"]),
    recent=st.lists(st.text(), max_size=12).map(tuple),
    unfolded=st.none() | st.frozensets(st.text()),
    budget=st.none()
    | st.builds(
        Budget,
        st.sampled_from(get_args(Hold)),
        st.integers(0, 2**40),
        st.sampled_from(get_args(Vary)),
    ),
)
def test_what_is_written_is_read_again(name, seed, scheme, recent, unfolded, budget):
    document = Document(
        preset(name).spec, WeightsChoice("untrained"), seed, "layer1.0.conv1", unfolded, budget
    )
    settings = Settings(scheme, "cpu", recent, "layout", "geometry")
    state = replace(AppState(), document=document, settings=settings)
    assert decode(encode(state)) == state


@settings(deadline=None)
@given(st.text() | st.sampled_from(["{}", "[]", "null", '{"version": 99}', '{"version": 1, "document": 3}']))
def test_whatever_cannot_be_read_is_the_usual(text):
    assert decode(text).document == Document()


def test_a_key_of_another_net_is_not_selected():
    state = replace(AppState(), document=Document(selected="layer9.9.conv1"))
    assert decode(encode(state)).document.selected == Document().selected


def test_classes_of_teach_that_cannot_be_read_are_the_usual():
    session = json.loads(encode(AppState()))
    for broken in (3, {"name": "pets"}, {"name": "pets", "bins": [{"name": "cats", "pictures": [1]}]}):
        assert decode(json.dumps({**session, "teach": broken})).teach == TeachState()
