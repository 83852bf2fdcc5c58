"""All attacks on one bazaar, and what they gain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from catallax.core import MICRO
from catallax.language.attacks._attack import AbstractAttack, Settings
from catallax.language.attacks._bait_and_switch import BaitAndSwitch
from catallax.language.attacks._bid_stuffing import BidStuffing
from catallax.language.attacks._budget_draining import BudgetDraining
from catallax.language.attacks._collusion import Cartel, Collusion
from catallax.language.attacks._injection import CONDITIONAL, Injection
from catallax.language.attacks._inspection_farming import InspectionFarming
from catallax.language.attacks._leak import DecisionLeak
from catallax.language.attacks._plagiarism import Plagiarism, reworded
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
    "nonsense in three slots, with one rival": BidStuffing(also={"slots": 3}),
    "a fact of one bit": DecisionLeak(bits=1),
    "a decoy in a slot beside the secret": DecisionLeak(decoys=True, also={"slots": 2, "rounds": 1}),
    "a copy in other words": Plagiarism(reworded, share=1.3),
    "informers that agree on their bids": Cartel(),
}
"""What no default stops, by what makes it work; each is meant to be measured and not to be hidden."""


class Gain(NamedTuple):
    """A mean over seeds and where 95 % of the means of resampled seeds lie, credits."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


class Measured(NamedTuple):
    """One attack, as it went."""

    attack: AbstractAttack
    gain: Gain
    """Of the attackers over their harmless twins, under the settings."""
    figure: float
    """Mean of the attack's own figure."""
    twin: float
    """The same of the twin."""
    exposed: Gain | None
    """The gain without the defence, where it is a part that can be exchanged."""
    exposed_figure: float | None

    @property
    def stopped(self) -> bool:
        """Whether the attack gains nothing, by the upper end of the interval."""
        return self.gain.high <= 0


def suite(
    settings: Settings | None = None, seeds: int = 40, attacks: Iterable[AbstractAttack] = ATTACKS
) -> tuple[Measured, ...]:
    """What each attack gains on a bazaar: the profit of the attackers less that of harmless twins with the same luck.

    Args:
        settings: keyword arguments of `Bazaar`; what is not named is as by default.
        seeds: histories of each attack, with and without the attack.
        attacks: which.

    Returns:
        A row for each attack, with intervals over seeds; `table` prints them.

    Raises:
        ValueError: for less than one seed.

    >>> rows = suite(seeds=3, attacks=[InspectionFarming()])
    >>> rows[0].stopped, rows[0].exposed.mean > 0
    (True, True)
    """
    if seeds < 1:
        raise ValueError(f"suite: expected at least 1 seed, got {seeds}.")
    return tuple(measured(attack, {} if settings is None else settings, seeds) for attack in attacks)


def measured(attack: AbstractAttack, settings: Settings, seeds: int) -> Measured:
    """One attack, with its defence and without."""
    gain, figure, twin = _gain(attack, settings, seeds)
    bare = attack.exposed(settings)
    if bare is None:
        return Measured(attack, gain, figure, twin, None, None)
    exposed, exposed_figure, _ = _gain(*bare, seeds)
    return Measured(attack, gain, figure, twin, exposed, exposed_figure)


def _gain(attack: AbstractAttack, settings: Settings, seeds: int) -> tuple[Gain, float, float]:
    whole = {**attack.also, **settings}
    pairs = [(attack.trial(whole, seed, True), attack.trial(whole, seed, False)) for seed in range(seeds)]
    return (
        interval([bad.profit - good.profit for bad, good in pairs]),
        float(np.mean([bad.figure for bad, _ in pairs])),
        float(np.mean([good.figure for _, good in pairs])),
    )


def interval(gains: Sequence[int]) -> Gain:
    """Mean of micro-credits and the percentile bootstrap of 2,000 resamples, credits."""
    amounts = np.asarray(gains) / MICRO
    draws = np.random.default_rng(0).integers(len(amounts), size=(2_000, len(amounts)))
    low, high = np.quantile(amounts[draws].mean(axis=1), (0.025, 0.975))
    return Gain(float(amounts.mean()), float(low), float(high))


def table(rows: Sequence[Measured]) -> str:
    """Rows in Markdown."""
    lines = [
        "| attack | gain, credits | without the defence | what else | attack, twin, without |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        bare = "" if row.exposed is None else str(row.exposed)
        figures = f"{row.figure:.4g}, {row.twin:.4g}" + (
            "" if row.exposed_figure is None else f", {row.exposed_figure:.4g}"
        )
        lines.append(f"| {row.attack.name} | {row.gain} | {bare} | {row.attack.figure} | {figures} |")
    return "\n".join(lines)
