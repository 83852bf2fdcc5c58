"""OpenRLHF's reward function and agent, called as its source calls them; OpenRLHF itself is replaced by its signatures."""

import asyncio
import json
import sys
import types

import pytest

from catallax.adapters import openrlhf
from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.feedback import Counterfactual, Joint, Stall
from catallax.language.worlds import fact_check

torch = pytest.importorskip("torch", reason="the adapter answers in tensors; needs the extra `torch`")

WORLD = fact_check()
STALL = Stall(
    WORLD, "I1", Buyer(Forecast("E", prior=0.1), budget=1.0),
    lambda learners, seed: Bazaar([*learners, program_informer(WORLD, "I2")], seed=seed), penalty=-2.0,
)  # fmt: skip
DESIGN = Counterfactual(STALL)
OFFER = json.dumps({"info": "I1=0", "price": 0.002, "bid": 0.002})  # true of goal 0
REWARD = 0.002 - 0.001188  # the price, less what the rival would have paid for the slot


def test_the_reward_function_answers_one_text_at_a_time_and_never_fails(caplog):
    reward = openrlhf.reward_function(DESIGN)

    def asked(response, label):
        # in a thread, as OpenRLHF does
        found = asyncio.run(ask(["What? " + response], ["What? "], [label]))
        assert found.keys() == {"rewards", "scores", "extra_logs"}
        assert found["rewards"].shape == found["scores"].shape == (1,)
        return found

    async def ask(*arguments):
        return await asyncio.to_thread(reward, *arguments)

    good = asked(OFFER + "<|im_end|>", "0")  # decoded with special words
    assert good["rewards"].item() == pytest.approx(REWARD) and good["extra_logs"]["bought"].item() == 1
    assert asked("I1=0", "0")["rewards"].item() == -2
    bad = asked(OFFER, "no goal")  # an error inside
    assert bad["rewards"].item() == -2 and bad["extra_logs"]["malformed"].item() == 1
    # a prompt that was cut would leave its rest before the completion, and nothing could be read
    caplog.clear()
    assert reward(["at? " + OFFER], ["What? "], ["0"])["rewards"].item() == -2
    assert "does not begin with its prompt" in caplog.text and "agent_executor" in caplog.text
    with pytest.raises(TypeError, match="expected Counterfactual"):
        openrlhf.reward_function(Joint(STALL, 8))


@pytest.fixture
def installed(monkeypatch):
    """The signatures of openrlhf.utils.agent, version 0.11."""

    class AgentInstanceBase:
        pass

    class MultiTurnAgentExecutor:
        def __init__(self, agent_instance_cls):
            assert issubclass(agent_instance_cls, AgentInstanceBase)
            self.agent_instance_cls = agent_instance_cls

    agent = types.ModuleType("openrlhf.utils.agent")
    agent.AgentInstanceBase, agent.MultiTurnAgentExecutor = AgentInstanceBase, MultiTurnAgentExecutor
    for name in ("openrlhf", "openrlhf.utils"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "openrlhf.utils.agent", agent)


def test_the_agent_sells_in_one_step(installed):
    executor = openrlhf.agent_executor(DESIGN)()

    async def episode(action, label):
        instance = executor.agent_instance_cls()
        observed = await instance.reset({"observation": "What?", "label": label})
        state = {"observation_text": observed["observation"], "action_text": action, "label": label}
        return await instance.step(state | {"sampling_params": None})

    good, bad = asyncio.run(episode(OFFER + "</s>", "0")), asyncio.run(episode(OFFER, None))
    assert good["rewards"].item() == pytest.approx(REWARD) and bad["rewards"].item() == -2
    for step in (good, bad):
        assert step["done"] is True and step["environment_feedback"] == "" and step["scores"] is step["rewards"]


def test_without_openrlhf_the_agent_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openrlhf.utils.agent", None)
    monkeypatch.setitem(sys.modules, "openrlhf", None)
    with pytest.raises(ImportError, match="openrlhf"):
        openrlhf.agent_executor(DESIGN)
