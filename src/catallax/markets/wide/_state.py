"""What a wide market carries from tick to tick, and what it records of each."""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, PyTree

from catallax.core import Cohort, Ledger
from catallax.markets._state import Fault


class Deed(NamedTuple):
    """The last sale of each right, whose resale price the next tick tells."""

    obs: PyTree
    """What was on sale, leading axis `rights`."""
    bids: PyTree
    """Bids of the actors, 0 where wealth capped them, axes `rights actors`."""
    winner: Int[Array, " rights"]
    pays: Float[Array, " rights"]
    """Credits."""
    reward: Float[Array, " rights"]
    """Credits from the world."""
    made: Float[Array, "rights goods"]
    """Units that its owner made with it."""
    ended: Bool[Array, " rights"]
    """There is no resale."""
    valid: Bool[Array, " rights"]


class WideState(NamedTuple):
    """Everything that changes while a wide market runs. Accounts are those of the actors, then those of the producers."""

    actors: Cohort | None
    producers: Any
    ledger: Ledger
    holdings: Float[Array, "accounts_and_house goods"]
    """Units; the last row is the house's."""
    world: PyTree
    """States of the rights' private worlds, leading axis `rights`."""
    obs: PyTree
    owner: Int[Array, " rights"]
    """Account that is paid by the next buyer, `NOBODY` for the house."""
    closing: Bool[Array, " rights"]
    deed: Deed
    tick: Int[Array, ""]
    fault: Fault


class WideRecord(NamedTuple):
    """One tick; stacked, the leading axis is `time`."""

    prices: Float[Array, " goods"]
    """Credits per unit; of a good that is out of stock, the best offer."""
    supply: Float[Array, " goods"]
    """Units that were for sale."""
    consumed: Float[Array, "consumers goods"]
    """Units."""
    spent: Float[Array, " consumers"]
    """Credits."""
    winner: Int[Array, " rights"]
    pays: Float[Array, " rights"]
    """Credits."""
    reward: Float[Array, " rights"]
    """Credits."""
    wealth: Float[Array, " accounts"]
    """Credits, after the tick."""
    gap: Float[Array, ""]
    """How far the divisible goods were from their equilibrium: `Equilibrium.gap`, 0 without goods."""
    regret: Float[Array, ""]
    """`Equilibrium.regret`."""
    lost: Float[Array, ""]
    """Largest difference between what was for sale and what was handed over of any good, as a share of it."""
