"""The records that pass between the parts, with axes and units."""

from __future__ import annotations

from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float, Int, PyTree

NOBODY = -1
"""Index that stands for no agent: no winner in a `Sale`, the house as owner."""

ABSTAIN = -1.0
"""The bid of an agent that does not take part; any negative bid means the same."""


class Sale(NamedTuple):
    """Result of one auction; `pays` and `receives` differ only through the house."""

    winner: Int[Array, "*instances"]
    """Index on the agents axis, `NOBODY` when no living agent bid."""
    pays: Float[Array, "*instances"]
    """What leaves the winner's account, credits."""
    receives: Float[Array, "*instances"]
    """What the mechanism grants the seller, credits."""
    runner_up: Int[Array, "*instances"]
    """Index of the second highest bidder, `NOBODY` when there was one bidder."""


class Step(NamedTuple):
    """What one action does to a world; no reset happens here."""

    state: PyTree
    obs: PyTree
    """What agents see of `state`; on the last step, of the final state."""
    reward: Float[Array, "*instances"]
    """Credits created by the world (negative: destroyed)."""
    terminated: Bool[Array, "*instances"]
    """The world is over: nothing follows, so nobody buys it."""
    truncated: Bool[Array, "*instances"]
    """The clock ran out on a world that still has value."""
    info: dict[str, Any]


class Experience(NamedTuple):
    """What happened to one agent (with its clones) in a batch of auctions.

    A sale's *revenue* is `reward + resale`; its *utility* is `revenue - pays`.
    """

    obs: PyTree
    """Observation on sale, leading axis `samples`."""
    bid: Float[Array, " samples"]
    """The agent's own bid, credits; 0 where its wealth forced it lower than it chose, negative for no bid."""
    won: Bool[Array, " samples"]
    """Whether this agent won."""
    pays: Float[Array, " samples"]
    """What it paid, credits (0 if it lost)."""
    reward: Float[Array, " samples"]
    """What the world and the consumers gave, credits (0 if it lost)."""
    resale: Float[Array, " samples"]
    """What the next sale brought after discount, credits (0 if it lost or the world ended)."""
    valid: Bool[Array, " samples"]
    """False where the row is padding."""


class Tick(NamedTuple):
    """What a levy may look at."""

    number: Int[Array, ""]
    """Ticks since the start."""
    winner: Int[Array, " instances"]
    """Who owns each world now, `NOBODY` where unsold."""
    price: Float[Array, " instances"]
    """What the winner paid, credits."""
    bid: Float[Array, " instances"]
    """What the winner said the world is worth to it, credits."""
    bids_placed: Int[Array, " agents"]
    """In how many instances each agent took part."""
    effort: Float[Array, " agents"]
    """Computing time of each agent, steps over all instances; zero unless a levy asks for it."""
    total_wealth: Float[Array, ""]
    """Wealth of all agents, credits; summed in integers, so free of order."""
