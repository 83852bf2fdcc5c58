"""What tests of the page share: a running marketplace, Chromium, and pages that may say nothing wrong."""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from catallax.exchange import Settings, create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NASTY = "<img src=x onerror=\"document.title='hit'\">"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    uvicorn = pytest.importorskip("uvicorn")
    settings = Settings(f"sqlite:///{tmp_path_factory.mktemp('page')}/exchange.db", strangers=1000.0)
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    running.join(20.0)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium; apt-get install chromium")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture(params=[(1200, 900), (390, 844)], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Any, address: str) -> Iterator[Any]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height})
    page, wrong = context.new_page(), []
    page.set_default_timeout(15_000)
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.wrong = wrong
    page.goto(address)
    try:
        yield page
        assert wrong == []
        fits(page)
        assert page.title() != "hit"
    finally:
        context.close()


def fits(page: Any) -> None:
    """Nothing sticks out to the side."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


def sign_up(page: Any, name: str) -> str:
    """A new party, logged in; its token."""
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Sign up").click()
    token = page.locator("#token").inner_text()
    page.get_by_role("button", name="Kept it").click()
    page.get_by_role("heading", name="Requests").wait_for()
    return token


def unique(page: Any, name: str) -> str:
    """A name that no other width has taken."""
    return f"{name}-{page.viewport_size['width']}"


def unfold(page: Any, form: str) -> None:
    """Open a form that a phone shows folded."""
    summary = page.locator("summary", has_text=form)
    summary.wait_for()
    if not page.locator("details.posting").evaluate("node => node.open"):
        summary.click()


class Party:
    """Somebody else, who has come by a program."""

    def __init__(self, page: Any, address: str, name: str) -> None:
        self.name, self._url, self._keys = unique(page, name), f"{address}/api", itertools.count()
        self._token = "none"
        self._token = self("/parties", {"name": self.name})["token"]

    def __call__(self, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": f"{self.name} {next(self._keys)}"}
        answer = httpx.request(
            "GET" if body is None else "POST", self._url + path, json=body, headers=headers, verify=False
        )
        assert answer.status_code < 300, answer.text
        return answer.json()
