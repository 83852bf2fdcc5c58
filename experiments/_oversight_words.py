"""Sums in words with two answers, and programs in the place of models that argue over them."""

from __future__ import annotations

import json
import re

import numpy as np

from catallax.language.models import Request
from catallax.language.oversight import Problem

OPERATIONS = {"plus": lambda a, b: a + b, "minus": lambda a, b: a - b, "times": lambda a, b: a * b}
STEP = re.compile(r"(-?\d+) (plus|minus|times) (-?\d+) is (-?\d+)")


def sums(seed: int, count: int, steps: int = 4) -> list[Problem]:
    """Chains of operations; the false answer comes of one wrong step."""
    luck = np.random.default_rng([seed, 3])
    return [_sum(luck, steps) for _ in range(count)]


def _sum(luck: np.random.Generator, steps: int) -> Problem:
    start, wrong = int(luck.integers(2, 30)), int(luck.integers(steps))
    kinds = [str(luck.choice(list(OPERATIONS))) for _ in range(steps)]
    numbers = [int(luck.integers(2, 12)) for _ in range(steps)]
    slip = int(luck.choice([-2, -1, 1, 2]))
    worked = {False: [], True: []}
    for true, lines in worked.items():
        value = start
        for step, (kind, number) in enumerate(zip(kinds, numbers, strict=True)):
            after = OPERATIONS[kind](value, number) + (slip if step == wrong and not true else 0)
            lines.append(f"{value} {kind} {number} is {after}")
            value = after
    text = f"Start with {start}, then " + ", then ".join(f"{k} {n}" for k, n in zip(kinds, numbers, strict=True)) + "."
    true, false = (lines[-1].rsplit(" ", 1)[1] for lines in (worked[True], worked[False]))
    return Problem(text, true, false, json.dumps({"true": worked[True], "false": worked[False]}))


def program(request: Request) -> str:
    """Argues step by step, informs where a step is wrong, and judges by adding up; it does not multiply, as a judge without a calculator."""
    content = json.loads(request.messages[-1].content)
    task = content["task"].split(":")[0]
    if task == "judge":
        return json.dumps({"probability": judged(content)})
    if task == "ask":
        return json.dumps({"text": "Show me the step that a mistake is likeliest in."})
    if task == "buy":
        return json.dumps({"keep": [label for label, text in content["goods"].items() if text.startswith("wrong: ")]})
    worked = json.loads(content["known"])
    said = " ".join(one["text"] for one in content["said"])
    if task == "inform":
        new = [
            f"wrong: {f}; {t}"
            for t, f in zip(worked["true"], worked["false"], strict=True)
            if t != f and f in said and t not in said
        ]
        return json.dumps({"text": new[0] if new else ""})
    lines = worked["true"] if worked["true"][-1].endswith(f" {content['answer']}") else worked["false"]
    fitting = [line for line in lines if line not in said] or lines
    length = content["longest"] // max(map(len, fitting))
    return json.dumps({"text": "; ".join(fitting[-max(1, length):])})  # fmt: skip


def judged(content: dict) -> float:
    """Steps that lead to an answer speak for it, wrong ones that it can check against it, and steps that contradict each other for neither."""
    said = [step for one in content["said"] for step in STEP.findall(one["text"].split("; ")[-1] if one["text"].startswith("wrong") else one["text"])]  # fmt: skip
    odds = 0.0
    for name, sign in (("answer", 1), ("other", -1)):
        ends = [step for step in said if step[3] == content[name]]
        odds += sign * 1.0 * bool(ends)
    for a, kind, b, c in set(said):
        if kind != "times" and OPERATIONS[kind](int(a), int(b)) != int(c):
            by = [one["speaker"] for one in content["said"] if f"{a} {kind} {b} is {c}" in one["text"] and not one["text"].startswith("wrong")]  # fmt: skip
            odds += -2.0 * (1 if "agent" in by else -1) * (1 if argued(content) else -1)
    for one in content["said"]:
        if one["text"].startswith("wrong: "):
            odds += -1.0 * (1 if argued(content) else -1)
    return float(1 / (1 + np.exp(-odds)))


def argued(content: dict) -> bool:
    """Whether the agent argues for the answer that the judge sees first."""
    text = " ".join(one["text"] for one in content["said"] if one["speaker"] == "agent")
    ends = [step[3] for step in STEP.findall(text)]
    return content["answer"] in ends or content["other"] not in ends
