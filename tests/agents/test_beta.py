"""The Beta sampler draws exactly, for every parameter, however it is mapped."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from catallax.agents import _beta as beta

DRAWS = 40_000
SHAPES = [(0.1, 0.1), (1.0, 1.0), (0.5, 3.0), (3.0, 0.5), (30.0, 70.0), (2000.0, 3000.0), (1e5, 0.7), (1.5, 1.5)]

draw_many = jax.jit(lambda key, a, b: beta.beta(key, jnp.full(DRAWS, a), jnp.full(DRAWS, b)))


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_draws_follow_the_distribution(a: float, b: float):
    x = np.asarray(draw_many(jax.random.key(1), a, b), np.float64)
    # the nearest floats below 1 are 2**-24 apart: compare from the side where x is dense
    if a > b:
        x, a, b = np.asarray(draw_many(jax.random.key(1), b, a), np.float64), b, a
    top = 1 - 2.0**-20
    exact = stats.beta(a, b)
    inside = x[x < top]
    assert abs(len(inside) / DRAWS - exact.cdf(top)) < 0.01
    assert stats.kstest(inside, lambda q: exact.cdf(q) / exact.cdf(top)).pvalue > 1e-3


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_mirror_image(a: float, b: float):
    x, y = draw_many(jax.random.key(2), a, b), draw_many(jax.random.key(3), b, a)
    deviation = np.sqrt(stats.beta(a, b).var() * 2 / DRAWS)
    assert abs(float(jnp.mean(x + y)) - 1) < 5 * deviation + 1e-6


def test_keys_and_places_are_independent():
    keys = jax.random.split(jax.random.key(5), DRAWS)
    pair = jax.jit(jax.vmap(lambda k: beta.beta(k, jnp.full(2, 1.0), jnp.full(2, 1.0))))(keys)
    consecutive = jax.jit(jax.vmap(lambda seed: beta.beta(jax.random.key(seed), jnp.float32(1.0), jnp.float32(1.0))))(
        jnp.arange(DRAWS)
    )
    assert stats.kstest(np.asarray(pair).ravel(), "uniform").pvalue > 1e-3
    assert stats.kstest(np.asarray(consecutive), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(np.asarray(pair).T)[0, 1]) < 0.02
    assert abs(np.corrcoef(np.asarray(consecutive)[1:], np.asarray(consecutive)[:-1])[0, 1]) < 0.02


def test_extreme_parameters_stay_inside():
    small, large = 1e-30, 1e30
    a = jnp.asarray([small, small, large, large, 1e-6, 1.0, 1e6, 1e-10])
    b = jnp.asarray([small, large, small, large, 1e6, 1e-6, 1e-6, 1.0])
    x = jax.jit(jax.vmap(lambda k: beta.beta(k, a, b)))(jax.random.split(jax.random.key(0), 200))
    assert bool(jnp.all((x > 0) & (x < 1)))


def test_not_a_number_ends_the_draw():
    x = beta.beta(jax.random.key(0), jnp.asarray([jnp.nan, 1.0]), jnp.asarray([1.0, 2.0]))
    assert bool(jnp.isnan(x[0])) and bool(jnp.isfinite(x[1]))


def test_compiled_mapped_and_plain_agree():
    key = jax.random.key(7)
    a = jnp.asarray([[0.3, 1.0, 4.0], [40.0, 0.9, 2.0]])
    one = jax.jit(beta.beta)
    assert jnp.allclose(one(key, a, a + 0.5), beta.beta(key, a, a + 0.5), rtol=1e-5)
    keys = jax.random.split(key, (2, 3))
    nested = jax.jit(jax.vmap(jax.vmap(beta.beta)))(keys, a, a + 0.5)
    singly = jnp.asarray([[one(keys[i, j], a[i, j], a[i, j] + 0.5) for j in range(3)] for i in range(2)])
    assert jnp.allclose(nested, singly, rtol=1e-5)
    shared = jax.vmap(lambda k, z: beta.beta(k, z, jnp.float32(1.3)), in_axes=(0, None))(keys[0], a[0, 1])
    assert jnp.allclose(shared, jnp.stack([one(k, a[0, 1], jnp.float32(1.3)) for k in keys[0]]), rtol=1e-5)


def test_acceptance_is_what_the_module_promises():
    grid = jnp.asarray([1e-4, 0.1, 0.5, 1.0, 1.5, 3.0, 30.0, 1e3, 1e5])
    a, b = (g.ravel() for g in jnp.meshgrid(grid, grid))
    n = 4_000
    hat = jax.tree.map(lambda x: jnp.broadcast_to(x[:, None], (a.size, n)), beta.hat(a, b))
    seed = (jnp.broadcast_to(jnp.arange(n, dtype=jnp.uint32), (a.size, n)), jnp.zeros((a.size, n), jnp.uint32))
    _, accepted = jax.jit(beta._candidate)(seed, jnp.uint32(0), hat)
    assert float(jnp.min(jnp.mean(accepted, axis=1))) > 0.86


GRID = [np.ravel(g) for g in np.meshgrid(*[[0.01, 0.3, 1.0, 5.0, 7.99, 8.0, 20.0, 1000.0]] * 2)]


def test_log_density_and_entropy_against_scipy():
    a, b = (jnp.asarray(g, jnp.float32) for g in GRID)
    x = jnp.full(a.shape, 0.3)
    expected = stats.beta(*GRID).logpdf(0.3)
    assert np.max(np.abs(beta.log_density(x, a, b) - expected) / (1 + np.abs(expected))) < 1e-5
    assert np.max(np.abs(beta.entropy(a, b) - stats.beta(*GRID).entropy()) / (1 + np.abs(expected))) < 1e-4


def test_derivatives_against_scipy():
    a, b = (jnp.asarray(g, jnp.float32) for g in GRID)
    by_a = jax.vmap(jax.grad(beta.log_normaliser))(a, b)
    expected = special.digamma(GRID[0]) - special.digamma(GRID[0] + GRID[1])
    assert np.allclose(by_a, expected, rtol=1e-4, atol=1e-5)
    by_a = jax.vmap(jax.grad(beta.entropy))(a, b)
    p, q = GRID
    trigamma = lambda z: special.polygamma(1, z)  # noqa: E731
    expected = -(p - 1) * trigamma(p) + (p + q - 2) * trigamma(p + q)
    assert np.allclose(by_a, expected, rtol=1e-3, atol=1e-4)
