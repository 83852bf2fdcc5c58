"""Rights to act, sold one by one or as a whole, for a tick or for longer, with and without costs of a transaction."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from catallax.auctions import CreditConservingVickrey, Trembling

STATES, USERS, NOISE = 3, 3, 0.1
"""Of each right; who can use it and how; standard deviation of what a use brings, credits."""
WHOLE, LIABLE, FREE = "the whole state, one good", "rights, users pay for harm", "rights, harm falls on others"


class Worlds(NamedTuple):
    """For each seed, what uses bring."""

    use: jax.Array
    """Credits, axes `[seeds, rights, states, users]`."""
    harm: jax.Array
    """Credits that a user of one right costs a user of another one, axes `[seeds, users, users]`; symmetric."""


def drawn(seeds: range, rights: int, harm: float) -> Worlds:
    """Uses bring uniform [0, 1], harm is uniform in [0, 2 harm] for each pair of users."""
    luck = np.random.default_rng([seeds.start, rights])
    use = luck.random((len(seeds), rights, STATES, USERS))
    pairs = luck.random((len(seeds), USERS, USERS)) * 2.0 * harm
    return Worlds(jnp.asarray(use, jnp.float32), jnp.asarray((pairs + pairs.transpose(0, 2, 1)) / 2.0, jnp.float32))


@partial(jax.jit, static_argnums=(0, 1, 2))
def learned(way: str, ticks: int, looks: int, worlds: Worlds, setting: jax.Array, keys: jax.Array) -> jax.Array:
    """Expected value of what the bids would choose, over the best, axes `[seeds, looks]`.

    Every tick all rights are in states drawn anew. Whoever buys learns what it got, by steps of at least `setting[0]`; a share
    `setting[1]` of sales go to anybody.
    """
    auction = Trembling(CreditConservingVickrey(), setting[1])
    rights = worlds.use.shape[1]
    states = jnp.asarray(list(product(range(STATES), repeat=rights)))
    plans = jnp.asarray(list(product(range(USERS), repeat=rights)))
    pairs = [(i, j) for i in range(rights) for j in range(i)]
    one_each = jnp.arange(rights)
    goods, situations, bidders = (1, len(states), len(plans)) if way == WHOLE else (rights, STATES, USERS)

    def one(use: jax.Array, harm: jax.Array, key: jax.Array) -> jax.Array:
        def worth(state: jax.Array, plan: jax.Array) -> tuple[jax.Array, jax.Array]:
            """Of each right: what its use brings, and the harm that it does."""
            done = jnp.zeros(rights)
            for i, j in pairs:
                done = done.at[jnp.array([i, j])].add(harm[plan[i], plan[j]])
            return use[one_each, state, plan], done

        def total(state: jax.Array, plan: jax.Array) -> jax.Array:
            brings, done = worth(state, plan)
            return jnp.sum(brings) - jnp.sum(done) / 2.0

        all_ = jax.vmap(lambda state: jax.vmap(lambda plan: total(state, plan))(plans))(states)

        def tick(carry: tuple, key: jax.Array) -> tuple[tuple, None]:
            table, visits = carry
            state_key, noise_key, *sale_keys = jax.random.split(key, 2 + goods)
            number = jax.random.randint(state_key, (), 0, len(states))
            state = states[number]
            seen = number[None] if way == WHOLE else state
            bids = table[jnp.arange(goods), seen]
            winner = jax.vmap(lambda k, b: auction.clear(k, b, jnp.ones(bidders, bool)).winner)(
                jnp.stack(sale_keys), bids
            )
            plan = plans[winner[0]] if way == WHOLE else winner
            brings, done = worth(state, plan)
            got = brings + NOISE * jax.random.normal(noise_key, (rights,))
            if way == WHOLE:
                got = (jnp.sum(got) - jnp.sum(done) / 2.0)[None]
            elif way == LIABLE:
                got = got - done
            place = (jnp.arange(goods), seen, winner)
            rate = jnp.maximum(setting[0], 1.0 / (1.0 + visits[place]))
            return (table.at[place].add(rate * (got - table[place])), visits.at[place].add(1.0)), None

        def look(carry: tuple, key: jax.Array) -> tuple[tuple, jax.Array]:
            carry, _ = jax.lax.scan(tick, carry, jax.random.split(key, ticks // looks))
            table = carry[0]
            if way == WHOLE:
                choice = jnp.argmax(table[0], axis=1)
            else:
                users = jnp.argmax(table[one_each, states], axis=2)
                choice = jnp.sum(users * USERS ** jnp.arange(rights - 1, -1, -1)[None], axis=1)
            value = jnp.mean(jnp.take_along_axis(all_, choice[:, None], axis=1))
            return carry, value / jnp.mean(jnp.max(all_, axis=1))

        # as high as any use can be worth, so that everybody is tried
        start = (
            jnp.full((goods, situations, bidders), 1.0 * (rights if way == WHOLE else 1)),
            jnp.zeros((goods, situations, bidders)),
        )
        return jax.lax.scan(look, start, jax.random.split(key, looks))[1]

    return jax.vmap(one)(worlds.use, worlds.harm, keys)


def soon(values: np.ndarray, near: float) -> np.ndarray:
    """Looks until `near` for good; all there are if it never is."""
    late = np.where(values < near, np.arange(1, values.shape[1] + 1), 0).max(1)
    return late.astype(float)


# --- one right that changes hands


class Terms(NamedTuple):
    """Of a contract over one right."""

    ticks: int
    """For how long it is sold."""
    shared: bool = False
    """Whether two may use it, each getting a part of what it would get alone."""


SHARED_PART = 0.6
CALM = 0.9
"""Probability that a user needs the right as much in the next tick as in this one."""
LOW, HIGH = 0.2, 1.0
CONTRACTS = {"spot": Terms(1), "lease of 4": Terms(4), "lease of 16": Terms(16), "spot, shared by two": Terms(1, True)}


@partial(jax.jit, static_argnums=(0, 1, 2))
def held(terms: Terms, users: int, life: int, cost: jax.Array, first_best: jax.Array, keys: jax.Array) -> jax.Array:
    """Welfare a tick from a right that is given to one user and then traded, credits, axis `[seeds]`.

    A user needs the right much or little, `HIGH` or `LOW` credits a tick, and that changes now and then. When a contract ends the right is sold, to whoever
    expects most of the next one, if that is more than what its holder expects by at least `cost`, which is lost in a sale. Expectations are exact.

    Args:
        terms: of the contract.
        users: of whom each could use it.
        life: ticks.
        cost: of a sale, credits.
        first_best: whether the one who needs it most is given it, or the one who needs it least.
        keys: a key for each seed.
    """
    decay = (2.0 * CALM - 1.0) ** jnp.arange(terms.ticks)
    middle = (LOW + HIGH) / 2.0
    expected = jnp.array([jnp.sum(middle + (level - middle) * decay) for level in (LOW, HIGH)])
    level = jnp.array([LOW, HIGH])

    def one(key: jax.Array) -> jax.Array:
        start_key, run_key = jax.random.split(key)
        need = jax.random.bernoulli(start_key, 0.5, (users,)).astype(jnp.int32)
        holders = jnp.argsort(jnp.where(first_best, -need, need))

        def tick(carry: tuple, given: tuple) -> tuple[tuple, jax.Array]:
            need, holder, second = carry
            number, key = given
            bids = expected[need]
            ranked = jnp.argsort(-bids.at[holder].add(1e-3))
            best, other = ranked[0], ranked[1]
            sells = (number % terms.ticks == 0) & (bids[best] - bids[holder] > cost)
            holder = jnp.where(sells, best, holder)
            paid = jnp.where(sells, cost, 0.0)
            value = level[need[holder]]
            if terms.shared:
                pair = jnp.where(other == holder, ranked[0], other)
                moves = (bids[pair] - bids[second] > cost) | (second == holder)
                second = jnp.where(moves, pair, second)
                paid = paid + jnp.where(moves, cost, 0.0)
                value = SHARED_PART * (value + level[need[second]])
            turned = jax.random.bernoulli(key, 1.0 - CALM, (users,))
            return (jnp.where(turned, 1 - need, need), holder, second), value - paid

        start = (need, holders[0], holders[1])
        return jnp.mean(jax.lax.scan(tick, start, (jnp.arange(life), jax.random.split(run_key, life)))[1])

    return jax.vmap(one)(keys)
