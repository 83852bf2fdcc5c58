"""Options: actions that last, chosen one at a time."""

from __future__ import annotations

import abc
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete, Space, Step


class AbstractOptions(eqx.Module):
    """Frozen policies to choose from; they may look at the whole state."""

    count: eqx.AbstractVar[int]

    @abc.abstractmethod
    def act(self, key: Key[Array, ""], option: Int[Array, ""], state: PyTree) -> PyTree:
        """What an option does in a state."""

    @abc.abstractmethod
    def over(self, option: Int[Array, ""], state: PyTree) -> Bool[Array, ""]:
        """Whether an option is done in a state."""


class Options(AbstractEnv):
    """The world with one option a tick: it runs until it is done, the world is over, or `longest` steps have passed.

    The rewards on the way are discounted by the steps before them, and what comes
    after an option of k steps by `discount ** k`.

    Args:
        env: the world.
        options: the policies.
        longest: steps of one option.

    Raises:
        ValueError: if `longest` is below 1.

    Source: Sutton, Precup and Singh (1999); frozen sub-policies of Chang et al. (2020).
    """

    env: AbstractEnv
    options: AbstractOptions
    longest: int = eqx.field(static=True, default=30)
    lasting: ClassVar[bool] = True

    def __check_init__(self) -> None:
        if self.longest < 1:
            raise ValueError(f"Options: longest must be at least 1 step, got {self.longest}.")

    @property
    def discount(self) -> float:
        """The world's, a step."""
        return self.env.discount

    @property
    def observation_space(self) -> Space:
        """The world's."""
        return self.env.observation_space

    @property
    def action_space(self) -> Discrete:
        """Which option."""
        return Discrete(self.options.count)

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """Start an episode; see `AbstractEnv.reset`."""
        return self.env.reset(key)

    def step(self, key: Key[Array, ""], state: PyTree, action: Int[Array, ""]) -> Step:
        """One option; `info["steps"]` is how many steps it took."""

        def one(number: Array, state: PyTree) -> Step:
            act_key, step_key = jax.random.split(jax.random.fold_in(key, number))
            return self.env.step(step_key, state, self.options.act(act_key, action, state))

        # of the steps on the way nobody sees the observations: left out of the loop, they are not worked out there
        def unseen(number: Array, state: PyTree) -> Step:
            return one(number, state)._replace(obs=(), info={})

        def running(carry: tuple[Array, PyTree, Step, Array]) -> Array:
            number, _, step, _ = carry
            done = step.terminated | step.truncated | self.options.over(action, step.state)
            return (number < self.longest) & ~done

        def go_on(carry: tuple[Array, PyTree, Step, Array]) -> tuple[Array, PyTree, Step, Array]:
            number, _, step, total = carry
            after = unseen(number, step.state)
            return number + 1, step.state, after, total + self.discount**number * after.reward

        first = unseen(jnp.asarray(0, jnp.int32), state)
        start = (jnp.asarray(1, jnp.int32), state, first, first.reward)
        steps, before, _, total = jax.lax.while_loop(running, go_on, start)
        return one(steps - 1, before)._replace(reward=total, info={"steps": steps})
