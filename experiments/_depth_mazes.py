"""Mazes of two trees with an exit each: which exit the start is joined to, for a walker that sees the walls around it."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Key

from catallax.core import AbstractEnv, Discrete, Step

WAYS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])
"""North, east, south, west."""


class Bank(NamedTuple):
    """Mazes by the distance from start to exit; axes `distances mazes` first."""

    open: Bool[Array, "distances mazes cells 4"]
    start: Int[Array, "distances mazes"]
    exits: Int[Array, "distances mazes 2"]
    """Cell of exit 0 and of exit 1."""
    answer: Int[Array, "distances mazes"]


def bank(side: int, distances: int, mazes: int, seed: int) -> Bank:
    """So many mazes of every distance from 1 on, by randomised depth-first search and one wall put back in."""
    rng = np.random.default_rng(seed)
    kept: list[list[tuple]] = [[] for _ in range(distances)]
    while min(map(len, kept)) < mazes:
        links = tree(rng, side)
        cells = side * side
        order = bfs(links, int(rng.integers(cells)))
        cut = [c for c, size in subtree(order).items() if cells / 3 <= size <= 2 * cells / 3]
        if not cut:
            continue
        child = cut[rng.integers(len(cut))]
        parent = order[child][0]
        links[child].discard(parent)
        links[parent].discard(child)
        label = int(rng.integers(2))
        mine, other = bfs(links, child), bfs(links, parent)
        exits = np.zeros(2, int)
        exits[label], exits[1 - label] = rng.choice(list(mine)), rng.choice(list(other))
        walls = opened(links, side)
        for target, answer in ((exits[label], label), (exits[1 - label], 1 - label)):
            far: dict[int, list[int]] = {}
            for cell, (_, distance) in bfs(links, int(target)).items():
                far.setdefault(distance, []).append(cell)
            for distance, starts in far.items():
                if 1 <= distance <= distances and len(kept[distance - 1]) < mazes:
                    kept[distance - 1].append((walls, rng.choice(starts), exits, answer))
    columns = [[np.stack(part) for part in zip(*row, strict=True)] for row in kept]
    return Bank(*(jnp.asarray(np.stack(part)) if part[0].dtype == bool else jnp.asarray(np.stack(part), jnp.int32) for part in zip(*columns, strict=True)))  # fmt: skip


def tree(rng: np.random.Generator, side: int) -> list[set[int]]:
    """Neighbours of every cell in a spanning tree with long ways."""
    links: list[set[int]] = [set() for _ in range(side * side)]
    path, seen = [int(rng.integers(side * side))], set()
    seen.add(path[0])
    while path:
        row, column = divmod(path[-1], side)
        free = [
            (row + y) * side + column + x
            for y, x in WAYS.tolist()
            if 0 <= row + y < side and 0 <= column + x < side and (row + y) * side + column + x not in seen
        ]
        if not free:
            path.pop()
            continue
        cell = free[rng.integers(len(free))]
        links[path[-1]].add(cell)
        links[cell].add(path[-1])
        seen.add(cell)
        path.append(cell)
    return links


def bfs(links: list[set[int]], root: int) -> dict[int, tuple[int, int]]:
    """Parent and distance of every cell that is joined to the root, the near ones first."""
    found, queue = {root: (root, 0)}, [root]
    for cell in queue:
        for near in links[cell]:
            if near not in found:
                found[near] = (cell, found[cell][1] + 1)
                queue.append(near)
    return found


def subtree(order: dict[int, tuple[int, int]]) -> dict[int, int]:
    """Cells at and below every cell."""
    size = dict.fromkeys(order, 1)
    for cell in reversed(order):
        if order[cell][1]:
            size[order[cell][0]] += size[cell]
    return size


def opened(links: list[set[int]], side: int) -> np.ndarray:
    """Which of its four ways every cell has open."""
    steps = {-side: 0, 1: 1, side: 2, -1: 3}
    walls = np.zeros((side * side, 4), bool)
    for cell, near in enumerate(links):
        for other in near:
            walls[cell, steps[other - cell]] = True
    return walls


class Walk(NamedTuple):
    """State of a walker."""

    row: Int[Array, ""]
    column: Int[Array, ""]
    """Which maze."""
    cell: Int[Array, ""]
    heading: Int[Array, ""]
    answer: Int[Array, ""]
    time: Int[Array, ""]


class Exits(AbstractEnv):
    """Walk through a maze and say which exit it led to; seen are the open ways to left, front and right, or the exit's number.

    Actions: go left, front, right, back (into a wall: stay); say 0, say 1.
    """

    bank: Bank
    shortest: Int[Array, ""]
    longest: Int[Array, ""]
    cost: float
    patience: Int[Array, ""]
    deadline: Int[Array, ""]
    side: int = eqx.field(static=True)
    discount: float = 1.0

    @classmethod
    def of(cls, mazes: Bank, longest: int, cost: float, patience: int) -> Exits:
        """Distances from 1 to `longest`."""
        one, far, late, none = (jnp.asarray(x, jnp.int32) for x in (1, longest, patience, 0))
        return cls(mazes, one, far, cost, late, none, int(mazes.open.shape[2] ** 0.5))

    @property
    def observation_space(self) -> Discrete:
        """Eight junctions, two exits."""
        return Discrete(10)

    @property
    def action_space(self) -> Discrete:
        """Four ways, two answers."""
        return Discrete(6)

    def reset(self, key: Key[Array, ""]) -> tuple[Walk, Int[Array, ""]]:
        """One of the mazes, looking anywhere."""
        luck = jax.random.uniform(key, (3,))
        row = self.shortest - 1 + (luck[0] * (self.longest + 1 - self.shortest)).astype(jnp.int32)
        column, way = ((luck[n] * size).astype(jnp.int32) for n, size in ((1, self.bank.start.shape[1]), (2, 4)))
        at = (row, column)
        state = Walk(row, column, self.bank.start[at], way, self.bank.answer[at], jnp.zeros((), jnp.int32))
        return state, self.look(state)

    def look(self, state: Walk) -> Int[Array, ""]:
        """What is seen."""
        walls = self.bank.open[state.row, state.column, state.cell]
        left, front, right = (walls[(state.heading + turn) % 4] for turn in (3, 0, 1))
        exits = self.bank.exits[state.row, state.column]
        junction = 4 * left.astype(jnp.int32) + 2 * front.astype(jnp.int32) + right.astype(jnp.int32)
        return jnp.where(state.cell == exits[0], 8, jnp.where(state.cell == exits[1], 9, junction))

    def step(self, key: Key[Array, ""], state: Walk, action: Int[Array, ""]) -> Step:
        """Go, or say."""
        says = action >= 4
        way = (state.heading + jnp.asarray([3, 0, 1, 2, 0, 0])[action]) % 4
        free = self.bank.open[state.row, state.column, state.cell, way] & ~says
        cell = jnp.where(free, state.cell + jnp.asarray([-self.side, 1, self.side, -1])[way], state.cell)
        time = state.time + 1
        after = state._replace(cell=cell, heading=jnp.where(free, way, state.heading), time=time)
        # who is made to deliver at a deadline delivers the number of the exit where it stands, if it stands at one
        seen = self.look(after)
        fixed = self.deadline > 0
        due = jnp.where(fixed, time >= self.deadline, says)
        said = jnp.where(fixed & ~says, seen - 8, action - 4)
        reward = -jnp.asarray(self.cost, jnp.float32)
        over = due | (time >= self.patience)
        return Step(after, seen, reward, over, jnp.asarray(False), {"right": due & (said == state.answer)})
