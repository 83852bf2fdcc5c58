"""What bids become under an auction, and what the best deviation from them would gain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from _coverage_chance import luck
from _coverage_speed import garnet, largest, market
from jaxtyping import Array, Float, Int, Key

import catallax as cx
from catallax.auctions import Weighted

RULES = {
    "first price": (1.0, 0.0, 1.0, 0.0),
    "half-way": (0.5, 0.5, 0.5, 0.5),
    "credit-conserving Vickrey": (0.0, 1.0, 0.0, 1.0),
    "Vickrey": (0.0, 1.0, 1.0, 0.0),
}
"""Weights of the highest and second bid in what the winner pays and what the seller receives."""
SINGLE = ("first price", "half-way", "credit-conserving Vickrey")
"""What differs for buyers alone."""
VALUES, BIDS = 11, 21
"""Levels from 0 to 1."""


# --- one good, private values, bids learned by profit


@partial(jax.jit, static_argnames=("bidders", "rounds", "looks"))
def _learned(
    weights: Float[Array, "rules 4"],
    keys: Key[Array, " seeds"],
    epsilon: Array,
    step: Array,
    bidders: int,
    rounds: int,
    looks: int,
) -> Array:
    def one(weight: Array, key: Array) -> Array:
        auction, everybody = Weighted(*weight), jnp.arange(bidders)

        def play(number: Array, table: Array, look: Array) -> Array:
            now = jax.random.fold_in(jax.random.fold_in(key, look), number)
            private, chance, lots, sale = jax.random.split(now, 4)
            value = jax.random.randint(private, (bidders,), 0, VALUES)
            drawn = jax.random.uniform(lots, (bidders, BIDS))
            favourite = jnp.argmax(table[everybody, value] + 1e-6 * drawn, axis=1)
            bid = jnp.where(jax.random.uniform(chance, (bidders,)) < epsilon, jnp.argmax(drawn, axis=1), favourite)
            sold = auction.clear(sale, bid / (BIDS - 1.0), jnp.ones(bidders, bool))
            profit = jnp.where(everybody == sold.winner, value / (VALUES - 1.0) - sold.pays, 0.0)
            place = (everybody, value, bid)
            return table.at[place].add(step * (profit - table[place]))

        def look(table: Array, at: Array) -> tuple[Array, Array]:
            table = jax.lax.fori_loop(0, rounds // looks, lambda n, t: play(n, t, at), table)
            return table, jnp.argmax(table, axis=2)

        return jax.lax.scan(look, jnp.zeros((bidders, VALUES, BIDS)), jnp.arange(looks))[1]

    return jax.vmap(lambda w: jax.vmap(lambda k: one(w, k))(keys))(weights)


class Bidding(NamedTuple):
    """Of one rule."""

    rounds: Float[np.ndarray, " looks"]
    bids: Float[np.ndarray, "seeds looks bidders values"]
    truthful: Float[np.ndarray, " seeds"]
    """What the best answer to the others' learned bids gains over the true value as bid, credits an auction."""
    own: Float[np.ndarray, " seeds"]
    """What it gains over the bids that were learned."""

    @property
    def bias(self) -> Float[np.ndarray, "seeds looks"]:
        """Mean of bid less value over the values above 0."""
        return (self.bids - np.linspace(0, 1, VALUES))[..., 1:].mean((2, 3))


def bidding(
    bidders: int, rounds: int, looks: int, seeds: Sequence[int], epsilon: float = 0.1, step: float = 0.02
) -> dict[str, Bidding]:
    """Bidders whose value is drawn anew for each auction learn what bid profits most at each value."""
    weights = jnp.asarray([RULES[name] for name in SINGLE])
    keys = luck(seeds, "one good")
    chosen = np.asarray(_learned(weights, keys, jnp.float32(epsilon), jnp.float32(step), bidders, rounds, looks))
    found = {}
    for name, bids in zip(SINGLE, chosen, strict=True):
        gains = np.array([deviation(RULES[name], last) for last in bids[:, -1]])
        found[name] = Bidding(
            np.arange(1, looks + 1) * (rounds // looks) * 1.0, bids / (BIDS - 1), gains[:, 0], gains[:, 1]
        )
    return found


def deviation(weights: tuple[float, ...], bids: Int[np.ndarray, "bidders values"]) -> tuple[float, float]:
    """Mean gain of the best answer over truth, and over what was learned, by all profiles of the others' values."""
    gains = []
    values, grid = np.linspace(0, 1, VALUES)[:, None], np.arange(BIDS)
    for who in range(len(bids)):
        others = np.array(list(product(*np.delete(bids, who, 0))))
        most = others.max(1)[:, None]
        wins = np.where(grid > most, 1.0, np.where(grid == most, 1 / (1 + (others == most).sum(1))[:, None], 0.0))
        price = (weights[0] * grid + weights[1] * most) / (BIDS - 1)
        profit = (wins[None] * (values[:, :, None] - price[None])).mean(1)
        best, rows = profit.max(1), np.arange(VALUES)
        truth = rows * ((BIDS - 1) // (VALUES - 1))
        gains.append([(best - profit[rows, truth]).mean(), (best - profit[rows, bids[who]]).mean()])
    mean = np.mean(gains, 0)
    return float(mean[0]), float(mean[1])


# --- a market with resale


class Resale(NamedTuple):
    """Of one rule and number of clones."""

    price_bias: Float[np.ndarray, " seeds"]
    """Mean of the highest bid less the state's value, as a part of the largest value."""
    gain: Float[np.ndarray, " seeds"]
    """Most that one account gains by another bid in one state, as a part of the mean reward of a tick."""


def resale(
    clones: int, ticks: int, looks: int, exploration: float, tried: int, seeds: Sequence[int]
) -> dict[str, Resale]:
    """Bidders whose bids are what winning was worth to them, on random decision problems; then every deviation of one account in one state."""
    worlds = [garnet(seed) for seed in seeds]
    found = {}
    for name, weights in RULES.items():
        learned = market(worlds, (30.0, 0.5 * largest(worlds[0])), seeds, exploration, looks, ticks, weights, clones)
        pairs = zip(worlds, learned.tables[:, -1], strict=True)
        rows = [judged(world, np.asarray(table, float).T, weights, clones, tried) for world, table in pairs]
        found[name] = Resale(*np.array(rows).T)
    return found


def judged(
    world: Any, table: Float[np.ndarray, "actions states"], weights: tuple[float, ...], clones: int, tried: int
) -> tuple[float, float]:
    """Bias of the highest bid and gain of the best deviation."""
    best = cx.planning.value_iteration(world)
    bids, actions = np.repeat(np.maximum(table, 0.0), clones, 0), np.repeat(np.arange(len(table)), clones)
    base, reward = profits(world, bids[None], actions, weights)
    top, (accounts, states) = best.values.max(), bids.shape
    grid = np.linspace(0.0, 2.0, tried) * top
    every = np.broadcast_to(bids, (accounts, states, grid.size, accounts, states)).copy()
    for who, where in product(range(accounts), range(states)):
        every[who, where, :, who, where] = grid
    gained, _ = profits(world, every.reshape(-1, accounts, states), actions, weights)
    gained = gained.reshape(accounts, -1, accounts)[np.arange(accounts), :, np.arange(accounts)]
    gain = (gained - base[0][:, None]).max()
    return float((bids.max(0) - best.values).mean() / top), float(max(gain, 0.0) / reward[0])


def profits(
    world: Any,
    bids: Float[np.ndarray, "batch accounts states"],
    actions: Int[np.ndarray, " accounts"],
    weights: tuple[float, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Credits a tick of every account, and reward a tick, in the long run; exact, ties shared."""
    mdp, ranked = world.mdp(), np.sort(bids, 1)
    first, second = ranked[:, -1], ranked[:, -2]
    tied = bids == first[:, None]
    wins = tied / tied.sum(1, keepdims=True)
    pays = weights[0] * first + weights[1] * second
    receives = weights[2] * first + weights[3] * second
    policy = np.einsum("bks,ka->bsa", wins, np.eye(mdp.successor.shape[1])[actions])
    reward = (mdp.probability * mdp.reward).sum(2)
    often = cx.planning.long_run(world, policy)
    onward = mdp.discount * (mdp.probability * receives[:, mdp.successor]).sum(3)
    worth = reward + onward - pays[:, :, None]
    each = np.stack([(often * wins[:, k] * worth[:, :, a]).sum(1) for k, a in enumerate(actions)], 1)
    return each, (often[:, :, None] * policy * reward).sum((1, 2))
