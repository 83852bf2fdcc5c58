"""Two small networks that can improve, a supply chain and a neural network, with every attribution and adjustment that fits them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from catallax.markets import improving as im

STAGES, SUPPLIERS = 3, 4
NEURONS, POINTS = 8, 32
GRADIENT, PAYMENTS, SHAPLEY, WITHOUT, EVOLUTION = (
    "back-propagation", "market payments", "Shapley, drawn orders", "leave one out", "evolution strategy"
)  # fmt: skip
CHANCE = "credit by chance"
ATTRIBUTIONS = (GRADIENT, PAYMENTS, SHAPLEY, WITHOUT, EVOLUTION, CHANCE)
CHAIN, NETWORK = "supply chain", "neural network"
SIZES = {
    "multiplicative weights": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0),
    "takeover of the worst": (0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0),
    "gradient step": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
    "mutants replace the worst": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}
"""Step sizes that are tried for each adjustment."""
ADJUSTMENTS = {
    CHAIN: ("multiplicative weights", "takeover of the worst"),
    NETWORK: ("gradient step", "mutants replace the worst"),
}


class World(NamedTuple):
    """A network."""

    objective: im.Objective
    """Share of what can be had, 1 at the optimum."""
    start: jax.Array
    payments: im.MarketPayments
    rivals: jax.Array


def supply_chain(key: jax.Array) -> World:
    """Each stage's suppliers hold shares of its market; what a supplier adds to a product depends on who made it last.

    Value added is uniform in [0, 1]. One share for each supplier: the best is one fixed route, and there are others that no small step improves.
    """
    gain = jax.random.uniform(key, (STAGES, SUPPLIERS, SUPPLIERS))  # stage, supplier, predecessor
    gain = gain.at[0].set(gain[0, :, :1])
    first = jnp.eye(SUPPLIERS)[0]

    def rows(influence: jax.Array) -> jax.Array:
        return influence[:, 0].reshape(STAGES, SUPPLIERS)

    def value(influence: jax.Array, present: jax.Array) -> jax.Array:
        shares = rows(influence * present[:, None])
        made, total = first, jnp.zeros(())
        for stage in range(STAGES):
            total = total + shares[stage] @ gain[stage] @ made
            made = shares[stage] * jnp.sum(made)
        return total

    best = jnp.zeros(SUPPLIERS)
    for stage in reversed(range(STAGES)):
        best = jnp.max(gain[stage] + best[:, None], axis=0)
    start = jnp.full((STAGES * SUPPLIERS, 1), 1.0 / SUPPLIERS)

    def collect(influence: jax.Array, posted: jax.Array) -> jax.Array:
        shares, bought, earned = rows(influence), first, []
        for stage in range(STAGES):
            earned.append((gain[stage] + posted[stage][:, None]) @ bought)
            bought = shares[stage] * jnp.sum(bought)
        return jnp.stack(earned).reshape(-1, 1) / best[0]

    def quote(influence: jax.Array, posted: jax.Array) -> jax.Array:
        shares = rows(influence)
        onward = jnp.einsum("ti,tij->tj", shares[1:], gain[1:] + posted[1:, :, None])
        return jnp.concatenate([onward, jnp.zeros((1, SUPPLIERS))])

    payments = im.MarketPayments(collect, quote, jnp.zeros((STAGES, SUPPLIERS)))
    return World(lambda w, here: value(w, here) / best[0], start, payments, jnp.repeat(jnp.arange(STAGES), SUPPLIERS))


def neural_network(key: jax.Array) -> World:
    """Eight tanh neurons learn what four others say about 32 points in the plane; influence: two weights in, a bias, one out."""
    point_key, teacher_key, start_key = jax.random.split(key, 3)
    points = jax.random.normal(point_key, (POINTS, 2))
    teacher = jax.random.normal(teacher_key, (NEURONS // 2, 4)) * jnp.array([1.5, 1.5, 0.5, 1.0])

    def hidden(influence: jax.Array) -> jax.Array:
        return jnp.tanh(points @ influence[:, :2].T + influence[:, 2])

    labels = hidden(teacher) @ teacher[:, 3]
    scale = POINTS * jnp.var(labels)
    labels = labels - jnp.mean(labels)

    def objective(influence: jax.Array, present: jax.Array) -> jax.Array:
        said = hidden(influence) @ (influence[:, 3] * present)
        return 1.0 - jnp.sum((said - labels) ** 2) / scale

    def offered(influence: jax.Array) -> jax.Array:
        return -2.0 * (hidden(influence) @ influence[:, 3] - labels) / scale

    def collect(influence: jax.Array, posted: jax.Array) -> jax.Array:
        made = hidden(influence)
        inner = posted * (1.0 - made**2)
        return jnp.concatenate(
            [inner.T @ points, jnp.sum(inner, 0)[:, None], (made.T @ offered(influence))[:, None]], 1
        )

    def quote(influence: jax.Array, posted: jax.Array) -> jax.Array:
        return offered(influence)[:, None] * influence[:, 3]

    start = jax.random.normal(start_key, (NEURONS, 4)) * 0.7
    payments = im.MarketPayments(collect, quote, jnp.zeros((POINTS, NEURONS)))
    return World(objective, start, payments, jnp.zeros(NEURONS, jnp.int32))


WORLDS = {CHAIN: supply_chain, NETWORK: neural_network}
NODES = {CHAIN: STAGES * SUPPLIERS, NETWORK: NEURONS}


class Chance(im.AbstractAttribution):
    """Prices that mean nothing, `rate ~ N(0, 1)`: what an adjustment does without any attribution."""

    def attribute(self, key: Any, objective: im.Objective, influence: Any, memory: Any) -> tuple[im.Credit, Any]:
        """Drawn anew each step."""
        rate = jax.random.normal(key, influence.shape)
        return im.Credit(jnp.sum(rate * influence, axis=1), rate), memory

    def cost(self, nodes: int) -> int:
        """As many steps as with a gradient."""
        return 3


def attribution(name: str, world: World) -> im.AbstractAttribution:
    """By name; those who draw take so many draws that a step costs about two evaluations a node."""
    return {
        GRADIENT: im.Backpropagation(),
        PAYMENTS: world.payments,
        SHAPLEY: im.Shapley(orders=2),
        WITHOUT: im.LeaveOneOut(),
        EVOLUTION: im.EvolutionStrategy(pairs=8, spread=0.05),
        CHANCE: Chance(),
    }[name]


def adjustment(name: str, size: jax.Array, world: World) -> im.AbstractAdjustment:
    """By name."""
    if name == "gradient step":
        return im.GradientStep(size)
    kinds = {
        "multiplicative weights": im.MultiplicativeWeights,
        "takeover of the worst": im.TakeOver,
        "mutants replace the worst": im.Competition,
    }
    return kinds[name](size, world.rivals)


class Course(NamedTuple):
    """Of one way on one network."""

    values: np.ndarray
    """Axes `[seeds, steps + 1]`, share of what can be had."""
    cost: int
    """Evaluations a step."""
    size: float
    """The step size that was chosen."""

    def at(self, evaluations: np.ndarray) -> np.ndarray:
        """Values when so many evaluations are spent, axes `[seeds, points]`."""
        steps = np.minimum(evaluations // self.cost, self.values.shape[1] - 1).astype(int)
        return self.values[:, steps]

    def needed(self, near: float, budget: int) -> np.ndarray:
        """Evaluations until `near` is first reached; the budget where it never is."""
        reached = self.values >= near
        return np.where(reached.any(1), np.argmax(reached, 1) * self.cost, budget)


@partial(jax.jit, static_argnums=(0, 1, 2, 3))
def courses(world: str, credit: str, change: str, steps: int, sizes: jax.Array, keys: jax.Array) -> jax.Array:
    """Values, axes `[sizes, seeds, steps + 1]`."""

    def one(size: jax.Array, key: jax.Array) -> jax.Array:
        world_key, run_key = jax.random.split(key)
        made = WORLDS[world](world_key)
        loop = im.SelfImproving(attribution(credit, made), adjustment(change, size, made))
        values = loop.run(run_key, made.objective, made.start, steps).values
        return jnp.where(jnp.isfinite(values), values, -1.0)

    return jax.vmap(lambda size: jax.vmap(partial(one, size))(keys))(sizes)


def improved(world: str, credit: str, change: str, budget: int, tuning: int, seeds: int) -> Course:
    """Learn with every step size, choose the one of the best last tenth on worlds of its own, and keep the others' courses with it."""
    cost = attribution(credit, WORLDS[world](jax.random.key(0))).cost(NODES[world])
    steps = budget // cost
    keys = jax.random.split(jax.random.key(7), tuning + seeds)
    values = np.asarray(courses(world, credit, change, steps, jnp.array(SIZES[change]), keys), float)
    merit = np.clip(values[:, :tuning, -max(steps // 10, 1) :], -1.0, 1.0).mean((1, 2))
    chosen = int(np.argmax(merit))
    return Course(values[chosen, tuning:], cost, SIZES[change][chosen])


def agreement(world: str, names: tuple[str, ...], seeds: int) -> Mapping[str, np.ndarray]:
    """Spearman's correlation with exact Shapley values, by attribution and seed, where influence is drawn; payments are at rest."""

    @jax.jit
    @jax.vmap
    def worths(key: jax.Array) -> dict[str, jax.Array]:
        world_key, draw_key, credit_key = jax.random.split(key, 3)
        made = WORLDS[world](world_key)
        if world == CHAIN:
            drawn = jax.random.dirichlet(draw_key, jnp.ones(SUPPLIERS), (STAGES,)).reshape(-1, 1)
        else:
            drawn = made.start
        found = {}
        for name, part in {**{n: attribution(n, made) for n in names}, "exact": im.Shapley()}.items():
            memory = part.init(drawn)
            for _ in range(STAGES if name == PAYMENTS else 0):
                _, memory = part.attribute(credit_key, made.objective, drawn, memory)
            found[name] = part.attribute(credit_key, made.objective, drawn, memory)[0].worth
        return found

    found = {name: np.asarray(rows) for name, rows in worths(jax.random.split(jax.random.key(11), seeds)).items()}
    exact = found.pop("exact")
    return {
        name: np.array([stats.spearmanr(a, b)[0] for a, b in zip(rows, exact, strict=True)])
        for name, rows in found.items()
    }
