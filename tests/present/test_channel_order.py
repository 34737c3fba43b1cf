import numpy as np
import pytest

from explorer.present.channel_order import channel_order
from explorer.present.channels import channel_statistics


def _maps():
    maps = np.random.default_rng(0).standard_normal((6, 5, 4)).astype(np.float32)
    maps[2] = 0
    maps[3] = np.maximum(maps[3], 0)
    return maps


def test_values_that_are_no_numbers_are_left_out():
    maps = _maps()
    maps[0] = np.nan
    maps[1, 0, 0] = np.inf
    alone = [channel_statistics(values) for values in maps]
    # A channel without any number comes last.
    means, spreads = [one.mean for one in alone[1:]], [one.std for one in alone[1:]]
    assert channel_order(maps, "mean").tolist() == [*(np.argsort(-np.array(means)) + 1).tolist(), 0]
    assert channel_order(maps, "variance").tolist() == [*(np.argsort(-np.array(spreads)) + 1).tolist(), 0]


def test_orders():
    maps = _maps()
    assert channel_order(maps, "channel").tolist() == list(range(6))
    assert channel_order(maps, "mean").tolist() == np.argsort(-maps.mean((1, 2))).tolist()
    assert channel_order(maps, "variance").tolist() == np.argsort(-maps.var((1, 2))).tolist()
    relevance = np.array([0.0, 3, -1, 3, 2, 9])
    assert channel_order(maps, "relevance", relevance).tolist() == [5, 1, 3, 4, 0, 2]
    for wrong in (None, relevance[:5]):
        with pytest.raises(ValueError, match="relevance"):
            channel_order(maps, "relevance", wrong)
