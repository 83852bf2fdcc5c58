"""Who may bid during an episode: agent dropout, clones and all."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key, PyTree

from catallax.core import Cohort, choose, split_by

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


class AbstractAttendance(eqx.Module):
    """Who takes part in an episode of one instance; drawn anew whenever its world is reset."""

    @abc.abstractmethod
    def draw(self, key: Key[Array, ""], living: Bool[Array, " individuals"]) -> Bool[Array, " individuals"]:
        """Who is present, among the individuals (with all their clones) of which one at least lives."""


class AgentDropout(AbstractAttendance):
    """Of N living individuals `n ~ Uniform{0, …, N - 2}`, drawn evenly, stay away for a whole episode.

    Their clones stay away too, so that nobody can buy the world with their
    policy; at least two bid against each other. Who is away learns nothing.
    Agents that seldom win are thus tried in the absence of better ones.

    >>> dropout = AgentDropout()
    >>> int(dropout.draw(jax.random.key(1), jnp.ones(6, bool)).sum()) in range(2, 7)
    True

    Source: Chang et al. (2020), option `ado`.
    """

    def draw(self, key: Key[Array, ""], living: Bool[Array, " individuals"]) -> Bool[Array, " individuals"]:
        """See `AbstractAttendance.draw`."""
        number_key, who_key = split_by(key, "number", "who")
        count = jnp.sum(living, dtype=jnp.int32)
        away = jax.random.randint(number_key, (), 0, jnp.maximum(count - 1, 1), jnp.int32)
        lot = jnp.where(living, jax.random.uniform(who_key, living.shape), jnp.inf)
        return living & (_places(lot) >= away)


def attend(
    market: DeepMarket, cohorts: tuple[Cohort, ...], keys: Key[Array, " instances"]
) -> Bool[Array, "instances agents"] | tuple[()]:
    """Slots that may bid in each instance; nothing where everybody always may."""
    if market.attendance is None:
        return ()
    rule = market.attendance
    living = jnp.concatenate([jnp.any(c.alive.reshape(-1, c.clones), axis=1) for c in cohorts])
    clones = [c.clones for c in cohorts for _ in range(c.capacity // c.clones)]

    def one(key: Key[Array, ""]) -> Bool[Array, " agents"]:
        present = rule.draw(split_by(key, "attendance")[0], living)
        return jnp.repeat(present, jnp.asarray(clones), total_repeat_length=sum(clones))

    return jax.vmap(one)(keys)


def attend_again(
    market: DeepMarket,
    cohorts: tuple[Cohort, ...],
    keys: Key[Array, " instances"],
    reset: Bool[Array, " instances"],
    present: PyTree,
) -> PyTree:
    """The same, drawn anew where a world was reset."""
    fresh = attend(market, cohorts, keys)
    return jax.tree.map(lambda new, old: choose(reset, new, old), fresh, present)


def _places(lot: Array) -> Int[Array, " individuals"]:
    """Place of each in ascending order, from 0."""
    order = jnp.argsort(lot)
    return jnp.zeros(lot.shape, jnp.int32).at[order].set(jnp.arange(lot.shape[0], dtype=jnp.int32))
