"""Supervised learning as a world: states are layer spaces beside a label that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from catallax.core import AbstractEnv, Box, Discrete, Record, Step
from catallax.markets.network._firm import Goods
from catallax.markets.network._losses import cross_entropy


class Example(NamedTuple):
    """The state: goods, and the label, which no action changes and no observation shows."""

    goods: Goods
    label: PyTree


class NetworkWorld(AbstractEnv):
    """Each episode sells one training input through the layers; who delivers the output is paid `pay - loss`.

    Theorem 3.1 has the reward `-loss`, with which the last firm could only lose money.

    >>> from catallax.markets.network import from_network
    >>> market = from_network(eqx.nn.MLP(2, 2, width_size=4, depth=1, key=jax.random.key(0)))
    >>> world = NetworkWorld(jnp.eye(2), jnp.arange(2), market.shapes, pay=1.0)
    >>> state, obs = world.reset(jax.random.key(1))
    >>> int(obs.place), [h.shape for h in obs.layers]
    (0, [(2,), (4,), (2,)])

    Source: Pallavi Sudhir and Tran-Thanh (2025), proof of Theorem 3.1.
    """

    inputs: Float[Array, "rows ..."]
    labels: PyTree
    """Leading axis `rows`."""
    shapes: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    """Of the goods at each place; `NetworkMarket.shapes`."""
    pay: float = 2.0
    """Credits for an output without loss."""
    discount: float = 1.0
    loss: Callable[[Any, Any], Float[Array, ""]] = eqx.field(static=True, default=cross_entropy)

    @property
    def observation_space(self) -> Record:
        """The place and all layer spaces."""
        return Record((Discrete(len(self.shapes)), *(Box(shape) for shape in self.shapes)))

    @property
    def action_space(self) -> Record:
        """Goods as delivered."""
        return self.observation_space

    def reset(self, key: Key[Array, ""]) -> tuple[Example, Goods]:
        """A row of the table, drawn evenly."""
        row = jax.random.randint(key, (), 0, self.inputs.shape[0])
        rest = (jnp.zeros(shape, self.inputs.dtype) for shape in self.shapes[1:])
        goods = Goods(jnp.zeros((), jnp.int32), (self.inputs[row], *rest))
        return Example(goods, jax.tree.map(lambda leaf: leaf[row], self.labels)), goods

    def step(self, key: Key[Array, ""], state: Example, action: Goods) -> Step:
        """The goods become what the firm made of them."""
        over = action.place == len(self.shapes) - 1
        reward = jnp.where(over, self.pay - self.loss(action.layers[-1], state.label), 0.0).astype(jnp.float32)
        return Step(Example(action, state.label), action, reward, over, jnp.asarray(False), {})
