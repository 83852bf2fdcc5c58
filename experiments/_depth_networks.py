"""Networks of fixed depth and networks that halt, in one program each; lanes are seeds, depths and step sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Key

NEVER = 0
"""Depth of a network that decides itself when to halt."""


class Lanes(NamedTuple):
    """What differs between the networks of one program; axis `lanes`."""

    depth: Int[Array, " lanes"]
    rate: Float[Array, " lanes"]
    key: Key[Array, " lanes"]


class Data(NamedTuple):
    """Training inputs in batches; every lane begins with another batch."""

    x: Float[Array, "steps batch *features"]
    label: Int[Array, "steps batch"]


def _dense(key: Key[Array, ""], inside: int, outside: int) -> tuple[Array, Array]:
    return jax.random.normal(key, (inside, outside)) * inside**-0.5, jnp.zeros(outside)


def _fit(loss: Any, weights: Any, lane: Lanes, data: Data) -> Any:
    """Adam, each batch once, the step size falling linearly to 0, gradients clipped at norm 1."""
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam())
    steps = data.label.shape[0]
    offset = jax.random.randint(lane.key, (), 0, steps)

    def step(number: Array, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        weights, moments = carry
        slope = jax.grad(loss)(weights, *jax.tree.map(lambda x: x[(number + offset) % steps], data))
        change, moments = optimiser.update(slope, moments)
        speed = lane.rate * (1 - number / steps)
        return jax.tree.map(lambda w, c: w - speed * c, weights, change), moments

    return jax.lax.fori_loop(0, steps, step, (weights, optimiser.init(weights)))[0]


@eqx.filter_jit
def feed_forward(
    data: Data, classes: int, lanes: Lanes, tests: Array, *, width: int, deepest: int
) -> Int[Array, "lanes tests"]:
    """Answers of multilayer perceptrons with 1 to `deepest` hidden layers."""
    features = tests.shape[-1]

    def outputs(weights: Any, depth: Array, x: Array) -> Array:
        (first, start), (inner, shifts), (last, end) = weights
        h = jax.nn.relu(x @ first + start[None])

        def layer(h: Array, row: tuple[Array, Array, Array]) -> tuple[Array, None]:
            number, weight, shift = row
            return jnp.where(number < depth, jax.nn.relu(h @ weight + shift[None]), h), None

        if deepest > 1:
            h, _ = jax.lax.scan(layer, h, (jnp.arange(1, deepest), inner, shifts))
        return h @ last + end[None]

    def one(lane: Lanes) -> Array:
        keys = jax.random.split(lane.key, 3)
        inner = jax.random.normal(keys[1], (deepest - 1, width, width)) * (2 / width) ** 0.5
        weights = (
            _dense(keys[0], features, width),
            (inner, jnp.zeros((deepest - 1, width))),
            _dense(keys[2], width, classes),
        )

        def loss(weights: Any, x: Array, label: Array) -> Array:
            return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs(weights, lane.depth, x), label))

        return jnp.argmax(outputs(_fit(loss, weights, lane, data), lane.depth, tests), -1)

    return jax.vmap(one)(lanes)


def feed_forward_cost(features: int, width: int, depth: int, classes: int) -> int:
    """Multiply-adds of one answer."""
    return features * width + (depth - 1) * width**2 + width * classes


@eqx.filter_jit
def recurrent(
    data: Data, classes: int, lanes: Lanes, tests: Array, *, width: int, longest: int, prior: float, weight: float
) -> tuple[Int[Array, "lanes tests"], Int[Array, "lanes tests"]]:
    """Answers and steps of a gated recurrent cell that reads `x[t]` in step t, or the only `x` in every step, for `depth` steps or until it halts.

    A cell that halts stops in step t with probability `h_t` if it has not before, `p_t = h_t prod_{s<t} (1 - h_s)`; its loss is
    `sum_t p_t loss_t + weight KL(p || geometric(prior))`, and it answers in the first step in which it has halted with
    probability 1/2. In training it halts after `longest` steps, in tests after twice as many.

    Source: Banino, Balaguer and Blundell (2021), PonderNet, after Graves (2016).
    """
    features = tests.shape[-1]

    def unroll(weights: Any, x: Array, span: int) -> tuple[Array, Array]:
        (enter, start), (turn, shift), (last, end), (halt, bias) = weights
        into = x[:, :span] @ enter + start[None, None]  # samples time 3 width
        into = jnp.broadcast_to(into, (x.shape[0], span, 3 * width))

        def step(h: Array, now: Array) -> tuple[Array, tuple[Array, Array]]:
            gates = now[:, : 2 * width] + h @ turn[:, : 2 * width] + shift[None, : 2 * width]
            keep, reset = jnp.split(jax.nn.sigmoid(gates), 2, axis=1)
            fresh = jnp.tanh(now[:, 2 * width :] + (reset * h) @ turn[:, 2 * width :] + shift[None, 2 * width :])
            h = keep * h + (1 - keep) * fresh
            return h, (h @ last + end[None], (h @ halt + bias[None])[:, 0])

        _, (logits, halts) = jax.lax.scan(step, jnp.zeros((x.shape[0], width)), jnp.moveaxis(into, 1, 0))
        return jnp.moveaxis(logits, 0, 1), jnp.moveaxis(halts, 0, 1)

    def share(halts: Array, depth: Array) -> Array:
        """Probability of halting in each step; axes `samples time`."""
        span = halts.shape[1]
        going = jnp.cumsum(jax.nn.log_sigmoid(-halts), 1)
        before = jnp.concatenate([jnp.zeros_like(going[:, :1]), going[:, :-1]], 1)
        own = jnp.exp(before + jax.nn.log_sigmoid(halts)).at[:, -1].set(jnp.exp(before[:, -1]))
        at = (jnp.arange(span) == jnp.minimum(depth, span) - 1).astype(own.dtype)
        return jnp.where(depth == NEVER, own, at[None])

    expected = prior * (1 - prior) ** jnp.arange(longest)
    expected = expected / expected.sum()

    def one(lane: Lanes) -> tuple[Array, Array]:
        keys = jax.random.split(lane.key, 4)
        sizes = ((features, 3 * width), (width, 3 * width), (width, classes), (width, 1))
        weights = tuple(_dense(k, *size) for k, size in zip(keys, sizes, strict=True))

        def loss(weights: Any, x: Array, label: Array) -> Array:
            logits, halts = unroll(weights, x, longest)
            p = share(halts, lane.depth)
            each = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.broadcast_to(label[:, None], p.shape))
            far = jnp.sum(p * (jnp.log(jnp.maximum(p, 1e-9)) - jnp.log(expected)[None]), 1)
            return jnp.mean(jnp.sum(p * each, 1) + jnp.where(lane.depth == NEVER, weight * far, 0.0))

        logits, halts = unroll(_fit(loss, weights, lane, data), tests, 2 * longest)
        when = jnp.argmax(jnp.cumsum(share(halts, lane.depth), 1) >= 0.5 - 1e-6, 1)
        said = jnp.argmax(jnp.take_along_axis(logits, when[:, None, None], 1)[:, 0], -1)
        return said, when + 1

    return jax.vmap(one)(lanes)


def recurrent_cost(features: int, width: int, classes: int, whole: bool) -> tuple[int, int]:
    """Multiply-adds once, and of every step; what is the same in every step is multiplied once."""
    enter, step = 3 * width * features, 3 * width**2 + width * (classes + 1)
    return (enter, step) if whole else (0, enter + step)
