"""Prices of activations by back-propagation, and firms that follow their profit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PyTree

from catallax.markets.network._losses import cross_entropy
from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._step import Step


class Quotes(NamedTuple):
    """Goods and prices of one batch, and what each firm should change to earn more."""

    goods: tuple[Float[Array, "samples ..."], ...]
    """What was for sale at each place, zero where an input skipped it."""
    prices: tuple[Float[Array, "samples ..."], ...]
    """Of each unit of it, in units of loss: `-d loss / d goods`."""
    profit_gradient: tuple[PyTree, ...]
    """Of each firm's profit at these prices, mean over the batch, shaped like its steps."""
    loss: Float[Array, " samples"]
    """NaN where nothing was delivered."""

    @property
    def values(self) -> Float[Array, " places"]:
        """Price times quantity at each place, mean over the batch."""
        each = [jnp.sum(p * h) / p.shape[0] for p, h in zip(self.prices, self.goods, strict=True)]
        return jnp.stack(each)


@eqx.filter_jit
def quote(
    market: NetworkMarket,
    x: Any,
    labels: Any,
    loss: Callable[[Any, Any], Float[Array, ""]] = cross_entropy,
    key: Key[Array, ""] | None = None,
) -> Quotes:
    """Prices of everything that was sold on the way of a batch of inputs.

    The consumer offers `p_L = -grad loss(h_L)` for the output; a firm that sells at `p_j`
    offers `p_k = (D f)^T p_j` for its input; its profit `p_j . f(h_k; theta) - p_k . h_k` at these prices has the
    gradient `-d loss / d theta`. Who buys where is taken as given.

    >>> from catallax.markets.network import from_network
    >>> mlp = eqx.nn.MLP(3, 2, width_size=4, depth=1, key=jax.random.key(0))
    >>> found = quote(from_network(mlp), jnp.ones((5, 3)), jnp.zeros(5, int))
    >>> [p.shape for p in found.prices]
    [(5, 3), (5, 4), (5, 2)]

    Args:
        market: of firms.
        x: inputs, one a row.
        labels: one an input.
        loss: of one output and one label.
        key: draws among equal bids.

    Source: Pallavi Sudhir and Tran-Thanh (2025), section 2, "Computing prices via backpropagation".
    """
    x = market.batch(x)
    winners = market.run(x, key).winners
    delivered = jnp.zeros(x.shape[0], bool)
    goods = [x, *(jnp.zeros((x.shape[0], *shape), x.dtype) for shape in market.shapes[1:])]
    deliveries: list[tuple[int, Bool[Array, " samples"], Any]] = []
    for number in sorted(range(len(market.firms)), key=lambda n: market.firms[n].source):
        firm = market.firms[number]
        bought = winners[:, firm.source] == number
        made, pull = jax.vjp(_produce, firm.steps, goods[firm.source])
        goods[firm.target] = _where(bought, made, goods[firm.target])
        delivered |= bought & (firm.target == market.last)
        deliveries.append((number, bought, pull))
    losses, offered = jax.vmap(jax.value_and_grad(loss))(goods[-1], labels)
    prices = [*(jnp.zeros_like(h) for h in goods[:-1]), -offered]
    gradients: list[PyTree] = [None] * len(market.firms)
    for number, bought, pull in reversed(deliveries):
        firm = market.firms[number]
        steps, worth = pull(_where(bought, prices[firm.target], 0.0))
        gradients[number] = jax.tree.map(lambda leaf: leaf / x.shape[0], steps)
        prices[firm.source] = prices[firm.source] + worth
    return Quotes(tuple(goods), tuple(prices), tuple(gradients), jnp.where(delivered, losses, jnp.nan))


def ascend(market: NetworkMarket, quotes: Quotes, rate: float) -> NetworkMarket:
    """The market after every firm followed its profit: `theta <- theta + rate * d profit / d theta`.

    With one firm a place this is a step of stochastic gradient descent on the loss.

    Args:
        market: of firms.
        quotes: what `quote` said of a batch.
        rate: step size.
    """
    moved = jax.tree.map(
        lambda old, gradient: old + rate * gradient, tuple(f.steps for f in market.firms), quotes.profit_gradient
    )
    return eqx.tree_at(lambda m: tuple(f.steps for f in m.firms), market, moved)


def _produce(steps: tuple[Step, ...], goods: Float[Array, "samples ..."]) -> Float[Array, "samples ..."]:
    def one(h: Array) -> Array:
        for step in steps:
            h = step(h)
        return h

    return jax.vmap(one)(goods)


def _where(rows: Bool[Array, " samples"], yes: Array, no: Any) -> Array:
    return jnp.where(rows.reshape(-1, *[1] * (yes.ndim - 1)), yes, no)
