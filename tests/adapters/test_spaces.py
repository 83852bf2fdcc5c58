"""Spaces translate both ways, and say so when they do not."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import catallax as cx
from catallax.adapters import from_space, to_space
from catallax.adapters._spaces import from_member, to_member
from catallax.core import Bits, Box, Discrete


@pytest.mark.parametrize("space", [Discrete(5), Box((2, 3), -1.0, 2.0), Box((4,)), Bits(37)])
def test_there_and_back(space):
    assert from_space(to_space(space)) == space


def test_members_travel_there_and_back():
    for space in (
        spaces.Discrete(4, start=-2, seed=0),
        spaces.Box(-1, 1, (2, 2), np.float64, seed=0),
        spaces.MultiBinary(37, seed=0),
    ):
        for _ in range(5):
            sample = space.sample()
            back = to_member(space, from_member(space, sample))
            assert space.contains(back)
            np.testing.assert_allclose(back, sample, rtol=1e-6)


def test_bounds_that_differ_become_the_widest():
    space = spaces.Box(np.array([-1.0, -3.0]), np.array([2.0, 0.5]))
    assert from_space(space) == Box((2,), -3.0, 2.0)


def test_spaces_of_gymnax():
    theirs = pytest.importorskip("gymnax.environments.spaces")
    assert from_space(theirs.Discrete(3)) == Discrete(3)
    assert from_space(theirs.Box(0.0, 1.0, (3, 2))) == Box((3, 2), 0.0, 1.0)


@pytest.mark.parametrize(
    "space",
    [
        spaces.MultiDiscrete([2, 3]),
        spaces.Dict({"a": spaces.Discrete(2)}),
        spaces.Tuple((spaces.Discrete(2),)),
        spaces.Text(3),
    ],
)
def test_other_spaces_are_refused_with_a_fix(space):
    with pytest.raises(TypeError, match=r"expected Discrete, Box .*FlattenObservation"):
        from_space(space)


def test_a_world_with_another_space_is_refused():
    # a hand of Blackjack is a tuple
    with pytest.raises(TypeError, match="no catallax space for Tuple"):
        cx.adapters.FromGymnasium("Blackjack-v1")
    flat = cx.adapters.FromGymnasium(
        lambda: gymnasium.wrappers.FlattenObservation(gymnasium.make("Blackjack-v1")),
    )
    assert isinstance(flat.observation_space, Box)
