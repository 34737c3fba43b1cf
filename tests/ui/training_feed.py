"""A training as the engine tells it, without one: the real store and reducer, plausible numbers."""

import numpy as np

from explorer.engine.data_messages import DataFacts, DataOpened, OpenData
from explorer.engine.training_messages import (
    EpochEnded,
    FindRate,
    RateFound,
    Train,
    TrainingBegan,
    TrainingEnded,
    TrainingHalted,
    TrainTick,
)
from explorer.runs.judged import Judged, JudgedMistake
from explorer.state.learning_actions import SeekRate, StartTraining
from explorer.state.model import AppState
from explorer.ui.store import Store

DIGITS = tuple("0123456789")
RUN = "2026-11-21-digits-1"


def digit_facts(data="digits"):
    sample = np.zeros((8, 8, 3), np.uint8)
    return DataFacts(
        data=data,
        title="Digits",
        input_size=32,
        channels=1,
        classes=DIGITS,
        train_counts=(143,) * 10,
        test_counts=(36,) * 10,
        is_split_here=True,
        mean=(0.3,),
        std=(0.38,),
        samples=((sample,),) * 10,
        broken=(),
        keeps_flips=False,
    )


class Feed:
    """A store, what it asked the engine for, and the engine's answers."""

    def __init__(self, epochs=12, steps=12):
        self.asked = []
        self.store = Store(AppState(), self.asked.append)
        self.epochs, self.steps = epochs, steps
        self.best = 0.0
        self.random = np.random.default_rng(0)

    def newest(self, kind):
        return next(request for request in reversed(self.asked) if isinstance(request, kind))

    def open_data(self):
        self.store.dispatch(DataOpened(ticket=self.newest(OpenData).ticket, facts=digit_facts()))

    def begin(self, *, with_twin=False):
        self.store.dispatch(StartTraining(with_twin=with_twin))
        self.open_data()
        request = self.newest(Train)
        self.ticket = request.ticket
        self.store.dispatch(
            TrainingBegan(
                ticket=request.ticket,
                run=RUN,
                spec=request.spec,
                plan=request.plan,
                data="digits",
                classes=DIGITS,
                first_step=0,
                epochs=self.epochs,
                steps_per_epoch=self.steps,
                precision="bfloat16 channels-last",
                rates=(
                    ("float32", 720.0),
                    ("bfloat16 channels-last", 1556.0),
                    ("float32 channels-last", 801.0),
                ),
                device="cpu",
                n_train=1437,
                n_validation=360,
            )
        )

    def tick(self, first, last):
        rows = []
        total = self.epochs * self.steps
        for step in range(first, last):
            done = (step + 1) / total
            noise = self.random.normal(0, 1)
            rows += [
                (step, "step.loss", 0.28 + 2.1 * np.exp(-5 * done) * (1 + 0.12 * noise)),
                (step, "step.accuracy", min(1.0, 0.98 - 0.88 * np.exp(-6 * done) + 0.03 * noise)),
                (step, "step.learning_rate", 0.2 * min(done / 0.2, (1 - done) / 0.8)),
                (step, "step.images_per_second", 1500 + 60 * noise),
            ]
            for place, stage in enumerate(("stem", "layer1", "layer2", "layer3", "head")):
                rows.append(
                    (step, f"step.norm.gradient.{stage}", np.exp(-2 * done) * (place + 1) * (1 + 0.1 * noise))
                )
                rows.append((step, f"step.norm.weight.{stage}", 3 + place + 2 * done))
        self.store.dispatch(
            TrainTick(
                ticket=self.ticket,
                run=RUN,
                step=last,
                epoch=last // self.steps,
                rows=tuple(rows),
                images_per_second=1556.0,
                eta_seconds=(total - last) * 0.08,
                side_share=0.031,
            )
        )

    def end_epoch(self, epoch):
        step = (epoch + 1) * self.steps - 1
        done = (epoch + 1) / self.epochs
        accuracy = 0.975 - 0.8 * np.exp(-6 * done) - (0.01 if epoch % 3 == 0 else 0)
        rows = (
            (step, "epoch.train_loss", 0.28 + 2.0 * np.exp(-5 * done)),
            (step, "epoch.train_accuracy", 0.985 - 0.85 * np.exp(-6 * done)),
            (
                step,
                "epoch.validation_loss",
                0.36 + 1.9 * np.exp(-4.6 * done) + (0.08 if epoch % 3 == 0 else 0),
            ),
            (step, "epoch.validation_accuracy", accuracy),
            (step, "epoch.images_per_second", 1540.0),
        )
        self.store.dispatch(
            TrainTick(
                ticket=self.ticket,
                run=RUN,
                step=step + 1,
                epoch=epoch,
                rows=rows,
                images_per_second=1556.0,
                eta_seconds=(self.epochs - epoch - 1) * self.steps * 0.08,
                side_share=0.031,
            )
        )
        confusion = np.diag(np.full(10, 34)).astype(np.int64)
        confusion[8, 1], confusion[3, 9], confusion[9, 3], confusion[4, 7] = 4, 3, 2, 1
        mistakes = tuple(
            JudgedMistake(
                place,
                8 - place % 3,
                1 + place % 4,
                0.99 - 0.04 * place,
                self.random.integers(0, 255, (8, 8, 3), np.uint8).repeat(4, 0).repeat(4, 1),
            )
            for place in range(9)
        )
        is_best = accuracy > self.best
        self.best = max(self.best, accuracy)
        self.store.dispatch(
            EpochEnded(
                ticket=self.ticket,
                run=RUN,
                is_best=is_best,
                judged=Judged(epoch, DIGITS, confusion, mistakes),
            )
        )

    def run_epochs(self, n, first=0):
        for epoch in range(first, first + n):
            self.tick(epoch * self.steps, (epoch + 1) * self.steps)
            self.end_epoch(epoch)

    def halt(self, how, cause=""):
        step = self.store.state.training.step
        self.store.dispatch(TrainingHalted(ticket=self.ticket, run=RUN, how=how, step=step, cause=cause))

    def finish(self):
        self.store.dispatch(
            TrainingEnded(
                ticket=self.ticket,
                run=RUN,
                path="weights.safetensors",
                epochs=self.epochs,
                test_accuracy=0.978,
                best_epoch=self.epochs - 1,
                seconds=41.2,
                images_per_second=1540.0,
                stopped_early=False,
            )
        )

    def find_rate(self):
        self.store.dispatch(SeekRate())
        self.open_data()
        rates = tuple(float(rate) for rate in np.geomspace(1e-5, 3, 80))
        losses = tuple(2.3 - 1.4 / (1 + (0.03 / rate) ** 1.5) + max(0, rate - 0.6) ** 2 for rate in rates)
        self.store.dispatch(
            RateFound(ticket=self.newest(FindRate).ticket, rates=rates, losses=losses, suggested=0.1189)
        )
