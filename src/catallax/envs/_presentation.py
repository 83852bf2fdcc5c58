"""Patterns and sequences shown tick by tick, whose answer is judged at every tick."""

from __future__ import annotations

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, UInt32

from catallax.core import AbstractEnv, Bits, Discrete, Step

State = Int[Array, " counters"]
"""Which pattern is shown, and the tick of its presentation."""


class Presentation(AbstractEnv):
    """One of several patterns, drawn evenly, is shown for some ticks; every tick with the right answer pays.

    `reward_t = payoff * (action_t == answer of the pattern)`; an action outside
    the answers, -1 say, is silence and pays nothing. The actions taken during
    the last `judged` ticks decide whether the pattern counts as classified.

    >>> [world := Presentation.xor(), world.patterns, world.ticks][1:]
    [4, 6]

    Source: Schmidhuber (1989), Connection Science 1(4), the two experiments.
    """

    frames: tuple[tuple[str, ...], ...] = eqx.field(static=True)
    """For each pattern its frames, strings of 0 and 1; bit i of the observation is character i."""
    answers: tuple[int, ...] = eqx.field(static=True)
    judged: int = eqx.field(static=True, default=1)
    """Ticks at the end of a presentation at which the answer must be right."""
    payoff: float = 1.0
    """Credits for each tick with the right answer."""
    discount: float = 1.0

    def __check_init__(self) -> None:
        shapes = {tuple(map(len, frames)) for frames in self.frames}
        if len(shapes) != 1 or len(set(*shapes)) != 1 or not 1 <= len(self.frames[0][0]) <= 32:
            raise ValueError(
                "Presentation: expected frames of equal width, 1 to 32, and equally many for each pattern."
            )
        if set("".join(map("".join, self.frames))) - {"0", "1"}:
            raise ValueError("Presentation: expected frames of 0 and 1.")
        if len(self.answers) != len(self.frames) or min(self.answers) < 0:
            raise ValueError(
                f"Presentation: expected {len(self.frames)} answers >= 0, one per pattern, got {self.answers}."
            )
        if not 1 <= self.judged <= self.ticks:
            raise ValueError(f"Presentation: judged must lie between 1 and {self.ticks} ticks, got {self.judged}.")

    @classmethod
    def of(cls, frames: Sequence[Sequence[str]], answers: Sequence[int], judged: int = 1) -> Presentation:
        """A world from the frames of each pattern and the answers."""
        parts = {"frames": tuple(tuple(shown) for shown in frames), "answers": tuple(answers), "judged": judged}
        return cls(**parts)

    @classmethod
    def xor(cls, ticks: int = 6, judged: int = 3) -> Presentation:
        """Each pattern of two bits is held; the answer is their exclusive or.

        Args:
            ticks: how long a pattern is held.
            judged: ticks at the end at which the answer must be right.
        """
        return cls.of([(bits,) * ticks for bits in ("00", "01", "10", "11")], (0, 1, 1, 0), judged)

    @classmethod
    def moving_light(cls, cells: int = 5, rest: int = 0, judged: int = 1) -> Presentation:
        """A light crosses a row of cells, one a tick; the answer is 0 if it came from the left, 1 from the right.

        Args:
            cells: length of the row.
            rest: dark ticks after the crossing, so that the last cell can still be heard.
            judged: ticks at the end at which the answer must be right.
        """
        light = ["".join("01"[i == place] for i in range(cells)) for place in range(cells)]
        dark = ["0" * cells] * rest
        return cls.of([light + dark, light[::-1] + dark], (0, 1), judged)

    @property
    def patterns(self) -> int:
        """How many patterns there are."""
        return len(self.frames)

    @property
    def ticks(self) -> int:
        """How long a presentation lasts."""
        return len(self.frames[0])

    @property
    def observation_space(self) -> Bits:
        """The bits of one frame."""
        return Bits(len(self.frames[0][0]))

    @property
    def action_space(self) -> Discrete:
        """The answers."""
        return Discrete(max(self.answers) + 1)

    def reset(self, key: Key[Array, ""]) -> tuple[State, UInt32[Array, " words"]]:
        """Draw a pattern and show its first frame."""
        drawn = jax.random.uniform(key, dtype=jnp.float32) * self.patterns
        return self.begin(jnp.minimum(drawn.astype(jnp.int32), self.patterns - 1))

    def begin(self, pattern: Int[Array, ""]) -> tuple[State, UInt32[Array, " words"]]:
        """Show the first frame of a given pattern."""
        state = jnp.stack([pattern, jnp.zeros_like(pattern)]).astype(jnp.int32)
        return state, self.shown(state)

    def shown(self, state: State) -> UInt32[Array, " words"]:
        """The frame of a state; after the last one it stays."""
        words = np.array([[int(f[::-1], 2) for f in frames] for frames in self.frames], np.uint32)
        tick = jnp.minimum(state[1], self.ticks - 1)
        return jnp.asarray(words)[state[0], tick][None]

    def step(self, key: Key[Array, ""], state: State, action: Array) -> Step:
        """Judge the answer of this tick and show the next frame."""
        right = jnp.asarray(self.answers, jnp.int32)[state[0]] == action
        after = state + jnp.asarray([0, 1], jnp.int32)
        over = after[1] >= self.ticks
        return Step(after, self.shown(after), jnp.where(right, self.payoff, 0.0), over, jnp.asarray(False), {})

    def classified(self, actions: Sequence[Array] | Int[Array, " ticks"], answer: Array) -> Array:
        """Whether the actions of a whole presentation count as the answer."""
        return jnp.all(jnp.asarray(actions)[-self.judged :] == answer)
