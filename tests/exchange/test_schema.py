"""Migrations make exactly the tables the program works with, and nobody works on tables of another time."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, inspect, text

from catallax.cli import main
from catallax.exchange import Settings, create_app, first_token
from catallax.exchange import _schema as schema
from catallax.exchange import _tables as tables
from catallax.exchange._store import Store


def described(engine: Engine) -> dict[str, Any]:
    """Everything a database knows of its tables."""
    seen = inspect(engine)
    return {
        table: {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], str(c.get("autoincrement"))) for c in seen.get_columns(table)
            ],
            "key": seen.get_pk_constraint(table),
            "foreign": sorted(map(str, seen.get_foreign_keys(table))),
            "unique": sorted(map(str, seen.get_unique_constraints(table))),
            "checks": sorted(map(str, seen.get_check_constraints(table))),
            "indexes": sorted(map(str, seen.get_indexes(table))),
        }
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_make_the_tables_of_the_program(databases: Any) -> None:
    made, migrated = (create_engine(databases()) for _ in range(2))
    tables.metadata.create_all(made)
    assert schema.upgrade(migrated.url.render_as_string(hide_password=False)) == (None, schema.newest())
    assert described(migrated) == described(made)
    assert set(described(migrated)) == set(tables.metadata.tables)
    for engine in (made, migrated):
        engine.dispose()


def test_a_server_makes_its_tables_once_and_refuses_those_of_another_time(databases: Any) -> None:
    url = databases()
    for _ in range(2):
        create_app(Settings(url)).state.house.store.close()
    store = Store(url)
    older = "UPDATE alembic_version SET version_num = "
    with store.engine.begin() as connection:
        connection.execute(text(f"{older}'9999'"))
    with pytest.raises(schema.SchemaError, match="9999, newer than this program"):
        create_app(Settings(url))
    with pytest.raises(schema.SchemaError, match="9999, newer than this program"):
        schema.upgrade(url)
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(schema.SchemaError, match="a database of its own"):
        create_app(Settings(url))
    store.close()


def test_pending_migrations_name_their_command(databases: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    url = databases()
    schema.upgrade(url)
    monkeypatch.setattr(schema, "newest", lambda: "0099")
    with pytest.raises(schema.SchemaError, match=r"at 0099: .* run `catallax migrate --database "):
        create_app(Settings(url))


def test_the_command_migrates_and_the_administrator_gets_one_token(
    databases: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    url = databases()
    for told in (f"migration none -> {schema.newest()}\n", f"migration {schema.newest()}: nothing to do\n"):
        assert main(["migrate", "--database", url]) == 0
        assert capsys.readouterr().out == told
    app = create_app(Settings(url))
    token, again = first_token(app), first_token(app)
    assert again is None
    with TestClient(app) as client:
        seen = client.get("/api/me", headers={"Authorization": f"Bearer {token}"}).json()
        assert ("admin" in seen["scopes"], seen["balance"]) == (True, 0)
        assert client.post("/api/parties", json={"name": "admin"}).status_code == 422


def test_what_requesters_look_at_stays_in_sight_through_a_migration(databases: Any) -> None:
    url = databases()
    engine = create_engine(url)
    words = {"title": "t", "text": "t", "auction": "a", "settlement": "s", "rank": "r", "phase": "choosing"}
    sizes = dict.fromkeys(("bounty", "reserve", "stages", "seats", "shown", "bidding", "working", "choosing"), 1)
    rows = [
        ("party", {"id": 1, "name": "ann", "at": 0}),
        ("token", {"id": 1, "hash": "h", "party": "ann", "label": "l", "scopes": "read", "at": 0}),
        ("request", {"id": 1, "owner": "ann", "at": 0, "stage": 1, **words, **sizes}),
        ("state", _state(1, "for-sale", None)),
        ("purchase", {"id": 1, "request": 1, "state": 1, "stage": 1, "buyer": "ann", "seller": "ann", "bid": 7, "price": 7,
                      "status": "delivered", "received": 0, "at": 0}),
        ("state", _state(2, "offered", 1)),
        ("state", _state(3, "withdrawn", 1)),
    ]  # fmt: skip
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0003")
        for table, row in rows:
            columns = ", ".join(row)
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES (:{', :'.join(row)})"), row)
    assert schema.upgrade(url) == ("0003", schema.newest())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT score FROM state ORDER BY id")).scalars().all() == [None, 7.0, None]
        assert connection.execute(text("SELECT hash, origin FROM token")).all() == [("h", None)]
    engine.dispose()


def _state(number: int, status: str, purchase: int | None) -> dict[str, Any]:
    words = {"author": "ann", "teaser": "t", "text": "t", "status": status}
    return {"id": number, "request": 1, "purchase": purchase, "stage": 1, "at": 0, **words}
