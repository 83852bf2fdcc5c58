"""A network of fixed capacity whose neurons and layers come and go under masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.markets.network._firm import Firm
from catallax.markets.network._market import NetworkMarket

ABSENT = -1e9
"""Output of a class that is only padding."""


class Table(NamedTuple):
    """Training data, padded so that tables of like size share a compiled program."""

    inputs: Float[Array, "rows features"]
    labels: Int[Array, " rows"]
    rows: Int[Array, ""]
    """How many rows are real."""
    features: Int[Array, ""]
    """How many features are real; the others are 0."""
    classes: Bool[Array, " classes"]
    """Which classes are real."""

    @classmethod
    def of(cls, inputs: Any, labels: Any, classes: int | None = None) -> Table:
        """A table without padding.

        >>> Table.of(np.eye(3), [0, 1, 1]).classes.shape
        (2,)

        Args:
            inputs: axes `rows`, `features`.
            labels: numbers of classes from 0.
            classes: how many there are; `None`: as many as the labels show.
        """
        inputs, labels = jnp.asarray(inputs, jnp.float32), jnp.asarray(labels, jnp.int32)
        count = int(labels.max()) + 1 if classes is None else classes
        rows, features = (jnp.asarray(size, jnp.int32) for size in inputs.shape)
        return cls(inputs, labels, rows, features, jnp.ones(count, bool))

    def draw(self, key: Key[Array, ""], count: int) -> tuple[Float[Array, "samples features"], Int[Array, " samples"]]:
        """Rows with replacement."""
        picked = jax.random.randint(key, (count,), 0, self.rows)
        return self.inputs[picked], self.labels[picked]


class Plant(eqx.Module):
    """A feed-forward network `x -> h_1 -> ... -> h_D -> outputs` with room to grow.

    `h_l = m_l * relu(W_l h_(l-1) + b_l)` where layer l is open, `h_l = h_(l-1)` where it is closed;
    the mask `m_l` is 1 for the neurons that exist. The first hidden layer is always open.
    """

    weights: tuple[Float[Array, "_ _"], ...]
    """Axes `outside inside`: hidden layers, then the output."""
    biases: tuple[Float[Array, " _"], ...]
    alive: Bool[Array, "layers width"]
    """Hidden neurons that exist; those of a closed layer are those of the layer before."""
    open: Bool[Array, " layers"]
    """Hidden layers that exist."""
    classes: Bool[Array, " classes"]
    """Outputs that exist."""

    @classmethod
    def init(cls, key: Key[Array, ""], table: Table, width: int, capacity: int, layers: int) -> Plant:
        """One open hidden layer of random neurons.

        Args:
            key: consumed.
            table: tells features and classes.
            width: neurons at the start.
            capacity: neurons a layer can hold.
            layers: hidden layers there is room for.
        """
        sizes = [table.inputs.shape[1], *[capacity] * layers, table.classes.shape[0]]
        inside = [table.features, *[jnp.asarray(width)] * layers]
        keys = jax.random.split(key, layers + 1)
        first = jnp.arange(capacity) < width
        weights = []
        for place, own in enumerate(keys):
            scale = jnp.sqrt((2.0 if place < layers else 1.0) / inside[place])
            weights.append(scale * jax.random.normal(own, (sizes[place + 1], sizes[place])))
        alive = jnp.broadcast_to(first, (layers, capacity))
        blank = cls(
            tuple(weights),
            tuple(jnp.zeros(size) for size in sizes[1:]),
            alive,
            jnp.arange(layers) < 1,
            table.classes,
        )
        return blank.tidy()

    @property
    def layers(self) -> int:
        """Hidden layers there is room for."""
        return len(self.weights) - 1

    def tidy(self) -> Plant:
        """The same function, with 0 in all weights of neurons that do not exist."""
        outside = [self.alive[place] for place in range(self.layers)]
        weights = [w * m[:, None] for w, m in zip(self.weights, outside, strict=False)] + [self.weights[-1]]
        weights = [weights[0]] + [w * m[None, :] for w, m in zip(weights[1:], outside, strict=True)]
        biases = [b * m for b, m in zip(self.biases, outside, strict=False)] + [self.biases[-1]]
        return eqx.tree_at(lambda p: (p.weights, p.biases), self, (tuple(weights), tuple(biases)))

    def hidden(
        self, place: int, goods: Float[Array, "samples inside"], tap: Any = 0.0
    ) -> Float[Array, "samples width"]:
        """What hidden layer `place` makes of a batch; `tap` is added before the activation."""
        made = (
            jax.nn.relu(goods @ self.weights[place].T + self.biases[place][None, :] + tap) * self.alive[place][None, :]
        )
        return made if place == 0 else jnp.where(self.open[place], made, goods)

    def deliver(
        self, place: int, goods: Float[Array, "samples inside"], taps: Sequence[Any] | None = None
    ) -> tuple[Float[Array, "samples classes"], list[Array]]:
        """Outputs for goods that lie before layer `place`, and the goods after each layer from there on."""
        taps = [0.0] * len(self.weights) if taps is None else taps
        passed = []
        for here in range(place, self.layers):
            goods = self.hidden(here, goods, taps[here])
            passed.append(goods)
        outputs = goods @ self.weights[-1].T + self.biases[-1][None, :] + taps[-1]
        return jnp.where(self.classes[None, :], outputs, ABSENT), passed

    def outputs(self, x: Float[Array, "samples features"]) -> Float[Array, "samples classes"]:
        """The logits of a batch."""
        return self.deliver(0, x)[0]

    def sizes(self, features: Int[Array, ""]) -> Int[Array, " sizes"]:
        """Living units of every layer: inputs, hidden layers, outputs; a closed layer has those of the layer before."""
        return jnp.concatenate([features[None], self.alive.sum(1), self.classes.sum()[None]]).astype(jnp.int32)

    def multiply_adds(self, features: Int[Array, ""]) -> Float[Array, " layers"]:
        """Products that one input costs in each layer of living units, output last."""
        sizes = self.sizes(features).astype(jnp.float32)
        return sizes[:-1] * sizes[1:] * jnp.append(self.open, True)

    def market(self, features: int) -> NetworkMarket:
        """The living neurons as a market of firms, in the shapes that they need."""
        plant = jax.tree.map(np.asarray, self)
        inside, firms = np.arange(features), []
        for place in range(self.layers + 1):
            hidden = place < self.layers
            if hidden and not plant.open[place]:
                continue
            outside = np.flatnonzero(plant.alive[place] if hidden else plant.classes)
            linear = eqx.nn.Linear(len(inside), len(outside), key=jax.random.key(0))
            weight, bias = plant.weights[place][np.ix_(outside, inside)], plant.biases[place][outside]
            linear = eqx.tree_at(lambda x: (x.weight, x.bias), linear, (jnp.asarray(weight), jnp.asarray(bias)))
            firms.append(Firm([linear, eqx.nn.Lambda(jax.nn.relu)] if hidden else [linear], len(firms)))
            inside = outside
        return NetworkMarket(firms)


def mean_loss(outputs: Float[Array, "samples classes"], labels: Int[Array, " samples"]) -> Float[Array, ""]:
    """Mean cross-entropy, nats."""
    chosen = jnp.take_along_axis(jax.nn.log_softmax(outputs), labels[:, None], axis=1)
    return -jnp.mean(chosen)


def prices(
    plant: Plant, x: Float[Array, "samples features"], labels: Int[Array, " samples"]
) -> tuple[Float[Array, ""], list[Array], list[Array]]:
    """Loss, goods of the hidden layers, and prices before the activation of every layer, output last.

    Prices are those of single inputs: `-d loss_i / d (W h + b)_i`.
    """
    taps = [jnp.zeros((x.shape[0], bias.shape[0])) for bias in plant.biases]

    def loss(taps: list[Array]) -> tuple[Array, list[Array]]:
        outputs, goods = plant.deliver(0, x, taps)
        return mean_loss(outputs, labels), goods

    (value, goods), slopes = jax.value_and_grad(loss, has_aux=True)(taps)
    return value, goods, [-x.shape[0] * slope for slope in slopes]
