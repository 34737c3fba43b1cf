"""What is looked at while a network learns, refreshed at rates that adapt to what it costs.

Used by `handlers/train.py`. Must not import Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext

from explorer.arch.expand import expand
from explorer.engine.cadence import Cadence
from explorer.engine.context import ActiveTraining, Context, LiveNet
from explorer.engine.handlers.classify import TOP, seen_by
from explorer.engine.messages import Event
from explorer.engine.training_messages import LiveAnswer, LiveMaps, MetricRow
from explorer.errors import ImageError, InsideError, WeightsError
from explorer.images.prepare import normalised
from explorer.nets.lesion import lesioned
from explorer.nets.meter import metering
from explorer.nets.predict import predict, top
from explorer.nets.probe import probe
from explorer.slices import returned
from explorer.training.batches import normalise

ANSWER_SHARE, MAPS_SHARE, RATIOS_SHARE = 0.01, 0.015, 0.005
"""The most that each costs of the training's time. With the ticks, and with asking about all pictures again
after an epoch, it is a twentieth."""
ANSWERS_HZ, MAPS_HZ, RATIOS_HZ = 4.0, 10.0, 10.0
CPU_ANSWERS_HZ, CPU_MAPS_HZ = 1.0, 2.0
"""On the CPU the window shares the cores and their caches with the training: drawing an answer or maps costs
it several times what computing them does."""
RATIO_PICTURES = 16
"""Validation pictures that the residual meter reads at the end of an epoch: the same ones each time, and no
more than a batch, so that a click waits no longer than for a step."""
RATIO_PREFIX = "epoch.ratio."
"""Of the metrics ‖F(x)‖/‖x‖, followed by the block's key."""


class Live:
    """Refreshes the answer for the watched picture and the maps of the watched node.

    Args:
        active: The training.
        context: For the pictures.
        ticket: Of the training.
        clock: Seconds; for tests.
    """

    def __init__(
        self,
        active: ActiveTraining,
        context: Context,
        ticket: int,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._active = active
        self._context = context
        self._ticket = ticket
        on_cpu = active.training.device.type == "cpu"
        self._answers = Cadence(ANSWER_SHARE, CPU_ANSWERS_HZ if on_cpu else ANSWERS_HZ, clock)
        self._maps = Cadence(MAPS_SHARE, CPU_MAPS_HZ if on_cpu else MAPS_HZ, clock)
        self._ratios = Cadence(RATIOS_SHARE, RATIOS_HZ, clock)

    @property
    def share(self) -> float:
        """The part of the time that it took, 0 to 1."""
        return self._answers.share + self._maps.share + self._ratios.share

    def ratios(self, step: int) -> list[MetricRow]:
        """How much each block adds at the end of an epoch, as metrics; none where it would cost too much.

        Args:
            step: The epoch's last.
        """
        if not self._ratios.is_due:
            return []
        training = self._active.training
        count = min(RATIO_PICTURES, training.batch_size)
        pictures = training.validation_pictures.images[:count]
        batch = normalise(pictures, training.normalisation, channels_last=False).cpu().numpy()
        with self._ratios.working():
            meter = returned(metering(training.model, expand(training.spec), batch, training.device))
        return [
            (step, f"{RATIO_PREFIX}{block.key}", block.ratio)
            for block in meter.blocks
            if block.ratio is not None
        ]

    def refreshed(self) -> Generator[Event, None, None]:
        """What is due now. A picture that cannot be read any more is watched no more."""
        active = self._active
        image_id, key = active.watched
        if image_id is None:
            return
        if active.is_watch_new:
            active.is_watch_new = False
            self._answers.hasten()
            self._maps.hasten()
        try:
            if self._answers.is_due:
                with self._answers.working():
                    answer = self._answer(image_id)
                yield answer
            if key and self._maps.is_due:
                with self._maps.working():
                    maps = self._look(image_id, key)
                yield maps
        except (ImageError, InsideError, KeyError):
            active.watched = (None, "")
        except WeightsError:
            # Values overflow; the loss will say so at the next step.
            return

    def _lesioned(self, net: LiveNet) -> AbstractContextManager[None]:
        lesions = self._active.watched_lesions
        return lesioned(net.module, expand(net.spec), lesions) if lesions else nullcontext()

    def _answer(self, image_id: int) -> LiveAnswer:
        net = self._active.net()
        pixels = seen_by(net, image_id, self._context)
        batch = normalised(pixels, net.transform, net.spec.in_channels)[None]
        started = time.perf_counter()
        with self._lesioned(net):
            probabilities = predict(net.module, batch, self._active.training.device)[0]
        return LiveAnswer(
            ticket=self._ticket,
            run=self._active.run.id,
            image_id=image_id,
            predictions=top(probabilities, net.classes, TOP),
            seen=pixels,
            milliseconds=1000 * (time.perf_counter() - started),
            kept_share=net.transform.kept_share,
        )

    def _look(self, image_id: int, key: str) -> LiveMaps:
        net = self._active.net()
        pixels = seen_by(net, image_id, self._context)
        image = normalised(pixels, net.transform, net.spec.in_channels)
        with self._lesioned(net):
            maps = probe(net.module, image, (key,), self._active.training.device)[key]
        maps.setflags(write=False)
        return LiveMaps(ticket=self._ticket, run=self._active.run.id, image_id=image_id, key=key, maps=maps)
