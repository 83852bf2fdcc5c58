"""A market for sentences that observation neither proves nor refutes: the holders of shares play for them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, Books, to_credits, to_micro
from catallax.induction._ranged_game import Player, Quantified, Sets, play

FOR, AGAINST = "for", "against"
"""Sides: a share of the sentence, and a share of its negation."""


class Order(NamedTuple):
    """Buy so many shares at prices up to a limit: a step of a demand that does not rise with the price."""

    side: str
    """"for" or "against"; a share against costs 1 less the price of one for."""
    limit: float
    """The most paid for one share, credits in [0, 1]."""
    shares: int
    """At least 0."""


class Desk(NamedTuple):
    """What a program sees when it trades in a sentence."""

    day: int
    """From 1."""
    sentence: Quantified
    prices: Sequence[float]
    """Of the days before."""
    results: Sequence[bool]
    """Of the games played so far: whether the verifier won."""
    cash: float
    """Own, not yet promised today, credits."""
    held: int
    """Own shares, those against counted below 0."""


def same_label(desk: Desk) -> int:
    """Every share gets the label 0."""
    return 0


@dataclass(frozen=True)
class Program:
    """An agent: what it begins with, how it trades, and how it plays for what it holds."""

    name: str
    endowment: float
    """Credits, given by the house on its birthday."""
    trader: Callable[[Desk], Sequence[Order]]
    player: Player
    labeler: Callable[[Desk], int] = same_label
    """Label of the shares bought on a day; in a game low labels of one side meet low labels of the other."""
    birthday: int = 1


class Game(NamedTuple):
    """A pair of shares that was played."""

    day: int
    sentence: str
    verifier: str
    falsifier: str
    won: bool
    """By the verifier."""
    sets: Sets
    """What they named."""


class Lot(NamedTuple):
    """A share in somebody's hands."""

    label: int
    number: int
    """In the order of all shares ever bought."""
    day: int
    owner: str


class Clearing(NamedTuple):
    """The price of a day and who bought at it."""

    price: int
    """Micro-credits; of a share against what is missing to a credit."""
    fills: tuple[tuple[str, str, int], ...]
    """Name, side, shares; as many for as against."""


@dataclass
class _State:
    books: Books = field(default_factory=Books)
    lots: dict[tuple[str, str], list[Lot]] = field(default_factory=dict)
    """By sentence and side; always as many for as against."""
    bought: int = 0


class ProgramMarket:
    """Programs trade shares for and against sentences, and play the ranged game for what they hold.

    Each day, for each sentence, the price `p` solves `demand_for(p) = demand_against(1 - p)`; every share for is issued together with
    a share against, and the credit that both cost lies in escrow. Who holds both sides gets the credit back. After `hold` days
    shares for and shares against are paired in the order of their labels, the two owners' players play, and the winner is paid
    the credit. Money is whole micro-credits; all accounts add up to 0, exactly.

    Our reading of a construction in the thesis that goes with the source of the library; what it proves of all programs of a class
    is measured here for the listed ones.

    >>> even = Quantified("some number is even", "E", lambda x: x % 2 == 0)
    >>> buyer = Program("ann", 5.0, lambda desk: [Order("for", 0.9, 1)], lambda turn: [2])
    >>> doubter = Program("bob", 2.0, lambda desk: [Order("against", 0.4, 1)], lambda turn: [])
    >>> market = ProgramMarket([even], [buyer, doubter])
    >>> market.run(20)["some number is even"] > 0.9, market.cash("bob") < 0.4, market.books.imbalance
    (True, True, 0)
    """

    def __init__(self, sentences: Sequence[Quantified], programs: Sequence[Program], hold: int = 0) -> None:
        """
        Args:
            sentences: of different names.
            programs: of different names, not `house` or `escrow`; in the order in which orders of the same limit are served.
            hold: days from purchase to play, at least 0.

        Raises:
            ValueError: if there are none, names are not different, or an endowment, a birthday or `hold` is not as said.
        """
        names = [program.name for program in programs]
        titles = [sentence.name for sentence in sentences]
        if (
            not titles
            or len(set(titles)) < len(titles)
            or not names
            or len({*names, *_TAKEN}) < len(names) + len(_TAKEN)
        ):
            raise ValueError(
                f"ProgramMarket: expected sentences and programs of different names, none of them {_TAKEN}, got {titles} and {names}."
            )
        late = [p.name for p in programs if p.birthday < 1 or to_micro(p.endowment) < 0]
        if late or hold < 0:
            raise ValueError(
                f"ProgramMarket: birthdays are at least 1, endowments and hold at least 0; got hold={hold}, and wrong are {late}."
            )
        self.sentences, self.programs, self.hold = tuple(sentences), tuple(programs), hold
        self.day = 0
        self.paths: dict[str, list[float]] = {title: [] for title in titles}
        """Prices of each sentence by day."""
        self.games: list[Game] = []
        self._state = _State()

    @property
    def books(self) -> Books:
        """Accounts of the house, the escrow and the programs."""
        return self._state.books

    def cash(self, program: str) -> float:
        """Credits on an account."""
        return to_credits(self.books[program])

    def shares(self, sentence: str, side: str) -> dict[str, int]:
        """Who holds how many shares of a side."""
        return dict(Counter(lot.owner for lot in self._state.lots.get((sentence, side), [])))

    def path(self, sentence: str) -> Float[np.ndarray, " days"]:
        """Prices of a sentence by day."""
        return np.asarray(self.paths[sentence])

    def run(self, days: int) -> dict[str, float]:
        """Several days; the prices of the last."""
        prices: dict[str, float] = {}
        for _ in range(days):
            prices = self.step()
        return prices

    def step(self) -> dict[str, float]:
        """One day: births, orders, prices, games.

        Returns:
            price of each sentence.

        Raises:
            ValueError: if a program gives an order or makes a move that does not exist. Nothing has changed then.
        """
        day, old = self.day + 1, self._state
        state = _State(copy.deepcopy(old.books), {key: list(lots) for key, lots in old.lots.items()}, old.bought)
        for program in self.programs:
            if program.birthday == day:
                state.books.transfer("house", program.name, to_micro(program.endowment))
        promised: Counter[str] = Counter()
        clearings = [self._cleared(state, sentence, day, promised) for sentence in self.sentences]
        games: list[Game] = []
        for sentence, clearing in zip(self.sentences, clearings, strict=True):
            self._issue(state, sentence, clearing, day)
            _redeem(state, sentence.name)
            games += self._played(state, sentence, day)
        self._state, self.day = state, day
        self.games += games
        for sentence, clearing in zip(self.sentences, clearings, strict=True):
            self.paths[sentence.name].append(to_credits(clearing.price))
        return {title: path[-1] for title, path in self.paths.items()}

    def _born(self, day: int) -> list[Program]:
        """Those who take part, the oldest first."""
        return sorted((p for p in self.programs if p.birthday <= day), key=lambda program: program.birthday)

    def _desk(self, state: _State, program: Program, sentence: Quantified, day: int, promised: int) -> Desk:
        held = [
            sum(lot.owner == program.name for lot in state.lots.get((sentence.name, side), []))
            for side in (FOR, AGAINST)
        ]
        return Desk(
            day,
            sentence,
            self.paths[sentence.name],
            [game.won for game in self.games if game.sentence == sentence.name],
            to_credits(state.books[program.name] - promised),
            held[0] - held[1],
        )

    def _cleared(self, state: _State, sentence: Quantified, day: int, promised: Counter[str]) -> Clearing:
        """The price; orders count as far as their owner could pay them at their limits, beside all its other orders of the day."""
        bids: list[tuple[int, str, str, int]] = []
        for program in self._born(day):
            for order in program.trader(self._desk(state, program, sentence, day, promised[program.name])):
                limit = _checked(program.name, order)
                can = (state.books[program.name] - promised[program.name]) // limit if limit else order.shares
                shares = min(order.shares, can)
                promised[program.name] += shares * limit
                bids.append((limit, program.name, order.side, shares))
        last = self.paths[sentence.name]
        return clear_pairs(bids, to_micro(last[-1]) if last else MICRO // 2)

    def _issue(self, state: _State, sentence: Quantified, clearing: Clearing, day: int) -> None:
        programs = {program.name: program for program in self._born(day)}
        costs = {FOR: clearing.price, AGAINST: MICRO - clearing.price}
        for name, side, shares in clearing.fills:
            label = int(programs[name].labeler(self._desk(state, programs[name], sentence, day, 0)))
            state.books.transfer(name, "escrow", shares * costs[side])
            lots = state.lots.setdefault((sentence.name, side), [])
            for _ in range(shares):
                lots.append(Lot(label, state.bought, day, name))
                state.bought += 1

    def _played(self, state: _State, sentence: Quantified, day: int) -> list[Game]:
        players = {program.name: program.player for program in self._born(day)}
        sides = [state.lots.get((sentence.name, side), []) for side in (FOR, AGAINST)]
        due = [sorted(lot for lot in lots if lot.day <= day - self.hold) for lots in sides]
        games = []
        # shares given back can leave one side with more that are due than the other; the rest waits
        for mine, other in zip(*due, strict=False):
            won, sets = play(sentence, players[mine.owner], players[other.owner], day)
            state.books.transfer("escrow", mine.owner if won else other.owner, MICRO)
            sides[0].remove(mine)
            sides[1].remove(other)
            games.append(Game(day, sentence.name, mine.owner, other.owner, won, sets))
        return games


_TAKEN = ("house", "escrow")


@dataclass
class _Wish:
    """Shares still wanted, or offered, at a price of a share for, micro-credits."""

    price: int
    name: str
    shares: int


def clear_pairs(bids: Sequence[tuple[int, str, str, int]], last: int) -> Clearing:
    """The price at which as many shares for as against are wanted, and who gets them.

    Demands are step functions, so the prices that clear are an interval, found by sorting their steps; the price is its middle, or
    the last one where nobody wants anything. At the margin who came first is served first.

    Args:
        bids: limit in micro-credits, name, side, shares.
        last: price of the day before, micro-credits.

    >>> clear_pairs([(700_000, "ann", "for", 3), (500_000, "bob", "against", 2)], 0)
    Clearing(price=700000, fills=(('ann', 'for', 2), ('bob', 'against', 2)))
    """
    buyers = [_Wish(limit, name, n) for limit, name, side, n in bids if side == FOR and n]
    sellers = [_Wish(MICRO - limit, name, n) for limit, name, side, n in bids if side == AGAINST and n]
    buyers.sort(key=lambda wish: -wish.price)
    sellers.sort(key=lambda wish: wish.price)
    if not buyers and not sellers:
        return Clearing(last, ())
    low, high = 0, MICRO
    fills: Counter[tuple[str, str]] = Counter()
    while buyers and sellers and buyers[0].price >= sellers[0].price:
        buyer, seller = buyers[0], sellers[0]
        shares = min(buyer.shares, seller.shares)
        low, high = seller.price, buyer.price
        fills[buyer.name, FOR] += shares
        fills[seller.name, AGAINST] += shares
        for queue in (buyers, sellers):
            queue[0].shares -= shares
            if not queue[0].shares:
                queue.pop(0)
    low = max([low, *(buyer.price for buyer in buyers[:1])])
    high = min([high, *(seller.price for seller in sellers[:1])])
    return Clearing((low + high) // 2, tuple((name, side, shares) for (name, side), shares in fills.items()))


def _redeem(state: _State, sentence: str) -> None:
    """Who holds shares of both sides gives the oldest of each back for a credit."""
    sides = [state.lots.get((sentence, side), []) for side in (FOR, AGAINST)]
    for owner in {lot.owner for lot in sides[0]} & {lot.owner for lot in sides[1]}:
        mine = [[lot for lot in lots if lot.owner == owner] for lots in sides]
        for pair in zip(*mine, strict=False):
            for lots, lot in zip(sides, pair, strict=True):
                lots.remove(lot)
            state.books.transfer("escrow", owner, MICRO)


def _checked(name: str, order: Order) -> int:
    """The limit, micro-credits."""
    side, limit, shares = order
    if side not in (FOR, AGAINST) or not 0 <= limit <= 1 or not isinstance(shares, int) or shares < 0:
        raise ValueError(
            f"ProgramMarket: program {name!r} must order a whole number of shares, at least 0, {FOR!r} or {AGAINST!r}, at a limit in "
            f"[0, 1], got {order}."
        )
    return to_micro(limit)
