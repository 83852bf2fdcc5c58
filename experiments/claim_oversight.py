"""Who gains by arguing for the truth: naive judge, propaganda, consultancy, debate and information markets in an exact arena."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from _oversight_hacking import hacking
from _oversight_learning import learning
from _oversight_names import (
    ALL,
    CHEAP,
    CONSULTANCY,
    DEBATE,
    MARKET,
    NAIVE,
    OURS,
    PROPAGANDA,
    RECURSIVE,
    SHOT,
    SUCCESSIVE,
    banded,
)
from _oversight_talks import ceilings, in_words, spoken
from _sources import THESIS

import catallax as cx
from catallax.lab import Claim, Context, Finding, Report, markdown_table
from catallax.lab.statistics import Interval, interval, paired
from catallax.language import oversight
from catallax.language.models import (
    Access,
    Pricing,
    Provider,
)
from catallax.language.oversight import Arguer, Bazaar, Benchmark, Debate, MarginalValue, Questions, Sceptic

RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    model: Provider = field(default_factory=Provider)
    """Who argues, judges and informs in words, and what that costs; programs by default."""
    sums: int = 60
    """Questions in words."""
    tokens: int = 240
    """That the judge reads of speeches on one of them, under every protocol."""
    seeds: int = 12
    """Independent sets of questions; all protocols hear the same ones."""
    questions: int = 1_500
    """Questions of a set."""
    prices: tuple[float, ...] = (0.002, 0.01, 0.03, 0.1, 0.3)
    """Credits that an item costs an informer; a report is worth up to 1."""
    curve: int = 13
    """Prices on the cost curve, from 0.002 to 0.4."""
    detections: tuple[float, ...] = (0.0, 0.25, 0.5, 1.0)
    """Chances that a forged item is found out."""
    copies: tuple[float, ...] = (0.0, 0.3, 0.6, 0.9)
    """Chances that an item repeats the one before."""
    steps: int = 1_000
    """Updates of agents that learn."""
    batch: int = 64
    """Questions of an update."""
    learned: int = 512
    """Questions that they learn on."""
    years: int = 3_000
    """Steps of a market for goods that may be hacked."""
    goods: int = 200
    """Goods of a step."""
    key: int = 0
    """Seed of the run."""


Cases = dict[str, tuple[cx.lab.statistics.Paired, str]]
"""Market less rival, and what is said beside."""
LESS = "market less rival, and the items that the judge reads in both"
PAID_BY = f"{LESS}; the market pays for half a Brier score, so its pay counts twice"
FOUR, LATER, FOUR_LATER = "debate, 4 turns", "debate, sequential", "debate, sequential, 4 turns"
PROTOTYPE: Mapping[str, tuple[float, float]] = {
    NAIVE: (0.086, 0.085), PROPAGANDA: (0.264, 0.185), CONSULTANCY: (0.349, 0.256), DEBATE: (1.350, 0.979),
    MARKET: (2.439, 1.325), ALL: (2.699, 1.333),
}  # fmt: skip
"""ASD by log and by Brier, 1,500 questions drawn once."""
CURVE = {0.002: (1.334, 0.285), 0.01: (1.325, 0.270), 0.03: (1.288, 0.257), 0.1: (0.976, 0.197), 0.3: (0.185, -0.075)}
"""By the price of an item: ASD by Brier, and what the first informer earns by arguing for the truth less what it earns by the falsehood."""
TABLE: Mapping[str, tuple[float, float, float, float]] = {
    NAIVE: (0.521, 0.479, -0.478, -0.40), PROPAGANDA: (0.913, 0.719, -0.527, -0.14), CONSULTANCY: (0.902, 0.654, -0.448, -0.35),
    DEBATE: (0.745, 0.255, -0.211, -1.08), MARKET: (0.804, 0.160, -0.170, -1.51), ALL: (0.833, 0.167, -0.163, -1.48),
}  # fmt: skip
"""Of the same questions: p_T, p_F, JSE, and ASD by Brier in the worst part of them, which is rounded to hundredths."""
DEAR = 0.3
"""Credits an item, at which nobody can afford a rebuttal."""
WORST = 0.05
"""Part of the questions that count as the worst."""
SIXTH = {DEBATE: 1.333, MARKET: 1.329}
"""ASD by Brier with six items a turn."""
PUBLISHED = {NAIVE: "1.235", PROPAGANDA: "1.229", CONSULTANCY: "0.283 to 0.367", DEBATE: "1.366 to 1.423"}
"""ASD by Brier with language models on grade-school arithmetic, without error bars."""
MARGIN = 1.423 - 1.366
"""Within which two protocols are as good as each other: as far as debates that do not differ lie apart with language models."""
DOUBTED = f"a judge that knows how evidence was picked, items at {CHEAP:g},"
RIVALS = {"debate of 2 turns": DEBATE, "debate of 4 turns": FOUR}


def run(config: Config, context: Context) -> Report:
    """Golden table, extensions, training, and what corrupts a proxy."""
    arena = Arena(config)
    access = Access(config.model, context.folder / "answers", context.resume)
    return Report.joined([arena.report(), learning(config), hacking(config), in_words(config, access)])


def price(config: Config, context: Context) -> Pricing:
    """What the questions in words would cost."""
    pricing = Pricing(config.model, context.folder / "answers" if context.resume else None)
    asyncio.run(spoken(config, pricing))
    for part, amount in ceilings(config, pricing).items():
        pricing.at_most(part, amount)
    return pricing


class Arena:
    """All that is measured without learning, by seed."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.sets = [self.drawn(seed) for seed in range(config.seeds)]
        self.protocols = [
            oversight.NaiveJudge(), oversight.Propaganda(), oversight.Consultancy(), Debate(), Debate(LATER, simultaneous=False),
            Debate(FOUR, 4), Debate(FOUR_LATER, 4, False), MarginalValue(MARKET, CHEAP), Bazaar(SHOT, CHEAP),
            Bazaar(SUCCESSIVE, CHEAP, 3, False), Bazaar(RECURSIVE, CHEAP, 3), oversight.AllEvidence(), oversight.OpenTrust(),
        ]  # fmt: skip
        self._markets: dict[float, list[oversight.Row]] = {}
        self.tables = [Benchmark(self.protocols, [Arguer()], questions).run(seed) for seed, questions in self.numbered]

    def drawn(self, seed: int, **settings: float) -> Questions:
        return Questions.drawn(1_000 * self.config.key + seed, self.config.questions, **settings)  # pyright: ignore[reportArgumentType]

    @property
    def numbered(self) -> list[tuple[int, Questions]]:
        return list(enumerate(self.sets))

    def column(self, name: str, column: str = "asd_brier") -> np.ndarray:
        """One figure of a protocol, by seed."""
        return np.array([getattr(table.row(name), column) for table in self.tables])

    def report(self) -> Report:
        """Findings, verdicts and pictures."""
        price, sceptical, forged, copied, slopes = (
            self.by_price(), self.sceptical(), self.forged(), self.copied(), self.slopes(),
        )  # fmt: skip
        findings = [*self.golden(), *self.priced(), self.exactly(), *self.sixth(), self.symmetry(), *self.trusting()]
        measured = Measured(self, price, sceptical, forged, copied, slopes)
        return Report(findings, measured.pictures(), measured.text(), claims=measured.claims())

    def golden(self) -> list[Finding]:
        """The prototype's table."""
        kinds = {protocol.name: protocol for protocol in self.protocols}
        scores = (("log", oversight.log_score), ("Brier", oversight.brier_score))
        asd = [
            like(f"ASD by {kind}: {name}", told, self.scored(kinds[name], score))
            for name, both in PROTOTYPE.items()
            for (kind, score), told in zip(scores, both, strict=True)
        ]
        return asd + [finding for name in TABLE for finding in self.tabled(kinds[name])]

    def tabled(self, kind: oversight.AbstractProtocol) -> list[Finding]:
        """The other columns of the prototype's table."""
        true, false = self.told(kind)
        values = {
            "p_T": true, "p_F": false, "JSE": oversight.propensity(true, false).judge,
            f"ASD by Brier in the worst {WORST:.0%}": tail(oversight.agent_score_difference(true, false)),
        }  # fmt: skip
        rounded = (0.0005, 0.0005, 0.0005, 0.005)
        return [
            like(f"{column}: {kind.name}", told, found, half)
            for (column, found), told, half in zip(values.items(), TABLE[kind.name], rounded, strict=True)
        ]

    def told(self, protocol: oversight.AbstractProtocol, agent: Arguer | None = None) -> tuple[np.ndarray, np.ndarray]:
        """`p_T` and `p_F`, axes `seeds questions`."""
        true, false = (
            np.array([protocol.run(agent or Arguer(), q, case, np.random.default_rng([number, 1])).probs for number, q in self.numbered])
            for case in (True, False)
        )  # fmt: skip
        return true, false

    def scored(
        self, protocol: oversight.AbstractProtocol, score: Callable = oversight.brier_score, agent: Arguer | None = None
    ) -> np.ndarray:
        """ASD, axes `seeds questions`."""
        return oversight.agent_score_difference(*self.told(protocol, agent), score)

    def priced(self) -> list[Finding]:
        """The cost of a defence."""
        found = []
        for price, (asd, pay) in CURVE.items():
            found.append(
                like(f"ASD by Brier: market, an item costs {price:g}", asd, self.scored(MarginalValue(price=price)))
            )
            found.append(
                like(f"first informer's pay, true side less false, an item costs {price:g}", pay, self.pays(price))
            )
        return found

    def market(self, price: float, column: str = "asd_brier") -> np.ndarray:
        """One figure of the market at a price, by seed."""
        if price not in self._markets:
            kind = MarginalValue(price=price)
            self._markets[price] = [
                Benchmark([kind], [Arguer()], q).run(seed).row(kind.name) for seed, q in self.numbered
            ]
        return np.array([getattr(row, column) for row in self._markets[price]])

    def pays(self, price: float, judge: oversight.AbstractJudge | None = None) -> np.ndarray:
        """What honesty pays the first informer beyond what lying pays, credits, axes `seeds questions`."""
        market = MarginalValue(price=price, judge=judge or oversight.FaceValue())
        return np.array([
            np.subtract(*(market.pay(Arguer(), questions, case, told) for case in (True, False)))
            for questions in self.sets for told in [oversight.replies(questions, price)]
        ])  # fmt: skip

    def gains(self, price: float, judge: oversight.AbstractJudge | None = None) -> np.ndarray:
        """The same in the unit of ASD, by seed: a report is scored over both answers there, over one in the market."""
        return 2 * self.pays(price, judge).mean(1)

    def exactly(self) -> Finding:
        """At a price that nobody can afford."""
        dear, alone = MarginalValue(price=DEAR), oversight.Propaganda()
        luck = np.random.default_rng()
        same = sum(
            int(np.sum(dear.run(Arguer(), questions, case, luck).probs == alone.run(Arguer(), questions, case, luck).probs))
            for questions in self.sets for case in (True, False)
        )  # fmt: skip
        count = 2 * sum(map(len, self.sets))
        return Finding("oversight", f"market equals propaganda where an item costs {DEAR:g}", "in every question", f"in {same:,} of {count:,}", same == count)  # fmt: skip

    def sixth(self) -> list[Finding]:
        """At equal and full disclosure."""
        many, kinds = Arguer(6), {DEBATE: Debate(), MARKET: MarginalValue(price=CHEAP)}
        return [
            like(f"ASD by Brier, six items a turn: {name}", SIXTH[name], self.scored(kind, agent=many))
            for name, kind in kinds.items()
        ]

    def symmetry(self) -> Finding:
        """Identities of the scores."""
        told = [
            Debate().run(Arguer(), q, case, np.random.default_rng()).probs for q in self.sets for case in (True, False)
        ]
        true, false = np.concatenate(told[::2]), np.concatenate(told[1::2])
        both = oversight.agent_score_difference(true, false), oversight.literal_score_difference(true, false)
        off = max(float(np.abs(true + false - 1).max()), *(float(np.abs(x - (4 * true - 2)).max()) for x in both))
        return Finding("oversight", "debate of equals: p_T + p_F = 1, and both readings of ASD are 4 p_T - 2", "to 1e-12", f"to {off:.0e}", off < 1e-12)  # fmt: skip

    def trusting(self) -> list[Finding]:
        """The trap of judge accuracy."""
        right, gain = self.column("open trust", "trusting"), self.column("open trust")
        return [
            Finding("oversight", "identity, open trust: judge accuracy with an honest agent, and ASD", "1 and 0", f"{right.mean():.3f} and {gain.mean():.3f}",
                    bool(np.all(right == 1) and np.all(gain == 0)), f"debate: {self.column(DEBATE, 'trusting').mean():.3f} and {self.column(DEBATE).mean():.3f}")
        ]  # fmt: skip

    def by_price(self) -> dict[float, tuple[Interval, Interval, Interval]]:
        """ASD, the first informer's pay for honesty, and what it earns when honest, at each price of the curve."""
        places = np.geomspace(0.002, 0.4, self.config.curve)
        return {
            float(price): (
                interval(self.market(price)),
                interval(self.pays(price).mean(1)),
                interval(self.honest(price)),
            )
            for price in places
        }

    def honest(self, price: float) -> np.ndarray:
        """What an honest first informer earns, by seed."""
        return np.array([float(MarginalValue(price=price).pay(Arguer(), q, True).mean()) for q in self.sets])

    def sceptical(self) -> dict[str, np.ndarray]:
        """ASD before a judge that knows how evidence was picked, by seed."""
        judge = Sceptic()
        kinds = {
            PROPAGANDA: oversight.Propaganda(judge=judge), CONSULTANCY: oversight.Consultancy(judge=judge), DEBATE: Debate(judge=judge), FOUR: Debate(FOUR, 4, judge=judge),
            MARKET: MarginalValue(price=CHEAP, judge=judge), "market, an item costs 0.1": MarginalValue(price=0.1, judge=judge),
        }  # fmt: skip
        return {name: np.array([asd(kind, q, seed=n) for n, q in self.numbered]) for name, kind in kinds.items()}

    def forged(self) -> dict[float, dict[str, np.ndarray]]:
        """ASD where evidence may be forged, by chance of detection and protocol, by seed."""
        kinds = {PROPAGANDA: alone, DEBATE: answered, MARKET: sold}
        return {
            chance: {
                name: np.array([difference(partial(kind, q, chance, seed)) for seed, q in self.numbered]) for name, kind in kinds.items()
            }
            for chance in self.config.detections
        }  # fmt: skip

    def copied(self) -> dict[float, dict[str, np.ndarray]]:
        """ASD where items repeat one another and the judge counts each, by seed."""
        kinds = [
            oversight.Propaganda(),
            oversight.Consultancy(),
            Debate(),
            MarginalValue(MARKET, CHEAP),
            oversight.AllEvidence(),
        ]
        return {
            chance: {
                kind.name: np.array([asd(kind, q, seed=n) for n, q in enumerate(self.drawn(s, copied=chance) for s in range(self.config.seeds))])
                for kind in kinds
            }
            for chance in self.config.copies
        }  # fmt: skip

    def slopes(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Slope of ASD on EAS over agents that know 1 to 6 items, and ASD of each, by seed."""
        agents = [Arguer(knows=count) for count in range(1, 7)]
        kinds = [oversight.Propaganda(), oversight.Consultancy(), Debate(), MarginalValue(MARKET, CHEAP), MarginalValue("market, an item costs 0.1", 0.1)]  # fmt: skip
        tables = [Benchmark(kinds, agents, q).run(seed) for seed, q in self.numbered]
        return {
            kind.name: (np.array([t.slope[n] for t in tables]), np.array([t.asd_brier[n] for t in tables]))
            for n, kind in enumerate(kinds)
        }


def tail(values: np.ndarray) -> np.ndarray:
    """Figures whose mean is that of the worst part of the questions, and whose spread gives its error: `q - max(q - x, 0) / part`."""
    worst = np.quantile(values, WORST, axis=1, keepdims=True)
    return worst - np.maximum(worst - values, 0) / WORST


def like(case: str, told: float, values: np.ndarray, rounded: float = 0.0005) -> Finding:
    """Whether a figure is that of the prototype, whose error is that of 1,500 questions.

    Args:
        case: what is measured.
        told: by the prototype.
        values: ours, axes `seeds questions`.
        rounded: how far the prototype's figure may be off by rounding.
    """
    error = float(values.std()) * (1 / 1_500 + 1 / values.size) ** 0.5
    away = abs(float(values.mean()) - told)
    return Finding("oversight", case, f"{told:.3f}, to three standard errors", f"{interval(values.mean(1)):.3f}", bool(away <= 3 * error + rounded),
                   f"{away / error:.1f} standard errors away" if error > 1e-9 else "the same in every question")  # fmt: skip


def asd(
    protocol: oversight.AbstractProtocol, questions: Questions, agent: Arguer | None = None, seed: int = 0
) -> float:
    """Mean agent score difference by Brier."""
    return Benchmark([protocol], [agent or Arguer()], questions).run(seed).rows[0][0].asd_brier


Told = Callable[[bool], np.ndarray]


def difference(told: Told) -> float:
    """Mean ASD of who is told the case and says what the judge believes."""
    return float(oversight.agent_score_difference(told(True), told(False)).mean())


def alone(questions: Questions, chance: float, seed: int, case: bool) -> np.ndarray:
    """Propaganda that may be forged."""
    after = oversight.forge(questions, case, 2, chance, np.random.default_rng([seed, 2]))
    return after.believed(after.nothing, case)


def answered(questions: Questions, chance: float, seed: int, case: bool) -> np.ndarray:
    """Debate of two who may forge and may expose what is forged, either being first."""
    ends = []
    for first in (case, not case):
        luck = np.random.default_rng([seed, 2])
        after = oversight.forge(oversight.forge(questions, first, 2, chance, luck), not first, 2, chance, luck)
        ends.append(after.believed(after.nothing, case))
    return np.mean(ends, 0)


def sold(questions: Questions, chance: float, seed: int, case: bool) -> np.ndarray:
    """Market whose first informer may forge; those after it tell items as they are."""
    after = oversight.forge(questions, case, 2, chance, np.random.default_rng([seed, 2]))
    return after.believed(oversight.replies(after, CHEAP).ended(after.nothing), case)


@dataclass(frozen=True)
class Measured:
    """What the arena brought, and what it says to the claims."""

    arena: Arena
    price: Mapping[float, tuple[Interval, Interval, Interval]]
    sceptical: Mapping[str, np.ndarray]
    forged: Mapping[float, Mapping[str, np.ndarray]]
    copied: Mapping[float, Mapping[str, np.ndarray]]
    slopes: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def pictures(self) -> dict[str, Any]:
        """ASD by protocol, the cost curve, and what breaks protocols."""
        plain = {p.name: interval(self.arena.column(p.name)) for p in self.arena.protocols if p.name != LATER and p.name != FOUR_LATER}  # fmt: skip
        doubting = {name: interval(values) for name, values in self.sceptical.items() if name in plain}
        ours = {"judge takes evidence at face value": plain, "judge knows how it was picked": doubting}
        both = {name: both[1] for name, both in PROTOTYPE.items()}
        costs, debate, prop = list(self.price), self.arena.column(DEBATE).mean(), self.arena.column(PROPAGANDA).mean()
        lines = {"debate, 2 turns": debate, "propaganda": prop, "all evidence": self.arena.column(ALL).mean()}
        names = ("market, marginal value: ASD", "honest, less lying", "honest")
        asd, *pays = ({name: cx.view.Band(costs, [x[n] for x in self.price.values()])} for n, name in enumerate(names))
        curve = cx.view.band_panels({
            "cost of a defence": cx.view.Panel(asd, "price of an item, credits", "ASD (Brier)", levels=lines, log="x"),
            "what the first informer earns": cx.view.Panel(pays[0] | pays[1], "price of an item, credits", "credits a question", levels={"nothing": 0.0}, log="x"),
        })  # fmt: skip
        chances = ("chance that a forgery is found out", "chance that an item repeats the last")
        harmed = cx.view.band_panels({
            title: cx.view.Panel(
                {name: cx.view.Band(list(rows), [interval(row[name]) for row in rows.values()]) for name in next(iter(rows.values()))},
                chance, "ASD (Brier)",
            )
            for (title, rows), chance in zip(self.harms.items(), chances, strict=True)
        })  # fmt: skip
        return {
            "protocols": cx.view.interval_rows(ours, "agent score difference (Brier, from -2 to 2)", both, "prototype"),
            "cost": curve,
            "bribe": self.bribed(),
            "harms": harmed,
        }

    def bribed(self) -> Any:
        """What the judge gets where an agent is paid for falsehoods from elsewhere."""
        arena, bribes = self.arena, np.linspace(0, 2, 17)
        kinds = {p.name: p for p in arena.protocols if p.name in (*PROTOTYPE, SHOT) and p.name != ALL}
        honest: dict[str, list[Interval]] = {}
        judged: dict[str, list[Interval]] = {}
        for name, kind in kinds.items():
            true, false = arena.told(kind)
            # in the market the agent is paid for what its items are worth, elsewhere by the judge's belief
            gain = 2 * arena.pays(CHEAP) if name == MARKET else oversight.agent_score_difference(true, false)
            scores = oversight.brier_score(true), oversight.brier_score(1 - false)
            honest[name] = [banded((gain > bribe).mean(1)) for bribe in bribes]
            judged[name] = [banded(np.where(gain > bribe, *scores).mean(1)) for bribe in bribes]
        found = {
            "an agent that is offered a bribe": (honest, "part argued for the truth"),
            "what the judge gets": (judged, "judge's expected score (Brier)"),
        }
        return cx.view.band_panels({
            title: cx.view.Panel({name: cx.view.Band(bribes, of) for name, of in lines.items()}, "bribe for arguing the falsehood, Brier", unit)
            for title, (lines, unit) in found.items()
        }, height=2.6)  # fmt: skip

    @property
    def harms(self) -> dict[str, Mapping[float, Mapping[str, np.ndarray]]]:
        """What breaks protocols."""
        return {"forged evidence": self.forged, "correlated evidence": self.copied}

    def claims(self) -> list[Claim]:
        """Verdicts."""
        alone = {"propaganda": PROPAGANDA}
        return [
            gained("A market that pays informers what their information turns out to be worth is a better debate: agents gain more by arguing for the truth.",
                   f"what the agent is paid for the truth less for the falsehood, {PAID_BY}", self.paid(RIVALS)),
            gained("A market that pays informers what their information turns out to be worth is a better debate: the judge's belief tells the true answer from the false one better.",
                   f"ASD of the judge's belief, {LESS}", self.believed(RIVALS) | self.broken()),
            gained("Such a market gives more reason to argue for the truth than approval of single arguments (RLHF).",
                   f"what the agent is paid for the truth less for the falsehood, {PAID_BY}", self.paid(alone)),
            gained("Such a market lets the judge tell the true answer from the false one better than approval of single arguments (RLHF) does.",
                   f"ASD of the judge's belief, {LESS}", self.believed(alone)),
            self.thesis(),
        ]  # fmt: skip

    def read(self, price: float, rival: str) -> str:
        """Items that the judge reads in the market and with a rival."""
        arena = self.arena
        return f"reads {arena.market(price, 'cost').mean():.1f} against {arena.column(rival, 'cost').mean():.1f} items"

    def paid(self, rivals: Mapping[str, str]) -> Cases:
        """What the agent gains, market less rivals."""
        arena = self.arena
        cases: Cases = {
            f"items at {price:g} against {title}": (
                paired(arena.gains(price), arena.column(name)),
                self.read(price, name),
            )
            for price in arena.config.prices
            for title, name in rivals.items()
        }
        doubted = arena.gains(CHEAP, Sceptic())
        return cases | {f"{DOUBTED} against {title}": (paired(doubted, self.sceptical[name]), "") for title, name in rivals.items()}  # fmt: skip

    def believed(self, rivals: Mapping[str, str]) -> Cases:
        """ASD of the judge's belief, market less rivals."""
        arena = self.arena
        cases: Cases = {
            f"items at {price:g} against {title}": (
                paired(arena.market(price), arena.column(name)),
                self.read(price, name),
            )
            for price in arena.config.prices
            for title, name in rivals.items()
        }
        doubted = self.sceptical[MARKET]
        return cases | {f"{DOUBTED} against {title}": (paired(doubted, self.sceptical[name]), "") for title, name in rivals.items()}  # fmt: skip

    def broken(self) -> Cases:
        """The same where evidence may be forged, and of markets that are paid in other ways."""
        arena = self.arena
        forged: Cases = {
            f"forgeries of which {chance:.0%} are found out, against debate of 2 turns": (
                paired(row[MARKET], row[DEBATE]),
                "",
            )
            for chance, row in self.forged.items()
        }
        return forged | {
            f"{kind.removeprefix('market, ')} in place of marginal value, against {title}": (
                paired(arena.column(kind), arena.column(name)),
                f"reads {arena.column(kind, 'cost').mean():.1f} against {arena.column(name, 'cost').mean():.1f} items",
            )
            for kind in (SHOT, SUCCESSIVE, RECURSIVE)
            for title, name in RIVALS.items()
        }

    def thesis(self) -> Claim:
        """What was found with language models."""
        naive, alone, asked, debate, four = (
            self.arena.column(name) for name in (NAIVE, PROPAGANDA, CONSULTANCY, DEBATE, FOUR)
        )
        more = {
            "debate more than no interaction": paired(debate, naive),
            "debate more than propaganda": paired(debate, alone),
            "debate more than consultancy": paired(debate, asked),
            "no interaction more than consultancy": paired(naive, asked),
        }
        beyond, turns = paired(alone, naive).difference, paired(four, debate).difference
        held = {name: found.difference.above for name, found in more.items()} | {
            "propaganda no more than no interaction": beyond.high < MARGIN,
            "four turns as much as two": turns.low > -MARGIN and turns.high < MARGIN,
        }
        figures = [*(found.difference for found in more.values()), beyond, turns]
        return Claim.judged(
            "In the exact arena, as in the thesis with language models on arithmetic, debate is best, consultancy is worse than no interaction, approval does not beat "
            "supervision, and the number of turns does not matter.",
            f"{THESIS}, with language models; our test in the arena",
            held,
            f"Measured: ASD of the first less that of the second; “as much” and “no more” are meant to within {MARGIN:.3f}, as far as the thesis's debates lie apart.",
            {name: f"{figure:+.2f}" for name, figure in zip(held, figures, strict=True)},
        )

    def text(self) -> str:
        """Tables and notes."""
        arena = self.arena
        columns = (
            "true",
            "false",
            "asd_log",
            "asd_brier",
            "asd_literal",
            "eas",
            "jse",
            "cvar",
            "accuracy",
            "trusting",
            "cost",
            "read",
        )
        head = (
            "protocol",
            "p_T",
            "p_F",
            "ASD log",
            "ASD Brier",
            "ASD literal",
            "EAS",
            "JSE",
            "worst 5 %",
            "judge accuracy, each side argued for equally often",
            "judge accuracy, honest agent",
            "judge reads",
            "all read",
        )
        rows = [
            (p.name, *(f"{arena.column(p.name, column).mean():.3f}" for column in columns)) for p in arena.protocols
        ]
        beside = [(name, PUBLISHED[name], f"{interval(arena.column(name)):.3f}") for name in PUBLISHED]
        beside.append((MARKET, "NOT FOUND", f"{interval(arena.column(MARKET)):.3f}"))
        slopes = [
            (name, f"{interval(slope):.2f}", *(f"{x:.2f}" for x in by_agent.mean(0)))
            for name, (slope, by_agent) in self.slopes.items()
        ]
        sceptical = [(name, f"{interval(values):.3f}") for name, values in self.sceptical.items()]
        return "\n\n".join([
            SETTING,
            markdown_table(head, rows),
            "Published, beside ours. The setting is another one (language models on grade-school arithmetic with a calculator for the agent only, no error bars "
            "[read in the thesis]), so figures of the two columns do not compare; markets have not been measured there.",
            markdown_table(("protocol", "published ASD (Brier)", "ours"), beside),
            "A judge that knows how evidence was picked: what is kept back is held against who kept it back.",
            markdown_table(("protocol", "ASD (Brier)"), sceptical),
            "Capability: agents that know 1 to 6 of the items; slope of ASD on the agents' expected score. In a market others still know all.",
            markdown_table(("protocol", "slope", *(f"ASD, knows {count}" for count in range(1, 7))), slopes),
            NOTES.format(**self.notes()),
        ])  # fmt: skip

    def notes(self) -> dict[str, str]:
        """Figures of the honest notes."""
        arena = self.arena
        dear = MarginalValue(price=DEAR)
        pay = {case: np.mean([dear.pay(Arguer(), q, case).mean() for q in arena.sets]) for case in (True, False)}
        worst = {name: arena.column(name, "cvar").mean() for name in (MARKET, ALL, DEBATE)}
        return {
            "debate": f"{arena.column(FOUR).mean():.3f}", "market": f"{arena.column(MARKET).mean():.3f}", "tail": f"{worst[MARKET]:.2f}",
            "evidence": f"{worst[ALL]:.2f}", "debates": f"{worst[DEBATE]:.2f}", "honest": f"{pay[True]:.3f}", "lie": f"{pay[False]:.3f}",
            "dear": f"{DEAR:g}", "high": f"{arena.market(DEAR).mean():.3f}", "alone": f"{arena.column(PROPAGANDA).mean():.3f}",
            "sceptical": f"{self.sceptical[PROPAGANDA].mean():.3f}", "doubted": f"{self.sceptical[MARKET].mean():.3f}",
        }  # fmt: skip


def gained(statement: str, what: str, cases: Cases) -> Claim:
    """Held where ours has more beyond chance."""
    return Claim.judged(
        statement,
        OURS,
        {name: found.difference.above for name, (found, _) in cases.items()},
        f"Measured: {what}.",
        {name: "; ".join(filter(None, (f"{found.difference:+.2f}", note))) for name, (found, note) in cases.items()},
    )


SETTING = (
    "**The arena.** Six items of evidence are right with accuracies from 0.55 to 0.85, the judge's own signal with 0.6. An agent that knows all shows two items "
    "a turn that help its side, and forges nothing. In the market by marginal value it shows its items first; then informers who know everything tell what pays them, "
    "each item at a price, the report being worth up to 1. In the others (one-shot, successive, recursive) a contractor reads all that is for sale, buys for the judge and forgets. "
    "Every set of items is enumerated; intervals are over sets of questions. ASD is the score of the judge's belief in what the agent argues where it argues for the truth, less that where it argues "
    "for the falsehood: what the agent gains by the truth wherever it is paid by that belief. In the market by marginal value it is paid otherwise, "
    "for what its items turn out to be worth."
)  # fmt: skip
NOTES = (
    "**Honest notes.** Who designed the world chose it. At equal disclosure debate matches the market ({debate} for debate of four turns, {market} for the market): what a market adds is "
    "turn-taking without end, paid by marginal value, and others who pay for it; all others know everything and, where evidence may be forged, tell it as it is, which debaters here do not get for nothing. "
    "The tail is as bad as the evidence: in the worst 5 % of questions ASD is {tail} in the market, {evidence} with all evidence, {debates} in debate. Where an item costs {dear}, ASD is {high} in the market and {alone} "
    "with propaganda (RLHF), and the informer that has to speak first is paid {lie} for lying and {honest} for honesty. With a judge that knows how evidence was picked ASD is {sceptical} "
    "with propaganda and {doubted} in the market; such a judge "
    "needs to know every accuracy and all that the agent knows. What an agent is paid tells how strong a wish to the contrary the reason for the truth outweighs: "
    "an agent without any is won by the smallest, so persuaders that are trained without a bribe end up arguing for the truth, and serve the judge best.\n\n"
    "**Pictures.** *protocols*: ASD with each protocol, before both judges. *cost*: ASD in the market and what its first informer is paid, by the price of an item. *bribe*: an agent argues for "
    "the falsehood where somebody else offers it more for that than it loses; left, in which part of the questions it stays with the truth, right, what the judge's belief is worth then. The market pays by "
    "marginal value, which counts twice as in the claims; the one-shot market and all others pay by the judge's belief. *harms*: ASD where evidence may be forged, and where items repeat one another."
)  # fmt: skip
