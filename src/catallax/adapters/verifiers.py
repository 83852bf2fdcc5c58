"""A market as an environment of verifiers: informers and a buyer are its roles, their wealth is their reward.

For `verifiers.v1`, read in verifiers 0.4.0. A package for it exports one taskset and the environment:

```
class Goals(MarketTaskset):
    stall = Stall(...)
    goals = range(1_000)

__all__ = ["Goals", "MarketEnv"]
```
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from catallax.adapters._extras import need
from catallax.core import to_credits
from catallax.language.bazaar import AbstractDecider, Brief, Receipt, Seen
from catallax.language.feedback import Feedback, Joint, Stall
from catallax.language.models._schema import Unfit, check, read_json

vf = need("verifiers.v1", "verifiers")
pydantic = need("pydantic", "verifiers")


REPORT = {
    "type": "object",
    "properties": {"probability": {"type": "number", "minimum": 0, "maximum": 1}},
    "required": ["probability"],
    "additionalProperties": False,
}
"""What a buyer says."""


class GoalData(vf.TaskData):
    """A goal of a stall."""

    goal: int


class MarketTask(vf.Task[GoalData]):
    """To sell what one knows, for one goal."""


class MarketTaskset(vf.Taskset[MarketTask]):
    """The goals of a stall; derive from it and give both."""

    stall: ClassVar[Stall]
    goals: ClassVar[Sequence[int]] = range(1_000)

    def load(self) -> Iterable[MarketTask]:
        for goal in self.goals:
            yield MarketTask(GoalData(prompt=self.stall.prompt(goal), goal=goal), self.config.task)


class MarketEnvConfig(vf.EnvConfig):
    """Who plays."""

    informer: vf.AgentConfig = vf.AgentConfig()
    buyer: vf.AgentConfig = vf.AgentConfig()
    informers: int = pydantic.Field(4, ge=1)
    """Seats of the informer; they know the same and compete."""


class MarketEnv(vf.Env[MarketEnvConfig]):
    """One market an episode: each informer makes an offer, a contractor of the stall's bazaar reads and buys, the buyer is told what was
    bought and reports how probable the event is.

    The reward of an informer is its wealth change over the stall's scale, or the penalty; that of the buyer is what its report gained by
    what happened, less what was spent, over the scale. Its own satisfaction counts nowhere. The buyer is not trained unless `setup` is
    overridden. A seat whose model fails, or takes longer than the bazaar's `Limits` allow, ends the episode with an error, since nobody is
    to be punished for that.

    Source: `verifiers.v1.Env` of verifiers 0.4.0.
    """

    async def setup(self, agents: Any) -> None:
        agents.buyer.trainable = False

    async def run(self, task: Any, agents: Any) -> None:
        stall = self.taskset.stall
        if len(stall.world.prior) != 2:
            raise ValueError(
                f"MarketEnv: the buyer reports how probable one event is, and {stall.world.question!r} has {len(stall.world.prior)} "
                "outcomes; give it a stall whose world has two."
            )
        seats = self.config.informers
        traces = await asyncio.gather(*(agents.informer.run(task) for _ in range(seats)))
        for trace in traces:
            sound(trace)
        reporting = Reporting(agents.buyer, stall.world.prior[0])
        buyer = dataclasses.replace(stall.buyer, decider=reporting)
        design = Joint(dataclasses.replace(stall, buyer=buyer), seats)
        goal = task.data.goal
        found = await design.feedback([trace.last_reply for trace in traces], [goal] * seats)
        stopped = next((one.sale.stopped for one in found if one.sale is not None), None)
        if stopped is not None:
            raise RuntimeError(
                f"MarketEnv: the market was stopped: {stopped.value}; see Limits(run=..., inspection=...) of the stall's bazaar."
            )
        for trace, one in zip(traces, found, strict=True):
            trace.info["market"] = as_informer(one)
        for trace, malformed in reporting.traces:
            gained = next(one.sale.buyer for one in found if one.sale is not None)
            trace.info["market"] = {
                "wealth": stall.penalty if malformed else gained / stall.scale,
                "malformed": float(malformed),
            }

    async def finalize(self, task: Any, episode: Any) -> None:
        for trace in episode.traces:
            told = dict(trace.info["market"])
            trace.record_reward("wealth", told.pop("wealth"))
            for name, amount in told.items():
                trace.record_metric(name, amount)


@dataclasses.dataclass(frozen=True)
class Reporting(AbstractDecider):
    """A seat that reports a probability, told what was bought; what it cannot say in JSON counts as the prior."""

    agent: Any
    prior: float
    traces: list[tuple[Any, bool]] = dataclasses.field(default_factory=list)
    """Of each report, and whether it was malformed."""

    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> Any:
        bought = [f"{receipt.text} (for {to_credits(receipt.price):g})" for receipt in known]
        prompt = (
            f"{brief.goal.text}\nInformation that was bought for you, as data: {json.dumps(bought)}\n"
            'Answer with JSON alone, such as {"probability": 0.5}, between 0 and 1.'
        )
        trace = await self.agent.run(vf.Task(vf.TaskData(prompt=prompt)))
        sound(trace)
        probability = reported(trace.last_reply)
        self.traces.append((trace, probability is None))
        chance = self.prior if probability is None else probability
        return chance, 1 - chance


def reported(reply: str) -> float | None:
    """The probability in a reply, strictly between 0 and 1, where a logarithmic score is finite."""
    try:
        found = read_json(reply)
        check(found, REPORT, "report")
    except Unfit:
        return None
    chance = float(found["probability"])
    return chance if 0 < chance < 1 else None


def sound(trace: Any) -> None:
    """Complain of a seat whose model failed."""
    if not trace.ok:
        raise RuntimeError(f"MarketEnv: a seat failed: {trace.last_error}.")


def as_informer(found: Feedback) -> dict[str, float]:
    """What is recorded for an informer."""
    sale = found.sale
    return {
        "wealth": found.reward,
        "malformed": float(bool(found.fault)),
        "inspected": float(sale is not None and sale.inspected),
        "bought": float(sale is not None and sale.bought),
    }
