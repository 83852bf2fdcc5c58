"""Figures read off a market's state at a chunk boundary, on the host."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jaxtyping import Bool, Float

from catallax.core import gini, money
from catallax.markets import MarketState


def herfindahl(wealth: Float[np.ndarray, " agents"]) -> float:
    """Herfindahl index, the sum of squared shares: 1/n equal, 1 one owner of everything.

    Args:
        wealth: credits, axis `[agents]`.

    >>> herfindahl(np.array([1.0, 1.0]))
    0.5
    """
    total = float(wealth.sum())
    return float(((wealth / total) ** 2).sum()) if total > 0 else 0.0


def wealth_figures(wealth: Float[np.ndarray, " agents"], alive: Bool[np.ndarray, " agents"]) -> dict[str, float]:
    """Total, Gini, Herfindahl and largest share among the living."""
    living = np.asarray(wealth, np.float64)[np.asarray(alive)]
    total = float(living.sum())
    return {
        "wealth_total": total,
        "wealth_gini": gini(living),
        "wealth_herfindahl": herfindahl(living),
        "wealth_top": float(living.max() / total) if living.size and total > 0 else 0.0,
    }


def read(state: MarketState, ticks_per_step: int) -> dict[str, Any]:
    """One row of the trace; with a leading seeds axis, the mean over seeds.

    Args:
        state: at a chunk boundary, its tally summed since the last reading.
        ticks_per_step: instances, so that the row's `tick` counts all of them together.
    """
    each = rows(state, ticks_per_step)
    if np.ndim(state.tick) == 0:
        return each[0]
    mean = {name: _mean([row[name] for row in each]) for name in each[0]}
    mean["imbalance"] = state.ledger.imbalance
    return mean


def rows(state: MarketState, ticks_per_step: int) -> list[dict[str, Any]]:
    """A row of the trace for each seed; one where there is no seeds axis."""
    tally, ledger, tick, alive = jax.tree.map(
        np.asarray, (state.tally, state.ledger, state.tick, [c.alive for c in state.cohorts])
    )
    if np.ndim(tick) == 0:
        return [_row(tally, ledger, int(tick), np.concatenate(alive), ticks_per_step)]
    found = []
    for seed in range(tick.shape[0]):
        one = jax.tree.map(lambda x, s=seed: x[s], (tally, ledger, alive))
        found.append(_row(one[0], one[1], int(tick[seed]), np.concatenate(one[2]), ticks_per_step))
    return found


def _mean(values: list[float | int]) -> float:
    finite = [v for v in values if np.isfinite(v)]
    return float(np.mean(finite)) if finite else float("nan")


def _row(tally: Any, ledger: Any, tick: int, alive: np.ndarray, ticks_per_step: int) -> dict[str, Any]:
    def per(amount: np.ndarray, count: np.ndarray) -> float:
        n = int(count.sum())
        return float(amount.astype(np.float64).sum() / n) if n else float("nan")

    def balance(account: Any) -> float:
        return float(money.exact(account).sum()) / money.GRAINS_PER_COIN * ledger.coin

    wealth = money.exact(ledger.agents) / money.GRAINS_PER_COIN * ledger.coin
    return {
        "tick": tick * ticks_per_step,
        "price_mean": per(tally.price, tally.sales),
        "price_opening": per(tally.opening_price, tally.openings),
        "reward_mean": per(tally.reward, tally.sales),
        "episodes": int(tally.episodes.sum()),
        "return_mean": per(tally.returns, tally.episodes),
        "length_mean": per(tally.lengths, tally.episodes),
        "unsold": int(tally.unsold.sum()),
        "alive": int(alive.sum()),
        "births": int(tally.births),
        "deaths": int(tally.deaths),
        "bankruptcies": int(tally.bankruptcies),
        "undone": int(tally.undone),
        **wealth_figures(wealth, alive),
        "house": balance(ledger.house),
        "world": balance(ledger.world),
        "default": balance(ledger.default),
        "consumers": balance(ledger.consumers),
        "imbalance": ledger.imbalance,
    }
