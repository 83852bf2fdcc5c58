"""A rule for a situation that nobody knows."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents._rule import pack
from catallax.agents._settings import at_least
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._prediction import advocated
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.core import split_by


class Covering(eqx.Module):
    """While an action lacks a rule that matches: one made from the observation, each place `#` with probability `wildcard`.

    Source: Wilson (1995), section 3.4; Butz and Wilson (2001), with `theta_mna` the number of actions.
    """

    wildcard: float | Float[Array, " bits"] = 0.33
    """`P#`, the same in all places or one for each."""
    prediction: float = 10.0
    """`p_I`, in units of reward."""
    error: float = 0.0
    """`eps_I`, in units of reward."""
    fitness: float = 0.01
    """`F_I`."""

    def __check_init__(self) -> None:
        if isinstance(self.wildcard, float | int) and not 0 <= self.wildcard <= 1:
            raise ValueError(f"Covering: wildcard must be a probability, got {self.wildcard}.")
        at_least("Covering", 0, error=self.error)
        if isinstance(self.fitness, float | int) and not self.fitness > 0:
            raise ValueError(f"Covering: fitness must be > 0, as predictions are weighted by it; got {self.fitness}.")

    def __call__(
        self,
        key: Key[Array, ""],
        rules: Classifiers,
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        *,
        bits: int,
        actions: int,
        capacity: int,
        deletion: Deletion,
    ) -> tuple[Classifiers, Bool[Array, " rows"]]:
        """The rules, with one at least for every action in this situation, and the match set.

        Args:
            key: consumed.
            rules: all rows.
            obs: the situation.
            time: problems so far.
            bits: length of the condition.
            actions: how many there are.
            capacity: copies that the population may hold.
            deletion: makes room.
        """

        def missing(rules: Classifiers, matched: Array) -> Array:
            return ~advocated(rules, matched, actions)

        def lacking(carry: tuple[Array, Classifiers, Array]) -> Array:
            return jnp.any(missing(*carry[1:]))

        def cover(carry: tuple[Array, Classifiers, Array]) -> tuple[Array, Classifiers, Array]:
            care_key, room_key, key = split_by(carry[0], "care", "room", "next")
            _, rules, matched = carry
            care = pack(~jax.random.bernoulli(care_key, self.wildcard, (bits,)))
            action = jnp.argmax(missing(rules, matched)).astype(jnp.int32)
            start = [jnp.asarray(x, jnp.float32) for x in (self.prediction, self.error, self.fitness, 1.0)]
            rule = newborn(obs & care, care, action, start[0], start[1], start[2], start[3], time)
            rules = rules.add(rule, *rules.find(rule), jnp.ones((), bool))
            rules = deletion(rules, jax.random.uniform(room_key, (1,)), capacity)
            return key, rules, rules.match(obs)

        # under vmap a while loop is skipped when no lane needs it; a cond never is
        return jax.lax.while_loop(lacking, cover, (key, rules, rules.match(obs)))[1:]
