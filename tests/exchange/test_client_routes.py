"""The clients and the description of the service: no route without a method, no field of an answer without a place in its record."""

from __future__ import annotations

import asyncio
import inspect
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args, get_origin

import httpx
import pytest
from test_scopes import DESCRIPTION

import catallax.exchange.client
from catallax.exchange.client import AsyncClient, Client, Goal, Page
from catallax.exchange.client._call import Call, Method

OTHERS = {
    "get /healthz",
    "get /readyz",
    "get /metrics",
    "get /api/session",
    "post /api/session",
    "delete /api/session",
}
"""For who runs it, and for the page: programs carry a token and no cookie."""
ROUTES = {
    f"{method} {path}": operation for path, found in DESCRIPTION["paths"].items() for method, operation in found.items()
}
METHODS = {
    name: found for base in reversed(Client.__mro__) for name, found in vars(base).items() if isinstance(found, Method)
}
SAMPLES = {"int": 7, "str": "word", "float": 0.5, "Sequence[str]": ("read", "ask"), "Goal": Goal("answer", "what?")}


def sample(make: Any) -> Call[Any]:
    """A call with every argument that has no default."""
    needed = {
        name: SAMPLES.get(parameter.annotation, 7)
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    }
    return make(**needed)


def route(call: Call[Any]) -> str:
    return f"{call.method.lower()} /api{re.sub(r'/7(?=/|$)', '/{number}', call.path)}"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return DESCRIPTION["components"]["schemas"][name] if name else schema


def answered(operation: dict[str, Any]) -> dict[str, Any]:
    (good,) = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    return resolved(good["content"]["application/json"]["schema"])


def test_every_route_has_a_method_in_both_clients() -> None:
    made = {route(sample(method.make)) for method in METHODS.values()} | {"get /api/stream"}
    assert made == set(ROUTES) - OTHERS
    public = [{name for name in dir(kind) if not name.startswith("_")} | set(METHODS) for kind in (Client, AsyncClient)]
    assert public[0] == public[1] >= {"sign_up", "stream"}
    for name, method in METHODS.items():
        assert getattr(AsyncClient, name) is method and (name.startswith("_") or method.__doc__), name


@pytest.mark.parametrize("name", METHODS)
def test_what_is_sent_and_what_is_read_are_as_described(name: str) -> None:
    method = METHODS[name]
    call, parameters = sample(method.make), inspect.signature(method.make).parameters
    operation = ROUTES[route(call)]
    named = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    assert set(call.query) == named
    body = operation.get("requestBody")
    form = resolved(body["content"]["application/json"]["schema"]) if body else {"properties": {}}
    assert set(form.get("required", ())) <= set(call.body or {}) <= set(form["properties"])
    if "terms" not in parameters and body:
        assert set(form["properties"]) - {"kind"} <= set(parameters) | set(call.body or {})
    kind, answer = method.kind, answered(operation)
    if get_origin(kind) is Page:
        kind, answer = get_args(kind)[0], resolved(answer["properties"]["items"]["items"])
    if kind not in (int, type(None)):
        named = {field.name for field in fields(kind)}
        assert set(answer["properties"]) <= named, "give it a field"
        assert {field.name for field in fields(kind) if field.default is MISSING} <= set(answer["properties"])


EVENTS = "".join(
    f'id: {number}\ndata: {{"id": {number}, "at": 0, "kind": "k", "subject": "s/1", "data": {{}}}}\n\n'
    for number in (4, 5)
)


def streaming() -> tuple[list[str], httpx.MockTransport]:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        if request.url.path == "/api/events":
            row = {"id": 3, "at": 0, "kind": "k", "subject": "s/1", "data": {}}
            return httpx.Response(200, json={"items": [row], "next": None})
        if len(asked) == 2:
            raise httpx.ReadError("broken")
        if len(asked) == 3:
            return httpx.Response(200, text=": still here\n\n" + EVENTS)
        return httpx.Response(401, json={"type": "urn:catallax:no-token", "detail": "d"})

    return asked, httpx.MockTransport(handle)


def test_a_stream_goes_on_after_what_was_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catallax.exchange.client._stream.pause", lambda trial, response: 0.0)

    def heard() -> list[int]:
        with Client("http://exchange", "cx_", transport=transport) as client:
            told = client.stream()
            return [next(told).id, next(told).id, *(event.id for event in ended(told))]

    async def heard_meanwhile() -> list[int]:
        found = []
        async with AsyncClient("http://exchange", "cx_", transport=transport) as client:
            with pytest.raises(Exception, match="no-token"):
                async for event in client.stream():
                    found.append(event.id)
        return found

    def ended(told: Any) -> list[Any]:
        with pytest.raises(Exception, match="no-token"):
            next(told)
        return []

    for listen in (heard, lambda: asyncio.run(heard_meanwhile())):
        asked, transport = streaming()
        assert listen() == [4, 5]
        assert asked == ["after=0&limit=1&newest=true", "after=3", "after=3", "after=5"]


def test_a_program_needs_no_server() -> None:
    program = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"fastapi", "starlette", "sqlalchemy", "alembic", "uvicorn", "pydantic", "prometheus_client"}:
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Absent())
import catallax.exchange.client
from catallax.exchange import suppliers
suppliers.ModelSupplier
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120)
    for path in Path(catallax.exchange.client.__file__).parent.glob("*.py"):
        imported = re.findall(r"^\s*(?:from|import) (\S+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        others = {name for name in imported if not name.startswith("catallax.exchange.client")}
        assert not {name for name in others if name.split(".")[0] in ("catallax", "jax", "numpy")}, path
