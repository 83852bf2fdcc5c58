"""The information bazaar under attack: leaks, books and ends of ten thousand random episodes, and whether the tests would see a leak."""

from __future__ import annotations

import contextlib
import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import _bazaar_episodes as episodes
import _bazaar_greed as greed
import _bazaar_smugglers as smugglers

from catallax.lab import Context, Finding, Report
from catallax.language import bazaar as bz
from catallax.language.bazaar import _enclosed, _session


@dataclass(frozen=True)
class Config:
    """Settings."""

    episodes: int = 10_000
    """Random episodes."""
    twins: int = 2_000
    """Of those, episodes that are run again with other texts in place of all that was not bought."""
    secrets: int = 2_048
    """Secrets that a contractor, or a sealed informer, tries to pass in each setting."""
    duels: int = 500
    """Episodes of informers that always bid and contractors that always buy."""
    mutants: int = 150
    """Episodes in which a broken wall has to be noticed."""


def run(config: Config, context: Context) -> Report:
    """Look for leaks, twins that differ, bits that pass, markets that do not end, and mutants that live."""
    return Report([*generated(config), *twins(config), *capacity(config), *ends(config), *mutants(config)], text=TEXT)


def generated(config: Config) -> list[Finding]:
    """Canaries and books."""
    leaking, broken, kinds, inspections = 0, 0, Counter(), 0
    for number in range(config.episodes):
        found = episodes.episode(number)
        leaking += bool(found.leaks)
        broken += bool(found.wrong)
        inspections += found.watch.inspections
        kinds.update(transaction.kind.partition(":")[0] for transaction in found.result.ledger.transactions)
    note = f"{inspections} inspections; " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return [
        Finding("bazaar", "episodes in which the canary of an unbought text was found", "0",
                f"{leaking} of {config.episodes}", leaking == 0, note),
        Finding("bazaar", "episodes whose books are wrong or still open, with an account below zero, or too long", "0",
                f"{broken} of {config.episodes}", broken == 0),
    ]  # fmt: skip


def twins(config: Config) -> list[Finding]:
    """Non-interference: other texts in place of what was not bought change nothing that can be seen."""
    different = looked = 0
    for number in range(config.twins):
        first = episodes.episode(number)
        second = episodes.episode(number, episodes.declined(first))
        looked += first.watch.inspections > 0
        different += episodes.observed(first) != episodes.observed(second)
    told = f"{different} of {config.twins} ({looked} with inspections)"
    return [Finding("bazaar", "episodes that look different with other unbought texts", "0", told, different == 0)]


def capacity(config: Config) -> list[Finding]:
    """How many bits those get out who do all that their interface lets them do."""
    spoken, bills = smugglers.spoken, smugglers.BILLS
    rows = []
    for slots in (1, 2, 3):
        row = f"bits that pass one inspection of {slots} exhibits"
        said = [o for o in sayings(config, slots=slots) if "refund:" not in o]
        rows.append(passing(f"{row}, where nothing fails", said, 2**slots))
        said = sayings(config, quotes=True, slots=slots, tries=2, long=True)
        rows.append(passing(f"{row}, with quotes, lengths, failures and a second try", said, bills * spoken(slots, 2)))
    for depth, slots in ((2, 1), (2, 2), (2, 3), (3, 1)):
        name = f"bits that pass {depth} inspections of {slots} exhibits, one below the other, with failures"
        rows.append(passing(name, sayings(config, slots=slots, depth=depth), spoken(slots, 1) ** depth))
    said = sayings(config, quotes=True, verdicts=False, slots=1, rounds=2)
    rows.append(
        passing("bits that pass the quote of a contractor that remembers what it inspected before", said, bills)
    )
    for slots, rounds, fickle in ((1, 1, True), (9, 1, True), (9, 2, False)):
        said = [smugglers.gossip_says(secret, slots, rounds, fickle) for secret in smugglers.secrets(config.secrets)]
        name = f"bits that pass a sealed informer, rounds: {rounds}, slots: {slots}{'' if fickle else ', it always delivers'}"
        rows.append(passing(name, said, smugglers.heard(rounds, fickle)))
    return rows


def sayings(config: Config, quotes: bool = False, verdicts: bool = True, **about: Any) -> list[str]:
    """What can be seen of a contractor for each of many secrets; each has a memory of its own."""
    return [
        smugglers.contractor_says(secret, smugglers.Smuggler(quotes, verdicts), **about)
        for secret in smugglers.secrets(config.secrets)
    ]


def passing(name: str, observations: list[str], bound: int) -> Finding:
    """Bits that were told, beside those that a bound allows."""
    found = smugglers.bits(observations)
    note = f"of {math.log2(len(observations)):.2f} that could have been seen"
    return Finding("bazaar", name, f"at most {math.log2(bound):.2f}", f"{found:.2f}", found <= math.log2(bound), note)


BOUNDS = {
    "contractors": "contractors, of at most R + R^2 + ... + R^D",
    "looks": "exhibits looked at, of at most k (R + R^2 + ... + R^D)",
    "attempts": "times contractors are asked, of at most the tries for each of them",
    "burned": "exhibits looked at, of at most all wealth over the cost of a look",
    "spent": "all that is spent below goods of a price P, of at most rho P",
    "levels": "markets below goods of a price P, of at most log(P / q) / log(1 / rho) for prices of at least q",
}


def ends(config: Config) -> list[Finding]:
    """The three bounds, in worlds where informers always bid and contractors always buy, that are built to come near them."""
    most = greediest(config.duels)
    return [
        Finding("bazaar", f"{asked}, greediest of {config.duels} episodes", "at most 1, and at least 0.9 to tell",
                f"{most[name]:.3f}", 0.9 <= most[name] <= 1)
        for name, asked in BOUNDS.items()
    ]  # fmt: skip


def greediest(duels: int) -> dict[str, float]:
    """How far episodes go to each bound."""
    found = [greed.duel(number) for number in range(duels)]
    return {name: max((ratios[name] for ratios in found), default=0.0) for name in BOUNDS}


@contextlib.contextmanager
def patched(owner: Any, name: str, change: Callable[[Any], Any]) -> Iterator[None]:
    """One name of the bazaar, broken for a while."""
    with mock.patch.object(owner, name, change(getattr(owner, name))):
        yield


def loud(opened: Any) -> Any:
    """Opening that logs what it read."""

    def louder(sealed: bz.Sealed) -> str:
        logging.getLogger().warning(opened(sealed))
        return opened(sealed)

    return louder


def with_rationale(seen: Any) -> Any:
    """An inspection that says why; the text of its first good stands for the words."""

    def talk(goods: Any, bought: Any, purse: Any, context: Any) -> bz.Seen:
        why = [bz.Receipt("", "", 0, "", "", text) for text in RATIONALE]
        RATIONALE.clear()
        return seen(goods, bought, purse, (*context, *why))

    return talk


RATIONALE: list[str] = []


def explained(below: Any) -> Any:
    """Notes the texts that a rationale would be about."""

    def noted(self: Any, place: Any, path: str, exhibits: Any) -> Any:
        RATIONALE.extend(exhibit.text for exhibit in exhibits)
        return below(self, place, path, exhibits)

    return noted


def announced(below: Any) -> Any:
    """A goal that names the texts, as in the first sketch."""
    return lambda self, place, path, exhibits: below(
        self, place, path, tuple(e._replace(teaser=e.text) for e in exhibits)
    )


def unchecked(checked: Any) -> Any:
    """Verdicts that come out as they are."""

    def passed(found: Any, case: bz.Case) -> Any:
        good = isinstance(found, bz.Inspection) and isinstance(found.bought, frozenset)
        return (found, 0) if good and _enclosed.affordable(found.bought, case) else checked(found, case)

    return passed


def outspoken(stamped: Any) -> Any:
    """Sealed informers whose teasers, prices, bids and numbers of offers are left as they are."""
    return lambda offers, seat, *about: stamped(offers, seat._replace(sealed=False), *about)


def mixed(admissible: Any) -> Any:
    """Sealed offers that push public ones aside by saying the same."""
    return lambda self, offers, *about: self._public.admissible(offers, *about)


def forthright(quoted: Any) -> Any:
    """Quotes that are booked as they are."""

    async def asked(contractor: Any, case: bz.Case, limits: Any) -> int | None:
        found = contractor.quote(case)
        return found if _enclosed.an_amount(found) else None

    return asked


def purses() -> dict[str, Any]:
    """Ways for contractors to spend more than their share."""

    def below(session: Any) -> str:
        return list(session.till.journal.held)[-1]

    return {
        "contractors that may spend all that is at stake": patched(_session, "Fraction", lambda _: lambda share: 1),
        "contractors that may spend what informers pay": patched(
            _session.Session, "account", lambda _: property(below)
        ),
    }


def mutations() -> dict[str, list[Any]]:
    """Holes in the wall that canaries find, one by one."""
    return {
        "a rationale beside the verdict": [
            patched(_session.Session, "_below", explained),
            patched(_session, "Seen", with_rationale),
        ],
        "no taint rule": [patched(_session, "handed_up", lambda _: lambda known, goods, delivered: list(known))],
        "verdicts that are not made anew": [patched(_enclosed, "checked", unchecked)],
        "goals that hold the texts": [patched(_session.Session, "_below", announced)],
        "a log line inside": [patched(_session, "opened", loud)],
        "teasers, prices and bids of sealed informers": [patched(_session, "stamped", outspoken)],
    }


def channels() -> dict[str, tuple[Any, Callable[[Config], Finding]]]:
    """Holes that no canary finds, and the bits that pass."""

    def gossip(config: Config) -> Finding:
        said = [smugglers.gossip_says(secret, 9, 1) for secret in smugglers.secrets(config.secrets)]
        return passing("", said, smugglers.heard(1))

    def quotes(config: Config) -> Finding:
        return passing("", sayings(config, quotes=True, verdicts=False, slots=1, rounds=2), smugglers.BILLS)

    return {
        "prices and bids of sealed informers as they are": (patched(_session, "stamped", outspoken), gossip),
        "sealed offers that push public ones aside": (patched(_session.Memory, "admissible", mixed), gossip),
        "quotes as they are": (patched(_session, "quoted", forthright), quotes),
    }


def mutants(config: Config) -> list[Finding]:
    """Break the wall on purpose: canaries must sing, for a rationale twins must differ, and more bits must pass than may."""
    rows = []
    for name, holes in mutations().items():
        with contextlib.ExitStack() as stack:
            for hole in holes:
                stack.enter_context(hole)
            caught = differ = 0
            for number in range(config.mutants):
                first = episodes.episode(number)
                caught += bool(first.leaks)
                second = episodes.episode(number, episodes.declined(first))
                differ += episodes.observed(first) != episodes.observed(second)
        asked = "leaks are seen" + (" and twins differ" if "rationale" in name else "")
        told = f"leaks in {caught}, different twins in {differ} of {config.mutants}"
        reached = caught > 0 and (differ > 0 or "rationale" not in name)
        rows.append(Finding("bazaar", f"mutant: {name}", asked, told, reached))
    for name, (hole, measured) in channels().items():
        with hole:
            found = measured(config)
        bound = found.required.removeprefix("at most ")
        rows.append(Finding("bazaar", f"mutant: {name}", f"bits above {bound}", found.measured, not found.reached))
    for name, hole in purses().items():
        with hole:
            spent = greediest(config.duels)["spent"]
        rows.append(
            Finding("bazaar", f"mutant: {name}", "spent below goods: above 1 of the bound", f"{spent:.3f}", spent > 1)
        )
    return rows


TEXT = (
    "Every text carries a canary of its own. After each episode it is looked for in the buyer's prompt, the output, the report, "
    "the receipts, what informers are shown and told, what was logged and printed, the pickle and the `repr` of the result, and "
    "every object that can be reached from it. Informers break, lie about their commitments and comment on sealed goods; contractors "
    "throw the texts, return them as verdicts, as bills, as quotes and as attributes of ids, and cancel themselves. "
    "Bits are counted by what can be told apart of runs that differ in a secret of 64 bits and nothing else, when contractors and "
    "sealed informers answer by chance that depends on it, in all ways that values can come back: time is not counted. One inspection of k "
    "exhibits passes its verdict, k bits, or the name of a failure, at one of its tries, and what its quote says in 33 levels; "
    "a sealed informer passes a price and a bid of five levels each and whether it delivers, in each round of each market it is asked in; "
    "inspections below add theirs. "
    "Two things no test here can show: what a provider keeps of a prompt, and what a model knew before."
)
