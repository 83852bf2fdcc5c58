"""The postings of a run: every movement of money in the bazaar is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catallax.core import Journal
from catallax.language.bazaar._offers import SPOILED, Offer, Reason

CLEARING, MINT, OPERATOR, PROVIDER = "clearing", "mint", "operator@usd", "provider@usd"


def informer_account(name: str) -> str:
    """Where an informer's money is."""
    return f"informer:{name}"


def bond_account(name: str) -> str:
    """Where its bond is."""
    return f"bond:{name}"


def buyer_account(name: str) -> str:
    """Where a buyer's money is."""
    return f"buyer:{name}"


def escrow_account(path: str) -> str:
    """Where the budget of a goal is while it is worked on."""
    return f"escrow:{path}"


@dataclass(frozen=True)
class Till:
    """Posts to a journal under keys that are the same in every run of the same program.

    Args:
        journal: where.
        run: name of the run, the parent of all its transactions.

    Raises:
        ValueError: for a name with `:`, `/` or `@`.
    """

    journal: Journal
    run: str

    def __post_init__(self) -> None:
        if not self.run or set(self.run) & set(":/@"):
            raise ValueError(f"Bazaar: the name of a run has no ':', '/' or '@', got {self.run!r}.")

    def open(self, buyer: str, budget: int) -> None:
        """Put a buyer's budget into the escrow of the run.

        Raises:
            ValueError: if the journal has a run of that name already.
        """
        if self.journal.posted(f"{self.run} open"):
            raise ValueError(
                f"Bazaar: the journal has a run {self.run!r} already; give another name, or go on with Journal.rerun(path)."
            )
        account = buyer_account(buyer)
        self.move(f"{self.run} fund", "fund", MINT, account, budget)
        self.move(f"{self.run} open", "open", account, escrow_account(self.run), budget)

    def close(self, buyer: str) -> int:
        """Give a buyer what is left of its budget, micro-credits."""
        account = escrow_account(self.run)
        rest = self.has(account)
        self.move(f"{self.run} close", "close", account, buyer_account(buyer), rest)
        return rest

    def has(self, account: str) -> int:
        """Balance, micro-credits; 0 where there is no such account yet."""
        return self.journal.balances.get(account, 0)

    def post(self, key: str, kind: str, *moves: tuple[str, int]) -> str:
        """Add up moves to accounts and post them; returns the key."""
        entries: dict[str, int] = {}
        for account, amount in moves:
            entries[account] = entries.get(account, 0) + amount
        self.journal.post(entries, key, kind, self.run)
        return key

    def move(self, key: str, kind: str, payer: str, payee: str, amount: int) -> str:
        """Post a payment."""
        return self.post(key, kind, (payer, -amount), (payee, amount))

    def win(self, offer: Offer, number: int, payment: int) -> None:
        """An informer's payment for a slot waits in the clearing account; `number` is the round, as an offer may stand for several."""
        self.move(f"{offer.id} win {number}", "win", informer_account(offer.informer), CLEARING, payment)

    def inspected(self, offer: Offer, number: int, payment: int, cost: int, shares: Mapping[str, int]) -> None:
        """What looking cost is burned, the rest goes where the policy says."""
        self.post(f"{offer.id} inspected {number}", "inspected", (CLEARING, -payment), ("burn", cost), *shares.items())

    def refund(self, offer: Offer, number: int, payment: int, reason: Reason, cost: int) -> int:
        """An inspection without verdict costs its informers nothing, or what looking costs, where a text can be why.

        Returns:
            Micro-credits that the informer still paid.
        """
        cost = cost if reason in SPOILED else 0
        key, kind = f"{offer.id} refund {number}", f"refund:{reason.value}"
        self.post(key, kind, (CLEARING, -payment), ("burn", cost), (informer_account(offer.informer), payment - cost))
        return cost

    def bill(self, key: str, amount: int) -> None:
        """What a provider is owed, in its own currency."""
        if amount:
            self.move(key, "bill", OPERATOR, PROVIDER, amount)

    def buy(self, offer: Offer, buyer: str) -> str:
        """The price of information."""
        return self.move(f"{offer.id} buy", "buy", buyer, informer_account(offer.informer), offer.price)

    def forfeit(self, key: str, informer: str, to: str, amount: int, reason: Reason) -> int:
        """From the bond of one who broke a commitment; returns what there was."""
        bond = bond_account(informer)
        amount = min(amount, self.has(bond))
        self.move(key, f"forfeit:{reason.value}", bond, to, amount)
        return amount
