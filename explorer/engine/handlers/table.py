"""Which handler answers which request on the compute thread.

Imported by the worker inside its thread, because this brings torch. Must not import Qt.
"""

from __future__ import annotations

from explorer.engine.handlers import build, classify, probe
from explorer.engine.messages import BuildModel, Classify, ClassifyMany, ProbeNode, Request, UseDevice
from explorer.engine.worker import Handler

COMPUTE_HANDLERS: dict[type[Request], Handler] = {
    BuildModel: build.build_model,
    Classify: classify.classify,
    ClassifyMany: classify.classify_many,
    ProbeNode: probe.probe_node,
    UseDevice: build.use_device,
}
