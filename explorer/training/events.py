"""What a training says while it runs: frozen events.

Yielded by `training/loop.py`; read by the recorder, the command line and the engine. Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The network and the data are on the device; the first step comes next.

    Attributes:
        first_epoch: 0, or the epoch that a resumed run goes on in.
        first_step: 0, or the step that a resumed run goes on with.
        epochs: How many there will be in all.
        steps_per_epoch: Steps in each.
        dtype: `float32` or `bfloat16`.
        channels_last: Whether tensors lie in that order.
        rates: Images a second of each precision that was measured, by name; empty where none was.
        device: Where it runs.
        mean: What pictures are normalised with, 0 to 1, a number a channel.
        std: Likewise.
        n_train: Pictures that are learned from.
        n_validation: Pictures that each epoch is judged by.
        is_held_out: Whether those were taken from the training part; else they are the test part.
        batch_size: Pictures in a step.
    """

    first_epoch: int
    first_step: int
    epochs: int
    steps_per_epoch: int
    dtype: str
    channels_last: bool
    rates: tuple[tuple[str, float], ...]
    device: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    n_train: int
    n_validation: int
    is_held_out: bool
    batch_size: int


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """One step's numbers.

    Attributes:
        step: From 0, over all epochs.
        epoch: From 0.
        loss: Of the batch, label smoothing included.
        accuracy: Of the batch as augmented, 0 to 1.
        learning_rate: That the step used.
        norms: Of gradients and weights by stage, as (`gradient.layer1`, value) and (`weight.layer1`, value);
            stages are the first parts of the keys (`stem` for what comes before the first stage, `head` for
            what comes after the last). Measured now and then, else empty.
        seconds: Wall time of the training so far, that of earlier sittings included.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    norms: tuple[tuple[str, float], ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A validation picture that the network is surely wrong about.

    Attributes:
        index: Its place among the validation pictures.
        truth: Its label.
        answer: The label that was answered.
        probability: That the network gave its answer, 0 to 1.
    """

    index: int
    truth: int
    answer: int
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class EpochFinished:
    """One epoch's numbers; its checkpoint, where one is kept, is written next. Compared by identity.

    Attributes:
        epoch: From 0.
        step: The last step of the epoch.
        train_loss: The mean over its steps.
        train_accuracy: Likewise, 0 to 1.
        validation_loss: Cross-entropy on the validation pictures, without smoothing; of the averaged weights
            where the plan has them.
        validation_accuracy: 0 to 1, in the precision of the training.
        images_per_second: Training alone, evaluation not counted.
        is_best: Whether it is better than all before.
        confusion: int64 (classes, classes), rows by truth, columns by answer, read-only.
        mistakes: The surest wrong answers, the surest first.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    images_per_second: float
    is_best: bool
    confusion: NDArray[np.int64]
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class CheckpointDue:
    """A checkpoint is written next: who keeps numbers writes them first, or a killed run lacks them for good.

    Attributes:
        step: Steps that are done.
    """

    step: int


@dataclass(frozen=True, slots=True)
class CheckpointWritten:
    """All up to a step is on the disk: a run that is killed now goes on from here.

    Attributes:
        step: Steps that are done.
    """

    step: int


@dataclass(frozen=True, slots=True)
class TrainingPaused:
    """The last event of a sitting that is to go on.

    Attributes:
        step: Steps that are done; a checkpoint holds them where `is_kept`.
        is_kept: False where the checkpoint could not be written; the training in memory goes on all the same.
        cause: Why, as a template of `ExplorerError`; empty where the user asked for it.
        hint: The remedy, likewise.
        arguments: The values of both templates' places.
    """

    step: int
    is_kept: bool = True
    cause: str = ""
    hint: str = ""
    arguments: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingStopped:
    """The last event of a sitting that the user ended. It can be resumed from its checkpoint.

    Attributes:
        step: Steps that are done.
    """

    step: int


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """The last event of a training that came to its end.

    Attributes:
        epochs: All that were done, those before a resume included; fewer than planned where it stopped early.
        steps: Likewise.
        test_loss: Cross-entropy on the test pictures, in float32.
        test_accuracy: 0 to 1, in float32.
        best_epoch: The one with the best validation accuracy, from 0.
        images_per_second: The mean over the epochs of this sitting, evaluation not counted.
        seconds: Wall time of all sittings up to their last checkpoint, and of this one.
        stopped_early: Whether the plan's early stopping ended it.
    """

    epochs: int
    steps: int
    test_loss: float
    test_accuracy: float
    best_epoch: int
    images_per_second: float
    seconds: float
    stopped_early: bool = False


TrainingEvent = (
    TrainingStarted
    | StepMetrics
    | EpochFinished
    | CheckpointDue
    | CheckpointWritten
    | TrainingPaused
    | TrainingStopped
    | TrainingFinished
)
