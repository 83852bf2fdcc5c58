"""Time passes: phases that are over are ended, one after the other, whoever calls or not."""

from __future__ import annotations

import asyncio
import logging
import secrets

from catallax.exchange import _stages as stages
from catallax.exchange._problems import Problem
from catallax.exchange._store import Store

TICK = 0.05
"""Seconds between two looks."""
log = logging.getLogger("catallax.exchange")


async def keep_time(store: Store) -> None:
    """End what is due, until cancelled; what cannot be ended now is tried again at the next look."""
    while True:
        try:
            for number in await store.read(stages.due, store.now()):
                await store.write(stages.advance, number, secrets.SystemRandom())
        except Problem as problem:
            log.warning("clock waits", extra={"code": problem.code})
        except Exception:  # one request that cannot be settled must not stop the clock for all others
            log.exception("clock stumbled")
        await asyncio.sleep(TICK)
