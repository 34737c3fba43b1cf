"""Which handler answers which request on the IO pool.

Imported by the worker when the first such request comes. Must not import torch or Qt.
"""

from __future__ import annotations

from explorer.engine.data_messages import CollectTaught, FetchData, ListData, OpenData, PeekFolder, ReadTaught
from explorer.engine.handlers.architectures import (
    forget_architecture,
    list_architectures,
    save_architecture,
)
from explorer.engine.handlers.data import fetch_data, list_data, open_data, peek_folder
from explorer.engine.handlers.downloads import fetch_weights
from explorer.engine.handlers.inside_fit import embed_sample, fit_probes
from explorer.engine.handlers.lesson_saving import write_lesson
from explorer.engine.handlers.lessons import read_lesson, take_lesson_weights
from explorer.engine.handlers.pictures import fetch_picture, forget_pictures, load_pictures, read_spec
from explorer.engine.handlers.runs import (
    delete_runs,
    edit_run,
    export_run,
    list_runs,
    read_curves,
    restore_runs,
)
from explorer.engine.handlers.studies import delete_study, list_studies, restore_study
from explorer.engine.handlers.taught import collect_taught, read_taught
from explorer.engine.handlers.weights import read_weights_file
from explorer.engine.lesson_messages import ReadLesson, TakeLessonWeights, WriteLesson
from explorer.engine.messages import FetchWeights, ReadSpec, ReadWeights, Request
from explorer.engine.own_messages import ForgetArchitecture, ListArchitectures, SaveArchitecture
from explorer.engine.picture_messages import FetchPicture, ForgetPictures, LoadPictures
from explorer.engine.run_messages import (
    DeleteRuns,
    EditRun,
    ExportRun,
    ListRuns,
    ReadCurves,
    RestoreRuns,
)
from explorer.engine.sample_messages import Embed, FitProbes
from explorer.engine.study_messages import DeleteStudy, ListStudies, RestoreStudy
from explorer.engine.worker import Handler

IO_HANDLERS: dict[type[Request], Handler] = {
    Embed: embed_sample,
    FitProbes: fit_probes,
    CollectTaught: collect_taught,
    DeleteRuns: delete_runs,
    DeleteStudy: delete_study,
    RestoreStudy: restore_study,
    EditRun: edit_run,
    ExportRun: export_run,
    FetchData: fetch_data,
    FetchPicture: fetch_picture,
    FetchWeights: fetch_weights,
    ForgetArchitecture: forget_architecture,
    ForgetPictures: forget_pictures,
    ListArchitectures: list_architectures,
    ListData: list_data,
    ListRuns: list_runs,
    ListStudies: list_studies,
    LoadPictures: load_pictures,
    OpenData: open_data,
    PeekFolder: peek_folder,
    ReadCurves: read_curves,
    ReadLesson: read_lesson,
    ReadSpec: read_spec,
    ReadTaught: read_taught,
    RestoreRuns: restore_runs,
    SaveArchitecture: save_architecture,
    TakeLessonWeights: take_lesson_weights,
    ReadWeights: read_weights_file,
    WriteLesson: write_lesson,
}
