"""Births, deaths and the repayment of endowments among those of one kind, whatever market they live in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from catallax.core import ABSTAIN, NOBODY, AbstractExit, Ledger, Newborns, Population, Transfer, money
from catallax.markets import _faults as faults
from catallax.markets._state import Fault, Lives

_BROKE = 0.05
"""Who dies with less than this share of what it was born with counts as bankrupt."""


class Society(NamedTuple):
    """Individuals of one kind in fixed rows, their accounts and their civil register."""

    individuals: PyTree
    """Leading axis `agents`."""
    alive: Bool[Array, " agents"]
    ledger: Ledger
    """With their accounts alone."""
    lives: Lives
    tick: Int[Array, ""]
    fault: Fault


def population(society: Society, price: Float[Array, ""], ways: int) -> Population:
    """What entry and exit rules see of it.

    Args:
        society: of one kind.
        price: mean price of the round, credits.
        ways: in how many places each spends at once; amounts are credits for one of them.
    """
    lives = society.lives
    return Population(
        alive=society.alive,
        wealth=society.ledger.wealth / ways,
        age=society.tick - lives.born,
        wins=lives.wins,
        idle=society.tick - lives.last_win,
        endowment=lives.endowment / ways,
        individuals=society.individuals,
        price=price,
        tick=society.tick,
    )


def repay(society: Society, share: Any) -> Society:
    """A debtor pays a share of its profit to its creator, at most what it owes."""
    lives, ledger = society.lives, society.ledger
    profit = jnp.maximum(ledger.wealth - lives.endowment, 0.0)
    due = money.minimum(money.from_credits(share * profit, ledger.coin), lives.debt)
    # rounded down: a debt is no float, and nobody pays more than it owes
    amount = jnp.minimum(money.spendable(due, 1, ledger.coin), ledger.caps(1))
    creator = jnp.maximum(lives.creator, 0)
    # a creator whose slot was taken over by somebody else is no longer there to be paid
    present = (lives.creator >= 0) & (lives.identity[creator] == lives.creator_identity) & society.alive[creator]
    debtors = jnp.where(amount > 0, jnp.arange(amount.shape[0], dtype=jnp.int32), NOBODY)
    paid = ledger.transfer(
        Transfer("house", debtors, -amount),
        Transfer("house", jnp.where(present & (amount > 0), lives.creator, NOBODY), amount),
    )
    debt = money.subtract(lives.debt, money.from_credits(amount, ledger.coin))
    return society._replace(ledger=paid, lives=lives._replace(debt=debt))


def leavers(exits: Sequence[AbstractExit], seen: Population) -> tuple[Bool[Array, " agents"], Bool[Array, " agents"]]:
    """Who leaves by the exit rules, and who of them is broke."""
    leaving = jnp.zeros_like(seen.alive)
    for rule in exits:
        leaving = leaving | (rule.leavers(seen) & seen.alive)
    return leaving, leaving & (seen.wealth <= _BROKE * seen.endowment)


def bury(society: Society, leaving: Bool[Array, " agents"]) -> Society:
    """Remove the leaving, whose wealth falls to the house."""
    return society._replace(
        alive=society.alive & ~leaving,
        ledger=society.ledger.inherit(leaving),
        lives=society.lives._replace(debt=money.where(leaving, money.zeros(leaving.shape), society.lives.debt)),
    )


def disowned(owner: Int[Array, " instances"], leaving: Bool[Array, " agents"]) -> Int[Array, " instances"]:
    """The owners once the house took over what belonged to those who leave."""
    return jnp.where((owner != NOBODY) & leaving[jnp.maximum(owner, 0)], NOBODY, owner)


def forgotten(sale: Any, leaving: Bool[Array, " agents"]) -> Any:
    """A record of last sales that nobody learns from whose winner leaves."""
    by_gone = (sale.winner != NOBODY) & leaving[jnp.maximum(sale.winner, 0)]
    return sale._replace(
        valid=sale.valid & ~by_gone,
        # or a newborn in the slot would learn from a bid that it never made
        bids=jax.tree.map(lambda bids: jnp.where(leaving, ABSTAIN, bids), sale.bids),
    )


def bear(society: Society, newborns: Newborns, ways: int) -> tuple[Society, Int[Array, ""]]:
    """Newborns settle in free rows, lowest first, and are endowed by their creator or the house; how many did."""
    coin = society.ledger.coin
    slots, born = _places(society.alive, newborns)
    endowment = money.quantise(newborns.endowment * ways, coin)
    paid_by = newborns.creator
    good = jnp.isfinite(newborns.endowment) & (newborns.endowment >= 0)
    fault = faults.note(society.fault, faults.BAD_ENDOWMENT, jnp.any(newborns.valid & ~good), society.tick)
    siblings = jnp.sum((paid_by[:, None] == paid_by[None, :]) & born[None, :], axis=1)
    purse = society.ledger.caps(1)[jnp.maximum(paid_by, 0)]
    born = born & ((paid_by == NOBODY) | (purse >= endowment * siblings))
    slots = jnp.where(born, slots, NOBODY)
    ledger = society.ledger.transfer(
        Transfer("house", jnp.where(born, paid_by, NOBODY), -endowment),
        Transfer("house", slots, endowment),
    )
    where = _drop(slots, society.alive.shape[0])
    individuals = jax.tree.map(
        lambda old, new: old.at[where].set(new.astype(old.dtype), mode="drop"),
        society.individuals,
        newborns.individuals,
    )
    settled = society._replace(
        individuals=individuals,
        alive=society.alive.at[where].set(True, mode="drop"),
        ledger=ledger,
        lives=_registered(society, newborns, slots, endowment, born),
        fault=fault,
    )
    return settled, jnp.sum(born, dtype=jnp.int32)


def _places(
    alive: Bool[Array, " agents"], newborns: Newborns
) -> tuple[Int[Array, " newborns"], Bool[Array, " newborns"]]:
    """Free slots for the valid newborns, lowest first; False for those who find none."""
    count = newborns.valid.shape[0]
    free = jnp.nonzero(~alive, size=count, fill_value=NOBODY)[0].astype(jnp.int32)
    place = jnp.cumsum(newborns.valid) - 1
    slots = jnp.where(newborns.valid, free[jnp.maximum(place, 0)], NOBODY)
    return slots, slots != NOBODY


def _drop(slots: Int[Array, " newborns"], agents: int) -> Int[Array, " newborns"]:
    return jnp.where(slots == NOBODY, agents, slots)


def _registered(
    society: Society,
    newborns: Newborns,
    slots: Int[Array, " newborns"],
    endowment: Float[Array, " newborns"],
    born: Bool[Array, " newborns"],
) -> Lives:
    lives = society.lives
    where = _drop(slots, lives.born.shape[0])
    identity = lives.next_identity + jnp.cumsum(born, dtype=jnp.int32) - 1
    parent = jnp.where(newborns.creator == NOBODY, NOBODY, lives.identity[jnp.maximum(newborns.creator, 0)])
    owed = money.from_credits(jnp.where(newborns.creator == NOBODY, 0.0, endowment), society.ledger.coin)
    return lives._replace(
        identity=lives.identity.at[where].set(identity, mode="drop"),
        born=lives.born.at[where].set(society.tick, mode="drop"),
        wins=lives.wins.at[where].set(0, mode="drop"),
        last_win=lives.last_win.at[where].set(society.tick, mode="drop"),
        endowment=lives.endowment.at[where].set(endowment, mode="drop"),
        creator=lives.creator.at[where].set(newborns.creator, mode="drop"),
        creator_identity=lives.creator_identity.at[where].set(parent, mode="drop"),
        debt=jax.tree.map(lambda old, new: old.at[where].set(new, mode="drop"), lives.debt, owed),
        next_identity=lives.next_identity + jnp.sum(born, dtype=jnp.int32),
    )
