"""Which handler answers which request on the compute thread.

Imported by the worker inside its thread, because this brings torch. Must not import Qt.
"""

from __future__ import annotations

from explorer.engine.handlers.build import build_model, use_device
from explorer.engine.handlers.classify import classify, classify_many
from explorer.engine.handlers.probe import probe_node
from explorer.engine.handlers.train import find_rate, halt_training, resume_training, train, watch_training
from explorer.engine.handlers.weights import save_weights_file
from explorer.engine.messages import (
    BuildModel,
    Classify,
    ClassifyMany,
    ProbeNode,
    Request,
    SaveWeights,
    UseDevice,
)
from explorer.engine.training_messages import (
    FindRate,
    HaltTraining,
    ResumeTraining,
    Train,
    WatchTraining,
)
from explorer.engine.worker import Handler

COMPUTE_HANDLERS: dict[type[Request], Handler] = {
    BuildModel: build_model,
    Classify: classify,
    ClassifyMany: classify_many,
    FindRate: find_rate,
    HaltTraining: halt_training,
    ProbeNode: probe_node,
    ResumeTraining: resume_training,
    SaveWeights: save_weights_file,
    Train: train,
    UseDevice: use_device,
    WatchTraining: watch_training,
}
