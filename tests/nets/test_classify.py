from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.errors import ImageError
from explorer.images.datasets import open_dataset
from explorer.images.load import Picture, load_picture
from explorer.images.prepare import cifar_transform, normalised, seen
from explorer.nets import inference
from explorer.nets.assemble import assemble
from explorer.nets.classify import classifying
from explorer.nets.inference import Precision
from explorer.nets.predict import predict
from explorer.nets.weights import load_for_spec

CPU = torch.device("cpu")
SPEC = cifar_spec(8)


@pytest.fixture(scope="module")
def model():
    return assemble(expand(SPEC))


def _pictures(folder, count):
    random = np.random.default_rng(0)
    paths = []
    for index in range(count):
        path = folder / f"{index}.png"
        Image.fromarray(random.integers(0, 256, (40, 50, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    return paths


def _answers(*arguments, **options):
    return [answer for batch in classifying(*arguments, **options) for answer in batch]


def test_a_few_pictures_are_answered_as_one_by_one(model, tmp_path):
    paths = _pictures(tmp_path, 5)
    transform = cifar_transform()
    found = _answers(model, SPEC, paths, transform, CPU)
    assert [(answer.index, answer.name) for answer in found] == [(n, f"{n}.png") for n in range(5)]
    for answer, path in zip(found, paths, strict=True):
        image = normalised(seen(load_picture(path).pixels, transform), transform)
        np.testing.assert_allclose(answer.probabilities, predict(model, image[None], CPU)[0], atol=1e-5)


def test_a_large_photograph_gets_the_same_answer_as_when_it_is_looked_at(model, tmp_path):
    # A JPEG so large that a fraction of its pixels would do; whoever takes them answers something else.
    path = tmp_path / "large.jpg"
    random = np.random.default_rng(0)
    Image.fromarray(random.integers(0, 256, (700, 900, 3), dtype=np.uint8)).save(path, quality=95)
    (answer,) = _answers(model, SPEC, [path], cifar_transform(), CPU)
    (looked_at,) = _answers(model, SPEC, [load_picture(path)], cifar_transform(), CPU)
    np.testing.assert_array_equal(answer.probabilities, looked_at.probabilities)
    with Image.open(path) as image:
        image.draft(None, (64, 64))
        eighth = seen(np.asarray(image), cifar_transform())
    assert not np.array_equal(eighth, seen(load_picture(path).pixels, cifar_transform()))


def test_a_bad_file_is_named_and_stops_nothing(model, tmp_path):
    paths = _pictures(tmp_path, 4)
    paths[1].write_bytes(b"not a picture")
    paths.insert(3, tmp_path / "absent.png")
    found = _answers(model, SPEC, paths, cifar_transform(), CPU)
    assert [answer.error is None for answer in found] == [True, False, True, False, True]
    assert all((answer.probabilities is None) == (answer.error is not None) for answer in found)
    assert isinstance(found[1].error, ImageError)
    assert "absent.png" in found[3].error.cause_text


def test_only_bad_files_and_no_files_at_all(model, tmp_path):
    assert [answer.error is None for answer in _answers(model, SPEC, [tmp_path], cifar_transform(), CPU)] == [
        False
    ]
    assert _answers(model, SPEC, [], cifar_transform(), CPU) == []


def test_many_pictures_are_answered_in_order_and_nearly_as_in_float32(model, tmp_path, monkeypatch):
    monkeypatch.setattr(inference, "_measured", {})
    pixels = np.random.default_rng(1).integers(0, 256, (700, 32, 32, 3), dtype=np.uint8)
    pictures = [Picture(str(n), row, None) for n, row in enumerate(pixels)]
    transform = cifar_transform()
    batches = list(classifying(model, SPEC, iter(pictures), transform, CPU))
    assert any(batch == () for batch in batches)
    found = [answer for batch in batches for answer in batch]
    assert [answer.index for answer in found] == list(range(700))
    wanted = predict(model, np.stack([normalised(row, transform) for row in pixels]), CPU)
    assert np.abs(np.stack([answer.probabilities for answer in found]) - wanted).max() < 0.05


def test_pictures_are_read_as_they_are_needed(model):
    n_read = 0

    def endless():
        nonlocal n_read
        while True:
            n_read += 1
            yield Picture("grey", np.full((32, 32, 3), 128, np.uint8), None)

    answers = classifying(model, SPEC, endless(), cifar_transform(), CPU)
    while not next(answers):
        pass
    assert n_read < 5000
    answers.close()


def test_grey_networks_see_luma_and_a_given_pool_stays_open(tmp_path):
    spec = cifar_spec(8, in_channels=1)
    with ThreadPoolExecutor(1) as pool:
        found = _answers(
            assemble(expand(spec)), spec, _pictures(tmp_path, 2), cifar_transform(), CPU, executor=pool
        )
        assert pool.submit(int, "1").result() == 1
    assert all(answer.error is None for answer in found)


@pytest.mark.shared
@pytest.mark.slow
def test_bfloat16_agrees_with_float32_on_real_pictures(shared, monkeypatch):
    spec = cifar_spec(56)
    model = assemble(expand(spec), seed=None)
    loaded = load_for_spec(model, expand(spec), spec, shared / "data" / "weights" / "resnet56-4bfd9763.th")
    data = open_dataset(str(shared / "data" / "cifar10-jpeg.zip"), 32, parts=("test",))
    images = data.test_images[::5]
    monkeypatch.setattr(inference, "_measured", {})
    monkeypatch.setattr(inference, "_CANDIDATES", (Precision("bfloat16", True),))
    pictures = [Picture("", picture, None) for picture in images]
    near = np.stack(
        [answer.probabilities for answer in _answers(model, spec, pictures, loaded.transform, CPU)]
    )
    exact = predict(model, np.stack([normalised(picture, loaded.transform) for picture in images]), CPU)
    assert not np.array_equal(near, exact)
    assert (exact.argmax(1) == near.argmax(1)).mean() >= 0.995
