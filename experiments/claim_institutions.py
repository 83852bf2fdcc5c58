"""Institutions against monopoly, holdout and bubbles: levies, auctions and property rights in one sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from _pathologies import PATHOLOGIES, Pathology
from _societies import Law, Outcome, play, returns, shortfall
from _sources import ESSAY, PAPER

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, gini, herfindahl, markdown_table, statistics


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 12
    """Societies of each kind."""
    tuning: int = 6
    """Other societies, on which strategies and rates are chosen."""
    looks: int = 8
    """Parts of a life; those who come late come after the first, welfare is that of the second half."""
    ticks: int = 256
    """In each part, one transaction a tick."""
    rates: tuple[float, ...] = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8)
    """Of land-value tax, rent and wealth tax, which are tried in turn."""
    caps: tuple[float, ...] = (0.8, 0.5, 0.3, 0.2, 0.15, 0.13)
    """Largest share of all wealth that one of eight accounts may hold, as many as there are rates."""
    key: int = 0
    """Seed of the societies."""


NOTHING, LAND, RENT, CAP, WEALTH, BOTH = (
    "nothing",
    "land-value tax",
    "rent",
    "antitrust cap",
    "wealth tax",
    "land-value tax + cap",
)
CONSERVING = "credit-conserving Vickrey"
CREATED, UNPAID = "plain Vickrey (money is created)", "no property rights (owners are not paid)"
AUCTIONS = {
    CONSERVING: Law(),
    "first price": Law(pays=(1.0, 0.0), receives=(1.0, 0.0)),
    CREATED: Law(receives=(1.0, 0.0)),
    UNPAID: Law(receives=(0.0, 0.0)),
}
MONOPOLIES = ESSAY.format("“Generalization and Continual Learning” (said there of continual learning)")
REMEDIES = ESSAY.format("“Outlook and call for collaborators”")
RIGHTS = (
    PAPER.format("related work: credit conservation (Schmidhuber) and property rights (Baum)") + ", put to our test"
)
ENOUGH = 0.9
"""Part of the best return from which on a society counts as well run."""

Rule = tuple[str, int]
"""An institution and the number of its rate; nothing has the number 0 alone."""


class Setting(NamedTuple):
    """What a society lives under."""

    world: str
    auction: str
    rule: Rule


class Measured(NamedTuple):
    """Of all seeds of one setting, axis `seeds`; the strategic agent does what pays it best."""

    welfare: np.ndarray
    """Return over the best return, second half."""
    gini: np.ndarray
    herfindahl: np.ndarray
    regret: np.ndarray
    """Value lost a tick over the whole life, per cent of the best return."""
    symptom: np.ndarray
    """Share of sales that the monopolist wins, of builders turned away, price over true value; axes `seeds looks`."""
    strategy: int


def run(config: Config, context: Context) -> Report:
    """Strategies are chosen by who follows them, rates for all worlds together, both on seeds of their own."""
    worlds = {world.name: world for world in (make() for make in PATHOLOGIES)}
    rules = laws(config)
    settings = [Setting(w, CONSERVING, r) for w in worlds for r in rules]
    chosen, tuned = tuning(config, worlds, rules, settings)
    best = {i: rated(worlds, tuned, i) for i in (LAND, RENT, CAP, WEALTH, BOTH)}
    others = [Setting(w, a, r) for w in worlds for a in list(AUCTIONS)[1:] for r in [(NOTHING, 0), *best.values()]]
    chosen |= tuning(config, worlds, rules, others)[0]
    settings += others
    cases = [worlds[s.world].case(under(rules, s), chosen[s]) for s in settings]
    out = play(cases, seeds=config.seeds, key=config.key, looks=config.looks, ticks=config.ticks)
    measured = {s: read(worlds[s.world], out, place, chosen[s]) for place, s in enumerate(settings)}
    tests = against_nothing(worlds, measured, best)
    claims = judged(config, worlds, measured, best, tests, rules)
    findings = [*told(config, worlds, measured, best, tests, rules),
                Finding("institutions", "sum of all books of all societies, grains", "0", str(out.imbalance), out.imbalance == 0)]  # fmt: skip
    figures = {
        "institutions": grid(worlds, measured, best, tests, rules),
        "rates": doses(config, worlds, measured, best),
        "forming": forming(config, measured, best),
    }
    return Report(findings, figures, table(worlds, measured, rules, best) + ABOUT, claims=claims)


ABOUT = """

The worlds have one to six states and exact optima; every society has eight agents that learn what winning is worth to them. Monopolist and holder choose
among five and six ways of bidding the one that leaves them richest, under each law anew, on seeds of their own; the rate of an institution is the one with
the best mean welfare over the four worlds, under the credit-conserving auction; tax and cap together had all pairs to choose from. Everybody knows the tax on its own bid and bids accordingly; what the house
takes is not given back. The bubble needs agents who err: with errors of 0 there is none. Levies were not tuned to a world, the worlds were made so that the
trouble shows without institutions: they say what an institution can do, not how often trouble arises. Every owner has
one account here; `claim_alignment` has one who opens several under a cap."""


def laws(config: Config) -> dict[Rule, Law]:
    """All levies at all rates."""
    found = {(NOTHING, 0): Law()}
    for number, (rate, cap) in enumerate(zip(config.rates, config.caps, strict=True)):
        found |= {(LAND, number): Law(harberger=rate), (RENT, number): Law(rent=rate), (CAP, number): Law(cap=cap),
                  (WEALTH, number): Law(wealth_tax=rate)}  # fmt: skip
    pairs = [(cap, rate) for cap in config.caps for rate in config.rates]
    return found | {(BOTH, number): Law(harberger=rate, cap=cap) for number, (cap, rate) in enumerate(pairs)}


def under(rules: dict[Rule, Law], setting: Setting) -> Law:
    """Levies and auction together."""
    auction = AUCTIONS[setting.auction]
    return rules[setting.rule]._replace(pays=auction.pays, receives=auction.receives)


def tuning(
    config: Config, worlds: dict[str, Pathology], rules: dict[Rule, Law], settings: list[Setting]
) -> tuple[dict[Setting, int], dict[Setting, float]]:
    """The strategy that pays its owner best, and the welfare that comes of it, by setting."""
    tried = [(s, n) for s in settings for n in range(len(worlds[s.world].strategies))]
    cases = [worlds[s.world].case(under(rules, s), n) for s, n in tried]
    out = play(cases, seeds=config.tuning, key=config.key + 1, looks=config.looks, ticks=config.ticks)
    kept = out.wealth[:, :, -1, 0].mean(1)
    chosen: dict[Setting, tuple[float, int, int]] = {}
    for place, (s, n) in enumerate(tried):
        # ties go to honesty
        if s not in chosen or kept[place] > chosen[s][0] + 1e-3:
            chosen[s] = (float(kept[place]), n, place)
    welfare = {
        s: float(efficiency(worlds[s.world], out.counts[chosen[s][2]]).mean())
        for s in settings
        if s.auction == CONSERVING
    }
    return {s: n for s, (_, n, _) in chosen.items()}, welfare


def efficiency(world: Pathology, counts: np.ndarray) -> np.ndarray:
    """Return of what was done in the second half over the best return; axis `seeds`."""
    half = counts[:, counts.shape[1] // 2 :].sum(1)
    return returns(world.world, half) / cx.planning.value_iteration(world.world).start_value


def read(world: Pathology, out: Outcome, place: int, strategy: int) -> Measured:
    """All figures of one case."""
    counts, wealth = out.counts[place], out.wealth[place][:, -1][:, world.active].astype(float)
    best = cx.planning.value_iteration(world.world).start_value
    lost = shortfall(world.world, counts.sum(1)) / counts.sum((1, 2, 3)) / best
    return Measured(
        efficiency(world, counts), np.array([gini(w) for w in wealth]), np.array([herfindahl(w) for w in wealth]), 100 * lost,
        symptom(world, out, place), strategy,
    )  # fmt: skip


def symptom(world: Pathology, out: Outcome, place: int) -> np.ndarray:
    """What is wrong in this world, as a number; axes `seeds looks`."""
    if world.name == "holdout":
        offers = out.counts[place][:, :, 1:]
        return offers[..., 0].sum(-1) / np.maximum(offers.sum((-1, -2)), 1)
    if world.name == "bubble":
        return out.price[place][:, :, 0] / cx.planning.value_iteration(world.world).start_value
    won = out.won[place]
    return won[..., 0] / np.maximum(won.sum(-1), 1)


def rated(worlds: dict[str, Pathology], tuned: dict[Setting, float], institution: str) -> Rule:
    """The rate with the best mean welfare over all worlds, the first of equals."""
    numbers = [s.rule[1] for s in tuned if s.rule[0] == institution and s.world == next(iter(worlds))]
    mean = [np.mean([tuned[Setting(w, CONSERVING, (institution, n))] for w in worlds]) for n in numbers]
    return institution, numbers[int(np.argmax(np.round(mean, 3)))]


Tests = dict[tuple[str, str], tuple[statistics.Paired, float]]


def against_nothing(worlds: dict[str, Pathology], measured: dict[Setting, Measured], best: dict[str, Rule]) -> Tests:
    """Every institution beside none on the same seeds, p adjusted by Holm."""
    raw = {
        (i, w): statistics.paired(
            measured[Setting(w, CONSERVING, rule)].welfare, measured[Setting(w, CONSERVING, (NOTHING, 0))].welfare
        )
        for i, rule in best.items()
        for w in worlds
    }
    adjusted = statistics.holm({case: test.p for case, test in raw.items()})
    return {case: (test, adjusted[case]) for case, test in raw.items()}


def helps(test: tuple[statistics.Paired, float]) -> bool:
    """Beyond chance."""
    return bool(test[0].difference.above and test[1] < 0.05)


def well(measured: Measured) -> bool:
    """Whether the society is well run beyond doubt."""
    found = statistics.interval(measured.welfare)
    return bool(min(found.low, found.value) >= ENOUGH) if np.isfinite(found.low) else bool(found.value >= ENOUGH)


def judged(
    config: Config,
    worlds: dict[str, Pathology],
    measured: dict[Setting, Measured],
    best: dict[str, Rule],
    tests: Tests,
    rules: dict[Rule, Law],
) -> list[Claim]:
    """Claims, world by world."""

    def bare(w: str) -> Measured:
        return measured[Setting(w, CONSERVING, (NOTHING, 0))]

    def at(i: str, w: str) -> Measured:
        return measured[Setting(w, CONSERVING, best[i])]

    def cured(i: str, w: str) -> bool:
        return well(at(i, w)) if w == "healthy" else helps(tests[i, w]) and well(at(i, w))

    def both_ways(w: str, i: str) -> str:
        return f"{statistics.interval(bare(w).welfare):.2f}, then {statistics.interval(at(i, w).welfare):.2f}"

    ill = [w for w in worlds if w != "healthy"]
    monopolised = {
        "the healthy chain, where none forms": "healthy",
        "monopoly, once an antitrust cap is set": "monopoly",
    }
    beside = {w: statistics.paired(at(BOTH, w).welfare, at(LAND, w).welfare) for w in worlds}
    free = {
        name: {
            w: statistics.paired(bare(w).welfare, measured[Setting(w, auction, (NOTHING, 0))].welfare) for w in worlds
        }
        for name, auction in (("owners", UNPAID), ("money", CREATED))
    }
    return [
        Claim.judged(
            "Markets work as long as monopolies are not let form.", MONOPOLIES,
            {name: well(bare(w)) if w == "healthy" else cured(CAP, w) for name, w in monopolised.items() if w in worlds},
            f"Measured: part of the best return without institutions, and under a cap of {share(rules[best[CAP]])}. "
            f"Held means at least {ENOUGH} beyond doubt and more than without. The capped are drained and the rest stay unequal: with monopoly Herfindahl's index is "
            f"{statistics.interval(bare('monopoly').herfindahl):.2f} without and {statistics.interval(at(CAP, 'monopoly').herfindahl):.2f} with the cap.",
            {name: both_ways(w, CAP) for name, w in monopolised.items() if w in worlds},
        ),
        Claim.judged(
            "A cap against monopolies is enough: it prevents what else goes wrong as well.", f"our test, after {REMEDIES}",
            {w: cured(CAP, w) for w in ill if w != "monopoly"},
            f"Measured: part of the best return without institutions, and under a cap of {share(rules[best[CAP]])}.",
            {w: both_ways(w, CAP) for w in ill if w != "monopoly"},
        ),
        Claim.judged(
            "Land-value tax and antitrust together prevent what goes wrong.", REMEDIES,
            {f"{w}": cured(BOTH, w) for w in ill} | {"the healthy chain, which keeps working": cured(BOTH, "healthy")},
            f"Measured: part of the best return without institutions, and under a tax of {rules[best[BOTH]].harberger:g} and a cap of {share(rules[best[BOTH]])}. "
            f"Of the rates tried, all four worlds run well under a land-value tax of {lasting(config, worlds, measured, LAND)}, a rent of {lasting(config, worlds, measured, RENT)}.",
            {w: both_ways(w, BOTH) for w in ill} | {"the healthy chain, which keeps working": both_ways("healthy", BOTH)},
        ),
        Claim.judged(
            "Antitrust adds something to the land-value tax.", f"our test, after {REMEDIES}", statistics.larger(beside),
            "Measured: part of the best return, tax and cap less tax alone.", {w: f"{test.difference:+.2f}" for w, test in beside.items()},
        ),
        Claim.judged(
            "Property rights are needed: where owners are not paid for what they hand on, societies do worse.", RIGHTS, statistics.larger(free["owners"]),
            "Measured: part of the best return with rights less without, no levy.", {w: f"{test.difference:+.2f}" for w, test in free["owners"].items()},
        ),
        Claim.judged(
            "Money must be conserved: where the house makes up what sellers get, societies do worse.", RIGHTS, statistics.larger(free["money"]),
            "Measured: part of the best return with conservation less without, no levy.", {w: f"{test.difference:+.2f}" for w, test in free["money"].items()},
        ),
    ]  # fmt: skip


def lasting(config: Config, worlds: dict[str, Pathology], measured: dict[Setting, Measured], institution: str) -> str:
    """The rates at which no world suffers."""
    kept = [
        f"{r:g}"
        for n, r in enumerate(config.rates)
        if all(well(measured[Setting(w, CONSERVING, (institution, n))]) for w in worlds)
    ]
    return " or ".join(kept) or "none"


def share(law: Law) -> str:
    """A cap in words."""
    return f"{law.cap:.0%} of all wealth"


def level(rules: dict[Rule, Law], rule: Rule) -> str:
    """An institution with its rate."""
    law = rules[rule]
    rates = [f"{x:g}" for x in (law.harberger, law.rent, law.wealth_tax) if x] + (
        [f"{law.cap:.0%}"] if law.cap < 1 else []
    )
    return f"{rule[0]} {', '.join(rates)}".strip()


def told(
    config: Config,
    worlds: dict[str, Pathology],
    measured: dict[Setting, Measured],
    best: dict[str, Rule],
    tests: Tests,
    rules: dict[Rule, Law],
) -> list[Finding]:
    """A row for each institution in each world."""
    rows = []
    for rule in [(NOTHING, 0), *best.values()]:
        for w, world in worlds.items():
            found = measured[Setting(w, CONSERVING, rule)]
            note = (
                ""
                if rule[0] == NOTHING
                else f"against none {tests[rule[0], w][0].difference:+.2f}, Holm p = {tests[rule[0], w][1]:.2g}"
            )
            rows.append(Finding(
                "institutions", f"{w}, {level(rules, rule)}", "",
                f"welfare {statistics.interval(found.welfare):.2f}, Gini {statistics.interval(found.gini):.2f}, Herfindahl "
                f"{statistics.interval(found.herfindahl):.2f}, regret {statistics.interval(found.regret):.1f} % a tick"
                + (f"; slot 0 plays {world.strategies[found.strategy]}" if len(world.strategies) > 1 else ""), None, note,
            ))  # fmt: skip
    return rows


def table(
    worlds: dict[str, Pathology], measured: dict[Setting, Measured], rules: dict[Rule, Law], best: dict[str, Rule]
) -> str:
    """Every institution under every auction: what it is worth, and who ends up with how much."""
    kinds = [(auction, rule) for auction in AUCTIONS for rule in [(NOTHING, 0), *best.values()]]

    def cells(auction: str, rule: Rule, told: Any) -> list[str]:
        return [auction, level(rules, rule), *(told(measured[Setting(w, auction, rule)]) for w in worlds)]

    head = ("auction", "institution", *worlds)
    welfare = [cells(*kind, lambda of: f"{statistics.interval(of.welfare):.2f}") for kind in kinds]
    spread = [
        cells(*kind, lambda of: f"{of.gini.mean():.2f}, {of.herfindahl.mean():.2f}, {of.regret.mean():.1f}")
        for kind in kinds
    ]
    return (
        "Part of the best return, second half of life, 95 % intervals. Rates were chosen under the first auction.\n\n" + markdown_table(head, welfare)
        + "\n\nGini and Herfindahl of wealth at the end, regret a tick over the whole life in per cent of the best return; means.\n\n" + markdown_table(head, spread)
    )  # fmt: skip


def grid(
    worlds: dict[str, Pathology],
    measured: dict[Setting, Measured],
    best: dict[str, Rule],
    tests: Tests,
    rules: dict[Rule, Law],
) -> Any:
    """Institution by pathology."""
    names = {rule: level(rules, rule) for rule in [(NOTHING, 0), *best.values()]}
    rows = {
        name: [statistics.interval(measured[Setting(w, CONSERVING, rule)].welfare) for w in worlds]
        for rule, name in names.items()
    }
    stars = {name: [rule[0] != NOTHING and helps(tests[rule[0], w]) for w in worlds] for rule, name in names.items()}
    for auction in list(AUCTIONS)[1:]:
        rows[auction] = [statistics.interval(measured[Setting(w, auction, (NOTHING, 0))].welfare) for w in worlds]
    return cx.view.heat_table(
        rows,
        list(worlds),
        unit="return, part of the optimum; *: above nothing beyond chance",
        marked=stars,
        rules=(1, len(names)),
    )


def doses(
    config: Config, worlds: dict[str, Pathology], measured: dict[Setting, Measured], best: dict[str, Rule]
) -> Any:
    """Welfare against the rate."""
    rates, caps = [f"{x:g}" for x in config.rates], [f"{x:.0%}" for x in config.caps]
    axes = {LAND: ("share of own bid, per tick", rates), RENT: ("share of winner's wealth, per sale", rates),
            WEALTH: ("share of all wealth, per tick", rates), CAP: ("largest share of one account", caps),
            BOTH: (f"share of own bid, beside a cap of {config.caps[best[BOTH][1] // len(rates)]:.0%}", rates)}  # fmt: skip
    panels = {}
    for institution, (label, ticks) in axes.items():
        first = best[BOTH][1] // len(rates) * len(rates) if institution == BOTH else 0
        places = [(NOTHING, 0), *[(institution, first + n) for n in range(len(rates))]]
        bands = {
            w: cx.view.Band(
                range(len(places)), [statistics.interval(measured[Setting(w, CONSERVING, p)].welfare) for p in places]
            )
            for w in worlds
        }
        panels[institution] = cx.view.Panel(
            bands, label, "return, part of the optimum", ["none", *ticks], {"optimum": 1.0}
        )
    return cx.view.band_panels(panels)


SYMPTOMS = {
    "monopoly": "monopolist's share of sales",
    "holdout": "share of builders refused",
    "bubble": "price over true value",
}


def forming(config: Config, measured: dict[Setting, Measured], best: dict[str, Rule]) -> Any:
    """How the trouble comes, and what becomes of it under the two institutions of the claim."""
    panels, when = {}, config.ticks * (np.arange(config.looks) + 0.5)
    for w, label in SYMPTOMS.items():
        rules = {NOTHING: (NOTHING, 0), LAND: best[LAND], CAP: best[CAP]}
        bands = {}
        for place, (name, rule) in enumerate(rules.items()):
            seen = measured[Setting(w, CONSERVING, rule)].symptom
            known = np.isfinite(seen).all(0)
            # a little aside, where lines would hide each other
            x = when[known] + 0.15 * config.ticks * place
            bands[name] = cx.view.Band(x, [statistics.interval(column) for column in seen.T[known]])
        panels[w] = cx.view.Panel(bands, "ticks", label, levels={"true value": 1.0} if w == "bubble" else {})
    return cx.view.band_panels(panels)
