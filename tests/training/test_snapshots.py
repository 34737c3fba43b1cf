"""Which moments of a training are kept, within what bounds, and that keeping them changes nothing."""

import math
from itertools import pairwise

import pytest
import torch

from explorer.errors import RunError
from explorer.images.prepare import transform_for
from explorer.nets.weight_files import read_weights, source_classes, source_spec
from explorer.training.loop import train
from explorer.training.moments import moments, nearest, weakest
from explorer.training.snapshots import SnapshotShelf, Subject
from tests.training.driving import assert_same_weights, ready
from tests.training.small import CLASSES, SIDE, small_plan, small_spec

SUBJECT = Subject(small_spec(), CLASSES, transform_for(SIDE))


def size_of(model):
    return sum(tensor.nbytes for tensor in model.state_dict().values())


def shelf_for(training, folder, held=100, files=100, left=100):
    each = size_of(training.model)
    return SnapshotShelf(
        folder,
        SUBJECT,
        memory_bytes=held * each,
        files_bytes=files * each,
        left_bytes=left * each,
    )


def kept_while_it_learns(training, shelf):
    """Trains to the end; returns copies of what the network was at each moment."""
    wanted = moments(training.steps, training.steps_per_epoch, shelf.room_for(training.model))
    seen = {}
    for _ in train(training):
        if training.step in wanted and training.step not in seen:
            shelf.take(training.step, training.model)
            seen[training.step] = {key: value.clone() for key, value in training.model.state_dict().items()}
    return seen


def test_moments_begin_densely_and_hold_the_ends_of_epochs():
    chosen = moments(660, 22, 512)
    assert {0, 1, 2, 3, 4, 660} <= chosen
    assert set(range(22, 661, 22)) <= chosen
    assert len(chosen) < 110


@pytest.mark.parametrize("room", [2, 3, 7, 12, 40, 300])
def test_moments_fit_and_stay_spread_where_room_is_scarce(room):
    chosen = sorted(moments(78_000, 390, room))
    assert chosen[0] == 0
    assert chosen[-1] == 78_000
    assert len(chosen) <= room
    if room >= 12:
        # No two neighbours are so far apart that half of the doublings between first and last lie in between.
        gaps = [math.log2((b + 1) / (a + 1)) for a, b in pairwise(chosen)]
        assert max(gaps) < math.log2(78_001) / 2


def test_a_training_of_one_step_has_its_two_ends():
    assert moments(1, 1, 10) == {0, 1}


def test_the_weakest_is_where_the_spacing_is_tightest():
    assert weakest([0, 1, 2, 4, 8, 9, 40]) == 8
    assert weakest([0, 100]) == 0
    steps = list(range(65))
    while len(steps) > 8:
        steps.remove(weakest(steps))
    assert steps[0] == 0
    assert steps[-1] == 64
    ratios = [(b + 1) / (a + 1) for a, b in pairwise(steps)]
    assert max(ratios) < 3 * min(ratios)


def test_the_nearest_is_not_after():
    assert nearest((0, 4, 8), 7) == 4
    assert nearest((4, 8), 2) == 4
    assert nearest((), 2) is None


def test_a_kept_training_is_the_same_bit_for_bit_and_its_moments_are_as_they_were(tmp_path):
    plain, kept = ready(), ready()
    for _ in train(plain):
        pass
    shelf = shelf_for(kept, tmp_path / "snapshots")
    seen = kept_while_it_learns(kept, shelf)
    assert_same_weights(plain, kept)
    assert shelf.steps == tuple(sorted(seen)) == (0, 1, 2, 3, 4, 5, 6, 7, 8)
    for step, tensors in seen.items():
        read = shelf.read(step).tensors
        assert all(torch.equal(read[key], value) for key, value in tensors.items())
    assert any("running_mean" in key for key in shelf.read(3).tensors)
    assert not (tmp_path / "snapshots").exists()


def test_what_memory_cannot_hold_goes_to_files_and_comes_back_the_same(tmp_path):
    training = ready()
    shelf = shelf_for(training, tmp_path / "snapshots", held=2, files=20)
    seen = kept_while_it_learns(training, shelf)
    assert shelf.steps == tuple(sorted(seen))
    files = sorted((tmp_path / "snapshots").iterdir())
    assert len(files) == len(seen) - 2
    again = SnapshotShelf(tmp_path / "snapshots")
    assert len(again.steps) == len(files)
    snapshot = again.read(2)
    assert snapshot.subject.spec == SUBJECT.spec
    assert snapshot.subject.transform == SUBJECT.transform
    assert all(torch.equal(snapshot.tensors[key], value) for key, value in seen[2].items())
    # They are ordinary files of weights.
    file = read_weights(files[0])
    assert (source_spec(file), source_classes(file)) == (SUBJECT.spec, CLASSES)


def test_both_bounds_hold_and_the_ends_stay(tmp_path):
    training = ready(small_plan(epochs=10))
    shelf = shelf_for(training, tmp_path / "snapshots", held=2, files=3)
    for step in range(41):
        shelf.take(step, training.model)
    assert len(shelf.steps) <= 5
    assert shelf.steps[0] == 0
    assert shelf.steps[-1] == 40
    assert len(list((tmp_path / "snapshots").iterdir())) <= 3


def test_where_no_file_can_be_written_memory_is_thinned(tmp_path):
    (tmp_path / "snapshots").write_text("in the way")
    training = ready()
    shelf = shelf_for(training, tmp_path / "snapshots", held=3)
    for step in range(9):
        shelf.take(step, training.model)
    assert len(shelf.steps) == 3
    assert shelf.steps[0] == 0
    assert shelf.steps[-1] == 8


def test_at_rest_a_spread_part_is_left_in_files(tmp_path):
    training = ready(small_plan(epochs=4))
    shelf = shelf_for(training, tmp_path / "snapshots", left=5)
    kept_while_it_learns(training, shelf)
    before = shelf.steps
    assert sum(1 for _ in shelf.settling()) == 5
    assert shelf.steps == before
    assert list(shelf.settling()) == []
    shelf.let_memory_go()
    assert len(shelf.steps) == 5
    assert (shelf.steps[0], shelf.steps[-1]) == (0, 16)


def test_a_run_that_goes_on_from_before_forgets_what_came_after(tmp_path):
    training = ready()
    shelf = shelf_for(training, tmp_path / "snapshots", held=2)
    for step in range(6):
        shelf.take(step, training.model)
    shelf.drop_after(2)
    assert shelf.steps == (0, 1, 2)
    assert SnapshotShelf(tmp_path / "snapshots").steps == (0, 1, 2)


def test_where_nothing_is_kept_the_reason_is_said(tmp_path):
    with pytest.raises(RunError, match="No moment of this run"):
        SnapshotShelf(tmp_path).read(3)
