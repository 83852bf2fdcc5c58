"""Market feedback for TRL: called as TRL calls it and, where TRL is installed, by TRL itself."""

import asyncio
import inspect
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from catallax.adapters.trl import MarketEnvironment, market_reward
from catallax.language import Bazaar, Buyer, Forecast, program_informer
from catallax.language.feedback import Counterfactual, Joint, Stall
from catallax.language.worlds import fact_check

WORLD = fact_check()
STALL = Stall(
    WORLD, "I1", Buyer(Forecast("E", prior=0.1), budget=1.0),
    lambda learners, seed: Bazaar([*learners, program_informer(WORLD, "I2")], seed=seed), penalty=-2.0,
)  # fmt: skip
OFFER = {"info": "I1=0", "price": 0.002, "bid": 0.002}  # true of goal 0
REWARD = 0.002 - 0.001188  # the price, less what the rival would have paid for the slot
LOUD = pytest.mark.filterwarnings("ignore")  # torch, transformers and TRL warn about themselves


def messages(content):
    return [{"role": "assistant", "content": content}]


def test_the_reward_function_answers_a_call_of_trl():
    logged, metrics = {}, {}
    completions = [messages(json.dumps(OFFER)), messages([{"type": "text", "text": json.dumps(OFFER)}]),
                   messages([{"type": "text", "text": None}]), [], json.dumps(OFFER)]  # fmt: skip
    reward = market_reward(Counterfactual(STALL))
    assert reward.__name__ == "market_reward" and inspect.iscoroutinefunction(reward)
    found = asyncio.run(
        reward(prompts=["?"] * 5, completions=completions, completion_ids=[[1]] * 5, goal_id=[0] * 5, answer=["y"] * 5,
               trainer_state=None, environments=None, log_extra=logged.__setitem__, log_metric=metrics.__setitem__)
    )  # fmt: skip
    assert found == pytest.approx([REWARD, REWARD, -2, -2, REWARD]) and all(type(one) is float for one in found)
    assert logged["outcome"][0] == "bought" and logged["outcome"][2].startswith("malformed")
    assert metrics["market/malformed"] == pytest.approx(0.4) and metrics["market/bought"] == pytest.approx(0.6)
    assert metrics["market/stopped"] == 0
    with pytest.raises(ValueError, match="needs a column goal_id"):
        asyncio.run(reward(prompts=["?"], completions=completions[:1], completion_ids=[[1]]))
    with pytest.raises(ValueError, match="needs a column goal_id"):
        MarketEnvironment(STALL).reset(prompt="?")
    joint = market_reward(Joint(STALL, 2))
    asked = {"prompts": ["?"] * 2, "completions": [json.dumps(OFFER)] * 2, "completion_ids": [[1]] * 2}
    assert asyncio.run(joint(**asked, goal_id=[0, 0])) == [0, 0]  # equal offers bid all of it away


def test_an_environment_is_paid_once():
    place = MarketEnvironment(STALL)
    # what TRL takes for tools
    tools = [n for n, _ in inspect.getmembers(MarketEnvironment, inspect.isfunction) if n[0] != "_"]
    assert sorted(tools) == ["get_reward", "reset", "submit_offer"]
    (row,) = STALL.rows([0])
    assert place.reset(**row) is None and place.get_reward() == -2
    assert asyncio.run(place.submit_offer(**OFFER)) == "bought"
    assert "already" in asyncio.run(place.submit_offer(**OFFER)) and "already" in asyncio.run(
        place.submit_offer("", 9, 9)
    )
    assert place.get_reward() == place.get_reward() == pytest.approx(REWARD)
    place.reset(**row)
    assert asyncio.run(place.submit_offer("I1=0", "0.1", 0.1)).startswith("malformed") and place.get_reward() == -2


@pytest.fixture
def tiny(monkeypatch):
    pytest.importorskip("trl", reason="needs the extra `trl`", exc_type=ImportError)
    monkeypatch.syspath_prepend(Path(__file__).resolve().parents[2] / "experiments")
    import _tiny_trl

    yield _tiny_trl
    for name in ("_tiny_trl", "_weather_market"):
        sys.modules.pop(name, None)


TEMPLATE = (
    "{% for m in messages %}{{ m['role'] }} {{ m['content'] }}{% for c in m.get('tool_calls') or [] %} {{ c['function']['name'] }} "
    "{{ c['function']['arguments'] | tojson }}{% endfor %}\n{% endfor %}"
)


@LOUD
@pytest.mark.long
def test_trl_plays_the_environment_and_counts_its_reward_once(tiny, tmp_path, monkeypatch):
    from _weather_market import weather_stall
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from catallax.language.feedback import Audited

    stall, places = weather_stall(Audited()), []

    def place():
        places.append(MarketEnvironment(stall))
        return places[-1]

    def parsed(ids, **more):
        """What a chat model writes as JSON this one says in three words."""
        said = words.decode(ids, skip_special_tokens=True).split()
        if len(said) < 3:
            return {"role": "assistant", "content": " ".join(said)}
        price, bid = (float(word) if word.replace(".", "").isdigit() else word for word in said[1:3])
        call = {"name": "submit_offer", "arguments": {"info": said[0], "price": price, "bid": bid}}
        return {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]}

    words = tiny.tokenizer()
    words.chat_template, words.response_schema = TEMPLATE, {"type": "object", "properties": {}}
    monkeypatch.setattr(words, "parse_response", parsed, raising=False)
    settings = GRPOConfig(
        output_dir=str(tmp_path), use_cpu=True, report_to=[], per_device_train_batch_size=32, num_generations=16,
        max_completion_length=8, max_steps=2, logging_steps=1, save_strategy="no", disable_tqdm=True,
    )  # fmt: skip
    trainer = GRPOTrainer(
        model=tiny.model(0), processing_class=words, args=settings, train_dataset=Dataset.from_list(stall.rows(range(4))),
        environment_factory=place,
    )  # fmt: skip
    assert trainer.reward_func_names == ["MarketEnvironment"] and [t.__name__ for t in trainer.tools] == [
        "submit_offer"
    ]
    trainer.train()
    first, last = (row for row in trainer.state.log_history if "reward" in row)
    assert min(first["tools/call_frequency"], last["tools/call_frequency"]) > 0.5
    assert first["tools/failure_frequency"] == last["tools/failure_frequency"] == 0
    assert len(places) == 32 and last["reward"] == pytest.approx(np.mean([one.get_reward() for one in places]))
    assert len({round(one.get_reward(), 6) for one in places}) > 1  # some sold something


@LOUD
@pytest.mark.slow
def test_a_tiny_model_learns_to_sell_what_it_knows(tiny):
    from _weather_market import weather_stall

    from catallax.language.feedback import Audited

    batches = tiny.train(Counterfactual(weather_stall(Audited())), seed=0, steps=150, batch=64, group=32, rate=3e-3)
    means = [np.mean([one.reward for one, _ in batch]) for batch in batches]
    assert len(means) == 150 and np.mean(means[:10]) < -0.2 and np.mean(means[-10:]) > 0.8  # of 1.2 at most
    ends = [(one.proposal.info, value) for batch in batches[-10:] for one, value in batch if one.proposal]
    assert np.mean([info == f"I1={value}" for info, value in ends]) > 0.9


@pytest.fixture
def byte_model(tiny, tmp_path):
    """A folder with a model that says bytes by chance, and a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    special = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>"}
    letters = [*special.values(), *sorted(pre_tokenizers.ByteLevel.alphabet())]
    spelling = Tokenizer(models.BPE({letter: number for number, letter in enumerate(letters)}, []))
    spelling.pre_tokenizer, spelling.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    words = PreTrainedTokenizerFast(tokenizer_object=spelling, padding_side="left", **special)
    words.chat_template = TEMPLATE
    words.save_pretrained(tmp_path / "model")
    config = tiny.model(0).config
    config.vocab_size, config.max_position_embeddings = len(letters), 1024
    LlamaForCausalLM(config).save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@LOUD
@pytest.mark.long
@pytest.mark.parametrize("design", ["alone", "joint"])
def test_the_script_for_a_gpu_can_be_tried_on_a_cpu(byte_model, tmp_path, design, capsys):
    spec = spec_from_file_location("rlmf_gpu", Path(__file__).resolve().parents[2] / "benchmarks" / "rlmf_gpu.py")
    script = module_from_spec(spec)
    sys.modules[spec.name] = script
    try:
        spec.loader.exec_module(script)
        small = {"steps": 2, "prompts": 2, "group": 4, "tokens": 4, "goals": 8}
        script.main(script.Settings(model=str(byte_model), out=tmp_path / "out", design=design, **small))
    finally:
        del sys.modules[spec.name]
    rows = json.loads((tmp_path / "out" / "curve.json").read_text(encoding="utf-8"))
    # four bytes by chance are no offer
    assert [(row["step"], row["reward"], row["market/malformed"]) for row in rows] == [(1, -1, 1), (2, -1, 1)]
    assert (tmp_path / "out" / "model.safetensors").exists() and "there is no GPU" in capsys.readouterr().out
