"""What the best known way of each attack gains at the information bazaar as it is by default, without each defence, and beyond the defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np

from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, attacks
from catallax.language.attacks import Duel, Measured
from catallax.language.attacks._injection import STYLES
from catallax.language.attention import GSP, VCG, FirstPrice, UniformPrice
from catallax.language.bazaar import Exhibit, _session, plain
from catallax.view import grouped_bars


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 200
    """Histories of each attack and of its honest twin."""
    tries: int = 20
    """Others, by which the best way of each is chosen."""


WIDE = {"slots": 3, "depth": 2, "rounds": 3}
HOLES: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "bait and switch": (_session, "as_promised", lambda real: lambda delivered, offer: isinstance(delivered, Exhibit)),
    "sybils, one text": (
        _session.Memory,
        "admissible",
        lambda real: lambda self, *about: [(offer, 0) for offer, _ in real(self, *about)],
    ),
}
"""Defences that are no part: what stands for them in the bazaar, and the bazaar without."""


def run(config: Config, context: Context) -> Report:
    """The suite under the defaults, without the defences, with more attention, and against what is known to get through."""
    rows = attacks.suite(seeds=config.seeds, tries=config.tries)
    bare = {row.attack.name: row.exposed for row in rows if row.exposed is not None} | holes(config)
    findings = [*defended(rows), *undefended(rows, bare), *layers(config), *vandals(config), *names(config)]
    findings += [*wide(config), *limits(config)]
    titles = [row.attack.name for row in rows]
    bars = {
        "as by default": np.array([row.played.gain.mean for row in rows]),
        "without its defence": np.array([bare[name].gain.mean if name in bare else np.nan for name in titles]),
    }
    figure = grouped_bars(bars, titles, "gain over the best honest way, credits")
    return Report(findings, {"bazaar_attacks": figure}, f"{attacks.table(rows)}\n\n{TEXT}")


def against(duel: Duel) -> str:
    """Who plays against whom."""
    return f"best way: {duel.way}; best honest one: {duel.honest}"


def defended(rows: tuple[Measured, ...]) -> list[Finding]:
    """What the issue is about."""
    found = [
        Finding("attacks", f"{attack.name}: gain, credits", "at most 0", str(played.gain), played.gain.high <= 0,
                f"{against(played)}; {attack.figure}: {played.figure:.4g}, its twin {played.twin:.4g}; defence: {attack.defence}")
        for attack, played, _ in rows
    ]  # fmt: skip
    leak = attacks.DecisionLeak()
    gain = 0.15 / 2**leak.bits
    told = f"2^-{leak.bits} of a mean price of 0.15: only zeros are read for nothing, too rare to be seen in so many histories"
    return [*found, Finding("attacks", f"{leak.name}: gain in expectation, credits", "at most 0", f"{gain:+.5f}", gain <= 0, told)]  # fmt: skip


def undefended(rows: tuple[Measured, ...], bare: dict[str, Duel]) -> list[Finding]:
    """The attacks pay where nothing stops them."""
    found = [(row.attack.name, bare[row.attack.name]) for row in rows if row.attack.name in bare]
    return [
        Finding("attacks", f"{name}: gain without the defence", "above 0", str(duel.gain), duel.gain.low > 0, against(duel))
        for name, duel in found
    ]  # fmt: skip


def holes(config: Config) -> dict[str, Duel]:
    """Gains where a defence was taken out of the bazaar itself."""
    found = {}
    for attack in attacks.ATTACKS:
        if attack.name in HOLES:
            owner, name, change = HOLES[attack.name]
            with mock.patch.object(owner, name, change(getattr(owner, name))):
                found[attack.name] = attacks.duel(attack, {}, config.seeds, config.tries)
    return found


def layers(config: Config) -> list[Finding]:
    """Which wordings of an order sell nonsense to a judge that obeys all it reads."""
    base = attacks.Injection()
    kinds = {
        "no defence": replace(base.contractor, clean=plain, controls=()),
        "no placebo goal": replace(base.contractor, controls=()),
        "texts with their orders": replace(base.contractor, clean=plain),
        "as by default": base.contractor,
    }
    found = []
    for kind, contractor in kinds.items():
        rates = {
            style: attacks.duel(replace(base, contractor=contractor, styles=(style,)), {}, max(1, config.seeds // 20)).figure
            for style in STYLES
        }  # fmt: skip
        through = [style for style, rate in rates.items() if rate > 0]
        asked = {"no defence": "all", "as by default": "none"}.get(kind, "")
        reached = {"all": len(through) == len(STYLES), "none": not through}.get(asked)
        told = f"{len(through)} of {len(STYLES)}"
        found.append(Finding("attacks", f"orders that sell, {kind}", asked, told, reached, ", ".join(through)))
    return found


def vandals(config: Config) -> list[Finding]:
    """What an operator is billed by those who want nothing but that."""
    attack, found = attacks.BudgetDraining(), []
    for name, way in attack.ways().items():
        if way[1] < Bazaar.rounds:  # it sells something as well
            continue
        trials = [attack.trial({}, seed, way) for seed in range(max(1, config.seeds // 4))]
        bill, lost = (
            float(np.mean(values)) for values in zip(*((t.figure, -t.profit / MICRO) for t in trials), strict=True)
        )
        found.append(f"{name}: {bill:.0f} for {lost:+.4f}")
    return [Finding("attacks", "budget draining: bill of a run, micro-dollars, for so many credits that the attacker loses", "", "; ".join(found))]  # fmt: skip


def names(config: Config) -> list[Finding]:
    """False names have no defence that could be taken away: whether they pay depends on how slots are sold."""
    rules = (VCG(), UniformPrice(), GSP(), FirstPrice())
    told = []
    for rule in rules:
        settings = {"auction": rule, "slots": 3, "rounds": 1}
        played = attacks.duel(attacks.FalseNames(), settings, max(1, config.seeds // 2), config.tries)
        told.append(f"{type(rule).__name__} {played.gain}")
    return [Finding("attacks", "sybils, several texts: gain with 3 slots, by rule of sale", "", "; ".join(told))]


def wide(config: Config) -> list[Finding]:
    """The same suite where more is read, and markets are nested."""
    rows = attacks.suite(WIDE, max(1, config.seeds // 4), tries=config.tries)
    gaining = [f"{row.attack.name} {row.played.gain} ({row.played.way})" for row in rows if not row.stopped]
    told = f"{len(gaining)} of {len(rows)}: {'; '.join(gaining)}" if gaining else "none"
    return [Finding("attacks", "attacks that gain with 3 slots, 3 rounds and markets of contractors", "", told)]


def limits(config: Config) -> list[Finding]:
    """What is known to get through; what does so under the defaults misses what is asked."""
    found = []
    for how, attack in attacks.LIMITS.items():
        played = attacks.duel(attack, {}, config.seeds, config.tries)
        by_default = not attack.also
        told = f"{attack.name}; {against(played)}; {attack.figure}: {played.figure:.4g}, its twin {played.twin:.4g}"
        found.append(
            Finding("attacks", f"not stopped: {how}", "at most 0" if by_default else "", str(played.gain), played.gain.high <= 0 if by_default else None, told)
        )  # fmt: skip
    return found


TEXT = (
    "Gains are credits per history of the best way that the suite knows over the best honest way (often to stay away), in the same place with the "
    "same luck; both are chosen by other histories. Intervals are over seeds; endowments are not "
    "counted as gains. The judge of the injections is a program that reads through every disguise and obeys: real models obey less "
    "and misread more, so its rates say which orders reach a judge and nothing of how many a model would obey. Attacks and filter "
    "have one author: that all ways here are stopped is no promise for others. The rows *not stopped* say what gets through."
)
