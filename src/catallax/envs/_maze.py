"""Woods and mazes of the classifier literature: find the food."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, UInt32

from catallax.envs._grid import Grid
from catallax.envs._tabular import TabularEnv, deterministic, tables

COMPASS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
"""North, north-east, … clockwise."""

WOODS1 = (".....", ".OOF.", ".OOO.", ".OOO.", ".....")
MAZE4 = ("########", "#..#..F#", "##..#..#", "##.#..##", "#......#", "##.#...#", "#....#.#", "########")
MAZE5 = (
    "#########", "#......F#", "#..#.##.#", "#.#.....#", "#...##..#", "#.#.#..##", "#.#..#..#", "#.....#.#", "#########",
)  # fmt: skip
MAZE6 = (
    "#########", "#.....#F#", "#..#.##.#", "#.#.....#", "#...##..#", "#.#.#..##", "#.#.....#", "#.....#.#", "#########",
)  # fmt: skip


class Maze(TabularEnv):
    """Eight moves, north first, clockwise; rocks stay put at the cost of a tick; food pays and ends.

    Starts in a uniformly drawn free cell. The observation is the index of the
    cell; `sensors` holds what an animat feels there: the 8 neighbours, north
    first, 2 bits each (food 11, rock 10, blank 00); see `Sensed`.

    Source: Wilson (1994) for Woods1; Lanzi (1999) for the mazes.
    """

    sensors: UInt32[Array, "states words"]

    def __init__(
        self,
        lines: tuple[str, ...],
        *,
        torus: bool = False,
        food: float = 1.0,
        discount: float = 0.9,
        max_steps: int | None = None,
    ) -> None:
        rows, cols = len(lines), len(lines[0])

        def at(row: int, column: int) -> str:
            inside = 0 <= row < rows and 0 <= column < cols
            return lines[row % rows][column % cols] if torus or inside else "#"

        free = [(r, c) for r in range(rows) for c in range(cols) if lines[r][c] == "."]
        meals = [(r, c) for r in range(rows) for c in range(cols) if lines[r][c] == "F"]
        if not free or not meals:
            raise ValueError("Maze: expected at least one free cell '.' and one food cell 'F'.")
        cells = [*free, *meals]
        index = {cell: k for k, cell in enumerate(cells)}
        successor = np.zeros((len(cells), 8), int)
        feel = np.zeros((len(cells), 1), np.uint32)
        for cell, k in index.items():
            for move, (down, right) in enumerate(COMPASS):
                there = ((cell[0] + down) % rows, (cell[1] + right) % cols)
                what = at(cell[0] + down, cell[1] + right)
                successor[k, move] = k if cell in meals or what in "O#" else index[there]
                bits = {"F": 3, "O": 1, "#": 1, ".": 0}[what]  # food 11, rock 10: first bit lowest
                feel[k, 0] |= np.uint32(bits << (2 * move))
        eats = successor >= len(free)
        paid = np.where(eats & (np.arange(len(cells)) < len(free))[:, None], food, 0.0)
        start = (np.arange(len(cells)) < len(free)).astype(float)
        mdp = deterministic(successor, paid, eats, start, discount)
        rocks = tuple((r, c) for r in range(rows) for c in range(cols) if lines[r][c] in "O#")
        grid = Grid(rows, cols, tuple(cells), tuple(meals), rocks, (), (), COMPASS)
        super().__init__(**tables("Maze", mdp, max_steps=max_steps, picture=grid))
        self.sensors = jnp.asarray(feel)


def Woods1(**settings: object) -> Maze:
    """Woods1: 5 x 5 torus, 16 free cells, 1.6875 steps on the shortest paths."""
    return Maze(WOODS1, torus=True, **settings)  # pyright: ignore[reportArgumentType] - checked by Maze


def Maze4(**settings: object) -> Maze:
    """Maze4: 26 free cells, 3.5 steps on the shortest paths."""
    return Maze(MAZE4, **settings)  # pyright: ignore[reportArgumentType]


def Maze5(**settings: object) -> Maze:
    """Maze5: 36 free cells, 4.61 steps on the shortest paths."""
    return Maze(MAZE5, **settings)  # pyright: ignore[reportArgumentType]


def Maze6(**settings: object) -> Maze:
    """Maze6: 36 free cells, 5.19 steps on the shortest paths."""
    return Maze(MAZE6, **settings)  # pyright: ignore[reportArgumentType]
