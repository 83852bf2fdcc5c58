"""A world shown through another: the shared half of every wrapper."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

from functools import partial

import equinox as eqx
import jax
from jaxtyping import Array, Bool, Key, PyTree

from catallax.core import AbstractEnv, Space, Step, choose


class AbstractWrapper(AbstractEnv):
    """Everything is the world's but what a wrapper overrides.

    The hooks see one world or a batch of worlds, with whatever leading axes the
    arrays have. That way a wrapper also fits worlds that know the batch alone,
    such as `adapters.FromGymnasium`.
    """

    env: eqx.AbstractVar[AbstractEnv]

    @property
    def discount(self) -> float:
        """The world's."""
        return self.env.discount

    @property
    def observation_space(self) -> Space:
        """The world's."""
        return self.env.observation_space

    @property
    def action_space(self) -> Space:
        """The world's."""
        return self.env.action_space

    def begin(self, world: PyTree, seen: PyTree) -> tuple[PyTree, PyTree]:
        """`(state, obs)` at the start of an episode, from what the world says (default: the same)."""
        return world, seen

    def world(self, state: PyTree) -> PyTree:
        """The world's own state inside a state (default: the state)."""
        return state

    def seen(self, state: PyTree, obs: PyTree) -> PyTree:
        """The world's own observation (default: the observation)."""
        return obs

    def move(self, action: PyTree) -> PyTree:
        """The action the world gets (default: the same)."""
        return action

    def after(self, state: PyTree, action: PyTree, step: Step) -> Step:
        """The step as it is shown, from the state before, the action and the world's step (default: the world's)."""
        return step

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """Start an episode; see `AbstractEnv.reset`."""
        return self.begin(*self.env.reset(key))

    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """One tick; see `AbstractEnv.step`."""
        return self.after(state, action, self.env.step(key, self.world(state), self.move(action)))

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[PyTree, PyTree]:
        """Start a batch of episodes; see `AbstractEnv.reset_many`."""
        return self.begin(*self.env.reset_many(keys))

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Bool[Array, " instances"], state: PyTree, obs: PyTree
    ) -> tuple[PyTree, PyTree]:
        """Fresh episodes where the mask holds; see `AbstractEnv.reset_where`."""
        fresh = self.begin(*self.env.reset_where(keys, mask, self.world(state), self.seen(state, obs)))
        return jax.tree.map(partial(choose, mask), fresh, (state, obs))

    def step_many(self, keys: Key[Array, " instances"], state: PyTree, action: PyTree) -> Step:
        """One tick of a batch; see `AbstractEnv.step_many`."""
        return self.after(state, action, self.env.step_many(keys, self.world(state), self.move(action)))
