"""Rights to act, sold one by one or as a whole, for a tick or for longer, with and without costs of a transaction."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from catallax.auctions import CreditConservingVickrey, Trembling
from catallax.core import NOBODY, Ledger, Transfer

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

CALM, LOW, HIGH, STRIKE, SHARED_PART = 0.9, 0.2, 1.0, 0.6, 0.6
"""Probability that a user needs the right as much in the next tick; its use, credits a tick; what exercising an option costs; part that each of two gets."""
PURSE = 64.0
"""Of every user at first, credits."""


class Terms(NamedTuple):
    """Of a contract, which makes two claims of a right; of a claim to nothing, nobody speaks."""

    ticks: int
    """For how long it is sold."""
    claims: int
    """That are worth something."""
    use: np.ndarray
    """Credits a tick that the two holders get from their use, axes `[need of the first, need of the second, claim]`."""
    strike: np.ndarray = np.zeros(2)
    """Credits a tick that the first holder pays to the second one, by the first's need."""


ALONE = np.array([[(LOW, 0.0), (LOW, 0.0)], [(HIGH, 0.0), (HIGH, 0.0)]])
BOTH = np.array([[(SHARED_PART * one, SHARED_PART * other) for other in (LOW, HIGH)] for one in (LOW, HIGH)])
IF_NEEDED = np.array([[(0.0, LOW), (0.0, HIGH)], [(HIGH, 0.0), (HIGH, 0.0)]])
WHEN_NEEDED = np.array([0.0, STRIKE])
CONTRACTS = {
    "spot": Terms(1, 1, ALONE), "lease of 4": Terms(4, 1, ALONE), "lease of 16": Terms(16, 1, ALONE), "spot, shared by two": Terms(1, 2, BOTH),
    "option of 4": Terms(4, 2, IF_NEEDED, WHEN_NEEDED), "option of 16": Terms(16, 2, IF_NEEDED, WHEN_NEEDED),
}  # fmt: skip


class Trade(NamedTuple):
    """What passes from tick to tick."""

    need: jax.Array
    """0 or 1, axis `[users]`."""
    holders: jax.Array
    """Of both claims."""
    age: jax.Array
    """Of the right, ticks."""
    ledger: Ledger
    bids: jax.Array
    """What each has found a claim to bring, resale included, credits, axes `[claims, users, needs]`."""
    seen: jax.Array
    """How often, same axes."""
    began: jax.Array
    """Need of each holder when its contract began."""
    income: jax.Array
    """Of each claim since then, credits."""


class Pace(NamedTuple):
    """How a stretch of ticks is lived."""

    ends: jax.Array
    """Probability, a tick, that the right ends and another one is given to anybody."""
    explore: jax.Array
    """Share of sales to anybody."""
    step: jax.Array
    """Least step size."""


def tick_of(terms: Terms, cost: jax.Array, pace: Pace, trade: Trade, key: jax.Array) -> tuple[Trade, jax.Array]:
    """Sell what is due, use, learn; and the welfare of the tick, credits.

    Holders ask for what their claim brings them and the cost of a sale; the others bid what it brings them, capped by what the ledger says they own.
    """
    sale_key, turn_key, end_key, give_key = jax.random.split(key, 4)
    due = trade.age % terms.ticks == 0

    def sold(claim: jax.Array, so_far: tuple[Trade, jax.Array]) -> tuple[Trade, jax.Array]:
        return sell(terms, cost, pace, due, jax.random.fold_in(sale_key, claim), claim, *so_far)

    trade, lost = jax.lax.fori_loop(0, 2, sold, (trade, jnp.zeros(())))
    needs = trade.need[trade.holders]
    use = jnp.asarray(terms.use)[needs[0], needs[1]]
    strike = jnp.asarray(terms.strike)[needs[0]] * jnp.array([-1.0, 1.0])
    ledger = trade.ledger.transfer(Transfer("world", trade.holders, use), Transfer("house", trade.holders, strike))
    trade = trade._replace(
        ledger=ledger,
        began=jnp.where(due, needs, trade.began),
        income=jnp.where(due, 0.0, trade.income) + use + strike,
        age=trade.age + 1,
    )
    over = jax.random.bernoulli(end_key, pace.ends)
    trade = jax.lax.fori_loop(0, 2, lambda claim, t: learn(t, claim, over, t.income[claim], pace.step), trade)
    given = jnp.argsort(jax.random.uniform(give_key, trade.need.shape))[:2]
    turned = jax.random.bernoulli(turn_key, 1.0 - CALM, trade.need.shape)
    trade = trade._replace(
        need=jnp.where(turned, 1 - trade.need, trade.need),
        holders=jnp.where(over, given, trade.holders),
        age=jnp.where(over, 0, trade.age),
    )
    return trade, jnp.sum(use) - lost


def sell(terms: Terms, cost: jax.Array, pace: Pace, due: jax.Array, key: jax.Array, claim: jax.Array, trade: Trade, lost: jax.Array) -> tuple[Trade, jax.Array]:  # fmt: skip
    """Auction one claim if it is due; whoever held it learns what the contract that is over has brought."""
    everybody = jnp.arange(trade.need.shape[0])
    holder, bids = trade.holders[claim], trade.bids[claim, everybody, trade.need]
    offers = jnp.minimum(bids, trade.ledger.caps(1)).at[holder].set(bids[holder] + cost)
    rivals = everybody != jnp.where(claim == 1, trade.holders[0], -1)
    sale = Trembling(CreditConservingVickrey(), pace.explore).clear(key, offers, rivals)
    moved = due & (claim < terms.claims) & (sale.winner != holder)
    buyer, seller = jnp.where(moved, sale.winner, NOBODY)[None], jnp.where(moved, holder, NOBODY)[None]
    ledger = trade.ledger.transfer(
        Transfer("house", buyer, -sale.pays[None]),
        Transfer("house", seller, sale.receives[None]),
        Transfer("world", seller, -cost[None]),
    )
    after = jnp.where(moved, sale.receives - cost, bids[holder])
    trade = learn(trade, claim, due & (trade.age > 0), trade.income[claim] + after, pace.step)
    winner = jnp.where(moved, sale.winner, holder)
    trade = trade._replace(ledger=ledger, holders=trade.holders.at[claim].set(winner))
    return trade, lost + jnp.where(moved, cost, 0.0)


def learn(trade: Trade, claim: jax.Array, now: jax.Array, brought: jax.Array, step: jax.Array) -> Trade:
    """A running average of what a claim brought to its holder, by its need when the contract began."""
    place = (claim, trade.holders[claim], trade.began[claim])
    rate = jnp.where(now, jnp.maximum(step, 1.0 / (1.0 + trade.seen[place])), 0.0)
    bids = trade.bids.at[place].add(rate * (brought - trade.bids[place]))
    return trade._replace(bids=bids, seen=trade.seen.at[place].add(now.astype(bids.dtype)))


@jax.jit
def lived(terms: Terms, cost: jax.Array, pace: Pace, ticks: jax.Array, trade: Trade, keys: jax.Array) -> tuple[Trade, jax.Array]:  # fmt: skip
    """Some ticks later, leading axis `seeds`; and the welfare of them all, credits."""

    def one(trade: Trade, key: jax.Array) -> tuple[Trade, jax.Array]:
        def tick(number: jax.Array, so_far: tuple[Trade, jax.Array]) -> tuple[Trade, jax.Array]:
            later, welfare = tick_of(terms, cost, pace, so_far[0], jax.random.fold_in(key, number))
            return later, so_far[1] + welfare

        return jax.lax.fori_loop(0, ticks, tick, (trade, jnp.zeros(())))

    return jax.vmap(one)(trade, keys)


@partial(jax.jit, static_argnums=0)
def opened(users: int, keys: jax.Array) -> Trade:
    """Before anything is known."""

    def one(key: jax.Array) -> Trade:
        need = jax.random.bernoulli(key, 0.5, (users,)).astype(jnp.int32)
        nothing, two = jnp.zeros((2, users, 2)), jnp.arange(2)
        ledger = Ledger.open(users).endow(jnp.full(users, PURSE))
        return Trade(need, two, jnp.asarray(0), ledger, nothing, nothing, 0 * two, jnp.zeros(2))

    return jax.vmap(one)(keys)


def held(terms: Terms, users: int, life: int, practice: int, cost: float, setting: tuple[float, float], keys: jax.Array) -> tuple[np.ndarray, Ledger]:  # fmt: skip
    """Welfare a tick from a right that is given to the user who needs it most or least and then traded, credits, axes `[seeds, 2]`; and the books.

    A user needs the right much or little, and that changes now and then. Users first learn what claims bring in `practice` ticks, in which a right ends
    with probability 1 / `life` a tick and sales tremble; then a right is given out that lives for `life` ticks.

    Args:
        terms: of the contract.
        users: of whom each could use it.
        life: ticks.
        practice: ticks.
        cost: of a sale, credits.
        setting: least step size and rate of exploration.
        keys: a key for each seed.
    """
    step, explore = map(jnp.float32, setting)
    learning, calm = Pace(jnp.float32(1.0 / life), explore, step), Pace(jnp.float32(0.0), jnp.float32(0.0), step)
    open_keys, learn_keys, run_keys = jax.vmap(partial(jax.random.split, num=3), out_axes=1)(keys)
    trade, _ = lived(terms, jnp.float32(cost), learning, jnp.int32(practice), opened(users, open_keys), learn_keys)
    needs = np.asarray(trade.need)
    welfare, books = [], []
    for order in (np.argsort(-needs, axis=1, kind="stable"), np.argsort(needs, axis=1, kind="stable")):
        given = trade._replace(holders=jnp.asarray(order[:, :2], jnp.int32), age=jnp.zeros(len(keys), jnp.int32))
        later, total = lived(terms, jnp.float32(cost), calm, jnp.int32(life), given, run_keys)
        welfare.append(np.asarray(total, float) / life)
        books.append(later.ledger)
    return np.stack(welfare, 1), jax.tree.map(lambda *both: jnp.stack(both), *books)


def needed_most(users: int) -> float:
    """Use a tick if whoever needs the right always had it, at no cost: `high - (high - low) / 2^users`, credits."""
    return HIGH - (HIGH - LOW) / 2.0**users
