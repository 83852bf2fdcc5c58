"""How worlds are written as strings of letters, and strings read as actions."""

from __future__ import annotations

import abc
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Int8

from catallax.agents._settings import at_least


class AbstractSigns(eqx.Module):
    """An alphabet that a world and its actions share; letters count from 1, 0 fills the rest of a string."""

    @property
    @abc.abstractmethod
    def letters(self) -> tuple[str, ...]:
        """Names of the letters, without spaces; the first `read` of them occur in observations."""

    @property
    @abc.abstractmethod
    def read(self) -> int:
        """How many letters occur in observations."""

    @property
    @abc.abstractmethod
    def spoken(self) -> tuple[int, int]:
        """First and last letter that an action is read from."""

    @abc.abstractmethod
    def write(self, obs: Any) -> Int8[Array, " written"]:
        """The observation as a string."""

    @abc.abstractmethod
    def action(self, string: Int8[Array, " places"]) -> tuple[Bool[Array, ""], Int[Array, ""]]:
        """Whether a string ends in a move, and the action."""


class Signs(AbstractSigns):
    """Numbered observations and actions, with a register beside them or none.

    The observation `seen * symbols + symbol` is written `o<seen> m<symbol>`. In the
    result the first letter `a<move>` is the move, and the first `m<symbol>` is what the
    register keeps; without one it is left alone. Without a move there is no action.

    Args:
        seen: what may be seen, apart from the register.
        moves: moves of the world.
        symbols: of the register, 0 for none; numbering as in `envs.Register`.
    """

    seen: int = eqx.field(static=True)
    moves: int = eqx.field(static=True)
    symbols: int = eqx.field(static=True, default=0)

    def __check_init__(self) -> None:
        at_least("Signs", 1, seen=self.seen, moves=self.moves)
        at_least("Signs", 0, symbols=self.symbols)

    @property
    def letters(self) -> tuple[str, ...]:
        """`o0 …`, `m0 …`, `a0 …`."""
        kinds = (("o", self.seen), ("m", self.symbols), ("a", self.moves))
        return tuple(f"{kind}{k}" for kind, count in kinds for k in range(count))

    @property
    def read(self) -> int:
        """What is seen, and the register."""
        return self.seen + self.symbols

    @property
    def spoken(self) -> tuple[int, int]:
        """The register and the moves."""
        return self.seen + 1, self.seen + self.symbols + self.moves

    @property
    def observations(self) -> int:
        """How many there are."""
        return self.seen * max(1, self.symbols)

    def write(self, obs: Int[Array, ""]) -> Int8[Array, " written"]:
        """One letter, or two with a register."""
        if not self.symbols:
            return (obs[None] + 1).astype(jnp.int8)
        return jnp.stack([obs // self.symbols + 1, obs % self.symbols + self.seen + 1]).astype(jnp.int8)

    def action(self, string: Int8[Array, " places"]) -> tuple[Bool[Array, ""], Int[Array, ""]]:
        """The first move and the first symbol."""
        moves, move = _first(string, self.read + 1, self.moves)
        if not self.symbols:
            return moves, move
        writes, symbol = _first(string, self.seen + 1, self.symbols)
        return moves, move * (self.symbols + 1) + jnp.where(writes, symbol, self.symbols)


class BlockSigns(AbstractSigns):
    """Stacks of blocks by their tops: hand, tops of stacks 1 to 3, next block wanted, and how stack 1 stands.

    Written `hand top1 top2 top3 wanted` in letters of colours, `c1 …` or `e` for none,
    and `right` if stack 1 holds nothing but blocks that agree with the goal, else `wrong`.
    All letters `g1 g2 g3 d1 d2 d3` (grab, drop) of the result are the moves, in order,
    told as one number with digits `move + 1` to the base 7, lowest first.

    Args:
        colours: how many the blocks have.
        moves: most moves in one action.
    """

    colours: int = eqx.field(static=True, default=3)
    moves: int = eqx.field(static=True, default=4)

    def __check_init__(self) -> None:
        at_least("BlockSigns", 1, colours=self.colours, moves=self.moves)
        if self.moves > 11:
            raise ValueError(f"BlockSigns: at most 11 moves have a number below 2**31, got {self.moves}.")

    @property
    def letters(self) -> tuple[str, ...]:
        """Colours, how stack 1 stands, moves."""
        colours = (f"c{k}" for k in range(1, self.colours + 1))
        return ("e", *colours, "right", "wrong", *(f"{kind}{k}" for kind in "gd" for k in (1, 2, 3)))

    @property
    def read(self) -> int:
        """Colours and how stack 1 stands."""
        return self.colours + 3

    @property
    def spoken(self) -> tuple[int, int]:
        """The moves."""
        return self.read + 1, self.read + 6

    def write(self, obs: Any) -> Int8[Array, " written"]:
        """Six letters of an observation with the fields of `Board`."""
        stacks, heights = obs.stacks, jnp.asarray(obs.heights, jnp.int32)
        highest = stacks.shape[1] - 1
        tops = stacks[jnp.arange(1, 4), jnp.clip(heights[1:] - 1, 0, highest)]
        tops = jnp.where(heights[1:] > 0, tops, 0)
        correct = jnp.asarray(obs.correct, jnp.int32)
        wanted = jnp.where(correct < heights[0], stacks[0, jnp.clip(correct, 0, highest)], 0)
        stands = self.colours + 2 + (correct < heights[1])
        letters = [jnp.asarray(obs.hand)[None] + 1, tops + 1, wanted[None] + 1, stands[None]]
        return jnp.concatenate([x.astype(jnp.int8) for x in letters])

    def action(self, string: Int8[Array, " places"]) -> tuple[Bool[Array, ""], Int[Array, ""]]:
        """The moves in order; those beyond the most are left out."""
        first, last = self.spoken
        moves = (string >= first) & (string <= last)
        place = jnp.cumsum(moves) - 1
        worth = jnp.asarray([7**k for k in range(self.moves)], jnp.int32)
        kept = moves & (place < self.moves)
        digits = jnp.where(kept, (string.astype(jnp.int32) - first + 1) * worth[jnp.clip(place, 0, self.moves - 1)], 0)
        return jnp.any(moves), jnp.sum(digits)


def _first(string: Int8[Array, " places"], first: int, count: int) -> tuple[Bool[Array, ""], Int[Array, ""]]:
    """Whether one of some letters occurs, and which comes first, counted from 0."""
    those = (string >= first) & (string < first + count)
    number = string[jnp.argmax(those)].astype(jnp.int32) - first
    return jnp.any(those), jnp.where(jnp.any(those), number, 0)
