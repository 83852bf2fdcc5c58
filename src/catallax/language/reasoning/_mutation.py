"""What the newborn are made of."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from catallax.language.models import AbstractModel, Message, ModelError, Request
from catallax.language.reasoning._population import AbstractMutation
from catallax.language.reasoning._thinker import AbstractThinker, PromptedThinker


class ProgramMutation(AbstractMutation):
    """A function makes the child, for thinkers that are programs.

    Args:
        change: from the parent and luck to a thinker with new work; its name and bids are set here.
    """

    def __init__(self, change: Callable[[AbstractThinker, random.Random], AbstractThinker]) -> None:
        self.change = change

    async def child(
        self, parent: AbstractThinker, name: str, veterans: Sequence[AbstractThinker], luck: random.Random
    ) -> AbstractThinker:
        rules = [veteran.bids for veteran in veterans]
        return self.change(parent, luck).named(name, parent.bids.newborn(rules))


class PromptMutation(AbstractMutation):
    """A sentence of the prompt is dropped, moved, or replaced by one of the phrases; at least one sentence stays.

    Args:
        phrases: sentences that may come in.

    Raises:
        ValueError: without a phrase.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        if not phrases:
            raise ValueError("PromptMutation: needs at least one phrase.")
        self.phrases = tuple(phrases)

    async def child(
        self, parent: AbstractThinker, name: str, veterans: Sequence[AbstractThinker], luck: random.Random
    ) -> AbstractThinker:
        parent = prompted(parent)
        sentences = re.split(r"(?<=[.!?])\s+", parent.prompt.strip())
        place = luck.randrange(len(sentences))
        change = luck.choice(("drop", "move", "replace", "add"))
        kept = sentences[:place] + sentences[place + 1 :]
        if change == "add":
            kept = [*sentences, luck.choice(self.phrases)]
        elif change == "replace" or not kept:
            kept.insert(place, luck.choice(self.phrases))
        elif change == "move":
            kept.insert(luck.randrange(len(kept) + 1), sentences[place])
        return parent.prompted(name, parent.bids.newborn([veteran.bids for veteran in veterans]), " ".join(kept))


class ModelMutation(AbstractMutation):
    """A model writes the child's prompt; where it does not, the other mutation does.

    Its bill is not charged to thinkers: wrap the model in a meter.

    Args:
        model: what is asked.
        otherwise: for refusals, empty prompts and failures.
    """

    def __init__(self, model: AbstractModel, otherwise: PromptMutation) -> None:
        self.model, self.otherwise = model, otherwise

    async def child(
        self, parent: AbstractThinker, name: str, veterans: Sequence[AbstractThinker], luck: random.Random
    ) -> AbstractThinker:
        parent = prompted(parent)
        asked = "Write a prompt for a worker that does what this one does not. Reply with the prompt alone.\n"
        request = Request((Message("user", asked + parent.prompt),), seed=luck.getrandbits(31))
        try:
            prompt = (await self.model.complete(request)).text.strip()
        except ModelError:
            prompt = ""
        if not prompt:
            return await self.otherwise.child(parent, name, veterans, luck)
        return parent.prompted(name, parent.bids.newborn([veteran.bids for veteran in veterans]), prompt)


def prompted(parent: AbstractThinker) -> PromptedThinker:
    """The parent, if it has a prompt."""
    if not isinstance(parent, PromptedThinker):
        raise TypeError(
            f"PromptMutation: {parent.name!r} is a {type(parent).__name__} and has no prompt; use ProgramMutation."
        )
    return parent
