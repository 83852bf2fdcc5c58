"""Woods and mazes of the classifier literature: find the food."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import equinox as eqx
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
MAZEF4 = ("#######", "#....F#", "#.#####", "#....##", "#.#####", "#######")
WOODS101 = ("#######", "#.....#", "#.#.#.#", "#.#F#.#", "#######")

PLAIN = {"F": "11", "O": "10", "#": "10", ".": "00"}
"""Two bits a neighbour: one kind of food, one of rock."""
COLOURED = {"F": "110", "G": "111", "O": "010", "Q": "011", "#": "010", ".": "000"}
"""Three bits a neighbour: two kinds of food, two of rock."""


def _width(code: Mapping[str, str]) -> int:
    """Bits of a code word."""
    widths = {len(word) for word in code.values()}
    known = {".", "#"} <= set(code) <= set(".#OQFG")
    if not known or len(widths) != 1 or not 1 <= max(widths) <= 4 or set("".join(code.values())) - set("01"):
        raise ValueError(
            "Maze: expected a code of '.', '#' and any of 'O', 'Q', 'F', 'G', words of 1 to 4 letters over 0 and 1, "
            f"equally long, as 8 neighbours have to fit into 32 bits; got {dict(code)}."
        )
    return max(widths)


class Maze(TabularEnv):
    """Eight moves, north first, clockwise; rocks stay put at the cost of a tick; food pays and ends.

    Starts in a uniformly drawn free cell. The observation is the index of the
    cell; `sensors` holds what an animat feels there: the 8 neighbours, north
    first, as `code` writes them, by default 2 bits each (food 11, rock 10,
    blank 00); see `Sensed`.

    A drawing has free cells `.`, rocks `#`, `O` or `Q`, and food `F` or `G`.

    Raises:
        ValueError: on a drawing that is no rectangle, lacks free cells or food, or has symbols that `code` does not
            know; on code words of unequal length, or of more than 4 bits.

    Source: Wilson (1994) for Woods1; Lanzi (1999) for the mazes.
    """

    sensors: UInt32[Array, "states words"]
    sensor_bits: int = eqx.field(static=True)
    """How many bits an animat feels."""

    def __init__(
        self,
        lines: tuple[str, ...],
        *,
        code: Mapping[str, str] = PLAIN,
        torus: bool = False,
        food: float = 1.0,
        discount: float = 0.9,
        max_steps: int | None = None,
    ) -> None:
        if not lines or not lines[0]:
            raise ValueError(f"Maze: expected at least one line and one cell, got {lines!r}.")
        wide = _width(code)
        rows, cols = len(lines), len(lines[0])
        strange = set("".join(lines)) - set(code)
        if strange or any(len(line) != cols for line in lines):
            raise ValueError(
                f"Maze: expected lines of equal length over {' '.join(code)}, got {''.join(sorted(strange)) or lines!r}."
            )

        def at(row: int, column: int) -> str:
            inside = 0 <= row < rows and 0 <= column < cols
            return lines[row % rows][column % cols] if torus or inside else "#"

        free = [(r, c) for r in range(rows) for c in range(cols) if lines[r][c] == "."]
        meals = [(r, c) for r in range(rows) for c in range(cols) if lines[r][c] in "FG"]
        if not free or not meals:
            raise ValueError("Maze: expected at least one free cell '.' and one food cell 'F' or 'G'.")
        cells = [*free, *meals]
        index = {cell: k for k, cell in enumerate(cells)}
        successor = np.zeros((len(cells), 8), int)
        feel = np.zeros((len(cells), 1), np.uint32)
        for cell, k in index.items():
            for move, (down, right) in enumerate(COMPASS):
                there = ((cell[0] + down) % rows, (cell[1] + right) % cols)
                what = at(cell[0] + down, cell[1] + right)
                successor[k, move] = k if cell in meals or what in "OQ#" else index[there]
                feel[k, 0] |= np.uint32(int(code[what][::-1], 2) << (wide * move))  # the first bit is the lowest
        eats = successor >= len(free)
        paid = np.where(eats & (np.arange(len(cells)) < len(free))[:, None], food, 0.0)
        start = (np.arange(len(cells)) < len(free)).astype(float)
        mdp = deterministic(successor, paid, eats, start, discount)
        rocks = tuple((r, c) for r in range(rows) for c in range(cols) if lines[r][c] in "OQ#")
        grid = Grid(rows, cols, tuple(cells), tuple(meals), rocks, (), (), COMPASS)
        super().__init__(**tables("Maze", mdp, max_steps=max_steps, picture=grid))
        self.sensors = jnp.asarray(feel)
        self.sensor_bits = 8 * wide

    def without_picture(self) -> Maze:
        """The same maze without its map, so that mazes of one size share a compiled program."""
        bare = object.__new__(type(self))
        for field in dataclasses.fields(self):
            object.__setattr__(bare, field.name, None if field.name == "picture" else getattr(self, field.name))
        return bare


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


def Woods2(*, seed: int = 0, **settings: object) -> Maze:
    """Woods2, our own map: Woods1 tiled 3 by 6 on a torus of 15 x 30, its food drawn from F and G, its rocks from O and Q.

    The arrangement is that of the literature, the labels are drawn from `seed`:
    the original drawing has random ones too. 1.6875 steps on the shortest paths,
    as in Woods1; an animat feels 24 bits.

    Args:
        seed: of the labels.
        settings: as `Maze` takes them.

    Source of the kind of world: Wilson (1995); of the codes, recalled: the same.
    """
    rng = np.random.default_rng(seed)
    drawing = [
        "".join(rng.choice({"O": ["O", "Q"], "F": ["F", "G"]}.get(x, [x])) for x in line * 6) for line in WOODS1 * 3
    ]
    return Maze(tuple(drawing), code=COLOURED, torus=True, **settings)  # pyright: ignore[reportArgumentType]


def Woods101(**settings: object) -> Maze:
    """Woods101: 10 free cells, two of which look alike and need opposite moves; 2.7 steps on the shortest paths.

    Source of the map: drawings in public repositories that quote Bagnall and Zatuchna (2005).
    """
    return Maze(WOODS101, **settings)  # pyright: ignore[reportArgumentType]


def MazeF4(**settings: object) -> Maze:
    """MazeF4: 10 free cells, two of which look alike and need opposite moves; 4.3 steps on the shortest paths.

    Source of the map: drawings in public repositories that quote Stolzmann (1999).
    """
    return Maze(MAZEF4, **settings)  # pyright: ignore[reportArgumentType]
