"""Columns: pinned, built while they are looked at, asked about pictures, brought back by undo."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.arch.expand import expand
from explorer.arch.presets import plain_twin, preset
from explorer.engine.compare_messages import LetColumnGo, LookedThrough, LookThrough
from explorer.engine.inside_messages import FindingsRead, ReadFindings
from explorer.engine.messages import (
    BuildModel,
    ClassifyMany,
    DeviceChosen,
    ManyClassified,
    ModelBuilt,
    RequestFailed,
    WeightsChoice,
)
from explorer.engine.sample_messages import Decide, Decided
from explorer.nets import catalogue
from explorer.nets.facts import DeviceInfo, Origin, Prediction
from explorer.nets.findings_file import findings_for
from explorer.present.colouring import Colouring
from explorer.state.actions import (
    ChooseDevice,
    ChooseWeights,
    ClearPictures,
    Drop,
    EditSpec,
    RemovePicture,
    SelectPicture,
    Start,
    Undo,
)
from explorer.state.compare import MAX_COLUMNS, Column
from explorer.state.compare_actions import (
    AddDepths,
    AddPlainTwin,
    ChooseColouring,
    ChoosePair,
    ChoosePairMode,
    MoveColumn,
    MoveDepth,
    OpenColumn,
    PinColumn,
    PinRun,
    PinSpecs,
    RemoveColumns,
    SeeColumns,
)
from explorer.state.model import AppState, Document
from explorer.state.reducer.turn import Turn
from explorer.state.session import decode, encode, is_other
from tests.state.player import BUNDLED, Player

PLAIN, DEEP = preset("cifar-plain20").spec, preset("cifar-resnet56").spec
CAT = (Prediction("cat", 3, 0.9), Prediction("dog", 5, 0.1))


@pytest.fixture
def play():
    player = Player()
    player(Start())
    player.build()
    player(Drop(paths=("/1.png",)))
    player.load(1)
    return player


def names(play):
    return [column.name for column in play.state.document.columns]


def asked(requests, kind):
    return [request for request in requests if isinstance(request, kind)]


def build(play, name, origin=BUNDLED):
    request = next(one for one in reversed(play.sent) if isinstance(one, BuildModel) and one.column == name)
    return play(
        ModelBuilt(
            ticket=request.ticket,
            column=name,
            spec=request.spec,
            origin=origin,
            classes=("cat", "dog"),
            offers=(),
            can_copy=0,
        )
    )


def look(play, name, milliseconds=2.0):
    """Answer the newest way through a column as the engine would."""
    request = next(one for one in reversed(play.sent) if isinstance(one, LookThrough) and one.column == name)
    return play(
        LookedThrough(
            ticket=request.ticket,
            column=name,
            image_id=request.image_id,
            predictions=CAT,
            maps=tuple((key, np.zeros((1, 1, 1), np.float32)) for key in request.keys),
            milliseconds=milliseconds,
        )
    )


def two_columns(play):
    play(SeeColumns(is_seen=True))
    play(PinColumn())
    play(PinSpecs((PLAIN,)))
    return names(play)


def test_pinning_keeps_the_network_in_view_with_weights_and_seed(play):
    play(PinColumn())
    document = play.state.document
    assert document.columns == (Column("c1", document.spec, document.weights, document.seed),)


def test_copied_weights_are_pinned_as_first_values_and_that_is_said(play):
    play(ChooseWeights(WeightsChoice("copied")))
    play.build(Origin("copied", seed=0, copied=97, tensors=157))
    play(PinColumn())
    assert play.state.document.columns[0].weights == WeightsChoice("untrained")
    assert "first values" in play.state.notices[-1].message


def test_columns_are_built_only_while_somebody_looks(play):
    assert not asked(play(PinColumn()), BuildModel)
    assert play.state.compare.columns["c1"].status == "away"
    (request,) = asked(play(SeeColumns(is_seen=True)), BuildModel)
    assert (request.column, request.spec) == ("c1", play.state.document.spec)
    build(play, "c1")
    requests = play(SeeColumns(is_seen=False))
    assert [request.column for request in asked(requests, LetColumnGo)] == ["c1"]
    assert play.state.compare.columns["c1"].status == "away"


def test_a_live_column_is_sent_the_picture_and_what_it_says_stays_when_it_comes_back(play):
    first, _ = two_columns(play)
    (request,) = asked(build(play, first), LookThrough)
    assert request.image_id == 1
    assert {request.keys[0], request.keys[-1]} == {"input", "fc"}
    look(play, first)
    living = play.state.compare.columns[first]
    assert living.answers[1].predictions == CAT
    assert set(living.looked.maps) == set(request.keys)
    play(SeeColumns(is_seen=False))
    play(SeeColumns(is_seen=True))
    # The same network came back: it says the same, and only its maps are asked for again.
    (request,) = asked(build(play, first), LookThrough)
    assert play.state.compare.columns[first].answers[1].predictions == CAT
    look(play, first)
    assert set(play.state.compare.columns[first].looked.maps) == set(request.keys)


def test_a_column_out_of_view_holds_no_maps_and_keeps_what_they_told(play):
    first, _ = two_columns(play)
    build(play, first)
    look(play, first)
    before = play.state.compare.columns[first].looked
    play(SeeColumns(is_seen=False))
    away = play.state.compare.columns[first].looked
    assert not away.maps
    assert (away.image_id, away.milliseconds) == (before.image_id, before.milliseconds)


def test_the_network_in_view_is_not_touched_by_a_column(play):
    first, _ = two_columns(play)
    before = play.state.net
    build(play, first)
    look(play, first)
    assert play.state.net is before
    assert play.state.answers == {}


def test_an_edit_of_the_network_in_view_leaves_the_columns_questions_alone(play):
    first, _ = two_columns(play)
    build(play, first)
    play(EditSpec((("shortcut", "B"),)))
    play.build()
    look(play, first)
    assert play.state.compare.columns[first].looked is not None


def test_another_picture_goes_through_every_column_and_the_rest_is_asked_beside(play):
    first, second = two_columns(play)
    for name in (first, second):
        build(play, name)
    play(Drop(paths=("/2.png", "/3.png")))
    requests = play.load(2, 3)
    assert {request.column for request in asked(requests, LookThrough)} == {first, second}
    assert {request.image_id for request in asked(requests, LookThrough)} == {2}
    many = {request.column: request for request in asked(requests, ClassifyMany)}
    assert set(many[first].image_ids) == {1, 3}
    play(
        ManyClassified(
            ticket=many[first].ticket,
            column=first,
            answers=((1, CAT), (3, CAT)),
            done=2,
            total=2,
            images_per_second=9.0,
        )
    )
    assert set(play.state.compare.columns[first].answers) == {1, 3}
    assert play.state.images_per_second is None
    assert {request.image_id for request in asked(play(SelectPicture(3)), LookThrough)} == {3}


def test_a_late_answer_to_a_picture_before_is_dropped(play):
    first, _ = two_columns(play)
    build(play, first)
    late = next(one for one in reversed(play.sent) if isinstance(one, LookThrough))
    play(Drop(paths=("/2.png",)))
    play.load(2)
    play(
        LookedThrough(
            ticket=late.ticket,
            column=first,
            image_id=1,
            predictions=CAT,
            maps=(),
            milliseconds=1.0,
        )
    )
    assert play.state.compare.columns[first].looked is None


def test_removed_pictures_take_their_answers_with_them(play):
    first, _ = two_columns(play)
    build(play, first)
    look(play, first)
    play(RemovePicture(1))
    living = play.state.compare.columns[first]
    assert not living.answers
    assert living.looked is None
    play(Drop(paths=("/2.png",)))
    play.load(2)
    look(play, first)
    play(ClearPictures())
    assert not play.state.compare.columns[first].answers


def test_bundled_weights_bring_their_probes_which_are_asked_about_the_picture(play):
    first, second = two_columns(play)
    assert asked(build(play, first), ReadFindings)
    assert not asked(build(play, second, Origin("untrained", seed=0)), ReadFindings)
    request = next(one for one in reversed(play.sent) if isinstance(one, ReadFindings))
    found = findings_for(catalogue.present_for(play.state.document.spec))
    (decide,) = asked(play(FindingsRead(ticket=request.ticket, column=first, findings=found)), Decide)
    assert (decide.column, decide.image_id) == (first, 1)
    rows = np.full((1, 10), 0.1, np.float32)
    decided = Decided(ticket=decide.ticket, image_id=1, keys=("layer1.0.act2",), probabilities=rows)
    play(decided)
    assert play.state.compare.columns[first].decided is decided
    assert play.state.inside.decided is None


def test_probes_that_went_with_their_network_are_asked_only_when_they_are_read_again(play):
    first, _ = two_columns(play)
    found = findings_for(catalogue.present_for(play.state.document.spec))

    def read():
        request = next(one for one in reversed(play.sent) if isinstance(one, ReadFindings))
        return play(FindingsRead(ticket=request.ticket, column=first, findings=found))

    build(play, first)
    assert asked(read(), Decide)
    play(SeeColumns(is_seen=False))
    play(SeeColumns(is_seen=True))
    requests = build(play, first)
    assert asked(requests, ReadFindings)
    assert not asked(requests, Decide)
    assert asked(read(), Decide)


def test_a_network_is_pinned_once_and_eight_at_most(play):
    play(PinColumn())
    play(PinColumn())
    assert len(names(play)) == 1
    many = tuple(preset("cifar-resnet20").spec.edited(stage_depths=(n, n, n)) for n in range(1, 12))
    play(PinSpecs(many))
    assert len(names(play)) == MAX_COLUMNS
    (notice,) = play.state.notices
    assert dict(notice.arguments) == {"limit": 8, "count": 3}
    assert len(set(names(play))) == MAX_COLUMNS


def test_untrained_networks_with_other_seeds_are_others_and_known_weights_are_not(play):
    def pin_in_view(**changes):
        play.state = replace(play.state, document=replace(play.state.document, **changes))
        play(PinColumn())

    pin_in_view(weights=WeightsChoice("untrained"))
    pin_in_view()
    assert len(names(play)) == 1
    pin_in_view(seed=1)
    assert [column.seed for column in play.state.document.columns] == [0, 1]
    pin_in_view(weights=WeightsChoice("known"))
    pin_in_view(seed=0)
    assert len(names(play)) == 3
    play(PinRun("20260101-000000-abcdef", PLAIN))
    assert play.state.document.columns[-1].weights == WeightsChoice("run", "20260101-000000-abcdef")


def test_depths_are_added_as_a_family(play):
    play(AddDepths())
    assert [column.spec.stage_depths[0] for column in play.state.document.columns] == [3, 5, 7, 9]


def test_the_plain_twin_stands_beside_its_network(play):
    play(AddPlainTwin())
    spec = play.state.document.spec
    assert [column.spec for column in play.state.document.columns] == [spec, plain_twin(spec)]
    play(RemoveColumns(tuple(names(play))))
    play(PinSpecs((DEEP, spec)))
    play(AddPlainTwin(names(play)[0]))
    assert [column.spec for column in play.state.document.columns] == [DEEP, plain_twin(DEEP), spec]
    play(AddPlainTwin(names(play)[1]))
    assert len(names(play)) == 3
    assert "plain twin" in play.state.notices[-1].message


def test_the_plain_twin_of_the_network_in_view_stands_beside_its_column_wherever_that_is(play):
    spec = play.state.document.spec
    play(PinSpecs((spec, DEEP)))
    play(AddPlainTwin())
    assert [column.spec for column in play.state.document.columns] == [spec, plain_twin(spec), DEEP]


def test_columns_move_and_go_and_undo_brings_them_back_alive(play):
    first, second = two_columns(play)
    play(MoveColumn(second, 0))
    assert names(play) == [second, first]
    play(ChoosePair((first, second)))
    requests = play(RemoveColumns((first,)))
    assert [request.column for request in asked(requests, LetColumnGo)] == [first]
    assert play.state.compare.pair is None
    requests = play(Undo())
    assert names(play) == [second, first]
    assert [request.column for request in asked(requests, BuildModel)] == [first]
    assert play.state.compare.pair == (first, second)
    play(Undo())
    assert names(play) == [first, second]


def test_moving_to_where_it_is_is_no_step_of_undo(play):
    first, _ = two_columns(play)
    before = play.state.history
    play(MoveColumn(first, 0))
    assert play.state.history is before


def test_a_column_that_cannot_be_built_says_why_and_the_network_in_view_lives(play):
    first, _ = two_columns(play)
    request = next(one for one in play.sent if isinstance(one, BuildModel) and one.column == first)
    play(
        RequestFailed(
            ticket=request.ticket,
            kind="BuildModel",
            message="It needs {count} bytes.",
            hint="Remove one.",
            arguments=(("count", 7),),
        )
    )
    living = play.state.compare.columns[first]
    assert (living.status, living.cause) == ("failed", "It needs 7 bytes.")
    assert play.state.net.status == "ready"


def test_a_column_that_failed_says_nothing_of_before_and_is_tried_again_when_it_is_seen(play):
    first, second = two_columns(play)
    for name in (first, second):
        build(play, name)
        look(play, name)
    play(SeeColumns(is_seen=False))
    play(SeeColumns(is_seen=True))
    request = next(one for one in reversed(play.sent) if isinstance(one, BuildModel) and one.column == first)
    play(RequestFailed(ticket=request.ticket, kind="BuildModel", message="There is no file.", hint=""))
    living = play.state.compare.columns[first]
    assert (living.status, living.origin, dict(living.answers), living.looked) == ("failed", None, {}, None)
    play(SeeColumns(is_seen=False))
    requests = play(SeeColumns(is_seen=True))
    assert first in [one.column for one in asked(requests, BuildModel)]
    build(play, first)
    assert play.state.compare.columns[first].cause == ""


def test_what_is_held_of_a_column_that_left_is_not_of_the_one_that_comes_back(play):
    first, _ = two_columns(play)
    build(play, first)
    look(play, first)
    before = play.state.compare.columns[first].looked.version
    play(RemoveColumns((first,)))
    play(Undo())
    build(play, first)
    look(play, first)
    assert play.state.compare.columns[first].looked.version > before


def test_opening_a_column_makes_it_the_network_in_view(play):
    play(PinSpecs((DEEP,)))
    play(OpenColumn(names(play)[0]))
    document = play.state.document
    assert document.spec == DEEP
    assert document.selected in expand(DEEP).by_key
    assert len(document.columns) == 1


def test_the_slider_stays_between_input_and_logits_and_is_no_step_of_undo(play):
    before = play.state.history
    for share, there in ((0.25, 0.25), (-1.0, 0.0), (3.0, 1.0)):
        play(MoveDepth(share))
        assert play.state.compare.share == there
    assert play.state.history is before


def test_a_pair_is_two_columns_that_are_there(play):
    first, second = two_columns(play)
    for pair in ((first, "c99"), (first, first)):
        play(ChoosePair(pair))
        assert play.state.compare.pair is None
    play(ChoosePair((first, second)))
    assert play.state.compare.pair == (first, second)
    play(ChoosePair(None))
    assert play.state.compare.pair is None


def test_another_device_builds_the_columns_there(play):
    first, second = two_columns(play)
    requests = play(ChooseDevice("cpu"))
    assert {request.column for request in asked(requests, BuildModel)} == {"main", first, second}
    cpu, gpu = DeviceInfo("cpu", "CPU"), DeviceInfo("cuda:0", "GPU")
    play(DeviceChosen(ticket=5, device=gpu, devices=(cpu, gpu)))
    requests = play(DeviceChosen(ticket=0, device=cpu, devices=(cpu,), reason="It failed."))
    assert {request.column for request in asked(requests, BuildModel)} == {"main", first, second}


def test_the_device_stays_while_a_network_learns(play):
    play.state = replace(play.state, training=replace(play.state.training, status="running"))
    assert not play(ChooseDevice("cpu"))
    assert play.state.settings.device == "auto"
    assert "Pause the training" in play.state.notices[-1].hint


def test_a_session_brings_columns_back_under_names_that_are_free(play):
    two_columns(play)
    kept = play.state.document.columns
    again = Player()
    again.state = decode(encode(play.state))
    again(Start())
    assert again.state.document.columns == kept
    assert {one.status for one in again.state.compare.columns.values()} == {"away"}
    again(PinSpecs((DEEP,)))
    assert len(set(names(again))) == 3


def test_a_session_keeps_where_the_slider_stood_the_pair_and_the_colouring(play):
    first, second = two_columns(play)
    chosen = Colouring("channel", "grey")
    for action in (
        MoveDepth(0.8125),
        ChoosePair((second, first)),
        ChoosePairMode("difference"),
        ChooseColouring(chosen),
    ):
        before = play.state
        play(action)
        assert is_other(before, play.state)
    again = Player()
    again.state = decode(encode(play.state))
    again(Start())
    compare = again.state.compare
    assert (compare.share, compare.pair, compare.pair_mode) == (0.8125, (second, first), "difference")
    assert compare.colouring == chosen


@pytest.mark.parametrize(
    "compare",
    [
        7,
        {"share": "far", "pair": ["c1", "c1"], "pair_mode": "blink"},
        {"share": float("nan"), "pair": ["c1", "c99"]},
        {"pair": [{"c1": 2}, ["c2"]], "pair_mode": [], "colouring": 3},
        {"colouring": {"scale": [], "palette": "rainbow"}},
    ],
)
def test_a_damaged_look_is_the_usual_and_the_columns_stay(play, compare):
    two_columns(play)
    data = json.loads(encode(play.state))
    data["compare"] = compare
    kept = decode(json.dumps(data))
    assert kept.compare == AppState().compare
    assert kept.document == play.state.document


def test_a_pair_of_a_session_whose_columns_are_not_opened_is_no_pair(play):
    first, second = two_columns(play)
    play(ChoosePair((first, second)))
    again = Player()
    # As when the command line names another network.
    again.state = replace(decode(encode(play.state)), document=Document())
    again(Start())
    two_columns(again)
    assert again.state.compare.pair is None


def test_columns_that_are_seen_before_the_session_begins_are_built_when_it_does(play):
    two_columns(play)
    again = Player()
    again.state = decode(encode(play.state))
    for is_seen in (True, False, True):
        assert not asked(again(SeeColumns(is_seen)), BuildModel)
    requests = asked(again(Start()), BuildModel)
    assert [request.column for request in requests] == ["main", *names(again)]
    assert {one.status for one in again.state.compare.columns.values()} == {"building"}


def test_who_goes_back_before_the_answer_still_sees_the_picture_before(play):
    first, _ = two_columns(play)
    build(play, first)
    look(play, first)
    play(Drop(paths=("/2.png",)))
    play.load(2)
    asked_for = next(one for one in reversed(play.sent) if isinstance(one, LookThrough))
    assert (asked_for.column, asked_for.image_id) == (first, 2)
    assert not asked(play(SelectPicture(1)), LookThrough)
    look(play, first)
    living = play.state.compare.columns[first]
    assert living.looked.image_id == 1
    assert living.answers.keys() == {1, 2}
    # Of a picture that was removed meanwhile nothing is kept.
    play(SelectPicture(2))
    play(RemovePicture(2))
    play(
        LookedThrough(
            ticket=play.newest(LookThrough).ticket,
            column=first,
            image_id=2,
            predictions=CAT,
            maps=(),
            milliseconds=1.0,
        )
    )
    assert play.state.compare.columns[first].answers.keys() == {1}


def test_what_is_being_built_otherwise_is_not_pinned_as_the_run_before(play):
    play(ChooseWeights(WeightsChoice("run", "run-1")))
    play.build(Origin("run", "run-1"))
    play(ChooseWeights(WeightsChoice("untrained")))
    play(PinColumn())
    assert play.state.document.columns[0].weights == WeightsChoice("untrained")


@pytest.mark.parametrize(
    "damage",
    [
        {"name": "main"},
        {"name": "c1"},
        {"weights": {"kind": "known", "of": "tomorrow"}},
        {"spec": 7},
    ],
)
def test_a_damaged_column_takes_nothing_else_of_the_session_with_it(play, damage):
    two_columns(play)
    data = json.loads(encode(play.state))
    data["document"]["columns"][1] |= damage
    kept = decode(json.dumps(data)).document
    assert kept == replace(play.state.document, columns=play.state.document.columns[:1])


def test_informations_do_not_pile_up_and_none_is_said_twice(play):
    for name in ("one", "two", "three", "four"):
        turn = Turn(play.state)
        turn.notify("info", "The report is in {path}.", arguments=(("path", name),))
        play.state = turn.state
    turn = Turn(play.state)
    turn.notify("warning", "It is full.")
    turn.notify("info", "The report is in {path}.", arguments=(("path", "three"),))
    said = [(notice.message, dict(notice.arguments).get("path")) for notice in turn.state.notices]
    told = "The report is in {path}."
    assert said == [(told, "two"), (told, "four"), ("It is full.", None), (told, "three")]
