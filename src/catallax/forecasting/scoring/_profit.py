"""What forecasts earned in a market, from its log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO
from catallax.forecasting._log import LEAST, TRADES, Entry
from catallax.forecasting.scoring._forecasts import finite


class Profit(NamedTuple):
    """What came of a trader in one market."""

    profit: float
    """Wealth at the end less cash at the opening, credits."""
    at_risk: float
    """The most that its trades could have lost it at any time, credits; of reports to a decision market for the least chance of an action; of edits of a joint market what was
    endowed less the least that was left."""
    roi: float
    """Profit over what was at risk; NaN for one who risked nothing."""
    drawdown: float
    """Greatest fall from a peak of its wealth, a fraction of the peak; over the moments of `wealth_paths`."""
    growth: float
    """`ln(wealth at the end / at the opening)`, nats; NaN for one who began with nothing."""


def wealth_paths(log: Sequence[Entry]) -> dict[str, Float[np.ndarray, " moments"]]:
    """Wealth of every trader, credits: cash, and positions at the prices of the moment.

    Moments are the opening, each trade or report, and the resolution if there was one; NaN before a trader has an account. A report to a
    `DecisionMarket` counts as what it is expected to be paid by the forecasts of the moment, `sum_do P(o | d) b ln(r_do / p_do)`: an action
    of chance phi pays `1 / phi`. Of a joint market moments are the opening and the payment alone: its log has the least worth of assets
    after an edit, and no mean one.

    Args:
        log: of one market.

    Raises:
        ValueError: for a trade of somebody without an account, or of another number of outcomes.

    >>> from catallax.forecasting import LMSR, PredictionMarket
    >>> market = PredictionMarket(LMSR(outcomes=2, liquidity=10.0))
    >>> market.open("ann", cash=20.0)
    >>> entry = market.trade("ann", outcome=0, to_price=0.8)
    >>> market.resolve(0)
    >>> wealth_paths(market.log)["ann"].round(3).tolist()
    [20.0, 21.927, 24.7]
    """
    return {trader: wealth for trader, (wealth, _) in _told(log).items()}


def profits(log: Sequence[Entry]) -> dict[str, Profit]:
    """Profit, return on what was at risk, drawdown and growth of every trader.

    Before the resolution positions count at the last prices.

    Args:
        log: of one market.

    Raises:
        ValueError: as `wealth_paths`.

    >>> log = [Entry(0, "open", "ann", cash=4_000_000),
    ...        Entry(1, "trade", "ann", (4_000_000, 0), -2_000_000, (0.5, 0.5), (0.6, 0.4)),
    ...        Entry(2, "resolve", "ann", (1_000_000, 0), 4_000_000)]
    >>> [round(x, 6) for x in profits(log)["ann"]]
    [2.0, 2.0, 1.0, 0.0, 0.405465]
    """
    found = {}
    for trader, (wealth, risk) in _told(log).items():
        known = wealth[np.isfinite(wealth)]
        gain, at_risk = float(known[-1] - known[0]), float(risk)
        roi = gain / at_risk if at_risk > 0 else np.nan
        found[trader] = Profit(gain, at_risk, roi, max_drawdown(known), growth_rate(known[[0, -1]]))
    return found


def max_drawdown(wealth: Any) -> float:
    """`max_t (peak before t - wealth at t) / peak`, of one trader; 0 where wealth never falls.

    Args:
        wealth: credits, at least 0, axes [moments].

    Raises:
        ValueError: for an empty path, or wealth that is negative or no number.

    >>> max_drawdown([10.0, 12.0, 9.0, 15.0])
    0.25
    """
    path = _path("max_drawdown", wealth)
    peak = np.maximum.accumulate(path)
    return float(np.max(np.divide(peak - path, peak, out=np.zeros_like(path), where=peak > 0)))


def growth_rate(wealth: Any) -> float:
    """`ln(w_T / w_0) / T`, nats for each step: what Kelly's bettor makes as large as it can; minus infinity for one who lost all.

    Args:
        wealth: credits, at least 0, axes [moments].

    Returns:
        Nats; NaN for one who began with nothing, or for a single moment.

    Raises:
        ValueError: as `max_drawdown`.

    Source: Kelly (1956), "A new interpretation of information rate".

    >>> round(growth_rate([1.0, 3.0, 4.0]), 6)
    0.693147
    """
    path = _path("growth_rate", wealth)
    if path.size < 2 or path[0] == 0:
        return float("nan")
    return float((np.log(path[-1]) - np.log(path[0])) / (path.size - 1)) if path[-1] > 0 else -float("inf")


def _path(part: str, wealth: Any) -> np.ndarray:
    path = finite(part, "wealth", wealth)
    if path.ndim != 1 or not path.size or path.min() < 0:
        raise ValueError(f"{part}: expected wealth of at least 0, axes [moments], got {path}.")
    return path


class _Account(NamedTuple):
    opened: int
    cash: int
    shares: np.ndarray


def _least(entry: Entry) -> float:
    """What the trader owned at worst after an edit, credits."""
    try:
        return float(json.loads(entry.about)[LEAST])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"wealth_paths: entry {entry.number} is an edit that does not say what its trader owned at worst after it; make the log anew by "
            "the edits."
        ) from error


def _told(log: Sequence[Entry]) -> dict[str, tuple[np.ndarray, float]]:
    """Wealth over time and the most at risk, of each trader."""
    trades = [entry for entry in log if entry.kind in TRADES]
    outcomes = len(trades[0].shares) if trades else 0
    prices = np.asarray(trades[0].before if trades else ())
    accounts: dict[str, _Account] = {}
    risk: dict[str, float] = {}
    rows: list[dict[str, float]] = []
    opening: dict[str, float] = {}
    end: dict[str, float] = {}
    for entry in log:
        if entry.kind == "open":
            accounts[entry.trader] = _Account(entry.cash, entry.cash, np.zeros(outcomes, np.int64))
            risk[entry.trader] = 0
            (rows[-1] if rows else opening)[entry.trader] = entry.cash / MICRO
        elif entry.kind in (*TRADES, "edit", "resolve"):
            if entry.trader not in accounts:
                raise ValueError(
                    f"wealth_paths: entry {entry.number} is of {entry.trader!r}, who has no account in the log."
                )
            account = accounts[entry.trader]
            if entry.kind == "resolve":
                end[entry.trader] = (account.cash + entry.cash) / MICRO
                continue
            if entry.kind == "edit":
                # nobody pays more than it has: beyond that the house does
                risk[entry.trader] = max(risk[entry.trader], account.opened - MICRO * max(_least(entry), 0.0))
                continue
            if not len(entry.shares) == len(entry.after) == outcomes:
                raise ValueError(
                    f"wealth_paths: entry {entry.number} has {len(entry.shares)} shares and {len(entry.after)} prices, the first trade {outcomes} "
                    "outcomes; give the log of one market."
                )
            account = account._replace(cash=account.cash + entry.cash, shares=account.shares + entry.shares)
            accounts[entry.trader], prices = account, np.asarray(entry.after)
            owed = -entry.weight * int(account.shares.min())
            risk[entry.trader] = max(risk[entry.trader], account.opened - account.cash + owed)
            rows.append({trader: float(one.cash + one.shares @ prices) / MICRO for trader, one in accounts.items()})
    moments = [opening, *rows, *([end] if end else [])]
    return {
        trader: (np.array([moment.get(trader, np.nan) for moment in moments]), risk[trader] / MICRO)
        for trader in accounts
    }
