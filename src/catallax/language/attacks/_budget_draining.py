"""Offers that cost whoever reads them more than their authors."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import arena, credits, earned, fact, seller, visit
from catallax.language.bazaar import (
    AbstractContractor,
    Case,
    Informer,
    Inspection,
    InspectionError,
    LanguageModelContractor,
    Limits,
    Offer,
    Reason,
    View,
)
from catallax.language.models import AbstractModel, Finish, Request, Response, Usage

RIDDLE = "§§"


class Stammering(AbstractModel):
    """Costs a micro-dollar for each token it reads, buys texts that end with a full stop, and stammers over a riddle."""

    def __init__(self) -> None:
        self.bill = 0
        """Micro-dollars so far; the ledger of a bazaar has what was reserved."""

    name = "stammering"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - a constant will do

    async def complete(self, request: Request) -> Response:
        content = json.loads(request.messages[-1].content)
        served = "no text is of any use" not in content["briefs"][0]
        good = [e["label"] for e in content["exhibits"] if served and e["text"].endswith(".")]
        text = json.dumps({"keep": good} if "keep" in (request.schema or {})["properties"] else {"buy": bool(good)})
        text = "I, I, I" if any(RIDDLE in e["text"] for e in content["exhibits"]) else text
        read = sum(len(message.content) for message in request.messages) // 4
        self.bill += read
        return Response(text, Usage(read, len(text) // 4), Finish.STOP, request.hash, cost=read)


@dataclass(frozen=True)
class AllAtOnce(AbstractContractor):
    """Puts all exhibits to the model in one question: who makes it stammer spoils the inspection of all, and is refunded."""

    model: Stammering

    def quote(self, case: Case) -> int:
        return 1_000

    async def judge(self, case: Case) -> Inspection:
        self.model.bill += 1_000
        if any(RIDDLE in e.text for e in case.exhibits):
            raise InspectionError(Reason.MALFORMED, 1_000)
        return Inspection(frozenset(e.id for e in case.exhibits if e.text.endswith(".")), 1_000)


async def riddles(view: View, bid: float) -> list[Offer]:
    """A new text each time that the judge cannot answer to."""
    return [Offer.of(f"{RIDDLE} {view.seed}", 0.01, bid)]


async def floods(view: View, bid: float) -> list[Offer]:
    """As many texts as it may, each as long as it may."""
    return [Offer.of(f"{view.seed} {n} ".ljust(20_000, "x"), 0.01, bid / 8) for n in range(8)]


async def too_much(view: View, bid: float) -> list[Offer]:
    """More than it may."""
    return [Offer.of("x" * 10**6, 0.01, bid)] * 100


async def dawdles(view: View, bid: float) -> list[Offer]:
    """No answer at all."""
    await asyncio.sleep(3600)
    return []


WAYS: tuple[Callable[[View, float], Awaitable[list[Offer]]], ...] = (riddles, floods, too_much, dawdles)


@dataclass(frozen=True)
class BudgetDraining(AbstractAttack):
    """Answers slowly, at length, or with what makes a judge fail and be asked again; the twin stays away.

    Args:
        model: who is asked.
        judge: who asks.
        ways: by turns.
    """

    model: Stammering = field(default_factory=Stammering)
    judge: Callable[[Stammering], AbstractContractor] = lambda model: LanguageModelContractor(model, price=20_000)
    ways: tuple[Callable[[View, float], Awaitable[list[Offer]]], ...] = WAYS
    name: ClassVar[str] = "budget draining"
    defence: ClassVar[str] = (
        "limits of size, time and tries; a failure over one text is its author's loss; ceilings of bills"
    )
    figure: ClassVar[str] = "bill of the operator, micro-dollars"

    def trial(self, settings: Settings, seed: int, attacks: bool) -> Trial:
        luck = random.Random(seed)
        true, price = fact(luck), credits(luck, 0.05, 0.2)
        way = self.ways[seed % len(self.ways)]
        sellers = [seller("honest", [(true.text, price, price)])]
        if attacks:
            sellers.append(Informer("attacker", lambda view: way(view, 0.3)))
        impatient = replace(settings.get("limits", Limits()), patience=0.02)
        bazaar, before = (
            arena({**settings, "limits": impatient}, sellers, self.judge(self.model), seed),
            self.model.bill,
        )
        visit(bazaar)
        profit = earned(bazaar, "attacker") if attacks else 0
        return Trial(profit, self.model.bill - before)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        patient = replace(settings.get("limits", Limits()), tries=20, failures=20)
        return replace(self, judge=AllAtOnce), {**settings, "limits": patient}
