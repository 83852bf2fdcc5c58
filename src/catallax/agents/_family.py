"""Countable families of agents, numbered 0, 1, 2, …"""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, UInt32

from catallax.agents._rule import Rule
from catallax.core import AbstractAgent


class AbstractFamily(eqx.Module):
    """An enumeration of agents of one kind."""

    @property
    @abc.abstractmethod
    def size(self) -> int:
        """How many members have a number of their own; larger numbers start again."""

    @abc.abstractmethod
    def individual(self, number: Int[Array, ""]) -> AbstractAgent:
        """Member `number`; traceable."""


class RuleFamily(AbstractFamily):
    """All rules over `bits` bits, `actions` actions and some prices; general before specific.

    `number = price + prices * (action + actions * condition)`, conditions sorted
    by how many places they care about. Without prices the rules are novices.

    >>> family = RuleFamily.build(bits=2, actions=2)
    >>> [family.individual(jnp.asarray(n)).condition(2) for n in (0, 2, 4)]
    ['##', '0#', '1#']
    """

    values: UInt32[Array, " conditions"]
    cares: UInt32[Array, " conditions"]
    prices: Array
    """Credits; empty for novices."""
    bits: int = eqx.field(static=True)
    actions: int = eqx.field(static=True)

    @classmethod
    def build(cls, bits: int, actions: int, prices: tuple[float, ...] = ()) -> RuleFamily:
        """List all `3**bits` conditions.

        Raises:
            ValueError: if there are more than a million of them; draw rules at random then.
        """
        if not 1 <= bits <= 12:
            raise ValueError(f"RuleFamily: 1 to 12 bits can be listed, got {bits}; use RandomBirths(RandomRules(...)).")
        conditions = [(value, care) for care in range(1 << bits) for value in _submasks(care)]
        conditions.sort(key=lambda c: (c[1].bit_count(), c[1], c[0]))
        values, cares = zip(*conditions, strict=True)
        as_array = jnp.asarray
        return cls(
            as_array(values, jnp.uint32), as_array(cares, jnp.uint32), as_array(prices, jnp.float32), bits, actions
        )

    @property
    def size(self) -> int:
        """Conditions x actions x prices."""
        return self.values.shape[0] * self.actions * max(1, self.prices.shape[0])

    def individual(self, number: Int[Array, ""]) -> Rule:
        """Rule `number % size`."""
        kinds = max(1, self.prices.shape[0])
        number = number % self.size
        which, rest = number % kinds, number // kinds
        action, condition = rest % self.actions, rest // self.actions
        priced = self.prices.shape[0] > 0
        price = self.prices[which] if priced else jnp.zeros((), jnp.float32)
        novice = jnp.asarray(not priced)
        return Rule(self.values[condition][None], self.cares[condition][None], action.astype(jnp.int32), price, novice)


class RandomRules(AbstractFamily):
    """An endless family: member n is `Rule.random(fold_in(key, n))`."""

    key: Key[Array, ""]
    wildcard: float
    bits: int = eqx.field(static=True)
    actions: int = eqx.field(static=True)

    @property
    def size(self) -> int:
        """As many as there are numbers."""
        return 2**31 - 1

    def individual(self, number: Int[Array, ""]) -> Rule:
        """Rule `number`, a novice."""
        return Rule.random(jax.random.fold_in(self.key, number), self.bits, self.actions, wildcard=self.wildcard)


def _submasks(care: int) -> list[int]:
    masks = [0]
    for i in range(care.bit_length()):
        if care >> i & 1:
            masks += [m | 1 << i for m in masks]
    return sorted(masks)
