"""The decision auction of boundedly rational inductive agents."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from catallax.induction._allowance import AbstractAllowance, PowerAllowance
from catallax.induction._tie_break import AbstractTieBreak, LowestIndex
from catallax.induction._trajectory import Record, Trajectory

GRAIN = 2.0**-40
"""The unit of account, credits: whole numbers of it add up without rounding."""


class Round(NamedTuple):
    """What is known after a round."""

    choice: Hashable
    estimate: float
    reward: float


class Situation(NamedTuple):
    """What a hypothesis sees."""

    time: int
    """Round, from 1."""
    menu: tuple[Hashable, ...]
    """Options."""
    context: Any
    """Whatever else was told."""
    history: Sequence[Round]
    """Rounds before."""
    wealth: float
    """Of the hypothesis, credits."""


Advice = tuple[Hashable, float]
"""A recommended option and the reward promised for it, in [0, 1]."""
Hypothesis = Callable[[Situation], Advice | None]
"""Recommends and promises; None abstains, which is the promise 0 for the first option."""


@dataclass(frozen=True)
class Promise:
    """The hypothesis that always recommends one option and promises one reward; abstains where the option is not on the menu."""

    option: Hashable
    reward: float

    def __call__(self, situation: Situation) -> Advice | None:
        return (self.option, self.reward) if self.option in situation.menu else None


def every_promise(options: Sequence[Hashable], levels: int = 20, shuffle: int | None = 0) -> tuple[Promise, ...]:
    """A `Promise` of `1/levels, 2/levels, ..., 1` for each option.

    Args:
        options: to be recommended.
        levels: promises for each.
        shuffle: seed of their order, which matters to allowances and ties; None keeps it.

    >>> len(every_promise(["left", "right"], levels=20))
    40
    """
    found = [Promise(option, level / levels) for option in options for level in range(1, levels + 1)]
    if shuffle is not None:
        found = [found[place] for place in np.random.default_rng(shuffle).permutation(len(found))]
    return tuple(found)


@dataclass
class _Decision:
    choice: Hashable
    winner: int
    bid: int
    """Grains, as the promises."""
    promises: list[int]


@dataclass
class _Log:
    choices: list[Hashable] = field(default_factory=list)
    winners: list[int] = field(default_factory=list)
    promises: list[list[int]] = field(default_factory=list)


class BRIA:
    """An agent that sells each decision to the hypothesis that promises most, within its wealth.

    `bid_i = min(promise_i, w_i)`; the highest bidder k decides and its bid is the agent's estimate `e`; then `w_k += reward - e`
    and `w_i += A(t, i)` for all. So `sum_i w_i = allowance so far - sum (e - reward)`, exactly (accounts are whole numbers of
    `2^-40` credits), no wealth is negative, and over-estimation is at most the allowance.

    Promises near a true mean need slack: who promises exactly the mean of a random reward plays a fair game and goes broke by bad luck.

    Source: Oesterheld, Demski and Conitzer (2023), "A theory of bounded inductive rationality"; definitions after a public
    formalisation.

    >>> agent = BRIA(every_promise(["safe", "risky"], levels=4))
    >>> for _ in range(200):
    ...     choice, estimate = agent.act(["safe", "risky"])
    ...     agent.update(0.75 if choice == "safe" else 0.25)
    >>> choice, round(estimate, 1)
    ('safe', 0.8)
    """

    def __init__(
        self,
        hypotheses: Sequence[Hypothesis],
        allowance: AbstractAllowance | None = None,
        tie_break: AbstractTieBreak | None = None,
    ) -> None:
        """
        Args:
            hypotheses: at least one, in the order in which allowances and ties count them.
            allowance: by default `PowerAllowance()`.
            tie_break: among equal bids; by default the lowest index.

        Raises:
            ValueError: for no hypothesis.
        """
        if not hypotheses:
            raise ValueError("BRIA: expected at least one hypothesis.")
        self.hypotheses = tuple(hypotheses)
        self.allowance = allowance or PowerAllowance()
        self.history: list[Round] = []
        """Rounds so far."""
        self._draw = (tie_break or LowestIndex()).draws()
        self._shares = self.allowance.shares(len(hypotheses))
        self._wealth = [0] * len(hypotheses)
        self._given = self._overestimated = 0
        self._log = _Log()
        self._pending: _Decision | None = None

    @property
    def wealth(self) -> tuple[float, ...]:
        """Of each hypothesis, credits."""
        return tuple(grains * GRAIN for grains in self._wealth)

    def act(self, menu: Sequence[Hashable], context: Any = None) -> Advice:
        """Choose, and estimate the reward of the choice.

        Args:
            menu: options, at least one.
            context: shown to the hypotheses.

        Raises:
            ValueError: for an empty menu or one on which every `Promise` abstains where there are no other hypotheses, while the last reward is still to come, or if a hypothesis recommends what is not on the
                menu or promises something outside [0, 1]. Nothing has changed then.
        """
        if self._pending is not None:
            raise ValueError("BRIA: the reward of the last choice is still to come; call update first.")
        options = tuple(menu)
        if not options:
            raise ValueError("BRIA: the menu is empty; give at least one option.")
        promised = [hypothesis.option for hypothesis in self.hypotheses if isinstance(hypothesis, Promise)]
        if len(promised) == len(self.hypotheses) and not set(promised) & set(options):
            raise ValueError(
                f"BRIA: nobody promises anything for the options {options}; promised are {tuple(dict.fromkeys(promised))[:8]}."
            )
        time = len(self.history) + 1
        advice = [
            _checked(number, hypothesis(Situation(time, options, context, self.history, grains * GRAIN)), options)
            for number, (hypothesis, grains) in enumerate(zip(self.hypotheses, self._wealth, strict=True))
        ]
        promises = [to_grains(promise) for _, promise in advice]
        bids = [min(promise, grains) for promise, grains in zip(promises, self._wealth, strict=True)]
        most = max(bids)
        tied = [number for number, bid in enumerate(bids) if bid == most]
        winner = tied[int(next(self._draw) * len(tied))]
        choice = advice[winner][0]
        self._pending = _Decision(choice, winner, most, promises)
        return choice, most * GRAIN

    def update(self, reward: float) -> None:
        """What the choice brought.

        Args:
            reward: in [0, 1].

        Raises:
            ValueError: for another reward, if there was no choice, or for a negative allowance. Nothing has changed then.
        """
        decision = self._pending
        if decision is None:
            raise ValueError("BRIA: there is no choice to reward; call act first.")
        if not 0 <= reward <= 1:
            raise ValueError(f"BRIA: rewards lie in [0, 1], got {reward}; scale them.")
        gained = to_grains(reward)
        given = allowance_grains(self.allowance, len(self.history) + 1, self._shares)
        self._wealth[decision.winner] += gained - decision.bid
        self._wealth = [grains + more for grains, more in zip(self._wealth, given, strict=True)]
        self._given += sum(given)
        self._overestimated += decision.bid - gained
        assert sum(self._wealth) == self._given - self._overestimated and min(self._wealth) >= 0, "BRIA: accounts"
        self.history.append(Round(decision.choice, decision.bid * GRAIN, gained * GRAIN))
        self._log.choices.append(decision.choice)
        self._log.winners.append(decision.winner)
        self._log.promises.append(decision.promises)
        self._pending = None

    @property
    def trajectory(self) -> Trajectory:
        """All rounds so far, as arrays; options are numbered in the order in which they were first chosen."""
        numbers: Mapping[Hashable, int] = {
            option: number for number, option in enumerate(dict.fromkeys(self._log.choices))
        }
        return Trajectory(
            tuple(map(str, numbers)),
            np.asarray([numbers[option] for option in self._log.choices], np.int64),
            np.asarray([past.estimate for past in self.history]),
            np.asarray([past.reward for past in self.history]),
            np.asarray(self._log.winners, np.int64),
            np.asarray(self._log.promises).reshape(len(self.history), len(self.hypotheses)) * GRAIN,
            np.asarray(self.wealth),
            self._given * GRAIN,
        )

    @property
    def records(self) -> tuple[Record, ...]:
        """Rejections, tests and scores of each hypothesis."""
        trajectory = self.trajectory
        return tuple(trajectory.record(number) for number in range(len(self.hypotheses)))


def to_grains(amount: float) -> int:
    """Whole units of account, to the nearest."""
    return round(amount / GRAIN)


def allowance_grains(allowance: AbstractAllowance, time: int, shares: np.ndarray) -> list[int]:
    """What each hypothesis is given in a round."""
    amounts = allowance.rate(np.asarray([time])) * shares
    if not np.all(amounts >= 0):
        raise ValueError(
            f"BRIA: {type(allowance).__name__} gives {amounts} credits in round {time}; at least 0 was expected."
        )
    return np.rint(amounts / GRAIN).astype(np.int64).tolist()


def _checked(number: int, advice: Advice | None, options: tuple[Hashable, ...]) -> Advice:
    if advice is None:
        return options[0], 0.0
    choice, promise = advice
    if choice not in options:
        raise ValueError(f"BRIA: hypothesis {number} recommends {choice!r}, which is not on the menu {options}.")
    if not 0 <= promise <= 1:
        raise ValueError(f"BRIA: hypothesis {number} promises {promise}; promises lie in [0, 1].")
    return choice, promise
