"""Programs that read, solve and write questions of reasoning-gym, each with its own skill and price."""

from __future__ import annotations

import ast
import random
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import gcd, lcm
from typing import Any

from catallax.core import to_micro
from catallax.language.reasoning import AbstractBidRule, AbstractThinker, Act, ProgramThinker, View

READ, SOLVED = "read ", "solved "
"""What notes begin with: a reader's for the solvers, a solver's for the writers."""


def numbers(text: str) -> list[int]:
    """All whole numbers of a text."""
    return [int(found) for found in re.findall(r"-?\d+", text)]


def found(pattern: str, text: str) -> Any:
    """Groups of the last match; a single one without its tuple."""
    return re.findall(pattern, text, flags=re.DOTALL)[-1]


@dataclass(frozen=True)
class Family:
    """How questions of one family are read, solved and written, without a mistake."""

    read: Callable[[str], Any]
    solve: Callable[[Any], Any]
    write: Callable[[Any], str] = str


def in_base(pair: tuple[int, int]) -> str:
    """A number's digits in a base."""
    number, base = pair
    digits = ""
    while number:
        number, digit = divmod(number, base)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"


def factors(number: int) -> list[int]:
    """Prime factors, smallest first."""
    out, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            out.append(divisor)
            number //= divisor
        divisor += 1
    return out


def read_base(text: str) -> tuple[int, int]:
    """The number and the base asked for."""
    source, digits, target = found(r"convert the (\S+) number (\w+) to (\w+-?\d*)", text)
    return int(digits, base_named(source)), base_named(target)


def base_named(name: str) -> int:
    """The base in `base-7`, or in `binary`."""
    return {"binary": 2, "octal": 8, "decimal": 10, "hexadecimal": 16}.get(name) or numbers(name.replace("-", " "))[0]


def read_words(text: str) -> tuple[list[str], bool]:
    """The words, and whether they go down."""
    order, words = found(r"in (ascending|descending) order .*list: (.*)", text)
    return words.strip().split(", "), order == "descending"


def read_numbers(text: str) -> tuple[list[str], bool]:
    """The numbers as they stand, and whether they go down."""
    order, line = found(r"in (ascending|descending) order: ([^\n]*)", text)
    return line.strip().split(", "), order == "descending"


FAMILIES: dict[str, Family] = {
    "chain_sum": Family(lambda text: numbers(found(r"(-?\d+(?: [+-] \d+)+)", text).replace(" ", "")), sum),
    "gcd": Family(lambda text: numbers(text.split(":", 1)[1]), lambda values: gcd(*values)),
    "lcm": Family(lambda text: numbers(text.split(":", 1)[1]), lambda values: lcm(*values)),
    "base_conversion": Family(read_base, in_base),
    "count_bits": Family(lambda text: numbers(text.replace("1 bits", ""))[-1], lambda value: value.bit_count()),
    "prime_factorization": Family(
        lambda text: numbers(text.split(".")[0])[0], factors, lambda values: " × ".join(map(str, values))
    ),
    "spell_backward": Family(lambda text: text.rsplit(": ", 1)[1], lambda word: word[::-1]),
    "letter_counting": Family(
        lambda text: list(found(r'letter "(.)" appear in the text: "(.*)"', text)),
        lambda pair: pair[1].lower().count(pair[0].lower()),
    ),
    "word_sorting": Family(read_words, lambda pair: sorted(pair[0], reverse=pair[1]), ", ".join),
    "number_sorting": Family(
        read_numbers, lambda pair: sorted(pair[0], key=float, reverse=pair[1]), lambda values: str(list(values))
    ),
}
"""Ten families."""


def spoiled(value: Any, luck: random.Random) -> Any:
    """The same thing with a mistake in it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + luck.choice((1, 2, 3))
    if isinstance(value, str):
        place = luck.choice([place for place, letter in enumerate(value) if letter.isalnum()] or [0])
        letters = "0123456789" if value[place : place + 1].isdigit() else "abcdefgh"
        return value[:place] + luck.choice(letters.replace(value[place : place + 1], "")) + value[place + 1 :]
    place = luck.randrange(len(value))
    items = list(value)
    items[place] = spoiled(items[place], luck)
    return type(value)(items)


def written_badly(text: str) -> str:
    """A form that no verifier takes."""
    return f"it is {text}"


def luck_of(view: View, name: str) -> random.Random:
    """A worker's own luck in a round."""
    return random.Random(view.seed ^ zlib.crc32(name.encode()))


@dataclass(frozen=True)
class Worker:
    """One supplier: what it does, how well by family, and what it costs."""

    name: str
    job: str
    """`read`, `solve`, `write`, `answer` (all three at once), `lie` or `chatter`."""
    skill: Mapping[str, float]
    """Probability of no mistake, by family; families that are missing it does not take."""
    cost: float
    """Credits an act."""

    def wants(self, view: View) -> bool:
        """Whether the state is one that it can work on."""
        if self.job in ("lie", "chatter"):
            return True
        if view.question.kind not in self.skill:
            return False
        if self.job in ("read", "answer"):
            return not view.state
        return view.last.startswith(READ if self.job == "solve" else SOLVED)

    def work(self, view: View) -> Act:
        """What it appends."""
        luck, kind = luck_of(view, self.name), view.question.kind
        right = luck.random() < self.skill.get(kind, 0.0)
        family, cost = FAMILIES[kind], to_micro(self.cost)
        if self.job == "lie":
            return Act(str(luck.randrange(1_000_000)), True, cost)
        if self.job == "chatter":
            return Act("let me think about this", False, cost)
        if self.job == "read":
            value = family.read(view.question.text)
            return Act(READ + repr(value if right else spoiled(value, luck)), False, cost)
        if self.job == "answer":
            value = family.solve(family.read(view.question.text))
            return Act(family.write(value if right else spoiled(value, luck)), True, cost)
        value = ast.literal_eval(view.last.split(" ", 1)[1])
        if self.job == "solve":
            solved = family.solve(value)
            return Act(SOLVED + repr(solved if right else spoiled(solved, luck)), False, cost)
        text = family.write(value)
        return Act(text if right else written_badly(text), True, cost)

    def thinker(self, bids: AbstractBidRule) -> AbstractThinker:
        """It, as a bidder."""
        thinker = ProgramThinker(self.name, bids, self.work, most=self.cost, wants=self.wants)
        thinker.worker = self  # type: ignore[attr-defined]
        return thinker


def society(families: Sequence[str], seed: int) -> list[Worker]:
    """Readers, solvers that are good at some families, writers, generalists, liars and chatterers; skills drawn by the seed."""
    luck = random.Random(f"society|{seed}")

    def skills(low: float, high: float, good: Sequence[str] = ()) -> dict[str, float]:
        return {family: 0.97 if family in good else luck.uniform(low, high) for family in families}

    halves = [families[start::2] for start in (0, 1)]
    workers = [Worker(f"reader {half}", "read", skills(0.4, 0.7, good), 0.01) for half, good in enumerate(halves)]
    dealt = luck.sample(list(families), len(families))
    for number in range(5):
        good = dealt[2 * number : 2 * number + 2] or dealt[:1]
        workers.append(Worker(f"solver {number}", "solve", skills(0.3, 0.7, good), luck.uniform(0.03, 0.06)))
    workers += [
        Worker("writer", "write", skills(0.98, 0.99), 0.01),
        Worker("scrawler", "write", skills(0.5, 0.8), 0.005),
    ]
    workers += [Worker(f"generalist {n}", "answer", skills(0.45, 0.75), 0.03) for n in range(2)]
    workers += [Worker(f"liar {n}", "lie", {}, 0.0) for n in range(2)]
    return [*workers, Worker("chatterer", "chatter", {}, 0.001)]


def best_routes(workers: Sequence[Worker], families: Sequence[str]) -> dict[str, tuple[float, tuple[Worker, ...]]]:
    """For each family the chain of the largest `P(right) * bounty - cost`, skills known, bounty 1 credit; mistakes never cancel."""

    routes = [(worker,) for worker in workers if worker.job == "answer"] + chains(workers)
    return {
        family: max(((route_value(route, family), route) for route in routes), key=lambda pair: pair[0])
        for family in families
    }


def chains(workers: Sequence[Worker]) -> list[tuple[Worker, ...]]:
    """Every reader with every solver with every writer."""
    jobs = ([worker for worker in workers if worker.job == job] for job in ("read", "solve", "write"))
    return list(product(*jobs))


def pipeline(workers: Sequence[Worker], families: Sequence[str]) -> tuple[Worker, ...]:
    """The chain that is best for all families together."""
    return max(chains(workers), key=lambda route: sum(route_value(route, family) for family in families))


def route_value(route: Sequence[Worker], family: str) -> float:
    """`P(no mistake) - cost`, credits."""
    right = 1.0
    for worker in route:
        right *= worker.skill[family]
    return right - sum(worker.cost for worker in route)


def retrained(worker: Worker, luck: random.Random) -> Worker:
    """A mutant: one skill drawn anew, all others kept."""
    if not worker.skill:
        return worker
    family = luck.choice(sorted(worker.skill))
    return replace(worker, skill={**worker.skill, family: luck.uniform(0.3, 1.0)})
