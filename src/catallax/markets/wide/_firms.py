"""Firms: each runs one technique and pays for its inputs what it believes its output will bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import AbstractProducers
from catallax.equilibria.valuations import Leontief


class Firms(AbstractProducers):
    """Price takers with a memory of prices: `v(x) = discount (b B_k) min_j x_j / A_kj`, `b <- b + rate (p - b)`.

    The offered price of an input is the value of what it makes at the prices believed, the chain rule of the source with one technique
    for a function: prices are passed back through the economy, one stage a tick.

    Source: Pallavi Sudhir and Tran-Thanh (2025), section 2, "Computing prices via backpropagation".
    """

    technique: Int[Array, " firms"]
    needs: Float[Array, "firms goods"]
    """`A_k`, units at level 1."""
    makes: Float[Array, "firms goods"]
    """`B_k`, units at level 1."""
    beliefs: Float[Array, "firms goods"]
    """Credits per unit."""
    rate: Float[Array, " firms"]
    """How quickly beliefs follow prices, in (0, 1]."""
    outlay: Float[Array, " firms"]
    """Share of its wealth that a firm spends at most in a tick, in (0, 1]."""
    discount: Float[Array, " firms"]
    """Value now of one credit a tick later, in [0, 1]."""
    endowment: Float[Array, " firms"]
    """Credits."""
    alive: Bool[Array, " firms"]

    @classmethod
    def of(
        cls,
        needs: Float[Array, "techniques goods"],
        makes: Float[Array, "techniques goods"],
        *,
        copies: int = 1,
        belief: float = 1.0,
        rate: float = 0.2,
        outlay: float = 0.2,
        discount: float = 1.0,
        endowment: float = 10.0,
        techniques: Sequence[int] | None = None,
        room: int = 0,
    ) -> Firms:
        """Some firms for each technique.

        Args:
            needs: units each technique uses, `SupplyChain.inputs` say.
            makes: units it makes.
            copies: firms for each technique.
            belief: first belief of every price, credits per unit; above 0, or nobody starts.
            rate: how quickly beliefs follow prices.
            outlay: share of its wealth that each spends at most in a tick: what is spent on goods that prove worth less is lost.
            discount: value now of one credit a tick later.
            endowment: credits each starts with.
            techniques: those that are run at the start; `None` for all.
            room: free rows for newcomers.

        Raises:
            ValueError: for a belief, rate, technique or number of copies out of range.
        """
        if copies < 1 or not belief > 0 or not (0 < rate <= 1 and 0 < outlay <= 1):
            raise ValueError(
                "Firms.of: copies must be at least 1, belief above 0, rate and outlay in (0, 1], got "
                f"{copies}, {belief}, {rate} and {outlay}."
            )
        if not (0 <= discount <= 1 and endowment >= 0):
            raise ValueError(
                f"Firms.of: discount must lie in [0, 1] and endowment be >= 0 credits, got {discount} and {endowment}."
            )
        known, chosen = needs.shape[0], range(needs.shape[0]) if techniques is None else techniques
        if room < 0 or not all(0 <= each < known for each in chosen):
            raise ValueError(
                f"Firms.of: techniques must lie in 0..{known - 1} and room be at least 0 rows, got {list(chosen)} and {room}."
            )
        run = jnp.repeat(jnp.asarray(list(chosen), jnp.int32), copies)
        technique = jnp.concatenate([run, jnp.zeros(room, jnp.int32)])
        firms = technique.shape[0]
        return cls(
            technique=technique,
            needs=needs[technique],
            makes=makes[technique],
            beliefs=jnp.full((firms, needs.shape[1]), float(belief)),
            rate=jnp.full(firms, float(rate)),
            outlay=jnp.full(firms, float(outlay)),
            discount=jnp.full(firms, float(discount)),
            endowment=jnp.full(firms, float(endowment)),
            alive=jnp.arange(firms) < run.shape[0],
        )

    def valuation(self) -> Leontief:
        """Fixed proportions, each credit of value taking `A_k / (discount b B_k)`."""
        worth = self.discount * jnp.sum(self.beliefs * self.makes, axis=1)
        least = jnp.finfo(worth.dtype).eps
        return Leontief(self.needs / jnp.maximum(worth, least)[:, None])

    def budgets(self, wealth: Float[Array, " firms"]) -> Float[Array, " firms"]:
        """A share of the wealth."""
        return self.outlay * wealth

    def plans(self) -> Int[Array, " firms"]:
        """The technique of each."""
        return self.technique

    def learn(self, prices: Float[Array, " goods"]) -> Firms:
        """Beliefs move towards the prices."""
        beliefs = self.beliefs + self.rate[:, None] * (prices[None, :] - self.beliefs)
        return eqx.tree_at(lambda f: f.beliefs, self, beliefs)


def retooled(
    needs: Float[Array, "techniques goods"], makes: Float[Array, "techniques goods"]
) -> Callable[[Key[Array, ""], Firms], Firms]:
    """A mutation of firms: the child runs a technique drawn evenly from all, and knows of prices what its parent knows.

    Args:
        needs: units each technique uses, `SupplyChain.inputs` say.
        makes: units it makes.

    >>> import catallax as cx
    >>> village = cx.envs.SupplyChain.village()
    >>> rule = cx.agents.MutateTheRich(retooled(village.inputs, village.outputs), allowance=5.0)
    """

    def mutate(key: Key[Array, ""], firm: Firms) -> Firms:
        drawn = jax.random.randint(key, (), 0, needs.shape[0], jnp.int32)
        return eqx.tree_at(lambda f: (f.technique, f.needs, f.makes), firm, (drawn, needs[drawn], makes[drawn]))

    return mutate
