"""Offers that cost whoever reads them more than their authors."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from catallax.core import to_credits
from catallax.language.attacks._attack import AWAY, AbstractAttack, Settings, Trial
from catallax.language.attacks._field import AllAtOnce, arena, credits, earned, fact, seller, visit
from catallax.language.bazaar import (
    AbstractContractor,
    Informer,
    LanguageModelContractor,
    Limits,
    Offer,
    View,
)
from catallax.language.models import AbstractModel, Finish, Request, Response, Usage

RIDDLE = "§§"


class Stammering(AbstractModel):
    """Costs a micro-dollar for each token it reads, buys one text that ends with a full stop, the cheapest, and stammers over a riddle."""

    def __init__(self) -> None:
        self.bill = 0
        """Micro-dollars so far; the ledger of a bazaar has what was reserved."""

    name = "stammering"  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride] - a constant will do

    async def complete(self, request: Request) -> Response:
        content = json.loads(request.messages[-1].content)
        served = "no text is of any use" not in content["briefs"][0] and not content["context"]
        goods = sorted((e["price"], e["label"]) for e in content["exhibits"] if served and e["text"].endswith("."))
        good = [label for _, label in goods[:1]]
        text = json.dumps({"keep": good} if "keep" in (request.schema or {})["properties"] else {"buy": bool(good)})
        text = "I, I, I" if any(RIDDLE in e["text"] for e in content["exhibits"]) else text
        read = sum(len(message.content) for message in request.messages) // 4
        self.bill += read
        return Response(text, Usage(read, len(text) // 4), Finish.STOP, request.hash, cost=read)


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


async def nothing(view: View, bid: float) -> list[Offer]:
    """No offer."""
    return []


WAYS: Mapping[str, Callable[[View, float], Awaitable[list[Offer]]]] = {
    "riddles": riddles,
    "floods": floods,
    "too much": too_much,
    "dawdles": dawdles,
}
HIGH = 0.3
"""Credits that are bid for the attention that is to be wasted."""


@dataclass(frozen=True)
class BudgetDraining(AbstractAttack):
    """Answers slowly, at length, or with what makes a judge fail, until a cheaper rival is not looked at any more; then sells its own.

    Args:
        model: who is asked.
        judge: who asks.
    """

    model: Stammering = field(default_factory=Stammering)
    judge: Callable[[Stammering], AbstractContractor] = lambda model: LanguageModelContractor(model, price=20_000)
    name: ClassVar[str] = "budget draining"
    defence: ClassVar[str] = (
        "limits of size, time and tries; a failure over one text is its author's loss; ceilings of bills"
    )
    figure: ClassVar[str] = "bill of the operator, micro-dollars"

    def ways(self) -> Mapping[str, Any]:
        """What it does, and in how many rounds before it sells."""
        return {f"{name}, {rounds} rounds": (name, rounds) for name in WAYS for rounds in (1, 2)}

    def honest(self) -> Mapping[str, Any]:
        """What it asks, in the place of how long it waits."""
        return {**AWAY, "its own alone": ("", 0), "its own, a round later": ("nothing", 1), "cheaper": ("", -1)}

    def trial(self, settings: Settings, seed: int, way: tuple[str, int]) -> Trial:
        name, rounds = way
        luck = random.Random(seed)
        mine = fact(luck)
        theirs = fact(luck, mine.topic, mine.worth)
        rival = credits(luck, 0.002, 0.05)
        price = rival - 1 if rounds < 0 else rival + credits(luck, 0.05, 0.2)

        async def offers(view: View) -> list[Offer]:
            if view.round < rounds:
                return await (nothing if name == "nothing" else WAYS[name])(view, HIGH)
            return [Offer.of(mine.text, to_credits(price), to_credits(price), salt=view.seed)]

        sellers = [seller("rival", [(theirs.text, rival, rival)]), Informer("attacker", offers)]
        impatient = replace(settings.get("limits", Limits()), patience=0.02)
        before = self.model.bill
        bazaar = arena({**settings, "limits": impatient}, sellers, self.judge(self.model), seed)
        visit(bazaar)
        return Trial(earned(bazaar, "attacker"), self.model.bill - before)

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        judge = partial(AllAtOnce, price=20_000)
        return replace(self, judge=judge), {**settings, "slots": 2, "rounds": 3}
