"""Networks of torch as markets, and markets as networks of torch; weights are copied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from catallax.adapters._extras import need
from catallax.markets.network import Elementwise, NetworkMarket, from_network

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "Identity": lambda x: x,
    "ReLU": jax.nn.relu,
    "Tanh": jnp.tanh,
    "Sigmoid": jax.nn.sigmoid,
    "GELU": partial(jax.nn.gelu, approximate=False),
    "SiLU": jax.nn.silu,
    "ELU": jax.nn.elu,
    "LeakyReLU": jax.nn.leaky_relu,
    "Softplus": jax.nn.softplus,
    "ReLU6": jax.nn.relu6,
    "Softmax": jax.nn.softmax,
    "LogSoftmax": jax.nn.log_softmax,
}
"""Class of `torch.nn` with its default settings, and what it computes on one row."""
_PROBE = np.linspace(-4.0, 8.0, 25, dtype=np.float32)


def from_torch(network: Any, *, price: float = 1.0, endowment: float = 10.0) -> NetworkMarket:
    """The market whose forward pass is the network's, dropout as in evaluation; the weights are copied.

    Args:
        network: `torch.nn.Sequential` of `Linear`, `LayerNorm`, `Dropout` and activations, or one `Linear`.
        price: what every firm bids, credits.
        endowment: what every firm has, credits.

    Raises:
        ValueError: if the network holds other modules, or settings that are not the default ones.
        ImportError: without torch.
    """
    torch = need("torch", "torch")
    layers = [_to_equinox(torch, module) for module in _flat(torch, network)]
    return from_network(eqx.nn.Sequential(layers), price=price, endowment=endowment)


def to_torch(market: NetworkMarket) -> Any:
    """The network that a market computes as a `torch.nn.Sequential` in evaluation mode; the weights are copied.

    Activations are recognised by what they compute.

    Args:
        market: one in which every input takes the same way.

    Raises:
        ValueError: if who wins may depend on the input, or torch has no such layer.
        ImportError: without torch.
    """
    torch = need("torch", "torch")
    steps = [step for number in market.chain() for step in market.firms[number].steps]
    return torch.nn.Sequential(*(_to_torch(torch, step.layer) for step in steps)).eval()


def _flat(torch: Any, network: Any) -> list[Any]:
    if isinstance(network, torch.nn.Sequential):
        return [inner for module in network for inner in _flat(torch, module)]
    return [network]


def _to_equinox(torch: Any, module: Any) -> Any:
    if isinstance(module, torch.nn.Linear):
        layer = eqx.nn.Linear(
            module.in_features, module.out_features, use_bias=module.bias is not None, key=jax.random.key(0)
        )
        return _filled(layer, module)
    if isinstance(module, torch.nn.LayerNorm):
        settings = {"use_weight": module.weight is not None, "use_bias": module.bias is not None}
        return _filled(eqx.nn.LayerNorm(tuple(module.normalized_shape), module.eps, **settings), module)
    if isinstance(module, torch.nn.Dropout):
        return eqx.nn.Dropout(module.p, inference=True)
    name = type(module).__name__
    if name in ACTIVATIONS:
        if not _agree(module(torch.tensor(_PROBE)[None])[0].detach().numpy(), ACTIVATIONS[name]):
            raise ValueError(f"from_torch: {module} has settings other than the default ones, which are not read.")
        return eqx.nn.Lambda(ACTIVATIONS[name])
    raise ValueError(
        f"from_torch: cannot read a {name}; expected a Sequential of Linear, LayerNorm, Dropout, "
        f"{', '.join(ACTIVATIONS)}."
    )


def _filled(layer: Any, module: Any) -> Any:
    """A layer of Equinox with the numbers of one of torch."""
    for name in ("weight", "bias"):
        if getattr(module, name) is not None:
            numbers = jnp.asarray(getattr(module, name).detach().cpu().numpy())
            layer = eqx.tree_at(lambda x, name=name: getattr(x, name), layer, numbers)
    return layer


def _to_torch(torch: Any, layer: Any) -> Any:
    if isinstance(layer, eqx.nn.Linear):
        made = torch.nn.Linear(layer.in_features, layer.out_features, bias=layer.use_bias)
        return _copied(torch, made, layer)
    if isinstance(layer, eqx.nn.LayerNorm):
        made = torch.nn.LayerNorm(layer.shape, layer.eps, elementwise_affine=layer.use_weight, bias=layer.use_bias)
        return _copied(torch, made, layer)
    if isinstance(layer, eqx.nn.Dropout):
        return torch.nn.Dropout(layer.p)
    # what carries numbers of its own is a learned activation
    if isinstance(layer, Elementwise | eqx.nn.Lambda | eqx.nn.Identity) and not jax.tree.leaves(
        eqx.filter(layer, eqx.is_array)
    ):
        said = np.asarray(layer(jnp.asarray(_PROBE)))
        for name, fn in ACTIVATIONS.items():
            if _agree(said, fn):
                return getattr(torch.nn, name)(*([-1] if "Softmax" in name else []))
    raise ValueError(f"to_torch: torch has no {layer} that is known here; expected {', '.join(ACTIVATIONS)}.")


def _copied(torch: Any, made: Any, layer: Any) -> Any:
    """A module of torch with the numbers of a layer of Equinox."""
    with torch.no_grad():
        for name in ("weight", "bias"):
            numbers = getattr(layer, name)
            if numbers is not None:
                setattr(made, name, torch.nn.Parameter(torch.tensor(np.asarray(numbers))))
    return made


def _agree(said: Any, fn: Callable[[Any], Any]) -> bool:
    """Whether something else said of the probe what an activation says of it."""
    return said.shape == _PROBE.shape and bool(np.allclose(said, np.asarray(fn(jnp.asarray(_PROBE))), atol=1e-6))
