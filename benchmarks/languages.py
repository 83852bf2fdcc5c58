"""Bids of programs per CPU second: S-expressions and Post systems on Blocks World boards, thousands at once.

python benchmarks/languages.py [--agents 1024]
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import jax
import tyro
from rich.console import Console
from rich.table import Table

import catallax as cx
from catallax.agents import languages


@dataclass(frozen=True)
class Config:
    """How much to evaluate."""

    agents: int = 1_024
    """Programs."""
    boards: int = 64
    """Boards, each seen by every program."""
    blocks: int = 8
    """On each board."""
    repeats: int = 5
    """The best of so many is kept."""


def rate(language: languages.AbstractLanguage, config: Config) -> tuple[float, float]:
    """Bids of random programs per CPU second, and actions."""
    world = cx.envs.BlocksWorld(config.blocks, largest=config.blocks, smallest=config.blocks)
    _, boards = world.reset_many(jax.random.split(jax.random.key(1), config.boards))
    agents = jax.jit(jax.vmap(language.random))(jax.random.split(jax.random.key(0), config.agents))
    key = jax.random.key(2)
    best = []
    for method in ("bid", "act"):
        ask = jax.jit(
            lambda a, b, m=method: jax.vmap(lambda board: jax.vmap(lambda agent: getattr(agent, m)(key, board))(a))(b)
        )
        ask(agents, boards).block_until_ready()
        seconds = float("inf")
        for _ in range(config.repeats):
            began = time.process_time()
            ask(agents, boards).block_until_ready()
            seconds = min(seconds, time.process_time() - began)
        best.append(config.agents * config.boards / seconds)
    return best[0], best[1]


def main(config: Config) -> None:
    tongues = {
        "S-expressions, length 16": languages.SExpressions(),
        "S-expressions, length 32": languages.SExpressions(length=32, depth=8),
        "Post systems, 3 rules": languages.PostSystems(languages.BlockSigns()),
    }
    table = Table("language", "bids", "actions", title="million programs run per CPU second")
    for name, language in tongues.items():
        bids, actions = rate(language, config)
        table.add_row(name, f"{bids / 1e6:.2f}", f"{actions / 1e6:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main(tyro.cli(Config))
