import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from explorer.arch.cost import cost_of
from explorer.arch.depths import depth_of, depths
from explorer.arch.lamp import nearest
from explorer.arch.presets import preset, preset_name, presets
from explorer.arch.spec import ArchitectureSpec, applies
from explorer.errors import SpecError
from explorer.ui import theme
from explorer.ui.panels.architecture import ArchitecturePanel
from explorer.ui.panels.depth_scale import DepthScale, published_depths

GROUPS = (
    "Blocks",
    "Shortcut",
    "Stem",
    "Layers",
    "Attention",
    "Head",
    "Regularisation",
    "Input and classes",
)


class Host:
    """What the store does: applies an edit or says why not, and shows the result."""

    def __init__(self, panel):
        self.panel = panel
        self.edits = []
        self.spec = preset("cifar-resnet20").spec
        panel.edited.connect(self._on_edited)

    def show(self, spec, error=None):
        self.spec = spec
        self.panel.show_spec(
            spec,
            cost_of(spec),
            preset=preset_name(spec),
            near=nearest(spec),
            error=str(error) if error else None,
            error_field=error.field if error else None,
        )

    def _on_edited(self, changes, gesture):
        self.edits.append((changes, gesture))
        try:
            self.show(self.spec.edited(**changes))
        except SpecError as error:
            self.show(self.spec, error)


@pytest.fixture
def host(qtbot):
    theme.apply(QApplication.instance(), "light")
    panel = ArchitecturePanel()
    qtbot.addWidget(panel)
    panel.resize(320, 900)
    host = Host(panel)
    host.show(host.spec)
    panel.show_history(False, False)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    return host


@pytest.fixture
def find(host):
    def get(name, kind=QWidget):
        found = host.panel.findChild(kind, name)
        assert found is not None, name
        return found

    return get


@pytest.fixture
def click(qtbot, find):
    def press(name, x=None):
        widget = find(name)
        place = widget.rect().center() if x is None else QPoint(round(x), 11)
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)

    return press


def _type(qtbot, spin, text):
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, text)
    qtbot.keyClick(spin, Qt.Key.Key_Return)


def test_it_says_which_net_it_is_and_what_it_costs(find):
    assert find("spec.title").text == "ResNet-20"
    assert find("spec.preset_name").text == "cifar-resnet20"
    assert find("spec.depth.number").value() == 20
    texts = {name: find(f"total.{name}", QLabel).text() for name in ("parameters", "macs", "receptive_field")}
    assert texts == {"parameters": "269,722", "macs": "40.6 M", "receptive_field": "81 px"}
    assert "40,551,040" in find("total.macs").toolTip()
    assert find("total.depth", QLabel).text() == "20"


def test_the_lamp_lights_for_a_published_net_only(host, find):
    assert find("lamp.light").is_lit
    assert find("lamp.name", QLabel).text() == "= He 2015 ResNet-20"
    assert "8.75 %" in find("lamp.error", QLabel).text()
    assert "1512.03385" in find("lamp").toolTip()
    host.show(host.spec.edited(stage_widths=(16, 32, 72)))
    assert not find("lamp.light").is_lit
    assert find("lamp.name", QLabel).text() == "near He 2015 ResNet-20"
    assert find("lamp.error", QLabel).text().endswith("above it because stages are 16-32-72 wide")
    assert "269,722" in find("lamp").toolTip()
    host.show(preset("tutorial-keras-five-stages").spec)
    assert find("lamp.name", QLabel).text() == "near He 2015 ResNet-34 C"


@pytest.mark.parametrize("name", presets())
def test_showing_a_net_tells_nothing_and_fits(host, find, qtbot, name):
    for group in GROUPS:
        header = find(f"group.{group}")
        if not header.isChecked():
            header.setChecked(True)
    host.panel.resize(280, 900)
    host.show(preset(name).spec)
    assert host.edits == []
    content = host.panel._content
    qtbot.waitUntil(lambda: content.width() <= 280)
    assert content.minimumSizeHint().width() <= content.width()


def test_every_field_of_the_spec_has_a_control(host, find):
    host.show(preset("resnet50").spec)
    for group in GROUPS:
        find(f"group.{group}").setChecked(True)
    for name in ArchitectureSpec.model_fields:
        control = find("spec.stages" if name in ("stage_depths", "stage_widths") else f"spec.{name}")
        assert control.isVisibleTo(host.panel) == applies(host.spec, name), name
        assert control.accessibleName() or control.objectName() == "spec.stages", name


def test_block_type_brings_its_expansion(host, click):
    click("spec.block.bottleneck")
    assert host.edits[-1][0] == {"block": "bottleneck", "expansion": 4, "cardinality": 1, "base_width": 64}
    click("spec.block.bottleneck")
    assert len(host.edits) == 1
    click("spec.block.basic")
    assert host.spec == preset("cifar-resnet20").spec


def test_shortcut_by_click_and_by_arrow_key(host, click, find, qtbot):
    click("spec.shortcut.B")
    assert host.spec.shortcut == "B"
    find("spec.shortcut.B").setFocus()
    qtbot.keyClick(find("spec.shortcut.B"), Qt.Key.Key_Right)
    assert host.spec.shortcut == "C"
    qtbot.keyClick(find("spec.shortcut.C"), Qt.Key.Key_Right)
    assert host.spec.shortcut == "C"
    gestures = [gesture for _, gesture in host.edits]
    assert len(set(gestures)) == len(gestures) == 2


@pytest.mark.parametrize(("typed", "blocks"), [("56", (9, 9, 9)), ("55", (9, 9, 9)), ("3", (1, 1, 1))])
def test_a_typed_depth_becomes_the_nearest_of_the_family(host, find, qtbot, typed, blocks):
    _type(qtbot, find("spec.depth.number", QSpinBox), typed)
    assert host.spec.stage_depths == blocks
    assert find("spec.depth.number").value() == depth_of(host.spec)


def test_arrow_keys_step_through_depths(host, find, qtbot):
    number = find("spec.depth.number", QSpinBox)
    number.setFocus()
    qtbot.keyClick(number, Qt.Key.Key_Up)
    assert number.value() == 26
    host.show(host.spec.edited(stage_depths=(3, 4, 4)))
    assert number.value() == 24
    qtbot.keyClick(number, Qt.Key.Key_Up)
    assert host.spec.stage_depths == (4, 4, 4)
    host.show(host.spec.edited(stage_depths=(3, 4, 4)))
    qtbot.keyClick(number, Qt.Key.Key_Down)
    assert host.spec.stage_depths == (3, 3, 3)


def test_slider_keys(host, find, qtbot):
    slider = find("spec.depth.slider")
    slider.setFocus()
    for key, depth in (
        (Qt.Key.Key_Right, 26),
        (Qt.Key.Key_PageUp, 32),
        (Qt.Key.Key_PageUp, 44),
        (Qt.Key.Key_PageDown, 32),
        (Qt.Key.Key_End, 1202),
        (Qt.Key.Key_Home, 8),
        (Qt.Key.Key_Left, 8),
    ):
        qtbot.keyClick(slider, key)
        assert depth_of(host.spec) == depth


@pytest.mark.parametrize("depth", [32, 110, 1202])
def test_a_click_on_a_tick_is_that_published_net(host, find, click, depth):
    slider = find("spec.depth.slider")
    click("spec.depth.slider", slider.x_of(slider.depths.index(depth)))
    assert preset_name(host.spec) == f"cifar-resnet{depth}"


def test_a_click_takes_own_block_counts_back_to_the_family(host, find, click):
    host.show(host.spec.edited(stage_depths=(2, 3, 4)))
    slider = find("spec.depth.slider")
    click("spec.depth.slider", slider.x_of(slider.value()))
    assert host.spec.stage_depths == (3, 3, 3)


def test_one_drag_is_one_gesture(host, find):
    slider = find("spec.depth.slider")
    for start, stop in ((20, 56), (56, 32)):
        places = [round(slider.x_of(slider.depths.index(depth))) for depth in (start, stop)]
        QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(places[0], 11))
        step = 10 if places[1] > places[0] else -10
        for x in (*range(places[0], places[1], step), places[1]):
            QTest.mouseMove(slider, QPoint(x, 11))
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(places[1], 11))
        assert depth_of(host.spec) == stop
    gestures = [gesture for _, gesture in host.edits]
    assert len(gestures) > 4
    assert len(set(gestures)) == 2


def test_the_wheel_edits_only_what_has_the_focus(host, find):
    number = find("spec.depth.number")
    centre = QPointF(number.rect().center())
    for has_focus in (False, True):
        if has_focus:
            number.setFocus()
        else:
            number.clearFocus()
        event = QWheelEvent(
            centre,
            number.mapToGlobal(centre),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(number, event)
        assert bool(host.edits) == has_focus


def test_counts_of_one_stage(host, find, qtbot):
    _type(qtbot, find("spec.stage_depths.2", QSpinBox), "5")
    assert host.edits[-1][0] == {"stage_depths": (3, 5, 3)}
    _type(qtbot, find("spec.stage_widths.3", QSpinBox), "100")
    assert host.spec.stage_widths == (16, 32, 100)
    assert host.edits[0][1] != host.edits[1][1]


def test_stages_come_and_go_within_their_bounds(host, click, find):
    for _ in range(12):
        click("spec.stages.add")
    assert host.spec.stage_widths == (16, 32, 64, 128, 256, 512, 1024, 2048)
    assert host.spec.stage_depths == (3,) * 8
    assert not find("spec.stages.add").isEnabled()
    for _ in range(12):
        click("spec.stages.remove")
    assert host.spec.stage_widths == (16,)
    assert not find("spec.stages.remove").isEnabled()
    assert find("spec.stage_widths.1").isVisible()
    assert not find("spec.stage_widths.2").isVisible()


def test_groups_are_built_when_they_are_opened(host, click, find, qtbot):
    assert host.panel.findChild(QSpinBox, "spec.stem_width") is None
    click("group.Stem")
    qtbot.waitUntil(find("spec.stem_width").isVisible)
    click("group.Stem")
    assert not find("spec.stem_width").isVisible()
    assert host.edits == []


def test_generated_controls_edit_their_fields(host, click, find, qtbot):
    for group in ("Stem", "Regularisation", "Input and classes"):
        find(f"group.{group}").setChecked(True)
    _type(qtbot, find("spec.num_classes", QSpinBox), "100")
    combo = find("spec.stem_pool", QComboBox)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    find("spec.zero_init_residual", QCheckBox).click()
    wanted = preset("cifar-resnet20").spec.edited(num_classes=100, stem_pool="max", zero_init_residual=True)
    assert host.spec == wanted, [edit for edit, _ in host.edits]


def test_a_number_is_stepped_by_its_buttons_within_bounds(host, click, find):
    click("group.Input and classes")
    click("spec.in_channels.minus")
    click("spec.in_channels.minus")
    click("spec.in_channels.minus")
    assert host.spec.in_channels == 1
    click("spec.in_channels.plus")
    assert host.spec.in_channels == 2


def test_fields_that_make_no_difference_are_hidden(host, find):
    find("group.Blocks").setChecked(True)
    assert not find("spec.stride_on").isVisible()
    host.show(preset("resnext50_32x4d").spec)
    assert find("spec.stride_on").isVisible()
    assert "32 paths" in find("group.Blocks").summary


def test_undo_and_redo(host, click, find, qtbot):
    assert not find("spec.undo").isEnabled()
    host.panel.show_history(True, True)
    with qtbot.waitSignal(host.panel.undo_requested):
        click("spec.undo")
    with qtbot.waitSignal(host.panel.redo_requested):
        click("spec.redo")


def test_the_plain_twin_is_asked_for(host, click, find, qtbot):
    with qtbot.waitSignal(host.panel.twin_requested):
        click("spec.twin")
    host.show(preset("cifar-plain20").spec)
    assert find("spec.twin").text() == "With shortcuts"


def test_a_preset_is_found_by_search(host, find, qtbot):
    chosen = []
    host.panel.preset_chosen.connect(chosen.append)
    button = find("spec.preset", QAbstractButton)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Down)
    search = find("spec.preset.search")
    qtbot.keyClicks(search, "2016 32x8")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert chosen == ["resnext101_32x8d"]
    assert not find("spec.preset.list").isVisible()
    assert host.edits == []


def test_presets_are_walked_by_arrow_keys_and_taken_by_a_click(host, click, find, qtbot):
    chosen = []
    host.panel.preset_chosen.connect(chosen.append)
    click("spec.preset")
    search, tree = find("spec.preset.search"), find("spec.preset.tree")
    qtbot.keyClick(search, Qt.Key.Key_Down)
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert chosen == ["cifar-resnet32"]
    click("spec.preset")
    tree.scrollToTop()
    heading = tree.visualItemRect(tree.topLevelItem(0)).center()
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=heading)
    assert len(chosen) == 1
    row = tree.topLevelItem(0).child(0)
    tree.scrollToItem(row)
    qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(row).center())
    assert chosen[1] == "alexnet"


def test_a_search_without_a_match_takes_nothing(host, click, find, qtbot):
    chosen = []
    host.panel.preset_chosen.connect(chosen.append)
    click("spec.preset")
    qtbot.keyClicks(find("spec.preset.search"), "lenet")
    qtbot.keyClick(find("spec.preset.search"), Qt.Key.Key_Return)
    assert chosen == []


@pytest.fixture
def refused(host, click, find, qtbot):
    """A stem too wide for option A was typed."""
    click("group.Stem")
    _type(qtbot, find("spec.stem_width", QSpinBox), "64")
    return host


def test_a_refused_value_stays_with_its_reason(refused, find, qtbot):
    assert refused.spec.stem_width == 16
    assert find("spec.stem_width").value() == 64
    line = find("spec.error")
    qtbot.waitUntil(line.isVisible)
    assert "cannot narrow 64 channels" in line.text
    assert "B or C" in line.text
    assert line.parentWidget().findChild(QWidget, "spec.shortcut") is not None


def test_a_remedy_elsewhere_makes_both_edits_good(refused, click, find):
    click("spec.shortcut.B")
    assert (refused.spec.stem_width, refused.spec.shortcut) == (64, "B")
    assert not find("spec.error").isVisible()
    click("spec.shortcut.C")
    assert refused.edits[-1][0] == {"shortcut": "C"}


def test_a_refused_value_can_be_put_back(refused, click, find):
    click("spec.error.revert")
    assert find("spec.stem_width").value() == 16
    assert not find("spec.error").isVisible()
    assert refused.spec == preset("cifar-resnet20").spec


def test_a_refusal_in_a_folded_group_opens_it(host, find, qtbot):
    host.show(preset("resnet50").spec, SpecError("base_width", "{field} 1 leaves no channel."))
    qtbot.waitUntil(find("spec.error").isVisible)
    assert find("group.Blocks").isChecked()
    assert find("spec.error").parentWidget().findChild(QSpinBox, "spec.base_width") is not None


def test_a_refusal_of_a_hidden_field_stands_at_the_edit(host, find, qtbot):
    host.show(host.spec, SpecError("stride_on", "{field} is 2."))
    qtbot.waitUntil(find("spec.error").isVisible)
    assert find("spec.error").parentWidget().findChild(QWidget, "spec.block") is not None


def test_light_and_dark_paint_differently(host, qtbot):
    shots = {}
    for scheme in ("light", "dark"):
        theme.apply(QApplication.instance(), scheme)
        shots[scheme] = host.panel.grab().toImage().pixelColor(3, 3).lightness()
    theme.apply(QApplication.instance(), "system")
    assert shots["dark"] < 80 < 200 < shots["light"]


def test_published_depths_stand_well_apart():
    spec = preset("cifar-resnet20").spec
    known = tuple(depths(spec))
    assert published_depths(spec) == (8, 20, 32, 44, 56, 110, 1202)
    scale = DepthScale(known, published_depths(spec))
    places = [scale.place(known.index(depth)) for depth in scale.marked]
    gaps = [after - before for before, after in pairwise(places)]
    assert gaps == pytest.approx([1 / 6] * 6)
    assert (scale.place(0), scale.place(len(known) - 1)) == (0, pytest.approx(1))


def test_the_imagenet_family_marks_all_its_depths():
    spec = preset("resnet50").spec
    assert published_depths(spec) == (50, 101, 152)
    assert DepthScale(tuple(depths(spec)), published_depths(spec)).marked == (26, 50, 101, 152, 200)


@settings(deadline=None)
@given(st.integers(1, 8), st.sampled_from(["basic", "bottleneck"]), st.data())
def test_every_place_on_the_slider_is_its_depth(n_stages, block, data):
    spec = ArchitectureSpec(
        block=block,
        expansion=4 if block == "bottleneck" else 1,
        stage_depths=(1,) * n_stages,
        stage_widths=(64,) * n_stages,
    )
    known = tuple(depths(spec))
    scale = DepthScale(known, published_depths(spec))
    index = data.draw(st.integers(0, len(known) - 1))
    assert scale.index_at(scale.place(index)) == index
    assert scale.nearest(known[index]) == index
    if index:
        assert scale.place(index) > scale.place(index - 1)


def _open(find, *groups):
    for group in groups:
        find(f"group.{group}").setChecked(True)


def test_numbers_with_decimals_are_typed_and_stepped(host, find, click, qtbot):
    _open(find, "Layers", "Regularisation", "Blocks")
    epsilon = find("spec.norm_epsilon", QDoubleSpinBox)
    assert epsilon.text() == "1e-05"
    _type(qtbot, epsilon, "1e-3")
    assert host.spec.norm_epsilon == 0.001
    for _ in range(3):
        click("spec.stochastic_depth.plus")
    assert host.spec.stochastic_depth == 0.15
    _type(qtbot, find("spec.width_factor", QDoubleSpinBox), "1.25")
    assert host.spec.width_factor == 1.25


def test_values_a_stage_begin_as_what_is_usual(host, find, qtbot):
    _open(find, "Blocks")
    usual = find("spec.stage_strides.usual", QCheckBox)
    assert usual.isChecked()
    usual.click()
    assert host.spec.stage_strides == (1, 2, 2)
    combo = find("spec.stage_strides.3", QComboBox)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert host.spec.stage_strides == (1, 2, 1)
    usual.click()
    assert host.spec.stage_strides == ()
    assert not combo.isVisible()


def test_values_a_stage_follow_when_stages_come_and_go(host, click):
    host.show(
        host.spec.edited(stage_strides=(1, 2, 2), stage_kernels=(3, 5, 7), overrides=("3.1=projection",))
    )
    click("spec.stages.add")
    assert (host.spec.stage_strides, host.spec.stage_kernels) == ((1, 2, 2, 2), (3, 5, 7, 7))
    click("spec.stages.remove")
    click("spec.stages.remove")
    assert (host.spec.n_stages, host.spec.stage_kernels, host.spec.overrides) == (2, (3, 5), ())


def test_hidden_layers_are_typed_with_commas(host, find, qtbot):
    _open(find, "Head")
    line = find("spec.head_hidden", QLineEdit)
    qtbot.keyClicks(line, "64, 32")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert host.spec.head_hidden == (64, 32)
    line.clear()
    qtbot.keyClicks(line, "many")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert host.spec.head_hidden == (64, 32)
    assert find("spec.error").isVisible()


def test_single_blocks_get_other_shortcuts(host, click, find, qtbot):
    _open(find, "Shortcut")
    find("spec.overrides.add").click()
    find("spec.overrides.add").click()
    assert host.spec.overrides == ("1.0=projection", "1.1=projection")
    _type(qtbot, find("spec.overrides.2.stage", QSpinBox), "3")
    combo = find("spec.overrides.2.kind", QComboBox)
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert host.spec.overrides == ("1.0=projection", "3.1=identity")
    assert "IdentityBlock" in combo.currentText()
    find("spec.overrides.1.remove").click()
    assert host.spec.overrides == ("3.1=identity",)
    assert not find("spec.overrides.2.kind").isVisible()


def test_a_value_unlike_the_preset_is_marked_and_reset(host, find, qtbot):
    _open(find, "Attention")
    line = find("spec.attention").parentWidget().parentWidget()
    assert not line.label.is_marked
    find("spec.attention.se").click()
    assert host.spec.attention == "se"
    assert line.label.is_marked
    action = line.menu().actions()[0]
    assert action.text() == "Reset to None (cifar-resnet20)"
    action.trigger()
    assert host.spec == preset("cifar-resnet20").spec
    assert not line.label.is_marked


def test_a_search_leaves_the_settings_that_match(host, find, qtbot):
    search = find("spec.search", QLineEdit)
    qtbot.keyClicks(search, "mish")
    assert find("spec.activation").isVisible()
    assert not find("spec.norm").isVisible()
    assert not find("group.Stem").isVisible()
    assert not find("spec.block").isVisible()
    search.clear()
    assert find("spec.block").isVisible()
    assert not find("spec.activation").isVisible()
    qtbot.keyClicks(search, "norm groups")
    assert "makes no difference" in find("spec.search.nothing", QLabel).text()
    search.clear()
    qtbot.keyClicks(search, "warp drive")
    assert "warp drive" in find("spec.search.nothing", QLabel).text()


def test_a_heading_says_what_is_not_usual(host, find):
    host.show(preset("resnet50").spec)
    assert "7×7" in find("group.Stem").summary
    assert find("group.Attention").summary == ""
    host.show(preset("se_resnet50").spec)
    assert find("group.Attention").summary == "SE"


def test_the_panel_is_there_quickly(qtbot):
    spec = preset("cifar-resnet20").spec
    cost = cost_of(spec)

    def build_ms():
        start = time.process_time()
        panel = ArchitecturePanel()
        panel.show_spec(spec, cost, preset=None, near=nearest(spec), error=None, error_field=None)
        qtbot.addWidget(panel)
        return 1000 * (time.process_time() - start)

    assert min(build_ms() for _ in range(3)) <= 40


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("block", {"block": "bottleneck", "expansion": 4}),
        ("stage_depths", {"stage_depths": (5, 4, 3, 2), "stage_widths": (16, 32, 64, 128)}),
        ("shortcut", {"shortcut": "B"}),
    ],
)
def test_controls_at_the_top_mark_what_changed_and_give_it_back(host, name, changes):
    # A net whose options B is no preset of its own.
    before = preset("cifar-resnet32").spec
    host.show(before)
    titled = host.panel._titled[name]
    assert not titled.label.is_marked
    assert not titled.menu().actions()[0].isEnabled()
    host.show(before.edited(**changes))
    assert titled.label.is_marked
    assert [each.label.is_marked for each in host.panel._titled.values()].count(True) == 1
    (action,) = titled.menu().actions()
    assert "cifar-resnet32" in action.text()
    action.trigger()
    assert host.spec == before
    assert not titled.label.is_marked


@pytest.mark.parametrize("changes", [{"width_factor": 1.5}, {"width_factor": 1.5, "norm": "none"}])
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg16", "cifar-resnet20", "cifar-preact164"])
def test_families_without_published_nets_have_marked_depths_too(host, name, changes):
    spec = preset(name).spec.edited(**changes)
    host.show(spec)
    marked = published_depths(spec)
    assert marked == tuple(sorted(set(marked)))
    assert set(marked) <= set(DepthScale(tuple(depths(spec)), marked).depths)


def test_a_preset_that_depth_does_not_name_has_its_own_name(host, find):
    for name, shown in (
        ("alexnet", "AlexNet"),
        ("se_resnet50", "SE-ResNet-50"),
        ("cifar-plain20", "Plain-20"),
    ):
        host.show(preset(name).spec)
        assert find("spec.title").text == shown
    host.show(preset("resnet50").spec.edited(stage_depths=(3, 4, 7, 3)))
    assert find("spec.title").text == "ResNet-53"
