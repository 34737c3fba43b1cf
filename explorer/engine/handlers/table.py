"""Which handler answers which request on the compute thread.

Imported by the worker inside its thread, because this brings torch. Must not import Qt.
"""

from __future__ import annotations

from explorer.engine.compare_messages import LetColumnGo, LookThrough
from explorer.engine.handlers.build import build_model, use_device
from explorer.engine.handlers.classify import classify, classify_many
from explorer.engine.handlers.compare import let_column_go, look_through
from explorer.engine.handlers.inside_look import (
    attribute,
    rank_channels,
    read_kernels,
    read_number,
    write_walk,
)
from explorer.engine.handlers.inside_sample import (
    decide,
    excite,
    flow_gradients,
    measure_cost,
    meter,
    meter_sample,
    pool_sample,
    read_shipped,
    sweep_lesions,
    test_lesions,
)
from explorer.engine.handlers.probe import probe_node
from explorer.engine.handlers.snapshots import find_moments, let_moments_go
from explorer.engine.handlers.study import estimate_study, halt_study, run_study
from explorer.engine.handlers.study_report import write_study_report
from explorer.engine.handlers.train import find_rate, halt_training, resume_training, train, watch_training
from explorer.engine.handlers.weights import save_weights_file
from explorer.engine.inside_messages import (
    Attribute,
    Meter,
    RankChannels,
    ReadFindings,
    ReadKernels,
    ReadNumber,
    WriteWalk,
)
from explorer.engine.messages import (
    BuildModel,
    Classify,
    ClassifyMany,
    ProbeNode,
    Request,
    SaveWeights,
    UseDevice,
)
from explorer.engine.moment_messages import FindMoments, LetMomentsGo
from explorer.engine.sample_messages import (
    Decide,
    Excite,
    FlowGradients,
    MeasureCost,
    MeterSample,
    PoolSample,
    SweepLesions,
    TestLesions,
)
from explorer.engine.study_messages import EstimateStudy, HaltStudy, RunStudy, WriteStudyReport
from explorer.engine.training_messages import (
    FindRate,
    HaltTraining,
    ResumeTraining,
    Train,
    WatchTraining,
)
from explorer.engine.worker import Handler

COMPUTE_HANDLERS: dict[type[Request], Handler] = {
    Attribute: attribute,
    BuildModel: build_model,
    Classify: classify,
    ClassifyMany: classify_many,
    Decide: decide,
    EstimateStudy: estimate_study,
    Excite: excite,
    FindMoments: find_moments,
    FindRate: find_rate,
    FlowGradients: flow_gradients,
    HaltStudy: halt_study,
    HaltTraining: halt_training,
    LetColumnGo: let_column_go,
    LetMomentsGo: let_moments_go,
    LookThrough: look_through,
    MeasureCost: measure_cost,
    Meter: meter,
    MeterSample: meter_sample,
    PoolSample: pool_sample,
    ProbeNode: probe_node,
    RankChannels: rank_channels,
    ReadFindings: read_shipped,
    ReadKernels: read_kernels,
    ReadNumber: read_number,
    ResumeTraining: resume_training,
    RunStudy: run_study,
    SaveWeights: save_weights_file,
    SweepLesions: sweep_lesions,
    TestLesions: test_lesions,
    Train: train,
    UseDevice: use_device,
    WatchTraining: watch_training,
    WriteStudyReport: write_study_report,
    WriteWalk: write_walk,
}
