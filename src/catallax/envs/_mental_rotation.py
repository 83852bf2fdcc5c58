"""Mental rotation: undo a rotation and a shift of a picture until a judge recognises it."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractEnv, Box, Discrete, Step


class Canvas(NamedTuple):
    """State of a world of one picture."""

    picture: Float[Array, "rows columns"]
    label: Int[Array, ""]
    time: Int[Array, ""]
    """Ticks since the start."""


class Warp(NamedTuple):
    """An affine map of pictures, as the four pixels that each new pixel mixes."""

    pixels: Int[Array, "*warps pixels 4"]
    weights: Float[Array, "*warps pixels 4"]

    def __call__(self, picture: Float[Array, "rows columns"]) -> Float[Array, "rows columns"]:
        """The picture moved; pixels from beyond the border are those of the border."""
        return jnp.sum(picture.reshape(-1)[self.pixels] * self.weights, -1).reshape(picture.shape)


class MentalRotation(AbstractEnv):
    """A picture is rotated by ±`angle`, then shifted up, down, left or right; two ticks are there to undo both.

    Actions 0 and 1 rotate the picture back and forth, 2 to 5 shift it up, down,
    left and right, all by the amounts of the task. After the last tick the
    judge's answer decides: 1 credit if it is the picture's label, else 0.
    Unshifting first and unrotating second restores the picture but for blur.

    Args:
        pictures: upright and centred, square; axes `pictures rows columns`.
        labels: what the judge should say.
        judge: frozen; the label of a picture.
        angle: degrees.
        shift: share of half the width.
        ticks: actions per episode.
        discount: value now of one credit a tick later.

    Raises:
        ValueError: if pictures are not square or not as many as labels, or there is no tick.

    Source: Chang et al. (2020), Mental Rotation: MNIST digits, 60 degrees, 0.29.
    """

    pictures: Float[Array, "pictures rows columns"]
    labels: Int[Array, " pictures"]
    judge: Any
    warps: Warp
    """The six actions, leading axis `actions`."""
    discount: float
    ticks: int = eqx.field(static=True)

    def __init__(
        self,
        pictures: Array,
        labels: Array,
        judge: Any,
        *,
        angle: float = 60.0,
        shift: float = 0.29,
        ticks: int = 2,
        discount: float = 0.99,
    ) -> None:
        if pictures.ndim != 3 or pictures.shape[1] != pictures.shape[2] or pictures.shape[:1] != labels.shape:
            raise ValueError(
                f"MentalRotation: expected square pictures and a label each, got axes {pictures.shape} and {labels.shape}."
            )
        if ticks < 1:
            raise ValueError(f"MentalRotation: ticks must be at least 1, got {ticks}.")
        self.pictures, self.labels, self.judge = (
            jnp.asarray(pictures, jnp.float32),
            jnp.asarray(labels, jnp.int32),
            judge,
        )
        size = pictures.shape[1]
        turns = [_warp(size, turn=turn) for turn in (angle, -angle)]
        moves = [
            _warp(size, down=down, right=right)
            for down, right in ((-shift, 0.0), (shift, 0.0), (0.0, -shift), (0.0, shift))
        ]
        self.warps = jax.tree.map(lambda *leaves: jnp.stack(leaves), *turns, *moves)
        self.ticks, self.discount = ticks, discount

    @property
    def observation_space(self) -> Box:
        """The picture, with a channel axis."""
        return Box((*self.pictures.shape[1:], 1), 0.0, 1.0)

    @property
    def action_space(self) -> Discrete:
        """Two rotations, four shifts."""
        return Discrete(6)

    def apply(self, picture: Float[Array, "rows columns"], action: Int[Array, ""]) -> Float[Array, "rows columns"]:
        """The picture after one action."""
        return jax.tree.map(lambda leaf: leaf[action], self.warps)(picture)

    def task(self, number: Int[Array, ""], combination: Int[Array, ""]) -> Canvas:
        """One of the pictures in one of the eight ways to disturb it: rotation `combination // 4`, shift `combination % 4`."""
        turned = self.apply(self.pictures[number], combination // 4)
        return Canvas(self.apply(turned, 2 + combination % 4), self.labels[number], jnp.zeros((), jnp.int32))

    def reset(self, key: Key[Array, ""]) -> tuple[Canvas, Float[Array, "rows columns 1"]]:
        """Draw a picture and a way to disturb it."""
        drawn = jax.random.randint(key, (), 0, 8 * self.labels.shape[0], jnp.int32)
        state = self.task(drawn // 8, drawn % 8)
        return state, state.picture[..., None]

    def step(self, key: Key[Array, ""], state: Canvas, action: Int[Array, ""]) -> Step:
        """Move the picture; the judge looks at the last one."""
        picture, time = self.apply(state.picture, action), state.time + 1
        over = time >= self.ticks
        right = self.judge(picture) == state.label
        reward = jnp.where(over & right, 1.0, 0.0)
        return Step(Canvas(picture, state.label, time), picture[..., None], reward, over, jnp.asarray(False), {})

    def undo(self, combination: Int[Array, ""], time: Int[Array, ""]) -> Int[Array, ""]:
        """The action that takes back what is still disturbed: the shift first, then the rotation."""
        back = jnp.asarray([1, 0, 3, 2, 5, 4], jnp.int32)
        return back[jnp.where(time == 0, 2 + combination % 4, combination // 4)]


def _warp(size: int, *, turn: float = 0.0, down: float = 0.0, right: float = 0.0) -> Warp:
    """Each new pixel's place in the old picture, and what the four pixels around it count there."""
    middle, radians = (size - 1) / 2, np.deg2rad(turn)
    row, column = np.meshgrid(np.arange(size) - middle, np.arange(size) - middle, indexing="ij")
    row, column = row - down * size / 2, column - right * size / 2
    old_row = np.cos(radians) * row + np.sin(radians) * column + middle
    old_column = -np.sin(radians) * row + np.cos(radians) * column + middle
    old_row, old_column = (np.clip(x, 0, size - 1) for x in (old_row, old_column))
    top, left = (np.minimum(np.floor(x).astype(int), size - 2) for x in (old_row, old_column))
    pixels, weights = [], []
    for below, beside in itertools.product((0, 1), (0, 1)):
        pixels.append((top + below) * size + left + beside)
        weights.append((1 - np.abs(old_row - top - below)) * (1 - np.abs(old_column - left - beside)))
    return Warp(
        jnp.asarray(np.stack([x.ravel() for x in pixels], 1), jnp.int32),
        jnp.asarray(np.stack([x.ravel() for x in weights], 1), jnp.float32),
    )
