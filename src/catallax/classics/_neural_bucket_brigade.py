"""The neural bucket brigade of 1989: a winner-take-all network whose weights are money."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.core import as_key, split_by
from catallax.envs import AbstractOrder, DrawnOrder, Presentation
from catallax.markets import WinnerTakeAllNetwork, teach


class NeuralBucketBrigade(NamedTuple):
    """What a run of many seeds found; -1 stands for never."""

    found: Int[np.ndarray, " seeds"]
    """Presentations after which all patterns were first classified."""
    stable: Int[np.ndarray, " seeds"]
    """Presentations after which they were classified for good, as far as watched."""
    classified: Int[np.ndarray, "seeds presentations"]
    """How many patterns were classified after each presentation; -1 once a seed has stopped."""
    weights: Float[np.ndarray, "seeds units units"]
    """Credits at the end."""
    patterns: int
    """How many patterns there are: divide presentations by it to count them per pattern."""

    def summary(self) -> dict[str, float]:
        """Solve rates and mean presentations among the seeds that solved, in all and per pattern."""
        out: dict[str, float] = {}
        for name, at in (("found", self.found), ("stable", self.stable)):
            mean = float(at[at >= 0].mean()) if (at >= 0).any() else float("nan")
            out |= {f"{name}_rate": float((at >= 0).mean()), f"{name}_mean": mean}
            out[f"{name}_per_pattern"] = mean / self.patterns
        return out


def neural_bucket_brigade(
    network: WinnerTakeAllNetwork,
    world: Presentation,
    *,
    key: Key[Array, ""] | int = 0,
    order: AbstractOrder = DrawnOrder(),  # noqa: B008 - immutable
    seeds: int = 30,
    presentations: int = 10_000,
    watch: int = 100,
    dtype: Any = jnp.float32,
) -> NeuralBucketBrigade:
    """Teach a network to answer: presentations with payoff, and after each a check of all patterns without learning.

    A seed stops when every check of `watch` presentations in a row found all patterns classified.

    Args:
        network: its inputs are the bits of the world and one unit that is always on.
        world: what is shown and when an answer counts.
        key: of all seeds.
        order: which pattern is presented when.
        seeds: independent networks, trained together.
        presentations: limit for each.
        watch: presentations for which a stable solution must last.
        dtype: of the credits; `float64` needs `jax.enable_x64`.

    Raises:
        ValueError: if the network does not fit the world.
    """
    wanted = (world.observation_space.n + 1, world.action_space.n)
    if (network.groups[0], network.outputs) != wanted:
        raise ValueError(
            f"neural_bucket_brigade: the world needs {wanted[0]} input units (its bits and one that is always on) and "
            f"{wanted[1]} outputs; the network has {network.groups[0]} and {network.outputs}."
        )
    if not 0 < watch <= presentations or seeds < 1:
        raise ValueError("neural_bucket_brigade: expected seeds >= 1 and 0 < watch <= presentations.")
    first_key, run_key = split_by(as_key(key), "weights", "presentations")
    states = jax.vmap(lambda k: network.init(k, dtype=dtype))(jax.random.split(first_key, seeds))
    ended = teach(network, world, order, jax.random.split(run_key, seeds), states.weights, presentations, watch)
    return NeuralBucketBrigade(
        np.asarray(ended.found),
        np.asarray(jnp.where(ended.done, ended.since, -1)),
        np.asarray(ended.trace)[: int(ended.number)].T,
        np.asarray(ended.weights),
        world.patterns,
    )


def neural_bucket_brigade_xor(
    hidden: tuple[int, ...] = (3,), *, shortcuts: bool = False, key: Key[Array, ""] | int = 0, **settings: Any
) -> NeuralBucketBrigade:
    """Exclusive or, each pattern held for 6 ticks: inputs, winner-take-all subsets of hidden units, two outputs.

    Args:
        hidden: units of each hidden subset; (3,), (2,) and (2, 2) are in the source.
        shortcuts: whether the inputs feed the outputs directly, too.
        key: of all seeds, or a number.
        settings: of `neural_bucket_brigade`.
    """
    last = len(hidden) + 1
    wires = tuple((0, g) for g in range(1, last + shortcuts)) + tuple((g, last) for g in range(1, last))
    network = WinnerTakeAllNetwork((3, *hidden, 2), wires)
    return neural_bucket_brigade(network, Presentation.xor(), key=key, **settings)


def neural_bucket_brigade_moving_light(
    cells: int = 5, *, key: Key[Array, ""] | int = 0, **settings: Any
) -> NeuralBucketBrigade:
    """From where the light came: a row of cells on two outputs that also feed themselves and each other.

    Args:
        cells: length of the row.
        key: of all seeds, or a number.
        settings: of `neural_bucket_brigade`.
    """
    network = WinnerTakeAllNetwork((cells + 1, 2), ((0, 1), (1, 1)))
    world = Presentation.moving_light(cells)
    return neural_bucket_brigade(network, world, key=key, **settings)
