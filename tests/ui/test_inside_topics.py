"""The topics of the inside view on real results of a small network."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from explorer.arch.lesions import Lesions
from explorer.nets.findings_file import Findings
from explorer.state.inside import InsideState, is_shipped, shown
from explorer.ui import theme
from explorer.ui.views.inside import InsideView
from explorer.ui.views.inside_facts import TOPICS, note
from tests.ui import inside_results as results
from tests.ui.inside_results import BYPASSED, facts

FOUND = {
    "residuals": lambda: {"metered_picture": results.metered(7), "metered_sample": results.metered()},
    "lesions": lambda: {"swept": results.swept()},
    "gradients": lambda: {"flows": results.flows()},
    "decisions": lambda: {"probes": results.probed()[0], "decided": results.probed()[1]},
    "embedding": lambda: {"pooled": results.pooled(), "embedded": results.embedded()},
    "excites": lambda: {"excited": results.excited()},
    "cost": lambda: {"cost": results.cost()},
}


@pytest.fixture
def view(qtbot):
    theme.apply(QApplication.instance(), "light")
    made = InsideView()
    qtbot.addWidget(made)
    made.resize(760, 560)
    made.show_facts(facts("residuals"))
    with qtbot.waitExposed(made):
        made.show()
    return made


def rows_of(view):
    return list(csv.reader(io.StringIO(view.topic.to_csv())))


def button(view, name):
    found = view.findChild(QPushButton, name)
    assert found is not None
    return found


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize(("scheme", "width"), [("light", 900), ("dark", 340)])
def test_every_topic_is_filled_and_saved(view, topic, scheme, width, tmp_path, monkeypatch):
    theme.apply(QApplication.instance(), scheme)
    view.resize(width, 560)
    view.show_facts(facts(topic, **FOUND[topic]()))
    assert view.topic.objectName() == f"inside.{topic}.view"
    assert view.topic.isVisible()
    assert view.head.save.isEnabled()
    for kind, action in zip(("png", "csv"), view.head.save.menu().actions(), strict=True):
        path = tmp_path / f"it.{kind}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        action.trigger()
        assert path.stat().st_size
    image = QImage(str(tmp_path / "it.png"))
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 5
    assert len((tmp_path / "it.csv").read_text().splitlines()) > 3


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic != "lesions"])
def test_before_there_is_anything_it_says_what_to_press(view, topic):
    view.show_facts(facts(topic))
    assert view.empty.isVisible()
    assert f"Press {TOPICS[topic].run}" in view.empty.message
    assert view.head.run.text() == TOPICS[topic].run
    assert view.head.run.isEnabled()
    assert not view.head.save.isEnabled()
    view.show_facts(facts(topic, is_ready=False))
    assert "being built" in view.empty.message
    assert not view.head.run.isEnabled()


def test_progress_and_cancel_are_shown_while_it_works(view, qtbot):
    view.show_facts(facts("gradients", busy=frozenset({"gradients"}), work=(5, 0.4, "FlowGradients")))
    assert view.head.progress.isVisible()
    assert view.head.progress.value() == 400
    assert not view.head.run.isEnabled()
    with qtbot.waitSignal(view.head.cancel_requested) as told:
        qtbot.mouseClick(button(view, "inside.cancel"), Qt.MouseButton.LeftButton)
    assert told.args == [5]
    view.show_facts(facts("gradients"))
    assert not view.head.progress.isVisible()
    assert not button(view, "inside.cancel").isVisible()


# Residuals


def test_residuals_are_what_the_meter_measured(view):
    view.show_facts(facts("residuals", **FOUND["residuals"]()))
    meter = results.metered().meter
    series = view.topic.ratio.data.series
    assert [line.name for line in series] == ["this picture", f"digits ({results.N})"]
    assert series[1].values == tuple(block.ratio for block in meter.blocks)
    assert view.topic.cosine.data.series[1].values == tuple(block.cosine for block in meter.blocks)
    assert view.topic.responses.data.series[1].values == tuple(
        layer.std for layer in meter.layers if layer.kernel == 3
    )


def test_what_ships_is_not_said_to_be_of_the_chosen_sample(view):
    meter, sweep = results.metered().meter, results.swept().sweep
    found = Findings(
        weights="small",
        weights_sha256="0" * 64,
        data="CIFAR-10",
        images=results.N,
        date="2026-11-21",
        classes=results.CLASSES,
        confusion=np.zeros((len(results.CLASSES),) * 2, np.int64),
        sweep=sweep,
        meter=meter,
        probes=(),
    )
    inside = InsideState(topic="residuals", shipped=found)
    view.show_facts(replace(facts("residuals"), inside=shown(inside), is_shipped=is_shipped(inside)))
    assert [line.name for line in view.topic.ratio.data.series] == [f"its test pictures ({results.N})"]
    assert "CIFAR-10" in view.head.note.text()
    # Nothing was measured here before.
    assert view.head.run.text() == "Measure"


def test_responses_that_grow_without_end_stand_on_a_logarithmic_axis(view):
    meter = results.metered().meter
    layers = tuple(replace(layer, std=layer.std * 10.0**at) for at, layer in enumerate(meter.layers))
    wild = replace(results.metered(), meter=replace(meter, layers=layers))
    view.show_facts(facts("residuals", metered_sample=wild))
    assert view.topic.responses.data.unit == "log"
    view.show_facts(facts("residuals", metered_sample=results.metered()))
    assert view.topic.responses.data.unit == "number"


def test_plain_blocks_say_why_they_have_no_residual(view):
    view.show_facts(
        facts("residuals", spec=results.PLAIN, metered_sample=results.metered(None, results.PLAIN))
    )
    assert not view.topic.ratio.isVisible()
    assert view.topic.responses.isVisible()
    assert view.topic._why.text == "Every block: It has no shortcut."


# Lesions


def test_the_sweep_stands_beside_the_plain_twin(view):
    swept = results.swept()
    view.show_facts(facts("lesions", swept=swept))
    own, twin = view.topic.chart.data.series
    assert own.values == tuple(block.knowledge.accuracy for block in swept.sweep.blocks)
    assert [value is None for value in twin.values] == [
        block.knowledge is None for block in swept.twin.blocks
    ]
    assert "changes the shape" in twin.notes[1]
    names = [level.name for level in view.topic.chart.data.levels]
    assert names == ["intact", "intact plain twin"]


def test_a_foreign_sample_is_named_with_what_was_found_in_it(view):
    lesions = Lesions(frozenset({"layer1.0"}))
    tested = replace(results.tested(), knows_truth=False)
    view.show_facts(facts("lesions", tested=tested, lesions=tested.lesions))
    share = 100 * tested.knowledge.accuracy
    assert tested.lesions == lesions
    assert view.topic.said.text() == (
        f"With layer1.0 bypassed {share:.1f} % of the answers stay ({tested.images} pictures of digits)."
    )


def test_where_the_chart_shows_what_ships_the_sentence_tells_the_same_numbers(view):
    swept = results.swept()
    first = swept.sweep.blocks[0]
    foreign = replace(results.tested(), knows_truth=False)
    lesions = Lesions(frozenset({first.key}))
    view.show_facts(facts("lesions", swept=swept, tested=foreign, lesions=lesions, is_shipped=True))
    intact, changed = 100 * swept.sweep.intact.accuracy, 100 * first.knowledge.accuracy
    assert view.topic.said.text() == (
        f"Intact {intact:.1f} %, with {first.key} bypassed {changed:.1f} % ({swept.sweep.images} pictures)."
    )


def test_before_the_sweep_blocks_can_be_bypassed_all_the_same(view, qtbot):
    view.show_facts(facts("lesions"))
    chart = view.topic.chart
    with qtbot.waitSignal(view.lesion_toggled) as told:
        qtbot.mouseClick(chart.plot, Qt.MouseButton.LeftButton, pos=chart.plot.point(1.0).toPoint())
    assert told.args == ["layer2.0"]


def test_a_plain_block_that_changes_the_shape_has_no_switch(view, qtbot):
    view.show_facts(facts("lesions", spec=results.PLAIN))
    chart = view.topic.chart
    with qtbot.assertNotEmitted(view.lesion_toggled):
        qtbot.mouseClick(chart.plot, Qt.MouseButton.LeftButton, pos=chart.plot.point(1.0).toPoint())


def test_present_lesions_are_put_into_words_and_healed(view, qtbot):
    tested = results.tested()
    view.show_facts(facts("lesions", swept=results.swept(), tested=tested, lesions=BYPASSED))
    intact, changed = (100 * known.accuracy for known in (tested.intact, tested.knowledge))
    assert view.topic.said.text() == (
        f"Intact {intact:.1f} %, with layer1.0 bypassed {changed:.1f} % ({results.N} pictures)."
    )
    assert view.topic.chart.data.marked == {"layer1.0"}
    with qtbot.waitSignal(view.healed):
        qtbot.mouseClick(button(view, "inside.lesions.heal"), Qt.MouseButton.LeftButton)
    # An answer about other lesions is not taken for these.
    view.show_facts(facts("lesions", tested=tested, lesions=Lesions(frozenset({"layer3.0"}))))
    assert view.topic.said.text() == "With layer3.0 bypassed."


def test_blocks_of_one_shape_are_exchanged(view, qtbot):
    deeper = results.cifar_spec(14)
    view.show_facts(facts("lesions", spec=deeper))
    topic = view.topic
    assert [topic.first.itemText(at) for at in range(topic.first.count())] == ["1.0", "1.1"]
    assert topic.second.currentText() == "1.1"
    with qtbot.waitSignal(view.blocks_exchanged) as told:
        qtbot.mouseClick(button(view, "inside.lesions.exchange"), Qt.MouseButton.LeftButton)
    assert told.args == ["layer1.0", "layer1.1"]
    view.show_facts(facts("lesions"))
    assert not topic.exchange.isVisible()


def test_foreign_classes_are_said_to_be_foreign(view):
    swept = replace(results.swept(), knows_truth=False)
    foreign = facts("lesions", swept=swept)
    assert "not the network's" in note(foreign)[0]
    view.show_facts(foreign)
    assert view.topic.chart.data.title == "Answers kept without each block"
    assert view.head.note.isVisible()
    view.show_facts(facts("lesions", swept=results.swept()))
    assert not view.head.note.isVisible()


# Gradients


def test_gradients_stand_by_relative_depth_on_a_logarithmic_axis(view, qtbot):
    flows = results.flows()
    view.show_facts(facts("gradients", flows=flows))
    data = view.topic.chart.data
    assert data.unit == "log"
    assert [line.name for line in data.series] == ["this network", "plain twin", "depth 14"]
    for line, (_, flow) in zip(data.series, flows.flows, strict=True):
        assert line.values == tuple(layer.norm for layer in flow.layers)
        assert (line.places[0], line.places[-1]) == (0.0, 1.0)
    qtbot.mouseClick(view.topic.scale._buttons["relative"], Qt.MouseButton.LeftButton)
    own = view.topic.chart.data.series[0]
    assert own.values == tuple(layer.relative for layer in flows.flows[0][1].layers)


# Decisions


def test_each_probe_bears_its_own_accuracy(view):
    probes, decided = results.probed()
    view.show_facts(facts("decisions", probes=probes, decided=decided))
    data = view.topic.chart.data
    assert [tick.text for tick in data.ticks] == ["1.0", "2.0", "3.0"]
    assert [tick.caption for tick in data.ticks] == [f"{100 * each:.0f} %" for _, each in probes.accuracies]
    likeliest = probes.classes[int(decided.probabilities[-1].argmax())]
    assert data.series[0].name == likeliest
    assert [line.at_end for line in data.series].count(True) == 5
    assert likeliest in view.topic._said.text
    by_class = {line.name: line.values for line in data.series}
    assert by_class[likeliest] == tuple(decided.probabilities[:, int(likeliest)].tolist())


def test_an_answer_about_another_picture_is_not_shown(view):
    probes, decided = results.probed()
    view.show_facts(facts("decisions", probes=probes, decided=replace(decided, image_id=8)))
    assert not view.topic.chart.data.series
    assert view.topic.accuracy.data.series[0].values == tuple(each for _, each in probes.accuracies)
    view.show_facts(facts("decisions", probes=probes, picture=None))
    assert "Drop a picture" in view.head.note.text()


# Embedding


def test_a_point_under_the_mouse_shows_its_class(view, qtbot):
    view.show_facts(facts("embedding", **FOUND["embedding"]()))
    scatter = view.topic.scatter
    before = scatter.grab().toImage()
    # A dropped picture lies above the points that it covers.
    free = next(at for at in range(results.N) if scatter._at(scatter.point(at))[1] is None)
    qtbot.mouseMove(scatter, scatter.point(free).toPoint())
    qtbot.waitUntil(lambda: scatter.under is not None)
    label = results.pooled().labels[scatter.under]
    assert scatter.reading() == f"{label} (picture {scatter.under})"
    assert scatter.grab().toImage() != before


def test_a_dropped_picture_is_marked_and_chosen(view, qtbot):
    view.show_facts(facts("embedding", **FOUND["embedding"]()))
    scatter = view.topic.scatter
    place = scatter._placed_rects()[0].center().toPoint()
    with qtbot.waitSignal(view.picture_chosen) as told:
        qtbot.mouseClick(scatter, Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [7]


def test_a_class_stands_out_alone(view, qtbot):
    view.show_facts(facts("embedding", **FOUND["embedding"]()))
    scatter = view.topic.scatter
    name = scatter._name_place(3).center().toPoint()
    qtbot.mouseClick(scatter, Qt.MouseButton.LeftButton, pos=name)
    assert scatter.only == 3
    other = next(at for at, label in enumerate(results.pooled().labels) if label != 3)
    assert scatter._at(scatter.point(other))[0] != other
    qtbot.mouseClick(scatter, Qt.MouseButton.LeftButton, pos=name)
    assert scatter.only is None


def test_method_and_block_are_chosen(view, qtbot):
    view.show_facts(facts("embedding", **FOUND["embedding"]()))
    topic = view.topic
    assert [topic.block.itemText(at) for at in range(topic.block.count())] == [
        "layer1.0",
        "layer2.0",
        "layer3.0",
    ]
    assert topic.block.currentText() == "layer3.0"
    with qtbot.waitSignal(view.embedding_chosen) as told:
        qtbot.mouseClick(topic.method._buttons["tsne"], Qt.MouseButton.LeftButton)
    assert told.args == ["tsne", results.pooled().keys[-1]]
    with qtbot.waitSignal(view.embedding_chosen) as told:
        topic.block.setCurrentIndex(0)
        topic.block.activated.emit(0)
    assert told.args == ["tsne", results.pooled().keys[0]]


# Excites


def test_channels_show_their_strongest_pictures(view, qtbot):
    excited = results.excited()
    view.show_facts(facts("excites", excited=excited))
    rows = view.topic.rows
    assert rows.order == tuple(range(len(excited.pictures)))
    text = rows.reading(QPointF(90, 20))
    assert text.startswith(f"Channel 0, place 1: {excited.pictures[0][0].value:.3g}.")
    qtbot.mouseClick(view.topic.sort._buttons["strength"], Qt.MouseButton.LeftButton)
    strongest = [excited.pictures[channel][0].value for channel in rows.order]
    assert strongest == sorted(strongest, reverse=True)
    assert len(rows_of(view)) == 1 + excited.excitement.values.size


def test_another_selected_node_is_asked_for(view):
    view.show_facts(facts("excites", excited=results.excited(), selected="conv1"))
    assert "Press Search for conv1." in view.topic.said.text


# Cost


def test_the_cost_table_sorts_by_number_and_saves_as_it_stands(view):
    view.show_facts(facts("cost", cost=results.cost()))
    parts = results.cost().profile.parts
    assert [row[0] for row in rows_of(view)[1:]] == [part.key for part in parts]
    view.topic.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    seconds = [float(row[1]) for row in rows_of(view)[1:]]
    assert seconds == sorted(seconds, reverse=True)
    np.testing.assert_allclose(sum(float(row[2]) for row in rows_of(view)[1:]), 1, atol=1e-4)


def test_a_narrow_table_leaves_columns_out(view, qtbot):
    view.show_facts(facts("cost", cost=results.cost()))
    table = view.topic.table
    assert not table.isColumnHidden(6)
    view.resize(340, 500)
    qtbot.waitUntil(lambda: table.isColumnHidden(6))
    assert not table.isColumnHidden(1)


def test_views_are_built_when_they_are_first_seen(view):
    assert list(view._topics) == ["residuals"]
    view.show_facts(facts("cost"))
    assert list(view._topics) == ["residuals", "cost"]
    assert InsideState().topic == "residuals"
