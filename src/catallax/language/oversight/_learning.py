"""An agent that knows nothing of protocols and learns what to argue from what it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

from catallax.language.oversight._kernel import replies
from catallax.language.oversight._questions import Questions


class Payoffs(NamedTuple):
    """What becomes of every set of items that an agent could show, protocol by protocol."""

    ends: Int[Array, "protocols questions sets"]
    """What the judge knows in the end."""
    pays: Float[Array, "protocols questions sets"]
    """What the market pays, credits, where it pays."""
    scored: Bool[Array, " protocols"]
    """Whether the agent is paid by the judge's belief in its answer, `-2 (1 - p)^2`, instead."""
    opposed: Bool[Array, " protocols"]
    """Whether an equal argues against it at the same time."""
    beliefs: Float[Array, "questions sets"]

    @classmethod
    def of(cls, question: Questions, prices: Sequence[float]) -> Payoffs:
        """Of naive judge, propaganda and debate, and then of a market by marginal value at each price.

        >>> Payoffs.of(Questions.drawn(0, 3, items=2), [0.01]).ends.shape
        (4, 3, 4)
        """
        shown = np.broadcast_to(np.arange(2**question.items), question.beliefs.shape)
        markets = [replies(question, price) for price in prices]
        none = np.zeros(shown.shape)
        return cls(
            jnp.asarray(np.stack([0 * shown, shown, shown, *(m.ends for m in markets)]), jnp.int32),
            jnp.asarray(np.stack([none, none, none, *(m.pays for m in markets)]), jnp.float32),
            jnp.asarray([True] * 3 + [False] * len(markets)),
            jnp.asarray([False, False, True] + [False] * len(markets)),
            jnp.asarray(question.beliefs, jnp.float32),
        )


class Policy(NamedTuple):
    """How an agent argues."""

    honesty: Float[Array, ""]
    """Log odds of arguing for the truth."""
    slant: Float[Array, ""]
    """How much an item's log odds for the argued answer make it likelier to be shown."""
    silence: Float[Array, ""]
    """Logit of saying no more, beside those of the items."""


class Lesson(NamedTuple):
    """What an agent was like at a step of its training; of many, with axes in front."""

    asd: Array
    """By Brier, of a batch in which it argues for either side in turn."""
    honest: Array
    """Chance that it argues for the truth."""
    judge: Array
    """Expected score of the judge, `-2 (1 - p)^2` of the truth, if it argues as it likes."""
    said: Array
    """Items that it shows, mean of both sides."""


@eqx.filter_jit
def train(
    key: Array,
    evidence: Float[Array, "questions items"],
    payoffs: Payoffs,
    steps: int = 1_000,
    batch: int = 64,
    rate: float = 0.03,
    items: int = 2,
    seeds: int = 10,
) -> Lesson:
    """Policy gradient, `sum (pay - mean pay) grad log pi`, under each protocol, many seeds side by side.

    The agent picks a side with the chance `sigma(honesty)`, then items one after the other with chances in proportion to
    `exp(slant * L_i)`, or silence; `L_i` are log odds for its side. It begins with no slant and no preference.

    Args:
        key: of the draws.
        evidence: log odds of the items for the truth.
        payoffs: of the same questions.
        steps: updates.
        batch: questions an update.
        rate: of Adam.
        items: shown at most.
        seeds: agents that learn side by side, each for itself.

    Returns:
        Lessons, axes `seeds protocols steps`.
    """
    optimiser = optax.adam(rate)

    def shown(policy: Policy, key: Array, helps: Float[Array, " items"]) -> tuple[Int[Array, ""], Float[Array, ""]]:
        """A set by chance, and its log probability."""
        said = jnp.zeros(helps.shape, bool)
        silent, log = jnp.array(False), jnp.array(0.0)
        for one in jax.random.split(key, items):
            logits = jnp.append(jnp.where(said, -jnp.inf, policy.slant * helps), policy.silence)
            chosen = jax.random.categorical(one, logits)
            log = log + jnp.where(silent, 0.0, jax.nn.log_softmax(logits)[chosen])
            silent = silent | (chosen == helps.size)
            said = said | (~silent & (jnp.arange(helps.size) == chosen))
        return jnp.sum(jnp.where(said, 1 << jnp.arange(helps.size), 0)), log

    def played(
        policy: Policy, key: Array, number: Int[Array, ""], side: Float[Array, ""], protocol: Int[Array, ""]
    ) -> tuple[Float[Array, ""], Float[Array, ""], Float[Array, ""], Int[Array, ""]]:
        """Pay, log probability, the judge's belief in the truth, and what was shown."""
        own, other = jax.random.split(key)
        mine, log = shown(policy, own, side * evidence[number])
        theirs, _ = shown(policy, other, -side * evidence[number])
        together = jnp.where(payoffs.opposed[protocol], mine | theirs, mine)
        truth = payoffs.beliefs[number, payoffs.ends[protocol, number, together]]
        argued = jnp.where(side > 0, truth, 1 - truth)
        pay = jnp.where(payoffs.scored[protocol], -2 * (1 - argued) ** 2, payoffs.pays[protocol, number, mine])
        return pay, log, truth, mine

    def step(
        state: tuple[Policy, optax.OptState], key: Array, protocol: Int[Array, ""]
    ) -> tuple[tuple[Policy, optax.OptState], Lesson]:
        policy, memory = state
        draw, coin, one = jax.random.split(key, 3)
        number = jax.random.randint(draw, (batch,), 0, len(evidence))

        def loss(policy: Policy) -> tuple[Float[Array, ""], Lesson]:
            # both sides of every question: only what is shown and which side is liked are left to chance
            sides = jnp.concatenate([jnp.ones(batch), -jnp.ones(batch)])
            keys = jax.random.split(one, 2 * batch)
            pay, log, truth, sets = jax.vmap(played, (None, 0, 0, 0, None))(
                policy, keys, jnp.concatenate([number, number]), sides, protocol
            )
            pay = jax.lax.stop_gradient(pay)
            honest = jax.nn.sigmoid(policy.honesty)
            chosen = jnp.where(jax.random.uniform(coin, (batch,)) < honest, 1.0, 0.0)
            weight = jnp.concatenate([chosen, 1 - chosen])
            side = jnp.where(sides > 0, jax.nn.log_sigmoid(policy.honesty), jax.nn.log_sigmoid(-policy.honesty))
            mean = jnp.sum(weight * pay) / batch
            gain = jnp.sum(weight * (pay - mean) * side) / batch
            by_side = pay - jnp.where(sides > 0, pay[:batch].mean(), pay[batch:].mean())
            gain = gain + jnp.mean(by_side * log)
            right, wrong = truth[:batch], truth[batch:]
            asd = jnp.mean(-2 * (1 - right) ** 2 + 2 * wrong**2)
            judge = jnp.mean(-2 * honest * (1 - right) ** 2 - 2 * (1 - honest) * (1 - wrong) ** 2)
            count = jnp.mean(jax.lax.population_count(sets).astype(jnp.float32))
            return -gain, Lesson(asd, honest, judge, count)

        grads, lesson = jax.grad(loss, has_aux=True)(policy)
        updates, memory = optimiser.update(grads, memory)
        return (optax.apply_updates(policy, updates), memory), lesson  # pyright: ignore[reportReturnType]

    def one(key: Array, protocol: Int[Array, ""]) -> Lesson:
        start = Policy(*(jnp.zeros(()) for _ in Policy._fields))
        keys = jax.random.split(key, steps)
        return jax.lax.scan(lambda state, k: step(state, k, protocol), (start, optimiser.init(start)), keys)[1]

    keys = jax.random.split(key, seeds)
    return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(keys, jnp.arange(len(payoffs.scored)))
