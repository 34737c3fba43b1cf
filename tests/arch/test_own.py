import json

import pytest

from explorer.arch.own import OwnArchitecture, checked_name, decode, encode, slug_of
from explorer.arch.presets import preset
from explorer.errors import SpecError

SPEC = preset("cifar-resnet20").spec.edited(shortcut="B", overrides=("2.1=projection",))


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My first ResNet", "my-first-resnet"),
        ("Réseau 3×3!", "reseau-3x3"),
        ("残差", "architecture"),
        ("../../etc", "etc"),
        ("CON", "con-net"),
        ("a" * 80, "a" * 60),
    ],
)
def test_a_name_becomes_a_file_name(name, slug):
    assert slug_of(name) == slug


def test_a_taken_file_name_gets_a_number():
    assert slug_of("Net", {"net"}) == "net-2"
    assert slug_of("Net", {"net", "net-2"}) == "net-3"


@pytest.mark.parametrize("name", ["", "  \n", "x" * 81])
def test_names_are_short_and_not_empty(name):
    with pytest.raises(SpecError, match="name"):
        checked_name(name)


def test_names_are_tidied():
    assert checked_name("  two\n lines ") == "two lines"


def test_what_is_encoded_comes_back():
    text = json.dumps(encode("Mine", SPEC))
    assert decode("mine", text) == OwnArchitecture("mine", "Mine", SPEC)


def test_a_bare_spec_file_is_taken_by_its_own_name():
    assert decode("theirs", SPEC.to_json()) == OwnArchitecture("theirs", "theirs", SPEC)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", '{"spec": 3, "version": 1}', '{"version": 2, "spec": {}}', '{"spec": {}}']
)
def test_other_files_are_refused(text):
    with pytest.raises(SpecError) as caught:
        decode("x", text)
    assert caught.value.cause_text
