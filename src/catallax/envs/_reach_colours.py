"""Scripted options for the two rooms."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key

from catallax.envs._options import AbstractOptions
from catallax.envs._two_rooms import (
    DOOR_ROW,
    FORWARD,
    LEFT,
    RED,
    RIGHT,
    TOGGLE,
    WALL,
    Rooms,
    ahead,
)


class ReachColours(AbstractOptions):
    """Scripted options of `TwoRooms`: go to the red door and open it, to the green goal, to the blue goal.

    A goal behind the shut door is out of reach: the option then turns on the spot
    until its time is over.
    """

    count: int = eqx.field(static=True, default=3)

    def act(self, key: Key[Array, ""], option: Int[Array, ""], state: Rooms) -> Int[Array, ""]:
        """The next step on the shortest way, turns not counted."""
        target = self._target(option, state)
        here, there = jnp.sign(state.column - WALL), jnp.sign(target[1] - WALL)
        through = (here != there) & (here != 0)
        # towards the door along its row; elsewhere columns first, as the door can be left along its row alone
        down = jnp.where(through, DOOR_ROW - state.row, jnp.where(state.column == target[1], target[0] - state.row, 0))
        across = jnp.where(through & (down != 0), 0, target[1] - state.column)
        way = jnp.where(across != 0, jnp.where(across > 0, 0, 2), jnp.where(down > 0, 1, 3))
        way = jnp.where(through & (down != 0), jnp.where(down > 0, 1, 3), way)
        row, column = ahead(state)
        shut = (row == DOOR_ROW) & (column == WALL) & ~state.open
        turn = jnp.where((way - state.facing) % 4 == 3, LEFT, RIGHT)
        move = jnp.where(way != state.facing, turn, jnp.where(shut, TOGGLE, FORWARD))
        reachable = (option == RED) | state.open | (here == there)
        return jnp.where(reachable, move, LEFT)

    def over(self, option: Int[Array, ""], state: Rooms) -> Bool[Array, ""]:
        """Whether one stands on the target."""
        target = self._target(option, state)
        return (state.row == target[0]) & (state.column == target[1])

    def _target(self, option: Int[Array, ""], state: Rooms) -> Int[Array, 2]:
        door = jnp.asarray([DOOR_ROW, WALL], jnp.int32)
        return jnp.where(option == RED, door, state.goals[jnp.maximum(option, 1) - 1])
