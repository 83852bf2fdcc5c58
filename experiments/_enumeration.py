"""Boolean questions, and who answers them: enumerated rules, enumerated networks that learn, one network, one that grows."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Key, UInt32

import catallax as cx
from catallax.core import ABSTAIN, AbstractAgent, Experience
from catallax.markets import policy_of, raise_fault
from catallax.markets.network import AbstractTraining, Table

BITS = 16
"""Most bits of a question; all questions are padded to as many, so that they share programs."""


def truth(family: str, bits: int) -> np.ndarray:
    """The right answer to each of the `2**bits` questions."""
    number = np.arange(1 << bits)
    digits = number[:, None] >> np.arange(bits) & 1
    if family == "majority":  # the first bit breaks ties
        return (2 * digits.sum(1) + digits[:, 0] > bits).astype(np.int32)
    if family == "parity of 3":
        return digits[:, :: max(1, bits // 3)][:, :3].sum(1).astype(np.int32) % 2
    if family == "multiplexer":
        address = 1 if bits < 6 else 2 if bits < 11 else 3
        place = digits[:, :address] @ (1 << np.arange(address))
        return digits[number, address + place].astype(np.int32)
    raise ValueError(f"claim_enumeration: families are majority, parity of 3, multiplexer; got {family!r}.")


class Questions(NamedTuple):
    """A question each lane; axis `lanes`."""

    labels: Int[Array, "lanes rows"]
    bits: Int[Array, " lanes"]


def world(labels: Int[Array, " rows"], bits: Int[Array, ""]) -> cx.envs.Examples:
    """Questions drawn evenly; the right answer pays 1."""
    rows = jnp.arange(labels.shape[0], dtype=jnp.uint32)[:, None]
    return cx.envs.Examples(rows, labels, (1 << bits).astype(jnp.int32), BITS, 2)


def signs(word: UInt32[Array, " words"]) -> Float[Array, " bits"]:
    """Bits as -1 and 1."""
    return 2.0 * ((word[0] >> jnp.arange(BITS, dtype=jnp.uint32)) & 1).astype(jnp.float32) - 1.0


def succession(mean: Float[Array, ""], count: Int[Array, ""]) -> Float[Array, ""]:
    """`(count mean + 1) / (count + 2)`."""
    return (count * mean + 1.0) / (count + 2.0)


class Assessor(AbstractAgent):
    """A rule that bids what winning has been worth to it where its condition matches: `w <- w + max(step, 1/n) (revenue - w)`."""

    value: UInt32[Array, ""]
    care: UInt32[Array, ""]
    action: Int[Array, ""]
    worth: Float[Array, ""]
    """Credits."""
    wins: Int[Array, ""]
    step: Float[Array, ""]

    def bid(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """Its worth where it matches."""
        return jnp.where(((obs[0] ^ self.value) & self.care) == 0, self.worth, ABSTAIN)

    def expected_bid(self, obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """Without the hope that makes it try: as if it had been right once and wrong once before (Laplace's rule)."""
        bid = self.bid(jax.random.key(0), obs)
        return jnp.where(bid < 0, bid, succession(bid, self.wins))

    def act(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Int[Array, ""]:
        """Its one answer."""
        return self.action

    def learn(self, key: Key[Array, ""], experience: Experience) -> Assessor:
        """Towards the mean revenue of what it won."""
        rows = experience.won & experience.valid
        count = jnp.sum(rows, dtype=jnp.int32)
        wins = self.wins + count
        mean = jnp.sum(jnp.where(rows, experience.reward + experience.resale, 0.0)) / jnp.maximum(count, 1)
        share = jnp.maximum(count / jnp.maximum(wins, 1), 1.0 - (1.0 - self.step) ** count)
        return eqx.tree_at(
            lambda a: (a.worth, a.wins),
            self,
            (self.worth + jnp.where(count > 0, share, 0.0) * (mean - self.worth), wins),
        )


class Listing(cx.agents.AbstractFamily):
    """All rules of up to some bits, general before specific; every one starts with the hope of a full payoff."""

    values: UInt32[Array, " conditions"]
    cares: UInt32[Array, " conditions"]
    count: Int[Array, ""]
    """Conditions; the others are padding."""
    step: Float[Array, ""]

    @property
    def size(self) -> int:
        """Conditions there is room for, times two answers."""
        return 2 * self.values.shape[0]

    def individual(self, number: Int[Array, ""]) -> Assessor:
        """Rule `number`, starting again after the last."""
        number = number % (2 * self.count)
        place = number // 2
        zero = jnp.zeros((), jnp.int32)
        return Assessor(
            self.values[place], self.cares[place], (number % 2).astype(jnp.int32), jnp.ones(()), zero, self.step
        )


def listed(bits: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Values and cares of the first conditions, by how many bits they care for."""
    values, cares = [], []
    for order in range(bits + 1):
        for places in itertools.combinations(range(bits), order):
            care = sum(1 << place for place in places)
            patterns = np.arange(1 << order)
            chosen = sum(((patterns >> i & 1) << place for i, place in enumerate(places)), np.zeros_like(patterns))
            values.append(chosen)
            cares.append(np.full_like(patterns, care))
        if sum(map(len, values)) >= most:
            break
    return np.concatenate(values)[:most].astype(np.uint32), np.concatenate(cares)[:most].astype(np.uint32)


class Apprentice(AbstractAgent):
    """A small network that expects what winning is worth, and learns it by gradients from what it won."""

    weights: tuple[tuple[Array, Array], ...]
    moments: Any
    wins: Int[Array, ""]
    action: Int[Array, ""]
    rate: Float[Array, ""]

    def worth(self, weights: Any, x: Float[Array, " bits"]) -> Float[Array, ""]:
        """Credits."""
        (inner, shift), (outer, start) = weights
        return jax.nn.relu(x @ inner + shift) @ outer + start

    def bid(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """What it expects, at least 0."""
        return jnp.maximum(self.worth(self.weights, signs(obs)), 0.0)

    def expected_bid(self, obs: UInt32[Array, " words"]) -> Float[Array, ""]:
        """The same caution as a rule's."""
        return succession(self.bid(jax.random.key(0), obs), self.wins)

    def act(self, key: Key[Array, ""], obs: UInt32[Array, " words"]) -> Int[Array, ""]:
        """Its one answer."""
        return self.action

    def learn(self, key: Key[Array, ""], experience: Experience) -> Apprentice:
        """A step of Adam on the squared error, if it won anything."""
        rows = experience.won & experience.valid
        x = jax.vmap(signs)(experience.obs)
        target = experience.reward + experience.resale

        def loss(weights: Any) -> Array:
            error = jax.vmap(lambda row: self.worth(weights, row))(x) - target
            return jnp.sum(jnp.where(rows, error**2, 0.0)) / jnp.maximum(jnp.sum(rows), 1)

        change, moments = optax.scale_by_adam().update(jax.grad(loss)(self.weights), self.moments)
        some = jnp.any(rows)
        weights = jax.tree.map(lambda w, c: jnp.where(some, w - self.rate * c, w), self.weights, change)
        moments = jax.tree.map(lambda new, old: jnp.where(some, new, old), moments, self.moments)
        wins = self.wins + jnp.sum(rows, dtype=jnp.int32)
        return eqx.tree_at(lambda a: (a.weights, a.moments, a.wins), self, (weights, moments, wins))


class Apprentices(cx.agents.AbstractFamily):
    """Small networks with random weights that hope for a full payoff; their answers take turns."""

    key: Key[Array, ""]
    rate: Float[Array, ""]
    width: int = eqx.field(static=True)

    @property
    def size(self) -> int:
        """Endless."""
        return 2**31 - 1

    def individual(self, number: Int[Array, ""]) -> Apprentice:
        """Network `number`."""
        one, two = jax.random.split(jax.random.fold_in(self.key, number))
        inner = jax.random.normal(one, (BITS, self.width)) * BITS**-0.5
        outer = jax.random.normal(two, (self.width,)) * 0.1
        weights = ((inner, jnp.zeros(self.width)), (outer, jnp.ones(())))
        zero = jnp.zeros((), jnp.int32)
        return Apprentice(weights, optax.scale_by_adam().init(weights), zero, (number % 2).astype(jnp.int32), self.rate)


def society(family: cx.agents.AbstractFamily, capacity: int, idle: Any) -> cx.DeepMarket:
    """An empty market whose agents are listed and enter in turn; who is broke or has not won for `idle` ticks makes room."""
    someone = family.individual(jnp.zeros((), jnp.int32))
    return cx.DeepMarket(
        cx.Cohort.empty(someone, capacity),
        cx.auctions.CreditConservingVickrey(),
        (cx.levies.Rent(0.001),),
        entry=cx.agents.Enumeration(family, 3.0, max(1, capacity // 4)),
        exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(idle)),
        round_ticks=8,
    )


@eqx.filter_jit
def _trade(families: Any, idle: Int[Array, " lanes"], questions: Questions, keys: Any, tests: Any, capacity: int, instances: int, rounds: int, looks: int) -> tuple[Any, Any]:  # fmt: skip
    def one(
        family: Any, idle: Array, labels: Array, bits: Array, key: Key[Array, ""], seen: Array
    ) -> tuple[Array, Any]:
        market, env = society(family, capacity, idle), world(labels, bits)
        start, run, play = jax.random.split(key, 3)

        def look(state: Any, _: None) -> tuple[Any, Array]:
            state = jax.lax.fori_loop(0, rounds // looks, lambda _, now: market.round(env, now, run)[0], state)
            said = jax.vmap(policy_of(market, state))(jax.random.split(play, seen.shape[0]), seen[:, None])
            return state, jnp.mean(said == labels[seen])

        state, right = jax.lax.scan(look, market.init(env, instances, start), None, length=looks)
        return right, state

    return jax.vmap(one)(families, idle, questions.labels, questions.bits, keys, tests)


def trade(
    families: Any,
    idle: Any,
    questions: Questions,
    keys: Any,
    tests: Any,
    *,
    capacity: int,
    instances: int,
    rounds: int,
    looks: int,
) -> tuple[np.ndarray, float]:
    """Accuracy of every lane at every look, and bytes an agent takes; the books close."""
    right, state = _trade(families, idle, questions, keys, tests, capacity, instances, rounds, looks)
    raise_fault(state, "Examples")
    if state.ledger.audit() != 0:
        raise AssertionError("the books of a market do not close")
    lanes = right.shape[0]
    held = (state.cohorts, state.ledger.agents, state.lives)
    each = sum(
        x.nbytes / lanes / capacity for x in jax.tree.leaves(held) if x.ndim > 1 and x.shape[:2] == (lanes, capacity)
    )
    return np.asarray(right), float(each)


@eqx.filter_jit
def back_propagate(
    questions: Questions,
    keys: Any,
    tests: Any,
    rates: Float[Array, " lanes"],
    width: int,
    batch: int,
    steps: int,
    looks: int,
) -> Float[Array, "lanes looks"]:
    """Accuracy of one hidden layer that learns every question's right answer, by Adam."""

    def one(labels: Array, bits: Array, key: Key[Array, ""], seen: Array, rate: Array) -> Array:
        make, run = jax.random.split(key)
        first, second = jax.random.split(make)
        weights = ((jax.random.normal(first, (BITS, width)) * BITS**-0.5, jnp.zeros(width)),
                   (jax.random.normal(second, (width, 2)) * width**-0.5, jnp.zeros(2)))  # fmt: skip
        optimiser = optax.scale_by_adam()

        def outputs(weights: Any, rows: Array) -> Array:
            x = jax.vmap(signs)(rows[:, None].astype(jnp.uint32))
            (inner, shift), (outer, start) = weights
            return jax.nn.relu(x @ inner + shift[None]) @ outer + start[None]

        def loss(weights: Any, rows: Array) -> Array:
            return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(outputs(weights, rows), labels[rows]))

        def step(number: Array, carry: Any) -> Any:
            weights, moments = carry
            rows = jax.random.randint(jax.random.fold_in(run, number), (batch,), 0, 1 << bits)
            change, moments = optimiser.update(jax.grad(loss)(weights, rows), moments)
            return jax.tree.map(lambda w, c: w - rate * c, weights, change), moments

        def look(carry: Any, place: Array) -> tuple[Any, Array]:
            each = steps // looks
            carry = jax.lax.fori_loop(place * each, (place + 1) * each, step, carry)
            return carry, jnp.mean(jnp.argmax(outputs(carry[0], seen), 1) == labels[seen])

        return jax.lax.scan(look, (weights, optimiser.init(weights)), jnp.arange(looks))[1]

    return jax.vmap(one)(questions.labels, questions.bits, keys, tests, rates)


@eqx.filter_jit
def grow(
    training: AbstractTraining, questions: Questions, keys: Any, tests: Any, rates: Float[Array, " lanes"], periods: int
) -> tuple[Any, Any, Any]:
    """Accuracy, multiply-adds and weights of networks whose neurons enter and leave; axes `lanes periods`."""
    rows = jnp.arange(questions.labels.shape[1], dtype=jnp.uint32)[:, None]

    def one(labels: Array, bits: Array, key: Key[Array, ""], seen: Array, rate: Array) -> tuple[Any, Any, Any]:
        mine = eqx.tree_at(lambda t: t.rate, training, rate)
        real = jnp.arange(BITS) < bits
        inputs = jnp.where(real[None, :], jax.vmap(signs)(rows), 0.0)
        table = Table(inputs, labels, (1 << bits).astype(jnp.int32), bits.astype(jnp.int32), jnp.ones(2, bool))
        start, run = jax.random.split(key)

        def period(state: Any, key: Key[Array, ""]) -> tuple[Any, Any]:
            state, record = mine.period(key, state, table)
            right = jnp.mean(jnp.argmax(mine.outputs(state, inputs[seen]), 1) == labels[seen])
            return state, (right, record["multiply_adds"], record["size"])

        return jax.lax.scan(period, mine.init(start, table), jax.random.split(run, periods))[1]

    return jax.vmap(one)(questions.labels, questions.bits, keys, tests, rates)
