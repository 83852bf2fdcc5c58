"""Proximal policy optimisation for bidders: every auction is a one-step bandit."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from catallax.agents._judge import Activation, Judgement, Nets, collect, judge, judge_each, log_density, lookup

_ADAM = optax.scale_by_adam()


class Progress(NamedTuple):
    """State of the optimiser."""

    moments: optax.OptState
    rounds: Int[Array, ""]
    """Batches learned from."""


class Rows(NamedTuple):
    """One bid each; leading axis `samples`."""

    inputs: Array
    """Features, or the index of a discrete observation."""
    x: Float[Array, " samples"]
    """The bid as a share of the bid scale, in (0, 1)."""
    utility: Float[Array, " samples"]
    """Bid scales."""
    weight: Float[Array, " samples"]
    """1, or 0 for padding."""


class Batch(NamedTuple):
    """Rows with what is worked out once for them."""

    rows: Rows
    log_x: Array
    log_rest: Array
    """`log(1 - x)`."""
    before: Array
    """Log density of the bid under the networks before this lesson. A sale carried over from the round before was drawn with
    the networks before that round's lesson: for it this is not the density it was drawn with."""
    advantage: Array


class PPO(eqx.Module):
    """How a network bidder learns; the defaults are those of Chang et al. (2020).

    With advantage `A = standardised(U - V(s))` and ratio `r = p(bid) / p_before(bid)`, the policy climbs
    `mean(min(r A, clip(r, 1 - clip, 1 + clip) A)) + entropy * H`, and the value descends
    `mean((U - V(s))**2) + value_penalty * |parameters|**2`, both by Adam.

    Source: Schulman et al. (2017); constants from the code of Chang et al. (2020).
    """

    policy_rate: float = 4e-5
    value_rate: float = 5e-3
    clip: float = 0.2
    """How far the ratio may move from 1 with effect."""
    entropy: float = 0.1
    """Weight of the bid distribution's entropy against standardised advantages: standard deviations of utility per nat."""
    value_penalty: float = 1e-3
    max_gradient: float = 40.0
    """Largest norm of the policy's gradient."""
    decay: float = 0.99
    """Factor on both rates, every so many rounds after the first ones; 1 for constant rates."""
    decay_after: int = 500
    """Rounds."""
    decay_every: int = 100
    """Rounds."""
    minibatch: int = eqx.field(static=True, default=256)
    """Largest number of rows per step."""
    epochs: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        if self.minibatch < 1 or self.epochs < 1:
            raise ValueError(
                f"PPO: minibatch and epochs must be at least 1, got {self.minibatch} and {self.epochs} (samples, passes)."
            )

    def start(self, nets: Nets) -> Progress:
        """The optimiser before the first batch."""
        return Progress(_ADAM.init(nets), jnp.zeros((), jnp.int32))  # pyright: ignore[reportArgumentType]

    def update(
        self, key: Key[Array, ""], nets: Nets, progress: Progress, rows: Rows, activation: Activation, table: int | None
    ) -> tuple[Nets, Progress]:
        """`epochs` passes over the rows; `table`: number of observations when they are few, see `judge`."""
        index, present = _minibatches(key, rows.x.shape[0], self.minibatch, self.epochs)
        index = jax.lax.optimization_barrier(index)
        rows = jax.tree.map(lambda leaf: leaf.at[index].get(mode="promise_in_bounds"), rows)
        # the barriers keep the gathers from being repeated inside every loop that reads them
        rows = jax.lax.optimization_barrier(rows._replace(weight=rows.weight * present))
        log_x, log_rest = jnp.log(rows.x), jnp.log1p(-rows.x)
        judged = jax.vmap(lambda inputs: judge(nets, inputs, activation, table))(rows.inputs)
        gap = rows.utility - judged.value
        count = jnp.maximum(jnp.sum(rows.weight), 1.0)
        mean = jnp.sum(rows.weight * gap) / count
        spread = jnp.sqrt(jnp.sum(rows.weight * (gap - mean) ** 2) / count)
        batches = Batch(
            rows=rows,
            log_x=log_x,
            log_rest=log_rest,
            before=log_density(judged, log_x, log_rest),
            advantage=(gap - mean) / (spread + 1e-8),
        )
        rates = self.rates(progress.rounds)

        def descend(carry: tuple[Nets, optax.OptState], batch: Batch) -> tuple[tuple[Nets, optax.OptState], None]:
            seen = jnp.sum(batch.rows.weight) > 0
            return self.step(*carry, self.slope(carry[0], batch, activation, table), rates, seen), None

        (nets, moments), _ = jax.lax.scan(descend, (nets, progress.moments), batches)
        return nets, Progress(moments, progress.rounds + 1)

    def slope(self, nets: Nets, batch: Batch, activation: Activation, table: int | None) -> Nets:
        """Gradient of the loss on one minibatch.

        Down to the judgements it is written out: automatic differentiation works
        the exponentials out again for every column, and takes twice as long.
        """
        inputs = batch.rows.inputs

        def judged_by(nets: Nets) -> Array:
            return jnp.stack(judge_each(nets, inputs if table is None else None, activation))

        judged, pull = jax.vjp(judged_by, nets)
        slopes = self._row_slopes(batch, Judgement(*lookup(judged, inputs, table)))
        (slope,) = pull(collect(jnp.stack(slopes), inputs, table))
        shrink = jax.tree.map(lambda leaf, move: move + 2 * self.value_penalty * leaf, nets.value, slope.value)
        return slope._replace(value=shrink)

    def _row_slopes(self, batch: Batch, judged: Judgement) -> Judgement:
        """Derivatives of the mean loss by each row's judgement."""
        ratio = jnp.exp(log_density(judged, batch.log_x, batch.log_rest) - batch.before)
        gain = ratio * batch.advantage
        free = gain <= jnp.clip(ratio, 1 - self.clip, 1 + self.clip) * batch.advantage
        weight = batch.rows.weight
        share = weight / jnp.maximum(jnp.sum(weight), 1.0)
        # without the barrier the exponential is worked out again for every column
        share, push = jax.lax.optimization_barrier((share, -share * jnp.where(free, gain, 0.0)))
        return Judgement(
            a=push * batch.log_x,
            b=push * batch.log_rest,
            normaliser=-push,
            entropy=-share * self.entropy,
            value=2 * share * (judged.value - batch.rows.utility),
        )

    def rates(self, rounds: Int[Array, ""]) -> tuple[Array, Array]:
        """Step sizes of policy and value after so many rounds."""
        fall = self.decay ** (jnp.maximum(rounds - self.decay_after, 0) // self.decay_every)
        return self.policy_rate * fall, self.value_rate * fall

    def step(
        self, nets: Nets, moments: optax.OptState, slope: Nets, rates: tuple[Array, Array], seen: Array
    ) -> tuple[Nets, optax.OptState]:
        """One step of Adam down a gradient; none where nothing was `seen`."""
        norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(slope.policy)))
        cut = jnp.minimum(1.0, self.max_gradient / (norm + 1e-6))
        slope = slope._replace(policy=jax.tree.map(lambda leaf: leaf * cut, slope.policy))
        moves, after = _ADAM.update(slope, moments)  # pyright: ignore[reportArgumentType]
        rate_of = Nets(jax.tree.map(lambda _: rates[0], nets.policy), jax.tree.map(lambda _: rates[1], nets.value))
        moved = jax.tree.map(lambda leaf, rate, move: leaf - rate * move, nets, rate_of, moves)
        # a minibatch of padding alone says nothing, but momentum would still move the networks
        return jax.tree.map(lambda new, old: jnp.where(seen, new, old), (moved, after), (nets, moments))


def _minibatches(key: Key[Array, ""], samples: int, size: int, epochs: int) -> tuple[Array, Array]:
    """Row indices and whether they are rows at all, axes `steps rows`.

    A fixed shuffle, entered at a random place in each pass: as good as a fresh
    one for rows whose order means nothing, and without the cost of sorting.
    """
    steps = -(-samples // size)
    size = -(-samples // steps)
    shuffle = np.random.default_rng(0).permutation(samples).astype(np.int32)
    twice = jnp.asarray(np.concatenate([shuffle, shuffle]))
    offsets = jax.random.randint(key, (epochs,), 0, samples, jnp.int32)
    index = jax.vmap(lambda start: jax.lax.dynamic_slice(twice, (start,), (samples,)))(offsets)
    spare = steps * size - samples
    index = jnp.concatenate([index, index[:, :spare]], axis=1)
    present = jnp.broadcast_to((jnp.arange(steps * size) < samples).astype(jnp.float32), index.shape)
    return index.reshape(epochs * steps, size), present.reshape(epochs * steps, size)
