import itertools

import numpy as np
import pytest
import torch

from explorer.arch.blocks import BLOCKS, ORDERS
from explorer.arch.lesions import INTACT, Lesions, lesionable
from explorer.errors import DataError, InsideError
from explorer.nets.lesion import knowing, lesioned, lesioned_predict, sweeping
from explorer.nets.predict import predict
from explorer.nets.probe import probe
from tests.nets.living import CPU, SMALL, Unchanged, finished, living, pictures, undisturbed

pytestmark = pytest.mark.usefixtures("one_thread")

MEETINGS = [
    {},
    {"shortcut": "A"},
    {"shortcut": "C", "residual_scale": 0.5, "stochastic_depth": 0.3},
    {"merge": "gate", "gate_bias": 0.0},
    {"merge": "concat"},
    {"shortcut_path": "gate", "gate_bias": 0.0},
    {"shortcut_path": "conv1x1", "attention": "se", "downsampling": "max_pool"},
]


def _zeroed(model, keys):
    """A copy whose branches are multiplied by zero where they meet the shortcut."""
    copied = undisturbed(model)
    for key in keys:
        block = copied.get_submodule(key)
        meeting = block.concat if hasattr(block, "concat") else block.add
        meeting.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 0, inputs[1]))
    return copied


def _logits(model, images):
    with torch.no_grad():
        return model(torch.from_numpy(images)).numpy()


def _with(keys):
    return Lesions(frozenset(keys))


@pytest.mark.parametrize("meeting", MEETINGS, ids=lambda m: "-".join(map(str, m.values())) or "B")
@pytest.mark.parametrize(("block", "order"), [*itertools.product(BLOCKS, ORDERS)])
def test_a_lesion_is_the_network_with_the_branch_multiplied_by_zero(block, order, meeting):
    spec = SMALL.edited(block=block, order=order, **meeting)
    graph, model = living(spec)
    images = pictures(spec)
    intact = _logits(model, images)
    assert not any(lesionable(graph).values())
    for chosen in ["layer1.0"], ["layer2.0"], ["layer1.0", "layer2.0", "layer2.1"]:
        wanted = _logits(_zeroed(model, chosen), images)
        assert not np.allclose(wanted, intact, rtol=1e-3, atol=1e-4)
        for skipping in (False, True):
            with lesioned(model, graph, _with(chosen), skipping=skipping):
                found = _logits(model, images)
            np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(_logits(model, images), intact)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("skipping", [False, True])
def test_a_bypassed_plain_block_is_the_identity(order, skipping):
    spec = SMALL.edited(shortcut="none", stage_depths=(3, 2), order=order)
    graph, model = living(spec)
    copied = undisturbed(model)
    block = [node.key for node in graph.nodes if node.key.startswith("layer1.1.")]
    seen = []
    copied.get_submodule(block[0]).register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    copied.get_submodule(block[-1]).register_forward_hook(lambda module, inputs, output: seen.pop())
    wanted = _logits(copied, pictures(spec))
    with lesioned(model, graph, _with(["layer1.1"]), skipping=skipping):
        np.testing.assert_allclose(_logits(model, pictures(spec)), wanted, rtol=1e-4, atol=1e-5)


def test_a_plain_block_that_changes_the_shape_has_no_switch():
    graph, model = living(SMALL.edited(shortcut="none", stage_widths=(8, 8)))
    reasons = lesionable(graph)
    assert list(reasons) == ["layer1.0", "layer1.1", "layer2.0", "layer2.1"]
    assert [bool(reason) for reason in reasons.values()] == [True, False, True, False]
    with pytest.raises(InsideError, match=r"layer2\.0 cannot be bypassed") as caught:
        lesioned_predict(model, graph, pictures(SMALL), _with(["layer2.0"]), CPU)
    assert caught.value.hint_text


def test_one_plain_block_among_residual_ones():
    graph, model = living(SMALL.edited(overrides=("1.1=none", "2.0=none")))
    assert [key for key, reason in lesionable(graph).items() if reason] == ["layer2.0"]
    intact = lesioned_predict(model, graph, pictures(SMALL), INTACT, CPU)
    assert not np.allclose(lesioned_predict(model, graph, pictures(SMALL), _with(["layer1.1"]), CPU), intact)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shortcut", ["B", "none"])
def test_exchanged_blocks_are_the_network_with_their_weights_exchanged(order, shortcut):
    spec = SMALL.edited(stage_depths=(2, 3), order=order, shortcut=shortcut)
    graph, model = living(spec)
    copied = undisturbed(model)
    stage = copied.get_submodule("layer2")
    one, other = stage.get_submodule("1"), stage.get_submodule("2")
    one_state = {key: value.clone() for key, value in one.state_dict().items()}
    one.load_state_dict(other.state_dict())
    other.load_state_dict(one_state)
    wanted = _logits(copied, pictures(spec))
    assert not np.allclose(wanted, _logits(model, pictures(spec)), rtol=1e-3, atol=1e-4)
    with lesioned(model, graph, Lesions(exchanged=(("layer2.1", "layer2.2"),))):
        np.testing.assert_allclose(_logits(model, pictures(spec)), wanted, rtol=1e-4, atol=1e-5)


def test_a_block_keeps_its_lesion_where_it_is_moved():
    spec = SMALL.edited(stage_depths=(2, 3))
    graph, model = living(spec)
    both = Lesions(frozenset({"layer2.1"}), (("layer2.1", "layer2.2"),))
    # Without 2.1, it does not matter on which side of 2.2 it is missing.
    np.testing.assert_allclose(
        lesioned_predict(model, graph, pictures(spec), both, CPU),
        lesioned_predict(model, graph, pictures(spec), _with(["layer2.1"]), CPU),
        rtol=1e-4,
    )


@pytest.mark.parametrize(
    ("lesions", "cause"),
    [
        (_with(["layer9.9"]), "no block layer9.9"),
        (Lesions(exchanged=(("layer1.1", "layer2.1"),)), "cannot change places"),
        (Lesions(exchanged=(("layer1.1", "fc"),)), "no block fc"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(lesions, cause):
    graph, model = living(SMALL)
    with Unchanged(model), pytest.raises(InsideError, match=cause) as caught, lesioned(model, graph, lesions):
        pytest.fail("the lesion was let in")
    assert caught.value.hint_text


@pytest.mark.parametrize("mode", [True, False])
def test_nothing_leaks(mode):
    graph, model = living(SMALL.edited(stage_depths=(2, 3)))
    model.train(mode)
    lesions = Lesions(frozenset({"layer1.1"}), (("layer2.1", "layer2.2"),))
    images, labels = pictures(SMALL), np.array([0, 1, 2])
    before = images.copy()
    with Unchanged(model):
        lesioned_predict(model, graph, images, lesions, CPU)
    with Unchanged(model), pytest.raises(RuntimeError):
        lesioned_predict(model, graph, images[:, :2], lesions, CPU)
    for steps in (
        knowing(model, graph, images, labels, CPU, lesions),
        sweeping(model, graph, images, labels, CPU),
    ):
        while True:
            # Also between slices, when others are served.
            with Unchanged(model):
                if next(steps, "end") == "end":
                    break
    np.testing.assert_array_equal(images, before)


def test_lesions_within_lesions_end_one_after_the_other():
    graph, model = living(SMALL)
    images = pictures(SMALL)
    one = predict(model, images, CPU)
    with lesioned(model, graph, _with(["layer1.0"])):
        two = predict(model, images, CPU)
        with lesioned(model, graph, _with(["layer2.1"])):
            assert not np.allclose(predict(model, images, CPU), two)
        np.testing.assert_array_equal(predict(model, images, CPU), two)
    np.testing.assert_array_equal(predict(model, images, CPU), one)


def test_maps_of_the_lesioned_network_can_be_probed_the_bypassed_branch_included():
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    intact = probe(model, image, ["layer2.0.bn2", "layer2.0.add", "layer2.0.downsample.1"], CPU)
    with lesioned(model, graph, _with(["layer2.0"])):
        found = probe(model, image, list(intact), CPU)
    np.testing.assert_allclose(found["layer2.0.bn2"], intact["layer2.0.bn2"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["layer2.0.add"], intact["layer2.0.downsample.1"], rtol=1e-4, atol=1e-5)


def _knowledge(model, images, labels):
    logits = torch.from_numpy(_logits(model, images))
    truth = torch.from_numpy(labels)
    loss = torch.nn.functional.cross_entropy(logits, truth)
    return float((logits.argmax(1) == truth).float().mean()), float(loss)


@pytest.mark.parametrize("memory_bytes", [0, 400_000, 2**28])
@pytest.mark.parametrize("changes", [{}, {"order": "relu_only_preactivation", "shortcut": "none"}])
def test_a_sweep_lesions_each_block_in_turn_whatever_it_may_keep(memory_bytes, changes, monkeypatch):
    monkeypatch.setattr("explorer.nets.lesion.slice_size", lambda graph, device: 20)
    spec = SMALL.edited(**changes)
    graph, model = living(spec)
    images = pictures(spec, 50)
    labels = np.arange(50) % 5
    swept, yielded = finished(sweeping(model, graph, images, labels, CPU, memory_bytes))
    assert tuple(item for item in yielded if item is not None) == swept.blocks
    assert swept.images == 50
    assert [block.key for block in swept.blocks] == [block.key for block in graph.blocks]
    for block in swept.blocks:
        if block.reason:
            assert block.knowledge is None
            continue
        known, shares = finished(knowing(model, graph, images, labels, CPU, _with([block.key])))
        assert shares == [0.4, 0.8, 1.0]
        assert block.knowledge.accuracy == known.accuracy
        assert block.knowledge.loss == pytest.approx(known.loss, rel=1e-4)
        if not changes:
            accuracy, loss = _knowledge(_zeroed(model, [block.key]), images, labels)
            assert known.accuracy == pytest.approx(accuracy)
            assert known.loss == pytest.approx(loss, rel=1e-4)
    accuracy, loss = _knowledge(model, images, labels)
    assert swept.intact.accuracy == pytest.approx(accuracy)
    assert swept.intact.loss == pytest.approx(loss, rel=1e-4)


def test_an_empty_sample_is_refused():
    graph, model = living(SMALL)
    none = pictures(SMALL)[:0], np.zeros(0, np.int64)
    with pytest.raises(DataError):
        next(knowing(model, graph, *none, CPU))
    with pytest.raises(DataError):
        next(sweeping(model, graph, *none, CPU))
