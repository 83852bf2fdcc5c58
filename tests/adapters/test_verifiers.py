"""The market as an environment of verifiers, played by scripted seats inside verifiers' own machinery."""

import asyncio
import json
import sys
import types
from typing import ClassVar

import numpy as np
import pytest

vf = pytest.importorskip("verifiers.v1", reason="needs the extra `verifiers`", exc_type=ImportError)

from catallax.adapters.verifiers import MarketEnv, MarketEnvConfig, MarketTaskset, reported  # noqa: E402
from catallax.language import Bazaar, Buyer, Forecast, program_informer  # noqa: E402
from catallax.language.feedback import Stall  # noqa: E402
from catallax.language.worlds import reports  # noqa: E402

WORLD = reports(0.9, 0.7)
STALL = Stall(
    WORLD, "I1", Buyer(Forecast("E", prior=0.5), budget=1.0),
    lambda learners, seed: Bazaar([*learners, program_informer(WORLD, "I2", 0.05)], rounds=1, seed=seed),
)  # fmt: skip
VALUE = STALL.nature(0)["I1"]


class Goals(MarketTaskset):
    stall = STALL
    goals = range(3)


class ScriptedConfig(vf.HarnessConfig):
    pass


class Scripted(vf.Harness[ScriptedConfig]):
    """Says what is next in a list, to a prompt of its role; no model, no program."""

    EXECUTES_CODE = False
    NEEDS_CONTAINER = False
    lines: ClassVar[dict[str, list[str]]] = {}
    prompts: ClassVar[list[str]] = []

    async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data, **more):
        self.prompts.append(data.prompt)
        said = self.lines["buyer" if "bought for you" in data.prompt else "informer"].pop(0)
        if said == "fails":
            return vf.ProgramResult(exit_code=1, stdout="", stderr="the model is gone")
        trace.nodes.append(vf.MessageNode(message=vf.AssistantMessage(content=said), sampled=True))
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


@pytest.fixture
def play(monkeypatch):
    goals, scripted = types.ModuleType("market_goals"), types.ModuleType("scripted_seat")
    goals.Goals, goals.MarketEnv, goals.__all__ = Goals, MarketEnv, ["Goals", "MarketEnv"]
    scripted.Scripted, scripted.__all__ = Scripted, ["Scripted"]
    for module in (goals, scripted):
        module.__spec__ = types.SimpleNamespace(name=module.__name__)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    seat = {"harness": {"id": "scripted_seat"}, "runtime": {"type": "subprocess"}}

    def episode(informers, buyer):
        monkeypatch.setattr(Scripted, "lines", {"informer": list(informers), "buyer": [buyer]})
        monkeypatch.setattr(Scripted, "prompts", [])
        config = MarketEnvConfig(taskset={"id": "market_goals"}, informer=seat, buyer=seat, informers=len(informers))
        env = vf.load_environment(config)
        assert type(env) is MarketEnv
        task = next(iter(env.taskset))

        async def run():
            async with env.serving():
                return await env.run_episode(task, vf.ModelContext(model="none", client=vf.EvalClientConfig()))

        return asyncio.run(run())

    return episode


def offer(value, price, bid=0.1):
    return json.dumps({"info": f"I1={value}", "price": price, "bid": bid})


@pytest.mark.filterwarnings("ignore")
def test_seats_are_paid_by_their_wealth(play):
    episode = play([offer(VALUE, 0.3), offer(VALUE, 0.2), "no offer"], '{"probability": 0.8}')
    assert episode.ok, episode.errors
    by_text = {trace.last_reply: trace for trace in episode.traces}
    wealth = {text: trace.rewards["wealth"].score for text, trace in by_text.items()}
    assert wealth[offer(VALUE, 0.3)] == 0  # the same for more: not looked at
    assert wealth[offer(VALUE, 0.2)] == pytest.approx(0.15)
    assert wealth["no offer"] == -1
    chance = 0.8 if STALL.nature(0)["E"] == 0 else 0.2
    buyer = by_text['{"probability": 0.8}']
    assert buyer.rewards["wealth"].score == pytest.approx(np.log(chance / 0.5) - 0.2)  # by what happened
    assert buyer.agent.name == "buyer" and not buyer.agent.trainable
    assert by_text["no offer"].agent.trainable and by_text["no offer"].metrics["malformed"] == 1
    assert f"I1={VALUE}" in Scripted.prompts[-1] and "0.2" in Scripted.prompts[-1]


@pytest.mark.filterwarnings("ignore")
def test_a_buyer_that_mumbles_is_penalised_and_a_seat_that_fails_ends_the_episode(play):
    episode = play([offer(VALUE, 0.2)], "perhaps")
    assert {trace.agent.name: trace.reward for trace in episode.traces} == pytest.approx(
        {"informer": 0.15, "buyer": -1}
    )
    broken = play([offer(VALUE, 0.2), "fails"], '{"probability": 0.8}')
    assert not broken.ok and "a seat failed" in broken.errors[-1].message
    assert all(trace.reward == 0 for trace in broken.traces)


def test_reports_are_read_strictly():
    said = (
        '{"probability": 0.5}', '```json\n{"probability": 0.5}\n```', "0.5", '{"probability": 1}', '{"probability": NaN}',
        '{"probability": "0.5"}', "[0.5]", '{"a": 0.5}',
    )  # fmt: skip
    assert [reported(text) for text in said] == [0.5, 0.5, *[None] * 6]
