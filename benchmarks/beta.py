"""Beta samples per CPU second: ours beside `jax.random.beta`, drawn inside a compiled loop.

python benchmarks/beta.py [--draws 2_000_000]
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import tyro
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from catallax.agents._beta import beta

Sampler = Callable[[Array, Array, Array], Array]


@dataclass(frozen=True)
class Config:
    """How much to draw."""

    draws: int = 2_000_000
    """Samples per measurement; a tenth of it for the slower rival."""
    repeats: int = 3
    """The best of so many is kept."""


def rate(sampler: Sampler, lanes: int, draws: int, repeats: int) -> float:
    """Samples per CPU second, `lanes` of them at a time."""
    steps = max(draws // lanes, 1)
    low, high = jax.random.split(jax.random.key(1))
    a, b = (jax.random.uniform(k, (lanes,), minval=0.3, maxval=5.0) for k in (low, high))

    @jax.jit
    def run(key: Array) -> Array:
        def body(total: Array, key: Array) -> tuple[Array, None]:
            return total + jnp.sum(sampler(key, a, b)), None

        return jax.lax.scan(body, jnp.float32(0.0), jax.random.split(key, steps))[0]

    run(jax.random.key(0)).block_until_ready()
    best = float("inf")
    for seed in range(repeats):
        start = time.process_time()
        run(jax.random.key(seed)).block_until_ready()
        best = min(best, time.process_time() - start)
    return steps * lanes / best


def main(config: Config) -> None:
    table = Table("samples at a time", "jax.random.beta", "catallax", "ratio", title="million samples per CPU second")
    for lanes in (64, 256, 1024, 4096, 65536):
        theirs = rate(jax.random.beta, lanes, max(config.draws // 10, lanes), config.repeats)
        ours = rate(beta, lanes, config.draws, config.repeats)
        table.add_row(f"{lanes:,}", f"{theirs / 1e6:.2f}", f"{ours / 1e6:.1f}", f"{ours / theirs:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
