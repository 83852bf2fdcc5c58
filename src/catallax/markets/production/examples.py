"""Small economies with known answers."""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Array, Key

from catallax.markets.production._economy import Economy
from catallax.markets.production._nodes import Consumer, Firm, Node, Resource
from catallax.markets.production.technologies import CobbDouglas
from catallax.markets.production.utilities import LinearUtility, PowerUtility

__all__ = ["ore_and_tools", "simple_split", "three_layers"]


def simple_split() -> Economy:
    """One unit is split between two who value it at `3 sqrt(s)` and `4 sqrt(s)`.

    At shares .36 and .64 welfare is 5, the most there is, and a unit costs 2.5 at both. At equal shares it grows at a rate of 1/8.

    >>> import jax.numpy as jnp
    >>> from catallax.markets import production
    >>> bool(abs(production.welfare(simple_split(), jnp.array([[0.36], [0.64]])) - 5) < 1e-5)
    True
    """
    return Economy(
        [Resource([1.0]), Consumer(PowerUtility([3.0])), Consumer(PowerUtility([4.0]))],
        [(0, 1), (0, 2)],
        goods=("grain",),
    )


def three_layers(key: Key[Array, ""], width: int = 2) -> Economy:
    """Two goods, three layers of Cobb-Douglas firms, an edge that skips one, input costs and outputs that please; random numbers.

    Args:
        key: of the numbers.
        width: firms in each of the two inner layers.
    """
    draw = np.random.default_rng(np.asarray(jax.random.key_data(key)))
    firms: list[Node] = []
    for layer in range(2):
        for _ in range(width):
            exponents = draw.dirichlet(np.ones(3), 2)[:, :2]
            utility = LinearUtility(-0.1 * draw.random(2), 0.2 * draw.random(2)) if layer else None
            firms.append(Firm(CobbDouglas(draw.uniform(0.5, 1.5, 2), exponents), 0.1, utility))
    consumers = [Consumer(PowerUtility(draw.uniform(0.5, 2, 2), 0.6)) for _ in range(2)]
    inner, outer = list(range(1, 1 + width)), list(range(1 + width, 1 + 2 * width))
    ends = [1 + 2 * width, 2 + 2 * width]
    edges = [(0, i) for i in inner] + [(i, j) for i in inner for j in outer] + [(i, j) for i in outer for j in ends]
    return Economy([Resource(draw.uniform(1, 2, 2)), *firms, *consumers], [*edges, (0, outer[0])], ("iron", "steel"))


def ore_and_tools(mined: float = 1.0) -> Economy:
    """Two mines, two smiths who make `2 sqrt(ore)` tools, two towns; the east mine serves both smiths, the west mine one.

    Nodes: east mine, west mine, east smith, west smith, two towns. With less ore from the east, ore and tools are dear in the west as well.

    Args:
        mined: units of ore that the east mine has each period; the west mine has 0.3.
    """
    smith = Firm(CobbDouglas([0.0, 2.0], [[0.0, 0.0], [0.5, 0.0]]))
    towns = [Consumer(PowerUtility([0.0, worth])) for worth in (2.0, 3.0)]
    edges = [(0, 2, "ore"), (0, 3, "ore"), (1, 3, "ore"), *[(i, j, "tools") for i in (2, 3) for j in (4, 5)]]
    return Economy([Resource([mined, 0.0]), Resource([0.3, 0.0]), smith, smith, *towns], edges, ("ore", "tools"))
