"""What attackers gain at the information bazaar as it is by default, with each defence exchanged for none, and beyond the defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import numpy as np

from catallax.lab import Context, Finding, Report
from catallax.language import attacks
from catallax.language.attacks import Measured
from catallax.language.attacks._injection import STYLES
from catallax.language.bazaar import _session, plain
from catallax.view import grouped_bars


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 200
    """Histories of each attack and of its twin."""


WIDE = {"slots": 3, "depth": 2, "rounds": 3}
HOLES: dict[str, tuple[Any, str, Callable[[Any], Any]]] = {
    "bait and switch": (_session, "as_promised", lambda real: lambda delivered, offer: True),
    "sybils, one text": (
        _session.Memory,
        "admissible",
        lambda real: lambda self, *about: [(offer, 0) for offer, _ in real(self, *about)],
    ),
}
"""Defences that are no part: what stands for them in the bazaar, and the bazaar without."""


def run(config: Config, context: Context) -> Report:
    """The suite under the defaults, without the defences, with more attention, and against what is known to get through."""
    rows = attacks.suite(seeds=config.seeds)
    bare = {row.attack.name: row.exposed for row in rows if row.exposed is not None} | holes(config)
    findings = [*defended(rows), *undefended(rows, bare), *layers(config), *wide(config), *limits(config)]
    names = [row.attack.name for row in rows]
    bars = {
        "as by default": np.array([row.gain.mean for row in rows]),
        "without its defence": np.array([bare[name].mean if name in bare else np.nan for name in names]),
    }
    figure = grouped_bars(bars, names, "gain over a harmless twin, credits")
    return Report(findings, {"bazaar_attacks": figure}, f"{attacks.table(rows)}\n\n{TEXT}")


def defended(rows: tuple[Measured, ...]) -> list[Finding]:
    """What the issue is about."""
    return [
        Finding("attacks", f"{row.attack.name}: gain, credits", "at most 0", str(row.gain), row.stopped,
                f"{row.attack.figure}: {row.figure:.4g}, its twin {row.twin:.4g}; defence: {row.attack.defence}")
        for row in rows
    ]  # fmt: skip


def undefended(rows: tuple[Measured, ...], bare: dict[str, attacks.Gain]) -> list[Finding]:
    """The attacks work where nothing stops them."""
    found = []
    for row in rows:
        name = row.attack.name
        if name == "budget draining" and row.exposed_figure is not None:
            told = f"{row.exposed_figure:.0f}, with it {row.figure:.0f}, without attack {row.twin:.0f}"
            found.append(
                Finding("attacks", f"{name}: mean bill without the defence, micro-dollars", "above that with it", told,
                        row.exposed_figure > row.figure)
            )  # fmt: skip
        elif name in bare:
            found.append(
                Finding("attacks", f"{name}: gain without the defence", "above 0", str(bare[name]), bare[name].low > 0)
            )
    return found


def holes(config: Config) -> dict[str, attacks.Gain]:
    """Gains where a defence was taken out of the bazaar itself."""
    found = {}
    for attack in attacks.ATTACKS:
        if attack.name in HOLES:
            owner, name, change = HOLES[attack.name]
            with mock.patch.object(owner, name, change(getattr(owner, name))):
                found[attack.name] = attacks.suite(seeds=config.seeds, attacks=[attack])[0].gain
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
            style: attacks.suite(seeds=max(1, config.seeds // 20), attacks=[replace(base, contractor=contractor, styles=(style,))])[0].figure
            for style in STYLES
        }  # fmt: skip
        through = [style for style, rate in rates.items() if rate > 0]
        asked = {"no defence": "all", "as by default": "none"}.get(kind, "")
        reached = {"all": len(through) == len(STYLES), "none": not through}.get(asked)
        told = f"{len(through)} of {len(STYLES)}"
        found.append(Finding("attacks", f"orders that sell, {kind}", asked, told, reached, ", ".join(through)))
    return found


def wide(config: Config) -> list[Finding]:
    """The same suite where more is read, and markets are nested."""
    rows = attacks.suite(WIDE, max(1, config.seeds // 4))
    gaining = [f"{row.attack.name} {row.gain}" for row in rows if not row.stopped]
    told = f"{len(gaining)} of {len(rows)}: {'; '.join(gaining)}" if gaining else "none"
    return [Finding("attacks", "attacks that gain with 3 slots, 3 rounds and markets of contractors", "", told)]


def limits(config: Config) -> list[Finding]:
    """What is known to get through."""
    rows = attacks.suite(seeds=config.seeds, attacks=attacks.LIMITS.values())
    return [
        Finding("attacks", f"not stopped: {how}", "", str(row.gain), None, f"{row.attack.name}; {row.attack.figure}: {row.figure:.4g}, its twin {row.twin:.4g}")
        for how, row in zip(attacks.LIMITS, rows, strict=True)
    ]  # fmt: skip


TEXT = (
    "Gains are credits per history over a twin in the same place with the same luck, with intervals over seeds; endowments are not "
    "counted as gains. The judge of the injections is a program that reads through every disguise and obeys: real models obey less "
    "and misread more, so its rates say which orders reach a judge and nothing of how many a model would obey. Attacks and filter "
    "have one author: that all wordings here are stopped is no promise for others. The rows *not stopped* say what gets through."
)
