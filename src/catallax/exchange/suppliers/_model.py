"""A language model that earns credits."""

from __future__ import annotations

from catallax.core import to_micro
from catallax.exchange.suppliers._reasoning import ReasoningSupplier
from catallax.language.models import AbstractModel, Budget, Limited, Metered, Provider, Retrying
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
        longest: int = 8_000,
    ) -> None:
        rule = BountyShare(0.1) if bids is None else bids
        reader = PromptedReader(model.name, rule, model, role, max_tokens=max_tokens, longest=longest)
        super().__init__(reader, budget)

    @classmethod
    def behind(cls, provider: Provider, role: str = "", bids: AbstractBidRule | None = None) -> ModelSupplier:
        """The model of an OpenAI-compatible server, tried again where that helps, and asked within the provider's budget.

        Args:
            provider: the server, its prices, and what may be spent.
            role: as above.
            bids: as above.

        Raises:
            ImportError: without httpx.
            ValueError: for an address that is none, or an empty variable in place of the key.
        """
        from catallax.language.models import OpenAI

        server = OpenAI.of(provider)
        budget = Budget(None if provider.budget is None else to_micro(provider.budget))
        metered = Metered(Limited(server, provider.at_once), provider.prices, budget)
        supplier = cls(Retrying(metered, provider.tries), role, bids, budget)
        supplier.ending = server.aclose
        return supplier
