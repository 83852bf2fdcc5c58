"""A wide market of messages: whom it pays in a planted graph, and how its search fares beside beam search on the same bill."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import _game_of_24 as game
import numpy as np
from scipy.stats import t as student

from catallax.core import MICRO
from catallax.lab import Context, Finding, Report
from catallax.language.reasoning import (
    ABSTAIN,
    AbstractBidRule,
    AbstractLicence,
    AbstractReader,
    Ascending,
    Beam,
    Draft,
    Exclusive,
    FixedBid,
    Outcome,
    PayPerReader,
    ProgramReader,
    Question,
    Reading,
    Task,
    Thought,
    ValueRegression,
    View,
    WideMarket,
    Work,
    beam_search,
)


@dataclass(frozen=True)
class Config:
    """Settings."""

    graphs: int = 20
    """Seeds of the planted graph."""
    clues: int = 4
    """Owners in it, of whom one writes what is necessary."""
    openings: int = 50
    """Episodes of each."""
    lessons: int = 200
    """Games on which values are learned."""
    games: int = 150
    """Other games on which searches are compared."""
    runs: int = 2
    """Learners, each with its own games."""
    messages: int = 100
    """The bill of a search, in messages written."""
    drafts: int = 3
    """Messages an agent writes after reading one."""
    clones: int = 2
    """Of each of the four agents; in beam search there is one of each."""
    look: float = 0.05
    """Bill of looking at a message once, in messages written."""
    seats: int = 3
    """Readings a round of the market."""
    width: int = 4
    """Of the beam; as wide as the bill allows."""
    key: int = 0
    """Seed of the run."""


ROW = "wide reasoning market"
COST = 100
"""Micro-credits a message."""
FIRST = "market, exclusive ascending"
"""The search that the others are compared with."""
Search = Callable[[Task, int], tuple[bool, int]]
"""Whether a task was solved, and the bill."""


def run(config: Config, context: Context) -> Report:
    """Plant graphs, then play games."""
    return Report([*credit(config), *search(config)], {}, text=TEXT)


TEXT = (
    "Program agents, no language models. The planted graph: owners write one clue each, solvers buy one or two clues at a "
    "time and answer; an answer is right if one certain owner's clue was read. What a pair of "
    "clues costs above its asks is split equally, so a decoy that is bought beside the necessary clue is paid as well, and it takes "
    "more episodes to tell them apart. The game of 24: four agents, one an operator, read a state "
    "and write a few of its successors, drawn at random. All searches use the same agents and are billed alike, for messages "
    "written and for messages looked at: in the market each agent looks at each message, beam search looks once. Values are "
    "learned from as many games by the same regression on the same features: in the market by each agent from its own earnings, "
    "in beam search by one learner that is told which thoughts led to an answer, with a smallest step of 0.1 (0 in the market), which "
    "served it better."
)


def credit(config: Config) -> list[Finding]:
    """By how much the owner of the necessary message beats the richest other owner."""
    rules: dict[str, tuple[AbstractLicence, int]] = {
        "posted price, two clues at a time": (PayPerReader(), 2),
        "exclusive, VCG, two clues at a time": (Exclusive(), 2),
        "exclusive, VCG, one clue at a time": (Exclusive(), 1),
        "exclusive, ascending, one clue at a time": (Ascending(MICRO // 100), 1),
    }
    found = []
    for name, (licence, size) in rules.items():
        leads = np.array([lead(config, licence, size, seed) for seed in range(config.graphs)])
        low, high = interval(leads)
        case = f"necessary owner's gain above that of the best owner of a decoy, credits, {name}"
        found.append(Finding(ROW, case, "above 0 with 95 %", f"{leads.mean():.3f} [{low:.3f}, {high:.3f}]", low > 0))
    return found


def lead(config: Config, licence: AbstractLicence, size: int, seed: int) -> float:
    """Gain of the first owner above that of the best other one, credits."""
    luck = random.Random(f"{config.key}/{seed}")

    def clue(_: Reading) -> Work:
        return Work((Draft(f"clue {luck.random()}", MICRO // 10),))

    def opens(reading: Reading) -> Work:
        true = any(thought.author == "owner0" for thought in reading.thoughts)
        return Work((Draft(f"{'open' if true else 'shut'} {luck.random()}", final=True),))

    def looked_at(listings):
        clues = [listing.id for listing in listings if listing.author.startswith("owner")]
        return combinations(sorted(clues), size)

    def authors(view: View) -> tuple[str, ...]:
        return tuple(thought.author for thought in view.state) or ("task",)

    owners = [
        ProgramReader(f"owner{n}", FixedBid(0.001), clue, wants=lambda _: [("task",)]) for n in range(config.clues)
    ]
    solvers = [
        ProgramReader(f"solver{n}", ValueRegression(authors, 0.5, rate=0.1), opens, wants=looked_at) for n in range(2)
    ]
    # where a message has one reader a round, the request does as well: a round for each owner
    rounds = 2 if isinstance(licence, PayPerReader) else config.clues + 2
    market = WideMarket([*owners, *solvers], licence=licence, seats=config.clues, rounds=rounds, seed=seed)
    task = Task.of("open the vault", lambda text: float(text.startswith("open")))
    for episode in range(config.openings):
        market.run(task, str(episode))
    assert market.journal.audit() == 0
    gains = [(market.journal[owner.name] - market.endowment) / MICRO for owner in owners]
    return gains[0] - max(gains[1:])


def interval(sample: np.ndarray) -> tuple[float, float]:
    """Student's 95 % interval of the mean."""
    half = student.ppf(0.975, len(sample) - 1) * sample.std(ddof=1) / len(sample) ** 0.5
    return float(sample.mean() - half), float(sample.mean() + half)


def search(config: Config) -> list[Finding]:
    """The share of games solved by each search on the same bill."""
    solved: dict[str, list[np.ndarray]] = {}
    bills: dict[str, list[float]] = {}
    for number in range(config.runs):
        drawn = game.games(config.lessons + config.games, seed=config.key + number)
        random.Random(number).shuffle(drawn)
        lessons, played = ([game.task(d) for d in part] for part in (drawn[: config.lessons], drawn[config.lessons :]))
        for name, make in SEARCHES.items():
            one = make(config, lessons, number)
            results = [one(task, place) for place, task in enumerate(played)]
            solved.setdefault(name, []).append(np.array([float(done) for done, _ in results]))
            bills.setdefault(name, []).append(float(np.mean([bill for _, bill in results])) / COST)
    market = np.concatenate(solved[FIRST])
    found = []
    for name, parts in solved.items():
        share = np.concatenate(parts)
        low, high = interval(market - share) if name != FIRST else (0.0, 0.0)
        beside = (
            ""
            if name == FIRST
            else f"; the market solves {market.mean() - share.mean():+.3f} [{low:+.3f}, {high:+.3f}] more"
        )
        case = f"game of 24, share solved on a bill of {config.messages} messages: {name}"
        found.append(Finding(ROW, case, "", f"{share.mean():.3f}, spending {np.mean(bills[name]):.0f}{beside}"))
    return found


class Daring(AbstractBidRule):
    """Another rule's bid, and at least a floor: who gives up bidding learns no more."""

    def __init__(self, rule: AbstractBidRule, floor: int) -> None:
        self.rule, self.floor = rule, floor

    def bid(self, view: View, wealth: int) -> int:
        return max(self.rule.bid(view, wealth), self.floor)

    def learn(self, outcome: Outcome) -> None:
        self.rule.learn(outcome)


def hands(config: Config, bids: Callable[[], AbstractBidRule], share: float) -> list[AbstractReader]:
    """The four agents, each several times. A message's price is a share of what its author would bid for it."""

    def agent(sign: str, clone: int) -> ProgramReader:
        rule = bids()

        def ask(text: str) -> int:
            view = View(Question("", 0), (Thought("", "", text, "", 0),), "", "", 0, 0)
            return max(round(share * rule.bid(view, 0)), 0)

        most = config.drafts * COST / MICRO
        return ProgramReader(f"{sign}{clone}", rule, game.tries(sign, config.drafts, COST, ask), most)

    return [agent(sign, clone) for sign in game.OPERATORS for clone in range(config.clones)]


def market(
    config: Config, lessons: list[Task], number: int, learns: bool, licence: AbstractLicence, share: float
) -> Search:
    """The wide market; with learned bids, or with equal ones."""

    def bids() -> AbstractBidRule:
        return Daring(ValueRegression(game.features, start=0.3, rate=0.0), COST) if learns else FixedBid(0.1)

    economy = WideMarket(
        hands(config, bids, share=share),
        licence=licence,
        seats=config.seats,
        rounds=1_000,
        bill=config.messages * COST,
        fee=round(config.look * COST),
        endowment=1_000 * MICRO,
        seed=number,
    )
    for place, task in enumerate(lessons if learns else ()):
        economy.run(task, f"lesson {place}")

    def play(task: Task, place: int) -> tuple[bool, int]:
        found = economy.run(task, f"game {place}")
        return found.grade >= 1, found.bill

    return play


def beam(config: Config, lessons: list[Task], number: int, kind: str) -> Search:
    """Beam search; its score is learned, a rule of thumb, or luck."""
    agents = hands(replace(config, clones=1), lambda: FixedBid(0.0), share=0.0)
    value = ValueRegression(game.features, start=0.3, rate=0.1)
    luck = random.Random(number)
    scores: dict[str, Callable[[Reading], float]] = {
        "learned": lambda reading: value.value(reading.view),
        "nearest": lambda reading: -float(min(abs(n - game.TARGET) for n, _ in game.read(reading.text))),
        "luck": lambda reading: luck.random(),
    }

    def once(task: Task, place: int) -> Beam:
        fee = round(config.look * COST)
        return asyncio.run(
            beam_search(task, agents, scores[kind], config.width, config.messages * COST, fee, seed=place)
        )

    for place, task in enumerate(lessons if kind == "learned" else ()):
        found = once(task, -1 - place)
        for thought in found.thoughts:
            if " = " in thought.text:
                view = Reading(task.question, (thought,)).view
                worth = MICRO if thought.id in found.path else 0
                value.learn(Outcome(view, ABSTAIN, True, 0, worth, 0))

    def play(task: Task, place: int) -> tuple[bool, int]:
        found = once(task, place)
        return found.grade >= 1, found.bill

    return play


SEARCHES: dict[str, Callable[[Config, list[Task], int], Search]] = {
    "market, exclusive ascending": lambda *given: market(*given, True, Ascending(MICRO // 200), 0.0),
    "market, posted prices": lambda *given: market(*given, True, PayPerReader(), 0.3),
    "market, equal bids": lambda *given: market(*given, False, PayPerReader(), 0.0),
    "beam search, learned score": lambda *given: beam(*given, "learned"),
    "beam search, nearest number": lambda *given: beam(*given, "nearest"),
    "beam search, random": lambda *given: beam(*given, "luck"),
}
