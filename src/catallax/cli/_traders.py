"""An exchange from the command line: `catallax ask`, `catallax bid`."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from catallax.cli._commands import UsageError, load_named
from catallax.core import to_credits, to_micro
from catallax.exchange.client import AbstractSupplier, Client, Offer, Request, Supply

TOKEN = "CATALLAX_TOKEN"
"""Variable of the environment that holds a token."""


@dataclass(frozen=True)
class Access:
    """Where the exchange is, and who one is there."""

    url: str = "http://127.0.0.1:8000"
    """Of the exchange."""
    name: str = ""
    """Signs up under this name if there is no token yet."""
    token_file: Path = Path("exchange.token")
    """Where the token is kept; the environment variable CATALLAX_TOKEN goes before it."""

    def client(self) -> Client:
        """A client with a token.

        Raises:
            UsageError: if there is no token and no name to sign up with.
            ExchangeError: if signing up comes to nothing.
        """
        token = os.environ.get(TOKEN, "")
        if not token and self.token_file.exists():
            token = self.token_file.read_text(encoding="utf-8").strip()
        return Client(self.url, token or self._signed_up())

    def _signed_up(self) -> str:
        if not self.name:
            raise UsageError(f"no token: give --name to sign up, or set {TOKEN}, or put one into {self.token_file}.")
        with Client(self.url) as client:
            party = client.sign_up(self.name)
        descriptor = os.open(self.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(party.token)
        print(f"signed up as {party.name} with {to_credits(party.balance):g} credits; token in {self.token_file}")
        return party.token


@dataclass(frozen=True)
class Terms:
    """How a request is answered."""

    stages: int = 3
    """Texts in a chain at most."""
    seats: int = 3
    """Sales of a stage at most."""
    bidding: float = 10.0
    """Seconds in which bids are taken, each stage."""
    working: float = 60.0
    """Seconds in which the winners append."""


def ask(words: list[str]) -> int:
    """Post a request, watch it, and pick."""

    def arguments(
        title: Annotated[str, tyro.conf.Positional],
        text: str = "",
        bounty: float = 1.0,
        pick: Literal["ask", "best", "none"] = "ask",
        terms: Annotated[Terms, tyro.conf.arg(name="")] = Terms(),
        access: Annotated[Access, tyro.conf.arg(name="")] = Access(),
    ) -> tuple[str, str, float, str, Terms, Access]:
        """Post a request with a bounty, wait for offers, and pick one; Ctrl-C leaves it to the page.

        Args:
            title: what is wanted, in a line.
            text: the same at length; the title by default.
            bounty: credits for the offer that is picked.
            pick: who picks: you are asked, the best-ranked offer is taken, or none is picked here.
            terms: how it is answered.
            access: where, and as whom.
        """
        return title, text, bounty, pick, terms, access

    title, text, bounty, pick, terms, access = tyro.cli(arguments, args=words, prog="catallax ask")
    spans = {"bidding": round(terms.bidding * 1000), "working": round(terms.working * 1000)}
    with access.client() as client:
        number = client.ask(title, text or title, to_micro(bounty), stages=terms.stages, seats=terms.seats, **spans)
        print(f"request {number}: {access.url}/#/request/{number}", flush=True)
        request = _watched(client, number)
        if request.phase == "closed":
            print(f"{request.outcome}; the bounty is back")
            return 1
        for place, offer in enumerate(request.offers, 1):
            print(f"{place}. {offer.seller}, who bid {to_credits(offer.bid):g}: {offer.teaser}")
        if pick == "none":
            return 0
        offer = request.offers[0] if pick == "best" else _chosen(request.offers)
        client.pick(number, None if offer is None else offer.id)
        if offer is not None:
            print(f"\n{client.request(number).state(offer.id).text}")
    return 0


def bid(words: list[str]) -> int:
    """Run a supplier until it is stopped."""

    def arguments(
        supplier: Annotated[str, tyro.conf.Positional],
        seconds: float | None = None,
        pause: float = 0.5,
        access: Annotated[Access, tyro.conf.arg(name="")] = Access(),
    ) -> tuple[str, float | None, float, Access]:
        """Run a supplier: it bids for states and appends to what it wins, until Ctrl-C.

        Args:
            supplier: FILE.py:NAME of an `AbstractSupplier`, or of a function without arguments that makes one.
            seconds: how long; for ever by default.
            pause: seconds between two looks.
            access: where, and as whom.
        """
        return supplier, seconds, pause, access

    place, seconds, pause, access = tyro.cli(arguments, args=words, prog="catallax bid")
    supplier = load_named(place, "catallax bid")
    if callable(supplier) and not isinstance(supplier, AbstractSupplier):
        supplier = supplier()
    if not isinstance(supplier, AbstractSupplier):
        raise UsageError(
            f"catallax bid: {place} is a {type(supplier).__name__}; expected a supplier with `bid` and `work`."
        )
    with access.client() as client:
        print(f"{client.me().name} is at work at {access.url}; stop it with Ctrl-C", flush=True)
        Supply(client, supplier).run(seconds, pause)
    return 0


def _watched(client: Client, number: int) -> Request:
    """The request once offers are in or it is closed; what happens meanwhile is told."""
    after = 0
    while True:
        told = client.events(after, subject=f"request/{number}")
        for event in told.items:
            after = event.id
            if event.kind == "state.appended":
                print(f"  {event.data['author']} added: {event.data.get('teaser', 'an offer')}", flush=True)
            elif event.kind == "stage.sold":
                sold = ", ".join(f"{sale['bidder']} paid {to_credits(sale['price']):g}" for sale in event.data["sold"])
                print(f"  stage {event.data['stage']}: {sold or 'nobody bid'}", flush=True)
        request = client.request(number)
        if request.phase in ("choosing", "closed") and not told.items:
            return request
        time.sleep(0.3)


def _chosen(offers: tuple[Offer, ...]) -> Offer | None:
    while True:
        said = input(f"Which one, 1 to {len(offers)}, or 0 for none? ").strip()
        if said.isdigit() and int(said) <= len(offers):
            return offers[int(said) - 1] if int(said) else None
