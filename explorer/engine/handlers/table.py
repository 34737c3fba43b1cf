"""Which handler answers which request on the compute thread.

Imported by the worker inside its thread, because this brings torch. Must not import Qt.
"""

from __future__ import annotations

from explorer.engine.handlers.build import build_model, use_device
from explorer.engine.handlers.classify import classify, classify_many
from explorer.engine.handlers.probe import probe_node
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
from explorer.engine.worker import Handler

COMPUTE_HANDLERS: dict[type[Request], Handler] = {
    BuildModel: build_model,
    Classify: classify,
    ClassifyMany: classify_many,
    ProbeNode: probe_node,
    SaveWeights: save_weights_file,
    UseDevice: use_device,
}
