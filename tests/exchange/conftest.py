"""A marketplace of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from marketplace import GRANT, Place

from catallax.exchange import Settings, create_app


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    moment = [1_000.0]
    app = create_app(Settings(f"sqlite:///{tmp_path}/exchange.db", grant=GRANT), clock=lambda: moment[0])
    with TestClient(app) as client:
        yield Place(client, moment)
