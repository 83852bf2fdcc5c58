"""Postings that all markets of messages share: endowments, and writing paid out of what was put aside for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from catallax.core import AbstractJournal, Journal

RESERVED = frozenset({"burn", "consumer", "compute", "house", "mint", "operator"})
"""Accounts of the markets themselves."""


def check_names(part: str, names: list[str]) -> None:
    """Refuse agents without an account of their own.

    Raises:
        ValueError: naming the part and the names.
    """
    wrong = [name for name in names if not name or name in RESERVED or name.startswith("escrow:") or "@" in name]
    if wrong or len(set(names)) < len(names):
        raise ValueError(
            f"{part}: every agent needs a name of its own without '@', none of {sorted(RESERVED)}; got {names}."
        )


def endow(journal: AbstractJournal, names: Iterable[str], amount: int) -> None:
    """Give micro-credits to those who have no account."""
    for name in names:
        if name not in journal:
            journal.post({"mint": -amount, name: amount}, f"endow {name}", "endow")


def buy(journal: AbstractJournal, key: str, buyer: str, payments: Mapping[str, int], quote: int, kind: str) -> None:
    """Pay, and put the quote for the writing aside, in one transaction.

    Args:
        journal: where the money moves.
        key: of the transaction; the quote waits on `escrow:key`.
        buyer: who pays.
        payments: what each account gets, micro-credits.
        quote: the most that the writing may cost the buyer, micro-credits.
        kind: what was bought.
    """
    entries = Counter(payments)
    entries[buyer] -= sum(payments.values()) + quote
    entries[f"escrow:{key}"] += quote
    journal.post(entries, key, kind)


def bill(journal: AbstractJournal, key: str, buyer: str, quote: int, cost: int) -> int:
    """Pay for writing out of what `buy` put aside; the buyer gets the rest, and what is missing is the operator's loss.

    Returns:
        What the buyer bears, micro-credits: `min(cost, quote)`.
    """
    borne = min(cost, quote)
    entries = {f"escrow:{key}": -quote, buyer: quote - borne, "compute": cost, "operator": borne - cost}
    journal.post(entries, f"{key}/write", "write", key)
    return borne


def give_back(journal: Journal, episode: str) -> None:
    """Return what a broken episode still has put aside to those who paid it in; what was sold stays sold."""
    held = {account for account in journal.held if account.startswith(f"escrow:{episode}/")}
    for transaction in journal.transactions if held else ():
        for account in held.intersection(transaction.entries):
            balance, payer = journal[account], min(transaction.entries, key=transaction.entries.__getitem__)
            if balance and transaction.entries[account] > 0:
                journal.post({account: -balance, payer: balance}, f"{account} undone", Journal.UNDO, transaction.key)


def bill_flat(journal: AbstractJournal, key: str, most: int, cost: int) -> None:
    """Pay for a call out of what `buy` put aside for it, all of it whatever the call cost: a bill must not tell what was read."""
    journal.post({f"escrow:{key}": -most, "compute": cost, "operator": most - cost}, f"{key}/asked", "ask", key)
