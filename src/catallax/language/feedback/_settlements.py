"""When the truth comes out: what it does to those who sold information."""

from __future__ import annotations

import abc
import itertools
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from catallax.core import to_micro
from catallax.language.bazaar import Bazaar, Buyer, Result
from catallax.language.bazaar._beliefs import HIDDEN, Beliefs, beliefs
from catallax.language.bazaar._till import MINT, bond_account, informer_account
from catallax.language.worlds import World


@dataclass(frozen=True)
class AbstractSettlement(abc.ABC):
    """Books what follows from the truth, after a run and before wealth is counted."""

    def check(self, world: World) -> None:  # noqa: B027 - most go with anything
        """Whether it can settle what is said about a world; anything by default.

        Raises:
            ValueError: if not.
        """

    @abc.abstractmethod
    def settle(self, bazaar: Bazaar, buyer: Buyer, result: Result, world: World, truth: Mapping[str, int]) -> None:
        """Book it.

        Args:
            bazaar: where the run was; its journal is written.
            buyer: who bought.
            result: of the run.
            world: which the information is about.
            truth: the outcome, by the name of the question, and all signals.
        """


@dataclass(frozen=True)
class Trusting(AbstractSettlement):
    """Nothing follows: what persuades is paid. For seeing what that leads to; a liar earns as much as an honest informer."""

    def settle(self, bazaar: Bazaar, buyer: Buyer, result: Result, world: World, truth: Mapping[str, int]) -> None:
        return


@dataclass(frozen=True)
class Audited(AbstractSettlement):
    """Claims `signal=value` that were bought are looked up in what nature told; the price of a false one goes back, and as much
    from the bond (`Bazaar.disproved`).

    Args:
        chance: that a claim is looked up.

    Raises:
        ValueError: for a chance outside of [0, 1].
    """

    chance: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.chance <= 1:
            raise ValueError(f"Audited: expected a chance in [0, 1], got {self.chance}.")

    def settle(self, bazaar: Bazaar, buyer: Buyer, result: Result, world: World, truth: Mapping[str, int]) -> None:
        table = beliefs(world)
        for receipt in result.receipts:
            claim = table.piece(receipt.offer, receipt.text, receipt.price)
            false = claim.signal == HIDDEN or claim.value != truth[world.signals[claim.signal]]
            if false and random.Random(f"{bazaar.seed}/{receipt.offer}/audit").random() < self.chance:
                bazaar.disproved(receipt, buyer)


@dataclass(frozen=True)
class Royalty(AbstractSettlement):
    """A share of what each purchase turned out to be worth, beside its price: `share (U(x(c, i), y) - U(x(c), y))`, where `y` is
    what happened and `c` was bought before. Paid by who pays for the buyer's decision; a loss is taken from the informer and its bond.

    It needs the outcome alone, and no list of what is true: a score that is proper for the buyer is proper for who informs it.

    Args:
        share: of the gain.

    Raises:
        ValueError: for a share that is not positive; of a `Stall`, for a world whose information can rule an outcome out.
    """

    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share < float("inf"):
            raise ValueError(f"Royalty: expected a share above 0, got {self.share}.")

    def check(self, world: World) -> None:
        if not all(map(math.isfinite, itertools.chain(*beliefs(world).payoffs.values()))):
            raise ValueError(
                "Royalty: information of this world can rule an outcome out, so a false claim can cost more than there is; use Audited."
            )

    def settle(self, bazaar: Bazaar, buyer: Buyer, result: Result, world: World, truth: Mapping[str, int]) -> None:
        table, outcome = beliefs(world), truth[world.question]
        paid = [payoff(table, result, count, outcome) for count in range(len(result.receipts) + 1)]
        for receipt, before, after in zip(result.receipts, paid[:-1], paid[1:], strict=True):
            accounts = informer_account(receipt.informer), bond_account(receipt.informer)
            most = [bazaar.journal.balances.get(name, 0) for name in accounts]
            worth = self.share * (after - before) * buyer.goal.scale / 1_000_000
            amount = to_micro(worth) if worth > -sum(most) / 1_000_000 else -sum(most)
            first = max(amount, -most[0])
            entries = {accounts[0]: first, accounts[1]: amount - first, MINT: -amount}
            bazaar.journal.post(entries, f"{receipt.offer} royalty", "royalty", result.run)


def payoff(table: Beliefs, result: Result, count: int, outcome: int) -> float:
    """What a decision by the first purchases pays, units of utility; contradictions tell nothing."""
    contents = table.known(result.receipts[:count])
    return table.payoffs[table.nothing if contents is None else contents][outcome]
