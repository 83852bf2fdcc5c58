"""The page in a browser: from a request to the settlement, on a desk and on a phone, with keys alone, and nothing but text from others."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catallax.exchange import Settings, create_app
from catallax.exchange.client import Client

pytestmark = pytest.mark.long
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
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.wrong = wrong
    page.goto(address)
    yield page
    assert wrong == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def sign_up(page: Any, name: str) -> str:
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Sign up").click()
    token = page.locator("#token").inner_text()
    page.get_by_role("button", name="Kept it").click()
    page.get_by_role("heading", name="Requests").wait_for()
    return token


def unique(page: Any, name: str) -> str:
    return f"{name}-{page.viewport_size['width']}"


def test_from_a_request_to_the_settlement(page: Any, address: str, tmp_path: Path) -> None:
    sign_up(page, unique(page, "ann"))
    page.get_by_label("In a line").fill(f"Lisbon {NASTY}")
    page.get_by_label("What you want").fill("Plan three days.")
    page.locator("summary").click()
    page.get_by_label("Stages").fill("1")
    page.get_by_label("Bidding").fill("2")
    page.get_by_role("button", name="Post").click()
    page.get_by_text("Waiting for bids").wait_for()
    number = int(page.url.rpartition("/")[2])
    with Client(address) as bob:
        bob.sign_up(unique(page, "bob"))
        bob.bid(bob.request(number).states[0].id, 4_000_000)
        page.get_by_text("1 sealed bid", exact=True).wait_for()
        page.get_by_text("is being worked on").wait_for()
        bob.append(bob.purchases("working").items[0].id, f"three days {NASTY}", "Surf.")
        page.get_by_text("Pick an offer").wait_for()
        assert not page.get_by_text("Surf.").is_visible()
        page.get_by_role("button", name="Pick the offer of").click()
        page.get_by_text("Who added what, and earned what").wait_for()
        assert page.get_by_text("Surf.").is_visible()
        assert bob.me().balance == 106_000_000
    page.get_by_text("94.00", exact=True).wait_for()
    assert page.title() == "catallax exchange"
    page.get_by_role("link", name="Account").click()
    page.get_by_text(f"request/{number}", exact=True).wait_for()


def test_a_supplier_bids_and_delivers_with_keys_alone(page: Any, address: str) -> None:
    with Client(address) as zoe:
        zoe.sign_up(unique(page, "zoe"))
        sign_up(page, unique(page, "cid"))
        number = zoe.ask("Two words", "Say two words.", 5_000_000, stages=1, bidding=8_000)
        page.goto(f"{address}/#/request/{number}")
        page.get_by_label("Bid").focus()
        page.keyboard.type("nonsense")
        page.keyboard.press("Enter")
        page.get_by_text("Expected credits").wait_for()
        page.keyboard.press("Control+A")
        page.keyboard.type("1.25")
        page.keyboard.press("Enter")
        page.get_by_text("Your bid of 1.25 is sealed").wait_for()
        page.get_by_text("You won").wait_for()
        page.get_by_label("Teaser").focus()
        page.keyboard.type("two words")
        page.keyboard.press("Tab")
        page.keyboard.type("Hello world")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_text("offers are in").first.wait_for()
        zoe.pick(number, zoe.request(number).offers[0].id)
        page.get_by_text("Who added what, and earned what").wait_for()
        page.get_by_text("103.75", exact=True).wait_for()


def test_a_token_logs_in_and_out(page: Any, address: str) -> None:
    token = sign_up(page, unique(page, "dot"))
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Token").fill("cx_wrong")
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("There is no such token").wait_for()
    (logged,) = page.wrong  # the browser logs every refusal
    assert "401" in logged
    page.wrong.clear()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Log in").click()
    page.get_by_text("Statement").wait_for()
