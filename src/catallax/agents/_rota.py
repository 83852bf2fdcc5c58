"""Entry in turn: everybody enters, and enters again and again, at the pace of a schedule."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.agents._entry import house_born
from catallax.agents._family import AbstractFamily
from catallax.agents._settings import at_least
from catallax.core import AbstractEntry, Newborns, Population


class Turns(NamedTuple):
    """Where a rota stands."""

    turn: Int[Array, ""]
    """Births so far."""
    owed: Float[Array, ""]
    """Births granted, but still to come."""
    round: Int[Array, ""]
    order: Int[Array, " members"]


class Rota(AbstractEntry):
    """All members of a family enter in a random order, over and over; up to round n there are `size + sum_(m <= n) pace m^-exponent` births.

    First everybody has a turn, as quickly as `per_round` allows, then everybody again at the pace of the schedule. For exponents
    up to 1 no member is shut out for good by bad luck, as it enters again without end; above 0 what newborns are granted is less
    and less per round. This is what the allowances of boundedly rational inductive agents ask for, with whole
    endowments in place of small change: in a market that agents enter one by one, an allowance that buys nothing is no chance.

    Source: after Oesterheld, Demski and Conitzer (2023), "A theory of bounded inductive rationality", and the remark after
    Definition 2.1 of Pallavi Sudhir and Tran-Thanh (2025).
    """

    family: AbstractFamily
    allowance: float | Float[Array, ""]
    """Credits each newborn gets from the house, per instance."""
    pace: float | Float[Array, ""] = 1.0
    """Births of the schedule in the first round."""
    exponent: float | Float[Array, ""] = 0.5
    """Below 0 the pace grows, at 0 it stays, above 0 it falls, above 1 the number of births is bounded."""
    per_round: int = eqx.field(static=True, default=1)
    """Most births in one round; what is granted beyond comes later."""

    def __check_init__(self) -> None:
        at_least("Rota", 0, allowance=self.allowance, pace=self.pace)
        at_least("Rota", 1, per_round=self.per_round)

    def init(self, key: Key[Array, ""]) -> Turns:
        """The order is drawn."""
        zero, size = jnp.zeros((), jnp.int32), self.family.size
        return Turns(zero, jnp.asarray(size, jnp.float32), zero, jax.random.permutation(key, size).astype(jnp.int32))

    def newborns(self, key: Key[Array, ""], state: Turns, population: Population) -> tuple[Turns, Newborns]:
        """The next in turn; turns advance only by as many as find a free slot."""
        number = state.round + 1
        owed = state.owed + self.pace * number.astype(jnp.float32) ** -self.exponent
        coming = jnp.minimum(owed.astype(jnp.int32), self.per_round)
        places = (state.turn + jnp.arange(self.per_round, dtype=jnp.int32)) % self.family.size
        individuals = jax.vmap(self.family.individual)(state.order[places])
        born = jnp.minimum(jnp.sum(~population.alive, dtype=jnp.int32), coming)
        valid = jnp.arange(self.per_round) < coming
        return Turns(state.turn + born, owed - born, number, state.order), house_born(
            individuals, self.allowance, valid
        )
