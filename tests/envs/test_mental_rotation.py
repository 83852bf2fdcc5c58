"""Mental rotation: actions undo each other, the judge decides at the end."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx

KEY = jax.random.key(0)


class Side(eqx.Module):
    """Where the light is: 0 above the middle, 1 below."""

    def __call__(self, picture):
        half = picture.shape[0] // 2
        return jnp.where(picture[:half].sum() > picture[half:].sum(), 0, 1).astype(jnp.int32)


def blob(row, column, size=32):
    place = np.arange(size)
    return np.exp(-((place[:, None] - row) ** 2 + (place[None] - column) ** 2) / 8.0)


PICTURES = jnp.asarray([blob(11, 15), blob(20, 16)], jnp.float32)
ENV = cx.envs.MentalRotation(PICTURES, jnp.asarray([0, 1]), Side())


def middle(picture):
    place = np.arange(32)
    weight = np.asarray(picture) / np.asarray(picture).sum()
    return float((weight.sum(1) * place).sum()), float((weight.sum(0) * place).sum())


def test_shifts_move_by_their_share_of_half_the_width():
    start = middle(PICTURES[0])
    moved = [middle(ENV.apply(PICTURES[0], jnp.int32(a))) for a in (2, 3, 4, 5)]
    by = 0.29 * 16
    expected = [(-by, 0), (by, 0), (0, -by), (0, by)]
    for (row, column), (down, right) in zip(moved, expected, strict=True):
        assert (row - start[0], column - start[1]) == (pytest.approx(down, abs=0.05), pytest.approx(right, abs=0.05))


def test_rotations_turn_about_the_middle_and_back():
    row, column = middle(ENV.apply(PICTURES[0], jnp.int32(0)))
    radius = np.hypot(row - 15.5, column - 15.5)
    assert radius == pytest.approx(np.hypot(11 - 15.5, 0.5), abs=0.1)
    back = ENV.apply(ENV.apply(PICTURES[0], jnp.int32(0)), jnp.int32(1))
    assert float(jnp.abs(back - PICTURES[0]).max()) < 0.15
    angle = np.rad2deg(np.arctan2(column - 15.5, -(row - 15.5)) - np.arctan2(-0.5, 4.5))
    assert abs(angle) == pytest.approx(60, abs=2)


def test_undoing_restores_every_task_and_pays_once():
    for number in (0, 1):
        for way in range(8):
            state = ENV.task(jnp.int32(number), jnp.int32(way))
            steps = []
            for time in (0, 1):
                step = ENV.step(KEY, state, ENV.undo(jnp.int32(way), jnp.int32(time)))
                state = step.state
                steps.append((float(step.reward), bool(step.terminated)))
            assert steps == [(0.0, False), (1.0, True)]
            assert float(jnp.abs(state.picture - PICTURES[number]).max()) < 0.25


def test_digits_are_split_and_the_judge_learns():
    rng = np.random.default_rng(0)
    patterns = (rng.random((10, 8, 8)) > 0.5).astype(float)
    labels = np.arange(60) % 10
    images = np.clip(patterns[labels] + 0.1 * rng.standard_normal((60, 8, 8)), 0, 1)
    worlds = cx.classics.mental_rotation_of_digits(images, labels, held_out=20, digit=10, canvas=16)
    assert (worlds.training.labels.size, worlds.held_out.labels.size) == (40, 20)
    assert worlds.training.observation_space.shape == (16, 16, 1)
    assert worlds.judge.accuracy(worlds.held_out.pictures, worlds.held_out.labels) >= 0.9
    assert (worlds.training.pictures[:, 0] == 0).all()
    # every picture is in one of the two worlds, none in both
    shown, kept = ({p.tobytes() for p in np.asarray(w.pictures)} for w in (worlds.training, worlds.held_out))
    assert (len(shown), len(kept), len(shown | kept)) == (40, 20, 60)
    # the judge learns nothing from the labels of held-out pictures
    large = jax.image.resize(jnp.asarray(images, jnp.float32), (60, 10, 10), "linear")
    whole = np.clip(np.pad(large, ((0, 0), (3, 3), (3, 3))), 0, 1).astype(np.float32)
    other = np.where([p.tobytes() in kept for p in whole], (labels + 1) % 10, labels)
    assert (other != labels).sum() == 20
    again = cx.classics.mental_rotation_of_digits(images, other, held_out=20, digit=10, canvas=16)
    jax.tree.map(np.testing.assert_array_equal, worlds.judge, again.judge)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: cx.envs.MentalRotation(PICTURES[:, :16], jnp.asarray([0, 1]), Side()), "expected square pictures"),
        (
            lambda: cx.envs.MentalRotation(PICTURES, jnp.asarray([0]), Side()),
            "expected square pictures and a label each",
        ),
        (lambda: cx.envs.MentalRotation(PICTURES, jnp.asarray([0, 1]), Side(), ticks=0), "ticks must be at least 1"),
        (
            lambda: cx.classics.mental_rotation_of_digits(np.zeros((4, 8, 8)), np.arange(4), held_out=4),
            "held_out must lie between 1 and 3",
        ),
        (
            lambda: cx.classics.mental_rotation_of_digits(np.zeros((4, 8, 8)), np.arange(4), held_out=1, canvas=8),
            "does not fit on a canvas",
        ),
    ],
)
def test_bad_settings_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
