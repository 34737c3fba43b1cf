"""What the tests of training share: a player that opens data and trains as the engine does."""

import numpy as np

from explorer.engine.data_messages import DataFacts, DataOpened, OpenData
from explorer.engine.training_messages import EpochEnded, Train, TrainingBegan, TrainTick
from explorer.runs.judged import Judged
from explorer.state.actions import Start
from explorer.state.learning_actions import StartTraining
from explorer.training.plan import Plan
from tests.run_rows import made_row
from tests.state.player import Player

RUN = "20260101-000000-abcdef"


def facts(data="digits", classes=10, n_train=1437):
    return DataFacts(
        data=data,
        title=data,
        input_size=32,
        channels=1,
        classes=tuple(str(i) for i in range(classes)),
        train_counts=(n_train // classes,) * classes,
        test_counts=(10,) * classes,
        is_split_here=True,
        mean=(0.3,),
        std=(0.4,),
        samples=((),) * classes,
        broken=(),
        keeps_flips=False,
    )


class Trainer(Player):
    """A player that opens data and trains as the engine does."""

    def open_data(self, **what):
        return self(DataOpened(ticket=self.newest(OpenData).ticket, facts=facts(**what)))

    def begin(self, kind=Train, first_step=0, rows=(), run=RUN, judged=None):
        request = self.newest(kind)
        train = self.newest(Train) if kind is Train else None
        return self(
            TrainingBegan(
                ticket=request.ticket,
                run=run,
                spec=train.spec if train else self.state.document.spec,
                plan=train.plan if train else Plan(epochs=10),
                data="digits",
                classes=tuple("0123456789"),
                first_step=first_step,
                epochs=10,
                steps_per_epoch=11,
                precision="float32",
                rates=(),
                device="cpu",
                n_train=1437,
                n_validation=360,
                rows=rows,
                judged=judged,
            )
        )

    def tick(self, step, rows=()):
        return self(
            TrainTick(
                ticket=1,
                run=RUN,
                step=step,
                epoch=step // 11,
                rows=rows,
                images_per_second=900.0,
                eta_seconds=12.0,
            )
        )


def ready():
    """One with a network and a picture."""
    player = Trainer()
    player(Start(sample="cat.jpg"))
    player.build()
    player.load(1)
    return player


def learning():
    """One that has begun to train on the digits."""
    player = ready()
    player(StartTraining())
    player.open_data()
    player.begin()
    return player


def epoch_ended(epoch):
    judged = Judged(epoch, tuple("0123456789"), np.eye(10, dtype=np.int64), ())
    return EpochEnded(run=RUN, is_best=True, judged=judged)


def row(status="interrupted", **changes):
    usual = {"can_resume": True, "created": 0.0, "plan": Plan(epochs=10), "data": "digits", "epochs_done": 3}
    usual |= {"validation_accuracy": 0.5, "seconds": None, "has_weights": False}
    return made_row(changes.pop("id", RUN), status=status, **{**usual, **changes})
