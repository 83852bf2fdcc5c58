"""One consumer for each objective: which trade-offs their bids lead a market to, beside linear scalarisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.core import AbstractEnv
from catallax.envs import CONCAVE_SEA, Objectives
from catallax.lab import Context, Finding, Report
from catallax.view import Front

ROW = "objectives"


@dataclass(frozen=True)
class Config:
    """Settings."""

    weights: int = 11
    """Weights of deep-sea treasure, spread evenly between the objectives."""
    simplex: int = 4
    """Weights of resource gathering: all triples of so many parts."""
    fine: int = 100
    """Weights with which the planner looks for points that some weights make best; as many parts a quarter of it for three objectives."""
    ticks: int = 200_000
    """Of each market in deep-sea treasure, over all instances."""
    instances: int = 32
    """Parallel worlds."""
    exploration: float = 0.2
    """Probability that a sale goes to anybody, at the house's expense."""
    step: float = 0.5
    """Smallest step size of the agents in deep-sea treasure."""
    gathering_step: float = 0.02
    """The same where enemies strike at random."""
    gathering_ticks: int = 400_000
    """Ticks of each market there."""
    gathering_seeds: int = 5
    """Markets at each weight there, since chance decides."""
    real: bool = True
    """Whether mo-gymnasium's own worlds are played, too (`pip install 'catallax[bench]'`)."""
    key: int = 0
    """Seed of the first market at each weight."""


class Effort(NamedTuple):
    """How many markets learn, how much and how quickly."""

    ticks: int
    step: float
    seeds: int = 1


def run(config: Config, context: Context) -> Report:
    """Both maps of deep-sea treasure, resource gathering, and the worlds of mo-gymnasium."""
    found, findings = {}, []
    calm, risky = (
        Effort(config.ticks, config.step),
        Effort(config.gathering_ticks, config.gathering_step, config.gathering_seeds),
    )
    for title, world in (("convex map", Objectives.deep_sea()), ("concave map", Objectives.deep_sea(CONCAVE_SEA))):
        picks, weights = pairs(config.fine + 1), pairs(config.weights + 2)[1:-1]
        linear, reached, rows = swept(config, f"deep-sea treasure, {title}", world, picks, weights, calm)
        front = treasure_front(world)
        findings += rows
        findings.append(
            Finding(ROW, f"deep-sea treasure, {title}: points of the front that weights can pick", "",
                    f"{len(linear)} of {len(front)}; the market's weights reach {len(unique(reached))}", None,
                    "linear bids pick points of the convex hull alone")
        )  # fmt: skip
        found[title] = Front(front, linear, reached)
    gathering = Objectives.gathering()
    _, _, rows = swept(
        config, "resource gathering", gathering, triples(max(config.fine // 4, 1)), triples(config.simplex), risky
    )
    findings += rows
    if config.real:
        findings += [
            real(config, "deep-sea-treasure-v0", (11, 11), Objectives.deep_sea(), np.array([0.7, 0.3]), calm),
            real(config, "deep-sea-treasure-concave-v0", (11, 11), Objectives.deep_sea(CONCAVE_SEA), np.array([0.7, 0.3]), calm),
            real(config, "resource-gathering-v0", (5, 5, 2, 2), gathering, np.array([0.25, 0.25, 0.5]), risky),
        ]  # fmt: skip
    figure = cx.view.fronts(found, ("treasure, discounted", "time, discounted"), "market")
    return Report(
        findings,
        {"fronts": figure},
        "The right to act is one good, so that this is a deep market with several consumers. An objective of losses is lifted by a constant, since nobody pays less than nothing. "
        "Greedy policies are solved exactly, objective by objective. All values are discounted by 0.99 a tick.",
    )


def pairs(count: int) -> np.ndarray:
    """Weights of two objectives."""
    share = np.linspace(0, 1, count)
    return np.stack([share, 1 - share], 1)


def triples(parts: int) -> np.ndarray:
    """Weights of three objectives, in whole parts."""
    return np.array([(a, b, parts - a - b) for a in range(parts + 1) for b in range(parts + 1 - a)]) / parts


def unique(points: np.ndarray) -> np.ndarray:
    """Different points."""
    return np.unique(np.round(points, 4), axis=0)


def lifts(world: Objectives) -> np.ndarray:
    """By how much each objective must be lifted for no consumer to be asked for less than nothing."""
    losses = {"time": 1 / (1 - world.discount), "life": 1.0}
    return np.array([losses.get(name, 0.0) for name in world.names])


def treasure_front(world: Objectives) -> np.ndarray:
    """What each treasure brings by the shortest way."""
    treasure = np.asarray(world.earned)[:, 0]
    place = np.flatnonzero(treasure)
    ticks = np.sum(np.divmod(place, 11), axis=0)
    d = world.discount
    return np.stack([treasure[place] * d ** (ticks - 1), -(1 - d**ticks) / (1 - d)], 1)


def swept(
    config: Config, case: str, world: Objectives, picks: np.ndarray, weights: np.ndarray, effort: Effort
) -> tuple[np.ndarray, np.ndarray, list[Finding]]:
    """The planner's points, the market's, and what there is to say."""
    linear = unique(np.array([planned(world, pick) for pick in picks]))
    reached = np.array(
        [[world.worth(trained(config, world, world, weight, effort, seed)) for seed in range(effort.seeds)] for weight in weights]
    )  # fmt: skip
    best, lift = np.array([planned(world, weight) for weight in weights])[:, None], lifts(world)
    share = ((reached + lift) @ weights[..., None] / ((best + lift) @ weights[..., None]))[..., 0]
    same = np.abs(reached - best).max(2) < 1e-3
    named = "; ".join(
        f"({', '.join(f'{w:.2g}' for w in weight)}): {', '.join(f'{x:.2f}' for x in point)}"
        for weight, point in zip(weights, reached.mean(1))
    )
    times = "" if effort.seeds == 1 else f", {effort.seeds} markets each"
    return linear, reached.reshape(-1, len(lift)), [
        Finding(ROW, f"{case}, {len(weights)} weights{times}: value of what the market does for its consumers beside the planner's", ">= 0.98 for all weights",
                f"lowest {share.min():.4f}, mean {share.mean():.4f}; at least 0.98 in {int((share >= 0.98).sum())} of {share.size}, the planner's own policy in {int(same.sum())}",
                bool(share.min() >= 0.98), "losses counted from the worst there is, so that values are those that consumers pay"),
        Finding(ROW, f"{case}: {', '.join(world.names)} by weights", "", named, None, f"{len(linear)} points are best for some weights"),
    ]  # fmt: skip


def planned(world: Objectives, weight: np.ndarray) -> np.ndarray:
    """What linear scalarisation brings; of equally good policies the one that brings more of all objectives together."""
    return world.worth(world.best(weight + 1e-6))


def trained(
    config: Config, env: AbstractEnv, model: Objectives, weight: np.ndarray, effort: Effort, seed: int = 0
) -> np.ndarray:
    """The greedy policy of a market whose consumers pay by weights."""
    lift, most = lifts(model), np.asarray(model.earned).max(0)
    highest = float(weight @ (lift + np.maximum(most, 0)))
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, initial_bid=highest, step=effort.step, decay=300.0, endowment=1e5),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
        consumers=[
            cx.agents.ObjectiveBuyer(
                1e4, config.instances * 200.0, objective=k, price=jnp.float32(price), lift=float(lift[k]), discount=model.discount
            )
            for k, price in enumerate(weight)
        ],
    )  # fmt: skip
    run = cx.train(
        market, env, ticks=effort.ticks, instances=config.instances, key=jax.random.key(config.key + seed), chunks=1
    )
    assert run.ledger.audit() == 0
    return run.greedy()


def real(
    config: Config, name: str, sizes: tuple[int, ...], twin: Objectives, weight: np.ndarray, effort: Effort
) -> Finding:
    """The same in the world of mo-gymnasium, through the adapter."""
    env = cx.adapters.FromGymnasium(cx.adapters.numbered(f"mo_gymnasium:{name}", sizes), discount=twin.discount)
    policy = trained(config, env, twin, weight, effort)
    worth, best, lift = twin.worth(policy), planned(twin, weight), lifts(twin)
    share = float((worth + lift) @ weight / ((best + lift) @ weight))
    return Finding(
        ROW, f"mo-gymnasium's {name}, weights {', '.join(f'{w:g}' for w in weight)}: value of what the market does beside the planner's", ">= 0.98",
        f"{share:.4f}: {', '.join(f'{n} {x:.2f}' for n, x in zip(twin.names, worth))}", share >= 0.98,
        "trained through the adapter; the policy is solved in our copy of the world",
    )  # fmt: skip
