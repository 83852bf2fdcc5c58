"""The exchange under load: sealed bids and settlements at a steady rate over HTTP, from a second process."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from _exchange_clients import Answer, Line, Server, asked, empty_databases, new_keys

from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    bids: int = 300
    """Bids a second, required."""
    settlements: int = 100
    """Picks a second that settle a request each, required at the same time."""
    seconds: int = 60
    """How long."""
    most: float = 0.25
    """Seconds that 99 of 100 calls may take."""
    bidders: int = 100
    """Parties that bid; each once for a state."""
    askers: int = 10
    """Parties that pick."""
    lines: int = 64
    """Connections."""
    closed: int = 4_000
    """Calls as fast as they are answered, three bids for each pick."""
    postgres: bool = True
    """On PostgreSQL too, where `CATALLAX_POSTGRES` names a server."""


Call = Callable[[Line], Awaitable[Answer]]


@dataclass
class Measured:
    """What one kind of call took."""

    took: list[float] = field(default_factory=list)
    """Seconds from the moment a call was due."""
    errors: list[str] = field(default_factory=list)

    def at(self, percent: float) -> float:
        """Seconds that so many of 100 calls stay below."""
        return float(np.percentile(self.took, percent)) if self.took else float("inf")


def run(config: Config, context: Context) -> Report:
    """Load each database there is."""
    findings: list[Finding] = []
    with empty_databases(context.folder, config.postgres) as databases:
        for name, database in databases.items():
            server = Server(database, context.folder / f"{name}.log")
            server.start()
            try:
                findings += asyncio.run(loaded(config, server, name))
            finally:
                server.kill(signal.SIGTERM)
            findings.append(audited(config, database, name))
    return Report(findings, text=TEXT)


async def loaded(config: Config, server: Server, name: str) -> list[Finding]:
    """Prepare states to bid for and offers to pick, then call at the required rates, then as fast as may be."""
    lines = [Line(server.port) for _ in range(config.lines)]
    bids, picks = await prepared(config, lines)
    required, closed = name == "SQLite", config.closed // 4
    kinds = {"bids": (config.bids, bids), "settlements": (config.settlements, picks)}
    busy, own, began = server.busy, time.process_time(), time.perf_counter()
    found = await asyncio.gather(*(steady(rate, config.seconds, calls, lines) for rate, calls in kinds.values()))
    wall = time.perf_counter() - began
    findings = [
        Finding("load", f"{name}: {kind} a second for {config.seconds} s, p50 and p99",
                f">= {rate}, p99 <= {1e3 * config.most:g} ms, no error" if required else "",
                f"{len(got.took) / wall:.1f}; {1e3 * got.at(50):.1f} ms, {1e3 * got.at(99):.1f} ms; {len(got.errors)} errors",
                bool(len(got.took) >= 0.99 * rate * wall and got.at(99) <= config.most and not got.errors) if required else None,
                "; ".join(sorted(set(got.errors))[:3]))
        for (kind, (rate, _)), got in zip(kinds.items(), found)
    ] + [
        Finding("load", f"{name}: processor time of server and of client, of {wall:.0f} s", "",
                f"{server.busy - busy:.1f} s, {time.process_time() - own:.1f} s", note=f"{os.cpu_count()} cores, load of the machine {os.getloadavg()[0]:.1f}")
    ]  # fmt: skip
    mixed = [call for _ in range(closed) for call in (next(bids), next(bids), next(bids), next(picks))]
    busy, began, got = server.busy, time.perf_counter(), Measured()
    await asyncio.gather(*(as_fast(line, iter(mixed[n :: len(lines)]), got) for n, line in enumerate(lines)))
    wall = time.perf_counter() - began
    findings.append(
        Finding("load", f"{name}: calls a second as fast as {len(lines)} connections are answered, 3 bids for 1 settlement", "",
                f"{len(got.took) / wall:.0f}; p50 {1e3 * got.at(50):.0f} ms, p99 {1e3 * got.at(99):.0f} ms",
                note=f"{1e3 * (server.busy - busy) / max(len(got.took), 1):.2f} ms of the server's processor a call; {len(got.errors)} errors")
    )  # fmt: skip
    for line in lines:
        await line.close()
    return findings


async def prepared(config: Config, lines: list[Line]) -> tuple[Iterator[Call], Iterator[Call]]:
    """Calls that bid, and calls that pick; as many as are needed."""
    keys = new_keys("load")
    names = [f"bidder{n}" for n in range(config.bidders)] + [f"asker{n}" for n in range(config.askers)]
    told = await each(
        lines, [lambda line, name=name: line.call("POST", "/parties", body={"name": name}) for name in names]
    )
    tokens = [answer.body["token"] for answer in told]
    bidders, askers = tokens[: config.bidders], tokens[config.bidders :]

    def writes(token: str, method: str, path: str, body: object) -> Call:
        key = next(keys)
        return lambda line: line.call(method, path, token, body, key)

    def asks(n: int, bidding: int) -> Call:
        terms = {"title": "t", "text": "x" * 200, "bounty": 1_000, "stages": 1, "seats": 1, "bidding": bidding}
        return writes(askers[n % len(askers)], "POST", "/requests", terms | {"working": 3_600_000})

    picks, bids = config.settlements * config.seconds + config.closed // 4, config.bids * config.seconds + config.closed
    to_answer = await each(lines, [asks(n, 2_000 + 15 * picks) for n in range(picks)])
    supplier = {answer.body["id"]: bidders[n % len(bidders)] for n, answer in enumerate(to_answer)}
    owner = {answer.body["id"]: askers[n % len(askers)] for n, answer in enumerate(to_answer)}
    await each(
        lines,
        [writes(supplier[a.body["id"]], "POST", "/bids", {"state": a.body["state"], "amount": 10}) for a in to_answer],
    )
    offers: dict[int, int] = {}
    while len(offers) < picks:
        await asyncio.sleep(0.5)
        for token in bidders:
            page = (await lines[0].call("GET", "/me/purchases?status=working&limit=200", token)).body["items"]
            text = {"teaser": "t", "text": "y" * 200}
            got = await each(lines, [writes(token, "POST", f"/purchases/{row['id']}/state", text) for row in page])
            offers |= {row["request"]: answer.body["id"] for row, answer in zip(page, got)}
    open_states = [
        a.body["state"] for a in await each(lines, [asks(n, 86_400_000) for n in range(-(-bids // config.bidders))])
    ]
    calls = (
        writes(token, "POST", "/bids", {"state": state, "amount": 5}) for state in open_states for token in bidders
    )
    choices = (
        writes(owner[number], "POST", f"/requests/{number}/pick", {"offer": offer}) for number, offer in offers.items()
    )
    return calls, choices


async def each(lines: list[Line], calls: list[Call]) -> list[Answer]:
    """Answers of calls that must not fail, over all connections."""
    answers: list[Answer | None] = [None] * len(calls)
    left = iter(enumerate(calls))

    async def work(line: Line) -> None:
        for n, call in left:
            while (answer := await call(line)).status == 503:  # the same call, with the same key
                await asyncio.sleep(0.1)
            if answer.status >= 300:
                raise RuntimeError(f"prepared in vain: {answer.status} {answer.body}")
            answers[n] = answer

    await asyncio.gather(*map(work, lines))
    return [answer for answer in answers if answer is not None]


async def steady(rate: int, seconds: int, calls: Iterator[Call], lines: list[Line]) -> Measured:
    """An open loop: each call at its moment, whether those before it were answered or not."""
    got, idle = Measured(), [Line(lines[0]._port) for _ in range(rate)]
    began = time.perf_counter()

    async def once(call: Call, due: float) -> None:
        line = idle.pop() if idle else Line(lines[0]._port)
        await timed(call, line, due, got)
        idle.append(line)

    async with asyncio.TaskGroup() as group:
        for n in range(rate * seconds):
            due = began + n / rate
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            group.create_task(once(next(calls), due))
    for line in idle:
        await line.close()
    return got


async def as_fast(line: Line, calls: Iterator[Call], got: Measured) -> None:
    """A closed loop: the next call when the last is answered."""
    for call in calls:
        await timed(call, line, time.perf_counter(), got)


async def timed(call: Call, line: Line, due: float, got: Measured) -> None:
    """Count a call, or why it failed."""
    try:
        answer = await call(line)
    except ConnectionError as error:
        got.errors.append(str(error))
        return
    if answer.status < 300:
        got.took.append(time.perf_counter() - due)
    else:
        got.errors.append(f"{answer.status} {answer.body['type']}")


def audited(config: Config, database: str, name: str) -> Finding:
    """What the books say afterwards."""
    faults, settled = asked(database, "SELECT count(*) FROM request WHERE outcome = 'picked'")
    picks = config.settlements * config.seconds + config.closed // 4
    return Finding(
        "load",
        f"{name}: faults in the books; settlements",
        f"0; {picks}",
        f"{faults}; {settled}",
        (faults, settled) == (0, picks),
    )


TEXT = (
    "A bid checks token, key, state and balance, holds the money in the journal, and writes an event; a settlement pays the "
    "bounty to the seller of the offer and its price on to the requester, in one serialisable transaction each. Latencies "
    "count from the moment a call was due, so that a server that stalls is charged for everybody who waits."
)
