#!/usr/bin/env python3
"""Take the pictures of the exchange's page that the docs show: `scripts/exchange_pictures.py [FOLDER]`, by default docs/_static.

A marketplace of its own, whose clock begins three days ago, plays three scenes: a request, a question and an inquiry. It needs
playwright, Chromium and Pillow.
"""

from __future__ import annotations

import io
import itertools
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from catallax.exchange import Settings, create_app

DAY = 86_400.0
DESK, PHONE = {"width": 1200, "height": 640}, {"width": 390, "height": 1275}
COLOURS = 256
CREDIT = 1_000_000
ENDS = {"bidding", "open"}
"""Phases that only time ends here."""
TITLE = "Three days in Lisbon"


class Town:
    """A marketplace, its parties, and a clock that can be put on."""

    def __init__(self, url: str, late: list[float]) -> None:
        self.url, self.late = url, late
        self._calls, self._keys = httpx.Client(base_url=f"{url}/api", timeout=60.0), itertools.count()
        self.tokens: dict[str, str] = {}

    def call(self, who: str, method: str, path: str, body: Any = None) -> Any:
        headers = {
            "Authorization": f"Bearer {self.tokens.get(who, 'none')}",
            "Idempotency-Key": f"picture {next(self._keys)}",
        }
        answer = self._calls.request(method, path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    def sign_up(self, *names: str) -> None:
        for name in names:
            self.tokens[name] = self.call("", "POST", "/parties", {"name": name})["token"]

    def now(self) -> float:
        return time.time() - self.late[0]

    def until(self, path: str, phase: str) -> dict[str, Any]:
        """Put the clock on to the end of a phase, and wait until a thing is in the next."""
        while (found := self.call("ann", "GET", path))["phase"] != phase:
            self.late[0] -= max(0.0, (found["due"] or 0.0) / 1000 - self.now()) if found["phase"] in ENDS else 0.0
            time.sleep(0.2)
        return found


@contextmanager
def town() -> Iterator[Town]:
    """A marketplace that is gone afterwards."""
    late = [3 * DAY]
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(f"sqlite:///{folder}/exchange.db"), clock=lambda: time.time() - late[0])
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        serving = threading.Thread(target=server.run)
        serving.start()
        while not server.started and serving.is_alive():
            time.sleep(0.05)
        try:
            yield Town(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", late)
        finally:
            server.should_exit = True
            serving.join(20.0)


def question(town: Town) -> int:
    """Three days of trades on a question with three outcomes."""
    body = {
        "title": "Which team wins the cup on Sunday?",
        "text": "Resolved by the result after extra time and penalties, as the association publishes it.",
        "outcomes": ["Rovers", "United", "Wanderers"],
        "liquidity": 20 * CREDIT,
        "closes": int((town.now() + 6 * DAY) * 1000),
    }
    number = town.call("ann", "POST", "/questions", body)["id"]
    path = [
        (0, 0.42),
        (1, 0.38),
        (0, 0.5),
        (2, 0.2),
        (0, 0.44),
        (1, 0.45),
        (0, 0.31),
        (1, 0.52),
        (2, 0.12),
        (1, 0.61),
        (0, 0.27),
        (1, 0.58),
    ]
    for who, (outcome, price) in zip(itertools.cycle(("bob", "cid", "dot")), path, strict=False):
        town.late[0] -= 0.9 * 3 * DAY / len(path)
        town.call(who, "POST", f"/questions/{number}/trades", {"outcome": outcome, "price": price})
    town.late[0] = min(town.late[0], 0.1)
    return number


def request(town: Town, stop: Callable[[str], None]) -> int:
    """A request that two suppliers answer one after the other."""
    text = "Plan a three-day tour of Lisbon for two people who avoid crowds."
    terms = {"title": TITLE, "text": text, "bounty": 10 * CREDIT, "stages": 2}
    number = town.call("ann", "POST", "/requests", terms)["id"]
    path = f"/requests/{number}"
    for who, amount in (("bob", 2.0), ("cid", 1.2), ("dot", 0.8)):
        bid(town, who, path, "ann", amount)
    town.until(path, "working")
    deliver(town, "bob", "Her tastes, from a diary", "Surfing, local industry, nothing mainstream.")
    deliver(town, "cid", "A tour of ten sights", "The tower, the tram, the castle, the monastery.", final=True)
    deliver(town, "dot", "Weather for the weekend", "Sunny, with wind off the land.")
    town.until(path, "bidding")
    for who, amount in (("cid", 6.5), ("dot", 5.0)):
        bid(town, who, path, "bob", amount)
    town.until(path, "working")
    deliver(
        town,
        "cid",
        "Surf mornings, factory afternoons",
        "Day 1: Carcavelos at seven, the tile factory at three. Day 2: cork and cod.",
    )
    stop("working")
    deliver(town, "dot", "A weather-proof plan with surf", "Saturday at the beach, Sunday in the tram museum.")
    offer = town.until(path, "choosing")["offers"][0]["id"]
    town.call("ann", "POST", f"{path}/pick", {"offer": offer})
    return number


def bid(town: Town, who: str, path: str, author: str, amount: float) -> None:
    """Bid for the first state of somebody."""
    state = next(state["id"] for state in town.call("ann", "GET", path)["states"] if state["author"] == author)
    town.call(who, "POST", "/bids", {"state": state, "amount": round(amount * CREDIT)})


def deliver(town: Town, who: str, teaser: str, text: str, final: bool = False) -> None:
    """Append to what was bought."""
    (bought,) = town.call(who, "GET", "/me/purchases?status=working")["items"]
    town.call(who, "POST", f"/purchases/{bought['id']}/state", {"teaser": teaser, "text": text, "final": final})


def inquiry(town: Town) -> int:
    """Three offers, of which some are bought."""
    goal = {"kind": "answer", "text": "Which tram goes from the centre of Lisbon to Belem, and how often?"}
    body = {
        "title": "Trams to Belem",
        "goal": goal,
        "budget": 2 * CREDIT,
        "slots": 2,
        "closes": int((town.now() + 600) * 1000),
    }
    number = town.call("ann", "POST", "/inquiries", body)["id"]
    sheets = [
        (
            "bob",
            "The line, and when it runs",
            0.6,
            0.02,
            "From Lisbon, tram 15 goes to Belem; it leaves the centre every ten minutes.",
        ),
        ("cid", "A hint for cyclists", 0.4, 0.015, "Bicycles are let along the river at all hours."),
        ("dot", "What the tram costs", 0.3, 0.005, "A ticket on board is more than one from the kiosk."),
    ]
    for who, teaser, price, attention, text in sheets:
        sheet = {"teaser": teaser, "price": round(price * CREDIT), "bid": round(attention * CREDIT), "text": text}
        town.call(who, "POST", f"/inquiries/{number}/information", sheet)
    town.until(f"/inquiries/{number}", "closed")
    return number


class Camera:
    """Pages of Chromium that somebody is logged in with."""

    def __init__(self, browser: Any, town: Town, folder: Path) -> None:
        self._browser, self._town, self._folder = browser, town, folder

    def take(
        self,
        name: str,
        who: str,
        place: str,
        ready: str,
        size: dict[str, int] = DESK,
        scheme: Any = "light",
        do: Any = None,
    ) -> None:
        """One picture, of few colours, for few bytes."""
        context = self._browser.new_context(
            viewport=size, color_scheme=scheme, device_scale_factor=1.0, reduced_motion="reduce"
        )
        page: Page = context.new_page()
        page.goto(self._town.url)
        page.get_by_label("Token").fill(self._town.tokens[who])
        page.get_by_role("button", name="Log in").click()
        page.locator("#purse a").wait_for()
        page.goto(f"{self._town.url}/#/{place}")
        page.get_by_text(ready).first.wait_for()
        if do is not None:
            do(page)
        page.wait_for_timeout(700)  # events that come after the page
        page.evaluate("document.activeElement.blur()")
        whole = Image.open(io.BytesIO(page.screenshot(full_page=size is DESK))).convert("RGB")
        path = self._folder / f"exchange_{name}.png"
        whole.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
        print(f"{path}: {whole.size[0]} x {whole.size[1]}, {path.stat().st_size // 1000} kB")
        context.close()


def quoted(page: Page) -> None:
    """Ask what a trade would cost."""
    page.get_by_label("Outcome").select_option("Rovers")
    page.get_by_label("How much").fill("5")
    page.get_by_role("button", name="Buy for").wait_for()


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/_static")
    with town() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        camera = Camera(browser, place, folder)
        place.sign_up("ann", "bob", "cid", "dot")
        asked = question(place)
        camera.take("question", "bob", f"question/{asked}", "Prices since", do=quoted)
        number = request(place, lambda phase: camera.take(phase, "ann", "request/1", "being worked on"))
        camera.take("closed", "ann", f"request/{number}", "Who added what")
        camera.take("dark", "ann", f"request/{number}", "Who added what", scheme="dark")
        camera.take("phone", "bob", f"question/{asked}", "Prices since", PHONE, do=quoted)
        camera.take("inquiry", "ann", f"inquiry/{inquiry(place)}", "What was paid")
        browser.close()


if __name__ == "__main__":
    main()
