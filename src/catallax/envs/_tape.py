"""A tape to be worked off: computations of any length from small steps, and somebody has to say when it is done."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from catallax.core import AbstractEnv, Discrete, Step


class Writing(NamedTuple):
    """State of a tape."""

    symbols: Int[Array, " places"]
    length: Int[Array, ""]
    """Places of the tape that are written on: how long the computation is."""
    place: Int[Array, ""]
    """Where the head stands."""
    digit: Int[Array, ""]
    """What the register holds; `digits`: nothing yet."""
    answer: Int[Array, ""]
    time: Int[Array, ""]
    """Ticks since the start."""


class Tape(AbstractEnv):
    """A head reads a tape; each tick writes one digit into a register and moves on, or delivers the register.

    The right answer is the fold `a <- meaning[symbol, a]` over the tape, from the empty register. Seen are the symbol under
    the head (or that the tape is over) and the register, whether it is right or not. Actions: write digit 0, 1, …; the last
    one delivers. A delivery ends the world, and `info["right"]` says whether it was the answer; what that is worth is for
    consumers to say. Every tick costs `cost` credits. Lengths are drawn evenly from `shortest` to `longest`.

    With `deadline` above 0 nobody decides when: the register is delivered after so many ticks, and the last action waits.

    Args:
        meaning: the register's next digit; axes `symbols digits + 1`, the last column for the empty register.
        firsts: symbols below this number may stand first.
        later: symbols from this number on may stand further on.
        places: longest tape there is room for.
        longest: longest tape that is drawn.
        shortest: shortest tape that is drawn.
        cost: credits a tick.
        patience: ticks after which the world ends undelivered.
        deadline: ticks after which it is delivered; 0: when somebody says so.

    Raises:
        ValueError: if lengths or symbols are out of range.

    >>> env = Tape.parity(places=4)
    >>> env.observation_space, env.action_space
    (Discrete(n=9), Discrete(n=3))
    """

    meaning: Int[Array, "symbols registers"]
    shortest: Int[Array, ""]
    longest: Int[Array, ""]
    cost: float
    patience: Int[Array, ""]
    deadline: Int[Array, ""]
    firsts: int = eqx.field(static=True)
    later: int = eqx.field(static=True)
    places: int = eqx.field(static=True)
    discount: float = 1.0

    def __init__(
        self,
        meaning: np.ndarray,
        *,
        firsts: int,
        later: int = 0,
        places: int,
        longest: int | None = None,
        shortest: int = 1,
        cost: float = 0.01,
        patience: int | None = None,
        deadline: int = 0,
    ) -> None:
        longest = places if longest is None else longest
        if not 1 <= shortest <= longest <= places:
            raise ValueError(f"Tape: expected 1 <= shortest <= longest <= places, got {shortest}, {longest}, {places}.")
        symbols, registers = np.shape(meaning)
        if not (0 < firsts <= symbols and 0 <= later < symbols):
            raise ValueError(
                f"Tape: expected 0 < firsts <= {symbols} and 0 <= later < {symbols}, got {firsts}, {later}."
            )
        if np.min(meaning) < 0 or np.max(meaning) >= registers - 1:
            raise ValueError(
                f"Tape: meaning must hold digits from 0 to {registers - 2}; its last column is the empty register's."
            )
        self.meaning = jnp.asarray(meaning, jnp.int32)
        self.shortest, self.longest = jnp.asarray(shortest, jnp.int32), jnp.asarray(longest, jnp.int32)
        self.cost = cost
        self.patience = jnp.asarray(3 * places + 3 if patience is None else patience, jnp.int32)
        self.deadline = jnp.asarray(deadline, jnp.int32)
        self.firsts, self.later, self.places = firsts, later, places

    @classmethod
    def parity(cls, **settings: int) -> Tape:
        """Whether the number of ones is odd: `a <- a xor symbol`."""
        return cls(np.array([[0, 1, 0], [1, 0, 1]]), firsts=2, **settings)

    @classmethod
    def first(cls, **settings: int) -> Tape:
        """The first bit, however long the tape: `a <- a`. Its length is no measure of difficulty."""
        return cls(np.array([[0, 1, 0], [0, 1, 1]]), firsts=2, **settings)

    @classmethod
    def chain(cls, modulus: int = 5, **settings: int) -> Tape:
        """A digit, then additions of 1, … and multiplications by 2, … up to modulus - 1, all modulo it."""
        digits = np.arange(modulus)
        rows = [np.full(modulus, digit) for digit in digits]
        rows += [(digits + by) % modulus for by in range(1, modulus)] + [
            (digits * by) % modulus for by in range(2, modulus)
        ]
        # nothing but a first digit ever meets the empty register
        empty = [*digits, *[0] * (2 * modulus - 3)]
        return cls(np.column_stack([np.stack(rows), empty]), firsts=modulus, later=modulus, **settings)

    @property
    def digits(self) -> int:
        """How many the register can hold."""
        return self.meaning.shape[1] - 1

    @property
    def observation_space(self) -> Discrete:
        """`symbol * (digits + 1) + register`; the symbol after the last says that the tape is over."""
        return Discrete((self.meaning.shape[0] + 1) * (self.digits + 1))

    @property
    def action_space(self) -> Discrete:
        """Write a digit and move on; deliver."""
        return Discrete(self.digits + 1)

    def reset(self, key: Key[Array, ""]) -> tuple[Writing, Int[Array, ""]]:
        """A fresh tape."""
        luck = jax.random.uniform(key, (self.places + 1,))
        length = self.shortest + (luck[-1] * (self.longest + 1 - self.shortest)).astype(jnp.int32)
        least = jnp.zeros(self.places, jnp.int32).at[1:].set(self.later)
        beyond = jnp.full(self.places, self.meaning.shape[0]).at[0].set(self.firsts)
        symbols = least + (luck[:-1] * (beyond - least)).astype(jnp.int32)
        empty = jnp.asarray(self.digits, jnp.int32)

        def read(register: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
            place, symbol = at
            return jnp.where(place < length, self.meaning[symbol, register], register), None

        answer, _ = jax.lax.scan(read, empty, (jnp.arange(self.places), symbols))
        zero = jnp.zeros((), jnp.int32)
        state = Writing(symbols, length, zero, empty, answer, zero)
        return state, self.look(state)

    def symbol(self, state: Writing) -> Int[Array, ""]:
        """What stands under the head."""
        over = state.place >= state.length
        return jnp.where(over, self.meaning.shape[0], state.symbols[jnp.minimum(state.place, self.places - 1)])

    def look(self, state: Writing) -> Int[Array, ""]:
        """What is seen."""
        return self.symbol(state) * (self.digits + 1) + state.digit

    def step(self, key: Key[Array, ""], state: Writing, action: Int[Array, ""]) -> Step:
        """Write and move on, or deliver."""
        last = action == self.digits
        digit = jnp.where(last, state.digit, action)
        place = jnp.where(last, state.place, jnp.minimum(state.place + 1, state.length))
        time = state.time + 1
        due = jnp.where(self.deadline > 0, time >= self.deadline, last)
        after = state._replace(place=place, digit=digit, time=time)
        over = due | (time >= self.patience)
        reward = -jnp.asarray(self.cost, jnp.float32)
        info = {"right": due & (digit == state.answer)}
        return Step(after, self.look(after), reward, over, jnp.asarray(False), info)
