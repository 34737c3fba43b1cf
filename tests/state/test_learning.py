"""Training, data, teaching and runs in the reducer alone."""

import dataclasses

import numpy as np
import pytest

from explorer.arch.presets import preset
from explorer.engine.data_messages import (
    CollectTaught,
    DataCard,
    DataListed,
    FetchData,
    FolderPeeked,
    ListData,
    OpenData,
    PeekFolder,
    ReadTaught,
    TaughtCollected,
)
from explorer.engine.messages import (
    MAIN_COLUMN,
    BuildModel,
    Cancel,
    Classify,
    ClassifyMany,
    LoadedPicture,
    ManyClassified,
    ModelBuilt,
    RequestFailed,
    RequestFinished,
    WeightsChoice,
)
from explorer.engine.picture_messages import ForgetPictures, LoadPictures, PicturesLoaded
from explorer.engine.run_messages import CurvesRead, DeleteRuns, ListRuns, RestoreRuns, RunsListed
from explorer.engine.training_messages import (
    FindRate,
    HaltTraining,
    LiveAnswer,
    RateFound,
    RateProbed,
    ResumeTraining,
    Train,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
    WatchTraining,
)
from explorer.nets.facts import Origin, Prediction
from explorer.state.actions import (
    CancelWork,
    ChooseWeights,
    ClearPictures,
    Drop,
    EditSpec,
    OpenSpec,
    Redo,
    Start,
    Undo,
)
from explorer.state.compare_actions import PinColumn, SeeColumns
from explorer.state.in_view import training_in_view
from explorer.state.learning_actions import (
    AllowFetchData,
    BringBackRuns,
    ChooseData,
    ChooseRecipe,
    ChooseStart,
    DiscardRuns,
    EditPlan,
    FillBin,
    GoOnTraining,
    LookUpData,
    LookUpTaught,
    OpenRun,
    PauseTraining,
    RemoveBin,
    RenameBin,
    ResetPlan,
    SeekRate,
    StartTraining,
    StopTraining,
    TakeFromBin,
    TakeRate,
    Teach,
    TrainOnFolder,
)
from explorer.state.model import Answer
from explorer.state.session import decode, encode, is_other
from explorer.training.recipes import plan_for
from tests.state.trainer import RUN, Trainer, epoch_ended, learning, ready, row


@pytest.fixture
def play():
    return ready()


@pytest.fixture
def training():
    return learning()


def test_start_opens_the_data_and_then_trains_the_net_with_its_classes(play):
    play(OpenSpec(preset("cifar-resnet20").spec.edited(num_classes=100)))
    play.build()
    play(StartTraining())
    assert play.state.training.status == "opening"
    play.open_data()
    train = play.newest(Train)
    assert play.state.training.status == "preparing"
    assert (train.spec.num_classes, train.data, train.weights.kind) == (10, "digits", "untrained")
    assert play.state.document.spec == train.spec
    assert not train.plan.flip
    play(Undo())
    assert play.state.document.spec.num_classes == 100


def test_the_net_that_learns_comes_into_view_and_is_watched(training):
    state = training.state
    assert state.training.status == "running"
    assert state.net.origin == Origin("run", RUN)
    assert state.net.classes == tuple("0123456789")
    assert training.newest(WatchTraining).image_id == 1
    assert training.newest(WatchTraining).key == state.document.selected
    training(
        LiveAnswer(run=RUN, image_id=1, predictions=(Prediction("3", 3, 0.9),), seen=None, milliseconds=1.0)
    )
    assert training.state.answers[1].predictions[0].label == "3"


def test_ticks_grow_the_curves_in_place_and_raise_their_version(training):
    buffer = training.state.training.curves.buffer
    version = training.state.training.curves.version
    training.tick(2, ((0, "step.loss", 2.3), (1, "step.loss", 2.1)))
    training.tick(3, ((1, "step.loss", 2.0), (2, "step.loss", 1.9)))
    curves = training.state.training.curves
    assert curves.buffer is buffer
    assert curves.version == version + 2
    steps, values = buffer.series("step.loss")
    assert steps.tolist() == [0, 1, 2]
    assert values.tolist() == [2.3, 2.0, 1.9]
    assert training.state.training.share == pytest.approx(3 / 110)
    assert training.state.training.eta_seconds == 12.0


def test_ticks_of_another_run_are_not_shown(training):
    before = training.state.training
    training(
        TrainTick(
            run="other", step=9, epoch=0, rows=((0, "step.loss", 1.0),), images_per_second=1, eta_seconds=1
        )
    )
    assert training.state.training is before


def test_pause_is_acknowledged_at_once_and_resumed_from_memory(training):
    training(PauseTraining())
    assert training.state.training.status == "pausing"
    assert training.newest(HaltTraining).how == "pause"
    training(TrainingHalted(run=RUN, how="pause", step=14))
    assert training.state.training.status == "paused"
    training(GoOnTraining())
    assert training.newest(ResumeTraining).run == RUN
    training.begin(ResumeTraining, first_step=14)
    assert training.state.training.status == "running"
    assert training.state.training.step == 14


def test_a_finished_training_is_trained_on_where_its_data_is(training):
    training(training_ended())
    assert training.state.training.can_extend
    training(GoOnTraining(epochs=12))
    assert training.state.training.status == "opening"
    assert training.newest(OpenData).data == "digits"
    training.open_data()
    asked = training.newest(ResumeTraining)
    assert (asked.run, asked.epochs, asked.data) == (RUN, 12, "digits")
    rows = ((109, "epoch.validation_accuracy", 0.9),)
    training.begin(ResumeTraining, first_step=110, rows=rows, run="longer")
    state = training.state.training
    assert (state.began.run, state.step, state.ended) == ("longer", 110, None)
    assert not state.can_extend
    # The next that is resumed is no extension.
    training(TrainingHalted(run="longer", how="pause", step=111))
    training(GoOnTraining())
    assert training.newest(ResumeTraining).epochs == 0


@pytest.mark.parametrize(("data", "opened"), [("digits", "digits"), ("cifar10-jpeg.zip", "/my/pictures.zip")])
def test_one_that_ships_learns_from_its_named_data_else_from_the_forms(play, data, opened):
    shipped = row("finished", is_bundled=True, has_weights=True, data=data, has_data=data == "digits")
    play(RunsListed(rows=(shipped,)))
    play(ChooseData("/my/pictures.zip"))
    play(GoOnTraining(RUN, epochs=99))
    assert play.newest(OpenData).data == opened
    assert play.state.training.extends_to == 99


def test_stop_before_the_first_step_takes_the_requests_back(play):
    play(StartTraining())
    play(StopTraining())
    assert play.state.training.status == "idle"
    assert play.newest(Cancel).cancelled == play.newest(OpenData).ticket
    play.open_data()
    assert not any(isinstance(request, Train) for request in play.sent)


def test_cancelling_in_the_status_bar_stops_with_a_checkpoint(training):
    ticket = training.newest(Train).ticket
    training(CancelWork(ticket))
    assert training.state.training.status == "stopping"
    assert training.newest(HaltTraining).how == "stop"


def test_once_it_halts_all_pictures_are_asked_about_again(training):
    shown = training.state.pictures
    more = tuple(dataclasses.replace(shown.items[0], image_id=image_id) for image_id in (2, 3))
    training.state = dataclasses.replace(
        training.state,
        pictures=dataclasses.replace(shown, items=(*shown.items, *more), current=2),
        answers={image_id: Answer((), 1.0) for image_id in (1, 2, 3)},
    )
    n_sent = len(training.sent)
    training(TrainingHalted(run=RUN, how="pause", step=5))
    asked = training.sent[n_sent:]
    assert [request.image_id for request in asked if isinstance(request, Classify)] == [2]
    assert [request.image_ids for request in asked if isinstance(request, ClassifyMany)] == [(1, 3)]
    # The one that followed the training is not empty in the meantime.
    assert set(training.state.answers) == {2}


def with_pictures(training, *image_ids, answered=True):
    shown = training.state.pictures
    items = tuple(dataclasses.replace(shown.items[0], image_id=image_id) for image_id in image_ids)
    answers = {image_id: Answer((Prediction("0", 0, 0.1),)) for image_id in image_ids} if answered else {}
    pictures = dataclasses.replace(shown, items=items, current=image_ids[0])
    training.state = dataclasses.replace(training.state, pictures=pictures, answers=answers)


def many_asked(training, since):
    return [request.image_ids for request in training.sent[since:] if isinstance(request, ClassifyMany)]


def test_all_pictures_follow_the_training_epoch_by_epoch_where_that_costs_little(training):
    with_pictures(training, 1, 2, 3)
    # 1,437 pictures in an epoch at 900 a second are 1.6 s; two at 1,000 a second are 2 ms.
    training.state = dataclasses.replace(training.state, images_per_second=1000.0)
    training.tick(11)
    n_sent = len(training.sent)
    training(epoch_ended(0))
    assert many_asked(training, n_sent) == [(2, 3)]
    assert training.state.training.answered_epoch == 1
    # What was said stands until the answers come; then they take its place, but not of what is looked at.
    assert set(training.state.answers) == {1, 2, 3}
    training(
        ManyClassified(
            ticket=training.newest(ClassifyMany).ticket,
            column=MAIN_COLUMN,
            answers=tuple((image_id, (Prediction("7", 7, 0.9),)) for image_id in (1, 2, 3)),
            done=2,
            total=2,
            images_per_second=500.0,
        )
    )
    labels = {key: answer.predictions[0].label for key, answer in training.state.answers.items()}
    assert labels == {1: "0", 2: "7", 3: "7"}


def test_many_pictures_follow_seldom_enough_to_cost_a_hundredth_of_the_time(training):
    with_pictures(training, *range(1, 102))
    # 100 pictures cost 0.1 s: due after 10 s of learning, which is in the seventh epoch of 1.6 s.
    training.state = dataclasses.replace(training.state, images_per_second=1000.0)
    training.tick(11)
    asked = []
    for epoch in range(14):
        n_sent = len(training.sent)
        training(epoch_ended(epoch))
        if many_asked(training, n_sent):
            asked.append(epoch)
            training(RequestFinished(ticket=training.newest(ClassifyMany).ticket))
    assert asked == [6, 13]


def test_pictures_are_not_asked_about_again_while_they_are_being_asked_about(training):
    with_pictures(training, 1, 2, 3)
    training.tick(11)
    training(epoch_ended(0))
    n_sent = len(training.sent)
    training(epoch_ended(1))
    assert many_asked(training, n_sent) == []
    training(RequestFinished(ticket=training.newest(ClassifyMany).ticket))
    training(epoch_ended(2))
    assert many_asked(training, n_sent) == [(2, 3)]


def test_the_list_of_runs_follows_the_training_once_it_was_read(training):
    ended = epoch_ended(0)
    training(ended)
    assert not isinstance(training.sent[-1], ListRuns)
    training(RunsListed(rows=(row("running"),)))
    training(ended)
    assert isinstance(training.sent[-1], ListRuns)


@pytest.mark.parametrize("how", ["stop", "cancel"])
def test_the_finder_is_taken_back_and_leaves_nothing(play, how):
    play(SeekRate())
    play.open_data()
    ticket = play.newest(FindRate).ticket
    probed = RateProbed(ticket=ticket, rates=(0.1,), losses=(2.0,), share=0.1)
    play(probed)
    assert play.state.training.status == "running"
    play(StopTraining() if how == "stop" else CancelWork(ticket))
    assert play.newest(Cancel).cancelled == ticket
    assert (play.state.training.status, play.state.training.finder) == ("idle", None)
    # What was said before the engine heard of it comes late.
    play(probed)
    play(RequestFailed(ticket=ticket, kind="FindRate", message="Stopped.", hint="", is_cancelled=True))
    assert (play.state.training.status, play.state.training.finder) == ("idle", None)


def test_a_start_that_is_taken_back_is_no_failure(play):
    play(StartTraining())
    play.open_data()
    ticket = play.newest(Train).ticket
    play(CancelWork(ticket))
    play(RequestFailed(ticket=ticket, kind="Train", message="Stopped.", hint="", is_cancelled=True))
    assert play.state.training.status == "idle"
    assert play.state.notices == ()


def test_data_whose_reading_is_taken_back_is_read_no_more(play):
    play(StartTraining())
    play(StopTraining())
    assert (play.state.training.status, play.state.data.status) == ("idle", "none")


def test_a_second_start_waits_for_the_first_to_end(training):
    n_sent = len(training.sent)
    training(StartTraining())
    training(SeekRate())
    training(ChooseData("shapes"))
    assert len(training.sent) == n_sent


def test_a_disk_that_is_full_pauses_and_says_why(training):
    training(
        TrainingHalted(
            run=RUN,
            how="pause",
            step=5,
            cause="No room in {path}.",
            hint="Make room.",
            arguments=(("path", "/x"),),
        )
    )
    assert training.state.training.status == "paused"
    assert training.state.training.cause == "No room in /x."
    assert training.state.notices[-1].hint == "Make room."


def test_a_failure_leaves_its_cause_and_lets_another_training_begin(training):
    ticket = training.newest(Train).ticket
    training(
        RequestFailed(
            ticket=ticket,
            kind="Train",
            message="The loss is {x}.",
            hint="Try {y}.",
            arguments=(("x", "nan"), ("y", 0.1)),
        )
    )
    training(RequestFinished(ticket=ticket))
    assert training.state.training.status == "failed"
    assert training.state.training.cause == "The loss is nan."
    assert training.state.training.remedy == "Try 0.1."
    assert isinstance(training.sent[-1], ListRuns)
    training(StartTraining())
    assert training.state.training.status == "opening"


def test_where_memory_was_not_enough_a_smaller_batch_is_offered(training):
    failed = RequestFailed(
        ticket=training.newest(Train).ticket,
        kind="Train",
        message="{device} has not enough memory for batches of {batch}.",
        hint="Train with batch_size={half}, or on another device.",
        arguments=(("device", "cuda:0"), ("batch", 128), ("half", 64)),
    )
    training(failed)
    (offer,) = training.state.notices[-1].actions
    assert offer.label == "Train with batches of 64"
    training(offer.action)
    training.open_data()
    assert training.newest(Train).plan.batch_size == training.state.form.plan.batch_size == 64
    smallest = dataclasses.replace(failed, arguments=(("device", "cuda:0"), ("batch", 1), ("half", 1)))
    training(smallest)
    assert not training.state.notices[-1].actions


def test_stopping_what_is_paused_goes_on_the_record(training):
    training(PauseTraining())
    training(TrainingHalted(run=RUN, how="pause", step=3))
    training(RunsListed(rows=()))
    training(StopTraining())
    assert training.newest(HaltTraining).how == "stop"
    assert training.state.training.status == "stopped"
    n_lists = sum(isinstance(request, ListRuns) for request in training.sent)
    training(TrainingHalted(run=RUN, how="stop", step=3))
    assert training.state.training.status == "stopped"
    assert sum(isinstance(request, ListRuns) for request in training.sent) == n_lists + 1


def test_a_folder_to_train_on_waits_for_the_training_that_runs(training):
    training(TrainOnFolder("/photos/pets"))
    said = training.state.notices[-1]
    assert dict(said.arguments)["name"] == "pets"
    assert training.state.form.data == "digits"
    training(TrainingHalted(run=RUN, how="stop", step=3))
    training(said.actions[0].action)
    assert training.state.form.data == "/photos/pets"


def test_after_a_failure_pictures_are_asked_about_again(training):
    current = training.state.pictures.current
    training.state = dataclasses.replace(training.state, answers={current: Answer((), 1.0)})
    n_sent = len(training.sent)
    ticket = training.newest(Train).ticket
    training(RequestFailed(ticket=ticket, kind="Train", message="The loss is nan.", hint=""))
    assert [request.image_id for request in training.sent[n_sent:] if isinstance(request, Classify)] == [
        current
    ]
    assert not training.state.answers, "they were another step's"


def test_only_what_is_unusual_in_an_opened_run_counts_as_chosen(play):
    play(ChooseData("shapes"))
    play(ChooseData("digits"))
    play.open_data()
    usual = play.state.form.plan
    play(RunsListed(rows=(dataclasses.replace(row("finished"), plan=usual.edited(momentum=0.5)),)))
    play(OpenRun(RUN))
    assert play.state.form.plan.momentum == 0.5
    play(ChooseRecipe("tutorial-b"))
    assert (play.state.form.plan.momentum, play.state.form.plan.learning_rate) == (0.5, 0.01)


def test_an_opened_run_brings_the_recipe_that_it_was_trained_by(play):
    play(ChooseData("shapes"))
    play(ChooseData("digits"))
    play.open_data()
    play(ChooseRecipe("fine-tune"))
    plan = play.state.form.plan.edited(momentum=0.5)
    play(ChooseRecipe("fast"))
    play(RunsListed(rows=(dataclasses.replace(row("finished"), plan=plan),)))
    play(OpenRun(RUN))
    form = play.state.form
    assert (form.recipe, form.plan, form.chosen, form.starts_from.kind) == (
        "fine-tune",
        plan,
        {"momentum"},
        "known",
    )


def training_ended():
    return TrainingEnded(
        run=RUN,
        path="/w.safetensors",
        epochs=10,
        test_accuracy=0.98,
        best_epoch=4,
        seconds=20.0,
        images_per_second=900.0,
        stopped_early=False,
    )


def test_what_learns_is_the_documents_network_from_its_first_step_on(training):
    assert training.state.document.weights == WeightsChoice("run", RUN)
    past = training.state.history.past
    training(EditSpec((("shortcut", "B"),)))
    training(Undo())
    assert training.newest(BuildModel).weights == WeightsChoice("run", RUN)
    assert training.state.history.past == past


def test_a_step_from_before_is_undone_without_losing_the_network_that_learns(play):
    play(PinColumn())
    play(StartTraining())
    play.open_data()
    play.begin()
    play.sent.clear()
    play(Undo())
    assert play.state.document.columns == ()
    assert play.state.document.weights == WeightsChoice("run", RUN)
    assert not any(isinstance(one, BuildModel) and one.column == "main" for one in play.sent)


def test_weights_that_were_loaded_before_it_learned_can_be_gone_back_to(play):
    loaded = WeightsChoice("file", "/a/cat.safetensors")
    play(ChooseWeights(loaded))
    play.build(Origin("file", "cat.safetensors"))
    play(StartTraining())
    play.open_data()
    play.begin()
    assert play.state.document.weights == WeightsChoice("run", RUN)
    play(Undo())
    assert play.newest(BuildModel).weights == loaded
    play(Redo())
    assert play.newest(BuildModel).weights == WeightsChoice("run", RUN)


def test_loaded_weights_are_what_a_training_on_other_classes_starts_from(play):
    loaded = WeightsChoice("file", "/a/cat.safetensors")
    play(ChooseWeights(loaded))
    play.build(Origin("file", "cat.safetensors"))
    play(ChooseStart(WeightsChoice("known")))
    play(StartTraining())
    play.open_data(classes=2, n_train=20)
    train = play.newest(Train)
    assert (train.spec.num_classes, train.weights) == (2, loaded)


def test_building_that_was_taken_back_leaves_the_choice(play):
    play(ChooseWeights(WeightsChoice("run", RUN)))
    failed = play.newest(BuildModel)
    play(RequestFailed(ticket=failed.ticket, kind="BuildModel", message="", hint="", is_cancelled=True))
    assert play.state.document.weights == WeightsChoice("run", RUN)


def test_a_start_right_after_a_stop_is_not_lost(training):
    training(PauseTraining())
    training(TrainingHalted(run=RUN, how="pause", step=14))
    training(StopTraining())
    training(StartTraining())
    training(TrainingHalted(run=RUN, how="stop", step=14))
    assert training.state.training.status == "opening"
    training.open_data()
    assert training.newest(Train).data == "digits"
    assert training.state.training.status == "preparing"


def test_a_deleted_run_is_not_gone_on_with_until_it_is_back(training):
    training(PauseTraining())
    training(TrainingHalted(run=RUN, how="pause", step=14))
    training(StopTraining())
    training(TrainingHalted(run=RUN, how="stop", step=14))
    training(RunsListed(rows=(row("stopped"),)))
    training(DiscardRuns((RUN,)))
    training.sent.clear()
    training(GoOnTraining())
    assert not any(isinstance(one, ResumeTraining) for one in training.sent)
    notice = training.state.notices[-1]
    assert "deleted" in notice.message
    training(notice.actions[0].action)
    training(GoOnTraining())
    assert training.newest(ResumeTraining).run == RUN


@pytest.mark.parametrize("data", ["digits", "other"])
def test_what_is_begun_anew_begins_as_the_run_in_view_did_on_these_data(training, data):
    began_from = WeightsChoice("named", "cifar-resnet20")
    training(PauseTraining())
    training(TrainingHalted(run=RUN, how="pause", step=14))
    training(RunsListed(rows=(row("paused", data=data, start=began_from),)))
    training(ChooseStart(WeightsChoice("known")))
    training(StartTraining())
    training.open_data()
    assert training.newest(Train).weights == (began_from if data == "digits" else WeightsChoice("run", RUN))


def test_from_a_run_that_ended_what_is_next_begins_from_what_it_has_learned(training):
    training(training_ended())
    training(RunsListed(rows=(row("finished", start=WeightsChoice("named", "cifar-resnet20")),)))
    training(ChooseStart(WeightsChoice("known")))
    training(StartTraining())
    training.open_data()
    assert training.newest(Train).weights == WeightsChoice("run", RUN)
    training(StopTraining())
    training(StartTraining(is_anew=True))
    training.open_data()
    assert training.newest(Train).weights == WeightsChoice("named", "cifar-resnet20")


def test_frozen_epochs_follow_the_epochs_until_they_are_set(play):
    play(ChooseRecipe("fine-tune"))
    play(EditPlan((("epochs", 4),)))
    assert play.state.form.plan.freeze_epochs < 4
    play(EditPlan((("freeze_epochs", 2),)))
    play(EditPlan((("epochs", 20),)))
    assert play.state.form.plan.freeze_epochs == 2


def test_what_is_pinned_while_it_learns_is_its_run_and_says_what_that_reached(training):
    training(SeeColumns(is_seen=True))
    training(PinColumn())
    (column,) = training.state.document.columns
    assert column.weights == WeightsChoice("run", RUN)
    training(
        ModelBuilt(
            ticket=training.newest(BuildModel).ticket,
            column=column.name,
            spec=column.spec,
            origin=Origin("run", RUN),
            classes=(),
            offers=(),
            can_copy=0,
        )
    )
    training(training_ended())
    origin = training.state.compare.columns[column.name].origin
    assert origin.accuracy_percent == pytest.approx(98.0)


def test_a_run_that_left_no_weights_is_given_up_so_that_a_network_lives(play):
    play(ChooseWeights(WeightsChoice("run", RUN)))
    failed = play.newest(BuildModel)
    play(RequestFailed(ticket=failed.ticket, kind="BuildModel", message="It was cut off.", hint="Resume it."))
    assert play.state.document.weights.kind == "known"
    assert play.newest(BuildModel).weights.kind == "known"
    assert play.state.notices[-1].message == "It was cut off."


def test_at_its_end_the_net_keeps_the_runs_weights(training):
    training(epoch_ended(4))
    training(training_ended())
    state = training.state
    assert state.training.status == "finished"
    assert state.training.best_epoch == 4
    assert (state.document.weights.kind, state.document.weights.name) == ("run", RUN)
    assert state.net.origin.accuracy_percent == pytest.approx(98.0)


def test_what_the_user_set_survives_another_recipe_and_other_data(play):
    play(EditPlan((("epochs", 7), ("label_smoothing", 0.2))))
    play(ChooseRecipe("fine-tune"))
    form = play.state.form
    assert (form.plan.epochs, form.plan.label_smoothing, form.starts_from.kind) == (7, 0.2, "known")
    play(ChooseData("shapes"))
    assert play.state.form.plan.epochs == 7
    play(ResetPlan("epochs"))
    assert play.state.form.plan.epochs != 7
    assert play.state.form.plan.label_smoothing == 0.2


def test_an_edit_that_the_plan_refuses_is_said_beside_the_field(play):
    before = play.state.form.plan
    play(EditPlan((("epochs", -1),)))
    assert play.state.form.plan == before
    assert play.state.form.refusal[0] == "epochs"
    play(EditPlan((("epochs", 5),)))
    assert play.state.form.refusal is None


def test_data_that_is_not_here_is_downloaded_only_after_a_yes(play):
    card = DataCard("cifar10", "CIFAR-10", "", 170_000_000, False, 10)
    play(DataListed(cards=(card,)))
    play(ChooseData("cifar10"))
    assert not any(isinstance(request, OpenData | FetchData) for request in play.sent)
    question = play.state.notices[-1]
    assert question.severity == "question"
    assert question.actions[0].action == AllowFetchData("cifar10")
    play(question.actions[0].action)
    assert play.newest(FetchData).name == "cifar10"


def test_data_that_cannot_be_read_ends_the_start(play):
    play(StartTraining())
    ticket = play.newest(OpenData).ticket
    play(RequestFailed(ticket=ticket, kind="OpenData", message="There is nothing.", hint="Add some."))
    assert play.state.training.status == "idle"
    assert play.state.data.status == "failed"
    assert play.state.notices[-1].message == "There is nothing."


@pytest.fixture
def stopped(training):
    """A run that was stopped after some steps, and is in the list."""
    training.tick(14, ((13, "step.loss", 1.5),))
    training(StopTraining())
    training(TrainingHalted(run=RUN, how="stop", step=14))
    training(RunsListed(rows=(row("stopped"),)))
    return training


def refuse(play, kind):
    play(
        RequestFailed(
            ticket=play.newest(kind).ticket, kind=kind.__name__, message="There is nothing.", hint="Add some."
        )
    )


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (StartTraining(), OpenData),
        (StartTraining(), Train),
        (SeekRate(), OpenData),
        (SeekRate(), FindRate),
        (GoOnTraining(), ResumeTraining),
    ],
)
def test_a_start_that_fails_before_its_first_step_leaves_the_run_before_as_it_was(stopped, ask, kind):
    before = stopped.state.training
    assert before.can_resume
    stopped(ask)
    assert stopped.state.training.is_busy
    if kind in (Train, FindRate):
        stopped.open_data()
    refuse(stopped, kind)
    after = stopped.state.training
    for part in ("status", "cause", "remedy", "began", "step", "curves", "can_resume", "twin", "finder"):
        assert getattr(after, part) == getattr(before, part)
    notice = stopped.state.notices[-1]
    assert (notice.severity, notice.message, notice.hint) == ("error", "There is nothing.", "Add some.")


def test_why_a_training_failed_is_said_again_after_a_start_that_came_to_nothing(training):
    refuse(training, Train)
    training(StartTraining())
    assert training.state.training.cause == ""
    refuse(training, OpenData)
    state = training.state.training
    assert (state.status, state.cause, state.remedy) == ("failed", "There is nothing.", "Add some.")


@pytest.mark.parametrize("is_halted", [False, True])
def test_a_paused_training_waits_on_after_a_start_that_was_taken_back(training, is_halted):
    training(PauseTraining())
    training(TrainingHalted(run=RUN, how="pause", step=14))
    training(StartTraining())
    if is_halted:
        # As the engine says once the next one has taken its place.
        training.open_data()
        training(TrainingHalted(run=RUN, how="stop", step=14))
    training(StopTraining())
    assert training.state.training.status == ("stopped" if is_halted else "paused")
    assert training.state.training.can_resume


def test_a_start_that_fails_leaves_the_run_of_another_sitting_in_view(play):
    play(RunsListed(rows=(row("stopped"),)))
    play(ChooseWeights(WeightsChoice("run", RUN)))
    play.build(Origin("run", RUN))
    play(CurvesRead(run=RUN, rows=((13, "step.loss", 1.5),)))
    assert training_in_view(play.state).can_resume
    play(StartTraining())
    refuse(play, OpenData)
    assert training_in_view(play.state).can_resume


def test_folders_that_were_used_can_be_chosen_again_in_the_next_session(play):
    for place in ("/photos/cats", "/photos/owls.zip", "/photos/cats"):
        play(ChooseData(place))
        play.open_data(data=place, classes=2)
    assert play.state.data.places == ("/photos/owls.zip", "/photos/cats")
    play(ChooseData("digits"))
    play.open_data()
    again = Trainer()
    again.state = decode(encode(play.state))
    again(LookUpData())
    assert again.newest(ListData).recent == ("/photos/cats", "/photos/owls.zip")
    again(DataListed(cards=(), places=("/photos/cats", "/home/taught/my-classes")))
    assert again.state.data.places == ("/photos/cats", "/home/taught/my-classes")


def test_a_run_whose_data_is_not_here_leaves_the_forms_data_and_says_so(play):
    plan = plan_for("pictures.zip", 50_000, "paper-2015", epochs=164, seed=7)
    shipped = row("finished", is_bundled=True, data="pictures.zip", plan=plan, has_data=False)
    play(RunsListed(rows=(shipped, dataclasses.replace(shipped, id="here", has_data=True))))
    play(ChooseData("shapes"))
    play(OpenRun(RUN))
    form = play.state.form
    assert (form.data, form.lacks, form.recipe) == ("shapes", "pictures.zip", "paper-2015")
    assert (form.plan.epochs, form.plan.seed) == (164, 7)
    assert decode(encode(play.state)).form.data == "shapes"
    play(ChooseData("digits"))
    assert (play.state.form.lacks, play.state.form.plan.epochs) == ("", 164)
    play(OpenRun("here"))
    assert (play.state.form.data, play.state.form.lacks) == ("pictures.zip", "")


@pytest.mark.parametrize("is_started", [False, True])
def test_data_that_are_only_looked_up_fail_without_a_banner(play, is_started):
    play.state = dataclasses.replace(play.state, form=dataclasses.replace(play.state.form, data="gone.zip"))
    play(LookUpData())
    if is_started:
        play(StartTraining())
    refuse(play, OpenData)
    assert (play.state.data.status, play.state.data.cause) == ("failed", "There is nothing. Add some.")
    assert [notice.message for notice in play.state.notices] == ["There is nothing."] * is_started
    play(ChooseData("digits"))
    play.open_data()
    assert (play.state.data.status, play.state.data.cause) == ("open", "")


def test_looking_up_data_reads_the_chosen_set_once(play):
    play(LookUpData())
    play.open_data()
    n_sent = len(play.sent)
    play(LookUpData())
    assert [type(request).__name__ for request in play.sent[n_sent:]] == ["ListData"]


def test_a_folder_is_looked_into_and_offered_two_ways(play):
    play(Drop(paths=("/photos/cats", "/a.png")))
    assert play.newest(PeekFolder).path == "/photos/cats"
    assert play.newest(LoadPictures).paths == ("/a.png",)
    play(FolderPeeked(path="/photos/cats", classes=("cat", "dog"), n_pictures=20))
    labels = [action.label for action in play.state.notices[-1].actions]
    assert labels == ["Classify them", "Train on them"]
    play(TrainOnFolder("/photos/cats"))
    assert play.state.form.data == "/photos/cats"
    assert play.newest(OpenData).data == "/photos/cats"


def test_a_folder_without_classes_is_read_as_pictures(play):
    play(FolderPeeked(path="/photos", classes=(), n_pictures=3))
    assert play.newest(LoadPictures).paths == ("/photos",)


def test_pictures_dropped_into_a_bin_are_in_it_and_teaching_fine_tunes(play):
    play(RenameBin(0, "cup"))
    play(FillBin(0, paths=("/cup.png",)))
    play.load(7)
    play(FillBin(1, paths=("/pot.png",)))
    play.load(8)
    assert [one.image_ids for one in play.state.teach.bins] == [(7,), (8,)]
    play(Teach())
    assert play.newest(CollectTaught).bins == (("cup", (7,)), ("class 2", (8,)))
    play(TaughtCollected(path="/home/taught/my-classes"))
    assert play.state.form.recipe == "fine-tune"
    play.open_data(data="/home/taught/my-classes", classes=2, n_train=20)
    train = play.newest(Train)
    assert (train.spec.num_classes, train.weights.kind, train.plan.freeze_epochs > 0) == (2, "known", True)


TAUGHT = "/home/taught/my-classes"


@pytest.fixture
def again(play):
    """The next session after one in which two classes were taught and one picture more was dropped."""
    play(RenameBin(0, "cup"))
    play(FillBin(0, paths=("/cup.png",)))
    play.load(7)
    play(FillBin(1, paths=("/pot.png", "/pan.png")))
    play.load(8, 9)
    play(Teach())
    files = ((7, f"{TAUGHT}/cup/0000.png"), (8, f"{TAUGHT}/pot/0000.png"), (9, f"{TAUGHT}/pot/0001.png"))
    play(TaughtCollected(path=TAUGHT, files=files))
    assert not play.state.teach.is_untaught
    play(FillBin(1, paths=("/jug.png",)))
    play.load(10)
    assert play.state.teach.is_untaught
    player = Trainer()
    player.state = decode(encode(play.state))
    assert is_other(play.state, player.state)
    player(Start(sample="cat.jpg"))
    player.build()
    player.load(1)
    return player


def read_again(play, *pictures, done=3):
    """Answer as the engine does: (number, path) of what could be read."""
    request = play.newest(ReadTaught)
    names, pixels = dict(request.pictures), np.zeros((2, 2, 3), np.uint8)
    loaded = tuple(
        LoadedPicture(number, names[path], path, 2, 2, pixels, pixels) for number, path in pictures
    )
    play(PicturesLoaded(ticket=request.ticket, loaded=loaded, failed=(), done=done, total=3))
    if done == 3:
        play(RequestFinished(ticket=request.ticket))


def test_what_was_taught_comes_back_when_teach_is_opened(again):
    assert not any(isinstance(one, ReadTaught) for one in again.sent)
    again(LookUpTaught())
    again(LookUpTaught())
    assert sum(isinstance(one, ReadTaught) for one in again.sent) == 1
    assert [name for _, name in again.newest(ReadTaught).pictures] == ["7.png", "8.png", "9.png"]
    read_again(again, (4, f"{TAUGHT}/cup/0000.png"), (5, f"{TAUGHT}/pot/0000.png"), done=2)
    assert again.state.teach.is_reading
    # Cut off here, the rest would come with the next start.
    assert decode(encode(again.state)).teach.bins[1].unread[1].path == f"{TAUGHT}/pot/0001.png"
    read_again(again, (6, f"{TAUGHT}/pot/0001.png"))
    teach = again.state.teach
    assert [(one.name, one.image_ids, one.unread) for one in teach.bins] == [
        ("cup", (4,), ()),
        ("class 2", (5, 6), ()),
    ]
    assert (teach.is_untaught, teach.is_reading) == (False, False)
    pictures = again.state.pictures
    assert (pictures.current, pictures.sample) == (1, 1), "what is looked at stays"
    assert [item.image_id for item in pictures.items] == [1, 4, 5, 6]
    assert again.newest(ClassifyMany).image_ids == (4, 5, 6)
    assert again.state.notices == ()
    again(Teach())
    assert again.newest(CollectTaught).bins == (("cup", (4,)), ("class 2", (5, 6)))


def test_what_was_taught_stays_in_the_session_though_nobody_opens_teach(again):
    assert decode(encode(again.state)).teach == again.state.teach
    again(RenameBin(0, "mug"))
    again(RemoveBin(1))
    third = decode(encode(again.state)).teach
    assert [(one.name, len(one.unread)) for one in third.bins] == [("mug", 1)]


def test_taught_pictures_that_are_gone_are_said_once_and_quietly(again):
    again(LookUpTaught())
    read_again(again)
    assert [(one.name, one.image_ids, one.unread) for one in again.state.teach.bins] == [
        ("cup", (), ()),
        ("class 2", (), ()),
    ]
    (notice,) = again.state.notices
    assert (notice.severity, dict(notice.arguments)) == ("info", {"count": 3})
    assert [item.image_id for item in again.state.pictures.items] == [1]


def test_what_was_set_for_teaching_is_kept_and_what_was_set_for_another_recipe_is_not(play):
    for recipe, is_kept in (("fast", False), ("fine-tune", True)):
        play(ChooseRecipe(recipe))
        play(EditPlan((("epochs", 3),)))
        play(Teach())
        play(TaughtCollected(path="/home/taught/my-classes"))
        assert (play.state.form.plan.epochs == 3) is is_kept
        play(StopTraining())


def test_collecting_that_was_taken_back_can_begin_again(play):
    play(Teach())
    ticket = play.newest(CollectTaught).ticket
    play(CancelWork(ticket))
    play(RequestFinished(ticket=ticket))
    assert not play.state.teach.collecting
    play(Teach())
    assert play.newest(CollectTaught).ticket > ticket


def test_pictures_on_their_way_to_a_bin_find_it_after_another_was_removed(play):
    play(FillBin(1, paths=("/pot.png",)))
    play(RemoveBin(0))
    play.load(8)
    assert [one.image_ids for one in play.state.teach.bins] == [(8,)]


def test_a_run_that_was_cut_off_is_offered_once(play):
    play(RunsListed(rows=(row(),)))
    offer = play.state.notices[-1]
    assert offer.actions[0].action == GoOnTraining(RUN)
    assert dict(offer.arguments)["run"] == "CIFAR ResNet-20 on digits"
    play(RunsListed(rows=(row(),)))
    assert sum(notice.message == offer.message for notice in play.state.notices) == 1
    play(offer.actions[0].action)
    assert play.newest(OpenData).data == "digits"
    play.open_data()
    assert play.newest(ResumeTraining).run == RUN
    rows = ((10, "epoch.validation_accuracy", 0.4), (21, "epoch.validation_accuracy", 0.6))
    play.begin(ResumeTraining, first_step=33, rows=rows)
    assert play.state.training.best_epoch == 1
    assert play.state.training.curves.buffer.series("epoch.validation_accuracy")[1].tolist() == [0.4, 0.6]
    assert not any(notice.actions for notice in play.state.notices), "what happens is offered no more"


def test_deleting_runs_can_be_undone_and_spares_bundled_ones(play):
    play(RunsListed(rows=(row("finished"), row("finished", id="shipped", is_bundled=True))))
    play(DiscardRuns((RUN, "shipped")))
    assert play.newest(DeleteRuns).runs == (RUN,)
    undo = play.state.notices[-1].actions[0].action
    assert undo == BringBackRuns((RUN,))
    play(undo)
    assert play.newest(RestoreRuns).runs == (RUN,)


def test_the_notice_says_which_of_several_alike_was_deleted(play):
    play(RunsListed(rows=(row("finished", mark="14:32"), row("finished", id="other", mark="15:02"))))
    play(DiscardRuns((RUN,)))
    assert dict(play.state.notices[-1].arguments)["name"] == "CIFAR ResNet-20 on digits, 14:32"


def test_the_finder_suggests_a_rate_that_can_be_taken(play):
    play(SeekRate())
    play.open_data()
    request = play.newest(FindRate)
    play(RateFound(ticket=request.ticket, rates=(0.1, 1.0), losses=(2.0, 1.0), suggested=0.3))
    assert play.state.training.finder.suggested == 0.3
    assert not play.state.training.is_busy
    play(TakeRate(0.3))
    assert play.state.form.plan.learning_rate == 0.3
    assert play.state.training.finder is None


def test_the_form_is_kept_in_the_session(play):
    play(ChooseRecipe("paper-2015"))
    play(EditPlan((("epochs", 9),)))
    again = decode(encode(play.state))
    assert again.form == dataclasses.replace(play.state.form, refusal=None)


def test_training_builds_nothing_twice(training):
    builds = [request for request in training.sent if isinstance(request, BuildModel)]
    assert len(builds) == 1


def test_an_untrained_network_by_choice_starts_from_those_known_for_it(play):
    play(ChooseWeights(WeightsChoice("untrained")))
    play(ChooseStart(WeightsChoice("known")))
    play(StartTraining())
    play.open_data(classes=2, n_train=20)
    assert play.newest(Train).weights == WeightsChoice("known")


def test_removing_all_pictures_leaves_those_that_wait_to_be_taught(play):
    play(Drop(paths=("/a/cat.jpg", "/a/dog.jpg", "/a/owl.jpg")))
    play.load(1, 2, 3)
    play(FillBin(0, image_ids=(2,)))
    play(ClearPictures())
    assert [item.image_id for item in play.state.pictures.items] == [2]
    assert play.state.pictures.current == 2
    assert play.state.teach.bins[0].image_ids == (2,)
    assert play.newest(ForgetPictures).image_ids == (1, 3)
    assert "stay" in play.state.notices[-1].message
    play(TakeFromBin(0, 2))
    play(ClearPictures())
    assert play.state.pictures.items == ()
    assert play.newest(ForgetPictures).image_ids == (2,)
