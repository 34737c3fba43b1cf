"""The one reducer: (state, message) → (state, requests). Pure.

Called by `ui/store.py` and by tests. Must not import torch or Qt.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explorer.engine import (
    compare_messages,
    data_messages,
    inside_messages,
    lesson_messages,
    messages,
    moment_messages,
    own_messages,
    run_messages,
    training_messages,
)
from explorer.engine.messages import Event, LoadPictures, Request
from explorer.engine.run_messages import ListRuns
from explorer.state import actions, compare_actions, inside_actions, learning_actions, lesson_actions
from explorer.state.actions import Action, Start
from explorer.state.model import AppState
from explorer.state.reducer import (
    bins,
    columns,
    compare,
    compare_curves,
    data,
    document,
    finder,
    inside,
    inside_topics,
    lesions,
    lessons,
    live,
    maps,
    net,
    notices,
    own,
    pictures,
    rewind,
    runs,
    teach,
    training,
    weights,
)
from explorer.state.reducer.turn import Turn


def _on_start(turn: Turn, action: Start) -> None:
    """Build the document's net at once; the requests wait for torch in the mailbox."""
    document.build(turn)
    columns.settle(turn)
    if action.files:
        pictures.on_drop(turn, actions.Drop(paths=action.files))
    if action.sample:
        turn.ask(LoadPictures, paths=(action.sample,), as_sample=True)
    # A training that was cut off is offered.
    turn.ask(ListRuns)


HANDLERS: dict[type[Action] | type[Event], Callable[[Turn, Any], None]] = {
    actions.Start: _on_start,
    actions.EditSpec: document.on_edit_spec,
    actions.OpenSpec: document.on_open_spec,
    actions.PasteSpec: own.on_paste_spec,
    actions.LookUpArchitectures: own.on_look_up_architectures,
    actions.KeepArchitecture: own.on_keep_architecture,
    actions.RenameArchitecture: own.on_rename_architecture,
    actions.LetArchitectureGo: own.on_let_architecture_go,
    actions.LockBudget: document.on_lock_budget,
    actions.TogglePlainTwin: document.on_toggle_plain_twin,
    actions.ChooseWeights: document.on_choose_weights,
    actions.Undo: document.on_undo,
    actions.Redo: document.on_redo,
    actions.SelectNode: document.on_select_node,
    actions.StepNode: document.on_step_node,
    actions.Unfold: document.on_unfold,
    actions.SelectChannel: document.on_select_channel,
    actions.AllowFetchWeights: net.on_allow_fetch_weights,
    actions.KeepWeights: weights.on_keep_weights,
    actions.ChooseDevice: net.on_choose_device,
    actions.Drop: pictures.on_drop,
    actions.AllowFetchPicture: pictures.on_allow_fetch_picture,
    actions.SelectPicture: pictures.on_select_picture,
    actions.RemovePicture: pictures.on_remove_picture,
    actions.ClearPictures: pictures.on_clear_pictures,
    actions.CancelWork: notices.on_cancel_work,
    actions.DismissNotice: notices.on_dismiss_notice,
    actions.Complain: notices.on_complain,
    actions.SetColourScheme: notices.on_set_colour_scheme,
    actions.RememberLayout: notices.on_remember_layout,
    compare_actions.PinColumn: compare.on_pin_column,
    compare_actions.PinSpecs: compare.on_pin_specs,
    compare_actions.PinRun: compare.on_pin_run,
    compare_actions.PinWeights: compare.on_pin_weights,
    compare_actions.AddDepths: compare.on_add_depths,
    compare_actions.AddPlainTwin: compare.on_add_plain_twin,
    compare_actions.MoveColumn: compare.on_move_column,
    compare_actions.RemoveColumns: compare.on_remove_columns,
    compare_actions.SetColumns: compare.on_set_columns,
    compare_actions.OpenColumn: compare.on_open_column,
    compare_actions.SeeColumns: compare.on_see_columns,
    compare_actions.MoveDepth: compare.on_move_depth,
    compare_actions.ChoosePair: compare.on_choose_pair,
    compare_actions.WantCurves: compare_curves.on_want_curves,
    compare_messages.LookedThrough: columns.on_looked_through,
    learning_actions.ChooseData: data.on_choose_data,
    learning_actions.LookUpData: data.on_look_up_data,
    learning_actions.AllowFetchData: data.on_allow_fetch_data,
    learning_actions.TrainOnFolder: data.on_train_on_folder,
    learning_actions.ClassifyFolder: data.on_classify_folder,
    learning_actions.ChooseRecipe: training.on_choose_recipe,
    learning_actions.EditPlan: training.on_edit_plan,
    learning_actions.ResetPlan: training.on_reset_plan,
    learning_actions.ChooseStart: training.on_choose_start,
    learning_actions.StartTraining: training.on_start_training,
    learning_actions.PauseTraining: training.on_pause_training,
    learning_actions.StopTraining: training.on_stop_training,
    learning_actions.GoOnTraining: training.on_go_on_training,
    learning_actions.SeekRate: finder.on_seek_rate,
    learning_actions.TakeRate: finder.on_take_rate,
    learning_actions.NameTeaching: bins.on_name_teaching,
    learning_actions.AddBin: bins.on_add_bin,
    learning_actions.RenameBin: bins.on_rename_bin,
    learning_actions.RemoveBin: bins.on_remove_bin,
    learning_actions.FillBin: bins.on_fill_bin,
    learning_actions.TakeFromBin: bins.on_take_from_bin,
    learning_actions.Teach: teach.on_teach,
    learning_actions.LookUpRuns: runs.on_look_up_runs,
    learning_actions.ShowRun: runs.on_show_run,
    learning_actions.OpenRun: runs.on_open_run,
    learning_actions.MarkRun: runs.on_mark_run,
    learning_actions.DiscardRuns: runs.on_discard_runs,
    learning_actions.BringBackRuns: runs.on_bring_back_runs,
    learning_actions.WriteRun: runs.on_write_run,
    compare_actions.Rewind: rewind.on_rewind,
    moment_messages.SnapshotsKept: rewind.on_snapshots_kept,
    messages.EngineReady: net.on_engine_ready,
    messages.DeviceChosen: net.on_device_chosen,
    messages.MemoryRead: net.on_memory_read,
    messages.BuildProgress: net.on_build_progress,
    messages.ModelBuilt: net.on_model_built,
    messages.FetchProgress: notices.on_fetch_progress,
    messages.WeightsFetched: net.on_weights_fetched,
    messages.WeightsRead: weights.on_weights_read,
    messages.WeightsSaved: weights.on_weights_saved,
    messages.SpecRead: document.on_spec_read,
    own_messages.ArchitecturesListed: own.on_architectures_listed,
    messages.PicturesLoaded: pictures.on_pictures_loaded,
    messages.Classified: pictures.on_classified,
    messages.ManyClassified: pictures.on_many_classified,
    messages.NodeProbed: maps.on_node_probed,
    inside_actions.ChooseOverlay: inside.on_choose_overlay,
    inside_actions.TuneOverlay: inside.on_tune_overlay,
    inside_actions.ToggleLesion: lesions.on_toggle_lesion,
    inside_actions.ExchangeBlocks: lesions.on_exchange_blocks,
    inside_actions.HealAll: lesions.on_heal_all,
    inside_actions.AskNumber: inside.on_ask_number,
    inside_actions.AskKernels: inside.on_ask_kernels,
    inside_actions.AskRelevance: inside.on_ask_relevance,
    inside_actions.ShowTopic: inside_topics.on_show_topic,
    inside_actions.ChooseSample: inside_topics.on_choose_sample,
    inside_actions.RunTopic: inside_topics.on_run_topic,
    inside_actions.ChooseEmbedding: inside_topics.on_choose_embedding,
    inside_actions.KeepWalk: inside.on_keep_walk,
    inside_messages.Attributed: inside.on_attributed,
    inside_messages.NumberRead: inside.on_number_read,
    inside_messages.KernelsRead: inside.on_kernels_read,
    inside_messages.ChannelsRanked: inside.on_channels_ranked,
    inside_messages.Metered: inside_topics.on_metered,
    inside_messages.GradientsFlowed: inside_topics.on_gradients_flowed,
    inside_messages.LesionsTested: inside_topics.on_lesions_tested,
    inside_messages.Swept: inside_topics.on_swept,
    inside_messages.SamplePooled: inside_topics.on_sample_pooled,
    inside_messages.ProbesFitted: inside_topics.on_probes_fitted,
    inside_messages.Decided: inside_topics.on_decided,
    inside_messages.Embedded: inside_topics.on_embedded,
    inside_messages.Excited: inside_topics.on_excited,
    inside_messages.CostMeasured: inside_topics.on_cost_measured,
    inside_messages.FindingsRead: inside_topics.on_findings_read,
    inside_messages.WalkWritten: inside.on_walk_written,
    inside_messages.InsideProgress: inside_topics.on_inside_progress,
    data_messages.DataListed: data.on_data_listed,
    data_messages.DataProgress: data.on_data_progress,
    data_messages.DataOpened: data.on_data_opened,
    data_messages.DataFetched: data.on_data_fetched,
    data_messages.FolderPeeked: data.on_folder_peeked,
    data_messages.TaughtCollected: teach.on_taught_collected,
    training_messages.TrainingBegan: training.on_training_began,
    training_messages.TrainTick: training.on_train_tick,
    training_messages.EpochEnded: training.on_epoch_ended,
    training_messages.TrainingHalted: training.on_training_halted,
    training_messages.TrainingEnded: training.on_training_ended,
    training_messages.LiveAnswer: live.on_live_answer,
    training_messages.LiveMaps: live.on_live_maps,
    training_messages.RateProbed: finder.on_rate_probed,
    training_messages.RateFound: finder.on_rate_found,
    run_messages.RunsListed: runs.on_runs_listed,
    run_messages.CurvesRead: runs.on_curves_read,
    run_messages.RunExported: runs.on_run_exported,
    lesson_actions.OpenLesson: lessons.on_open_lesson,
    lesson_actions.GoToStep: lessons.on_go_to_step,
    lesson_actions.StepLesson: lessons.on_step_lesson,
    lesson_actions.CloseLesson: lessons.on_close_lesson,
    lesson_actions.ReopenLesson: lessons.on_reopen_lesson,
    lesson_actions.GoBackTo: lessons.on_go_back_to,
    lesson_actions.WriteNote: lessons.on_write_note,
    lesson_actions.NameStep: lessons.on_name_step,
    lesson_actions.AddStep: lessons.on_add_step,
    lesson_actions.SaveLesson: lessons.on_save_lesson,
    lesson_actions.TakeWeights: lessons.on_take_weights,
    lesson_messages.LessonRead: lessons.on_lesson_read,
    lesson_messages.LessonWritten: lessons.on_lesson_written,
    lesson_messages.LessonWeightsTaken: lessons.on_lesson_weights_taken,
    messages.RequestFinished: notices.on_request_finished,
    messages.RequestFailed: notices.on_request_failed,
}
"""What each message does; a test holds the table complete."""


def reduce(state: AppState, message: Action | Event) -> tuple[AppState, tuple[Request, ...]]:
    """The state after a message, and what to ask the engine for.

    Raises:
        KeyError: The message is of a kind that nobody handles.
    """
    turn = Turn(state)
    HANDLERS[type(message)](turn, message)
    return turn.state, tuple(turn.requests)
