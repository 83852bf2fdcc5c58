"""Markets whose prices decide, and in which nobody gains by steering the decision."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, Books, to_credits
from catallax.forecasting._accounts import CLEARING, endow
from catallax.forecasting._conditional import names_of, place
from catallax.forecasting._decision_rule import AbstractDecisionRule, importance_weights
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting.scoring._forecasts import finite

Weighting = Callable[[Any], np.ndarray]
"""From the chances of the actions to the factor of what is paid on each."""


class DecisionMarket:
    """Reports of what each action would bring; an action is drawn by a rule of full support and the reports on it are paid by `1 / phi_d`.

    The trader who moves the forecasts of action d from p to r gets `b ln(r_o / p_o) / phi_d` if d is taken and o happens, with `phi` from
    the last forecasts of all. Its expectation is `b sum_d KL`, whatever the rule does with the forecasts: nobody gains by making a
    bad action look good, and the house loses at most `b ln n / min phi`. The weight must not be clipped: clipping brings the lie back.

    Source: Chen, Kash, Ruberry and Shnayder (2011), "Decision markets with good incentives"; the bound is derived here.

    >>> from catallax.forecasting import EpsGreedy
    >>> market = DecisionMarket(("build", "wait"), ("profit", "loss"), liquidity=1.0, rule=EpsGreedy(0.2))
    >>> market.open("ann", cash=20.0)
    >>> entry = market.report("ann", {"build": (0.8, 0.2)})
    >>> market.chances.round(3).tolist(), round(market.worst_case_loss, 4)
    ([0.9, 0.1], 6.9315)
    >>> market.settle("build", "profit")
    >>> round(market.cash("ann"), 4), market.imbalance
    (20.5222, 0)
    """

    def __init__(
        self,
        actions: Sequence[Hashable],
        outcomes: Sequence[Hashable],
        liquidity: float,
        rule: AbstractDecisionRule,
        utility: Sequence[float] | None = None,
        prior: Any = None,
        commitment: str | None = None,
    ) -> None:
        """Open a market.

        Args:
            actions: names, of which one will be taken.
            outcomes: names, of which exactly one will happen.
            liquidity: `b`, credits per nat.
            rule: draws the action from expected utilities; every action must have a chance that never falls to 0.
            utility: what each outcome is worth; by default 1 for the first and 0 for the others.
            prior: opening forecasts, axes `actions outcomes`; by default all outcomes alike.
            commitment: `commit` of the secret that `decide` will draw with, so that nobody can choose it after the reports. At least 128 random
                bits, `secrets.token_hex(32)`: whoever guesses it knows which action will be taken, and lies about the others for nothing.

        Raises:
            ValueError: for names that are not different, a rule without full support, a utility or a prior that does not fit, or a
                liquidity that is not above 0.
        """
        self.actions, self.outcomes = (
            names_of("DecisionMarket", "actions", actions),
            names_of("DecisionMarket", "outcomes", outcomes),
        )
        shape = len(self.actions), len(self.outcomes)
        if not (np.isfinite(liquidity) and liquidity > 0):
            raise ValueError(f"DecisionMarket: liquidity must be a finite number above 0, got {liquidity}.")
        self._least = rule.least(shape[0])
        if not self._least > 0:
            raise ValueError(
                f"DecisionMarket: {rule} leaves actions without a chance; what is never taken is never scored, and lies about it are free. "
                "Use a rule of full support: EpsGreedy(eps > 0), or Softmax with a floor above 0."
            )
        self.rule, self.liquidity, self.commitment = rule, float(liquidity), commitment
        self.utility = _utility("DecisionMarket", utility, shape[1])
        given = finite("DecisionMarket", "prior", np.full(shape, 1 / shape[1]) if prior is None else prior)
        if given.shape != shape:
            raise ValueError(
                f"DecisionMarket: expected a prior of the shape {shape} (actions, outcomes), got {given.shape}."
            )
        self.prior = _forecast("DecisionMarket", "prior", given)
        self.prices = self.prior
        """Forecasts `P(o | d)` now, axes `actions outcomes`."""
        self._check_rule(self.prices)
        self.books, self.log = Books(), TradeLog()
        self.decided: Hashable | None = None
        """The action drawn by `decide`."""
        self.settled: tuple[Hashable, Hashable] | None = None
        """Action and outcome, once there are."""
        self._owed: dict[str, np.ndarray] = {}
        self.books.transfer("house", CLEARING, math.ceil(Fraction(self.worst_case_loss) * MICRO) + 1)

    @property
    def values(self) -> Float[np.ndarray, " actions"]:
        """Expected utility of each action, by the forecasts."""
        return self.prices @ self.utility

    @property
    def chances(self) -> Float[np.ndarray, " actions"]:
        """`phi`, with which the actions would be taken now."""
        return self.rule.chances(self.values)

    @property
    def worst_case_loss(self) -> float:
        """`b max ln(1 / prior) / min phi`, credits; `b ln n / min phi` where all outcomes began alike."""
        return self.liquidity * float(-np.log(self.prior.min())) / self._least

    @property
    def imbalance(self) -> int:
        """Sum of all accounts, micro-credits: exactly 0."""
        return self.books.imbalance

    def open(self, trader: str, cash: float) -> None:
        """Give a trader an account with credits from the house.

        Raises:
            ValueError: if the market is closed, the name is taken, or the cash is not a number of at least 0.
        """
        self._check_open()
        amount = endow("DecisionMarket", self.books, trader, cash)
        self._owed[trader] = np.zeros((len(self.actions), len(self.outcomes)), np.int64)
        self.log.append("open", trader, cash=amount)

    def cash(self, trader: str) -> float:
        """Credits on the account.

        Raises:
            ValueError: for somebody without one.
        """
        self._owed_to(trader)
        return to_credits(self.books[trader])

    def report(self, trader: str, forecasts: Mapping[Hashable, Sequence[float]], reason: str = "") -> Entry:
        """Replace the forecasts of some actions.

        Args:
            trader: who answers for it.
            forecasts: for each action that is touched the probabilities of the outcomes.
            reason: written in the log.

        Raises:
            ValueError: if the market is closed, a name is unknown, the probabilities are not above 0 and add up to 1, or the trader could
                owe more than it has. Nothing has changed then.
        """
        self._check_open()
        owed, after, asked = self._owed_to(trader), self.prices.copy(), {}
        for action, forecast in forecasts.items():
            row = place("DecisionMarket", "action", self.actions, action)
            if np.shape(forecast) != (len(self.outcomes),):
                raise ValueError(
                    f"DecisionMarket: expected {len(self.outcomes)} probabilities for {action!r}, got {forecast}."
                )
            after[row] = _forecast("DecisionMarket", f"forecast of {action!r}", forecast)
            asked[row] = np.asarray(forecast, np.float64).tolist()
        self._check_rule(after)
        gained = np.floor(MICRO * self.liquidity * (np.log(after) - np.log(self.prices))).astype(np.int64)
        if (most := Fraction(-int((owed + gained).min())) / Fraction(self._least)) > self.books[trader]:
            raise ValueError(
                f"DecisionMarket: {trader!r} has {self.cash(trader)} credits and could owe {float(most) / MICRO:.6f} on an action that is "
                f"taken with a chance of {self._least:g}. Move the forecasts less."
            )
        before, self._owed[trader], self.prices = self.prices, owed + gained, after
        shares, *prices = (tuple(x.reshape(-1).tolist()) for x in (gained, before, after))
        told = {"before": prices[0], "after": prices[1], "reason": reason, "about": json.dumps(asked)}
        return self.log.append("report", trader, shares=shares, weight=1 / self._least, **told)

    def decide(self, secret: str) -> Hashable:
        """Close the market to reports and draw the action from `chances`.

        The log has the secret from then on, so that everybody can draw again.

        Args:
            secret: that was committed to; the draw is a function of it and the chances alone. Take another one for the next market.

        Raises:
            ValueError: if it is not the one that was committed to, or the market is closed.
        """
        self._check_open()
        if self.commitment is not None and not hmac.compare_digest(commit(secret), self.commitment):
            raise ValueError("DecisionMarket: the secret is not the one that was committed to at the opening.")
        draw = int.from_bytes(hashlib.sha256(f"draw {secret}".encode()).digest()[:8], "big") / 2**64
        drawn = min(int(np.searchsorted(np.cumsum(self.chances), draw, side="right")), len(self.actions) - 1)
        about = json.dumps({"secret": secret, "action": drawn})
        self.decided = self.actions[drawn]
        self.log.append("decide", "house", reason=f"{self.decided!r} was drawn", about=about)
        return self.decided

    def settle(self, action: Hashable, outcome: Hashable) -> None:
        """Pay everybody for the action that was taken.

        Args:
            action: drawn by `decide`, or by yourself from `chances`.
            outcome: what happened.

        Raises:
            ValueError: for unknown names, an action other than the one decided, none decided where a secret was committed to, or if the market is settled. Nothing has changed then.
        """
        row = place("DecisionMarket", "action", self.actions, action)
        column = place("DecisionMarket", "outcome", self.outcomes, outcome)
        if self.settled is not None:
            raise ValueError(f"DecisionMarket: the market was settled by {self.settled}; open another one.")
        if self.decided is not None and action != self.decided:
            raise ValueError(f"DecisionMarket: {self.decided!r} was decided, and {action!r} would be settled.")
        if self.commitment is not None and self.decided is None:
            raise ValueError(
                "DecisionMarket: the action is drawn by the secret that was committed to; call decide(secret) first."
            )
        # exact, and so never more than what `report` made sure of
        weight = 1 / Fraction(float(self.chances[row]))
        due = {trader: math.floor(int(owed[row, column]) * weight) for trader, owed in self._owed.items()}
        about = json.dumps({"action": row, "outcome": column})
        self.log.append("settle", "house", reason=f"{action!r} was done, {outcome!r} happened", about=about)
        for trader in sorted(due, key=due.__getitem__):  # who owes pays first
            payer, payee = (CLEARING, trader) if due[trader] > 0 else (trader, CLEARING)
            self.books.transfer(payer, payee, abs(due[trader]))
            self.log.append("resolve", trader, cash=due[trader])
        self.books.transfer(CLEARING, "house", self.books[CLEARING])
        self.settled = action, outcome

    @classmethod
    def replay(
        cls,
        log: Sequence[Entry],
        actions: Sequence[Hashable],
        outcomes: Sequence[Hashable],
        liquidity: float,
        rule: AbstractDecisionRule,
        **opening: Any,
    ) -> DecisionMarket:
        """The market that a log tells of, to the last digit, with its lot drawn again.

        Args:
            log: of that market.
            actions: as at its opening.
            outcomes: as at its opening.
            liquidity: as at its opening.
            rule: as at its opening.
            opening: what else the market was opened with, by name.

        Raises:
            ValueError: if the log does not fit.
        """
        market = cls(actions, outcomes, liquidity, rule, **opening)
        market.log.follow("DecisionMarket.replay", log, market._steps())
        return market

    def _steps(self) -> dict[str, Callable[[Entry], object]]:
        return {
            "open": lambda entry: self.open(entry.trader, to_credits(entry.cash)),
            "report": self._report_again,
            "decide": lambda entry: self.decide(json.loads(entry.about)["secret"]),
            "settle": self._settle_again,
            "resolve": lambda entry: None,  # follows from what happened
        }

    def _report_again(self, entry: Entry) -> None:
        asked = {self.actions[int(row)]: forecast for row, forecast in json.loads(entry.about).items()}
        self.report(entry.trader, asked, entry.reason)

    def _settle_again(self, entry: Entry) -> None:
        happened = json.loads(entry.about)
        self.settle(self.actions[happened["action"]], self.outcomes[happened["outcome"]])

    @property
    def house_loss(self) -> float:
        """What the house has paid for the forecasts, beyond what traders were endowed with, credits; the deposit while open."""
        endowed = sum(entry.cash for entry in self.log if entry.kind == "open")
        return to_credits(-self.books["house"] - endowed)

    def _check_open(self) -> None:
        if self.settled is not None or self.decided is not None:
            raise ValueError("DecisionMarket: the decision has been made; open another market.")

    def _check_rule(self, prices: np.ndarray) -> None:
        chances = self.rule.chances(prices @ self.utility)
        if not (
            chances.shape == (len(self.actions),) and abs(chances.sum() - 1) < 1e-9 and chances.min() >= self._least
        ):
            raise ValueError(
                f"DecisionMarket: {self.rule} promised each action a chance of {self._least:g}, and gives {chances}."
            )

    def _owed_to(self, trader: str) -> np.ndarray:
        if trader not in self._owed:
            raise ValueError(f"DecisionMarket: {trader!r} has no account; call open first.")
        return self._owed[trader]


def commit(secret: str) -> str:
    """What is published of a secret before it is used: its SHA-256, in hexadecimal.

    >>> commit("dice")[:8]
    'e1e02580'
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def decision_gain(
    reports: Any,
    truth: Any,
    prior: Any,
    rule: AbstractDecisionRule,
    weighting: Weighting = importance_weights,
    utility: Sequence[float] | None = None,
) -> Float[np.ndarray, "*reports"]:
    """What the last trader expects from a report, `sum_d phi_d(r) w_d(phi) sum_o h_do ln(r_do / p_do)`, exactly, in units of `b`.

    With `unweighted` it is what called-off bets pay: under `Greedy` the defect of futarchy. With `importance_weights` and full support it is
    `sum_d KL(h_d || p_d)` at the truth and less anywhere else.

    Args:
        reports: `r`, axes `*reports actions outcomes`.
        truth: `h`, what the trader believes, axes `actions outcomes`.
        prior: `p`, the forecasts before it, likewise.
        rule: draws the action from the report.
        weighting: `importance_weights`, `unweighted`, or your own.
        utility: of the outcomes; by default 1 for the first and 0 for the others.

    Raises:
        ValueError: for numbers that are not probabilities above 0 that add up to 1, or shapes that do not fit.

    >>> from catallax.forecasting import Greedy, unweighted
    >>> told, lie = [[0.5, 0.5], [0.6, 0.4]], [[0.5, 0.5], [0.49, 0.51]]
    >>> decision_gain([told, lie], told, [[0.9, 0.1], [0.6, 0.4]], Greedy(), unweighted).round(3).tolist()
    [0.0, 0.511]
    """
    names = ("reports", "truth", "prior")
    r, h, p = (_forecast("decision_gain", name, x) for name, x in zip(names, (reports, truth, prior), strict=True))
    if h.ndim != 2 or p.shape != h.shape or r.shape[-2:] != h.shape:
        raise ValueError(
            f"decision_gain: expected a truth and a prior with the axes (actions, outcomes) and reports that end in the same, got {h.shape}, "
            f"{p.shape} and {r.shape}."
        )
    phi = rule.chances(r @ _utility("decision_gain", utility, r.shape[-1]))
    return np.asarray(np.sum(phi * weighting(phi) * np.sum(h * (np.log(r) - np.log(p)), -1), -1))


def _forecast(part: str, name: str, numbers: Any) -> np.ndarray:
    forecast = finite(part, name, numbers)
    if not (forecast.ndim and np.all(forecast > 0) and np.all(np.abs(forecast.sum(-1) - 1) < 1e-6)):
        raise ValueError(
            f"{part}: {name} should be probabilities above 0 that add up to 1 over the outcomes, got {numbers}."
        )
    return forecast / forecast.sum(-1, keepdims=True)


def _utility(part: str, utility: Any, outcomes: int) -> np.ndarray:
    worth = np.eye(1, outcomes)[0] if utility is None else finite(part, "utility", utility)
    if worth.shape != (outcomes,):
        raise ValueError(f"{part}: expected a utility of each of {outcomes} outcomes, got {utility}.")
    return worth
