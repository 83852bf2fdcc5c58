"""The wall of an enclave: a verdict comes out, or a reason, and nothing else."""

from __future__ import annotations

from catallax.language.bazaar._contractors import AbstractContractor, Case, affordable
from catallax.language.bazaar._guarded import guarded
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Inspection, InspectionError, Reason, reason_of
from catallax.language.bazaar._sealed import enclave
from catallax.language.models import ModelError


async def enclosed(contractor: AbstractContractor, case: Case, limits: Limits) -> tuple[Inspection | Reason, int]:
    """Ask a contractor; errors become reasons, their texts and traces end here.

    Returns:
        The verdict made anew of the ids of the case, or the reason why there is none, and the bill in micro-dollars.
    """

    async def judged() -> tuple[Inspection | Reason, int]:
        try:
            return checked(await contractor.judge(case), case)
        except InspectionError as error:
            return error.reason if type(error.reason) is Reason else Reason.BROKEN, billed(error.bill)
        except ModelError as error:
            return reason_of(error), billed(error.cost)

    with enclave():
        found = await guarded(judged, limits.inspection)
    return (found, 0) if isinstance(found, Reason) else found


def checked(found: object, case: Case) -> tuple[Inspection | Reason, int]:
    """A verdict that holds nothing but ids of the case, within the purse."""
    if type(found) is not Inspection:
        return Reason.MALFORMED, 0
    bill = billed(found.bill)
    if type(found.bought) not in (frozenset, set) or not affordable(frozenset(found.bought), case):
        return Reason.MALFORMED, bill
    return Inspection(frozenset(e.id for e in case.exhibits if e.id in found.bought), bill), bill


def billed(amount: object) -> int:
    """A bill that can be trusted to be a number."""
    return amount if type(amount) is int and amount >= 0 else 0


def rounded(bill: int, step: int) -> int:
    """A bill in whole steps: what exactly a sealed call cost could tell what was in it."""
    return -(-bill // step) * step
