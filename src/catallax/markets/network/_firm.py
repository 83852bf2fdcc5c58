"""Firms: one layer each, which buys the activations of one place and sells those of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.core import ABSTAIN, AbstractAgent
from catallax.markets.network._step import Step
from catallax.markets.network._valuation import ConstantValue


class Goods(NamedTuple):
    """What is for sale: a point of the direct sum of all layer spaces, `S = S_0 + ... + S_L`."""

    place: Int[Array, "*instances"]
    """Which layer space it lies in; 0 holds the input, the last one the output."""
    layers: tuple[Float[Array, "*shape"], ...]
    """One component a place; only the one at `place` is read."""


class Firm(AbstractAgent):
    """One layer of a network as an agent, `h -> f(h)`, awake where the goods lie in its input space.

    It bids `valuation(h)` credits at its place and abstains elsewhere; when it wins it
    moves the goods to the place it delivers to.

    >>> from catallax.markets.network import from_network
    >>> market = from_network(eqx.nn.MLP(4, 2, width_size=8, depth=1, key=jax.random.key(0)))
    >>> [(firm.source, firm.target, firm.multiply_adds) for firm in market.firms]
    [(0, 1, 32), (1, 2, 16)]

    Source: Pallavi Sudhir and Tran-Thanh (2025), Theorem 3.1; the paper's actions are pairs of weight and bias.
    """

    steps: tuple[Step, ...]
    """A linear map, and what follows it: normalisation, activation, dropout (which does nothing)."""
    valuation: Any
    """Activations -> credits; `ConstantValue`, `LinearValue` or a callable of yours. Negative: no bid."""
    source: int = eqx.field(static=True)
    """The place it buys at."""
    target: int = eqx.field(static=True)
    """The place it delivers to: the next one, or one further on for a layer that skips others."""
    inputs: tuple[int, ...] = eqx.field(static=True)
    """Shape of what it buys."""
    outputs: tuple[int, ...] = eqx.field(static=True)
    """Shape of what it delivers."""

    def __init__(
        self, layers: Sequence[Any], source: int = 0, target: int | None = None, *, valuation: Any = None
    ) -> None:
        """A firm of some layers.

        Args:
            layers: of Equinox, at least one of them `Linear`.
            source: the place it buys at.
            target: the place it delivers to; `None`: the next one.
            valuation: of what it buys; `None`: one credit, always.

        Raises:
            ValueError: if there is no linear layer, or it delivers no further than it buys.
        """
        self.steps = tuple(layer if isinstance(layer, Step) else Step.of(layer) for layer in layers)
        self.valuation = ConstantValue(1.0) if valuation is None else valuation
        self.source = source
        self.target = source + 1 if target is None else target
        if not 0 <= self.source < self.target:
            raise ValueError(f"Firm: expected 0 <= source < target, got {self.source} and {self.target}.")
        self.inputs = _inputs(self.steps)
        self.outputs = eqx.filter_eval_shape(self.produce, jax.ShapeDtypeStruct(self.inputs, jnp.float32)).shape

    @property
    def multiply_adds(self) -> int:
        """Products that one input costs."""
        return sum(step.multiply_adds for step in self.steps)

    def produce(self, goods: Float[Array, "*inputs"]) -> Float[Array, "*outputs"]:
        """What it makes of one input."""
        for step in self.steps:
            goods = step(goods)
        return goods

    def bid(self, key: Key[Array, ""], obs: Goods) -> Float[Array, ""]:
        """Its valuation where it is awake, credits."""
        return jnp.where(obs.place == self.source, self.valuation(obs.layers[self.source]), ABSTAIN)

    def act(self, key: Key[Array, ""], obs: Goods) -> Goods:
        """The goods as it would deliver them."""
        made = self.produce(obs.layers[self.source])
        layers = tuple(made if k == self.target else jnp.zeros_like(h) for k, h in enumerate(obs.layers))
        return Goods(jnp.asarray(self.target, jnp.int32), layers)


def mutant(key: Key[Array, ""], firm: Firm, scale: float = 0.1) -> Firm:
    """The firm with `scale * N(0, 1)` added to every number of its layers.

    Args:
        key: consumed.
        firm: the parent; its valuation is inherited.
        scale: standard deviation.
    """
    leaves, shape = jax.tree.flatten(firm.steps)
    keys = jax.random.split(key, len(leaves))
    drawn = [leaf + scale * jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, leaves, strict=True)]
    return eqx.tree_at(lambda f: f.steps, firm, jax.tree.unflatten(shape, drawn))


def _inputs(steps: tuple[Step, ...]) -> tuple[int, ...]:
    for step in steps:
        if isinstance(step.form, eqx.nn.Linear):
            inside = step.form.in_features
            return () if isinstance(inside, str) else (inside,)
    raise ValueError(f"Firm: expected a Linear layer among its {len(steps)} steps, found none.")
