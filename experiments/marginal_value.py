"""The marginal value mechanism: its play is the kernel of profitable rebuttals, a dear defence silences the answer, bandits learn it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from operator import or_

import numpy as np

import catallax as cx
from catallax.core import MICRO, to_credits, to_micro
from catallax.lab import Context, Finding, Report
from catallax.language import Buyer, Choose, worlds
from catallax.language.bazaar import MarginalValueMarket, Rebutter
from catallax.language.worlds import World
from catallax.language.worlds import marginal_value as mv
from catallax.language.worlds.marginal_value import Case, Policy


@dataclass(frozen=True)
class Config:
    """Settings."""

    problems: int = 400
    """Random problems of 2, 3 and 4 atoms, played out as a game."""
    tried: int = 4_000
    """Random problems of each kind on which bounds on the shortfall are tried."""
    dearest: float = 0.3
    """Prices of atoms are uniform from 0 to this; utilities from 0 to 1."""
    points: int = 401
    """Costs of the defence on the curve, from 0 to 2."""
    trained: int = 10
    """Random problems of 2 atoms, and as many of 3, on which bandits are trained."""
    seeds: int = 20
    """Rows of bandits on each."""
    episodes: int = 4_000
    """Games that each row plays."""
    played: int = 400
    """Random worlds of 2, 3 and 4 signals in which the mechanism is played for money."""
    key: int = 0
    """Seed of the run."""


ALL = {"I1": 1, "I2": 1, "I3": 1}


def run(config: Config, context: Context) -> Report:
    """Play, solve, vary the cost of defence, measure what stays untold, train."""
    luck = np.random.default_rng(config.key)
    cases = [told(config, luck, 2 + number % 3) for number in range(config.problems)]
    many = {
        "any expected utilities": [told(config, luck, 2 + number % 3) for number in range(config.tried)],
        "Bayesian worlds": [bayesian(config, luck, 2 + number % 3) for number in range(config.tried)],
    }
    shortfalls = {name: np.array([mv.shortfall(case) for case in kind]) for name, kind in many.items()}
    costs = np.linspace(0, 2, config.points)
    curves = defended(costs)
    findings = [
        *played(cases),
        telescoped(luck, cases),
        *switched(costs, curves),
        *(untold(name, found) for name, found in shortfalls.items()),
        *bounds(many, shortfalls),
        checked(),
        *learned(config, luck),
        *money(config),
    ]
    picture = cx.view.defence(costs, curves, 1.0, shortfalls)
    return Report(findings, {"marginal_value": picture}, text=TEXT)


TEXT = (
    "Random problems have three actions. Of one kind the expected utility of each action given each set of atoms is uniform on [0, 1), "
    "independent of all others; of the other kind they come from Bayes' rule in a random table of three outcomes, with utilities uniform on "
    "[0, 1). A shortfall is how much worse the buyer decides, told what is told in equilibrium, than one who knows all that the informers "
    "know. That it never exceeds the price of telling all the rest is derived here: the set of everything and the set that is told are both "
    "inextensible, so no rebuttal between them pays. That it does not exceed the cost of a defence, the cheapest inextensible set beyond "
    "what is told that leads to the decision of who knows everything, is a conjecture, and false."
)


def told(config: Config, luck: np.random.Generator, atoms: int) -> Case:
    """Any expected utilities."""
    return Case.told(luck.random((2**atoms, 3)), luck.uniform(0, config.dearest, atoms))


def bayesian(config: Config, luck: np.random.Generator, atoms: int) -> Case:
    """Expected utilities by Bayes' rule, in one drawn case of a random world."""
    world = acted(config, luck, atoms)
    return Case.of(world, world.draw(luck)[1])


def acted(config: Config, luck: np.random.Generator, atoms: int) -> World:
    """A random table with three outcomes and three actions, at prices of whole micro-credits."""
    drawn = worlds.random_world(luck, atoms, outcomes=3, dearest=config.dearest)
    prices = {name: to_credits(to_micro(price)) for name, price in drawn.prices.items()}
    return World(drawn.joint, worlds.Actions(luck.random((3, 3))), prices=prices)


def played(cases: list[Case]) -> Iterable[Finding]:
    """The game tree beside the kernel."""
    same = silent = ended = most = 0
    for case in cases:
        solution, path = mv.solve(case), mv.game_tree(case)
        first = path[0] if path else 0
        same += first == solution.first and (first == 0 or len(path) == 1)
        ended += len(path) <= 1
        silent += not path
        values = [mv_value(case, chosen) for chosen in np.flatnonzero(solution.kernel)]
        most += mv_value(case, first) >= max(values) - 1e-12
    count = len(cases)
    note = f"nothing is told in {silent}"
    yield said(f"subgame-perfect play is the kernel's move, {count} random problems", same, count, note)
    yield said("nothing is told after the first move", ended, count)
    yield said("the first move has the largest value in the kernel", most, count)


def mv_value(case: Case, chosen: int) -> float:
    """What telling a set at once would earn, if it stands."""
    return float(case.worth(chosen, chosen) - case.worth(chosen, 0) - case.costs[chosen])


def said(what: str, held: int, count: int, note: str = "") -> Finding:
    """For what must hold always."""
    return Finding("marginal value", what, "in all", f"in {held} of {count}", held == count, note)


def telescoped(luck: np.random.Generator, cases: list[Case]) -> Finding:
    """The sum of rewards along a random path, and what the whole was worth."""
    largest = 0.0
    for case in cases:
        k = len(case.prices)
        path = list(accumulate((1 << luck.permutation(k)[: luck.integers(1, k + 1)]).tolist(), or_))
        largest = max(largest, abs(float(case.rewards(path).sum()) - whole(case, path[-1])))
    return Finding(
        "marginal value", "rewards add up to what all is worth less its price", "to 1e-12", f"to {largest:.0e}", largest < 1e-12
    )  # fmt: skip


def whole(case: Case, end: int) -> float:
    """`E[U(x_N) - U(x_0) | all] - p(all)`."""
    return float(case.worth(end, end) - case.worth(end, 0)) - float(case.costs[end])


def defended(costs: np.ndarray) -> dict[str, np.ndarray]:
    """Reward and shortfall of the answer that can be attacked, at each cost of its defence."""
    cases = [Case.of(worlds.rebuttal(float(cost)), ALL) for cost in costs]
    return {
        "paid to who tells the answer": np.array([mv.solve(case).gains[0] for case in cases]),
        "shortfall of the buyer": np.array([mv.shortfall(case) for case in cases]),
    }


def switched(costs: np.ndarray, curves: dict[str, np.ndarray]) -> Iterable[Finding]:
    """Where the answer falls silent, to a billionth, and what happens on both sides."""
    low, high = 0.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        answered = mv.solve(Case.of(worlds.rebuttal(middle), ALL)).first
        low, high = (middle, high) if answered else (low, middle)
    yield Finding(
        "marginal value", "the answer falls silent where its defence costs", "the stake, 1", f"{low:.9f}", abs(low - 1) < 1e-9
    )  # fmt: skip
    reward, lost = curves.values()
    below, above = costs < 1 - 1e-9, costs > 1 + 1e-9
    held = np.allclose(reward[below], 0.9) and np.allclose(lost[below], 0)
    silent = np.allclose(reward[above], 0) and np.allclose(lost[above], 1)
    yield Finding(
        "marginal value", "reward and shortfall: below the stake, and above", "0.9 and 0, 0 and 1",
        f"{reward[below].mean():.3g} and {lost[below].mean():.3g}, {reward[above].mean():.3g} and {lost[above].mean():.3g}",
        bool(held and silent), f"at 100: {mv.shortfall(Case.of(worlds.rebuttal(100.0), ALL)):.3g}",
    )  # fmt: skip


def untold(name: str, found: np.ndarray) -> Finding:
    """How large shortfalls are."""
    zero = 100 * float(np.mean(found < 1e-12))
    return Finding(
        "marginal value",
        f"shortfall, {name}",
        "",
        f"zero in {zero:.1f} %, mean {found.mean():.4f} ± {found.std(ddof=1) / len(found) ** 0.5:.4f}, largest {found.max():.2f}",
        note="a prototype on 400 problems of a distribution not stated: zero in 73.3 %, mean 0.054, largest 0.61",
    )


def bounds(many: dict[str, list[Case]], shortfalls: dict[str, np.ndarray]) -> Iterable[Finding]:
    """Bounds that were proved or guessed."""
    cases, found = [case for kind in many.values() for case in kind], np.concatenate(list(shortfalls.values()))
    rest = np.array([mv.cost_of_the_rest(case) for case in cases])
    yield said("the shortfall is at most the price of telling the rest", int(np.sum(found <= rest + 1e-9)), len(cases))
    guess = np.array([mv.cost_of_defence(case) for case in cases])
    broken = found > guess + 1e-9
    by = f", by up to {(found - guess)[broken].max():.3f}" if broken.any() else ""
    yield Finding(
        "marginal value", "conjecture: the shortfall is at most the cost of a defence", "",
        f"broken in {broken.sum()} of {len(cases):,}{by}",
    )  # fmt: skip


def checked() -> Finding:
    """The fact check, whose rewards are known."""
    first, second = Case.of(worlds.fact_check(), {"I1": 1, "I2": 1}).rewards([1, 3])
    measured = f"{first:.4f}, {second:.4f}"
    return Finding(
        "marginal value", "fact check: rewards of the claim and of the note, units of b", "-0.0471, 0.0915", measured,
        measured == "-0.0471, 0.0915",
    )  # fmt: skip


def learned(config: Config, luck: np.random.Generator) -> Iterable[Finding]:
    """Bandits that are paid the rewards and know nothing else."""
    for atoms in (2, 3):
        cases = [told(config, luck, atoms) for _ in range(config.trained)]
        shares = [
            float(
                np.mean(np.all(mv.train(case, config.episodes, config.seeds, seed=n).told == mv.solve(case).first, 1))
            )
            for n, case in enumerate(cases)
        ]
        share = float(np.mean(shares))
        yield Finding(
            "marginal value", f"bandits tell what the kernel tells, {atoms} atoms, {len(cases)} problems",
            "in at least 95 % of rows", f"in {100 * share:.1f} % of {len(cases) * config.seeds}", share >= 0.95,
            f"in the worst problem in {100 * min(shares):.0f} %",
        )  # fmt: skip


def money(config: Config) -> Iterable[Finding]:
    """The mechanism with ledger, stakes and sealed texts, by those who know the kernel and by those who tell anything."""
    luck = np.random.default_rng(config.key + 1)
    same = imbalance = 0
    away, astray, gains, exact, shortfalls, lacking = [], [], [], [], [], []
    for number in range(config.played):
        world = acted(config, luck, 2 + number % 3)
        state = world.draw(luck)[1]
        case = Case.of(world, state)
        solution = mv.solve(case)
        shown, paid, imbalances = paid_for(world, state, mv.equilibrium)
        same += shown == ([solution.first] if solution.first else [])
        away.append(abs(sum(paid) - solution.gains[0]))
        gains.append(sum(paid))
        exact.append(solution.gains[0])
        lacking.append(mv.shortfall(case))
        known = case.worth(case.everything, np.array([shown[-1] if shown else 0, case.everything]))
        shortfalls.append(float(known[1] - known[0]))
        imbalance += imbalances
        shown, paid, imbalances = paid_for(world, state, lambda case: anything(case, luck))
        astray.append(np.abs(case.rewards(shown) - paid).max(initial=0.0))
        imbalance += imbalances
    yield said(
        f"played for money: the kernel's move is told at once, and nothing after it, {config.played} worlds",
        same,
        config.played,
    )
    yield Finding(
        "marginal value", "played for money: what is earned, and what the buyer lacks, means", "the kernel's, to a micro-credit in each world",
        f"{np.mean(gains):.4f} and {np.mean(shortfalls):.4f} credits, the kernel's {np.mean(exact):.4f} and {np.mean(lacking):.4f}, to {max(away):.0e}",
        max(away) < 1.5e-6 and np.allclose(shortfalls, lacking, rtol=0, atol=1e-12),
    )  # fmt: skip
    yield Finding(
        "marginal value", "played for money by who tells anything: each move earns its reward", "to a micro-credit",
        f"to {max(astray):.0e} in {config.played} worlds", bool(max(astray) < 1.5e-6),
    )  # fmt: skip
    yield Finding("marginal value", "imbalance of all these books, micro-credits", "0", str(imbalance), imbalance == 0)


def anything(case: Case, luck: np.random.Generator) -> Policy:
    """Tells atoms by chance while there are any, whether it pays or not."""

    def move(told: int) -> int:
        left = [n for n in range(len(case.prices)) if not told >> n & 1]
        return (
            told | sum(1 << n for n in luck.permutation(left).tolist()[: luck.integers(1, len(left) + 1)])
            if left
            else told
        )

    return move


def paid_for(
    world: World, state: Mapping[str, int], policy: Callable[[Case], Policy]
) -> tuple[list[int], list[float], int]:
    """The set told after each move, what each earned, credits, and the imbalance of the books; an informer for each move."""
    market = MarginalValueMarket(
        [Rebutter(f"i{n}", world, policy=policy) for n in range(len(world.signals) + 1)], stake=3.0
    )
    result = market.run(Buyer(Choose("What to do?", ("this", "that", "nothing")), budget=3.0), state)
    told = dict.fromkeys(receipt.informer for receipt in result.receipts)  # in the order of their moves
    sets = [sum(1 << world.signals.index(r.teaser) for r in result.receipts if r.informer == name) for name in told]
    paid = [(market.journal[f"informer:{name}"] - to_micro(market.wealth)) / MICRO for name in told]
    return list(accumulate(sets, or_)), paid, market.journal.audit()
