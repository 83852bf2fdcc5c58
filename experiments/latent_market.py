"""A market with a latent variable: what its payments promise, and learners that discover what explains the indicators."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

import catallax as cx
from catallax.forecasting import LMSR
from catallax.forecasting.combinatorial import JunctionTreeMarket
from catallax.forecasting.latent import (
    AbstractLearner,
    Binary,
    ExpectationMaximisation,
    GradientAscent,
    LatentMarket,
    LatentModel,
    log_bound,
    log_worst,
)
from catallax.lab import Context, Finding, Report

ROW = "latent"
LEARNERS: dict[str, AbstractLearner] = {"EM": ExpectationMaximisation(), "gradient": GradientAscent(4.0)}


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Worlds with random indicators."""
    indicators: int = 8
    """Yes-or-no questions of a round."""
    nodes: int = 31
    """Of the latent variable in the market; the truth has twice as many and one more."""
    rounds: int = 4_000
    """Rounds of the same questions that learners see."""
    looks: int = 12
    """How often they learn."""
    steps: int = 25
    """Steps of a learner each time."""
    liquidity: float = 10.0
    """b, credits per nat."""
    paid_rounds: int = 400
    """Rounds in which a learner's trades are paid, in one world."""
    rival_rounds: int = 300
    """Rounds in which traders of different beliefs and little cash share one market, in one world."""
    cash: float = 20.0
    """Credits of each of these traders."""
    key: int = 0
    """Seed of the run."""


class World:
    """Indicators that one latent variable explains, and all that can be seen of them, with exact chances."""

    def __init__(self, config: Config, seed: int) -> None:
        self.rng = np.random.default_rng([config.key, seed])
        names = [f"x{i}" for i in range(config.indicators)]
        slopes = self.rng.uniform(0.6, 2.2, len(names)) * self.rng.choice([-1, 1], len(names))
        slopes[0] = abs(slopes[0])
        alphas = self.rng.normal(0, 0.7, len(names))
        parts = {name: Binary(float(a), (float(s),)) for name, a, s in zip(names, alphas, slopes, strict=True)}
        self.true, self.slopes = LatentModel.normal(parts, 2 * config.nodes + 1), slopes
        self.outcomes = self.true.outcomes(self.true.codes({}))
        self.chances = np.exp(self.true.log_joint(self.outcomes))
        self.apart = LatentModel.independent({n: float(self.true.probability(n)[1]) for n in names}, config.nodes)
        self.total_correlation = self.gain(self.true)

    def gain(self, model: LatentModel) -> float:
        """Expected log score above that of independent markets at the true chances, nats a round, exact."""
        return float(self.chances @ (model.log_joint(self.outcomes) - self.apart.log_joint(self.outcomes)))

    def drawn(self, rounds: int) -> np.ndarray:
        """Codes of some rounds."""
        return self.outcomes[self.rng.choice(len(self.outcomes), rounds, p=self.chances / self.chances.sum())]


def run(config: Config, context: Context) -> Report:
    """Laws first, then learning, then money."""
    worlds = [World(config, seed) for seed in range(config.seeds)]
    looks = np.unique(np.geomspace(30, config.rounds, config.looks).astype(int))
    learning, slopes, excess = learned(config, worlds, looks)
    correlation = float(np.mean([world.total_correlation for world in worlds]))
    picture = cx.view.latent_discovery(np.array([w.slopes for w in worlds]), slopes, looks, excess, correlation)
    return Report(
        [*laws(worlds), *learning, paid(config, worlds[0]), *contest(config, worlds[0])],
        {"latent_market": picture},
        text=TEXT,
    )


TEXT = (
    "The source's payments and numbers were not found; the market is our own design, and so are these worlds: yes-or-no indicators of one "
    "standard normal variable. Expected log scores are exact sums over all outcomes under the true distribution, not estimates. "
    "Separate markets know nothing but how often each indicator is 1 and lose the total correlation whatever they do."
)


def laws(worlds: list[World]) -> list[Finding]:
    """What holds in every outcome."""
    telescope = gauge = bayes = single = bound = 0.0
    ratios = []
    for world in worlds:
        path, outcomes = trades(world), world.outcomes
        telescope = max(telescope, *(unpaid(path, outcome, world) for outcome in world.drawn(8)))
        for model in path:
            gauge = max(gauge, float(np.abs(model.gauged().log_joint(outcomes) - model.log_joint(outcomes)).max()))
        bayes = max(bayes, beside_the_tree(world))
        single = max(single, beside_lmsr(path[-1], world))
        for before, after in itertools.pairwise(path):
            exact, safe = log_worst(before, after, before.codes({})), log_bound(before, after, before.codes({}))
            bound = max(bound, safe - exact)
            ratios.append(safe / exact if exact < -1e-9 else 1.0)
    size = f"{len(worlds)} worlds, all outcomes"
    return [
        Finding(ROW, "what all traders are paid, less b times what the last model scores above the first, credits", "<= 1e-4: payments are rounded down",
                f"{telescope:.1e}", telescope <= 1e-4, f"{len(worlds)} worlds, 8 outcomes each, indicators in random order"),
        Finding(ROW, "joint distribution in other coordinates, largest difference, nats", "<= 1e-9", f"{gauge:.1e}", gauge <= 1e-9, size),
        Finding(ROW, "conditional probabilities beside a junction tree with the latent variable as an unresolved root", "<= 1e-9",
                f"{bayes:.1e}", bayes <= 1e-9, size),
        Finding(ROW, "one indicator beside the logarithmic market scoring rule, largest difference of gains, nats", "<= 1e-9",
                f"{single:.1e}", single <= 1e-9, size),
        Finding(ROW, "the safe bound of a trade's loss above the exact one", "never", f"{'never' if bound <= 1e-12 else f'{bound:.1e} nats'}",
                bound <= 1e-12, f"the bound asks for {np.median(ratios):.2f} times the exact loss (median)"),
    ]  # fmt: skip


def unpaid(path: list[LatentModel], outcome: np.ndarray, world: World) -> float:
    """How far the payments of two traders who take turns are from what both together should get, credits."""
    market = LatentMarket(path[0], 1.0)
    for name in ("ann", "bob"):
        market.open(name, 1_000.0)
    for number, model in enumerate(path[1:]):
        market.move(("ann", "bob")[number % 2], model)
    for place in world.rng.permutation(len(outcome)).tolist():
        market.resolve(path[0].names[place], int(outcome[place]))
    due = float((path[-1].log_joint(outcome[None]) - path[0].log_joint(outcome[None]))[0])
    return abs(market.cash("ann") + market.cash("bob") - 2_000.0 - due)


def trades(world: World) -> list[LatentModel]:
    """One trade of each kind after the other."""
    first, last = world.apart.names[0], world.apart.names[-1]
    path = [world.apart]
    path.append(path[-1].with_indicator(first, Binary(0.2, (1.3,))))
    path.append(path[-1].shifted(0.7))
    path.append(path[-1].narrowed(0.3))
    path.append(path[-1].with_indicator(last, Binary(-0.4, (0.8,))))
    path.append(path[-1].narrowed(-0.1, around=0.0))
    return path


def beside_the_tree(world: World) -> float:
    """Largest difference from a junction tree Z -> X_i."""
    model = trades(world)[-1]
    factors = [(["Z"], np.exp(model.log_weights))]
    factors += [(["Z", name], np.exp(table[:, :-1])) for name, table in zip(model.names, model.tables, strict=True)]
    tree = JunctionTreeMarket({"Z": len(model.points), **dict.fromkeys(model.names, 2)}, 1.0, factors=factors)
    seen: list[dict[str, int]] = [{}, {model.names[1]: 1}, {model.names[1]: 0, model.names[-1]: 1}]
    gaps = [
        np.abs(tree.probability(name, given) - model.probability(name, given)).max()
        for given in seen
        for name in model.names
        if name not in given
    ]
    return float(max(gaps))


def beside_lmsr(model: LatentModel, world: World) -> float:
    """Largest difference of the gains, per credit of liquidity, with the first indicator alone."""
    name = model.names[0]
    lmsr = LMSR(outcomes=2, liquidity=1.0, prior=world.apart.probability(name))
    trade = lmsr.quote(outcome=1, to_price=float(model.probability(name)[1]))
    gains = [
        float(
            model.log_joint(model.codes({name: v})[None])[0]
            - world.apart.log_joint(world.apart.codes({name: v})[None])[0]
        )
        for v in (0, 1)
    ]
    return float(np.abs(np.asarray(trade.shares - trade.cost) - gains).max())


def learned(
    config: Config, worlds: list[World], looks: np.ndarray
) -> tuple[list[Finding], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Learners in every world; what they gain of the total correlation, their slopes, and what is lost as rounds go by."""
    share = {name: [] for name in LEARNERS}
    slopes = {name: [] for name in LEARNERS}
    excess = {name: [] for name in ("separate markets", *LEARNERS)}
    beyond = {name: [] for name in LEARNERS}
    for world in worlds:
        past = world.drawn(config.rounds)
        apart = [frequencies(world, past[:seen]) for seen in looks]
        excess["separate markets"].append([world.total_correlation - world.gain(model) for model in apart])
        for name, learner in LEARNERS.items():
            model, lost = apart[0], []
            for seen in looks:
                model = learner.learned(model, past[:seen], config.steps)
                lost.append(world.total_correlation - world.gain(model))
            excess[name].append(lost)
            share[name].append(1 - lost[-1] / world.total_correlation)
            beyond[name].append((excess["separate markets"][-1][-1] - lost[-1]) / world.total_correlation)
            slopes[name].append([model.loadings[n][0] for n in model.names])
    true = np.array([world.slopes for world in worlds])
    size = f"{config.seeds} worlds of {config.indicators} indicators, {config.rounds:,} rounds"
    findings = []
    for name in LEARNERS:
        got, over, found = np.array(share[name]), np.array(beyond[name]), np.array(slopes[name])
        alike = float(np.corrcoef(true.ravel(), found.ravel())[0, 1])
        findings += [
            Finding(ROW, f"{name}: joint log loss below separate markets', in units of the total correlation", ">= 0.97 in every world",
                    f"{over.mean():.4f}, least {over.min():.4f}", bool(over.min() >= 0.97),
                    f"{size}; of the truth's own {got.mean():.4f}"),
            Finding(ROW, f"{name}: correlation of learned and true slopes", ">= 0.98", f"{alike:.4f}", alike >= 0.98,
                    f"root mean square difference {np.sqrt(np.mean((found - true) ** 2)):.3f}"),
        ]  # fmt: skip
    return findings, {k: np.array(v) for k, v in slopes.items()}, {k: np.array(v) for k, v in excess.items()}


def frequencies(world: World, past: np.ndarray) -> LatentModel:
    """Separate markets that learn how often each indicator is 1 (Laplace's rule)."""
    ones = (past.sum(0) + 1) / (len(past) + 2)
    return LatentModel.independent(dict(zip(world.apart.names, ones.tolist(), strict=True)), len(world.apart.points))


def paid(config: Config, world: World) -> Finding:
    """What the house pays to a learner that finds a market of independent indicators every round."""
    model = LEARNERS["EM"].learned(world.apart, world.drawn(config.rounds), config.steps)
    gains = []
    for outcome in world.drawn(config.paid_rounds):
        market = LatentMarket(world.apart, config.liquidity)
        market.open("EM", 1_000.0)
        market.move("EM", model)
        for name, value in zip(model.names, outcome, strict=True):
            market.resolve(name, int(value))
        gains.append(market.cash("EM") - 1_000.0)
    mean, error = float(np.mean(gains)), float(np.std(gains) / np.sqrt(len(gains)))
    asked = config.liquidity * world.gain(model)
    return Finding(ROW, "what the house pays a learner each round, from a market of independent indicators, credits", "b times the nats it adds, within 4 standard errors",
                   f"{mean:.2f} ± {error:.2f} beside {asked:.2f}", bool(abs(mean - asked) <= 4 * error),
                   f"b times the total correlation: {config.liquidity * world.total_correlation:.2f}; {config.paid_rounds} rounds, worst-case loss {market.worst_case_loss:.1f}")  # fmt: skip


def contest(config: Config, world: World) -> list[Finding]:
    """A learner, one who denies any connection and one who guesses, each with a little cash, in a market that stays where they leave it."""
    past = world.drawn(config.rival_rounds)
    wealth = dict.fromkeys(("EM", "denier", "guesser"), config.cash)
    standing, believed, gains = world.apart, world.apart, []
    for number, outcome in enumerate(past):
        if number >= 20 and number % 20 == 0:
            believed = LEARNERS["EM"].learned(believed, past[:number], config.steps)
        market = LatentMarket(standing, config.liquidity)
        for name, cash in wealth.items():
            market.open(name, cash)
        for name in world.rng.permutation(list(wealth)).tolist():
            goals = {"EM": believed, "denier": world.apart, "guesser": guess(standing, world.rng)}
            market.move(name, market.affordable(name, goals[name], digits=0.02))
        standing = market.model
        for name, value in zip(standing.names, outcome, strict=True):
            market.resolve(name, int(value))
        wealth = {name: market.cash(name) for name in wealth}
        gains.append(world.gain(standing) / world.total_correlation)
        if market.imbalance:
            break
    third = len(gains) // 3
    late = float(np.mean(gains[-third:])) if third else gains[-1]
    said = ", ".join(f"{name} {cash:.1f}" for name, cash in wealth.items())
    size = f"{len(gains)} rounds, {config.cash:g} credits each at first, in random order"
    return [
        Finding(ROW, "credits of traders who share a market", "the learner has most", said, bool(wealth["EM"] == max(wealth.values())), size),
        Finding(ROW, "their closing prices: share of the total correlation, last third of the rounds", ">= 0.9", f"{late:.3f}", late >= 0.9,
                f"first third {float(np.mean(gains[:max(third, 1)])):.3f}"),
        Finding(ROW, "imbalance of their books, micro-credits", "0", f"{market.imbalance}", market.imbalance == 0),
    ]  # fmt: skip


def guess(model: LatentModel, rng: np.random.Generator) -> LatentModel:
    """Slopes and intercepts a little anywhere."""
    indicators = {}
    for name, indicator in model.indicators.items():
        assert isinstance(indicator, Binary)
        alpha, slope = rng.normal([indicator.alpha, indicator.slopes[0]], 0.7).tolist()
        indicators[name] = replace(indicator, alpha=alpha, slopes=(slope,))
    return replace(model, indicators=indicators)
