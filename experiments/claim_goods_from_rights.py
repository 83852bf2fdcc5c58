"""Goods from rights to act: rights sold one by one, Coase, information as a public good, and demand derived from a hidden variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import _derived_demand as derived
import _hidden_factor as factor
import _information_goods as information
import _rights_markets as rights
import jax
import jax.numpy as jnp
import numpy as np
from _rights_markets import CONTRACTS
from _sources import ESSAY

from catallax import view
from catallax.lab import Claim, Context, Finding, Report, markdown_table, statistics

NEAR, ALIKE = 0.95, 0.01
"""Part of the optimum that counts as reached; differences below this part are none."""
BOUGHT, LEFT = 0.5, 0.1
"""Shares of tasks above which there is demand, and below which there is none."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 20
    """Worlds of each kind."""
    tuning: int = 6
    """Others, on which step size and exploration are chosen."""
    rights: tuple[int, ...] = (2, 4)
    """Rights that are sold side by side."""
    harms: tuple[float, ...] = (0.0, 0.5)
    """Mean harm that a use does to another one, credits; a use brings 0.5 on average."""
    ticks: int = 20_000
    """In which each right is used once."""
    looks: int = 80
    """At what bids would choose."""
    steps: tuple[float, ...] = (0.02, 0.1)
    """Step sizes tried, the same for all."""
    explore: tuple[float, ...] = (0.05, 0.2)
    """Rates of exploration tried."""
    users: int = 4
    """Of a right that changes hands."""
    life: int = 32
    """Ticks of such a right."""
    costs: tuple[float, ...] = (0.0, 0.1, 0.5, 1.0, 2.0)
    """Of a sale, credits; without any first."""
    contracts: tuple[str, ...] = tuple(CONTRACTS)
    """Terms on which it is sold; spot sales among them."""
    lives: int = 200
    """Such rights for each contract and cost, each among users of its own."""
    practice: int = 4_000
    """Ticks in which they learn what contracts bring."""
    readers: tuple[int, ...] = (1, 2, 4, 8, 16)
    """Users of a signal."""
    draws: int = 60
    """Signals for each seed."""
    rounds: int = 1_000
    """In which contributions are learned."""
    decisions: tuple[int, ...] = (1, 6)
    """Of a builder in a task."""
    matters: tuple[float, ...] = (0.0, 0.02, 0.1, 0.3, 0.7)
    """How much a design that fits raises the probability of success."""
    tasks: int = 20_000
    """One after another."""
    cost: float = 0.04
    """Of a survey, credits for each decision of a task."""
    factor_matters: tuple[float, ...] = (0.0, 0.1, 0.3, 0.7)
    """The same where a market prices the hidden variable."""
    factor_tasks: int = 400
    """One after another."""
    factor_seeds: int = 10
    """Worlds."""
    every: int = 50
    """Tasks after which the trader that knows the factor learns anew."""


def run(config: Config, context: Context) -> Report:
    """Five parts."""
    return Report.joined([sold(config), traded(config), read(config), demanded(config), priced(config)])


# --- the right to act, sold in parts

Values = Mapping[tuple[int, float], Mapping[str, np.ndarray]]
"""By rights and harm, then way: values at every look."""
WAYS = (rights.WHOLE, rights.LIABLE, rights.FREE)


def sold(config: Config) -> Report:
    """One good or many."""
    found: dict[tuple[int, float], dict[str, np.ndarray]] = {}
    chosen: dict[tuple[int, float, str], tuple[float, float]] = {}
    for count in config.rights:
        for harm in config.harms:
            for way in WAYS:
                values, chosen[count, harm, way] = tuned(config, count, harm, way)
                found.setdefault((count, harm), {})[way] = values
    each = config.ticks // config.looks
    findings = [
        Finding("rights", f"{told(kind)}, {way}: value of what bids would choose in the end", "", f"{statistics.interval(values[:, -1]):.3f}",
                note=f"{NEAR:.0%} for good after {statistics.interval(each * rights.soon(values, NEAR), np.median):,.0f} ticks (median); step size, exploration {chosen[(*kind, way)]}")
        for kind, ways in found.items()
        for way, values in ways.items()
    ]  # fmt: skip
    text = (
        f"**Rights.** Each right has {rights.STATES} states and {rights.USERS} users, who bid what using it in its state has brought them; states are drawn anew every tick, so there is nothing "
        "to plan. Where uses harm each other, users who pay for harm pay all that they do to others. Sold as one good, every joint plan bids for the joint state. Credit-conserving Vickrey auctions that tremble; settings "
        f"from one grid on other seeds; at most {config.ticks:,} ticks. Accounts are plain numbers here, and bids are not capped by wealth."
    )
    places = each * (1.0 + np.arange(config.looks))
    picture = view.band_panels(
        {told(kind): view.Panel(view.Band.each(places, ways), "ticks", "part of the optimum", levels={"near": NEAR}, log="x") for kind, ways in found.items()},
        columns=2, share=True, limits=(-1.0, 1.2),
    )  # fmt: skip
    return Report(findings, {"rights": picture}, text, claims=[finds(found), sooner(found, each)])


def tuned(config: Config, count: int, harm: float, way: str) -> tuple[np.ndarray, tuple[float, float]]:
    """Values at every look with the settings that were best on other worlds."""

    def play(seeds: range, setting: tuple[float, float]) -> np.ndarray:
        worlds, keys = rights.drawn(seeds, count, harm), jax.random.split(jax.random.key(seeds.start), len(seeds))
        return np.asarray(rights.learned(way, config.ticks, config.looks, worlds, jnp.array(setting), keys), float)

    grid = [(step, explore) for step in config.steps for explore in config.explore]
    others = range(1_000, 1_000 + config.tuning)
    best = max(grid, key=lambda setting: float(play(others, setting).mean())) if len(grid) > 1 else grid[0]
    return play(range(config.seeds), best), best


def told(kind: tuple[int, float]) -> str:
    """In words."""
    count, harm = kind
    return f"{count} rights, {'no harm' if harm == 0 else f'mean harm {harm:g}'}"


def finds(found: Values) -> Claim:
    """Whether parts reach what the whole reaches."""
    cases, said = {}, []
    for kind, ways in found.items():
        for way in WAYS[1:]:
            gap = statistics.paired(ways[way][:, -1], ways[rights.WHOLE][:, -1]).difference
            cases[f"{way} ({told(kind)})"] = gap.low > -ALIKE
            said.append(f"{gap:+.3f}")
    return Claim.judged(
        "Goods come from actions: a market for rights to act finds what a market for the whole state finds.",
        ESSAY.format("outlook"), cases, f"Value in the end, rights less the whole: {'; '.join(said)} of the optimum.",
    )  # fmt: skip


def sooner(found: Values, each: int) -> Claim:
    """Whether parts are faster."""
    cases, said = {}, []
    for kind, ways in found.items():
        for way in WAYS[1:]:
            gain = statistics.paired(*(each * rights.soon(ways[name], NEAR) for name in (rights.WHOLE, way))).difference
            cases[f"{way} ({told(kind)})"] = gain.above
            said.append(f"{gain:+,.0f}")
    return Claim.judged(
        "Modularity of state: split into goods that are traded separately, the state is learned faster.",
        ESSAY.format("analogies between markets and agents"), cases,
        f"Ticks that the whole needs to stay above {NEAR:.0%} less those of rights: {'; '.join(said)}.",
    )  # fmt: skip


# --- who is given the right


def traded(config: Config) -> Report:
    """Given to the best user or the worst one, traded on different terms."""
    welfare: dict[tuple[str, float], np.ndarray] = {}
    chosen, imbalance = {}, 0
    grid = [(step, explore) for step in config.steps for explore in config.explore]
    for name in config.contracts:

        def play(
            number: int, lives: int, cost: float, setting: tuple[float, float], name: str = name
        ) -> tuple[np.ndarray, int]:
            keys = jax.random.split(jax.random.key(number), lives)
            found, ledger = rights.held(
                CONTRACTS[name], config.users, config.life, config.practice, cost, setting, keys
            )
            return found, ledger.audit()

        middle = config.costs[len(config.costs) // 2]
        chosen[name] = grid[0]
        if len(grid) > 1:
            chosen[name] = max(grid, key=lambda setting: float(play(6, config.lives // 4, middle, setting)[0].mean()))
        for cost in config.costs:
            welfare[name, cost], off = play(5, config.lives, cost, chosen[name])
            imbalance += off
    gaps = {key: statistics.paired(both[:, 0], both[:, 1]).difference for key, both in welfare.items()}
    level = {key: statistics.interval(both.mean(1)) for key, both in welfare.items()}
    findings = [
        Finding("contracts", f"{name}, cost of a sale {cost:g}: welfare a tick", "", f"{level[name, cost]:.3f}",
                note=f"first given to the best user less to the worst: {gaps[name, cost]:+.4f}; step size, exploration {chosen[name]}")
        for name, cost in welfare
    ]  # fmt: skip
    findings.append(Finding("contracts", "imbalance of all books, grains", "0", f"{imbalance}", imbalance == 0))
    table = markdown_table(
        ("contract", "cost of a sale", "welfare a tick", "best first owner less worst"),
        [(name, f"{cost:g}", f"{level[name, cost]:.3f}", f"{gaps[name, cost]:+.4f}") for name, cost in welfare],
    )
    most = rights.needed_most(config.users)
    text = (
        f"**Contracts.** One right lives for {config.life} ticks among {config.users} users whose need, {rights.LOW:g} or {rights.HIGH:g} credits a tick, turns with probability "
        f"{1 - rights.CALM:.1f}. Users bid running averages of what a contract has brought them, resale included, learned in {config.practice:,} ticks before; sales are credit-conserving Vickrey auctions that "
        f"tremble while they learn, bids are capped by wealth ({rights.PURSE:g} credits at first), and all money moves in the exact ledger. Holders ask for the cost of a sale on top. Shared rights give each of two users {rights.SHARED_PART:.0%} of what it "
        f"would have alone. The holder of an option takes the right in ticks of much need, for {rights.STRIKE:g} credits to its owner, who uses it otherwise; exercise is free of other cost. With nobody "
        f"but the neediest using it alone, and sales for nothing, a right brings {most:.3f} a tick.\n\n" + table
    )

    def lines(of: Any) -> dict[str, np.ndarray]:
        return {name: np.stack([of(welfare[name, cost]) for cost in config.costs], 1) for name in config.contracts}

    panels = {"welfare": lines(lambda both: both.mean(1)), "lost by a bad first owner": lines(lambda both: both[:, 0] - both[:, 1])}  # fmt: skip
    picture = view.band_panels({
        title: view.Panel(
            view.Band.each(config.costs, curves), "cost of a sale, credits", "credits a tick",
            levels={"neediest alone": most} if title == "welfare" else {},
        )
        for title, curves in panels.items()
    })  # fmt: skip
    use = (rights.LOW + rights.HIGH) / 2
    told = {key: f"{name}, cost {cost:g}" for key in welfare for name, cost in [key]}
    held = {told[key]: max(abs(gap.low), abs(gap.high)) < ALIKE * use for key, gap in gaps.items()}
    claims = [
        Claim.judged(
            "Whoever is given a right first, contracts bring it to the one who can use it best (at no cost of transactions: Coase).",
            "Coase (1960), to which rights and contracts over them appeal in " + ESSAY.format("outlook"), held,
            f"Measured: welfare a tick with the best first owner less with the worst; it holds where that differs from 0 by less than {ALIKE:.0%} of an average use.",
            {told[key]: f"{gap:+.4f}" for key, gap in gaps.items()},
        )
    ]  # fmt: skip
    costly = [cost for cost in config.costs if cost > 0]
    longer = {
        f"{name}, cost {cost:g}": statistics.paired(welfare[name, cost].mean(1), welfare["spot", cost].mean(1)).difference
        for name in config.contracts for cost in costly if name != "spot" and "spot" in config.contracts
    }  # fmt: skip
    if longer:
        claims.append(
            Claim.judged(
                "Where sales cost something, contracts over rights (leases, shares, options) are goods worth having beside the right itself.",
                ESSAY.format("outlook") + "; our reading", {name: gain.above for name, gain in longer.items()},
                "Measured: welfare a tick less that of spot sales at the same cost.", {name: f"{gain:+.3f}" for name, gain in longer.items()},
            )
        )  # fmt: skip
    return Report(findings, {"contracts": picture}, text, claims=claims)


# --- information


def read(config: Config) -> Report:
    """A signal for many."""
    found = {n: information.outcomes(n, config.seeds, config.draws, config.rounds) for n in config.readers}

    def share(n: int, way: str) -> np.ndarray:
        return found[n][way].welfare.mean(1) / found[n]["efficient"].welfare.mean(1)

    def part(n: int, way: str) -> np.ndarray:
        return found[n][way].provided.mean(1) / found[n]["efficient"].provided.mean(1)

    findings = [
        Finding("information", f"{n} users, {way}: welfare, part of the most", "", f"{statistics.interval(share(n, way)):.3f}",
                note=f"provided {statistics.interval(part(n, way)):.2f} times as often as is efficient")
        for n in config.readers
        for way in information.WAYS
    ]  # fmt: skip
    picture = view.band_panels({
        title: view.Panel(
            view.Band.each(config.readers, {way: np.stack([of(n, way) for n in config.readers], 1) for way in information.WAYS}),
            "users of a signal", "part of what is efficient", levels={"efficient": 1.0}, log="x" if len(config.readers) > 1 else "",
        )
        for title, of in (("welfare", share), ("provision", part))
    })  # fmt: skip
    text = (
        f"**Information.** A signal right in {information.ACCURACY:.0%} of the cases costs from 0 to what its users together value it at on average; they value it at 1 credit each on average. Contributions are learned by multiplicative weights. "
        f"In the bazaar buyers know what they would get and the seller knows the demand, but must post one price; unseen, there is {information.FAKES} fake for each true signal, and buyers pay for the average. A market "
        "maker (LMSR) pays the finder in expectation what the finding costs, and all read the price; either one user subsidises it if that alone pays, or a Clarke levy does. The levy's surplus is not counted as lost, and the truth told "
        "to it is assumed."
    )
    many = [n for n in config.readers if n > 1] or list(config.readers)
    under = {f"{way}, {n} users": statistics.interval(NEAR - share(n, way)).above for way in (information.VOLUNTARY, information.UNSEEN, information.SPONSOR) for n in many}  # fmt: skip
    versus = {
        f"{rival}, {n} users": statistics.paired(share(n, information.BAZAAR), share(n, rival)).difference.above
        for rival in (information.UNSEEN, information.VOLUNTARY, information.SPONSOR)
        for n in many
    }
    most = many[-1]
    shares = {way: statistics.interval(share(most, way)) for way in information.WAYS}
    because = f"With {most} users, welfare as a part of the most: {'; '.join(f'{way} {shares[way]:.2f}' for way in information.WAYS)}."
    claims = [
        Claim.judged("Information markets are inefficient: buyers cannot inspect, and what one finds out serves others, so too little is found out.", ESSAY.format("outlook"), under, because),
        Claim.judged("Perhaps an information bazaar solves this: information is inspected, then bought or forgotten.", ESSAY.format("outlook"), versus, because),
    ]  # fmt: skip
    return Report(findings, {"information": picture}, text, claims=claims)


# --- derived demand


def demanded(config: Config) -> Report:
    """A market for the hidden variable."""
    found = {
        (decisions, matters): derived.market(config.tasks, decisions, matters, config.cost * decisions, config.seeds)
        for decisions in config.decisions
        for matters in config.matters
    }
    findings, cases, rows = [], {}, []
    for (decisions, matters), market in found.items():
        demand, value, price = map(statistics.interval, (market.demand, market.value, market.price))
        exactly = derived.exact(matters) if decisions == 1 else value.value
        wanted = exactly > config.cost * decisions
        name = f"{decisions} decision{'s' if decisions > 1 else ''}, worth {matters:g} to fit"
        cases[name] = bool(demand.low > BOUGHT if wanted else demand.high < LEFT)
        asked = f"{price:.2f}" if demand.value > LEFT else "–"
        rows.append((name, f"{exactly:.3f}", f"{value:.3f}", f"{demand:.2f}", asked))
        findings.append(Finding("derived", f"{name}: share of tasks in which the survey is bought", "", f"{demand:.2f}",
                                note=f"worth {value:.3f} credits, measured; price asked {asked}"))  # fmt: skip
    table = markdown_table(
        ("tasks", "worth of a survey, credits, exact for one decision", "measured", "share of tasks with a survey", "price asked, credits"), rows
    )  # fmt: skip
    text = (
        f"**Derived demand.** One of {derived.DESIGNS} designs fits the ground; a survey tells which, rightly in {derived.ACCURACY:.0%} of the cases, and costs its provider {config.cost:g} credits a decision. The builder learns "
        "how designs do by survey and without one, and from their difference what a survey is worth; the provider learns a price. *Measured* is the worth where every second survey is given away. Without a survey a "
        f"builder has the decisions of the task itself to learn from. It starts from optimism, takes what looks best, and in {derived.EXPLORE:.0%} of its decisions any design.\n\n"
        + table
    )
    gains = {
        key: statistics.interval(market.first[:, 0, 0] - market.first[:, 1, 0])
        for key, market in found.items()
        if key[1] > 0
    }
    faster = {
        f"{decisions} decisions, worth {matters:g} to fit": gain.above for (decisions, matters), gain in gains.items()
    }
    claims = [
        Claim.judged("What to learn is itself learned: demand for a hidden variable of the task appears where it matters, and only there.", ESSAY.format("meta-learning and derived demand"), cases,
                     f"Least often bought in {min(m.demand.mean() for m in found.values()):.0%} of the tasks, most often in {max(m.demand.mean() for m in found.values()):.0%}."),
        Claim.judged("With a market for the hidden variable a new task is met well at once, sooner than without.", ESSAY.format("meta-learning and derived demand"), faster,
                     f"Success at the first decision of a new task, with a survey less without: {'; '.join(f'{gain:+.3f}' for gain in gains.values())}."),
    ]  # fmt: skip
    curves: dict[str, dict[str, Any]] = {}
    for decisions in config.decisions:
        name = f"{decisions} decision{'s' if decisions > 1 else ''} a task"
        curves.setdefault("survey bought, share of tasks", {})[name] = np.stack(
            [found[decisions, m].demand for m in config.matters], 1
        )
        curves.setdefault("worth of a survey, credits a decision", {})[name] = np.stack(
            [found[decisions, m].value / decisions for m in config.matters], 1
        )
    picture = view.band_panels({
        title.split(", ")[0]: view.Panel(view.Band.each(config.matters, lines), "worth of a fitting design", title.split(", ")[1])
        for title, lines in curves.items()
    })  # fmt: skip
    return Report(findings, {"derived_demand": picture}, text, claims=claims)


# --- the hidden variable, priced


def priced(config: Config) -> Report:
    """A latent-variable market for the factor."""
    found = {
        matters: [factor.played(matters, config.factor_tasks, config.every, 0.1, seed) for seed in range(config.factor_seeds)]
        for matters in config.factor_matters
    }  # fmt: skip
    late = slice(config.factor_tasks // 2, None)
    success = {
        matters: {way: np.array([past.success[way][late].mean() for past in pasts]) for way in factor.WAYS}
        for matters, pasts in found.items()
    }
    earned = {matters: np.array([past.earned for past in pasts]) for matters, pasts in found.items()}
    asked = {matters: np.array([past.asked for past in pasts]) for matters, pasts in found.items()}
    findings = [
        Finding("factor", f"worth {matters:g} to fit, {way}: success of the chosen design, last half of the tasks", "", f"{statistics.interval(rates):.3f}")
        for matters, ways in success.items()
        for way, rates in ways.items()
    ]  # fmt: skip
    findings += [
        Finding("factor", f"worth {matters:g} to fit: the learner is paid, credits a task", "", f"{statistics.interval(paid):.3f}",
                note=f"the true model would add {statistics.interval(asked[matters]):.3f} beside none")
        for matters, paid in earned.items()
    ]  # fmt: skip
    imbalance = sum(past.imbalance for pasts in found.values() for past in pasts)
    findings.append(Finding("factor", "imbalance of all books, micro-credits", "0", f"{imbalance}", imbalance == 0))
    text = (
        f"**A market for the hidden variable.** In each task one of {factor.GROUNDS} grounds is drawn, some more often than others, and never shown; {factor.READINGS} public readings are right in {factor.RIGHT:.0%}; one design fits each ground. "
        f"A latent-variable market ({factor.LIQUIDITY:g} credits a nat) prices the success of each design; it opens at how often each succeeds, is told the readings, and pays for what trades add to the probability of what then "
        f"happens to the design tried. The learner fits readings and successes by expectation maximisation with as many latent values as there are grounds (which it is told; and it takes them to be equally frequent); "
        f"a denier moves prices back. Both have {factor.CASH:g} credits at first. The builder takes the dearest design, any in a tenth of the tasks. The baselines choose beside it, and the table learns from the tasks that it "
        "tried: no factor market takes what has succeeded most; the builder's own table counts by what most readings say, which needs no market; the posterior knows the true model."
    )
    cases, figures = {}, {}
    for matters in config.factor_matters:
        pay = statistics.interval(earned[matters])
        name = (
            f"learner is paid where the factor is worth {matters:g}"
            if matters
            else "learner is not paid where it is worth nothing"
        )
        cases[name], figures[name] = bool(pay.above if matters else not pay.above), f"{pay:+.3f}"
    meets = {}
    gaps = {}
    for matters in (m for m in config.factor_matters if m > 0):
        mine = success[matters][factor.FACTOR]
        for way in (factor.NONE, factor.ALONE):
            gain = statistics.paired(mine, success[matters][way]).difference
            meets[f"against {way}, worth {matters:g}"], gaps[f"against {way}, worth {matters:g}"] = (
                gain.above,
                f"{gain:+.3f}",
            )
        short = statistics.paired(mine, success[matters][factor.BAYES]).difference
        name = f"within {1 - NEAR:.0%} of the posterior, worth {matters:g}"
        meets[name], gaps[name] = short.low > -(1 - NEAR) * success[matters][factor.BAYES].mean(), f"{short:+.3f}"
    claims = [
        Claim.judged("What explains tasks earns what it is worth to them: a factor good for the hidden variable is paid where it matters, and only there.", ESSAY.format("meta-learning and derived demand"), cases,
                     "Measured: credits a task that the house pays to who learned the factor.", figures),
        Claim.judged("A market for the factor is a meta-learner: with its prices new tasks are met as the posterior would, better than without.", ESSAY.format("meta-learning and derived demand"), meets,
                     "Measured: success in new tasks, factor market less the other.", gaps),
    ]  # fmt: skip
    width = max(1, config.factor_tasks // 10)
    stages = config.factor_tasks // width
    strongest = config.factor_matters[-1]
    grown = {
        way: np.array([past.success[way][: stages * width].reshape(stages, width).mean(1) for past in found[strongest]])
        for way in factor.WAYS
    }
    pay = {
        name: np.stack([of[m] for m in config.factor_matters], 1)
        for name, of in (("paid to the learner", earned), ("worth of the true model", asked))
    }
    reached = {way: np.stack([success[m][way] - factor.BASE for m in config.factor_matters], 1) for way in factor.WAYS}
    picture = view.band_panels({
        f"as tasks pass, worth {strongest:g} to fit": view.Panel(view.Band.each((np.arange(stages) + 0.5) * width, grown), "tasks", "success"),
        "in the end": view.Panel(view.Band.each(config.factor_matters, reached), "worth of a fitting design", "success gained"),
        "demand for the factor": view.Panel(view.Band.each(config.factor_matters, pay), "worth of a fitting design", "credits a task"),
    })  # fmt: skip
    return Report(findings, {"factor_market": picture}, text, claims=claims)
