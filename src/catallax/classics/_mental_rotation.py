"""Mental rotation of digits: a frozen judge, and the worlds it rules."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key

from catallax.agents import networks
from catallax.core import Box, split_by
from catallax.envs import MentalRotation


class Judge(eqx.Module):
    """A frozen network that names the digit of a picture."""

    layers: networks.Layers

    def __call__(self, picture: Float[Array, "rows columns"]) -> Int[Array, ""]:
        """The likeliest digit."""
        return jnp.argmax(networks.forward(self.layers, picture.reshape(-1), jax.nn.relu)).astype(jnp.int32)

    def accuracy(self, pictures: Float[Array, "pictures rows columns"], labels: Int[Array, " pictures"]) -> float:
        """Share of the pictures that it names rightly."""
        return float(jnp.mean(jax.jit(jax.vmap(self))(pictures) == labels))


class DigitWorlds(NamedTuple):
    """Mental rotation for learning and for judging what was learned; no digit is in both."""

    training: MentalRotation
    held_out: MentalRotation
    judge: Judge
    """Learned from the upright, centred digits of `training` alone."""


def mental_rotation_of_digits(
    images: Float[np.ndarray, "pictures rows columns"],
    labels: Int[np.ndarray, " pictures"],
    *,
    held_out: int = 500,
    digit: int = 20,
    canvas: int = 32,
    key: int = 0,
) -> DigitWorlds:
    """Worlds of mental rotation from digits in [0, 1], which are enlarged and put in the middle of a canvas.

    Args:
        images: upright digits, white on black.
        labels: 0 to 9.
        held_out: so many drawn digits are neither shown to the judge nor to those who learn.
        digit: side of a digit on the canvas, pixels.
        canvas: side of the canvas, pixels; with the defaults the corners of a turned and shifted digit do not quite find room.
        key: seed of the split and of the judge.

    Raises:
        ValueError: if nothing is left to learn from, or the digit exceeds the canvas.

    Source: Chang et al. (2020), with MNIST digits on 64 x 64 pixels.
    """
    if not 0 < held_out < len(labels):
        raise ValueError(
            f"mental_rotation_of_digits: held_out must lie between 1 and {len(labels) - 1}, got {held_out}."
        )
    if digit > canvas:
        raise ValueError(f"mental_rotation_of_digits: a digit of {digit} pixels does not fit on a canvas of {canvas}.")
    split_key, judge_key = split_by(jax.random.key(key), "split", "judge")
    large = jax.image.resize(jnp.asarray(images, jnp.float32), (len(images), digit, digit), "linear")
    before = (canvas - digit) // 2
    margin = (before, canvas - digit - before)
    pictures = jnp.clip(jnp.pad(large, ((0, 0), margin, margin)), 0.0, 1.0)
    order = jax.random.permutation(split_key, len(labels))
    unseen, seen = order[:held_out], order[held_out:]
    answers = jnp.asarray(labels, jnp.int32)
    judge = learn_judge(judge_key, pictures[seen], answers[seen])
    return DigitWorlds(
        MentalRotation(pictures[seen], answers[seen], judge),
        MentalRotation(pictures[unseen], answers[unseen], judge),
        judge,
    )


def learn_judge(
    key: Key[Array, ""],
    pictures: Float[Array, "pictures rows columns"],
    labels: Int[Array, " pictures"],
    *,
    width: int = 128,
    steps: int = 1_500,
    rate: float = 1e-3,
    decay: float = 1e-2,
) -> Judge:
    """A network of one hidden layer, fitted to the labels by AdamW on the cross-entropy of drawn batches of 128.

    Args:
        key: consumed.
        pictures: upright and centred.
        labels: 0 to 9.
        width: hidden units.
        steps: batches.
        rate: step size.
        decay: of the weights, per step size.
    """
    start_key, run_key = split_by(key, "start", "run")
    judge = Judge(networks.network(start_key, Box(pictures.shape[1:]), width, 1, None, 10))  # pyright: ignore[reportArgumentType]
    rule = optax.adamw(rate, weight_decay=decay)

    def loss(judge: Judge, chosen: Int[Array, " batch"]) -> Float[Array, ""]:
        flat = pictures[chosen].reshape(chosen.shape[0], -1)
        logits = networks.forward(judge.layers, flat, jax.nn.relu)
        return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels[chosen]))

    def step(carry: tuple, key: Key[Array, ""]) -> tuple[tuple, None]:
        judge, moments = carry
        slope = jax.grad(loss)(judge, jax.random.randint(key, (128,), 0, labels.shape[0], jnp.int32))
        moves, moments = rule.update(slope, moments, judge)
        return (optax.apply_updates(judge, moves), moments), None

    @jax.jit
    def fit(judge: Judge) -> Judge:
        return jax.lax.scan(step, (judge, rule.init(judge)), jax.random.split(run_key, steps))[0][0]  # pyright: ignore[reportArgumentType]

    return fit(judge)
