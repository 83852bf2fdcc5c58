"""XCS where the reward comes after several steps."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree, UInt32

from catallax.agents import classifiers as parts
from catallax.classics._xcs import XCS, sizes
from catallax.core import AbstractEnv, choose, split_by

BLOCK = 250
"""Ticks whose random part is dealt at once."""


class Dealt(NamedTuple):
    """Everything random in one tick."""

    world: PyTree
    """State of a world that begins."""
    obs: UInt32[Array, " words"]
    action: Int[Array, ""]
    at_random: Bool[Array, ""]
    keys: Key[Array, " two"]
    """For covering and for the world's step."""
    chances: tuple[parts.Chances, parts.SpecialChances | None]


class Last(NamedTuple):
    """The action set that waits for its target."""

    matched: Bool[Array, " rows"]
    chosen: Bool[Array, " rows"]
    """Nobody where there is none."""
    obs: UInt32[Array, " words"]
    action: Int[Array, ""]
    reward: Float[Array, ""]
    onward: Float[Array, ""]
    """Discount of what follows; 0 after the last step of a problem."""
    explored: Bool[Array, ""]


class Walk(NamedTuple):
    """Where one seed stands."""

    rules: parts.Classifiers
    world: PyTree
    obs: UInt32[Array, " words"]
    last: Last
    exploring: Bool[Array, ""]
    ticks: Int[Array, ""]
    """Of this problem."""
    here: Int[Array, ""]
    """Ticks since the animat was put where it set out."""
    time: Int[Array, ""]
    """Ticks in all."""
    problems: Int[Array, ""]
    """Pairs of an explore and an exploit problem that are over."""
    steps: Int[Array, " problems"]
    """Ticks that each exploit problem took."""


class XCSWalk(eqx.Module):
    """XCS on problems of several steps.

    ```
    target of an action set = r + discount * max over a of P(a) in the next situation, r alone at the end
    ```
    Explore and exploit problems alternate. Rules learn in both, are bred in
    explore problems alone, and the clock counts ticks. A tick looks at the
    situation, acts, and teaches the action set of the tick before; that of a
    problem's last tick is taught while the next problem begins. All seeds are in
    one program and none waits for another's problem to end.

    Source: Wilson (1995), section 3.3; Butz and Wilson (2001). That rules learn in exploit problems too is recalled.
    """

    system: XCS = XCS()
    exploration: parts.AbstractExploration = parts.Uniform()
    limit: int = 50
    """Ticks after which a problem is given up."""
    teleport: int | None = eqx.field(static=True, default=None)
    """Ticks after which an explore problem goes on from a new start; None: never (Lanzi 1999 as recalled: 20)."""

    def __check_init__(self) -> None:
        for name, count in (("limit", self.limit), ("teleport", self.teleport)):
            if isinstance(count, int) and count < 1:
                raise ValueError(f"XCSWalk: {name} must be at least 1 tick, got {count}.")

    def deal(self, key: Key[Array, ""], env: AbstractEnv) -> Dealt:
        """Everything random about one tick."""
        bits, actions = sizes(env)
        start, act, mood, cover, step, breed, special = split_by(
            key, "start", "act", "mood", "cover", "step", "breed", "special"
        )
        chances = self.system.genetic.deal(breed, bits, actions), self.system.specify.deal(special, bits)
        action = jax.random.randint(act, (), 0, actions)
        return Dealt(*env.reset(start), action, self.exploration.random(mood), jnp.stack([cover, step]), chances)

    def init(self, key: Key[Array, ""], env: AbstractEnv, problems: int) -> Walk:
        """Before the first tick; no rules yet."""
        rules, (world, obs) = self.system.init(env), env.reset(key)
        none, zero, nothing = rules.numerosity > 0, jnp.zeros((), jnp.int32), jnp.zeros(())
        last = Last(none, none, obs, zero, nothing, nothing, jnp.zeros((), bool))
        steps = jnp.zeros(problems, jnp.int32)
        return Walk(rules, world, obs, last, jnp.ones((), bool), zero, zero, zero, zero, steps)

    def tick(self, env: AbstractEnv, walk: Walk, dealt: Dealt) -> Walk:
        """One step of the animat, one lesson for the rules; nothing once all problems are over."""
        system, last, time = self.system, walk.last, walk.time + 1
        active = walk.problems < walk.steps.shape[0]
        rules, matched = system.cover(dealt.keys[0], env, walk.rules, walk.obs, time)
        payoff = parts.prediction_array(rules, matched, sizes(env)[1])
        action = parts.chosen_action(
            dealt.action, jnp.argmax(payoff).astype(jnp.int32), walk.exploring, dealt.at_random
        )
        chosen = matched & (rules.action == action) & active

        # nothing follows where the discount is 0, whatever is promised there
        follows = jnp.where(last.onward > 0, last.onward * jnp.max(payoff), 0.0)
        # a row may have been freed, and filled again, since it was chosen
        same = rules.match(last.obs)
        rules = system.teach(
            env, rules, same & last.matched, same & last.chosen & (rules.action == last.action), last.obs, time,
            last.reward + follows, dealt.chances, last.explored,
        )  # fmt: skip

        step = env.step(dealt.keys[1], walk.world, action)
        ticks, here = walk.ticks + 1, walk.here + 1
        late = step.truncated | (ticks >= self.limit)
        over = step.terminated | late
        moved = jnp.zeros((), bool) if self.teleport is None else walk.exploring & (here >= self.teleport)
        onward = jnp.where(step.terminated, 0.0, env.discount)
        judged = step.terminated | ~(late | moved)  # else there is no next situation to learn from
        last = Last(matched & judged, chosen & judged, walk.obs, action, step.reward, onward, walk.exploring)
        tested = over & ~walk.exploring & active
        place = jnp.where(tested, walk.problems, walk.steps.shape[0])
        fresh = (over | moved) & active
        world = jax.tree.map(lambda new, old: choose(fresh, new, old), dealt.world, step.state)
        # a seed that is done stays where it is: nothing new is met, so that no rule changes
        obs = jnp.where(fresh, dealt.obs, jnp.where(active, step.obs, walk.obs))
        return Walk(
            rules, world, obs, last, walk.exploring ^ over,
            jnp.where(over, 0, ticks), jnp.where(fresh, 0, here), time,
            walk.problems + tested, walk.steps.at[place].set(ticks, mode="drop"),
        )  # fmt: skip

    def learn(self, keys: Key[Array, " seeds"], env: AbstractEnv, problems: int) -> Walk:
        """Explore so many problems, each followed by an exploit problem, all seeds side by side.

        Args:
            keys: one per seed, consumed.
            env: a world of bits; its discount is that of the targets.
            problems: of each sort.

        Returns:
            Where every seed stands, leading axis `seeds`.
        """

        def unfinished(carry: tuple[Walk, Array]) -> Array:
            walk = carry[0]
            return jnp.any(walk.problems < problems) | jnp.any(walk.last.chosen)

        def block(carry: tuple[Walk, Array]) -> tuple[Walk, Array]:
            walk, number = carry

            def deal(key: Key[Array, ""]) -> Dealt:
                return jax.vmap(lambda k: self.deal(k, env))(jax.random.split(jax.random.fold_in(key, number), BLOCK))

            dealt = jax.vmap(deal, out_axes=1)(keys)
            tick = jax.vmap(lambda w, d: self.tick(env, w, d))
            return jax.lax.scan(lambda w, d: (tick(w, d), None), walk, dealt)[0], number + 1

        starts = jax.vmap(lambda k: self.init(split_by(k, "first")[0], env, problems))(keys)
        return jax.lax.while_loop(unfinished, block, (starts, jnp.zeros((), jnp.int32)))[0]
