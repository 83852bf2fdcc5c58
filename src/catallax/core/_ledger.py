"""The exact ledger: every movement of money is a transfer between two accounts."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from catallax.core import _money as money
from catallax.core._money import Money
from catallax.core._types import NOBODY


class Transfer(NamedTuple):
    """Credits from one common account to agents (negative: from agents to it)."""

    account: str
    """"house", "world" or "consumer 0", "consumer 1", …"""
    agents: Int[Array, " instances"]
    """Who receives; `NOBODY` cancels the transfer."""
    amount: Float[Array, " instances"]
    """Credits, rounded once to the grain."""


class Ledger(eqx.Module):
    """Balances of agents, consumers, house, world and default.

    `sum of all balances = 0`, in grains, always: `world` falls as it creates
    rewards, `house` falls as it endows, and `default` carries the losses that
    bankrupt agents could not.

    >>> import jax.numpy as jnp
    >>> ledger = Ledger.open(agents=2).endow(jnp.asarray([1.0, 2.0]))
    >>> ledger.transfer(Transfer("house", jnp.asarray([1]), jnp.asarray([-0.5]))).imbalance
    0
    """

    agents: Money
    consumers: Money
    house: Money
    world: Money
    default: Money
    overflow: Bool[Array, ""]
    """Sticky: a balance, a transfer or a sum of amounts left the range in which sums are exact."""
    spoke: Int[Array, " agents"]
    """Scratch: which transfer of the last batch answered for the account."""
    coin: float = eqx.field(static=True, default=1.0)
    """Credits per coin; the unit of account is coin * 2**-20."""

    @classmethod
    def open(cls, agents: int, consumers: int = 0, coin: float = 1.0) -> Ledger:
        """Empty books.

        Raises:
            ValueError: if `coin` is not a power of two (then float prices would not lie on the grain).
        """
        if not (coin > 0 and float(np.log2(coin)).is_integer()):
            raise ValueError(f"Ledger: coin must be a power of two so that rounding happens once, got {coin}.")
        nothing = money.zeros()
        return cls(
            money.zeros((agents,)),
            money.zeros((consumers,)),
            nothing,
            nothing,
            nothing,
            jnp.asarray(False),
            jnp.zeros((agents,), jnp.int32),
            coin,
        )

    @property
    def wealth(self) -> Float[Array, " agents"]:
        """Balances of the agents, credits (rounded to float32)."""
        return money.to_credits(self.agents, self.coin)

    def caps(self, ways: int) -> Float[Array, " agents"]:
        """What each agent can spend in each of `ways` places at once, credits."""
        return money.spendable(self.agents, ways, self.coin)

    def transfer(self, *transfers: Transfer) -> Ledger:
        """Book a batch of transfers at once; an account that would fall below zero is floored.

        The shortfall goes to `default`. The order inside the batch does not
        matter, and one agent may appear any number of times.
        """
        index = jnp.concatenate([t.agents for t in transfers])
        credits = jnp.concatenate([t.amount for t in transfers])
        credits = jnp.where(index == NOBODY, 0.0, credits)
        amounts = money.from_credits(credits, self.coin)
        too_large = jnp.any(jnp.abs(credits) > money.LARGEST_TRANSFER * self.coin) | money.beyond(amounts)
        agents = money.scatter_add(self.agents, index, amounts)
        agents, shortfall, spoke, alarm = self._floor(agents, index)
        default = money.subtract(self.default, shortfall)
        books = {"house": self.house, "world": self.world}
        consumers, start = self.consumers, 0
        for t in transfers:
            part = slice(start, start + t.agents.shape[0])
            start = part.stop
            sent = money.negate(money.total(Money(amounts.coins[part], amounts.grains[part])))
            if t.account in books:
                books[t.account] = money.add(books[t.account], sent)
            else:
                consumers = _credit(consumers, int(t.account.removeprefix("consumer ")), sent)
        return eqx.tree_at(
            lambda b: (b.agents, b.consumers, b.house, b.world, b.default, b.overflow, b.spoke),
            self,
            (
                agents,
                consumers,
                books["house"],
                books["world"],
                default,
                self.overflow
                | too_large
                | alarm
                | money.far(books["house"])
                | money.far(books["world"])
                | money.far(default)
                | jnp.any(money.far(consumers)),
                spoke,
            ),
        )

    def _floor(self, agents: Money, index: Int[Array, " transfers"]) -> tuple[Money, Money, Array, Array]:
        slots = jnp.where(index < 0, self.spoke.shape[0], index)
        number = jnp.arange(index.shape[0], dtype=jnp.int32)
        # an account named by several transfers must be floored once: the last writer speaks for it
        spoke = self.spoke.at[slots].set(number, mode="drop")
        speaks = (index >= 0) & (spoke[jnp.maximum(index, 0)] == number)
        balance = jax.tree.map(lambda x: x[jnp.maximum(index, 0)], agents)
        broke = speaks & (balance.coins < 0)
        nothing = money.zeros(index.shape)
        shortfall = money.total(money.where(broke, money.negate(balance), nothing))
        zeroed = jnp.where(broke, slots, self.spoke.shape[0])
        floored = Money(
            agents.coins.at[zeroed].set(0, mode="drop"),
            agents.grains.at[zeroed].set(0, mode="drop"),
        )
        return floored, shortfall, spoke, jnp.any(speaks & money.far(balance))

    def collect(self, due: Float[Array, " agents"]) -> Ledger:
        """Move what is due from every agent to the house, never more than it has."""
        amounts = money.minimum(money.from_credits(jnp.maximum(due, 0.0), self.coin), self.agents)
        return self._grant(money.negate(amounts))

    def endow(self, amount: Float[Array, " agents"]) -> Ledger:
        """The house gives every agent an amount of credits."""
        return self._grant(money.from_credits(amount, self.coin))

    def inherit(self, leavers: Bool[Array, " agents"]) -> Ledger:
        """What the leavers still own goes to the house."""
        estate = money.where(leavers, self.agents, money.zeros(leavers.shape))
        return self._grant(money.negate(estate))

    def _grant(self, amounts: Money) -> Ledger:
        return self.settle(amounts, "house")

    def settle(self, amounts: Money, account: str) -> Ledger:
        """Move exact amounts, one for each agent, out of a common account; what adds up to 0 are payments among agents.

        Nothing is floored: the caller sees to it that nobody pays more than it has.

        Args:
            amounts: what each agent receives; negative: pays.
            account: "house" or "world".
        """
        agents = money.add(self.agents, amounts)
        rest = money.subtract(getattr(self, account), money.total(amounts))
        alarm = money.beyond(amounts) | jnp.any(money.far(agents)) | money.far(rest)
        return eqx.tree_at(
            lambda b: (b.agents, getattr(b, account), b.overflow), self, (agents, rest, self.overflow | alarm)
        )

    def pay_income(self, amount: Float[Array, " consumers"]) -> Ledger:
        """The house gives every consumer an amount of credits."""
        income = money.from_credits(amount, self.coin)
        consumers, house = money.add(self.consumers, income), money.subtract(self.house, money.total(income))
        alarm = money.beyond(income) | jnp.any(money.far(consumers)) | money.far(house)
        return eqx.tree_at(
            lambda b: (b.consumers, b.house, b.overflow), self, (consumers, house, self.overflow | alarm)
        )

    @property
    def imbalance(self) -> int:
        """Sum of all balances in grains, exactly 0 when the books close (over seeds: sum of absolute values)."""
        wide = [money.exact(self.agents).sum(-1), money.exact(self.consumers).sum(-1)]
        wide += [money.exact(account) for account in (self.house, self.world, self.default)]
        return int(np.abs(np.sum(np.stack(wide), axis=0)).sum())

    def audit(self) -> int:
        """The imbalance in grains, after making sure that the books can be trusted.

        Raises:
            OverflowError: if a balance, a transfer or a batch of transfers left the exact range.
        """
        if bool(np.any(np.asarray(self.overflow))):
            raise OverflowError(
                f"Ledger: a balance or a batch passed {money.COINS_ALARM} coins or one transfer {money.LARGEST_TRANSFER} "
                f"coins of {self.coin} credits; give the market a larger `coin` (a power of two) or scale the rewards."
            )
        return self.imbalance


def _credit(consumers: Money, which: int, amount: Money) -> Money:
    updated = money.add(Money(consumers.coins[which], consumers.grains[which]), amount)
    return Money(consumers.coins.at[which].set(updated.coins), consumers.grains.at[which].set(updated.grains))
