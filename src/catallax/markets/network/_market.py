"""A neural network as a deep market: its forward pass is a sequence of sales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, Int, Key

from catallax.auctions import FirstPrice
from catallax.core import ABSTAIN, NOBODY, AbstractAuction, Cohort
from catallax.markets._deep import DeepMarket
from catallax.markets.network._firm import Firm, Goods
from catallax.markets.network._valuation import ConstantValue, LinearValue


class Passage(NamedTuple):
    """How a batch of inputs went through a market."""

    outputs: Float[Array, "samples ..."]
    """What the last firm delivered; NaN where at some place nobody bid."""
    winners: Int[Array, "samples places"]
    """Who bought at each place but the last, `NOBODY` at places that were skipped."""
    prices: Float[Array, "samples places"]
    """What was paid there, credits; 0 at places that were skipped."""


class NetworkMarket(eqx.Module):
    """Firms that buy activations from each other, one layer after the other, until the output is delivered.

    At place k every firm that buys there bids `min(valuation(h_k), wealth)`, the auction picks a
    winner, and its product `h_j = f(h_k)`, `j > k`, is for sale next. With one firm a
    place, or constant valuations, this is a feed-forward network; with several and valuations that look at `h_k`
    the market chooses the path of every input, its depth too.

    Args:
        firms: of any number at each place.
        endowment: credits each firm has, one number for all or one a firm.
        auction: how the goods of a place are sold.

    Raises:
        ValueError: if nobody buys at some place, shapes of neighbours disagree, or wealth makes no sense.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Theorem 3.1.
    """

    firms: tuple[Firm, ...]
    wealth: Float[Array, " agents"]
    """Credits; caps the bids."""
    auction: AbstractAuction
    made_from: type = eqx.field(static=True)
    """The class of the network it was read from, which `to_network` gives back."""

    def __init__(
        self,
        firms: Sequence[Firm],
        endowment: Any = 10.0,
        auction: AbstractAuction | None = None,
        *,
        made_from: type = eqx.nn.Sequential,
    ) -> None:
        self.firms = tuple(firms)
        wealth = jnp.asarray(endowment, jnp.float32)
        if wealth.shape not in ((), (len(self.firms),)):
            raise ValueError(
                f"NetworkMarket: expected one endowment, or one for each of {len(self.firms)} firms, got shape {wealth.shape}."
            )
        self.wealth = jnp.broadcast_to(wealth, (len(self.firms),))
        self.auction = FirstPrice() if auction is None else auction
        self.made_from = made_from

    def __check_init__(self) -> None:
        if not self.firms:
            raise ValueError("NetworkMarket: no firms; expected at least one.")
        if not isinstance(self.wealth, Tracer) and not bool(jnp.all(jnp.isfinite(self.wealth) & (self.wealth >= 0))):
            raise ValueError(f"NetworkMarket: wealth must be finite and >= 0 credits, got {self.wealth}.")
        last = max(firm.target for firm in self.firms)
        reached = {0}
        for firm in sorted(self.firms, key=lambda f: f.source):
            if firm.source in reached:
                reached.add(firm.target)
        stuck = sorted(reached - {firm.source for firm in self.firms} - {last})
        if stuck or last not in reached:
            raise ValueError(
                f"NetworkMarket: the goods come to place {stuck[0] if stuck else last} and nobody buys there, or nobody brings "
                "them there; give every place before the last a firm."
            )
        shapes: dict[int, tuple[int, ...]] = {}
        for number, firm in enumerate(self.firms):
            for place, shape in ((firm.source, firm.inputs), (firm.target, firm.outputs)):
                if shapes.setdefault(place, shape) != shape:
                    raise ValueError(
                        f"NetworkMarket: firm {number} deals in goods of shape {shape} at place {place}, "
                        f"others there in {shapes[place]}; goods of one place have one shape."
                    )

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shape of the goods at each place, input first; `()` where no firm deals."""
        known = {firm.source: firm.inputs for firm in self.firms} | {firm.target: firm.outputs for firm in self.firms}
        return tuple(known.get(place, ()) for place in range(max(known) + 1))

    def admit(self, *firms: Firm, endowment: float = 0.0) -> NetworkMarket:
        """The market with more firms; without wealth they lose to everybody who bids.

        Args:
            firms: mutants, layers that skip others, other activations.
            endowment: credits each has.
        """
        wealth = jnp.concatenate([self.wealth, jnp.full(len(firms), endowment, jnp.float32)])
        return NetworkMarket(self.firms + firms, wealth, self.auction, made_from=self.made_from)

    def run(self, x: Any, key: Key[Array, ""] | None = None) -> Passage:
        """Sell a batch of inputs from layer to layer.

        Args:
            x: inputs, one a row.
            key: draws among equal bids, the same draw for all inputs; `None`: always the same.

        Raises:
            ValueError: if the inputs have another shape than the first firms buy.
        """
        return _run(self, jax.random.key(0) if key is None else key, self.batch(x))

    def batch(self, x: Any) -> Float[Array, "samples ..."]:
        """Inputs as floats, one a row.

        Raises:
            ValueError: if they have another shape than the first firms buy.
        """
        x = jnp.asarray(x, jnp.result_type(x, jnp.float32))
        if x.shape[1:] != self.shapes[0]:
            raise ValueError(
                f"NetworkMarket: expected inputs of axes [samples, {', '.join(map(str, self.shapes[0]))}], got {x.shape}."
            )
        return x

    def forward(self, x: Any, key: Key[Array, ""] | None = None) -> Float[Array, "samples ..."]:
        """What is delivered in the end, one row an input; see `run`."""
        return self.run(x, key).outputs

    def sell(self, key: Key[Array, ""], x: Float[Array, "*shape"]) -> Passage:
        """One input, from place to place."""
        goods = [x, *(jnp.zeros(shape, x.dtype) for shape in self.shapes[1:])]
        place, winners, prices = jnp.zeros((), jnp.int32), [], []
        for here in range(len(goods) - 1):
            sale = self.auction.clear(jax.random.fold_in(key, here), *self.offers(here, goods[here]))
            winner = jnp.where(place == here, sale.winner, NOBODY)
            for number, firm in enumerate(self.firms):
                if firm.source == here:
                    bought = winner == number
                    goods[firm.target] = jnp.where(bought, firm.produce(goods[here]), goods[firm.target])
                    place = jnp.where(bought, firm.target, place).astype(jnp.int32)
            winners.append(winner)
            prices.append(jnp.where(winner == NOBODY, 0.0, sale.pays))
        outputs = jnp.where(place == len(goods) - 1, goods[-1], jnp.nan)
        return Passage(outputs, jnp.stack(winners), jnp.stack(prices))

    def offers(self, place: int, goods: Float[Array, "*shape"]) -> tuple[Float[Array, " agents"], Array]:
        """Bids of all firms for the goods at a place, capped by their wealth, and who is there at all."""
        raw = jnp.stack(
            [firm.valuation(goods) if firm.source == place else jnp.asarray(ABSTAIN) for firm in self.firms]
        )
        return jnp.where(raw < 0, ABSTAIN, jnp.minimum(raw, self.wealth)), jnp.ones(len(self.firms), bool)

    def chain(self) -> tuple[int, ...]:
        """The firms that every input goes through, in order.

        Raises:
            ValueError: if who wins may depend on the input.
        """
        place, chain = 0, []
        while place < len(self.shapes) - 1:
            chain.append(self._certain_winner(place))
            place = self.firms[chain[-1]].target
        return tuple(chain)

    def _certain_winner(self, place: int) -> int:
        here = [number for number, firm in enumerate(self.firms) if firm.source == place]
        constant = np.array([isinstance(self.firms[number].valuation, ConstantValue) for number in here])
        bids = self.offers(place, jnp.zeros(self.shapes[place]))[0]
        if len(here) == 1 and isinstance(self.firms[here[0]].valuation, LinearValue):
            constant[:], bids = True, jnp.minimum(bids, 0)  # who wins with its lowest bid always wins
        # a valuation that looks at the goods can bid no more than its wealth
        rivals = np.asarray(self.wealth)[here][~constant].max(initial=-np.inf)
        # and wins all the same now and then where the auction explores
        calm = constant.all() or eqx.tree_equal(self.auction, self.auction.without_exploration())
        alive = jnp.zeros(len(self.firms), bool).at[np.array(here)[constant]].set(True)
        winner = int(self.auction.clear(jax.random.fold_in(jax.random.key(0), place), bids, alive).winner)
        if winner == NOBODY or not (bids[winner] > rivals and calm):
            raise ValueError(
                f"to_network: who buys at place {place} may depend on the input, or nobody does ({len(here)} firms bid there, "
                f"{int((~constant).sum())} of them by what they see), so no one network computes this market; "
                "remove firms, or their wealth, until the chain of winners is the same for every input."
            )
        return winner

    def multiply_adds(self) -> int:
        """Products of one input on its way through the chain; see `chain`."""
        return sum(self.firms[number].multiply_adds for number in self.chain())

    def deep_market(self, **settings: Any) -> DeepMarket:
        """The same economy as a `DeepMarket`, one cohort a firm, to be run on a `NetworkWorld`.

        Args:
            settings: further arguments of `DeepMarket`, say levies.
        """
        cohorts = [
            Cohort.stack([firm], endowment=float(wealth)) for firm, wealth in zip(self.firms, self.wealth, strict=True)
        ]
        settings.setdefault("discount", 1.0)
        return DeepMarket(cohorts, self.auction, **settings)

    def start(self, x: Float[Array, "*shape"]) -> Goods:
        """The goods of one input before the first sale."""
        rest = (jnp.zeros(shape, x.dtype) for shape in self.shapes[1:])
        return Goods(jnp.zeros((), jnp.int32), (x, *rest))

    @property
    def last(self) -> int:
        """The place of the output."""
        return len(self.shapes) - 1


@eqx.filter_jit
def _run(market: NetworkMarket, key: Key[Array, ""], x: Float[Array, "samples ..."]) -> Passage:
    return jax.vmap(market.sell, in_axes=(None, 0))(key, x)
