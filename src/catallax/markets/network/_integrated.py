"""Gradients by default, a market for the structure: neurons and layers enter and leave where it pays."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Key

from catallax.core import split_by
from catallax.markets.network._backpropagated import Learner, check_sizes, descend, start, step_cost
from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._plant import Plant, Table
from catallax.markets.network._structure import Audience, deepen, dismiss, flatten, hire, rents
from catallax.markets.network._training import AbstractTraining, Record


class Integrated(AbstractTraining):
    """Back-propagated prices move the weights; once a period, the market for neurons and layers is open.

    * *Exit*: the neuron that earns least, by Clarke's pivot rule, leaves if that is less than its rent.
    * *Entry*: of some random candidates, those whose shadow price exceeds the rent enter free places.
    * *Layers* open as the identity and close by the same comparison.

    The rent is paid per multiply-add. All of it happens under masks in arrays of fixed capacity.

    >>> import jax, numpy as np
    >>> training, table = Integrated(width=2, capacity=6, entrants=2), Table.of(np.eye(4), [0, 1, 0, 1])
    >>> state = jax.jit(training.init)(jax.random.key(0), table)
    >>> training.market(state, features=4).shapes
    ((4,), (2,), (2,))

    Source: Pallavi Sudhir and Tran-Thanh (2025), section 4, "integrated models"; the rules are ours. Entry by the
    gradient of new weights is known from Fahlman and Lebiere (1990), exit by what the loss would be from Mozer and
    Smolensky (1989), layers that open as the identity from Chen, Goodfellow and Shlens (2016).
    """

    width: int = eqx.field(static=True, default=8)
    """Neurons at the start."""
    capacity: int = eqx.field(static=True, default=48)
    """Neurons that a layer can hold."""
    layers: int = eqx.field(static=True, default=2)
    """Hidden layers that there is room for; one is open at the start."""
    rent: float = 0.002
    """Nats a sample that a thousand multiply-adds must earn."""
    hurdle: float = 2.0
    """How many times its rent a neuron or layer must be worth to enter; above 1, so that who enters is not dismissed next."""
    rate: float = 0.004
    """Step size of the weights."""
    batch: int = eqx.field(static=True, default=64)
    """Rows of one step."""
    steps: int = eqx.field(static=True, default=50)
    """Steps of one period."""
    audience: int = eqx.field(static=True, default=128)
    """Rows on which the decisions of a period are taken."""
    candidates: int = eqx.field(static=True, default=16)
    """Random neurons that offer themselves to each layer in a period."""
    entrants: int = eqx.field(static=True, default=4)
    """How many of them may enter at most."""

    def __check_init__(self) -> None:
        names = ("width", "capacity", "layers", "batch", "steps", "audience", "candidates", "entrants")
        check_sizes("Integrated", **{name: getattr(self, name) for name in names})
        if self.width > self.capacity or self.entrants > min(self.candidates, self.capacity):
            raise ValueError(
                f"Integrated: expected width <= capacity and entrants <= candidates, capacity, got width {self.width}, "
                f"capacity {self.capacity}, entrants {self.entrants}, candidates {self.candidates}."
            )
        if isinstance(self.rent, float | int) and not self.rent >= 0:
            raise ValueError(f"Integrated: rent must be >= 0 nats, got {self.rent}.")

    def init(self, key: Key[Array, ""], table: Table) -> Learner:
        """A small random network with room to grow."""
        plant = Plant.init(key, table, self.width, self.capacity, self.layers)
        return Learner(plant, start(plant))

    def period(self, key: Key[Array, ""], state: Learner, table: Table) -> tuple[Learner, Record]:
        """Some steps, then exits, entries, and the opening and closing of layers."""
        work = self.cost(state, table)
        state, loss = descend(key, state, table, self.rate, self.batch, self.steps)
        draw, enter = split_by(key, "audience", "entry")
        seen = Audience(*table.draw(draw, self.audience))
        plant, closed = flatten(state.plant, seen, table.features, self.rent)
        cost = rents(plant, table.features, self.rent)
        plant, left = dismiss(plant, seen, cost)
        asked = self.hurdle * cost
        plant, entered, width = hire(enter, plant, seen, table, asked, self.candidates, self.entrants)
        # a multiply-add goes where it is worth most: into depth only if width offers less
        plant, opened = deepen(plant, seen, self.hurdle * self.rent, width)
        state = Learner(plant, forget(state.moments, plant, left | entered, opened | closed))
        return state, {
            "loss": loss,
            "multiply_adds": work,
            "neurons": jnp.where(plant.open, plant.alive.sum(1), 0),
            "entered": entered.sum(1),
            "left": left.sum(1),
            "opened": opened,
            "closed": closed,
            "rent": cost,
            "size": plant.multiply_adds(table.features).sum(),
        }

    def cost(self, state: Learner, table: Table) -> Float[Array, ""]:
        """Multiply-adds of the next period.

        Its steps; two sweeps of prices and two of losses; the loss without each neuron and layer; the slopes of
        candidates and of a layer that may open.
        """
        plant = state.plant
        each = plant.multiply_adds(table.features)
        sizes = plant.sizes(table.features).astype(jnp.float32)
        step = step_cost(plant, table.features)
        tries = sum(sizes[k + 1] * plant.open[k] * each[k + 1 :].sum() for k in range(plant.layers))
        tries = tries + (each.sum() + 2 * sizes[-2] ** 2) * (plant.layers - 1)
        offers = sum(self.candidates * plant.open[k] * (sizes[k] + sizes[k + 2]) for k in range(plant.layers))
        return self.steps * self.batch * step + self.audience * (2 * step + tries + offers)

    def outputs(self, state: Learner, x: Float[Array, "samples features"]) -> Float[Array, "samples classes"]:
        """Logits."""
        return state.plant.outputs(x)

    def market(self, state: Learner, features: int) -> NetworkMarket:
        """One firm for each open layer, of the neurons that live."""
        return state.plant.market(features)


def forget(moments: Any, plant: Plant, moved: Bool[Array, "layers width"], rebuilt: Bool[Array, " layers"]) -> Any:
    """The moments without those of weights whose neuron or layer is another now."""
    moved = moved | rebuilt[:, None]
    weights, biases = [], []
    for place, (weight, bias) in enumerate(zip(plant.weights, plant.biases, strict=True)):
        keep = jnp.ones_like(weight, bool)
        if place < plant.layers:
            keep = keep & ~moved[place][:, None]
        if place > 0:
            # a neuron's users may lie behind closed layers
            keep = keep & ~moved[:place].any(0)[None, :]
        weights.append(keep)
        biases.append(~moved[place] if place < plant.layers else jnp.ones_like(bias, bool))
    keep = (tuple(weights), tuple(biases))
    return optax.tree_utils.tree_map_params(
        optax.scale_by_adam(), lambda leaf, kept: jnp.where(kept, leaf, 0.0), moments, keep
    )
