"""An auction of one's own: write it in one class, check it, put it in a market."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

import catallax as cx
from catallax.core import ABSTAIN, NOBODY, AbstractAuction, Sale


class Average(AbstractAuction):
    """The highest bidder pays the mean of the two highest bids: `pays = receives = (b_(1) + b_(2)) / 2`."""

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; the dead and those with a negative bid do not take part."""
        # a random order of the agents, so that ties fall to nobody in particular
        order = jax.random.permutation(key, bids.shape[0])
        offered = jnp.where(alive, bids, ABSTAIN)[order]
        first = jnp.argmax(offered)
        others = offered.at[first].set(ABSTAIN)
        second = jnp.argmax(others)
        sold, contested = offered[first] >= 0, others[second] >= 0
        price = jnp.where(sold, (offered[first] + jnp.maximum(others[second], 0.0)) / 2, 0.0)
        return Sale(
            winner=jnp.where(sold, order[first], NOBODY),
            pays=price,
            receives=price,
            runner_up=jnp.where(contested, order[second], NOBODY),
        )


def main(ticks: int = 100_000) -> None:
    """Check the auction, then let a market trade by it."""
    auction = Average()
    cx.check_auction(auction)  # raises ConformanceError, naming the clause, if it breaks its contract
    print("Average keeps the contract of an auction")
    env = cx.envs.Chain()
    optimum = cx.planning.value_iteration(env).values
    for rule in (auction, cx.auctions.FirstPrice(), cx.auctions.CreditConservingVickrey()):
        market = cx.DeepMarket(cx.agents.Tabular.society(env, clones=2), rule)
        run = cx.train(market, env, ticks=ticks, instances=32, key=jax.random.key(0))
        off = abs(run.prices()[:-1] - optimum[:-1]).max()
        print(f"{type(rule).__name__:<24} largest |price - value| {off:.3f}, imbalance {run.ledger.imbalance}")


if __name__ == "__main__":
    main()
