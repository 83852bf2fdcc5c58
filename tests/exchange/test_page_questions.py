"""Prediction questions in a browser: asked, traded at a cost that is shown before, resolved; on a desk and on a phone."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from browsing import NASTY, address, browser, fits, page, sign_up, unfold, unique  # noqa: F401 - fixtures

from catallax.exchange.client import Client

pytestmark = pytest.mark.long
CREDIT = 1_000_000


class Program(Client):
    """A party that trades by calls which the client has no methods for."""

    def call(self, path: str, body: Any = None) -> Any:
        import httpx

        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"page {time.time_ns()}"}
        answer = httpx.request("GET" if body is None else "POST", f"{self.url}/api{path}", json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return answer.json()
