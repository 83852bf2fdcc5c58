"""The abstract parts: what an environment, agent, auction, levy, … must do."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

import abc
from functools import partial
from typing import Any, ClassVar, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core._choose import choose
from catallax.core._spaces import Space
from catallax.core._types import Experience, Sale, Step, Tick


class AbstractEnv(eqx.Module):
    """A world: pure functions of a key, a state and an action."""

    observation_space: eqx.AbstractVar[Space]
    action_space: eqx.AbstractVar[Space]
    discount: eqx.AbstractVar[float]
    """Value now of one credit a tick later, in [0, 1]."""
    lasting: ClassVar[bool] = False
    """True: a tick is `info["steps"]` steps long, and a credit after it is worth `discount ** steps`."""

    @abc.abstractmethod
    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """Start an episode: `(state, obs)`."""

    @abc.abstractmethod
    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """One tick; the caller resets after `terminated` or `truncated`."""

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[PyTree, PyTree]:
        """`reset` over the instances axis; a bridge to the host overrides it."""
        return jax.vmap(self.reset)(keys)

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Bool[Array, " instances"], state: PyTree, obs: PyTree
    ) -> tuple[PyTree, PyTree]:
        """Fresh worlds where the mask holds, the given ones elsewhere."""
        return jax.tree.map(partial(choose, mask), self.reset_many(keys), (state, obs))

    def step_many(self, keys: Key[Array, " instances"], state: PyTree, action: PyTree) -> Step:
        """`step` over the instances axis; a bridge to the host overrides it."""
        return jax.vmap(self.step)(keys, state, action)


class AbstractAgent(eqx.Module):
    """One individual: a program that bids and acts."""

    online: ClassVar[bool] = True
    """True: `learn` runs after every tick. False: once a round, on the whole round."""

    @abc.abstractmethod
    def bid(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, ""]:
        """What the right to act at `obs` is worth to it, credits; negative: no bid."""

    @abc.abstractmethod
    def act(self, key: Key[Array, ""], obs: PyTree) -> PyTree:
        """The action it takes if it wins."""

    def expected_bid(self, obs: PyTree) -> Float[Array, ""]:
        """The bid without its randomness, used when a trained market is evaluated."""
        return self.bid(jax.random.key(0), obs)

    def effort(self, obs: PyTree) -> Float[Array, ""]:
        """Computing time that its bid and action take, in steps of its language (default: none)."""
        return jnp.zeros(())

    def learn(self, key: Key[Array, ""], experience: Experience) -> "AbstractAgent":
        """The agent after seeing what its bids led to (default: unchanged)."""
        return self


class AbstractAuction(eqx.Module):
    """How the right to act is sold."""

    @abc.abstractmethod
    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; bids are in credits, capped by wealth, negative for no bid."""

    def without_exploration(self) -> "AbstractAuction":
        """The rule used when a trained market is evaluated (default: the rule itself)."""
        return self


class AbstractLevy(eqx.Module):
    """What the house takes from the agents."""

    asks_effort: ClassVar[bool] = False
    """True: the market works out `Tick.effort`, which else is zero."""

    @abc.abstractmethod
    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent; the ledger takes no more than an agent has."""


class Population(NamedTuple):
    """What entry and exit rules see; leading axis `agents` unless said."""

    alive: Bool[Array, " agents"]
    wealth: Float[Array, " agents"]
    """Credits."""
    age: Int[Array, " agents"]
    """Ticks since birth."""
    wins: Int[Array, " agents"]
    """Sales won since birth."""
    idle: Int[Array, " agents"]
    """Ticks since the last win, or since birth."""
    endowment: Float[Array, " agents"]
    """Credits received at birth."""
    individuals: eqx.Module
    """The stacked individuals: agents, or producers of a wide market."""
    price: Float[Array, ""]
    """Mean price of the last round, credits."""
    tick: Int[Array, ""]


class Newborns(NamedTuple):
    """A batch of individuals that ask to enter; leading axis `newborns`."""

    individuals: eqx.Module
    endowment: Float[Array, " newborns"]
    """Credits each brings, paid by its creator or, without one, by the house."""
    creator: Int[Array, " newborns"]
    """Index of the agent that pays and is repaid, `NOBODY` for the house."""
    valid: Bool[Array, " newborns"]
    """False where nobody is born."""


class AbstractEntry(eqx.Module):
    """Who is born, once a round."""

    @abc.abstractmethod
    def init(self, key: Key[Array, ""]) -> PyTree:
        """The rule's own state, a counter say."""

    @abc.abstractmethod
    def newborns(self, key: Key[Array, ""], state: PyTree, population: Population) -> tuple[PyTree, Newborns]:
        """Individuals for the free slots; those beyond the free slots are not born."""


class AbstractExit(eqx.Module):
    """Who is removed, once a round; what they still own goes to the house."""

    @abc.abstractmethod
    def leavers(self, population: Population) -> Bool[Array, " agents"]:
        """True for the living agents that go."""


class AbstractConsumer(eqx.Module):
    """An account outside the economy that pays the owner for states it likes."""

    wealth: eqx.AbstractVar[Any]
    """Credits at the start."""
    income: eqx.AbstractVar[Any]
    """Credits the house gives it each tick, over all instances."""

    def seen(self, step: Step) -> PyTree:
        """What of a step it looks at, leading axis `instances` (default: the observation)."""
        return step.obs

    @abc.abstractmethod
    def value(self, obs: PyTree, wealth: Float[Array, ""], delivered: Bool[Array, ""]) -> Float[Array, ""]:
        """What it pays for reaching `obs`, as `seen` by it, credits; `delivered`: the world was sold and stopped."""
