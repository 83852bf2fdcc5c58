"""What one decision may see, as a table that has nothing else in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from catallax.language.worlds._world import World


@dataclass(frozen=True, eq=False)
class Sight:
    """Beliefs of someone who sees some signals, for all their values at once.

    Axes of signals that are not seen have length 1: no array made of a sight can depend on what it does not show, whatever is computed.

    Args:
        belief: `P(y | seen)`, axes `outcomes`, then one for each signal; 0 where what is seen cannot be.
    """

    belief: Float[np.ndarray, "outcomes ..."]

    @classmethod
    def of(cls, world: World, names: Collection[str], chance: Float[np.ndarray, "... _"] | float = 1.0) -> Sight:
        """The sight of some signals, given an event.

        Args:
            world: the table.
            names: the signals seen.
            chance: of the event that is known beside them, given all signals. Where it cannot be, who sees these values believes what
                they say without it.
        """
        plain = world.seen(names)
        table = world.sum_out(world.joint * chance, names)
        table = np.where(table.sum(0) > 0, table, plain)
        mass = table.sum(0)
        return cls(np.divide(table, mass, out=np.zeros_like(table), where=mass > 0))

    def worth(self, payoffs: Float[np.ndarray, "outcomes ..."]) -> Float[np.ndarray, "... _"]:
        """`sum_y P(y | seen) U(y, seen)`.

        Raises:
            ValueError: if the payoffs depend on a signal that is not seen.
        """
        shape = self.belief.shape[1:]
        if any(theirs > ours for theirs, ours in zip(payoffs.shape[1:], shape, strict=True)):
            raise ValueError(
                f"Sight: these payoffs depend on signals that are not seen: shape {payoffs.shape[1:]}, seen {shape}."
            )
        terms = np.zeros(self.belief.shape)
        np.multiply(self.belief, payoffs, out=terms, where=self.belief > 0)
        return terms.sum(0)

    def best(self, payoffs: list[Float[np.ndarray, "outcomes ..."]]) -> Int[np.ndarray, "... _"]:
        """The number of the option with the greatest worth, for each value of what is seen; the first of those that are equal within rounding."""
        worth = np.stack([self.worth(option) for option in payoffs])
        return np.asarray((worth > worth.max(0) - 1e-12).argmax(0))
