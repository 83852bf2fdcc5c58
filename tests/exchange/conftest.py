"""A marketplace of its own for each test, on each database."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import address as address
from browsing import browser as browser
from browsing import page as page
from fastapi.testclient import TestClient
from marketplace import GRANT, Place
from sqlalchemy import create_engine, text

from catallax.exchange import Settings, create_app

SERVER = "CATALLAX_POSTGRES"
"""Environment variable with the URL of a PostgreSQL server that tests may write to."""


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes empty databases, and tells their URLs."""
    count = itertools.count()
    if request.param == "sqlite":
        yield lambda: f"sqlite:///{tmp_path}/exchange{next(count)}.db"
        return
    if not os.environ.get(SERVER):
        pytest.skip(f"no PostgreSQL: export {SERVER}=$(scripts/postgres start)")
    server = create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{os.getpid()}_{id(made):x}_{next(count)}")
        with server.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {made[-1]}"))
        return f"{os.environ[SERVER]}?options=-csearch_path%3D{made[-1]}"

    yield make
    with server.connect() as connection:
        for name in made:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


@pytest.fixture
def database(databases: Callable[[], str]) -> str:
    """URL of an empty database."""
    return databases()


@pytest.fixture
def place(database: str) -> Iterator[Place]:
    moment = [1_000.0]
    app = create_app(Settings(database, grant=GRANT), clock=lambda: moment[0])
    with TestClient(app) as client:
        yield Place(client, moment)
