"""A market of Kelly bettors updates as Bayes' rule does, pays little regret on any sequence, and clears a million traders at once."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.forecasting.clearing import Kelly, Played, play
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    bettors: int = 100
    """Bettors with the beliefs i / (bettors + 1), equal wealth."""
    rounds: int = 1_000
    """Questions for full Kelly bettors."""
    fractional_rounds: int = 2_000
    """Questions for bettors of fractions; the first half is not counted."""
    hurt_rounds: int = 2_000
    """Questions of each sequence that is made to hurt."""
    rate: float = 0.7
    """How often the answer is yes."""
    seeds: int = 20
    """Sequences of answers."""
    traders: int = 1_000_000
    """Traders of the market that is timed."""
    outcomes: int = 10
    """Its outcomes."""
    repeats: int = 20
    """Timed calls; the median counts."""
    key: int = 0
    """Seed of the run."""


FRACTIONS = (0.05, 0.2)
LEAST = 4
"""Answers of each kind before the grid is fine enough where yes comes at 0.7; the rarer one answer, the more: the posterior presses on an end of the grid."""


def run(config: Config, context: Context) -> Report:
    """Play the grid of bettors, hurt it, and time a large market."""
    exact, learned = laplace(config)
    forgets, forgotten = fractions(config)
    panels = [panel(config, *shown) for shown in (("full Kelly", learned), (f"fraction {FRACTIONS[0]:g}", forgotten))]
    return Report(
        [*exact, *forgets, *hurt(config), speed(config)],
        {"kelly_is_bayes": cx.view.belief_paths(panels, time="questions asked")},
        text=TEXT,
    )


TEXT = (
    "A regret is the market's logarithmic loss less that of the bettor who was best in hindsight, in nats, all bettors with equal wealth. "
    "The figures of Beygelzimer, Langford and Pennock (2012) were not found; the claims tested are those of its abstract, the bounds are derived."
)


def panel(config: Config, title: str, paths: dict[str, np.ndarray]) -> cx.view.BeliefPanel:
    """Probabilities in order, beside the truth."""
    curves = {name: (np.arange(path.size), path) for name, path in paths.items()}
    ends = np.asarray([0, max(path.size for path in paths.values()) - 1])
    truths = {"truth": (ends, np.full(2, config.rate))}
    return cx.view.BeliefPanel(title, curves, truths, unit="probability")


def answers(config: Config, rounds: int) -> np.ndarray:
    """Axes `seeds`, `rounds`; 1 for yes."""
    return (np.random.default_rng(config.key).random((config.seeds, rounds)) < config.rate).astype(int)


def beliefs(config: Config) -> np.ndarray:
    """Axes `bettors`, yes and no."""
    yes = np.arange(1, config.bettors + 1) / (config.bettors + 1)
    return np.stack([yes, 1 - yes], 1)


def grid(config: Config, fraction: float, happened: np.ndarray) -> Played:
    """Bettors on answers; outcome 0 is yes."""
    wealth = np.full(config.bettors, 1 / config.bettors)
    believed = np.broadcast_to(beliefs(config), (len(happened), config.bettors, 2))
    return play(Kelly(fraction), wealth, believed, 1 - happened)


def losses(played: Played, happened: np.ndarray, config: Config) -> tuple[np.ndarray, np.ndarray]:
    """Of the market and of the best bettor so far, after each question, nats."""
    market = -np.log(played.prices[np.arange(len(happened)), 1 - happened])
    bettors = -np.log(beliefs(config)[:, 1 - happened])
    return market.cumsum(), bettors.cumsum(1).min(0)


def laplace(config: Config) -> tuple[list[Finding], dict[str, np.ndarray]]:
    """Full Kelly beside Laplace's rule."""
    asked, error, start, regret = np.arange(config.rounds), 0.0, 0.0, []
    for happened in answers(config, config.rounds):
        played = grid(config, 1.0, happened)
        given = np.concatenate([[0], np.cumsum(happened)[:-1]])
        rule = (given + 1) / (asked + 2)
        both = np.minimum(given, asked - given) >= LEAST
        error = max(error, np.abs(played.prices[both, 0] - rule[both]).max(initial=0.0))
        start = max(start, np.abs(played.prices[6:, 0] - rule[6:]).max(initial=0.0))
        market, best = losses(played, happened, config)
        regret.append(market - best)
    bound = np.log(config.bettors)
    last = np.array([path[-1] for path in regret])
    early = np.array([path[min(150, config.rounds) - 1] for path in regret])
    rows = [
        Finding("Kelly", f"{config.bettors} bettors beside (s + 1) / (t + 2), largest difference once yes and no have come {LEAST} times each", "<= 1e-7",
                f"{error:.1e}", bool(error <= 1e-7),
                f"{config.seeds} sequences of {config.rounds:,} questions, yes at {config.rate:g}"),
        Finding("Kelly", "the same from the sixth question on, whatever came", "<= 1e-7", f"{start:.1e}", bool(start <= 1e-7),
                "largest where one answer has not come yet: a grid of 100 beliefs is no continuum near its ends"),
        Finding("Kelly", f"full Kelly: regret after {config.rounds:,} questions", f"<= ln {config.bettors} = {bound:.3f}",
                f"at most {last.max():.2f}, mean {last.mean():.2f}", bool(max(path.max() for path in regret) <= bound + 1e-9),
                f"after {min(150, config.rounds)}: mean {early.mean():.2f}"),
    ]  # fmt: skip
    shown = slice(0, 200)
    return rows, {"market": played.prices[shown, 0], "Laplace's rule": rule[shown]}


def fractions(config: Config) -> tuple[list[Finding], dict[str, np.ndarray]]:
    """Fractional Kelly beside a frequency that forgets."""
    rows, shown = [], {}
    for fraction in FRACTIONS:
        spread, fits = [], []
        for happened in answers(config, config.fractional_rounds):
            prices = grid(config, fraction, happened).prices[:, 0]
            late = slice(config.fractional_rounds // 2, None)
            spread.append(prices[late].std())
            tried = {decay: discounted(happened, decay) for decay in np.arange(0.95, 0.9991, 0.001)}
            decay = min(tried, key=lambda d: np.abs(prices - tried[d])[late].mean())
            fits.append((decay, np.abs(prices - tried[decay])[late].mean()))
            if fraction == FRACTIONS[0]:
                shown = {"market": prices, f"frequency, factor {decay:.3f}": tried[decay]}
        decay, error = np.mean(fits, 0)
        rows.append(
            Finding("Kelly", f"fraction {fraction:g}: the price goes on moving, and is a discounted frequency", "",
                    f"sd {np.mean(spread):.3f}; factor {decay:.3f}, mean distance {error:.4f}", note=f"mean of {config.seeds} sequences")
        )  # fmt: skip
    return rows, shown


def discounted(happened: np.ndarray, decay: float) -> np.ndarray:
    """Frequency of yes before each question, old answers fading."""
    found, frequency = np.empty(len(happened)), 0.5
    for place, answer in enumerate(happened):
        found[place] = frequency
        frequency = decay * frequency + (1 - decay) * answer
    return found


def hurt(config: Config) -> list[Finding]:
    """Sequences made against the market: what it finds less likely, blocks, and turns."""
    rounds, bound = config.hurt_rounds, np.log(config.bettors)
    fixed = {
        "yes and no in turn": np.arange(rounds) % 2,
        "blocks of doubling length": np.floor(np.log2(np.arange(rounds) + 1)).astype(int) % 2,
        "always yes": np.ones(rounds, int),
    }
    rows = []
    for fraction in (1.0, *reversed(FRACTIONS)):
        found = {}
        for name, happened in {**fixed, "what the market finds less likely": against(config, fraction)}.items():
            market, best = losses(grid(config, fraction, happened), happened, config)
            found[name] = float((market - best).max())
        worst = max(found, key=found.__getitem__)
        limit = bound / fraction
        rows.append(
            Finding("Kelly", f"fraction {fraction:g}: largest regret at any time on sequences made to hurt", f"<= ln {config.bettors} / {fraction:g} = {limit:.2f}",
                    f"{found[worst]:.2f} ({worst})", bool(found[worst] <= limit + 1e-9),
                    "; ".join(f"{name} {value:.2f}" for name, value in found.items() if name != worst))
        )  # fmt: skip
    return rows


def against(config: Config, fraction: float) -> np.ndarray:
    """Answers that the market finds less likely, one after the other."""
    rule, h = Kelly(fraction), jnp.asarray(beliefs(config))

    def turn(wealth: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        prices = rule.clear(wealth, h)
        less = jnp.argmin(prices)
        return wealth + rule.profits(wealth, h, prices)[:, less], 1 - less

    begin = jnp.full(config.bettors, 1 / config.bettors)
    return np.asarray(jax.jit(lambda w: jax.lax.scan(turn, w, None, length=config.hurt_rounds)[1])(begin)).astype(int)


def speed(config: Config) -> Finding:
    """Prices and wealth after the outcome of one question, beside the same in plain NumPy."""
    rng = np.random.default_rng(config.key)
    wealth = rng.random(config.traders, np.float32) + 0.5
    fraction = 0.1 + 0.9 * rng.random(config.traders, np.float32)
    h = rng.random((config.traders, config.outcomes), np.float32)
    h /= h.sum(1, keepdims=True)

    def settled(rule: Kelly, wealth: jax.Array, h: jax.Array) -> tuple[jax.Array, jax.Array]:
        prices = rule.clear(wealth, h)
        return prices, wealth + rule.profits(wealth, h, prices)[:, 3]

    ours = jax.jit(settled)
    given = jax.device_put((Kelly(jnp.asarray(fraction)), jnp.asarray(wealth), jnp.asarray(h)))

    def plain() -> tuple[np.ndarray, np.ndarray]:
        stakes = fraction * wealth
        prices = (stakes[:, None] * h).sum(0) / stakes.sum()
        return prices, wealth * (1 - fraction + fraction * h[:, 3] / prices[3])

    def product() -> tuple[np.ndarray, np.ndarray]:
        stakes = fraction * wealth
        prices = stakes @ h / stakes.sum()
        return prices, wealth * (1 - fraction + fraction * h[:, 3] / prices[3])

    mine, theirs = jax.block_until_ready(ours(*given)), plain()
    apart = max(float(np.abs(np.asarray(a) - b).max()) for a, b in zip(mine, theirs, strict=True))
    seconds = [
        clock(lambda: jax.block_until_ready(ours(*given)), config.repeats),
        clock(plain, config.repeats),
        clock(product, config.repeats),
    ]
    return Finding(
        "Kelly", f"prices and wealth of {config.traders:,} fractional Kelly traders, {config.outcomes} outcomes, one question", "",
        f"{1e3 * seconds[0]:.2f} ms; NumPy {1e3 * seconds[1]:.2f} ms, with a matrix product {1e3 * seconds[2]:.2f} ms",
        note=f"single precision, median of {config.repeats}; largest difference {apart:.1e}",
    )  # fmt: skip


def clock(call: object, repeats: int) -> float:
    """Median seconds."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()  # pyright: ignore[reportCallIssue]
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))
