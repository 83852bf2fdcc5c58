"""Layers as individuals of one population: firms of one size that learn what their inputs are worth."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import ABSTAIN, AbstractAgent, AbstractEnv, Box, Discrete, Experience, Record, Step, split_by
from catallax.markets.network._losses import cross_entropy
from catallax.markets.network._plant import ABSENT, Table

Number = float | Float[Array, ""]


class StackedGoods(NamedTuple):
    """Goods of any place in an array of one size."""

    place: Int[Array, "*instances"]
    goods: Float[Array, "*instances size"]


class StackedFirm(AbstractAgent):
    """A layer `h -> f(W h + b)` from one place to a later one, with the valuation `max(v . h + c, 0)`.

    Its weights stay what they were at birth. Its valuation follows its revenue on the inputs that it bought, by
    normalised least mean squares: `v <- v + step * mean (revenue - v . h - c) h / (|h|^2 + 1)`.

    Source: the layers, Theorem 3.1 of Pallavi Sudhir and Tran-Thanh (2025); the rule, Widrow and Hoff (1960).
    """

    weight: Float[Array, "outside size"]
    bias: Float[Array, " outside"]
    value: Float[Array, " size"]
    """Credits per unit of each activation."""
    offset: Float[Array, ""]
    """Credits."""
    source: Int[Array, ""]
    target: Int[Array, ""]
    step: Float[Array, ""]
    """Step size of the valuation, in (0, 2)."""
    hidden: int = eqx.field(static=True)
    """Activations between the layers."""
    last: int = eqx.field(static=True)
    """The place of the output, which has no activation function."""

    def worth(self, goods: Float[Array, " size"]) -> Float[Array, ""]:
        """Revenue it expects, credits."""
        return self.value @ goods + self.offset

    def bid(self, key: Key[Array, ""], obs: StackedGoods) -> Float[Array, ""]:
        """What it expects, at least 0, where it is awake, credits."""
        return jnp.where(obs.place == self.source, jnp.maximum(self.worth(obs.goods), 0.0), ABSTAIN)

    def act(self, key: Key[Array, ""], obs: StackedGoods) -> StackedGoods:
        """The goods as it delivers them."""
        made = self.weight @ obs.goods + self.bias
        between = jnp.where(jnp.arange(made.shape[0]) < self.hidden, jax.nn.relu(made), 0.0)
        made = jnp.where(self.target == self.last, made, between)
        return StackedGoods(self.target, jnp.zeros_like(obs.goods).at[: made.shape[0]].set(made))

    def learn(self, key: Key[Array, ""], experience: Experience) -> StackedFirm:
        """The valuation moves towards what the goods it bought brought."""
        goods = experience.obs.goods
        rows = experience.won & experience.valid
        revenue = experience.reward + experience.resale
        error = jnp.where(rows, revenue - jax.vmap(self.worth)(goods), 0.0)
        pull = self.step * error / (jnp.sum(goods**2, axis=1) + 1.0) / jnp.maximum(jnp.sum(rows), 1)
        return eqx.tree_at(lambda a: (a.value, a.offset), self, (self.value + pull @ goods, self.offset + pull.sum()))


class RandomFirm(eqx.Module):
    """`key -> StackedFirm`: between random places, with random weights and the hope to earn all of the pay."""

    features: Int[Array, ""]
    outside: int = eqx.field(static=True)
    size: int = eqx.field(static=True)
    hidden: int = eqx.field(static=True)
    last: int = eqx.field(static=True)
    hope: Number
    """Credits it bids at first."""
    step: Number
    direct: Number
    """Probability that it leads from the input to the output."""
    confidence: Number
    """Standard deviation of the biases in front of the output."""

    def __call__(self, key: Key[Array, ""]) -> StackedFirm:
        """Draw one."""
        place_key, direct_key, weight_key, bias_key = split_by(key, "place", "direct", "weight", "bias")
        direct = jax.random.bernoulli(direct_key, self.direct)
        place = jax.random.randint(place_key, (), 0, self.last)
        source = jnp.where(direct, 0, place)
        target = jnp.where(direct, self.last, place + 1)
        inside = jnp.where(source == 0, self.features, self.hidden)
        scale = jnp.where(target == self.last, 0.1, 1.4) / jnp.sqrt(inside)
        bias = jnp.where(target == self.last, self.confidence, 0.1) * jax.random.normal(bias_key, (self.outside,))
        return StackedFirm(
            scale * jax.random.normal(weight_key, (self.outside, self.size)),
            bias,
            jnp.zeros(self.size),
            jnp.asarray(self.hope, jnp.float32),
            source.astype(jnp.int32),
            target.astype(jnp.int32),
            jnp.asarray(self.step, jnp.float32),
            self.hidden,
            self.last,
        )


class Perturbed(eqx.Module):
    """`(key, parent) -> child`: the parent with other weights; its valuation is inherited."""

    scale: float
    """Standard deviation of what is added to weights and biases."""

    def __call__(self, key: Key[Array, ""], parent: Any) -> StackedFirm:
        """Draw one."""
        weight_key, bias_key = split_by(key, "weight", "bias")
        weight = parent.weight + self.scale * jax.random.normal(weight_key, parent.weight.shape)
        bias = parent.bias + self.scale * jax.random.normal(bias_key, parent.bias.shape)
        return eqx.tree_at(lambda a: (a.weight, a.bias), parent, (weight, bias))


class Case(NamedTuple):
    """The state: goods, and the label that nobody sees."""

    goods: StackedGoods
    label: Int[Array, ""]


class TableWorld(AbstractEnv):
    """Each episode sells one row of a table through the layers; who delivers the output is paid `pay - loss`."""

    table: Table
    pay: Number
    """Credits for an output without loss."""
    size: int = eqx.field(static=True)
    last: int = eqx.field(static=True)
    discount: float = 1.0

    @property
    def observation_space(self) -> Record:
        """The place and the goods."""
        return Record((Discrete(self.last + 1), Box((self.size,))))

    @property
    def action_space(self) -> Record:
        """Goods as delivered."""
        return self.observation_space

    def reset(self, key: Key[Array, ""]) -> tuple[Case, StackedGoods]:
        """A row, drawn evenly."""
        row = jax.random.randint(key, (), 0, self.table.rows)
        goods = at_start(self.table.inputs[row], self.size)
        return Case(goods, self.table.labels[row]), goods

    def step(self, key: Key[Array, ""], state: Case, action: StackedGoods) -> Step:
        """The goods become what the firm made of them."""
        over = action.place == self.last
        outputs = logits(action.goods, self.table.classes)
        reward = jnp.where(over, self.pay - cross_entropy(outputs, state.label), 0.0)
        return Step(Case(action, state.label), action, reward, over, jnp.asarray(False), {})


def at_start(x: Float[Array, " features"], size: int) -> StackedGoods:
    """The goods of one input before the first sale."""
    return StackedGoods(jnp.zeros((), jnp.int32), jnp.zeros(size).at[: x.shape[0]].set(x))


def logits(goods: Float[Array, " size"], classes: Bool[Array, " classes"]) -> Float[Array, " classes"]:
    """Goods at the last place as outputs."""
    return jnp.where(classes, goods[: classes.shape[0]], ABSENT)
