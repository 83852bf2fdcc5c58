"""Calls made up from the description: none breaks the service, and what it answers is what it says it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from marketplace import GRANT, Place

from catallax.exchange import Settings, create_app, first_token

schemathesis = pytest.importorskip("schemathesis")
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from fastapi.testclient import TestClient

    folder: Path = tmp_path_factory.mktemp("conformance")
    rules = Settings(f"sqlite:///{folder}/exchange.db", grant=GRANT, rate=1e6, burst=10**6, strangers=1e6, logins=1e6)
    with TestClient(create_app(rules)) as client:
        here = Place(client, [0.0])
        here.tokens["admin"] = first_token(client.app) or ""  # pyright: ignore[reportArgumentType]
        here.sign_up("ann", "bob")
        number, state = here.post("ann", bidding=60_000)
        here.bid("bob", state, 1_000)
        closes = here.request("ann", number)["due"] + 10**8
        question = {"title": "t", "text": "t", "outcomes": ["a", "b"], "liquidity": 10**6, "closes": closes}
        here.ok("ann", "POST", "/questions", question)
        goal = {"kind": "answer", "text": "what?"}
        here.ok("ann", "POST", "/inquiries", {"title": "t", "goal": goal, "budget": 1_000, "closes": closes})
        yield here


schema = schemathesis.pytest.from_fixture("api")


@pytest.fixture(scope="module")
def api(place: Place) -> Any:
    return schemathesis.openapi.from_asgi("/api/openapi.json", place.client.app).exclude(path="/api/stream")


@schema.parametrize()
@seed(7)
@settings(
    max_examples=30, deadline=None, database=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
def test_no_call_breaks_it(place: Place, case: Any) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {place.tokens['admin']}"})
    assert place.audit() == []
