"""Lessons as texts, and what going through one does to the state."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from explorer.arch.presets import cifar_spec, preset
from explorer.engine.lesson import (
    MAX_STEPS,
    Lesson,
    LessonFacts,
    LessonNet,
    LessonStep,
    LessonView,
    LessonWeights,
)
from explorer.engine.lesson_json import decode, encode
from explorer.engine.lesson_messages import (
    LessonRead,
    LessonWeightsTaken,
    LessonWritten,
    ReadLesson,
    TakeLessonWeights,
    WriteLesson,
)
from explorer.engine.messages import (
    BuildModel,
    Classify,
    ClassifyMany,
    LoadedPicture,
    NodeProbed,
    ProbeNode,
    WeightsChoice,
)
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.picture_messages import ForgetPictures
from explorer.errors import LessonError
from explorer.nets.facts import Origin
from explorer.present.colouring import Colouring
from explorer.state.actions import Drop, EditSpec, Start, Undo
from explorer.state.compare_actions import PinColumn, PinRun, Rewind
from explorer.state.lesson_actions import (
    AddStep,
    CloseLesson,
    GoBackTo,
    GoToStep,
    NameStep,
    OpenLesson,
    ReopenLesson,
    SaveLesson,
    StepLesson,
    TakeWeights,
    WriteNote,
)
from explorer.state.lessons import LESSONS
from tests.run_rows import made_row
from tests.state.lesson_parts import RUN, SHORT, TWENTY, full_lesson
from tests.state.player import Player


def view(**fields):
    usual = {"net": LessonNet(TWENTY), "selected": "act1"}
    return LessonView(**{**usual, **fields})


def lesson(*views, **fields):
    steps = tuple(LessonStep(f"Step {place}", view=each) for place, each in enumerate(views))
    return Lesson("A lesson", steps, **fields)


def picture(number, name="p.png", path=None, value=0):
    pixels = np.full((2, 2, 3), value, np.uint8)
    return LoadedPicture(number, name, path, 2, 2, pixels, pixels)


@pytest.fixture
def play():
    player = Player()
    player(Start())
    player.build()
    return player


def open_lesson(play, a_lesson, source="own.lesson", **fields):
    play(OpenLesson(source))
    pictures = fields.pop("pictures", ())
    play(
        LessonRead(
            ticket=play.newest(ReadLesson).ticket,
            source=source,
            lesson=a_lesson,
            pictures=pictures,
            facts=LessonFacts(),
            **fields,
        )
    )


# The text


def test_a_lesson_with_everything_comes_back_from_its_text():
    whole = full_lesson()
    assert decode(encode(whole), "x") == whole


def test_the_text_is_the_same_every_time_and_names_presets():
    text = encode(full_lesson())
    assert text == encode(full_lesson())
    assert json.loads(text)["steps"][0]["view"]["net"]["spec"] == "cifar-resnet20"
    assert "ü" in text


def changed(path, value):
    """The text of the full lesson with one part replaced; the path is like `steps.0.view.share`."""
    data = json.loads(encode(full_lesson()))
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = data
    for part in way:
        place = place[part]
    place[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("title", 5, "title is no text"),
        ("steps", [], "steps are none"),
        ("steps", 7, "steps is no list"),
        ("steps", [{"heading": "x"}] * (MAX_STEPS + 1), "101 entries"),
        ("steps.0", "text", "steps 1 is no object"),
        ("steps.0.text", "x" * 20_001, "steps 1.text is longer"),
        ("steps.0.view.share", 1.5, "steps 1.view.share is 1.5, not between 0 and 1"),
        ("steps.0.view.share", True, "is no number"),
        ("steps.0.view.share", float("nan"), "is no number"),
        ("steps.0.view.share", 10**400, "is no number"),
        ("steps.0.view.selected", "layer9.add", "which is no node"),
        ("steps.0.view.bypassed", ["layer7.0"], "do not fit"),
        ("steps.0.view.exchanged", [["layer1.0"]], "no pair of blocks"),
        ("steps.0.view.pair", [0, 0], "are not two of the columns"),
        ("steps.0.view.pair", [0, 8], "are not two of the columns"),
        ("steps.0.view.is_subtracted", 1, "is neither true nor false"),
        ("steps.0.view.colouring", "grey", "steps 1.view.colouring"),
        ("steps.0.view.colouring.scale", "some", "is 'some', not one of all, column, channel"),
        ("steps.0.view.colouring.palette", 1, "is no text"),
        ("steps.0.view.picture", 2, "steps 1.view.picture is 2, not between 0 and 1"),
        ("steps.0.view.docks", [1], "docks holds something that is no text"),
        ("steps.0.view.columns", [{}] * 9, "at most 8"),
        ("steps.0.view.columns.1.weights", "gone", "which the lesson does not have"),
        ("steps.0.view.columns.1.seed", 0.5, "columns 2.seed is 0.5, not a whole number"),
        ("steps.0.view.net.spec", "no-such-net", "steps 1.view.net.spec is no architecture"),
        ("steps.0.view.net.spec", {"stage_depths": []}, "is no architecture"),
        ("start", 2, "start is 2"),
        ("pictures.1.file", "../../etc/passwd", "not a file of the lesson's pictures"),
        ("pictures.1.file", "images/../x.png", "not a file of the lesson's pictures"),
        ("pictures.0.sample", "../secret.jpg", "neither a sample nor a picture"),
        ("pictures.0.file", "images/001.png", "neither a sample nor a picture"),
        ("weights.1.file", "/tmp/w.safetensors", "not a file of the lesson's weights"),
        ("weights.1.file", "weights/w.pth", "not a file of the lesson's weights"),
        ("weights.1.sha256", "", "not 64 hexadecimal digits"),
        ("weights.0.name", "known", "have a name twice"),
        ("weights.1.run", "../x", "is no run's id"),
        ("runs.0.id", "a/b", "is no run's id"),
        ("runs.0.status", "running", "status is"),
        ("runs.0.plan", {"epochs": -1}, "is no plan"),
        ("form.plan", None, "form.plan is no plan"),
        ("schema", 0, "schema is 0, not 1"),
        ("steps.1.note", "a\ud800b", "steps 2.note holds half a character"),
        ("steps.0.view.docks", ["\ud800"], "docks holds something that is no text"),
    ],
)
def test_a_part_that_cannot_be_is_named_with_its_place(path, value, said):
    with pytest.raises(LessonError) as caught:
        decode(changed(path, value), "a.lesson")
    assert said in caught.value.cause_text
    assert caught.value.cause_text.startswith("a.lesson")
    assert caught.value.hint_text


def test_networks_that_would_take_a_minute_to_draw_up_are_refused_at_once():
    """The same network in a hundred steps is one network."""
    deep = json.loads(encode(lesson(*[view(net=LessonNet(preset("cifar-resnet1202").spec))] * MAX_STEPS)))
    assert len(decode(json.dumps(deep), "a.lesson").steps) == MAX_STEPS
    for place, step in enumerate(deep["steps"]):
        step["view"]["net"]["spec"] = json.loads(cifar_spec(6 * (900 + place) + 2).to_json())
    with pytest.raises(LessonError, match="over 10,000 blocks"):
        decode(json.dumps(deep), "a.lesson")


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "{}", "[" * 100_000])
def test_what_is_no_lesson_is_said_to_be_none(text):
    with pytest.raises(LessonError, match="is no lesson"):
        decode(text, "a.lesson")


@pytest.mark.parametrize(
    ("path", "value"),
    [("schema", "x" * 10_000), ("schema", 10**4_000), ("steps.0.view.net.spec", "x" * 10_000)],
)
def test_what_is_said_of_a_damaged_lesson_is_short(path, value):
    with pytest.raises(LessonError) as caught:
        decode(changed(path, value), "a.lesson")
    assert len(caught.value.cause_text) <= 400


def test_a_newer_format_says_to_update():
    with pytest.raises(LessonError) as caught:
        decode(changed("schema", 2), "a.lesson")
    assert "format 2, this one reads up to 1" in caught.value.cause_text
    assert "Update the program" in caught.value.hint_text


# Going through one


def test_opening_shows_the_step_that_it_opens_with_as_one_step_of_undo(play):
    before = play.state.document
    columns = (LessonNet(SHORT), LessonNet(TWENTY, "untrained", 3))
    first = view(
        net=LessonNet(SHORT),
        selected="layer1.0.add",
        columns=columns,
        share=0.3,
        pair=(1, 0),
        is_subtracted=True,
        colouring=Colouring("column", "grey"),
    )
    open_lesson(play, lesson(view(), first, start=1))
    document = play.state.document
    assert (document.spec, document.selected) == (SHORT, "layer1.0.add")
    assert [column.spec for column in document.columns] == [SHORT, TWENTY]
    assert document.columns[1].weights == WeightsChoice("untrained")
    assert play.state.compare.share == 0.3
    assert play.state.compare.pair == tuple(column.name for column in reversed(document.columns))
    assert play.state.compare.pair_mode == "difference"
    assert play.state.compare.colouring == Colouring("column", "grey")
    assert play.newest(BuildModel).spec == SHORT
    play(Undo())
    assert play.state.document == before
    assert play.state.lessons.step == 1, "the text stays"


def test_columns_that_stand_there_already_are_not_built_again(play):
    columns = (LessonNet(SHORT), LessonNet(TWENTY))
    open_lesson(play, lesson(view(columns=columns[:1]), view(columns=columns)))
    (short,) = play.state.document.columns
    play(StepLesson(1))
    assert play.state.document.columns[0] == short
    assert play.state.document.columns[1].name != short.name


def test_a_step_without_a_view_leaves_everything_as_it_is(play):
    open_lesson(play, lesson(view(), None))
    play(EditSpec((("stage_depths", (1, 1, 1)),)))
    mine = play.state.document
    play(StepLesson(1))
    assert play.state.document == mine
    assert play.state.lessons.step == 1


def test_an_answer_that_comes_after_the_step_is_no_error(play):
    """The network before had a node that the step's has not; its maps were on their way."""
    play(Drop(paths=("/p.png",)))
    play.load(4)
    request = play.newest(ProbeNode)
    assert request.key == "act1"
    fresh = preset("cifar-preact20").spec
    open_lesson(play, lesson(view(net=LessonNet(fresh), selected="conv1")))
    maps = np.zeros((16, 4, 4), np.float32)
    play(NodeProbed(ticket=request.ticket, column="main", image_id=4, key="act1", maps=maps))
    assert play.state.document.spec == fresh


def test_there_is_no_step_before_the_first_nor_behind_the_last(play):
    open_lesson(play, lesson(view(), view(selected="fc")))
    play(StepLesson(-1))
    assert play.state.lessons.step == 0
    play(StepLesson(1))
    play(StepLesson(1))
    assert play.state.lessons.step == 1


def test_a_step_can_be_shown_as_it_was_meant_again(play):
    open_lesson(play, lesson(view(net=LessonNet(SHORT))))
    play(EditSpec((("stage_depths", (2, 2, 2)),)))
    play(GoToStep(0))
    assert play.state.document.spec == SHORT


def test_a_topic_of_the_inside_view_is_shown_and_an_unknown_one_is_not(play):
    open_lesson(play, lesson(view(topic="gradients"), view(topic="no such topic")))
    assert play.state.inside.topic == "gradients"
    play(StepLesson(1))
    assert play.state.inside.topic == "gradients"


def test_closing_leaves_ways_back_to_it_and_to_what_was_before(play):
    before = play.state.document
    open_lesson(play, lesson(view(net=LessonNet(SHORT)), view()))
    play(CloseLesson())
    assert play.state.lessons.lesson is None
    assert play.state.document.spec == SHORT
    again, back = play.state.notices[-1].actions
    assert isinstance(again.action, ReopenLesson)
    assert isinstance(back.action, GoBackTo)
    play(back.action)
    assert play.state.document == before
    play(again.action)
    assert play.state.notices == ()
    assert play.state.lessons.lesson.title == "A lesson"
    assert play.state.document.spec == SHORT


def test_a_lesson_with_changes_that_another_takes_the_place_of_is_not_lost(play):
    open_lesson(play, lesson(view(), view()), source="/a/first.lesson")
    play(WriteNote("Mine."))
    open_lesson(play, lesson(view()), source="/a/second.lesson")
    (notice,) = play.state.notices
    assert "not saved" in notice.message
    # A third, unchanged before, keeps the offer.
    open_lesson(play, lesson(view()), source="/a/third.lesson")
    assert play.state.notices == (notice,)
    play(WriteNote("Also mine."))
    play(notice.actions[0].action)
    assert play.state.lessons.source == "/a/first.lesson"
    assert play.state.lessons.present.note == "Mine."
    (other,) = play.state.notices
    play(other.actions[0].action)
    assert play.state.lessons.source == "/a/third.lesson"
    assert play.state.lessons.present.note == "Also mine."


def test_another_lesson_goes_back_to_what_was_before_the_first(play):
    before = play.state.document
    open_lesson(play, lesson(view(net=LessonNet(SHORT))))
    open_lesson(play, lesson(view(net=LessonNet(preset("cifar-resnet56").spec))))
    assert play.state.lessons.before == before


def test_an_answer_to_an_older_request_is_not_shown(play):
    play(OpenLesson("depth"))
    old = play.newest(ReadLesson).ticket
    play(OpenLesson("lesions"))
    late = LessonRead(
        ticket=old, source="depth", lesson=lesson(view()), pictures=(picture(31), None), facts=LessonFacts()
    )
    play(late)
    assert play.state.lessons.lesson is None
    assert play.newest(ForgetPictures).image_ids == (31,)
    assert not play.state.pictures.items


def test_a_dropped_lesson_is_opened_and_a_spec_beside_it_is_one(play):
    play(Drop(paths=("/a/b.lesson",)))
    assert play.newest(ReadLesson).source == "/a/b.lesson"
    play(Drop(paths=("/a/c.LESSON.json",)))
    assert play.newest(ReadLesson).source == "/a/c.LESSON.json"


# Pictures


def test_its_pictures_join_the_list_once_and_the_steps_is_looked_at(play):
    a_lesson = lesson(view(picture=1), view(picture=0))
    pictures = (picture(11, "a.png", value=1), picture(12, "b.png", value=2))
    open_lesson(play, a_lesson, pictures=pictures)
    assert [item.image_id for item in play.state.pictures.items] == [11, 12]
    assert play.state.pictures.current == 12
    play(StepLesson(1))
    assert play.state.pictures.current == 11
    assert play.newest(Classify).image_id == 11
    again = (picture(21, "a.png", value=1), picture(22, "b.png", value=9))
    open_lesson(play, a_lesson, pictures=again)
    assert [item.image_id for item in play.state.pictures.items] == [11, 12, 22]
    assert play.newest(ForgetPictures).image_ids == (21,)
    assert play.state.pictures.current == 22


def test_a_network_that_stands_there_already_is_asked_about_all_its_pictures(play):
    document = play.state.document
    net = LessonNet(document.spec, seed=document.seed)
    open_lesson(play, lesson(view(net=net, picture=0)), pictures=(picture(11, value=1), picture(12, value=2)))
    assert play.state.net.status == "ready"
    assert play.newest(Classify).image_id == 11
    assert play.newest(ClassifyMany).image_ids == (12,)


def test_the_programs_sample_is_used_where_it_is_there(play):
    play(Start(sample="/s/cat.jpg"))
    play.load(5)
    sample = play.state.pictures.items[0]
    open_lesson(play, lesson(view(picture=0)), pictures=(replace(sample, image_id=9),))
    assert [item.image_id for item in play.state.pictures.items] == [5]
    open_lesson(play, lesson(view(picture=0)), pictures=(picture(10),))
    assert [item.image_id for item in play.state.pictures.items] == [10], "a real one replaces the sample"


# Weights


def test_weights_that_nobody_knows_wait_for_a_yes(play):
    theirs = LessonWeights("theirs", "c" * 64, "weights/theirs.safetensors")
    a_lesson = lesson(view(net=LessonNet(SHORT, "theirs")), weights=(theirs,))
    choices = (("theirs", WeightsChoice("untrained")),)
    open_lesson(play, a_lesson, choices=choices, offered=(theirs,), offered_bytes=2048)
    assert play.state.document.weights == WeightsChoice("untrained")
    notice = play.state.notices[-1]
    assert notice.severity == "question"
    assert dict(notice.arguments)["size"] == "2.0 KB"
    (action,) = notice.actions
    assert action.action == TakeWeights("own.lesson", ("theirs",))
    play(action.action)
    request = play.newest(TakeLessonWeights)
    assert (request.path, request.names) == ("own.lesson", ("theirs",))
    taken = (("theirs", WeightsChoice("file", "/kept.safetensors")),)
    play(LessonWeightsTaken(ticket=request.ticket, path="own.lesson", choices=taken))
    assert play.state.document.weights == WeightsChoice("file", "/kept.safetensors")
    assert play.newest(BuildModel).weights == WeightsChoice("file", "/kept.safetensors")


def test_what_is_not_as_it_was_is_said(play):
    open_lesson(play, lesson(view()), remarks=("The hash differs.",))
    assert dict(play.state.notices[-1].arguments) == {"text": "The hash differs."}


# Keeping


def test_what_is_on_screen_is_kept(play):
    play(Drop(paths=("/p.png",)))
    play.load(4)
    play(PinColumn())
    requests = play(SaveLesson("/x/My lesson.lesson", ("graph", "compare")))
    (request,) = [each for each in requests if isinstance(each, WriteLesson)]
    kept = request.lesson
    assert (kept.title, len(kept.steps)) == ("My lesson", 1)
    (step,) = kept.steps
    assert step.view.net == LessonNet(TWENTY, "cifar-resnet20")
    assert kept.weights == (LessonWeights("cifar-resnet20"),)
    assert [net.spec for net in step.view.columns] == [TWENTY]
    assert step.view.docks == ("graph", "compare")
    assert (step.view.picture, request.image_ids) == (0, (4,))
    assert kept.form.data == "digits"


def test_a_written_lesson_is_the_users_own_and_takes_notes(play):
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    play(written(request))
    assert play.state.lessons.is_own
    assert "/x/mine.lesson" in play.state.settings.recent
    play(WriteNote("Look here."))
    play(NameStep("  The start "))
    play(NameStep("  "))
    step = play.state.lessons.present
    assert (step.heading, step.note) == ("The start", "Look here.")
    assert play.state.lessons.is_changed
    play(AddStep(("graph",)))
    assert play.state.lessons.step == 1
    again = play(SaveLesson("/x/mine.lesson"))[-1].lesson
    assert [each.note for each in again.steps] == ["Look here.", ""]
    assert again.start == 1
    assert len(again.weights) == 1, "known weights are named once"


def written(request):
    """The answer to a request to write, as the engine gives it."""
    return LessonWritten(
        ticket=request.ticket,
        path=request.path,
        lesson=request.lesson,
        facts=LessonFacts(),
        image_ids=request.image_ids,
        choices=request.choices,
        source=request.source,
    )


def test_what_is_written_into_a_lesson_while_it_is_saved_stays(play):
    play(written(play(SaveLesson("/x/mine.lesson"))[-1]))
    play(AddStep(("graph",)))
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    play(StepLesson(-1))
    play(WriteNote("Late."))
    play(written(request))
    lessons = play.state.lessons
    assert (lessons.step, lessons.present.note, lessons.is_changed) == (0, "Late.", True)
    # So does a step that was added, and a lesson that was opened.
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    play(AddStep(("graph",)))
    play(written(request))
    assert len(play.state.lessons.lesson.steps) == 3
    assert play.state.lessons.is_changed
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    open_lesson(play, lesson(view()), source=LESSONS[0][0])
    play(written(request))
    assert play.state.lessons.source == LESSONS[0][0]
    assert play.state.notices[-1].message == "The lesson is in {path}."


def test_a_lesson_that_ships_is_saved_with_its_texts_but_takes_no_notes(play):
    shipped, _ = LESSONS[0]
    open_lesson(play, lesson(view(), view(selected="fc")), source=shipped)
    play(WriteNote("no"))
    play(AddStep())
    assert not play.state.lessons.is_changed
    assert len(play.state.lessons.lesson.steps) == 2
    play(StepLesson(1))
    play(EditSpec((("stage_depths", (1, 1, 1)),)))
    kept = play(SaveLesson("/x/mine.lesson"))[-1].lesson
    assert kept.start == 1
    assert kept.title == "A lesson"
    assert kept.steps[0].view == view()
    assert kept.steps[1].view.net.spec == play.state.document.spec


def run_row(status, **changes):
    usual = {"name": "mine", "spec": SHORT, "epochs_done": 1, "data": "/home/me/photos"}
    usual |= {"validation_accuracy": 0.4, "seconds": 3.0}
    return made_row(RUN, status=status, **{**usual, **changes})


def test_weights_of_a_run_are_kept_with_its_curves_and_copied_ones_are_not(play):
    from explorer.engine.run_messages import RunsListed
    from explorer.state.actions import ChooseWeights
    from explorer.state.compare_actions import PinRun

    row = run_row("finished")
    play(RunsListed(rows=(row,), version=1))
    play(PinRun(RUN, SHORT))
    play(ChooseWeights(WeightsChoice("copied")))
    play.build(origin=Origin("copied", seed=0))
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    kept = request.lesson
    (run,) = kept.runs
    assert (run.id, run.data, run.summary) == (
        RUN,
        "photos",
        (("validation_accuracy", 0.4), ("seconds", 3.0)),
    )
    assert kept.steps[0].view.columns[0].weights == RUN
    assert dict(request.choices)[RUN] == WeightsChoice("run", RUN)
    assert kept.steps[0].view.net.weights == "untrained"
    assert "copied" in play.state.notices[-1].message
    assert (
        decode(
            encode(
                replace(
                    kept,
                    runs=(replace(run, file=f"runs/{RUN}.csv"),),
                    weights=(replace(kept.weights[0], sha256="d" * 64, file="weights/r.safetensors"),),
                )
            ),
            "x",
        )
        .runs[0]
        .id
        == RUN
    )


def test_a_run_that_learned_on_since_it_came_into_the_lesson_is_kept_as_it_stands(play):
    from explorer.engine.run_messages import RunsListed
    from explorer.state.actions import ChooseWeights

    open_lesson(play, lesson(None))
    play(RunsListed(rows=(run_row("running"),), version=1))
    play(ChooseWeights(WeightsChoice("run", RUN)))
    play(AddStep())
    assert play.state.lessons.lesson.runs[0].status == "stopped"
    play(RunsListed(rows=(run_row("finished", test_accuracy=0.9),), version=2))
    (run,) = play(SaveLesson("/x/mine.lesson"))[-1].lesson.runs
    assert (run.status, dict(run.summary)["test_accuracy"]) == ("finished", 0.9)


def test_a_rewound_run_is_kept_as_it_ended_and_that_is_said(play):
    play(PinRun(RUN, SHORT))
    play(SnapshotsKept(run=RUN, steps=(0, 5)))
    play(SaveLesson("/x/mine.lesson"))
    assert not any("rewound" in notice.message for notice in play.state.notices)
    play(Rewind(RUN, 5))
    request = play(SaveLesson("/x/mine.lesson"))[-1]
    assert dict(request.choices)[RUN] == WeightsChoice("run", RUN)
    assert "rewound" in play.state.notices[-1].message


def test_a_lesson_takes_no_more_steps_than_can_be_read(play):
    open_lesson(play, lesson(*[None] * MAX_STEPS))
    play(AddStep())
    assert len(play.state.lessons.lesson.steps) == MAX_STEPS
    assert "at most" in play.state.notices[-1].message
