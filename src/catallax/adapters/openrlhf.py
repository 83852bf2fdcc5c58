"""Market feedback as a reward in OpenRLHF: a `reward_func`, and an agent executor.

Nothing of OpenRLHF or torch is imported before it is used. Read in OpenRLHF's source, version 0.11; both are picked up from a file of yours:

* `--reward.remote_url rewards.py`, where the file says `reward_func = openrlhf.reward_function(Counterfactual(stall))`;
* `--train.agent_func_path agent.py`, where it says `AgentExecutor = openrlhf.agent_executor(Counterfactual(stall))`.

The label of a row is its goal: `--data.input_key prompt --data.label_key goal_id`, and `--data.apply_chat_template`, for rows of
`Stall.rows`.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

from catallax.adapters._extras import need
from catallax.language.feedback import Counterfactual, Feedback

ENDS = ("</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<end_of_turn>")
"""What tokenizers write at the end of a text."""
_LOG = logging.getLogger(__name__)


def reward_function(design: Counterfactual, ends: Sequence[str] = ENDS) -> Callable[..., dict[str, Any]]:
    """A `reward_func` for OpenRLHF. It is called with one text at a time, so each plays alone.

    An error in a reward would be swallowed there and leave none: whatever goes wrong, the answer is the penalty, and is logged here.

    Args:
        design: how completions meet the market.
        ends: special words after which a text is over; OpenRLHF decodes with them.

    Returns:
        `reward_func(queries, prompts, labels, **more) -> {"rewards", "scores", "extra_logs"}`.

    Raises:
        TypeError: for another design.
    """
    _alone(design)

    def reward_func(
        queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **more: Any
    ) -> dict[str, Any]:
        found = [
            _judged(lambda q=query, p=prompt, n=label: asyncio.run(_one(design, said(q, p, ends), n)), design)
            for query, prompt, label in zip(queries, prompts, labels, strict=True)
        ]
        return _told(found)

    return reward_func


def agent_executor(design: Counterfactual, ends: Sequence[str] = ENDS) -> type:
    """A class `AgentExecutor` for OpenRLHF's agents: one step, in which the text is sold.

    Args:
        design: how completions meet the market.
        ends: special words after which a text is over.

    Raises:
        ImportError: without OpenRLHF.
        TypeError: for another design.
    """
    _alone(design)
    agent = need("openrlhf.utils.agent", "openrlhf")

    class MarketAgent(agent.AgentInstanceBase):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            pass

        async def reset(self, states: dict[str, Any], **more: Any) -> dict[str, Any]:
            return {"observation": states["observation"]}

        async def step(self, state_dict: dict[str, Any], **more: Any) -> dict[str, Any]:
            try:
                found = await _one(design, said(state_dict["action_text"], "", ends), state_dict["label"])
            except Exception:  # the trainer would swallow it and leave no reward; it is logged, and the penalty is told
                found = _failed(design)
            feedback = {"environment_feedback": "", "done": True, "sampling_params": state_dict.get("sampling_params")}
            return {**_told([found]), **feedback}

    class AgentExecutor(agent.MultiTurnAgentExecutor):
        def __init__(self) -> None:
            super().__init__(MarketAgent)

    return AgentExecutor


def said(query: str, prompt: str, ends: Sequence[str]) -> str:
    """The completion in a text that begins with its prompt, up to the first word that ends it.

    Raises:
        ValueError: for a text that begins otherwise; what is the prompt's and what the completion's nobody knows then.
    """
    if not query.startswith(prompt):
        raise ValueError(
            "openrlhf: the text does not begin with its prompt, which was cut (raise --data.max_len) or is decoded otherwise than it was "
            "written; use agent_executor, which is told the completion alone."
        )
    text = query.removeprefix(prompt)
    return text[: min((place for end in ends if (place := text.find(end)) >= 0), default=len(text))]


def _alone(design: Counterfactual) -> None:
    if not isinstance(design, Counterfactual):
        raise TypeError(
            f"OpenRLHF: texts come one at a time, so each plays alone: expected Counterfactual, got {design}."
        )


async def _one(design: Counterfactual, completion: str, label: Any) -> Feedback:
    (found,) = await design.feedback([completion], [int(label)])
    return found if math.isfinite(found.reward) else _failed(design)


def _judged(play: Callable[[], Feedback], design: Counterfactual) -> Feedback:
    try:
        return play()
    except Exception:  # as above
        return _failed(design)


def _failed(design: Counterfactual) -> Feedback:
    _LOG.exception("the market did not answer; the reward is the penalty")
    return Feedback(design.stall.penalty, fault="the market did not answer")


def _told(found: Sequence[Feedback]) -> dict[str, Any]:
    torch = need("torch", "torch")
    rewards = torch.tensor([one.reward for one in found])
    sales = [one.sale for one in found]
    logs = {
        "malformed": torch.tensor([float(bool(one.fault)) for one in found]),
        "inspected": torch.tensor([float(sale is not None and sale.inspected) for sale in sales]),
        "bought": torch.tensor([float(sale is not None and sale.bought) for sale in sales]),
    }
    return {"rewards": rewards, "scores": rewards, "extra_logs": logs}
