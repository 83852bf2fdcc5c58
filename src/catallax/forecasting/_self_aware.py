"""A market that is asked about itself, even about the price of the very question."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from catallax.core import MICRO, to_micro
from catallax.forecasting._accounts import AbstractMarket
from catallax.forecasting._conditional import names_of
from catallax.forecasting._lmsr import LMSR
from catallax.forecasting._market import PredictionMarket

Worth = Callable[[float], float]
"""From the price of a question to what a share of Yes would be worth at it."""
Settlement = Callable[[Worth, float], float]
"""From the worth at each price, and the last price, to what a share of Yes pays."""

STEPS = 4096
"""Into how many steps prices are divided in search of a crossing; two closer than one may be missed."""
HALVINGS = 60


class Crossing(NamedTuple):
    """A price at which what a question is worth crosses its price."""

    price: float
    consistent: bool
    """Whether it is worth its price there; else the worth jumps across it."""


def crossings(worth: Worth) -> tuple[Crossing, ...]:
    """All prices in [0, 1] at which `worth(p) - p` is 0 or changes sign.

    A continuous worth has a consistent price (Brouwer). "This price will be below 0.4" has none: only a jump, and 0.4 is where the
    price stays that is pushed towards whatever is true at the moment.

    Args:
        worth: of a share at each price, in [0, 1].

    Raises:
        ValueError: if it leaves [0, 1].

    >>> crossings(lambda p: float(p < 0.4))
    (Crossing(price=0.4, consistent=False),)
    >>> [c.price for c in crossings(lambda p: float(p > 0.4)) if c.consistent]
    [0.0, 1.0]
    """
    places = np.linspace(0, 1, STEPS + 1).tolist()
    signs = [_above(worth, place) for place in places]
    found = [Crossing(place, True) for place, sign in zip(places, signs, strict=True) if sign == 0]
    for low, high, before, after in zip(places[:-1], places[1:], signs[:-1], signs[1:], strict=True):
        if before * after < 0:
            price = _halved(worth, low, high)
            found.append(Crossing(price, abs(_checked(worth, price) - price) < 1e-9))
    return tuple(sorted(found))


def literal(worth: Worth, price: float) -> float:
    """Pay what is true at the last price. Where that depends on the price, who trades last decides, and a hair's breadth makes shares pay or not."""
    return _checked(worth, price)


def reflective(worth: Worth, price: float) -> float:
    """Pay the first crossing from the last price, on the side on which the worth lies.

    A question that is not about its own price pays its worth. One with a consistent price pays that; a self-fulfilling one has several
    and the last price chooses; and one without any, as "this price will be below 0.4", pays where its worth jumps, 0.4: who knows
    that gains nothing by moving the price away, and a hair's breadth does not matter.

    >>> reflective(lambda p: float(p < 0.4), 0.9), reflective(lambda p: 1.0, 0.2)
    (0.4, 1.0)
    """
    sign = _above(worth, price)
    if sign == 0:
        return price
    end = 1.0 if sign > 0 else 0.0
    steps = max(1, int(np.ceil(abs(end - price) * STEPS)))
    before = price
    for place in np.linspace(price, end, steps + 1)[1:].tolist():
        if (now := _above(worth, place)) == 0:
            return place
        if now != sign:
            return _halved(worth, *sorted((before, place)))
        before = place
    return end


@dataclass(frozen=True)
class _Question:
    answer: Callable[[SelfAwareMarket], float | Worth]
    """Worth of Yes, or that as a function of the own price; for a choice the number of what is chosen."""
    due: int
    choice: bool


class SelfAwareMarket:
    """A market and, beside it, markets about it.

    Each question is a `PredictionMarket` of its own, so that all accounts close, and is settled by the market itself, never by anybody's
    word: its price later on, its inequality, who will be ahead, its number of trades, the price of another question or of this one.

    >>> market = SelfAwareMarket(PredictionMarket(LMSR(outcomes=2, liquidity=10.0)))
    >>> market.ask("price tomorrow", lambda m: m.main.prices[0], liquidity=5.0, after=1)
    >>> market.ask("this price is below 0.4", lambda m: lambda own: own < 0.4, liquidity=5.0)
    >>> market.main.open("ann", cash=20.0)
    >>> entry = market.main.trade("ann", 0, to_price=0.7)
    >>> round(market.settle("price tomorrow"), 6), round(market.settle("this price is below 0.4"), 6)
    (0.7, 0.4)
    """

    def __init__(self, main: AbstractMarket, settlement: Settlement = reflective) -> None:
        """Open no questions yet.

        Args:
            main: what is asked about.
            settlement: `reflective`, `literal`, or your own.
        """
        self.main, self.settlement = main, settlement
        self.questions: dict[str, PredictionMarket] = {}
        """The markets on the questions; Yes is outcome 0, of a choice the options in order."""
        self._asked: dict[str, _Question] = {}

    def ask(
        self, name: str, worth: Callable[[SelfAwareMarket], float | Worth], liquidity: float, after: int = 0
    ) -> None:
        """Open a market on a question.

        Args:
            name: of the question.
            worth: what a share of Yes is worth, in [0, 1], of this object; a truth value is 1 or 0. Of a question about its own price:
                a function of this price.
            liquidity: of the `LMSR` on it, credits per nat.
            after: trades that have to happen in the main market before it can be settled.

        Raises:
            ValueError: if the name is taken, or `after` negative.
        """
        self._add(name, _Question(worth, self.main.trades + after, False), 2, liquidity)

    def ask_which(
        self,
        name: str,
        which: Callable[[SelfAwareMarket], Hashable],
        options: Sequence[Hashable],
        liquidity: float,
        after: int = 0,
    ) -> None:
        """Open a market on which of several it will be, as who will be ahead.

        Args:
            name: of the question.
            which: the option that came true, of this object.
            options: all of them.
            liquidity: of the `LMSR` on it, credits per nat.
            after: trades that have to happen in the main market before it can be settled.

        Raises:
            ValueError: if the name is taken, `after` negative, or the options are not different.
        """
        told = names_of("SelfAwareMarket", "options", options)

        def answer(market: SelfAwareMarket) -> float:
            if (option := which(market)) not in told:
                raise ValueError(f"SelfAwareMarket: {name!r} came out as {option!r}, which is none of {told}.")
            return float(told.index(option))

        self._add(name, _Question(answer, self.main.trades + after, True), len(told), liquidity)

    def price(self, name: str) -> float:
        """Of Yes, or of the first option; what it paid once it is settled.

        Raises:
            ValueError: for an unknown question, or one that was called off.
        """
        question = self._market(name)
        if question.resolution is None:
            return float(question.prices[0])
        if not question.resolution:
            raise ValueError(
                f"SelfAwareMarket: {name!r} was called off; everybody got back what it paid, and there is no price."
            )
        return question.resolution[0] / MICRO

    def consistent_prices(self, name: str) -> tuple[float, ...]:
        """Prices at which the question would be worth its price, as the market stands; none for a paradox.

        Raises:
            ValueError: for an unknown question, or one between options.
        """
        self._market(name)
        if self._asked[name].choice:
            raise ValueError(
                f"SelfAwareMarket: {name!r} is a choice between options, which cannot depend on its own price."
            )
        worth = self._asked[name].answer(self)
        if not callable(worth):
            return (_within(worth),)
        return tuple(crossing.price for crossing in crossings(worth) if crossing.consistent)

    def settle(self, name: str) -> float:
        """Resolve a question by the state of the market.

        Returns:
            What a share of Yes pays, or the number of the option.

        Raises:
            ValueError: for an unknown question, one that is settled or not yet due, or a worth outside of [0, 1]. Nothing has changed then.
        """
        market, asked = self._market(name), self._asked[name]
        if market.resolution is not None:
            raise ValueError(f"SelfAwareMarket: {name!r} is settled.")
        if self.main.trades < asked.due:
            raise ValueError(f"SelfAwareMarket: {name!r} is due after {asked.due - self.main.trades} more trades.")
        worth = asked.answer(self)
        if asked.choice and not callable(worth):
            market.resolve(int(worth))
            return worth
        due = self.settlement(worth, float(market.prices[0])) if callable(worth) else worth
        pays = Fraction(to_micro(_within(due)), MICRO)
        market.resolve([pays, 1 - pays])
        return float(pays)

    @property
    def imbalance(self) -> int:
        """Sum of all accounts of all markets, micro-credits: exactly 0."""
        return self.main.imbalance + sum(question.imbalance for question in self.questions.values())

    def _add(self, name: str, question: _Question, outcomes: int, liquidity: float) -> None:
        if not callable(question.answer):
            raise ValueError(f"SelfAwareMarket: {name!r} needs a function of this object, got {question.answer!r}.")
        if name in self._asked or question.due < self.main.trades:
            raise ValueError(f"SelfAwareMarket: {name!r} is asked already, or would have been due in the past.")
        self.questions[name] = PredictionMarket(LMSR(outcomes, liquidity))
        self._asked[name] = question

    def _market(self, name: str) -> PredictionMarket:
        if name not in self.questions:
            raise ValueError(f"SelfAwareMarket: there is no question {name!r}; there are {tuple(self.questions)}.")
        return self.questions[name]


def _within(worth: Any) -> float:
    try:
        number = float(worth)
    except (TypeError, ValueError) as error:
        raise ValueError(f"SelfAwareMarket: a share is worth a number between 0 and 1, got {worth!r}.") from error
    if not 0 <= number <= 1:
        raise ValueError(f"SelfAwareMarket: a share is worth between 0 and 1, got {worth}.")
    return number


def _checked(worth: Worth, price: float) -> float:
    return _within(worth(price))


def _above(worth: Worth, price: float) -> float:
    return float(np.sign(_checked(worth, price) - price))


def _halved(worth: Worth, low: float, high: float) -> float:
    """Between two prices on different sides of a crossing."""
    sign = _above(worth, low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _above(worth, middle) == sign else (low, middle)
    return high
