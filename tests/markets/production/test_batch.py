"""Economies of different sizes under one `vmap`."""

import equinox as eqx
import jax
import numpy as np
import pytest

from catallax.markets import production as pn


def split(*weights, made=None):
    """A unit, made into `made` units by a firm if there is one, between consumers who value it at `u sqrt(x)`."""
    middle = [] if made is None else [pn.Firm(pn.Linear([[made]]))]
    seller = len(middle)
    edges = [(k, k + 1) for k in range(seller)] + [(seller, seller + 1 + k) for k in range(len(weights))]
    return pn.Economy([pn.Resource([1.0]), *middle, *[pn.Consumer(pn.PowerUtility([u])) for u in weights]], edges)


def test_each_of_a_batch_is_what_it_is_alone(double):
    """Two economies of other lengths and kinds: welfare and prices at equal shares, as they are by hand."""
    both = pn.batch([split(3.0, 4.0), split(1.0, 2.0, 3.0, made=6.0)])

    @eqx.filter_jit
    @eqx.filter_vmap
    def told(economy, shares):
        solution = pn.LevelSweep().solve(economy, shares)
        return solution.welfare, pn.ReverseSweep().values(economy, shares, solution)

    welfare, prices = told(both.economy, both.shares)
    np.testing.assert_allclose(welfare, [7 * np.sqrt(1 / 2), 6 * np.sqrt(2)], rtol=1e-12)
    half, sixth = 0.5 / np.sqrt(1 / 2), 0.5 / np.sqrt(2)
    wanted = [[3.5 * half, 3 * half, 4 * half], [12 * sixth, 12 * sixth, sixth, 2 * sixth, 3 * sixth]]
    for row, values in enumerate(wanted):
        there = np.asarray(both.nodes[row])
        np.testing.assert_allclose(np.asarray(prices)[row, there, 0], values, rtol=1e-12)
        assert not np.asarray(prices)[row, ~there].any()
    assert both.nodes.sum(1).tolist() == [3, 5] and both.edges.sum(1).tolist() == [2, 4]


def test_one_cycle_makes_all_of_them_fixed_points(double):
    ring = pn.Economy([pn.Firm(pn.Linear([[0.5]]), 1.0, pn.LinearUtility([1.0]))] * 2, [(0, 1), (1, 0)])
    both = pn.batch([ring, split(3.0, 4.0)])
    welfare = jax.jit(lambda s: eqx.filter_vmap(lambda e, t: pn.welfare(e, t, pn.Picard()))(both.economy, s))(
        both.shares
    )
    np.testing.assert_allclose(welfare, [4, 7 * np.sqrt(1 / 2)], rtol=1e-10)


def test_what_cannot_be_stacked():
    grain, eater = pn.Resource([1.0]), pn.Consumer(pn.LinearUtility([1.0]))
    with pytest.raises(ValueError, match="at least one economy"):
        pn.batch([])
    with pytest.raises(ValueError, match="economy 1 has the goods"):
        pn.batch([pn.Economy([grain, eater], [(0, 1)], (name,)) for name in ("a", "b")])
