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
from catallax.exchange.client import AbstractSupplier, Client, Offer, Request, Supply, new_token
from catallax.exchange.suppliers import ModelSupplier, ReasoningSupplier
from catallax.language.models import Provider
from catallax.language.reasoning import BountyShare

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
        begun = self.token_file.with_name(
            f"{self.token_file.name}.new"
        )  # kept first: no answer that is lost takes it along
        if not begun.exists():
            with os.fdopen(os.open(begun, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
                file.write(new_token())
        with Client(self.url, begun.read_text(encoding="utf-8")) as client:
            party = client.sign_up(self.name)
        begun.replace(self.token_file)
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
    bidding, working = round(terms.bidding * 1000), round(terms.working * 1000)
    with access.client() as client:
        number = client.ask(
            title,
            text or title,
            to_micro(bounty),
            stages=terms.stages,
            seats=terms.seats,
            bidding=bidding,
            working=working,
        )
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
        supplier: Annotated[str, tyro.conf.Positional] = "",
        model: Provider = Provider(),  # noqa: B008 - frozen
        role: str = "",
        share: float = 0.1,
        stake: float | None = None,
        dry_run: bool = False,
        seconds: float | None = None,
        pause: float = 0.5,
        access: Annotated[Access, tyro.conf.arg(name="")] = Access(),
    ) -> tuple[str, Provider, str, float, float | None, bool, float | None, float, Access]:
        """Run a supplier: it bids for states and appends to what it wins, until Ctrl-C.

        A program of yours: catallax bid FILE.py:NAME. A language model: catallax bid --model.url http://localhost:8000/v1
        --model.name NAME --model.prompt 0.15 --model.completion 0.6 --model.budget 1 --stake 5 --role "You translate into French."

        Args:
            supplier: FILE.py:NAME of an `AbstractSupplier`, or of a function without arguments that makes one.
            model: a language model at work instead; `--model.budget` is what it may cost in dollars, and has to be given.
            role: what the model is good at, in the words of a prompt.
            share: of the bounty that the model bids for every state.
            stake: credits that may be lost in all, held bids included; everything one has by default.
            dry_run: say what would be bid now, and what the work may cost, and bid nothing; no model is asked to work.
            seconds: how long; for ever by default.
            pause: seconds between two looks.
            access: where, and as whom.
        """
        return supplier, model, role, share, stake, dry_run, seconds, pause, access

    place, model, role, share, stake, dry_run, seconds, pause, access = tyro.cli(
        arguments, args=words, prog="catallax bid"
    )
    if bool(place) == bool(model.url):
        raise UsageError("catallax bid: give FILE.py:NAME of a supplier, or --model.url and --model.name of a model.")
    if stake is not None and not stake >= 0:
        raise UsageError(f"catallax bid: a stake is 0 credits or more, got {stake}.")
    supplier = _model(model, role, share) if model.url else _loaded(place)
    try:
        with access.client() as client:
            supply = Supply(client, supplier, None if stake is None else to_micro(stake))
            if dry_run:
                _tried(supply)
                return 0
            print(f"{client.me().name} is at work at {access.url}; stop it with Ctrl-C", flush=True)
            supply.run(seconds, pause)
    finally:
        if isinstance(supplier, ReasoningSupplier):
            supplier.close()
            if supplier.budget is not None:
                print(supplier.budget.report())
    return 0


def _loaded(place: str) -> AbstractSupplier:
    supplier = load_named(place, "catallax bid")
    if callable(supplier) and not isinstance(supplier, AbstractSupplier):
        supplier = supplier()
    if not isinstance(supplier, AbstractSupplier):
        raise UsageError(
            f"catallax bid: {place} is a {type(supplier).__name__}; expected a supplier with `bid` and `work`."
        )
    return supplier


def _model(provider: Provider, role: str, share: float) -> ModelSupplier:
    if provider.budget is None:
        raise UsageError(
            "catallax bid: say what the model may cost in dollars, --model.budget 1; 0 where it costs nothing."
        )
    try:
        return ModelSupplier.behind(provider, role, BountyShare(share))
    except (ValueError, ImportError) as error:
        raise UsageError(f"catallax bid: {error}") from error


def _tried(supply: Supply) -> None:
    """What would be bid for each state that is for sale."""
    for summary, sale in supply.sales():
        amount = min(supply.supplier.bid(sale), sale.free)
        line = (
            f"request {summary.id}, state {sale.chain[-1].id}, {summary.title!r} for {to_credits(summary.bounty):g}: "
        )
        line += f"a bid of {to_credits(amount):g} credits" if amount > 0 else "no bid"
        if isinstance(supply.supplier, ModelSupplier):
            enough = "" if supply.supplier.affords(sale.pending) else ", more than the budget pays"
            line += f"; the work may cost {to_credits(supply.supplier.reader.most):.4f} dollars{enough}"
        print(line, flush=True)


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
