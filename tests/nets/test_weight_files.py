import io
import json
import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from explorer.arch.expand import expand
from explorer.arch.presets import cifar_spec
from explorer.errors import WeightsError
from explorer.images.prepare import cifar_transform
from explorer.nets.assemble import assemble
from explorer.nets.weight_files import (
    read_weights,
    save_weights,
    source_classes,
    source_spec,
    source_transform,
)

SPEC = cifar_spec(8)
CLASSES = tuple(f"class {n}" for n in range(10))


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def _saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def _equal(one, other):
    assert list(one) == list(other)
    for key, value in one.items():
        assert torch.equal(value, other[key]), key


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("wrap", [None, "state_dict", "model", "model_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_pickled_state_dicts_are_read_whatever_is_around_them(tmp_path, zipped, wrap, prefix):
    state = {"conv1.weight": torch.randn(4, 3, 3, 3), "bn1.num_batches_tracked": torch.tensor(7)}
    content = {prefix + key: value for key, value in state.items()}
    if wrap:
        content = {wrap: content, "epoch": 3, "best_prec1": 91.5}
    path = tmp_path / "weights.th"
    path.write_bytes(_saved(content, _use_new_zipfile_serialization=zipped))
    _equal(read_weights(path).tensors, state)


def test_a_prefix_that_only_some_keys_have_stays(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({"module.a": torch.zeros(1), "b": torch.zeros(1)}, path)
    assert set(read_weights(path).tensors) == {"module.a", "b"}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("how", ["zip", "legacy", "bare", "in a wrapper"])
def test_a_pickle_that_would_run_code_is_refused_and_not_run(tmp_path, how):
    trace = tmp_path / "it ran"
    evil = Malicious(trace)
    content = {
        "zip": lambda: _saved({"a": torch.zeros(2), "b": evil}),
        "legacy": lambda: _saved({"b": evil}, _use_new_zipfile_serialization=False),
        "bare": lambda: pickle.dumps(evil),
        "in a wrapper": lambda: _saved({"state_dict": {"b": evil}}),
    }[how]()
    path = tmp_path / "evil.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"would run code.*mkdir.*safetensors"):
        read_weights(path)
    assert not trace.exists()
    # The trap is a real one: an ordinary load springs it.
    if how == "zip":
        torch.load(path, weights_only=False)
        assert trace.exists()


def test_a_whole_pickled_module_is_refused(tmp_path):
    path = tmp_path / "model.pth"
    path.write_bytes(_saved(torch.nn.Linear(2, 2)))
    with pytest.raises(WeightsError, match=r"would run code.*torch\.nn"):
        read_weights(path)


def _zip_of(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"x")
    return buffer.getvalue()


WHOLE_ZIP = _saved({"a": torch.arange(1000.0)})
WHOLE_LEGACY = _saved({"a": torch.arange(1000.0)}, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello", "is not a file of weights"),
        (b"# just some text, long enough to be anything\n" * 5, "is not a file of weights"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "is not a file of weights"),
        (WHOLE_ZIP[:2000], "damaged or cut off"),
        (WHOLE_ZIP[:40], "damaged or cut off"),
        (WHOLE_LEGACY[:2000], "damaged or cut off"),
        (WHOLE_LEGACY[:60], "damaged or cut off"),
        (WHOLE_LEGACY[:2], "damaged or cut off"),
        (b"\x80\x02" + bytes(range(256)), "damaged or cut off"),
        (_zip_of("pictures/1.jpg"), "zip file without weights"),
        (_zip_of("archive/constants.pkl"), "TorchScript"),
        (_zip_of("archive/data.pkl"), "damaged or cut off"),
        (_saved({"epoch": 3}), "holds no weights"),
        (_saved([torch.zeros(3)]), "holds no weights"),
        (bytes([80, 0, 0, 0, 0, 0, 0, 0]) + b"{" * 90, "damaged or cut off"),
        (b"\xff" * 8 + b"{}", "damaged or cut off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_file_of_weights_is_named_with_its_reason(tmp_path, content, said):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=said) as caught:
        read_weights(path)
    assert "weights.pth" in caught.value.cause_text
    assert caught.value.hint_text


def test_cut_safetensors_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_file({"a": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(WeightsError, match="damaged or cut off"):
        read_weights(path)


def test_folders_and_absent_files_are_named(tmp_path):
    with pytest.raises(WeightsError, match="is a folder"):
        read_weights(tmp_path)
    with pytest.raises(WeightsError, match="no file"):
        read_weights(tmp_path / "nothing.pth")


def test_what_is_saved_says_what_it_belongs_to(tmp_path):
    model = assemble(expand(SPEC)).to(memory_format=torch.channels_last)
    path = tmp_path / "net.safetensors"
    digest = save_weights(path, model, SPEC, CLASSES, cifar_transform(), {"accuracy": "0.5"})
    file = read_weights(path)
    assert file.sha256 == digest
    assert source_spec(file) == SPEC
    assert source_classes(file) == CLASSES
    assert source_transform(file) == cifar_transform()
    assert file.metadata["accuracy"] == "0.5"
    assert set(file.tensors) == set(model.state_dict())
    for key, value in model.state_dict().items():
        assert torch.equal(file.tensors[key], value)
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == ["net.safetensors"]


def test_half_halves_weights_and_leaves_statistics(tmp_path):
    model = assemble(expand(SPEC))
    path = tmp_path / "net.safetensors"
    save_weights(path, model, SPEC, None, cifar_transform(), half=True)
    file = read_weights(path)
    assert file.tensors["conv1.weight"].dtype == torch.float16
    assert file.tensors["bn1.running_var"].dtype == torch.float32
    assert file.tensors["bn1.num_batches_tracked"].dtype == torch.int64
    assert source_classes(file) is None


def test_a_failed_save_leaves_the_old_file_and_no_other(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    # A folder of that name cannot be replaced by a file.
    target = folder / "net.safetensors"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(WeightsError, match="cannot be written"):
        save_weights(target, assemble(expand(SPEC)), SPEC, None, cifar_transform())
    assert [item.name for item in folder.iterdir()] == ["net.safetensors"]


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("spec", "{}x", source_spec),
        ("spec", json.dumps({"block": "unknown"}), source_spec),
        ("classes", '{"a": 1}', source_classes),
        ("classes", "[", source_classes),
        ("transform", "{}", source_transform),
    ],
)
def test_damaged_metadata_is_named(tmp_path, key, value, read):
    path = tmp_path / "net.safetensors"
    save_file({"a": torch.zeros(1)}, path, {key: value})
    with pytest.raises(WeightsError, match=key):
        read(read_weights(path))


def test_files_of_others_say_nothing_about_themselves(tmp_path):
    path = tmp_path / "net.pth"
    path.write_bytes(WHOLE_ZIP)
    file = read_weights(path)
    assert (source_spec(file), source_classes(file), source_transform(file)) == (None, None, None)
