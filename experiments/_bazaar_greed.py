"""Worlds in which informers always bid and contractors always buy, or always fail, built to come near what bounds a run of the bazaar."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import _bazaar_episodes as episodes

from catallax.core import Journal
from catallax.language import bazaar as bz
from catallax.language.attention import FirstPrice

COST = 100
"""Micro-credits of a look."""


@dataclass(frozen=True)
class World:
    """A market of the greedy.

    Args:
        slots, depth, rounds, shrink: of the bazaar.
        wealth: of the only informer, micro-credits.
        budget: of the buyer, micro-credits.
        price: what the informer asks, micro-credits, given the budget it is told and the depth.
        least: the lowest price, micro-credits.
        fails: whether contractors never have a verdict.
        bid: of the informer, which is what it pays, micro-credits.
    """

    slots: int
    depth: int
    rounds: int
    shrink: float
    wealth: int
    budget: int
    price: Callable[[int, int], int]
    least: int
    fails: bool = False
    bid: int = COST


def bushy(luck: random.Random) -> World:
    """Cheap goods and enough of everything: every market opens, and every slot is sold."""
    slots, depth, rounds = luck.choice(((1, 5, 2), (2, 3, 3), (3, 4, 2), (3, 2, 4), (2, 1, 9)))
    share = 2 * slots * rounds
    return World(
        slots, depth, rounds, 0.9, 10**7, 10**9, lambda budget, _: max(1, budget // share), 1, luck.random() < 0.5
    )


def burning(luck: random.Random) -> World:
    """Little money, that comes back to the informer by its sales, and rounds enough to burn it all."""
    price, slots = luck.randint(100, 120), luck.randint(1, 3)
    budget, wealth = COST * luck.randint(20, 60), COST * luck.randint(slots, 20)
    return World(slots, luck.randint(1, 2), 100, 0.5, wealth, budget, lambda *_: price, price)


def spending(luck: random.Random) -> World:
    """Contractors that spend all they have on advice."""
    share = luck.randint(1, 3)
    return World(
        luck.randint(1, 3), luck.randint(2, 4), luck.randint(1, 3), luck.choice((0.3, 0.5, 0.9)), 10**7,
        luck.randint(10**4, 10**7), lambda budget, depth: max(1, budget // (share if depth else 9)), 1,
        bid=COST * luck.choice((1, 50)),
    )  # fmt: skip


def deep(luck: random.Random) -> World:
    """Markets below markets, each about all that the one above can spend."""
    levels, shrink, least = luck.randint(5, 12), luck.choice((0.5, 0.7, 0.9)), luck.randint(1_000, 9_000)
    stake = int(least / shrink**levels * 1.02)
    return World(1, levels + 3, 1, shrink, 10**7, stake, lambda budget, _: max(least, budget), least)


WORLDS = (bushy, burning, spending, deep)


@dataclass
class Tally:
    """What contractors were asked, told by themselves."""

    attempts: Counter[str] = field(default_factory=Counter)
    """By the name of the inspection."""
    goods: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Micro-credits of what each inspection was shown."""


def greedy(world: World, tally: Tally) -> bz.Contractor:
    """Buys whatever the purse pays for, or never knows."""

    def verdict(case: bz.Case) -> frozenset[str]:
        path = case.exhibits[0].id.rpartition("/")[0]
        tally.attempts[path] += 1
        tally.goods[path] = tuple(exhibit.price for exhibit in case.exhibits)
        if world.fails:
            raise bz.InspectionError(bz.Reason.TIMEOUT)
        bought, left = set(), case.purse
        for exhibit in case.exhibits:
            if exhibit.price <= left:
                bought.add(exhibit.id)
                left -= exhibit.price
        return frozenset(bought)

    return bz.Contractor(verdict)


def duel(number: int) -> dict[str, float]:
    """How far one greedy episode goes to each bound, as a share of it."""
    luck = episodes.pick("duel", number)
    world, tally = WORLDS[number % len(WORLDS)](luck), Tally()

    def offering(view: bz.View) -> list[bz.Offer]:
        price = world.price(view.brief.budget, view.brief.depth) / 1e6
        return [bz.Offer.of(f"{view.seed} {n}", price, world.bid / 1e6, salt="s") for n in range(world.slots)]

    switching = luck.random() < 0.3  # breaks its word now and then, so that the bond comes in
    arena = bz.Bazaar(
        [(Fickle if switching else bz.Informer)("i", offering)],
        slots=world.slots, depth=world.depth, rounds=world.rounds, shrink=world.shrink, wealth=world.wealth / 1e6,
        bond=world.budget / 1e6 if switching else 0.0, cost=bz.FlatCost(COST / 1e6), contractor=greedy(world, tally),
        surplus=luck.choice((bz.ToBuyer(), bz.BurnSurplus())), auction=FirstPrice(), limits=bz.Limits(failures=2),
    )  # fmt: skip
    buyer = bz.Buyer(bz.Answer("?"), world.budget / 1e6, bz.Decider(lambda brief, known: len(known)))
    journal = arena.run(buyer).ledger
    nodes = sum(world.rounds**d for d in range(1, world.depth + 1))
    looks = sum(map(len, tally.goods.values()))
    return {
        "contractors": len(tally.attempts) / nodes,
        "looks": looks / (world.slots * nodes),
        "attempts": sum(tally.attempts.values()) / (arena.limits.tries * nodes),
        "burned": 0.0 if world.fails else looks / (-journal["mint"] / COST),
        "spent": max(shares(world, tally, journal), default=0.0),
        "levels": max((levels(world, tally, path) for path in tally.goods if path.count("/") == 1), default=0.0),
    }


class Fickle(bz.Informer):
    """Delivers something else, at odd times."""

    async def deliver(self, offer: bz.Offer) -> bz.Exhibit:
        kept = episodes.pick(offer.id).random() < 0.7
        return offer.exhibit if kept else bz.Exhibit.of("another", "s", offer.price, offer.teaser)


def shares(world: World, tally: Tally, journal: Journal) -> list[float]:
    """All that left the escrow of each contractor's market and of those below it, over `rho P` for goods of a price P.

    Postings alone tell: whatever leaves these accounts and does not only open or close one of them is spent.
    """
    spent: Counter[str] = Counter()
    for transaction in journal.transactions:
        if transaction.kind in ("open", "close"):
            continue
        for account, amount in transaction.entries.items():
            kind, _, path = account.partition(":")
            while kind == "escrow" and amount < 0 and "/" in path:
                spent[path] -= amount
                path = path.rpartition("/")[0]
    rho = Fraction(world.shrink)
    return [float(spent[path] / (rho * sum(prices))) for path, prices in tally.goods.items()]


def levels(world: World, tally: Tally, path: str) -> float:
    """Markets below some goods in which something was looked at, over `log(P / q) / log(1 / rho)` for prices of at least q."""
    deepest = max(name.count("/") - path.count("/") for name in tally.goods if f"{name}/".startswith(f"{path}/"))
    left, most = Fraction(sum(tally.goods[path])), 0
    while (left := left * Fraction(world.shrink)) >= world.least:
        most += 1
    return deepest / most if most else float(deepest > 0) * float("inf") if deepest else 0.0
