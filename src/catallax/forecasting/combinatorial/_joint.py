"""A market on all combinations of several variables."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, Books, to_credits
from catallax.forecasting._accounts import account_of, endow
from catallax.forecasting._log import LEAST, Entry, TradeLog
from catallax.forecasting._mechanism import require_positive
from catallax.forecasting.combinatorial._edit import Edit, moved, within
from catallax.forecasting.combinatorial._engine import AbstractEngine
from catallax.forecasting.combinatorial._variables import Evidence, Factor, Given, Variables

J = TypeVar("J", bound="AbstractJointMarket")

SLACK = 1e-12
"""Nats by which an edit at its limit may miss it through rounding."""


class AbstractJointMarket(AbstractEngine):
    """A logarithmic market on the joint distribution of several variables, traded by conditional probabilities.

    An edit `P(T | A=a): p -> p'` multiplies `p(x)` by `r(x) = p'(t) / p(t)` where A = a, and adds `b ln r(x)` credits to the assets `S(x)` of the trader.
    What a trader owns is a table of credits over all combinations; it may move a probability as far as that stays at least 0 everywhere. `P(A)` does not
    move, nor does anything given other states of A. All assets and those of the house add up to the same in every combination.

    Refused edits change nothing. On the host, double precision, logarithms throughout.

    Source: Hanson (2003, 2007), "Logarithmic market scoring rules for modular combinatorial information aggregation".
    """

    def __init__(self, variables: Mapping[str, int], liquidity: float | int, factors: Sequence[Factor] = ()) -> None:
        """Open the market; the house pays in the worst-case loss.

        Args:
            variables: number of states of each, at least 2.
            liquidity: `b`, credits per nat.
            factors: whose product is the opening distribution, scaled to add up to 1; uniform without. Positive.

        Raises:
            ValueError: for fewer states, a liquidity that is not above 0, or a factor that is not a positive table over known variables.
        """
        require_positive(self._name, "liquidity", liquidity)
        self.liquidity = float(liquidity)
        self.variables = Variables(self._name, variables)
        self._begin([self.variables.factor(*factor) for factor in factors])
        self.books = Books()
        self.worst_case_loss = -self.liquidity * self._log_least_opening()
        """`b max_x ln(1 / p_0(x))`, credits: the most that the house can lose."""
        self.books.transfer("house", "maker", math.ceil(Fraction(self.worst_case_loss) * MICRO) + 1)
        self.resolved: dict[str, int] = {}
        """States of the variables that are known."""
        self.log = TradeLog()
        """All that happened; see `replay`."""
        self._edits: list[Edit] = []
        self._traders: list[str] = []

    # What is asked

    @property
    def traders(self) -> tuple[str, ...]:
        """Everybody with an account."""
        return tuple(self._traders)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits in their order."""
        return tuple(self._edits)

    @property
    def is_settled(self) -> bool:
        """Whether all variables are known, and everybody is paid."""
        return len(self.resolved) == len(self.variables)

    def probability(self, variable: str, given: Given | None = None) -> Float[np.ndarray, " states"]:
        """`P(variable | given)`.

        Args:
            variable: whose states.
            given: states of other variables, or likelihoods of their states (soft evidence): what is seen counts `P(x) prod_i L_i(x_i)`.

        Raises:
            ValueError: for what does not exist, or evidence that cannot be.
        """
        number, evidence = self.variables.number(variable), self.variables.evidence(given)
        return np.exp(self._normal(self._log_chances((number,), evidence), given))

    def chance(self, event: Mapping[str, int], given: Given | None = None) -> float:
        """`P(event | given)`, of states of any variables at once.

        Raises:
            ValueError: for what does not exist, or evidence that cannot be.
        """
        evidence = self.variables.evidence(given)
        before = self._log_total(evidence)
        self._require_possible(before, given)
        return math.exp(self._log_total([*evidence, *self.variables.evidence(event)]) - before)

    def limits(
        self, trader: str, variable: str, state: int = 1, given: Mapping[str, int] | None = None
    ) -> tuple[float, float]:
        """How low and how high the trader can bring `P(variable = state | given)` so that its assets stay at least 0 everywhere.

        `p exp(-min S / b)` with the minimum where the state happens, and `1 - (1 - p) exp(-min S / b)` with the minimum where another one does.

        Raises:
            ValueError: as `quote` does.
        """
        scope, rows, prices = self._slice(variable, given)
        self.variables.state(variable, state)
        floors = self._log_floors(self._known(trader), scope, [])[rows]
        others = np.arange(self.variables[variable]) != state
        price = float(np.exp(prices[state]))
        rest = float(np.exp(prices[others]).sum())
        return price * math.exp(-floors[state]), 1 - rest * math.exp(-float(floors[others].min()))

    def minimum(self, trader: str, given: Given | None = None) -> float:
        """The least that the trader's assets can be worth, credits; of combinations that the evidence leaves possible.

        Raises:
            ValueError: for what does not exist, or evidence that cannot be.
        """
        evidence = self._possible(given)
        return self.liquidity * self._log_floor(self._known(trader), evidence)

    def worst(self, trader: str, given: Given | None = None) -> dict[str, int]:
        """A combination at which the assets are what `minimum` says.

        Raises:
            ValueError: for what does not exist, or evidence that cannot be.
        """
        found = self._log_worst(self._known(trader), self._possible(given))
        return {name: found[number] for number, name in enumerate(self.variables)}

    def expected(self, trader: str, given: Given | None = None) -> float:
        """What the trader's assets are worth at the present probabilities, credits.

        Raises:
            ValueError: for what does not exist, or evidence that cannot be.
        """
        evidence = self._possible(given)
        return self.liquidity * self._log_mean(self._known(trader), evidence)

    def assets(self, trader: str, states: Mapping[str, int]) -> float:
        """What the trader gets if everything turns out so, credits.

        Raises:
            ValueError: unless there is one state for each variable.
        """
        return self.liquidity * self._log_assets(self._known(trader), self.variables.combination(states))

    def house_assets(self, states: Mapping[str, int]) -> float:
        """What is left of the worst-case loss if everything turns out so, credits: never below 0, `b ln(p_0(x) / p(x))` more than at the opening.

        Raises:
            ValueError: unless there is one state for each variable.
        """
        return self.worst_case_loss - self.liquidity * self._log_moved(self.variables.combination(states))

    # What is done

    def open(self, trader: str, cash: float | int) -> None:
        """Give a trader an account with credits from the house.

        Raises:
            ValueError: if there is one already, the name is taken by the market, or the cash is not a number of at least 0.
        """
        self._check_open()
        amount = endow(self._name, self.books, trader, cash)
        # what a trader owns is from now on in its assets, and the maker keeps the money for them
        if amount:
            self.books.transfer(trader, "maker", amount)
        self._endow(trader, to_credits(amount) / self.liquidity)
        self._traders.append(trader)
        self.log.append("open", trader, cash=amount)

    def quote(
        self,
        trader: str,
        variable: str,
        state: int = 1,
        *,
        to: float | int | Sequence[float | int],
        given: Mapping[str, int] | None = None,
        most: float | int | None = None,
        allow_negative: bool = False,
    ) -> Edit:
        """What an edit would do.

        Args:
            trader: who.
            variable: T.
            state: whose probability moves, the other states keeping their proportions.
            to: its new probability, between 1e-6 and 1 - 1e-6; or those of all states, adding up to 1.
            given: the condition A = a.
            most: credits that the edit may cost whatever happens; it goes as far as they allow, all states in proportion to the whole way.
            allow_negative: let assets fall below 0; the house bears what is not paid in the end.

        Raises:
            ValueError: for what does not exist or is known already, a condition that cannot be, a probability out of range or outside the trader's limits,
                a most that is not above 0, or variables that share no clique.
        """
        return self._planned(trader, variable, state, to, given, most, allow_negative)[0]

    def edit(
        self,
        trader: str,
        variable: str,
        state: int = 1,
        *,
        to: float | int | Sequence[float | int],
        given: Mapping[str, int] | None = None,
        most: float | int | None = None,
        allow_negative: bool = False,
        reason: str = "",
    ) -> Edit:
        """Move a conditional probability; see `quote`. The reason is written in the log."""
        quoted, scope, ratio = self._planned(trader, variable, state, to, given, most, allow_negative)
        condition = {name: int(value) for name, value in (given or {}).items()}
        wish = {
            "variable": variable,
            "state": int(state),
            "to": np.asarray(to, np.float64).tolist(),
            "given": condition,
            "most": None if most is None else float(most),
            "allow_negative": bool(allow_negative),
        }
        about = json.dumps({**wish, LEAST: quoted.minimum})
        self._scale(trader, scope, ratio)
        self._edits.append(quoted)
        self.log.append("edit", trader, before=quoted.before, after=quoted.after, reason=reason, about=about)
        return quoted

    def resolve(self, variable: str, state: int) -> None:
        """A variable is known: all else is conditioned on it, assets where it is otherwise are void. Once all are known, everybody is paid.

        Raises:
            ValueError: for what does not exist or is known already.
        """
        self._check_open()
        number = self.variables.number(variable)
        self.variables.state(variable, state)
        if variable in self.resolved:
            raise ValueError(f"{self._name}: {variable!r} is known to be {self.resolved[variable]} already.")
        about = json.dumps({"variable": variable, "state": int(state)})
        self._rule_out(number, np.arange(self.variables.sizes[number]) == state)
        self.resolved[variable] = int(state)
        self.log.append("known", "house", about=about)
        if self.is_settled:
            self._settle()

    @classmethod
    def replay(
        cls: type[J], log: Sequence[Entry], variables: Mapping[str, int], liquidity: float | int, **opening: Any
    ) -> J:
        """The market that a log tells of, to the last digit.

        Args:
            log: of that market.
            variables: as at its opening.
            liquidity: as at its opening.
            opening: what else the market was opened with, by name.

        Raises:
            ValueError: if the log does not fit.
        """
        market = cls(variables, liquidity, **opening)
        market.log.follow(f"{cls.__name__}.replay", log, market._steps())
        return market

    def _steps(self) -> dict[str, Callable[[Entry], object]]:
        """What to do again at an entry of a log."""
        return {
            "open": lambda entry: self.open(entry.trader, to_credits(entry.cash)),
            "edit": self._edit_again,
            "known": lambda entry: self.resolve(**json.loads(entry.about)),
            "resolve": lambda entry: None,  # follows from what is known
        }

    def _edit_again(self, entry: Entry) -> None:
        wish = {name: value for name, value in json.loads(entry.about).items() if name != LEAST}
        self.edit(entry.trader, **wish, reason=entry.reason)

    @property
    def imbalance(self) -> int:
        """Sum of all accounts, micro-credits: exactly 0."""
        return self.books.imbalance

    def cash(self, trader: str) -> float:
        """Credits on the account: 0 until all variables are known.

        Raises:
            ValueError: for somebody without an account.
        """
        return to_credits(self.books[self._known(trader)])

    # Checks and small steps

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _settle(self) -> None:
        """Pay everybody, rounded down; the house covers what traders with negative assets owe, and takes what is left."""
        dues = {trader: math.floor(Fraction(self.assets(trader, self.resolved)) * MICRO) for trader in self._traders}
        came_in = {entry.trader: entry.cash for entry in self.log if entry.kind == "open"}
        unpaid = sum(max(due, 0) for due in dues.values()) - self.books["maker"]
        if unpaid > 0:
            self.books.transfer("house", "maker", unpaid)
        for trader, due in dues.items():
            if due > 0:
                self.books.transfer("maker", trader, due)
            # beyond the cash of its opening entry, which was in its assets
            self.log.append("resolve", trader, cash=max(due, 0) - came_in[trader])
        if self.books["maker"]:
            self.books.transfer("maker", "house", self.books["maker"])

    def _planned(
        self,
        trader: str,
        variable: str,
        state: int,
        to: float | int | Sequence[float | int],
        given: Mapping[str, int] | None,
        most: float | int | None,
        allow_negative: bool,
    ) -> tuple[Edit, tuple[int, ...], np.ndarray]:
        """An edit, its variables and `ln r` over them."""
        scope, rows, prices = self._slice(variable, given)
        self.variables.state(variable, state)
        wanted = moved(self._name, variable, state, to, prices)
        if most is not None:
            require_positive(self._name, "most", most)
            wanted = within(prices, wanted, most / self.liquidity)
        floors = self._log_floors(self._known(trader), scope, [])
        floors[rows] += wanted - prices
        if floors[rows].min() < -SLACK and not allow_negative:
            low, high = self.limits(trader, variable, state, given)
            said = f"between {low:.6g} and {high:.6g}" if np.ndim(to) == 0 else "less far"
            raise ValueError(
                f"{self._name}: {trader!r} would own {self.liquidity * floors[rows].min():.6g} credits at worst if P({variable}"
                f"{'' if np.ndim(to) else f'={state}'}{f' | {dict(given)}' if given else ''}) became {to}; move it {said}."
            )
        before, after = (tuple(np.exp(x).tolist()) for x in (prices, wanted))
        least = self.liquidity * float(floors.min())
        ratio = np.zeros([self.variables.sizes[v] for v in scope])
        ratio[rows] = wanted - prices
        return Edit(trader, variable, tuple((given or {}).items()), before, after, least), scope, ratio

    def _slice(
        self, variable: str, given: Mapping[str, int] | None
    ) -> tuple[tuple[int, ...], tuple[int | slice, ...], Float[np.ndarray, " states"]]:
        """Variables of the edit in order, where the condition holds, and the logarithms of the prices there."""
        self._check_open()
        number = self.variables.number(variable)
        if variable in self.resolved:
            raise ValueError(
                f"{self._name}: {variable!r} is known to be {self.resolved[variable]}; edit another variable."
            )
        states = {}
        for name, state in (given or {}).items():
            if name == variable:
                raise ValueError(f"{self._name}: {variable!r} cannot be a condition for itself.")
            self.variables.state(name, state)
            states[self.variables.number(name)] = int(state)
        scope = tuple(sorted([number, *states]))
        self._check_scope(scope)
        rows = tuple(slice(None) if v == number else states[v] for v in scope)
        return scope, rows, self._normal(self._log_chances(scope, [])[rows], given)

    def _normal(self, chances: np.ndarray, given: Given | None) -> np.ndarray:
        """Scaled to add up to 1."""
        top = float(chances.max())
        self._require_possible(top, given)
        return chances - top - np.log(np.exp(chances - top).sum())

    def _require_possible(self, log_chance: float, given: Given | None) -> None:
        if log_chance == -np.inf:
            raise ValueError(f"{self._name}: {dict(given or {})} cannot be; known is {self.resolved}.")

    def _possible(self, given: Given | None) -> Evidence:
        evidence = self.variables.evidence(given)
        self._require_possible(self._log_total(evidence), given)
        return evidence

    def _known(self, trader: str) -> str:
        return account_of(self._name, self._traders, trader)

    def _check_open(self) -> None:
        if self.is_settled:
            raise ValueError(f"{self._name}: all variables are known and everybody is paid; open another market.")
