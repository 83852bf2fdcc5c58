"""The wall of an enclave: a verdict comes out, or a reason, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeGuard

from catallax.language.bazaar._contractors import AbstractContractor, Case, affordable
from catallax.language.bazaar._guarded import guarded
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Inspection, InspectionError, Reason, reason_of
from catallax.language.bazaar._sealed import enclave
from catallax.language.models import ModelError

MOST = 10**12
"""Micro-dollars that a quote may be."""
LOT = 1_024
"""Characters of the shortest text that a quote is asked for; longer ones have 2, 4, 8... times as many."""


async def quoted(contractor: AbstractContractor, case: Case, limits: Limits) -> int | None:
    """What a verdict costs at most, micro-dollars: a step, or 2, 4, 8... of them; None for no such amount.

    It is booked, and seen by all, so that it is asked for by lengths of texts alone, once, before any of them is read, and told in a
    few levels: a contractor that remembers could talk by it.
    """
    blank = given(case, lambda text: "x" * max(LOT, 1 << (len(text) - 1).bit_length()))

    async def asked() -> object:
        return contractor.quote(blank)

    found = await guarded(asked, limits.inspection)
    if not an_amount(found):
        return None
    steps = -(-found // limits.bill_step)
    return limits.bill_step << (steps - 1).bit_length() if steps else 0


def an_amount(found: object) -> TypeGuard[int]:
    """Whether it is micro-dollars that can be booked."""
    return type(found) is int and 0 <= found <= MOST


async def enclosed(
    contractor: AbstractContractor, case: Case, limits: Limits, quote: int
) -> tuple[Inspection | Reason, bool]:
    """Ask a contractor; errors become reasons, their texts and traces end here.

    Returns:
        The verdict made anew of the ids of the case, or the reason why there is none, and whether its bill was above its quote.
    """
    theirs = given(case)

    async def judged() -> tuple[Inspection | Reason, int]:
        try:
            return checked(await contractor.judge(theirs), case)
        except InspectionError as error:
            return error.reason if type(error.reason) is Reason else Reason.BROKEN, billed(error.bill)
        except ModelError as error:
            return reason_of(error), billed(error.cost)

    with enclave():
        answer = await guarded(judged, limits.inspection)
    found, bill = (answer, 0) if isinstance(answer, Reason) else answer
    return found, bill > quote


def given(case: Case, shown: Callable[[str], str] = str) -> Case:
    """A copy for others, who could alter it: the verdict is checked against the original."""
    levels = tuple(
        level._replace(brief=level.brief.copy(), exhibits=tuple(e._replace(text=shown(e.text)) for e in level.exhibits))
        for level in case.levels
    )
    known = tuple(replace(receipt, text=shown(receipt.text)) for receipt in case.known)
    return Case(levels, known, case.purses, case.seed, case.attempt, case.recall)


def checked(found: object, case: Case) -> tuple[Inspection | Reason, int]:
    """A verdict that holds nothing but ids of the case, within the purse."""
    if type(found) is not Inspection:
        return Reason.MALFORMED, 0
    bill = billed(found.bill)
    if type(found.bought) not in (frozenset, set):
        return Reason.MALFORMED, bill
    bought = frozenset(e.id for e in case.exhibits if e.id in found.bought)
    if len(bought) != len(found.bought) or not affordable(bought, case):
        return Reason.MALFORMED, bill
    return Inspection(bought, bill), bill


def billed(amount: object) -> int:
    """A bill that can be trusted to be a number."""
    return amount if type(amount) is int and amount >= 0 else 0
