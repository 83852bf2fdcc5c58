"""Markets as what is measured at a point: all points of one structure in one program."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, SupportsFloat

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from catallax.core import AbstractEnv
from catallax.lab import _loop as loop
from catallax.lab._metrics import rows
from catallax.lab._run import Run
from catallax.lab._sweeps._points import Batch, Outcome, Point
from catallax.lab._sweeps._task import AbstractTask, called, failed
from catallax.markets import DeepMarket, MarketError, MarketState, raise_fault

Parts = tuple[DeepMarket, AbstractEnv]


@dataclass(frozen=True)
class MarketTask(AbstractTask):
    """Trains a market at each point, points of one structure together in one `vmap`.

    `build(**fields)` returns market and world. Floats and arrays in them may differ from point to point of a program;
    sizes, static fields and kinds of parts may not, so that there is a program for each combination of these.
    A point is what `train(market, env, ticks=ticks, instances=instances, key=jax.random.key(seed))` computes.

    Measured is the last row of the trace: prices, returns, wealth, births (`chunks` says how much of the training
    it covers), and what `measure_run(run)` adds.
    """

    build: Callable[..., Parts]
    ticks: int
    """Budget of each point, over all its instances."""
    instances: int = 64
    chunks: int = 100
    """The last row covers the last of so many parts of the training."""
    measure_run: Callable[[Run], Mapping[str, SupportsFloat]] | None = None
    """Called with each finished run; more numbers by name."""
    together: int = 256
    """Most points in one program: fewer take less memory, and give several processes something to do."""
    swept: frozenset[str] = frozenset()
    """Leaves of market and world that differ between points, found by `plan`; one program then serves all batches."""

    def description(self) -> Mapping[str, Any]:
        """What is built, how long it is trained, and what is measured."""
        more = {} if self.measure_run is None else {"measure": called(self.measure_run)}
        numbers = {"ticks": self.ticks, "instances": self.instances, "chunks": self.chunks}
        return {"market": called(self.build), **numbers, "together": self.together, **more}

    def plan(self, points: Sequence[Point]) -> tuple[MarketTask, list[Batch]]:
        """Points whose markets and worlds differ in floats and arrays alone go together, at most `together`."""
        for name in ("ticks", "instances", "chunks", "together"):
            if (value := getattr(self, name)) < 1:
                raise ValueError(f"MarketTask: {name}={value}, expected at least 1.")
        groups: list[_Group] = []
        for _, same in itertools.groupby(points, key=lambda point: id(point.fields)):  # the seeds of a setting
            repeats = list(same)
            try:
                parts = self.build(**repeats[0].fields)
            except Exception:  # told when their turn comes
                groups.append(_Group(None, repeats))
                continue
            group = next((group for group in groups if group.takes(parts)), None)
            if group is None:
                groups.append(group := _Group(parts))
            group.add(parts, repeats)
        swept = frozenset[str]().union(*(group.swept for group in groups))
        step = self.together
        batches = [tuple(group.points[at : at + step]) for group in groups for at in range(0, len(group.points), step)]
        return dataclasses.replace(self, swept=swept), batches

    def measure(self, batch: Batch, folder: Path | None) -> Sequence[Outcome]:
        """Train all points of a batch at once."""
        built: dict[str, Parts] = {}
        parts = []
        for point in batch:
            key = repr(sorted(point.fields.items()))
            if key not in built:
                built[key] = self.build(**point.fields)
            parts.append(built[key])
        try:
            return self._train(
                Lanes.of(parts, self.swept), jax.vmap(jax.random.key)(jnp.array([point.seed for point in batch]))
            )
        except jax.errors.ConcretizationTypeError as error:
            raise TypeError(
                "a part looks at the value of a float in Python (if, float(), a size), and cannot be trained beside others with "
                f"another value; use jnp.where, or declare the field static: eqx.field(static=True). JAX said: {error}"
            ) from error

    def _train(self, lanes: Lanes, keys: Array) -> list[Outcome]:
        market, env = lanes.one(0)
        rounds = self.ticks // (self.instances * market.round_ticks)
        if rounds < 1:
            raise ValueError(
                f"MarketTask: ticks={self.ticks} is less than one round of instances x round_ticks = {self.instances} x "
                f"{market.round_ticks}; raise ticks or lower instances."
            )
        chunk = loop.Chunk(rounds=-(-rounds // self.chunks), tracked=0)
        state = _start(lanes.varying, lanes.common, self.instances, keys)
        for done in range(0, rounds, chunk.rounds):
            now = jnp.asarray(min(chunk.rounds, rounds - done))
            state = jax.block_until_ready(_advance(lanes.varying, lanes.common, state, keys, now, chunk))
        return [
            error or Outcome(row | self._more(lanes, state, lane))
            for lane, (error, row) in enumerate(zip(_faults(state, env), rows(state, self.instances), strict=True))
        ]

    def _more(self, lanes: Lanes, state: MarketState, lane: int) -> dict[str, SupportsFloat]:
        if self.measure_run is None:
            return {}
        nothing = float("nan")
        return dict(self.measure_run(Run(*lanes.one(lane), _lane(state, lane), {}, None, nothing, nothing)))


class Lanes(NamedTuple):
    """Markets and worlds of one structure: what differs is stacked, the rest is there once."""

    varying: PyTree
    common: PyTree

    @classmethod
    def of(cls, parts: Sequence[Parts], swept: frozenset[str]) -> Lanes:
        """Stack what is swept over."""
        named, tree = jax.tree.flatten_with_path(parts[0])
        columns = list(zip(*(jax.tree.leaves(part) for part in parts), strict=True))
        stacks = [jax.tree_util.keystr(path) in swept for path, _ in named]
        varying = [
            jnp.stack([_array(leaf) for leaf in column]) if stack else None for stack, column in zip(stacks, columns)
        ]
        common = [None if stack else column[0] for stack, column in zip(stacks, columns)]
        return cls(jax.tree.unflatten(tree, varying), jax.tree.unflatten(tree, common))

    def one(self, lane: int) -> Parts:
        """Market and world of one lane."""
        return eqx.combine(jax.tree.map(lambda x: x[lane], self.varying), self.common)


@eqx.filter_jit
def _start(varying: PyTree, common: PyTree, instances: int, keys: Array) -> MarketState:
    def one(varying: PyTree, key: Array) -> MarketState:
        market, env = eqx.combine(varying, common)
        return market.init(env, instances, key)

    return jax.vmap(one)(varying, keys)


@eqx.filter_jit
def _advance(
    varying: PyTree, common: PyTree, state: MarketState, keys: Array, rounds: Array, chunk: loop.Chunk
) -> MarketState:
    def one(varying: PyTree, state: MarketState, key: Array) -> MarketState:
        market, env = eqx.combine(varying, common)
        return loop.advance_one(market, env, state, key, rounds, chunk)[0]

    return jax.vmap(one)(varying, state, keys)


class _Group:
    """Points of one structure, and the leaves in which they differ."""

    def __init__(self, parts: Parts | None, points: Sequence[Point] = ()) -> None:
        self.parts, self.points, self.swept = parts, list(points), set[str]()
        leaves, self._tree = jax.tree.flatten(parts)
        self._kinds = [_kind(leaf) for leaf in leaves]

    def takes(self, parts: Parts) -> bool:
        """Whether a market and a world fit in."""
        leaves, tree = jax.tree.flatten(parts)
        return self.parts is not None and tree == self._tree and [_kind(leaf) for leaf in leaves] == self._kinds

    def add(self, parts: Parts, points: Sequence[Point]) -> None:
        """Take them in."""
        self.points += points
        pairs = zip(jax.tree.leaves_with_path(self.parts), jax.tree.leaves(parts), strict=True)
        self.swept |= {jax.tree_util.keystr(path) for (path, old), new in pairs if not _same(old, new)}


def _kind(leaf: Any) -> Any:
    """What leaves of points in one program share."""
    if isinstance(leaf, float):
        return float
    return (np.shape(leaf), str(leaf.dtype)) if eqx.is_array(leaf) or isinstance(leaf, np.ndarray) else leaf


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if eqx.is_array(one) and jnp.issubdtype(one.dtype, jax.dtypes.prng_key):
        one, other = jax.random.key_data(one), jax.random.key_data(other)
    return bool(np.array_equal(np.asarray(one), np.asarray(other))) if not callable(one) else one == other


def _array(leaf: Any) -> Array:
    return jnp.asarray(leaf, jnp.float32) if isinstance(leaf, float) else jnp.asarray(leaf)


def _lane(state: MarketState, lane: int) -> MarketState:
    return jax.tree.map(lambda x: x[lane], state)


def _faults(state: MarketState, env: AbstractEnv) -> list[Outcome | None]:
    """Of each point what went wrong in its market, if anything."""
    lanes = range(state.tick.shape[0])
    try:
        raise_fault(state, type(env).__name__)
    except (MarketError, OverflowError):
        return [_fault(_lane(state, lane), env) for lane in lanes]
    return [None for _ in lanes]


def _fault(state: MarketState, env: AbstractEnv) -> Outcome | None:
    try:
        raise_fault(state, type(env).__name__)
    except (MarketError, OverflowError) as error:
        return failed(error)
    return None
