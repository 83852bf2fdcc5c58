"""Every route of the description: no token, one that is over, one without its scope; a new route cannot be forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catallax.exchange import Settings, create_app, first_token
from catallax.exchange._described import scopes_of
from catallax.exchange._tokens import SCOPES

PUBLIC = {
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
    ("get", "/api/session"),
    ("post", "/api/session"),
    ("post", "/api/parties"),
}


def description() -> dict[str, Any]:
    """What `/api/openapi.json` answers."""
    with TemporaryDirectory() as folder, TestClient(create_app(Settings(f"sqlite:///{folder}/exchange.db"))) as client:
        return client.get("/api/openapi.json").json()


DESCRIPTION = description()
ROUTES = [
    (method, path, operation) for path, found in DESCRIPTION["paths"].items() for method, operation in found.items()
]
LOCKED = [route for route in ROUTES if route[:2] not in PUBLIC]


class Doors:
    """A marketplace, and a token for each thing that can be wrong with one."""

    def __init__(self, client: TestClient, moment: list[float]) -> None:
        self.client = client
        self.admin = first_token(client.app) or ""  # pyright: ignore[reportArgumentType] - it is our app
        self.revoked, self.expired = self.token(list(SCOPES)), self.token(list(SCOPES), expires=1_500_000)
        number = client.get("/api/me/tokens?newest=true&limit=2", headers=self.with_token(self.admin)).json()["items"][
            1
        ]
        assert client.delete(f"/api/me/tokens/{number['id']}", headers=self.with_token(self.admin)).status_code == 200
        assert client.get("/api/me", headers=self.with_token(self.expired)).status_code == 200
        moment[0] = 1_500.0
        self.lacking = {scope: self.token([other for other in SCOPES if other != scope]) for scope in SCOPES}

    def token(self, scopes: list[str], expires: int | None = None) -> str:
        body = {"label": "one", "scopes": scopes, "expires": expires}
        made = self.client.post("/api/me/tokens", json=body, headers=self.with_token(self.admin))
        assert made.status_code == 201, made.text
        return made.json()["token"]

    def with_token(self, token: str) -> dict[str, str]:
        self.keys = getattr(self, "keys", 0) + 1
        return {"Idempotency-Key": f"key-{self.keys:08d}"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def answer(self, method: str, path: str, token: str) -> tuple[int, str]:
        """A call that would be allowed to fail for its body, if it got that far."""
        body: Any = {} if method in ("post", "put", "patch") else None
        where = path.replace("{number}", "1")
        answer = self.client.request(method, where, json=body, headers=self.with_token(token))
        return answer.status_code, answer.json().get("type", "")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    moment = [1_000.0]
    folder: Path = tmp_path_factory.mktemp("doors")
    settings = Settings(f"sqlite:///{folder}/exchange.db", rate=1e6, burst=10**6, strangers=1e6)
    with TestClient(create_app(settings, lambda: moment[0])) as client:
        yield Doors(client, moment)


def test_strangers_come_in_by_these_doors_alone() -> None:
    assert {(method, path) for method, path, _ in ROUTES if not scopes_of(_)} == PUBLIC
    known = {scope for _, _, operation in ROUTES for scope in scopes_of(operation)}
    assert known == set(SCOPES)


@pytest.mark.parametrize(("method", "path", "operation"), LOCKED, ids=[f"{m} {p}" for m, p, _ in LOCKED])
def test_every_route_asks_for_its_scopes(doors: Doors, method: str, path: str, operation: dict[str, Any]) -> None:
    for token in ("", "cx_nobody", doors.revoked, doors.expired):
        assert doors.answer(method, path, token) == (401, "urn:catallax:no-token")
    for scope in scopes_of(operation):
        assert doors.answer(method, path, doors.lacking[scope]) == (403, "urn:catallax:forbidden")
        assert f"`{scope}`" in operation["description"]


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=[f"{m} {p}" for m, p, _ in ROUTES])
def test_every_route_says_what_it_answers_and_how_it_refuses(method: str, path: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    expected = {"429", "503", "default"} | ({"401", "403"} if scopes_of(operation) else set())
    expected |= {"413", "415", "422"} if "requestBody" in operation else set()
    assert expected <= set(answers)
    (said,) = [answer for status, answer in answers.items() if status.startswith("2")]
    kinds = said["content"]
    if "application/json" in kinds:
        assert "$ref" in kinds["application/json"]["schema"]
    else:
        assert path in ("/metrics", "/api/stream")
