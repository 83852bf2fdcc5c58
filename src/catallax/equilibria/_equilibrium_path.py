"""Exchange with complements: follow the equilibria of economies with less and less of a buyer whose equilibrium is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import AbstractValuation, Equilibrium
from catallax.equilibria._certificate import cleared
from catallax.equilibria._excess_demand_newton import Economy, descended, direction, unsold
from catallax.equilibria._exchange import AbstractExchange, certify_exchange
from catallax.equilibria._mehrotra import slopes_alone
from catallax.equilibria.valuations import AbstractSmooth


class EquilibriumPath(AbstractExchange):
    """Path following in prices and the agents' share `t` of the economy, in `O(agents goods^2)` a step.

    Beside the agents stands a buyer who owns the share `1 - t` of everything and spends fixed shares `c_j` of its money:

        H_j(p, t) = t f_j(p) + (1 - t) (c_j - p_j) = 0,

    with `f` the excess demand in money. At `t = 0` its only solution is `p = c`. For `t < 1` no price is 0, and the curve of
    solutions that begins there has nowhere to end but at `t = 1`, an equilibrium of the agents alone, for all but a null set of `c`. It may
    turn back on its way and be long, in the worst case exponentially: the certificate tells whether the steps were enough.
    Followed along its arc, with a tangent and Newton's method back to the curve, where Newton's method from its begin does
    not get there at once.

    Source: Smale (1976) and Eaves (1972), following curves of equilibria; this curve is our own choice.
    """

    tol: float = 1e-6
    """Largest gap and clearing error, a share of all incomes."""
    steps: int = eqx.field(static=True, default=2_000)
    """Along the curve at most."""

    def exchange(self, valuation: AbstractValuation, endowments: Float[Array, "agents goods"]) -> Equilibrium:
        """See `AbstractExchange.exchange`; needs `Leontief`, `CobbDouglas` or `CES`.

        Raises:
            TypeError: for another valuation.
        """
        if not isinstance(valuation, AbstractSmooth):
            raise TypeError(
                f"EquilibriumPath: expected valuations.Leontief, CobbDouglas or CES, got {type(valuation).__name__}."
            )
        economy = Economy(valuation, endowments)
        held = jax.lax.stop_gradient(economy)
        logs, count = reached(held, self.tol, self.steps)
        step = direction(held, logs, economy.excess(logs))
        prices = economy.prices(logs + slopes_alone(step))
        incomes = endowments @ prices
        bundles = cleared(
            (incomes / valuation.unit_cost(prices))[:, None] * valuation.unit_demand(prices), economy.supply
        )
        return certify_exchange(valuation, endowments, prices, bundles, tol=self.tol, iterations=count)


class Curve(NamedTuple):
    """Where the follower stands: logarithms of the prices and then the agents' share, its direction, and its pace."""

    at: Float[Array, " unknowns"]
    tangent: Float[Array, " unknowns"]
    pace: Float[Array, ""]
    count: Int[Array, ""]

    @property
    def logs(self) -> Float[Array, " goods"]:
        """Of the prices."""
        return self.at[:-1]


def buyer(goods: int) -> Float[Array, " goods"]:
    """Its shares of spending: nearly equal, but with no symmetry that would let curves meet."""
    return jax.nn.softmax(0.1 * jax.random.normal(jax.random.key(0), (goods,)))


def missing(economy: Economy, at: Float[Array, " unknowns"]) -> Float[Array, " goods"]:
    """`H`, money."""
    prices, share = jax.nn.softmax(at[:-1]), at[-1]
    return share * economy.excess(at[:-1]) + (1 - share) * (buyer(prices.size) - prices)


def system(
    economy: Economy, at: Float[Array, " unknowns"], tangent: Float[Array, " unknowns"]
) -> Float[Array, "unknowns unknowns"]:
    """Minus the slopes of `H`, good by good as a share of its price, the level of all prices held; below them the tangent."""
    prices, share = jax.nn.softmax(at[:-1]), at[-1]
    slopes = share * economy.slopes(at[:-1]) - (1 - share) * jnp.diag(prices)
    by_share = economy.excess(at[:-1]) - (buyer(prices.size) - prices)
    rows = jnp.concatenate([prices[None, :] - slopes / prices[:, None], -(by_share / prices)[:, None]], 1)
    return jnp.concatenate([rows, tangent[None, :]])


def back(
    economy: Economy, guess: Float[Array, " unknowns"], tangent: Float[Array, " unknowns"]
) -> Float[Array, " unknowns"]:
    """A few steps of Newton's method to the curve, across the tangent."""

    def step(_: Any, at: Array) -> Array:
        right = jnp.append(missing(economy, at) / jax.nn.softmax(at[:-1]), 0.0)
        return at + jnp.linalg.solve(system(economy, at, tangent), right)

    return jax.lax.fori_loop(0, 4, step, guess)


def ahead(economy: Economy, curve: Curve) -> Curve:
    """One step along the curve, or a shorter pace."""
    guess = curve.at + curve.pace * curve.tangent
    found = back(economy, guess, curve.tangent)
    close = 1e3 * jnp.finfo(found.dtype).eps ** 0.75
    good = (jnp.sum(jnp.abs(missing(economy, found))) <= close) & (jnp.linalg.norm(found - guess) <= curve.pace / 2)
    here = jnp.zeros_like(found).at[-1].set(1.0)
    tangent = jnp.linalg.solve(system(economy, found, curve.tangent), here)
    tangent = tangent / jnp.linalg.norm(tangent)
    good &= jnp.all(jnp.isfinite(tangent)) & (tangent @ curve.tangent > 0.7)  # no sharper turn in a step
    beyond = good & (found[-1] > 1)  # then as far as a straight line says, and a little less
    short = 0.999 * (1 - curve.at[-1]) / jnp.where(beyond, found[-1] - curve.at[-1], 1.0)
    taken = good & ~beyond
    pace = jnp.where(good, jnp.where(beyond, short * curve.pace, jnp.minimum(1.5 * curve.pace, 1.0)), curve.pace / 3)
    return Curve(jnp.where(taken, found, curve.at), jnp.where(taken, tangent, curve.tangent), pace, curve.count + 1)


def followed(economy: Economy, tol: Array | float, steps: Array) -> tuple[Float[Array, " goods"], Int[Array, ""]]:
    """Logarithms of the prices at the end of the curve, and the steps."""
    shares = buyer(economy.supply.size)
    begin = jnp.append(jnp.log(shares), 0.0)
    tangent = jnp.append(economy.excess(begin[:-1]) / shares, 1.0)
    first = Curve(begin, tangent / jnp.linalg.norm(tangent), jnp.asarray(0.1, begin.dtype), jnp.asarray(0))
    tiny = jnp.finfo(begin.dtype).eps
    curve = jax.lax.while_loop(
        lambda curve: (curve.at[-1] < 1 - tol) & (curve.count < steps) & (curve.pace > tiny),
        lambda curve: ahead(economy, curve),
        first,
    )
    return curve.logs, curve.count


def reached(economy: Economy, tol: float, steps: int) -> tuple[Float[Array, " goods"], Int[Array, ""]]:
    """Logarithms of equilibrium prices and the steps: by Newton's method from the curve's begin, or else from its end."""
    goal = jnp.maximum(1e-4 * tol, 8 * jnp.finfo(economy.endowments.dtype).eps)

    def attempt(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        _, _, count, number = carry
        logs, walked = followed(economy, tol / 8, jnp.where(number > 0, steps, 0))
        found = descended(economy, logs, goal, 50)
        return found.logs, unsold(economy, found.logs), count + walked + found.count, number + 1

    zero = jnp.asarray(0)
    logs, _, count, _ = jax.lax.while_loop(
        lambda carry: (carry[1] > tol / 4) & (carry[3] < 2),
        attempt,
        (jnp.zeros_like(economy.supply), jnp.asarray(jnp.inf, economy.supply.dtype), zero, zero),
    )
    return logs, count
