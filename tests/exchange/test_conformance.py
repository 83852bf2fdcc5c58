"""Calls made up from the description: none breaks the service, and what it answers is what it says it answers."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed, settings
from marketplace import GRANT, Place
from test_scopes import DESCRIPTION

from catallax.exchange import Settings, create_app, first_token

schemathesis = pytest.importorskip("schemathesis")
GenerationMode = schemathesis.GenerationMode
checks = importlib.import_module("schemathesis.specs.openapi.checks")
BEYOND = {
    "bad-address",  # a webhook outside of the public network
    "bad-time",  # a moment that is over, or too far away
    "bad-token",  # a chosen token that is not random
    "bad-trade",  # shares or a price, not both
    "below-reserve",  # of what is for sale
    "above-budget",
    "no-trade",
    "not-offered",
    "no-outcome",
}
"""Rules that no schema tells: a call that keeps to the schema may break them, and is told so by name."""
ANY_HEALTH: Any = list(HealthCheck)
KEY = "Idempotency-Key"
keys = itertools.count()
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
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


ROUTES = [
    pytest.param(method.upper(), path, mode, id=f"{method} {path} {mode.value}")
    for path, operations in DESCRIPTION["paths"].items()
    for method, operation in operations.items()
    for mode in GenerationMode
    if path != "/api/stream"  # it does not end
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & set(operation)
]


@pytest.fixture(scope="module")
def api(place: Place) -> Any:
    async def running(scope: Any, receive: Any, send: Any) -> None:
        """The application, which is begun and ended by its own client alone."""
        if scope["type"] == "http":
            return await place.client.app(scope, receive, send)
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})

    return schemathesis.openapi.from_asgi("/api/openapi.json", running)


def whole_float(body: Any) -> bool:
    """Whether a whole number is written with a point somewhere: to a schema 2.0 is one, to an account it is not."""
    if isinstance(body, dict | list):
        return any(whole_float(value) for value in (body.values() if isinstance(body, dict) else body))
    return isinstance(body, float) and body.is_integer()


# other threads of the application draw from `random` meanwhile
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize(("method", "path", "mode"), ROUTES)
def test_no_call_breaks_it(
    place: Place, api: Any, method: str, path: str, mode: Any, record_property: Callable[[str, object], None]
) -> None:
    headers = {"Authorization": f"Bearer {place.tokens['admin' if path == '/api/payments' else 'ann']}"}

    named = {parameter["name"] for parameter in DESCRIPTION["paths"][path][method.lower()].get("parameters", [])}

    @seed(7)
    @settings(max_examples=20, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=ANY_HEALTH)
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        lenient = [checks.positive_data_acceptance]
        lenient += [checks.negative_data_rejection] if set(case.query or {}) - named else []
        if mode is GenerationMode.POSITIVE and KEY in named:  # no schema tells that each call takes a new one
            case.headers = {**(case.headers or {}), KEY: f"made up {next(keys)}"}
        made.append(case)
        answer = case.call_and_validate(headers=headers, excluded_checks=lenient)
        if mode is GenerationMode.POSITIVE and answer.status_code == 422 and not whole_float(case.body):
            assert answer.json()["type"].removeprefix("urn:catallax:") in BEYOND, answer.text

    made: list[Any] = []
    holds()
    record_property("calls", len(made))
    assert place.audit() == []
