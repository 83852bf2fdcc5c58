"""Zero-intelligence traders in the double auction: efficiency, prices and speed beside an event loop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import ModuleType

import _bristol as bristol
import _double_auction_loop as event_loop
import jax
import numpy as np

import catallax as cx
from catallax.core import AbstractTrader
from catallax.lab import Context, Finding, Report, Reproduction, reproduced


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
    bristol: str = ""
    """Path of BSE.py, the program of the Bristol Stock Exchange, to race it as well; it is not shipped."""
    bristol_periods: int = 10
    """Its trading periods."""
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
    """Trade the three schedules, then race the event loops."""
    program = bristol.load(config.bristol) if config.bristol else None
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
        *(race_bristol(config, program, name) for name in ("ZIC", "ZIP") if program is not None),
    ]
    return Report(
        findings,
        {"zero_intelligence": cx.view.price_paths(paths, {name: schedule(name).prices for name in LINES})},
        text=TEXT,
        reproductions=beside(zic, ziu, zip_["single-quote book"]),
    )


def beside(zic: dict, ziu: dict, zip_: dict) -> list[Reproduction]:
    """Efficiencies and prices, a mean over the periods of each market, beside the sources'."""
    sources = ("Gode and Sunder (1993), zero-intelligence traders", "Cliff (1997), ZIP traders")
    schedules = "the source's five schedules were not found, and its table is only recalled"
    rows = []
    for name, result in zic.items():
        rows.append(
            reproduced(sources[0], f"ZI-C, allocative efficiency, {name}", "", "not found",
                       100 * result.efficiency.mean(1), unit="%", note=schedules)
        )  # fmt: skip
        rows.append(
            reproduced(sources[0], f"ZI-U, allocative efficiency, {name}", "", "not found",
                       100 * ziu[name].efficiency.mean(1), unit="%", note=schedules)
        )  # fmt: skip
    for name, result in zip_.items():
        low, high = result.schedule.prices
        rows.append(
            reproduced(sources[1], f"ZIP, mean price, {name}, last third of the periods", "", "not found",
                       np.nanmean(result.mean_price[:, late_periods(result)], 1), unit="ticks",
                       note=f"competitive {low} to {high}, computed; ZI-C {np.nanmean(zic[name].mean_price):.1f}")
        )  # fmt: skip
    return rows


TEXT = (
    "The published efficiencies of Gode and Sunder (1993) are recalled, not read again, and their five schedules were not "
    "found, so no figure of theirs stands here; the three schedules are our own. ZIP traders hold one unit each, on the same "
    "demand and supply: with four units of different worth behind one margin, what a trader learns on its last unit spoils its "
    "first. Cliff's figures for Smith's alpha were not found. The rivals of the races run in one process, as such programs do, "
    "beside all cores for the markets under `vmap`; compilation is not counted. The Bristol Stock Exchange is its inventor's "
    "program; the bare event loop is our own telling of the same rules without all that a market of this kind does not need."
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


def our_rates(config: Config, units: cx.envs.Schedule, trader: AbstractTrader, quotes: int) -> tuple[float, float]:
    """Trades and turns to quote per second, the medians of some runs after one to compile."""
    rates = []
    for repeat in range(config.repeats + 1):
        start = time.perf_counter()
        result = cx.classics.zero_intelligence(
            units, traders=trader, periods=1, markets=config.speed_markets, quotes=quotes,
            key=jax.random.fold_in(jax.random.key(config.key), repeat),
        )  # fmt: skip
        seconds = time.perf_counter() - start
        rates.append((int(result.trades.sum()) / seconds, config.speed_markets * quotes / seconds))
    trades, turns = np.median(rates[1:], axis=0)
    return float(trades), float(turns)


def race(config: Config, name: str) -> Finding:
    """Trades per second beside our own event loop, on the flat supply and with the same number of quotes in a period."""
    trader, rival, traders = RACES[name]
    quotes = config.quotes if name == "ZI-C" else config.zip_quotes
    units = schedule("flat supply", traders)
    rate, _ = our_rates(config, units, trader, quotes)
    trades, start, seed = 0, time.perf_counter(), 0
    while seed == 0 or time.perf_counter() - start < config.rival_seconds:
        session = event_loop.run(rival, units.values.tolist(), units.costs.tolist(), lowest=1, highest=200, quotes=quotes,
                                 periods=1, seed=seed)  # fmt: skip
        trades, seed = trades + len(session.prices[0]), seed + 1
    theirs = max(trades, 1) / (time.perf_counter() - start)
    return Finding(
        "ZI", f"{name}: trades per second over those of a bare event loop of our own", ">= 100",
        f"{rate / theirs:.0f} ({rate:,.0f} beside {theirs:,.0f})", bool(rate / theirs >= 100),
        f"{config.speed_markets:,} markets, {quotes:,} quotes in a period; median of {config.repeats}",
    )  # fmt: skip


def race_bristol(config: Config, program: ModuleType, kind: str) -> Finding:
    """Trades per second beside the Bristol Stock Exchange, one unit a trader in both."""
    traders, quotes = 24, config.zip_quotes
    theirs, their_turns = bristol.rates(
        program, kind, LINES["flat supply"], traders=traders, quotes=quotes,
        periods=config.bristol_periods, highest=200, seed=config.key,
    )  # fmt: skip
    trader = {"ZIC": cx.agents.ZIC(), "ZIP": cx.agents.ZIP()}[kind]
    rate, turns = our_rates(config, schedule("flat supply", traders), trader, quotes)
    return Finding(
        "ZI", f"{kind}, one unit each: trades per second over those of the Bristol Stock Exchange", ">= 100",
        f"{rate / theirs:,.0f} ({rate:,.0f} beside {theirs:,.0f})", bool(rate / theirs >= 100),
        f"turns to quote: {turns / their_turns:,.0f} times ({turns:,.0f} beside {their_turns:,.0f} per second)",
    )  # fmt: skip
