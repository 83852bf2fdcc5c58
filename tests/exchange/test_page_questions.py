"""Prediction questions in a browser: asked, traded at a cost that is shown before, resolved; on a desk and on a phone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from browsing import NASTY, Party, fits, sign_up, unfold, unique

pytestmark = pytest.mark.long
CREDIT = 1_000_000


def test_an_owner_asks_and_says_what_happened(page: Any, address: str) -> None:
    sign_up(page, unique(page, "ann"))
    page.get_by_role("link", name="Questions").click()
    page.get_by_text("Nobody has asked").or_(page.locator("a.card")).first.wait_for()
    unfold(page, "Ask what will happen")
    page.get_by_label("In a line").fill(f"Rain {NASTY}")
    page.get_by_role("button", name="Post").click()
    page.get_by_text("Please fill this in.").wait_for()
    assert page.evaluate("document.activeElement.name") == "text"
    page.get_by_label("What exactly is meant").fill("By the airport's records.")
    page.get_by_label("Outcomes").fill("rain")
    page.get_by_role("button", name="Post").click()
    page.get_by_text("Expected at least two").wait_for()
    page.get_by_label("Outcomes").fill(f"rain\ndry {NASTY}")
    page.get_by_text("6.931472 credits").wait_for()
    page.get_by_role("button", name="Post").click()
    page.get_by_text("It is yours, so you do not trade").wait_for()
    page.get_by_text("93.07", exact=True).wait_for()
    number = page.url.rpartition("/")[2]
    bob = Party(page, address, "bob")
    made = bob(f"/questions/{number}/trades", {"outcome": 0, "price": 0.75})
    page.get_by_text("75%").first.wait_for()
    assert page.locator("svg.plot path.line").count() == 2
    fits(page)
    page.get_by_role("button", name="Resolve for good").click()
    page.get_by_text("Choose what happened.").wait_for()
    page.get_by_label("rain", exact=True).check()
    page.get_by_role("button", name="Resolve for good").click()
    page.get_by_text("What everybody got").wait_for()
    assert bob("/me")["balance"] == 100 * CREDIT - made["cost"] + made["shares"][0]
    row = page.get_by_role("row", name=bob.name).first
    assert f"{(made['shares'][0] - made['cost']) / CREDIT:.2f}" in row.inner_text()


def test_a_trader_buys_and_sells_with_keys_alone(page: Any, address: str) -> None:
    zoe = Party(page, address, "zoe")
    body = {"title": "Rain?", "text": "At noon.", "outcomes": ["rain", "dry"], "liquidity": 10 * CREDIT}
    number = zoe("/questions", body | {"closes": int((time.time() + 600) * 1000)})["id"]
    sign_up(page, unique(page, "cid"))
    page.goto(f"{address}/#/question/{number}")
    page.get_by_label("How much").focus()
    page.keyboard.type("5")
    page.get_by_role("button", name="Buy for 2.81").wait_for()
    zoe_sees = zoe(f"/questions/{number}")["prices"]
    assert zoe_sees == [0.5, 0.5]  # a quote is no trade
    page.keyboard.press("Enter")
    page.get_by_text("Done: +5.00 rain for 2.80").wait_for()
    page.get_by_text("5.00 shares").wait_for()
    page.get_by_label("What to do").select_option("sell")
    page.get_by_label("How much").focus()
    page.keyboard.type("7")
    page.get_by_text("You hold 5.00 of it").wait_for()
    page.keyboard.press("Backspace")
    page.keyboard.type("5")
    page.get_by_role("button", name="Sell for 2.8").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Done: −5.00 rain").wait_for()
    assert zoe(f"/questions/{number}")["prices"] == pytest.approx([0.5, 0.5])
    page.get_by_label("What to do").select_option("price")
    page.get_by_label("How much").fill("25")
    page.get_by_text("50% → 25%").wait_for()
    fits(page)
    page.get_by_role("button", name="Buy for").click()
    page.get_by_text("Done: +10.99 dry").wait_for()
    page.get_by_role("link", name="Account").click()
    page.get_by_role("link", name="Rain?").wait_for()
