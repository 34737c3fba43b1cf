import hashlib
import json
import subprocess
import sys

import pytest

from explorer.arch.presets import cifar_spec, preset
from explorer.errors import ConsentRequired, WeightsError
from explorer.images.prepare import imagenet_transform
from explorer.nets import catalogue
from explorer.nets.torchvision_table import TORCHVISION_WEIGHTS


def _write_card(folder, **changes):
    content = b"not real weights"
    (folder / "tiny.safetensors").write_bytes(content)
    values = {
        "name": "cifar-resnet8",
        "spec": json.loads(cifar_spec(8).to_json()),
        "file": "tiny.safetensors",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size_bytes": len(content),
        "classes": [f"class {n}" for n in range(10)],
        "mean": [0.4, 0.5, 0.6],
        "std": [0.2, 0.2, 0.25],
        "accuracy": 0.8812,
        "loss": 0.4,
        "data": "CIFAR-10",
        "seed": 3,
    } | changes
    path = folder / "tiny.json"
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
    return path


def test_each_row_of_torchvision_is_found_by_its_preset():
    for row in TORCHVISION_WEIGHTS:
        cards = catalogue.cards_for(preset(row.preset).spec)
        (card,) = (card for card in cards if card.resource == row.resource)
        assert card.accuracy_percent == row.acc1
        assert card.transform == imagenet_transform(224, row.resize_size)
        assert len(card.classes) == 1000


def test_of_two_versions_the_better_one_comes_first():
    cards = catalogue.cards_for(preset("resnet50").spec)
    assert [card.name for card in cards] == ["resnet50.IMAGENET1K_V2", "resnet50.IMAGENET1K_V1"]
    for version in ("IMAGENET1K_V1", "IMAGENET1K_V2"):
        assert catalogue.by_name(version, cards[0].spec).name == f"resnet50.{version}"


def test_choices_that_leave_a_trained_network_as_it_is_do_not_hide_its_weights():
    spec = preset("resnet18").spec
    assert catalogue.cards_for(spec.edited(zero_init_residual=True, stride_on="1x1"))
    assert not catalogue.cards_for(preset("resnet50").spec.edited(stride_on="1x1"))
    assert not catalogue.cards_for(spec.edited(num_classes=10))
    assert catalogue.cards_for_body(spec.edited(num_classes=10)) == catalogue.cards_for(spec)
    assert catalogue.cards_for_body(spec)[0] == catalogue.cards_for(spec)[0]
    assert not catalogue.cards_for(spec.edited(shortcut="none"))


def test_a_training_goes_on_from_what_is_here_before_what_must_be_fetched(monkeypatch):
    spec = preset("resnet50").spec.edited(num_classes=2)
    first, second, *_ = catalogue.cards_for_body(spec)
    monkeypatch.setattr(catalogue, "is_present", lambda card: card == second)
    assert catalogue.to_start_from(spec) == second
    monkeypatch.setattr(catalogue, "is_present", lambda card: False)
    assert catalogue.to_start_from(spec) == first
    assert catalogue.to_start_from(spec.edited(shortcut="none")) is None


def test_names_are_unique_and_found_whatever_their_case():
    names = [card.name for card in catalogue.all_cards()]
    assert len(set(names)) == len(names)
    for name in names:
        assert catalogue.by_name(name.upper()).name == name
    assert catalogue.by_name("IMAGENET1K_V1", preset("resnet34").spec).name == "resnet34.IMAGENET1K_V1"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(WeightsError, match=r"resnet50\.IMAGENET1K_V1"):
        catalogue.by_name("resnet50.imagenet1k_v9")


def test_what_is_not_on_this_machine_is_not_present_and_not_downloaded_unasked():
    card = catalogue.by_name("resnet18.IMAGENET1K_V1")
    assert not catalogue.is_present(card)
    with pytest.raises(ConsentRequired):
        catalogue.obtain(card, allowed=False)


def test_a_bundled_card_says_all_about_its_weights(tmp_path):
    _write_card(tmp_path)
    (card,) = catalogue.read_cards(tmp_path)
    assert card.spec == cifar_spec(8)
    assert card.classes[3] == "class 3"
    assert card.accuracy_percent == pytest.approx(88.12)
    assert (card.transform.input_size, card.transform.crop, card.transform.mean) == (
        32,
        "square",
        (0.4, 0.5, 0.6),
    )
    assert catalogue.is_present(card)
    assert catalogue.obtain(card, allowed=False) == tmp_path / "tiny.safetensors"


def test_a_missing_bundled_file_is_not_present(tmp_path):
    _write_card(tmp_path, file="gone.safetensors")
    (card,) = catalogue.read_cards(tmp_path)
    assert not catalogue.is_present(card)
    with pytest.raises(WeightsError, match="missing"):
        catalogue.obtain(card, allowed=False)


@pytest.mark.parametrize("key", ["name", "spec", "sha256", "mean", "accuracy"])
def test_a_card_that_lacks_something_is_named(tmp_path, key):
    _write_card(tmp_path, **{key: None})
    with pytest.raises(WeightsError, match=f"tiny.json.*{key}"):
        catalogue.read_cards(tmp_path)


def test_no_torch_and_no_numpy_are_needed_to_list_cards():
    code = (
        "import sys; from explorer.nets import catalogue; catalogue.all_cards();"
        "assert not {'torch', 'numpy', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
