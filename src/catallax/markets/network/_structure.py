"""Entry and exit of neurons and layers where prices say that it pays."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.markets.network._plant import Plant, Table, mean_loss, prices

_TINY = 1e-12


class Audience(NamedTuple):
    """The rows on which a decision is taken."""

    x: Float[Array, "samples features"]
    labels: Int[Array, " samples"]


def follower(plant: Plant, place: int) -> Bool[Array, " later"]:
    """Which of the layers behind hidden layer `place`, output last, is the next one open."""
    open_ = jnp.append(plant.open, True)[place + 1 :]
    return open_ & (jnp.cumsum(open_) == 1)


def mirrored(plant: Plant) -> Plant:
    """Closed layers pass on what they get, so they have the neurons of the layer before."""
    alive = [plant.alive[0]]
    for place in range(1, plant.layers):
        alive.append(jnp.where(plant.open[place], plant.alive[place], alive[-1]))
    return eqx.tree_at(lambda p: p.alive, plant, jnp.stack(alive)).tidy()


def rents(plant: Plant, features: Int[Array, ""], rent: Any) -> Float[Array, " layers"]:
    """What a neuron of each hidden layer costs: `rent` nats a sample per thousand multiply-adds."""
    sizes = plant.sizes(features).astype(jnp.float32)
    costs = []
    for place in range(plant.layers):
        behind = jnp.sum(jnp.where(follower(plant, place), sizes[place + 2 :], 0.0))
        costs.append(rent * (sizes[place] + behind) / 1000)
    return jnp.stack(costs)


def earnings(plant: Plant, seen: Audience) -> tuple[Float[Array, "layers width"], list[Array]]:
    """What the audience would lose without each neuron, nats a sample, where its mean is supplied by a bias; and the goods.

    `loss(h_j -> mean h_j) - loss`: a neuron's contribution as Clarke's pivot rule would pay it.
    """
    outputs, goods = plant.deliver(0, seen.x)
    loss = mean_loss(outputs, seen.labels)
    each = []
    for place, h in enumerate(goods):

        def without(j: Array, place: int = place, h: Array = h) -> Float[Array, ""]:
            replaced = h.at[:, j].set(h[:, j].mean())
            return mean_loss(plant.deliver(place + 1, replaced)[0], seen.labels)

        each.append(jax.vmap(without)(jnp.arange(h.shape[1])) - loss)
    return jnp.stack(each), goods


def dismiss(plant: Plant, seen: Audience, cost: Float[Array, " layers"]) -> tuple[Plant, Bool[Array, "layers width"]]:
    """The neuron of each layer that earns least leaves if that is less than its rent; so do all that never vary.

    One at a time, since two that do the same work both seem dispensable. The last neuron stays.

    Returns:
        The plant, and who left.
    """
    earned, goods = earnings(plant, seen)
    gone = []
    for place, h in enumerate(goods):
        alive = plant.alive[place] & plant.open[place]
        worst = jnp.argmin(jnp.where(alive, earned[place], jnp.inf))
        leaves = (jnp.arange(alive.shape[0]) == worst) & (earned[place] < cost[place])
        leaves = alive & (leaves | (h.max(0) == h.min(0)))
        best = jnp.arange(alive.shape[0]) == jnp.argmax(jnp.where(alive, earned[place], -jnp.inf))
        leaves = leaves & ~(best & (leaves.sum() >= alive.sum()))
        plant = supply(plant, place, jnp.where(leaves, h.mean(0), 0.0))
        plant = eqx.tree_at(lambda p: p.alive, plant, plant.alive.at[place].set(plant.alive[place] & ~leaves))
        gone.append(leaves)
    return mirrored(plant), jnp.stack(gone)


def supply(plant: Plant, place: int, amount: Float[Array, " width"]) -> Plant:
    """The plant with a constant amount of the goods of a hidden layer delivered by the biases behind it."""
    biases = list(plant.biases)
    for k, is_next in enumerate(follower(plant, place), start=place + 1):
        biases[k] = biases[k] + jnp.where(is_next, plant.weights[k] @ amount, 0.0)
    return eqx.tree_at(lambda p: p.biases, plant, tuple(biases))


def hire(
    key: Key[Array, ""],
    plant: Plant,
    seen: Audience,
    table: Table,
    cost: Float[Array, " layers"],
    candidates: int,
    entrants: int,
) -> tuple[Plant, Bool[Array, "layers width"], Float[Array, ""]]:
    """New neurons enter each layer where the shadow price of its width exceeds the rent.

    A candidate with activations a (less their mean) in front of prices d has the worth
    `|E a d|^2 / E a^2` nats: in the last hidden layer at least so much is gained by the best weights, since
    the cross-entropy curves by no more than 1/2; in layers before it is an estimate. Entrants start with the
    weights `E a d / E a^2`, shared among them.

    Returns:
        The plant, who entered, and the largest ratio of worth to cost that anybody offered in any layer.
    """
    _, goods, quoted = prices(plant, seen.x, seen.labels)
    before = plant
    came, ratio = [], jnp.zeros(())
    for place in range(plant.layers):
        bought = seen.x if place == 0 else goods[place - 1]
        inside = (jnp.arange(bought.shape[1]) < table.features) if place == 0 else before.alive[place - 1]
        weight, bias = _candidates(jax.random.fold_in(key, place), bought, inside, candidates)
        made = jax.nn.relu(bought @ weight.T + bias[None, :])
        varying = made - made.mean(0)[None, :]
        power = (varying**2).mean(0) + _TINY
        slopes = [varying.T @ d / d.shape[0] for d in quoted[place + 1 :]]
        following = follower(before, place)
        worth = (
            sum(jnp.where(is_next, (g**2).sum(1), 0.0) for is_next, g in zip(following, slopes, strict=True)) / power
        )
        top, best = jax.lax.top_k(worth, entrants)
        slots = jnp.argsort(before.alive[place])[:entrants]
        enters = (top > cost[place]) & ~before.alive[place][slots] & before.open[place]
        share = 1.0 / jnp.maximum(enters.sum(), 1)
        ratio = jnp.maximum(ratio, jnp.where(before.open[place], top[0] / (cost[place] + _TINY), 0.0))
        plant = _install(plant, place, slots, enters, weight[best], bias[best])
        weights = list(plant.weights)
        for k, (is_next, g) in enumerate(zip(following, slopes, strict=True), start=place + 1):
            columns = share * (g[best] / power[best][:, None]).T
            columns = jnp.where((enters & is_next)[None, :], columns, weights[k][:, slots])
            weights[k] = weights[k].at[:, slots].set(columns)
        plant = eqx.tree_at(lambda p: p.weights, plant, tuple(weights))
        mean = jnp.zeros(before.alive.shape[1]).at[slots].set(jnp.where(enters, made.mean(0)[best], 0.0))
        plant = supply(plant, place, -mean)
        came.append(jnp.zeros(before.alive.shape[1], bool).at[slots].set(enters))
    return mirrored(plant), jnp.stack(came), ratio


def _candidates(
    key: Key[Array, ""], bought: Float[Array, "samples inside"], inside: Bool[Array, " inside"], count: int
) -> tuple[Float[Array, "candidates inside"], Float[Array, " candidates"]]:
    """Random neurons that are active for about half of the audience."""
    weight_key, bias_key = jax.random.split(key)
    scale = jnp.sqrt(2.0 / jnp.maximum(inside.sum(), 1))
    weight = jnp.where(inside[None, :], scale * jax.random.normal(weight_key, (count, bought.shape[1])), 0.0)
    said = bought @ weight.T
    return weight, 0.5 * said.std(0) * jax.random.normal(bias_key, (count,)) - said.mean(0)


def _install(
    plant: Plant,
    place: int,
    slots: Int[Array, " entrants"],
    enters: Bool[Array, " entrants"],
    weight: Float[Array, "entrants inside"],
    bias: Float[Array, " entrants"],
) -> Plant:
    weights, biases = list(plant.weights), list(plant.biases)
    weights[place] = weights[place].at[slots].set(jnp.where(enters[:, None], weight, weights[place][slots]))
    biases[place] = biases[place].at[slots].set(jnp.where(enters, bias, biases[place][slots]))
    alive = plant.alive.at[place, slots].set(plant.alive[place][slots] | enters)
    return eqx.tree_at(lambda p: (p.weights, p.biases, p.alive), plant, (tuple(weights), tuple(biases), alive))


def deepen(plant: Plant, seen: Audience, rent: Any, width: Any = 0.0) -> tuple[Plant, Bool[Array, " layers"]]:
    """The first closed layer opens as the identity where its worth exceeds its rent, and `width` times its rent.

    With goods h (less their mean), prices p of them and weights W behind, the worth is
    `|E p h^T|^2 / (|W|^2 E |h|^2)`, by the same bound.

    Returns:
        The plant, and which layer opened.
    """
    _, goods, quoted = prices(plant, seen.x, seen.labels)
    opened, before = [jnp.asarray(False)], plant.open
    for place in range(1, plant.layers):
        first = ~before[place] & before[:place].all()
        h, behind = goods[place - 1], follower(plant, place)
        later = list(zip(behind, plant.weights[place + 1 :], quoted[place + 1 :], strict=True))
        price = sum(jnp.where(is_next, d @ w, 0.0) for is_next, w, d in later) * (h > 0)
        size = sum(jnp.where(is_next, (w**2).sum(), 0.0) for is_next, w, _ in later)
        varying = h - h.mean(0)[None, :]
        slope = price.T @ varying / h.shape[0]
        worth = (slope**2).sum() / (size * (varying**2).sum(1).mean() + _TINY)
        neurons = plant.alive[place].sum().astype(jnp.float32)
        opens = first & (worth > rent * neurons**2 / 1000 * jnp.maximum(width, 1.0))
        weights, biases = list(plant.weights), list(plant.biases)
        weights[place] = jnp.where(opens, jnp.diag(plant.alive[place].astype(jnp.float32)), weights[place])
        biases[place] = jnp.where(opens, 0.0, biases[place])
        open_ = plant.open.at[place].set(plant.open[place] | opens)
        new = (tuple(weights), tuple(biases), open_)
        plant = eqx.tree_at(lambda p: (p.weights, p.biases, p.open), plant, new)
        opened.append(opens)
    return plant, jnp.stack(opened)


def flatten(plant: Plant, seen: Audience, features: Int[Array, ""], rent: Any) -> tuple[Plant, Bool[Array, " layers"]]:
    """The last open layer but the first closes where the audience would lose less than its rent without it.

    Returns:
        The plant, and which layer closed.
    """
    closed = [jnp.asarray(False)]
    loss = mean_loss(plant.outputs(seen.x), seen.labels)
    for place in range(1, plant.layers):
        last = plant.open[place] & ~plant.open[place + 1 :].any()
        without = mirrored(eqx.tree_at(lambda p, k=place: p.open, plant, plant.open.at[place].set(False)))
        lost = mean_loss(without.outputs(seen.x), seen.labels) - loss
        saved = plant.multiply_adds(features).sum() - without.multiply_adds(features).sum()
        closes = last & (lost < rent * saved / 1000)
        plant = jax.tree.map(lambda new, old, c=closes: jnp.where(c, new, old), without, plant)
        closed.append(closes)
    return plant, jnp.stack(closed)
