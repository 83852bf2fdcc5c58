"""Prices as forecasts: a market beside its traders, their mean and Bayes' rule, on questions whose posterior is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit, logit

import catallax as cx
from catallax.forecasting import LMSR, PredictionMarket, scoring
from catallax.forecasting.questions import Synthetic, synthetic
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    questions: int = 20_000
    """Events in each setting."""
    traders: int = 10
    """Who see a signal each."""
    noise: float = 3.0
    """Standard deviation of a signal whose mean is 1 or -1."""
    shared: float = 0.3
    """Correlation of the errors, where they are not independent."""
    herding: float = 0.5
    """Weight of what was said before, where traders herd."""
    liquidity: float = 10.0
    """Credits per nat."""
    drawn: int = 40
    """Questions in the picture of profits."""
    samples: int = 300
    """For bands."""
    key: int = 0
    """Seed."""


CLIP = 1e-6
"""Nobody brings a price closer than this to 0 or 1."""


def run(config: Config, context: Context) -> Report:
    """Let them trade, score the prices, and draw."""
    settings = {
        "independent errors": {},
        "shared errors": {"shared": config.shared},
        "independent errors, herding": {"herding": config.herding},
    }
    findings, curves = [], {}
    for name, knobs in settings.items():
        world = synthetic(config.questions, config.traders, noise=config.noise, seed=config.key, **knobs)
        said = forecasts(config, world)
        findings += compared(config, name, world, said)
        if name == "independent errors":
            findings += exact(config, world, said)
            curves = {
                who: scoring.reliability(said[who], world.happened, samples=config.samples)
                for who in ("market, adding", "mean of traders", "market, insisting")
            }
    figures = {"calibration": cx.view.reliability_diagram(curves), **lives(config)}
    return Report(findings, figures, text=TEXT)


TEXT = (
    "Each trader sees one signal and comes once, in the order of arrival. Those who *add* take the price for what was known before and "
    "move its log odds by their own evidence; those who *insist* move the price to what they believe alone. The mean of traders is that of "
    "their beliefs alone, herded where it says so; Bayes knows all signals and how their errors hang together. With shared errors those who "
    "add count the same error several times, and the market becomes overconfident: a price is as good as what its traders know of each other."
)


def forecasts(config: Config, world: Synthetic) -> dict[str, np.ndarray]:
    """Probabilities of every event, by who says them."""
    evidence = logit(world.beliefs) - logit(world.prior)[:, None]
    adding = closing_prices(
        config, world.prior, evidence, lambda price, x: jax.nn.sigmoid(jax.scipy.special.logit(price) + x)
    )
    insisting = closing_prices(config, world.prior, world.beliefs, lambda price, belief: belief)
    pooled = expit(logit(np.clip(world.beliefs, 1e-12, 1 - 1e-12)).mean(1))
    return {
        "Bayes, all signals": world.posterior[:, -1],
        "market, adding": adding,
        "market, insisting": insisting,
        "mean of traders": world.beliefs.mean(1),
        "mean of their log odds": pooled,
        "one trader": world.beliefs[:, 0],
        "prior": world.prior,
    }


def closing_prices(config: Config, prior: np.ndarray, told: np.ndarray, wish: Callable) -> np.ndarray:
    """Price of the event once every trader has brought it where it wants it, all questions at once."""

    def question(chance, signals):
        maker = LMSR(2, config.liquidity)
        opening, _ = maker.apply(maker.quote(1, to_price=jnp.clip(chance, CLIP, 1 - CLIP)))

        def trade(maker, signal):
            goal = jnp.clip(wish(maker.prices[1], signal), CLIP, 1 - CLIP)
            return maker.apply(maker.quote(1, to_price=goal))[0], None

        return jax.lax.scan(trade, opening, signals)[0].prices[1]

    with jax.enable_x64(True):
        maker = jax.jit(jax.vmap(question))
        return np.clip(np.asarray(maker(jnp.asarray(prior, float), jnp.asarray(told, float))), 0, 1)


def compared(config: Config, setting: str, world: Synthetic, said: dict[str, np.ndarray]) -> list[Finding]:
    """Scores of all, and the market beside the mean of its traders."""
    logs = {who: scoring.log_score(p, world.happened) for who, p in said.items()}
    figures = {
        "mean log score, nats": {who: each.mean() for who, each in logs.items()},
        "mean Brier score": {who: scoring.brier(p, world.happened).mean() for who, p in said.items()},
        "expected calibration error": {who: scoring.calibration_error(p, world.happened) for who, p in said.items()},
    }
    tables = [
        Finding("calibration", f"{setting}: {name}", "", "; ".join(f"{who} {x:.4f}" for who, x in each.items()))
        for name, each in figures.items()
    ]
    gain = logs["market, adding"] - logs["mean of traders"]
    mean, error = gain.mean(), gain.std() / np.sqrt(gain.size)
    independent = setting == "independent errors"
    return [
        *tables,
        Finding("calibration", f"{setting}: log score of the market (adding) less that of the mean of its traders, nats",
                "> 0 by three standard errors" if independent else "", f"{mean:+.4f} ± {error:.4f}",
                bool(mean > 3 * error) if independent else None),
    ]  # fmt: skip


def exact(config: Config, world: Synthetic, said: dict[str, np.ndarray]) -> list[Finding]:
    """What must hold where errors are independent."""
    price = said["market, adding"]
    inside = np.abs(world.posterior - 0.5).max(1) < 0.5 - 2 * CLIP  # where nobody was held back
    worst = float(np.abs(price - world.posterior[:, -1])[inside].max())
    curve = scoring.reliability(price, world.happened, samples=config.samples)
    full = curve.count > 0
    held = ((curve.low <= curve.frequency) & (curve.frequency <= curve.high))[full]
    low, high = scoring.bootstrap(scoring.calibration_error, price, world.happened, samples=config.samples)
    return [
        Finding("calibration", "independent errors: price from the posterior of all signals, at most", "< 1e-9", f"{worst:.1e}", worst < 1e-9),
        Finding("calibration", "independent errors: bins in which the market's frequency lies in the 90 % band of a calibrated forecaster",
                ">= 7 of 10", f"{held.sum()} of {held.size}; ECE {scoring.calibration_error(price, world.happened):.4f}, band {low:.4f} to {high:.4f}",
                bool(held.sum() >= 0.7 * held.size)),
    ]  # fmt: skip


def lives(config: Config) -> dict:
    """One market from trade to trade, and what its traders earned over several."""
    world = synthetic(config.drawn, config.traders, noise=config.noise, seed=config.key + 1)
    names = [f"trader {number}" for number in range(config.traders)]
    wealth = {name: [0.0] for name in names}
    logs = []
    for number in range(config.drawn):
        market = PredictionMarket(LMSR(2, config.liquidity, np.array([world.prior[number], 1 - world.prior[number]])))
        for name, belief in zip(names, world.alone[number], strict=True):
            market.open(name, cash=100.0)
            added = logit(belief) - logit(world.prior[number])
            market.trade(name, 0, to_price=float(np.clip(expit(logit(market.prices[0]) + added), CLIP, 1 - CLIP)))
        market.resolve(0 if world.happened[number] else 1)
        logs.append(market.log)
        for name in names:
            wealth[name].append(wealth[name][-1] + market.profit(name))
    last = int(np.argmin(np.abs(world.posterior[:, -1] - 0.8)))
    truth = {"Bayes, all signals": world.posterior[last, -1]}
    endowed = {name: np.asarray(path) + 100.0 for name, path in wealth.items()}
    return {
        "calibration_market": cx.view.market_path(logs[last], ("yes", "no"), truth=truth),
        "calibration_profits": cx.view.trader_profits(endowed, label="questions"),
    }
