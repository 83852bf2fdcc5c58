"""Fixed points of continuous functions by simplices: slow, but it does not miss."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float

Point = Float[np.ndarray, " sentences"]
COARSEST, FINEST = 0.25, 1e-14
"""Meshes, of a box of unit length."""
PIVOTS = 100_000
"""Simplices on one mesh, at most."""


def fixed_points(image: Callable[[Point], Point], start: Point) -> Iterator[Point]:
    """Points that come nearer and nearer to a fixed point of a continuous function into a box.

    On each mesh the zero of `c - x` is followed to one of `image(x) - x`, both made linear in each simplex of a triangulation of the
    space between them: the way through the simplices cannot branch, turn back or leave, since images are bounded. The next mesh is
    4 times finer and begins where the last one ended. Where the function is linear around the point it is found exactly.

    Args:
        image: continuous and bounded, of any point.
        start: to begin with.

    Source: Merrill (1972), the restart method, on the triangulation of Freudenthal (1942).
    """
    point, mesh = start, COARSEST
    while mesh > FINEST:
        found = _followed(lambda x: image(x) - x, point, mesh)
        if found is None:
            return
        yield found
        point, mesh = found, mesh / 4


def _followed(label: Callable[[Point], Point], centre: Point, mesh: float) -> Point | None:
    """The zero of the function that is linear in each simplex; None where doubles cannot go on.

    Vertices lie on two floors: below the label is `centre - x`, above that of the function. Those of a simplex follow from the first by steps along
    the axes in some order, the floor being the last axis.
    """
    size = centre.size
    first, order = np.zeros(size + 1, np.int64), list(range(size + 1))
    middle = np.arange(size, 0, -1) / (size + 1)  # of the first simplex downstairs

    def vertex(place: int) -> np.ndarray:
        found = first.copy()
        found[order[:place]] += 1
        return found

    def place_of(cell: np.ndarray) -> Point:
        return centre + mesh * (cell[:-1] - middle)

    def column(cell: np.ndarray) -> np.ndarray:
        # in units of the mesh, so that no column is small
        here = place_of(cell)
        return np.append(1.0, (label(here) if cell[-1] else centre - here) / mesh)

    cells = [vertex(place) for place in range(size + 2)]
    columns = np.stack([column(cell) for cell in cells], 1)
    entering = size + 1
    for _ in range(PIVOTS):
        others = [place for place in range(size + 2) if place != entering]
        try:
            inverse = np.linalg.inv(columns[:, others])
        except np.linalg.LinAlgError:
            return None
        if all(cells[place][-1] for place in others):
            return inverse[:, 0] @ np.stack([place_of(cells[place]) for place in others])
        columns[:, entering] = column(cells[entering])
        leaving = others[_leaving(inverse, inverse @ columns[:, entering])]
        if leaving == 0:
            first[order[0]] += 1
            order = [*order[1:], order[0]]
            moved = [*range(1, size + 2), 0]
            entering = size + 1
        elif leaving == size + 1:
            first[order[-1]] -= 1
            order = [order[-1], *order[:-1]]
            moved = [size + 1, *range(size + 1)]
            entering = 0
        else:
            order[leaving - 1], order[leaving] = order[leaving], order[leaving - 1]
            moved = list(range(size + 2))
            entering = leaving
        cells, columns = [cells[place] for place in moved], columns[:, moved]
        cells[entering] = vertex(entering)
    return None


def _leaving(inverse: np.ndarray, direction: np.ndarray) -> int:
    """The vertex whose weight is the first to reach 0; among several the first in the order of the rows of the inverse, so that the way is one."""
    rows = np.flatnonzero(direction > 1e-12 * np.abs(direction).max())
    ratios = inverse[rows] / direction[rows, None]
    for place in range(ratios.shape[1]):
        least = ratios[:, place].min()
        kept = ratios[:, place] <= least + 1e-12 * max(1.0, abs(least))
        rows, ratios = rows[kept], ratios[kept]
        if rows.size == 1:
            break
    return int(rows[0])
