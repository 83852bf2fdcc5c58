"""Networks into markets and back."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from catallax.core import AbstractAuction
from catallax.markets.network._firm import Firm
from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._step import Elementwise, Step
from catallax.markets.network._valuation import ConstantValue


def from_network(
    network: Any, *, price: float = 1.0, endowment: float = 10.0, auction: AbstractAuction | None = None
) -> NetworkMarket:
    """The market whose forward pass is the network's: one firm for each linear layer and what follows it.

    >>> mlp = eqx.nn.MLP(4, 2, width_size=8, depth=2, key=jax.random.key(0))
    >>> market, x = from_network(mlp), jnp.ones((3, 4))
    >>> bool(jnp.allclose(market.forward(x), jax.vmap(mlp)(x), atol=1e-6)), len(market.firms)
    (True, 3)

    Args:
        network: `equinox.nn.MLP`, `Linear`, or `Sequential` of linear layers, normalisation, activations and dropout (as in
            evaluation). Networks of torch: `cx.adapters.from_torch`.
        price: what every firm bids, credits; above 0, so that rivals without wealth lose.
        endowment: what every firm has, credits.
        auction: how the goods of a place are sold; `None`: first price.

    Raises:
        ValueError: if the network holds other layers, or the price is not above 0.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Theorem 3.1.
    """
    if not price > 0:
        raise ValueError(
            f"from_network: price must be above 0 credits, got {price}; a firm that bids less sells nothing."
        )
    firms: list[list[Step]] = []
    for step in [Step.of(layer) for layer in _layers(network)]:
        begins = step.is_linear and (not firms or any(s.is_linear for s in firms[-1]))
        if begins or not firms:
            firms.append([])
        firms[-1].append(step)
    value = ConstantValue(jnp.asarray(price, jnp.float32))
    return NetworkMarket(
        [Firm(steps, place, valuation=value) for place, steps in enumerate(firms)],
        endowment,
        auction,
        made_from=type(network),
    )


def to_network(market: NetworkMarket) -> Any:
    """The network that a market computes, its weights bit by bit: the inverse of `from_network`.

    >>> mlp = eqx.nn.MLP(4, 2, width_size=8, depth=2, key=jax.random.key(0))
    >>> back = to_network(from_network(mlp))
    >>> bool(eqx.tree_equal(eqx.filter(back, eqx.is_array), eqx.filter(mlp, eqx.is_array)))
    True

    Args:
        market: one in which every input takes the same way.

    Returns:
        An `MLP` where the market was read from one and the winners still form one, else a `Sequential`.

    Raises:
        ValueError: if who wins may depend on the input.
    """
    chain = [market.firms[number] for number in market.chain()]
    layers = [[step.layer for step in firm.steps] for firm in chain]
    if market.made_from is eqx.nn.MLP and _is_mlp(layers):
        return _mlp(layers)
    if market.made_from is eqx.nn.Linear and len(layers) == 1:
        return layers[0][0]
    return eqx.nn.Sequential([layer for steps in layers for layer in steps])


def _layers(network: Any) -> list[Any]:
    if isinstance(network, eqx.nn.MLP):
        return _layers_of_mlp(network)
    if isinstance(network, eqx.nn.Sequential):
        return [inner for layer in network.layers for inner in _layers(layer)]
    if type(network).__module__.startswith("torch"):
        raise ValueError("from_network: this is a network of torch; read it with cx.adapters.from_torch(network).")
    return [network]


def _layers_of_mlp(mlp: eqx.nn.MLP) -> list[Any]:
    linear = list(mlp.layers)
    if mlp.scan and mlp.depth > 0:
        hidden = [jax.tree.map(lambda leaf, k=k: leaf[k], linear[1]) for k in range(mlp.depth - 1)]
        linear = [linear[0], *hidden, linear[2]]
    layers = []
    for k, layer in enumerate(linear[:-1]):
        fn = jax.tree.map(lambda leaf, k=k: leaf[k] if eqx.is_array(leaf) else leaf, mlp.activation)
        layers += [layer, Elementwise(fn)]
    layers.append(linear[-1])
    # an MLP of depth 0 is its linear layer alone
    if mlp.depth > 0:
        layers.append(
            eqx.nn.Lambda(mlp.final_activation) if mlp.out_size == "scalar" else Elementwise(mlp.final_activation)
        )
    return layers


def _is_mlp(layers: list[list[Any]]) -> bool:
    if [len(steps) for steps in layers] == [1]:
        return True
    *hidden, last = layers
    alike = [eqx.partition(steps[1], eqx.is_array)[1] if len(steps) == 2 else None for steps in hidden]
    return (
        len(last) == 2
        and (
            isinstance(last[1], Elementwise)
            or (last[0].out_features == "scalar" and isinstance(last[1], eqx.nn.Lambda))
        )
        and all(isinstance(form, Elementwise) and form == alike[0] for form in alike)
        and len({steps[0].out_features for steps in hidden}) == 1
        and len({steps[0].use_bias for steps in hidden}) == 1
    )


def _mlp(layers: list[list[Any]]) -> eqx.nn.MLP:
    linear = [steps[0] for steps in layers]
    depth, last = len(linear) - 1, linear[-1]
    blank = eqx.nn.MLP(
        linear[0].in_features,
        last.out_features,
        width_size=linear[0].out_features if depth else 0,
        depth=depth,
        use_bias=linear[0].use_bias,
        use_final_bias=last.use_bias,
        key=jax.random.key(0),
    )
    if not depth:
        return eqx.tree_at(lambda m: m.layers, blank, tuple(linear))
    hidden = [steps[1].fn for steps in layers[:-1]]
    activation = jax.tree.map(lambda *rows: jnp.stack(rows) if eqx.is_array(rows[0]) else rows[0], *hidden)
    final = layers[-1][1].fn
    return eqx.tree_at(
        lambda m: (m.layers, m.activation, m.final_activation), blank, (tuple(linear), activation, final)
    )
