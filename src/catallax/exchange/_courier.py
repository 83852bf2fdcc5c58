"""Delivers events to webhooks: signed, at least once, several at a time, and one after the other for each."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import logging
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Row

from catallax.exchange import _webhooks as webhooks
from catallax.exchange._clock import tried
from catallax.exchange._problems import Problem
from catallax.exchange._reach import Unreachable, resolved
from catallax.exchange._store import Store

AT_ONCE = 16
"""Webhooks that are called at the same time."""
PATIENCE, TURN = 10.0, 30.0
"""Seconds in which a webhook answers; after which another one has its turn."""
TICK, PAUSE = 1.0, 0.05
"""Seconds between two looks at most, at least; what happens in this process is noticed at once."""
log = logging.getLogger("catallax.exchange")


class Courier:
    """Looks after webhooks, until cancelled.

    Args:
        store: where they and the events are.
        local: whether plain http and addresses of this network will do.
    """

    def __init__(self, store: Store, local: bool) -> None:
        self._store, self._local, self._trust = store, local, httpx.create_ssl_context(trust_env=False)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        store.listen(self._hear)

    async def keep(self) -> None:
        """Begin what waits, as many at once as there is room for."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._news.clear()
                for number in await tried(self._store.read(webhooks.waiting, self._store.now())) or ():
                    if number not in self._running and len(self._running) < AT_ONCE:
                        self._running[number] = asyncio.create_task(self._one(number))
                        self._running[number].add_done_callback(lambda _, n=number: self._done(n))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), TICK)
                await asyncio.sleep(PAUSE)
        finally:
            left = list(self._running.values())
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _one(self, number: int) -> None:
        """One webhook's turn; a process that dies in it leaves it to the next, which tells again what was not noted."""
        hook = await tried(self._store.write(webhooks.take, number))
        found = hook and await tried(self._store.read(webhooks.lot, hook))
        if not hook or not found:
            return
        events, after = found
        last, reason, more = hook.after, None, len(events) == webhooks.LOT
        ends = asyncio.get_running_loop().time() + TURN
        # a client a turn: names that share an address share no connection. No proxy of the environment is asked either
        async with httpx.AsyncClient(verify=self._trust, trust_env=False, timeout=PATIENCE) as client:
            for event in events:
                if asyncio.get_running_loop().time() > ends:
                    after, more = last, True
                    break
                reason = await self._deliver(client, hook, event)
                if reason is not None:
                    break
                last = event.id
        if reason is None:
            await tried(self._store.write(webhooks.told, number, after, more, bool(events)))
        else:
            log.warning("webhook failed", extra={"webhook": number, "reason": reason})
            await tried(self._store.write(webhooks.failed, number, last, reason, reason == "http-410"))

    async def _deliver(self, client: httpx.AsyncClient, hook: Row, event: Row) -> str | None:
        """Send an event; returns what went wrong, in a word, or None."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._send(client, hook, event)
        except Problem:  # the settings changed since it was registered
            return "bad-address"
        except Unreachable as error:
            return str(error)
        except (httpx.TimeoutException, TimeoutError):
            return "too-slow"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return type(error).__name__

    async def _send(self, client: httpx.AsyncClient, hook: Row, event: Row) -> str | None:
        _, host, port = webhooks.addressed(hook.url, self._local)
        address = await resolved(host, port, self._local)
        parts = urlsplit(hook.url)
        shown = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{shown}:{port}").geturl()
        body = json.dumps({name: getattr(event, name) for name in ("id", "at", "kind", "subject", "data")}).encode()
        headers = signed(hook.secret, f"event_{event.id}", int(self._store.clock()), body)
        headers |= {"Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "catallax-exchange"}
        request = client.build_request("POST", target, content=body, headers=headers)
        request.extensions["sni_hostname"] = host  # the certificate is the name's
        answer = await client.send(request, stream=True)
        await answer.aclose()  # whatever it says, nobody reads it
        return None if answer.is_success else f"http-{answer.status_code}"

    def _done(self, number: int) -> None:
        self._running.pop(number, None)
        self._news.set()  # there is room, and perhaps more to tell

    def _hear(self, told: list[dict[str, Any]]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._news.set)


def signed(secret: str, number: str, at: int, body: bytes) -> dict[str, str]:
    """Headers of a delivery.

    `signature = base64(HMAC-SHA256(secret, number . at . body))`

    Args:
        secret: as it was told, `whsec_…`.
        number: of the message; the same when it is sent again.
        at: seconds since 1970.
        body: as it is sent.

    Source: Standard Webhooks 1.0.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = hmac.new(key, f"{number}.{at}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mark).decode()}"
    return {"webhook-id": number, "webhook-timestamp": str(at), "webhook-signature": signature}
