"""Figures for Prometheus: calls as they are counted, the marketplace as it is when somebody asks; no names of parties."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from catallax.exchange import _tables as tables
from catallax.exchange._ledger import imbalance
from catallax.exchange._store import Store

SEALED = ("escrow:bid/%", "escrow:inquiry/%/offer/%")
"""Accounts of which nothing is told."""
LASTING = 5.0
"""Seconds in which figures of the marketplace are not counted again: it takes longer the longer it runs, and anybody may ask."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures(NamedTuple):
    """The marketplace at a moment.

    Args:
        phases: open things by kind and phase.
        bids: sealed bids.
        held: micro-credits that wait for something in public: sealed bids are left out, the sums before and after one would tell it.
        imbalance: what all accounts add up to, micro-credits; anything but 0 is an error.
        parties: who signed up.
        overdue: milliseconds that the longest overdue thing waits for the clock.
    """

    phases: dict[tuple[str, str], int]
    bids: int
    held: int
    imbalance: int
    parties: int
    overdue: int


class Meters:
    """Counters of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter("catallax_calls", "Calls.", ("method", "route", "status"), registry=self._registry)
        self._seconds = Histogram(
            "catallax_call_seconds", "Seconds to answer.", ("method", "route"), buckets=SECONDS, registry=self._registry
        )
        self._counting = asyncio.Lock()
        self._counted: tuple[float, Figures] | None = None

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a call; a stream counts when it ends."""
        self._calls.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    async def counted(self, store: Store) -> Figures:
        """The marketplace as it is now, or was a moment ago; however many ask, it is counted once."""
        async with self._counting:
            if self._counted is None or time.monotonic() - self._counted[0] > LASTING:
                self._counted = time.monotonic(), await store.read(figures, store.now())
            return self._counted[1]

    def told(self, figures: Figures, pulse: float) -> bytes:
        """All figures as Prometheus reads them.

        Args:
            figures: of the marketplace.
            pulse: seconds since the clock last looked at everything.
        """
        now = CollectorRegistry()
        now.register(_Now(lambda: _gauges(figures, pulse)))
        return generate_latest(self._registry) + generate_latest(now)


class _Now(Collector):
    def __init__(self, gauges: Callable[[], Iterable[Metric]]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        return self._gauges()


def figures(connection: Connection, now: int) -> Figures:
    """Count everything, in one look at the database."""
    account, bid = tables.account.c, tables.bid.c
    watched = {"request": tables.request, "question": tables.question, "inquiry": tables.inquiry}
    phases = {
        (kind, phase): count
        for kind, table in watched.items()
        for phase, count in connection.execute(
            select(table.c.phase, func.count()).where(table.c.due.is_not(None)).group_by(table.c.phase)
        )
    }
    dues = [connection.scalar(select(func.min(table.c.due))) for table in watched.values()]
    held = select(func.coalesce(func.sum(account.balance), 0)).where(
        account.name.startswith("escrow:"), *(account.name.not_like(sealed) for sealed in SEALED)
    )
    return Figures(
        phases,
        connection.scalar(select(func.count()).where(bid.status == "sealed")) or 0,
        int(connection.scalar(held) or 0),
        imbalance(connection),
        connection.scalar(select(func.count()).select_from(tables.party)) or 0,
        max((now - due for due in dues if due is not None and due < now), default=0),
    )


def _gauges(figures: Figures, pulse: float) -> Iterable[Metric]:
    phases = GaugeMetricFamily(
        "catallax_open", "Requests, questions, inquiries that are open.", labels=("kind", "phase")
    )
    for (kind, phase), count in sorted(figures.phases.items()):
        phases.add_metric((kind, phase), count)
    yield phases
    for name, help, value in (
        ("catallax_sealed_bids", "Bids that are not opened yet.", figures.bids),
        ("catallax_held_microcredits", "Micro-credits that wait for something, without sealed bids.", figures.held),
        ("catallax_imbalance_microcredits", "What all accounts add up to: exactly 0.", figures.imbalance),
        ("catallax_parties", "Parties.", figures.parties),
        ("catallax_overdue_seconds", "What waits longest for the clock.", figures.overdue / 1000),
        ("catallax_clock_lag_seconds", "Since the clock last looked.", pulse),
    ):
        yield GaugeMetricFamily(name, help, value=value)
