"""Prices by messages: T1.6, T1.15 to T1.17, against nodes that hold nothing but their own numbers and a mailbox."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn

EDGES = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 4), (3, 5), (3, 6), (4, 5), (4, 6), (0, 4)]
SCALE, POWER = [0.0, 1.2, 0.9, 1.1, 0.8], [0.0, 0.6, 0.8, 0.5, 0.7]
WORTH = {5: 2.0, 6: 3.0}
RATE = 0.4


class Node:
    """A firm as it sees the world: who sent what, who posts what. It knows no other node's numbers."""

    def __init__(self, name, buyers):
        self.name, self.shares = name, {buyer: 1 / len(buyers) for buyer in buyers}
        self.mail, self.posts, self.post = {}, dict.fromkeys(buyers, 0.0), 0.0

    @property
    def input(self):
        return (1.0 if self.name == 0 else 0.0) + sum(self.mail.values())

    @property
    def output(self):
        return self.input if self.name == 0 else SCALE[self.name] * self.input ** POWER[self.name]

    def ship(self):
        return {buyer: share * self.output for buyer, share in self.shares.items()}

    def quote(self):
        if self.name in WORTH:
            return 0.5 * WORTH[self.name] * self.input**-0.5
        sells = sum(share * self.posts[buyer] for buyer, share in self.shares.items())
        return sells if self.name == 0 else POWER[self.name] * self.output / self.input * sells

    def reroute(self):
        grown = {b: share * np.exp(RATE * self.output * self.posts[b]) for b, share in self.shares.items()}
        self.shares = {buyer: g / sum(grown.values()) for buyer, g in grown.items()}


class Village:
    """Carries the mail."""

    def __init__(self):
        self.nodes = [Node(k, [b for a, b in EDGES if a == k]) for k in range(7)]

    def round(self, turns):
        for node in self.nodes[:5]:
            for buyer, goods in node.ship().items():
                self.nodes[buyer].mail[node.name] = goods
        for _ in range(turns):
            for node, post in zip(self.nodes, [node.quote() for node in self.nodes], strict=True):
                node.post = post
            for node in self.nodes:
                node.posts = {buyer: self.nodes[buyer].post for buyer in node.posts}

    def reroute(self):
        for node in self.nodes[:5]:
            node.reroute()

    @property
    def shares(self):
        return np.array([[self.nodes[a].shares[b]] for a, b in EDGES])


@pytest.fixture(scope="module")
def village():
    """The same economy for the library."""
    with jax.enable_x64(True):
        firms = [pn.Firm(pn.CobbDouglas([SCALE[k]], [[POWER[k]]])) for k in range(1, 5)]
        eaters = [pn.Consumer(pn.PowerUtility([WORTH[k]])) for k in (5, 6)]
        return pn.Economy([pn.Resource([1.0]), *firms, *eaters], EDGES)


def test_t1_16_messages_reach_the_prices_in_as_many_rounds_as_the_longest_path_has_nodes(double, village):
    shares = village.uniform()
    solution = pn.solve(village, shares)
    exact = pn.prices(village, shares, solution).inputs
    key = jax.random.key(0)
    depth = village.levels.depth
    assert depth == 4

    def off(posts):
        return float(jnp.max(jnp.abs(posts - exact)))

    posts, errors = jnp.zeros_like(exact), []
    for _ in range(depth):
        posts = pn.quote(village, shares, solution, posts)
        errors.append(off(posts))
    assert errors[-1] < 1e-14 and min(errors[:-1]) > 0.1
    for order in (pn.Asynchronous(sweeps=depth), pn.Asynchronous(sweeps=depth, groups=3)):
        quotes = pn.Protocol(quoting=order).quotes(key, village, shares, solution, jnp.zeros_like(exact))
        assert off(quotes) < 1e-14


def four(*shades):
    """Turns enough for exact prices; the two consumers post these parts of their values."""
    return pn.Protocol(
        pn.MirrorAscent(RATE), pn.Synchronous(4), jnp.ones(7).at[jnp.array([5, 6])].set(jnp.array(shades))
    )


def hundreds(way, economy, shares, times):
    """Some hundreds of rounds: one program of a hundred serves all."""
    course, posts = None, {}
    for _ in range(times):
        course = way.fit(economy, shares, 100, **posts)
        shares, posts = course.shares, {"posts": course.posts} if isinstance(course, pn.Trading) else {}
    return course


def test_t1_17_protocol_planner_and_village_are_one(double, village):
    """A hundred rounds: messages alone, the library's protocol, and the planner who sees all."""
    shares = village.uniform()
    planned = pn.Planner(pn.MirrorAscent(RATE)).fit(village, shares, 100)
    traded = hundreds(four(1.0, 1.0), village, shares, 1)
    np.testing.assert_allclose(traded.shares, planned.shares, atol=1e-12)
    np.testing.assert_allclose(traded.welfare, planned.welfare, atol=1e-12)
    people = Village()
    for _ in range(100):
        people.round(turns=4)
        people.reroute()
    np.testing.assert_allclose(people.shares, planned.shares, atol=1e-12)
    assert planned.welfare[-1] > planned.welfare[0] + 0.1


def test_t1_6_posts_that_lag_behind_get_there_too(double, village):
    """Actor and critic: one turn of quoting for each step of the shares."""
    shares = village.uniform()
    best = hundreds(pn.Planner(pn.MirrorAscent(RATE)), village, shares, 20)
    solution = pn.solve(village, best.shares)
    exact = pn.prices(village, best.shares, solution).inputs
    posts = jnp.zeros_like(exact)
    for _ in range(4):  # relaxation of the quotes is the sweep, in the end
        posts = pn.quote(village, best.shares, solution, posts)
    np.testing.assert_allclose(posts, exact, atol=1e-13)
    slow = hundreds(pn.Protocol(pn.MirrorAscent(RATE), pn.Synchronous(1)), village, shares, 20)
    np.testing.assert_allclose(slow.welfare[-1], best.welfare[-1], atol=1e-9)
    np.testing.assert_allclose(slow.posts, exact, atol=1e-4)


def test_t1_15_own_gain_at_posted_prices_is_everybodys(layers):
    """If posts are prices, a node's gradient in its own shares and parameters is that of welfare."""
    e, solution, prices = layers.economy, layers.solution, layers.prices
    posts = prices.inputs

    def own(shares, node):
        """Revenue at the buyers' posts; its input is what it is."""
        mine = e.source == node
        return jnp.sum(jnp.where(mine[:, None], shares * solution.outputs[e.source] * posts[e.target], 0.0))

    gain = jax.jit(jax.grad(own))
    for node in (0, 1, 3):
        mine = np.asarray(e.source == node)
        np.testing.assert_allclose(gain(layers.shares, node)[mine], layers.by_share[mine], atol=1e-12)
    gains = pn.profit_gradients(e, solution, prices)
    np.testing.assert_allclose(gains[1].scale, layers.by_scale, atol=1e-12)


def test_buyers_who_post_less_cost_welfare_unless_all_do(double, village):
    """One share of the value for all consumers changes no split; different shares do (the ledger of failures)."""
    shares = village.uniform()

    def reached(*shades):
        return hundreds(four(*shades), village, shares, 8).welfare[-1]

    fair = reached(1.0, 1.0)
    np.testing.assert_allclose(reached(0.5, 0.5), fair, atol=1e-4)
    assert reached(0.5, 1.0) < fair - 1e-2


def test_what_is_no_protocol(double, village):
    with pytest.raises(ValueError, match="shade must lie"):
        pn.Protocol(shade=1.5)
    with pytest.raises(ValueError, match="asks for welfare, which no firm sees"):
        pn.Protocol(pn.Backtracking()).fit(village, village.uniform(), 1)
