"""What the experiments on uses of the bazaar share: figures over seeds, and many runs in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from catallax.classics import PerSeed
from catallax.core import MICRO, Journal, to_micro
from catallax.language.bazaar import AbstractInformer, Bazaar, Buyer, Informer, Offer, Result, View

PROGRAMS = "Programs in a finite world, with exact inference where they judge: what a mechanism does, and nothing about language models. "
"""What each of these experiments has to say first."""


LOOK = 1e-4
"""Credits burned for a look."""


def told(values: Iterable[float]) -> str:
    """The mean over seeds with its bootstrap interval, 95 %."""
    seeds = PerSeed(list(values))
    low, high = seeds.interval()
    return f"{seeds.mean():.3f} [{low:.3f}, {high:.3f}]"


def above(values: Iterable[float], bound: float = 0.0) -> bool:
    """Whether the interval over seeds lies above a bound."""
    return PerSeed(list(values)).interval()[0] > bound


def dot(values: Iterable[float]) -> tuple[float, float]:
    """Mean and standard error, for a figure."""
    seeds = np.asarray(list(values), float)
    return float(seeds.mean()), float(seeds.std(ddof=1)) / len(seeds) ** 0.5 if len(seeds) > 1 else 0.0


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def eager(informer: AbstractInformer) -> Informer:
    """The same offers at bids that at least pay for a look, as those would learn to bid who sell beside others what they could not sell alone."""

    async def offers(view: View) -> list[Offer]:
        return [replace(offer, bid=max(offer.bid, to_micro(LOOK))) for offer in await informer.offers(view)]

    return Informer(informer.name, offers, signal=informer.signal)


def runs(bazaar: Bazaar, buyer: Buyer, states: Sequence[Mapping[str, Any]]) -> list[Result]:
    """A run for each state of nature, one after the other."""

    async def everyone() -> list[Result]:
        return [await bazaar.arun(buyer, state) for state in states]

    return asyncio.run(everyone())


def burned(journal: Journal) -> float:
    """Credits that looking has cost, with what rivals for attention paid beyond it."""
    return journal["burn"] / MICRO if "burn" in journal.accounts else 0.0
