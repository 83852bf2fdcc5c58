"""The Hayek machine: a deep market of agents with bids fixed at birth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.agents import AfterFailure, AllOf, Bankrupt, Crowded, Idle, MutateTheRich, Outbid, Sometimes, Strangers
from catallax.agents.languages import AbstractLanguage
from catallax.auctions import FirstPrice, Subsidised
from catallax.core import AbstractEnv, Cohort
from catallax.envs import BlocksWorld, Curriculum, Lesson
from catallax.levies import Upkeep
from catallax.markets import DeepMarket, MarketState, empty_tally

PASSED = 0.7
"""Share of the last tries at which a size counts as solved well."""


class Look(NamedTuple):
    """What the host sees of a run now and then; every number over the ticks since the last look."""

    level: Float[Array, "*looks"]
    """Largest size solved well, mean over the instances."""
    reward: Float[Array, "*looks"]
    """Credits per instance; those undone are left out."""
    alive: Int[Array, "*looks"]
    wealth: Float[Array, "*looks"]
    """Of all agents, above their credit lines, credits."""
    price: Float[Array, "*looks"]
    """Mean price of a sale, credits."""
    births: Int[Array, "*looks"]
    undone: Int[Array, "*looks"]
    """Instances played again."""


class Hayek(eqx.Module):
    """An economy that owns one world at a time and conserves money.

    Each tick the world is sold to the highest bidder, who pays its own bid to the last owner (the
    first to the house), acts, and gets the reward. A newcomer bids `epsilon` above the best competing bid
    where it first matches, and keeps its price for life. Everybody lives on a credit
    line and pays upkeep. An instance that leaves somebody `overdraft` below its line is undone, and played
    again without it; so a newcomer is on trial, at nobody's cost. Who falls below the line by less is removed, and so are the
    idle. After a failed instance strangers and mutants of the rich are born. All numbers are leaves but for the sizes.

    Source: Baum (1996, 1999); Algorithm 1 of Pallavi Sudhir and Tran-Thanh (2025); playing again as
    implemented by Qi et al. (2026). The numbers, and births after failure alone, are ours.
    """

    agents: int = eqx.field(static=True, default=512)
    """Slots for agents."""
    round_ticks: int = eqx.field(static=True, default=8)
    """An instance begins with a round of so many ticks."""
    epsilon: Any = 0.01
    """Credits."""
    credit: Any = 30.0
    """The credit line, credits; nobody can bid more than this and its wealth above."""
    allowance: Any = 0.05
    """Credits above the line that a newborn gets."""
    overdraft: Any = 0.05
    """Credits below the line at which the instance is undone."""
    strangers: Any = 0.2
    """Probability of a random birth after a failed instance."""
    mutants: Any = 0.8
    """Probability of a mutant of the rich after a failed instance; parents are drawn by wealth above the line."""
    upkeep: Any = 0.0002
    """The rent: credits per tick and agent."""
    patience: Any = 200_000
    """Ticks without a win after which an agent is removed."""
    settling: Any = 0.1
    """Share of the looks, the last ones, without births."""
    property: Any = 1.0
    """Share of the price that the last owner gets; at 0 there are no property rights, since whoever improves the
    world gets nothing for it."""
    subsidy: Any = 0.0
    """Share of the price that the house pays for the buyer; at 1 money is not conserved."""

    def market(self, language: AbstractLanguage) -> DeepMarket:
        """The economy of agents that speak a language, empty at the start."""
        births = AllOf(
            (Sometimes(Strangers(language.random, 1.0), 1.0), Sometimes(MutateTheRich(language.mutate, 1.0), 1.0))
        )
        market = DeepMarket(
            Cohort.empty(language.random(jax.random.key(0)), self.agents),
            Subsidised(FirstPrice(), 0.0),
            (Upkeep(0.0),),
            entry=AfterFailure(births),
            exits=(Bankrupt(0.0), Idle(1), Crowded()),
            newcomers=Outbid(0.0),
            discount=1.0,
            round_ticks=self.round_ticks,
            repayment=None,
            replay=Bankrupt(0.0),
        )
        # put in afterwards: the settings may be traced
        purse = self.credit + self.allowance
        settings = (
            *(self.strangers, purse, self.mutants, purse, self.credit, self.subsidy, self.upkeep),
            *(self.credit, self.patience, self.epsilon, self.property, self.credit - self.overdraft),
        )
        return eqx.tree_at(_numbers, market, settings)

    def learn(
        self,
        key: Key[Array, ""],
        language: AbstractLanguage,
        env: AbstractEnv,
        rounds: Int[Array, ""] | int,
        looks: int,
    ) -> tuple[MarketState, Look]:
        """Run the economy from nobody.

        Args:
            key: consumed.
            language: of the agents.
            env: a Blocks World with a curriculum, as the language sees it.
            rounds: between two looks.
            looks: how many.

        Returns:
            The state at the end, and the looks.
        """

        def look(state: MarketState, number: Array) -> tuple[MarketState, Look]:
            open_ = number < (1.0 - self.settling) * looks
            chances = (self.strangers * open_, self.mutants * open_)
            market = eqx.tree_at(lambda e: (e.strangers, e.mutants), self, chances).market(language)
            state = state._replace(tally=empty_tally(1))
            state = jax.lax.fori_loop(0, rounds, lambda _, s: market.round(env, s, key)[0], state)
            tally = state.tally
            episodes = jnp.sum(tally.episodes) + jnp.sum(tally.unsold)
            seen = Look(
                level=jnp.mean(_curriculum(env).level(lesson(state.world)).astype(jnp.float32)),
                reward=jnp.sum(tally.reward) / jnp.maximum(episodes, 1),
                alive=jnp.sum(state.cohorts[0].alive, dtype=jnp.int32),
                wealth=jnp.sum(jnp.where(state.cohorts[0].alive, state.ledger.wealth - self.credit, 0.0)),
                price=jnp.sum(tally.price) / jnp.maximum(jnp.sum(tally.sales), 1),
                births=tally.births,
                undone=tally.undone,
            )
            return state, seen

        start = self.market(language).init(env, 1, key)
        return jax.lax.scan(look, start, jnp.arange(looks))


class Tongue(eqx.Module):
    """A language and what its speakers see and do."""

    language: AbstractLanguage
    dress: Callable[[AbstractEnv], AbstractEnv] = eqx.field(static=True)
    """Blocks World as they see it."""

    def world(self, capacity: int, largest: Any, smallest: Any = 1, *, learning: bool = True) -> AbstractEnv:
        """Blocks World that pays a credit per block when all are in place, with a curriculum while learning."""
        env = BlocksWorld(capacity, largest=largest, smallest=smallest)  # pyright: ignore[reportCallIssue]
        return self.dress(Curriculum(env, threshold=PASSED) if learning else env)  # pyright: ignore[reportCallIssue] - its spaces are the world's


def lesson(state: PyTree) -> Lesson:
    """The record of the curriculum inside a state."""
    while not isinstance(state, Lesson):
        state = state.world
    return state


def _numbers(market: Any) -> tuple:
    """Where the settings of the economy are."""
    strangers, mutants = market.entry.entry.entries
    births = (strangers.chance, strangers.entry.allowance, mutants.chance, mutants.entry.allowance, mutants.entry.line)
    charges = (market.auction.share, market.levies[0].amount)
    deaths = (market.exits[0].floor, market.exits[1].ticks)
    return (*births, *charges, *deaths, market.newcomers.epsilon, market.discount, market.replay.floor)


def _curriculum(env: Any) -> Curriculum:
    while not isinstance(env, Curriculum):
        env = env.env
    return env
