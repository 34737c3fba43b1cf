"""The papers' points against the papers, and which points a line joins."""

from dataclasses import replace

from explorer.arch.cost import cost_of
from explorer.arch.families import cifar_spec
from explorer.present.error_scatter import (
    CIFAR_10,
    IMAGENET,
    OTHERS,
    families,
    joined,
    nearest,
    paper_points,
)


def family(name, data):
    return [point for point in paper_points() if (point.family, point.data) == (name, data)]


def test_the_residual_nets_of_table_6():
    found = {point.depth: point.error_percent for point in family("He 2015 ResNet", CIFAR_10)}
    assert found == {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43, 1202: 7.93}
    assert all("table 6" in point.source for point in family("He 2015 ResNet", CIFAR_10))


def test_plain_nets_have_points_only_where_a_table_has_numbers():
    assert not family("He 2015 plain", CIFAR_10)
    found = {(point.depth, point.error_percent) for point in family("He 2015 plain", IMAGENET)}
    assert found == {(18, 27.94), (34, 28.54)}


def test_depth_and_parameters_are_the_networks_own():
    (point,) = (point for point in paper_points() if point.name == "He 2015 ResNet-56")
    cost = cost_of(cifar_spec(56))
    assert (point.depth, point.parameters) == (cost.depth, cost.parameters)
    assert point.across("depth") == 56
    assert point.across("parameters") == 853_018


def test_every_point_has_a_source_and_is_no_column():
    for point in paper_points():
        assert point.source
        assert point.kind
        assert 0 < point.error_percent < 100
        assert not point.column


def test_what_stands_alone_comes_last_and_no_line_joins_it():
    names = families(paper_points())
    assert names[-1] == OTHERS
    assert len(set(names)) == len(names)
    lines = joined(paper_points(), "depth")
    assert {line[0].family for line in lines} == {
        "He 2015 ResNet",
        "He 2015 plain",
        "He 2016 pre-activation",
        "torchvision ResNet",
    }


def test_a_line_goes_from_left_to_right_of_one_data_set():
    for across in ("depth", "parameters"):
        for line in joined(paper_points(), across):
            places = [point.across(across) for point in line]
            assert places == sorted(places)
            assert len({point.data for point in line}) == 1


def test_points_above_each_other_are_joined_from_the_top():
    first = paper_points()[0]
    low, high = (replace(first, joined="a", error_percent=error) for error in (1.0, 2.0))
    alone = replace(first, joined="b")
    assert joined((low, high, alone), "depth") == ((high, low),)


def test_seeds_of_a_pinned_network_are_one_corner_of_its_line():
    first = replace(paper_points()[0], joined="a", column="c1", depth=8, parameters=100, error_percent=4.0)
    other = replace(first, column="c2", error_percent=6.0)
    deep = replace(first, column="c3", depth=14, parameters=200, error_percent=3.0)
    ((left, right),) = joined((first, deep, other), "depth")
    assert (left.depth, left.error_percent) == (8, 5.0)
    assert right == deep
    assert joined((first, other), "depth") == ()


def test_the_nearest_point_within_reach():
    places = [(0.0, 0.0), (10.0, 0.0), (10.0, 0.0)]
    assert nearest(places, (1.0, 1.0), 5) == 0
    assert nearest(places, (9.0, 0.0), 5) == 2
    assert nearest(places, (5.0, 40.0), 5) is None
    assert nearest([], (0.0, 0.0), 5) is None
