"""The training loop: a generator that takes one step between two yields.

Called by the engine's train handler and the command line, which are the same to it. Between two yields
the caller may use the network, in either mode. The loop leaves torch's random state, grad mode and
everything else global as it found it (CPU threads are the run's while it goes), and waits for the device
only to read numbers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import torch

from explorer.errors import ExplorerError, RunError
from explorer.training.batches import Pictures, draw_epoch
from explorer.training.checkpoint import read_best, read_checkpoint, write_checkpoint
from explorer.training.evaluate import Evaluation, at_once, evaluating
from explorer.training.events import (
    CheckpointDue,
    CheckpointWritten,
    EpochFinished,
    StepMetrics,
    TrainingEvent,
    TrainingFinished,
    TrainingPaused,
    TrainingStarted,
    TrainingStopped,
)
from explorer.training.fields import LossKind
from explorer.training.precision import FLOAT32, Precision
from explorer.training.prepare import Training
from explorer.training.room import room_for
from explorer.training.schedule import learning_rate
from explorer.training.step import Stepper, train_settings

READ_INTERVAL_S = 0.05
"""How often numbers are read from an accelerator; each reading waits for it. On the CPU they are there."""
NORM_INTERVAL_S = 0.5
"""How often the norms of the stages are measured: about a third of a millisecond on the CPU."""
CHECKPOINT_INTERVAL_S = 60.0
"""The most that a kill costs, beside a step."""

Events = Generator[TrainingEvent | None, None, None]


def train(
    training: Training,
    *,
    checkpoints: Path | None = None,
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S,
) -> Iterator[TrainingEvent | None]:
    """Train to the end of the plan, or until `training.wish` says otherwise.

    May be called again on the same training after it was paused or stopped, or after its caller left between
    two yields: it goes on as if it had never been interrupted.

    Args:
        training: From `prepare`; changed as it goes.
        checkpoints: The folder that gets a checkpoint at the start, after each epoch, now and then within,
            and when it is paused or stopped; or None for none.
        checkpoint_interval_s: How often within an epoch.

    Yields:
        Events, and None after a step or a batch whose numbers are still on the device: at least one yield
        a step. A checkpoint that cannot be written pauses the training; all of it is still in memory, and the
        next call tries again first.

    Raises:
        RunError: The loss is not finite; the training is back at its last checkpoint, where there is one.
        DeviceError: The device is out of memory.
    """
    with train_settings(training):
        try:
            yield from _Sitting(training, checkpoints, checkpoint_interval_s).run()
        finally:
            # A network at rest needs no memory for them.
            training.optimiser.zero_grad(set_to_none=True)


class _Halted(Exception):
    """The training is to end here, as the user wishes or as a checkpoint cannot be written."""

    def __init__(self, cause: ExplorerError | None = None) -> None:
        super().__init__()
        self.cause = cause


class _Sitting:
    """One call of `train`."""

    def __init__(self, training: Training, checkpoints: Path | None, interval_s: float) -> None:
        self.training = training
        self.progress = training.progress
        self.checkpoints = checkpoints
        self.interval_s = interval_s
        self.stepper = Stepper(training)
        now = time.perf_counter()
        self.clock_at = self.read_at = self.norms_at = self.kept_at = now
        self.images = 0
        self.learning_s = 0.0

    def run(self) -> Events:
        """All of it, with the last event."""
        training = self.training
        yield self._started()
        try:
            yield from self._keep()
            while not training.is_over:
                yield from self._epoch()
            finished = yield from self._finish()
        except _Halted as halt:
            cause = halt.cause
        else:
            yield finished
            return
        if cause is None:
            try:
                yield from self._keep()
            except _Halted as halt:
                cause = halt.cause
        wish, training.wish = training.wish, "go"
        if cause is not None:
            yield TrainingPaused(
                training.step, False, cause.message, cause.hint, tuple(cause.arguments.items())
            )
        elif wish == "stop":
            yield TrainingStopped(training.step)
        else:
            yield TrainingPaused(training.step, is_kept=self.checkpoints is not None)

    def _started(self) -> TrainingStarted:
        training = self.training
        return TrainingStarted(
            first_epoch=training.epoch,
            first_step=training.step,
            epochs=training.plan.epochs,
            steps_per_epoch=training.steps_per_epoch,
            dtype=training.precision.dtype,
            channels_last=training.precision.channels_last,
            rates=training.precision.rates,
            device=str(training.device),
            mean=training.normalisation.mean,
            std=training.normalisation.std,
            n_train=len(training.train_pictures),
            n_validation=len(training.validation_pictures),
            is_held_out=training.is_held_out,
            batch_size=training.batch_size,
        )

    def _heed(self) -> None:
        if self.training.wish != "go":
            raise _Halted

    def _passed(self) -> float:
        """The seconds since it was last asked; counted in the progress."""
        now = time.perf_counter()
        passed, self.clock_at = now - self.clock_at, now
        self.progress.seconds += passed
        return passed

    # Learning

    def _epoch(self) -> Events:
        training, progress = self.training, self.progress
        n_steps = training.steps_per_epoch
        draws = draw_epoch(len(training.train_pictures), training.plan, training.epoch, training.device)
        self.stepper.begin_epoch(draws)
        for index in range(training.step - training.epoch * n_steps, n_steps):
            self._heed()
            self.stepper.take(index)
            passed = self._passed()
            progress.epoch_seconds += passed
            self.learning_s += passed
            self.images += training.batch_size
            yield from self._told(is_last=index == n_steps - 1)
            if time.perf_counter() - self.kept_at >= self.interval_s:
                yield from self._keep()
        # A halt at the end of the epoch may have left them.
        yield from self._read()
        yield from self._judge()
        yield from self._keep()

    def _told(self, *, is_last: bool) -> Events:
        now = time.perf_counter()
        if self.training.device.type != "cpu" and now - self.read_at < READ_INTERVAL_S and not is_last:
            yield None
        else:
            self.read_at = now
            yield from self._read()

    def _read(self) -> Events:
        """The numbers of the steps since the last reading; waits for the device."""
        training, progress = self.training, self.progress
        if not training.unread:
            return
        steps = [step for step, _ in training.unread]
        numbers = torch.stack([pair for _, pair in training.unread]).tolist()
        training.unread.clear()
        read: list[StepMetrics] = []
        for step, (loss, accuracy) in zip(steps, numbers, strict=True):
            if not math.isfinite(loss):
                raise self._diverged(f"The loss is {loss} at step {step}")
            progress.loss_sum += loss
            progress.accuracy_sum += accuracy
            rate = learning_rate(training.plan, step, training.steps)
            norms = self._norms() if step == steps[-1] else ()
            seconds = progress.seconds
            read.append(StepMetrics(step, training.epoch, loss, accuracy, rate, norms, seconds))
        yield from read

    def _norms(self) -> tuple[tuple[str, float], ...]:
        now = time.perf_counter()
        if now - self.norms_at < NORM_INTERVAL_S:
            return ()
        self.norms_at = now
        return self.training.norms.measure()

    # Judging

    def _judge(self) -> Events:
        """Evaluate an epoch, and close it."""
        training, progress = self.training, self.progress
        model = training.average.model if training.average else training.model
        judged = yield from self._evaluated(
            model, training.validation_pictures, training.precision, training.plan.loss
        )
        if not math.isfinite(judged.loss):
            raise self._diverged(f"The loss on the validation pictures is {judged.loss} at the end")
        n_steps = training.steps_per_epoch
        is_best = judged.accuracy > progress.best_accuracy
        if is_best:
            progress.best_epoch, progress.best_step = progress.epoch, progress.step
            progress.best_accuracy = judged.accuracy
        finished = EpochFinished(
            epoch=progress.epoch,
            step=progress.step - 1,
            train_loss=progress.loss_sum / n_steps,
            train_accuracy=progress.accuracy_sum / n_steps,
            validation_loss=judged.loss,
            validation_accuracy=judged.accuracy,
            images_per_second=n_steps * training.batch_size / max(progress.epoch_seconds, 1e-9),
            is_best=is_best,
            confusion=judged.confusion,
            mistakes=judged.mistakes,
        )
        progress.epoch += 1
        progress.epoch_seconds = progress.loss_sum = progress.accuracy_sum = 0.0
        yield finished

    def _evaluated(
        self,
        model: torch.nn.Module,
        pictures: Pictures,
        precision: Precision,
        loss: LossKind = "cross-entropy",
    ) -> Generator[None, None, Evaluation]:
        training = self.training
        steps = evaluating(
            model,
            pictures,
            training.normalisation,
            batch_size=at_once(pictures.images.shape[1], training.batch_size),
            precision=precision,
            loss=loss,
        )
        try:
            with room_for(training.batch_size, training.device):
                while True:
                    self._heed()
                    try:
                        next(steps)
                    except StopIteration as finished:
                        evaluation: Evaluation = finished.value
                        return evaluation
                    yield None
        finally:
            steps.close()
            self._passed()

    def _finish(self) -> Generator[TrainingEvent | None, None, TrainingFinished]:
        """Put the weights that are kept into the network, and judge them by the test pictures."""
        training, progress = self.training, self.progress
        best = read_best(self.checkpoints) if self.checkpoints and training.plan.early_stopping else None
        if best is not None:
            training.model.load_state_dict(dict(best.averages or best.weights))
        elif training.average:
            training.model.load_state_dict(training.average.state_dict())
        if training.average:
            # Whoever looks at the averaged network goes on with what is kept.
            training.average.load_state_dict(training.model.state_dict())
        training.model.to(memory_format=torch.contiguous_format)
        final = yield from self._evaluated(training.model, training.test_pictures, FLOAT32)
        return TrainingFinished(
            epochs=progress.epoch,
            steps=progress.step,
            test_loss=final.loss,
            test_accuracy=final.accuracy,
            best_epoch=progress.best_epoch,
            images_per_second=self.images / self.learning_s if self.images else 0.0,
            seconds=progress.seconds,
            stopped_early=training.stops_early and progress.epoch < training.plan.epochs,
        )

    # Keeping

    def _keep(self) -> Events:
        """Write a checkpoint, unless the last one is of now."""
        training, now = self.training, (self.training.epoch, self.training.step)
        if self.checkpoints is None or training.kept == now:
            return
        yield from self._read()
        if not self._is_finite():
            raise self._diverged("The weights are not finite at the end of a step")
        yield CheckpointDue(training.step)
        self._passed()
        try:
            write_checkpoint(self.checkpoints, training.checkpoint())
        except RunError as error:
            raise _Halted(error) from error
        finally:
            # Else the disk would count as slowness of the next step.
            self._passed()
        training.kept = now
        self.kept_at = time.perf_counter()
        yield CheckpointWritten(training.step)

    def _is_finite(self) -> bool:
        """Whether the weights and the optimiser are: a step may spoil them when its loss was a number."""
        state = self.training.checkpoint()
        tensors = (*state.weights.values(), *state.optimiser.values())
        # Counters may be on another device than the rest.
        finite = [each.isfinite().all() for each in tensors if each.is_floating_point() and each.ndim]
        return bool(torch.stack(finite).all())

    def _diverged(self, where: str) -> RunError:
        """The error of a loss that is no number; the training goes back to its last checkpoint."""
        training = self.training
        # At the end of an epoch `training.epoch` counts it already.
        epoch = max(training.step - 1, 0) // training.steps_per_epoch + 1
        rate = training.plan.learning_rate
        hint = "Lower the learning rate (now at most {rate:g}), lengthen the warm-up, or train in float32."
        facts = {"where": where, "epoch": epoch, "rate": rate}
        if self.checkpoints is not None and training.kept is not None:
            training.restore(read_checkpoint(self.checkpoints))
            return RunError(
                "{where} of epoch {epoch}. The weights of step {kept} are kept.",
                hint,
                kept=training.step,
                **facts,
            )
        return RunError("{where} of epoch {epoch}.", hint, **facts)
