"""SCS: rules that read and post messages, bid for the right to, and pay those whose messages they read."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt32

from catallax.agents import classifiers as parts
from catallax.agents._settings import share
from catallax.core import AbstractEnv, Bits, Discrete, choose, fused, uniform
from catallax.markets import SupplierBrigade


class SCSState(NamedTuple):
    """Rules, message list and world between two cycles."""

    rules: parts.MessageRules
    messages: parts.Messages
    world: PyTree


class SCSLuck(NamedTuple):
    """Everything random in one cycle, dealt beforehand for many."""

    noise: Float[Array, " rows"]
    action: Float[Array, ""]
    """For what the effector does when nobody speaks to it."""
    step: Key[Array, ""]
    world: tuple[PyTree, UInt32[Array, " words"]]
    """A fresh world and what it shows, should the episode end."""


class SCS(eqx.Module):
    """The simple classifier system: match, auction of the message slots, effector, bucket brigade, and every so often a generation.

    Messages have one letter more than the observation has bits: the first is 1 for messages of detectors and to the
    effector, which takes its action from the letters that follow. Of several rules that speak to it, the
    highest effective bid decides. When an episode ends, and after a generation, the list is wiped.

    Source: Holland (1986); Goldberg (1989), appendix D.
    """

    capacity: int = eqx.field(static=True, default=400)
    """Rules."""
    conditions: int = eqx.field(static=True, default=1)
    """Of every rule."""
    slots: int = eqx.field(static=True, default=1)
    """`m`: messages that can be posted in a cycle; one is a plain auction."""
    period: int = eqx.field(static=True, default=250)
    """`T_ga`: cycles from generation to generation."""
    wildcard: float = 0.33
    """Probability of `#` in random rules."""
    initial: float = 10.0
    """Strength of a random rule, credits."""
    wiring: parts.AbstractWiring = parts.Reflexes()
    brigade: SupplierBrigade = SupplierBrigade()
    genetic: parts.CrowdingGenetic = parts.CrowdingGenetic()

    def __check_init__(self) -> None:
        for name in ("capacity", "conditions", "slots", "period"):
            if getattr(self, name) < 1:
                raise ValueError(f"SCS: {name} must be at least 1, got {getattr(self, name)}.")
        share("SCS", wildcard=self.wildcard)
        if isinstance(self.initial, float | int) and not self.initial > 0:
            raise ValueError(f"SCS: initial must be > 0 credits, got {self.initial}.")

    def tick(self, env: AbstractEnv, state: SCSState, luck: SCSLuck) -> tuple[SCSState, tuple]:
        """One cycle; reward, end and flow of credits beside."""
        length, actions = sizes(env)
        rules, messages = state.rules, state.messages
        hits = rules.hits(messages)
        matched = jnp.all(jnp.any(hits, axis=2), axis=0)
        rows = jnp.arange(matched.shape[0])
        specificity = rules.specificity(length)
        standing = jnp.where(matched, self.brigade.effective(rules.strength, specificity, luck.noise), -jnp.inf)
        places, won = [], jnp.zeros(matched.shape, bool)
        for _ in range(self.slots):
            places.append(jnp.argmax(jnp.where(won, -jnp.inf, standing)))
            won = won | ((rows == places[-1]) & matched)
        places = jnp.stack(places)
        said = jnp.stack([rules.say(place, hits, messages) for place in places])
        # a row that stands in two slots for want of others is heard once
        first = jnp.argmax(places[:, None] == places[None], axis=1) == jnp.arange(self.slots)
        heard = won[places] & first
        speaks = heard & ((said & 1) == 1)
        told = (said >> 1).astype(jnp.int32) % (1 << max(1, (actions - 1).bit_length())) % actions
        alone = jnp.floor(luck.action * actions).astype(jnp.int32)
        action = jnp.where(jnp.any(speaks), told[jnp.argmax(speaks)], alone)
        drove = jnp.any((rows[:, None] == places[None]) & (speaks & (told == action))[None], axis=1)
        step = env.step(luck.step, state.world, action)
        used = jnp.any(hits, axis=0) & matched[:, None]
        bids = self.brigade.bids(rules.strength, specificity)
        strength, flow = self.brigade.settle(rules.strength, bids, used, won, messages.sender, drove, step.reward)
        over = step.terminated | step.truncated
        world, obs = jax.tree.map(lambda a, b: choose(over, a, b), luck.world, (step.state, step.obs))
        posted = heard & ((said & 1) == 0) & ~over
        return SCSState(rules._replace(strength=strength), _list(obs, said, places, posted), world), (step.reward, over, flow)  # fmt: skip

    def learn(
        self, key: Key[Array, ""], env: AbstractEnv, blocks: int, rules: parts.MessageRules | None = None
    ) -> tuple[SCSState, tuple]:
        """So many generations.

        Args:
            key: consumed.
            env: shows bits, takes one of n actions.
            blocks: of `period` cycles each, a generation after each.
            rules: to begin with; by default random ones.

        Returns:
            The last state; rewards and ends of episodes by cycle; flows and strength of all rules by block.
        """
        length, _ = sizes(env)
        # generators written out: many of the ordinary ones take long to compile
        keys = jax.random.split(fused(key), blocks + 2)
        if rules is None:
            rules = self.wiring.dress(
                parts.MessageRules.random(
                    keys[0], self.capacity, length, self.conditions, wildcard=self.wildcard, strength=self.initial
                )
            )
        rows, capacity = rules.strength.shape[0], self.capacity
        world, obs = env.reset(keys[1])
        nobody = jnp.zeros(self.slots, jnp.int32)
        none = jnp.zeros(self.slots, bool)
        words = self.genetic.words(self.conditions + 1, length)
        matings = self.genetic.matings(capacity)

        def deal(luck: UInt32[Array, " five"], noise: Float[Array, " rows"]) -> SCSLuck:
            pair = fused(jax.random.wrap_key_data(luck[1:].reshape(2, 2)))
            return SCSLuck(noise, uniform(luck[0]), pair[0], env.reset(pair[1]))

        def block(state: SCSState, key: Key[Array, ""]) -> tuple[SCSState, tuple]:
            cycles, noise, births = jax.random.split(key, 3)
            dealt = jax.random.bits(cycles, (self.period, 5)), jax.random.normal(noise, (self.period, rows))
            state, (rewards, over, flow) = jax.lax.scan(
                lambda s, x: self.tick(env, s, x), state, jax.vmap(deal)(*dealt)
            )
            luck = jax.random.bits(births, (matings, words))
            born = self.genetic(luck, state.rules, capacity=capacity, length=length, open=self.wiring.open(length))
            # rows have changed hands: messages of the old ones have no sender any more
            wiped = state.messages._replace(posted=state.messages.posted & (jnp.arange(self.slots + 1) == 0))
            flow = (jax.tree.map(jnp.sum, flow), born.made, born.lost)
            return SCSState(born.rules, wiped, state.world), (rewards, over, flow, jnp.sum(born.rules.strength))

        first = jnp.sum(rules.strength)
        state = SCSState(rules, _list(obs, nobody.astype(jnp.uint32), nobody, none), world)
        state, (rewards, over, flow, totals) = jax.lax.scan(block, state, keys[2:])
        return state, (rewards.reshape(-1), over.reshape(-1), flow, jnp.concatenate([first[None], totals]))


def _list(
    obs: UInt32[Array, " words"], said: UInt32[Array, " slots"], places: Int[Array, " slots"], posted: Bool[Array, " slots"]
) -> parts.Messages:  # fmt: skip
    """The message list of the next cycle, the detectors' message first."""
    return parts.Messages(
        jnp.concatenate([(obs[:1] << 1) | 1, said]),
        jnp.concatenate([jnp.zeros(1, jnp.int32), places.astype(jnp.int32)]),
        jnp.concatenate([jnp.ones(1, bool), posted]),
    )


def sizes(env: AbstractEnv) -> tuple[int, int]:
    """Letters of a message and number of actions."""
    seen, done = env.observation_space, env.action_space
    if not (isinstance(seen, Bits) and isinstance(done, Discrete) and seen.n <= 31):
        raise TypeError(f"SCS: expected a world with at most 31 Bits and Discrete actions, got {seen} and {done}.")
    return seen.n + 1, done.n
