"""Thoughts on reasoning-gym written by a language model under several prompts, if there is one: the market beside one call and self-consistency."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from _bazaar_worlds import told
from _model_bills import bills
from _reasoning_workers import FAMILIES, spoiled

from catallax.core import MICRO, to_credits
from catallax.lab import Context, Finding, Report
from catallax.language import reasoning as r
from catallax.language.models import (
    AbstractAccess,
    AbstractModel,
    Access,
    ModelError,
    Pricing,
    Program,
    Provider,
    Request,
)

RESUMES = True


@dataclass(frozen=True)
class Config:
    """Settings."""

    model: Provider = field(default_factory=Provider)
    """Whom to ask, and what that costs; programs by default."""
    tasks: int = 40
    """Questions, one after the other."""
    families: tuple[str, ...] = ("chain_sum", "gcd", "count_bits", "word_sorting")
    """Of reasoning-gym, from those that the program in the model's place can solve."""
    bounty: float = 0.05
    """Dollars that a right answer is worth; a credit is a dollar here."""
    depth: int = 3
    """Thoughts on a question at most."""
    votes: int = 5
    """Answers at most that self-consistency takes to reach the market's bill."""
    max_tokens: int = 200
    """Of a thought."""
    longest: int = 1_000
    """Characters of a thought; a longer one is none."""
    temperature: float = 0.7
    """Of all answers."""
    key: int = 0
    """Seed of questions and draws."""


PROMPTS = {
    "planner": "You say in one or two sentences how to go about the question. You never answer it.",
    "solver": "You work the question out in a few words and then answer it.",
    "checker": "You check the last thought, put its mistakes right, and answer the question.",
}
SINGLE = PROMPTS["solver"]
PLAN = "Do it step by step."


class Played(NamedTuple):
    """A way of answering one question; credits."""

    score: float
    bill: float


def tasks_of(config: Config) -> list[r.Task]:
    """Questions that are paid for a full score alone."""
    unknown = set(config.families) - set(FAMILIES)
    if unknown:
        raise ValueError(f"reasoning_with_models: no program for {sorted(unknown)}; there are {sorted(FAMILIES)}.")
    tasks = r.gym_tasks(config.families, config.tasks, config.key, config.bounty)
    return [r.Task(task.question, lambda answer, task=task: float(task.score(answer) == 1.0)) for task in tasks]


def worker(tasks: Sequence[r.Task]) -> Program:
    """The program in the model's place: right more often where there is a plan, or something to check."""
    kinds = {task.question.text: task.question.kind for task in tasks}

    def work(request: Request) -> str:
        asked = json.loads(request.messages[-1].content)
        if PROMPTS["planner"] in request.messages[0].content:
            return PLAN
        luck = random.Random(f"{request.hash}")
        family = FAMILIES[kinds[asked["question"]]]
        value = family.solve(family.read(asked["question"]))
        right = luck.random() < min(0.95, 0.6 + 0.15 * len(asked["thoughts"]))
        return f"{r.ANSWER} {family.write(value if right else spoiled(value, luck))}"

    return Program(work, "worker")


def staff(
    config: Config, access: AbstractAccess, tasks: Sequence[r.Task]
) -> tuple[list[r.PromptedThinker], r.PromptedThinker]:
    """The thinkers of the market, and who answers alone; one model, with two bills."""
    program = worker(tasks)

    def thinker(name: str, prompt: str, model: AbstractModel) -> r.PromptedThinker:
        bids = r.ValueRegression(start=config.bounty)
        made = r.PromptedThinker(
            name, bids, model, prompt, max_tokens=config.max_tokens, temperature=config.temperature
        )
        made.most = dearest(config, made, tasks)
        return made

    market, alone = access.model("market", program), access.model("self-consistency", program)
    return [thinker(name, prompt, market) for name, prompt in PROMPTS.items()], thinker("alone", SINGLE, alone)


def dearest(config: Config, thinker: r.PromptedThinker, tasks: Sequence[r.Task]) -> int:
    """Micro-dollars of the dearest call: the longest question and as many thoughts as there can be, of letters that JSON writes in six."""
    thoughts = tuple(r.Thought("", "self-consistency", "\0" * config.longest, "", 0) for _ in range(config.depth - 1))
    questions = {len(task.question.text.encode()): task.question for task in tasks}
    return thinker.model.dearest(thinker.request(r.View(questions[max(questions)], thoughts, "", "", 0, 0)))


async def play(config: Config, access: AbstractAccess, tasks: Sequence[r.Task]) -> dict[str, list[Played]]:
    """The market on all questions, and then who answers alone, once and as often as the market's bill pays for."""
    thinkers, alone = staff(config, access, tasks)
    endowment = 10 * config.tasks * config.bounty + 2 * to_credits(max(thinker.most for thinker in thinkers))
    market = r.ReasoningMarket(
        thinkers, endowment=endowment, depth=config.depth, longest=config.longest, seed=config.key
    )
    found: dict[str, list[Played]] = {"market": [], "one call": [], "self-consistency at equal bill": []}
    async with access:
        for task in tasks:
            episode = await market.arun(task)
            access.check()
            found["market"].append(Played(episode.score, episode.bill / MICRO))
        for number, task in enumerate(tasks):
            found["one call"].append(await voted(alone, task, number, 1))
            access.check()
        votes = equal(config, found["market"], found["one call"])
        for number, task in enumerate(tasks):
            found["self-consistency at equal bill"].append(await voted(alone, task, number, votes))
            access.check()
    if market.journal.audit():
        raise AssertionError("the books do not close")
    return found


def equal(config: Config, market: Sequence[Played], single: Sequence[Played]) -> int:
    """How many answers cost what the market costs."""
    one = sum(played.bill for played in single)
    return max(1, min(config.votes, round(sum(played.bill for played in market) / one))) if one else config.votes


async def voted(alone: r.PromptedThinker, task: r.Task, number: int, votes: int) -> Played:
    """The most frequent of several answers, which differ by their seeds."""
    acts = await asyncio.gather(*(answer(alone, task, number * 1_000 + vote) for vote in range(votes)))
    counted = Counter(text for text, _ in acts if text)
    score = task.score(counted.most_common(1)[0][0]) if counted else 0.0
    return Played(score, sum(cost for _, cost in acts) / MICRO)


async def answer(alone: r.PromptedThinker, task: r.Task, seed: int) -> tuple[str, int]:
    """An answer and its bill; a model that declines, or only thinks, has none."""
    try:
        act = await alone.act(r.View(task.question, (), "", "", 0, seed))
    except ModelError as error:  # what is not the model's own answer ends the run at the next check
        return "", error.cost
    return act.text if act.final else "", act.cost


def ceilings(config: Config, access: AbstractAccess, tasks: Sequence[r.Task]) -> dict[str, int]:
    """Micro-dollars of each part at most, whatever is answered: every question to its depth, and all votes."""
    thinkers, alone = staff(config, access, tasks)
    single = dearest(replace(config, depth=1), alone, tasks)
    return {
        "market": config.tasks * config.depth * max(thinker.most for thinker in thinkers),
        "self-consistency": config.tasks * (1 + config.votes) * single,
    }


def price(config: Config, context: Context) -> Pricing:
    """What a run would cost."""
    pricing, tasks = Pricing(config.model, context.folder / "answers" if context.resume else None), tasks_of(config)
    asyncio.run(play(config, pricing, tasks))
    for part, amount in ceilings(config, pricing, tasks).items():
        pricing.at_most(part, amount)
    return pricing


def run(config: Config, context: Context) -> Report:
    """Every way on every question, and the bill."""
    access, tasks = Access(config.model, context.folder / "answers", context.resume), tasks_of(config)
    found = asyncio.run(play(config, access, tasks))
    findings = [
        Finding("reasoning with models", f"{way}: share of right answers", "", told(p.score for p in played),
                note=f"{1e6 * np.mean([p.bill for p in played]):,.1f} micro-dollars a question")
        for way, played in found.items()
    ]  # fmt: skip
    findings += bills("reasoning with models", access, ceilings(config, access, tasks))
    return Report(findings, text=TEXT.format(who=config.model.name or "a program in the place of a model"))


TEXT = (
    "Asked was {who}, the same under all prompts. What a program answers is no result about language models. Bids are learned on "
    "these questions, from nothing; intervals are over questions. Self-consistency takes as many answers as the market's bill "
    "pays for, at equal temperature."
)
