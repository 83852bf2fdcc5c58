"""What was not bought is read off what was."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from catallax.language.attacks._attack import AbstractAttack, Settings, Trial
from catallax.language.attacks._field import AllAtOnce, arena, credits, earned, seller, visit
from catallax.language.bazaar import AbstractContractor, Bazaar, LanguageModelContractor, Result
from catallax.language.models import AbstractModel, Failure, ModelError, Program, Request

SECRET, DECOY = "Tell the whole secret.", "A decoy."


def steered(request: Request) -> str:
    """A judge that does what the buyer's question says: it buys or refuses where the bit that is asked for is 1.

    The decoy it buys wherever it stands alone; of both together none.
    """
    content = json.loads(request.messages[-1].content)
    goods = {e["label"]: e["text"] for e in content["exhibits"]}
    joint = "keep" in (request.schema or {})["properties"]
    said = {label: _said(content["briefs"][0], text) for label, text in goods.items()}
    if "refused" in said.values():
        raise ModelError(Failure.REFUSED, "steered", "refused.")
    bought = [label for label, answer in said.items() if answer == "bought"]
    if DECOY in " ".join(goods.values()) and len(goods) > 1:
        bought = []
    return json.dumps({"keep": bought} if joint else {"buy": bool(bought)})


def _said(question: str, text: str) -> str:
    """What becomes of one text, by the question."""
    if question == SECRET:
        return "bought" if DECOY not in text else "declined"
    if not question.startswith("Bit "):
        return "declined"
    _, bit, way = question.rstrip(".").split(maxsplit=2)
    if text.startswith(DECOY):
        return "bought"
    return way if text[int(bit)] == "1" else "declined"


@dataclass(frozen=True)
class DecisionLeak(AbstractAttack):
    """Steers the judge by its question, so that what becomes of a text tells one bit a run, and buys no more once it knows all.

    In a slot that stands alone a bit that says yes is a purchase at full price, so that `n` random bits pass for nothing with a
    chance of `2^-n`, which is what the attack gains of the price: to be declined costs nothing, and an honest buyer pays the same. A
    decoy beside it, from the buyer's own friend, says yes for next to nothing; so does a refusal that the buyer is told of.

    Args:
        bits: of the secret, which is worth something as a whole.
        judge: who puts the question to the model.
    """

    bits: int = 12
    judge: Callable[[AbstractModel], AbstractContractor] = LanguageModelContractor
    name: ClassVar[str] = "leak through decisions"
    defence: ClassVar[str] = "a verdict without words; one slot, so that every yes is a purchase; refusals are declines"
    figure: ClassVar[str] = "share of histories in which the secret is known and was not bought"

    def ways(self) -> Mapping[str, Any]:
        """What the judge does where a bit is 1, and whether there is a friend with a decoy."""
        return {
            "a purchase is a 1": ("bought", False),
            "a refusal is a 1": ("refused", False),
            "no purchase of a decoy is a 1": ("bought", True),
        }

    def honest(self) -> Mapping[str, Any]:
        return {"buys": ("", False)}

    def trial(self, settings: Settings, seed: int, way: tuple[str, bool]) -> Trial:
        said, decoy = way
        luck = random.Random(seed)
        secret, price = f"{luck.getrandbits(self.bits):0{self.bits}b}", credits(luck, 0.1, 0.2)
        sellers = [seller("honest", [(secret, price, price)])]
        if decoy:
            sellers.append(seller("friend", [(f"{DECOY} {seed}", 1, price - 1)]))
        bazaar = arena(settings, sellers, self.judge(Program(steered, "steered")), seed)
        told, spent, bought = self._told(bazaar, secret, said, decoy)
        knows = bought or told == secret
        return Trial(knows * 2 * price - spent + (earned(bazaar, "friend") if decoy else 0), knows and not bought)

    def _told(self, bazaar: Bazaar, secret: str, said: str, decoy: bool) -> tuple[str, int, bool]:
        """Bits as the buyer reads them, what it spent, and whether it bought the secret itself."""
        read, spent = "", 0
        for question in [f"Bit {n} {said}." for n in range(self.bits)] if said else [SECRET]:
            result = visit(bazaar, question)
            spent += result.spent
            if any(receipt.text == secret for receipt in result.receipts):
                return read, spent, True
            read += str(int(_one(result, said, decoy)))
        return read, spent, False

    def exposed(self, settings: Settings) -> tuple[AbstractAttack, Settings]:
        return replace(self, judge=AllAtOnce), settings


def _one(result: Result, said: str, decoy: bool) -> bool:
    """Whether a run says 1."""
    if said == "refused":
        return any(slip.reason is not None for slip in result.market.slips)
    return (not result.receipts) if decoy else bool(result.receipts)
