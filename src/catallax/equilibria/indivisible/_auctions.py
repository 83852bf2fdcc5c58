"""Auctions in which all prices move together, up or down, until demand fits supply."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.equilibria.indivisible._certificate import PricedAllocation, certified
from catallax.equilibria.indivisible._input import all_bundles, units
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation
from catallax.equilibria.indivisible._winner_determination import WinnerDetermination

MOST_ROUNDS = 10**6
"""Rounds after which an auction would take too long to be worth starting."""

Table = Float[Array, "agents bundles"]


class AuctionRun(NamedTuple):
    """Where an auction ended."""

    prices: Float[Array, " goods"]
    """Credits per unit."""
    rounds: Int[Array, ""]
    """How often prices moved."""


class AbstractPriceAuction(eqx.Module):
    """Prices that move by a step, all at once, until demand fits supply."""

    step: eqx.AbstractVar[float]
    """Credits by which prices move."""

    def __check_init__(self) -> None:
        if isinstance(self.step, float | int) and not 0 < self.step < np.inf:
            raise ValueError(f"{type(self).__name__}: step must be a positive number of credits, got {self.step}.")

    @abstractmethod
    def run(self, table: Table, supply: Float[Array, " goods"]) -> AuctionRun:
        """The prices alone, on the device, with `jit` and `vmap`.

        Args:
            table: credits, see `AbstractBundleValuation.table`.
            supply: units of each good.
        """

    def solve(self, valuation: AbstractBundleValuation, supply: Any = None) -> PricedAllocation:
        """Prices, bundles and certificate; the bundles are those of `WinnerDetermination`, which all clearing prices support.

        Args:
            valuation: of all agents.
            supply: whole units of each good, one of each if nothing is said.

        Raises:
            ValueError: if supply is negative or not whole, there are too many goods to list their bundles, or the step is tiny.
            TimeoutError: if the best allocation was not found in time.
        """
        name = type(self).__name__
        stock, table = units(name, supply, valuation.goods), valuation.table()
        if table.max(initial=0.0) * valuation.goods > MOST_ROUNDS * self.step:
            raise ValueError(
                f"{name}: a step of {self.step} credits can take more than {MOST_ROUNDS} rounds for values up to "
                f"{table.max():.4g}; choose a larger one."
            )
        with jax.enable_x64(True):
            prices = np.asarray(_jitted(self, jnp.asarray(table), jnp.asarray(stock)).prices)
        return certified(valuation, stock, WinnerDetermination().allocate(valuation, stock).bundles, prices)


class AscendingAuction(AbstractPriceAuction):
    """All prices start at 0, and those of the smallest set of goods in greatest excess demand rise by a step until there is none.

    Prices `p` move to `p + step * 1_S`, where S is the smallest set that lowers the convex function
    `L(p) = sum_j supply_j p_j + sum_a max_T [v_a(T) - p(T)]` most. Under gross substitutes they end at the lowest Walrasian
    prices: exactly if all values are whole multiples of the step, otherwise within `goods * step` of them. Without gross
    substitutes it ends too, and the certificate tells how far from clearing.

    Args:
        step: credits by which prices rise.

    Raises:
        ValueError: if the step is not positive.

    Source: Gul and Stacchetti (2000) and Ausubel (2006), as steepest descent by Murota, Shioura and Yang (2013).

    >>> from catallax.equilibria.indivisible import UnitDemand
    >>> AscendingAuction().solve(UnitDemand([[5, 3], [4, 1]])).prices.tolist()
    [2.0, 0.0]
    """

    step: float = 1.0

    def run(self, table: Table, supply: Float[Array, " goods"]) -> AuctionRun:
        return _descend(table, supply, jnp.zeros_like(supply), jnp.asarray(self.step, table.dtype))


class DescendingAuction(AbstractPriceAuction):
    """The mirror: all prices start where nobody wants more than is there, and fall; under gross substitutes to the highest Walrasian prices.

    Args:
        step: credits by which prices fall.

    Raises:
        ValueError: if the step is not positive.

    Source: Gul and Stacchetti (2000); Murota, Shioura and Yang (2013).

    >>> from catallax.equilibria.indivisible import UnitDemand
    >>> DescendingAuction().solve(UnitDemand([[5, 3], [4, 1]])).prices.tolist()
    [4.0, 2.0]
    """

    step: float = 1.0

    def run(self, table: Table, supply: Float[Array, " goods"]) -> AuctionRun:
        singles = table[:, 2 ** np.arange(supply.shape[0])].max(0)
        step = jnp.asarray(self.step, table.dtype)
        return _descend(table, supply, step * jnp.ceil(singles / step), -step)


@eqx.filter_jit
def _jitted(auction: AbstractPriceAuction, table: Table, supply: Float[Array, " goods"]) -> AuctionRun:
    return auction.run(table, supply)


def _descend(
    table: Table, supply: Float[Array, " goods"], start: Float[Array, " goods"], step: Float[Array, ""]
) -> AuctionRun:
    """Steepest descent of the Lyapunov function by signed steps, until no set of goods lowers it."""
    moves = jnp.asarray(all_bundles(supply.shape[0]), table.dtype)
    size = moves.sum(1)
    slack = jnp.abs(step) * jnp.sqrt(jnp.finfo(table.dtype).eps)

    def better(prices: Float[Array, " goods"]) -> tuple[Array, Array]:
        """By how much the best move lowers the function, and the smallest of the best moves."""
        worth = _best_utilities(table - (moves @ prices)[None, :], step).sum(0) + step * (moves @ supply)
        allowed = (prices[None, :] + step * moves >= -slack).all(1)
        after = jnp.where(allowed, worth, jnp.inf)
        least = after.min()
        smallest = jnp.argmin(jnp.where(after <= least + slack, size, jnp.inf))
        return worth[0] - least, moves[smallest]

    def going(state: tuple[AuctionRun, Array, Array]) -> Array:
        return state[1] > slack

    def move(state: tuple[AuctionRun, Array, Array]) -> tuple[AuctionRun, Array, Array]:
        run, _, goods = state
        prices = run.prices + step * goods
        return AuctionRun(prices, run.rounds + 1), *better(prices)

    first = AuctionRun(start, jnp.zeros((), jnp.int32))
    return jax.lax.while_loop(going, move, (first, *better(start)))[0]


def _best_utilities(utility: Table, step: Float[Array, ""]) -> Table:
    """`max over T of [utility(T) - step * |S and T|]` for every set S of goods, good by good instead of pair by pair of sets."""
    agents, bundles = utility.shape
    for good in range(bundles.bit_length() - 1):
        without, held = jnp.moveaxis(utility.reshape(agents, -1, 2, 2**good), 2, 0)
        utility = jnp.stack([jnp.maximum(without, held), jnp.maximum(without, held - step)], 2).reshape(agents, bundles)
    return utility
