"""The market as an environment of verifiers where that is not installed: against the signatures of its version 0.4."""

import asyncio
import dataclasses
import importlib
import json
import sys
import types

import numpy as np
import pytest

from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.bazaar import Limits
from catallax.language.feedback import Stall
from catallax.language.worlds import World, fact_check

WORLD = fact_check()
STALL = Stall(
    WORLD, "I1", Buyer(Forecast("E", prior=0.1), budget=1.0),
    lambda learners, seed: Bazaar([*learners, program_informer(WORLD, "I2")], seed=seed),
)  # fmt: skip


class Generic:
    """Takes a type in brackets, as classes of verifiers do."""

    def __class_getitem__(cls, kind):
        return cls


class Trace:
    def __init__(self, reply):
        self.last_reply, self.ok, self.info, self.rewards, self.metrics = reply, True, {}, {}, {}

    def record_reward(self, name, value, weight=1.0):
        assert name not in self.rewards  # counted once
        self.rewards[name] = value * weight

    def record_metric(self, name, value):
        self.metrics[name] = value


class Seat:
    def __init__(self, *lines):
        self.lines, self.trainable, self.traces = list(lines), True, []

    async def run(self, task):
        self.traces.append(Trace(self.lines.pop(0)))
        return self.traces[-1]


@pytest.fixture
def adapter(monkeypatch):
    pydantic = pytest.importorskip("pydantic")

    class Task(Generic):
        def __init__(self, data, config=None):
            self.data = data

    v1 = types.ModuleType("verifiers.v1")
    data = type("TaskData", (pydantic.BaseModel,), {"__annotations__": {"prompt": str | None}, "prompt": None})
    config = type("EnvConfig", (pydantic.BaseModel,), {"model_config": {"arbitrary_types_allowed": True}})
    parts = {"TaskData": data, "Task": Task, "Taskset": type("Taskset", (Generic,), {}), "EnvConfig": config}
    parts |= {"AgentConfig": type("AgentConfig", (), {}), "Env": type("Env", (Generic,), {})}
    for name, part in parts.items():
        setattr(v1, name, part)
    monkeypatch.setitem(sys.modules, "verifiers", types.ModuleType("verifiers"))
    monkeypatch.setitem(sys.modules, "verifiers.v1", v1)
    monkeypatch.delitem(sys.modules, "catallax.adapters.verifiers", raising=False)
    yield importlib.import_module("catallax.adapters.verifiers")
    sys.modules.pop("catallax.adapters.verifiers", None)


def test_seats_are_paid_once_by_their_wealth(adapter):
    offer = {"info": "I1=0", "price": 0.002, "bid": 0.002}  # true of goal 0
    informer, buyer = Seat(json.dumps(offer), "?"), Seat('{"probability": 0.1}')
    agents = types.SimpleNamespace(informer=informer, buyer=buyer)
    env = adapter.MarketEnv()
    env.taskset = type("Goals", (adapter.MarketTaskset,), {"stall": STALL, "goals": range(2)})()
    env.taskset.config = types.SimpleNamespace(task=None)
    env.config = adapter.MarketEnvConfig(informers=2)
    task = next(iter(env.taskset.load()))
    episode = types.SimpleNamespace(traces=informer.traces + buyer.traces)

    async def play():
        await env.setup(agents)
        await env.run(task, agents)
        episode.traces = informer.traces + buyer.traces
        await env.finalize(task, episode)

    asyncio.run(play())
    # the price, less what the rival would have paid for the slot; the penalty; a report of the prior gains nothing and costs the price
    wealth = [trace.rewards["wealth"] for trace in episode.traces]
    assert wealth == pytest.approx([0.002 - 0.001188, -1, -0.002])
    assert not buyer.trainable and informer.trainable


def test_a_market_that_is_stopped_and_a_world_of_three_outcomes_end_the_episode(adapter):
    offer = json.dumps({"info": "I1=0", "price": 0.002, "bid": 0.002})

    class Sleepy(Seat):
        async def run(self, task):
            await asyncio.sleep(9)

    def episode(stall, buyer):
        env = adapter.MarketEnv()
        env.taskset, env.config = types.SimpleNamespace(stall=stall), adapter.MarketEnvConfig(informers=1)
        task = types.SimpleNamespace(data=types.SimpleNamespace(goal=0))
        asyncio.run(env.run(task, types.SimpleNamespace(informer=Seat(offer), buyer=buyer)))

    def hasty(learners, seed):
        return Bazaar([*learners, program_informer(WORLD, "I2")], limits=Limits(inspection=0.01), seed=seed)

    with pytest.raises(RuntimeError, match=r"was stopped: timeout; see Limits"):
        episode(dataclasses.replace(STALL, arena=hasty), Sleepy())
    three = World(np.full((3, 2), 1 / 6))
    with pytest.raises(ValueError, match="'E' has 3 outcomes"):
        episode(dataclasses.replace(STALL, world=three), Seat())
