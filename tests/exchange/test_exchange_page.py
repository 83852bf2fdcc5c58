"""The page in a browser: from a request to the settlement, on a desk and on a phone, with keys alone, and nothing but text from others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import NASTY, sign_up, unfold, unique

from catallax.exchange.client import Client

pytestmark = pytest.mark.long


def test_from_a_request_to_the_settlement(page: Any, address: str, tmp_path: Path) -> None:
    sign_up(page, unique(page, "ann"))
    unfold(page, "Post a request")
    page.get_by_label("In a line").fill(f"Lisbon {NASTY}")
    page.get_by_label("What you want").fill("Plan three days.")
    page.get_by_text("How it is answered").click()
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
    assert "Lisbon <img" in page.title()
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
        page.get_by_text("Expected a number").wait_for()
        page.keyboard.press("Control+A")
        page.keyboard.type("1.25")
        page.keyboard.press("Enter")
        page.get_by_text("Your bid of 1.25 is sealed").wait_for()
        page.reload()
        page.get_by_role("button", name="Take the bid of 1.25 back").wait_for()
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


def test_no_token_is_lost_with_an_answer(page: Any, address: str) -> None:
    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/parties", lose, times=1)
    sign_up(page, unique(page, "eve"))
    page.route("**/api/me/tokens", lose, times=1)
    page.get_by_role("link", name="Account").click()
    page.get_by_label("Label").fill("mine")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator(".token").inner_text()
    assert httpx.get(f"{address}/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert len(page.wrong) == 2 and all("ERR_FAILED" in said for said in page.wrong)
    page.wrong.clear()


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
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.get_by_text("Statement").is_visible()
