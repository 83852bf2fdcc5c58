"""What every mechanism that sells shares of outcomes can do."""

from __future__ import annotations

import abc
import operator
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int

from catallax.core import in_double

Numbers = Array | np.ndarray
"""On the host double precision in NumPy, inside `jit` and `vmap` arrays of JAX."""

M = TypeVar("M", bound="AbstractMechanism")


class Trade(NamedTuple):
    """Shares for credits: a quote, or what was done."""

    shares: Float[Numbers, " outcomes"]
    """To the trader, each worth a credit if its outcome happens; negative: from the trader."""
    cost: Float[Numbers, ""]
    """Credits from the trader; negative: to the trader."""
    before: Float[Numbers, " outcomes"]
    """Prices before."""
    after: Float[Numbers, " outcomes"]
    """Prices after."""


class AbstractMechanism(eqx.Module):
    """A market for shares of outcomes, of which exactly one will happen; immutable, so that nothing is lost by a refusal."""

    @property
    @abc.abstractmethod
    def prices(self) -> Float[Numbers, "*markets outcomes"]:
        """What one more share of each outcome costs, credits."""

    @property
    @abc.abstractmethod
    def state(self) -> Any:
        """What trades change, as a tree of arrays."""

    @property
    @abc.abstractmethod
    def worst_case_loss(self) -> Float[Numbers, "*markets"]:
        """The most that the house can lose from the opening to the resolution, credits."""

    @abc.abstractmethod
    def quote(
        self,
        outcome: int | Int[Numbers, ""] | None = None,
        *,
        shares: float | Numbers | None = None,
        spend: float | Numbers | None = None,
        to_price: float | Numbers | None = None,
    ) -> Trade:
        """What a trade would be, at the present prices.

        Args:
            outcome: whose shares; without it `shares` has one number for each outcome.
            shares: to the trader; negative: from the trader.
            spend: credits from the trader; negative: to the trader.
            to_price: where the price of the outcome shall be.

        Raises:
            ValueError: where not exactly one of the three is given, or no trade does it.
        """

    @abc.abstractmethod
    def apply(self: M, trade: Trade) -> tuple[M, Trade]:
        """The mechanism after a quoted trade, and the trade.

        Raises:
            ValueError: if prices have moved since the quote, so that it would cost something else.
        """


class AbstractMaker(AbstractMechanism):
    """A mechanism that always trades: the price of any bundle follows from the state."""

    @abc.abstractmethod
    def cost(self, shares: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """Credits for a bundle, at the present state."""

    @abc.abstractmethod
    def after(self, shares: Float[Numbers, " outcomes"]) -> AbstractMaker:
        """The maker once a bundle is sold."""

    def sell(self, shares: Float[Numbers, " outcomes"]) -> tuple[AbstractMaker, Float[Numbers, ""]]:
        """The maker once a bundle is sold, and the cost; a maker that searches for both at once says how."""
        return self.after(shares), self.cost(shares)

    @abc.abstractmethod
    def shares_to(self, outcome: Int[Numbers, ""], price: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Shares of one outcome that bring its price somewhere; not finite where nothing does."""

    @abc.abstractmethod
    def shares_for(self, outcome: Int[Numbers, ""], spend: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Shares of one outcome for so many credits; not finite where nothing costs that."""

    def quote(
        self,
        outcome: int | Int[Numbers, ""] | None = None,
        *,
        shares: float | Numbers | None = None,
        spend: float | Numbers | None = None,
        to_price: float | Numbers | None = None,
    ) -> Trade:
        """See `AbstractMechanism.quote`. Inside `jit` a trade that does not exist is one of NaN shares, which `apply` leaves out."""
        self._check_wish(outcome, shares, spend, to_price)
        trade = _quoted(self, outcome, shares, spend, to_price)
        if not _traced((self, trade)) and not np.isfinite(trade.cost):
            wish = {"shares": shares, "spend": spend, "to_price": to_price}
            told = {name: value for name, value in wish.items() if value is not None}
            raise ValueError(
                f"{type(self).__name__}: no trade in outcome {outcome} does {told} at the price {np.round(self.prices, 9)}."
            )
        return trade

    def apply(self: M, trade: Trade) -> tuple[M, Trade]:
        """See `AbstractMechanism.apply`. Inside `jit` a trade is done at the present prices; one of NaN shares is left out."""
        done, now = _applied(self, trade.shares)
        if not _traced((self, trade, now)):
            if not np.all(np.isfinite(trade.shares)):
                raise ValueError(f"{type(self).__name__}: a trade needs finite shares, got {trade.shares}.")
            if abs(now.cost - trade.cost) > 1e-9 * max(1.0, abs(float(now.cost))):
                raise ValueError(
                    f"{type(self).__name__}: prices have moved since the quote: it said {float(trade.cost):.9g} credits, the shares cost "
                    f"{float(now.cost):.9g} now; quote again."
                )
        return done, now

    def _check_wish(self, outcome: Any, shares: Any, spend: Any, to_price: Any) -> None:
        name = type(self).__name__
        wishes = {"shares": shares, "spend": spend, "to_price": to_price}
        given = [wish for wish, value in wishes.items() if value is not None]
        if len(given) != 1 or (outcome is None and given != ["shares"]):
            raise ValueError(
                f"{name}.quote: expected an outcome with one of shares, spend and to_price, or one number of shares for each outcome; "
                f"got outcome={outcome} with {given or 'nothing'}."
            )
        outcomes = self.prices.shape[-1]
        if outcome is None:
            if np.shape(shares) != (outcomes,):
                raise ValueError(
                    f"{name}.quote: expected {outcomes} numbers of shares, got the shape {np.shape(shares)}."
                )
        elif not isinstance(outcome, Tracer):
            outcome_number(f"{name}.quote", outcomes, outcome)
        value = wishes[given[0]]
        if isinstance(value, Tracer):
            return
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name}.quote: {given[0]} must be finite, got {value}.")
        if to_price is not None and not 0 < float(to_price) < 1:
            raise ValueError(f"{name}.quote: a price can be brought anywhere above 0 and below 1, got {to_price}.")


@in_double
def _quoted(maker: AbstractMaker, outcome: Any, shares: Any, spend: Any, to_price: Any) -> Trade:
    if outcome is None:
        return _trade(maker, jnp.asarray(shares))
    outcome = jnp.asarray(outcome)
    if spend is not None:
        shares = maker.shares_for(outcome, jnp.asarray(spend, float))
    elif to_price is not None:
        shares = maker.shares_to(outcome, jnp.asarray(to_price, float))
    one = jnp.arange(maker.prices.shape[0]) == outcome
    return _trade(maker, jnp.where(one, jnp.asarray(shares), 0.0))


def _trade(maker: AbstractMaker, shares: Array) -> Trade:
    after, cost = maker.sell(shares)
    return Trade(shares, cost, maker.prices, after.prices)


@in_double
def _applied(maker: Any, shares: Any) -> tuple[Any, Trade]:
    sold, cost = maker.sell(shares)
    whole = jnp.isfinite(cost) & jnp.all(jnp.isfinite(shares))
    # cost and maker at hand, not those of no shares: in a loop of trades they are most of the work
    after = jax.tree.map(lambda new, old: old if new is old else jnp.where(whole, new, old), sold, maker)
    return after, Trade(jnp.where(whole, shares, 0.0), jnp.where(whole, cost, 0.0), maker.prices, after.prices)


def _traced(tree: Any) -> bool:
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(tree))


def doubled(number: float | Numbers) -> Numbers:
    """Double precision on the host; a traced number as it is."""
    return number if isinstance(number, Tracer) else np.asarray(number, np.float64)


def outcome_number(part: str, outcomes: int, outcome: Any) -> int:
    """One of the outcomes; half an outcome, or its name, is none.

    Raises:
        ValueError: naming the part and what was given.
    """
    try:
        number = operator.index(outcome)
    except TypeError:
        number = -1
    if not 0 <= number < outcomes:
        raise ValueError(f"{part}: there are the outcomes 0 to {outcomes - 1}, whole numbers; got {outcome!r}.")
    return number


def require_positive(part: str, name: str, number: Any) -> None:
    """Refuse what is not a finite number above 0, as far as it is known.

    Raises:
        ValueError: naming the part and the number.
    """
    if isinstance(number, Tracer):
        return
    try:
        fine = np.shape(number) == () and bool(np.isfinite(number) and number > 0)
    except TypeError:  # of text and other things
        fine = False
    if not fine:
        raise ValueError(f"{part}: {name} must be a finite number above 0, got {number!r}.")


def require_outcomes(part: str, outcomes: int) -> None:
    """Refuse a market about nothing.

    Raises:
        ValueError: for fewer than 2 outcomes.
    """
    if outcomes < 2:
        raise ValueError(f"{part}: a market needs at least 2 outcomes, got {outcomes}.")


def distribution(part: str, outcomes: int, prior: Float[Numbers, " outcomes"] | None) -> Float[np.ndarray, " outcomes"]:
    """Opening prices; all alike where none are given.

    Raises:
        ValueError: unless they are above 0 and add up to 1.
    """
    opening = np.full(outcomes, 1 / outcomes) if prior is None else np.asarray(prior, np.float64)
    if opening.shape != (outcomes,) or not np.all(opening > 0) or abs(opening.sum() - 1) > 1e-6:
        raise ValueError(f"{part}: prior must be {outcomes} prices above 0 that add up to 1, got {prior}.")
    return opening / opening.sum()
