"""The double-entry journal in a database: balances, postings and their entries."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, func, insert, select, update

from catallax.core import AbstractJournal, proper_entries
from catallax.exchange import _tables as tables
from catallax.exchange._problems import insolvent

MINT, HOUSE = "mint", "house"
MAY_OWE = frozenset({MINT})
# built once: they are run for every posting
_NUMBER = select(tables.posting.c.id).where(tables.posting.c.key == bindparam("key"))
_ENTRIES = select(tables.entry.c.account, tables.entry.c.amount).where(tables.entry.c.posting == bindparam("posting"))
_BALANCES = select(tables.account.c.name, tables.account.c.balance).where(
    tables.account.c.name.in_(bindparam("names", expanding=True))
)
_BALANCE = select(tables.account.c.balance).where(tables.account.c.name == bindparam("account"))
_OPEN, _WRITE = insert(tables.account), insert(tables.entry)
_ADD = (
    update(tables.account)
    .where(tables.account.c.name == bindparam("account"))
    .values(balance=tables.account.c.balance + bindparam("amount"))
)


class Ledger(AbstractJournal):
    """Postings within one transaction of the database: they count when it is committed, all together.

    `sum of the entries = 0` in each posting; an account never falls below 0 but for the mint, which the database refuses as well.

    Args:
        connection: of the transaction. It is serialisable: what was read does not change before it is written.
        at: the moment, milliseconds since 1970.
    """

    def __init__(self, connection: Connection, at: int) -> None:
        self._connection, self._at = connection, at

    def post(self, entries: Mapping[str, int], key: str, kind: str = "", parent: str | None = None) -> bool:
        """Write a posting, as in `AbstractJournal.post`.

        Raises:
            Problem: if an account would fall below 0.
            ValueError: if the amounts do not add up to 0, or the key was posted with other entries.
        """
        proper = dict(proper_entries(entries, key))
        before = self._entries(key)
        if before is not None:
            if before != proper:
                raise ValueError(f"Ledger: {key!r} was posted as {before} and now as {proper}; use another key.")
            return False
        known = self._afford(proper)
        number = tables.inserted(self._connection, tables.posting, key=key, kind=kind, parent=parent, at=self._at)
        rows = [{"posting": number, "account": name, "amount": amount} for name, amount in proper.items()]
        new = [
            {"name": name, "balance": amount, "may_owe": name in MAY_OWE}
            for name, amount in proper.items()
            if name not in known
        ]
        if new:
            self._connection.execute(_OPEN, new)
        old = [row for row in rows if row["account"] in known]
        if old:
            self._connection.execute(_ADD, old)
        if rows:
            self._connection.execute(_WRITE, rows)
        return True

    def __getitem__(self, account: str) -> int:
        balance = self._connection.scalar(_BALANCE, {"account": account})
        if balance is None:
            raise KeyError(f"Ledger: no account {account!r}; post to it first.")
        return balance

    def __contains__(self, account: object) -> bool:
        return self._connection.scalar(_BALANCE, {"account": account}) is not None

    def _entries(self, key: str) -> dict[str, int] | None:
        number = self._connection.scalar(_NUMBER, {"key": key})
        if number is None:
            return None
        rows = self._connection.execute(_ENTRIES, {"posting": number})
        return {row.account: row.amount for row in rows}

    def _afford(self, entries: Mapping[str, int]) -> set[str]:
        """Refuse what somebody cannot pay; returns the accounts there are."""
        rows = self._connection.execute(_BALANCES, {"names": list(entries)})
        balances = {row.name: row.balance for row in rows}
        for name, amount in entries.items():
            if amount < 0 and name not in MAY_OWE and balances.get(name, 0) + amount < 0:
                raise insolvent(name, balances.get(name, 0), -amount)
        return set(balances)


def imbalance(connection: Connection) -> int:
    """What all accounts add up to, micro-credits: exactly 0."""
    return int(connection.scalar(select(func.coalesce(func.sum(tables.account.c.balance), 0))) or 0)


def faults(connection: Connection) -> list[str]:
    """Add up all postings again: every posting that does not close, every account that its entries do not make, every debtor.

    Returns:
        A line for each; none if the books are right.
    """
    entry, account = tables.entry.c, tables.account.c
    total = func.sum(entry.amount)
    open_postings = connection.execute(select(entry.posting, total).group_by(entry.posting).having(total != 0))
    lines = [f"posting {number} adds up to {amount}" for number, amount in open_postings]
    summed = select(entry.account, total.label("total")).group_by(entry.account).subquery()
    made = func.coalesce(summed.c.total, 0)
    wrong = connection.execute(
        select(account.name, account.balance, made)
        .outerjoin(summed, summed.c.account == account.name)
        .where(account.balance != made)
    )
    lines += [f"account {name} has {balance}, its entries make {amount}" for name, balance, amount in wrong]
    debtors = connection.execute(
        select(account.name, account.balance).where(account.balance < 0, account.name.not_in(MAY_OWE))
    )
    lines += [f"account {name} owes {-balance}" for name, balance in debtors]
    total_balance = imbalance(connection)
    return lines + ([f"all accounts add up to {total_balance}"] if total_balance else [])
