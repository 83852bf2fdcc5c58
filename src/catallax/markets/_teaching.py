"""Teaching a winner-take-all network by presentations, many networks side by side."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.core import split_by
from catallax.envs import AbstractOrder, Presentation
from catallax.markets._winner_take_all import NetworkState, WinnerTakeAllNetwork, Wires

Lots = UInt32[Array, " units"]


def inputs_of(world: Presentation, obs: UInt32[Array, " words"]) -> Float[Array, " inputs"]:
    """The bits of an observation and a 1."""
    bits = (obs[0] >> jnp.arange(world.observation_space.n, dtype=jnp.uint32)) & 1
    return jnp.concatenate([bits.astype(jnp.float32), jnp.ones(1, jnp.float32)])


def present(
    network: WinnerTakeAllNetwork, world: Presentation, key: Key[Array, ""], pattern: Int[Array, ""], weights: Wires
) -> Wires:
    """The weights after one presentation of a pattern that starts in silence."""
    world_key, lots_key = split_by(key, "world", "lots")

    def tick(carry: tuple, drawn: tuple[Lots, Key[Array, ""]]) -> tuple[tuple, None]:
        (before, (state, obs)), (lots, now) = carry, drawn
        fired = network.fire(lots, before, inputs_of(world, obs))
        step = world.step(now, state, network.action(fired))
        after, _ = network.settle(before, fired, step.reward)
        return (after, (step.state, step.obs)), None

    carry = (network.silent(weights), world.begin(pattern))
    drawn = (network.lots(lots_key, world.ticks), jax.random.split(world_key, world.ticks))
    return jax.lax.scan(tick, carry, drawn)[0][0].weights


def classified(
    network: WinnerTakeAllNetwork, world: Presentation, key: Key[Array, ""], weights: Wires
) -> Bool[Array, " patterns"]:
    """Which patterns are classified by these weights, nobody paying."""

    def answer(pattern: Int[Array, ""], drawn: tuple[Array, Array]) -> Bool[Array, ""]:
        def tick(carry: tuple, drawn: tuple[Lots, Key[Array, ""]]) -> tuple[tuple, Int[Array, ""]]:
            (before, (state, obs)), (lots, now) = carry, drawn
            fired: NetworkState = network.fire(lots, before, inputs_of(world, obs))
            action = network.action(fired)
            step = world.step(now, state, action)
            return (fired, (step.state, step.obs)), action

        carry = (network.silent(weights), world.begin(pattern))
        actions = jax.lax.scan(tick, carry, drawn)[1]
        return world.classified(actions, jnp.asarray(world.answers)[pattern])

    world_key, lots_key = split_by(key, "world", "lots")
    shape = (world.patterns, world.ticks)
    lots, keys = network.lots(lots_key, *shape), jax.random.split(world_key, shape)
    return jax.vmap(answer)(jnp.arange(world.patterns, dtype=jnp.int32), (lots, keys))


class Lessons(NamedTuple):
    """Where the lessons of many networks stand."""

    number: Int[Array, ""]
    """Presentations so far."""
    weights: Float[Array, "seeds units units"]
    """Credits."""
    found: Int[Array, " seeds"]
    """Presentations after which all patterns were first classified, -1 for never."""
    since: Int[Array, " seeds"]
    """Presentations after which they were classified ever since, -1 if they are not."""
    done: Bool[Array, " seeds"]
    """Whether that has lasted long enough."""
    trace: Int[Array, "presentations seeds"]
    """How many patterns were classified after each presentation, -1 once done."""


@eqx.filter_jit
def teach(
    network: WinnerTakeAllNetwork,
    world: Presentation,
    order: AbstractOrder,
    keys: Key[Array, " seeds"],
    weights: Float[Array, "seeds units units"],
    presentations: int,
    watch: int,
) -> Lessons:
    """Presentations with payoff, each followed by a check without; all networks in one compiled loop.

    A network that classified everything in `watch` checks in a row is done and keeps its weights; the
    loop ends when all are.

    Args:
        network: for all seeds; its inputs are the bits of the world and one unit that is always on.
        world: what is shown and when an answer counts.
        order: which pattern is presented when.
        keys: one for each network.
        weights: of each network at the start, credits.
        presentations: limit.
        watch: checks for which a solution must last.
    """

    def lesson(key: Key[Array, ""], number: Int[Array, ""], weights: Wires) -> tuple[Wires, Int[Array, ""]]:
        order_key, present_key, check_key = split_by(key, "order", "present", "check")
        pattern = order.pattern(order_key, number, world.patterns)
        after = present(network, world, jax.random.fold_in(present_key, number), pattern, weights)
        right = classified(network, world, jax.random.fold_in(check_key, number), after)
        return after, right.sum(dtype=jnp.int32)

    def body(lessons: Lessons) -> Lessons:
        weights, right = jax.vmap(lesson, (0, None, 0))(keys, lessons.number, lessons.weights)
        number, solved, done = lessons.number + 1, right == world.patterns, lessons.done
        since = jnp.where(solved, jnp.where(lessons.since < 0, number, lessons.since), -1)
        return Lessons(
            number,
            jnp.where(done[:, None, None], lessons.weights, weights),
            jnp.where((lessons.found < 0) & solved & ~done, number, lessons.found),
            jnp.where(done, lessons.since, since),
            done | (solved & (number - since + 1 >= watch)),
            lessons.trace.at[lessons.number].set(jnp.where(done, -1, right)),
        )

    never = jnp.full(keys.shape, -1, jnp.int32)
    trace = jnp.full((presentations, *keys.shape), -1, jnp.int32)
    start = Lessons(jnp.asarray(0, jnp.int32), weights, never, never, jnp.zeros(keys.shape, bool), trace)
    return jax.lax.while_loop(lambda now: (now.number < presentations) & ~now.done.all(), body, start)
