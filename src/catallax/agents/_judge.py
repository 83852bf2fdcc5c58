"""The networks of a bidder, and what they say of an observation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.agents import _beta as beta
from catallax.agents._convolution import Picture

Layers = tuple[tuple[Array, Array], ...]
"""Weights (axes: in, out) and biases, input first."""
Activation = Callable[[Array], Array]

_SELECTS, _PRODUCT = 32, 128
"""Up to how many observations selects and products beat lookups and scatters, which are serial."""


class Nets(NamedTuple):
    """What a bidder learns."""

    policy: Layers | Picture
    """To the two heads of the bid distribution."""
    value: Layers | Picture
    """To the expected utility, in bid scales."""


class Judgement(NamedTuple):
    """The networks at some observations, leading axis `samples` or `obs`."""

    a: Array
    b: Array
    normaliser: Array
    """`log B(a, b)`."""
    entropy: Array
    value: Array


def judge(nets: Nets, inputs: Array, activation: Activation, table: int | None = None) -> Judgement:
    """The networks at each row of inputs.

    With few observations (`table` of them) they are judged once each and looked up:
    the special functions then cost nothing per row.
    """
    if table is None:
        return judge_each(nets, inputs, activation)
    return Judgement(*lookup(jnp.stack(judge_each(nets, None, activation)), inputs, table))


def lookup(columns: Array, index: Array, table: int | None) -> Float[Array, "columns samples"]:
    """Each row's column of the table."""
    if table is None:
        return columns
    if table > _SELECTS:
        return columns[:, index]
    out = columns[:, :1]
    for k in range(1, table):
        out = jnp.where(index[None] == k, columns[:, k, None], out)
    return jnp.broadcast_to(out, (columns.shape[0], index.shape[0]))


def collect(slopes: Array, index: Array, table: int | None) -> Float[Array, "columns obs"]:
    """The transpose of `lookup`: rows summed by observation."""
    if table is None:
        return slopes
    if table > _PRODUCT:
        return jnp.zeros((slopes.shape[0], table)).at[:, index].add(slopes)
    return jax.lax.optimization_barrier(slopes) @ jax.nn.one_hot(index, table)


def judge_each(nets: Nets, inputs: Array | None, activation: Activation) -> Judgement:
    """The networks at each row of inputs, `None` for every discrete observation in order."""
    a, b = shape_parameters(nets.policy, inputs, activation)
    value = forward(nets.value, inputs, activation)[..., 0]
    return Judgement(a, b, beta.log_normaliser(a, b), beta.entropy(a, b), value)


def shape_parameters(policy: Layers | Picture, inputs: Array | None, activation: Activation) -> tuple[Array, Array]:
    """`a = mean * nu` and `b = (1 - mean) * nu`, with `mean` a sigmoid and `nu` a softplus, 1 and 1 at the start."""
    out = forward(policy, inputs, activation)
    nu = jax.nn.softplus(out[..., 1] + 1.8544709) + 1e-4
    shares = jax.nn.sigmoid(out[..., 0]), jax.nn.sigmoid(-out[..., 0])
    # as the sampler takes them; beyond, log B overflows and its gradient is not a number
    a, b = (jnp.clip(share * nu, beta.SMALLEST, beta.LARGEST) for share in shares)
    return a, b


def log_density(judged: Judgement, log_x: Array, log_rest: Array) -> Array:
    """`(a - 1) log x + (b - 1) log(1 - x) - log B(a, b)`, for bids as shares `x` of the bid scale."""
    return (judged.a - 1) * log_x + (judged.b - 1) * log_rest - judged.normaliser


def forward(layers: Layers | Picture, inputs: Array | None, activation: Activation) -> Array:
    """Outputs of a network; integer inputs stand for one-hot rows, `None` for all of them in order."""
    if isinstance(layers, Picture):
        assert inputs is not None
        return forward(layers.layers, layers.features(inputs, activation), activation)
    weight, bias = layers[0]
    if inputs is None:
        out = weight
    elif jnp.issubdtype(inputs.dtype, jnp.integer):
        out = weight[inputs]
    else:
        out = inputs @ weight
    out = out + jnp.broadcast_to(bias, out.shape)
    for weight, bias in layers[1:]:
        out = activation(out) @ weight
        out = out + jnp.broadcast_to(bias, out.shape)
    return out
