"""What a wide market carries from tick to tick, and what it records of each."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Array, Bool, Float, Int, PyTree

from catallax.core import AbstractProducers, Cohort, Ledger
from catallax.markets._state import Fault, Lives


class Deed(NamedTuple):
    """The last sale of each right, whose resale price the next tick tells."""

    obs: PyTree
    """What was on sale, leading axis `rights`."""
    bids: Float[Array, "rights actors"]
    """Bids of the actors, credits, 0 where wealth capped them."""
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

    actors: tuple[Cohort, ...]
    producers: tuple[AbstractProducers, ...]
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
    lives: tuple[Lives | tuple[()], ...]
    """The civil register of each kind, actors first; empty for kinds without births and deaths."""
    entry: tuple[PyTree, ...]
    """State of each kind's entry rule."""
    round_price: Float[Array, " kinds"]
    """Credits paid for rights or goods since the round began."""
    round_sales: Int[Array, " kinds"]
    """How often somebody won or bought since then."""
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
    alive: Bool[Array, " accounts"]
    """Who there is, after the tick."""
    births: Int[Array, " kinds"]
    """Of each kind, actors first."""
    deaths: Int[Array, " kinds"]
    bankruptcies: Int[Array, " kinds"]
    """Deaths with less than a twentieth of the endowment left."""
    capped: Float[Array, ""]
    """Share of the buyers of goods that have money whom their budget held back: `AbstractCap.bounds`."""
    gap: Float[Array, ""]
    """How far the divisible goods were from their equilibrium: `Equilibrium.gap`, 0 without goods."""
    regret: Float[Array, ""]
    """`Equilibrium.regret`."""
    lost: Float[Array, ""]
    """Largest difference between what was for sale and what was handed over of any good, as a share of it."""
