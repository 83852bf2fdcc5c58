"""The Beta sampler draws exactly, for every parameter, however it is mapped."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats

from catallax.agents import _beta as beta
from catallax.agents._judge import shape_parameters

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


@pytest.mark.parametrize(("a", "b"), [(2.0, 1e6), (0.3, 1e7), (1.0, 1e8), (1e5, 1e5), (1e6, 4e6), (1e-3, 1e-3)])
def test_large_and_small_parameters_keep_the_distribution(a: float, b: float):
    keys = jax.random.split(jax.random.key(4), 10)
    x = np.concatenate([np.asarray(draw_many(key, a, b), np.float64) for key in keys])
    # where x is too coarse, near 0 and 1, only how many there are is compared
    low, high = 1e-37, 1 - 2.0**-20
    exact = stats.beta(a, b)
    inside = x[(x > low) & (x < high)]
    share = exact.cdf(high) - exact.cdf(low)
    assert abs(len(inside) / len(x) - share) < 0.004
    assert stats.kstest(inside, lambda q: (exact.cdf(q) - exact.cdf(low)) / share).statistic < 2 / len(inside) ** 0.5


def test_log_density_of_the_sampler_in_double_precision():
    grid = 10.0 ** np.arange(-4, 10.1)
    c, d, fall = (g.ravel() for g in np.meshgrid(grid, grid, [0.1, 1.0, 5.0, 20.0]))

    def exact(t: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        smaller, larger = np.minimum(a, b), np.maximum(a, b)
        t = np.where(a > b, -t, t)
        near = np.minimum(t, 600)
        n = smaller + larger
        return smaller * near - n * np.log1p(smaller / n * np.expm1(near)) - larger * (t - near)

    a, b = np.asarray(c, np.float32), np.asarray(d, np.float32)
    low, high = np.full(c.shape, 1e-8), np.full(c.shape, 1e7)
    for _ in range(60):
        middle = np.sqrt(low * high)
        below = exact(-middle, a.astype(np.float64), b.astype(np.float64)) < -fall
        low, high = np.where(below, low, middle), np.where(below, middle, high)
    t = -np.asarray(low, np.float32)
    height, _ = jax.jit(beta._log_density)(t, a, b)
    expected = exact(t.astype(np.float64), a.astype(np.float64), b.astype(np.float64))
    assert np.max(np.abs(height - expected) / (1 - expected)) < 2e-6


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


@pytest.mark.long
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


def test_normaliser_and_entropy_against_scipy():
    a, b = (jnp.asarray(g, jnp.float32) for g in GRID)
    expected = special.betaln(*GRID)
    assert np.max(np.abs(beta.log_normaliser(a, b) - expected) / (1 + np.abs(expected))) < 1e-5
    expected = stats.beta(*GRID).entropy()
    assert np.max(np.abs(beta.entropy(a, b) - expected) / (1 + np.abs(expected))) < 1e-5


@pytest.mark.parametrize(("a", "b"), [(1e5, 1e5), (3e4, 1e7), (1e8, 1e8), (1e10, 1e10)])
def test_entropy_of_large_parameters_is_that_of_a_normal(a: float, b: float):
    n = a + b
    normal = 0.5 * (np.log(2 * np.pi * np.e) + np.log(a / n) + np.log(b / n) - np.log(n))
    assert abs(float(beta.entropy(jnp.float32(a), jnp.float32(b))) - normal) < 1e-4


def test_shape_parameters_of_wild_networks_give_no_nan():
    def judged(head: jax.Array) -> jax.Array:
        # a network without hidden layers: its outputs are the head
        policy = ((jnp.zeros((1, 2)), head),)
        a, b = shape_parameters(policy, None, jax.nn.relu)
        return jnp.stack([beta.log_normaliser(a, b)[0], beta.entropy(a, b)[0]])

    both = jax.jit(lambda head: (jax.jacrev(judged)(head), judged(head)))
    for head in [(100.0, 0.0), (-100.0, 0.0), (-40.0, -80.0), (0.0, 1e20), (30.0, 1e20), (0.0, -1e20)]:
        slope, value = both(jnp.asarray(head))
        assert bool(jnp.all(jnp.isfinite(value))) and bool(jnp.all(jnp.isfinite(slope))), head


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
