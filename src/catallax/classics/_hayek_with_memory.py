"""Hayek with memory: Post systems that bid, act and write into a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from catallax.agents import Idle, MutateTheRich, Outbid, PoorerThan, ReplaceTheBroke, Seasons
from catallax.agents._settings import share
from catallax.agents.languages import PostSystems, Signs, Tabulated, TabulatedPost
from catallax.auctions import FirstPrice, Subsidised
from catallax.classics._per_seed import PerSeed
from catallax.classics._played import played
from catallax.core import AbstractEnv, Cohort, Discrete, split_by
from catallax.envs import Register
from catallax.levies import ComputationTax
from catallax.markets import DeepMarket, MarketState, policy_of, raise_fault


class HayekWithMemory(eqx.Module):
    """A society of Post systems, and a register that they may read and write.

    An agent bids what the market set when it first found a match, the highest bid
    wins and is paid to the last owner, steps of computing are taxed, and who has lost a
    little of its endowment, or has not won for long, leaves. Mutants of the rich and
    wholly new systems take the free places, season by season. The observation is `(what
    is seen, symbol)`, the action `(move, write or leave)`.

    Source: Kwee, Hutter and Schmidhuber (2001); every size and amount is ours.
    """

    symbols: int = eqx.field(static=True, default=2)
    """Of the register; 0 for none."""
    agents: int = eqx.field(static=True, default=128)
    """Wanted population."""
    instances: int = eqx.field(static=True, default=32)
    """Worlds that share the population."""
    rules: int = eqx.field(static=True, default=2)
    """Of an agent."""
    width: int = eqx.field(static=True, default=2)
    """Longest side of a rule."""
    fresh: float = eqx.field(static=True, default=0.5)
    """Share of newborns that are no mutants."""
    births: int = eqx.field(static=True, default=4)
    """Per tick, in a season's first ticks."""
    season: int = eqx.field(static=True, default=8)
    """Ticks with births."""
    rest: int = eqx.field(static=True, default=24)
    """Ticks without."""
    idle: int = eqx.field(static=True, default=600)
    """Ticks without a win after which an agent leaves."""
    endowment: float = eqx.field(static=True, default=1.5)
    """Credits per instance at birth, from the house."""
    share: float = eqx.field(static=True, default=0.97)
    """Share of its endowment below which an agent leaves."""
    epsilon: float = eqx.field(static=True, default=0.03)
    """How much a newcomer outbids the best competing bid, credits."""
    tax: float = eqx.field(static=True, default=1e-5)
    """Credits per step of computing."""
    earn_out: Any = 0.0
    """Share of its gain that a buyer passes back to its seller; 0 leaves a writer with the price alone."""
    subsidy: Any = 0.0
    """Share of every price that the house pays; 0 conserves money."""

    def world(self, env: AbstractEnv) -> AbstractEnv:
        """The world with its register."""
        return Register(env, self.symbols) if self.symbols else env  # pyright: ignore[reportCallIssue] - made by equinox

    def language(self, env: AbstractEnv) -> Tabulated:
        """Post systems over the letters of a world."""
        seen, moves = env.observation_space, env.action_space
        if not (isinstance(seen, Discrete) and isinstance(moves, Discrete)):
            raise ValueError(f"HayekWithMemory: needs Discrete observations and actions, got {seen} and {moves}.")
        signs = Signs(seen.n, moves.n, self.symbols)
        systems = PostSystems(signs, rules=self.rules, width=self.width, fresh=self.fresh)
        return Tabulated(systems, signs.observations, drafts=4)

    def market(self, env: AbstractEnv, key: Key[Array, ""]) -> DeepMarket:
        """A market of random systems."""
        language = self.language(env)
        drawn = jax.vmap(language.random)(jax.random.split(key, self.agents))
        births = ReplaceTheBroke(MutateTheRich(language.mutate, self.endowment, 2 * self.births), self.agents)
        market = DeepMarket(
            Cohort(drawn, jnp.ones(self.agents, bool), self.endowment),
            Subsidised(FirstPrice(), 0.0),
            (ComputationTax(self.tax),),
            entry=Seasons(births, self.season, self.rest),
            exits=(PoorerThan(self.share), Idle(self.idle)),
            newcomers=Outbid(self.epsilon),
            round_ticks=2,
            earn_out=0.0,
        )
        # put in afterwards, since they may be arrays
        return eqx.tree_at(lambda m: (m.auction.share, m.earn_out), market, (self.subsidy, self.earn_out))

    def learn(
        self, env: AbstractEnv, key: Key[Array, ""], looks: int, seasons: int, episodes: int
    ) -> tuple[MarketState, Float[Array, " looks"]]:
        """One society from its birth; success at each look, taken at the end of a rest.

        Args:
            env: the world without the register.
            key: consumed.
            looks: how often success is measured.
            seasons: between two looks.
            episodes: played at each look by the agents that have lost nothing so far; the others
                act where none of these bids.
        """
        world = self.world(env)
        birth, begin, run, play = split_by(key, "society", "world", "run", "play")
        market = self.market(env, birth)
        rounds = seasons * (self.season + self.rest) // market.round_ticks

        def look(state: MarketState, number: Array) -> tuple[MarketState, Array]:
            state, _ = jax.lax.scan(lambda s, _: (market.round(world, s, run)[0], None), state, None, length=rounds)
            proven = state.ledger.wealth >= state.lives.endowment
            policy = policy_of(market, state)
            policy = eqx.tree_at(lambda p: p.caps, policy, jnp.where(proven, policy.caps, 0.0))
            totals, _ = played(policy, world, jax.random.fold_in(play, number), episodes)
            return state, jnp.mean(totals > 0)

        return jax.lax.scan(look, market.init(world, self.instances, begin), jnp.arange(looks))


@dataclass(frozen=True)
class Remembering:
    """What the societies have learned."""

    system: HayekWithMemory
    env: AbstractEnv
    state: MarketState
    """At the end; leading axis `seeds`."""
    curve: Float[np.ndarray, "seeds looks"]
    """Share of the episodes that earned something."""
    ticks: int
    """Of each society, over all its worlds."""

    @property
    def success(self) -> PerSeed:
        """Mean over the last quarter of the looks."""
        return PerSeed(self.curve[:, -max(1, self.curve.shape[1] // 4) :].mean(1))

    def agents(self, seed: int = 0, limit: int = 8) -> str:
        """The richest agents of a seed: wealth and price in credits, and their rules."""
        language = self.system.language(self.env)
        wealth = np.asarray(jax.tree.map(lambda x: x[seed], self.state.ledger).wealth)
        alive = np.asarray(self.state.cohorts[0].alive)[seed]
        lines = []
        for slot in np.argsort(np.where(alive, -wealth, np.inf))[:limit]:
            agent: TabulatedPost = jax.tree.map(lambda x, s=slot: x[seed, s], self.state.cohorts[0].individuals)
            lines.append(f"{wealth[slot]:9.2f} {float(agent.system.price):6.3f}  {language.readable(agent)}")
        return "\n".join(lines)


def hayek_with_memory(
    env: AbstractEnv,
    *,
    system: HayekWithMemory | None = None,
    looks: int = 20,
    seasons: int = 16,
    episodes: int = 200,
    seeds: int = 10,
    key: int = 0,
) -> Remembering:
    """Societies of Post systems in a world that hides things, many seeds in one `vmap`.

    Args:
        env: a world with numbered observations and actions.
        system: the society's settings.
        looks: how often success is measured, evenly.
        seasons: between two looks.
        episodes: played per look and seed.
        seeds: independent societies.
        key: seed of the whole run.

    Raises:
        ValueError: if the world's observations or actions are not numbered, or a share lies outside [0, 1].
        MarketError: if the books do not close.

    Source: Kwee, Hutter and Schmidhuber (2001). Their worlds and figures are not known to us.
    """
    system = HayekWithMemory() if system is None else system
    share("HayekWithMemory", earn_out=system.earn_out, subsidy=system.subsidy)
    # as arrays, so that the cases that are compared need one compilation
    shares = (jnp.asarray(system.earn_out, jnp.float32), jnp.asarray(system.subsidy, jnp.float32))
    loaded = eqx.tree_at(lambda s: (s.earn_out, s.subsidy), system, shares)
    state, curve = _all_seeds(loaded, env, jax.random.split(jax.random.key(key), seeds), looks, seasons, episodes)
    raise_fault(state, type(env).__name__)
    ticks = looks * seasons * (system.season + system.rest) * system.instances
    return Remembering(system, env, state, np.asarray(curve), ticks)


@eqx.filter_jit
def _all_seeds(
    system: HayekWithMemory, env: AbstractEnv, keys: Key[Array, " seeds"], looks: int, seasons: int, episodes: int
) -> tuple[MarketState, Float[Array, "seeds looks"]]:
    return jax.vmap(lambda key: system.learn(env, key, looks, seasons, episodes))(keys)
