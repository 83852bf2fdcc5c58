"""A feed-forward network as a chain of firms, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from catallax.markets.production._economy import Economy
from catallax.markets.production._nodes import Consumer, Firm, Resource
from catallax.markets.production.technologies import AbstractTechnology, Linear, ReLULinear
from catallax.markets.production.utilities import AbstractUtility

Layer = tuple[Any, Any]


def from_mlp(network: eqx.nn.MLP | Sequence[Layer], utility: AbstractUtility) -> Economy:
    """The economy whose goods are activations: resource, one firm a layer, consumer; firm `l` is node `l + 1`.

    An endowment is added after the activation and can be no bias. So one more good, the last, is passed on by every layer, and the
    biases are its column: firm `l` makes `relu([[W, b], [0, 1]] x)`, the last one without the rectifier. Quantities forward are
    activations, prices backward are their gradients, and what a firm gains by its parameters at posted prices is their gradient.

    Args:
        network: an MLP of Equinox with `relu` inside and no final activation, or pairs of weights (outputs by inputs) and biases.
        utility: of the outputs, padded with zeros to all goods; the last good is always 1.

    Returns:
        An economy without an input; `with_input` gives it one. Goods may be negative at its two ends alone.

    Raises:
        ValueError: if layers do not fit, or the network is none that `relu` layers make.
    """
    layers = _layers(network)
    width = max(max(np.shape(weights)) for weights, _ in layers) + 1
    firms = [
        Firm(_firm(weights, bias, width, last=number == len(layers) - 1))
        for number, (weights, bias) in enumerate(layers)
    ]
    edges = [(k, k + 1) for k in range(len(firms) + 1)]
    goods = [f"unit {k}" for k in range(width - 1)] + ["numeraire"]
    return Economy([Resource(np.eye(width)[-1]), *firms, Consumer(utility)], edges, goods)


def with_input(economy: Economy, values: Float[Array, " inputs"]) -> Economy:
    """The economy of `from_mlp` with an input as the resource's endowment.

    Args:
        values: axis `[inputs]`.
    """
    width = len(economy.goods)
    row = jnp.zeros(width, economy.endowment.dtype).at[: values.shape[0]].set(values).at[-1].set(1.0)
    return eqx.tree_at(lambda e: e.endowment, economy, economy.endowment.at[0].set(row))


def padded(values: Float[Array, " outputs"], economy: Economy) -> Float[Array, " goods"]:
    """A row of outputs as a bundle of all goods.

    Args:
        values: axis `[outputs]`.
    """
    return jnp.zeros(len(economy.goods), values.dtype).at[: values.shape[0]].set(values)


def _firm(weights: Any, bias: Any, width: int, *, last: bool) -> AbstractTechnology:
    rows, columns = np.shape(weights)
    matrix = np.zeros((width, width))
    matrix[:rows, :columns], matrix[:rows, -1], matrix[-1, -1] = weights, bias, 1.0
    return Linear(matrix) if last else ReLULinear(matrix)


def _layers(network: eqx.nn.MLP | Sequence[Layer]) -> list[Layer]:
    if not isinstance(network, eqx.nn.MLP):
        layers = list(network)
    else:
        probe = jnp.array([-1.0, 2.0])
        inside, outside = network.activation, network.final_activation
        try:
            fits = bool(jnp.all(jax.vmap(inside)(probe) == jax.nn.relu(probe)) & jnp.all(outside(probe) == probe))
        except Exception:  # an activation that cannot take two numbers, whatever it raises, is not relu; refused below
            fits = False
        if not fits:
            raise ValueError(
                "from_mlp: expected relu inside and no final activation; use Neural firms for other networks."
            )
        layers = [
            (layer.weight, jnp.zeros(layer.weight.shape[0]) if layer.bias is None else layer.bias)
            for layer in network.layers
        ]
    for number, (weights, bias) in enumerate(layers):
        before = np.shape(layers[number - 1][0])[0] if number else np.shape(weights)[1]
        if np.shape(weights)[1] != before or np.shape(bias) != np.shape(weights)[:1]:
            raise ValueError(
                f"from_mlp: layer {number} has weights {np.shape(weights)} and biases {np.shape(bias)}; "
                f"expected (outputs, {before}) and (outputs,)."
            )
    if not layers:
        raise ValueError("from_mlp: expected at least one layer.")
    return layers
