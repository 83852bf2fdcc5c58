"""Grid worlds: open grid, frozen lake, cliff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from catallax.envs._tabular import MDP, TabularEnv, tables

Cell = tuple[int, int]


class Grid(NamedTuple):
    """What a picture of a grid world needs; cells are (row, column)."""

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    """Where each state lies."""
    goals: tuple[Cell, ...]
    walls: tuple[Cell, ...]
    holes: tuple[Cell, ...]
    """Cells one had better not enter."""
    starts: tuple[Cell, ...]
    moves: tuple[Cell, ...]
    """Direction of each action, for arrows."""


NORTH_EAST_SOUTH_WEST = ((-1, 0), (0, 1), (1, 0), (0, -1))
LEFT_DOWN_RIGHT_UP = ((0, -1), (1, 0), (0, 1), (-1, 0))
UP_RIGHT_DOWN_LEFT = NORTH_EAST_SOUTH_WEST


class GridWorld(TabularEnv):
    """A rectangle with walls; north, east, south, west; entering the goal pays +1 and ends.

    Starts in the free cell farthest from the goal. With probability `slip` the
    move goes to one of the two sides instead, half each. Moves into walls or
    the border stay in place.
    """

    def __init__(
        self,
        rows: int = 8,
        cols: int = 8,
        goal: Cell = (7, 7),
        walls: Sequence[Cell] = (),
        slip: float = 0.0,
        discount: float = 0.99,
        max_steps: int | None = None,
    ) -> None:
        goal, blocked = (goal[0], goal[1]), {(w[0], w[1]) for w in walls}
        free = [(r, c) for r in range(rows) for c in range(cols) if (r, c) not in blocked]
        if goal not in free:
            raise ValueError(f"GridWorld: goal {goal} must be a free cell of the {rows} x {cols} grid.")
        if not 0 <= slip <= 1:
            raise ValueError(f"GridWorld: slip must lie in [0, 1], got {slip}.")
        moves = NORTH_EAST_SOUTH_WEST
        distance = _distances(free, goal, moves)
        if len(distance) < 2:
            raise ValueError(f"GridWorld: no free cell can reach the goal {goal}.")
        start = max(distance, key=lambda cell: (distance[cell], -cell[0], -cell[1]))
        sides = [[(1 - slip, a), (slip / 2, (a - 1) % 4), (slip / 2, (a + 1) % 4)] for a in range(4)]
        branches = sides if slip > 0 else [[(1.0, a)] for a in range(4)]
        mdp = _walk(free, moves, branches, {goal: 1.0}, {goal}, start, discount)
        grid = Grid(rows, cols, tuple(free), (goal,), tuple(sorted(blocked)), (), (start,), moves)
        limit = 4 * rows * cols if max_steps is None else max_steps
        super().__init__(**tables("GridWorld", mdp, max_steps=limit, picture=grid))


LAKES = {
    "4x4": ("SFFF", "FHFH", "FFFH", "HFFG"),
    "8x8": ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"),
}
"""The two maps of Gymnasium's FrozenLake-v1: start, frozen, hole, goal."""


class FrozenLake(TabularEnv):
    """Cross the lake without falling into a hole; +1 at the goal.

    Actions left, down, right, up. On slippery ice the move is the wanted one or
    one of its two sides, a third each. Same dynamics as Gymnasium's FrozenLake-v1;
    the time limit (there 100 and 200 ticks) is off unless asked for.
    """

    def __init__(
        self, size: str = "8x8", slippery: bool = True, discount: float = 0.99, max_steps: int | None = None
    ) -> None:
        if size not in LAKES:
            raise ValueError(f"FrozenLake: size must be one of {', '.join(LAKES)}, got {size!r}.")
        lake = LAKES[size]
        cells = [(r, c) for r in range(len(lake)) for c in range(len(lake))]
        holes = {cell for cell in cells if lake[cell[0]][cell[1]] == "H"}
        goal = (len(lake) - 1, len(lake) - 1)
        slips = [[(1 / 3, (a + d) % 4) for d in (-1, 0, 1)] for a in range(4)]
        branches = slips if slippery else [[(1.0, a)] for a in range(4)]
        mdp = _walk(cells, LEFT_DOWN_RIGHT_UP, branches, {goal: 1.0}, {goal, *holes}, (0, 0), discount)
        grid = Grid(
            len(lake), len(lake), tuple(cells), (goal,), (), tuple(sorted(holes)), ((0, 0),), LEFT_DOWN_RIGHT_UP
        )
        super().__init__(**tables("FrozenLake", mdp, max_steps=max_steps, picture=grid))


class CliffWalking(TabularEnv):
    """Walk along a cliff: -1 a tick, -100 and back to the start for a fall; the goal ends.

    Actions up, right, down, left on 4 x 12 cells. Same dynamics as Gymnasium's
    CliffWalking. All values are negative, and a market cannot bid below zero:
    wrap it in `Shifted`.
    """

    def __init__(self, discount: float = 0.99, max_steps: int | None = None) -> None:
        rows, cols = 4, 12
        cells = [(r, c) for r in range(rows) for c in range(cols)]
        cliff = {(3, c) for c in range(1, 11)}
        start, goal = (3, 0), (3, 11)
        moves = UP_RIGHT_DOWN_LEFT
        mdp = _walk(cells, moves, [[(1.0, a)] for a in range(4)], {}, {goal}, start, discount)
        fell = np.isin(mdp.successor, [cells.index(c) for c in cliff])
        mdp = mdp._replace(
            successor=np.where(fell, cells.index(start), mdp.successor), reward=np.where(fell, -100.0, -1.0)
        )
        over = np.isin(np.arange(len(cells)), [cells.index(goal)])[:, None, None]
        mdp = mdp._replace(reward=np.where(over, 0.0, mdp.reward), terminal=mdp.terminal | over)
        grid = Grid(rows, cols, tuple(cells), (goal,), (), tuple(sorted(cliff)), (start,), moves)
        super().__init__(**tables("CliffWalking", mdp, max_steps=max_steps, picture=grid))


def _walk(
    cells: Sequence[Cell],
    moves: Sequence[Cell],
    branches: Sequence[Sequence[tuple[float, int]]],
    pay: dict[Cell, float],
    ends: set[Cell],
    start: Cell,
    discount: float,
) -> MDP:
    """Moves on cells; a blocked move stays; cells in `ends` end the episode and lead nowhere."""
    index = {cell: k for k, cell in enumerate(cells)}
    shape = (len(cells), len(moves), len(branches[0]))
    successor, probability, reward = np.zeros(shape, int), np.zeros(shape), np.zeros(shape)
    terminal = np.zeros(shape, bool)
    for cell, k in index.items():
        for action in range(len(moves)):
            for branch, (chance, direction) in enumerate(branches[action]):
                step = moves[direction]
                there = (cell[0] + step[0], cell[1] + step[1])
                target = cell if cell in ends or there not in index else there
                where = (k, action, branch)
                successor[where], probability[where] = index[target], chance
                terminal[where] = target in ends
                reward[where] = 0.0 if cell in ends else pay.get(target, 0.0)
    return MDP(
        successor, probability, reward, terminal, np.eye(len(cells))[index[start]], discount, np.arange(len(cells))
    )


def _distances(free: Sequence[Cell], goal: Cell, moves: Sequence[Cell]) -> dict[Cell, int]:
    """Moves from each cell that can reach the goal."""
    open_cells, distance, wave = set(free), {goal: 0}, [goal]
    while wave:
        following = []
        for row, column in wave:
            for move in moves:
                cell = (row + move[0], column + move[1])
                if cell in open_cells and cell not in distance:
                    distance[cell] = distance[(row, column)] + 1
                    following.append(cell)
        wave = following
    return distance
