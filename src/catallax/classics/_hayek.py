"""The Hayek machine: a deep market of agents with bids fixed at birth."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.agents import AllOf, Bankrupt, Crowded, Idle, MutateTheRich, OutbidByChance, Strangers
from catallax.agents.languages import AbstractLanguage
from catallax.auctions import FirstPrice, Subsidised
from catallax.core import AbstractEnv, AbstractLevy, Cohort
from catallax.levies import Upkeep
from catallax.markets import DeepMarket, MarketState, Trials, empty_tally

Settings = TypeVar("Settings")
COIN = 1 / 16
"""Credits; small, since the rent is."""


class Look(NamedTuple):
    """What the host sees of a run now and then."""

    alive: Int[Array, "*looks"]
    """Agents, at the look."""
    wealth: Float[Array, "*looks"]
    """Of all agents at the look, above their credit lines, credits."""
    births: Int[Array, "*looks"]
    """Since the last look."""
    undone: Int[Array, "*looks"]
    """Instances played again since the last look."""


class Hayek(eqx.Module):
    """An economy that owns one world at a time and conserves money.

    Each tick the world is sold to the highest bidder, who pays its own bid to the last owner (the
    first to the house), acts, and gets the reward. A newcomer bids about `epsilon` above the best competing bid
    where it first matches, and keeps its price for life. Everybody lives on a credit line and pays upkeep.
    An instance that leaves somebody below its line is undone, and played again without it. The idle are removed, and
    where every slot is taken the idlest.
    After a failed instance strangers and mutants of the rich are tried on it, one at a time; who solves it stays, and with
    `accept_last` the last one in any case. All numbers are leaves but for the sizes.

    Source: Baum (1996, 1999); Algorithm 1 of Pallavi Sudhir and Tran-Thanh (2025); playing again as
    implemented by Qi et al. (2026). The numbers, and trials, are ours.
    """

    agents: int = eqx.field(static=True, default=256)
    """Slots for agents."""
    round_ticks: int = eqx.field(static=True, default=8)
    """An instance begins with a round of so many ticks."""
    strangers: int = eqx.field(static=True, default=16)
    """Random candidates for a trial."""
    mutants: int = eqx.field(static=True, default=16)
    """Mutants of the rich among the candidates; parents are drawn by wealth above the line."""
    attempts: Any = 20
    """Trials of a failed instance at most."""
    epsilon: Any = 0.01
    """Credits."""
    credit: Any = 300.0
    """The credit line, credits; nobody can bid more than this and its wealth above, so that it should exceed the dearest price."""
    allowance: Any = 0.05
    """Credits above the line that a newborn gets."""
    upkeep: Any = 0.000001
    """The rent: credits per tick and agent."""
    patience: Any = 400_000
    """Ticks without a win after which an agent is removed."""
    boards: int = eqx.field(static=True, default=128)
    """Worlds of the failed instance that are remembered: a newcomer on trial would bid on one of them."""
    accept_last: bool = eqx.field(static=True, default=False)
    """Whether the last newcomer tried on an instance stays anyway (see `markets.Trials`)."""
    property: Any = 1.0
    """Share of the price that the last owner gets; at 0 there are no property rights, since whoever improves the
    world gets nothing for it."""
    subsidy: Any = 0.0
    """Share of the price that the house pays for the buyer; at 1 money is not conserved."""

    def __check_init__(self) -> None:
        shares = {"property": self.property, "subsidy": self.subsidy}
        amounts = ("attempts", "epsilon", "credit", "allowance", "upkeep", "patience")
        for name, value in {**shares, **{name: getattr(self, name) for name in amounts}}.items():
            # arrays, one setting per seed, are trusted
            if isinstance(value, float | int) and not 0 <= value <= (1 if name in shares else math.inf):
                raise ValueError(
                    f"Hayek: {name} must be at least 0{', at most 1' if name in shares else ''}, got {value}."
                )

    def market(self, language: AbstractLanguage, *levies: AbstractLevy) -> DeepMarket:
        """The economy of agents that speak a language, empty at the start, with levies beside the rent."""
        births = AllOf(
            (Strangers(language.random, 1.0, self.strangers), MutateTheRich(language.mutate, 1.0, self.mutants))
        )
        market = DeepMarket(
            Cohort.empty(language.random(jax.random.key(0)), self.agents),
            Subsidised(FirstPrice(), 0.0),
            (Upkeep(0.0), *levies),
            entry=births,
            exits=(Idle(1), Crowded()),
            newcomers=OutbidByChance(0.0),
            discount=1.0,
            round_ticks=self.round_ticks,
            repayment=None,
            replay=Bankrupt(0.0),
            trials=Trials(boards=self.boards, accept_last=self.accept_last),
            coin=COIN,
        )
        # put in afterwards: the settings may be traced
        purse = self.credit + self.allowance
        births, deaths = (purse, purse, self.credit, self.attempts), (self.patience, self.credit)
        settings = (*births, *deaths, self.epsilon, self.upkeep, self.subsidy, self.property)
        return eqx.tree_at(_numbers, market, settings)

    def learn(
        self,
        key: Key[Array, ""],
        language: AbstractLanguage,
        env: AbstractEnv,
        rounds: Int[Array, ""] | int,
        looks: int,
        measure: Callable[[DeepMarket, MarketState, Array], Array],
        *levies: AbstractLevy,
    ) -> tuple[MarketState, Look, Array]:
        """Run the economy from nobody.

        Args:
            key: consumed.
            language: of the agents.
            env: the world, as the language sees it.
            rounds: between two looks.
            looks: how many.
            measure: of the market, its state and the number of the look.
            levies: beside the rent.

        Returns:
            The state at the end, the looks, and what was measured at each of them.
        """
        market = self.market(language, *levies)

        def look(state: MarketState, number: Array) -> tuple[MarketState, tuple[Look, Array]]:
            state = state._replace(tally=empty_tally(1))
            state = jax.lax.fori_loop(0, rounds, lambda _, s: market.round(env, s, key)[0], state)
            tally = state.tally
            seen = Look(
                alive=jnp.sum(state.cohorts[0].alive, dtype=jnp.int32),
                wealth=jnp.sum(jnp.where(state.cohorts[0].alive, state.ledger.wealth - self.credit, 0.0)),
                births=tally.births,
                undone=tally.undone,
            )
            return state, (seen, measure(market, state, number))

        start = market.init(env, 1, key)
        state, (seen, measured) = jax.lax.scan(look, start, jnp.arange(looks))
        return state, seen, measured


def _numbers(market: Any) -> tuple:
    """Where the settings of the economy are."""
    strangers, mutants = market.entry.entries
    births = (strangers.allowance, mutants.allowance, mutants.line, market.trials.attempts)
    deaths = (market.exits[0].ticks, market.replay.floor)
    return (*births, *deaths, market.newcomers.epsilon, market.levies[0].amount, market.auction.share, market.discount)


def spread(settings: Settings, seeds: int) -> Settings:
    """A number per seed; of fixed type, so that all settings share one program."""

    def each(leaf: Any) -> Array:
        whole = jnp.issubdtype(jnp.asarray(leaf).dtype, jnp.integer)
        return jnp.broadcast_to(jnp.asarray(leaf, jnp.int32 if whole else jnp.float32), (seeds,))

    return jax.tree.map(each, settings)


def winners(state: MarketState, credit: Any, readable: Callable[[Any], str], limit: int) -> str:
    """The agents of one economy that won most, as text, with wins, wealth above the credit line and price (credits)."""
    alive, wins = np.asarray(state.cohorts[0].alive), np.asarray(state.lives.wins)
    above = np.asarray(state.ledger.wealth - credit)
    lines = ["    wins   above  price  agent"]
    for slot in np.argsort(-wins * alive, kind="stable")[: min(limit, int((alive & (wins > 0)).sum()))]:
        agent = jax.tree.map(lambda leaf, slot=slot: leaf[slot], state.cohorts[0].individuals)
        lines.append(f"{wins[slot]:8,}  {above[slot]:6.2f}  {float(agent.price):5.3f}  {readable(agent)}")
    return "\n".join(lines)
