"""Sealed information in a browser: asked for, offered, looked at, bought or forgotten; on a desk and on a phone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from browsing import NASTY, Party, fits, sign_up, unfold, unique

pytestmark = pytest.mark.long
CREDIT = 1_000_000
GOAL = {"kind": "answer", "text": "Which tram goes to Belem?"}


def test_a_buyer_asks_and_reads_what_was_bought(page: Any, address: str) -> None:
    sign_up(page, unique(page, "ann"))
    page.get_by_role("link", name="Information").click()
    page.get_by_role("heading", name="Information").wait_for()
    unfold(page, "Ask for information")
    page.get_by_label("In a line").fill(f"Trams {NASTY}")
    page.get_by_label("You want to know").select_option("choose")
    page.get_by_label("The question").fill(GOAL["text"])
    page.get_by_label("Options").fill("tram 15\ntram 15")
    page.get_by_label("Takes offers for").fill("3")
    page.get_by_label("Unit").select_option("seconds")
    page.get_by_role("button", name="Post").click()
    page.get_by_text("Expected each of them once.").wait_for()
    page.get_by_label("Options").fill(f"tram 15\ntram 28 {NASTY}")
    page.get_by_role("button", name="Post").click()
    page.get_by_text("Waiting for offers").wait_for()
    number = page.url.rpartition("/")[2]
    bob, cid = Party(page, address, "bob"), Party(page, address, "cid")
    terms = {"price": CREDIT, "bid": 1_000}
    bob(
        f"/inquiries/{number}/information",
        terms | {"teaser": f"a line {NASTY}", "text": f"Tram 15 goes to Belem every day. {NASTY}"},
    )
    cid(f"/inquiries/{number}/information", terms | {"teaser": "something else", "text": "Bread is cheap."})
    page.get_by_text("sealed", exact=True).first.wait_for()
    assert not page.get_by_text("every day").is_visible()
    page.get_by_text("What was paid").wait_for()
    page.get_by_text(f"Tram 15 goes to Belem every day. {NASTY}").wait_for()
    page.get_by_text("inspected, forgotten", exact=True).wait_for()
    page.get_by_text("99.00", exact=True).wait_for()


def test_an_informer_offers_withdraws_and_sells(page: Any, address: str) -> None:
    zoe = Party(page, address, "zoe")
    body = {"title": "Trams", "goal": GOAL, "budget": 2 * CREDIT, "closes": int((time.time() + 4) * 1000)}
    number = zoe("/inquiries", body)["id"]
    sign_up(page, unique(page, "dot"))
    page.goto(f"{address}/#/inquiry/{number}")
    page.get_by_label("Teaser").fill("the line")
    page.get_by_label("Text").fill("Tram 15 goes to Belem.")
    page.get_by_label("Price").fill("3")
    page.get_by_role("button", name="Seal and offer").click()
    page.get_by_text("The budget is 2.00 credits, the price 3.00 credits.").wait_for()
    (refused,) = page.wrong  # the browser logs every refusal
    assert "422" in refused
    page.wrong.clear()
    assert page.evaluate("document.activeElement.name") == "price"
    page.get_by_label("Price").fill("0.5")
    page.get_by_role("button", name="Seal and offer").click()
    page.get_by_text("Until somebody buys it nobody can read it").wait_for()
    page.get_by_role("button", name="Withdraw the line").click()
    page.get_by_text("withdrawn", exact=True).wait_for()
    page.get_by_label("Teaser").fill("the line again")
    page.get_by_label("Text").fill("Tram 15 goes to Belem.")
    page.get_by_label("Price").fill("0.5")
    page.keyboard.press("Enter")
    page.get_by_text("What was paid").wait_for()
    page.get_by_text(f"{zoe.name} can read it.").wait_for()
    fits(page)
    assert not page.get_by_text("Tram 15 goes").is_visible()
    (bought,) = [offer for offer in zoe(f"/inquiries/{number}")["offers"] if offer["status"] == "bought"]
    assert bought["text"] == "Tram 15 goes to Belem."
    page.get_by_role("link", name="Account").click()
    page.get_by_text("Information offered").wait_for()
    page.get_by_text("the line again").wait_for()
