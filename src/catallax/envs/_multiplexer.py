"""The multiplexer: address bits choose the data bit that must be told."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, UInt32

from catallax.core import AbstractEnv, Bits, Discrete, Step


class Multiplexer(AbstractEnv):
    """`k + 2**k` random bits; the right answer is the data bit that the first k bits address.

    Every problem is one tick; the right answer pays `payoff` credits, the wrong
    one nothing. The first address bit is the most significant.

    Source: Wilson (1987); payoff 1000 in the classifier literature.
    """

    address_bits: int = eqx.field(static=True, default=2)
    payoff: float = 1.0
    discount: float = 0.0

    def __check_init__(self) -> None:
        if not 1 <= self.address_bits <= 5:
            raise ValueError(f"Multiplexer: address_bits must lie between 1 and 5, got {self.address_bits}.")

    @property
    def observation_space(self) -> Bits:
        """All bits, address first."""
        return Bits(self.address_bits + (1 << self.address_bits))

    @property
    def action_space(self) -> Discrete:
        """The answer."""
        return Discrete(2)

    def reset(self, key: Key[Array, ""]) -> tuple[UInt32[Array, " words"], UInt32[Array, " words"]]:
        """Draw a problem; state and observation are the same."""
        space = self.observation_space
        problem = jax.random.bits(key, (space.words,), jnp.uint32)
        unused = space.words * 32 - space.n
        problem = problem.at[-1].set(problem[-1] >> unused)
        return problem, problem

    def answer(self, problem: UInt32[Array, " words"]) -> Array:
        """The addressed data bit."""
        k = self.address_bits
        address = sum(((problem[0] >> i) & 1) << (k - 1 - i) for i in range(k))
        place = (jnp.asarray(address) + k).astype(jnp.uint32)
        return (problem[place // 32] >> (place % 32)) & 1

    def step(self, key: Key[Array, ""], state: UInt32[Array, " words"], action: Array) -> Step:
        """Judge the answer and end."""
        right = self.answer(state) == action.astype(jnp.uint32)
        return Step(state, state, jnp.where(right, self.payoff, 0.0), jnp.asarray(True), jnp.asarray(False), {})
