"""Evidence sold to a forecaster who is paid by a logarithmic score, beside a market maker of the same maximal subsidy."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import LOOK, PROGRAMS, above, dot, eager, runs, table, told

import catallax as cx
from catallax.core import MICRO
from catallax.forecasting import LMSR
from catallax.lab import Context, Finding, Report
from catallax.language import Bazaar, Buyer, Forecast, program_informer, worlds
from catallax.language.bazaar import AbstractContractor, Bayesian, FlatCost, SelectionAware
from catallax.language.worlds import World


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 60
    """Random worlds."""
    signals: int = 3
    """Pieces of evidence in a world."""
    subsidy: float = 1.0
    """Of the score and of the market maker, credits a nat."""
    dearest: float = 0.05
    """Prices of evidence are uniform from 0 to this, credits."""
    key: int = 0
    """Seed of the run."""


class Way(NamedTuple):
    """Expected figures of one way in one world, exact."""

    nats: float
    """Logarithmic score of the final forecast over that of the prior."""
    paid: float
    """Credits that those with evidence receive, for their own costs as well."""
    cost: float
    """Prices of the evidence that was used, credits: what it cost to those who had it to find out."""


@dataclass(frozen=True)
class Arm:
    """A bazaar."""

    depth: int
    slots: int = 1
    rounds: int = 3
    contractor: type[AbstractContractor] = Bayesian
    eager: bool = True
    """Whether all bid at least what a look costs, and not only those whose evidence would sell alone."""


ARMS = {
    "depth 0: nothing is bought": Arm(0),
    "depth 1: one look at all": Arm(1, 3, 1),
    "depth 1: one at a time": Arm(1),
    "depth 1: one look at what would sell alone": Arm(1, 3, 1, eager=False),
    "depth 2: one at a time": Arm(2),
    "depth 2, selection-aware": Arm(2, contractor=SelectionAware),
}
MAKERS = ("market maker, evidence at its price", "market maker, evidence for nothing")
LEAST = 1e-12
"""A chance below this is none."""


def bazaar(world: World, arm: Arm, config: Config) -> Way:
    """Run it in every state of the world, and weigh by what is probable."""
    sellers = [program_informer(world, name) for name in world.signals]
    informers = [eager(seller) for seller in sellers] if arm.eager else sellers
    forecast = Forecast(world.question, float(world.prior[0]), config.subsidy)
    market = Bazaar(
        informers,
        arm.slots,
        arm.depth,
        arm.rounds,
        contractor=arm.contractor(world),
        cost=FlatCost(LOOK),
        wealth=100.0,
        shrink=0.9,
    )
    states = list(possible(world))
    nats = paid = 0.0
    for state, result in zip(states, runs(market, Buyer(forecast, 10.0), states), strict=True):
        assert result.ledger.imbalance == 0
        chance = world.probability(state)
        nats += chance * gained(world, state, np.array(result.output))
        paid += chance * result.spent / MICRO
    return Way(nats, paid, paid)


def possible(world: World) -> Iterable[dict[str, int]]:
    """All states that can be."""
    for values in itertools.product(*(range(size) for size in world.joint.shape[1:])):
        state = dict(zip(world.signals, values, strict=True))
        if world.probability(state) > LEAST:
            yield state


def gained(world: World, state: Mapping[str, int], report: np.ndarray) -> float:
    """`E[ln r_y - ln p_y]` in a state, nats."""
    return float(world.posterior(state) @ np.log(np.maximum(report, 1e-12) / world.prior))


def maker(world: World, config: Config, free: bool) -> Way:
    """An LMSR that opens at the prior; those with evidence trade once each, in order, and understand what others' prices tell.

    Who has to find its evidence out does so if the expected gain of its trade is more than what it costs, given all it sees.
    """
    nats = paid = cost = 0.0
    for state in possible(world):
        chance = world.probability(state)
        market = LMSR(2, config.subsidy, world.prior)
        public: dict[str, int] = {}
        for name in world.signals:
            price = 0.0 if free else world.prices[name]
            if config.subsidy * nats_of(world, name, public) > price:
                public[name] = state[name]
                belief = world.posterior(public)
                market, trade = market.apply(market.quote(outcome=0, to_price=min(max(belief[0], LEAST), 1 - LEAST)))
                paid += chance * float(world.posterior(state) @ trade.shares - trade.cost)
                cost += chance * price
        nats += chance * gained(world, state, np.asarray(market.prices))
    return Way(nats, paid, cost)


def nats_of(world: World, name: str, public: Mapping[str, int]) -> float:
    """What a piece of evidence can be expected to tell beside what is public, nats."""
    return world.ex_ante([name], public) + world.prices[name]


def everything(world: World) -> float:
    """Nats that all evidence together tells."""
    return world.information(world.signals)


def run(config: Config, context: Context) -> Report:
    """Every way in every world."""
    found: dict[str, list[Way]] = {name: [] for name in (*ARMS, *MAKERS)}
    nets, plans, costs = [], [], []
    for seed in range(config.seeds):
        world = scored(
            worlds.random_world(np.random.default_rng([config.key, seed]), config.signals, dearest=config.dearest)
        )
        for name, arm in ARMS.items():
            found[name].append(bazaar(world, arm, config))
        for name, free in zip(MAKERS, (False, True), strict=True):
            found[name].append(maker(world, config, free))
        nets.append(everything(world))
        costs.append(world.cost(world.signals))
        plans.append(worlds.one_level(world, [world.signals]).value)
    picture = cx.view.measured(
        {name: dot(net(ways, config)) for name, ways in found.items()},
        {},
        "nats gained less the prices of the evidence used, credits",
    )
    rows = findings(config, found, np.array(nets), np.array(plans), costs)
    return Report([*rows, golden(config)], {"bazaar_forecasts": picture}, text=TEXT + listed(config, found))


def scored(world: World) -> World:
    """The same table, paid by the gain over the prior."""
    return World(world.joint, signals=world.signals, prices=world.prices)


def net(ways: list[Way], config: Config) -> list[float]:
    """What the question's owner values, less what the evidence cost those who had it."""
    return [config.subsidy * way.nats - way.cost for way in ways]


def findings(
    config: Config, found: Mapping[str, list[Way]], all_: np.ndarray, plans: np.ndarray, costs: list[float]
) -> Iterable[Finding]:
    """What is asked."""
    zero, look, single, alone, deep, aware = (np.array(net(found[name], config)) for name in ARMS)
    paid, free = (np.array(net(found[name], config)) for name in MAKERS)
    away = np.abs(look - plans).max()
    yield Finding(
        "forecasts", "depth 1, one look at all: the worth is that of the exact protocol", "to 1e-4 credits in every world",
        f"to {away:.0e}", bool(away < 1e-4) if config.subsidy == 1 else None, "prices are whole micro-credits",
    )  # fmt: skip
    yield gain("one look at all less no market", look - zero)
    yield gain("depth 2 less depth 1, one at a time", deep - single)
    yield Finding(
        "forecasts", "one look at what would sell alone less one look at all", "", told(alone - look),
        note="evidence that only tells something beside other evidence does not bid by itself",
    )  # fmt: skip
    yield Finding("forecasts", "selection-aware less plain, depth 2", "", told(aware - deep))
    yield Finding("forecasts", "one look at all less the market maker, evidence at its price", "", told(look - paid), note=f"better in {np.sum(look > paid + 1e-9)} of {len(look)} worlds")  # fmt: skip
    nats = np.array([way.nats for way in found[list(ARMS)[1]]])
    yield Finding(
        "forecasts", "one look at all, if all evidence has to be found out to be looked at, less the market maker, evidence at its price", "",
        told(config.subsidy * nats - np.array(costs) - paid), note="the price of all evidence taken off, bought or not",
    )  # fmt: skip
    for name in (list(ARMS)[1], MAKERS[0]):
        left = [
            way.paid - borne
            for way, borne in zip(found[name], costs if name in ARMS else [w.cost for w in found[name]], strict=True)
        ]
        yield Finding(
            "forecasts",
            f"{name}: received less the price of all evidence that was found out",
            "",
            told(left),
            note="all of it in a bazaar, which looks at what there is"
            if name in ARMS
            else "that of those who expected to gain",
        )
    away = float(np.abs(free - config.subsidy * all_).max())
    yield Finding(
        "forecasts", "market maker, evidence for nothing: the last price knows all evidence", "to 1e-9 nats",
        f"to {away:.0e}", away < 1e-9,
    )  # fmt: skip
    most, even = float(LMSR(2, config.subsidy).worst_case_loss), config.subsidy * float(np.log(2))
    yield Finding(
        "forecasts", "what a market maker can cost the owner of an even question", "b ln 2", f"{most:.4f} credits", bool(np.isclose(most, even)),
        "b ln(1/p) of the least likely outcome where the prior is not even; a forecaster is paid b ln(r/p), no more than that",
    )  # fmt: skip


def gain(case: str, values: np.ndarray) -> Finding:
    """A difference that is asked to be above 0."""
    return Finding("forecasts", f"{case}, credits a question", "above 0", told(values), above(values))


def golden(config: Config) -> Finding:
    """The claim that misleads, both signals 1."""
    world, state = worlds.fact_check(), {"I1": 1, "I2": 1}
    said = []
    for depth in (0, 1, 2):
        informers = [program_informer(world, name) for name in world.signals]
        market = Bazaar(informers, depth=depth, rounds=1)
        (result,) = runs(market, Buyer(Forecast("E", 0.1), 1.0), [state])
        said.append(f"{result.output[0]:.2f}")
    wanted = "0.10, 0.40, 0.20"
    return Finding("forecasts", "fact check, both signals 1, one round: forecasts at depths 0, 1, 2", wanted, ", ".join(said), ", ".join(said) == wanted, "0.20 is right given both")  # fmt: skip


def listed(config: Config, found: Mapping[str, list[Way]]) -> str:
    """Means over worlds."""
    rows = [
        (
            name,
            told(w.nats for w in ways),
            told(w.paid for w in ways),
            told(w.cost for w in ways),
            told(net(ways, config)),
        )
        for name, ways in found.items()
    ]
    return table(
        (
            "way",
            "nats gained",
            "paid to those with evidence, before attention",
            "price of the evidence used",
            "nats less that price",
        ),
        rows,
    )


TEXT = (
    PROGRAMS
    + "Random worlds with three pieces of evidence, prices uniform from 0 to 0.05; every expectation is exact, by running "
    "each state of the world. The forecaster of a bazaar is paid `b ln(r_y / p_y)`, which is what all traders at a market maker "
    "with the same `b` and the same opening price are paid together. At the maker each holder of evidence trades once, honestly, and reads the "
    "evidence of those before it off their prices; in one row it first pays what its evidence costs, if it expects to gain more. "
    "*Price of the evidence used*: in a bazaar what was bought after a look, at the maker what was found out. Whoever sells at "
    "a bazaar has borne its costs before it knows that it sells: if prices are costs of finding out and not rents, the bazaar's last column leaves out "
    "those of evidence that was looked at and declined. Intervals are over worlds.\n\n"
)
