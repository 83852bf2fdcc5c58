"""The bucket brigade of a message list: bids go to those who posted the messages that were read."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from catallax.agents._settings import at_least

Share = float | Float[Array, ""]


class SupplyFlow(NamedTuple):
    """Credits that entered and left the strengths in a cycle: they change by `rewarded - detected - taxed`."""

    rewarded: Float[Array, "*cycles"]
    """From the world; nothing if no rule drove the effector."""
    detected: Float[Array, "*cycles"]
    """Bids for messages of the detectors, whom nobody pays."""
    taxed: Float[Array, "*cycles"]
    """Bid tax and life tax."""


class SupplierBrigade(eqx.Module):
    """Rules bid a share of their strength by specificity; winners pay it to the senders of the messages that they read.

    ```
    bid = c (b1 + b2 R) S          effective bid = c (e1 + e2 R) S + noise          R: share of places that are not #
    S <- S - bid (winners) - bid_tax S (all that matched) - life_tax S (all) + bids received + share of the reward
    ```
    All that is paid is taken from the strength before the cycle, so that a rule which always wins and
    is always paid r rests at `S = r / (c (b1 + b2 R) + bid_tax + life_tax)`.

    Source: Goldberg (1989), appendix D, for bids and taxes; Holland (1986) for the suppliers.
    """

    share: Share = 0.1
    """`c`."""
    base: Share = 0.25
    """`b1`."""
    specific: Share = 0.125
    """`b2`."""
    effective_base: Share = 0.25
    """`e1`."""
    effective_specific: Share = 0.125
    """`e2`."""
    noise: Share = 0.075
    """Standard deviation in effective bids, credits."""
    bid_tax: Share = 0.01
    life_tax: Share = 0.0

    def __check_init__(self) -> None:
        at_least("SupplierBrigade", 0, effective_base=self.effective_base, effective_specific=self.effective_specific)
        values = [getattr(self, n) for n in ("share", "base", "specific", "noise", "bid_tax", "life_tax")]
        if not all(isinstance(x, float | int) for x in values):
            return  # swept
        share, base, specific, _, bid_tax, life_tax = values
        # written so that NaN does not pass
        if not (all(x >= 0 for x in values) and share * (base + specific) + bid_tax + life_tax <= 1):
            raise ValueError(
                "SupplierBrigade: expected settings >= 0 and share * (base + specific) + bid_tax + life_tax <= 1, "
                f"got {share} * ({base} + {specific}) + {bid_tax} + {life_tax}, noise {values[3]}."
            )

    def bids(self, strength: Float[Array, " rows"], specificity: Float[Array, " rows"]) -> Float[Array, " rows"]:
        """What winners pay, credits."""
        return self.share * (self.base + self.specific * specificity) * strength

    def effective(
        self, strength: Float[Array, " rows"], specificity: Float[Array, " rows"], noise: Float[Array, " rows"]
    ) -> Float[Array, " rows"]:
        """What decides who wins, credits.

        Args:
            strength: credits.
            specificity: share of places that are not `#`.
            noise: standard normal.
        """
        level = self.effective_base + self.effective_specific * specificity
        return self.share * level * strength + self.noise * noise

    def settle(
        self,
        strength: Float[Array, " rows"],
        bids: Float[Array, " rows"],
        used: Bool[Array, "rows slots"],
        won: Bool[Array, " rows"],
        sender: Int[Array, " slots"],
        drove: Bool[Array, " rows"],
        reward: Float[Array, ""],
    ) -> tuple[Float[Array, " rows"], SupplyFlow]:
        """The strengths after a cycle.

        Args:
            strength: credits.
            bids: credits.
            used: which messages each rule read; slot 0 holds the detectors'. A rule that read any has matched.
            won: who posted.
            sender: who posted the messages that were read.
            drove: who posted what the effector did.
            reward: credits.
        """
        paid = jnp.where(won, bids, 0.0)
        received = paid / jnp.maximum(jnp.sum(used, axis=1), 1) @ used.astype(strength.dtype)
        tax = self.bid_tax * jnp.where(jnp.any(used, axis=1), strength, 0.0) + self.life_tax * strength
        drivers = jnp.sum(drove)
        wage = jnp.where(drove, reward / jnp.maximum(drivers, 1), 0.0)
        after = (strength - paid - tax + wage).at[sender[1:]].add(received[1:])
        return after, SupplyFlow(jnp.where(drivers > 0, reward, 0.0), received[0], jnp.sum(tax))
