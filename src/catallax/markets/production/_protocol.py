"""The decentralised protocol: firms that see their own inputs, their own outputs and the prices posted next door."""

from __future__ import annotations

import abc
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import split_by
from catallax.markets.production._adjoints import quote
from catallax.markets.production._economy import Bundles, Economy, Shares, Solution
from catallax.markets.production._mirror_ascent import MirrorAscent
from catallax.markets.production._parts import AbstractSolver
from catallax.markets.production._planner import joined
from catallax.markets.production._share_rule import AbstractShareRule
from catallax.markets.production._solve import default_solver


class Trading(NamedTuple):
    """How trade went; the axis `rounds` has the start as its first entry."""

    shares: Shares
    """At the end."""
    posts: Bundles
    """Prices posted at the end, credits per unit."""
    welfare: Float[Array, " rounds"]
    """Credits."""


class AbstractQuoting(eqx.Module):
    """In which order nodes post what they would pay."""

    @abc.abstractmethod
    def turns(self, key: Key[Array, ""], nodes: int) -> Bool[Array, "turns nodes"]:
        """Who posts at which turn of a round; within a turn all read what was posted before it."""


class Synchronous(AbstractQuoting):
    """All at once, some times a round: exact after as many turns as there are nodes on the longest path."""

    turns_each: int = eqx.field(static=True, default=1)
    """Turns in a round."""

    def turns(self, key: Key[Array, ""], nodes: int) -> Bool[Array, "turns nodes"]:
        """See `AbstractQuoting.turns`."""
        return jnp.ones((self.turns_each, nodes), bool)


class Asynchronous(AbstractQuoting):
    """In an order drawn anew in each sweep, some nodes at a time: exact after at most as many sweeps."""

    sweeps: int = eqx.field(static=True, default=1)
    """Times that every node posts in a round."""
    groups: int | None = eqx.field(static=True, default=None)
    """How many turns share the nodes out; None: one node after the other."""

    def turns(self, key: Key[Array, ""], nodes: int) -> Bool[Array, "turns nodes"]:
        """See `AbstractQuoting.turns`."""
        groups = nodes if self.groups is None else self.groups
        orders = jax.vmap(lambda k: jax.random.permutation(k, nodes))(jax.random.split(key, self.sweeps))
        return (orders[:, None, :] % groups == jnp.arange(groups)[None, :, None]).reshape(-1, nodes)


class Protocol(eqx.Module):
    """Rounds of ship, quote and reroute.

    ```
    ship     x_j = r_j + sum_i s_ij y_i
    quote    p_i <- theta_i (dU_i/dx + J_i^T (dU_i/dy + sum_j s_ij (p_j - t_ij)))
    reroute  each seller moves its shares by its own revenue y_i (p_j - t_ij)
    ```
    A node reads its own bundles and shares, and the posts of those it sells to. With enough turns of quoting the posts are the
    planner's prices, and the shares go the planner's way, step by step; with fewer the posts lag behind, as a critic does behind an actor.

    It is assumed, not derived, that buyers post marginal values (someone who looks ahead would post less), and that nobody lacks money.

    Source: Pallavi Sudhir, thesis, chapter on price recursion (backpropagation as a market protocol).
    """

    rule: AbstractShareRule = MirrorAscent()
    quoting: AbstractQuoting = Synchronous()
    shade: float | Float[Array, " nodes"] = 1.0
    """`theta`: the part of the value of its inputs that a buyer posts, in (0, 1]."""
    solver: AbstractSolver | None = None

    def __check_init__(self) -> None:
        if isinstance(self.shade, float | int) and not 0 < self.shade <= 1:
            raise ValueError(f"Protocol: shade must lie in (0, 1], got {self.shade}.")

    def fit(
        self,
        economy: Economy,
        shares: Shares,
        rounds: int,
        *,
        key: Key[Array, ""] | None = None,
        posts: Bundles | None = None,
    ) -> Trading:
        """Trade for some rounds.

        Args:
            economy: of nodes and edges.
            shares: to begin with.
            rounds: of ship, quote and reroute.
            key: of the order in which nodes post; None: the same as `jax.random.key(0)`.
            posts: to begin with, credits per unit; None: nobody has posted, 0.

        Raises:
            ValueError: if the shares are none, or the rule asks for welfare (`Backtracking`).
        """
        economy.check(shares)
        key = jax.random.key(0) if key is None else key
        posts = jnp.zeros_like(economy.endowment) if posts is None else posts
        return _trade(self, economy, shares, posts, rounds, key)

    @eqx.filter_jit
    def quotes(
        self, key: Key[Array, ""], economy: Economy, shares: Shares, solution: Solution, posts: Bundles
    ) -> Bundles:
        """The posts after one round of quoting."""
        shade = jnp.broadcast_to(jnp.asarray(self.shade, posts.dtype), (economy.nodes,))[:, None]

        def turn(now: Bundles, who: Array) -> tuple[Bundles, None]:
            fresh = shade * quote(economy, shares, solution, now)
            return jnp.where(who[:, None], fresh, now), None

        return jax.lax.scan(turn, posts, self.quoting.turns(key, economy.nodes))[0]


def _unseen(shares: Shares) -> Array:
    raise ValueError(
        "Protocol: the rule asks for welfare, which no firm sees; take one that reads revenue alone, as MirrorAscent does."
    )


@eqx.filter_jit
def _trade(
    protocol: Protocol, economy: Economy, shares: Shares, posts: Bundles, rounds: int, key: Key[Array, ""]
) -> Trading:
    splits, rule = economy.choices, protocol.rule
    solver = default_solver(economy, protocol.solver)

    def round_of(carry: tuple[Any, Bundles], number: Int[Array, ""]) -> tuple[tuple[Any, Bundles], Array]:
        state, posted = carry
        now = joined(splits, rule.shares(splits, state), shares)
        solution = solver.solve(economy, now)
        (order,) = split_by(jax.random.fold_in(key, number), "order")
        posted = protocol.quotes(order, economy, now, solution, posted)
        revenue = solution.outputs[economy.source] * (posted[economy.target] - economy.transport)
        return (rule.update(splits, state, revenue, _unseen), posted), solution.welfare

    (state, posts), path = jax.lax.scan(round_of, (rule.init(splits, shares), posts), jnp.arange(rounds))
    end = joined(splits, rule.shares(splits, state), shares)
    return Trading(end, posts, jnp.append(path, solver.solve(economy, end).welfare))
