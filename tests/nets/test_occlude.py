import captum.attr
import numpy as np
import pytest
import torch

from explorer.arch.lesions import Lesions
from explorer.errors import InsideError
from explorer.nets.occlude import occluding
from tests.nets.living import CPU, SMALL, Unchanged, finished, living, pictures, undisturbed

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(("patch", "stride"), [(4, 4), (5, 3), (6, 1), (16, 16), (1, 1)])
@pytest.mark.parametrize("with_baseline", [False, True])
def test_occlusion_agrees_with_captum(patch, stride, with_baseline):
    graph, model = living(SMALL)
    image, other = pictures(SMALL)[:2]
    baseline = other if with_baseline else None
    steps = occluding(model, graph, image, CPU, label=2, patch=patch, stride=stride, baseline=baseline)
    found, shares = finished(steps)
    assert shares[-1] == 1.0
    below = torch.from_numpy(other)[None] if with_baseline else 0
    wanted = captum.attr.Occlusion(undisturbed(model)).attribute(
        torch.from_numpy(image)[None],
        sliding_window_shapes=(3, patch, patch),
        strides=(3, stride, stride),
        baselines=below,
        target=2,
    )[0]
    np.testing.assert_allclose(found.heat, wanted[0].numpy(), rtol=1e-4, atol=1e-4)
    assert np.abs(found.heat).max() > 1e-2
    assert found.heat.dtype == np.float32


def test_slices_make_no_difference(monkeypatch):
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    whole, _ = finished(occluding(model, graph, image, CPU))
    monkeypatch.setattr("explorer.nets.occlude.slice_size", lambda graph, device: 7)
    sliced, shares = finished(occluding(model, graph, image, CPU))
    assert len(shares) == 33
    np.testing.assert_allclose(sliced.heat, whole.heat, rtol=1e-3, atol=1e-5)


def test_a_patch_is_the_logit_that_its_square_takes_away():
    graph, model = living(SMALL)
    image = pictures(SMALL)[0]
    found, _ = finished(occluding(model, graph, image, CPU, label=1, patch=4, stride=4))
    covered = image.copy()
    covered[:, 8:12, 4:8] = 0
    with torch.no_grad():
        logits = model(torch.from_numpy(np.stack((image, covered))))[:, 1]
    assert found.score == pytest.approx(float(logits[0]), abs=1e-5)
    assert found.heat[9, 5] == pytest.approx(float(logits[0] - logits[1]), abs=1e-5)


@pytest.mark.parametrize(("patch", "stride"), [(0, 1), (17, 1), (4, 5), (4, 0)])
def test_squares_that_do_not_cover_the_picture_are_refused(patch, stride):
    graph, model = living(SMALL)
    with pytest.raises(InsideError) as caught:
        next(occluding(model, graph, pictures(SMALL)[0], CPU, patch=patch, stride=stride))
    assert "16" in caught.value.hint_text


def test_nothing_leaks_between_slices_and_lesions_count(monkeypatch):
    monkeypatch.setattr("explorer.nets.occlude.slice_size", lambda graph, device: 50)
    graph, model = living(SMALL)
    model.train()
    image = pictures(SMALL)[0]
    lesions = Lesions(frozenset({"layer1.0"}))
    steps = occluding(model, graph, image, CPU, label=0, lesions=lesions)
    while True:
        with Unchanged(model):
            if next(steps, "end") == "end":
                break
    lesioned, _ = finished(occluding(model, graph, image, CPU, label=0, lesions=lesions))
    intact, _ = finished(occluding(model, graph, image, CPU, label=0))
    assert lesioned.score != intact.score
    assert not np.allclose(lesioned.heat, intact.heat, atol=1e-3)
