"""The exchange's security, bad input and page: the committed tests of each, counted, with made-up calls and a browser."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from catallax.lab import Context, Finding, Report

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "exchange"


@dataclass(frozen=True)
class Config:
    """Settings."""

    only: str = ""
    """Checks whose name contains this; all by default."""


class Check(NamedTuple):
    """Tests that show one thing.

    Args:
        row: of the findings.
        case: what they show.
        tests: files, or tests of a file.
        whole: whether one that is skipped leaves it unshown; others are skipped on a database that is not theirs.
    """

    row: str
    case: str
    tests: tuple[str, ...]
    whole: bool = False


CHECKS = (
    Check("security", "every route of the description: strangers, tokens that are revoked, expired or lack a scope", ("test_scopes.py",), True),
    Check("security", "tokens and sessions: kept as hashes, ended with their origin; cookies repeat their CSRF on every write", ("test_guards.py", "test_sign_up.py")),
    Check("security", "sealed text in any response, event, log, error, figure or byte of the database of those who may not see it", (
        "test_canaries.py",
        "test_inquiries.py::test_texts_are_seen_by_their_buyer_alone_and_forgotten_to_the_last_byte",
        "test_inquiries.py::test_an_error_of_the_database_tells_nothing_of_a_row",
        "test_intake.py::test_an_error_nobody_expected_tells_nothing",
    )),
    Check("security", "SQL and HTML as text; bodies, addresses and headers that are too large, too slow or no JSON", ("test_intake.py",)),
    Check("security", "webhooks: signed, never to an address inside, no redirects", ("test_webhooks.py",)),
    Check("security", "calls made up by schemathesis from the description, on every route", ("test_conformance.py",), True),
    Check("bad input", "full disk, locked database, two servers on one database, one that stops in the middle of a change", ("test_disk.py", "test_two_servers.py", "test_writers.py")),
    Check("bad input", "deadlines, withdrawn offers, suppliers that never answer, owners that never pick: money returned", ("test_chains.py", "test_question_market.py", "test_inquiries.py")),
    Check("browser", "post, bids, offers, pick, settlement; questions; information: in Chromium, 1200 and 390 px, console empty", (
        "test_exchange_page.py", "test_page_questions.py", "test_page_information.py",
    ), True),
)  # fmt: skip


def run(config: Config, context: Context) -> Report:
    """Run the tests of each check."""
    findings = []
    for number, check in enumerate(check for check in CHECKS if config.only in check.case):
        counted = outcomes(check.tests, context.folder.resolve() / f"{number}.xml")
        bad = counted["failures"] + counted["errors"] + (counted["skipped"] if check.whole else 0)
        passed = counted["tests"] - counted["failures"] - counted["errors"] - counted["skipped"]
        measured = f"{passed} passed, {counted['failures'] + counted['errors']} failed, {counted['skipped']} skipped"
        calls = f"{counted['calls']:,} calls" if counted["calls"] else ""
        findings.append(Finding(check.row, check.case, "0 failed", measured, passed > 0 and not bad, calls))
    return Report(findings, text="Counts of tests; on PostgreSQL too where `CATALLAX_POSTGRES` names a server.")


def outcomes(tests: tuple[str, ...], log: Path) -> Counter[str]:
    """How many tests there were and what became of them, and the calls that they say they made up."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    words = ["-m", "long or not long", "-q", "-p", "no:cacheprovider", "--junitxml", str(log)]
    ours = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *filter(None, sys.path)])}
    with log.with_suffix(".log").open("wb") as told:
        subprocess.run(
            [sys.executable, "-m", "pytest", *words, *(str(TESTS / test) for test in tests)],
            cwd=ROOT,
            env={**os.environ, **ours},
            stdout=told,
            stderr=told,
        )
    if not log.is_file():
        raise RuntimeError(f"pytest did not run; see {log.with_suffix('.log')}")
    suite = ET.parse(log).getroot().find("testsuite")
    assert suite is not None
    counted = Counter({name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")})
    counted["calls"] = sum(
        int(found.get("value", 0)) for found in suite.iter("property") if found.get("name") == "calls"
    )
    return counted
