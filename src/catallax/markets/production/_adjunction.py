"""Attention copies, a market splits: two layers that are each other's derivative."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production.technologies import known


def attention_weights(
    scores: Float[Array, "*heads readers tokens"], temperature: float | Float[Array, ""] = 1.0
) -> Float[Array, "*heads readers tokens"]:
    """`P = softmax(scores / temperature)` by rows; the temperature of attention, `sqrt(d)`, and that of clearing are one dial.

    Args:
        scores: axes `[*heads, readers, tokens]`, in the unit of the temperature.
        temperature: a number above 0.

    >>> [round(float(share), 3) for share in attention_weights(jnp.array([[2.0, 0.5, -1.0]]))[0]]
    [0.786, 0.175, 0.039]
    """
    return jax.nn.softmax(scores / temperature, axis=-1)


class AttentionLayer(eqx.Module):
    """`o = P v`: every token reads an average of the values; goods are copied, and a constant passes as it is.

    >>> layer = AttentionLayer(jnp.array([[0.5, 0.5], [0.0, 1.0]]))
    >>> layer(jnp.array([[2.0], [4.0]])).tolist(), layer.adjoint(jnp.array([[2.0], [4.0]])).tolist()
    ([[3.0], [4.0]], [[1.0], [5.0]])
    """

    weights: Float[Array, "*heads readers tokens"]
    """`P`; rows add up to 1."""

    def __check_init__(self) -> None:
        _stochastic("AttentionLayer", self.weights)

    def __call__(self, values: Float[Array, "*heads tokens width"]) -> Float[Array, "*heads readers width"]:
        """Averages."""
        return self.weights @ values

    @property
    def adjoint(self) -> RoutingLayer:
        """The market whose forward pass is this layer's backward pass."""
        return RoutingLayer(self.weights)


class RoutingLayer(eqx.Module):
    """`x = P^T y`: every seller splits its goods; what is there is conserved, and prices run back as averages, `P lambda`."""

    shares: Float[Array, "*heads sellers buyers"]
    """`P`; rows, those of sellers, add up to 1."""

    def __check_init__(self) -> None:
        _stochastic("RoutingLayer", self.shares)

    def __call__(self, goods: Float[Array, "*heads sellers width"]) -> Float[Array, "*heads buyers width"]:
        """Goods by buyer."""
        return jnp.swapaxes(self.shares, -1, -2) @ goods

    @property
    def adjoint(self) -> AttentionLayer:
        """The attention whose forward pass is this layer's backward pass: prices of sellers from prices of buyers."""
        return AttentionLayer(self.shares)


def _stochastic(part: str, table: Array) -> None:
    if known(table) and not bool(jnp.all((table >= 0) & (jnp.abs(jnp.sum(table, -1, keepdims=True) - 1) < 1e-4))):
        raise ValueError(f"{part}: expected rows of weights that are at least 0 and add up to 1.")
