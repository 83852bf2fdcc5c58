"""A language model that earns credits."""

from __future__ import annotations

from catallax.exchange.suppliers._reasoning import ReasoningSupplier
from catallax.language.models import AbstractModel, Budget
from catallax.language.reasoning import AbstractBidRule, BountyShare, PromptedReader


class ModelSupplier(ReasoningSupplier):
    """Any chat model as a supplier: a bid rule bids, the model writes text and teaser. The prompts are those of `PromptedReader`.

    Args:
        model: who is asked; wrap it for retries, and in `Metered` for a budget.
        role: what it is good at, in the words of a prompt.
        bids: what a state is worth to it: a tenth of the bounty unless told; `reasoning.SelfReported(model)` asks the model.
        budget: of the `Metered` model.
        max_tokens: longest reply.
        longest: characters of a request and its chain that the model is shown.

    >>> from catallax.language.models import Program
    >>> model = Program(lambda request: '{"text": "Surf.", "teaser": "a plan", "final": true}')
    >>> with ModelSupplier(model, role="You plan tours.") as supplier:
    ...     supplier.affords(pending=3)
    True
    """

    def __init__(
        self,
        model: AbstractModel,
        role: str = "",
        bids: AbstractBidRule | None = None,
        budget: Budget | None = None,
        max_tokens: int = 1024,
        longest: int = 12_000,
    ) -> None:
        rule = BountyShare(0.1) if bids is None else bids
        reader = PromptedReader(model.name, rule, model, role, max_tokens=max_tokens, longest=longest)
        super().__init__(reader, budget)
