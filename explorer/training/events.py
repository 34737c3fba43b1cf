"""What a training says while it runs: frozen events.

Yielded by `training/loop.py`; read by the recorder, the command line and the engine. Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrainingStarted:
    """The network and the data are on the device; the first step comes next.

    Attributes:
        first_epoch: 0, or the epoch that a resumed run begins with.
        epochs: How many there will be in all.
        steps_per_epoch: Steps in each.
        dtype: `float32` or `bfloat16`.
        channels_last: Whether tensors lie in that order.
        rates: Images a second of each precision that was measured, by name; empty where none was.
        device: Where it runs.
        mean: The data's mean colour, 0 to 1, a number a channel.
        std: The data's standard deviation, likewise.
    """

    first_epoch: int
    epochs: int
    steps_per_epoch: int
    dtype: str
    channels_last: bool
    rates: tuple[tuple[str, float], ...]
    device: str
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """One step's numbers.

    Attributes:
        step: From 0, over all epochs.
        epoch: From 0.
        loss: Of the batch, label smoothing included.
        accuracy: Of the batch as augmented, 0 to 1.
        learning_rate: That the step used.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class EpochFinished:
    """One epoch's numbers; its checkpoint, where one is kept, has been written.

    Attributes:
        epoch: From 0.
        step: The last step of the epoch.
        train_loss: The mean over its steps.
        train_accuracy: Likewise, 0 to 1.
        test_loss: Cross-entropy on the test pictures, without smoothing.
        test_accuracy: 0 to 1, in the precision of the training.
        images_per_second: Training alone, evaluation not counted.
    """

    epoch: int
    step: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    images_per_second: float


@dataclass(frozen=True, slots=True)
class TrainingFinished:
    """The last event.

    Attributes:
        epochs: All of them, those before a resume included.
        steps: Likewise.
        test_loss: Cross-entropy on the test pictures, in float32.
        test_accuracy: 0 to 1, in float32.
        images_per_second: The mean over the epochs of this sitting, evaluation not counted.
        seconds: Wall time of all sittings up to their last checkpoint, and of this one.
    """

    epochs: int
    steps: int
    test_loss: float
    test_accuracy: float
    images_per_second: float
    seconds: float


TrainingEvent = TrainingStarted | StepMetrics | EpochFinished | TrainingFinished
