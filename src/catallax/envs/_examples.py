"""Labelled examples as a world: look at one, name its label."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, UInt32

from catallax.core import AbstractEnv, Bits, Discrete, Step


class Examples(AbstractEnv):
    """Each problem is one example, drawn evenly; its label pays `payoff` credits, another one nothing.

    Rows from `count` on are padding, so that tables of many lengths share a
    compiled program.
    """

    inputs: UInt32[Array, "rows words"]
    """Packed bits."""
    labels: Int[Array, " rows"]
    count: Int[Array, ""]
    """Rows that are examples."""
    bits: int = eqx.field(static=True)
    actions: int = eqx.field(static=True)
    """How many labels there are."""
    payoff: float = 1.0
    discount: float = 0.0

    def __check_init__(self) -> None:
        if self.inputs.shape != (self.labels.shape[0], Bits(self.bits).words):
            raise ValueError(
                f"Examples: expected inputs with axes {(self.labels.shape[0], Bits(self.bits).words)} "
                f"for {self.bits} bits, got {self.inputs.shape}."
            )

    @property
    def observation_space(self) -> Bits:
        """The bits of an example."""
        return Bits(self.bits)

    @property
    def action_space(self) -> Discrete:
        """The labels."""
        return Discrete(self.actions)

    def reset(self, key: Key[Array, ""]) -> tuple[Int[Array, ""], UInt32[Array, " words"]]:
        """Draw an example; the state is its row."""
        row = jax.random.randint(key, (), 0, self.count)
        return row, self.inputs[row]

    def step(self, key: Key[Array, ""], state: Int[Array, ""], action: Int[Array, ""]) -> Step:
        """Judge the label and end."""
        right = self.labels[state] == action
        return Step(
            state, self.inputs[state], jnp.where(right, self.payoff, 0.0), jnp.asarray(True), jnp.asarray(False), {}
        )
