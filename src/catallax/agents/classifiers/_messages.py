"""Rules that read messages and post messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents.classifiers._rows import BLOCK
from catallax.core import uniform


class Messages(NamedTuple):
    """The message list; slot 0 holds what the detectors say."""

    words: UInt32[Array, " slots"]
    """Letter i in bit i; letter 0 is 1 in messages of detectors and to the effector, 0 in messages between rules."""
    sender: Int[Array, " slots"]
    """The row that posted it; of no meaning in slot 0."""
    posted: Bool[Array, " slots"]
    """Whether there is a message in the slot."""


class MessageRules(NamedTuple):
    """A population along the last axis; of the `parts`, the last is the template of the message, the others are conditions.

    `#` in a condition matches either letter; in the template it passes the letter of the matched message through.

    Source: Holland (1986); Goldberg (1989).
    """

    value: UInt32[Array, "parts rows"]
    care: UInt32[Array, "parts rows"]
    strength: Float[Array, " rows"]
    """Credits."""
    taken: Bool[Array, " rows"]
    """Which rows hold rules; the others fill up to a multiple of a block."""

    @classmethod
    def random(
        cls, key: Key[Array, ""], capacity: int, length: int, conditions: int, *, wildcard: float | Float[Array, ""],
        strength: float | Float[Array, ""],
    ) -> MessageRules:  # fmt: skip
        """Random letters, equal strengths.

        Args:
            key: consumed.
            capacity: number of rules.
            length: letters of a message.
            conditions: of every rule.
            wildcard: probability of `#` in each place.
            strength: of every rule, credits.
        """
        rows, parts = -(-capacity // BLOCK) * BLOCK, conditions + 1
        luck = jax.random.bits(key, (2, parts, rows, length))
        care = word(uniform(luck[0]) >= wildcard)
        taken = jnp.arange(rows) < capacity
        strengths = jnp.where(taken, jnp.asarray(strength, jnp.float32), 0.0)
        return cls(word(uniform(luck[1]) < 0.5) & care, care, strengths, taken)

    @classmethod
    def parse(cls, rules: Sequence[str], strength: float = 1.0) -> MessageRules:
        """Rules such as `10#,0## / 1#0`: conditions, then the template.

        Raises:
            ValueError: on other characters, or rules of different shapes.

        >>> MessageRules.parse(["1#0 / 0##"]).value.shape
        (2, 32)
        """
        split = [[part.strip() for part in rule.replace("/", ",").split(",")] for rule in rules]
        shapes = {tuple(map(len, parts)) for parts in split}
        if len(shapes) != 1 or len(split[0]) < 2 or len(set(*shapes)) != 1 or set("".join(map("".join, split))) - set("01#"):  # fmt: skip
            raise ValueError(
                "MessageRules.parse: expected rules like '10#,0## / 1#0', equally many conditions and letters "
                f"over 0, 1, # in each, got {list(rules)}."
            )
        rows = -(-len(rules) // BLOCK) * BLOCK
        value, care = np.zeros((2, len(split[0]), rows), np.uint32)
        for row, parts in enumerate(split):
            for n, text in enumerate(parts):
                value[n, row] = sum((letter == "1") << i for i, letter in enumerate(text))
                care[n, row] = sum((letter != "#") << i for i, letter in enumerate(text))
        taken = np.arange(rows) < len(rules)
        return cls(*map(jnp.asarray, (value, care, np.where(taken, strength, 0.0).astype(np.float32), taken)))

    def specificity(self, length: int) -> Float[Array, " rows"]:
        """Share of the conditions' places that are not `#`."""
        places = (self.care.shape[0] - 1) * length
        return jnp.sum(jax.lax.population_count(self.care[:-1]), axis=0).astype(jnp.float32) / places

    def hits(self, messages: Messages) -> Bool[Array, "conditions rows slots"]:
        """Which messages satisfy which conditions."""
        different = (self.value[:-1, :, None] ^ messages.words[None, None]) & self.care[:-1, :, None]
        return (different == 0) & messages.posted[None, None] & self.taken[None, :, None]

    def say(
        self, place: Int[Array, ""], hits: Bool[Array, "conditions rows slots"], messages: Messages
    ) -> UInt32[Array, ""]:
        """What a rule posts: its template, `#` filled from the first message that satisfies its first condition."""
        heard = messages.words[jnp.argmax(hits[0, place])]
        value, care = self.value[-1, place], self.care[-1, place]
        return value | (heard & ~care)


def message_table(rules: MessageRules, length: int, limit: int | None = None) -> str:
    """One line for all copies of a rule, the strongest first: conditions, template, strength of all copies, their number.

    Args:
        rules: one population.
        length: letters of a message.
        limit: lines at most.
    """
    value, care, strength, taken = (np.asarray(x) for x in rules)

    def text(part: int, row: int) -> str:
        letters = ("#" if not care[part, row] >> i & 1 else str(value[part, row] >> i & 1) for i in range(length))
        return "".join(letters)

    together: dict[str, list[float]] = {}
    for row in np.flatnonzero(taken).tolist():
        conditions = ",".join(text(part, row) for part in range(len(value) - 1))
        together.setdefault(f"{conditions} / {text(len(value) - 1, row)}", []).append(float(strength[row]))
    wide = max(len("conditions / message"), *map(len, together))
    lines = [f"{'conditions / message':<{wide}}  strength of all  copies"]
    for name, copies in sorted(together.items(), key=lambda item: -sum(item[1]))[:limit]:
        lines.append(f"{name:<{wide}}  {sum(copies):15.2f} {len(copies):7d}")
    return "\n".join(lines)


def word(letters: Bool[Array, "*some length"]) -> UInt32[Array, "*some"]:
    """Letter i in bit i of one word."""
    places = jnp.broadcast_to(jnp.arange(letters.shape[-1], dtype=jnp.uint32), letters.shape)
    return jnp.sum(letters.astype(jnp.uint32) << places, axis=-1, dtype=jnp.uint32)
