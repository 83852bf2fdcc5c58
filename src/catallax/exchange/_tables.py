"""What is stored: one table an idea."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    Text,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

metadata = MetaData(
    # every constraint has a name, so that a migration can change it
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys alone
NAME = 80
KEY = 160


def _id() -> Column:
    return Column("id", Number, primary_key=True, autoincrement=True)


def _at(name: str = "at", nullable: bool = False) -> Column:
    """A moment, milliseconds since 1970."""
    return Column(name, BigInteger, nullable=nullable)


def _party(name: str, nullable: bool = False) -> Column:
    return Column(name, String(NAME), ForeignKey("party.name"), nullable=nullable)


def _of(table: str, nullable: bool = False) -> Column:
    return Column(table, Number, ForeignKey(f"{table}.id"), nullable=nullable)


# Money: whole micro-credits

account = Table(
    "account",
    metadata,
    Column("name", String(KEY), primary_key=True),
    Column("balance", BigInteger, nullable=False),
    Column("may_owe", Boolean, nullable=False),
    CheckConstraint("may_owe OR balance >= 0", name="solvent"),
)
posting = Table(
    "posting",
    metadata,
    _id(),
    Column("key", String(KEY), nullable=False, unique=True),
    Column("kind", String(40), nullable=False),
    Column("parent", String(KEY)),
    _at(),
)
entry = Table(
    "entry",
    metadata,
    Column("posting", Number, ForeignKey("posting.id"), primary_key=True),
    Column("account", String(KEY), ForeignKey("account.name"), primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Index(None, "account", "posting"),
)

# Who is there

party = Table("party", metadata, _id(), Column("name", String(NAME), nullable=False, unique=True), _at())
token = Table(
    "token",
    metadata,
    _id(),
    Column("hash", String(64), nullable=False, unique=True),
    _party("party"),
    Column("label", String(NAME), nullable=False),
    Column("scopes", String(200), nullable=False),
    _at(),
    _at("expires", nullable=True),
    _at("revoked", nullable=True),
    Column("origin", Number, ForeignKey("token.id")),
    Index(None, "party"),
)
answered = Table(
    "answered",
    metadata,
    _party("party"),
    Column("key", String(KEY), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    _at(),
    Index(None, "party", "key", unique=True),
)

# Requests and the chains that answer them

request = Table(
    "request",
    metadata,
    _id(),
    _party("owner"),
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("bounty", BigInteger, nullable=False),
    Column("reserve", BigInteger, nullable=False),
    Column("stages", Integer, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("bidding", BigInteger, nullable=False),
    Column("working", BigInteger, nullable=False),
    Column("choosing", BigInteger, nullable=False),
    Column("auction", String(20), nullable=False),
    Column("settlement", String(20), nullable=False),
    Column("rank", String(20), nullable=False),
    _at(),
    Column("stage", Integer, nullable=False),
    Column("phase", String(20), nullable=False),
    _at("due", nullable=True),
    Column("outcome", String(40)),
    Index(None, "due"),
    Index(None, "phase", "id"),
    Index(None, "owner"),
)
state = Table(
    "state",
    metadata,
    _id(),
    _of("request"),
    Column("parent", Number, ForeignKey("state.id")),
    Column("purchase", Number, ForeignKey("purchase.id", use_alter=True, name="fk_state_purchase")),
    _party("author"),
    Column("stage", Integer, nullable=False),
    Column("teaser", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("status", String(20), nullable=False),
    _at(),
    Column("score", Double),
    Index(None, "request", "status"),
)
bid = Table(
    "bid",
    metadata,
    _id(),
    _of("request"),
    _of("state"),
    Column("stage", Integer, nullable=False),
    _party("bidder"),
    Column("amount", BigInteger, nullable=False),
    Column("status", String(20), nullable=False),
    _at(),
    Index(None, "request", "stage", "status"),
    Index(None, "bidder"),
)
purchase = Table(
    "purchase",
    metadata,
    _id(),
    _of("request"),
    _of("state"),
    Column("stage", Integer, nullable=False),
    _party("buyer"),
    _party("seller"),
    Column("bid", BigInteger, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("after", Number, ForeignKey("purchase.id")),
    Column("status", String(20), nullable=False),
    Column("received", BigInteger, nullable=False),
    _at(),
    Index(None, "request", "status"),
    Index(None, "buyer"),
)
record = Table(
    "record",
    metadata,
    Column("party", String(NAME), ForeignKey("party.name"), primary_key=True),
    Column("shown", Integer, nullable=False),
    Column("picked", Integer, nullable=False),
)

# Questions about what will happen

question = Table(
    "question",
    metadata,
    _id(),
    _party("owner"),
    Column("title", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("outcomes", JSON, nullable=False),
    Column("liquidity", BigInteger, nullable=False),
    Column("loss", BigInteger, nullable=False),
    Column("fund", BigInteger, nullable=False),
    Column("sold", JSON, nullable=False),
    Column("prices", JSON, nullable=False),
    Column("volume", BigInteger, nullable=False),
    Column("turns", Integer, nullable=False),
    _at("closes"),
    Column("resolving", BigInteger, nullable=False),
    _at(),
    Column("phase", String(20), nullable=False),
    _at("due", nullable=True),
    Column("outcome", Integer),
    Column("ending", String(20)),
    Index(None, "phase", "due"),
    Index(None, "owner"),
)
trade = Table(
    "trade",
    metadata,
    _id(),
    _of("question"),
    Column("turn", Integer, nullable=False),
    _party("party"),
    Column("outcome", Integer, nullable=False),
    Column("shares", JSON, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("prices", JSON, nullable=False),
    _at(),
    Index(None, "question", "turn", unique=True),
    Index(None, "party"),
)
holding = Table(
    "holding",
    metadata,
    _id(),
    _of("question"),
    _party("party"),
    Column("shares", JSON, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("received", BigInteger),
    Index(None, "question", "party", unique=True),
    Index(None, "party"),
)

# Sealed information: who asks, and who informs

inquiry = Table(
    "inquiry",
    metadata,
    _id(),
    _party("owner"),
    Column("title", String(200), nullable=False),
    Column("goal", JSON, nullable=False),
    Column("budget", BigInteger, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("reserve", BigInteger, nullable=False),
    _at("closes"),
    _at(),
    Column("phase", String(20), nullable=False),
    _at("due", nullable=True),
    Column("tries", Integer, nullable=False),
    Column("outcome", String(20)),
    Column("reason", String(20)),
    Column("spent", BigInteger, nullable=False),
    Index(None, "phase", "due"),
    Index(None, "owner"),
)
information = Table(
    "information",
    metadata,
    _id(),
    _of("inquiry"),
    _party("informer"),
    Column("teaser", String(200), nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("bid", BigInteger, nullable=False),
    Column("text", Text),
    Column("key", String(KEY)),
    Column("status", String(20), nullable=False),
    Column("inspected", Boolean, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("reason", String(20)),
    _at(),
    Index(None, "inquiry", "status"),
    Index(None, "informer"),
)

# What others are told

event = Table(
    "event",
    metadata,
    _id(),
    _at(),
    Column("kind", String(40), nullable=False),
    Column("subject", String(NAME), nullable=False),
    Column("audience", String(NAME)),
    Column("data", JSON, nullable=False),
    Index(None, "subject"),
)
webhook = Table(
    "webhook",
    metadata,
    _id(),
    _party("party"),
    Column("url", String(500), nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("secret", String(NAME), nullable=False),
    Column("status", String(20), nullable=False),
    Column("after", BigInteger, nullable=False),
    _at("due"),
    Column("failures", Integer, nullable=False),
    Column("failed", String(40)),
    _at(),
    Index(None, "status", "due"),
    Index(None, "party"),
)


def inserted(connection: Connection, table: Table, **values: Any) -> int:
    """Write a row; returns its number."""
    number = connection.scalar(_insertion(table), values)
    assert number is not None
    return number


def numbered(connection: Connection, table: Table, number: int) -> Row | None:
    """The row with a number; None if there is none."""
    return connection.execute(_selection(table), {"number": number}).first()


def changed(connection: Connection, table: Table, number: int, **values: Any) -> None:
    """Write other values into the row with a number."""
    connection.execute(_change(table), {"number": number, **values})


# Statements that are run for every call are built once: to build one takes longer than to run it.


@cache
def _insertion(table: Table) -> ReturningInsert:
    return insert(table).returning(table.c.id)


@cache
def _selection(table: Table) -> Select:
    return select(table).where(table.c.id == bindparam("number"))


@cache
def _change(table: Table) -> Update:
    return update(table).where(table.c.id == bindparam("number"))
