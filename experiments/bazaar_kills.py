"""A bazaar on a disk journal is killed again and again: nothing is lost and nothing is paid twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from catallax.core import Journal
from catallax.lab import Context, Finding, Report
from catallax.language import Answer, Bazaar, Buyer, bazaar


@dataclass(frozen=True)
class Config:
    """Settings."""

    episodes: int = 1_000
    """Of the run that is killed."""
    kills: int = 25
    """Of the process, with `kill -9`, at moments by chance."""
    key: int = 0
    """Seed of the moments."""


def program(path: str, episodes: int) -> None:
    """All episodes, on a journal that goes on where it ended."""

    def public(view: bazaar.View) -> list[bazaar.Offer]:
        luck = random.Random(view.seed)
        price = luck.uniform(0.01, 0.3) / (1 + 9 * view.brief.depth)
        return [bazaar.Offer.of(f"{view.seed} says so", price, luck.uniform(0, 0.02), salt=view.seed)]

    def verdict(case: bazaar.Case) -> frozenset[str]:
        luck, left, bought = random.Random(case.seed), case.purse, set()
        if luck.random() < 0.1:
            raise RuntimeError("a contractor broke")
        for exhibit in case.exhibits:
            if exhibit.price <= left and luck.random() < 0.6:
                left -= exhibit.price
                bought.add(exhibit.id)
        return frozenset(bought)

    informers = [bazaar.Informer(f"open{n}", public) for n in range(2)]
    informers += [bazaar.LearningInformer("learns", lambda view: f"{view.seed} learns", (0.05, 0.2), teaser="learned")]
    informers += [bazaar.SealedInformer("sealed", lambda view: [bazaar.Offer.of(f"heard {view.seed}", 0.002, 0.01)])]
    with Journal.rerun(path) as journal:
        arena = Bazaar(informers, slots=2, depth=2, contractor=bazaar.Contractor(verdict), wealth=5.0, journal=journal)
        buyer = Buyer(Answer("What is it?"), 0.5, bazaar.Decider(lambda brief, known: len(known)))
        for _ in range(episodes):
            arena.run(buyer)
        print(journal.audit(), len(journal.waiting), flush=True)


def started(path: Path, episodes: int) -> subprocess.Popen[str]:
    """The program in a process of its own."""
    code = f"import bazaar_kills; bazaar_kills.program({str(path)!r}, {episodes})"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )


def run(config: Config, context: Context) -> Report:
    """Once undisturbed, once killed at random moments while it writes, and compare the two files."""
    context.folder.mkdir(parents=True, exist_ok=True)
    whole, killed = context.folder / "whole.jsonl", context.folder / "killed.jsonl"
    for path in (whole, killed):
        path.unlink(missing_ok=True)
    told = started(whole, config.episodes).communicate()[0].split()
    size, luck = whole.stat().st_size, random.Random(config.key)
    torn = kills = 0
    marks = sorted(luck.uniform(0, 0.98) * size for _ in range(config.kills))
    for mark in marks:
        process = started(killed, config.episodes)
        while process.poll() is None and (not killed.exists() or killed.stat().st_size < mark):
            time.sleep(0.0005)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        if killed.exists():
            torn += not killed.read_bytes().endswith(b"\n")
            if luck.random() < 0.5:  # a machine that stops can also cut a line: half of the kills lose some bytes
                with killed.open("r+b") as file:
                    file.truncate(max(0, killed.stat().st_size - luck.randint(1, 60)))
    told = [*told, *started(killed, config.episodes).communicate()[0].split()]
    same = whole.read_bytes() == killed.read_bytes()
    with Journal(whole) as journal:
        count = len(journal)
    note = f"{count} transactions in {size / 1e6:.1f} MB; {torn} kills left half a line, half of all were cut further"
    return Report(
        [
            Finding("bazaar", "journals of a run killed at random and of one undisturbed", "the same bytes",
                    f"{'the same' if same else 'different'} after {kills} kills", same and kills == config.kills, note),
            Finding("bazaar", "imbalance and postings that were not repeated, in both", "0", " ".join(told),
                    told == ["0"] * 4),
        ]
    )  # fmt: skip
