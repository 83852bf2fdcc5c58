"""XCS on the multiplexer, many seeds at once."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, UInt32

from catallax.agents import classifiers as parts
from catallax.classics._moving_mean import moving_mean
from catallax.classics._per_seed import PerSeed
from catallax.classics._xcs import XCS
from catallax.core import as_key, split_by
from catallax.envs import Multiplexer

PAYOFF = 1000.0
SAMPLE = 16_384
"""Inputs that stand for all where there are more."""
SETTINGS = {6: (2, 400, 0.33), 11: (3, 800, 0.33), 20: (4, 2_000, 0.5), 37: (5, 5_000, 0.65)}
"""Address bits, capacity and `#` probability that the literature uses, by size, as recalled."""


@dataclass(frozen=True)
class XCSResult:
    """What the seeds have learned."""

    bits: int
    system: XCS
    populations: parts.Classifiers
    """Rules, leading axis `seeds`."""
    right: np.ndarray
    """Whether each exploit problem was answered rightly; axes `seeds`, `problems`."""
    greedy_accuracy: PerSeed
    """Share of right answers of the greedy policy over all inputs (16,384 fixed ones where there are more), learning off."""
    rule_counts: PerSeed
    """Distinct rules at the end."""
    compact_counts: PerSeed
    """Rules left by `agents.classifiers.compact`."""
    compact: np.ndarray
    """Which rows those are; axes `seeds`, `rows`."""

    def population(self, seed: int, *, compact: bool = False) -> parts.Classifiers:
        """The rules of one seed; only the rows of the compact set if asked."""
        rules = jax.tree.map(lambda x: x[seed], self.populations)
        return rules.remove(jnp.where(self.compact[seed], 0, rules.numerosity)) if compact else rules

    def rules(self, seed: int, *, limit: int | None = None, compact: bool = False) -> str:
        """The rules of one seed as text, the most numerous first, such as `001### : 0`."""
        return parts.rule_table(self.population(seed, compact=compact), self.bits, limit)

    def curve(self, window: int = 50) -> np.ndarray:
        """Share of right answers over the last `window` exploit problems; axes `seeds`, `problems` from the `window`-th on."""
        return moving_mean(self.right, window)

    def table(self) -> str:
        """A line per seed and one for all."""
        lines = ["seed  greedy accuracy  rules  after compaction"]
        for seed, (score, count, few) in enumerate(
            zip(np.asarray(self.greedy_accuracy), np.asarray(self.rule_counts), np.asarray(self.compact_counts))
        ):
            lines.append(f"{seed:>4}  {score:15.4f}  {count:5.0f}  {few:16.0f}")
        low, high = self.greedy_accuracy.interval()
        lines.append(
            f"median {self.greedy_accuracy.median():.4f}, mean {self.greedy_accuracy.mean():.4f} [{low:.4f}, {high:.4f}]"
        )
        return "\n".join(lines)


def xcs_multiplexer(
    bits: int = 6,
    explore_problems: int = 2_000,
    seeds: int = 10,
    *,
    key: Key[Array, ""] | int = 0,
    system: XCS | None = None,
) -> XCSResult:
    """Let XCS learn a multiplexer, all seeds in one program.

    Args:
        bits: 6, 11, 20 or 37.
        explore_problems: to learn from; each is followed by an exploit problem.
        seeds: independent runs.
        key: of all seeds, or a number.
        system: settings; by default those of `SETTINGS`.

    Raises:
        ValueError: on another size or a count below 1.

    Source: Wilson (1995), section 4.

    >>> xcs_multiplexer(bits=6, explore_problems=20, seeds=2).right.shape
    (2, 20)
    """
    if bits not in SETTINGS:
        raise ValueError(f"xcs_multiplexer: bits must be one of {', '.join(map(str, SETTINGS))}, got {bits}.")
    for name, count in (("explore_problems", explore_problems), ("seeds", seeds)):
        if count < 1:
            raise ValueError(f"xcs_multiplexer: {name} must be at least 1, got {count}.")
    address, capacity, wildcard = SETTINGS[bits]
    system = XCS(capacity, covering=parts.Covering(wildcard)) if system is None else system
    env = Multiplexer(address_bits=address, payoff=PAYOFF)  # pyright: ignore[reportCallIssue] - its spaces are properties
    keys = jax.random.split(as_key(key), seeds)
    populations, right = _learn(system, keys, env, explore_problems)
    inputs = questions(env)
    scores, kept = _judge(system, populations, env, inputs)
    kept = np.asarray(kept)
    return XCSResult(
        bits,
        system,
        populations,
        np.asarray(right),
        PerSeed(np.asarray(scores)),
        PerSeed(np.count_nonzero(np.asarray(populations.numerosity), axis=1)),
        PerSeed(kept.sum(1)),
        kept,
    )


def questions(env: Multiplexer) -> UInt32[Array, "samples words"]:
    """All inputs, or `SAMPLE` fixed random ones where there are more."""
    count = 1 << env.observation_space.n
    if count <= SAMPLE:
        return jnp.arange(count, dtype=jnp.uint32)[:, None]
    (key,) = split_by(jax.random.key(0), "questions")
    return jax.vmap(lambda k: env.reset(k)[1])(jax.random.split(key, SAMPLE))


def greedy_accuracy(
    system: XCS, rules: parts.Classifiers, env: Multiplexer, inputs: UInt32[Array, "samples words"]
) -> Float[Array, ""]:
    """Share of the inputs that one population answers rightly; where no rule matches there is no answer."""

    def right(obs: UInt32[Array, " words"]) -> Array:
        matched = rules.match(obs)
        told = system.best(env, rules, matched).astype(jnp.uint32)
        return (told == env.answer(obs)) & jnp.any(matched)

    return jnp.mean(jax.lax.map(right, inputs, batch_size=64).astype(jnp.float32))


@eqx.filter_jit
def _learn(system: XCS, keys: Array, env: Multiplexer, problems: int) -> tuple:
    return jax.vmap(lambda key: system.learn(key, env, problems))(keys)


@eqx.filter_jit
def _judge(system: XCS, populations: parts.Classifiers, env: Multiplexer, inputs: Array) -> tuple:
    def one(rules: parts.Classifiers) -> tuple:
        kept = parts.compact(rules, inputs, env.action_space.n, system.update.accuracy)
        return greedy_accuracy(system, rules, env, inputs), kept

    return jax.lax.map(one, populations)
