import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchvision import models

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec, plain_twin, preset
from explorer.errors import ConsentRequired, WeightsError
from explorer.images.datasets import open_dataset
from explorer.images.prepare import IMAGENET_MEAN, cifar_transform, imagenet_transform, normalised
from explorer.nets import catalogue
from explorer.nets.assemble import assemble
from explorer.nets.weight_files import read_weights, save_weights
from explorer.nets.weights import copy_what_fits, expected_shapes, fit, load_for_spec, load_into

SPEC = cifar_spec(8)


@pytest.mark.parametrize("name", ["cifar-resnet20", "resnet18", "resnext50_32x4d", "plain18"])
def test_expected_shapes_are_those_of_the_module(name):
    graph = expand(preset(name).spec)
    state = assemble(graph, device="meta", seed=None).state_dict()
    assert expected_shapes(graph) == {key: tuple(value.shape) for key, value in state.items()}


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_torchvision_weights_give_the_same_logits_through_a_file(tmp_path, suffix):
    torch.manual_seed(0)
    theirs = models.resnet18().eval()
    path = tmp_path / f"resnet18{suffix}"
    torch.save(theirs.state_dict(), path) if suffix == ".pth" else save_file(theirs.state_dict(), path)
    spec = preset("resnet18").spec
    ours = assemble(expand(spec), seed=None).eval()
    loaded = load_for_spec(ours, expand(spec), spec, path)
    image = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-4, atol=1e-5)
    assert loaded.origin.kind == "file"
    assert loaded.origin.name == path.name
    assert loaded.transform == imagenet_transform()
    assert loaded.classes[207] == "golden retriever"
    assert any("mean" in sentence for sentence in loaded.origin.assumed)


def test_our_own_files_assume_nothing(tmp_path):
    model = assemble(expand(SPEC), seed=5)
    path = tmp_path / "mine.safetensors"
    save_weights(path, model, SPEC, tuple("abcdefghij"), cifar_transform(), {"accuracy": "0.875"})
    other = assemble(expand(SPEC), seed=6)
    loaded = load_for_spec(other, expand(SPEC), SPEC, path)
    assert loaded.origin.assumed == ()
    assert loaded.origin.accuracy_percent == 87.5
    assert loaded.classes == tuple("abcdefghij")
    assert loaded.transform == cifar_transform()
    for key, value in model.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key


def test_weights_of_a_net_that_differs_without_a_trace_are_refused(tmp_path):
    path = tmp_path / "mine.safetensors"
    save_weights(path, assemble(expand(SPEC)), SPEC, None, cifar_transform())
    twin = plain_twin(SPEC)
    with pytest.raises(WeightsError, match="shortcut is A, here it is none"):
        load_for_spec(assemble(expand(twin)), expand(twin), twin, path)
    larger = SPEC.edited(input_size=48, zero_init_residual=True)
    load_for_spec(assemble(expand(larger)), expand(larger), larger, path)


def test_names_of_other_authors_are_ours_by_another_name():
    spec = cifar_spec(8, shortcut="B")
    state = assemble(expand(spec)).state_dict()
    theirs = {
        key.replace("fc.", "linear.").replace("downsample.", "shortcut."): value.half()
        for key, value in state.items()
        if not key.endswith("num_batches_tracked")
    }
    found = fit(theirs, expand(spec), spec)
    assert found.is_complete
    assert set(found.values) == {key for key in state if not key.endswith("num_batches_tracked")}
    assert all(value.dtype == torch.float32 for value in found.values.values())
    model = assemble(expand(spec), seed=None)
    load_into(model, found)
    assert model.bn1.num_batches_tracked == 0
    torch.testing.assert_close(model.fc.weight, state["fc.weight"].half().float())


def test_what_does_not_fit_is_listed_and_nothing_is_changed():
    state = dict(assemble(expand(SPEC), seed=1).state_dict())
    del state["bn1.weight"]
    state["extra.weight"] = torch.zeros(3)
    state["fc.weight"] = torch.zeros(100, 64)
    found = fit(state, expand(SPEC), SPEC)
    assert found.missing == ("bn1.weight",)
    assert found.unexpected == ("extra.weight",)
    assert found.mismatched == (("fc.weight", (100, 64), (10, 64)),)
    model = assemble(expand(SPEC), seed=2)
    before = model.conv1.weight.clone()
    with pytest.raises(WeightsError, match=r"fc\.weight is 100×64 in the file and 10×64.*bn1\.weight is not"):
        load_into(model, found)
    assert torch.equal(model.conv1.weight, before)
    load_into(model, found, strict=False)
    assert torch.equal(model.conv1.weight, state["conv1.weight"])


def test_a_long_list_of_problems_is_cut():
    found = fit({"conv1.weight": torch.zeros(1)}, expand(cifar_spec(56)), cifar_spec(56))
    with pytest.raises(WeightsError, match=r"and \d{3} more") as caught:
        load_into(assemble(expand(cifar_spec(56))), found)
    assert len(caught.value.cause_text) < 400


def test_what_fits_is_copied_from_the_net_before():
    shallow = assemble(expand(cifar_spec(8)), seed=1)
    deep = assemble(expand(cifar_spec(14)), seed=2)
    copied, total = copy_what_fits(shallow.state_dict(), deep)
    counted = [key for key in deep.state_dict() if not key.endswith("num_batches_tracked")]
    assert total == len(counted)
    assert copied == len([key for key in counted if key in shallow.state_dict()])
    assert torch.equal(shallow.fc.weight, deep.fc.weight)
    wide = assemble(expand(cifar_spec(8, num_classes=7)), seed=3)
    copied, total = copy_what_fits(shallow.state_dict(), wide)
    assert copied == total - 2


def _bundled(tmp_path, model, **changes):
    path = tmp_path / "tiny.safetensors"
    digest = save_weights(path, model, SPEC, None, cifar_transform(), half=True)
    card = catalogue.WeightsCard(
        name="tiny",
        kind="bundled",
        title="tiny",
        spec=SPEC,
        path=path,
        resource=None,
        size_bytes=path.stat().st_size,
        labels="cifar10",
        own_classes=(),
        mean=(0.5,),
        std=(0.25,),
        resize_size=0,
        accuracy_percent=88.0,
        data="CIFAR-10",
        sha256=digest,
    )
    return dataclasses.replace(card, **changes)


def test_a_card_of_the_catalogue_says_where_its_weights_come_from(tmp_path):
    card = _bundled(tmp_path, assemble(expand(SPEC), seed=9))
    model = assemble(expand(SPEC), seed=None)
    loaded = load_for_spec(model, expand(SPEC), SPEC, card)
    assert (loaded.origin.kind, loaded.origin.name, loaded.origin.accuracy_percent) == ("bundled", "tiny", 88)
    assert loaded.origin.is_trained
    assert loaded.classes[0] == "airplane"
    assert loaded.transform == card.transform
    torch.testing.assert_close(model.fc.weight, assemble(expand(SPEC), seed=9).fc.weight.half().float())


def test_a_flipped_bit_in_a_bundled_file_is_noticed(tmp_path):
    card = _bundled(tmp_path, assemble(expand(SPEC), seed=9))
    content = bytearray(card.path.read_bytes())
    content[-5] ^= 1
    card.path.write_bytes(content)
    with pytest.raises(WeightsError, match="SHA-256"):
        load_for_spec(assemble(expand(SPEC)), expand(SPEC), SPEC, card)


def test_weights_that_are_not_here_need_consent():
    spec = preset("resnet18").spec
    model = assemble(expand(spec), device="meta", seed=None)
    with pytest.raises(ConsentRequired):
        load_for_spec(model, expand(spec), spec, catalogue.cards_for(spec)[0])


@pytest.mark.shared
@pytest.mark.parametrize(("depth", "file"), [(20, "resnet20-12fca82f"), (56, "resnet56-4bfd9763")])
def test_foreign_checkpoints_fit_and_say_what_is_assumed(shared, depth, file):
    spec = preset(f"cifar-resnet{depth}").spec
    path = shared / "data" / "weights" / f"{file}.th"
    assert fit(read_weights(path).tensors, expand(spec), spec).is_complete
    model = assemble(expand(spec), seed=None)
    loaded = load_for_spec(model, expand(spec), spec, path)
    assert loaded.classes[0] == "airplane"
    assert loaded.transform.mean == IMAGENET_MEAN
    assert loaded.transform.crop == "square"
    assert any("option A" in sentence for sentence in loaded.origin.assumed)
    assert all(torch.isfinite(value).all() for value in model.state_dict().values())


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(("depth", "file"), [(20, "resnet20-12fca82f"), (56, "resnet56-4bfd9763")])
def test_foreign_checkpoints_reach_their_accuracy_on_the_test_pictures(shared, depth, file):
    reference = (shared / "reference" / "architectures.json").read_text()
    wanted = json.loads(reference)["trained_weights"]["accuracy_on_cifar10-jpeg_test"][file]
    spec = preset(f"cifar-resnet{depth}").spec
    model = assemble(expand(spec), seed=None).eval()
    loaded = load_for_spec(model, expand(spec), spec, shared / "data" / "weights" / f"{file}.th")
    data = open_dataset(str(shared / "data" / "cifar10-jpeg.zip"), 32, parts=("test",))
    assert data.classes == loaded.classes
    right = 0
    with torch.inference_mode():
        for start in range(0, len(data.test_images), 500):
            pixels = data.test_images[start : start + 500]
            batch = np.stack([normalised(picture, loaded.transform) for picture in pixels])
            found = model(torch.from_numpy(batch)).argmax(1).numpy()
            right += int((found == data.test_labels[start : start + 500]).sum())
    assert abs(right - wanted * len(data.test_images)) <= 3
