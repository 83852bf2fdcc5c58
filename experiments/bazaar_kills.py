"""A bazaar on a disk journal, with a slow model, is killed again and again: nothing is lost, paid twice or asked twice."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from catallax.core import Journal
from catallax.lab import Context, Finding, Report
from catallax.language import Answer, Bazaar, Buyer, bazaar
from catallax.language.models import (
    AbstractModel,
    Budget,
    Failure,
    Finish,
    Metered,
    ModelError,
    Prices,
    Recorded,
    Request,
    Response,
    Usage,
    ask,
)


@dataclass(frozen=True)
class Config:
    """Settings."""

    episodes: int = 400
    """Of the run that is killed."""
    kills: int = 25
    """Of the process, with `kill -9`, at moments by chance; most of them while the model thinks."""
    delay: float = 0.02
    """Seconds that the model takes for an answer."""
    key: int = 0
    """Seed of the moments."""


@dataclass(frozen=True)
class Files:
    """What a run leaves behind: its journal, the answers it paid for, and what the provider was asked."""

    journal: Path
    tape: Path
    asked: Path

    @classmethod
    def new(cls, folder: Path, name: str) -> Files:
        """In a folder, with nothing in them."""
        files = cls(*(folder / f"{name}.{kind}.jsonl" for kind in ("journal", "tape", "asked")))
        for path in files:
            path.unlink(missing_ok=True)
        return files

    def __iter__(self) -> Iterator[Path]:
        return iter((self.journal, self.tape, self.asked))

    def answered(self) -> set[str]:
        """Requests whose answers are on the tape."""
        return {json.loads(line)["request"] for line in lines(self.tape)}


def lines(path: Path) -> list[str]:
    """Whole lines of a file that may not be there yet."""
    return path.read_text().split("\n")[:-1] if path.exists() else []


class Slow(AbstractModel):
    """A provider: it notes down what it is asked, thinks, and answers by chance; one answer in ten is a refusal or nonsense."""

    def __init__(self, asked: Path, delay: float) -> None:
        self.asked, self.delay = asked, delay

    @property
    def name(self) -> str:
        return "slow"

    async def complete(self, request: Request) -> Response:
        with self.asked.open("a") as file:
            file.write(f"{request.hash}\n")
        await asyncio.sleep(self.delay)
        luck, usage = random.Random(request.hash), Usage(200, 20)
        fate = luck.random()
        if fate < 0.05:
            raise ModelError(Failure.REFUSED, self.name, "it would rather not.", usage)
        text = "well," if fate < 0.1 else json.dumps(answer(luck, request))
        return Response(text, usage, Finish.STOP, request.hash)


def answer(luck: random.Random, request: Request) -> dict[str, object]:
    """What fits the question."""
    (name,) = (request.schema or {})["properties"]
    if name == "keep":
        return {name: ["exhibit 1", "exhibit 2"][: luck.randint(1, 2)]}
    if name == "buy":
        return {name: luck.random() < 0.7}
    return {name: f"answer {luck.randint(0, 9)}"}


def program(journal: str, tape: str, asked: str, episodes: int, delay: float) -> None:
    """All episodes, on files that go on where they ended. Contractors, the buyer and an informer ask the same model."""
    model = Recorded(Metered(Slow(Path(asked), delay), Prices.dollars(1.0, 2.0), Budget()), tape)

    def public(view: bazaar.View) -> list[bazaar.Offer]:
        luck = random.Random(view.seed)
        price = luck.uniform(0.01, 0.3) / (1 + 9 * view.brief.depth)
        return [bazaar.Offer.of(f"{view.seed} says so", price, luck.uniform(0, 0.02), salt=view.seed)]

    async def thoughtful(view: bazaar.View) -> list[bazaar.Offer]:
        found = await model.complete(replace(ask(f"What of {view.seed}?", max_tokens=20), schema=WORDS))
        return [bazaar.Offer.of(f"{view.seed} {found.text}", 0.02, 0.015, salt=view.seed)]

    informers = [bazaar.Informer("open", public), bazaar.Informer("asks", thoughtful, quote=2_000)]
    informers += [bazaar.LearningInformer("learns", lambda view: f"{view.seed} learns", (0.05, 0.2), teaser="learned")]
    informers += [bazaar.SealedInformer("sealed", lambda view: [bazaar.Offer.of(f"heard {view.seed}", 0.002, 0.01)])]
    with Journal.rerun(journal) as books:
        arena = Bazaar(
            informers, slots=2, depth=2, contractor=bazaar.LanguageModelContractor(model, controls=()), wealth=5.0,
            limits=bazaar.Limits(bill=50_000), journal=books,
        )  # fmt: skip
        buyer = Buyer(Answer("What is it?"), 0.5, bazaar.LanguageModelDecider(model))
        for _ in range(episodes):
            arena.run(buyer)
        print(books.audit(), len(books.waiting), flush=True)


WORDS = {
    "type": "object",
    "properties": {"words": {"type": "string", "maxLength": 40}},
    "required": ["words"],
    "additionalProperties": False,
}


def started(files: Files, config: Config) -> subprocess.Popen[str]:
    """The program in a process of its own."""
    about = (*map(str, files), config.episodes, config.delay)
    return subprocess.Popen(
        [sys.executable, "-c", f"import bazaar_kills; bazaar_kills.program(*{about!r})"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])},
    )


def run(config: Config, context: Context) -> Report:
    """Once undisturbed, once killed at random moments while it works, and compare what they left behind."""
    context.folder.mkdir(parents=True, exist_ok=True)
    whole, killed = Files.new(context.folder, "whole"), Files.new(context.folder, "killed")
    told = started(whole, config).communicate()[0].split()
    size, luck = whole.tape.stat().st_size, random.Random(config.key)
    torn = kills = 0
    lost: list[int] = []
    for mark in sorted(luck.uniform(0, 0.98) * size for _ in range(config.kills)):
        kills += interrupted(started(killed, config), killed, mark, luck.uniform(0, 2 * config.delay))
        lost.append(len(set(lines(killed.asked)) - killed.answered()))
        torn += not killed.journal.read_bytes().endswith(b"\n") if killed.journal.exists() else 0
        if (
            killed.journal.exists() and luck.random() < 0.5
        ):  # a machine that stops can also cut a line: half lose some bytes
            with killed.journal.open("r+b") as file:
                file.truncate(max(0, killed.journal.stat().st_size - luck.randint(1, 60)))
    told = [*told, *started(killed, config).communicate()[0].split()]
    return Report([books(whole, killed, kills, torn, config), balances(told), answers(whole, killed, lost)])


def interrupted(process: subprocess.Popen[str], files: Files, mark: float, wait: float) -> bool:
    """Kill a process a moment after its tape has reached a size; whether it was still alive."""
    while process.poll() is None and (not files.tape.exists() or files.tape.stat().st_size < mark):
        time.sleep(0.0005)
    time.sleep(wait)
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    return alive


def books(whole: Files, killed: Files, kills: int, torn: int, config: Config) -> Finding:
    """What stands in the files."""
    same = all(
        one.read_bytes() == other.read_bytes()
        for one, other in ((whole.journal, killed.journal), (whole.tape, killed.tape))
    )
    with Journal(whole.journal) as journal:
        count, bill = len(journal), journal["provider@usd"]
    note = (
        f"{count} transactions in {whole.journal.stat().st_size / 1e6:.1f} MB, with {bill / 1e6:.2f} dollars reserved at the provider; "
        f"{torn} kills left half a line, half of all were cut further"
    )
    return Finding(
        "bazaar", "journals and tapes of answers, of a run killed at random and of one undisturbed", "the same bytes",
        f"{'the same' if same else 'different'} after {kills} kills", same and kills == config.kills, note,
    )  # fmt: skip


def balances(told: list[str]) -> Finding:
    """What the two programs said at their ends."""
    return Finding(
        "bazaar", "imbalance and postings that were not repeated, in both", "0", " ".join(told), told == ["0"] * 4
    )


def answers(whole: Files, killed: Files, lost: list[int]) -> Finding:
    """A question is asked again only if the process was killed while its answer was on its way."""
    asked = Counter(lines(killed.asked))
    again = asked.total() - len(asked)
    reached = (
        again == sum(lost) and max(lost, default=0) <= 1 and set(asked) == set(lines(whole.asked)) == whole.answered()
    )
    return Finding(
        "bazaar", "questions that a model was asked again though their answers had come", "0",
        f"{again - sum(lost)} of {len(asked)}", reached,
        f"{sum(lost)} of {len(lost)} kills came while an answer was on its way; nobody can know it, and that one was asked again",
    )  # fmt: skip
