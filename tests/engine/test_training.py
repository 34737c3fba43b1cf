"""Trainings on the real engine: begun, watched, halted, resumed, and left by the program."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.arch.presets import plain_twin, preset
from explorer.arch.spec import ArchitectureSpec
from explorer.engine.context import ActiveTraining, Context
from explorer.engine.data_messages import DataOpened, OpenData
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
    WeightsChoice,
)
from explorer.engine.moment_messages import SnapshotsKept
from explorer.engine.picture_messages import LoadPictures, PicturesLoaded
from explorer.engine.sample_messages import (
    PoolSample,
    SampleChoice,
    SamplePooled,
    SweepLesions,
    Swept,
)
from explorer.engine.training_messages import (
    EpochEnded,
    FindRate,
    HaltTraining,
    LiveAnswer,
    LiveMaps,
    RateFound,
    ResumeTraining,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
    WatchTraining,
)
from explorer.engine.worker import Engine
from explorer.images.datasets import open_dataset
from explorer.images.prepare import transform_for
from explorer.nets.catalogue import cards_for_body, obtain
from explorer.nets.weight_files import read_weights
from explorer.runs.judged import read_judged
from explorer.runs.store import RunStore
from explorer.training import loop
from explorer.training.checkpoint import newest_step, read_checkpoint, write_checkpoint
from explorer.training.events import StepMetrics
from explorer.training.plan import Plan
from tests.engine.test_worker import Listener
from tests.training.driving import ready
from tests.training.small import small_plan

SPEC: ArchitectureSpec = preset("cifar-resnet20").spec.edited(
    stage_depths=(1, 1, 1), stage_widths=(16, 32, 64), input_size=16
)
RATIOS = ("epoch.ratio.layer1.0", "epoch.ratio.layer2.0", "epoch.ratio.layer3.0")
PLAN = Plan(epochs=2, batch_size=64, precision="float32", channels_last="no", flip=False, reproducible=True)


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "home"))
    listener = Listener()
    engine = Engine(listener)
    engine.listener = listener
    engine.tickets = itertools.count(1)

    def ask(kind, **fields):
        ticket = next(engine.tickets)
        engine.send(kind(ticket=ticket, **fields))
        return ticket

    engine.ask = ask
    engine.start()
    listener.first(EngineReady)
    yield engine
    assert engine.stop()


def begin(engine, plan=PLAN, spec=SPEC, **more):
    engine.ask(OpenData, data="digits", input_size=spec.input_size)
    engine.listener.first(DataOpened)
    return engine.ask(Train, spec=spec, plan=plan, data="digits", **more)


def picture(engine, path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    engine.ask(LoadPictures, paths=(str(path),))
    return engine.listener.first(PicturesLoaded).loaded[0].image_id


def test_a_training_tells_all_its_steps_and_keeps_its_weights(engine):
    ticket = begin(engine)
    ended = engine.listener.first(TrainingEnded, ticket)
    engine.listener.first(RequestFinished, ticket)
    seen = engine.listener.seen
    began = engine.listener.first(TrainingBegan)
    assert (began.epochs, began.n_train + began.n_validation) == (2, 1797)
    ticks = [event for event in seen if isinstance(event, TrainTick)]
    rows = [row for tick in ticks for row in tick.rows]
    steps = [step for step, name, _ in rows if name == "step.loss"]
    assert steps == list(range(2 * began.steps_per_epoch))
    assert {name for _, name, _ in rows} >= {
        "step.accuracy",
        "step.learning_rate",
        "epoch.validation_accuracy",
        *RATIOS,
    }
    epochs = [event for event in seen if isinstance(event, EpochEnded)]
    assert [event.judged.confusion.sum() for event in epochs] == [began.n_validation] * 2
    assert epochs[-1].judged.mistakes[0].picture.shape[:2] == (16, 16)
    assert read_weights(Path(ended.path)).tensors.keys()
    with RunStore() as store:
        run = store.run(began.run)
        assert run.status == "finished"
        kept = read_judged(run.judged)
        assert kept is not None
        assert (kept.epoch, kept.classes) == (1, began.classes)
        assert np.array_equal(kept.confusion, epochs[-1].judged.confusion)
        assert [step for step, _, _ in store.metrics(run.id, "step.loss")] == steps
        told = [row for row in rows if row[1] in RATIOS]
        assert sorted(row for name in RATIOS for row in store.metrics(run.id, name)) == sorted(told)
        assert {step for step, _, _ in told} <= {began.steps_per_epoch - 1, 2 * began.steps_per_epoch - 1}
        assert all(0 < value < 100 for _, _, value in told)


def test_the_net_that_learns_answers_clicks_and_is_refreshed_by_itself(engine, tmp_path):
    image_id = picture(engine, tmp_path / "noise.png")
    ticket = begin(engine, PLAN.edited(epochs=500))
    engine.listener.first(TrainingBegan)
    engine.ask(WatchTraining, image_id=image_id, key="layer2.0.add")
    live = engine.listener.first(LiveMaps)
    assert live.maps.shape == (32, 8, 8)
    assert engine.listener.first(LiveAnswer).image_id == image_id
    classified = engine.ask(Classify, image_id=image_id)
    probed = engine.ask(ProbeNode, image_id=image_id, key="conv1")
    assert len(engine.listener.first(Classified, classified).predictions) == 5
    assert engine.listener.first(NodeProbed, probed).maps.shape == (16, 16, 16)
    engine.ask(HaltTraining, how="stop")
    engine.listener.first(TrainingHalted, ticket)


def test_a_training_and_long_work_share_the_thread(engine):
    training = begin(engine, PLAN.edited(epochs=500))
    engine.listener.first(TrainingBegan, training)
    sample = SampleChoice("digits", SPEC.input_size, 200)
    sweeping = engine.ask(SweepLesions, sample=sample)
    pooling = engine.ask(PoolSample, sample=sample)
    engine.listener.first(SamplePooled, pooling)
    swept = engine.listener.until(
        lambda event: isinstance(event, Swept) and event.ticket == sweeping and event.is_done
    )
    assert [block.key for block in swept.sweep.blocks] == ["layer1.0", "layer2.0", "layer3.0"]
    # Neither ended the other: the training is still at work, and goes on when nothing is beside it.
    stopped = engine.ask(HaltTraining, how="stop")
    engine.listener.first(RequestFinished, stopped)
    halted = engine.listener.first(TrainingHalted, training)
    begun = next(i for i, event in enumerate(engine.listener.seen) if event.ticket == sweeping)
    done = engine.listener.seen.index(swept)
    between = engine.listener.seen[begun:done]
    steps = [event.step for event in between if isinstance(event, TrainTick)]
    assert halted.step > max(steps, default=0)


def test_with_long_work_beside_it_a_training_learns_the_same(engine):
    begin(engine)
    undisturbed = engine.listener.first(TrainingEnded)
    engine.listener.seen.clear()
    sample = SampleChoice("digits", SPEC.input_size, 200)
    asked = []
    engine.listener.answer(TrainingBegan, lambda: asked.append(engine.ask(SweepLesions, sample=sample)))
    training = engine.ask(Train, spec=SPEC, plan=PLAN, data="digits")
    engine.listener.first(TrainingBegan, training)
    (sweeping,) = asked
    ended = engine.listener.first(TrainingEnded, training)
    engine.listener.first(RequestFinished, sweeping)
    first, second = (read_weights(Path(event.path)).tensors for event in (undisturbed, ended))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


def test_long_work_sees_the_network_of_one_moment(tmp_path):
    with RunStore(tmp_path / "runs.sqlite3") as store:
        run = store.create(spec=SPEC.to_json(), plan=PLAN.to_json(), data="digits", origin="{}")
    context = Context()
    other = ready(small_plan())
    context.active = ActiveTraining(run, ready(small_plan()), ("a",), transform_for(16), {})
    learning = context.active.net()
    still = context.still(learning)
    before = {key: value.clone() for key, value in still.module.state_dict().items()}
    with torch.no_grad():
        for parameter in learning.module.parameters():
            parameter.add_(1.0)
    for key, value in still.module.state_dict().items():
        assert torch.equal(value, before[key]), key
    assert not still.module.training
    beside = ActiveTraining(run, other, ("a",), transform_for(16), {}).net()
    assert context.still(beside) is beside


def test_what_is_shown_while_weights_are_averaged_is_the_average(tmp_path):
    with RunStore(tmp_path / "runs.sqlite3") as store:
        run = store.create(spec=SPEC.to_json(), plan=PLAN.to_json(), data="digits", origin="{}")
    training = ready(small_plan(ema=0.9))
    assert ActiveTraining(run, training, ("a",), transform_for(16), {}).net().module is training.average.model
    plain = ready()
    assert ActiveTraining(run, plain, ("a",), transform_for(16), {}).net().module is plain.model


def test_resumed_while_another_net_was_looked_at_it_is_in_view_again(engine, tmp_path):
    image_id = picture(engine, tmp_path / "noise.png")
    ticket = begin(engine, PLAN.edited(epochs=500))
    run = engine.listener.first(TrainingBegan, ticket).run
    engine.ask(HaltTraining, how="pause")
    engine.listener.first(RequestFinished, ticket)
    other = preset("cifar-resnet20").spec.edited(num_classes=7)
    engine.listener.first(ModelBuilt, engine.ask(BuildModel, spec=other, weights=WeightsChoice("untrained")))
    again = engine.ask(ResumeTraining, run=run)
    engine.listener.first(TrainingBegan, again)
    answer = engine.listener.first(Classified, engine.ask(Classify, image_id=image_id))
    assert answer.seen.shape == (16, 16, 3)
    engine.ask(HaltTraining, how="stop")
    engine.listener.first(RequestFinished, again)


def test_paused_and_watched_it_learns_the_same_as_undisturbed(engine, tmp_path):
    begin(engine)
    undisturbed = engine.listener.first(TrainingEnded)
    image_id = picture(engine, tmp_path / "noise.png")
    engine.listener.seen.clear()

    def look():
        engine.ask(WatchTraining, image_id=image_id, key="layer1.0.add")
        engine.ask(Classify, image_id=image_id)

    engine.listener.answer(TrainingBegan, look)
    engine.listener.answer(LiveMaps, lambda: engine.ask(HaltTraining, how="pause"))
    ticket = engine.ask(Train, spec=SPEC, plan=PLAN, data="digits")
    run = engine.listener.first(TrainingBegan, ticket).run
    halted = engine.listener.first(TrainingHalted, ticket)
    engine.listener.first(RequestFinished, ticket)
    engine.ask(ProbeNode, image_id=image_id, key="conv1")
    again = engine.ask(ResumeTraining, run=run)
    began = engine.listener.first(TrainingBegan, again)
    assert began.first_step == halted.step
    assert [row[0] for row in began.rows if row[1] == "step.loss"] == list(range(halted.step))
    ended = engine.listener.first(TrainingEnded, again)
    first, second = (read_weights(Path(event.path)).tensors for event in (undisturbed, ended))
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


def test_a_finished_run_is_trained_on_as_a_new_one(engine):
    ticket = begin(engine)
    ended = engine.listener.first(TrainingEnded, ticket)
    engine.listener.first(RequestFinished, ticket)
    left = Path(ended.path).read_bytes()
    longer = ended.epochs + 1
    again = engine.ask(ResumeTraining, run=ended.run, epochs=longer, data="digits")
    began = engine.listener.first(TrainingBegan, again)
    assert began.run != ended.run
    assert (began.first_step, began.epochs) == (ended.epochs * began.steps_per_epoch, longer)
    assert began.plan.restarts == (ended.epochs,)
    assert [row[0] for row in began.rows if row[1] == "step.loss"] == list(range(began.first_step))
    assert began.judged is not None
    assert began.judged.epoch == ended.epochs - 1
    over = engine.listener.first(TrainingEnded, again)
    moments = [event for event in engine.listener.seen if isinstance(event, SnapshotsKept)]
    assert any(kept.run == began.run for kept in moments)
    assert not any(kept.lost for kept in moments)
    assert (over.run, over.epochs) == (began.run, longer)
    assert Path(ended.path).read_bytes() == left


def test_what_cannot_be_trained_on_says_why(engine):
    ticket = begin(engine, PLAN.edited(epochs=500))
    run = engine.listener.first(TrainingBegan, ticket).run
    engine.ask(HaltTraining, how="stop")
    engine.listener.first(RequestFinished, ticket)
    again = engine.ask(ResumeTraining, run=run, epochs=501, data="digits")
    assert "not come to its end" in engine.listener.first(RequestFailed, again).message


def test_what_goes_on_begins_with_what_its_last_epoch_got_wrong(engine):
    engine.listener.answer(EpochEnded, lambda: engine.ask(HaltTraining, how="pause"))
    ticket = begin(engine)
    assert engine.listener.first(TrainingBegan, ticket).judged is None
    halted = engine.listener.first(TrainingHalted, ticket)
    engine.listener.first(RequestFinished, ticket)
    first = engine.listener.first(EpochEnded, ticket).judged
    again = engine.ask(ResumeTraining, run=halted.run)
    before = engine.listener.first(TrainingBegan, again).judged
    assert (before.epoch, before.classes) == (first.epoch, first.classes)
    assert [each.index for each in before.mistakes] == [each.index for each in first.mistakes]


def test_a_program_that_ends_leaves_a_checkpoint_of_the_last_step(tmp_path, monkeypatch):
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(tmp_path / "home"))
    listener = Listener()
    engine = Engine(listener)
    engine.start()
    listener.first(EngineReady)
    engine.send(OpenData(ticket=1, data="digits", input_size=16))
    listener.first(DataOpened)
    engine.send(Train(ticket=2, spec=SPEC, plan=PLAN.edited(epochs=500), data="digits"))
    run = listener.first(TrainingBegan).run
    listener.until(lambda event: isinstance(event, TrainTick) and event.step > 3)
    assert engine.stop()
    with RunStore() as store:
        entry = store.run(run)
        assert entry.status == "paused"
        assert entry.can_resume
        steps = [step for step, _, _ in store.metrics(run, "step.loss")]
    assert read_checkpoint(entry.checkpoints).progress.step == steps[-1] + 1


def test_while_it_learns_its_run_brings_the_learning_net_back_and_known_weights_do_not(engine):
    begin(engine, PLAN.edited(epochs=500))
    run = engine.listener.first(TrainingBegan).run
    for column in ("main", "c1"):
        known = engine.ask(BuildModel, spec=SPEC, column=column)
        assert engine.listener.first(ModelBuilt, known).origin.kind == "untrained"
        back = engine.ask(BuildModel, spec=SPEC, weights=WeightsChoice("run", run), column=column)
        origin = engine.listener.first(ModelBuilt, back).origin
        assert (origin.kind, origin.name, origin.step) == ("run", run, None)


def test_what_fits_is_copied_from_the_network_that_learned_here(engine):
    run = engine.listener.first(TrainingEnded, begin(engine)).run
    wider = SPEC.edited(num_classes=7)
    ticket = engine.ask(BuildModel, spec=wider, weights=WeightsChoice("copied"))
    assert engine.listener.first(ModelBuilt, ticket).origin.kind == "copied"
    with RunStore() as store:
        learned = read_weights(store.run(run).weights).tensors
    copied = engine._context.nets["main"].module.state_dict()
    assert torch.equal(copied["conv1.weight"], learned["conv1.weight"])


def test_a_run_the_program_left_is_shown_as_it_stood(engine):
    begin(engine, PLAN.edited(epochs=500))
    run = engine.listener.first(TrainingBegan).run
    engine.listener.until(lambda event: isinstance(event, TrainTick) and event.step > 3)
    assert engine.stop()
    with RunStore() as store:
        entry = store.run(run)
    step = read_checkpoint(entry.checkpoints).progress.step
    assert not entry.has_weights
    assert entry.left is not None
    assert entry.left.stem.endswith(str(step))


def test_a_run_that_was_cut_off_says_so_where_its_weights_are_asked_for(engine):
    with RunStore() as store:
        run = store.create(spec=SPEC.to_json(), plan=PLAN.to_json(), data="digits", origin="{}")
    ticket = engine.ask(BuildModel, spec=SPEC, weights=WeightsChoice("run", run.id))
    failed = engine.listener.first(RequestFailed, ticket)
    assert "cut off" in failed.message
    assert "Resume" in failed.hint


def test_a_finished_run_can_be_built_again_by_its_id(engine):
    begin(engine)
    ended = engine.listener.first(TrainingEnded)
    engine._context.active = None
    ticket = engine.ask(BuildModel, spec=SPEC, weights=WeightsChoice("run", ended.run))
    built = engine.listener.first(ModelBuilt, ticket)
    assert (built.origin.kind, built.origin.name) == ("run", ended.run)
    assert built.origin.accuracy_percent == pytest.approx(100 * ended.test_accuracy)
    assert built.classes == tuple("0123456789")


def test_a_finished_run_in_memory_says_what_it_reached(engine):
    ended = engine.listener.first(TrainingEnded, begin(engine))
    ticket = engine.ask(BuildModel, spec=SPEC, weights=WeightsChoice("run", ended.run))
    built = engine.listener.first(ModelBuilt, ticket)
    assert built.origin.accuracy_percent == pytest.approx(100 * ended.test_accuracy)


def test_what_is_stopped_while_it_is_paused_is_stopped_on_the_record_and_can_go_on(engine):
    engine.listener.answer(TrainTick, lambda: engine.ask(HaltTraining, how="pause"))
    ticket = begin(engine)
    engine.listener.first(RequestFinished, ticket)
    halted = engine.listener.first(TrainingHalted, ticket)
    with RunStore() as store:
        assert store.run(halted.run).status == "paused"
        again = engine.ask(HaltTraining, how="stop")
        stopped = engine.listener.first(TrainingHalted, again)
        assert (stopped.how, stopped.run, stopped.step) == ("stop", halted.run, halted.step)
        assert store.run(halted.run).status == "stopped"
        resumed = engine.ask(ResumeTraining, run=halted.run)
        assert engine.listener.first(TrainingEnded, resumed).epochs == 2
        engine.listener.first(RequestFinished, resumed)
        assert store.run(halted.run).status == "finished"


def test_one_lesion_ruins_the_plain_twin_and_not_the_residual_net(engine):
    """Veit et al. 2016, section 4.1: the twin's weights are those of its own run."""
    spec = SPEC.edited(stage_depths=(3, 1, 1))
    plan = PLAN.edited(epochs=4)
    for each in (plain_twin(spec), spec):
        engine.listener.first(TrainingEnded, begin(engine, plan, each))
    engine.ask(SweepLesions, sample=SampleChoice("digits", 16, 150), twin=plain_twin(spec))
    swept = engine.listener.until(lambda event: isinstance(event, Swept) and event.is_done)
    assert swept.knows_truth
    residual, plain = (
        {block.key: block.knowledge.accuracy for block in sweep.blocks if block.knowledge is not None}
        for sweep in (swept.sweep, swept.twin)
    )
    assert set(plain) == {"layer1.0", "layer1.1", "layer1.2"}
    assert min(swept.sweep.intact.accuracy, swept.twin.intact.accuracy) > 0.85
    assert np.mean([residual[key] for key in plain]) > np.mean(list(plain.values())) + 0.2


def test_the_finder_leaves_no_run_behind(engine):
    engine.ask(OpenData, data="digits", input_size=16)
    engine.listener.first(DataOpened)
    engine.ask(FindRate, spec=SPEC, plan=PLAN, data="digits")
    found = engine.listener.first(RateFound)
    assert 1e-4 < found.suggested < 10
    with RunStore() as store:
        assert store.runs() == []


def test_fine_tuning_needs_weights_to_start_from(engine):
    engine.ask(BuildModel, spec=SPEC)
    engine.listener.first(ModelBuilt)
    ticket = begin(engine, weights=WeightsChoice("known"))
    failed = engine.listener.first(RequestFailed, ticket)
    assert "untrained" in failed.message


def test_an_untrained_network_is_fine_tuned_from_the_weights_known_for_it(engine):
    spec = preset("cifar-resnet20").spec
    engine.ask(BuildModel, spec=spec.edited(num_classes=2), weights=WeightsChoice("untrained"))
    engine.listener.answer(TrainingBegan, lambda: engine.ask(HaltTraining, how="stop"))
    ticket = begin(engine, PLAN.edited(freeze_epochs=2), spec, weights=WeightsChoice("known"))
    run = engine.listener.first(TrainingHalted, ticket).run
    with RunStore() as store:
        learned = read_checkpoint(store.run(run).checkpoints).weights
        assert store.run(run).start == ("named", "cifar-resnet20")
    known = read_weights(obtain(cards_for_body(spec.edited(num_classes=2))[0], allowed=False)).tensors
    assert torch.equal(learned["conv1.weight"], known["conv1.weight"].float())


def test_what_a_run_began_from_is_on_the_record_and_can_be_begun_from_again(engine, tmp_path):
    first = engine.listener.first(TrainingEnded, begin(engine)).run
    second = engine.listener.first(TrainingEnded, begin(engine, weights=WeightsChoice("known"))).run
    with RunStore() as store:
        assert store.run(first).start is None
        assert store.run(second).start == ("run", first)
        file = store.run(first).weights
    # The net in view is the second's by now.
    for weights in (WeightsChoice("run", first), WeightsChoice("file", str(file))):
        again = engine.listener.first(TrainingEnded, begin(engine, weights=weights)).run
        with RunStore() as store:
            assert store.run(again).start == (weights.kind, weights.name)
            assert store.metrics(again, "step.loss") == store.metrics(second, "step.loss")


def test_what_was_copied_from_another_network_is_trained_on(engine):
    run = engine.listener.first(TrainingEnded, begin(engine)).run
    other = SPEC.edited(order="full_preactivation")
    engine.listener.first(ModelBuilt, engine.ask(BuildModel, spec=other, weights=WeightsChoice("copied")))
    engine.listener.answer(TrainingBegan, lambda: engine.ask(HaltTraining, how="stop"))
    plan = PLAN.edited(freeze_epochs=1)
    again = begin(engine, plan, other.edited(num_classes=10), weights=WeightsChoice("copied"))
    halted = engine.listener.first(TrainingHalted, again)
    with RunStore() as store:
        entry = store.run(halted.run)
        assert entry.start[0] == "copied"
        learned = read_weights(store.run(run).weights).tensors
        frozen = read_checkpoint(entry.checkpoints).weights
    assert torch.equal(frozen["conv1.weight"], learned["conv1.weight"].float())


def test_what_another_program_took_further_goes_on_from_there(engine):
    ticket = begin(engine, PLAN.edited(epochs=500))
    run = engine.listener.first(TrainingBegan, ticket).run
    engine.ask(HaltTraining, how="pause")
    halted = engine.listener.first(TrainingHalted, ticket)
    engine.listener.first(RequestFinished, ticket)
    # Another program: from the checkpoint, in a training of its own.
    with RunStore() as store:
        folder = store.run(run).checkpoints
    kept = read_checkpoint(folder)
    other = ready(kept.plan, spec=SPEC, data=open_dataset("digits", 16), resume=kept)
    steps = loop.train(other, checkpoints=folder)
    for event in steps:
        if isinstance(event, StepMetrics) and event.step == halted.step + 3:
            other.wish = "pause"
    assert newest_step(folder) > halted.step
    again = engine.ask(ResumeTraining, run=run)
    assert engine.listener.first(TrainingBegan, again).first_step == other.step
    engine.ask(HaltTraining, how="stop")
    engine.listener.first(RequestFinished, again)


def test_a_run_that_cannot_be_made_ready_stays_as_it_was(engine):
    training = ready()
    with RunStore() as store:
        run = store.create(spec="{}", plan="{}", data="gone", origin="{}")
        store.set_status(run.id, "stopped")
        write_checkpoint(run.checkpoints, training.checkpoint())
        ticket = engine.ask(ResumeTraining, run=run.id)
        failed = engine.listener.first(RequestFailed, ticket)
        assert "no longer in memory" in failed.message
        again = store.run(run.id)
        assert (again.standing, again.can_resume) == ("stopped", True)
