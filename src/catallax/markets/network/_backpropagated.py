"""Training by prices alone: every firm follows its profit at back-propagated prices."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

from catallax.core import split_by
from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._plant import Plant, Table, mean_loss
from catallax.markets.network._training import AbstractTraining, Record


class Learner(NamedTuple):
    """A network and the moments of its gradients."""

    plant: Plant
    moments: Any


class Backpropagated(AbstractTraining):
    """Firms of a fixed number of neurons ascend their profit at the prices of small batches, with Adam's steps.

    The gradient of a firm's profit at back-propagated prices is that of the loss (see `quote`), so this is
    ordinary back-propagation.

    >>> import numpy as np
    >>> training, table = Backpropagated(width=4, steps=20), Table.of(np.eye(4), [0, 1, 0, 1])
    >>> state, record = jax.jit(training.period)(jax.random.key(1), training.init(jax.random.key(0), table), table)
    >>> training.outputs(state, table.inputs).shape, sorted(record)
    ((4, 2), ['loss', 'multiply_adds', 'neurons'])

    Source: Pallavi Sudhir and Tran-Thanh (2025), section 4; Kingma and Ba (2015) for the steps.
    """

    width: int = eqx.field(static=True, default=32)
    """Neurons of each hidden layer."""
    layers: int = eqx.field(static=True, default=1)
    """Hidden layers."""
    rate: float = 0.003
    """Step size."""
    batch: int = eqx.field(static=True, default=64)
    """Rows of one step."""
    steps: int = eqx.field(static=True, default=50)
    """Steps of one period."""

    def __check_init__(self) -> None:
        check_sizes("Backpropagated", width=self.width, layers=self.layers, batch=self.batch, steps=self.steps)

    def init(self, key: Key[Array, ""], table: Table) -> Learner:
        """A random network."""
        plant = Plant.init(key, table, self.width, self.width, self.layers)
        plant = eqx.tree_at(lambda p: p.open, plant, jnp.ones(self.layers, bool))
        return Learner(plant, start(plant))

    def period(self, key: Key[Array, ""], state: Learner, table: Table) -> tuple[Learner, Record]:
        """Some steps."""
        after, loss = descend(key, state, table, self.rate, self.batch, self.steps)
        return after, {"loss": loss, "multiply_adds": self.cost(state, table), "neurons": state.plant.alive.sum(1)}

    def cost(self, state: Learner, table: Table) -> Float[Array, ""]:
        """Multiply-adds of the next period."""
        return self.steps * self.batch * step_cost(state.plant, table.features)

    def outputs(self, state: Learner, x: Float[Array, "samples features"]) -> Float[Array, "samples classes"]:
        """Logits."""
        return state.plant.outputs(x)

    def market(self, state: Learner, features: int) -> NetworkMarket:
        """One firm a layer."""
        return state.plant.market(features)


def start(plant: Plant) -> Any:
    """Moments before the first step."""
    return optax.scale_by_adam().init((plant.weights, plant.biases))


def descend(
    key: Key[Array, ""], state: Learner, table: Table, rate: Any, batch: int, steps: int
) -> tuple[Learner, Float[Array, ""]]:
    """Steps of Adam on batches drawn with replacement, and the mean loss on the way."""
    rule = optax.scale_by_adam()

    def step(state: Learner, key: Key[Array, ""]) -> tuple[Learner, Float[Array, ""]]:
        x, labels = table.draw(key, batch)

        def loss(numbers: Any) -> Float[Array, ""]:
            return mean_loss(_with(state.plant, numbers).outputs(x), labels)

        numbers = (state.plant.weights, state.plant.biases)
        value, slope = jax.value_and_grad(loss)(numbers)
        change, moments = rule.update(slope, state.moments)
        numbers = jax.tree.map(lambda old, new: old - rate * new, numbers, change)
        return Learner(_with(state.plant, numbers), moments), value

    (step_key,) = split_by(key, "steps")
    state, losses = jax.lax.scan(step, state, jax.random.split(step_key, steps))
    return state, losses.mean()


def step_cost(plant: Plant, features: Int[Array, ""]) -> Float[Array, ""]:
    """Multiply-adds of one row of one step: forward, gradient of the weights, and of the inputs but for the first layer's."""
    each = plant.multiply_adds(features)
    return 3 * each.sum() - each[0]


def check_sizes(part: str, **sizes: int) -> None:
    """Sizes are at least 1.

    Raises:
        ValueError: naming the part and the size.
    """
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{part}: {name} must be at least 1, got {size}.")


def _with(plant: Plant, numbers: Any) -> Plant:
    return eqx.tree_at(lambda p: (p.weights, p.biases), plant, numbers)
