"""A market whose state is a latent-variable model."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int

from catallax.core import MICRO, Books, to_credits
from catallax.forecasting._accounts import account_of, endow
from catallax.forecasting._mechanism import require_positive
from catallax.forecasting.latent._indicators import AbstractIndicator
from catallax.forecasting.latent._model import MISSING, LatentModel, Seen

EXACT = 1 << 15
"""Outcomes that are still looked at one by one."""


@dataclass(frozen=True, eq=False)
class Position:
    """A trader moved the model from one to another."""

    trader: str
    before: LatentModel
    after: LatentModel
    known: Seen
    """What was seen when it was taken: it pays nothing for that."""

    def log_gain(self, seen: Seen) -> float:
        """`ln P'(x_S | known) - ln P(x_S | known)`, nats, for all that is seen now."""
        now, then = (self.before.codes(what)[None] for what in (seen, self.known))
        mine, theirs = (float(m.log_joint(now)[0] - m.log_joint(then)[0]) for m in (self.after, self.before))
        return mine - theirs

    def log_worst(self, seen: Seen) -> float:
        """The least that may still be added to `log_gain`, nats, whatever is seen and whatever is never seen; see `log_worst`."""
        return log_worst(self.before, self.after, self.before.codes(seen))


class LatentMarket:
    """A logarithmic market on several indicators, traded by moving a latent variable or an indicator's dependence on it.

    A trader that replaces the model `Theta` by `Theta'` is paid `b [ln P'(x) - ln P(x)]` for what is seen after its trade, given what was seen
    before: as each indicator becomes known, its predictive score is paid at once, so that payments never wait for those that remain unknown. They telescope:
    all traders together get what the last model scores above the first. The score is strictly proper for the joint distribution of the indicators, not for the
    latent variable, of which many choices say the same.

    What a trader could still lose in the worst case is set aside from its cash, position by position.

    Source: tailcalled (2023), "Latent variables for prediction markets", whose payments were not found; these are our own.
    """

    def __init__(self, model: LatentModel, liquidity: float | int) -> None:
        """Open the market; the house pays in the worst-case loss.

        Args:
            model: at the opening.
            liquidity: `b`, credits per nat.

        Raises:
            ValueError: for a liquidity that is not above 0.
        """
        require_positive("LatentMarket", "liquidity", liquidity)
        self.liquidity = float(liquidity)
        self.opening = self.model = model
        self.worst_case_loss = -self.liquidity * log_least(model)
        """`b max_x ln(1 / P_0(x))`, credits, or a bound of it where there are too many outcomes."""
        self.books = Books()
        self.books.transfer("house", "maker", math.ceil(Fraction(self.worst_case_loss) * MICRO) + len(model.names))
        self.seen: dict[str, float | int] = {}
        """Indicators that are known."""
        self.is_closed = False
        self._positions: list[Position] = []
        self._traders: list[str] = []

    @property
    def positions(self) -> tuple[Position, ...]:
        """All trades; those that one trader made in a row are one."""
        return tuple(self._positions)

    @property
    def traders(self) -> tuple[str, ...]:
        """Everybody with an account."""
        return tuple(self._traders)

    @property
    def imbalance(self) -> int:
        """Sum of all accounts, micro-credits: exactly 0."""
        return self.books.imbalance

    def probability(self, name: str, given: Seen | None = None):
        """`P(X = v | given, and what is known)`; see `LatentModel.probability`.

        Raises:
            ValueError: for an indicator or value that does not exist, or one that is known to be another.
        """
        for other, value in (given or {}).items():
            if (
                other in self.seen
                and self.model.require(other).code(value) != self.model.codes(self.seen)[self.model.names.index(other)]
            ):
                raise ValueError(f"LatentMarket: {other!r} is known to be {self.seen[other]}, not {value}.")
        return self.model.probability(name, {**(given or {}), **self.seen})

    def cash(self, trader: str) -> float:
        """Credits on the account.

        Raises:
            ValueError: for somebody without one.
        """
        return to_credits(self.books[self._known(trader)])

    def reserved(self, trader: str) -> float:
        """What of the cash the trader could still lose, credits.

        Raises:
            ValueError: for somebody without an account.
        """
        mine = [position for position in self._positions if position.trader == self._known(trader)]
        return to_credits(sum(self._reserve(position) for position in mine))

    def open(self, trader: str, cash: float | int) -> None:
        """Give a trader an account with credits from the house.

        Raises:
            ValueError: if there is one already, the name is taken by the market, or the cash is not a number of at least 0.
        """
        self._check_open()
        endow("LatentMarket", self.books, trader, cash)
        self._traders.append(trader)

    def shift(self, trader: str, amount: float | int, latent: int = 0) -> Position:
        """Move the latent variable up; see `LatentModel.shifted` and `move`."""
        return self.move(trader, self.model.shifted(amount, latent))

    def narrow(self, trader: str, amount: float | int, around: float | int | None = None, latent: int = 0) -> Position:
        """Be surer of the latent variable, or less sure by a negative amount; see `LatentModel.narrowed` and `move`."""
        return self.move(trader, self.model.narrowed(amount, around, latent))

    def edit(self, trader: str, name: str, indicator: AbstractIndicator) -> Position:
        """Change how one indicator depends on the latent variable; see `move`.

        Raises:
            ValueError: if the indicator is known already, or has other values.
        """
        if name in self.seen:
            raise ValueError(f"LatentMarket: {name!r} is known to be {self.seen[name]}; edit another indicator.")
        return self.move(trader, self.model.with_indicator(name, indicator))

    def move(self, trader: str, model: LatentModel) -> Position:
        """Replace the model.

        Args:
            trader: who.
            model: with the same indicators.

        Raises:
            ValueError: if the market is closed, the indicators are others, or the trader could lose more than it has. Nothing has changed then.
        """
        taken, merged, needed = self._planned(trader, model)
        if needed > self.books[trader]:
            raise ValueError(
                f"LatentMarket: {trader!r} has {self.cash(trader)} credits and could lose {to_credits(needed)} with this trade; move less far, "
                f"or let `affordable` find how far."
            )
        if merged:
            self._positions.pop()
        self._positions.append(taken)
        self.model = model
        return taken

    def affordable(self, trader: str, model: LatentModel, digits: float = 1e-3) -> LatentModel:
        """The model farthest on the way to another that the trader can pay for; that itself if it can.

        Args:
            trader: who.
            model: where it would go, on the same nodes.
            digits: of the share of the way.

        Raises:
            ValueError: as `move` does, and if the nodes are others.
        """
        if self._planned(trader, model)[2] <= self.books[trader]:
            return model
        if not np.array_equal(model.points, self.model.points):
            raise ValueError(
                "LatentMarket: a way leads to models on the same nodes only; move there whole or not at all."
            )
        low, high, found = 0.0, 1.0, self.model
        while high - low > digits:
            middle = (low + high) / 2
            way = self.model.blended(model, middle)
            if self._planned(trader, way)[2] <= self.books[trader]:
                low, found = middle, way
            else:
                high = middle
        return found

    def resolve(self, name: str, value: float | int) -> None:
        """An indicator is known: every position is paid its predictive score.

        Raises:
            ValueError: if the market is closed, or the indicator or value does not exist or is known already.
        """
        self._check_open()
        self.model.require(name).code(value)
        if name in self.seen:
            raise ValueError(f"LatentMarket: {name!r} is known to be {self.seen[name]} already.")
        seen = {**self.seen, name: value}
        for position in self._positions:
            gain = self.liquidity * (position.log_gain(seen) - position.log_gain(self.seen))
            self._pay(position.trader, math.floor(Fraction(gain) * MICRO))
        self.seen = seen
        if len(seen) == len(self.model.names):
            self.close()

    def close(self) -> None:
        """End: what is not known stays so and pays nothing.

        Raises:
            ValueError: if the market is closed already.
        """
        self._check_open()
        if self.books["maker"]:
            self.books.transfer("maker", "house", self.books["maker"])
        self.is_closed = True

    def _planned(self, trader: str, model: LatentModel) -> tuple[Position, bool, int]:
        """The position after a trade, whether it continues the last one, and the micro-credits that the trader then must have."""
        self._check_open()
        self._known(trader)
        _require_alike(self.model, model)
        last = self._positions[-1] if self._positions else None
        merged = last is not None and last.trader == trader and last.known == self.seen
        taken = replace(last, after=model) if merged and last else Position(trader, self.model, model, dict(self.seen))
        others = self._positions[:-1] if merged else self._positions
        needed = sum(self._reserve(position) for position in [*others, taken] if position.trader == trader)
        return taken, merged, needed

    def _reserve(self, position: Position) -> int:
        """Micro-credits; payments are rounded down one by one."""
        if self.is_closed:
            return 0
        unknown = len(self.model.names) - len(self.seen)
        return math.ceil(Fraction(max(0.0, -self.liquidity * position.log_worst(self.seen))) * MICRO) + unknown

    def _pay(self, trader: str, amount: int) -> None:
        if amount:
            self.books.transfer(*(("maker", trader) if amount > 0 else (trader, "maker")), abs(amount))

    def _known(self, trader: str) -> str:
        return account_of("LatentMarket", self._traders, trader)

    def _check_open(self) -> None:
        if self.is_closed:
            raise ValueError("LatentMarket: the market is closed; open another one.")


def log_worst(before: LatentModel, after: LatentModel, seen: Int[np.ndarray, " indicators"]) -> float:
    """`min ln P'(x | seen) / P(x | seen)` over all x that can still be seen, nats: exact for up to 2**15 outcomes, otherwise `log_bound`.

    What holds for all indicators holds for any part of them: a ratio of sums is not below the least ratio of their terms.

    Args:
        before: P.
        after: P'.
        seen: codes.
    """
    open_values = [len(i.values) for i, code in zip(before.indicators.values(), seen, strict=True) if code == MISSING]
    if math.prod(open_values) > EXACT:
        return log_bound(before, after, seen)
    outcomes = before.outcomes(seen)
    gains = after.log_joint(outcomes) - before.log_joint(outcomes)
    return float(gains.min() - (after.log_joint(seen[None]) - before.log_joint(seen[None]))[0])


def log_bound(before: LatentModel, after: LatentModel, seen: Int[np.ndarray, " indicators"]) -> float:
    """A number not above `log_worst`, nats, without looking at outcomes one by one.

    With weights `pi` given what is seen, the ratio of the sums is the mean over `P(z_g | x)` of ratios of at least
    `r_g = pi'_g / pi_g prod_i min_v P'(v | g) / P(v | g)`. So it is at least the least of them; and, for any set H of nodes, at least
    `min_{g in H} r_g (1 - sum_{g not in H} max_x P(z_g | x))`, where `P(z_g | x) <= min_h pi_g / pi_h prod_i max_v P(v | g) / P(v | h)`: nodes far
    out, with terrible ratios, hardly ever count. The best H holds all nodes above some ratio.

    Args:
        before: P.
        after: P', on as many nodes.
        seen: codes.

    Raises:
        ValueError: for another number of nodes.
    """
    if len(before.points) != len(after.points):
        raise ValueError(
            f"LatentMarket: a bound needs as many nodes as before, {len(before.points)}; got {len(after.points)}."
        )
    old, new = (m.log_likelihood(seen[None])[0] - m.log_joint(seen[None])[0] for m in (before, after))
    ratios, counts = new - old, old[:, None] - old
    for code, mine, theirs in zip(seen, after.tables, before.tables, strict=True):
        if code == MISSING:
            ratios = ratios + (mine - theirs)[:, :-1].min(1)
            counts = counts + _largest_ratios(theirs[:, :-1])
    order = np.argsort(ratios)
    left_out = np.r_[0.0, np.cumsum(np.exp(np.minimum(counts.min(1)[order], 0.0)))[:-1]]
    bounds = ratios[order] + np.log(np.maximum(1 - left_out, 1e-300))
    return float(bounds.max())


def log_least(model: LatentModel) -> float:
    """`min_x ln P(x)`, nats: exact for up to 2**15 outcomes, otherwise the bound `ln sum_g pi_g prod_i min_v P(v | g)`, below it."""
    nothing = model.codes({})
    if math.prod(len(i.values) for i in model.indicators.values()) <= EXACT:
        return float(model.log_joint(model.outcomes(nothing)).min())
    lowest = model.log_weights + np.stack([table[:, :-1].min(1) for table in model.tables]).sum(0)
    return float(np.logaddexp.reduce(lowest))


def _largest_ratios(table: Float[np.ndarray, "nodes values"]) -> Float[np.ndarray, "nodes nodes"]:
    """`max_v ln P(v | g) / P(v | h)`."""
    found = np.full((len(table), len(table)), -np.inf)
    for column in table.T:
        np.maximum(found, column[:, None] - column, out=found)
    return found


def _require_alike(one: LatentModel, other: LatentModel) -> None:
    same = one.names == other.names and all(
        np.array_equal(one.indicators[n].values, other.indicators[n].values) for n in one.names
    )
    if not same:
        raise ValueError(
            f"LatentMarket: the new model must have the indicators {list(one.names)[:12]} in this order, with the same values."
        )
