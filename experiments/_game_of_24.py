"""The game of 24 as a search over messages: four program agents, one an operator, each of whom tries a few pairs of numbers."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations, permutations

from catallax.core import to_micro
from catallax.language.reasoning import Draft, Question, Reading, Task, View, Work

TARGET = 24
OPERATORS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
State = tuple[tuple[Fraction, str], ...]
"""Numbers that are left, each with the expression it came from."""


def written(state: State) -> str:
    """A state as a message."""
    return "; ".join(f"{value} = {expression}" for value, expression in state)


def read(text: str) -> State:
    """The state in a message."""
    pairs = (part.split(" = ", 1) for part in text.split("; "))
    return tuple((Fraction(value), expression) for value, expression in pairs)


def solvable(numbers: tuple[Fraction, ...]) -> bool:
    """Whether the target can be made of all numbers."""
    if len(numbers) == 1:
        return numbers[0] == TARGET
    for a, b in permutations(range(len(numbers)), 2):
        rest = tuple(n for place, n in enumerate(numbers) if place not in (a, b))
        for sign, operate in OPERATORS.items():
            if (sign in "+*" and a > b) or (sign == "/" and numbers[b] == 0):
                continue
            if solvable((*rest, operate(numbers[a], numbers[b]))):
                return True
    return False


def games(count: int, seed: int, largest: int = 13) -> list[tuple[int, ...]]:
    """Different draws of four numbers that can make the target."""
    luck, found = random.Random(seed), {}
    while len(found) < count:
        draw = tuple(sorted(luck.randint(1, largest) for _ in range(4)))
        if draw not in found and solvable(tuple(map(Fraction, draw))):
            found[draw] = None
    return list(found)


def task(numbers: tuple[int, ...]) -> Task:
    """The question, with a grader that works out the answer by itself."""
    text = written(tuple((Fraction(n), str(n)) for n in numbers))

    def grade(answer: str) -> float:
        tree = ast.parse(answer, mode="eval")
        used = sorted(node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        return float(used == sorted(numbers) and value(tree.body) == TARGET)

    return Task(Question(text, to_micro(1), "24"), grade)


def value(node: ast.expr) -> Fraction:
    """An arithmetic expression, exactly."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Fraction(node.value)
    signs = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
    if isinstance(node, ast.BinOp) and type(node.op) in signs:
        return OPERATORS[signs[type(node.op)]](value(node.left), value(node.right))
    raise ValueError("an expression of numbers and the four operators is expected")


def moves(state: State, sign: str) -> list[State]:
    """Every state that one operation with an operator leads to."""
    pairs = combinations(range(len(state)), 2) if sign in "+*" else permutations(range(len(state)), 2)
    found = []
    for a, b in pairs:
        (x, left), (y, right) = state[a], state[b]
        if sign != "/" or y != 0:
            rest = tuple(part for place, part in enumerate(state) if place not in (a, b))
            found.append((*rest, (OPERATORS[sign](x, y), f"({left}{sign}{right})")))
    return found


def tries(sign: str, drafts: int, cost: int, ask: Callable[[str], int]) -> Callable[[Reading], Work]:
    """The work of an agent: a few of its operations, drawn at random; a single number left over is its answer."""

    def work(reading: Reading) -> Work:
        options = moves(read(reading.text), sign)
        chosen = random.Random(reading.seed).sample(options, min(drafts, len(options)))
        messages = []
        for state in chosen:
            final = len(state) == 1
            text = state[0][1] if final else written(state)
            messages.append(Draft(text, 0 if final else ask(text), final=final))
        return Work(tuple(messages), cost * len(messages))

    return work


def features(view: View) -> tuple[str, ...]:
    """What a learner sees of a state: how many numbers are left, and which easy ways to the target they offer."""
    numbers = [number for number, _ in read(view.last)]
    left = len(numbers)
    whole = sum(number.denominator == 1 for number in numbers)
    factors = sum(number.denominator == 1 and number > 0 and TARGET % number == 0 for number in numbers)
    nearest = min(abs(number - TARGET) for number in numbers)
    partners = sum(TARGET - a in numbers or a - TARGET in numbers for a in numbers)
    twins = left - len(set(numbers))
    names = (
        f"factors {factors}",
        f"fractions {left - whole}",
        f"nearest {min(int(nearest), 12) // 2}",
        f"partners {min(partners, 2)}",
        f"equal {twins}",
    )
    return tuple(f"{left} left, {name}" for name in names)
