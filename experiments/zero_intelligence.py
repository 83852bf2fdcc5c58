"""Zero-intelligence traders in the double auction: efficiency, prices and speed beside an event loop."""

from __future__ import annotations

import time
from dataclasses import dataclass

import _double_auction_loop as event_loop
import jax
import numpy as np

import catallax as cx
from catallax.core import AbstractTrader
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    markets: int = 1_000
    """Independent markets of each kind."""
    periods: int = 6
    """Trading periods of a market of traders that do not learn."""
    quotes: int = 4_000
    """Steps of such a period."""
    zip_periods: int = 15
    """Trading periods of a market of traders that learn."""
    zip_quotes: int = 1_000
    """Steps of such a period."""
    speed_markets: int = 4_000
    """Markets side by side while speed is measured."""
    rival_seconds: float = 5.0
    """For which the event loop runs in each comparison of speed, at least."""
    repeats: int = 5
    """Timed runs; the median counts."""
    key: int = 0
    """Seed of the run."""


LINES = {
    "symmetric": ((190, 10), (10, 190)),
    "flat supply": ((190, 10), (60, 60)),
    "flat demand": ((120, 90), (10, 190)),
}
"""First and last value, first and last cost of the 24 units a side."""
SINGLE, LASTING = cx.auctions.SingleQuoteBook(), cx.auctions.OrderBook()


def schedule(name: str, traders: int = 6) -> cx.envs.Schedule:
    """24 units a side, dealt to some traders."""
    return cx.envs.Schedule.linear(*LINES[name], units=24, traders=traders)


def run(config: Config, context: Context) -> Report:
    """Trade the three schedules, then race the event loop."""
    fixed = {"periods": config.periods, "markets": config.markets, "quotes": config.quotes, "key": config.key}
    learn = {**fixed, "periods": config.zip_periods, "quotes": config.zip_quotes}
    make = cx.classics.zero_intelligence
    zic = {name: make(schedule(name), **fixed) for name in LINES}
    lasting = {name: make(schedule(name), book=LASTING, **fixed) for name in LINES}
    ziu = {name: make(schedule(name), traders=cx.agents.ZIU(), **fixed) for name in LINES}
    zip_ = {
        book: {name: make(schedule(name, 24), traders=cx.agents.ZIP(), book=rule, **learn) for name in LINES}
        for book, rule in (("single-quote book", SINGLE), ("order book", LASTING))
    }
    several = make(schedule("flat supply"), traders=cx.agents.ZIP(), **learn)
    kept = min(config.periods, config.zip_periods)
    paths = {
        name: {
            "ZI-C": np.array([zic[name].path(period) for period in range(kept)]),
            "ZIP": np.array([zip_["single-quote book"][name].path(period) for period in range(kept)]),
        }
        for name in LINES
    }
    findings = [
        *constrained(zic, lasting, ziu),
        *learned(zip_, several),
        *(race(config, name) for name in RACES),
    ]
    return Report(
        findings,
        {"zero_intelligence": cx.view.price_paths(paths, {name: schedule(name).prices for name in LINES})},
        text=TEXT,
    )


TEXT = (
    "The published efficiencies of Gode and Sunder (1993) are recalled, not read again, and their five schedules were not "
    "found, so no figure of theirs stands here; the three schedules are our own. ZIP traders hold one unit each, on the same "
    "demand and supply: with four units of different worth behind one margin, what a trader learns on its last unit spoils its "
    "first. Cliff's figures for Smith's alpha were not found. The rival of the races is our own plain-Python telling of the same "
    "rules as objects and events, in the manner of the Bristol Stock Exchange and not that program itself; it runs in one "
    "process, as such programs do, beside all cores for the markets under `vmap`. Compilation is not counted."
)


def spread(values: np.ndarray, digits: int = 1) -> str:
    """Mean and standard deviation over markets."""
    values = values[np.isfinite(values)]
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


def constrained(zic: dict, lasting: dict, ziu: dict) -> list[Finding]:
    """What a budget alone does, and what it does not."""
    findings = []
    for name, result in zic.items():
        percent = 100 * result.efficiency
        findings.append(
            Finding("ZI", f"ZI-C, allocative efficiency, {name}", ">= 98 %", f"{spread(percent)} % (sd over periods)",
                    bool(percent.mean() >= 98))
        )  # fmt: skip
    price = float(np.nanmean(zic["flat supply"].mean_price))
    findings.append(
        Finding("ZI", "ZI-C, mean price where supply is flat at 60", "88 to 92 ticks, not 60", f"{price:.1f}",
                bool(88 <= price <= 92), f"Smith's alpha {spread(zic['flat supply'].alpha)} %")
    )  # fmt: skip
    for name in LINES:
        findings.append(
            Finding("ZI", f"{name}: ZI-C in the order book; ZI-U", "",
                    f"{spread(100 * lasting[name].efficiency)} %, price {np.nanmean(lasting[name].mean_price):.1f}; "
                    f"{spread(100 * ziu[name].efficiency)} %, price {np.nanmean(ziu[name].mean_price):.1f}")
        )  # fmt: skip
    return findings


def learned(books: dict, several: cx.classics.ZeroIntelligence) -> list[Finding]:
    """Whether ZIP finds the competitive price, over the last third of the periods."""
    findings = []
    for book, results in books.items():
        for name, result in results.items():
            late = late_periods(result)
            price, (low, high) = float(np.nanmean(result.mean_price[:, late])), result.schedule.prices
            found = low - 1 <= price <= high + 1
            findings.append(
                Finding("ZI", f"ZIP, {book}, mean price, {name}", f"within 1 tick of {low} to {high}",
                        f"{price:.1f}, efficiency {100 * result.efficiency[:, late].mean():.1f} %", bool(found),
                        f"first period {np.nanmean(result.mean_price[:, 0]):.1f}; "
                        f"Smith's alpha {np.nanmean(result.alpha[:, 0]):.1f} % to {np.nanmean(result.alpha[:, late]):.1f} %")
            )  # fmt: skip
    late = late_periods(several)
    return [
        *findings,
        Finding("ZI", "ZIP with four units of different worth and one margin for all, mean price, flat supply at 60", "",
                f"{np.nanmean(several.mean_price[:, late]):.1f}, efficiency {100 * several.efficiency[:, late].mean():.1f} %",
                note=f"within a period from {several.path()[0]:.0f} down to {np.nanmin(several.path()):.0f}"),
    ]  # fmt: skip


def late_periods(result: cx.classics.ZeroIntelligence) -> slice:
    """The last third."""
    return slice(-(-2 * result.prices.shape[1] // 3) if result.prices.shape[1] > 1 else 0, None)


RACES: dict[str, tuple[AbstractTrader, type[event_loop.Trader], int]] = {
    "ZI-C": (cx.agents.ZIC(), event_loop.ZIC, 6),
    "ZIP, six traders a side": (cx.agents.ZIP(), event_loop.ZIP, 6),
    "ZIP, one unit each": (cx.agents.ZIP(), event_loop.ZIP, 24),
}


def race(config: Config, name: str) -> Finding:
    """Trades per second of both tellings, on the flat supply and with the same number of quotes in a period."""
    trader, rival, traders = RACES[name]
    quotes = config.quotes if name == "ZI-C" else config.zip_quotes
    units = schedule("flat supply", traders)
    ours, seconds = [], []
    for repeat in range(config.repeats + 1):  # the first one compiles
        start = time.perf_counter()
        result = cx.classics.zero_intelligence(
            units, traders=trader, periods=1, markets=config.speed_markets, quotes=quotes,
            key=jax.random.fold_in(jax.random.key(config.key), repeat),
        )  # fmt: skip
        seconds.append(time.perf_counter() - start)
        ours.append(int(result.trades.sum()))
    rate = float(np.median([n / s for n, s in zip(ours[1:], seconds[1:], strict=True)]))
    trades, start, seed = 0, time.perf_counter(), 0
    while seed == 0 or time.perf_counter() - start < config.rival_seconds:
        session = event_loop.run(rival, units.values.tolist(), units.costs.tolist(), lowest=1, highest=200, quotes=quotes,
                                 periods=1, seed=seed)  # fmt: skip
        trades, seed = trades + len(session.prices[0]), seed + 1
    theirs = max(trades, 1) / (time.perf_counter() - start)
    return Finding(
        "ZI", f"{name}: trades per second over those of the event loop", ">= 100",
        f"{rate / theirs:.0f} ({rate:,.0f} beside {theirs:,.0f})", bool(rate / theirs >= 100),
        f"{config.speed_markets:,} markets, {quotes:,} quotes in a period; median of {config.repeats}",
    )  # fmt: skip
