"""XCS: rules that live by the accuracy of their predictions."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from catallax.agents import classifiers as parts
from catallax.core import AbstractEnv, Bits, Discrete, split_by

BLOCK = 500
"""Problems whose random part is dealt at once."""


class Problem(NamedTuple):
    """One problem to learn from and one to be tested on, with all that is random in them."""

    obs: UInt32[Array, " words"]
    action: Int[Array, ""]
    reward: Float[Array, ""]
    keys: Key[Array, " two"]
    """For covering in both."""
    chances: parts.Chances
    special: parts.SpecialChances | None
    test: UInt32[Array, " words"]
    payoffs: Float[Array, " actions"]
    """Of every action in the test, in units of reward."""


class XCS(eqx.Module):
    """The accuracy-based classifier system on worlds of one step.

    Problems alternate between *explore* (random action, rules learn) and
    *exploit* (the action of highest `P(a)`, rules do not learn). One explore problem:
    cover, update the action set towards the reward, subsume, genetic algorithm.
    An exploit problem covers too, and the clock counts both.

    Source: Wilson (1995, 1998); Butz and Wilson (2001).
    """

    capacity: int = eqx.field(static=True, default=400)
    """`N`: copies of rules in all."""
    covering: parts.Covering = parts.Covering()
    update: parts.Update = parts.Update()
    genetic: parts.Genetic = parts.Genetic()
    subsumption: parts.AbstractSubsumption = parts.Subsumption()
    deletion: parts.Deletion = parts.Deletion()
    niche: parts.AbstractNiche = parts.ActionSet()
    specify: parts.AbstractSpecify = parts.NoSpecify()

    def __check_init__(self) -> None:
        if self.capacity < 2:
            raise ValueError(f"XCS: capacity must be at least 2 copies, got {self.capacity}.")

    def init(self, env: AbstractEnv) -> parts.Classifiers:
        """No rules yet.

        Raises:
            TypeError: unless the world shows bits and takes one of n actions.
            ValueError: if there are more actions than copies, so that covering could never end.
        """
        bits, actions = sizes(env)
        if self.capacity < actions:
            raise ValueError(
                f"XCS: capacity must be at least one copy for each of {actions} actions, got {self.capacity}."
            )
        return parts.Classifiers.empty(self.capacity, bits)

    def deal(self, key: Key[Array, ""], env: AbstractEnv) -> Problem:
        """Everything random about one explore and one exploit problem."""
        bits, actions = sizes(env)
        explore, act, step, cover, breed, test, judge, special = split_by(
            key, "explore", "act", "step", "cover", "breed", "test", "judge", "special"
        )
        state, obs = env.reset(explore)
        action = jax.random.randint(act, (), 0, actions)
        tested, shown = env.reset(test)
        payoffs = jax.vmap(lambda a: env.step(judge, tested, a).reward)(jnp.arange(actions))
        reward = env.step(step, state, action).reward
        return Problem(
            obs, action, reward, jax.random.split(cover), self.genetic.deal(breed, bits, actions),
            self.specify.deal(special, bits), shown, payoffs,
        )  # fmt: skip

    def explore(self, env: AbstractEnv, rules: parts.Classifiers, time: Int[Array, ""], problem: Problem) -> parts.Classifiers:  # fmt: skip
        """The rules after one explore problem.

        Args:
            env: for the sizes.
            rules: all rows.
            time: problems so far, this one included.
            problem: from `deal`.
        """
        rules, matched = self.cover(problem.keys[0], env, rules, problem.obs, time)
        chosen, yes = matched & (rules.action == problem.action), jnp.ones((), bool)
        chances = problem.chances, problem.special
        return self.teach(env, rules, matched, chosen, problem.obs, time, problem.reward, chances, yes)

    def teach(
        self,
        env: AbstractEnv,
        rules: parts.Classifiers,
        matched: Bool[Array, " rows"],
        chosen: Bool[Array, " rows"],
        obs: UInt32[Array, " words"],
        time: Int[Array, ""],
        target: Float[Array, ""],
        chances: tuple[parts.Chances, parts.SpecialChances | None],
        breeds: Bool[Array, ""],
    ) -> parts.Classifiers:
        """The rules after an action set learned from its target and new rules came of it.

        Args:
            env: for the sizes.
            rules: all rows.
            matched: the match set.
            chosen: the action set.
            obs: the situation of both.
            time: so far, in the units of `Classifiers.stamp`.
            target: reward, and what follows it, in units of reward.
            chances: of the genetic algorithm and of `specify`.
            breeds: whether new rules are wanted.
        """
        rules = self.update(rules, chosen, target)
        rules = self.subsumption.absorb(rules, chosen, self.update.accuracy)
        settings = {"capacity": self.capacity, "deletion": self.deletion}
        left = chosen & breeds & (rules.numerosity > 0)
        rules = self.specify(chances[1], rules, left, obs, time, **settings)
        niche = self.niche.of(matched, chosen) & breeds & (rules.numerosity > 0)
        return self.genetic(
            chances[0], rules, niche, obs, time, actions=sizes(env)[1],
            accuracy=self.update.accuracy, subsumption=self.subsumption, **settings,
        )  # fmt: skip

    def cover(
        self, key: Key[Array, ""], env: AbstractEnv, rules: parts.Classifiers, obs: UInt32[Array, " words"], time: Int[Array, ""]
    ) -> tuple[parts.Classifiers, Bool[Array, " rows"]]:  # fmt: skip
        """The rules, with one at least for every action in this situation, and the match set."""
        bits, actions = sizes(env)
        return self.covering(
            key, rules, obs, time, bits=bits, actions=actions, capacity=self.capacity, deletion=self.deletion
        )

    def best(self, env: AbstractEnv, rules: parts.Classifiers, matched: Bool[Array, " rows"]) -> Int[Array, ""]:
        """The action of highest `P(a)`; the first of equals."""
        return jnp.argmax(parts.prediction_array(rules, matched, sizes(env)[1])).astype(jnp.int32)

    def greedy(self, env: AbstractEnv, rules: parts.Classifiers, obs: UInt32[Array, " words"]) -> Int[Array, ""]:
        """The best action for an observation; action 0 where no rule matches."""
        return self.best(env, rules, rules.match(obs))

    def learn(
        self,
        key: Key[Array, ""],
        env: AbstractEnv,
        problems: int,
        rules: parts.Classifiers | None = None,
        time: int = 0,
    ) -> tuple[parts.Classifiers, Bool[Array, " problems"]]:
        """Explore so many problems, each followed by an exploit problem.

        Args:
            key: consumed.
            env: a world whose every problem is one step.
            problems: to explore.
            rules: to go on from.
            time: problems before this call.

        Returns:
            The rules, and whether each exploit problem got the best payoff.
        """
        rules = self.init(env) if rules is None else rules

        def cycle(carry: tuple, problem: Problem) -> tuple:
            rules, time = carry
            rules = self.explore(env, rules, time + 1, problem)
            rules, matched = self.cover(problem.keys[1], env, rules, problem.test, time + 2)
            right = problem.payoffs[self.best(env, rules, matched)] == jnp.max(problem.payoffs)
            return (rules, time + 2), right

        def block(size: int):
            def run(carry: tuple, key: Key[Array, ""]) -> tuple:
                dealt = jax.vmap(lambda k: self.deal(k, env))(jax.random.split(key, size))
                return jax.lax.scan(cycle, carry, dealt)

            return run

        whole, rest = divmod(problems, BLOCK)
        many, last = split_by(key, "blocks", "rest")
        carry = (rules, jnp.asarray(time, jnp.int32))
        carry, right = jax.lax.scan(block(BLOCK), carry, jax.random.split(many, whole))
        carry, later = block(rest)(carry, last) if rest else (carry, jnp.zeros(0, bool))
        return carry[0], jnp.concatenate([right.reshape(-1), later])


def sizes(env: AbstractEnv) -> tuple[int, int]:
    """Bits of the observation, number of actions."""
    seen, done = env.observation_space, env.action_space
    if not (isinstance(seen, Bits) and isinstance(done, Discrete)):
        raise TypeError(f"XCS: expected a world with Bits observations and Discrete actions, got {seen} and {done}.")
    return seen.n, done.n
