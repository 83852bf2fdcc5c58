"""The information bazaar under attack: leaks, books and ends of ten thousand random episodes, and whether the tests would see a leak."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import _bazaar_episodes as episodes

from catallax.lab import Context, Finding, Report
from catallax.language import bazaar as bz
from catallax.language.bazaar import _enclosed, _session


@dataclass(frozen=True)
class Config:
    """Settings."""

    episodes: int = 10_000
    """Random episodes."""
    twins: int = 2_000
    """Of those, episodes that are run again with other texts in place of all that was not bought."""
    secrets: int = 512
    """Secrets a contractor tries to pass in each setting."""
    duels: int = 500
    """Episodes of informers that always bid and contractors that always buy."""
    mutants: int = 150
    """Episodes in which a broken wall has to be noticed."""


def run(config: Config, context: Context) -> Report:
    """Look for leaks, twins that differ, bits that pass, markets that do not end, and mutants that live."""
    return Report([*generated(config), *twins(config), *capacity(config), *ends(config), *mutants(config)], text=TEXT)


def generated(config: Config) -> list[Finding]:
    """Canaries and books."""
    leaking, broken, kinds, inspections = 0, 0, Counter(), 0
    for number in range(config.episodes):
        found = episodes.episode(number)
        leaking += bool(found.leaks)
        broken += bool(found.wrong)
        inspections += found.watch.inspections
        kinds.update(transaction.kind.partition(":")[0] for transaction in found.result.ledger.transactions)
    note = f"{inspections} inspections; " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [
        Finding("bazaar", "episodes in which the canary of an unbought text was found", "0",
                f"{leaking} of {config.episodes}", leaking == 0, note),
        Finding("bazaar", "episodes whose books are wrong or still open, with an account below zero, or too long", "0",
                f"{broken} of {config.episodes}", broken == 0),
    ]  # fmt: skip


def twins(config: Config) -> list[Finding]:
    """Non-interference: other texts in place of what was not bought change nothing that can be seen."""
    different = looked = 0
    for number in range(config.twins):
        first = episodes.episode(number)
        second = episodes.episode(number, episodes.declined(first))
        looked += first.watch.inspections > 0
        different += episodes.observed(first) != episodes.observed(second)
    told = f"{different} of {config.twins} ({looked} with inspections)"
    return [Finding("bazaar", "episodes that look different with other unbought texts", "0", told, different == 0)]


def capacity(config: Config) -> list[Finding]:
    """How many bits a contractor that means to talk gets out of one inspection."""
    rows = []
    for slots in (1, 2, 3):
        plain = {smuggled(secret, slots, verdict_only) for secret in range(config.secrets)}
        wild = {smuggled(secret, slots, anything) for secret in range(config.secrets)}
        bits, more = math.log2(len(plain)), math.log2(len(wild))
        bound = math.log2(2**slots + len(bz.Reason))
        rows.append(
            Finding("bazaar", f"bits of a 64-bit secret that pass one inspection of {slots} exhibits",
                    f"at most {slots}, {bound:.2f} with reasons of failure", f"{bits:.2f}, {more:.2f}",
                    bits <= slots and more <= bound)
        )  # fmt: skip
    deep = math.log2(len({smuggled_below(secret) for secret in range(config.secrets)}))
    rows.append(
        Finding("bazaar", f"bits that pass one inspection of 1 exhibit with a market of {BELOW} slots below",
                f"at most 1 + {BELOW}: what is bought below is a verdict too, and is handed up", f"{deep:.2f}", deep <= 1 + BELOW)
    )  # fmt: skip
    return rows


BELOW = 8
"""Slots of the market in which a contractor talks by what it buys."""


def smuggled_below(secret: int) -> str:
    """All that can be seen of a run whose contractors say a secret by what they buy, at both depths, and by their bills."""
    mixed = secret * 0x9E3779B97F4A7C15 % 2**64

    def offers(view: bz.View) -> list[bz.Offer]:
        if view.brief.depth == 0:
            return [bz.Offer.of("good", 0.4, 0.01, salt="s")]
        return [bz.Offer.of(f"advice {n}", 0.001, 0.001, salt="s") for n in range(BELOW)]

    def verdict(case: bz.Case) -> bz.Inspection:
        bits = secret >> BELOW if len(case.levels) == 1 else secret
        return bz.Inspection(frozenset(e.id for n, e in enumerate(sorted(case.exhibits)) if bits >> n & 1), mixed)

    arena = bz.Bazaar([bz.Informer("i", offers)], slots=BELOW, depth=2, rounds=1, contractor=bz.Contractor(verdict))
    seen: list[str] = []
    result = arena.run(
        bz.Buyer(bz.Answer("?"), 1.0, bz.Decider(lambda brief, known: seen.append(repr((brief, known)))))
    )
    return repr((seen, result.report(), result.seen, [tuple(t) for t in result.ledger.transactions]))


def verdict_only(secret: int, case: bz.Case) -> Any:
    """The secret's lowest bits in the verdict, the rest in the bill."""
    bought = frozenset(e.id for n, e in enumerate(sorted(case.exhibits)) if secret >> n & 1)
    return bz.Inspection(bought, secret)


def anything(secret: int, case: bz.Case) -> Any:
    """Verdicts first, then failures of all kinds, with the secret wherever a word fits."""
    goods = sorted(case.exhibits)
    subsets = list(itertools.chain.from_iterable(itertools.combinations(goods, n) for n in range(len(goods) + 1)))
    which = secret % (len(subsets) + 9)
    if which < len(subsets):
        return frozenset(episodes.Talkative(e.id, str(secret)) for e in subsets[which])
    if which == len(subsets) + 8:
        raise RuntimeError(str(secret))
    raise bz.InspectionError(list(bz.Reason)[which - len(subsets)], secret)


def smuggled(secret: int, slots: int, way: Callable[[int, bz.Case], Any]) -> str:
    """All that can be seen of a run in which the contractor knows a secret."""
    offers = [
        bz.Informer(f"i{n}", lambda view, n=n: [bz.Offer.of(f"text {n}", 0.01, 0.01, salt="s")]) for n in range(slots)
    ]
    contractor = bz.Contractor(lambda case: way(secret * 0x9E3779B97F4A7C15 % 2**64, case))
    arena = bz.Bazaar(offers, slots=slots, depth=1, rounds=1, contractor=contractor)
    seen: list[str] = []
    result = arena.run(
        bz.Buyer(bz.Answer("?"), 1.0, bz.Decider(lambda brief, known: seen.append(repr((brief, known)))))
    )
    return repr((seen, result.report(), result.seen, [tuple(t) for t in result.ledger.transactions]))


def ends(config: Config) -> list[Finding]:
    """The three bounds, with informers that bid all they have and contractors that buy all they can."""
    most = {"tree": 0.0, "burn": 0.0, "shrink": 0.0}
    for number in range(config.duels):
        for name, ratio in duel(number).items():
            most[name] = max(most[name], ratio)
    asked = {
        "tree": "contractors of at most R + R^2 + ... + R^D",
        "burn": "inspections of at most wealth over the least cost",
        "shrink": "budget of a contractor of at most the share rho of what is at stake",
    }
    return [
        Finding(
            "bazaar", f"{asked[name]}, greediest of {config.duels} episodes", "at most 1", f"{ratio:.3f}", ratio <= 1
        )
        for name, ratio in most.items()
    ]


def duel(number: int) -> dict[str, float]:
    """How far one greedy episode goes to each of the bounds."""
    luck = episodes.pick("duel", number)
    wealth, price = luck.choice((0.001, 0.01, 0.2)), luck.choice((0.001, 0.02, 0.3))

    def greedy(view: bz.View) -> list[bz.Offer]:
        cost = min(price, view.brief.budget / 1e6 * luck.random())
        return [bz.Offer.of(f"{view.seed} {n}", cost, wealth / luck.randint(1, 40), f"{n}", salt="s") for n in range(3)]

    calls = 0

    def everything(case: bz.Case) -> frozenset[str]:
        nonlocal calls
        calls += 1
        bought, left = set(), case.purse
        for exhibit in case.exhibits:
            if exhibit.price <= left:
                bought.add(exhibit.id)
                left -= exhibit.price
        return frozenset(bought)

    arena = bz.Bazaar(
        [bz.Informer(f"i{n}", greedy) for n in range(luck.randint(1, 3))],
        slots=luck.randint(1, 3), depth=luck.randint(1, 4), rounds=luck.randint(1, 3), surplus=bz.ToBuyer(),
        contractor=bz.Contractor(everything), wealth=wealth, shrink=luck.choice((0.3, 0.9)),
    )  # fmt: skip
    result = arena.run(bz.Buyer(bz.Answer("?"), luck.choice((0.01, 1.0)), bz.Decider(lambda brief, known: len(known))))
    journal = result.ledger
    minted = -journal["mint"]
    inspections = sum(t.kind == "inspected" for t in journal.transactions)
    shares = list(budget_shares(result, arena))
    return {
        "tree": calls / sum(arena.rounds**d for d in range(1, arena.depth + 1)),
        "burn": inspections / (minted / arena.reserve),
        "shrink": max(shares, default=0.0),
    }


def budget_shares(result: bz.Result, arena: bz.Bazaar) -> Iterator[float]:
    """Budgets of contractors over the share of the stake that they may be."""
    opened = {t.key.removesuffix(" open"): t for t in result.ledger.transactions if t.kind == "open"}

    def walk(market: bz.Rounds, path: str) -> Iterator[float]:
        for number, below in market.below.items():
            name = f"{path}/{number}"
            if name in opened:
                stake = sum(slip.price for slip in market.slips if slip.round == number and slip.paid is not None)
                yield max(opened[name].entries.values()) / (arena.shrink * stake)
            yield from walk(below, name)

    yield from walk(result.market, result.run)


@contextlib.contextmanager
def patched(owner: Any, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    """One name of the bazaar, broken for a while."""
    with mock.patch.object(owner, name, change(getattr(owner, name))):
        yield


def loud(opened: Any) -> Any:
    """Opening that logs what it read."""

    def louder(sealed: bz.Sealed) -> str:
        logging.getLogger().warning(opened(sealed))
        return opened(sealed)

    return louder


def with_rationale(seen: Any) -> Any:
    """An inspection that says why; the text of its first good stands for the words."""

    def talk(goods: Any, bought: Any, purse: Any, context: Any) -> bz.Seen:
        why = [bz.Receipt("", "", 0, "", "", text) for text in RATIONALE]
        RATIONALE.clear()
        return seen(goods, bought, purse, (*context, *why))

    return talk


RATIONALE: list[str] = []


def explained(below: Any) -> Any:
    """Notes the texts that a rationale would be about."""

    def noted(self: Any, place: Any, path: str, exhibits: Any) -> Any:
        RATIONALE.extend(exhibit.text for exhibit in exhibits)
        return below(self, place, path, exhibits)

    return noted


def announced(below: Any) -> Any:
    """A goal that names the texts, as in the first sketch."""
    return lambda self, place, path, exhibits: below(
        self, place, path, tuple(e._replace(teaser=e.text) for e in exhibits)
    )


def unchecked(checked: Any) -> Any:
    """Verdicts that come out as they are."""

    def passed(found: Any, case: bz.Case) -> Any:
        good = isinstance(found, bz.Inspection) and isinstance(found.bought, frozenset)
        return (found, 0) if good and _enclosed.affordable(found.bought, case) else checked(found, case)

    return passed


def mutations() -> dict[str, list[Any]]:
    """Holes in the wall, one by one."""
    return {
        "a rationale beside the verdict": [
            patched(_session.Session, "_below", explained),
            patched(_session, "Seen", with_rationale),
        ],
        "no taint rule": [patched(_session, "handed_up", lambda _: lambda known, goods, delivered: list(known))],
        "verdicts that are not made anew": [patched(_enclosed, "checked", unchecked)],
        "goals that hold the texts": [patched(_session.Session, "_below", announced)],
        "a log line inside": [patched(_session, "opened", loud)],
    }


def mutants(config: Config) -> list[Finding]:
    """Break the wall on purpose: the canaries must sing, and for a rationale the twins must differ."""
    rows = []
    for name, holes in mutations().items():
        with contextlib.ExitStack() as stack:
            for hole in holes:
                stack.enter_context(hole)
            caught = differ = 0
            for number in range(config.mutants):
                first = episodes.episode(number)
                caught += bool(first.leaks)
                second = episodes.episode(number, episodes.declined(first))
                differ += episodes.observed(first) != episodes.observed(second)
        asked = "leaks are seen" + (" and twins differ" if "rationale" in name else "")
        told = f"leaks in {caught}, different twins in {differ} of {config.mutants}"
        reached = caught > 0 and (differ > 0 or "rationale" not in name)
        rows.append(Finding("bazaar", f"mutant: {name}", asked, told, reached))
    return rows


TEXT = (
    "Every text carries a canary of its own. After each episode it is looked for in the buyer's prompt, the output, the report, "
    "the receipts, what informers are shown and told, what was logged and printed, the pickle and the `repr` of the result, and "
    "every object that can be reached from it. Informers break, lie about their commitments and comment on sealed goods; contractors "
    "throw the texts, return them as verdicts, as bills and as attributes of ids, and cancel themselves. Each inspection passes its "
    "verdict: as many bits as there are exhibits, or the name of a failure. A market below adds its own verdicts, and what is bought "
    "there is seen in the books. Two things no test here can show: what a provider keeps of a prompt, and what a model knew before."
)
