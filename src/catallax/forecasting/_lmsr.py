"""The logarithmic market scoring rule."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from catallax.core import in_double
from catallax.forecasting._mechanism import (
    AbstractMaker,
    Numbers,
    distribution,
    doubled,
    require_outcomes,
    require_positive,
)


class LMSR(AbstractMaker):
    """Logarithmic market scoring rule: `C(q) = b ln sum_i pi_i exp(q_i / b)`, prices `p_i = dC / dq_i`.

    Who moves the prices from `p` to `r` is paid `b ln(r_y / p_y)` in outcome y: the logarithmic scoring rule, shared out. A trader
    who believes `h` gains `b KL(h || p)`, so that `b` is what the house pays for a nat of information.

    The state is the logarithm of the prices: neither many trades nor prices near 0 take digits away.

    Source: Hanson (2003), "Combinatorial information market design".

    >>> maker = LMSR(outcomes=2, liquidity=10.0)
    >>> trade = maker.quote(outcome=0, to_price=0.75)
    >>> maker, trade = maker.apply(trade)
    >>> maker.prices.round(6).tolist(), round(float(trade.cost), 6)
    ([0.75, 0.25], 6.931472)
    """

    liquidity: Float[Numbers, ""]
    """`b`, credits per nat."""
    log_prior: Float[Numbers, " outcomes"]
    """`ln pi`: the opening prices."""
    log_prices: Float[Numbers, " outcomes"]

    def __init__(
        self, outcomes: int, liquidity: float | Numbers, prior: Float[Numbers, " outcomes"] | None = None
    ) -> None:
        """A maker with opening prices.

        Args:
            outcomes: number of them, at least 2.
            liquidity: `b`, credits: larger is deeper and costs the house more.
            prior: opening prices, above 0, that add up to 1; by default all alike.

        Raises:
            ValueError: for fewer outcomes, a liquidity that is not above 0, or a prior that is not a distribution.
        """
        require_outcomes("LMSR", outcomes)
        require_positive("LMSR", "liquidity", liquidity)
        self.liquidity = doubled(liquidity)
        self.log_prior = np.log(distribution("LMSR", outcomes, prior))
        self.log_prices = self.log_prior

    @property
    def prices(self) -> Float[Numbers, "*markets outcomes"]:
        """`p`, probabilities."""
        return _exp(self.log_prices)

    @property
    def state(self) -> Float[Numbers, "*markets outcomes"]:
        """The logarithm of the prices."""
        return self.log_prices

    @property
    def worst_case_loss(self) -> Float[Numbers, "*markets"]:
        """`b max_i ln(1 / pi_i)`, credits."""
        return _most(self.liquidity, self.log_prior)

    def cost(self, shares: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`b ln sum_i p_i exp(x_i / b)`: nothing cancels, however small the trade."""
        scaled = shares / self.liquidity
        small = jnp.log1p(jnp.sum(jnp.exp(self.log_prices) * jnp.expm1(jnp.clip(scaled, -1, 1))))
        large = _logsumexp(self.log_prices + scaled)
        return self.liquidity * jnp.where(jnp.max(jnp.abs(scaled)) < 1, small, large)

    def after(self, shares: Float[Numbers, " outcomes"]) -> LMSR:
        """Prices `p_i exp(x_i / b)`, scaled to add up to 1."""
        moved = self.log_prices + shares / self.liquidity
        return _replace(self, moved - _logsumexp(moved))

    def shares_to(self, outcome: Int[Numbers, ""], price: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """`b (logit p' - logit p)`, the others keeping their proportions."""
        log_price, log_rest = self._split(outcome)
        return self.liquidity * (jnp.log(price) - jnp.log1p(-price) - log_price + log_rest)

    def shares_for(self, outcome: Int[Numbers, ""], spend: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """`b ln(1 + (exp(M / b) - 1) / p)`."""
        log_price, log_rest = self._split(outcome)
        # = b ln((exp(M / b) - (1 - p)) / p), the second form for a spend that is large
        nats = spend / self.liquidity
        small = jnp.log1p(jnp.expm1(jnp.minimum(nats, 1)) * jnp.exp(-log_price))
        large = nats + jnp.log1p(-jnp.exp(log_rest - nats)) - log_price
        return self.liquidity * jnp.where(nats < 1, small, large)

    def _split(self, outcome: Int[Numbers, ""]) -> tuple[Numbers, Numbers]:
        """Logarithms of a price and of the sum of the others, which keeps its digits where the price is near 1."""
        one = jnp.arange(self.log_prices.shape[0]) == outcome
        return (
            jnp.sum(jnp.where(one, self.log_prices, 0.0)),
            _logsumexp(jnp.where(one, -jnp.inf, self.log_prices)),
        )


@in_double
def _exp(x: Numbers) -> Numbers:
    return jnp.exp(x)


@in_double
def _most(liquidity: Numbers, log_prior: Numbers) -> Numbers:
    return -liquidity * jnp.min(log_prior, -1)


def _logsumexp(x: Numbers) -> Numbers:
    top = jnp.max(x)
    return top + jnp.log(jnp.sum(jnp.exp(x - top)))


def _replace(maker: LMSR, log_prices: Numbers) -> LMSR:
    return eqx.tree_at(lambda m: m.log_prices, maker, log_prices)
