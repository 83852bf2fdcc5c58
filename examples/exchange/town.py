"""A marketplace with program suppliers, on this machine and offline: post a request, and watch it being answered.

    python examples/exchange/town.py [--port 8000] [--folder runs/exchange]

`dates` counts days, `sums` does arithmetic, and `clerk` writes the answer out of what they found. None of them can do the
other's work, so a request that needs two of them is answered by a chain of three.
"""

from __future__ import annotations

import argparse
import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path

from catallax.exchange.client import Client, Draft, ExchangeError, Job, ProgramSupplier, Sale, Supply

DAYS = re.compile(r"days (?:between|from) (\d{4}-\d\d-\d\d) (?:and|to) (\d{4}-\d\d-\d\d)", re.IGNORECASE)
SHARE = re.compile(r"([\d.,]+)\s*% of ([\d.,]+)")
SAMPLE = "How many days between 2026-03-01 and 2026-11-22, and what is 17% of 2,340?"


def days(text: str) -> Iterator[str]:
    """What there is to count, counted."""
    for first, last in DAYS.findall(text):
        yield f"{(date.fromisoformat(last) - date.fromisoformat(first)).days} days between {first} and {last}"


def sums(text: str) -> Iterator[str]:
    """What there is to calculate, calculated."""
    for share, whole in SHARE.findall(text):
        parts = [Fraction(part.replace(",", "").rstrip(".")) for part in (share, whole)]
        yield f"{share}% of {whole.rstrip('.,')} is {float(parts[0] * parts[1] / 100):g}"


SKILLS: dict[str, Callable[[str], Iterator[str]]] = {"dates": days, "sums": sums}


def specialist(skill: Callable[[str], Iterator[str]], label: str) -> ProgramSupplier:
    """Bids where its skill is wanted and nobody has used it yet; the more, the more is there."""

    def bid(sale: Sale) -> int:
        wanted = any(skill(sale.request.text)) and not sale.last
        new = all(label not in state.teaser for state in sale.chain[1:])
        return sale.request.bounty * (2 * len(sale.chain) - 1) // 10 if wanted and new else 0

    return ProgramSupplier(bid, lambda job: Draft(f"{label}, done", "\n".join(skill(job.request.text))))


def clerk() -> ProgramSupplier:
    """Bids the more for a chain, the more of what is wanted it holds; writes the answer."""

    def bid(sale: Sale) -> int:
        wanted = sum(any(skill(sale.request.text)) for skill in SKILLS.values())
        found = len(sale.chain) - 1
        return sale.request.bounty * 7 * min(found, wanted) // (10 * wanted) if wanted and found else 0

    def work(job: Job) -> Draft:
        found = [state.text or "" for state in job.chain[1:]]
        return Draft(f"an answer from {len(found)} findings", ".\n".join(found) + ".", final=True)

    return ProgramSupplier(bid, work)


TOWN = {"dates": specialist(days, "days"), "sums": specialist(sums, "sums"), "clerk": clerk()}


def settle(url: str, folder: Path, town: dict[str, ProgramSupplier] = TOWN) -> None:
    """Start every supplier in a thread of its own; who was here before is the same party again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, supplier in town.items():
        client, kept = Client(url), folder / f"{name}.token"
        if kept.exists():
            client.token = kept.read_text(encoding="utf-8")
        else:
            kept.write_text(client.sign_up(name).token, encoding="utf-8")
        threading.Thread(target=live, args=(Supply(client, supplier),), daemon=True).start()


def live(supply: Supply) -> None:
    """Go on whatever the service does."""
    while True:
        try:
            supply.run()
        except ExchangeError as error:
            print(f"a supplier waits: {error}", flush=True)
            time.sleep(2.0)


def main() -> None:
    import uvicorn

    from catallax.exchange import Settings, create_app

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--folder", type=Path, default=Path("runs/exchange"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(f"sqlite:///{given.folder}/exchange.db")
    quiet = uvicorn.Config(create_app(settings), port=given.port, log_level="warning", timeout_graceful_shutdown=2)
    server = uvicorn.Server(quiet)
    serving = threading.Thread(target=server.run)
    serving.start()
    try:
        while not server.started and serving.is_alive():
            time.sleep(0.05)
        url = f"http://127.0.0.1:{given.port}"
        settle(url, given.folder)
        print(
            f"{', '.join(TOWN)} are at work.\nOpen {url}, sign up, and post for example:\n  {SAMPLE}\nStop with Ctrl-C.",
            flush=True,
        )
        while serving.is_alive():
            time.sleep(0.5)  # Ctrl-C in the middle of a `join` would count as the thread's end
    except KeyboardInterrupt:
        print("closing")
    finally:
        server.should_exit = True
        serving.join()


if __name__ == "__main__":
    main()
