import numpy as np
import pytest
from sklearn.decomposition import PCA

from explorer.errors import DataError
from explorer.nets.embedding import MOST_SAMPLES, embed


def _features(n=90, width=60):
    random = np.random.default_rng(0)
    labels = np.arange(n) % 3
    centres = random.standard_normal((3, width)) * 4
    return (centres[labels] + random.standard_normal((n, width))).astype(np.float32), labels


def test_pca_is_sklearns_and_places_new_pictures_exactly():
    features, _ = _features()
    found = embed(features[:60], "pca")
    oracle = PCA(2, svd_solver="full").fit(features[:60].astype(float))
    np.testing.assert_allclose(found.points, oracle.transform(features[:60]), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        found.place(features[60:]), oracle.transform(features[60:]), rtol=1e-4, atol=1e-4
    )


def test_tsne_keeps_classes_together_and_is_the_same_again():
    features, labels = _features()
    found = embed(features, "tsne", seed=2)
    assert found.points.shape == (90, 2)
    centres = np.stack([found.points[labels == label].mean(0) for label in range(3)])
    nearest = ((found.points[:, None] - centres) ** 2).sum(2).argmin(1)
    assert (nearest == labels).mean() > 0.9
    np.testing.assert_array_equal(found.points, embed(features, "tsne", seed=2).points)
    # A picture of the sample lies where it lay, one beside it near by.
    np.testing.assert_allclose(found.place(features[:5]), found.points[:5], rtol=1e-5, atol=1e-5)
    placed = found.place(features[:9] + np.float32(0.01))
    assert ((placed - found.points[:9]) ** 2).sum() < ((placed - centres[(labels[:9] + 1) % 3]) ** 2).sum()


@pytest.mark.parametrize("projection", ["pca", "tsne"])
def test_one_channel_and_equal_pictures(projection):
    for features in (np.zeros((6, 4), np.float32), np.arange(6, dtype=np.float32)[:, None]):
        found = embed(features, projection)
        assert found.points.shape == (6, 2)
        assert np.isfinite(found.points).all()
        assert np.isfinite(found.place(features[:2])).all()


@pytest.mark.parametrize(
    "features", [np.zeros((3, 4)), np.zeros((MOST_SAMPLES + 1, 4)), np.full((9, 4), np.nan)]
)
def test_what_cannot_be_put_on_a_plane_is_refused(features):
    with pytest.raises(DataError):
        embed(features, "pca")
