"""A double-entry journal: every posting counts once, in memory or on disk."""

from __future__ import annotations

import abc
import json
import os
import weakref
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

try:
    import fcntl
except ImportError:  # there are systems without it, and they get no lock
    fcntl = None

HELD = "escrow:"
"""What the names of accounts begin with that hold money for a while."""


class Transaction(NamedTuple):
    """Amounts that moved together."""

    key: str
    """Its name; no two transactions share one."""
    kind: str
    entries: Mapping[str, int]
    """Micro-credits that each account gained (negative: lost); they add up to 0."""
    parent: str | None = None
    """Key of the transaction it belongs to."""


class AbstractJournal(abc.ABC):
    """Where transactions are posted: a key counts once, and nobody pays what it does not have."""

    @abc.abstractmethod
    def post(self, entries: Mapping[str, int], key: str, kind: str = "", parent: str | None = None) -> bool:
        """Write a transaction; all or nothing.

        Args:
            entries: micro-credits each account gains; entries of 0 are left out.
            key: its name; posted a second time, it changes nothing.
            kind: what happened.
            parent: key of the transaction it belongs to.

        Returns:
            Whether it was written; False if it had been posted before.

        Raises:
            TypeError: if an amount is not whole.
            ValueError: if the amounts do not add up to 0, an account would fall below 0, or the key was posted with other
                entries.
        """

    @abc.abstractmethod
    def __getitem__(self, account: str) -> int:
        """Balance, micro-credits.

        Raises:
            KeyError: for an account no transaction named.
        """

    @abc.abstractmethod
    def __contains__(self, account: object) -> bool: ...

    def hold(self, payer: str, amount: int, key: str, kind: str = "hold", parent: str | None = None) -> str:
        """Put money aside on the account `escrow:key`; post from there to capture or release it.

        Returns:
            The name of that account.

        Raises:
            ValueError: if the payer has less.
        """
        account = HELD + key
        self.post({payer: -amount, account: amount}, key, kind, parent)
        return account


class Journal(AbstractJournal):
    """Transactions between accounts of whole micro-credits; balances are what they add up to.

    `sum of the entries = 0` in each transaction, and a key counts once: posting it again changes nothing. That makes a run
    that was killed resumable, as long as its keys are deterministic: `Journal.rerun(path)` reads what was posted, the same
    program runs again from its start and sees the balances it saw then, and only what is missing is written. A program that
    takes another course is refused before it writes: everything recorded has to be posted again before anything new.

    An account `name@unit` is kept in another currency (`operator@usd`); entries add up to 0 in each currency.

    Attributes:
        UNDO: kind of a transaction that takes back what a broken episode moved.

    >>> journal = Journal()
    >>> journal.post({"mint": -10, "ann": 10}, "endow ann")
    True
    >>> held = journal.hold("ann", 4, "bid 1")
    >>> journal.post({held: -4, "bob": 4}, "bid 1 paid"), journal.post({held: -4, "bob": 4}, "bid 1 paid")
    (True, False)
    >>> journal["ann"], journal["bob"], journal.imbalance, journal.audit()
    (6, 4, 0, 0)
    """

    UNDO = "undo"

    def __init__(
        self, path: str | Path | None = None, may_owe: Iterable[str] = ("mint", "operator"), sync: bool = False
    ) -> None:
        """Open a journal.

        Args:
            path: a file with one JSON line a transaction, made where there is none; `None` keeps the journal in memory. A
                last line that was cut off is dropped.
            may_owe: accounts that may fall below 0, in any currency.
            sync: wait for the disk after each line; without it a line outlives the process, and not a power failure.

        Raises:
            ValueError: if the file is damaged before its last line.
            BlockingIOError: if another process has it open.
        """
        self._may_owe = frozenset(may_owe)
        self._sync = sync
        self._balances: dict[str, int] = {}
        self._posted: dict[str, Transaction] = {}
        self._recorded: dict[str, Transaction] = {}
        self._file: int | None = None
        if path is not None:
            self._open(Path(path))

    @classmethod
    def rerun(cls, path: str | Path, may_owe: Iterable[str] = ("mint", "operator"), sync: bool = False) -> Journal:
        """Open a journal for the program that wrote it, from its start: what is recorded counts when it is posted again.

        Runs side by side must post in an order that does not depend on the clock; otherwise run them one after the other.
        What was undone at the very end (after Ctrl-C, say, or an exception) is struck out, as if the run had been killed just
        before: it goes on there.

        Raises:
            ValueError: if the file is damaged before its last line.
            BlockingIOError: if another process has it open.
        """
        journal = cls(path, may_owe, sync)
        journal._recorded, journal._posted = journal._posted, {}
        journal._balances.clear()
        journal._strike_out()
        return journal

    def post(self, entries: Mapping[str, int], key: str, kind: str = "", parent: str | None = None) -> bool:
        """Write a transaction; all or nothing.

        Raises:
            ValueError: as in `AbstractJournal.post`, or if a rerun posts something new while something recorded waits.
        """
        before = self._posted.get(key)
        recorded = None if before is not None else self._recorded.get(key)
        transaction = Transaction(key, kind, proper_entries(entries, key), parent)
        known = before or recorded
        if known is not None and known != transaction:
            raise ValueError(
                f"Journal: {key!r} was posted as {known[1:]} and now as {transaction[1:]}; "
                "use another key, or run the same program with the same seed again."
            )
        if before is not None:
            return False
        if recorded is None and self._recorded:
            raise ValueError(
                f"Journal: {key!r} is new, and {len(self._recorded)} recorded transactions wait, the next is "
                f"{next(iter(self._recorded))!r}: this run takes another course than the one on file; "
                "run the same program with the same seed again, or start another file."
            )
        self._afford(transaction)
        if recorded is None:
            self._write(transaction)
        else:
            del self._recorded[key]
        self._count(transaction)
        return recorded is None

    def posted(self, key: str) -> bool:
        """Whether a transaction counts already; in a rerun, one that is only recorded does not."""
        return key in self._posted

    def transaction(self, key: str) -> Transaction | None:
        """What was posted under a key; None if nothing was."""
        return self._posted.get(key)

    def __getitem__(self, account: str) -> int:
        """Balance, micro-credits.

        Raises:
            KeyError: for an account no transaction named.
        """
        if account not in self._balances:
            some = list(self._balances)[:8]
            raise KeyError(f"Journal: no account {account!r}; post to it first. There are {some}.")
        return self._balances[account]

    def __contains__(self, account: object) -> bool:
        return account in self._balances

    def __iter__(self) -> Iterator[str]:
        return iter(self._balances)

    def __len__(self) -> int:
        """Number of transactions."""
        return len(self._posted)

    @property
    def balances(self) -> Mapping[str, int]:
        """Balance of each account, micro-credits; a view that moves along."""
        return MappingProxyType(self._balances)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names, in the order in which they appeared."""
        return tuple(self._balances)

    @property
    def transactions(self) -> tuple[Transaction, ...]:
        """All of them, in order."""
        return tuple(self._posted.values())

    @property
    def waiting(self) -> tuple[Transaction, ...]:
        """What was recorded and, in this rerun, not yet posted again."""
        return tuple(self._recorded.values())

    @property
    def held(self) -> Mapping[str, int]:
        """Money still put aside, by account."""
        return {name: balance for name, balance in self._balances.items() if balance and name.startswith(HELD)}

    @property
    def imbalance(self) -> int:
        """Sum of the sizes of what the accounts of each currency add up to, micro-credits: exactly 0."""
        return sum(map(abs, _sums(self._balances).values()))

    def audit(self) -> int:
        """Add up all transactions again.

        Returns:
            The imbalance, micro-credits: exactly 0.

        Raises:
            ValueError: if a transaction does not add up to 0, an account is below 0 that may not be, or a balance is not
                what its transactions add up to.
        """
        again = Journal(may_owe=self._may_owe)
        for transaction in self._posted.values():
            again._afford(transaction._replace(entries=proper_entries(transaction.entries, transaction.key)))
            again._count(transaction)
        wrong = {
            name: (self._balances.get(name, 0), again._balances.get(name, 0))
            for name in self._balances.keys() | again._balances.keys()
            if self._balances.get(name, 0) != again._balances.get(name, 0)
        }
        if wrong:
            raise ValueError(f"Journal: balances and what the transactions add up to differ: {wrong}.")
        return self.imbalance

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._let_go()
            self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _afford(self, transaction: Transaction) -> None:
        for account, amount in transaction.entries.items():
            balance = self._balances.get(account, 0)
            if amount < 0 and balance + amount < 0 and account.partition("@")[0] not in self._may_owe:
                raise ValueError(
                    f"Journal: {transaction.key!r}: {account!r} has {balance} micro-credits and was to pay {-amount}."
                )

    def _count(self, transaction: Transaction) -> None:
        for account, amount in transaction.entries.items():
            self._balances[account] = self._balances.get(account, 0) + amount
        self._posted[transaction.key] = transaction

    def _write(self, transaction: Transaction) -> None:
        if self._file is None:
            return
        line = (json.dumps({**transaction._asdict(), "entries": dict(transaction.entries)}) + "\n").encode()
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(f"Journal: the disk took only a part of {transaction.key!r}.")
            if self._sync:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._end)  # the next line must not go on from half of this one
            raise
        self._end += len(line)

    def _strike_out(self) -> None:
        """Forget the undoings at the end of the file."""
        while self._recorded and next(reversed(self._recorded.values())).kind == self.UNDO:
            self._recorded.popitem()
        if self._file is not None and self._undone < self._end:
            os.ftruncate(self._file, self._undone)
            self._end = self._undone

    def _open(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._let_go = weakref.finalize(self, os.close, self._file)
        if fcntl is not None:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                self.close()
                raise BlockingIOError(f"Journal: {path} is open in another process; one writes at a time.") from error
        content = path.read_bytes()
        self._end = content.rfind(b"\n") + 1
        os.ftruncate(self._file, self._end)
        self._undone = at = 0  # where the undoings at the end begin
        for number, line in enumerate(content[: self._end].splitlines(keepends=True), 1):
            try:
                transaction = Transaction(**json.loads(line))
                if transaction.key in self._posted:
                    raise ValueError(f"{transaction.key!r} stands twice")
                transaction = transaction._replace(entries=proper_entries(transaction.entries, transaction.key))
                self._afford(transaction)
            except (ValueError, TypeError, AttributeError) as error:
                self.close()
                raise ValueError(f"Journal: {path}, line {number} is damaged ({error}); restore the file.") from error
            self._count(transaction)
            at += len(line)
            if transaction.kind != self.UNDO:
                self._undone = at


def proper_entries(entries: Mapping[str, int], key: str) -> Mapping[str, int]:
    """Entries that move something, checked."""
    kept, total, credits_alone = {}, 0, True
    for account, amount in entries.items():
        if type(amount) is not int:
            raise TypeError(
                f"Journal: {key!r}: amounts are whole micro-credits, got {amount!r} for {account!r}; use to_micro."
            )
        if amount:
            kept[account] = amount
            total += amount
            credits_alone &= "@" not in account
    if total or not credits_alone:  # most transactions are in credits and need no sums by currency
        wrong = {currency: amount for currency, amount in _sums(kept).items() if amount}
        if wrong:
            raise ValueError(
                f"Journal: {key!r}: the entries must add up to 0, they add up to {wrong}; name both sides."
            )
    return kept


def _sums(entries: Mapping[str, int]) -> dict[str, int]:
    """Total of each currency; the empty name is the credit."""
    totals: dict[str, int] = {}
    for account, amount in entries.items():
        currency = account.partition("@")[2]
        totals[currency] = totals.get(currency, 0) + amount
    return totals
