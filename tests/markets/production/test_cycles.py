"""Economies with cycles: T1.12 to T1.14, prices as an eigenvector, PageRank, and time unrolled."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn


def circle(scale, seed=0, nodes=4, goods=2):
    """A random linear economy in which everybody supplies everybody, its shares and its block operator."""
    draw = np.random.default_rng(seed)
    slopes = draw.uniform(0.05, 0.5, (nodes, goods, goods)) * scale
    edges = [(i, j) for i in range(nodes) for j in range(nodes) if i != j]
    utility = draw.uniform(0.2, 1, (nodes, goods))
    endowment = draw.uniform(0, 1, (nodes, goods))
    firms = [
        pn.Firm(pn.Linear(slopes[i]), endowment[i], pn.LinearUtility(utility[i])) for i in range(nodes)
    ]  # fmt: skip
    economy = pn.Economy(firms, edges, goods)
    shares = economy.splits.softmax(jnp.asarray(draw.normal(size=(len(edges), goods))))
    block = np.zeros((nodes, goods, nodes, goods))
    for edge, (i, j) in enumerate(edges):
        block[j, :, i, :] = np.asarray(shares)[edge][:, None] * slopes[i]
    return economy, shares, block.reshape(nodes * goods, nodes * goods)


@pytest.mark.parametrize("scale", [0.5, 1.6, 3.0])
def test_t1_12_hawkins_and_simon(double, scale):
    """`rho(M) < 1`, positive leading minors of `I - M`, and a non-negative solution for every endowment are one."""
    economy, shares, block = circle(scale)
    rho = np.abs(np.linalg.eigvals(block)).max()
    found = pn.hawkins_simon(economy, shares, economy.endowment)
    np.testing.assert_allclose(found.radius, rho, rtol=1e-10)
    assert found.lower <= rho * (1 + 1e-10) and rho <= found.upper * (1 + 1e-10)
    np.testing.assert_allclose([found.lower, found.upper], rho, rtol=1e-6)
    minors = [np.linalg.det((np.eye(8) - block)[:k, :k]) > 0 for k in range(1, 9)]
    exact = np.linalg.solve(np.eye(8) - block, np.asarray(economy.endowment).reshape(-1))
    assert all(minors) == (rho < 1) == bool(found.productive) == bool((exact >= 0).all())
    if rho < 1:
        solution = pn.solve(economy, shares)
        assert solution.converged and abs(float(solution.radius) - rho) < 1e-9
        np.testing.assert_allclose(solution.inputs.reshape(-1), exact, rtol=1e-11)
    else:
        with pytest.raises(pn.NotProductive, match="Unroll it in time"):
            pn.solve(economy, shares)


@pytest.mark.parametrize("solver", [pn.Picard(), pn.Anderson(), pn.Newton()], ids=lambda s: type(s).__name__)
def test_every_solver_finds_the_fixed_point(double, solver):
    economy, shares, block = circle(1.6)
    exact = np.linalg.solve(np.eye(8) - block, np.asarray(economy.endowment).reshape(-1))
    found = pn.solve(economy, shares, solver)
    assert found.converged and found.residual < 1e-11
    np.testing.assert_allclose(found.inputs.reshape(-1), exact, rtol=1e-10)
    if isinstance(solver, pn.Anderson):
        assert int(found.iterations) < 25
    if isinstance(solver, pn.Newton):
        assert int(found.iterations) <= 3


def test_mixtures_hold_in_single_precision():
    """Fewer numbers than rounds that are mixed, so that their residuals depend on each other: `x = 1 + x / 2`, `x = 1 + 1.5 sqrt(x)`."""
    for technology, exact in ((pn.Neural(lambda x: 0.5 * x), 2.0), (pn.CobbDouglas([1.5], [[0.5]]), 4.0)):
        alone = pn.Economy([pn.Firm(technology, 1.0)], [(0, 0)])
        found = pn.solve(alone, alone.uniform())
        assert found.converged and found.inputs.dtype == jnp.float32
        np.testing.assert_allclose(found.inputs, exact, rtol=1e-5)


def test_methods_for_cycles_serve_without_cycles(split):
    assert float(pn.solve(split.economy, split.best, pn.Picard()).welfare) == pytest.approx(5)


@pytest.mark.parametrize("scale", [0.5, 1.6, 3.0])
def test_t1_13_value_of_inputs_is_value_of_endowments(double, scale):
    """`<w, x> = <a, r>` for linear utilities, beyond a radius of 1 too; so it says nothing about being productive."""
    economy, shares, block = circle(scale)
    x = np.linalg.solve(np.eye(8) - block, np.asarray(economy.endowment).reshape(-1)).reshape(4, 2)
    y = economy.produce(jnp.asarray(x))
    nothing = jnp.zeros(())
    solution = pn.Solution(
        jnp.asarray(x), y, shares * y[economy.source], nothing, nothing, jnp.asarray(True), jnp.asarray(0), nothing
    )  # fmt: skip
    prices = pn.prices(economy, shares, solution, pn.LinearAdjoint())
    weight = economy.marginal_utility(jnp.asarray(x), y)[0]
    np.testing.assert_allclose(jnp.sum(weight * x), jnp.sum(prices.inputs * economy.endowment), rtol=1e-12)


@pytest.fixture(scope="module")
def curved():
    """Cobb-Douglas firms on a ring with chords, and consumers; shares, and welfare as a compiled function."""
    with jax.enable_x64(True):
        draw = np.random.default_rng(3)
        firms = [
            pn.Firm(pn.CobbDouglas(draw.uniform(0.5, 1, 2), draw.dirichlet(np.ones(3), 2)[:, :2]), draw.uniform(0.2, 1, 2))
            for _ in range(4)
        ]  # fmt: skip
        eaters = [pn.Consumer(pn.PowerUtility(draw.uniform(0.5, 1.5, 2))) for _ in range(2)]
        edges = [(i, (i + k) % 4) for i in range(4) for k in (1, 2)] + [(i, j) for i in range(4) for j in (4, 5)]
        economy = pn.Economy([*firms, *eaters], edges, 2)
        shares = economy.splits.softmax(jnp.asarray(draw.normal(size=(len(edges), 2))))
        return economy, shares, eqx.filter_jit(lambda s: pn.welfare(economy, s, pn.Picard()))


def test_t1_14_adjoint_on_a_curved_cycle_is_a_finite_difference(double, curved):
    economy, shares, welfare = curved
    solution = pn.solve(economy, shares)
    assert 0 < float(solution.radius) < 1
    found = pn.prices(economy, shares, solution, pn.LinearAdjoint())
    others = pn.Neumann(), pn.ImplicitAdjoint(pn.Picard())
    for other in eqx.filter_jit(lambda: [adjoint.values(economy, shares, solution) for adjoint in others])():
        np.testing.assert_allclose(other, found.inputs, rtol=1e-9)
    np.testing.assert_allclose(jax.grad(welfare)(shares), found.gradient, atol=1e-9)
    way = jax.random.normal(jax.random.key(0), shares.shape)
    h = 1e-5
    slope = (welfare(shares + h * way) - welfare(shares - h * way)) / (2 * h)
    np.testing.assert_allclose(slope, jnp.sum(found.gradient * way), atol=1e-8)
    # T1.7 holds on a cycle as well
    splits = economy.splits
    flow = shares * (found.gradient - splits.mean(shares, found.gradient))
    rate = pn.dispersion(economy, shares, solution, found)
    np.testing.assert_allclose((welfare(shares + h * flow) - welfare(shares - h * flow)) / (2 * h), rate, rtol=1e-7)


def test_planner_climbs_on_a_cycle(double, curved):
    economy, shares, _ = curved
    planner = pn.Planner(pn.MirrorAscent(0.3), solver=pn.Picard(1e-10), adjoint=pn.Neumann())
    course = planner.fit(economy, shares, 40)
    assert np.all(np.diff(course.welfare) >= -1e-9) and course.welfare[-1] > course.welfare[0] + 0.05


def test_stationary_prices_are_the_eigenvector_of_the_transpose(double):
    """`g a = J_F^T a`; without the transpose it would be another vector."""
    economy, shares, block = circle(1.0)
    prices, growth = pn.stationary_prices(economy, shares, economy.endowment)
    values, vectors = np.linalg.eig(block.T)
    lead = np.argmax(values.real)
    exact = np.abs(vectors[:, lead].real)
    np.testing.assert_allclose(growth, values[lead].real, rtol=1e-12)
    np.testing.assert_allclose(prices.reshape(-1), exact / exact.sum(), rtol=1e-10)
    values, vectors = np.linalg.eig(block)
    wrong = np.abs(vectors[:, np.argmax(values.real)].real)
    assert np.abs(prices.reshape(-1) - wrong / wrong.sum()).max() > 1e-3


def test_page_rank_is_an_economy(double):
    """As quantities: pages pass visitors on along their links, 15 in 100 leave. As prices: the same with the links turned round."""
    links = [(0, 1), (0, 2), (1, 2), (2, 0), (3, 2), (3, 0), (1, 3)]
    pages, damp = 4, 0.85
    out = np.bincount([a for a, _ in links], minlength=pages)
    walk = np.zeros((pages, pages))
    for a, b in links:
        walk[b, a] = damp / out[a]
    rank = np.linalg.solve(np.eye(pages) - walk, np.full(pages, (1 - damp) / pages))
    page = pn.Firm(pn.Linear([[damp]]), (1 - damp) / pages)
    forward = pn.Economy([page] * pages, links)
    np.testing.assert_allclose(pn.solve(forward, forward.uniform(), pn.Picard(1e-15)).inputs[:, 0], rank, rtol=1e-11)
    # one firm that turns pages into each other, and a consumer who bids the same for each
    web = pn.Firm(pn.Linear(walk.T), 1.0, pn.LinearUtility(np.full(pages, (1 - damp) / pages)))
    closed = pn.Economy([web], [(0, 0)], pages)
    worked = pn.solve(closed, closed.uniform(), pn.Picard(1e-15))
    np.testing.assert_allclose(pn.prices(closed, closed.uniform(), worked, pn.Neumann()).inputs[0], rank, rtol=1e-10)


def test_a_cycle_that_grows_can_be_unrolled_in_time(double):
    economy, shares, block = circle(3.0)
    periods = 4
    long = pn.unroll(economy, periods, 0.9)
    found = pn.solve(long, jnp.tile(shares, (periods - 1, 1)))
    x = r = np.asarray(economy.endowment).reshape(-1)
    weight = np.asarray(economy.marginal_utility(economy.endowment, economy.endowment)[0]).reshape(-1)
    welfare = weight @ x
    for t in range(1, periods):
        x = r + block @ x
        welfare += 0.9**t * weight @ x
    np.testing.assert_allclose(found.inputs[-4:].reshape(-1), x, rtol=1e-12)
    np.testing.assert_allclose(found.welfare, welfare, rtol=1e-12)
    with pytest.raises(ValueError, match="at least 2 periods"):
        pn.unroll(economy, 1)


def test_sweeps_refuse_cycles(double):
    economy, shares, _ = circle(0.5)
    with pytest.raises(ValueError, match="without cycles"):
        pn.solve(economy, shares, pn.LevelSweep())
