"""A factor-good market for the hidden variable of tasks: who knows how it explains success is paid by success alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from catallax.forecasting.latent import ExpectationMaximisation, LatentMarket, LatentModel, Table

GROUNDS, READINGS, RIGHT, BASE = 4, 3, 0.7, 0.2
"""Kinds of ground, each with one design that fits; readings of the ground in a task; how often each is right; what other designs succeed by."""
NONE, ALONE, FACTOR, BAYES = (
    "no factor market",
    "builder's own table by the readings",
    "factor market",
    "Bayes posterior",
)
WAYS = (NONE, ALONE, FACTOR, BAYES)
LEARNER, DENIER = "learner", "denier"
LIQUIDITY, CASH, STEPS, STARTS = 2.0, 10.0, 30, 2
"""Credits a nat; of each trader at first, credits; steps of EM each time it learns; other beginnings that it tries beside what it believes."""


class Past(NamedTuple):
    """Of one seed."""

    success: dict[str, np.ndarray]
    """Probability of success of the design chosen, whims apart, by way, axis `[tasks]`."""
    earned: float
    """By the learner, credits a task, in the last half of the tasks."""
    asked: float
    """What the factor is worth there: liquidity times the nats that the true model adds to the probability of what was tried, credits a task."""
    imbalance: int
    """Of all books, micro-credits."""


def truth(matters: float, rng: np.random.Generator) -> LatentModel:
    """Readings and successes, all explained by the ground; some grounds are more frequent than others."""
    read = np.full((GROUNDS, GROUNDS), (1 - RIGHT) / (GROUNDS - 1))
    np.fill_diagonal(read, RIGHT)
    win = BASE + matters * np.eye(GROUNDS)[rng.permutation(GROUNDS)]
    parts = {f"reading {n}": Table(read) for n in range(READINGS)}
    parts |= {f"design {d}": Table(np.stack([1 - win[:, d], win[:, d]], 1)) for d in range(GROUNDS)}
    weights = np.log(rng.dirichlet(np.full(GROUNDS, 4.0)) + 1e-3)
    return LatentModel(np.arange(GROUNDS)[:, None].astype(float), weights, parts)


def played(matters: float, tasks: int, every: int, explore: float, seed: int) -> Past:
    """Tasks one after another.

    In every one the ground is drawn, the readings are public, traders move the market's model and are paid by whether the design that the builder then tries
    succeeds; the ground itself is never seen. The builder takes the design of the highest price, and another one in a share `explore` of the tasks.
    The learner fits the model to what was seen, every so many tasks; the denier says that nothing depends on anything. The market opens at how often each design
    succeeds. Beside it, a builder that keeps a table of success by what most readings say, from the same tasks.
    """
    rng = np.random.default_rng([seed, 11])
    true = truth(matters, rng)
    readings, designs = true.names[:READINGS], true.names[READINGS:]
    apart = LatentModel(true.points, np.zeros(GROUNDS), {name: Table(np.full((GROUNDS, len(i.values)), 1 / len(i.values))) for name, i in true.indicators.items()})  # fmt: skip
    believed = apart
    table = np.ones((2, GROUNDS, GROUNDS))
    wealth = {LEARNER: CASH, DENIER: CASH}
    rows, imbalance = np.zeros((tasks, len(true.names)), int), 0
    success, income, asked = {way: np.zeros(tasks) for way in WAYS}, np.zeros(tasks), np.zeros(tasks)
    for task in range(tasks):
        if task and task % every == 0:
            apart = flat(apart, rows[:task])
            believed = learned(believed, apart, rows[:task], rng)
        ground = rng.choice(GROUNDS, p=np.exp(true.log_weights))
        seen = {name: float(rng.choice(GROUNDS, p=np.exp(true.tables[place][ground, :-1]))) for place, name in enumerate(readings)}  # fmt: skip
        market = LatentMarket(apart, LIQUIDITY)
        for name, cash in wealth.items():
            market.open(name, cash)
        for name, value in seen.items():
            market.resolve(name, value)
        for name in rng.permutation(list(wealth)).tolist():
            market.move(name, market.affordable(name, {LEARNER: believed, DENIER: apart}[name], digits=0.05))
        said = int(np.bincount(np.array(list(seen.values()), int), minlength=GROUNDS).argmax())
        chance = np.exp([true.tables[true.names.index(d)][ground, 1] for d in designs])
        choice = 0
        prices_by = {way: np.array([model.probability(d, given)[1] for d in designs])
                     for way, model, given in ((NONE, apart, {}), (FACTOR, market.model, seen), (BAYES, true, seen))}  # fmt: skip
        prices_by[ALONE] = table[1, said] / table[:, said].sum(0)
        for way, prices in prices_by.items():
            best = int(np.argmax(prices + 1e-9 * rng.random(GROUNDS)))
            success[way][task] = chance[best]
            choice = best if way == FACTOR else choice
        tried = designs[int(rng.integers(GROUNDS))] if rng.random() < explore else designs[choice]
        won = float(rng.random() < chance[designs.index(tried)])
        market.resolve(tried, won)
        table[int(won), said, designs.index(tried)] += 1
        market.close()
        gain = np.log(true.probability(tried, seen)[int(won)] / apart.probability(tried)[int(won)])
        asked[task], income[task] = LIQUIDITY * gain, market.cash(LEARNER) - wealth[LEARNER]
        wealth = {name: market.cash(name) for name in wealth}
        imbalance += abs(market.imbalance)
        rows[task] = true.codes({**seen, tried: won})
    late = slice(tasks // 2, None)
    return Past(success, float(income[late].mean()), float(asked[late].mean()), imbalance)


def flat(model: LatentModel, rows: np.ndarray) -> LatentModel:
    """How often each value was seen, whatever else was."""
    parts = {}
    for name, column in zip(model.names, rows.T, strict=True):
        counts = np.array([np.sum(column == v) for v in range(len(model.indicators[name].values))]) + 1.0
        parts[name] = Table(np.tile(counts / counts.sum(), (GROUNDS, 1)))
    return LatentModel(model.points, model.log_weights, parts)


def learned(model: LatentModel, apart: LatentModel, rows: np.ndarray, rng: np.random.Generator) -> LatentModel:
    """EM from where it was, or from any of some beginnings if that explains more."""
    learner = ExpectationMaximisation()

    def anyhow() -> LatentModel:
        parts = {
            n: Table(0.9 * rng.dirichlet(np.ones(len(i.values)), GROUNDS) + 0.1 / len(i.values))
            for n, i in apart.indicators.items()
        }
        return learner.learned(LatentModel(apart.points, apart.log_weights, parts), rows, STEPS)

    found = [learner.learned(model, rows, STEPS), *(anyhow() for _ in range(STARTS))]
    return max(found, key=lambda one: float(one.log_joint(rows).sum()))
