"""The money of a reasoning market: free balances, credit lines, holds, bills."""

from __future__ import annotations

from collections.abc import Iterable

from catallax.core import Journal

BURN, COMPUTE, CONSUMER, MINT, OPERATOR = "burn", "compute", "consumer", "mint", "operator"
DEBT = "@debt"
"""Currency in which loans are kept: a thinker's `name@debt` is what it owes."""
SPECIAL = frozenset((BURN, COMPUTE, CONSUMER, MINT, OPERATOR))


class Treasury:
    """Postings of a market, and what each open episode has moved so far, so that it can be undone.

    Args:
        journal: where all is written; accounts `mint` and `operator` may owe.
        credit: what a thinker may owe the operator, micro-credits.
    """

    def __init__(self, journal: Journal, credit: int) -> None:
        self.journal, self.credit = journal, credit
        self.balances = journal.balances
        self.moved: dict[str, dict[str, int]] = {}

    def endow(self, account: str, amount: int, key: str) -> None:
        """Money from the mint."""
        self.journal.post({MINT: -amount, account: amount}, key, "endow")

    def wealth(self, name: str) -> int:
        """Balance less debt, micro-credits."""
        return self.balances.get(name, 0) - self.balances.get(name + DEBT, 0)

    def free(self, name: str) -> int:
        """What it can pay: its balance and what is left of its credit line."""
        if not self.credit:
            return self.balances.get(name, 0)
        return self.balances.get(name, 0) + self.credit - self.balances.get(name + DEBT, 0)

    def move(self, episode: str, key: str, kind: str, moves: Iterable[tuple[str, int]]) -> None:
        """Post moves that add up to 0; thinkers that lack the money borrow it from the operator."""
        entries: dict[str, int] = {}
        for account, amount in moves:
            if amount:
                entries[account] = entries.get(account, 0) + amount
        if self.credit:
            self._lend(entries, key)
        self.journal.post(entries, key, kind)
        moved = self.moved[episode]
        for account, amount in entries.items():
            moved[account] = moved.get(account, 0) + amount

    def _lend(self, entries: dict[str, int], key: str) -> None:
        for account, amount in list(entries.items()):
            short = -amount - self.balances.get(account, 0)
            if amount < 0 < short and account not in SPECIAL and not account.startswith("escrow:"):
                loan = {OPERATOR: -short, account: short, OPERATOR + DEBT: -short, account + DEBT: short}
                self.journal.post(loan, f"{key}/loan {account}", "loan")

    def repay(self, name: str, key: str) -> None:
        """Pay back as much of a debt as the balance allows."""
        amount = min(self.balances.get(name, 0), self.balances.get(name + DEBT, 0))
        if amount > 0:
            back = {OPERATOR: amount, name: -amount, OPERATOR + DEBT: amount, name + DEBT: -amount}
            self.journal.post(back, key, "repay")

    def release(self, episode: str, key: str, name: str, held: int, cost: int) -> None:
        """Pay a bill out of a hold and give back the rest; what exceeds both hold and balance is the operator's."""
        if not held and not cost:
            return
        beyond = max(0, cost - held)
        own = min(beyond, max(0, self.free(name)))
        moves = (
            (f"escrow:{episode}", -held),
            (COMPUTE, cost),
            (name, max(0, held - cost) - own),
            (OPERATOR, own - beyond),
        )
        self.move(episode, key, "work", moves)

    def undo(self, episode: str, key: str) -> None:
        """Give everybody back what an episode moved; bills stay paid, by the operator, as does what was spent elsewhere."""
        moved = self.moved.pop(episode, None)
        if not moved:
            return
        back = {account: -amount for account, amount in moved.items() if account != COMPUTE}
        for account, amount in back.items():
            if amount < 0 and account != OPERATOR:
                back[account] = -min(-amount, max(0, self.balances.get(account, 0)))
        back[OPERATOR] = back.get(OPERATOR, 0) - sum(back.values())
        self.journal.post(back, key, Journal.UNDO)

    def burn(self, due: dict[str, int], key: str, kind: str) -> None:
        """Take micro-credits from each, as far as money and credit go, and destroy them."""
        taken = {name: -min(amount, self.free(name)) for name, amount in due.items()}
        if self.credit:
            self._lend(taken, key)
        self.journal.post({**taken, BURN: -sum(taken.values())}, key, kind)

    def forgive(self, name: str, key: str) -> None:
        """Close the account of a thinker that leaves: its balance is burnt, its debt the operator's loss."""
        balance, debt = self.balances.get(name, 0), self.balances.get(name + DEBT, 0)
        if balance or debt:
            self.journal.post({name: -balance, BURN: balance, name + DEBT: -debt, OPERATOR + DEBT: debt}, key, "leave")
