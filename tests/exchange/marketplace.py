"""A marketplace with a clock of our own."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from starlette.routing import Match

from catallax.exchange import Settings, create_app
from catallax.exchange._ledger import faults

GRANT = 100_000_000


@contextmanager
def running(
    database: str, moment: list[float] | None = None, contractor: Any = None, **settings: Any
) -> Iterator[Place]:
    """A marketplace on a database."""
    moment = [1_000.0] if moment is None else moment
    rules = Settings(database, grant=GRANT, **settings)
    with TestClient(create_app(rules, lambda: moment[0], contractor)) as client:
        yield Place(client, moment)


def described(app: Any, method: str, path: str) -> TypeAdapter[Any]:
    """The shape that a route says it answers."""
    call = {"type": "http", "method": method, "path": path}
    (route,) = (route for route in app.routes if route.path.startswith("/api") and route.matches(call)[0] is Match.FULL)
    return _shape(route.response_model)


@cache
def _shape(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


class Place:
    """A running marketplace, callers by name, and its clock."""

    def __init__(self, client: TestClient, moment: list[float]) -> None:
        self.client, self.moment = client, moment
        self.tokens: dict[str, str] = {}
        self._keys = itertools.count()

    @property
    def store(self) -> Any:
        return self.client.app.state.house.store  # type: ignore[attr-defined]

    def sign_up(self, *names: str) -> None:
        for name in names:
            self.tokens[name] = self.ok("", "POST", "/parties", {"name": name})["token"]

    def call(self, who: str, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or f"key-{next(self._keys):08d}"}
        if who:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        answer = self.client.request(method, f"/api{path}", json=body, headers=headers)
        if answer.is_success:
            described(self.client.app, method, answer.url.path).validate_python(answer.json())
        return answer

    def ok(self, who: str, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        answer = self.call(who, method, path, body, key)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, status: int, code: str, who: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.call(who, method, path, body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
        assert answer.json()["type"] == f"urn:catallax:{code}", answer.text
        return answer.json()

    def balance(self, who: str) -> int:
        return self.ok(who, "GET", "/me")["balance"]

    def post(self, who: str, **terms: Any) -> tuple[int, int]:
        """A request and its first state."""
        number = self.ok(
            who, "POST", "/requests", {"title": "Lisbon", "text": "Plan it.", "bounty": 10_000_000, **terms}
        )["id"]
        return number, self.request(who, number)["states"][0]["id"]

    def request(self, who: str, number: int) -> dict[str, Any]:
        return self.ok(who, "GET", f"/requests/{number}")

    def until(self, who: str, number: int, phase: str) -> dict[str, Any]:
        """Let the phase of a request end, and wait for the clock to see it."""
        if (now := self.request(who, number))["phase"] == phase:  # its next deadline is not to be passed
            return now
        self.moment[0] = max(self.moment[0], (now["due"] or 0) / 1000)
        for _ in range(400):
            if (found := self.request(who, number))["phase"] == phase:
                return found
            time.sleep(0.01)
        raise AssertionError(f"request {number} is in its phase {found['phase']}, not {phase}")

    def question_until(self, who: str, number: int, phase: str) -> dict[str, Any]:
        """Wait for the clock to see that a question is in a phase."""
        return self.waited(lambda: self.ok(who, "GET", f"/questions/{number}"), phase)

    def inquiry_until(self, who: str, number: int, phase: str) -> dict[str, Any]:
        """Wait until an inquiry is in a phase."""
        return self.waited(lambda: self.ok(who, "GET", f"/inquiries/{number}"), phase)

    def waited(self, look: Callable[[], dict[str, Any]], phase: str) -> dict[str, Any]:
        """Look until a phase is reached."""
        for _ in range(400):
            if (found := look())["phase"] == phase:
                return found
            time.sleep(0.01)
        raise AssertionError(f"it is in its phase {found['phase']}, not {phase}")

    def bid(self, who: str, state: int, amount: int) -> int:
        return self.ok(who, "POST", "/bids", {"state": state, "amount": amount})["id"]

    def working(self, who: str) -> int:
        """The purchase somebody works on."""
        (bought,) = self.ok(who, "GET", "/me/purchases?status=working")["items"]
        return bought["id"]

    def append(self, who: str, teaser: str, text: str, final: bool = False) -> int:
        body = {"teaser": teaser, "text": text, "final": final}
        return self.ok(who, "POST", f"/purchases/{self.working(who)}/state", body)["id"]

    def audit(self) -> list[str]:
        return self.store.look(faults)
