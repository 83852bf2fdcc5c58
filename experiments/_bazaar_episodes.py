"""Random episodes of the information bazaar, with informers and contractors that try to leak, break and overspend."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import io
import logging
import pickle
import random
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from typing import Any

from catallax.language import bazaar as bz
from catallax.language.attention import GSP, VCG, FirstPrice, UniformPrice

GONE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.FrameType, types.CodeType)


@dataclass
class Watch:
    """All that leaves an enclave, and all secrets there are."""

    tokens: dict[str, str] = field(default_factory=dict)
    """Canary of each text, by where it was offered."""
    views: list[bz.View] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    outcomes: list[bz.Outcome] = field(default_factory=list)
    inspections: int = 0
    logs: io.StringIO = field(default_factory=io.StringIO)


def pick(*what: object) -> random.Random:
    """Chance for one purpose."""
    return random.Random("/".join(map(str, what)))


def informer(name: str, number: int, sealed: bool, watch: Watch, other: frozenset[str]) -> bz.AbstractInformer:
    """Sells texts with canaries, sometimes fails; a sealed one sells what it was shown.

    `other` names places whose texts are to be different, for runs that must look the same.
    """

    def offering(view: bz.View) -> list[bz.Offer]:
        luck = pick(number, view.seed)
        place = f"{view.brief.id}/{view.round}/{name}"
        watch.views += [] if sealed else [view]
        fate = luck.random()
        if fate < 0.04:
            raise RuntimeError("an informer broke")
        if fate < 0.06:
            return "nonsense"  # type: ignore[return-value]
        if fate < 0.08:
            raise asyncio.CancelledError(" ".join(exhibit.text for exhibit in view.exhibits))
        if fate < 0.1:
            raise SystemExit(" ".join(exhibit.text for exhibit in view.exhibits))
        found = []
        for n in range(luck.randint(0, 2)):
            changed = f"{place}.{n}" in other
            token = "canary" + hashlib.sha256(f"{number}/{place}/{n}/{changed}".encode()).hexdigest()[:16]
            watch.tokens[f"{place}.{n}"] = token
            heard = [exhibit.text for exhibit in view.exhibits]
            text, teaser = " ".join([token, *heard]), " ".join([f"about {n}", *heard])
            price, bid = luck.choice((0.0, 0.01, 0.1, 0.4)), luck.choice((0.0, 0.001, 0.01, 0.05))
            found.append(bz.Offer.of(text, price, bid, teaser, salt=token, ttl=luck.randint(1, 2)))
        return found

    if sealed:
        return bz.SealedInformer(name, offering)
    found = Switching(name, offering) if pick(number, name).random() < 0.1 else bz.Informer(name, offering)

    async def update(outcome: bz.Outcome) -> None:
        watch.outcomes.append(outcome)

    found.update = update  # type: ignore[method-assign]
    return found


class Switching(bz.Informer):
    """Delivers another text than it committed to."""

    async def deliver(self, offer: bz.Offer) -> bz.Exhibit:
        return bz.Exhibit.of("something else", "salt", offer.price, offer.teaser)


def contractor(number: int, watch: Watch, faults: bool) -> bz.Contractor:
    """Buys by chance; one in five times it tries to get a text out, or breaks, and one in ten times its quote does."""
    read: list[str] = []

    def asks(case: bz.Case) -> Any:
        luck = pick("quote", number, case.seed)
        if not faults or luck.random() < 0.9:
            return luck.choice((0, 900, 2_100))
        secret = " ".join((*read, *(exhibit.text for exhibit in case.exhibits)))
        return luck.choice((lambda: (_ for _ in ()).throw(RuntimeError(secret)), lambda: secret, lambda: -len(read)))()

    def verdict(case: bz.Case) -> Any:
        watch.inspections += 1
        luck = pick(number, case.seed, case.attempt)
        secret = " ".join(exhibit.text for exhibit in case.exhibits)
        read.append(secret)
        ways = [
            lambda: (_ for _ in ()).throw(RuntimeError(secret)),
            lambda: (_ for _ in ()).throw(asyncio.CancelledError(secret)),
            lambda: (_ for _ in ()).throw(SystemExit(secret)),
            lambda: (_ for _ in ()).throw(bz.InspectionError(secret)),  # type: ignore[arg-type]
            lambda: frozenset({secret}),
            lambda: secret,
            lambda: bz.Inspection(frozenset(), secret),  # type: ignore[arg-type]
            lambda: frozenset(Talkative(e.id, secret) for e in case.exhibits[:1]),
            lambda: frozenset(Talkative(e.id, secret) for e in case.exhibits[-1:]),
            lambda: bz.Inspection(frozenset(Talkative(e.id, secret) for e in case.exhibits[:1])),
        ]
        if faults and luck.random() < 0.2:
            return luck.choice(ways)()
        bought, left = set(), case.purse
        for exhibit in case.exhibits:
            if exhibit.price <= left and luck.random() < 0.5:
                bought.add(exhibit.id)
                left -= exhibit.price
        return frozenset(bought)

    return Quoting(verdict, asks)


@dataclass(frozen=True)
class Quoting(bz.Contractor):
    """A contractor with a quote of its own."""

    asks: Callable[[bz.Case], Any]

    def quote(self, case: bz.Case) -> Any:
        return self.asks(case)


class Talkative(str):
    """An id with a rationale."""

    def __new__(cls, name: str, rationale: str) -> Talkative:
        found = super().__new__(cls, name)
        found.rationale = rationale
        return found


@dataclass
class Recorder(bz.AbstractDecider):
    """A buyer whose prompt is all it may know."""

    watch: Watch

    async def decide(self, brief: bz.Brief, known: tuple[bz.Receipt, ...], seen: tuple[bz.Seen, ...] = ()) -> str:
        prompt = repr((brief, known, [(s.goods, sorted(s.bought), s.purse, s.context) for s in seen]))
        self.watch.prompts.append(prompt)
        return hashlib.sha256(prompt.encode()).hexdigest()


@dataclass
class Episode:
    """A run, and what leaked."""

    result: bz.Result
    arena: bz.Bazaar
    watch: Watch
    leaks: list[str]
    wrong: list[str]
    """Broken books, accounts below 0, too many inspections."""


def episode(number: int, other: frozenset[str] = frozenset(), extra: Any = None, faults: bool = True) -> Episode:
    """Run one random episode and look for leaks; `extra(bazaar, watch)` may tamper with the bazaar first."""
    luck, watch = pick("episode", number), Watch()
    informers = [informer(f"open{n}", number, False, watch, other) for n in range(luck.randint(1, 4))]
    informers += [informer(f"sealed{n}", number, True, watch, other) for n in range(luck.randint(0, 2))]
    arena = bz.Bazaar(
        informers,
        slots=luck.randint(1, 3),
        depth=luck.choice((0, 1, 2, 2, 3, 3)),
        rounds=luck.randint(1, 2),
        auction=luck.choice((VCG(), VCG((1, 0.5, 0.25)), UniformPrice(), GSP(), FirstPrice())),
        surplus=luck.choice((bz.BurnSurplus(), bz.ToBuyer(), bz.ReturnIfUnbought())),
        contractor=contractor(number, watch, faults),
        wealth=luck.choice((0.02, 1.0, 1.0)),
        bond=luck.choice((0.0, 0.05)),
        shrink=luck.choice((0.0, 0.5, 0.9, 0.9)),
        seed=number,
    )
    if extra is not None:
        extra(arena, watch)

    buyer = bz.Buyer(bz.Answer("What is it?"), luck.choice((0.05, 0.5, 2.0)), Recorder(watch))
    handler = logging.StreamHandler(watch.logs)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(watch.logs), redirect_stderr(watch.logs):
            result = arena.run(buyer)
    finally:
        logging.getLogger().removeHandler(handler)
    return Episode(result, arena, watch, leaks(result, arena, watch), wrong(result, arena, watch))


def leaks(result: bz.Result, arena: bz.Bazaar, watch: Watch) -> list[str]:
    """Where the canary of a text is found that the buyer did not buy."""
    bought = {token for token in watch.tokens.values() for r in result.receipts if token in r.text}
    allowed = {watch.tokens[r.offer] for r in result.receipts}
    secrets = set(watch.tokens.values()) - allowed
    found = [f"handed up: {token}" for token in bought - allowed]
    places: Mapping[str, str] = {
        "report": result.report(),
        "repr": repr(result),
        "prompts": "\n".join(watch.prompts),
        "views": repr(watch.views),
        "outcomes": repr(watch.outcomes),
        "logs": watch.logs.getvalue(),
        "pickle": pickle.dumps(result).decode("latin-1"),
        "objects": "\n".join(texts((result, arena.journal, arena.limits, watch.views, watch.outcomes))),
    }
    for name, content in places.items():
        hidden = set(watch.tokens.values()) if name in ("views", "outcomes", "logs") else secrets
        if "canary" in content:
            found += [f"{name}: {token}" for token in hidden if token in content]
    return found


def texts(roots: Any) -> Iterator[str]:
    """All texts that can be reached from some objects."""
    seen, stack = set(), list(roots)
    while stack:
        item = stack.pop()
        if id(item) in seen or isinstance(item, GONE):
            continue
        seen.add(id(item))
        if isinstance(item, str):
            yield item
            yield repr(getattr(item, "__dict__", ""))
        elif isinstance(item, bytes):
            yield item.decode("latin-1")
        else:
            stack += gc.get_referents(item)


def wrong(result: bz.Result, arena: bz.Bazaar, watch: Watch) -> list[str]:
    """What is wrong with the books, or with how long it took."""
    journal = arena.journal
    found = []
    if journal.audit() != 0:
        found.append(f"imbalance {journal.imbalance}")
    found += [
        f"{name} below 0"
        for name, b in journal.balances.items()
        if b < 0 and name.split("@")[0] not in ("mint", "operator")
    ]
    found += [f"{name} still open" for name in journal.held]
    if journal.balances.get("clearing", 0):
        found.append("money left in clearing")
    nodes = sum(arena.rounds**d for d in range(1, arena.depth + 1))
    if watch.inspections > nodes * arena.limits.tries:
        found.append(f"{watch.inspections} inspections of at most {nodes} contractors")
    minted = sum(-t.entries.get("mint", 0) for t in journal.transactions if t.kind in ("endow", "fund"))
    if minted != -journal.balances.get("mint", 0):
        found.append("something was minted inside the run")
    return found


def declined(found: Episode) -> frozenset[str]:
    """Places whose texts the buyer did not get."""
    own = {r.offer for r in found.result.receipts}
    return frozenset(place for place in found.watch.tokens if place not in own)


def observed(found: Episode) -> tuple[Any, ...]:
    """All that a buyer and its informers can see."""
    transactions = tuple((t.key, t.kind, tuple(t.entries.items())) for t in found.result.ledger.transactions)
    return found.watch.prompts, repr(found.watch.views), repr(found.watch.outcomes), found.result.report(), transactions
