"""The description of the service: every route with its scopes, what it answers, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from catallax.exchange._tokens import SCOPES

REFUSED = {
    401: "No token that counts.",
    403: "A token without the scope, or somebody else's thing.",
    404: "There is none, or one may not see it.",
    409: "Not now, not enough money, or taken.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    422: "A field is wrong; nothing that was sent is repeated.",
    429: "Too many calls; `Retry-After` says how long to wait.",
    503: "The database or the clock is not there now; nothing was changed.",
    507: "The disk is full; nothing was changed.",
}
PROBLEM = {
    "type": "object",
    "description": "Why a call was refused (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:catallax:` and the rule that was broken."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What was expected, and the way out."},
        "field": {"type": "string", "description": "Of the call, if one is to blame."},
    },
    "additionalProperties": False,
}


def described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Makes the description of an application once, when it is asked for."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(get_openapi(title=app.title, version=app.version, routes=app.routes))
        return app.openapi_schema

    return describe


def _completed(schema: dict[str, Any]) -> dict[str, Any]:
    components = schema["components"]
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["schemas"]["Problem"] = PROBLEM
    components["responses"] = {f"P{status}": _problem(text) for status, text in REFUSED.items()}
    components["responses"]["P"] = _problem("Refused for another reason.")
    scopes = "; ".join(f"`{name}`: {meaning}" for name, meaning in SCOPES.items())
    components["securitySchemes"]["token"]["description"] += f" Its scopes say what it is for: {scopes}."
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            for status in _statuses(method, path, operation):
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/P{status}"}
            operation["responses"]["default"] = {"$ref": "#/components/responses/P"}
            if scopes_of(operation):
                named = " and ".join(f"`{scope}`" for scope in scopes_of(operation))
                operation["description"] = (
                    f"{operation.get('description', '')}\n\nTakes a token with the scope {named}."
                )
    return schema


def scopes_of(operation: dict[str, Any]) -> list[str]:
    """Scopes that a route takes, all of them; none for strangers."""
    return [scope for needs in operation.get("security", []) for scope in needs["token"]]


def _statuses(method: str, path: str, operation: dict[str, Any]) -> Iterator[int]:
    yield 429
    yield 503
    if operation.get("security"):
        yield from (401, 403)
    if "{" in path:
        yield 404
    if operation.get("requestBody"):
        yield from (413, 415, 422)
    if operation.get("parameters"):
        yield 422
    if method != "get":
        yield from (409, 507)


def _problem(text: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": text, "content": {"application/problem+json": schema}}
