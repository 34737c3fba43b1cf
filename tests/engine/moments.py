"""What the tests of rewinding and of twins share: a small training on digits, driven without a thread."""

from __future__ import annotations

from contextlib import contextmanager

import torch

from explorer.arch.presets import cifar_spec
from explorer.engine.context import Context
from explorer.engine.handlers.build import build_model
from explorer.engine.messages import BuildModel, ModelBuilt, WeightsChoice
from explorer.images.datasets import open_dataset
from explorer.training.plan import Plan

SPEC = cifar_spec(8, input_size=8, stage_widths=(4, 8, 16), stem_width=4, in_channels=1)
PLAN = Plan(epochs=2, batch_size=256, precision="float32", channels_last="no", flip=False, reproducible=True)
N_STEPS = 10
"""Five batches an epoch."""


@contextmanager
def kept_apart(folder, monkeypatch):
    """A context with a store of its own, on one CPU thread: more would wait for each other."""
    monkeypatch.setenv("RESNET_EXPLORER_HOME", str(folder / "home"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    made = fresh()
    yield made
    made.close_store()
    torch.set_num_threads(threads)


def fresh():
    context = Context(device=torch.device("cpu"))
    context.datasets.put("digits", 8, open_dataset("digits", 8))
    return context


def first(events, kind):
    return next(event for event in events if isinstance(event, kind))


def build(context, run, step, column="main", spec=SPEC):
    weights = WeightsChoice("run", run, step)
    request = BuildModel(ticket=2, spec=spec, weights=weights, column=column)
    return first(build_model(request, context), ModelBuilt)


def values(context, column="main"):
    return {key: value.clone() for key, value in context.nets[column].module.state_dict().items()}


def same(one, other):
    return all(torch.equal(one[key], value) for key, value in other.items())
