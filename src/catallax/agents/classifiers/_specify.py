"""Help against rules that are too general: one of them is given a more special child."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents._rule import pack
from catallax.agents._settings import at_least, share
from catallax.agents.classifiers._deletion import Deletion
from catallax.agents.classifiers._draw import draw
from catallax.agents.classifiers._rows import Classifiers, newborn
from catallax.core import split_by


class SpecialChances(NamedTuple):
    """Everything random in one call, dealt beforehand."""

    parent: Float[Array, ""]
    kept: UInt32[Array, " words"]
    """Places where a `#` of the parent takes the observation's bit."""
    deleted: Float[Array, " one"]


class AbstractSpecify(eqx.Module):
    """What an action set of large errors does about them."""

    def deal(self, key: Key[Array, ""], bits: int) -> SpecialChances | None:
        """The random part of one call; none by default.

        Args:
            key: consumed.
            bits: length of the condition.
        """
        return None

    def __call__(
        self,
        chances: SpecialChances | None,
        rules: Classifiers,
        chosen: Bool[Array, " rows"],
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        *,
        capacity: int,
        deletion: Deletion,
    ) -> Classifiers:
        """The rules afterwards; unchanged by default.

        Args:
            chances: from `deal`.
            rules: all rows.
            chosen: the action set.
            obs: the situation.
            time: so far, in the units of `Classifiers.stamp`.
            capacity: copies that the population may hold.
            deletion: makes room.
        """
        return rules


class NoSpecify(AbstractSpecify):
    """Nothing."""


class Specify(AbstractSpecify):
    """Where the mean error of an experienced action set is twice that of the population, a rule of it gets a special child.

    Where `mean of experience >= N` and `mean of eps in [A] >= times * mean of eps in [P]`, a parent is drawn from [A] in
    proportion to `eps`, and each `#` of its child becomes the observation's bit with probability `p`.
    Means are over copies.

    Source: Lanzi (1997, 1999), operator Specify; its constants (20 updates, twice, one half) are recalled.
    """

    experience: float = 20.0
    """`N`: updates that the action set must have seen on average."""
    times: float = 2.0
    """How much worse than the population it must be."""
    probability: float = 0.5
    """`p`, for every `#`."""
    inherit: float = 0.1
    """Share of the parent's fitness that the child starts with; our choice, as in `Genetic`."""

    def __check_init__(self) -> None:
        at_least("Specify", 0, experience=self.experience, times=self.times)
        share("Specify", inherit=self.inherit)
        if isinstance(self.probability, float | int) and not 0 < self.probability <= 1:
            raise ValueError(f"Specify: probability must lie in (0, 1], got {self.probability}.")

    def deal(self, key: Key[Array, ""], bits: int) -> SpecialChances:
        """See `AbstractSpecify.deal`."""
        parent, places, rooms = split_by(key, "parent", "places", "rooms")
        return SpecialChances(
            jax.random.uniform(parent),
            pack(jax.random.bernoulli(places, self.probability, (bits,))),
            jax.random.uniform(rooms, (1,)),
        )

    def __call__(
        self,
        chances: SpecialChances | None,
        rules: Classifiers,
        chosen: Bool[Array, " rows"],
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        *,
        capacity: int,
        deletion: Deletion,
    ) -> Classifiers:
        """See `AbstractSpecify.__call__`."""
        assert chances is not None
        copies = rules.numerosity.astype(jnp.float32)
        own = jnp.where(chosen, copies, 0.0)
        many, all_copies = jnp.sum(own), jnp.maximum(jnp.sum(copies), 1.0)
        worse = jnp.sum(own * rules.error) * all_copies >= self.times * many * jnp.sum(copies * rules.error)
        due = (many > 0) & worse & (jnp.sum(own * rules.experience) >= self.experience * many)
        weights = own * rules.error
        due &= jnp.sum(weights) > 0
        parent = rules.row(draw(weights, chances.parent))
        care = parent.care | chances.kept
        due &= jnp.any(care != parent.care)  # else there is nothing to make more special
        child = newborn(
            obs & care, care, parent.action, parent.prediction, parent.error,
            self.inherit * parent.fitness / jnp.maximum(parent.numerosity, 1).astype(jnp.float32), parent.niche, time,
        )  # fmt: skip
        rules = rules.add(child, *rules.find(child), due)
        return deletion(rules, chances.deleted, capacity)
