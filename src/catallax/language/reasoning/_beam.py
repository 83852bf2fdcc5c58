"""Beam search over thoughts: the search without prices, on the same bill."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from catallax.language.reasoning._calls import worked
from catallax.language.reasoning._goods import Draft, Mishap, Reading
from catallax.language.reasoning._reader import AbstractReader
from catallax.language.reasoning._thought import Task, Thought


@dataclass(frozen=True)
class Beam:
    """What a beam search found.

    Args:
        answer: the best answer; `None` if none was worth anything.
        grade: its grade.
        thoughts: all that was written, answers included, in order.
        path: ids of the thoughts that lead to the answer.
        bill: for writing and scoring, micro-credits.
        mishaps: calls that gave nothing.
    """

    answer: str | None
    grade: float
    thoughts: tuple[Thought, ...] = field(repr=False)
    path: tuple[str, ...]
    bill: int
    mishaps: tuple[Mishap, ...]


async def beam_search(
    task: Task,
    readers: Sequence[AbstractReader],
    score: Callable[[Reading], float],
    width: int,
    bill: int,
    fee: int = 0,
    seed: int = 0,
    seconds: float | None = None,
) -> Beam:
    """Level by level, everybody appends to each thought of the beam, and the `width` best-scored new thoughts are the next beam.

    `bill = sum of costs of writing + fee * thoughts scored`, as in `WideMarket`, where an inspection costs the fee. It ends with
    an answer of grade 1, an empty beam, or when the next call might exceed the bill.

    Args:
        task: what is asked.
        readers: who appends; their bids are not used.
        score: of a thought, the higher the better.
        width: thoughts kept a level, at least 1.
        bill: the most it may cost, micro-credits.
        fee: of scoring a thought, micro-credits.
        seed: of ties and of the readers' draws.
        seconds: after which a call is given up.

    Raises:
        ValueError: for a width below 1.

    Source: Yao et al. (2023), tree of thoughts searched breadth-first.
    """
    if width < 1:
        raise ValueError(f"beam_search: the width is at least 1, got {width}.")
    search = _Beam(task, bill, fee, seed, seconds)
    beam: list[Thought | None] = [None]
    while beam and search.grade < 1:
        fresh = await search.level(beam, readers)
        luck = random.Random(f"{seed}/{len(search.thoughts)}")
        scored = [(score(search.shown(thought)), luck.random(), thought) for thought in search.affordable(fresh)]
        beam = [thought for _, _, thought in sorted(scored, reverse=True)[:width]]
    return search.found()


class _Beam:
    def __init__(self, task: Task, bill: int, fee: int, seed: int, seconds: float | None) -> None:
        self.task, self.most, self.fee, self.seed, self.seconds = task, bill, fee, seed, seconds
        self.thoughts: dict[str, Thought] = {}
        self.texts = {task.question.text}
        self.best, self.grade, self.bill = "", 0.0, 0
        self.mishaps: list[Mishap] = []

    def shown(self, thought: Thought | None, name: str = "") -> Reading:
        seed = random.Random(f"{self.seed}/{name}/{thought and thought.id}").getrandbits(31)
        return Reading(self.task.question, (thought,) if thought else (), seed=seed)

    async def level(self, beam: Sequence[Thought | None], readers: Sequence[AbstractReader]) -> list[Thought]:
        """What all readers append to all thoughts of the beam, as far as the bill goes."""
        calls, reserved = [], self.bill
        for thought in beam:
            for reader in readers:
                reserved += reader.most
                if reserved <= self.most:
                    calls.append((thought, reader))
        works = await asyncio.gather(*(worked(who, self.shown(of, who.name), self.seconds) for of, who in calls))
        fresh = []
        for (parent, reader), (work, mishap) in zip(calls, works):
            self.bill += work.cost
            self.mishaps += [mishap] if mishap else []
            for draft in work.drafts:
                if draft.text not in self.texts:
                    self.texts.add(draft.text)
                    fresh += self._written(parent, reader.name, draft, work.cost)
        return fresh

    def _written(self, parent: Thought | None, author: str, draft: Draft, cost: int) -> list[Thought]:
        """The new thought, or nothing if it was an answer, which is graded."""
        name = f"n{len(self.thoughts) + 1}"
        thought = self.thoughts[name] = Thought(name, author, draft.text, parent.id if parent else "", cost)
        if not draft.final:
            return [thought]
        grade = self.task.score(draft.text)
        if grade > self.grade:
            self.best, self.grade = name, grade
        return []

    def affordable(self, fresh: Sequence[Thought]) -> Sequence[Thought]:
        """The thoughts that can still be scored, which is billed."""
        count = len(fresh) if not self.fee else min(len(fresh), max(self.most - self.bill, 0) // self.fee)
        self.bill += count * self.fee
        return fresh[:count]

    def found(self) -> Beam:
        path, at = [], self.best
        while at:
            path.append(at)
            at = self.thoughts[at].parent
        answer = self.thoughts[self.best].text if self.best else None
        ordered = tuple(self.thoughts.values())
        return Beam(answer, self.grade, ordered, tuple(reversed(path)), self.bill, tuple(self.mishaps))
