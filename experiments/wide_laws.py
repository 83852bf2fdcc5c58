"""Laws of the wide market: the deep market inside it, the first welfare theorem, exact books with taxes and bankruptcies."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from _wide_economy import INCOME, ROW
from jaxtyping import Array, Key
from scipy.optimize import linprog

import catallax as cx
from catallax.auctions import CreditConservingVickrey, FirstPrice
from catallax.core import AbstractAuction
from catallax.envs import Rights, SupplyChain
from catallax.equilibria import DualInteriorPoint
from catallax.lab import Context, Finding, Report
from catallax.markets import Firms, Households, MarketState, SaleRecord


@dataclass(frozen=True)
class Config:
    """Settings."""

    ticks: int = 20_000
    """Of the deep and the wide market that are compared."""
    seeds: int = 10
    """Keys of that comparison."""
    instances: int = 20
    """Economies whose planner is a linear program."""
    taxed_ticks: int = 4_000
    """Of the village with a wealth tax."""
    key: int = 0
    """The first seed."""


def run(config: Config, context: Context) -> Report:
    """Each law is a row."""
    auctions = (
        ("greatest price (FirstPrice)", FirstPrice()),
        ("least price (CreditConservingVickrey)", CreditConservingVickrey()),
    )
    findings = [same_trace(config, name, auction) for name, auction in auctions]
    findings += [linear_planner(config), steady_prices(), taxed(config)]
    return Report(findings)


def same_trace(config: Config, name: str, auction: AbstractAuction) -> Finding:
    """Winners, payments, rewards, wealth and what was learned, tick by tick and to the last grain."""
    env = cx.envs.GridWorld(rows=4, cols=4, goal=(3, 3))
    # one account each: the bids of clones are equal, and so would be the two prices
    society = cx.agents.Tabular.society(env, clones=1)
    deep = cx.DeepMarket(society, auction, round_ticks=1)
    wide = cx.WideMarket(Rights(env), actors=society, auction=auction)

    @eqx.filter_jit
    def simulate(state: MarketState, key: Key[Array, ""]) -> tuple[MarketState, SaleRecord]:
        state, sales = jax.lax.scan(lambda now, _: deep.round(env, now, key, tracked=1), state, None, config.ticks)
        return state, jax.tree.map(lambda each: each[:, 0], sales)

    different, earned, paid = 0, 0.0, 0.0
    for seed in range(config.key, config.key + config.seeds):
        key = jax.random.key(seed)
        state, sales = simulate(deep.init(env, 1, key), key)
        other = wide.run(config.ticks, key)
        pairs = [(getattr(sales, part), getattr(other.record, part)) for part in ("winner", "pays", "reward")]
        pairs += [(state.ledger.wealth, other.state.ledger.wealth)]
        pairs += [(state.cohorts[0].individuals.table, other.state.actors[0].individuals.table)]
        different += sum(int(np.sum(np.asarray(a) != np.asarray(b))) for a, b in pairs)
        earned += float(np.sum(other.record.reward))
        paid += float(np.sum(other.record.pays))
    return Finding(
        ROW, f"one right, no goods, {name}: {config.seeds} runs of {config.ticks:,} ticks beside the deep market", "equal tick by tick",
        f"{different} differences in winners, payments, rewards, final wealth and tables; {earned:,.0f} credits earned, {paid:,.0f} paid", different == 0,
    )  # fmt: skip


def linear_planner(config: Config) -> Finding:
    """Welfare of the equilibrium beside that of a linear program, where nobody is short of money."""
    worst, draw = 0.0, np.random.default_rng(config.key)
    for _ in range(config.instances):
        values, supply = draw.uniform(size=(12, 6)), draw.uniform(1.0, 3.0, 6)
        found = cx.equilibria.solve(
            cx.valuations.Linear(jnp.asarray(values)), jnp.asarray(supply), jnp.full(12, jnp.inf), tol=1e-9
        )
        planned = linprog(-values.ravel(), A_ub=np.tile(np.eye(6), 12), b_ub=supply, method="highs")
        welfare = float(np.sum(values * np.asarray(found.bundles)))
        worst = max(worst, abs(welfare + planned.fun) / -planned.fun)
    return Finding(ROW, f"first welfare theorem, {config.instances} linear economies: welfare beside the planner's linear program", "within 1e-6", f"off by at most {worst:.1e}", worst <= 1e-6)  # fmt: skip


def steady_prices() -> Finding:
    """One tick from the planner's steady state, with firms that believe in the planner's prices and have money enough."""
    village = SupplyChain.village()
    best = village.steady_state(INCOME)
    firms = Firms.of(village.inputs, village.outputs, outlay=1.0, endowment=100.0)
    known = jnp.broadcast_to(jnp.asarray(best.prices), firms.beliefs.shape)
    firms = eqx.tree_at(lambda f: f.beliefs, firms, known)
    stocked = eqx.tree_at(
        lambda world: world.gift, village, jnp.asarray(village.gift) + best.levels @ np.asarray(village.outputs)
    )
    wanted = np.flatnonzero(INCOME)
    people = Households.wanting(wanted, INCOME[wanted], village.goods)
    # prices are exact to the root of the gap where an owner is just at the edge between two bundles
    market = cx.WideMarket(stocked, producers=firms, consumers=people, method=DualInteriorPoint(1e-12))
    record = market.run(1, 0).record
    scarce = best.prices > 1e-6
    prices = np.max(np.abs(record.prices[0] - best.prices)[scarce] / best.prices[scarce])
    eaten = np.asarray(record.consumed[0]).sum(0)
    units = np.max(np.abs(eaten - best.consumed)[wanted] / best.consumed[wanted])
    return Finding(
        ROW, "first welfare theorem, village whose firms know the next prices: the planner's steady state is the market's", "within 1e-4",
        f"prices off by at most {prices:.1e}, consumption by {units:.1e}", bool(prices <= 1e-4 and units <= 1e-4),
    )  # fmt: skip


def taxed(config: Config) -> Finding:
    """A wealth tax and firms that risk all they have."""
    village = SupplyChain.village()
    firms = Firms.of(village.inputs, village.outputs, copies=3, rate=0.5, outlay=1.0)
    wanted = np.flatnonzero(INCOME)
    people = Households.wanting(wanted, INCOME[wanted], village.goods)
    market = cx.WideMarket(village, producers=firms, consumers=people, levies=(cx.levies.WealthTax(0.01),))
    ran = market.run(config.taxed_ticks, config.key)
    imbalance, lost = ran.state.ledger.audit(), float(np.max(ran.record.lost))
    least = float(np.min(ran.record.wealth))
    return Finding(
        ROW, f"village with a wealth tax and reckless firms, {config.taxed_ticks:,} ticks: books", "0 grains; goods within 1e-9; nobody below 0",
        f"{imbalance} grains; {lost:.1e}; lowest wealth {least:.2g} credits", imbalance == 0 and lost <= 1e-9 and least >= 0,
    )  # fmt: skip
