"""The protocols of oversight in words, and what asking models would cost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from _model_bills import bills
from _oversight_names import (
    MARKET,
    NAIVE,
    PROPAGANDA,
    RECURSIVE,
    SHOT,
)
from _oversight_words import program, sums

from catallax.lab import Finding, Report, markdown_table
from catallax.lab.statistics import interval
from catallax.language import oversight
from catallax.language.models import (
    AbstractAccess,
    AbstractModel,
    Access,
    Program,
    Request,
    Response,
    Structured,
)

if TYPE_CHECKING:
    from claim_oversight import Config

PARTS = ("judge", "agents", "informers")


def talks(config: Config, models: Mapping[str, AbstractModel]) -> list[oversight.AbstractSpoken]:
    """The protocols in words; judge, agents and informers are one model, with a bill each."""
    informer, told = models["informers"], {"judge": models["judge"], "tokens": config.tokens}
    return [
        oversight.SpokenNaive(name=NAIVE, **told), oversight.SpokenPropaganda(name=PROPAGANDA, **told),
        *(oversight.SpokenConsultancy(name=f"consultancy, {'client' if first else 'consultant'} starts, {turns} turns", turns=turns, client_first=first, **told)
          for first in (True, False) for turns in (2, 4)),
        *(oversight.SpokenDebate(name=f"debate, {'simultaneous' if at_once else 'sequential'}, {turns} turns", turns=turns, simultaneous=at_once, **told)
          for at_once in (False, True) for turns in (2, 4)),
        oversight.SpokenMarket(name=MARKET, informer=informer, **told), oversight.SpokenBazaar(name=SHOT, informer=informer, **told),
        oversight.SpokenBazaar(name=RECURSIVE, informer=informer, notes=True, **told),
    ]  # fmt: skip


async def spoken(config: Config, access: AbstractAccess) -> dict[str, tuple[oversight.Run, oversight.Run]]:
    """Every protocol on every question, for the true and for the false answer."""
    problems, found = sums(config.key, config.sums), {}
    models = {part: access.model(part, Program(program, part)) for part in PARTS}
    agent = oversight.Speaker(models["agents"])
    async with access:
        for protocol in talks(config, models):
            luck = [np.random.default_rng([config.key, 4]) for _ in range(2)]
            runs = [
                await protocol.arun(agent, problems, case, one) for case, one in zip((True, False), luck, strict=True)
            ]
            access.check()
            found[protocol.name] = (runs[0], runs[1])
    return found


class Longest(AbstractModel):
    """Answers as much as it may, and adds up what each call would cost at most."""

    def __init__(self, model: AbstractModel) -> None:
        self._model, self.cost = model, 0

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: Request) -> Response:
        self.cost += Structured(self._model, None).dearest(request)
        fields = (request.schema or {})["properties"]
        said = {"text": "\U0001f600" * (fields.get("text", {}).get("maxLength", 0) // 4), "probability": 1.0,
                "keep": fields.get("keep", {}).get("items", {}).get("enum", [])}  # fmt: skip
        return await Program(lambda _: json.dumps({name: said[name] for name in fields})).complete(request)


def ceilings(config: Config, access: AbstractAccess) -> dict[str, int]:
    """Micro-dollars of each part at most, whatever is answered."""
    parts = {part: Longest(access.model(part, Program(program, part))) for part in PARTS}

    async def all_of() -> None:
        for protocol in talks(config, parts):
            for case in (True, False):
                await protocol.arun(
                    oversight.Speaker(parts["agents"]), sums(config.key, config.sums), case, np.random.default_rng(0)
                )

    asyncio.run(all_of())
    return {part: longest.cost for part, longest in parts.items()}


def in_words(config: Config, access: Access) -> Report:
    """The same harness with language models, or programs in their place."""
    found = asyncio.run(spoken(config, access))
    who = config.model.name or "a program in the place of a model"
    findings, rows = [], []
    for name, (true, false) in found.items():
        asd = interval(oversight.agent_score_difference(true.probs, false.probs))
        row = oversight.Row.of(true, false)
        findings.append(
            Finding("oversight in words", f"{name}: ASD (Brier)", "", f"{asd:.3f}", note=f"asked was {who}")
        )
        rows.append((name, f"{asd:.3f}", f"{row.true:.3f}", f"{row.false:.3f}", f"{row.jse:.3f}", f"{row.accuracy:.3f}", f"{row.cost:.0f}", f"{row.read:.0f}"))  # fmt: skip
    findings += bills("oversight in words", access, ceilings(config, access)) if config.model.priced else []
    head = (
        "protocol",
        "ASD (Brier)",
        "p_T",
        "p_F",
        "JSE",
        "judge accuracy",
        "tokens the judge reads",
        "tokens read in all",
    )
    return Report(findings, text=f"{WORDS.format(who=who, tokens=config.tokens)}\n\n{markdown_table(head, rows)}")


WORDS = (
    "**The same harness in words.** Questions are sums of several steps; agents and informers see them worked out, right and with one slip, the judge does not. What the judge reads of speeches is at most "
    "{tokens} tokens under every protocol. Asked was {who}; what a program answers is no result about language models. `--model.url` and `--model.name` ask one, `--dry-run` says what that would cost, and answers "
    "are recorded. Intervals are over questions."
)
