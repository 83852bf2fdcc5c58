"""ZCS: rules that live by their strength, which is bid, paid on, taxed and inherited."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt32

from catallax.agents import classifiers as parts
from catallax.core import AbstractEnv, Bits, Discrete, choose, fused, uniform
from catallax.markets import Bucket, BucketFlow

BLOCK = 250
"""Ticks whose random part is dealt at once, and of which the books are kept."""


class ZCSState(NamedTuple):
    """Rules and world between two ticks."""

    rules: parts.StrengthRules
    before: Bool[Array, " rows"]
    """The action set of the tick before; nobody at the start of an episode."""
    world: PyTree
    obs: UInt32[Array, " words"]


class ZCSLuck(NamedTuple):
    """Everything random in one tick, dealt beforehand for many."""

    action: Float[Array, ""]
    cover: parts.CoverChances
    birth: parts.BirthChances
    step: Key[Array, ""]
    world: tuple[PyTree, UInt32[Array, " words"]]
    """A fresh world and what it shows, should the episode end."""


class ZCSFlow(NamedTuple):
    """Credits that entered and left the strengths; they change by the bucket's flow `+ covered - deleted`."""

    bucket: BucketFlow
    covered: Float[Array, "*ticks"]
    """Made out of nothing by covering."""
    deleted: Float[Array, "*ticks"]
    """Gone with rules that made room for others."""


class ZCS(eqx.Module):
    """The zeroth-level classifier system: the action is drawn by strength, then rules pay, are paid, are taxed and breed.

    Source: Wilson (1994).
    """

    capacity: int = eqx.field(static=True, default=400)
    """`N`: rules."""
    initial: float = 20.0
    """`S_0`: strength of a random rule at the start, credits."""
    covering: parts.StrengthCovering = parts.StrengthCovering()
    bucket: Bucket = Bucket()
    genetic: parts.PanmicticGenetic = parts.PanmicticGenetic()

    def __check_init__(self) -> None:
        if self.capacity < 3:
            raise ValueError(
                f"ZCS: capacity must be at least 3 rules, as two make room at a birth; got {self.capacity}."
            )
        if isinstance(self.initial, float | int) and not self.initial > 0:
            raise ValueError(f"ZCS: initial must be > 0 credits, got {self.initial}.")

    def init(self, key: Key[Array, ""], env: AbstractEnv) -> ZCSState:
        """Random rules, and a world to begin with.

        Raises:
            TypeError: unless the world shows bits and takes one of n actions.
        """
        bits, actions = sizes(env)
        rules, world = jax.random.split(key)
        some = parts.StrengthRules.random(
            rules, self.capacity, bits, actions, wildcard=self.covering.wildcard, strength=self.initial
        )
        return ZCSState(some, jnp.zeros(some.action.shape, bool), *env.reset(world))

    def odds(self, rules: parts.StrengthRules, matched: Bool[Array, " rows"], actions: int) -> Float[Array, " actions"]:
        """Strength behind every action, credits: actions are drawn in proportion to it.

        Args:
            rules: all rows.
            matched: the match set.
            actions: how many there are.
        """
        mine = rules.action[None, :] == jnp.arange(actions, dtype=jnp.int32)[:, None]
        return jnp.sum(jnp.where(mine & matched[None, :], rules.strength[None, :], 0.0), axis=1)

    def choices(
        self, env: AbstractEnv, rules: parts.StrengthRules, inputs: UInt32[Array, "inputs words"]
    ) -> Float[Array, "inputs actions"]:
        """Probability of every action for every input, rules left as they are; equal ones where nobody matches.

        Args:
            env: for the sizes.
            rules: one population.
            inputs: observations.
        """
        actions = sizes(env)[1]
        odds = jax.vmap(lambda obs: self.odds(rules, rules.match(obs), actions))(inputs)
        total = jnp.sum(odds, axis=1, keepdims=True)
        return jnp.where(total > 0, odds / jnp.where(total > 0, total, 1.0), 1.0 / actions)

    def tick(self, env: AbstractEnv, state: ZCSState, luck: ZCSLuck) -> tuple[ZCSState, tuple]:
        """One action in the world and what follows from it; reward, end and flow of credits beside."""
        actions = sizes(env)[1]
        covered = self.covering(luck.cover, state.rules, state.obs)
        rules, matched = covered.rules, covered.matched
        action = _drawn(self.odds(rules, matched, actions), luck.action)
        acting = matched & (rules.action == action)
        step = env.step(luck.step, state.world, action)
        # whoever took the row of a rule of the tick before has not earned its pay
        before = state.before.at[covered.row].set(False, mode="drop")
        strength, flow = self.bucket(rules.strength, matched, acting, before, step.reward)
        born = self.genetic(luck.birth, rules._replace(strength=strength), actions=actions)
        over = step.terminated | step.truncated
        acting = acting.at[born.rows].set(False, mode="drop") & ~over
        world, obs = jax.tree.map(lambda a, b: choose(over, a, b), luck.world, (step.state, step.obs))
        flow = ZCSFlow(flow, covered.made, covered.lost + born.lost)
        return ZCSState(born.rules, acting, world, obs), (step.reward, over, flow)

    def deal(self, words: UInt32[Array, " luck"], env: AbstractEnv) -> ZCSLuck:
        """Everything random about one tick, out of `words` random words."""
        bits, actions = sizes(env)
        keys = fused(jax.random.wrap_key_data(words[1:5].reshape(2, 2)))
        cover, birth = jnp.split(words[5:], [self.covering.words(bits)])
        return ZCSLuck(
            uniform(words[0]),
            self.covering.deal(cover, bits, actions),
            self.genetic.deal(birth, bits, actions),
            keys[0],
            env.reset(keys[1]),
        )

    def learn(self, key: Key[Array, ""], env: AbstractEnv, blocks: int) -> tuple[ZCSState, tuple]:
        """So many blocks of ticks.

        Args:
            key: consumed.
            env: shows bits, takes one of n actions.
            blocks: of `BLOCK` ticks each.

        Returns:
            The last state; rewards and ends of episodes by tick; flows and strength of all rules by block.
        """
        bits, _ = sizes(env)
        words = 5 + self.covering.words(bits) + self.genetic.words(bits)
        # generators written out: many of the ordinary ones take long to compile
        keys = jax.random.split(fused(key), 1 + blocks)

        def block(state: ZCSState, key: Key[Array, ""]) -> tuple[ZCSState, tuple]:
            # all words at once: a few large draws compile and run faster than many small ones
            luck = jax.vmap(lambda w: self.deal(w, env))(jax.random.bits(key, (BLOCK, words)))
            state, (rewards, over, flow) = jax.lax.scan(lambda s, x: self.tick(env, s, x), state, luck)
            return state, (rewards, over, jax.tree.map(jnp.sum, flow), jnp.sum(state.rules.strength))

        state = self.init(keys[0], env)
        first = jnp.sum(state.rules.strength)
        state, (rewards, over, flow, totals) = jax.lax.scan(block, state, keys[1:])
        return state, (rewards.reshape(-1), over.reshape(-1), flow, jnp.concatenate([first[None], totals]))


def _drawn(odds: Float[Array, " actions"], chance: Float[Array, ""]) -> Int[Array, ""]:
    """An action in proportion to its odds."""
    running = jnp.cumsum(odds)
    beyond = (running > chance * running[-1]) & (odds > 0)
    return jnp.where(jnp.any(beyond), jnp.argmax(beyond), jnp.argmax(odds)).astype(jnp.int32)


def sizes(env: AbstractEnv) -> tuple[int, int]:
    """Bits of the observation and number of actions."""
    seen, done = env.observation_space, env.action_space
    if not (isinstance(seen, Bits) and isinstance(done, Discrete)):
        raise TypeError(f"ZCS: expected a world with Bits observations and Discrete actions, got {seen} and {done}.")
    return seen.n, done.n
