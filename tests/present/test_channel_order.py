import numpy as np
import pytest

from explorer.present.channel_order import channel_order, channel_table
from explorer.present.channels import channel_statistics, dead_share


def _maps():
    maps = np.random.default_rng(0).standard_normal((6, 5, 4)).astype(np.float32)
    maps[2] = 0
    maps[3] = np.maximum(maps[3], 0)
    return maps


def test_the_table_has_each_channels_own_statistics():
    maps = _maps()
    table = channel_table(maps, n_bins=8)
    for channel, values in enumerate(maps):
        alone = channel_statistics(values)
        assert table.mean[channel] == pytest.approx(alone.mean)
        assert table.variance[channel] == pytest.approx(alone.std**2)
        assert table.zero_share[channel] == alone.zero_share
        assert table.dead[channel] == alone.dead
        np.testing.assert_array_equal(table.counts[channel], np.histogram(values, table.edges)[0])
    assert table.dead_share == pytest.approx(dead_share(maps)) == pytest.approx(1 / 6)
    assert table.sparsity == pytest.approx((maps == 0).mean())
    assert not table.mean.flags.writeable


def test_values_that_are_no_numbers_are_left_out():
    maps = _maps()
    maps[0] = np.nan
    maps[1, 0, 0] = np.inf
    table = channel_table(maps)
    assert np.isnan(table.mean[0])
    assert np.isfinite(table.mean[1:]).all()
    assert table.counts[0].sum() == 0
    assert table.counts[1].sum() == 19
    assert channel_order(maps, "mean")[-1] == 0
    assert channel_table(np.full((2, 3, 3), np.nan)).counts.sum() == 0


def test_a_node_without_spread():
    table = channel_table(np.full(4, 2.0), n_bins=4)
    assert table.counts.sum(1).tolist() == [1, 1, 1, 1]
    assert table.edges[0] < 2 < table.edges[-1]


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
