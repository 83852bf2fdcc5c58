"""Golden checks of makers, call markets and wagers: each function returns how far what is measured lies from what must hold."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from catallax.forecasting import (
    LMSR,
    AnswerPools,
    ConstantProduct,
    ConstantUtility,
    LiquiditySensitiveLMSR,
    PowerUtility,
    Quadratic,
    wager,
)
from catallax.forecasting.clearing import Kelly, Played, call, play

MAKERS: dict[str, Any] = {
    "lmsr": LMSR(outcomes=4, liquidity=10.0),
    "lmsr with a prior": LMSR(outcomes=3, liquidity=0.5, prior=np.array([0.7, 0.2, 0.1])),
    "quadratic": Quadratic(outcomes=3, liquidity=20.0),
    "constant utility": ConstantUtility(3, 10.0, PowerUtility(2.0), np.array([0.5, 0.3, 0.2])),
    "constant product": ConstantProduct(np.array([9.0, 7.0, 8.0])),
    "answer pools": AnswerPools(np.full((3, 2), 4.0), np.array([0.5, 0.2, 0.3])),
    "liquidity sensitive": LiquiditySensitiveLMSR(np.full(3, 20.0), vig=0.1),
}
ADD_UP = [name for name in MAKERS if name != "liquidity sensitive"]
"""Makers whose prices add up to 1."""


def drawn(maker: Any, trades: int, seed: int = 0, size: float = 1.0) -> np.ndarray:
    """Random bundles, axes `trades outcomes`."""
    return np.random.default_rng(seed).normal(size=(trades, maker.prices.size)) * size


def sold(maker: Any, bundles: Any) -> tuple[Any, np.ndarray]:
    """The maker after bundles, and what each cost."""
    costs = []
    for bundle in bundles:
        maker, trade = maker.apply(maker.quote(shares=bundle))
        costs.append(float(trade.cost))
    return maker, np.asarray(costs)


def telescoping(maker: LMSR, bundles: np.ndarray) -> float:
    """T1.1: profits of all traders less the score of the last prices and plus that of the first, whatever happens; credits."""
    end, costs = sold(maker, bundles)
    score = maker.liquidity * np.log(end.prices / maker.prices)
    return float(abs(bundles.sum(0) - costs.sum() - score).max())


def path(maker: Any, bundles: np.ndarray) -> float:
    """T1.2: what a trade costs in parts less what it costs at once, credits."""
    _, costs = sold(maker, bundles)
    return abs(costs.sum() - float(maker.quote(shares=bundles.sum(0)).cost))


def complete_sets(maker: Any, number: float) -> float:
    """T1.3: the cost of complete sets less their number, and how far they move prices; the larger."""
    trade = maker.quote(shares=np.full(maker.prices.size, number))
    return max(abs(float(trade.cost) - number), float(abs(trade.after - maker.prices).max()))


def best_report(maker: LMSR, belief: float) -> tuple[float, float]:
    """T1.4: the best report in whole per cent less the belief, and the expected profit there over `b KL(h || p)` less 1."""
    reports = np.arange(1, 100) / 100
    quotes = [maker.quote(0, to_price=report) for report in reports]
    profit = np.array([belief * quote.shares[0] - quote.cost for quote in quotes])
    h = np.array([belief, 1 - belief])
    worth = maker.liquidity * np.sum(h * np.log(h / maker.prices))
    return abs(float(reports[profit.argmax()]) - belief), abs(float(profit.max() / worth) - 1)


def condition_moved(maker: LMSR | Quadratic, to: float) -> float:
    """T1.5: how far P(A) goes when P(B | A) is raised by the called-off bet of the logarithmic rule; outcomes AB, A not B, B, neither."""
    p = maker.prices[0] / maker.prices[:2].sum()
    bet = maker.liquidity * np.log([to / p, (1 - to) / (1 - p)])
    after = maker.quote(shares=np.array([*bet, 0.0, 0.0])).after
    return abs(float(after[:2].sum() - maker.prices[:2].sum()))


def information(seed: int, draws: int) -> tuple[float, float, float]:
    """T1.6: mean profit of an informed trader less `b I(X; Y)`, its standard error, and `b I(X; Y)`; credits, b = 1."""
    rng = np.random.default_rng(seed)
    joint = rng.dirichlet(np.ones(6)).reshape(3, 2)
    marginal, known = joint.sum(1), joint / joint.sum(0)
    mutual = float(np.sum(joint * np.log(joint / np.outer(marginal, joint.sum(0)))))
    maker = LMSR(3, 1.0, marginal)
    payoffs = []
    for signal in range(2):
        shares = np.log(known[:, signal] / marginal)
        payoffs.append(shares - float(maker.quote(shares=shares).cost))
    profits = np.stack(payoffs, 1).ravel()[rng.choice(6, size=draws, p=joint.ravel())]
    return float(profits.mean() - mutual), float(profits.std() / np.sqrt(draws)), mutual


def beside_hedge(maker: LMSR, bundles: np.ndarray) -> float:
    """T1.7: prices less the weights of Hedge with the learning rate `1 / b`, from a uniform prior."""
    end, _ = sold(maker, bundles)
    weights = np.exp(bundles.sum(0) / maker.liquidity)
    return float(abs(end.prices - weights / weights.sum()).max())


def largest_loss(maker: Any, streams: int, seed: int = 0, replayed: int = 10) -> tuple[float, float]:
    """T1.8: largest loss of the house over its bound, in single precision, and of the worst streams again in double.

    Streams are of small trades up to such that settle the price.
    """
    bound = float(maker.worst_case_loss)
    rng = np.random.default_rng(seed)
    bundles = rng.normal(size=(streams, 4, maker.prices.size)) * bound * 10.0 ** rng.uniform(-1, 1.3, (streams, 1, 1))
    single = jax.tree.map(jnp.float32, maker)

    def stream(bundles: jax.Array) -> jax.Array:
        return jax.lax.scan(lambda now, x: (now.after(x), now.cost(x)), single, bundles)[1].sum()

    costs = jax.jit(jax.vmap(stream))(jnp.asarray(bundles, jnp.float32))
    losses = (bundles.sum(1) - np.asarray(costs)[:, None]).max(1)
    worst = bundles[np.argsort(losses)[-replayed:]]
    exact = [trades.sum(0).max() - sold(maker, trades)[1].sum() for trades in worst]
    return float(losses.max() / bound), float(max(exact) / bound)


def tosses(seed: int, rounds: int) -> np.ndarray:
    """1 for yes, which comes at 0.7."""
    return (np.random.default_rng(seed).random(rounds) < 0.7).astype(int)


def grid_market(fraction: float, happened: np.ndarray) -> Played:
    """100 bettors with the beliefs i / 101 on what happened."""
    yes = np.arange(1, 101) / 101
    beliefs = np.broadcast_to(np.stack([yes, 1 - yes], 1), (len(happened), 100, 2))
    return play(Kelly(fraction), np.full(100, 0.01), beliefs, 1 - happened)


def beside_laplace(prices: np.ndarray, happened: np.ndarray, least: int = 4) -> np.ndarray:
    """T1.9: prices of yes less `(s + 1) / (t + 2)`, once both answers have come `least` times."""
    asked = np.arange(len(happened))
    given = np.concatenate([[0], np.cumsum(happened)[:-1]])
    both = np.minimum(given, asked - given) >= least
    return abs(prices - (given + 1) / (asked + 2))[both]


FORGETS = {0.05: (0.029, 0.990, 0.005), 0.2: (0.014, 0.993, 0.011)}
"""T1.10: by fraction the standard deviation of the price, the factor of a discounted frequency, and its distance; of a prototype."""


def forgetting(fraction: float, sequences: int) -> tuple[float, float]:
    """T1.10: standard deviation of the price and its mean distance to the discounted frequency, in the second 1,000 rounds."""
    found = []
    for seed in range(sequences):
        happened = tosses(seed, 2000)
        prices, discounted, frequency = grid_market(fraction, happened).prices[1000:, 0], [], 0.5
        for outcome in happened:
            discounted.append(frequency)
            frequency += (1 - FORGETS[fraction][1]) * (outcome - frequency)
        found.append((prices.std(), np.abs(prices - np.asarray(discounted)[1000:]).mean()))
    deviation, distance = np.mean(found, 0)
    return float(deviation), float(distance)


def own_fractions(fraction: np.ndarray, wealth: np.ndarray, beliefs: np.ndarray) -> tuple[float, float]:
    """T1.11: shares of one outcome less those of another, in parts; and prices and profits less those of full bettors who believe in the mixture."""
    found = call(Kelly(fraction), wealth, beliefs)
    shares = found.shares.sum(0)
    mixed = fraction[:, None] * beliefs + (1 - fraction)[:, None] * found.prices
    whole = call(Kelly(), wealth, mixed)
    off = max(abs(whole.prices - found.prices).max(), abs(whole.profits - found.profits).max())
    return float(np.ptp(shares) / shares.max()), float(off)


def newcomer(wealth: np.ndarray, beliefs: np.ndarray) -> float:
    """T1.12: how far a rich trader who believes the prices moves them, and what it gains or loses; the larger."""
    before = call(Kelly(), wealth, beliefs)
    after = call(Kelly(), np.append(wealth, 7.0), np.vstack([beliefs, before.prices]))
    return float(max(abs(after.prices - before.prices).max(), abs(after.profits[-1]).max()))


MANISWAP = {"price": 0.2045455, "shares": 40.2103816, "price after": 0.3006325, "invariant": 69.9368190}
"""Of the pool of 100 and 60 shares with the exponent 0.3, on which 10 credits are spent; of a prototype, to seven decimals."""


def maniswap() -> dict[str, float]:
    """The figures of the golden check."""
    pool = ConstantProduct(np.array([100.0, 60.0]), np.array([0.3, 0.7]))
    trade = pool.quote(0, spend=10.0)
    after, _ = pool.apply(trade)
    invariant = (after.reserves**pool.weights).prod()
    found = trade.before[0], trade.shares[0], trade.after[0], invariant
    return dict(zip(MANISWAP, map(float, found), strict=True))


Stakes = tuple[np.ndarray, np.ndarray, float]
"""Reports, wagers, what happened."""


def stakes(rng: np.random.Generator) -> Stakes:
    """Of five traders."""
    return rng.random(5), rng.uniform(0, 3, 5), float(rng.integers(2))


def expected(reports: np.ndarray, wagers: np.ndarray, belief: float) -> float:
    """Gain of the first, by its belief."""
    return sum(
        chance * (wager(reports, wagers, happened)[0] - wagers[0])
        for happened, chance in ((1.0, belief), (0.0, 1 - belief))
    )


def budget(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """What is paid out less what was wagered."""
    return abs(wager(reports, wagers, happened).sum() - wagers.sum())


def anonymity(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """How far payouts change with names."""
    order = np.array([3, 0, 4, 1, 2])
    renamed = wager(reports[order], wagers[order], happened)
    return float(abs(renamed - wager(reports, wagers, happened)[order]).max())


def truth(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """What the first gains at most, by its own belief, by another report."""
    lies = [np.array([lie, *reports[1:]]) for lie in np.linspace(0, 1, 5)]
    return max(expected(lie, wagers, reports[0]) for lie in lies) - expected(reports, wagers, reports[0])


def participation(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """What the first loses, by its own belief, by taking part."""
    return -expected(reports, wagers, reports[0])


def sybils(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """How far the payout changes when the first takes part under two names."""
    split = wager(np.append(reports, reports[0]), np.append(wagers * [0.3, 1, 1, 1, 1], 0.7 * wagers[0]), happened)
    return abs(split[0] + split[-1] - wager(reports, wagers, happened)[0])


def normality(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """What the first loses, or another gains, when the first reports better."""
    better = np.array([(reports[0] + happened) / 2, *reports[1:]])
    change = wager(better, wagers, happened) - wager(reports, wagers, happened)
    return float(max(-change[0], change[1:].max()))


def monotonicity(reports: np.ndarray, wagers: np.ndarray, happened: float) -> float:
    """By how much the first wins or loses less when it wagers half as much again; all of it where the sign turns."""
    more = wagers * [1.5, 1, 1, 1, 1]
    gain, larger = (wager(reports, stake, happened)[0] - stake[0] for stake in (wagers, more))
    return abs(gain) - np.sign(gain) * larger


WAGERING = {
    "budget balanced": budget,
    "anonymous": anonymity,
    "truthful": truth,
    "individually rational": participation,
    "sybil-proof": sybils,
    "normal": normality,
    "monotone": monotonicity,
}
"""The seven properties of Lambert et al. (2008): by how much one is violated, credits; at most rounding."""
