import time

import pytest

from explorer.arch.cost import cost_of
from explorer.arch.presets import preset, presets
from explorer.arch.speech import from_text
from explorer.present.gallery import TUTORIALS, TWINS, found, picture, timeline
from explorer.present.spoken import spec_text


@pytest.mark.parametrize("name", [*presets()])
def test_a_picture_counts_the_whole_network(name):
    spec = preset(name).spec
    assert picture(spec).parameters == cost_of(spec).parameters


def test_single_blocks_are_counted_as_they_are():
    spec = preset("cifar-resnet56").spec.edited(overrides=("2.5=projection", "3.8=none"))
    assert picture(spec).parameters == cost_of(spec).parameters


def test_years_come_in_order_and_hold_every_preset_once():
    sections = timeline(presets().values())
    headings = [section.heading for section in sections]
    years = [int(heading) for heading in headings if heading.isdecimal()]
    assert years == sorted(years)
    assert years[0] == 2012
    assert headings[-2:] == [TUTORIALS, TWINS]
    assert sorted(card.name for section in sections for card in section.cards) == sorted(presets())


def test_a_filter_leaves_the_cards_with_all_its_words():
    sections = found(timeline(presets().values()), "vgg shortcuts")
    assert [card.name for section in sections for card in section.cards] == ["vgg16-residual"]
    assert found(sections, "lenet") == ()


def test_the_paper_is_named():
    assert picture(preset("cifar-resnet56").spec).papers == ("6.97 % error, CIFAR-10 test",)
    assert picture(preset("tutorial-two-convolutions").spec).papers == ()
    assert picture(preset("se_resnet50").spec).papers == ("23.29 % error, ImageNet top-1, 1-crop (v1)",)
    assert picture(preset("resnet50").spec).papers == (
        "22.85 % error, ImageNet top-1, 10-crop (v1)",
        "torchvision: 23.87 % error, ImageNet top-1, 1-crop",
    )


def test_every_published_network_has_its_number():
    without = {
        item.name for item in presets().values() if item.kind == "paper" and not picture(item.spec).papers
    }
    # Made residual here, at depths or with options that no table has, or at other widths.
    assert without == {
        "alexnet-residual",
        "vgg16-residual",
        "cifar-highway19",
        "cifar-resnet20-b",
        "cifar-resnet20-c",
        "cifar-preact20",
        "cifar-preact56",
    }


def test_the_deepest_is_drawn_without_building_all_of_it():
    spec = preset("cifar-resnet1202").spec
    start = time.process_time()
    made = picture(spec)
    assert time.process_time() - start < 0.05
    assert len(made.layout.bands) == 3


@pytest.mark.parametrize("name", [*presets()])
def test_words_can_be_pasted_back(name):
    assert from_text(spec_text(preset(name).spec)) == preset(name).spec
