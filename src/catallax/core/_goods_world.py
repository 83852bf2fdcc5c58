"""A world that is the sum of what its owners hold."""

# no postponed annotations here: equinox must see `AbstractVar` itself, not its name

import abc
from typing import Any

import equinox as eqx
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core._goods import AbstractValuation
from catallax.core._parts import AbstractEnv


class AbstractGoodsWorld(eqx.Module):
    """Goods, and what their owners can make of them (Definition 2.2).

    A state is the sum of private parts. There are two sorts of them: `rights` to act on a part of the world that cannot
    be shared out, each with a state of its own, and amounts of `goods` that can be divided. What an owner does reaches
    its own part alone, since `transform` and a right's `step` see nothing else.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Definition 2.2.
    """

    goods: eqx.AbstractVar[int]
    """How many divisible goods there are."""
    rights: eqx.AbstractVar[int]
    """How many rights to act there are, each owned as a whole."""
    right: eqx.AbstractVar[AbstractEnv | None]
    """The private world behind each right, batched over the rights as over instances; what a step made of each good is
    `info["made"]`, axes `rights goods`, where there are goods."""
    keeps: eqx.AbstractVar[Float[Array, " goods"]]
    """Share of an unused good that is still there a tick later, in [0, 1]."""

    @abc.abstractmethod
    def inflow(self, key: Key[Array, ""], tick: Int[Array, ""]) -> Float[Array, " goods"]:
        """Units that nature brings before a tick; the house sells them."""

    @abc.abstractmethod
    def transform(self, key: Key[Array, ""], bundle: Float[Array, " goods"], plan: Any) -> Float[Array, " goods"]:
        """What one owner has of each good a tick later, if it follows a plan with its bundle."""


class AbstractProducers(eqx.Module):
    """Those of one kind who buy goods to make others of them, stacked in fixed rows.

    Where some are born or leave (`Turnover`), every array leaf has the leading axis `producers`, a row for each.
    """

    alive: eqx.AbstractVar[Bool[Array, " producers"]]
    """Rows in use; the others are free for newcomers."""
    endowment: eqx.AbstractVar[Float[Array, " producers"]]
    """Credits each starts with."""

    @abc.abstractmethod
    def valuation(self) -> AbstractValuation:
        """What each would pay for bundles, credits."""

    def budgets(self, wealth: Float[Array, " producers"]) -> Float[Array, " producers"]:
        """What each spends at most in a tick, credits (default: all it has)."""
        return wealth

    @abc.abstractmethod
    def plans(self) -> Any:
        """What each does with its bundle, leading axis `producers`."""

    @abc.abstractmethod
    def learn(self, prices: Float[Array, " goods"]) -> "AbstractProducers":
        """The producers after they saw the prices of a tick, credits per unit."""

    @property
    def count(self) -> int:
        """How many rows there are, in use or free."""
        return self.alive.shape[0]


class AbstractHouseholds(eqx.Module):
    """Consumers of goods, all stacked: they have money from outside, and what they buy is gone."""

    income: eqx.AbstractVar[Float[Array, " consumers"]]
    """Credits that each gets every tick."""

    @abc.abstractmethod
    def valuation(self) -> AbstractValuation:
        """What bundles are worth to each, credits."""
