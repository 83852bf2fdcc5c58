"""Two rooms with a red door between them and a green and a blue goal behind it, seen from within."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import AbstractEnv, Box, Discrete, Step

ROWS, COLUMNS, WALL, DOOR_ROW = 7, 13, 6, 3
RED, GREEN, BLUE = 0, 1, 2
LEFT, RIGHT, FORWARD, TOGGLE = 0, 1, 2, 3
"""Actions: turn left, turn right, go forward, open or shut what is in front."""
_EMPTY, _WALL, _DOOR, _GOAL = 1, 2, 4, 8
"""Object numbers as in MiniGrid; 0 is unseen."""
_WAYS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Rows and columns that one step leads in each direction: east, south, west, north."""


class Rooms(NamedTuple):
    """State of the two rooms."""

    row: Int[Array, ""]
    column: Int[Array, ""]
    facing: Int[Array, ""]
    """0 east, 1 south, 2 west, 3 north."""
    open: Bool[Array, ""]
    """The door."""
    goals: Int[Array, "2 2"]
    """Row and column of the green and of the blue goal."""
    time: Int[Array, ""]


class TwoRooms(AbstractEnv):
    """Start in the left room, open the red door, reach the goal of the task's colour in the right room.

    Reaching it pays `1 - 0.9 * ticks / max_steps` and ends the episode; the other
    goal is as good as empty floor. One sees the 7 x 7 cells ahead as triples
    (object, colour, door shut), each scaled to [0, 1], and into the other room
    through the open door alone.

    Args:
        task: `GREEN` (1) or `BLUE` (2).
        max_steps: ticks after which an episode is truncated.
        discount: value now of one credit a tick later.

    Raises:
        ValueError: on another task, or without time.

    Source: after Two Rooms of Chang et al. (2020) and MiniGrid's view and reward; the map is our own.
    """

    task: int | Int[Array, ""] = GREEN
    max_steps: int = eqx.field(static=True, default=100)
    discount: float = 0.99

    def __check_init__(self) -> None:
        if isinstance(self.task, int) and self.task not in (GREEN, BLUE):
            raise ValueError(f"TwoRooms: task must be 1 (green) or 2 (blue), got {self.task}.")
        if self.max_steps < 1:
            raise ValueError(f"TwoRooms: max_steps must be at least 1, got {self.max_steps}.")

    @property
    def observation_space(self) -> Box:
        """The view, far row first, the own cell in the middle of the last row."""
        return Box((7, 7, 3), 0.0, 1.0)

    @property
    def action_space(self) -> Discrete:
        """Turn left, turn right, go forward, toggle."""
        return Discrete(4)

    def reset(self, key: Key[Array, ""]) -> tuple[Rooms, Float[Array, "7 7 3"]]:
        """Start anywhere on the left, with both goals anywhere on the right, apart."""
        draw = jax.random.randint(key, (5,), 0, jnp.asarray([25, 4, 25, 24, 1]), jnp.int32)
        first, second = draw[2], draw[3] + (draw[3] >= draw[2])
        places = jnp.stack([first, second])
        goals = jnp.stack([1 + places // 5, 1 + WALL + places % 5], 1)
        nothing = jnp.zeros((), jnp.int32)
        state = Rooms(1 + draw[0] // 5, 1 + draw[0] % 5, draw[1], jnp.asarray(False), goals, nothing)
        return state, self.view(state)

    def step(self, key: Key[Array, ""], state: Rooms, action: Int[Array, ""]) -> Step:
        """Turn, walk or toggle."""
        row, column = ahead(state)
        at_door = (row == DOOR_ROW) & (column == WALL)
        free = ~is_wall(row, column) & (~at_door | state.open)
        goes = (action == FORWARD) & free
        turn = jnp.where(action == LEFT, 3, jnp.where(action == RIGHT, 1, 0))
        moved = Rooms(
            jnp.where(goes, row, state.row),
            jnp.where(goes, column, state.column),
            (state.facing + turn) % 4,
            state.open ^ ((action == TOGGLE) & at_door),
            state.goals,
            state.time + 1,
        )
        goal = moved.goals[jnp.asarray(self.task) - 1]
        there = (moved.row == goal[0]) & (moved.column == goal[1])
        reward = jnp.where(there, 1 - 0.9 * moved.time / self.max_steps, 0.0)
        return Step(moved, self.view(moved), reward, there, moved.time >= self.max_steps, {})

    def view(self, state: Rooms) -> Float[Array, "7 7 3"]:
        """What is seen of a state."""
        way = jnp.asarray(_WAYS, jnp.int32)[state.facing]
        far, side = jnp.meshgrid(6 - jnp.arange(7), jnp.arange(7) - 3, indexing="ij")
        row = state.row + far * way[0] + side * way[1]
        column = state.column + far * way[1] - side * way[0]
        inside = (row >= 0) & (row < ROWS) & (column >= 0) & (column < COLUMNS)
        here, there = jnp.sign(state.column - WALL), jnp.sign(column - WALL)
        seen = inside & ((here == there) | (there == 0) | state.open)
        door = (row == DOOR_ROW) & (column == WALL)
        kind = jnp.where(door, _DOOR, jnp.where(is_wall(row, column), _WALL, _EMPTY))
        colour = jnp.zeros_like(kind)
        for number, name in enumerate((GREEN, BLUE)):
            match = (row == state.goals[number, 0]) & (column == state.goals[number, 1])
            kind, colour = jnp.where(match, _GOAL, kind), jnp.where(match, name, colour)
        shut = door & ~state.open
        layers = jnp.stack([kind / 8, colour / 2, shut.astype(jnp.float32)], -1)
        return jnp.where(seen[..., None], layers, 0.0).astype(jnp.float32)


def ahead(state: Rooms) -> tuple[Int[Array, ""], Int[Array, ""]]:
    """The cell in front."""
    way = jnp.asarray(_WAYS, jnp.int32)[state.facing]
    return state.row + way[0], state.column + way[1]


def is_wall(row: Array, column: Array) -> Array:
    """Whether there is a wall; the door is none."""
    edge = (row <= 0) | (row >= ROWS - 1) | (column <= 0) | (column >= COLUMNS - 1)
    return edge | ((column == WALL) & (row != DOOR_ROW))
