"""The log of a market: rows that never change, in files that others read."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

TRADES = ("trade", "report")
"""Kinds of entries that change what a trader holds."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened to one account."""

    number: int
    """Place in the log, from 0."""
    kind: str
    """"open", "trade" or "resolve"; of a book also "order" and "cancel"; of a decision market "report" instead of "trade"; of a joint
    market "edit", "known" and "links"."""
    trader: str
    """Whose account."""
    shares: tuple[int, ...] = ()
    """Micro-shares of each outcome to the trader, of a report of each action and outcome; of a resolution the micro-credits that a share of each
    is worth."""
    cash: int = 0
    """Micro-credits to the trader; negative: from the trader."""
    before: tuple[float, ...] = ()
    """Prices before."""
    after: tuple[float, ...] = ()
    """Prices after."""
    reason: str = ""
    """What the trader said about it."""
    weight: float = 1.0
    """The most that a share of what happens can pay, credits; above 1 of a report, which is paid by `1 / phi`."""
    about: str = ""
    """Of a joint market what was asked for, JSON."""


class TradeLog(Sequence[Entry]):
    """Entries in the order in which they happened.

    >>> log = TradeLog([Entry(0, "open", "ann", cash=5_000_000)])
    >>> log[0].trader, len(log)
    ('ann', 1)
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = list(entries)

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TradeLog) and self._entries == other._entries

    def append(self, kind: str, trader: str, **what: Any) -> Entry:
        """Write one more row."""
        entry = Entry(len(self), kind, trader, **what)
        self._entries.append(entry)
        return entry

    @property
    def price_path(self) -> Float[np.ndarray, "moments outcomes"]:
        """Prices at the opening and after each trade or report; no row where there was none."""
        trades = [entry for entry in self if entry.kind in TRADES]
        return np.asarray([trades[0].before, *(entry.after for entry in trades)]) if trades else np.zeros((0, 0))

    def save(self, path: str | Path) -> Path:
        """Write a file by its ending: `.csv`, `.jsonl` or `.parquet` (needs the extra `lab`).

        Raises:
            ValueError: for another ending.
        """
        path = Path(path)
        if path.suffix not in _WRITERS:
            raise ValueError(f"TradeLog.save: {path.name} should end in {', '.join(_WRITERS)}.")
        _WRITERS[path.suffix](path, self._entries)
        return path

    @classmethod
    def load(cls, path: str | Path) -> TradeLog:
        """Read a file that `save` wrote.

        Raises:
            ValueError: for another ending, or a file that is not such a log.
        """
        path = Path(path)
        if path.suffix not in _READERS:
            raise ValueError(f"TradeLog.load: {path.name} should end in {', '.join(_READERS)}.")
        try:
            return cls([_entry(row) for row in _READERS[path.suffix](path)])
        except (KeyError, TypeError, json.JSONDecodeError, ValueError) as error:
            raise ValueError(f"TradeLog.load: {path} is not a log that TradeLog.save wrote: {error}.") from error


_LISTS = ("shares", "before", "after")
_WHOLE = ("number", "cash")
_COLUMNS = {"number": "BIGINT", "cash": "BIGINT", "weight": "DOUBLE"}


def _flat(entry: Entry) -> dict[str, Any]:
    """Lists as text, which every kind of file can hold; `repr` of a float loses no digit."""
    row = asdict(entry)
    return row | {name: json.dumps(row[name]) for name in _LISTS}


def _entry(row: dict[str, Any]) -> Entry:
    lists = {name: tuple(json.loads(row[name]) if isinstance(row[name], str) else row[name]) for name in _LISTS}
    whole = {name: int(row[name]) for name in _WHOLE}
    weight = float(row.get("weight", 1.0))  # files from before there were reports have none
    told = {field.name: row[field.name] for field in fields(Entry) if field.name != "weight"}
    return Entry(**{**told, **lists, **whole, "weight": weight})


def _write_csv(path: Path, entries: Sequence[Entry]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Entry)])
        writer.writeheader()
        writer.writerows(_flat(entry) for entry in entries)


def _read_csv(path: Path) -> list[dict[str, Any]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _write_lines(path: Path, entries: Sequence[Entry]) -> None:
    path.write_text("".join(json.dumps(asdict(entry)) + "\n" for entry in entries))


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _write_parquet(path: Path, entries: Sequence[Entry]) -> None:
    import duckdb

    names = [field.name for field in fields(Entry)]
    columns = [f"{name} {_COLUMNS.get(name, 'VARCHAR')}" for name in names]
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE log ({', '.join(columns)})")
        rows = [tuple(_flat(entry).values()) for entry in entries]
        if rows:
            database.executemany(f"INSERT INTO log VALUES ({', '.join('?' * len(names))})", rows)
        database.execute("COPY (SELECT * FROM log ORDER BY number) TO ? (FORMAT parquet)", [str(path)])


def _read_parquet(path: Path) -> list[dict[str, Any]]:
    import duckdb

    with duckdb.connect() as database:
        found = database.execute("SELECT * FROM read_parquet(?) ORDER BY number", [str(path)])
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


_WRITERS = {".csv": _write_csv, ".jsonl": _write_lines, ".parquet": _write_parquet}
_READERS = {".csv": _read_csv, ".jsonl": _read_lines, ".parquet": _read_parquet}
