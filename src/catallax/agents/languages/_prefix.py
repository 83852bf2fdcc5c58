"""Typed expressions as packed prefix code: every random tree and every mutant is valid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Key

from catallax.core import split_by

PAD = 0
"""The operation behind the end of a program."""


class Primitive(NamedTuple):
    """A function of typed arguments; without arguments a constant or a reading."""

    name: str
    result: str
    arguments: tuple[str, ...] = ()


class Grammar(eqx.Module):
    """What may stand in a program, numbered from 1 (0 pads).

    A program is one or more trees in prefix order. Before each place, `pending`
    trees are still to come; a program ends where none is. An operation of arity n
    makes `pending <- pending - 1 + n`, so a place may take it only if that stays
    within the places left and within `depth`, the stack that evaluation needs.

    Args:
        primitives: every type that is used needs one without arguments.
        length: places of a program.
        depth: most trees pending at once.

    Raises:
        ValueError: if a type cannot be completed, a name and result occur twice, or a size is too small.

    Source: strongly typed programs, Montana (1995); the packing is ours.
    """

    primitives: tuple[Primitive, ...] = eqx.field(static=True)
    length: int = eqx.field(static=True)
    depth: int = eqx.field(static=True)

    def __check_init__(self) -> None:
        complete = {p.result for p in self.primitives if not p.arguments}
        used = {t for p in self.primitives for t in (p.result, *p.arguments)}
        if used - complete:
            raise ValueError(
                f"Grammar: no primitive without arguments returns {sorted(used - complete)}, so such trees never end."
            )
        if len({p[:2] for p in self.primitives}) < len(self.primitives) or len(self.primitives) > 127:
            raise ValueError("Grammar: expected at most 127 primitives, each name once per result type.")
        if self.length < 1 or self.depth < 1:
            raise ValueError(f"Grammar: length and depth must be at least 1, got {self.length} and {self.depth}.")

    # no cached properties: a module that keeps more than its fields is no longer equal to its like, nor are their trees
    @property
    def types(self) -> tuple[str, ...]:
        """The types in the order of their first use."""
        return tuple(dict.fromkeys(t for p in self.primitives for t in (p.result, *p.arguments)))

    def numbers(self, *names: str) -> list[int]:
        """The operations of these names, whatever their result."""
        return [k for k, p in enumerate(self.primitives, start=1) if p.name in names]

    @property
    def arity(self) -> np.ndarray:
        """Arguments of each operation; 1 for the padding, which then changes no count."""
        return np.array([1, *(len(p.arguments) for p in self.primitives)], np.int32)

    @property
    def result(self) -> np.ndarray:
        """Type of each operation as an index of `types`; -1 for the padding."""
        return np.array([-1, *(self.types.index(p.result) for p in self.primitives)], np.int32)

    @property
    def arguments(self) -> np.ndarray:
        """Argument types of each operation, -1 where there is none; axes `operations 3`."""
        wide = max(len(p.arguments) for p in self.primitives)
        rows = [[self.types.index(t) for t in p.arguments] for p in self.primitives]
        return np.array([[-1] * wide, *(row + [-1] * (wide - len(row)) for row in rows)], np.int32)

    def random(
        self, key: Key[Array, ""], roots: Sequence[str], length: Int[Array, ""] | int | None = None
    ) -> Int8[Array, " length"]:
        """Trees of the given types, one after the other, each operation uniform among those that fit.

        Args:
            key: consumed.
            roots: a type for each tree; no more than `length` and `depth`.
            length: places that may be used, all by default.
        """
        if not 0 < len(roots) <= min(self.length, self.depth):
            raise ValueError(
                f"Grammar: {len(roots)} trees do not fit {self.length} places and a depth of {self.depth}."
            )
        wanted = jnp.asarray([self.types.index(t) for t in roots], jnp.int32)
        return self._grow(key, wanted, self.length if length is None else length, self.depth)

    def _grow(
        self,
        key: Key[Array, ""],
        roots: Int[Array, " roots"],
        length: Int[Array, ""] | int,
        depth: Int[Array, ""] | int,
    ) -> Int8[Array, " length"]:
        arity, result, arguments = (jnp.asarray(x) for x in (self.arity, self.result, self.arguments))
        spare = jnp.zeros(self.depth + arguments.shape[1], jnp.int32)
        place = jnp.arange(spare.shape[0], dtype=jnp.int32)

        def extend(carry: tuple[Array, Array], given: tuple[Array, Array]) -> tuple[tuple[Array, Array], Array]:
            pending, count = carry
            luck, left = given
            after = count - 1 + arity
            fits = (result == pending[0]) & (after <= depth) & (after <= left - 1) & (count > 0)
            rank = jnp.cumsum(fits)
            op = jnp.argmax(rank > jnp.floor(luck * rank[-1]).astype(jnp.int32))
            op = jnp.where(count > 0, op, PAD)
            # the arguments stand before what was pending already
            shifted = pending[jnp.clip(place + 1 - arity[op], 0, spare.shape[0] - 1)]
            ahead = arguments[op][jnp.minimum(place, arguments.shape[1] - 1)]
            pending = jnp.where(count > 0, jnp.where(place < arity[op], ahead, shifted), pending)
            return (pending, jnp.where(count > 0, count - 1 + arity[op], 0)), op.astype(jnp.int8)

        luck = jax.random.uniform(key, (self.length,))
        left = jnp.asarray(length, jnp.int32) - jnp.arange(self.length, dtype=jnp.int32)
        start = (spare.at[: roots.shape[0]].set(roots), jnp.asarray(roots.shape[0], jnp.int32))
        return jax.lax.scan(extend, start, (luck, left))[1]

    def sizes(self, code: Int8[Array, " length"]) -> Int[Array, " length"]:
        """Places of the tree that starts at each place; 0 for the padding."""
        change = jnp.asarray(self.arity)[code] - 1
        pending = jnp.cumsum(change)  # behind each place
        here = jnp.arange(self.length, dtype=jnp.int32)
        over = (pending[None, :] == (pending - change - 1)[:, None]) & (here[None, :] >= here[:, None])
        return jnp.where(code == PAD, 0, jnp.argmax(over, axis=1).astype(jnp.int32) - here + 1)

    def mutate(
        self, key: Key[Array, ""], code: Int8[Array, " length"], roots: Int[Array, ""] | int = 1
    ) -> Int8[Array, " length"]:
        """The program with one subtree, at a uniformly drawn place, replaced by a random one of its type.

        Args:
            key: consumed.
            code: a valid program.
            roots: of how many trees it consists.
        """
        place_key, tree_key = split_by(key, "place", "tree")
        here = jnp.arange(self.length, dtype=jnp.int32)
        used = jnp.sum(code != PAD, dtype=jnp.int32)
        place = jnp.floor(jax.random.uniform(place_key) * used).astype(jnp.int32)
        size = self.sizes(code)[place]
        pending = roots + jnp.sum(jnp.where(here < place, jnp.asarray(self.arity)[code] - 1, 0))
        wanted = jnp.asarray(self.result)[code[place]][None]
        tree = self._grow(tree_key, wanted, self.length - used + size, self.depth - pending + 1)
        grown = jnp.sum(tree != PAD, dtype=jnp.int32)
        behind = here - grown + size
        rest = jnp.where(behind < self.length, code[jnp.clip(behind, 0, self.length - 1)], PAD)
        fresh = jnp.where(here < place + grown, tree[jnp.maximum(here - place, 0)], rest)
        return jnp.where(here < place, code, fresh).astype(jnp.int8)

    def valid(self, code: Int8[Array, " length"], roots: Int[Array, ""] | int = 1) -> Bool[Array, ""]:
        """Whether the trees end where the padding begins, within the depth (their types are `parse`'s to check)."""
        pending = roots + jnp.cumsum(jnp.asarray(self.arity)[code] - 1)
        filled = code != PAD
        before = jnp.concatenate([jnp.asarray(roots)[None], pending[:-1]])
        return jnp.all(jnp.where(filled, (before > 0) & (pending <= self.depth), pending == 0)) & (pending[-1] == 0)
