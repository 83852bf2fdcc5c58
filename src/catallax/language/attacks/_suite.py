"""All attacks on one bazaar, and what they gain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from catallax.core import MICRO
from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._bait_and_switch import BaitAndSwitch
from catallax.language.attacks._bid_stuffing import BidStuffing
from catallax.language.attacks._budget_draining import BudgetDraining
from catallax.language.attacks._collusion import Cartel, Collusion
from catallax.language.attacks._injection import CONDITIONAL, Injection
from catallax.language.attacks._inspection_farming import InspectionFarming
from catallax.language.attacks._leak import DecisionLeak
from catallax.language.attacks._plagiarism import Plagiarism, reworded
from catallax.language.attacks._squatting import Squatting
from catallax.language.attacks._sybils import FalseNames, Sybils

ATTACKS: tuple[AbstractAttack, ...] = (
    Injection(),
    BaitAndSwitch(),
    BidStuffing(),
    Sybils(),
    FalseNames(),
    Collusion(),
    InspectionFarming(),
    BudgetDraining(),
    DecisionLeak(),
    Plagiarism(),
)
"""What a bazaar as it is by default is proof against."""
LIMITS: dict[str, AbstractAttack] = {
    "an order worded past the filter, for this buyer's goal alone": Injection(styles=tuple(CONDITIONAL)),
    "nonsense in three slots": BidStuffing(also={"slots": 3}),
    "a fact of one bit": DecisionLeak(bits=1),
    "a decoy in a slot beside the secret": DecisionLeak(also={"slots": 2, "rounds": 1}),
    "a copy in other words": Plagiarism((reworded,)),
    "a sale to a friend, before anybody else sells it": Squatting(),
    "informers that agree on their bids": Cartel(),
}
"""What is not stopped, by what makes it work; each is meant to be measured and not to be hidden."""
ELSEWHERE = 10**6
"""First seed of the histories by which ways are chosen; those that count begin at 0."""


class Gain(NamedTuple):
    """A mean over seeds and where 95 % of the means of resampled seeds lie, credits."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


class Duel(NamedTuple):
    """The best way of an attack beside the best honest one."""

    gain: Gain
    way: str
    honest: str
    figure: float
    """Mean of the attack's own figure."""
    twin: float
    """The same of who is honest."""


class Measured(NamedTuple):
    """One attack, as it went."""

    attack: AbstractAttack
    played: Duel
    """Under the settings."""
    exposed: Duel | None
    """Without the defence, where it is a part that can be exchanged."""

    @property
    def stopped(self) -> bool:
        """Whether the attack gains nothing, by the upper end of the interval."""
        return self.played.gain.high <= 0


def suite(
    settings: Settings | None = None, seeds: int = 40, attacks: Iterable[AbstractAttack] = ATTACKS, tries: int = 8
) -> tuple[Measured, ...]:
    """What each attack gains on a bazaar: the profit of its best way less that of the best honest way, with the same luck.

    The best of each are those that earn most in histories that do not count.

    Args:
        settings: keyword arguments of `Bazaar`; what is not named is as by default.
        seeds: histories of each attack, with and without the attack.
        attacks: which.
        tries: histories by which ways are chosen.

    Returns:
        A row for each attack, with intervals over seeds; `table` prints them.

    Raises:
        ValueError: for less than one seed or try.

    >>> rows = suite(seeds=3, attacks=[InspectionFarming()], tries=2)
    >>> rows[0].stopped, rows[0].exposed.gain.mean > 0
    (True, True)
    """
    if min(seeds, tries) < 1:
        raise ValueError(f"suite: expected at least 1 seed and 1 try, got {seeds} and {tries}.")
    return tuple(measured(attack, {} if settings is None else settings, seeds, tries) for attack in attacks)


def measured(attack: AbstractAttack, settings: Settings, seeds: int, tries: int) -> Measured:
    """One attack, with its defence and without."""
    bare = attack.exposed(settings)
    return Measured(attack, duel(attack, settings, seeds, tries), None if bare is None else duel(*bare, seeds, tries))


def duel(attack: AbstractAttack, settings: Settings, seeds: int = 40, tries: int = 8) -> Duel:
    """The best way of an attack beside the best honest one: `suite` for one attack, with its defence."""
    whole = {**attack.also, **settings}
    others = range(ELSEWHERE, ELSEWHERE + tries)
    way, honest = (_best(attack, whole, ways, others) for ways in (attack.ways(), attack.honest()))
    bad = _played(attack, whole, attack.ways()[way], range(seeds))
    good = _played(attack, whole, attack.honest()[honest], range(seeds))
    gain = interval([one.profit - other.profit for one, other in zip(bad, good, strict=True)])
    figures = (float(np.mean([trial.figure for trial in trials])) for trials in (bad, good))
    return Duel(gain, way, honest, *figures)


def _best(attack: AbstractAttack, settings: Settings, ways: Mapping[str, Any], seeds: Sequence[int]) -> str:
    """The way that earns most; of equal ones the first."""
    if len(ways) == 1:
        return next(iter(ways))
    return max(ways, key=lambda name: sum(t.profit for t in _played(attack, settings, ways[name], seeds)))


def _played(attack: AbstractAttack, settings: Settings, way: Any, seeds: Sequence[int]) -> list[Trial]:
    return [Trial(0) if way is None else attack.trial(settings, seed, way) for seed in seeds]


def interval(gains: Sequence[int]) -> Gain:
    """Mean of micro-credits and the percentile bootstrap of 2,000 resamples, credits."""
    amounts = np.asarray(gains) / MICRO
    draws = np.random.default_rng(0).integers(len(amounts), size=(2_000, len(amounts)))
    low, high = np.quantile(amounts[draws].mean(axis=1), (0.025, 0.975))
    return Gain(float(amounts.mean()), float(low), float(high))


def table(rows: Sequence[Measured]) -> str:
    """Rows in Markdown."""
    lines = [
        "| attack | gain, credits | best way, less | without the defence | best way, less | what else | attack, twin, without |",
        "|---|---|---|---|---|---|---|",
    ]
    for attack, played, bare in rows:
        figures = f"{played.figure:.4g}, {played.twin:.4g}" + ("" if bare is None else f", {bare.figure:.4g}")
        cells = ("", "") if bare is None else (str(bare.gain), f"{bare.way}, {bare.honest}")
        lines.append(
            f"| {attack.name} | {played.gain} | {played.way}, {played.honest} | {cells[0]} | {cells[1]} | {attack.figure} | {figures} |"
        )
    return "\n".join(lines)
