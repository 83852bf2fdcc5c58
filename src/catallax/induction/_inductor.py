"""A finite logical inductor whose prices carry a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from catallax.induction._coherence import coherence_gap
from catallax.induction._day import Day, Prices
from catallax.induction._firm import Accounts, BudgetLadder, Firm
from catallax.induction._formula import Formula, sentence
from catallax.induction._market_maker import FINEST, Cleared, clear
from catallax.induction._process import AbstractProcess, News
from catallax.induction._traders import AbstractTraders, settled_truth
from catallax.induction._worlds import Worlds


class Ended(NamedTuple):
    """What is kept of a day."""

    tolerance: float
    """`max(2^-n, tolerance)`, credits."""
    gap: float
    """The certificate: what the firm can gain with the trades of the day in any assignment, credits."""
    lowest: Float[np.ndarray, " traders"]
    """What each trader is worth in its worst plausible world, without budgets, credits."""
    highest: Float[np.ndarray, " traders"]
    """In its best plausible world."""
    margin: float
    """Least `b + W` of all budgeted traders in all plausible worlds, credits."""
    firm: float
    """What the firm is worth in its best plausible world, credits."""


class Exploit(NamedTuple):
    """Evidence on whether a trader exploits the market: worth bounded below and unbounded above."""

    trader: str
    lowest: float
    """Worst plausible worth on any day, credits, all trades at the prices of their own days, without budgets."""
    highest: float
    """Best plausible worth on any day."""
    highest_before: float
    """The same up to the middle day: about as high as `highest` once nothing is left to gain."""
    budgets: tuple[float, ...]
    """Budgets that are not used up, credits."""


class Properties(NamedTuple):
    """What can be seen of a market of so many days; the theory says nothing about rates."""

    days: int
    slack: float
    """Sum of the tolerances: what the firm can gain at most, credits."""
    gap: float
    """Sum of the certificates, credits."""
    firm: float
    """The most that the firm was worth in a plausible world, credits: at most `gap`."""
    margin: float
    """Least `b + worth` of a budgeted trader, credits: at least 0, up to rounding."""
    coherence: float
    """`coherence_gap` of the prices of the sentences that are traded, credits."""
    restlessness: float
    """Largest standard deviation of the price of one sentence over the last fifth of the days; NaN if none was traded all that time."""


@dataclass(frozen=True)
class State:
    """Everything that a day changes."""

    worlds: Worlds
    sentences: tuple[Formula, ...]
    """In the order of listing."""
    places: dict[Formula, int]
    traded: tuple[int, ...]
    """Places of sentences that can be traded."""
    carried: tuple[int, ...]
    """Places of sentences with a column in the accounts."""
    settled: Float[np.ndarray, " listed"]
    last: Float[np.ndarray, " listed"]
    """Last prices."""
    raw: Accounts
    """Of the traders without budgets."""
    budgeted: Accounts
    alive: Bool[np.ndarray, "traders levels"]


class LogicalInductor:
    """Prices of sentences that no listed trader can exploit, day by day.

    `prices_n = MarketMaker_n(TradingFirm_n)`: the firm trades for all traders, each within budgets over the plausible worlds; the maker
    finds prices at which the firm gains at most `tol_n = max(2^-n, tolerance)` in *any* world. What the firm can ever gain is then
    bounded by the sum, so no trader with a positive part in it gains without bound and without risk.

    Finite: the listed traders, in double precision, with as many undecided atoms as can be enumerated. The criterion of the source is
    about all efficiently computable traders and about limits; here it is measured (`exploit_report`, `properties`), not proved.

    Source: Garrabrant, Benson-Tilsen, Critch, Soares and Taylor (2016), "Logical induction".

    >>> from catallax.induction import Constants, DutchBook, Schedule
    >>> market = LogicalInductor(Schedule(("a", "b"), {1: ("a -> b",)}), [Constants([0.2, 0.7]), DutchBook()])
    >>> prices = market.run(30)
    >>> market.coherence_gap() < 1e-6, market.price("a & b")
    (True, nan)
    """

    def __init__(
        self,
        process: AbstractProcess,
        traders: Sequence[AbstractTraders],
        *,
        ladder: BudgetLadder | None = None,
        weights: Sequence[float] | None = None,
        tolerance: float = FINEST,
    ) -> None:
        """
        Args:
            process: what is listed and proved when.
            traders: in a finite list; each object may hold several.
            ladder: budgets; by default eight.
            weights: above 0, one for each trader; by default all alike and adding up to 1. The source takes `2^-k` for an infinite list.
            tolerance: least certificate asked for, credits, at least 1e-12.

        Raises:
            ValueError: for no trader, two of one name, or weights or a tolerance that are not as said.
        """
        names = tuple(name for trader in traders for name in trader.names)
        if not names or len(set(names)) < len(names):
            raise ValueError(f"LogicalInductor: expected traders of different names, at least one, got {names}.")
        shares = np.full(len(names), 1 / len(names)) if weights is None else np.asarray(weights, np.float64)
        if shares.shape != (len(names),) or not np.all(shares > 0) or not np.isfinite(shares.sum()):
            raise ValueError(
                f"LogicalInductor: expected a weight above 0 for each of {len(names)} traders, got {weights}."
            )
        if not 1e-12 <= tolerance < 1:
            raise ValueError(f"LogicalInductor: a tolerance lies between 1e-12 and 1 credits, got {tolerance}.")
        self.process, self.traders, self.names = process, tuple(traders), names
        self.ladder, self.weights, self.tolerance = ladder or BudgetLadder(), shares, tolerance
        levels = self.ladder.budgets.size
        self.history: list[Prices] = []
        """Prices of each day."""
        self.days: list[Ended] = []
        """What else is kept of each day."""
        self._state = State(
            Worlds(), (), {}, (), (), np.zeros(0), np.zeros(0),
            Accounts(np.zeros(len(names)), np.zeros((len(names), 0))),
            Accounts(np.zeros((len(names), levels)), np.zeros((len(names), levels, 0))),
            np.ones((len(names), levels), bool),
        )  # fmt: skip

    @property
    def sentences(self) -> tuple[Formula, ...]:
        """All that were ever listed, in their order."""
        return self._state.sentences

    @property
    def worlds(self) -> Worlds:
        """Plausible worlds now."""
        return self._state.worlds

    def price(self, of: Formula | str) -> float:
        """Last price of a sentence; NaN for one that is not listed, which has no price yet.

        Raises:
            ValueError: for an atom that nothing listed or proved has told of.
        """
        place = self._place(of)
        return float("nan") if place is None else float(self._state.last[place])

    def path(self, of: Formula | str) -> Float[np.ndarray, " days"]:
        """Prices of a sentence; NaN on days on which it was not traded.

        Raises:
            ValueError: as `price` does.
        """
        place = self._place(of)
        found = [day.prices[day.listed == place] for day in self.history]
        return np.asarray([price[0] if price.size else np.nan for price in found])

    def first_prices(self) -> Float[np.ndarray, " listed"]:
        """Price of every sentence on the day of its listing."""
        first = np.full(len(self.sentences), np.nan)
        for day in reversed(self.history):
            first[day.listed] = day.prices
        return first

    def run(self, days: int) -> dict[Formula, float]:
        """Several days; the prices of the last."""
        prices: dict[Formula, float] = {}
        for _ in range(days):
            prices = self.step()
        return prices

    def step(self) -> dict[Formula, float]:
        """One day: news, traders, prices.

        Returns:
            prices of the sentences traded today.

        Raises:
            ValueError: if the theory is inconsistent, a sentence is listed twice, or a trader is not finite.
            UncertifiedPrices: if no safe prices are found. In each case nothing has changed.
        """
        number = len(self.history) + 1
        state = self._told(self.process.news(number, self.price))
        today = np.asarray(state.traded, np.int64)
        sentences = tuple(state.sentences[place] for place in state.traded)
        day = Day(number, sentences, today, state.worlds.truth(sentences), state.settled, self.history)
        past = state.raw.worth(state.worlds.truth(state.sentences[place] for place in state.carried))
        firm = Firm.of_day(
            self.names,
            [trader.strategy(day) for trader in self.traders],
            day,
            past,
            self.ladder,
            state.alive,
            self.weights,
        )
        tolerance = max(2.0**-number, self.tolerance)
        known = state.last[today]
        start = np.where(np.isnan(known), 0.5, known)
        cleared = clear(firm, start, tolerance) if today.size else Cleared(np.zeros(0), 0.0)
        state, ended = self._traded(state, firm, today, cleared, tolerance)
        self._state = state
        self.history.append(Prices(today, cleared.prices))
        self.days.append(ended)
        return dict(zip(sentences, cleared.prices.tolist(), strict=True))

    def exploit_report(self, trader: str) -> Exploit:
        """What a listed trader could have gained without budgets.

        Raises:
            ValueError: for a trader that is not listed.
        """
        if trader not in self.names:
            raise ValueError(f"LogicalInductor: no trader {trader!r}; there are {self.names}.")
        place, half = self.names.index(trader), (len(self.days) + 1) // 2
        low = [day.lowest[place] for day in self.days]
        high = [day.highest[place] for day in self.days]
        return Exploit(
            trader,
            float(min(low, default=0.0)),
            float(max(high, default=0.0)),
            float(max(high[:half], default=0.0)),
            tuple(self.ladder.budgets[self._state.alive[place]].tolist()),
        )

    def coherence_gap(self) -> float:
        """See `coherence_gap`: of the last prices of all sentences that can be traded, credits."""
        state = self._state
        places = [place for place in state.traded if not np.isnan(state.last[place])]
        if not places:
            return 0.0
        return coherence_gap(state.last[places], state.worlds.truth(state.sentences[place] for place in places))

    def properties(self) -> Properties:
        """What can be seen of the properties of the source."""
        days = self.days
        return Properties(
            len(days),
            sum(day.tolerance for day in days),
            sum(day.gap for day in days),
            max((day.firm for day in days), default=0.0),
            min((day.margin for day in days), default=float(self.ladder.budgets[0])),
            self.coherence_gap(),
            self._restlessness(),
        )

    def _place(self, of: Formula | str) -> int | None:
        """Where a sentence is listed."""
        formula, worlds = sentence(of), self._state.worlds
        if unknown := formula.atoms - {*worlds.atoms, *worlds.decided}:
            raise ValueError(
                f"LogicalInductor: nothing listed or proved has the atoms {sorted(unknown)}; known are {sorted({*worlds.atoms, *worlds.decided})[:12]}."
            )
        return self._state.places.get(formula)

    def _told(self, news: News) -> State:
        """After the news: worlds, listings, and decided sentences paid."""
        state = self._state
        twice = [formula for formula in news.listed if formula in state.places]
        if twice or len(set(news.listed)) < len(news.listed):
            raise ValueError(f"LogicalInductor: listed twice: {[str(formula) for formula in twice or news.listed]}.")
        unknown = [formula for formula in news.closed if formula not in state.places]
        if unknown:
            raise ValueError(
                f"LogicalInductor: cannot close what is not listed: {[str(formula) for formula in unknown]}."
            )
        worlds = state.worlds.given(news.proved).knowing(name for formula in news.listed for name in formula.atoms)
        new = range(len(state.sentences), len(state.sentences) + len(news.listed))
        sentences = (*state.sentences, *news.listed)
        closed = {state.places[formula] for formula in news.closed}
        told = settled_truth(worlds.truth(sentences[place] for place in state.carried))
        settled = np.concatenate([state.settled, settled_truth(worlds.truth(news.listed))])
        settled[list(state.carried)] = told
        traded = (*(place for place in state.traded if place not in closed), *new)
        kept = tuple(place for place, value in zip(state.carried, told, strict=True) if np.isnan(value))
        carried = (*kept, *(place for place in traded if place not in kept))
        return replace(
            state,
            worlds=worlds,
            sentences=sentences,
            places={**state.places, **{sentences[place]: place for place in new}},
            traded=traded,
            carried=carried,
            settled=settled,
            last=np.concatenate([state.last, np.full(len(new), np.nan)]),
            raw=state.raw.paid(told).carrying(len(carried)),
            budgeted=state.budgeted.paid(told).carrying(len(carried)),
        )

    def _traded(
        self, state: State, firm: Firm, today: np.ndarray, cleared: Cleared, tolerance: float
    ) -> tuple[State, Ended]:
        prices = cleared.prices
        columns = np.asarray([state.carried.index(place) for place in today], np.int64)
        shares = firm.shares(prices)
        scales = np.where(firm.weights > 0, firm.scales(shares, prices), 0.0)
        raw = state.raw.after(shares, prices, columns)
        budgeted = state.budgeted.after(scales[..., None] * shares[:, None, :], prices, columns)
        truth = state.worlds.truth(state.sentences[place] for place in state.carried)
        alone, within = raw.worth(truth), budgeted.worth(truth)
        lowest, budgets = alone.min(-1), self.ladder.budgets
        parts = self.weights[:, None] * self.ladder.weights
        last = state.last.copy()
        last[today] = prices
        ended = Ended(
            tolerance,
            cleared.gap,
            lowest,
            alone.max(-1),
            float((within.min(-1) + budgets).min()),
            float(np.tensordot(parts, within, 2).max()),
        )
        alive = (firm.weights > 0) & (lowest[:, None] > -budgets)
        return replace(state, raw=raw, budgeted=budgeted, last=last, alive=alive), ended

    def _restlessness(self) -> float:
        last = self.history[len(self.history) - len(self.history) // 5 :]
        always = set.intersection(*(set(day.listed.tolist()) for day in last)) if last else set()
        spread = [np.std([day.prices[day.listed == place][0] for day in last]) for place in always]
        return float(max(spread, default=float("nan")))
