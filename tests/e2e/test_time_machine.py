"""A network and its plain twin trained by one click, then rewound on the curve: all that is shown follows."""

from PySide6.QtCore import Qt

from explorer.arch.presets import plain_twin
from explorer.engine.values import FIRST_VALUES
from explorer.state.actions import ChooseWeights, EditSpec
from explorer.state.compare_actions import PinColumn, PinRun
from explorer.state.learning_actions import EditPlan, OpenRun

SMALL = (("stage_depths", (1, 1, 1)), ("stage_widths", (8, 16, 32)), ("stem_width", 8), ("input_size", 16))
FAST = (("epochs", 3), ("precision", "float32"), ("channels_last", "no"), ("batch_size", 256))


def shown(state):
    """What is said and seen of the current picture."""
    answer = state.answers[state.pictures.current]
    return [(one.label, one.probability) for one in answer.predictions], float(state.maps.maps.mean())


def at_moment(step):
    def is_there(state):
        net, maps = state.net, state.maps
        return (
            net.origin is not None
            and net.origin.step == step
            and maps is not None
            and maps.version == net.version
            and not state.work
            and state.pictures.current in state.answers
        )

    return is_there


def test_the_curve_rewinds_the_net_its_twin_and_every_column(open_program, qtbot):
    program = open_program()
    program.settle()
    program.session.store.dispatch(EditSpec(SMALL))
    program.settle()
    program.window.training.open()
    program.until(lambda state: state.data.status == "open")
    program.session.store.dispatch(EditPlan(FAST))
    program.click("train.start_twin")
    program.until(lambda state: state.training.status in ("finished", "failed"))
    training = program.state.training
    assert training.status == "finished", training.cause
    twin = training.twin
    assert twin.status == "finished"
    assert twin.curves.buffer.series("step.loss")[0].tolist() == list(range(training.step))
    program.session.store.dispatch(PinColumn())
    program.session.store.dispatch(PinRun(twin.run, plain_twin(training.began.spec)))
    program.window.compare.open()
    columns = [column.name for column in program.state.document.columns]
    program.until(lambda state: all(state.compare.columns[name].looked for name in columns))
    before = program.state.document
    program.until(at_moment(None))
    now = shown(program.state)
    program.window.training.open()
    plot = program.window.training.dock.widget().curves.plots[0].plot
    program.qtbot.waitUntil(plot.isVisible)
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    program.until(at_moment(0))
    assert shown(program.state) != now
    assert program.child("train.rewound").text() == "rewound to step 0 · back to now"
    # The view of columns is behind: they give their memory back, and come back as they were then.
    program.window.compare.open()
    program.until(
        lambda state: all(
            living.looked is not None and living.origin.step == 0 for living in state.compare.columns.values()
        )
    )
    program.window.training.open()
    program.click("train.rewound")
    program.until(lambda state: at_moment(None)(state) and shown(state) == now)
    assert program.state.document == before
    assert rewinds_offered(program) == (True, False, False)
    rewind_in_another_sitting(open_program(), training.began.run, twin.run, qtbot)


def rewinds_offered(program):
    names = ("rewind_to_the_moment_before", "go_to_the_moment_after", "back_to_now")
    return tuple(program.child(f"menu.{name}").isEnabled() for name in names)


def rewind_in_another_sitting(program, run, twin, qtbot):
    """The run is in view again; opened from the list, its curves and moments are there, and its twin's."""
    program.settle()
    assert (program.state.net.origin.name, program.state.net.origin.step) == (run, None)
    program.until(lambda state: rewinds_offered(program) == (True, False, False))
    program.session.store.dispatch(ChooseWeights(FIRST_VALUES))
    program.settle()
    assert rewinds_offered(program) == (False, False, False)
    program.window.runs.open()
    program.until(lambda state: state.runs.is_listed)
    program.session.store.dispatch(OpenRun(run))
    program.window.training.open()
    pair = {run, twin}
    program.until(lambda state: pair <= state.moments.kept.keys() and pair <= state.runs.curves.keys())
    program.until(at_moment(None))
    now = shown(program.state)
    plot = program.window.training.dock.widget().curves.plots[0].plot
    program.qtbot.waitUntil(plot.isVisible)
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    program.until(at_moment(0))
    assert shown(program.state) != now
    assert program.state.moments.at == {run: 0, twin: 0}
    assert rewinds_offered(program) == (False, True, True)
    program.click("train.rewound")
    program.until(lambda state: at_moment(None)(state) and shown(state) == now)
