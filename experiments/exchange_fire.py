"""The exchange under fire: two hundred clients do everything while their server is killed again and again."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from _exchange_clients import Answer, Line, Server, asked, empty_databases, new_keys

from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    clients: int = 200
    """At the same time; each with a connection of its own."""
    kills: int = 10
    """Of the server, with `kill -9`."""
    least: float = 4.0
    """Seconds between a start and the next kill, at least."""
    most: float = 16.0
    """And at most."""
    key: int = 0
    """Seed of the moments, and of what clients do."""
    postgres: bool = True
    """On PostgreSQL too, where `CATALLAX_POSTGRES` names a server."""


TERMS = {"stages": 2, "seats": 2, "bidding": 8_000, "working": 10_000, "choosing": 15_000}
COUNTS = {
    "parties": "SELECT count(*) FROM party WHERE name LIKE 'p-%'",
    "requests": "SELECT count(*) FROM request",
    "bids": "SELECT count(*) FROM bid",
    "texts": "SELECT count(*) FROM state WHERE stage > 0",
    "picks": "SELECT count(*) FROM request WHERE outcome IN ('picked', 'refused') AND id IN ({})",
    "bids withdrawn": "SELECT count(*) FROM bid WHERE status = 'withdrawn'",
    "requests withdrawn": "SELECT count(*) FROM request WHERE outcome = 'withdrawn'",
}
"""What was answered 2xx, and where it has to be afterwards: as often, no more and no less."""
TWICE = """SELECT count(*) FROM (SELECT entry.account FROM entry WHERE entry.account LIKE 'escrow:%'
    GROUP BY entry.account HAVING count(*) <> 2) AS odd"""
"""Money put aside goes in once and out once."""
LEFT = "SELECT count(*) FROM account WHERE balance <> 0 AND name LIKE 'escrow:%'"
DEBTS = "SELECT count(*) FROM account WHERE balance < 0 AND name <> 'mint'"
OPEN = "SELECT count(*) FROM request WHERE phase <> 'closed'"


@dataclass
class Battle:
    """What all clients know."""

    port: int
    over: bool = False
    done: Counter[str] = field(default_factory=Counter)
    """Writes answered 2xx."""
    refused: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    """Answers that should not be."""
    broken: int = 0
    """Connections that broke before an answer came, or were refused while nobody was there."""
    kept: list[tuple[str, str, str, Any, str, Any]] = field(default_factory=list)
    """Token, method, path, body, key and answer of each write."""
    picked: set[int] = field(default_factory=set)
    uncertain: int = 0
    """Sign-ups whose answer was lost: they carry no key."""


def run(config: Config, context: Context) -> Report:
    """One battle on each database there is."""
    findings: list[Finding] = []
    with empty_databases(context.folder, config.postgres) as databases:
        for name, database in databases.items():
            server = Server(database, context.folder / f"{name}.log")
            server.start()
            try:
                battle, replays = asyncio.run(fought(config, server))
            finally:
                server.kill(signal.SIGTERM)
            findings += judged(config, battle, replays, database, name)
    return Report(findings, text=TEXT)


async def fought(config: Config, server: Server) -> tuple[Battle, int]:
    """Let clients loose and kill their server; then wait until every request is closed, and repeat every write.

    Returns:
        What they know, and how many repeated writes were answered as before.
    """
    battle, luck = Battle(server.port), random.Random(config.key)
    clients = [asyncio.create_task(Client(battle, n, config.key).live()) for n in range(config.clients)]
    for _ in range(config.kills):
        await asyncio.sleep(luck.uniform(config.least, config.most))
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    await asyncio.sleep(config.least)
    battle.over = True
    await asyncio.gather(*clients)
    await asyncio.sleep(
        0.001 * (sum(TERMS[span] for span in ("bidding", "working")) * TERMS["stages"] + TERMS["choosing"])
    )
    for _ in range(240):
        if not asked(server.database, OPEN)[1]:
            break
        await asyncio.sleep(0.25)
    lines, left = [Line(server.port) for _ in range(16)], iter(battle.kept)
    return battle, sum(await asyncio.gather(*(repeated(line, left) for line in lines)))


async def repeated(line: Line, left: Iterator[tuple[str, str, str, Any, str, Any]]) -> int:
    """Send writes again; how many were recognised and answered as before."""
    same = 0
    for token, method, path, body, key, answer in left:
        again = await line.call(method, path, token, body, key)
        same += again.replayed and again.body == answer
    await line.close()
    return same


class Client:
    """Somebody who asks, bids, works and changes its mind, and does not take a broken connection for an answer."""

    def __init__(self, battle: Battle, number: int, seed: int) -> None:
        self._battle, self._number = battle, number
        self._line, self._luck = Line(battle.port), random.Random(f"{seed} {number}")
        self._keys = new_keys(f"client{number}")
        self._token = ""
        self._bids: list[int] = []
        self._requests: list[int] = []

    async def live(self) -> None:
        """Sign up and go on until the battle is over."""
        for attempt in range(10**6):
            body, lost = {"name": f"p-{self._number}-{attempt}"}, self._battle.broken
            answer = await self._send("POST", "/parties", body)
            if answer.status == 201:
                self._battle.done["parties"] += 1
                self._token = answer.body["token"]
                break
            self._battle.uncertain += answer.status == 409 and self._battle.broken > lost
        while not self._battle.over:
            await self._luck.choice(
                [self._ask, self._bid, self._bid, self._bid, self._work, self._work, self._pick, self._regret]
            )()
            await asyncio.sleep(self._luck.uniform(0, 0.2))
        await self._line.close()

    async def _ask(self) -> None:
        if len(self._requests) < 2:
            body = {"title": "t", "text": "x", "bounty": self._luck.randint(1, 5_000_000), **TERMS}
            body |= {"auction": self._luck.choice(["first-price", "gsp", "vcg"])}
            body |= {"settlement": self._luck.choice(["escrow", "sale-final"])}
            if (made := await self._write("requests", "POST", "/requests", body)) is not None:
                self._requests.append(made["id"])

    async def _bid(self) -> None:
        page = await self._read("/requests?phase=bidding&limit=200")
        if page and page["items"]:
            seen = await self._read(f"/requests/{self._luck.choice(page['items'])['id']}")
            for_sale = [state["id"] for state in seen["states"] if state["status"] == "for-sale"] if seen else []
            if for_sale:
                body = {"state": self._luck.choice(for_sale), "amount": self._luck.randint(1, 3_000_000)}
                if (made := await self._write("bids", "POST", "/bids", body)) is not None:
                    self._bids.append(made["id"])

    async def _work(self) -> None:
        mine = await self._read("/me/purchases?status=working")
        for row in mine["items"] if mine else []:
            if self._luck.random() < 0.9:
                body = {"teaser": "t", "text": f"text of {self._number}", "final": self._luck.random() < 0.5}
                await self._write("texts", "POST", f"/purchases/{row['id']}/state", body)

    async def _pick(self) -> None:
        for number in self._requests:
            seen = await self._read(f"/requests/{number}")
            if seen and seen["phase"] == "choosing":
                choice = self._luck.choice(
                    [None, *(offer["id"] for offer in seen["offers"]), *(o["id"] for o in seen["offers"])]
                )
                if await self._write("picks", "POST", f"/requests/{number}/pick", {"offer": choice}) is not None:
                    self._battle.picked.add(number)
            if seen and seen["phase"] == "closed":
                self._requests.remove(number)
                return

    async def _regret(self) -> None:
        if self._bids and self._luck.random() < 0.7:
            await self._write("bids withdrawn", "DELETE", f"/bids/{self._bids.pop()}")
        elif self._requests and self._luck.random() < 0.3:
            await self._write("requests withdrawn", "DELETE", f"/requests/{self._requests[-1]}")

    async def _read(self, path: str) -> Any:
        answer = await self._send("GET", path)
        return answer.body if answer.status == 200 else None

    async def _write(self, kind: str, method: str, path: str, body: Any = None) -> Any:
        key = next(self._keys)
        answer = await self._send(method, path, body, key)
        if answer.status >= 300:
            self._battle.refused[answer.body["type"].rpartition(":")[2]] += 1
            return None
        self._battle.done[kind] += 1
        self._battle.kept.append((self._token, method, path, body, key, answer.body))
        return answer.body

    async def _send(self, method: str, path: str, body: Any = None, key: str = "") -> Answer:
        """Until there is an answer; the same call with the same key each time."""
        while True:
            try:
                answer = await self._line.call(method, path, self._token, body, key)
            except ConnectionError:
                self._battle.broken += 1
                await asyncio.sleep(self._luck.uniform(0.05, 0.3))
                continue
            if answer.status != 503:
                if answer.status >= 500 or answer.status in (400, 401, 422):
                    self._battle.odd[f"{answer.status} {answer.body.get('type', '')} {method} {path}"] += 1
                return answer
            await asyncio.sleep(0.1)


def judged(config: Config, battle: Battle, replays: int, database: str, name: str) -> list[Finding]:
    """What the database says, beside what the clients were told."""
    picked = ",".join(map(str, sorted(battle.picked))) or "NULL"
    faults, debts, twice, left, unfinished, *counted = asked(
        database, DEBTS, TWICE, LEFT, OPEN, *(sql.format(picked) for sql in COUNTS.values())
    )
    told = [battle.done[kind] for kind in COUNTS]
    kept = dict(zip(COUNTS, counted))
    lost = sum(max(n - m, 0) for n, m in zip(told, counted))
    more = sum(max(m - n, 0) for n, m in zip(told, counted)) - min(
        battle.uncertain, max(kept["parties"] - battle.done["parties"], 0)
    )
    writes = sum(told)
    return [
        Finding("fire", f"{name}: accepted writes that are not there after {config.kills} kills", "0", f"{lost} of {writes:,}", lost == 0 and min(told) > 0,
                ", ".join(f"{n:,} {kind}" for kind, n in zip(COUNTS, told))),
        Finding("fire", f"{name}: writes that are there more often than they were accepted", "0", f"{more}", more == 0,
                f"{battle.broken:,} connections broke or were refused; each call was tried again with its key"),
        Finding("fire", f"{name}: writes repeated at the end that were answered otherwise", "0", f"{len(battle.kept) - replays} of {len(battle.kept):,}",
                len(battle.kept) == replays),
        Finding("fire", f"{name}: faults in the books; debtors", "0; 0", f"{faults}; {debts}", (faults, debts) == (0, 0)),
        Finding("fire", f"{name}: sums put aside that did not go in once and out once; still there; requests still open", "0; 0; 0",
                f"{twice}; {left}; {unfinished}", (twice, left, unfinished) == (0, 0, 0)),
        Finding("fire", f"{name}: answers that should not be", "0", f"{sum(battle.odd.values())}", not battle.odd,
                "; ".join(list(battle.odd)[:3]) or "refused by rule: " + ", ".join(f"{n:,} {kind}" for kind, n in battle.refused.most_common(4))),
    ]  # fmt: skip


TEXT = (
    "Each client signs up, posts requests, bids, appends, picks and withdraws by chance. Where a connection breaks it sends the "
    "same call with the same `Idempotency-Key` until it is answered, so that at the end it knows of every write whether it "
    "counts. Then the rows of the database are counted, the journal is added up again, and every write is sent once more. A "
    "sign-up carries no key: where its answer was lost the client takes another name."
)
