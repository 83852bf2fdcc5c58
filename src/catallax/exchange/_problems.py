"""Everything that can be refused, each with a status, a rule and a way out."""

from __future__ import annotations

import math
from typing import Any

from fastapi.responses import JSONResponse


class Problem(Exception):
    """A refusal: what was wrong, where, and what to do about it.

    Args:
        status: of HTTP.
        code: name of the rule that was broken.
        detail: what was expected, what was seen, and the fix.
        field: of the request, if one is to blame.
        after: seconds to wait before another try, if waiting helps.

    Source: RFC 9457, "Problem Details for HTTP APIs".
    """

    def __init__(
        self, status: int, code: str, detail: str, field: str | None = None, after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.field, self.after = status, code, detail, field, after

    @property
    def body(self) -> dict[str, Any]:
        """As it is sent."""
        named = {} if self.field is None else {"field": self.field}
        title = self.code.replace("-", " ").capitalize()
        return {
            "type": f"urn:catallax:{self.code}",
            "title": title,
            "status": self.status,
            "detail": self.detail,
        } | named


def answer(problem: Problem) -> JSONResponse:
    """What a refused call is answered."""
    headers = {} if problem.after is None else {"Retry-After": str(max(1, math.ceil(problem.after)))}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.body, problem.status, headers, "application/problem+json")


def missing(what: str, number: object) -> Problem:
    """404: there is none, or it is not yours to see."""
    return Problem(404, "not-found", f"There is no {what} {number}, or you may not see it.")


def wrong_state(detail: str) -> Problem:
    """409: not now."""
    return Problem(409, "wrong-state", detail)


def insolvent(account: str, balance: int, amount: int) -> Problem:
    """409: not enough money."""
    return Problem(
        409,
        "insolvent",
        f"{account} has {balance} micro-credits and was to pay {amount} micro-credits; pay in, or withdraw what is held for something else.",
        "amount",
    )


def forbidden(detail: str) -> Problem:
    """403: somebody else may."""
    return Problem(403, "forbidden", detail)
