"""Market feedback as a reward in TRL: a reward function for `reward_funcs`, and an environment for `environment_factory`.

Neither imports TRL, which calls them. Read in TRL 1.16.0; the names of arguments are TRL's.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from catallax.language.feedback import AbstractDesign, Feedback, MalformedError, Stall

Completion = str | Sequence[dict[str, Any]]
"""A text or, for conversational data, messages."""


def market_reward(design: AbstractDesign) -> Callable[..., Coroutine[Any, Any, list[float]]]:
    """A reward function for TRL's trainers: what the market pays for each completion.

    The data set needs a column `goal_id`, as `Stall.rows` makes it. What became of each offer goes to the table of completions, and
    shares of malformed, inspected and bought offers, and of markets that were stopped, to the metrics.

    Args:
        design: how completions meet the market. With `Joint`, set its group to `num_generations` and train in one process.

    Returns:
        `async def market_reward(prompts, completions, completion_ids, *, goal_id, log_extra, log_metric, **columns) -> list[float]`; a
        number for each completion, never `None`.

    Raises:
        ValueError: when it is called without `goal_id`.

    Source: `RewardFunc` of TRL 1.16.0.
    """

    async def market_reward(
        prompts: Sequence[Any],
        completions: Sequence[Completion],
        completion_ids: Sequence[Any] | None = None,
        *,
        goal_id: Sequence[int] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float]:
        goals = [int(goal) for goal in _goal(goal_id)]
        found = await design.feedback([said(completion) for completion in completions], goals)
        if log_extra is not None:
            log_extra("offer", [str(one.fault or one.proposal) for one in found])
            log_extra("outcome", [outcome(one) for one in found])
        if log_metric is not None:
            for name, amount in shares(found).items():
                log_metric(f"market/{name}", amount)
        return [one.reward for one in found]

    return market_reward


class MarketEnvironment:
    """A stall as an environment of TRL: the model sells by the tool `submit_offer`, once, and the market pays it.

    Give a factory to a trainer, `environment_factory=lambda: MarketEnvironment(stall)`, and no reward function beside it: the
    environment has its own, and a second one would count the same money twice. Every environment has a market of its own, as in
    `Counterfactual`.

    Args:
        stall: where the model sells.

    Source: `environment_factory` of TRL 1.16.0, experimental there.
    """

    def __init__(self, stall: Stall) -> None:
        self._stall = stall
        self._goal = 0
        self._feedback: Feedback | None = None

    def reset(self, goal_id: int | None = None, **row: Any) -> str | None:
        """Open a stall for a row of the data set, whose prompt says all there is to say."""
        self._goal = int(_goal(goal_id))
        self._feedback = None
        return None

    async def submit_offer(self, info: str, price: float, bid: float) -> str:
        """Offer your information for sale. You can do this once.

        Args:
            info: The information, which the buyer reads if your bid wins a slot of its attention.
            price: Credits that you want for the information.
            bid: Credits that you bid for a slot of attention.

        Returns:
            What became of your offer.
        """
        if self._feedback is not None:
            return "You have made your offer already."
        self._feedback = Feedback(self._stall.penalty, fault="the market did not answer")  # an offer that fails counts
        try:
            proposal = self._stall.reader.checked({"info": info, "price": price, "bid": bid})
        except MalformedError as error:
            self._feedback = Feedback(self._stall.penalty, fault=str(error))
        else:
            (sale,) = await self._stall.sell([proposal], self._goal)
            self._feedback = Feedback(self._stall.reward(sale), proposal, sale)
        return outcome(self._feedback)

    def get_reward(self) -> float:
        """What the market paid; the penalty where no offer was made."""
        return self._stall.penalty if self._feedback is None else self._feedback.reward


def _goal(column: Any) -> Any:
    if column is None:
        raise ValueError("trl: the data set needs a column goal_id, the goal of each prompt; Stall.rows makes one.")
    return column


def said(completion: Completion) -> str:
    """The text of a completion: of the last message of the assistant, if it is a conversation; empty where there is none."""
    if isinstance(completion, str):
        return completion
    replies = [message.get("content") for message in completion if message.get("role") == "assistant"]
    content = replies[-1] if replies else ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or "" for part in content or () if part.get("type") == "text")


def outcome(found: Feedback) -> str:
    """What became of an offer, in words."""
    if found.sale is None:
        return f"malformed: {found.fault}"
    return "bought" if found.sale.bought else "declined" if found.sale.inspected else "not looked at"


def shares(found: Sequence[Feedback]) -> dict[str, float]:
    """Shares of completions, and what buyers gained on average, credits."""
    sales = [one.sale for one in found if one.sale is not None]
    count = len(found)
    return {
        "malformed": 1 - len(sales) / count,
        "inspected": sum(sale.inspected for sale in sales) / count,
        "bought": sum(sale.bought for sale in sales) / count,
        "stopped": sum(sale.stopped is not None for sale in sales) / count,
        **({"buyer": sum(sale.buyer for sale in sales) / len(sales)} if sales else {}),
    }
